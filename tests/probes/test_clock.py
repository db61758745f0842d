from nbperf.core.records import Provenance
from nbperf.probes.base import Probe
from nbperf.probes.clock import Clock
from nbperf.testing import FakeClock


class Busy:
    """A device with so many seconds of work in its queue."""

    def __init__(self, clock: FakeClock, there: bool = True) -> None:
        self.clock, self.there = clock, there
        self.queue = 0.0

    def begin(self) -> None:
        self.finish()

    def finish(self) -> bool:
        self.clock.advance(self.queue)
        self.queue = 0.0
        return self.there


def test_reads_the_time_between_start_and_stop():
    clock = FakeClock(100.0)
    probe = Clock(clock)
    assert isinstance(probe, Probe)
    probe.start()
    clock.advance(2.5)
    (wall,) = probe.stop()
    assert (wall.quantity, wall.value, wall.provenance) == ("time.wall", 2.5, Provenance.MEASURED)


def test_the_source_is_the_clocks_name():
    probe = Clock()
    probe.start()
    assert probe.stop()[0].source == "perf_counter"


def test_work_left_from_before_is_not_the_windows_and_the_wait_at_its_end_is():
    clock = FakeClock()
    device = Busy(clock)
    probe = Clock(clock, device=device)
    device.queue = 10.0
    probe.start()
    device.queue += 3.0
    clock.advance(1.0)
    wall, wait = probe.stop()
    assert (wall.quantity, wall.value) == ("time.wall", 4.0)
    assert (wait.quantity, wait.value) == ("time.device.wait", 3.0)


def test_without_a_device_there_is_no_wait_and_looking_for_one_takes_no_time():
    clock = FakeClock()
    device = Busy(clock, there=False)
    probe = Clock(clock, device=device)
    probe.start()
    device.queue += 0.5
    clock.advance(1.0)
    (wall,) = probe.stop()
    assert wall.value == 1.0


def test_serves_one_window_after_another():
    clock = FakeClock()
    probe = Clock(clock)
    for seconds in (1.0, 2.0):
        probe.start()
        clock.advance(seconds)
        assert probe.stop()[0].value == seconds
