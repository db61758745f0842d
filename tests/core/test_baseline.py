"""A run beside a stored one: the reference takes the common drift out, and what remains stays uncertain."""

from __future__ import annotations

import random

import pytest

from nbperf.core.baseline import REMAINS, against
from nbperf.core.records import Environment, Run, Sample
from nbperf.testing import reading

HERE = Environment(host="here", system="Linux", python="3.11", cores=2, cores_allowed=2)


def run(speed: float, *, seconds: float = 1e-2, count: int = 20, reference: bool = True, seed: int = 0) -> Run:
    rng = random.Random(seed)

    def sample() -> Sample:
        readings = [reading("time.wall", seconds * speed * (1 + rng.gauss(0, 0.01)))]
        if reference:
            readings.append(reading("time.reference", 5e-5 * speed * (1 + rng.gauss(0, 0.01))))
        return Sample(readings=tuple(readings))

    return Run(label="then", started_at=5.0, samples=tuple(sample() for _ in range(count)), environment=HERE)


def test_a_drift_that_both_follow_is_taken_out() -> None:
    was = against(run(1.4, seed=1), run(1.0, seed=2))
    assert was is not None
    assert was.now / was.was == pytest.approx(1.4, rel=0.02)
    assert was.ratio == pytest.approx(1.0, rel=0.02)
    assert was.interval is not None
    assert was.interval[0] < 1 < was.interval[1]
    assert (was.label, was.started_at, was.host) == ("then", 5.0, "here")


def test_the_interval_is_never_narrower_than_what_remains() -> None:
    was = against(run(1.0, count=500, seed=1), run(1.0, count=500, seed=2))
    assert was is not None
    assert was.interval is not None
    assert was.interval[1] / was.ratio - 1 >= REMAINS


def test_a_real_change_shows_beyond_it() -> None:
    was = against(run(1.4, seconds=5e-3, seed=1), run(1.0, seed=2))
    assert was is not None
    assert was.interval is not None
    assert was.interval[1] < 0.8


def test_single_repeats_are_taken_for_uncertain() -> None:
    one, many = against(run(1.0, count=1), run(1.0, count=1)), against(run(1.0), run(1.0))
    assert one is not None
    assert many is not None
    assert one.interval is not None
    assert many.interval is not None
    assert one.interval[1] - one.interval[0] > 1.05 * (many.interval[1] - many.interval[0])


def test_without_a_reference_on_both_sides_there_is_no_interval() -> None:
    was = against(run(1.0), run(1.0, reference=False))
    assert was is not None
    assert was.interval is None


def test_what_one_of_them_lacks_is_not_compared() -> None:
    assert against(run(1.0), Run()) is None
    assert against(run(1.0), run(1.0), "energy.gpu") is None
