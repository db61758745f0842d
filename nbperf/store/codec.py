"""A Run or a Comparison as versioned JSON, and back without loss.

The format (``"version": 1``), all numbers in SI base units::

    {"format": "nbperf", "version": 1, "kind": "run" | "comparison" | "comparisons" | "memory-trace", ...}

    run          label, started_at, samples, warmups, broken, environment, absences, error, collected, series; and
                 where there is any: uid, cell, source, items, budgets, held
    sample       loops, readings [[series, value, interval?], ...], traces, regions, started_at
    series       [{quantity, unit, provenance, source, device}, ...]: what a reading is of, written once and not for
                 every repeat
    absence      quantity, device, reason, remedy
    memory-trace as trace_codec.py has it
    comparison   pairs, ratio, interval, confidence, verdict, target, more, started_at, environment
    sentence     {"message": template, "values": {...}}: a stored record reads in any language; a plain string is itself

A reader ignores keys that it does not know, so that a summary may stand beside the record. A number that JSON lacks is
the string ``"inf"``, ``"-inf"`` or ``"nan"``, and stays one within a sentence. A change that an older reader would
misread gets the next version.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, TypeVar, cast

from nbperf.core.lines import MemoryTrace
from nbperf.core.records import (
    Absence,
    Budget,
    Comparison,
    Comparisons,
    Environment,
    Held,
    Pairs,
    Provenance,
    Reading,
    Region,
    Run,
    Sample,
    Trace,
    Verdict,
)
from nbperf.core.units import Unit
from nbperf.errors import RecordError
from nbperf.words import Sentence, say

FORMAT = "nbperf"
VERSION = 1

Record = Run | Comparison | Comparisons | MemoryTrace
T = TypeVar("T")
_Json = dict[str, Any]
_Key = tuple[str, str, str, str, str | None]


def dumps(record: Record) -> str:
    """A record as JSON text."""
    return json.dumps(encode(record), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def loads(text: str | bytes) -> Record:
    """A record from JSON text.

    Raises
    ------
    RecordError
        If it is no JSON, or `decode` does not accept it.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(say("this is no JSON: {error}", error=error)) from None
    return decode(data)


def encode(record: Record) -> _Json:
    """A record as JSON's own types."""
    head: _Json = {"format": FORMAT, "version": VERSION}
    if isinstance(record, Run):
        return {**head, "kind": "run", **_run(record)}
    if isinstance(record, Comparison):
        return {**head, "kind": "comparison", **_comparison(record)}
    if isinstance(record, MemoryTrace):
        from nbperf.store.trace_codec import write

        return {**head, "kind": "memory-trace", **write(record)}
    return {**head, "kind": "comparisons", "items": [_comparison(item) for item in record]}


# Writing


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(float(value))


def _ends(ends: tuple[float, float] | None) -> list[float | str] | None:
    return None if ends is None else [_number(end) for end in ends]


def _sentence(text: str) -> Any:
    if not isinstance(text, Sentence):
        return text
    return {"message": text.message, "values": {name: _value(value) for name, value in text.values.items()}}


