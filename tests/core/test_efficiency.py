"""Work per second and per joule, with what the energy lacks."""

from __future__ import annotations

import math

import pytest

from nbperf.core.records import Absence, Provenance, Reading, Run, Sample
from nbperf.core.units import Unit
from nbperf.errors import PlanError
from nbperf.testing import reading
from nbperf.words import Sentence

NO_RAPL = Absence(quantity="energy.cpu", reason=Sentence("no RAPL in a VM"), remedy=Sentence("use bare metal"))


def joules(part: str, value: float, *, device: str | None = None, provenance: Provenance = Provenance.MEASURED) -> Reading:
    return reading(f"energy.{part}", value, unit=Unit.JOULE, device=device, provenance=provenance, source=f"{part} counter")


def run(*also: tuple[Reading, ...], loops: int = 1, walls: tuple[float, ...] = (2.0, 4.0), **fields: object) -> Run:
    parts = also or ((),) * len(walls)
    samples = tuple(Sample(readings=(reading("time.wall", wall), *more), loops=loops) for wall, more in zip(walls, parts, strict=True))
    return Run(samples=samples, **fields)  # type: ignore[arg-type]


def missed(rates: object) -> list[str]:
    return [absence.quantity for absence in rates.missing]  # type: ignore[attr-defined]


def test_items_per_second_repeat_by_repeat_and_per_loop() -> None:
    rate = run(loops=10).per(items=8).items_per_second
    assert rate is not None
    assert rate.values == (8 / 0.2, 8 / 0.4)
    assert (rate.unit, rate.provenance, rate.source) == (Unit.ITEM_PER_SECOND, Provenance.MEASURED, "scripted")
    assert rate.interval is None
    many = run(walls=tuple(2.0 + i / 100 for i in range(20))).per(items=8).items_per_second
    assert many is not None
    assert many.interval is not None
    assert many.interval[0] < many.median < many.interval[1]


def test_the_runs_own_items_count_where_none_are_given() -> None:
    assert run(items=8.0).per().items == 8
    assert run(items=8.0).per(items=2).items == 2
    assert run(items=8.0).per(score=0.9).items == 8


def test_parts_of_the_energy_are_added_up_over_devices() -> None:
    parts = (joules("gpu", 3, device="cuda:0"), joules("gpu", 1, device="cuda:1"), joules("cpu", 4))
    rates = run(parts, parts).per(items=16)
    assert rates.items_per_joule is not None
    assert rates.items_per_joule.values == (2.0, 2.0)
    assert rates.items_per_joule.unit is Unit.ITEM_PER_JOULE
    assert rates.items_per_joule.source == "gpu counter + cpu counter"
    assert rates.missing == ()


def test_the_worst_provenance_of_what_was_added() -> None:
    parts = (joules("gpu", 3, device="cuda:0", provenance=Provenance.SAMPLED), joules("cpu", 1))
    rate = run(parts, parts).per(items=16).items_per_joule
    assert rate is not None
    assert rate.provenance is Provenance.SAMPLED


def test_a_part_that_could_not_be_read_is_named() -> None:
    dram = Absence(quantity="energy.dram", reason=Sentence("root only"))
    parts = (joules("gpu", 4, device="cuda:0"),)
    rates = run(parts, parts, absences=(NO_RAPL, dram)).per(items=16)
    assert rates.items_per_joule is not None
    assert rates.items_per_joule.median == 4
    assert rates.missing == (NO_RAPL, dram)
    assert missed(run(parts, parts).per(items=16)) == []


def test_an_estimate_is_not_added_to_what_was_read() -> None:
    guess = joules("cpu", 100, provenance=Provenance.ESTIMATED)
    parts = (joules("gpu", 4, device="cuda:0"), guess)
    rates = run(parts, parts).per(items=16)
    assert rates.items_per_joule is not None
    assert (rates.items_per_joule.median, rates.items_per_joule.provenance) == (4, Provenance.MEASURED)
    assert [str(absence.reason) for absence in rates.missing] == ["it is only estimated, and not added to what was read"]


def test_where_an_estimate_is_all_the_rate_is_one() -> None:
    guess = (joules("cpu", 8, provenance=Provenance.ESTIMATED),)
    rate = run(guess, guess).per(items=16).items_per_joule
    assert rate is not None
    assert (rate.median, rate.provenance) == (2, Provenance.ESTIMATED)


def test_a_meter_of_the_whole_is_no_part_and_counts_where_a_part_is_missing() -> None:
    parts = (joules("cpu", 4), joules("wall", 100, device="meter"))
    rate = run(parts, parts).per(items=16).items_per_joule
    assert rate is not None
    assert rate.median == 4
    parts = (joules("gpu", 4, device="cuda:0"), joules("wall", 8, device="meter", provenance=Provenance.SAMPLED))
    rates = run(parts, parts, absences=(NO_RAPL,)).per(items=16)
    assert rates.items_per_joule is not None
    assert (rates.items_per_joule.median, rates.items_per_joule.provenance) == (2, Provenance.SAMPLED)
    assert rates.missing == ()


def test_a_part_that_some_repeats_lack_is_not_added() -> None:
    rates = run((joules("cpu", 4), joules("gpu", 4, device="cuda:0")), (joules("cpu", 4),)).per(items=16)
    assert rates.items_per_joule is not None
    assert rates.items_per_joule.values == (4, 4)
    assert [(a.quantity, str(a.reason)) for a in rates.missing] == [("energy.gpu", "only 1 of 2 repeats have it")]


def test_an_energy_of_nothing_gives_no_rate() -> None:
    rates = run((joules("cpu", 0),), (joules("cpu", 4),)).per(items=16)
    assert rates.items_per_joule is None
    assert "not above 0 J" in rates.missing[0].reason
    assert rates.items_per_second is not None


def test_without_energy_there_is_a_rate_of_time_alone() -> None:
    rates = run(absences=(NO_RAPL,)).per(items=16, score=0.5)
    assert (rates.items_per_joule, rates.score_per_joule) == (None, None)
    assert missed(rates) == ["energy.cpu"]


def test_quality_per_second_and_per_joule() -> None:
    parts = (joules("cpu", 4),)
    rates = run(parts, parts).per(score=0.8)
    assert rates.score_per_second is not None
    assert rates.score_per_joule is not None
    assert rates.score_per_second.values == (0.4, 0.2)
    assert rates.score_per_joule.values == (0.2, 0.2)
    assert (rates.score_per_second.unit, rates.score_per_joule.unit) == (Unit.PER_SECOND, Unit.PER_JOULE)
    assert (rates.items_per_second, rates.items_per_joule) == (None, None)


def test_a_run_without_a_time_says_so() -> None:
    rates = Run(items=3.0).per()
    assert rates.items_per_second is None
    assert missed(rates) == ["time.wall"]


def test_a_clock_that_saw_nothing_gives_no_rate() -> None:
    assert run(walls=(0.0, 1.0)).per(items=3).items_per_second is None


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(PlanError, match=r"run\.per\(items=1797\)"):
        run().per()
    for wrong in (0, -1, math.nan, math.inf):
        with pytest.raises(PlanError, match="items must be a positive number"):
            run().per(items=wrong)
    with pytest.raises(PlanError, match="score must be a finite number"):
        run().per(score=math.nan)
