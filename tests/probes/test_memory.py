import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.probes import files, memory
from nbperf.probes.base import Gauge, Probe
from nbperf.probes.files import KernelFiles
from nbperf.probes.memory import EXACT, Memory, ResidentMemory, lifetime_peak, meter, read_status, resident
from nbperf.probes.sampler import Sampler
from nbperf.testing import FakeGauge

MB = 1_000_000
exact = pytest.mark.skipif(files.KERNEL.once(meter) is None, reason="the kernel's high-water mark cannot be set back here")


def hold(megabytes: int) -> None:
    """Fill an array of so many megabytes and let go of it at once."""
    np.ones(megabytes * MB // 8)


def found(answers) -> dict[str, Reading | Absence]:
    return {answer.quantity: answer for answer in answers}


def growth(answers) -> float:
    """How far the peak lay above the start, in megabytes."""
    readings = found(answers)
    return (readings["memory.rss.peak"].value - readings["memory.rss.before"].value) / MB


@exact
def test_an_array_that_lived_for_a_moment_is_seen_whole():
    probe = Memory()
    assert isinstance(probe, Probe)
    probe.start()
    hold(400)
    answers = probe.stop()
    assert growth(answers) == pytest.approx(400, rel=0.02)
    readings = found(answers)
    assert (readings["memory.rss.peak"].source, readings["memory.rss.peak"].provenance) == (EXACT, Provenance.MEASURED)
    assert readings["memory.rss.after"].value < readings["memory.rss.peak"].value - 300 * MB
    assert tuple(readings) == probe.quantities


@exact
def test_what_was_freed_before_the_window_is_not_in_it():
    hold(200)
    probe = Memory()
    probe.start()
    assert growth(probe.stop()) < 20


@exact
def test_an_inner_window_hides_nothing_from_the_outer_one():
    outer, before, inner = Memory(), Memory(), Memory()
    outer.start()
    before.start()
    hold(160)
    assert growth(before.stop()) == pytest.approx(160, rel=0.05)
    inner.start()
    hold(40)
    assert growth(inner.stop()) == pytest.approx(40, rel=0.1)
    assert growth(outer.stop()) == pytest.approx(160, rel=0.05)


@exact
def test_an_array_freed_before_an_inner_window_opens_is_still_the_outer_ones():
    outer, inner = Memory(), Memory()
    outer.start()
    hold(160)
    inner.start()
    assert growth(inner.stop()) < 20
    assert growth(outer.stop()) == pytest.approx(160, rel=0.05)


@exact
def test_memory_that_is_kept_shows_after():
    probe = Memory()
    probe.start()
    kept = np.ones(80 * MB // 8)
    readings = found(probe.stop())
    assert (readings["memory.rss.after"].value - readings["memory.rss.before"].value) / MB == pytest.approx(80, rel=0.1)
    assert readings["memory.rss.peak"].value >= readings["memory.rss.after"].value
    assert kept[0] == 1


@exact
def test_an_array_that_was_only_reserved_is_not_there():
    probe = Memory()
    probe.start()
    reserved = np.zeros(400 * MB // 8)
    assert growth(probe.stop()) < 20
    assert reserved.size


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_the_gauge_reads_what_the_kernel_and_psutil_agree_on(tmp_path: Path):
    gauge = ResidentMemory()
    assert isinstance(gauge, Gauge)
    elsewhere = ResidentMemory(KernelFiles(tmp_path))
    assert (gauge.sample().source, elsewhere.sample().source) == ("statm", "psutil rss")
    assert gauge.sample().value == pytest.approx(elsewhere.sample().value, rel=0.05)


# Where the mark cannot be set back


def proc(root: Path, *, peak: int = 300, now: int = 200, swap: str = "VmSwap:\t      40 kB\n") -> KernelFiles:
    """A /proc without a working clear_refs; kB, and a resident set of `now` pages."""
    folder = root / "proc" / "self"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text(f"Name:\tx\nVmHWM:\t {peak} kB\nVmRSS:\t {now} kB\n{swap}Threads:\t1\n")
    (folder / "statm").write_text(f"9999 {now} 1 1 0 1 0\n")
    return KernelFiles(root)


def test_status_is_read_in_bytes(tmp_path: Path):
    assert read_status(proc(tmp_path)) == (300 * 1024, 200 * 1024, 40 * 1024)


def test_a_kernel_without_swap_says_so(tmp_path: Path):
    probe = Memory(proc(tmp_path, swap=""), sampler=lambda _: Sampler([FakeGauge("memory.rss", 1.0)], 1.0, wait=lambda _: True))
    probe.start()
    assert isinstance(found(probe.stop())["memory.swap"], Absence)


def test_a_mark_that_does_not_follow_is_not_trusted(tmp_path: Path):
    kernel = proc(tmp_path, peak=1_000_000)
    (tmp_path / "proc/self/clear_refs").write_text("")  # it takes the write, and nothing comes of it
    assert kernel.once(meter) is None
    kernel.close()


class Bench:
    """The memory probe on the lower rungs: a scripted gauge, and a scripted peak since the process began."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path, *, samples: tuple[float, ...], ends: tuple[float, float]) -> None:
        self.lifetime: float | None = 0.0
        values = iter(ends)
        monkeypatch.setattr(memory, "resident", lambda _: (lambda: next(values), "scripted"))
        monkeypatch.setattr(memory, "lifetime_peak", lambda _: None if self.lifetime is None else (lambda: self.lifetime, "ru_maxrss"))
        waits = iter([False] * (len(samples) - 2) + [True])
        gauge = FakeGauge("memory.rss", *samples)
        self.probe = Memory(KernelFiles(root / "nowhere"), sampler=lambda _: Sampler([gauge], 1e-3, wait=lambda _: next(waits)))

    def window(self, lifetime: tuple[float, float] | None) -> Reading:
        self.lifetime = lifetime[0] if lifetime else None
        self.probe.start()
        self.lifetime = lifetime[1] if lifetime else None
        reading = found(self.probe.stop())["memory.rss.peak"]
        assert isinstance(reading, Reading)
        return reading


def test_a_peak_since_the_start_that_grew_in_the_window_is_the_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    reading = Bench(monkeypatch, tmp_path, samples=(10, 50, 20), ends=(10, 20)).window(lifetime=(60, 80))
    assert (reading.value, reading.provenance, reading.interval) == (80, Provenance.MEASURED, None)
    assert reading.source.startswith("ru_maxrss")


def test_one_that_did_not_grow_is_the_upper_bound_of_what_was_sampled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    reading = Bench(monkeypatch, tmp_path, samples=(10, 50, 20), ends=(10, 20)).window(lifetime=(60, 60))
    assert (reading.value, reading.provenance, reading.interval) == (50, Provenance.SAMPLED, (50, 60))
    assert "lower bound" in reading.source


def test_the_ends_count_as_samples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    reading = Bench(monkeypatch, tmp_path, samples=(10, 20, 20), ends=(10, 70)).window(lifetime=(90, 90))
    assert (reading.value, reading.interval) == (70, (70, 90))


def test_without_any_peak_since_the_start_there_is_no_upper_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    reading = Bench(monkeypatch, tmp_path, samples=(10, 50, 20), ends=(10, 20)).window(lifetime=None)
    assert (reading.value, reading.provenance, reading.interval) == (50, Provenance.SAMPLED, None)


def test_a_process_that_may_no_longer_set_the_mark_back_is_sampled(tmp_path: Path):
    kernel = proc(tmp_path)

    def refuse() -> None:
        raise PermissionError

    from nbperf.probes.peaks import PeakMeter

    kernel._facts[meter] = PeakMeter(lambda: (1.0,), refuse)
    probe = Memory(kernel, sampler=lambda _: Sampler([FakeGauge("memory.rss", 1e9)], 1.0, wait=lambda _: True))
    probe.start()
    peak = found(probe.stop())["memory.rss.peak"]
    assert (peak.value, peak.provenance) == (1e9, Provenance.SAMPLED)
    kernel.close()


def test_the_peak_since_the_start_comes_from_proc_then_resource_then_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    kernel = proc(tmp_path)
    read, source = lifetime_peak(kernel)
    assert (read(), source) == (300 * 1024, "VmHWM")
    kernel.close()

    usage = SimpleNamespace(RUSAGE_SELF=0, getrusage=lambda _: SimpleNamespace(ru_maxrss=7))
    monkeypatch.setitem(sys.modules, "resource", usage)
    nowhere = KernelFiles(tmp_path / "nowhere")
    for platform, expected in (("linux", 7 * 1024), ("darwin", 7)):
        monkeypatch.setattr(sys, "platform", platform)
        read, source = lifetime_peak(nowhere)
        assert (read(), source) == (expected, "ru_maxrss")

    monkeypatch.setitem(sys.modules, "resource", None)
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=5, peak_wset=11))
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(Process=lambda: process, Error=OSError))
    read, source = lifetime_peak(nowhere)
    assert (read(), source) == (11.0, "peak_wset")
    assert resident(nowhere)[0]() == 5.0

    process.memory_info = lambda: SimpleNamespace(rss=5)
    assert lifetime_peak(nowhere) is None


def test_a_real_window_without_proc_ends_its_thread(tmp_path: Path):
    import threading

    before = threading.active_count()
    probe = Memory(KernelFiles(tmp_path / "nowhere"))
    probe.start()
    assert threading.active_count() == before + 1
    answers = found(probe.stop())
    assert threading.active_count() == before
    assert answers["memory.rss.peak"].value >= answers["memory.rss.after"].value > 0
