"""Change points on series whose truth is known."""

from __future__ import annotations

import random

import pytest

from nbperf.core.changes import SHORTEST, change_points


def series(*levels: tuple[float, int], noise: float = 0.03, seed: int = 0, spikes: float = 0.0) -> list[float]:
    rng = random.Random(seed)
    return [level * (1 + rng.gauss(0, noise)) * (3 if rng.random() < spikes else 1) for level, count in levels for _ in range(count)]


@pytest.mark.parametrize("seed", range(20))
def test_one_step_is_found_where_it_is(seed: int) -> None:
    (place,) = change_points(series((1.0, 20), (1.25, 20), seed=seed))
    assert abs(place - 20) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_several_steps_up_and_down(seed: int) -> None:
    found = change_points(series((1.0, 15), (2.0, 15), (1.5, 15), seed=seed))
    assert len(found) == 2
    assert abs(found[0] - 15) <= 1
    assert abs(found[1] - 30) <= 1


def test_a_level_that_stays_has_none() -> None:
    false = sum(bool(change_points(series((1.0, 40), noise=0.1, seed=seed))) for seed in range(200))
    assert false <= 20


def test_outliers_are_no_change() -> None:
    false = sum(bool(change_points(series((1.0, 40), seed=seed, spikes=0.08))) for seed in range(100))
    assert false <= 10


@pytest.mark.parametrize("unit", [1.0, 5e-3, 4e8, 1e12])
def test_a_change_is_found_in_whatever_unit(unit: float) -> None:
    assert change_points([unit * value for value in series((1.0, 20), (1.02, 20), noise=0.0005)]) == (20,)


def test_too_few_values_have_none() -> None:
    assert change_points([1.0] * (2 * SHORTEST - 1)) == ()
    assert change_points([]) == ()


def test_a_constant_series_and_zeros() -> None:
    assert change_points([5.0] * 30) == ()
    assert change_points([0.0] * 15 + [1.0] * 15) == (15,)
