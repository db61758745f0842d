"""What the records say of themselves, and how they say what they do not hold."""

import dataclasses

import pytest

import nbperf
from nbperf.core.records import Absence, Comparisons, Measurement, Pairs, Provenance, Reading, Region, Run, Sample, Trace
from nbperf.core.units import NARROW, Unit
from nbperf.errors import RecordError
from nbperf.words import Sentence


def reading(quantity: str = "time.wall", value: float = 1.0, **changes: object) -> Reading:
    fields = {"unit": Unit.SECOND, "provenance": Provenance.MEASURED, "source": "test", **changes}
    return Reading(quantity=quantity, value=value, **fields)  # type: ignore[arg-type]


def run(*values: float, loops: int = 1, **changes: object) -> Run:
    return Run(samples=tuple(Sample(readings=(reading(value=value),), loops=loops) for value in values), **changes)  # type: ignore[arg-type]


def test_records_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        reading().value = 2  # type: ignore[misc]


def test_what_grows_with_the_loops_is_divided_by_them_and_levels_are_not() -> None:
    sample = Sample(readings=(reading(value=10.0), reading("memory.rss.peak", 512.0, unit=Unit.BYTE)), loops=5)
    measured = Run(samples=(sample,))
    assert measured.measurement("time.wall").values == (2.0,)
    assert measured.measurement("memory.rss.peak").values == (512.0,)


def test_a_measurement_keeps_raw_values_in_order_and_summarises_them() -> None:
    found = run(3.0, 1.0, 2.0).measurement("time.wall")
    assert found.values == (3.0, 1.0, 2.0)
    assert (found.median, found.mean, found.minimum, found.maximum, found.count) == (2.0, 2.0, 1.0, 3.0, 3)
    assert found.iqr == (1.5, 2.5)
    assert found.interval is None, "three values hold no interval"
    assert found.p95 is None


def test_p95_comes_with_59_repeats_and_not_with_58() -> None:
    assert run(*range(1, 59)).measurement("time.wall").p95 is None
    assert run(*range(1, 60)).measurement("time.wall").p95 == pytest.approx(56.1)
    with pytest.raises(RecordError, match="p99 needs 299 repeats, there are 59"):
        run(*range(1, 60)).measurement("time.wall").percentile(99)


def test_provenance_is_the_worst_of_the_parents() -> None:
    samples = tuple(Sample(readings=(reading(provenance=p),)) for p in (Provenance.MEASURED, Provenance.SAMPLED))
    assert Run(samples=samples).measurement("time.wall").provenance is Provenance.SAMPLED


def test_what_is_missing_says_why_and_what_would_help() -> None:
    absence = Absence(quantity="energy.gpu", reason=Sentence("no GPU"), remedy=Sentence("Plug one in"))
    with pytest.raises(RecordError, match=r"energy.gpu could not be read: no GPU\. Plug one in"):
        run(1.0, absences=(absence,)).measurement("energy.gpu")
    with pytest.raises(RecordError, match=r"'time\.wal'; it holds time\.wall"):
        run(1.0).measurement("time.wal")
    with pytest.raises(RecordError, match="no sample yet"):
        Run().measurement("time.wall")
    assert run(1.0).find("energy.gpu") is None


def test_several_devices_want_a_name() -> None:
    both = Sample(readings=(reading("time.cuda", 1.0, device="cuda:0"), reading("time.cuda", 2.0, device="cuda:1")))
    measured = Run(samples=(both,))
    with pytest.raises(RecordError, match=r"cuda:0, cuda:1: name one"):
        measured.measurement("time.cuda")
    assert measured.measurement("time.cuda", device="cuda:1").values == (2.0,)


def test_a_probe_that_failed_once_leaves_the_other_repeats() -> None:
    samples = (Sample(readings=(reading(value=1.0),)), Sample(readings=()), Sample(readings=(reading(value=3.0),)))
    assert Run(samples=samples).measurement("time.wall").values == (1.0, 3.0)


def test_regions_add_up_within_a_sample_and_average_over_them() -> None:
    def sample(seconds: float, count: int) -> Sample:
        return Sample(readings=(reading(),), regions=(Region(path=("a",), readings=(reading(value=seconds),), count=count),))

    assert Run(samples=(sample(1.0, 2), sample(3.0, 4))).regions() == ((("a",), 2.0, 3),)


def test_a_trace_knows_the_rate_it_reached() -> None:
    trace = Trace(
        quantity="memory.rss", unit=Unit.BYTE, provenance=Provenance.SAMPLED, source="test",
        times=(0.0, 0.1, 0.2), values=(1, 2, 3), period=0.01,
    )  # fmt: skip
    assert trace.rate == pytest.approx(10)
    assert dataclasses.replace(trace, times=(), values=()).rate == 0.0


def test_what_holds_much_has_a_short_face() -> None:
    assert repr(run(*range(1, 1000), label="many")).replace("\N{NO-BREAK SPACE}", " ") == (
        "Run(label='many', samples=999, warmups=0, time.wall=8.33 min)"
    )
    values = tuple(range(1, 1000))
    assert repr(Pairs(baseline="a", contestant="b", baseline_values=values, contestant_values=values)) == "Pairs('a', 'b', count=999)"


def test_what_is_computed_and_checked_has_a_short_face() -> None:
    found = nbperf.check(run(0.5), "time.wall < 1 ms")
    assert repr(found).replace(NARROW, " ") == "(Breach('time.wall < 1 ms', found=500 ms),)"
    assert repr(found[0].budget) == "Budget('time.wall < 1 ms')"
    assert repr(nbperf.check(run(), "time.wall < 1 ms")) == "(Breach('time.wall < 1 ms', found=nothing was measured yet),)"
    assert repr(run(0.5, 0.5).measurement("time.wall")).replace(NARROW, " ") == "Measurement('time.wall', median=500 ms, count=2)"
    rates = repr(run(0.5).per(items=100, score=0.9)).replace(NARROW, " ")
    assert rates == "Rates(items=100, score=0.9, items_per_second=200 items/s, score_per_second=1.80 /s)"


def test_pairs_give_ratios_pair_by_pair() -> None:
    pairs = Pairs(baseline="a", contestant="b", baseline_values=(1.0, 2.0), contestant_values=(2.0, 1.0))
    assert pairs.ratios == (2.0, 0.5)
    assert pairs.count == 2


def test_comparisons_are_a_sequence() -> None:
    assert len(Comparisons()) == 0
    assert list(Comparisons()) == []


def test_a_measurement_of_enough_repeats_has_an_interval_around_its_median() -> None:
    found = Measurement(
        quantity="time.wall", unit=Unit.SECOND, provenance=Provenance.MEASURED, source="t", values=tuple(range(1, 31))
    )  # fmt: skip
    assert found.interval is not None
    assert found.interval[0] < found.median < found.interval[1]
