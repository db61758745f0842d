import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbperf.core.records import Absence
from nbperf.core.units import Unit
from nbperf.probes import machine
from nbperf.probes.files import KernelFiles
from nbperf.probes.machine import Machine, family_seconds
from nbperf.testing import FakeClock

needs_posix = pytest.mark.skipif(not hasattr(os, "sysconf"), reason="needs sysconf")
HERTZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Counters:
    """A /proc/stat whose fields are set by name, in seconds."""

    FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")

    def __init__(self, root: Path) -> None:
        self.path = root / "proc" / "stat"
        self.path.parent.mkdir(exist_ok=True)
        self.seconds = dict.fromkeys(self.FIELDS, 100.0)
        self.add()

    def add(self, **seconds: float) -> None:
        for name, more in seconds.items():
            self.seconds[name] += more
        ticks = " ".join(str(round(self.seconds[name] * HERTZ)) for name in self.FIELDS)
        self.path.write_text(f"cpu  {ticks}\ncpu0 {ticks}\nintr 1 2 3\n")


class Bench:
    """A machine with counters, a clock, and a process of ours that used `own` seconds."""

    def __init__(self, root: Path) -> None:
        self.counters = Counters(root)
        self.kernel = KernelFiles(root)
        self.clock = FakeClock()
        self.own = 0.0
        self.probe = Machine(self.kernel, clock=self.clock, own=lambda _: self.own)

    def window(self, wall: float, own: float = 0.0, **busy: float):
        self.probe.start()
        self.clock.advance(wall)
        self.own += own
        self.counters.add(**busy)
        (answer,) = self.probe.stop()
        return answer


@pytest.fixture
def bench(tmp_path: Path):
    bench = Bench(tmp_path)
    yield bench
    bench.kernel.close()


@needs_posix
def test_what_is_busy_and_not_ours_is_the_others(bench: Bench):
    answer = bench.window(2.0, own=1.5, user=3.0, system=0.5, idle=0.5)
    assert (answer.quantity, answer.unit) == ("machine.busy.others", Unit.CORE)
    assert answer.value == pytest.approx(1.0)


@needs_posix
def test_stolen_time_is_busy_and_waiting_for_a_disk_is_not(bench: Bench):
    assert bench.window(1.0, steal=0.25).value == pytest.approx(0.25)
    assert bench.window(1.0, iowait=0.8, idle=1.2).value == 0.0


@needs_posix
def test_guests_are_not_counted_twice(bench: Bench):
    assert bench.window(1.0, user=0.5, guest=0.5).value == pytest.approx(0.5)


@needs_posix
def test_is_never_below_zero(bench: Bench):
    assert bench.window(1.0, own=1.01, user=1.0).value == 0.0


@needs_posix
def test_a_window_of_a_few_ticks_is_absent_and_a_longer_one_is_not(bench: Bench):
    few, more = 4.9 / HERTZ, 5.1 / HERTZ
    short = bench.window(few, user=0.05)
    assert isinstance(short, Absence)
    assert "too short" in short.reason
    assert bench.window(few) is short
    assert not isinstance(bench.window(more), Absence)


@needs_posix
def test_counters_that_cost_too_much_are_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "perf_counter", FakeClock(step=2e-4))
    probe = Machine(KernelFiles(bench.kernel.root))
    probe.start()
    (answer,) = probe.stop()
    assert isinstance(answer, Absence)
    assert "200\N{NO-BREAK SPACE}µs" in answer.reason


def test_without_proc_the_counters_of_psutil_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    times = SimpleNamespace(user=10.0, nice=1.0, system=5.0, idle=100.0)
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(cpu_times=lambda: times))
    clock = FakeClock()
    probe = Machine(KernelFiles(tmp_path / "nowhere"), clock=clock, own=lambda _: 0.0)
    probe.start()
    times.user, times.idle = 13.0, 101.0
    clock.advance(2.0)
    (answer,) = probe.stop()
    assert (answer.value, answer.source) == (1.5, "psutil cpu_times")


def test_where_nobody_counts_it_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace())
    probe = Machine(KernelFiles(tmp_path / "nowhere"))
    probe.start()
    assert isinstance(probe.stop()[0], Absence)


@needs_posix
def test_running_children_of_multiprocessing_are_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    folder = tmp_path / "proc" / "77"
    folder.mkdir(parents=True)
    ticks = " ".join(["0"] * 10 + [str(3 * HERTZ), str(HERTZ)] + ["0"] * 20)
    (folder / "stat").write_text(f"77 (a (strange) name) S {ticks}\n")
    kernel = KernelFiles(tmp_path)
    alone = family_seconds(kernel)
    ended, unstarted = 78, None
    children = [SimpleNamespace(pid=pid) for pid in (77, ended, unstarted)]
    monkeypatch.setitem(sys.modules, "multiprocessing.process", SimpleNamespace(_children=children))
    assert family_seconds(kernel) - alone == pytest.approx(4.0, abs=0.5)
