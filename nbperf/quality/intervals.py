"""How well counts hold a score: Wilson's interval for a proportion, drawn matrices for what is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from nbperf.quality import ratios
from nbperf.quality.inputs import Array
from nbperf.quality.ratios import Average, Tallies

SEED = 0
DRAWS = 1000
FEWEST_DRAWS = 200
CELLS_DRAWN = 4_000_000
"""Cells times draws: above it there are fewer draws, down to the fewest that hold a 95 % interval."""
AT_ONCE = 1_000_000
"""Cells that are drawn at once: some 20 MB."""


def wilson(part: Array, whole: Array, confidence: float = 0.95) -> tuple[Array, Array]:
    """Wilson's score interval of a proportion (1927): 0 to 1 where nothing was counted, and never of no width.

    Examples
    --------
    >>> low, high = wilson(np.array(9.0), np.array(10.0))
    >>> f"{low:.3f} {high:.3f}"
    '0.596 0.982'
    """
    z2 = NormalDist().inv_cdf(0.5 + confidence / 2) ** 2
    n = np.asarray(whole, dtype=float)
    p = ratios.ratio(part, n, 0.5)
    middle = (n * p + z2 / 2) / (n + z2)
    reach = np.sqrt(z2 * (n * p * (1 - p) + z2 / 4)) / (n + z2)
    low, high = np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
    # Nothing and everything are known exactly; rounding would put them a hair inside.
    return np.where(p <= 0, 0.0, low), np.where(p >= 1, 1.0, high)


def draws_for(cells: int) -> int:
    """How many matrices are drawn where so many cells hold something."""
    return int(np.clip(CELLS_DRAWN // max(cells, 1), FEWEST_DRAWS, DRAWS))


def drawn(counts: Array, size: float) -> Iterator[Tallies]:
    """Tallies of matrices like this one: its samples drawn again, multinomial, always with the same seed (Efron, 1979).

    Parameters
    ----------
    counts : ndarray, (classes, classes)
    size : float
        How many samples the counts are worth: their sum, or less where they are weighted.
    """
    rows, columns = np.nonzero(counts)
    share = counts[rows, columns] / counts.sum()
    by_column = np.argsort(columns, kind="stable")
    row_starts = np.flatnonzero(np.diff(rows, prepend=-1))
    column_starts = np.flatnonzero(np.diff(columns[by_column], prepend=-1))
    right = rows == columns
    left = draws_for(len(share))
    chance = np.random.default_rng(SEED)
    total = max(1, round(size))
    while left:
        count = min(left, max(1, AT_ONCE // len(share)))
        cells = chance.multinomial(total, share, size=count)
        hits, true, predicted = (np.zeros((count, len(counts)), dtype=np.int64) for _ in range(3))
        hits[:, rows[right]] = cells[:, right]
        true[:, rows[row_starts]] = np.add.reduceat(cells, row_starts, axis=1)
        predicted[:, columns[by_column][column_starts]] = np.add.reduceat(cells[:, by_column], column_starts, axis=1)
        yield Tallies(hits, true, predicted, np.full(count, total))
        left -= count


def drawn_alone(tallies: Tallies, size: float) -> Iterator[Tallies]:
    """As `drawn`, each class by itself with the four cells "it or not, predicted or not".

    For one class that is the same distribution as that of the whole matrix; of several labels a sample it is all that the
    counts hold, as they do not say which labels go together.
    """
    hits, true, predicted, total = (np.asarray(each, dtype=float) for each in tallies)
    cells = np.stack([hits, true - hits, predicted - hits, total - true - predicted + hits], axis=-1)
    share = np.maximum(cells, 0.0) / total
    share /= share.sum(-1, keepdims=True)
    chance = np.random.default_rng(SEED)
    whole = max(1, round(size))
    left = draws_for(cells.size)
    while left:
        count = min(left, max(1, AT_ONCE // cells.size))
        found = chance.multinomial(whole, share, size=(count, len(share)))
        yield Tallies(found[..., 0], found[..., 0] + found[..., 1], found[..., 0] + found[..., 2], np.full(count, whole))
        left -= count


def smoothed(counts: Array, confidence: float) -> Array:
    """Counts with a few wrong guesses more, from each class to the next, as Wilson's interval has them.

    Where every guess was right, every drawn matrix is as perfect; yet ten right guesses do not show that there are no
    wrong ones. z²/2 of them are added in all, which is what Wilson's centre adds to a proportion.
    """
    z2 = NormalDist().inv_cdf(0.5 + confidence / 2) ** 2
    seen = np.flatnonzero(counts.sum(0) + counts.sum(1))
    more = counts.astype(float)
    if len(seen) > 1:
        more[seen, np.roll(seen, -1)] += z2 / 2 / len(seen)
    return more


def between(values: Array, estimate: float, confidence: float) -> tuple[float, float]:
    """The percentile interval of drawn scores, widened to hold the estimate itself; NaN where there is none."""
    known = values[~np.isnan(values)]
    if not len(known) or np.isnan(estimate):
        return np.nan, np.nan
    low, high = np.quantile(known, ((1 - confidence) / 2, (1 + confidence) / 2))
    return float(min(low, estimate)), float(max(high, estimate))


class Held(NamedTuple):
    """What an interval is made of.

    Attributes
    ----------
    counts : ndarray
        Classes × classes, or classes × 2 × 2.
    tallies : Tallies
    size : float
        How many samples of equal weight the counts are worth.
    """

    counts: Array
    tallies: Tallies
    size: float

    @property
    def several(self) -> bool:
        """Whether a sample has several labels."""
        return self.counts.ndim == 3

    @property
    def scale(self) -> float:
        """Samples of equal weight per unit of the counts."""
        total = float(self.tallies.total)
        return self.size / total if total else 1.0


Wanted = tuple[str, Average]
"""A score and how it is averaged; the scores over all classes have None there."""
Bounds = tuple[Any, Any]


def bounds(held: Held, wanted: Sequence[Wanted], *, confidence: float, zero: float) -> dict[Wanted, Bounds]:
    """The interval of each score that is asked for; all that need drawn matrices share the same ones."""
    found: dict[Wanted, Bounds] = {}
    for score, average in wanted:
        if (proportion := _proportion(held, score, average)) is not None:
            found[score, average] = _plain(wilson(*proportion, confidence))
        elif average in (None, "binary") and score == "f1":
            low, high = of_classes(held.tallies, zero, confidence, held.size)
            found[score, average] = (low, high) if average is None else (float(low[1]), float(high[1]))
    left = [each for each in wanted if each not in found]
    if not left:
        return found
    if not held.tallies.total:
        return found | dict.fromkeys(left, (np.nan, np.nan))
    draws = drawn_alone(held.tallies, held.size) if held.several else drawn(held.counts, held.size)
    found |= _percentiles(held, left, draws, confidence, zero)
    alike = [each for each in left if found[each][0] == found[each][1]]
    if alike and not held.several:
        found |= _percentiles(held, alike, drawn(smoothed(held.counts * held.scale, confidence), held.size), confidence, zero)
    return found


def _proportion(held: Held, score: str, average: Average) -> tuple[Array, Array] | None:
    """Numerator and denominator of what is a share of samples that were counted one by one; None for what is not."""
    if average in ("macro", "weighted") or score not in ratios.PER_CLASS or (score == "f1" and (average != "micro" or held.several)):
        return None  # F1 over all classes is the accuracy where a sample has one label, and that is a proportion
    part, whole = held.tallies.parts(score)
    if average == "micro":
        part, whole = part.sum(-1), whole.sum(-1)
    elif average == "binary":
        part, whole = part[1], whole[1]
    halves = 2 if score == "f1" else 1  # 2 TP over twice the samples
    return part * held.scale / halves, whole * held.scale / halves


def _plain(pair: tuple[Array, Array]) -> Bounds:
    low, high = pair
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def _percentiles(held: Held, wanted: Sequence[Wanted], draws: Iterable[Tallies], confidence: float, zero: float) -> dict[Wanted, Bounds]:
    values: dict[Wanted, list[Array]] = {each: [] for each in wanted}
    for tallies in draws:
        for each in wanted:
            values[each].append(np.atleast_1d(ratios.single(tallies, *each, zero)))
    return {
        each: between(np.concatenate(found), float(ratios.single(held.tallies, *each, zero)), confidence) for each, found in values.items()
    }


def of_classes(tallies: Tallies, zero: float, confidence: float, size: float) -> tuple[Array, Array]:
    """The interval of each class's F1: drawn; and where the draws are all alike, Wilson's of TP / (TP + FP + FN).

    F1 = 2J / (1 + J) of that proportion J, and rises with it, so its bounds are those of J carried over.
    """
    estimate = ratios.averaged(tallies, "f1", None, zero)
    if not tallies.total:
        return np.full(estimate.shape, np.nan), np.full(estimate.shape, np.nan)
    found = np.concatenate([ratios.averaged(each, "f1", None, zero) for each in drawn_alone(tallies, size)])
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    # A class that no drawn matrix has seen is NaN where `zero` is; a column of nothing else has no quantile.
    found = np.where(np.isnan(found).all(0), estimate, found)
    low, high = (np.nanquantile if np.isnan(found).any() else np.quantile)(found, tails, axis=0)
    scale = size / tallies.total
    worst, best = wilson(tallies.hits * scale, (tallies.true + tallies.predicted - tallies.hits) * scale, confidence)
    alike = low == high
    low = np.where(alike, 2 * worst / (1 + worst), low)
    high = np.where(alike, 2 * best / (1 + best), high)
    return np.fmin(low, estimate), np.fmax(high, estimate)
