"""Growth: known series, the interval's coverage, and Kendall's distribution against numbers in print."""

from __future__ import annotations

import math
import random

import pytest

from nbperf.core.slope import growth_of, kendall_rank, slope_of


def series(values) -> list[tuple[int, float]]:
    return list(enumerate(values, 1))


def noise(count: int, seed: int, spread: float = 1.0) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(0, spread) for _ in range(count)]


def test_a_line_has_its_slope_and_no_doubt():
    slope = slope_of(series(5 + 3 * x for x in range(30)))
    assert (slope.value, slope.low, slope.high, slope.count) == (3, 3, 3, 30)


def test_a_few_wild_points_move_it_little():
    values = [2.0 * x for x in range(40)]
    values[7], values[20], values[33] = 1e6, -1e6, 1e6
    slope = slope_of(series(values))
    assert slope.value == pytest.approx(2)
    assert slope.low > 0


def test_kendalls_tails_as_tables_have_them():
    # For 10 points 0.01 of the orders have S ≥ 27, 0.0046 have S ≥ 29 (Hollander & Wolfe, table A.30): 45 pairs, 8 inversions.
    assert kendall_rank(10, 1 - 2 * 0.0047) == 8
    assert kendall_rank(10, 1 - 2 * 0.0045) == 7
    # For 4 points the extreme order alone has 1/24.
    assert kendall_rank(4, 0.99) is None
    assert kendall_rank(4, 1 - 2 / 24) == 0
    assert kendall_rank(7, 0.99) == 2 - 1  # 7 of 5,040 orders have one inversion or none, 27 two


def test_where_the_sum_ends_the_normal_limit_goes_on():
    exact, limit = kendall_rank(40, 0.99), kendall_rank(41, 0.99)
    assert exact / (40 * 39 / 2) == pytest.approx(limit / (41 * 40 / 2), abs=0.01)


@pytest.mark.parametrize("count", [8, 20, 60])
def test_the_interval_holds_the_slope_as_often_as_it_says(count):
    missed = 0
    for seed in range(400):
        slope = slope_of(series(0.3 * x + e for x, e in enumerate(noise(count, seed))), 0.95)
        missed += not slope.low <= 0.3 <= slope.high
    assert missed <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)


def test_linear_growth_is_found_also_under_noise():
    assert growth_of(series(100 + 2 * x for x in range(50))).value == pytest.approx(2)
    found = [growth_of(series(2 * x + e for x, e in enumerate(noise(50, seed, 5)))) for seed in range(100)]
    assert sum(slope is not None for slope in found) >= 99
    assert all(slope.value == pytest.approx(2, abs=0.5) for slope in found if slope)


def test_eight_points_are_enough_and_seven_are_not():
    assert growth_of(series(range(8))).value == 1
    assert growth_of(series(range(7))) is None


@pytest.mark.parametrize("length", [10, 50, 200, 1000])
def test_a_step_at_the_start_is_no_growth(length):
    assert growth_of(series([0.0, 50.0] + [100.0] * (length - 2))) is None


@pytest.mark.parametrize("length", [20, 50, 200, 1000])
@pytest.mark.parametrize("stops", [0.3, 0.5, 0.6])
def test_growth_that_stops_is_none(length, stops):
    assert growth_of(series(min(float(x), stops * length) for x in range(length))) is None


@pytest.mark.parametrize("tau", [0.05, 0.1, 0.2])
def test_a_series_that_saturates_does_not_grow(tau):
    assert growth_of(series(1 - math.exp(-x / (tau * 100)) for x in range(100))) is None


def test_noise_does_not_grow():
    found = sum(growth_of(series(noise(60, seed))) is not None for seed in range(400))
    assert found <= 4  # 0.5 % one-sided is 2 of 400


@pytest.mark.parametrize("teeth", [2, 3, 5, 10, 25])
def test_a_sawtooth_does_not_grow(teeth):
    assert growth_of(series(float(x % (100 // teeth)) for x in range(100))) is None


def test_a_sawtooth_on_a_slope_grows():
    assert growth_of(series(float(x % 10) + x for x in range(100))).value == pytest.approx(1, abs=0.2)


def test_places_may_be_thinned_out_unevenly():
    assert growth_of([(x, 4.0 * x) for x in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)]).value == pytest.approx(4)


def test_falling_and_flat_series_do_not_grow():
    assert growth_of(series(-x for x in range(50))) is None
    assert growth_of(series([7.0] * 50)) is None
    assert slope_of([(1, 2.0), (1, 3.0)]) is None
