"""A card as Markdown, for a pull request or a README: tables and bullets, the details folded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as quoted

from nbperf.report.card import GAP, Card, Listing, Piece, Table, shown
from nbperf.report.code import indented
from nbperf.report.columns import clean
from nbperf.report.spark import block, interval, sparkline, stacked
from nbperf.words import Sentence

_SPECIAL = re.compile(r"[\\*_\[\]|~$#]")


def escape(text: str) -> str:
    """Text that means itself, on one line; what stands between backticks stays code."""
    parts = clean(text).split("`")
    if len(parts) % 2 == 0:  # a lone backtick opens nothing
        parts[-2:] = ["\\`".join(parts[-2:])]
    for i in range(0, len(parts), 2):
        parts[i] = _SPECIAL.sub(r"\\\g<0>", parts[i].replace("\\`", "\0")).replace("\0", "\\`")
        parts[i] = parts[i].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for i in range(1, len(parts), 2):
        parts[i] = parts[i].replace("|", "\\|")  # a table ends its cell here even within code
    return "`".join(parts)


def _cell(piece: Piece) -> str:
    return escape(shown(piece))


def _line(pieces: Sequence[Piece]) -> str:
    return GAP.join(_cell(piece) for piece in pieces if piece)


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    head = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    return [*head, *(f"| {' | '.join((*row, *[''] * (len(columns) - len(row))))} |" for row in rows), ""]


def _strong(text: str) -> str:
    return f"**{text}**" if text else ""


def render(card: Card) -> str:
    """The card as GitHub's Markdown."""
    title = " ".join(filter(None, (card.mark, _strong(_cell(card.title)))))
    lines = [GAP.join(filter(None, (title, _line(card.facts), _strong(_cell(card.broken))))), ""]
    if card.rows:
        rows = []
        for row in card.rows:
            notes = _line(row.notes)
            if row.strip:
                notes += f"<br>{sparkline(row.strip.values)}{GAP}{_cell(Sentence('in order'))}"
            rows.append((_cell(row.label), _strong(_cell(row.value)), notes))
        lines += _grid(("", "", ""), rows)
    if card.bar:
        lines += [f"{stacked(card.bar)} {_cell(card.bar.label)}", ""]
    if card.bar and card.bar.legend:
        parts = [(f"{'&emsp;' * s.depth}{_cell(s.name)}", *map(_cell, s.figures)) for s in card.bar.segments]
        parts.append(tuple(map(_cell, card.bar.of)))
        lines += _grid([_cell(column) for column in card.bar.columns], parts)
    if card.contests:
        lines += _contests(card)
    if card.curve:
        lines += [f"{sparkline(card.curve.values)} {_line(card.curve.notes)}", ""]
    for notice in card.notices:
        remedy = f" → {_cell(notice.remedy)}" if notice.remedy else ""
        lines.append(f"- {'▲' if notice.grave else '△'} {_cell(notice.cause)}{remedy}")
    lines += [""] if card.notices else []
    lines += _listing(card.listing)
    for table in card.tables:
        lines += _table(table)
    if card.folded or card.rest:
        lines += [f"<details><summary>{quoted(clean(GAP.join(map(shown, card.summary))))}</summary>", ""]
        lines += _listing(card.rest)
        for table in card.folded:
            lines += _table(table)
        lines += ["</details>", ""]
    return "\n".join(lines).rstrip() + "\n"


def verbatim(source: str) -> str:
    """A line of code as code, whatever stands in it; "" stays nothing."""
    text = indented(source)
    if not text.strip():
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")  # a table ends its cell here even within code


def _listing(found: Listing | None) -> list[str]:
    if found is None:
        return []
    rows: list[tuple[str, ...]] = []
    for heading, group in found.groups:
        rows += [("", "", _strong(_cell(heading)))] if heading else []
        for each in group:
            more = f"<sub>{_cell(each.more)}</sub>" if each.more else ""
            source = "<br>".join(filter(None, (verbatim(each.source), more)))
            rows.append((_cell(each.number), block(each.share), source, *map(_cell, each.figures)))
    columns = ("", _cell(found.bar), "", *map(_cell, found.columns))
    notes = [line for note in found.notes for line in (f"<sub>{_cell(note)}</sub>", "")]
    return [_strong(_cell(found.title)), "", *_grid(columns, rows), *notes]


def _contests(card: Card) -> list[str]:
    contests = card.contests
    if contests is None:
        return []
    several = any(contest.verdict for contest in contests.lines)
    rows = []
    for contest in contests.lines:
        ratio = _strong(_cell(contest.ratio)) if contest.place else _cell(Sentence("baseline"))
        picture = interval(contest, contests, 25)
        row = (_cell(contest.name), _cell(contest.median), ratio, _cell(contest.interval), f"`{picture}`")
        rows.append((*row, _cell(contest.verdict)) if several else row)
    axis = f"◂ {_cell(Sentence('faster'))}{GAP}1×{GAP}{_cell(Sentence('slower'))} ▸"
    columns = ["", _cell(Sentence("median")), _cell(Sentence("ratio")), _cell(Sentence("interval")), axis]
    return _grid([*columns, _cell(Sentence("verdict"))] if several else columns, rows)


def _table(table: Table) -> list[str]:
    lines = [_strong(_cell(table.title)), ""] if table.title else []
    if table.columns:
        return lines + _grid([_cell(column) for column in table.columns], [[_cell(cell) for cell in row] for row in table.rows])
    return lines + _grid(("", ""), [(_cell(row[0]), _line(row[1:])) for row in table.rows])
