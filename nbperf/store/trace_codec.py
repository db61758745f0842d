"""A MemoryTrace as JSON, and back without loss: a kind of codec.py's document.

memory-trace  label, started_at, mode, table, readings, traces, steps, peak, bands, marks, findings, allocations,
allocator, events, tracing, tracer, environment, absences, error, uid, cell, source, series
table         [[file, function, line, source, hits, reads, time, increment, own, freed, least, most, peak, spike, shared,
[[device, allocated, reserved, peak], ...]], ...]
steps, peak   [at, value, change, place]; place [file, function, line, source] or null
allocations   [place, count, left, at_peak or null, temporary or null]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from nbperf.core.lines import Allocation, Band, DeviceLine, Line, Mark, MemoryTrace, Mode, Moment, Place
from nbperf.core.records import Finding, Sample
from nbperf.errors import RecordError
from nbperf.store.codec import (
    _absence,
    _damaged,
    _environment,
    _Node,
    _number,
    _read_absence,
    _read_environment,
    _read_number,
    _read_series,
    _read_text,
    _Reader,
    _sentence,
    _Series,
)
from nbperf.words import say

T = TypeVar("T")
MODES: dict[str, Mode] = {"default": "default", "exact": "exact"}
_TEXTS, _COUNTS = 4, 2
_NUMBERS = ("time", "increment", "own", "freed", "least", "most", "peak", "spike", "shared")


def write(trace: MemoryTrace) -> dict[str, Any]:
    """As JSON's own types."""
    series = _Series()
    whole = series.sample(Sample(readings=trace.readings, traces=trace.traces))
    return {
        "label": trace.label,
        "started_at": _number(trace.started_at),
        "mode": trace.mode,
        "table": [_line(line) for line in trace.table],
        "whole": whole,
        "series": series.written(),
        "steps": [_moment(step) for step in trace.steps],
        "peak": None if trace.peak is None else _moment(trace.peak),
        "bands": [[list(band.path), _number(band.start), _number(band.end)] for band in trace.bands],
        "marks": [[mark.name, _number(mark.at)] for mark in trace.marks],
        "findings": [
            {"code": each.code, "cause": _sentence(each.cause), "remedy": _sentence(each.remedy), "weight": each.weight}
            for each in trace.findings
        ],
        "allocations": [
            [_place(each.place), each.count, _number(each.left), _perhaps(each.at_peak), _perhaps(each.temporary)]
            for each in trace.allocations
        ],
        "allocator": trace.allocator,
        "events": trace.events,
        "tracing": _number(trace.tracing),
        "tracer": trace.tracer,
        "environment": _environment(trace.environment),
        "absences": [_absence(absence) for absence in trace.absences],
        "error": trace.error,
        "uid": trace.uid,
        "cell": trace.cell,
        "source": trace.source,
    }


def _perhaps(value: float | None) -> float | str | None:
    return None if value is None else _number(value)


def _line(line: Line) -> list[Any]:
    devices = [[each.device, *map(_number, (each.allocated, each.reserved, each.peak))] for each in line.devices]
    numbers = [_number(getattr(line, name)) for name in _NUMBERS]
    return [line.file, line.function, line.line, line.source, line.hits, line.reads, *numbers, devices]


def _place(place: Place | None) -> list[Any] | None:
    return None if place is None else [place.file, place.function, place.line, place.source]


def _moment(moment: Moment) -> list[Any]:
    return [_number(moment.at), _number(moment.value), _number(moment.change), _place(moment.place)]


# Reading


