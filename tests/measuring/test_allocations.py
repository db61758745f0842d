"""Who allocated: by memray where it is installed, else by tracemalloc, and nothing is left behind."""

from __future__ import annotations

import importlib.util
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nbperf
from nbperf.core.lines import Allocation, MemoryTrace
from nbperf.measuring import allocations

MIB = 1 << 20
KEPT: list[Any] = []


@pytest.fixture(params=["memray", "tracemalloc"])
def tracer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "memray":
        pytest.importorskip("memray", reason="memray is not installed here")
    else:
        monkeypatch.setattr(allocations.importlib.util, "find_spec", lambda name: None)
    KEPT.clear()
    return str(request.param)


def work() -> None:
    KEPT.append(np.ones(20 * MIB // 8))
    KEPT.append([bytes(2000) for _ in range(5000)])
    np.ones(30 * MIB // 8).sum()


def found(trace: MemoryTrace, text: str) -> Allocation | None:
    return next((each for each in trace.allocations if text in each.place.source), None)


def test_what_is_left_is_found_on_its_line(tracer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    trace = nbperf.memtrace(work, alloc=True)
    assert trace.allocator == tracer
    array, objects, passing = found(trace, "20 * MIB"), found(trace, "bytes(2000)"), found(trace, "30 * MIB")
    assert array is not None
    assert abs(array.left - 20 * MIB) < MIB
    assert objects is not None
    assert 9 * MIB < objects.left < 13 * MIB
    if tracer == "memray":
        assert passing is not None
        assert passing.left < MIB
        assert (passing.at_peak or 0) > 29 * MIB
    else:
        assert passing is None or passing.left < MIB
        assert array.at_peak is None
        assert array.temporary is None
        assert any(absence.quantity == "allocations.temporary" and "pip install memray" in absence.remedy for absence in trace.absences)
    assert not any("/nbperf/" in each.place.file for each in trace.allocations)
    assert list(tmp_path.iterdir()) == []
    assert not tracemalloc.is_tracing()


def test_tracemalloc_that_ran_before_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocations.importlib.util, "find_spec", lambda name: None)
    KEPT.clear()
    tracemalloc.start(25)
    try:
        before = bytearray(5 * MIB)
        trace = nbperf.memtrace(work, alloc=True)
        assert tracemalloc.is_tracing()
        array = found(trace, "20 * MIB")
        assert array is not None
        assert abs(array.left - 20 * MIB) < MIB
        assert all("bytearray" not in each.place.source for each in trace.allocations)
        del before
    finally:
        tracemalloc.stop()


def test_inside_a_memray_run_tracemalloc_stands_in(tmp_path: Path) -> None:
    memray = pytest.importorskip("memray", reason="memray is not installed here")
    KEPT.clear()
    with memray.Tracker(tmp_path / "mine.bin"):
        trace = nbperf.memtrace(work, alloc=True)
    assert trace.allocator == "tracemalloc"
    assert found(trace, "20 * MIB") is not None


def test_the_choice_is_by_what_is_installed() -> None:
    chosen = allocations.allocations()
    assert isinstance(chosen, allocations.Memray if importlib.util.find_spec("memray") else allocations.Tracemalloc)
