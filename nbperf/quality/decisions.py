"""Where to put the threshold of a yes-or-no model: all thresholds at once, and what each of them costs. All pure.

A sample is called positive where its score is at or above the threshold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbperf.core.units import format_percent
from nbperf.errors import DataError, PlanError
from nbperf.quality.inputs import Array, as_array, column, flat, weights_of
from nbperf.quality.ratios import ratio
from nbperf.quality.soft import checked
from nbperf.words import Sentence, say


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """What every threshold would do; made by `sweep`.

    Attributes
    ----------
    thresholds : ndarray
        Falling; every score that occurs.
    true_positives, false_positives : ndarray
        Samples (or their weight) that are rightly, and wrongly, called positive from that threshold on.
    positives, negatives : float
        Samples that are so in truth.
    """

    thresholds: Array
    true_positives: Array
    false_positives: Array
    positives: float
    negatives: float

    def __repr__(self) -> str:
        """One line."""
        area = f", roc_auc={self.roc_auc:.3f}" if self.positives and self.negatives else ""
        return f"Curve({len(self.thresholds)} thresholds, {self.positives:g} of {self.positives + self.negatives:g} positive{area})"

    @property
    def recall(self) -> Array:
        """True positive rate at each threshold."""
        return self._share(self.true_positives, self.positives)

    @property
    def false_positive_rate(self) -> Array:
        """1 - specificity, at each threshold."""
        return self._share(self.false_positives, self.negatives)

    @property
    def precision(self) -> Array:
        """At each threshold; something is called positive at every one of them."""
        called = self.true_positives + self.false_positives
        return ratio(self.true_positives, called)

    @staticmethod
    def _share(part: Array, whole: float) -> Array:
        return np.asarray(part / whole) if whole else np.full(len(part), np.nan)

    def roc(self) -> tuple[Array, Array, Array]:
        """False positive rates, true positive rates and thresholds, from (0, 0), as scikit-learn's ``roc_curve``."""
        return (
            np.concatenate([[0.0], self.false_positive_rate]),
            np.concatenate([[0.0], self.recall]),
            np.concatenate([[np.inf], self.thresholds]),
        )

    def precision_recall(self) -> tuple[Array, Array, Array]:
        """Precisions, recalls and rising thresholds, as scikit-learn's ``precision_recall_curve``: the last point has none."""
        recall = self.recall if self.positives else np.ones(len(self.thresholds))
        return np.append(self.precision[::-1], 1.0), np.append(recall[::-1], 0.0), self.thresholds[::-1]

    @property
    def roc_auc(self) -> float:
        """Area under the ROC curve: the chance that a positive sample scores above a negative one (Hanley & McNeil, 1982)."""
        false, true, _ = self.roc()
        return float(((true[1:] + true[:-1]) / 2 * np.diff(false)).sum())

    @property
    def average_precision(self) -> float:
        """Area under precision over recall in steps; a straight line between two points would promise too much."""
        if not self.positives:
            return 0.0
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())

    @property
    def precision_recall_area(self) -> float:
        """The same area with straight lines, as ``auc(recall, precision)`` has it."""
        precision, recall, _ = self.precision_recall()
        return float(((precision[1:] + precision[:-1]) / 2 * -np.diff(recall)).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """A threshold, what it does, and why it was chosen.

    Attributes
    ----------
    threshold : float
        Positive from here on; infinite where nothing is to be called positive.
    true_positives, false_positives, false_negatives, true_negatives : float
    why : Sentence
    met : bool
        Whether it keeps what was asked; else it is the nearest there is, and `why` says so.
    cost : float, optional
        Expected cost a sample, where costs were given.
    """

    threshold: float
    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float
    why: Sentence
    met: bool = True
    cost: float | None = None

    @property
    def precision(self) -> float:
        """Right ones among those called positive; 0 where nothing is."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Found ones among the positive."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> float:
        """Left alone among the negative."""
        return _ratio(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What each outcome of one sample costs, in whatever unit; a gain is negative.

    Raises
    ------
    PlanError
        If one is not finite, or being wrong does not cost more than being right.
    """

    false_positive: float = 1.0
    false_negative: float = 1.0
    true_positive: float = 0.0
    true_negative: float = 0.0

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.false_positive, self.false_negative, self.true_positive, self.true_negative))):
            raise PlanError(say("a cost is a finite number"))
        if self.false_positive <= self.true_negative or self.false_negative <= self.true_positive:
            raise PlanError(say("being wrong must cost more than being right, or every threshold is as good as none"))

    @property
    def threshold(self) -> float:
        """The best threshold for calibrated probabilities, whatever the data: (c10 - c00) / (c10 - c00 + c01 - c11) (Elkan, 2001)."""
        alarm, miss = self.false_positive - self.true_negative, self.false_negative - self.true_positive
        return alarm / (alarm + miss)


