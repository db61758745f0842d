"""A listing of code in every face: as a table of a page, as columns of a terminal, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from nbperf.core.snippets import shortened
from nbperf.report.card import GAP, CodeLine, Listing, shown
from nbperf.report.columns import clean, flow, left, right, width, wrap
from nbperf.report.page import bare, line, said
from nbperf.report.spark import block

FEWEST = 24
"""Columns of source below which a terminal gets the figures on a line of their own."""
BAR = 8
"""Characters of a bar."""
HARD = "\N{NO-BREAK SPACE}"


def indented(source: str) -> str:
    """A line whose indentation stays where spaces are folded: it is made of no-break spaces."""
    text = clean(source)
    body = text.lstrip(" ")
    return HARD * (len(text) - len(body)) + body


def listing(found: Listing) -> str:
    """As HTML: it scrolls by itself where it is wider than its card, with the bars in sight, and the code next to them."""
    columns = len(found.columns) + 3
    title = f'<div class="nbperf-fold"><b>{line(found.title)}</b></div>'
    head = "".join(f"<th>{line(column)}</th>" for column in ("", found.bar, "", *found.columns))
    body = "".join(_group(heading, lines, columns) for heading, lines in found.groups)
    notes = "".join(f'<div class="nbperf-more">{line(note)}</div>' for note in found.notes)
    table = f'<table class="nbperf-lines"><thead><tr>{head}</tr></thead>{body}</table>'
    return f'{title}<div class="nbperf-scroll">{table}</div>{notes}'


def _group(heading: str, lines: Sequence[CodeLine], columns: int) -> str:
    title = f'<tr><th colspan="{columns}">{line(heading)}</th></tr>' if heading else ""
    return f"<tbody>{title}{''.join(_row(each, columns) for each in lines)}</tbody>"


def _row(each: CodeLine, columns: int) -> str:
    kind = ' class="nbperf-faint"' if each.faint else ""
    more = f'<div class="nbperf-more">{line(each.more)}</div>' if each.more else ""
    number = f"<td>{said(each.number)}</td>"
    if not each.figures:
        return f'<tr{kind}>{number}<td></td><td colspan="{columns - 2}">{more}</td></tr>'
    source = f"<code>{said(indented(each.source))}</code>" if each.source else ""
    figures = "".join(f"<td>{line(figure)}</td>" for figure in each.figures)
    bar = ""
    if each.share > 0:
        drawn = f'<div class="nbperf-share" role="img" aria-label="{each.share:.0%}"><i style="width:{each.share:.1%}"></i></div>'
        bar = bare(f"<code>{block(each.share, BAR)}</code>") + drawn
    return f"<tr{kind}>{number}<td>{bar}</td><td>{source}{more}</td>{figures}</tr>"


def in_columns(found: Listing, room: int) -> list[str]:
    """For a terminal: aligned, the source as wide as there is room for; else each line with its figures below it."""
    lines = [each for _, group in found.groups for each in group]
    heads = [clean(shown(column)) for column in found.columns]
    numbers = max((width(clean(each.number)) for each in lines), default=1)
    cells = [[clean(shown(figure)) for figure in each.figures] for each in lines if each.figures]
    widths = [max([width(head), *(width(row[i]) for row in cells)]) for i, head in enumerate(heads)]
    before = numbers + BAR + 4
    source = room - before - sum(w + 2 for w in widths)
    widest = max((width(clean(each.source)) for each in lines), default=0)
    tight = source < min(FEWEST, widest)
    rows = []
    if not tight:
        source = min(source, widest)
        head = "".join("  " + right(text, w) for text, w in zip(heads, widths, strict=True))
        rows.append(f"{' ' * (before + source)}{head}")
    for heading, group in found.groups:
        rows += wrap(clean(shown(heading)), room) if heading else []
        for each in group:
            start = f"{right(clean(each.number), numbers)}  {left(block(each.share, BAR), BAR)}  "
            if tight:
                rows += _stacked(each, heads, start, room)
            elif each.figures:
                figures = "".join("  " + right(clean(shown(text)), w) for text, w in zip(each.figures, widths, strict=True))
                rows.append(f"{start}{left(shortened(each.source, source), source)}{figures}".rstrip())
                rows += _below(each, before, room)
            else:
                rows.append(start + clean(shown(each.more)))
    return [*rows, *(part for note in found.notes for part in wrap(clean(shown(note)), room))]


def _below(each: CodeLine, before: int, room: int) -> list[str]:
    indent = " " * before
    return [indent + part for part in wrap(clean(shown(each.more)), max(room - before, 20))] if each.more else []


def _stacked(each: CodeLine, heads: Sequence[str], start: str, room: int) -> list[str]:
    before, more = width(start), clean(shown(each.more))
    if not each.figures:
        return [f"{start}{more}".rstrip()]
    if each.faint:
        return [f"{start}{shortened(each.source, room - before)}".rstrip()]
    # Beside its name a zero says no more than no word at all.
    pieces = [f"{head} {clean(shown(text))}" for head, text in zip(heads, each.figures, strict=True) if text not in {"", "0"}]
    pieces += [more] if more else []
    rows = [f"{start}{shortened(each.source, room - before)}".rstrip()]
    return rows + [" " * before + part for part in flow(pieces, max(room - before, 20), GAP)]
