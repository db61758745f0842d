import threading

import pytest

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes.base import Probe
from nbperf.probes.sampler import Sampler
from nbperf.testing import FakeClock, FakeGauge


class Time:
    """A clock, and a wait that lets it run: `late` by so much, and over after so many times."""

    def __init__(self, waits: int, late: float = 0.0) -> None:
        self.clock = FakeClock(50.0)
        self.asked: list[float] = []
        self._waits, self._late = waits, late

    def wait(self, seconds: float) -> bool:
        if len(self.asked) == self._waits:
            return True
        self.asked.append(seconds)
        self.clock.advance(seconds + self._late)
        return False


def window(gauges, period: float, time: Time, **options) -> tuple[Sampler, list[Reading | Absence]]:
    sampler = Sampler(gauges, period, clock=time.clock, wait=time.wait, **options)
    sampler.start()
    assert sampler._thread is not None
    sampler._thread.join()  # the scripted wait ends it
    return sampler, list(sampler.stop())


def test_samples_at_both_ends_and_every_period_between():
    sampler, (peak,) = window([FakeGauge("power.gpu", 1, 5, 3, 2, unit=Unit.WATT)], 0.1, Time(waits=3))
    (trace,) = sampler.traces
    assert isinstance(sampler, Probe)
    assert trace.times == pytest.approx((0.0, 0.1, 0.2, 0.3, 0.3))
    assert trace.values == (1, 5, 3, 2, 2)
    assert (trace.quantity, trace.unit, trace.period, trace.provenance) == ("power.gpu", Unit.WATT, 0.1, Provenance.SAMPLED)
    assert (peak.quantity, peak.value, peak.provenance) == ("power.gpu.peak", 5, Provenance.SAMPLED)
    assert sampler.quantities == ("power.gpu.peak",)


def test_a_late_sample_does_not_delay_the_next():
    time = Time(waits=4, late=0.04)
    sampler, _ = window([FakeGauge("x", 1)], 0.1, time)
    assert time.asked == pytest.approx([0.1, 0.06, 0.06, 0.06])
    assert sampler.traces[0].times[:5] == pytest.approx((0.0, 0.14, 0.24, 0.34, 0.44))


def test_samples_that_were_missed_are_not_made_up():
    time = Time(waits=3, late=0.25)
    sampler, _ = window([FakeGauge("x", 1)], 0.1, time)
    assert time.asked == pytest.approx([0.1, 0.05, 0.05])
    assert sampler.traces[0].times[:4] == pytest.approx((0.0, 0.35, 0.65, 0.95))


def test_a_gauge_that_fails_ends_its_own_series_only():
    failing = FakeGauge("memory.rss", 10, 20, OSError("gone"), 99)
    sampler, (absence, peak) = window([failing, FakeGauge("power.gpu", 7)], 0.1, Time(waits=4))
    assert isinstance(absence, Absence)
    assert (absence.quantity, failing.samples) == ("memory.rss.peak", 3)
    assert "OSError: gone" in absence.reason
    assert (peak.quantity, peak.value) == ("power.gpu.peak", 7)
    assert [trace.values for trace in sampler.traces] == [(10, 20), (7,) * 6]


def test_a_gauge_that_never_answered_has_no_trace():
    sampler, (absence,) = window([FakeGauge("x", OSError("no"))], 0.1, Time(waits=2))
    assert isinstance(absence, Absence)
    assert sampler.traces == ()


def test_a_long_trace_is_thinned_and_its_peak_is_not():
    values = [0.0] * 101
    values[37] = 9.0
    sampler, (peak,) = window([FakeGauge("x", *values)], 1.0, Time(waits=100), limit=16)
    (trace,) = sampler.traces
    assert len(trace.times) <= 17
    assert peak.value == 9.0
    steps = {round(b - a, 6) for a, b in zip(trace.times, trace.times[1:], strict=False)}
    assert steps == {8.0}
    assert trace.times[0] == 0.0


def test_a_peak_below_zero_is_a_peak():
    _, (peak,) = window([FakeGauge("x", -5, -3, -9)], 1.0, Time(waits=1))
    assert peak.value == -3


def test_serves_one_window_after_another_and_leaves_no_thread():
    before = threading.active_count()
    sampler = Sampler([FakeGauge("x", 1, 2, 3, 4, 5)], 3600.0)
    sampler.start()
    assert [reading.value for reading in sampler.stop()] == [2]  # woken, not waited for
    sampler.start()
    assert [reading.value for reading in sampler.stop()] == [4]
    assert len(sampler.traces[0].values) == 2
    assert threading.active_count() == before
