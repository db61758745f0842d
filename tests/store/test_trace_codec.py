"""A memory trace survives JSON and the history, and a damaged one says where."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from nbperf import report
from nbperf.core.lines import Allocation, MemoryTrace, Place
from nbperf.core.records import Run
from nbperf.errors import PlanError, RecordError
from nbperf.store import public
from nbperf.store.codec import dumps, encode, loads
from nbperf.store.history import History
from tests.report import traced

EXAMPLES = {"training": traced.training, "plain": traced.plain, "hostile": traced.hostile, "empty": MemoryTrace}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_trace_comes_back_as_it_was(name: str) -> None:
    trace = EXAMPLES[name]()
    again = loads(dumps(trace))
    assert isinstance(again, MemoryTrace)
    for field in fields(MemoryTrace):
        assert getattr(again, field.name) == getattr(trace, field.name), field.name
    assert json.loads(report.to_json(trace))["summary"]["above"] == trace.above


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"table": [[1]]}, r"table\[0\] should be a list"),
        ({"table": 3}, "table should be a list"),
        ({"steps": [[0.0, "x", 0.0, None]]}, r"steps\[0\] should be a number"),
        ({"peak": [0.0, 1.0, 0.0, ["f", "g", -1, "s"]]}, "peak should be a whole number"),
        ({"bands": [["forward", 0.0, 1.0]]}, r"bands\[0\] should be a list"),
        ({"marks": [[3, 1.0]]}, r"marks\[0\] should be a text"),
        ({"mode": "wild"}, 'mode should be "default", "exact"'),
        ({"allocations": [[["f", "g", 1, "s"], 1.5, 0.0, None, None]]}, r"allocations\[0\] should be a whole number"),
        ({"findings": [{"code": "x"}]}, r"findings\[0\]\.cause"),
    ],
)
def test_a_damaged_one_says_where(change: dict[str, Any], where: str) -> None:
    data = {**encode(traced.plain()), **change}
    with pytest.raises(RecordError, match=where):
        loads(json.dumps(data))


def test_the_history_keeps_traces_apart_from_runs(tmp_path: Path) -> None:
    kept = History(tmp_path / "h.sqlite")
    first, second = traced.training(), replace(traced.plain(), label="mine", uid="2", started_at=2e9)
    first = replace(first, uid="1", started_at=1e9)
    assert kept.write([first, Run(label="mine", uid="3"), second]) == 3
    assert kept.write([first]) == 0
    kept.close()
    path = tmp_path / "h.sqlite"
    assert public.traces(path=path) == [first, second]
    assert public.traces("mine", path=path) == [second]
    assert public.traces(last=1, path=path) == [second]
    assert [run.uid for run in public.runs(path=path)] == ["3"]
    assert len(public.history(path=path)) == 0


@pytest.mark.parametrize("ending", ["sqlite", "jsonl"])
def test_traces_travel_with_the_runs(tmp_path: Path, ending: str) -> None:
    source = History(tmp_path / "h.sqlite")
    trace = replace(
        traced.plain(), uid="1", allocations=(Allocation(place=Place(file="f", function="g", line=1), count=2, left=3.0, temporary=1.0),)
    )
    source.write([trace, Run(label="r", uid="2")])
    source.close()
    assert public.export_history(tmp_path / f"out.{ending}", source=source.path) == 2
    assert public.import_history(tmp_path / f"out.{ending}", path=tmp_path / "other.sqlite") == 2
    assert public.traces(path=tmp_path / "other.sqlite") == [trace]
    with pytest.raises(PlanError):
        public.export_history(tmp_path / f"out.{ending}", source=source.path)


def test_a_damaged_trace_in_the_history_is_left_out_and_counted(tmp_path: Path) -> None:
    import sqlite3

    kept = History(tmp_path / "h.sqlite")
    kept.write([replace(traced.plain(), uid="1"), replace(traced.plain(), uid="2", started_at=3e9)])
    kept.close()
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as connection:
        connection.execute("UPDATE traces SET record = x'00' WHERE uid = '1'")
    with pytest.warns(match="1 of the runs in .* cannot be read"):
        found = public.traces(path=kept.path)
    assert [trace.uid for trace in found] == ["2"]
