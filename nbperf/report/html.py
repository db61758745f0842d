"""A card as one HTML element: no script, nothing from elsewhere, and every piece of text escaped.

Read without its style, as GitHub shows it, it is a table with every number in order. Drawings are said once more in
characters for that face (class nbperf-bare), and what only belongs to a drawing stands in attributes, so that it goes
where the drawing goes.
"""

from __future__ import annotations

from nbperf.core.records import Provenance
from nbperf.report import code
from nbperf.report.card import GAP, MARKS, Bar, Card, Contest, Contests, Curve, Notice, Row, Segment, Strip, Table
from nbperf.report.page import bare, join, line, said
from nbperf.report.spark import interval, sparkline, stacked
from nbperf.report.strip import HIGH, WIDE, Axis, drawing
from nbperf.report.style import style
from nbperf.words import Sentence


def render(card: Card) -> str:
    """The card as HTML."""
    parts = [
        # A dollar sign in a label begins no formula.
        '<div class="nbperf-card tex2jax_ignore mathjax_ignore"><style>',
        style(
            strip=any(row.strip for row in card.rows),
            bar=card.bar is not None,
            contests=card.contests is not None,
            lines=card.curve is not None or card.listing is not None,
        ),
        "</style>",
        _head(card),
    ]
    if card.contests:
        parts.append(_contests(card.contests))
    if card.rows or card.bar:
        rows = [*map(_row, card.rows), *([_bar(card.bar)] if card.bar else [])]
        parts.append(f'<table class="nbperf-rows"><tbody>{"".join(rows)}</tbody></table>')
    if card.curve:
        parts.append(_curve(card.curve))
    parts += map(_notice, card.notices)
    if card.listing:
        parts.append(code.listing(card.listing))
    parts += map(_table, card.tables)
    if card.folded or card.rest:
        within = [code.listing(card.rest)] if card.rest else []
        parts.append(f"<details><summary>{join(card.summary)}</summary>{''.join((*within, *map(_table, card.folded)))}</details>")
    return "".join(parts) + "</div>"


def _head(card: Card) -> str:
    pieces = [f"<b>{' '.join(filter(None, (card.mark, line(card.title))))}</b>"] if card.title else []
    pieces += [join(card.facts)] if card.facts else []
    if card.broken:
        pieces.append(f'<b class="nbperf-bad">✕ {line(card.broken)}</b>')
    return f'<div class="nbperf-head">{GAP.join(pieces)}</div>'


def _row(row: Row) -> str:
    value = f'<b class="nbperf-bad">{line(row.value)}</b>' if row.bad else f"<b>{line(row.value)}</b>"
    if row.provenance is Provenance.ESTIMATED:
        value = f'<span class="nbperf-est">{value}</span>'
    beside = join(row.notes)
    if row.strip:
        beside += _strip(row.strip)
    if row.gauge:
        widths = (row.gauge.before, row.gauge.added)
        parts = "".join(f'<i style="width:{share:.2%}"></i>' for share in widths)
        beside += f'<div class="nbperf-gauge" role="img" aria-label="{said(row.gauge.says)}">{parts}</div>'
    return f"<tr{_kind(row)}><th>{line(row.label)}</th><td>{value}</td><td>{beside}</td></tr>"


def _kind(row: Row) -> str:
    return ' class="nbperf-time"' if row.lead else ""


def _strip(strip: Strip) -> str:
    axis, (low, high) = Axis(strip), strip.ends
    says = said(strip.says)
    before = f"{said(low)} ◂" if axis.beyond(min(strip.values)) else said(low)
    after = f"▸ {said(high)}" if axis.beyond(max(strip.values)) else said(high)
    return (
        bare(f"{sparkline(strip.values)}{GAP}{line(Sentence('in order'))}")
        + f'<svg class="nbperf-strip" role="img" aria-label="{says}" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none">'
        + f"<title>{says}</title>{drawing(strip)}</svg>"
        + f'<div class="nbperf-ends" data-low="{before}" data-high="{after}"></div>'
    )


def _colour(segment: Segment) -> str:
    hatched = " nbperf-est" if segment.provenance is Provenance.ESTIMATED else ""
    return ("nbperf-other" if segment.colour < 0 else f"nbperf-c{segment.colour}") + hatched


def _bar(bar: Bar) -> str:
    levels = "".join(f'<div class="nbperf-bar" aria-hidden="true">{"".join(map(_segment, level))}</div>' for level in bar.levels)
    head = "".join(f"<th>{line(column)}</th>" for column in bar.columns)
    body = "".join(
        f'<tr><td>{"&emsp;" * s.depth}<i class="nbperf-key {_colour(s)}"></i>{line(s.name)}</td>'
        + "".join(f"<td>{line(figure)}</td>" for figure in s.figures)
        + "</tr>"
        for s in bar.segments
    )
    whole = "".join(f"<td>{line(piece)}</td>" for piece in bar.of)
    legend = f'<table class="nbperf-legend"><thead><tr>{head}</tr></thead><tbody>{body}<tr>{whole}</tr></tbody></table>'
    return (
        f'<tr><th class="nbperf-top">{line(bar.label)}</th><td colspan="2">{bare(stacked(bar))}{levels}'
        f"{legend if bar.legend else ''}</td></tr>"
    )


