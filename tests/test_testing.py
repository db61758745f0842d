import pytest

from nbperf.core.records import Absence
from nbperf.core.units import Unit
from nbperf.probes.base import Gauge, Probe
from nbperf.testing import FakeClock, FakeGauge, ScriptedProbe, reading
from nbperf.words import Sentence


def test_the_clock_goes_on_only_when_told():
    clock = FakeClock(5.0)
    assert (clock(), clock()) == (5.0, 5.0)
    clock.advance(0.25)
    assert clock() == 5.25
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_the_clock_may_go_on_at_each_look():
    clock = FakeClock(step=0.5)
    assert (clock(), clock(), clock()) == (0.0, 0.5, 1.0)


def test_a_reading_gets_the_unit_of_its_quantity():
    assert reading("memory.rss.peak", 1.0).unit is Unit.BYTE
    assert reading("anything", 1.0, unit=Unit.WATT, device="cuda:0").device == "cuda:0"
    with pytest.raises(KeyError):
        reading("anything", 1.0)


def test_a_probe_follows_its_script_and_stays_at_its_end():
    first, last = reading("time.wall", 1.0), reading("time.wall", 2.0)
    missing = Absence(quantity="energy.gpu", reason=Sentence("no GPU"))
    probe = ScriptedProbe("script", [first, missing], [last])
    assert isinstance(probe, Probe)
    assert probe.quantities == ("time.wall", "energy.gpu")
    answers = []
    for _ in range(3):
        probe.start()
        assert probe.open
        answers.append(list(probe.stop()))
    assert answers == [[first, missing], [last], [last]]
    assert (probe.open, probe.windows) == (False, 3)


def test_a_probe_without_a_script_answers_nothing():
    probe = ScriptedProbe("quiet", quantities=["time.wall"])
    probe.start()
    assert (list(probe.stop()), probe.quantities) == ([], ("time.wall",))


def test_a_probe_fails_where_it_is_told_to_and_notes_every_call():
    journal: list[str] = []
    early = ScriptedProbe("early", failing="start", journal=journal)
    late = ScriptedProbe("late", [reading("time.wall", 1.0)], failing="stop", error=KeyboardInterrupt(), journal=journal)
    with pytest.raises(RuntimeError, match="scripted"):
        early.start()
    late.start()
    with pytest.raises(KeyboardInterrupt):
        late.stop()
    assert journal == ["early.start", "late.start", "late.stop"]
    assert (early.open, late.open, late.windows) == (False, False, 0)


def test_a_gauge_shows_its_values_and_stays_at_the_last():
    gauge = FakeGauge("power.gpu", 1, OSError("gone"), 3, unit=Unit.WATT)
    assert isinstance(gauge, Gauge)
    assert gauge.sample().value == 1.0
    with pytest.raises(OSError, match="gone"):
        gauge.sample()
    assert [gauge.sample().value, gauge.sample().value, gauge.samples] == [3.0, 3.0, 4]
