"""A card for a terminal: aligned, and no wider than asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from nbperf.report.card import GAP, Bar, Card, Contests, Curve, Listing, Notice, Piece, Row, Table, shown
from nbperf.report.code import in_columns
from nbperf.report.columns import clean, flow, grid, left, right, width, wrap
from nbperf.report.spark import fill, interval, sparkline, stacked
from nbperf.words import Sentence

MARGIN = "  "
SPARK = 40
"""Columns of a sparkline and of a stacked bar."""


def line(piece: Piece) -> str:
    """A piece in the reader's language, on one line."""
    return clean(shown(piece))


def render(card: Card, *, details: bool, width: int) -> str:
    """The card as text; the details that other faces fold follow where they are asked for."""
    room = max(width, 40)
    title = " ".join(filter(None, (card.mark, line(card.title))))
    lines = flow([piece for piece in (title, *map(line, (*card.facts, card.broken))) if piece], room, GAP)
    inner = room - len(MARGIN)
    body = [*_rows(card.rows, inner), *_bar(card.bar, inner), *_contests(card.contests, inner), *_curve(card.curve, inner)]
    for notice in card.notices:
        body += _notice(notice, inner)
    if card.folded or card.rest:
        body += flow([line(piece) for piece in card.summary], inner, GAP)
    body += _listing(card.listing, inner)
    for table in card.tables:
        body += ["", *_titled(table, inner)]
    body += _listing(card.rest, inner) if details else []
    for table in card.folded if details else ():
        body += ["", *_titled(table, inner)]
    lines += [(MARGIN + row).rstrip() for row in body]
    return "\n".join(lines)


def _rows(rows: Sequence[Row], room: int) -> list[str]:
    if not rows:
        return []
    labels = [line(row.label) for row in rows]
    values = [line(row.value) for row in rows]
    first, second = max(map(width, labels)), max(map(width, values))
    before = first + second + 4
    lines = []
    for row, label, value in zip(rows, labels, values, strict=True):
        beside = flow([line(note) for note in row.notes], max(room - before, 20), GAP)
        if row.strip:
            order = GAP + line(Sentence("in order"))
            beside.append(sparkline(row.strip.values, max(min(SPARK, room - before - width(order)), 8)) + order)
        head = f"{left(label, first)}  {left(value, second)}  "
        for note in beside or [""]:
            lines.append((head + note).rstrip())
            head = " " * before
    return lines


def _bar(bar: Bar | None, room: int) -> list[str]:
    if bar is None:
        return []
    lines = [f"{stacked(bar, SPARK)}  {line(bar.label)}"]
    if not bar.legend:
        return lines
    rows, number = [], 0
    if len(bar.columns) > 4:  # two times in a line: which is which must be said
        rows.append((f"  {line(bar.columns[0])}", *map(line, bar.columns[1:])))
    for segment in bar.segments:
        mark = " "
        if segment.depth == 0:
            mark = fill(number, segment.colour < 0)
            number += 1
        rows.append((f"{mark} {'  ' * segment.depth}{line(segment.name)}", *map(line, segment.figures)))
    rows.append((f"  {line(bar.of[0])}", *map(line, bar.of[1:])))
    return [*lines, *grid(rows, room, numbers=frozenset(range(1, len(bar.columns))))]


def _contests(contests: Contests | None, room: int) -> list[str]:
    if contests is None:
        return []
    several = any(contest.verdict for contest in contests.lines)
    names = [wrap(line(contest.name), max(room // 3, 12)) for contest in contests.lines]
    widest = max(width(part) for name in names for part in name)
    medians = max(width(line(contest.median)) for contest in contests.lines)
    ratios = max(width(line(contest.ratio)) for contest in contests.lines)
    axis = max(min(SPARK + 1, room - widest - 2), 10)
    lines = []
    for (name, *more), contest in zip(names, contests.lines, strict=True):
        ratio = f"  {right(line(contest.ratio), ratios)}  {line(contest.interval)}" if contest.place else f"  {line(Sentence('baseline'))}"
        lines.append(f"{left(name, widest)}  {right(line(contest.median), medians)}{ratio}")
        lines += more
        if contest.place:
            lines.append(f"{' ' * widest}  {interval(contest, contests, axis)}")
        if several and contest.verdict:
            lines += [f"{' ' * widest}  {part}" for part in wrap(line(contest.verdict), room - widest - 2)]
    here = round(contests.one * (axis - 1))
    faster, slower = f"◂ {line(Sentence('faster'))}", f"{line(Sentence('slower'))} ▸"
    sides = left(left(faster, max(here, width(faster) + 1)) + "1×", axis - 1 - width(slower)) + " " + slower
    return [*lines, *(f"{' ' * widest}  {part}" for part in wrap(sides, room - widest - 2))]


def _curve(curve: Curve | None, room: int) -> list[str]:
    if curve is None:
        return []
    drawn = sparkline(curve.values, min(SPARK, room))
    return flow([f"{drawn}  {line(curve.notes[0])}", *map(line, curve.notes[1:])], room, GAP)


def _listing(found: Listing | None, room: int) -> list[str]:
    if found is None:
        return []
    return ["", line(found.title), *(MARGIN + row for row in in_columns(found, room - len(MARGIN)))]


def _notice(notice: Notice, room: int) -> list[str]:
    lines = []
    for mark, piece in (("▲" if notice.grave else "△", notice.cause), ("→", notice.remedy)):
        if said := line(piece):
            first, *rest = wrap(said, room - 2)
            lines += [f"{mark} {first}", *(f"  {part}" for part in rest)]
    return lines


def _titled(table: Table, room: int) -> list[str]:
    title = [line(table.title)] if table.title else []
    return [*title, *(MARGIN + row for row in _table(table, room - len(MARGIN)))]


def _table(table: Table, room: int) -> list[str]:
    if table.columns:
        return grid([[line(cell) for cell in row] for row in (table.columns, *table.rows)], room)
    names = [line(row[0]) for row in table.rows]
    widest = min(max(map(width, names)), room // 3)
    lines = []
    for name, (_, *pieces) in zip(names, table.rows, strict=True):
        head = wrap(name, widest)
        beside = flow([line(piece) for piece in pieces], room - widest - 2, GAP)
        lines += [f"{left(a, widest)}  {b}".rstrip() for a, b in zip_longest(head, beside, fillvalue="")]
    return lines