def _segment(segment: Segment) -> str:
    name = said(segment.name)
    return (
        f'<i class="{_colour(segment)}" style="left:{segment.start:.2%};width:{segment.share:.2%}"'
        f' data-name="{name}" title="{name} {" ".join(map(said, segment.figures)).strip()}"></i>'
    )


def _contests(contests: Contests) -> str:
    rows = "".join(_contest(contest, contests) for contest in contests.lines)
    faster, slower = said(Sentence("faster")), said(Sentence("slower"))
    sides = (
        f'<div class="nbperf-sides" data-low="◂ {faster}" data-high="{slower} ▸" aria-hidden="true">'
        f'<i style="left:{contests.one:.2%}" data-name="1×"></i></div>'
    )
    axis = f'<tr><td colspan="4"></td><td>{bare(f"◂ {faster}{GAP}1×{GAP}{slower} ▸")}{sides}</td></tr>'
    return f'<table class="nbperf-contests"><tbody>{rows}{axis}</tbody></table>'


def _contest(contest: Contest, contests: Contests) -> str:
    name, median = f"<code>{said(contest.name)}</code>", f"<b>{line(contest.median)}</b>"
    if contest.provenance is Provenance.ESTIMATED:
        median = f'<span class="nbperf-est">{median}</span>'
    if contest.place is None:
        role = line(Sentence("baseline"))
        return f'<tr><td>{name}</td><td>{median}</td><td colspan="2">{role}</td><td>{_axis(contest, contests)}</td></tr>'
    verdict = f'<div class="nbperf-verdict">{MARKS[contest.outcome]} {line(contest.verdict)}</div>' if contest.verdict else ""
    return (
        f"<tr><td>{name}</td><td>{median}</td><td><b>{line(contest.ratio)}</b></td><td>{line(contest.interval)}</td>"
        f"<td>{_axis(contest, contests)}{verdict}</td></tr>"
    )


def _axis(contest: Contest, contests: Contests) -> str:
    picture = interval(contest, contests).replace(" ", "\N{NO-BREAK SPACE}")
    one = contests.one
    drawn = f'<i style="left:{one:.2%}"></i>'
    says = line(Sentence("baseline"))
    if contest.place is not None:
        low, middle, high = contest.place
        start = min(one, middle)
        drawn += (
            f'<i style="left:{start:.2%};width:{abs(one - middle):.2%}"></i>'
            f'<i style="left:{low:.2%};width:{high - low:.2%}"></i><i style="left:{middle:.2%}"></i>'
        )
        says = f"{said(contest.ratio)} ({said(contest.interval)})"
    return (
        bare(f"<code>{picture}</code>") + f'<div class="nbperf-axis nbperf-{contest.outcome}" role="img" aria-label="{says}">{drawn}</div>'
    )


def _curve(curve: Curve) -> str:
    """The picture twice, for light and for dark pages: one of them is hidden."""
    from nbperf.report.picture import pictures

    words = bare(f"{sparkline(curve.values)} {GAP.join(line(note) for note in curve.notes)}")
    drawn = pictures(curve.record)
    if drawn is None:  # without matplotlib the characters are all there is
        return f'<div class="nbperf-spark">{sparkline(curve.values)} {join(curve.notes)}</div>'
    says = said(curve.says)
    size = f'width="{drawn.width}" height="{drawn.height}"'
    light = f'<img src="{drawn.light}" alt="{says}" {size}>'
    dark = f'<img src="{drawn.dark}" alt="{says}" {size} hidden>'
    return f'{words}<div class="nbperf-plot">{light}{dark}</div>'


def _notice(notice: Notice) -> str:
    remedy = f" → {line(notice.remedy)}" if notice.remedy else ""
    return f'<div class="nbperf-note"><b>{"▲" if notice.grave else "△"}</b> {line(notice.cause)}{remedy}</div>'


def _table(table: Table) -> str:
    head = f"<thead><tr>{''.join(f'<th>{line(column)}</th>' for column in table.columns)}</tr></thead>" if table.columns else ""
    rows = table.rows if table.columns else [(name, join(pieces)) for name, *pieces in table.rows]
    body = "".join(
        f"<tr><td>{line(first)}</td>{''.join(f'<td>{cell if not table.columns else line(cell)}</td>' for cell in rest)}</tr>"
        for first, *rest in rows
    )
    title = f'<div class="nbperf-fold"><b>{line(table.title)}</b></div>' if table.title else ""
    return f"{title}<table>{head}<tbody>{body}</tbody></table>"
