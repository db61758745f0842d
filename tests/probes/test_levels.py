"""The level now and the highest since the last look."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nbperf.core.records import Provenance
from nbperf.probes import files, levels, memory
from nbperf.probes.files import KernelFiles
from nbperf.probes.levels import Levels, open_levels
from nbperf.probes.memory import Memory

MIB = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="the mark can be set back on Linux only")


def look(found: Levels) -> tuple[float, float]:
    mark, now = found.look()
    return mark * found.unit, now * found.unit


def touch(size: int) -> None:
    import mmap

    with mmap.mmap(-1, size) as block:
        block.write(b"x" * 4096 if size < 4096 else b"\1" * size)


@linux
@pytest.mark.parametrize("follows", [True, False], ids=["getrusage", "VmHWM"])
def test_what_came_and_went_between_two_looks_is_seen(monkeypatch: pytest.MonkeyPatch, follows: bool) -> None:
    monkeypatch.setitem(files.KERNEL._facts, levels._usage_follows, follows)
    found = open_levels()
    try:
        assert found.exact
        assert found.source == ("ru_maxrss after clear_refs" if follows else "VmHWM after clear_refs")
        look(found)
        before = look(found)[1]
        touch(80 * MIB)
        mark, now = look(found)
        assert 150 * MIB < mark - before < 170 * MIB  # the bytes that are written, and where they are written to
        assert abs(now - before) < 3 * MIB
        mark, now = look(found)
        assert mark - before < 3 * MIB
    finally:
        found.close()
    assert levels.provenance(found) is Provenance.MEASURED


@linux
def test_windows_around_within_and_across_keep_their_peaks() -> None:
    around = Memory()
    around.start()
    touch(90 * MIB)
    found = open_levels()
    look(found)
    across = Memory()
    across.start()
    touch(30 * MIB)
    look(found)
    within = Memory()
    within.start()
    touch(60 * MIB)
    look(found)

    def above(probe: Memory) -> float:
        readings = {reading.quantity: reading.value for reading in probe.stop() if hasattr(reading, "value")}
        return (readings["memory.rss.peak"] - readings["memory.rss.before"]) / MIB

    assert 115 < above(within) < 125
    touch(40 * MIB)
    found.close()
    assert 115 < above(across) < 125
    assert 175 < above(around) < 185


@linux
def test_it_leaves_no_descriptor_and_no_claim() -> None:
    import psutil

    process = psutil.Process()
    open_levels().close()
    before = process.num_fds()
    for _ in range(5):
        found = open_levels()
        look(found)
        found.close()
    assert process.num_fds() == before
    meter = files.KERNEL.once(memory.meter)
    assert meter is not None
    assert meter.aside_of is None


def test_where_nothing_can_be_set_back_the_level_is_read_and_said_to_be_no_peak(tmp_path: Path) -> None:
    found = open_levels(KernelFiles(tmp_path))
    mark, now = look(found)
    assert mark == now > MIB
    assert not found.exact
    assert levels.provenance(found) is Provenance.SAMPLED
    found.close()
