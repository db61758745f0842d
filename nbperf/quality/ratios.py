"""Scores from tallies: pure formulas that work on one matrix and on a thousand drawn ones at once.

Every array may have leading axes; the last one is the class. What is divided by nothing becomes `zero`, which is 0.0 by
default as in scikit-learn, and with NaN is left out of averages.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nbperf.errors import PlanError
from nbperf.quality.inputs import Array
from nbperf.words import say

Average = Literal["macro", "micro", "weighted", "binary"] | None
AVERAGES = ("macro", "micro", "weighted", "binary", None)
PER_CLASS = ("precision", "recall", "f1", "specificity")
OVER_ALL = ("accuracy", "balanced_accuracy", "mcc", "kappa")


class Tallies(NamedTuple):
    """What all scores are made of.

    Attributes
    ----------
    hits, true, predicted : ndarray, (…, classes)
        Right predictions of each class, samples that are of it, samples that were predicted to be.
    total : ndarray, (…)
        Samples in all.
    """

    hits: Array
    true: Array
    predicted: Array
    total: Array

    def parts(self, score: str) -> tuple[Array, Array]:
        """Numerator and denominator of a score, class by class."""
        hits, true, predicted, total = self
        if score == "precision":
            return hits, predicted
        if score == "recall":
            return hits, true
        if score == "f1":  # 2 TP / (2 TP + FP + FN), van Rijsbergen's E for equal weights
            return 2 * hits, true + predicted
        others = total[..., None]
        return others - true - predicted + hits, others - true  # specificity: TN / (TN + FP)


def of_matrix(counts: Array) -> Tallies:
    """Tallies of a matrix with true classes as rows."""
    return Tallies(np.diagonal(counts).copy(), counts.sum(1), counts.sum(0), np.asarray(counts.sum()))


def of_pairs(counts: Array, total: float) -> Tallies:
    """Tallies of one 2 × 2 matrix a class, ``[[TN, FP], [FN, TP]]``."""
    hits = counts[:, 1, 1]
    return Tallies(hits, hits + counts[:, 1, 0], hits + counts[:, 0, 1], np.asarray(total))


def ratio(part: Array, whole: Array, zero: float = 0.0) -> Array:
    """Part / whole, and `zero` where the whole is nothing."""
    out = np.full(np.broadcast_shapes(np.shape(part), np.shape(whole)), float(zero))
    np.divide(part, whole, out=out, where=np.asarray(whole) > 0)
    return out


def averaged(tallies: Tallies, score: str, average: Average, zero: float = 0.0) -> Any:
    """A per-class score, averaged.

    Parameters
    ----------
    tallies : Tallies
    score : {"precision", "recall", "f1", "specificity"}
    average : {"macro", "micro", "weighted", "binary", None}
        The plain mean over classes; all classes counted together; the mean weighted by true samples; the second of two
        classes alone; None gives an array.
    zero : float

    Raises
    ------
    PlanError
        If there is no such average, or not two classes for "binary".
    """
    if average not in AVERAGES:
        known = ", ".join(repr(each) for each in AVERAGES)
        raise PlanError(say("there is no average {found!r}; there are {known}", found=average, known=known))
    part, whole = tallies.parts(score)
    if average == "micro":
        return ratio(part.sum(-1), whole.sum(-1), zero)
    each: Array = ratio(part, whole, zero)
    if average is None:
        return each
    if average == "binary":
        if each.shape[-1] != 2:
            raise PlanError(
                say("average='binary' looks at the second of two classes, and there are {count}: use 'macro', 'micro' or 'weighted'",
                    count=each.shape[-1])
            )  # fmt: skip
        return each[..., 1]
    if each.shape[-1] == 0:
        return np.full(each.shape[:-1], float(zero))
    weights: Array = np.ones_like(each) if average == "macro" else np.broadcast_to(tallies.true, each.shape).astype(float)
    counted = ~np.isnan(each)
    held = (weights * counted).sum(-1)
    # As scikit-learn: without any weight, such as a weighted mean where no sample is of a class, all classes count alike.
    bare = held == 0
    if bare.any():
        weights = np.where(bare[..., None], 1.0, weights)
        held = (weights * counted).sum(-1)
    return ratio((np.where(counted, each, 0.0) * weights).sum(-1), held, np.nan)


def accuracy(tallies: Tallies) -> Array:
    """Right predictions among all; NaN without a sample."""
    return ratio(tallies.hits.sum(-1), tallies.total, np.nan)


def balanced_accuracy(tallies: Tallies) -> Array:
    """Mean recall of the classes that there are samples of (Brodersen et al., 2010); NaN without a sample."""
    seen = tallies.true > 0
    recall = ratio(tallies.hits, tallies.true)
    return ratio((recall * seen).sum(-1), seen.sum(-1), np.nan)


def mcc(tallies: Tallies) -> Array:
    """Matthews' correlation in its form for several classes (Gorodkin, 2004); 0 where a side has one class only."""
    hits, true, predicted, total = (np.asarray(each, dtype=float) for each in tallies)
    together = hits.sum(-1) * total - (true * predicted).sum(-1)
    spread = (total**2 - (predicted**2).sum(-1)) * (total**2 - (true**2).sum(-1))
    return ratio(together, np.sqrt(np.maximum(spread, 0.0)), 0.0)


def kappa(tallies: Tallies) -> Array:
    """Agreement beyond chance (Cohen, 1960); NaN where chance alone agrees always, or there is no sample."""
    hits, true, predicted, total = (np.asarray(each, dtype=float) for each in tallies)
    chance = (true * predicted).sum(-1)
    return ratio(hits.sum(-1) * total - chance, total**2 - chance, np.nan)


def single(tallies: Tallies, score: str, average: Average, zero: float = 0.0) -> Any:
    """Any score by its name."""
    whole = {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy, "mcc": mcc, "kappa": kappa}.get(score)
    return averaged(tallies, score, average, zero) if whole is None else whole(tallies)
