"""The card of a comparison: the verdict, and the ratios on one axis around 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbperf.core import stats
from nbperf.core.records import Comparison, Provenance
from nbperf.core.units import NARROW, Unit, decimals_for, format_percent, format_ratio, supported_digits
from nbperf.core.verdicts import verdict_sentence
from nbperf.report import machine
from nbperf.report.card import MARKS, Card, Contest, Contests, Piece, Table
from nbperf.report.figures import HOW, extent, figure
from nbperf.words import Sentence

MARGIN = 0.06
"""Of the axis, left free at both ends."""
BESIDE = 0.25
"""The shorter side of the axis is at least this part of the longer: both have a name, which needs room."""


def card(comparisons: Sequence[Comparison]) -> Card:
    """The card of one comparison, or of several against the same baseline."""
    if not comparisons:
        return Card(facts=(Sentence("nothing was compared yet"),))
    first, alone = comparisons[0], len(comparisons) == 1
    if alone:
        title: Piece = verdict_sentence(first)
    else:
        title = Sentence("{n} contestants against {baseline}", n=len(comparisons), baseline=first.baseline)
    tables = (_medians(comparisons), _intervals(comparisons), machine.table(first.environment, first.started_at))
    return Card(
        title=title,
        mark=MARKS[outcome(first)] if alone else "",
        facts=_facts(comparisons),
        contests=_contests(comparisons),
        folded=tuple(table for table in tables if table),
        summary=(Sentence("medians and intervals"), *machine.summary(first.environment)),
    )


def outcome(comparison: Comparison) -> str:
    """The verdict, with what is indistinct told apart: the same, or not known well enough yet."""
    if comparison.verdict != "indistinct":
        return comparison.verdict
    return "unresolved" if comparison.more else "same"


def _percent(share: float) -> str:
    return f"{share * 100:.4g}{NARROW}%"


def _facts(comparisons: Sequence[Comparison]) -> tuple[Piece, ...]:
    counts = sorted({comparison.pairs.count for comparison in comparisons})
    n = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}–{counts[-1]:,}"
    facts: list[Piece] = [Sentence("{n} pairs", n=n)]
    loops = sorted({loops for comparison in comparisons for loops in comparison.pairs.loops})
    if loops != [1]:
        facts.append(Sentence("loops of {n}", n="–".join(f"{count:,}" for count in dict.fromkeys((loops[0], loops[-1])))))
    together = 1 - (1 - comparisons[0].confidence) * len(comparisons)
    if len(comparisons) == 1:
        facts.append(Sentence("{confidence} confidence", confidence=_percent(together)))
    else:
        facts.append(Sentence("{confidence} confidence for all together", confidence=_percent(together)))
    wide = max(comparisons, key=lambda comparison: comparison.width)
    if wide.more and wide.verdict != "indistinct":
        width, target = format_percent(wide.width), format_percent(wide.target)
        facts.append(
            Sentence(
                "interval {width} wide, {target} asked for" if len(comparisons) == 1 else "widest interval {width}, {target} asked for",
                width=width,
                target=target,
            )
        )
    if all(comparison.pairs.quantity == "time.wall" for comparison in comparisons):
        facts.append(Sentence("GC off"))
    return tuple(facts)


def _centre(values: Sequence[float], unit: Unit, provenance: Provenance) -> str:
    low, high = stats.order_interval(values) or (min(values), max(values))
    return figure(stats.median(values), unit, provenance=provenance, spread=(high - low) / 2)


def _interval(comparison: Comparison) -> str:
    """The ends of the interval; enough digits that neither is rounded to the other side of 1."""
    low, high = comparison.interval
    places = decimals_for(high, supported_digits(high, (high - low) / 6))
    while places < 6 and any(end != 1 and round(end, places) == 1 for end in (low, high)):
        places += 1
    return f"{low:.{places}f}–{high:.{places}f}×"


def _ratio(comparison: Comparison) -> str:
    """The ratio; enough digits that it does not leave its interval, as that is written."""
    low, high = comparison.interval
    text = format_ratio(comparison.ratio, spread=(high - low) / 2)
    ends = [float(end) for end in _interval(comparison).rstrip("×").split("–")]
    places = len(text.rstrip("×").partition(".")[2])
    while places < 6 and not min(ends) <= float(text.rstrip("×")) <= max(ends):
        places += 1
        text = f"{comparison.ratio:.{places}f}×"
    return text


def _contests(comparisons: Sequence[Comparison]) -> Contests:
    # Ratios are even on a logarithmic axis: half the time lies as far to the left as twice the time to the right.
    ends = [math.log(end) for comparison in comparisons for end in (*comparison.interval, comparison.ratio) if end > 0]
    low, high = min(0.0, *ends), max(0.0, *ends)
    low, high = min(low, -BESIDE * high), max(high, -BESIDE * low)
    if high <= low:  # all of them exactly 1
        low, high = -1.0, 1.0
    span = high - low

    def place(ratio: float) -> float:
        return MARGIN + (1 - 2 * MARGIN) * (math.log(ratio) - low) / span if ratio > 0 else 0.0

    first, alone = comparisons[0].pairs, len(comparisons) == 1
    lines = [Contest(name=first.baseline, median=_centre(first.baseline_values, first.unit, first.provenance), provenance=first.provenance)]
    for comparison in comparisons:
        pairs, (lower, upper) = comparison.pairs, comparison.interval
        lines.append(
            Contest(
                name=comparison.contestant,
                median=_centre(pairs.contestant_values, pairs.unit, pairs.provenance),
                ratio=_ratio(comparison),
                interval=_interval(comparison),
                place=(place(lower), place(comparison.ratio), place(upper)),
                outcome=outcome(comparison),
                verdict="" if alone else verdict_sentence(comparison),
                provenance=pairs.provenance,
            )
        )
    return Contests(lines=tuple(lines), one=place(1.0))


def _medians(comparisons: Sequence[Comparison]) -> Table:
    first = comparisons[0].pairs
    sides = [(first.baseline, first.baseline_values, first.loops[0], first)]
    sides += [(c.contestant, c.pairs.contestant_values, c.pairs.loops[1], c.pairs) for c in comparisons]
    rows = tuple(
        (
            name,
            _centre(values, pairs.unit, pairs.provenance),
            extent(stats.quantile(values, 0.25), stats.quantile(values, 0.75), pairs.unit),
            extent(min(values), max(values), pairs.unit),
            f"{loops:,}",
            HOW[pairs.provenance],
            pairs.source,
        )
        for name, values, loops, pairs in sides
    )
    columns = ("", Sentence("median"), Sentence("IQR"), Sentence("range"), Sentence("loops"), Sentence("how"), Sentence("source"))
    return Table(title=Sentence("Medians"), columns=columns, rows=rows)


def _intervals(comparisons: Sequence[Comparison]) -> Table:
    rows = tuple(
        (
            comparison.contestant,
            f"{comparison.pairs.count:,}",
            _percent(comparison.confidence),
            format_percent(comparison.width),
            format_percent(comparison.target),
            f"{comparison.more:,}",
        )
        for comparison in comparisons
    )
    widths = (Sentence("width reached"), Sentence("width asked for"))
    columns = ("", Sentence("pairs"), Sentence("confidence"), *widths, Sentence("pairs more"))
    return Table(title=Sentence("Intervals of the ratios"), columns=columns, rows=rows)
