"""From the book of a trace to its record: lines in bytes, moments with their places, series for those who look for growth."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from time import perf_counter
from types import CodeType

from nbperf.core.lines import DeviceLine, Line, Moment, Place
from nbperf.core.records import Provenance, Trace
from nbperf.core.units import Unit
from nbperf.measuring.choice import Names
from nbperf.measuring.lines import GRAIN, STEPS, Book, Row, Traced
from nbperf.probes.levels import Levels

POINTS = 2000
"""Points of a trace that is kept: more than a picture can show."""


@dataclass
class Assembled:
    """What a book comes to.

    Attributes
    ----------
    points : list of (float, float)
        Seconds since the trace began, and bytes.
    series : dict
        As `nbperf.measuring.watch.Series`.
    """

    lines: tuple[Line, ...] = ()
    steps: tuple[Moment, ...] = ()
    peak: Moment | None = None
    points: list[tuple[float, float]] = field(default_factory=list)
    series: dict[Place, list[tuple[int, float]]] = field(default_factory=dict)
    events: int = 0
    spent: float = 0.0


def assemble(
    book: Book, traced: Sequence[Traced], names: Names, *, began: float, unit: int, header: tuple[CodeType, int] | None = None
) -> Assembled:
    """Everything in bytes, and in seconds since the trace began.

    Parameters
    ----------
    traced : sequence of Traced
        Code objects of one function (a closure made twice) are put together.
    unit : int
        Bytes in one of the book's numbers.
    header : (code, int), optional
        The line that began the trace, such as that of a ``with``: it is met again at the end and is none of the code's.
    """
    found = Assembled()
    lines: dict[tuple[str, str, int], Line] = {}
    for each in traced:
        for row in each.values():
            if (each.code, row.line) == header or (not row.hits and abs(row.own) * unit < GRAIN):
                continue  # the line of `def`, where a function begins before its first line does
            place = names.place(each, row.line)
            line = _line(place, row, unit)
            key = (each.code.co_filename, each.function, row.line)
            lines[key] = _together(lines[key], line) if key in lines else line
            found.events += row.hits
            if len(row.series) > 1:
                found.series[place] = [(hit, level * unit) for hit, level in row.series]
    found.lines = tuple(lines[key] for key in sorted(lines, key=lambda key: (names.file(key[0]), _first(lines, key), key[2])))
    steps = sorted(sorted(book.steps, key=lambda step: -abs(step[2]))[:STEPS], key=lambda step: step[0])
    found.steps = tuple(
        Moment(at=now - began, value=level * unit, change=change * unit, place=names.place(of, number))
        for now, level, change, of, number in steps
    )
    if book.top is not None:
        mark, now, of, number = book.top
        found.peak = Moment(at=now - began, value=mark * unit, place=None if of is None else names.place(of, number))
    found.points = [(now - began, level * unit) for now, level in book.points]
    seen = sum(row.reads + row.still for each in traced for row in each.values())
    found.spent = book.spent + max(0, found.events - seen) * event_cost()
    return found


def _first(lines: dict[tuple[str, str, int], Line], key: tuple[str, str, int]) -> int:
    """The first line of a function, by which functions of one file are ordered."""
    return min(number for file, function, number in lines if (file, function) == key[:2])


def _line(place: Place, row: Row, unit: int) -> Line:
    least, most = row.least * unit, row.most * unit
    if row.still:  # hits in which nothing came or went were only counted
        least, most = min(least, 0.0), max(most, 0.0)
    return Line(
        file=place.file,
        function=place.function,
        line=place.line,
        source=place.source,
        hits=row.hits,
        reads=min(row.reads + row.still, row.hits),
        time=row.time,
        increment=row.increment * unit,
        own=row.own * unit,
        freed=row.freed * unit,
        least=least,
        most=most,
        peak=max(0.0, row.peak) * unit,
        spike=row.spike * unit,
        shared=row.shared * unit,
        devices=tuple(
            DeviceLine(device=device, allocated=allocated, reserved=reserved, peak=peak)
            for device, (allocated, reserved, peak) in row.devices.items()
        ),
    )


def _together(one: Line, other: Line) -> Line:
    """One line of a function that was made twice."""
    return Line(
        file=one.file,
        function=one.function,
        line=one.line,
        source=one.source,
        hits=one.hits + other.hits,
        reads=one.reads + other.reads,
        time=one.time + other.time,
        increment=one.increment + other.increment,
        own=one.own + other.own,
        freed=one.freed + other.freed,
        least=min(one.least, other.least),
        most=max(one.most, other.most),
        peak=max(one.peak, other.peak),
        spike=max(one.spike, other.spike),
        shared=one.shared + other.shared,
        devices=one.devices or other.devices,
    )


def merged(outside: Sequence[Trace], points: Sequence[tuple[float, float]], shift: float, levels: Levels) -> tuple[Trace, ...]:
    """What was seen from outside, with the readings at the lines put in at their times.

    Parameters
    ----------
    outside : sequence of Trace
        Resident memory first, where there is any; times since the looking began.
    points : sequence of (float, float)
        Seconds since the trace began, and bytes.
    shift : float
        Seconds by which the trace began later than the looking.
    """
    traces = [moved for trace in outside if (moved := _shifted(trace, shift)).times]
    seen = next((trace for trace in traces if trace.quantity == "memory.rss"), None)
    both = sorted([*points, *(zip(seen.times, seen.values, strict=True) if seen is not None else ())])
    rss = Trace(
        quantity="memory.rss",
        unit=Unit.BYTE,
        provenance=Provenance.SAMPLED,
        source=levels.source if seen is None else f"{seen.source}; {levels.source}",
        times=tuple(time for time, _ in both),
        values=tuple(value for _, value in both),
        period=seen.period if seen is not None else 1e-3,
    )
    return (rss, *(trace for trace in traces if trace.quantity != "memory.rss"))


def _shifted(trace: Trace, shift: float) -> Trace:
    # What was seen last before the trace began held when it did.
    first = max(bisect_right(trace.times, shift) - 1, 0)
    kept = [(max(time - shift, 0.0), value) for time, value in zip(trace.times[first:], trace.values[first:], strict=True)]
    return replace(trace, times=tuple(time for time, _ in kept), values=tuple(value for _, value in kept))


def thinned(trace: Trace, most: int = POINTS) -> Trace:
    """A trace of at most so many points: of each stretch its lowest and its highest, so that no peak is lost."""
    count = len(trace.times)
    if count <= most:
        return trace
    kept = {0, count - 1}
    edges = [round(i * count / (most // 2)) for i in range(most // 2 + 1)]
    for low, high in pairwise(edges):
        kept.add(min(range(low, high), key=trace.values.__getitem__))
        kept.add(max(range(low, high), key=trace.values.__getitem__))
    places = sorted(kept)
    return replace(trace, times=tuple(trace.times[i] for i in places), values=tuple(trace.values[i] for i in places))


@functools.cache
def event_cost() -> float:
    """Seconds that an event without a reading takes, measured once: what a traced line of nothing takes longer than an untraced."""
    from nbperf.measuring.tracers import tracer

    events = 2000
    code = compile(f"def idle():\n for i in range({events}):\n  i\n", "<nbperf idle>", "exec")
    names: dict[str, Callable[[], None]] = {}
    exec(code, names)  # noqa: S102 - our own text
    idle = names["idle"]
    idle()
    book = Book(Levels(lambda: (0.0, 0.0), 1, True, "", lambda: None))
    traced = Traced(idle.__code__)
    try:
        lines = tracer(book, lambda found: traced if found is idle.__code__ else None, None)
        start = perf_counter()
        idle()
        alone = perf_counter() - start
        lines.start(None)
        try:
            start = perf_counter()
            idle()
            spent = perf_counter() - start
        finally:
            lines.stop()
    except Exception:  # noqa: BLE001 - where it cannot be measured, it is not taken off
        return 0.0
    return max(0.0, spent - alone) / (2 * events)
