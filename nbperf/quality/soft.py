"""What is kept of soft scores: the ranks of the true classes, and bins of confidence. Neither grows with the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from nbperf.errors import DataError
from nbperf.quality.inputs import Array, as_array
from nbperf.words import say

BINS = 15
"""Of equal width, as Guo et al. (2017) have them."""
ROUNDING = 1e-3
"""How far from 1 the probabilities of a sample may add up: half precision."""


@dataclass(frozen=True, slots=True)
class Soft:
    """Sums over the soft scores of many samples.

    Attributes
    ----------
    ranks : ndarray
        How many samples (or how much weight) have so many classes scored above the true one.
    bins : ndarray, (3, BINS)
        Weight, summed confidence, and summed outcomes of the predictions in each bin.
    likely : bool
        All scores were probabilities; without that there is no calibration.
    """

    ranks: Array
    bins: Array
    likely: bool

    def __add__(self, other: Soft) -> Soft:
        longer, shorter = sorted((self.ranks, other.ranks), key=len, reverse=True)
        ranks = longer.copy()
        ranks[: len(shorter)] += shorter
        return Soft(ranks, self.bins + other.bins, self.likely and other.likely)

    @classmethod
    def of(cls, scores: Array, true: Array, predicted: Array, weights: Array | None) -> Self:
        """Of one label a sample: scores of samples × classes."""
        samples = np.arange(len(true))
        own = scores[samples, true][:, None]
        # Ties as scikit-learn's top_k_accuracy_score has them: of equal scores the later class stands first.
        later = np.arange(scores.shape[1]) > true[:, None]
        above = ((scores > own) | ((scores == own) & later)).sum(1)
        likely = bool((scores >= 0).all() and (np.abs(scores.sum(1) - 1) <= ROUNDING).all())
        return cls(
            np.bincount(above, weights, minlength=scores.shape[1]).astype(float),
            _binned(scores[samples, predicted], predicted == true, weights, likely),
            likely,
        )

    @classmethod
    def of_several(cls, scores: Array, true: Array, weights: Array | None) -> Self:
        """Of several labels a sample: every class of every sample is a prediction of its own."""
        likely = bool(((scores >= 0) & (scores <= 1)).all())
        spread = None if weights is None else np.repeat(weights, scores.shape[1])
        return cls(np.zeros(0), _binned(scores.ravel(), true.ravel(), spread, likely), likely)

    def top(self, k: int) -> float:
        """Share of samples whose true class is among the k with the highest scores."""
        return float(self.ranks[:k].sum() / self.ranks.sum())

    def calibration_error(self) -> float:
        """Expected calibration error: the gap between confidence and outcome, averaged over bins by their weight."""
        weight, confidence, outcome = self.bins
        return float(np.abs(confidence - outcome).sum() / weight.sum())


def checked(scores: object, count: int) -> Array:
    """Scores as floats, in one row a sample.

    Raises
    ------
    DataError
        If there are more or fewer rows than samples, or one is not finite.
    """
    found = as_array(scores, "scores")
    if found.dtype.kind not in "biuf":
        raise DataError(say("scores are numbers, not {found}", found=str(found.dtype)))
    if found.ndim not in (1, 2) or len(found) != count:
        raise DataError(say("scores have the shape {shape}: give a row for each of the {count} samples", shape=found.shape, count=count))
    found = found.astype(float)
    if not np.isfinite(found).all():
        raise DataError(say("a score is NaN or infinite: the model gave no number for it"))
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


def _binned(confidence: Array, outcome: Array, weights: Array | None, likely: bool) -> Array:
    if not likely:
        return np.zeros((3, BINS))
    # Right-closed, (0, 1/15], (1/15, 2/15], …, as in the paper.
    place = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    each = np.ones(len(confidence)) if weights is None else weights
    return np.stack([np.bincount(place, each * part, minlength=BINS) for part in (1.0, confidence, outcome)])
