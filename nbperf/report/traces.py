"""The card of a memory trace: the peak and the line that ran, what was left behind, and every line with what it cost."""

from __future__ import annotations

from nbperf.core.lines import Allocation, MemoryTrace, Place
from nbperf.core.records import Provenance, Trace
from nbperf.core.snippets import shortened, where
from nbperf.core.units import Unit, format_percent, format_value
from nbperf.report import machine
from nbperf.report.absent import absences
from nbperf.report.card import Card, Curve, Notice, Piece, Row, Table
from nbperf.report.figures import HOW, figure, name, reading
from nbperf.report.listing import NONE, Order, listings
from nbperf.report.memory import gauge, of_limit, signed
from nbperf.words import Sentence

NOTICES = 3
"""Findings that are shown at once."""
POINTS = 40
"""Characters of the curve."""
PLACE = 44
"""Columns of source beside a figure."""
ALLOCATIONS = 15
"""Lines that allocated, shown at once."""


def card(trace: MemoryTrace, by: Order = "line") -> Card:
    """The card of a trace.

    Parameters
    ----------
    trace : MemoryTrace
    by : {"line", "cost"}
        Whether lines stand as in the code, or the costliest first.
    """
    listing, rest = listings(trace, by)
    shown, more = _allocations(trace)
    findings = sorted(trace.findings, key=lambda finding: -finding.weight)
    folded = (more, _findings(trace), _readings(trace), absences(trace.absences), machine.table(trace.environment, trace.started_at))
    return Card(
        title=trace.label,
        facts=_facts(trace),
        broken=Sentence("ended by {error}", error=trace.error) if trace.error else "",
        rows=tuple(_rows(trace)),
        curve=_curve(trace),
        notices=tuple(Notice(cause=f.cause, remedy=f.remedy, grave=f.weight >= 2) for f in findings[:NOTICES]),
        listing=listing,
        tables=(shown,) if shown.rows else (),
        rest=rest,
        folded=tuple(table for table in folded if table and table.rows),
        summary=_summary(trace),
    )


def _facts(trace: MemoryTrace) -> tuple[Piece, ...]:
    facts: list[Piece] = [
        Sentence("memory read at every line") if trace.mode == "exact" else Sentence("memory read at most every 50 µs"),
        Sentence("1 line ran") if trace.events == 1 else Sentence("{n} lines ran", n=f"{trace.events:,}"),
    ]
    if trace.tracing and trace.seconds:
        took, share = format_value(trace.tracing, Unit.SECOND), format_percent(trace.tracing / trace.seconds)
        facts.append(Sentence("tracing took {time}, {share}", time=took, share=share))
    return tuple(facts)


def beside(place: Place | None) -> Piece:
    """A line of code beside a figure: where it stands, and its text as code."""
    if place is None:
        return ""
    source = shortened(place.source.strip(), PLACE)
    # A backtick within would end the code in the middle.
    return f"{where(place)} `{source}`" if source and "`" not in source else f"{where(place)} {source}".rstrip()


def _rows(trace: MemoryTrace) -> list[Row]:
    rows = []
    peak, before, after = (trace.reading(f"memory.rss.{which}") for which in ("peak", "before", "after"))
    if peak is not None:
        value = figure(trace.above, Unit.BYTE, provenance=peak.provenance, quantity=peak.quantity, sign="+" if before else "")
        notes: tuple[Piece, ...] = (
            beside(trace.peak.place) if trace.peak else "",
            Sentence("peak {value}", value=reading(peak)) if before else "",
            of_limit(trace.environment, peak.value),
            HOW[peak.provenance] if peak.provenance is not Provenance.MEASURED else "",
        )
        used = gauge(trace.environment, peak.value, trace.above)
        rows.append(
            Row(label=Sentence("peak"), value=value, notes=tuple(filter(None, notes)), provenance=peak.provenance, gauge=used, lead=True)
        )
    if before is not None and after is not None:
        notes = (Sentence("{value} before", value=reading(before)), Sentence("{value} after", value=reading(after)))
        rows.append(Row(label=Sentence("left behind"), value=signed(trace.growth), notes=notes))
    if trace.seconds:
        rows.append(Row(label=Sentence("time"), value=format_value(trace.seconds, Unit.SECOND)))
    return [*rows, *_others(trace)]


