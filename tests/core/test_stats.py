"""Order statistics, against brute force and numpy."""

import math
import random
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbperf.core import stats

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(numbers)
def test_median_is_the_standard_librarys(values: list[float]) -> None:
    assert stats.median(values) == pytest.approx(statistics.median(values))


@given(numbers, st.floats(0, 1))
def test_quantile_is_numpys(values: list[float], q: float) -> None:
    assert stats.quantile(values, q) == pytest.approx(float(np.quantile(values, q)), rel=1e-6, abs=1e-6)


def test_a_percentile_needs_so_many_values() -> None:
    assert [stats.count_for_percentile(q) for q in (0.5, 0.9, 0.95, 0.99)] == [1, 29, 59, 299]
    assert stats.count_for_percentile(0.1) == 29


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("count", [6, 8, 9, 30, 101])
def test_ranks_hold_the_confidence_and_the_next_narrower_do_not(count: int, confidence: float) -> None:
    def coverage(low: int) -> float:  # P(low < B < count - low) with B ~ Binomial(count, 1/2), exactly
        outside = sum(math.comb(count, k) for k in range(low + 1))
        return 1 - 2 * outside / 2**count

    ranks = stats.order_ranks(count, confidence)
    if ranks is None:
        assert coverage(0) < confidence
        return
    low, high = ranks
    assert low + high == count - 1
    assert coverage(low) >= confidence
    assert coverage(low + 1) < confidence


def test_too_few_values_have_no_interval() -> None:
    assert stats.order_interval([1, 2, 3, 4, 5], 0.95) is None
    assert stats.order_interval([1, 2, 3, 4, 5, 6], 0.95) == (1, 6)


def test_order_interval_covers_the_median_as_often_as_it_says() -> None:
    rng = random.Random(1)
    covered = 0
    for _ in range(1000):
        low, high = stats.order_interval([rng.expovariate(1) for _ in range(40)], 0.95) or (0, 0)
        covered += low <= math.log(2) <= high
    assert covered >= 940


def test_bootstrap_interval_covers_the_median_nearly_as_often() -> None:
    rng = random.Random(2)
    covered = 0
    for _ in range(300):
        low, high = stats.bootstrap_interval(tuple(rng.gauss(10, 1) for _ in range(30)))
        assert low <= high
        covered += low <= 10 <= high
    assert covered >= 270


def test_bootstrap_interval_is_the_same_each_time() -> None:
    values = tuple(float(i % 7) for i in range(30))
    first = stats.bootstrap_interval(values)
    stats.bootstrap_interval.cache_clear()
    assert stats.bootstrap_interval(values) == first


def test_outliers_lie_beyond_tukeys_fences() -> None:
    assert stats.outliers([1.0, 1.1, 0.9, 1.05, 0.95, 5.0]) == (5,)
    assert stats.outliers([1.0, 1.1, 0.9, 1.05, 0.95, 1.2]) == ()
    assert stats.outliers([1.0, 100.0]) == ()
