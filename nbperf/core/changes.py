"""Where a series changed: change points of its level, by binary segmentation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from nbperf.core import stats

SHORTEST = 4
"""Values in a segment: fewer have no level of their own."""
PENALTY = 6.0
"""A change must explain more than this many times the logarithm of the length, in units of the noise: above the Bayesian
information criterion's 2, since runtimes have heavier tails than its normal distribution."""
REACH = 3.5
"""A value farther from its neighbours' median than so many times the noise is one outlier and no level: it is set to it."""
NEIGHBOURS = 3
"""On each side; a step of more than so many values stays where it is."""

FINEST = 1e-3
"""The least noise there is, as a share of the level: a series that never varies is not known more finely."""


def change_points(values: Sequence[float]) -> tuple[int, ...]:
    """Positions at which a new level begins.

    Binary segmentation (Scott & Knott, 1974): the split that explains most is taken if it explains more than the
    penalty, and its halves are searched in turn. The noise is that of neighbours' differences, which a change of level
    touches only once; outliers among their neighbours are set aside before.

    Parameters
    ----------
    values : sequence of float
        In the order in which they were taken; positive ones are compared as logarithms, since runtimes change by
        factors.

    Notes
    -----
    Neighbours are taken for independent. Where a machine's load comes and goes over several runs, its wave is marked as
    a change too: a mark says where to look, and is no verdict.

    Returns
    -------
    tuple of int
        In order; empty where the level stayed.
    """
    if len(values) < 2 * SHORTEST:
        return ()
    positive = all(value > 0 for value in values)
    data = [math.log(value) for value in values] if positive else list(values)
    differences = sorted(abs(b - a) for a, b in pairwise(data))
    noise = stats.median(differences) / 0.9539  # of |x - y| for two normal deviates: 0.6745 √2
    least = FINEST if positive else FINEST * max(map(abs, data))  # of a logarithm it is a share already, in whatever unit
    noise = max(noise, least, 1e-12)
    data = [_pulled_in(data, i, REACH * noise) for i in range(len(data))]
    found: list[int] = []
    _split(data, 0, len(data), noise, found)
    return tuple(sorted(found))


def _pulled_in(data: list[float], i: int, reach: float) -> float:
    near = stats.median(data[max(0, i - NEIGHBOURS) : i + NEIGHBOURS + 1])
    return near if abs(data[i] - near) > reach else data[i]


def _split(data: list[float], start: int, stop: int, noise: float, found: list[int]) -> None:
    count = stop - start
    if count < 2 * SHORTEST:
        return
    best, at = 0.0, -1
    total, left = math.fsum(data[start:stop]), 0.0
    for size, value in enumerate(data[start : stop - SHORTEST], start=1):
        left += value
        if size < SHORTEST:
            continue
        step = (total - left) / (count - size) - left / size
        gain = step * step * size * (count - size) / count / noise**2
        if gain > best:
            best, at = gain, start + size
    if at >= 0 and best > PENALTY * math.log(count):
        found.append(at)
        _split(data, start, at, noise, found)
        _split(data, at, stop, noise, found)