def _others(trace: MemoryTrace) -> list[Row]:
    """Swap where there was any, and what was read of accelerators."""
    rows = []
    for read in trace.readings:
        if read.quantity == "memory.swap":
            if read.value > 0:
                rows.append(Row(label=name(read.quantity, None), value=reading(read), bad=True))
        elif not read.quantity.startswith(("time.", "memory.rss.")):
            notes: tuple[Piece, ...] = (read.device,) if read.device else ()
            rows.append(Row(label=name(read.quantity, None), value=reading(read), notes=notes, provenance=read.provenance))
    return rows


def _curve(trace: MemoryTrace) -> Curve | None:
    seen = trace.timeline
    if seen is None or len(seen.times) < 2:
        return None
    low, high = format_value(min(seen.values), Unit.BYTE), format_value(max(seen.values), Unit.BYTE)
    time = format_value(seen.times[-1] - seen.times[0], Unit.SECOND)
    says = Sentence("resident memory, {low} to {high} in {time}", low=low, high=high, time=time)
    return Curve(values=_even(seen), notes=(says, HOW[seen.provenance]), says=says, record=trace)


def _even(trace: Trace) -> tuple[float, ...]:
    """The highest value in each of so many equal stretches of time; what nobody looked at stays as it was."""
    start, whole = trace.times[0], trace.times[-1] - trace.times[0]
    highest: list[float | None] = [None] * POINTS
    for time, value in zip(trace.times, trace.values, strict=True):
        place = min(int((time - start) / whole * POINTS), POINTS - 1) if whole > 0 else 0
        known = highest[place]
        highest[place] = value if known is None else max(known, value)
    found, last = [], trace.values[0]
    for seen in highest:
        last = last if seen is None else seen
        found.append(last)
    return tuple(found)


def _allocations(trace: MemoryTrace) -> tuple[Table, Table | None]:
    """What lines allocated, the most at the peak first; None for what the tracer cannot tell."""
    title = Sentence("Allocations, as {tracer} saw them", tracer=shortened(trace.allocator, 24))
    columns = (Sentence("line"), Sentence("count"), Sentence("at the peak"), Sentence("left at the end"), Sentence("temporary"))
    ordered = sorted(trace.allocations, key=lambda each: -(each.left if each.at_peak is None else each.at_peak))
    rows = tuple(map(_allocation, ordered))
    more = Table(title=Sentence("More allocations"), columns=columns, rows=rows[ALLOCATIONS:]) if rows[ALLOCATIONS:] else None
    return Table(title=title, columns=columns, rows=rows[:ALLOCATIONS]), more


def _allocation(each: Allocation) -> tuple[Piece, ...]:
    sizes = (NONE if size is None else format_value(size, Unit.BYTE) for size in (each.at_peak, each.left, each.temporary))
    return (beside(each.place), f"{each.count:,}", *sizes)


def _findings(trace: MemoryTrace) -> Table:
    findings = sorted(trace.findings, key=lambda finding: -finding.weight)[NOTICES:]
    rows = tuple((finding.cause, finding.remedy) for finding in findings)
    return Table(title=Sentence("More findings"), columns=(Sentence("cause"), Sentence("remedy")), rows=rows)


def _readings(trace: MemoryTrace) -> Table:
    rows = tuple((name(read.quantity, read.device), reading(read), HOW[read.provenance], read.source) for read in trace.readings)
    columns = (Sentence("reading"), Sentence("value"), Sentence("how"), Sentence("source"))
    return Table(title=Sentence("All readings"), columns=columns, rows=rows)


def _summary(trace: MemoryTrace) -> tuple[Piece, ...]:
    pieces: list[Piece] = [Sentence("{n} readings", n=len(trace.readings))] if trace.readings else []
    if trace.tracer:
        pieces.append(trace.tracer)
    if trace.absences:
        pieces.append(Sentence("{n} not measured", n=len(absences(trace.absences).rows)))
    return (*pieces, *machine.summary(trace.environment))
