"""Whether a series grows, and by how much a step: Theil and Sen's slope with an interval that assumes no distribution.

H. Theil (1950) and P. K. Sen (1968): the slope is the median of the slopes of all pairs of points, so that a few wild
points move it little, and its interval lies between two of these slopes, chosen by the distribution of Kendall's count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from nbperf.core.stats import median

Points = Sequence[tuple[float, float]]

FEWEST = 8
"""Points from which growth is judged: without the warm-up 7 are left, the fewest whose interval can hold 99 % and a doubt."""
WARM_UP = 0.2
"""Share of a series, from its start, in which caches fill and buffers are made: left out."""
MOST_POINTS = 200
"""Points that are paired: their 19,900 slopes take 10 ms. Of more, every n-th is taken."""
EXACT_UP_TO = 40
"""Points up to which Kendall's distribution is summed; beyond, its normal limit is right to a thousandth."""
KEEPS_ON = 0.5
"""Share of the slope that its second half must have, and of its rise that the lowest values must: growth does not stop or fall back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """How a series changes from one step to the next.

    Attributes
    ----------
    value : float
        The median of the slopes of all pairs of points.
    low, high : float
        The interval of the slope.
    count : int
        Points it was taken from.
    """

    value: float
    low: float
    high: float
    count: int


def slope_of(points: Points, confidence: float = 0.99) -> Slope | None:
    """The slope of a series and its interval.

    Parameters
    ----------
    points : sequence of (float, float)
        Place and value, the places rising.
    confidence : float
        Of the interval, two-sided, where the points scatter independently of one another.

    Returns
    -------
    Slope or None
        None where the points are too few for the confidence.
    """
    chosen = points[:: math.ceil(len(points) / MOST_POINTS)] if len(points) > MOST_POINTS else points
    rank = kendall_rank(len(chosen), confidence)
    slopes = sorted(_slopes(chosen))
    if rank is None or len(slopes) <= 2 * rank:
        return None
    return Slope(value=median(slopes), low=slopes[rank], high=slopes[-1 - rank], count=len(chosen))


def growth_of(points: Points, confidence: float = 0.99) -> Slope | None:
    """The slope of a series that grows and keeps growing, None for any other.

    The first fifth is left out. What is left grows where the interval of its slope lies above 0; it keeps growing where
    its second half still does so at half that slope or more, and where its lowest values rise too, which those of a
    sawtooth do not.

    Parameters
    ----------
    points : sequence of (float, float)
        Place and value, the places rising.
    confidence : float
    """
    if len(points) < FEWEST:
        return None
    begin, end = points[0][0], points[-1][0]
    warm = sum(place < begin + WARM_UP * (end - begin) for place, _ in points)
    settled = points[min(warm, len(points) - FEWEST + 1) :]  # places that are spread unevenly leave too few behind
    slope = slope_of(settled, confidence)
    if slope is None or slope.low <= 0:
        return None
    late = settled[len(settled) // 2 :]
    quarter = max(1, len(settled) // 4)
    first, last = settled[:quarter], settled[-quarter:]
    rise = min(value for _, value in last) - min(value for _, value in first)
    expected = slope.value * (last[0][0] - first[0][0])
    late_slopes = list(_slopes(late[:: math.ceil(len(late) / MOST_POINTS)]))
    if not late_slopes or median(late_slopes) < KEEPS_ON * slope.value or rise < KEEPS_ON * expected:
        return None
    return slope


def _slopes(points: Points) -> list[float]:
    return [(y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1 :] if x2 != x1]


@lru_cache(maxsize=512)
def kendall_rank(count: int, confidence: float) -> int | None:
    """How many of the sorted pair slopes lie outside the interval, at each end; None where even all of them do not hold it.

    The pairs whose slope lies below the true one are as many as the inversions of a random order.
    """
    pairs = count * (count - 1) // 2
    allowed = (1 - confidence) / 2
    if count > EXACT_UP_TO:
        reach = NormalDist().inv_cdf(1 - allowed) * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
        return math.floor((pairs - reach) / 2)
    shares = [1.0]
    for size in range(2, count + 1):  # one more element adds 0 … size - 1 inversions, each as likely
        longer = [0.0] * (len(shares) + size - 1)
        for inversions, share in enumerate(shares):
            for more in range(size):
                longer[inversions + more] += share / size
        shares = longer
    below, rank = 0.0, -1
    for inversions, share in enumerate(shares):
        below += share
        if below > allowed:
            break
        rank = inversions
    return None if rank < 0 else rank