def sweep(y_true: Any, scores: Any, *, positive: Any = None, weights: Any = None) -> Curve:
    """Count what every threshold would do.

    Parameters
    ----------
    y_true : array-like
        Labels of two classes, one a sample.
    scores : array-like
        How much each sample looks positive, in any scale.
    positive : label, optional
        The positive class; without it the labels are 0 and 1, or -1 and 1.
    weights : array-like, optional

    Raises
    ------
    DataError
        If there are other labels, something is missing, or the lengths differ.

    Examples
    --------
    >>> curve = sweep([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.roc_auc, round(curve.average_precision, 3)
    (0.75, 0.833)
    """
    found = column(flat(as_array(y_true, "y_true"), "y_true"), "y_true")
    given = checked(scores, len(found))
    if given.ndim != 1:
        raise DataError(say("scores have the shape {shape}: a threshold needs one score a sample, that of the positive class",
                            shape=given.shape))  # fmt: skip
    weight = np.ones(len(found)) if weights is None else weights_of(weights, len(found))
    if positive is not None:
        called = str(positive)
        listed = found.texts if found.integers is None else [str(each) for each in found.integers.tolist()]
        if called not in listed:
            raise DataError(say("no label is the positive one, {label!r}", label=called))
        if len(set(listed)) > 2:
            raise DataError(say("a threshold tells two classes apart, and there are {count}", count=len(set(listed))))
        true = np.array([each == called for each in listed])
    else:
        kinds = None if found.integers is None else set(np.unique(found.integers).tolist())
        if kinds is None or not (kinds <= {0, 1} or kinds <= {-1, 1}):
            raise DataError(say("the labels are not 0 and 1: name the positive class with positive="))
        assert found.integers is not None
        true = found.integers == 1
    keep = weight > 0  # a sample without weight would be a threshold of its own
    true, given, weight = true[keep], given[keep], weight[keep]
    order = np.argsort(-given, kind="stable")
    true, given, weight = true[order], given[order], weight[order]
    last = np.flatnonzero(np.diff(given, append=np.nan) != 0)  # of equal scores the last: none of them can be told apart
    hits = np.cumsum(true * weight)
    alarms = np.cumsum(~true * weight)
    return Curve(
        thresholds=_still(given[last]),
        true_positives=_still(hits[last]),
        false_positives=_still(alarms[last]),
        positives=float(hits[-1]) if len(hits) else 0.0,
        negatives=float(alarms[-1]) if len(alarms) else 0.0,
    )


def at(curve: Curve, threshold: float) -> OperatingPoint:
    """What one threshold does."""
    place = int(np.searchsorted(-curve.thresholds, -threshold, side="right")) - 1
    return _point(curve, place, Sentence("the threshold that was asked for"), threshold=threshold)


def cheapest(curve: Curve, costs: Costs, *, prevalence: float | None = None) -> OperatingPoint:
    """The threshold of least expected cost a sample.

    Parameters
    ----------
    curve : Curve
    costs : Costs
    prevalence : float, optional
        Share of positive samples where the model will be used; that of the data by default.

    Raises
    ------
    DataError
        If the data lacks positive or negative samples.
    PlanError
        If the prevalence does not lie between 0 and 1.

    Examples
    --------
    >>> curve = sweep([0, 0, 0, 1, 1], [0.1, 0.4, 0.6, 0.5, 0.9])
    >>> cheapest(curve, Costs(false_negative=10)).threshold     # to miss one is worse than an alarm
    0.5
    >>> cheapest(curve, Costs(false_positive=10)).threshold
    0.9
    """
    _both(curve)
    if prevalence is not None and not 0 <= prevalence <= 1:
        raise PlanError(say("prevalence lies between 0 and 1, not {found!r}", found=prevalence))
    share = curve.positives / (curve.positives + curve.negatives) if prevalence is None else prevalence
    recall = np.concatenate([[0.0], curve.recall])
    alarms = np.concatenate([[0.0], curve.false_positive_rate])
    expected = share * (recall * costs.true_positive + (1 - recall) * costs.false_negative)
    expected += (1 - share) * (alarms * costs.false_positive + (1 - alarms) * costs.true_negative)
    best = int(np.argmin(expected))
    why = Sentence(
        "least expected cost: {cost} a sample, where a miss costs {miss} and a false alarm {alarm}",
        cost=f"{expected[best]:.3g}",
        miss=f"{costs.false_negative:g}",
        alarm=f"{costs.false_positive:g}",
    )
    return _point(curve, best - 1, why, cost=float(expected[best]))