def read(node: _Node) -> MemoryTrace:
    """What `write` gave.

    Raises
    ------
    RecordError
        If it is damaged; the message says where.
    """
    reader = _Reader(tuple(map(_read_series, node.nodes("series"))))
    whole = reader.sample(node.get("whole"), node.path("whole"))
    return MemoryTrace(
        label=node.text("label"),
        started_at=node.number("started_at"),
        mode=node.one_of("mode", MODES),
        table=node.items("table", _read_line),
        readings=whole.readings,
        traces=whole.traces,
        steps=node.items("steps", _read_moment),
        peak=node.perhaps(lambda key: _read_moment(node.get(key), node.path(key)), "peak"),
        bands=node.items("bands", _read_band),
        marks=node.items("marks", _read_mark),
        findings=tuple(map(_read_finding, node.nodes("findings"))),
        allocations=node.items("allocations", _read_allocation),
        allocator=node.text("allocator"),
        events=node.whole("events"),
        tracing=node.number("tracing"),
        tracer=node.text("tracer"),
        environment=node.perhaps(lambda key: _read_environment(node.node(key)), "environment"),
        absences=tuple(map(_read_absence, node.nodes("absences"))),
        error=node.perhaps(node.text, "error"),
        uid=node.text("uid"),
        cell=node.perhaps(node.text, "cell"),
        source=node.perhaps(node.text, "source"),
    )


def _list(value: object, where: str, length: int) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != length:
        raise RecordError(_damaged(where, say("a list"), value))
    return list(value)


def _whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RecordError(_damaged(where, say("a whole number"), value))
    return value


def _none_or(read: Callable[[object, str], T], value: object, where: str) -> T | None:
    return None if value is None else read(value, where)


def _read_line(value: object, where: str) -> Line:
    file, function, line, source, hits, reads, *numbers, devices = _list(value, where, _TEXTS + _COUNTS + len(_NUMBERS) + 1)
    if not isinstance(devices, list | tuple):
        raise RecordError(_damaged(where, say("a list"), devices))
    return Line(
        file=_read_text(file, where),
        function=_read_text(function, where),
        line=_whole(line, where),
        source=_read_text(source, where),
        hits=_whole(hits, where),
        reads=_whole(reads, where),
        devices=tuple(_read_device(each, where) for each in devices),
        **{name: _read_number(number, where) for name, number in zip(_NUMBERS, numbers, strict=True)},
    )


def _read_device(value: object, where: str) -> DeviceLine:
    device, *numbers = _list(value, where, 4)
    allocated, reserved, peak = (_read_number(number, where) for number in numbers)
    return DeviceLine(device=_read_text(device, where), allocated=allocated, reserved=reserved, peak=peak)


def _read_place(value: object, where: str) -> Place:
    file, function, line, source = _list(value, where, 4)
    return Place(
        file=_read_text(file, where), function=_read_text(function, where), line=_whole(line, where), source=_read_text(source, where)
    )


def _read_moment(value: object, where: str) -> Moment:
    at, level, change, place = _list(value, where, 4)
    return Moment(
        at=_read_number(at, where),
        value=_read_number(level, where),
        change=_read_number(change, where),
        place=_none_or(_read_place, place, where),
    )


def _read_band(value: object, where: str) -> Band:
    path, start, end = _list(value, where, 3)
    if not isinstance(path, list | tuple):
        raise RecordError(_damaged(where, say("a list"), path))
    return Band(path=tuple(_read_text(each, where) for each in path), start=_read_number(start, where), end=_read_number(end, where))


def _read_mark(value: object, where: str) -> Mark:
    name, at = _list(value, where, 2)
    return Mark(name=_read_text(name, where), at=_read_number(at, where))


def _read_finding(node: _Node) -> Finding:
    return Finding(code=node.text("code"), cause=node.sentence("cause"), remedy=node.sentence("remedy"), weight=node.whole("weight"))


def _read_allocation(value: object, where: str) -> Allocation:
    place, count, left, at_peak, temporary = _list(value, where, 5)
    return Allocation(
        place=_read_place(place, where),
        count=_whole(count, where),
        left=_read_number(left, where),
        at_peak=_none_or(_read_number, at_peak, where),
        temporary=_none_or(_read_number, temporary, where),
    )
