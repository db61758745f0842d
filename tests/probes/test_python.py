import tracemalloc

import pytest

from nbperf.core.records import Absence
from nbperf.core.units import Unit
from nbperf.probes.python import PythonMemory


@pytest.fixture(autouse=True)
def untraced():
    assert not tracemalloc.is_tracing()
    yield
    tracemalloc.stop()


def kilobytes(probe: PythonMemory) -> float:
    (reading,) = probe.stop()
    assert (reading.quantity, reading.unit) == ("memory.python.peak", Unit.BYTE)
    return reading.value / 1000


def test_reads_the_peak_of_what_was_allocated_and_stops_tracing():
    probe = PythonMemory()
    probe.start()
    assert tracemalloc.is_tracing()
    bytes(500_000)
    assert kilobytes(probe) == pytest.approx(500, abs=20)
    assert not tracemalloc.is_tracing()


def test_tracing_that_the_user_began_goes_on_and_what_was_there_does_not_count():
    tracemalloc.start()
    kept = bytes(900_000)
    probe = PythonMemory()
    probe.start()
    bytes(100_000)
    assert kilobytes(probe) == pytest.approx(100, abs=20)
    assert tracemalloc.is_tracing()
    assert kept


def test_windows_nest():
    outer, inner = PythonMemory(), PythonMemory()
    outer.start()
    bytes(700_000)
    inner.start()
    bytes(200_000)
    assert kilobytes(inner) == pytest.approx(200, abs=20)
    assert tracemalloc.is_tracing()
    assert kilobytes(outer) == pytest.approx(700, abs=20)
    assert not tracemalloc.is_tracing()


def test_the_last_window_stops_tracing_where_they_overlap():
    first, second = PythonMemory(), PythonMemory()
    first.start()
    second.start()
    first.stop()
    assert tracemalloc.is_tracing()
    second.stop()
    assert not tracemalloc.is_tracing()


def test_code_that_stops_tracing_leaves_an_absence():
    probe = PythonMemory()
    probe.start()
    tracemalloc.stop()
    (absence,) = probe.stop()
    assert isinstance(absence, Absence)
    assert "tracemalloc.stop()" in absence.remedy