def screening(curve: Curve, *, recall: float = 0.95) -> OperatingPoint:
    """Recall first, as where a miss is grave and a second look cheap: the fewest false alarms that keep the recall.

    Raises
    ------
    DataError
        If the data lacks positive or negative samples.
    PlanError
        If the recall does not lie between 0 and 1.
    """
    _both(curve)
    _within("recall", recall)
    place = int(np.argmax(curve.recall >= recall - 1e-12))  # recall rises along the curve, and ends at 1
    found = float(curve.recall[place])
    alarms = float(curve.false_positive_rate[place])
    why = Sentence(
        "screening: the highest threshold that finds {recall} of the positive ones ({found}); {alarms} of the others are false alarms",
        recall=format_percent(recall),
        found=format_percent(found, digits=3),
        alarms=format_percent(alarms),
    )
    return _point(curve, place, why)


def retrieval(curve: Curve, *, precision: float = 0.9) -> OperatingPoint:
    """Precision first, as where what is shown must be right: the most that are found with this precision.

    Where no threshold has it, the one that comes nearest, with ``met=False``.

    Raises
    ------
    DataError
        If the data lacks positive or negative samples.
    PlanError
        If the precision does not lie between 0 and 1.
    """
    _both(curve)
    _within("precision", precision)
    enough = np.flatnonzero(curve.precision >= precision - 1e-12)
    if not len(enough):
        place = len(curve.precision) - 1 - int(np.argmax(curve.precision[::-1]))
        why = Sentence(
            "retrieval: no threshold is right {precision} of the time; this one comes nearest, with {found}",
            precision=format_percent(precision),
            found=format_percent(float(curve.precision[place]), digits=3),
        )
        return _point(curve, place, why, met=False)
    place = int(enough[-1])
    why = Sentence(
        "retrieval: the lowest threshold that is right {precision} of the time ({found}); it finds {recall} of the positive ones",
        precision=format_percent(precision),
        found=format_percent(float(curve.precision[place]), digits=3),
        recall=format_percent(float(curve.recall[place])),
    )
    return _point(curve, place, why)


def balanced(curve: Curve) -> OperatingPoint:
    """Both kinds of error alike: the largest recall + specificity (Youden's J, 1950), which is balanced accuracy.

    Raises
    ------
    DataError
        If the data lacks positive or negative samples.
    """
    _both(curve)
    place = int(np.argmax(curve.recall - curve.false_positive_rate))
    why = Sentence(
        "balanced: the largest sum of recall ({recall}) and specificity ({specificity}), however many there are of each class",
        recall=format_percent(float(curve.recall[place])),
        specificity=format_percent(1 - float(curve.false_positive_rate[place])),
    )
    return _point(curve, place, why)


def _point(
    curve: Curve, place: int, why: Sentence, *, threshold: float | None = None, met: bool = True, cost: float | None = None
) -> OperatingPoint:
    """The point at a place of the curve; -1 is before its first, where nothing is called positive."""
    hits, alarms = (float(curve.true_positives[place]), float(curve.false_positives[place])) if place >= 0 else (0.0, 0.0)
    if threshold is None:
        threshold = float(curve.thresholds[place]) if place >= 0 else math.inf
    return OperatingPoint(
        threshold=threshold,
        true_positives=hits,
        false_positives=alarms,
        false_negatives=curve.positives - hits,
        true_negatives=curve.negatives - alarms,
        why=why,
        met=met,
        cost=cost,
    )


def _both(curve: Curve) -> None:
    if not (curve.positives and curve.negatives):
        raise DataError(
            say("a threshold is chosen from samples of both classes: there are {positives} positive and {negatives} negative ones",
                positives=f"{curve.positives:g}", negatives=f"{curve.negatives:g}")
        )  # fmt: skip


def _within(name: str, value: float) -> None:
    if not 0 < value <= 1:
        raise PlanError(say("{name} lies between 0 and 1, not {found!r}", name=name, found=value))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _still(values: Array) -> Array:
    values.flags.writeable = False
    return values
