"""Records as JSON, and back."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
)
from nbperf.core.units import Unit
from nbperf.errors import RecordError
from nbperf.store import codec
from nbperf.words import READER, Sentence, say
from tests.report.examples import ABSENCES, RECORDS, epoch, faster, hostile, hostile_pairs

FLOATS = st.floats(allow_nan=False)
TEXTS = st.text(max_size=12)
READINGS = st.builds(
    Reading,
    quantity=TEXTS,
    value=FLOATS,
    unit=st.sampled_from(Unit),
    provenance=st.sampled_from(Provenance),
    source=TEXTS,
    device=st.none() | TEXTS,
    interval=st.none() | st.tuples(FLOATS, FLOATS),
)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    pairs = draw(st.lists(st.tuples(FLOATS, FLOATS), max_size=4))
    return Trace(
        quantity=draw(TEXTS),
        unit=draw(st.sampled_from(Unit)),
        provenance=draw(st.sampled_from(Provenance)),
        source=draw(TEXTS),
        device=draw(st.none() | TEXTS),
        times=tuple(time for time, _ in pairs),
        values=tuple(value for _, value in pairs),
        period=draw(FLOATS),
    )


READING_LISTS = st.lists(READINGS, max_size=4).map(tuple)
REGIONS = st.builds(Region, path=st.lists(TEXTS, min_size=1, max_size=3).map(tuple), readings=READING_LISTS, count=st.integers(0, 2**40))
SAMPLES = st.builds(
    Sample,
    readings=READING_LISTS,
    loops=st.integers(1, 2**40),
    traces=st.lists(traces(), max_size=2).map(tuple),
    regions=st.lists(REGIONS, max_size=2).map(tuple),
    started_at=st.none() | FLOATS,
)
SENTENCES = st.recursive(
    TEXTS.map(Sentence),
    lambda inner: st.builds(
        lambda a, b: Sentence("{a} of {b!r}", a=a, b=b),
        inner | TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        inner | TEXTS,
    ),
    max_leaves=3,
)
ENVIRONMENTS = st.builds(
    Environment,
    host=TEXTS,
    system=TEXTS,
    python=TEXTS,
    cores=st.integers(0, 999),
    cores_allowed=st.integers(0, 999),
    cpu=st.none() | TEXTS,
    cpu_quota=st.none() | FLOATS,
    memory_total=st.none() | st.integers(0, 2**60),
    memory_limit=st.none() | st.integers(0, 2**60),
    memory_limit_source=st.none() | TEXTS,
    governor=st.none() | TEXTS,
    load=st.none() | FLOATS,
    packages=st.dictionaries(TEXTS, TEXTS, max_size=3).map(lambda d: tuple(d.items())),
    threads=st.dictionaries(TEXTS, st.integers(0, 99), max_size=3).map(lambda d: tuple(d.items())),
    accelerators=st.lists(TEXTS, max_size=2).map(tuple),
    blas=st.none() | TEXTS,
    git=st.none() | TEXTS,
    clock_resolution=FLOATS,
)
BUDGETS = st.builds(
    Budget,
    quantity=TEXTS,
    statistic=TEXTS,
    relation=st.sampled_from(["<", "<=", ">", ">="]),
    limit=FLOATS,
    unit=st.sampled_from(Unit),
    text=TEXTS,
    device=st.none() | TEXTS,
)
HELD = st.builds(
    Held, name=TEXTS, kind=TEXTS, shape=st.lists(st.integers(0, 2**40), max_size=3).map(tuple), bytes=st.integers(0, 2**60), device=TEXTS
)
RUNS = st.builds(
    Run,
    label=TEXTS,
    started_at=FLOATS,
    samples=st.lists(SAMPLES, max_size=2).map(tuple),
    warmups=st.lists(SAMPLES, max_size=1).map(tuple),
    broken=st.lists(SAMPLES, max_size=1).map(tuple),
    environment=st.none() | ENVIRONMENTS,
    absences=st.lists(st.builds(Absence, quantity=TEXTS, reason=SENTENCES, remedy=SENTENCES, device=st.none() | TEXTS), max_size=2).map(
        tuple
    ),
    error=st.none() | TEXTS,
    collected=st.booleans(),
    uid=TEXTS,
    cell=st.none() | TEXTS,
    source=st.none() | TEXTS,
    items=st.none() | FLOATS,
    budgets=st.lists(BUDGETS, max_size=2).map(tuple),
    held=st.lists(HELD, max_size=2).map(tuple),
)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    rows = draw(st.lists(st.tuples(FLOATS, FLOATS, st.booleans()), max_size=4))
    return Comparison(
        pairs=Pairs(
            baseline=draw(TEXTS),
            contestant=draw(TEXTS),
            baseline_values=tuple(a for a, _, _ in rows),
            contestant_values=tuple(b for _, b, _ in rows),
            baseline_first=tuple(first for _, _, first in rows),
            loops=draw(st.tuples(st.integers(1, 99), st.integers(1, 99))),
            provenance=draw(st.sampled_from(Provenance)),
            unit=draw(st.sampled_from(Unit)),
        ),
        ratio=draw(FLOATS),
        interval=draw(st.tuples(FLOATS, FLOATS)),
        confidence=draw(st.floats(0, 1)),
        verdict=draw(st.sampled_from(["faster", "slower", "indistinct"])),
        target=draw(st.floats(0, 1)),
        more=draw(st.integers(0, 10**6)),
        started_at=draw(FLOATS),
        environment=draw(st.none() | ENVIRONMENTS),
    )


def sentences(value: object) -> object:
    """A sentence by its parts: two of them are equal as strings where only their English is."""
    if isinstance(value, Sentence):
        return value.message, {name: sentences(inner) for name, inner in value.values.items()}
    return value


@pytest.mark.parametrize("make", [*RECORDS.values(), hostile, hostile_pairs])
def test_examples_come_back_as_they_were(make: Any) -> None:
    record = make()
    assert codec.loads(codec.dumps(record)) == record


@given(RUNS)
@settings(max_examples=150, deadline=None)
def test_runs_come_back_as_they_were(run: Run) -> None:
    back = codec.loads(codec.dumps(run))
    assert back == run
    assert isinstance(back, Run)
    for old, new in zip(run.absences, back.absences, strict=True):
        assert sentences(old.reason) == sentences(new.reason)
        assert type(new.remedy) is Sentence


@given(st.lists(comparisons(), max_size=2))
@settings(deadline=None)
def test_comparisons_come_back_as_they_were(found: list[Comparison]) -> None:
    assert codec.loads(codec.dumps(Comparisons(tuple(found)))) == Comparisons(tuple(found))
    for comparison in found:
        assert codec.loads(codec.dumps(comparison)) == comparison


def test_numbers_that_json_lacks_come_back() -> None:
    run = Run(started_at=math.inf, samples=(Sample(readings=(replace(epoch().samples[0].readings[0], value=math.nan),)),))
    text = codec.dumps(run)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    back = codec.loads(text)
    assert isinstance(back, Run)
    assert back.started_at == math.inf
    assert math.isnan(back.samples[0].readings[0].value)


def test_a_stored_run_reads_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    back = codec.loads(codec.dumps(Run(absences=ABSENCES)))
    assert isinstance(back, Run)
    monkeypatch.setattr(READER, "translate", {"{package} sees no CUDA device": "{package} 没有看到 CUDA 设备"}.get)
    assert say(back.absences[0].reason) == "torch 没有看到 CUDA 设备"


LATER = {"uid", "cell", "source", "items", "budgets", "held"}
"""Keys that came after the first documents."""


def test_a_document_from_before_a_key_was_there_still_loads() -> None:
    run = replace(epoch(), uid="u", cell="c", source="x", items=3.0)
    data = {key: value for key, value in codec.encode(run).items() if key not in LATER}
    assert codec.decode(data) == epoch()


def test_every_field_of_a_run_has_its_key() -> None:
    budget = Budget(quantity="time.wall", statistic="p95", relation="<", limit=1.0, unit=Unit.SECOND, text="t")
    held = Held(name="x", kind="k", shape=(), bytes=0, device="cpu")
    full = Run(uid="u", cell="c", source="s", items=1.0, budgets=(budget,), held=(held,))
    assert {field.name for field in fields(Run)} <= codec.encode(full).keys()


def test_what_a_reading_is_of_is_written_once() -> None:
    run = epoch()
    assert codec.dumps(run).count("VmHWM after clear_refs") == 1
    assert len(codec.dumps(run)) < 25_000


def test_a_summary_beside_the_record_is_passed_over() -> None:
    assert codec.decode({**codec.encode(faster()), "summary": {"x": 1}}) == faster()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "no record of nbperf"),
        ([], "no record of nbperf"),
        ({}, "no record of nbperf"),
        ({"format": "pyperf", "version": 1}, "no record of nbperf"),
        ({"format": "nbperf"}, "version should be a whole number, and is null"),
        ({"format": "nbperf", "version": True}, "version should be a whole number"),
        ({"format": "nbperf", "version": 0, "kind": "run"}, "version should be"),
        ({"format": "nbperf", "version": 2, "kind": "run"}, "version 2 and this nbperf reads up to 1: pip install -U nbperf"),
        (
            {"format": "nbperf", "version": 1, "kind": "walk"},
            'kind should be "run", "comparison", "comparisons", "memory-trace", and is "walk"',
        ),
    ],
)
def test_what_is_no_record_is_refused(data: object, said: str) -> None:
    with pytest.raises(RecordError, match=said.replace(".", r"\.")):
        codec.decode(data)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff\xfe\x00", '{"a": ' + "1" * 5000 + "}"])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(RecordError, match=r"no JSON|no record"):
        codec.loads(text)


def damage(data: Any, path: list[Any], value: object) -> Any:
    data = copy.deepcopy(data)
    node = data
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["label"], 3, "label should be a text, and is 3"),
        (["collected"], "yes", "collected should be true or false"),
        (["samples"], {}, "samples should be a list"),
        (["samples", 0], 1, r"samples\[0\] should be an object"),
        (["samples", 0, "loops"], 0, r"samples\[0\]\.loops should be a whole number"),
        (["samples", 0, "readings", 1], [99, 1.0], r"samples\[0\]\.readings\[1\] should be the number of a series, and is 99"),
        (["samples", 0, "readings", 1], [0, "fast"], r"should be a number"),
        (["series", 0, "unit"], "furlong", r"series\[0\]\.unit should be"),
        (["series", 0, "provenance"], "guessed", '"measured", "sampled", "estimated"'),
        (["environment", "cores"], 2.5, r"environment\.cores should be a whole number"),
        (["uid"], 3, "uid should be a text, and is 3"),
        (["items"], "many", "items should be a number"),
        (["budgets"], [{"quantity": "time.wall", "statistic": "p95", "relation": "~"}], r'budgets\[0\]\.relation should be "<"'),
        (["held"], [{"shape": ["2"]}], r"held\[0\]\.shape should be a list"),
        (["absences", 0, "reason"], {"message": "{a.__class__}", "values": {"a": 1}}, r"absences\[0\]\.reason should be a message"),
        (["absences", 0, "reason"], {"message": "{a:>999999999}", "values": {"a": 1}}, "should be a message"),
        (["absences", 0, "reason"], {"message": "{a", "values": {"a": 1}}, "should be a message"),
        (["absences", 0, "reason"], {"message": "{b}", "values": {"a": 1}}, "should be a message"),
        (["absences", 0, "reason"], {"message": "{a}", "values": {"a": []}}, "should be a text or a number"),
    ],
)
def test_damage_is_located(path: list[Any], value: object, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        codec.decode(damage(codec.encode(epoch()), path, value))


def test_uneven_pairs_are_refused() -> None:
    with pytest.raises(RecordError, match=r"pairs\.contestant_values should be as long"):
        codec.decode(damage(codec.encode(faster()), ["pairs", "contestant_values"], [1.0]))


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node[:2]) if isinstance(node, list) else ()
    return [path, *(found for key, value in inner for found in places(value, (*path, key)))]


ENCODED = [codec.encode(replace(epoch(), samples=epoch().samples[:2])), codec.encode(faster())]
PLACES = [(i, place) for i, data in enumerate(ENCODED) for place in places(data) if place]


@given(st.sampled_from(PLACES), st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([]) | st.just({}) | st.floats())
@settings(deadline=None, max_examples=300)
def test_whatever_the_damage_it_is_a_record_or_a_record_error(place: tuple[int, tuple[Any, ...]], value: object) -> None:
    number, path = place
    try:
        codec.decode(damage(ENCODED[number], list(path), value))
    except RecordError:
        pass