def _value(value: object) -> Any:
    if isinstance(value, Sentence):
        return _sentence(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    return _number(value) if isinstance(value, float) and math.isfinite(value) else str(value)


class _Series:
    """What readings are of, numbered in the order they are met."""

    def __init__(self) -> None:
        self.numbers: dict[_Key, int] = {}

    def of(self, found: Reading | Trace) -> int:
        key = (found.quantity, found.unit.value, found.provenance.name.lower(), found.source, found.device)
        return self.numbers.setdefault(key, len(self.numbers))

    def written(self) -> list[_Json]:
        return [dict(zip(("quantity", "unit", "provenance", "source", "device"), key, strict=True)) for key in self.numbers]

    def reading(self, found: Reading) -> list[Any]:
        short = [self.of(found), _number(found.value)]
        return short if found.interval is None else [*short, _ends(found.interval)]

    def sample(self, found: Sample) -> _Json:
        data: _Json = {"loops": found.loops, "readings": [self.reading(reading) for reading in found.readings]}
        if found.started_at is not None:
            data["started_at"] = _number(found.started_at)
        if found.traces:
            data["traces"] = [
                {
                    "series": self.of(trace),
                    "period": _number(trace.period),
                    "times": [_number(time) for time in trace.times],
                    "values": [_number(value) for value in trace.values],
                }
                for trace in found.traces
            ]
        if found.regions:
            data["regions"] = [
                {"path": list(region.path), "count": region.count, "readings": [self.reading(reading) for reading in region.readings]}
                for region in found.regions
            ]
        return data


def _run(run: Run) -> _Json:
    series = _Series()
    samples, warmups, broken = ([series.sample(sample) for sample in group] for group in (run.samples, run.warmups, run.broken))
    return {
        "label": run.label,
        "started_at": _number(run.started_at),
        "collected": run.collected,
        "error": run.error,
        "series": series.written(),
        "samples": samples,
        "warmups": warmups,
        "broken": broken,
        "absences": [_absence(absence) for absence in run.absences],
        "environment": _environment(run.environment),
        **_asked(run),
    }


def _absence(absence: Absence) -> _Json:
    """As JSON's own types."""
    return {
        "quantity": absence.quantity,
        "device": absence.device,
        "reason": _sentence(absence.reason),
        "remedy": _sentence(absence.remedy),
    }


def _asked(run: Run) -> _Json:
    """What not every run has; a document without a key has none of it."""
    data: _Json = {"uid": run.uid, "cell": run.cell, "source": run.source, "items": None if run.items is None else _number(run.items)}
    data["budgets"] = [
        {
            **{field.name: getattr(budget, field.name) for field in fields(budget)},
            "limit": _number(budget.limit),
            "unit": budget.unit.value,
        }
        for budget in run.budgets
    ]
    data["held"] = [{**{field.name: getattr(held, field.name) for field in fields(held)}, "shape": list(held.shape)} for held in run.held]
    return {name: value for name, value in data.items() if value is not None and value != [] and (name, value) != ("uid", "")}


def _environment(machine: Environment | None) -> _Json | None:
    if machine is None:
        return None
    data = {field.name: getattr(machine, field.name) for field in fields(machine)}
    data["packages"], data["threads"] = dict(machine.packages), dict(machine.threads)
    data["accelerators"] = list(machine.accelerators)
    return {name: _number(value) if isinstance(value, float) else value for name, value in data.items()}


def _comparison(comparison: Comparison) -> _Json:
    pairs = comparison.pairs
    return {
        "pairs": {
            "baseline": pairs.baseline,
            "contestant": pairs.contestant,
            "quantity": pairs.quantity,
            "unit": pairs.unit.value,
            "provenance": pairs.provenance.name.lower(),
            "source": pairs.source,
            "loops": list(pairs.loops),
            "baseline_values": [_number(value) for value in pairs.baseline_values],
            "contestant_values": [_number(value) for value in pairs.contestant_values],
            "baseline_first": list(pairs.baseline_first),
        },
        "ratio": _number(comparison.ratio),
        "interval": _ends(comparison.interval),
        "confidence": comparison.confidence,
        "verdict": comparison.verdict,
        "target": comparison.target,
        "more": comparison.more,
        "started_at": _number(comparison.started_at),
        "environment": _environment(comparison.environment),
    }


# Reading


def decode(data: object) -> Record:
    """A record from what `encode` gave.

    Raises
    ------
    RecordError
        If it is no record of nbperf, was written by a newer nbperf, or is damaged; the message says where.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise RecordError(say('this is no record of nbperf: it lacks "format": "nbperf"'))
    node = _Node(data, "")
    version = node.whole("version")
    if version > VERSION:
        raise RecordError(
            say("this record has version {found} and this nbperf reads up to {known}: pip install -U nbperf", found=version, known=VERSION)
        )
    if version < 1:
        raise node.wrong("version", say("a version from 1 on"))
    kind = node.text("kind")
    if kind == "run":
        return _read_run(node)
    if kind == "comparison":
        return _read_comparison(node)
    if kind == "comparisons":
        return Comparisons(tuple(map(_read_comparison, node.nodes("items"))))
    if kind == "memory-trace":
        from nbperf.store.trace_codec import read

        return read(node)
    raise node.wrong("kind", '"run", "comparison", "comparisons", "memory-trace"')


class _Node:
    """A JSON object, and the way to it for the message when it does not hold what it should."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, Mapping):
            raise RecordError(_damaged(where, say("an object"), data))
        self._data, self._where = data, where

    def path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def wrong(self, key: str, wanted: str) -> RecordError:
        return RecordError(_damaged(self.path(key), wanted, self._data.get(key)))

    def get(self, key: str) -> Any:
        return self._data.get(key)

    def text(self, key: str) -> str:
        value = self._data.get(key)
        if not isinstance(value, str):
            raise self.wrong(key, say("a text"))
        return value

    def whole(self, key: str, *, least: int = 0) -> int:
        value = self._data.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.wrong(key, say("a whole number"))
        return value

    def yes(self, key: str) -> bool:
        value = self._data.get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, say("true or false"))
        return value

    def number(self, key: str) -> float:
        return _read_number(self._data.get(key), self.path(key))

    def perhaps(self, read: Callable[[str], T], key: str) -> T | None:
        """What `read` reads there, None where there is nothing."""
        return None if self._data.get(key) is None else read(key)

    def list(self, key: str) -> Sequence[Any]:
        value = self._data.get(key)
        if not isinstance(value, list | tuple):
            raise self.wrong(key, say("a list"))
        return value

    def items(self, key: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        where = self.path(key)
        return tuple(read(item, f"{where}[{i}]") for i, item in enumerate(self.list(key)))

    def numbers(self, key: str) -> tuple[float, ...]:
        return self.items(key, _read_number)

    def texts(self, key: str) -> tuple[str, ...]:
        return self.items(key, _read_text)

    def nodes(self, key: str) -> tuple[_Node, ...]:
        """The objects in a list; none where there is no list."""
        return () if self._data.get(key) is None else self.items(key, _Node)

    def node(self, key: str) -> _Node:
        return _Node(self._data.get(key), self.path(key))

    def pair(self, key: str) -> tuple[float, float]:
        return _read_pair(self._data.get(key), self.path(key))

    def sentence(self, key: str) -> Sentence:
        return _read_sentence(self._data.get(key), self.path(key))

    def one_of(self, key: str, known: Mapping[str, T]) -> T:
        value = self._data.get(key)
        if not isinstance(value, str) or value not in known:
            raise self.wrong(key, ", ".join(f'"{name}"' for name in known))
        return known[value]


UNITS = {unit.value: unit for unit in Unit}
PROVENANCES = {provenance.name.lower(): provenance for provenance in Provenance}
RELATIONS: dict[str, Literal["<", "<=", ">", ">="]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
VERDICTS: dict[str, Verdict] = {"faster": "faster", "slower": "slower", "indistinct": "indistinct"}
UNFINITE = {"inf", "-inf", "nan"}


def _damaged(where: str, wanted: str, found: object) -> str:
    text = json.dumps(found, default=str, ensure_ascii=False)
    short = text if len(text) <= 40 else text[:39] + "…"
    return say("this record is damaged: {where} should be {wanted}, and is {found}", where=where or "it", wanted=wanted, found=short)


def _read_number(value: object, where: str) -> float:
    if isinstance(value, float) or (isinstance(value, str) and value in UNFINITE):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise RecordError(_damaged(where, say("a number"), value))


def _read_text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise RecordError(_damaged(where, say("a text"), value))
    return value


def _read_yes(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise RecordError(_damaged(where, say("true or false"), value))
    return value


def _read_pair(value: object, where: str) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise RecordError(_damaged(where, say("a pair of numbers"), value))
    return _read_number(value[0], where), _read_number(value[1], where)


def _read_sentence(value: object, where: str) -> Sentence:
    if isinstance(value, str):
        return Sentence(value)
    node = _Node(value, where)
    message, values = node.text("message"), node.get("values") or {}
    if not isinstance(values, Mapping) or not _is_plain(message, values):
        raise RecordError(_damaged(where, say("a message and its values"), value))
    read: _Json = {}
    for name, inner in values.items():
        if isinstance(inner, Mapping):
            read[str(name)] = _read_sentence(inner, f"{where}.{name}")
        elif inner is None or isinstance(inner, bool | int | float | str):
            read[str(name)] = inner
        else:
            raise RecordError(_damaged(f"{where}.{name}", say("a text or a number"), inner))
    try:
        return Sentence(message, **read)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise RecordError(_damaged(where, say("a message and its values"), value)) from None


def _is_plain(message: str, values: Mapping[str, object]) -> bool:
    """Whether a template only names its values: a file from elsewhere must not reach into objects or ask for gigabytes."""
    if not values:
        return True
    try:
        parts = list(string.Formatter().parse(message))
    except ValueError:
        return False
    return all(name is None or (name in values and len(spec or "") <= 4 and "{" not in (spec or "")) for _, name, spec, _ in parts)


def _read_series(node: _Node) -> dict[str, Any]:
    return {
        "quantity": node.text("quantity"),
        "unit": node.one_of("unit", UNITS),
        "provenance": node.one_of("provenance", PROVENANCES),
        "source": node.text("source"),
        "device": node.perhaps(node.text, "device"),
    }


class _Reader:
    """Reads the samples of a run, whose readings point at its series."""

    def __init__(self, series: Sequence[dict[str, Any]]) -> None:
        self._series = series

    def of(self, number: object, where: str) -> dict[str, Any]:
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self._series):
            raise RecordError(_damaged(where, say("the number of a series"), number))
        return self._series[number]

    def reading(self, value: object, where: str) -> Reading:
        if not isinstance(value, list | tuple) or len(value) not in (2, 3):
            raise RecordError(_damaged(where, say("a series, a value and perhaps its interval"), value))
        interval = _read_pair(value[2], where) if len(value) == 3 else None
        return Reading(value=_read_number(value[1], where), interval=interval, **self.of(value[0], where))

    def sample(self, value: object, where: str) -> Sample:
        node = _Node(value, where)
        return Sample(
            loops=node.whole("loops", least=1),
            readings=node.items("readings", self.reading),
            traces=tuple(map(self.trace, node.nodes("traces"))),
            regions=tuple(map(self.region, node.nodes("regions"))),
            started_at=node.perhaps(node.number, "started_at"),
        )

    def trace(self, node: _Node) -> Trace:
        times, values = node.numbers("times"), node.numbers("values")
        if len(times) != len(values):
            raise node.wrong("values", say("as long as the times"))
        return Trace(times=times, values=values, period=node.number("period"), **self.of(node.get("series"), node.path("series")))

    def region(self, node: _Node) -> Region:
        return Region(path=node.texts("path"), count=node.whole("count"), readings=node.items("readings", self.reading))


def _read_absence(node: _Node) -> Absence:
    return Absence(
        quantity=node.text("quantity"),
        device=node.perhaps(node.text, "device"),
        reason=node.sentence("reason"),
        remedy=node.sentence("remedy"),
    )


def _read_run(node: _Node) -> Run:
    reader = _Reader(tuple(map(_read_series, node.nodes("series"))))
    return Run(
        label=node.text("label"),
        started_at=node.number("started_at"),
        samples=node.items("samples", reader.sample),
        warmups=node.items("warmups", reader.sample),
        broken=node.items("broken", reader.sample),
        environment=node.perhaps(lambda key: _read_environment(node.node(key)), "environment"),
        absences=tuple(map(_read_absence, node.nodes("absences"))),
        error=node.perhaps(node.text, "error"),
        collected=node.yes("collected"),
        uid=node.perhaps(node.text, "uid") or "",
        cell=node.perhaps(node.text, "cell"),
        source=node.perhaps(node.text, "source"),
        items=node.perhaps(node.number, "items"),
        budgets=tuple(map(_read_budget, node.nodes("budgets"))),
        held=tuple(map(_read_held, node.nodes("held"))),
    )


def _read_budget(node: _Node) -> Budget:
    return Budget(
        quantity=node.text("quantity"),
        statistic=node.text("statistic"),
        relation=node.one_of("relation", RELATIONS),
        limit=node.number("limit"),
        unit=node.one_of("unit", UNITS),
        text=node.text("text"),
        device=node.perhaps(node.text, "device"),
    )


def _read_held(node: _Node) -> Held:
    shape = node.list("shape")
    if any(not isinstance(size, int) or isinstance(size, bool) for size in shape):
        raise node.wrong("shape", say("a list"))
    return Held(name=node.text("name"), kind=node.text("kind"), shape=tuple(shape), bytes=node.whole("bytes"), device=node.text("device"))


def _read_environment(node: _Node) -> Environment:
    packages, threads = node.node("packages"), node.node("threads")
    return Environment(
        host=node.text("host"),
        system=node.text("system"),
        python=node.text("python"),
        cores=node.whole("cores"),
        cores_allowed=node.whole("cores_allowed"),
        cpu=node.perhaps(node.text, "cpu"),
        cpu_quota=node.perhaps(node.number, "cpu_quota"),
        memory_total=node.perhaps(node.whole, "memory_total"),
        memory_limit=node.perhaps(node.whole, "memory_limit"),
        memory_limit_source=node.perhaps(node.text, "memory_limit_source"),
        governor=node.perhaps(node.text, "governor"),
        load=node.perhaps(node.number, "load"),
        packages=tuple((name, packages.text(name)) for name in cast("Mapping[str, Any]", node.get("packages"))),
        threads=tuple((name, threads.whole(name)) for name in cast("Mapping[str, Any]", node.get("threads"))),
        accelerators=node.texts("accelerators"),
        blas=node.perhaps(node.text, "blas"),
        git=node.perhaps(node.text, "git"),
        clock_resolution=node.number("clock_resolution"),
    )


def _read_comparison(node: _Node) -> Comparison:
    return Comparison(
        pairs=_read_pairs(node.node("pairs")),
        ratio=node.number("ratio"),
        interval=node.pair("interval"),
        confidence=node.number("confidence"),
        verdict=node.one_of("verdict", VERDICTS),
        target=node.number("target"),
        more=node.whole("more"),
        started_at=node.number("started_at"),
        environment=node.perhaps(lambda key: _read_environment(node.node(key)), "environment"),
    )


def _read_pairs(node: _Node) -> Pairs:
    baseline, contestant = node.numbers("baseline_values"), node.numbers("contestant_values")
    if len(baseline) != len(contestant):
        raise node.wrong("contestant_values", say("as long as the baseline's"))
    loops = node.list("loops")
    if len(loops) != 2 or any(not isinstance(count, int) or isinstance(count, bool) or count < 1 for count in loops):
        raise node.wrong("loops", say("a pair of numbers"))
    return Pairs(
        baseline=node.text("baseline"),
        contestant=node.text("contestant"),
        quantity=node.text("quantity"),
        unit=node.one_of("unit", UNITS),
        provenance=node.one_of("provenance", PROVENANCES),
        source=node.text("source"),
        loops=(loops[0], loops[1]),
        baseline_values=baseline,
        contestant_values=contestant,
        baseline_first=node.items("baseline_first", _read_yes),
    )
