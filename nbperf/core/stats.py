"""Order statistics, intervals and outliers: pure functions of a sequence of numbers.

The plain ones use only the standard library, because they run under every cell; numpy is imported where a bootstrap
needs it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

FEWEST_FOR_INTERVAL = 6
"""Below this count no interval of the median holds 95 %: even the range of five values holds it only 93.75 %."""


def median(values: Sequence[float]) -> float:
    """The middle value; the mean of the middle two where their count is even."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(values: Sequence[float], q: float) -> float:
    """The q-quantile, 0 ≤ q ≤ 1, by linear interpolation between order statistics (Hyndman & Fan, type 7)."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def count_for_percentile(q: float, confidence: float = 0.95) -> int:
    """How many values are needed before the q-quantile may be stated.

    The largest of n values lies above the q-quantile with probability 1 - q**n; the count is the smallest n for which
    that reaches the confidence (the one-sided distribution-free tolerance limit of Wilks, 1941): 29 for p90, 59 for
    p95, 299 for p99. Below the median the mirrored tail counts.
    """
    tail = max(q, 1 - q)
    return 1 if tail <= 0.5 else math.ceil(math.log(1 - confidence) / math.log(tail)) if tail < 1 else 1


@lru_cache(maxsize=4096)
def order_ranks(count: int, confidence: float) -> tuple[int, int] | None:
    """Ranks (from 0) of the order statistics that enclose the median with at least this confidence.

    The number of values below the median is Binomial(count, 1/2), whatever their distribution. Returns None where
    even the range does not hold the confidence.
    """
    allowed = (1 - confidence) / 2
    below = 0.0
    log_half = count * math.log(0.5)
    rank = -1
    for k in range(count // 2):
        below += math.exp(math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) + log_half)
        if below > allowed:
            break
        rank = k
    return None if rank < 0 else (rank, count - 1 - rank)


def order_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """Interval of the median between two order statistics; None where the values are too few for the confidence.

    Exact for any continuous distribution (David & Nagaraja, Order Statistics, 7.1).
    """
    ranks = order_ranks(len(values), confidence)
    if ranks is None:
        return None
    ordered = sorted(values)
    return ordered[ranks[0]], ordered[ranks[1]]


@lru_cache(maxsize=256)
def bootstrap_interval(values: tuple[float, ...], confidence: float = 0.95, *, resamples: int = 1000, seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the median (Efron, 1979).

    Parameters
    ----------
    values : tuple of float
        At least two.
    confidence : float
    resamples, seed : int
        The seed is fixed, so the same values give the same interval.

    Returns
    -------
    (float, float)
    """
    import numpy as np

    data = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(seed).integers(0, len(data), size=(resamples, len(data)))
    medians = np.median(data[drawn], axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(medians, (tail, 1 - tail))
    return float(low), float(high)


def outliers(values: Sequence[float]) -> tuple[int, ...]:
    """Positions of values beyond Tukey's fences, 1.5 interquartile ranges outside the quartiles."""
    if len(values) < 4:
        return ()
    first, third = quantile(values, 0.25), quantile(values, 0.75)
    reach = 1.5 * (third - first)
    return tuple(i for i, value in enumerate(values) if value < first - reach or value > third + reach)
