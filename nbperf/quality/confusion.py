"""`ConfusionMatrix`: what was right and what was taken for what, counted batch by batch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nbperf.errors import DataError, PlanError, RecordError
from nbperf.quality import findings as rules
from nbperf.quality import intervals, ratios
from nbperf.quality.inputs import Array, as_array, column, flat, indicator, weights_of
from nbperf.quality.labels import Labels
from nbperf.quality.ratios import Average, Tallies
from nbperf.quality.soft import Soft, checked
from nbperf.words import say

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbperf.core.records import Finding

SPARSE = 4
"""Cells per sample above which a batch is added sample by sample: a thousand classes have a million cells."""


class ConfusionMatrix:
    """Counts of true classes (rows) against predicted ones (columns), updated batch by batch.

    Parameters
    ----------
    labels : iterable or int, optional
        The classes in order, or how many there are; integers in the data are their values where the labels are
        integers, and positions where they have names. Without it they are learned from the data and kept sorted.

    Attributes
    ----------
    version : int
        Grows by one with every change, so that a panel knows when to draw again.

    Notes
    -----
    A ratio of nothing by nothing, such as the precision of a class that was never predicted, is 0.0 as in
    scikit-learn; ``zero_division=`` of each method says otherwise. With weights, counts are sums of weights, and
    intervals are those of (Σw)²/Σw² samples (Kish, 1965).

    Of several labels a sample (rows of 0 and 1) there is one 2 × 2 matrix a class, ``[[TN, FP], [FN, TP]]``.

    Examples
    --------
    >>> import nbperf
    >>> matrix = nbperf.ConfusionMatrix(["cat", "dog"])
    >>> matrix.update(["cat", "cat", "dog"], ["cat", "dog", "dog"])
    >>> matrix.counts.tolist()
    [[1, 1], [0, 1]]
    >>> matrix.update([1, 1], [1, 0])          # positions, as a model gives them
    >>> matrix.accuracy, matrix.recall(average=None).round(2).tolist()
    (0.6, [0.5, 0.67])
    """

    def __init__(self, labels: Iterable[Hashable] | int | None = None) -> None:
        self._lock = Lock()  # a panel takes its snapshot while a training thread updates
        self._labels = Labels.given(labels)
        self._several: bool | None = None  # several labels a sample; None until the data says
        self._counts: Array = np.zeros((len(self._labels),) * 2, dtype=np.int64)
        self._total: float = 0
        self._exact: float | None = 0
        self._squares: float = 0  # sum of squared weights
        self._soft: Soft | None = None
        self._unscored = False
        self._frozen = False
        self.version = 0

    @classmethod
    def from_counts(cls, cm: Any, labels: Iterable[Hashable] | None = None) -> Self:
        """A matrix that was counted elsewhere.

        Parameters
        ----------
        cm : array-like
            Classes × classes with true classes as rows, or classes × 2 × 2 of several labels a sample.
        labels : iterable, optional
            0, 1, 2, … by default.

        Raises
        ------
        DataError
            If the shape is another one, a count is negative or not finite, or there are more or fewer labels.

        Examples
        --------
        >>> ConfusionMatrix.from_counts([[50, 2], [5, 43]]).accuracy
        0.93
        """
        found = as_array(cm, "cm")
        square = found.ndim == 2 and found.shape[0] == found.shape[1]
        if not square and not (found.ndim == 3 and found.shape[1:] == (2, 2)):
            raise DataError(
                say("cm has the shape {shape}: it is classes × classes, or classes × 2 × 2 of several labels a sample", shape=found.shape)
            )
        if found.dtype.kind not in "iuf" or not (np.isfinite(found) & (found >= 0)).all():
            raise DataError(say("cm holds something that is no count: a negative or no number"))
        made = cls(len(found) if labels is None else labels)
        if len(made._labels) != len(found):
            raise DataError(say("there are {found} labels for {count} classes", found=len(made._labels), count=len(found)))
        made._several = not square
        # In rows, whatever order it came in: update() adds to a flat view of it.
        made._counts = found.astype(np.float64 if found.dtype.kind == "f" and (found % 1).any() else np.int64, order="C")
        totals = made._counts.sum() if square else made._counts.sum((1, 2))
        if not square and (totals != totals[0]).any():
            raise DataError(say("the 2 × 2 matrices hold different numbers of samples"))
        made._total = (totals if square else totals[0]).item()
        made._exact = None  # the counts do not tell in how many samples all labels were right
        made._squares = made._total
        made._unscored = made._total > 0
        made.version = int(made._total > 0)
        return made

    def update(self, y_true: Any, y_pred: Any, *, weights: Any = None, scores: Any = None) -> None:
        """Count a batch.

        Parameters
        ----------
        y_true, y_pred : array-like
            Labels, one a sample; or rows of 0 and 1, a column a class. Of numpy, torch (on any device), pandas, or lists.
        weights : array-like, optional
            One a sample.
        scores : array-like, optional
            Soft scores, a column a class in the order of the labels; of two classes, that of the second may stand alone.
            They give `top` and, where they are probabilities, `calibration_error`; the scores themselves are not kept.

        Raises
        ------
        DataError
            If something in it cannot be counted. Nothing of the batch is counted then.
        """
        self._changeable()
        true, predicted = as_array(y_true, "y_true"), as_array(y_pred, "y_pred")
        # Rows of 0 and 1 are known by y_true: rows of scores as y_pred are a slip that `flat` explains.
        several = true.ndim == 2 and true.shape[1] > 1 if self._several is None else self._several
        with self._lock:
            (self._update_several if several else self._update)(true, predicted, weights, scores)

    def _update(self, y_true: Array, y_pred: Array, weights: Any, scores: Any) -> None:
        true, predicted = column(flat(y_true, "y_true"), "y_true"), column(flat(y_pred, "y_pred"), "y_pred")
        count = _same_length(len(true), len(predicted))
        labels = self._labels
        rows, columns = labels.positions(true, "y_true"), labels.positions(predicted, "y_pred")
        if rows is None or columns is None:
            labels = labels.grown(true, predicted)
            rows, columns = labels.positions(true, "y_true"), labels.positions(predicted, "y_pred")
            assert rows is not None
            assert columns is not None
        weight = None if weights is None else weights_of(weights, count)
        soft = None
        if scores is not None:
            given = checked(scores, count)
            labels, given = _scored(labels, given)
            if labels.texts != self._labels.texts:  # the classes that only the scores have come first or between
                rows, columns = labels.positions(true, "y_true"), labels.positions(predicted, "y_pred")
            assert rows is not None
            assert columns is not None
            soft = Soft.of(given, rows, columns, weight)
        if not count:
            return
        self._relabel(labels)
        size = len(labels)
        places = rows * size + columns
        if weight is not None and self._counts.dtype.kind == "i":
            self._counts = self._counts.astype(float)
        if size * size <= SPARSE * count:
            self._counts += np.bincount(places, weight, minlength=size * size).reshape(size, size)
        else:
            np.add.at(self._counts.reshape(-1), places, 1 if weight is None else weight)
        self._several = False
        self._committed(count, weight, soft)

    def _update_several(self, y_true: Array, y_pred: Array, weights: Any, scores: Any) -> None:
        true, predicted = indicator(y_true, "y_true"), indicator(y_pred, "y_pred")
        count = _same_length(len(true), len(predicted))
        classes = true.shape[1]
        labels = self._labels if len(self._labels) else Labels(tuple(map(str, range(classes))), fixed=True, integers=True)
        for name, found in (("y_true", true), ("y_pred", predicted)):
            if found.shape[1] != len(labels):
                raise DataError(say("{name} has {found} columns for {count} classes", name=name, found=found.shape[1], count=len(labels)))
        weight = None if weights is None else weights_of(weights, count)
        soft = None
        if scores is not None:
            given = checked(scores, count)
            if given.shape != true.shape:
                raise DataError(say("scores have the shape {shape}, and the labels {other}", shape=given.shape, other=true.shape))
            soft = Soft.of_several(given, true, weight)
        if not count:
            return
        places = np.arange(classes) * 4 + true * 2 + predicted
        spread = None if weight is None else np.repeat(weight, classes)
        found = np.bincount(places.ravel(), spread, minlength=4 * classes).reshape(classes, 2, 2)
        right = (true == predicted).all(1)
        self._counts = self._counts + found if self._several else found
        self._labels = labels
        self._several = True
        if self._exact is not None:
            self._exact += (right.sum() if weight is None else weight[right].sum()).item()
        self._committed(count, weight, soft)

    def _committed(self, count: int, weight: Array | None, soft: Soft | None) -> None:
        self._total += count if weight is None else weight.sum().item()
        self._squares += count if weight is None else (weight**2).sum().item()
        if soft is None:
            self._unscored = True
        else:
            self._soft = soft if self._soft is None else self._soft + soft
        self.version += 1

    def _relabel(self, labels: Labels) -> None:
        """Room for more classes; the counts move with theirs."""
        if labels is self._labels:
            return
        if self._several:
            counts = np.zeros((len(labels), 2, 2), dtype=self._counts.dtype)
            counts[:, 0, 0] = self._total  # of a class nobody knew, there was none and none was predicted
            counts[self._labels.places_in(labels)] = self._counts
        else:
            counts = np.zeros((len(labels),) * 2, dtype=self._counts.dtype)
            places = self._labels.places_in(labels)
            counts[np.ix_(places, places)] = self._counts
        self._labels, self._counts = labels, counts

    def _changeable(self) -> None:
        if self._frozen:
            raise PlanError(say("a snapshot does not change: update the matrix it was taken of"))

    def merge(self, other: ConfusionMatrix) -> Self:
        """Add the counts of another matrix to this one, such as that of another process; gives itself.

        The classes are united: those that were given keep their order, learned ones are sorted.

        Raises
        ------
        DataError
            If one counts one label a sample and the other several.
        """
        self._changeable()
        theirs = other.snapshot()
        with self._lock:
            if None not in (self._several, theirs._several) and self._several != theirs._several:
                raise DataError(say("one matrix has one label a sample and the other several: they have no sum"))
            labels = self._labels.united(theirs._labels)
            if theirs._several is not None:
                if self._several is None and theirs._several:
                    self._counts = np.zeros((len(self._labels), 2, 2), dtype=np.int64)
                self._several = theirs._several
            else:
                theirs._several = self._several
                if self._several:
                    theirs._counts = np.zeros((len(theirs._labels), 2, 2), dtype=np.int64)
            theirs._relabel(labels)
            self._relabel(labels)
            self._counts = self._counts + theirs._counts
            self._total += theirs._total
            self._squares += theirs._squares
            self._exact = None if self._exact is None or theirs._exact is None else self._exact + theirs._exact
            if theirs._soft is not None:
                self._soft = theirs._soft if self._soft is None else self._soft + theirs._soft
            self._unscored = self._unscored or theirs._unscored
            self.version += 1
        return self

    def __add__(self, other: ConfusionMatrix) -> ConfusionMatrix:
        if not isinstance(other, ConfusionMatrix):
            return NotImplemented
        return self._copy().merge(other)

    def snapshot(self) -> ConfusionMatrix:
        """An independent copy that stays as it is."""
        made = self._copy()
        made._frozen = True
        return made

    def empty(self) -> ConfusionMatrix:
        """A new one of the same classes, in which nothing is counted; integers in the data mean the same to it.

        Examples
        --------
        >>> matrix = ConfusionMatrix.from_counts([[9, 1], [2, 8]], ["cat", "dog"])
        >>> matrix.empty().labels, matrix.empty().total
        (('cat', 'dog'), 0)
        """
        made = ConfusionMatrix()
        made._labels = self._labels
        made._counts = np.zeros_like(self._counts, dtype=np.int64)
        made._several = self._several
        return made

    def _copy(self) -> ConfusionMatrix:
        made = ConfusionMatrix()
        with self._lock:
            for name, value in vars(self).items():
                if name not in {"_lock", "_frozen"}:
                    setattr(made, name, value)
            made._counts = self._counts.copy()
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Plain data and arrays: what was counted in one process can be added up in another."""
        copy = self._copy()
        soft = copy._soft
        return {
            "labels": copy._labels.texts, "fixed": copy._labels.fixed, "integers": copy._labels.integers, "several": copy._several,
            "counts": copy._counts, "total": copy._total, "exact": copy._exact, "squares": copy._squares, "unscored": copy._unscored,
            "soft": None if soft is None else (soft.ranks, soft.bins, soft.likely), "frozen": self._frozen, "version": copy.version,
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._lock = Lock()
        self._labels = Labels(state["labels"], fixed=state["fixed"], integers=state["integers"])
        self._soft = None if state["soft"] is None else Soft(*state["soft"])
        for name in ("several", "counts", "total", "exact", "squares", "unscored", "frozen"):
            setattr(self, f"_{name}", state[name])
        self.version = state["version"]

    def __repr__(self) -> str:
        """One line."""
        known = f", accuracy={self.accuracy:.3g}" if self._total and not (self._several and self._exact is None) else ""
        return f"ConfusionMatrix({len(self._labels)} classes, total={self._total:g}{known})"

    @property
    def counts(self) -> Array:
        """A copy of the counts, true classes as rows; of several labels a sample, classes × 2 × 2."""
        return self._counts.copy()

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in order."""
        return self._labels.texts

    @property
    def total(self) -> float:
        """Samples counted, or the sum of their weights."""
        return self._total

    @property
    def multilabel(self) -> bool:
        """Whether a sample has several labels."""
        return bool(self._several)

    @property
    def support(self) -> Array:
        """Samples that are of each class."""
        return self._tallies().true

    @property
    def predicted(self) -> Array:
        """Samples that were predicted to be of each class."""
        return self._tallies().predicted

    def _tallies(self) -> Tallies:
        return ratios.of_pairs(self._counts, self._total) if self._several else ratios.of_matrix(self._counts)

    @property
    def size(self) -> float:
        """How many samples of equal weight the counts are worth, for intervals."""
        return self._total**2 / self._squares if self._squares else 0.0

    @property
    def accuracy(self) -> float:
        """Share of samples that are right; of several labels a sample, in all of them. NaN without a sample.

        Raises
        ------
        RecordError
            If a matrix of several labels was made from counts, which do not tell.
        """
        return self._right() / self._total if self._total else float("nan")

    def _right(self) -> float:
        if not self._several:
            return float(np.trace(self._counts))
        if self._exact is None:
            raise RecordError(
                say("counts alone do not tell in how many samples every label is right: use update(), or f1(average='micro')")
            )
        return self._exact

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that there are samples of (Brodersen et al., 2010)."""
        return self._whole("balanced_accuracy")

    @property
    def mcc(self) -> float:
        """Matthews' correlation coefficient, for several classes (Gorodkin, 2004); 0 where one side has one class only."""
        return self._whole("mcc")

    @property
    def kappa(self) -> float:
        """Cohen's kappa (1960): agreement beyond chance; NaN where chance alone agrees always."""
        return self._whole("kappa")

    def _whole(self, score: str) -> float:
        if self._several:
            raise RecordError(
                say("{score} is of one label a sample, and here there are several: precision, recall, f1 and specificity have averages",
                    score=score)
            )  # fmt: skip
        return float(ratios.single(ratios.of_matrix(self._counts), score, None))

    def precision(self, average: Average = "macro", *, zero_division: float = 0.0) -> Any:
        """Right ones among those predicted: TP / (TP + FP).

        Parameters
        ----------
        average : {"macro", "micro", "weighted", "binary", None}
            The plain mean over classes; all counted together; the mean weighted by support; the second of two classes;
            None gives an array with a value a class.
        zero_division : float
            What nothing by nothing is; with NaN such a class is left out of the means.

        Returns
        -------
        float or ndarray
        """
        return self._averaged("precision", average, zero_division)

    def recall(self, average: Average = "macro", *, zero_division: float = 0.0) -> Any:
        """Found ones among those there are: TP / (TP + FN); parameters as of `precision`."""
        return self._averaged("recall", average, zero_division)

    def f1(self, average: Average = "macro", *, zero_division: float = 0.0) -> Any:
        """Harmonic mean of the two: 2 TP / (2 TP + FP + FN); parameters as of `precision`."""
        return self._averaged("f1", average, zero_division)

    def specificity(self, average: Average = "macro", *, zero_division: float = 0.0) -> Any:
        """Left alone among those of other classes: TN / (TN + FP); parameters as of `precision`."""
        return self._averaged("specificity", average, zero_division)

    def _averaged(self, score: str, average: Average, zero: float) -> Any:
        found = ratios.averaged(self._tallies(), score, average, zero)
        return found if average is None else float(found)

    def top(self, k: int) -> float:
        """Share of samples whose true class is among the k with the highest scores.

        Of equal scores the later class counts as the higher one, as in scikit-learn's ``top_k_accuracy_score``.

        Raises
        ------
        RecordError
            If not every update had scores, or a sample has several labels.
        PlanError
            If k is no whole number from 1.
        """
        if type(k) is not int or k < 1:
            raise PlanError(say("{name} must be a whole number of at least {least}, not {found!r}", name="k", least=1, found=k))
        if self._several:
            raise RecordError(say("top is of one label a sample, and here there are several"))
        return self._scored().top(k)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the predicted class's probability, 15 bins of equal width (Guo et al., 2017).

        Of several labels a sample, of each class's own probability.

        Raises
        ------
        RecordError
            If not every update had scores, or they are no probabilities.
        """
        soft = self._scored()
        if not soft.likely:
            raise RecordError(say("the scores are no probabilities: give softmax(scores) as scores="))
        return soft.calibration_error()

    def _scored(self) -> Soft:
        if self._soft is None or self._unscored:
            raise RecordError(say("not every sample came with soft scores: give them to each update() as scores="))
        return self._soft

    def interval(
        self, score: str = "accuracy", average: Average = "macro", *, confidence: float = 0.95, zero_division: float = 0.0
    ) -> tuple[Any, Any]:
        """How well the counts hold a score.

        Wilson's interval for what is a proportion: accuracy, and precision, recall and specificity of a class or counted
        together. For the others matrices are drawn, multinomial with a fixed seed, and the interval lies between
        percentiles of their scores (Efron, 1979). Where every drawn matrix is as perfect as this one, a few wrong
        guesses are added as in Wilson's interval. Of several labels a sample the classes are drawn one by one.

        Parameters
        ----------
        score : str
            "accuracy", "balanced_accuracy", "mcc", "kappa", "precision", "recall", "f1" or "specificity".
        average : {"macro", "micro", "weighted", "binary", None}
            For the last four; None gives arrays.
        confidence : float
        zero_division : float

        Returns
        -------
        (low, high)

        Raises
        ------
        PlanError
            If there is no such score or average.

        Examples
        --------
        >>> low, high = ConfusionMatrix.from_counts([[9, 1], [2, 8]]).interval("accuracy")
        >>> f"{low:.2f} {high:.2f}"
        '0.64 0.95'
        """
        known = (*ratios.OVER_ALL, *ratios.PER_CLASS)
        if score not in known:
            raise PlanError(say("there is no score {found!r}; there are {known}", found=score, known=", ".join(known)))
        if not 0 < confidence < 1:
            raise PlanError(say("confidence lies between 0 and 1, not {found!r}", found=confidence))
        if score == "accuracy":
            return self._accuracy_bounds(confidence)
        if score in ratios.OVER_ALL:
            self._whole(score)  # raises where there is none
            average = None
        else:
            self._averaged(score, average, zero_division)
        return self._bounds([(score, average)], confidence, zero_division)[score, average]

    def _accuracy_bounds(self, confidence: float) -> tuple[float, float]:
        scale = self.size / self._total if self._total else 1.0
        low, high = intervals.wilson(np.array(self._right() * scale), np.array(self.size), confidence)
        return float(low), float(high)

    def _bounds(self, wanted: Sequence[intervals.Wanted], confidence: float, zero: float) -> dict[intervals.Wanted, tuple[Any, Any]]:
        held = intervals.Held(self._counts, self._tallies(), self.size)
        return intervals.bounds(held, wanted, confidence=confidence, zero=zero)

    def scores(self, *, confidence: float = 0.95, zero_division: float = 0.0) -> DataFrame:
        """Every score with its interval.

        Returns
        -------
        DataFrame
            A row a class, and accuracy, macro, micro, weighted; the columns precision, recall, f1 and specificity, each
            with "low" and "high" behind it, and support.

        Examples
        --------
        >>> table = ConfusionMatrix.from_counts([[9, 1], [2, 8]], ["cat", "dog"]).scores()
        >>> table.loc["cat", ["precision low", "precision", "precision high"]].round(2).tolist()
        [0.52, 0.82, 0.95]
        """
        from nbperf.quality.frames import of_scores

        return of_scores(self.snapshot(), confidence, zero_division)

    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing about these counts, the gravest first; each a cause with a remedy, as data.

        Examples
        --------
        >>> matrix = ConfusionMatrix.from_counts([[900, 0], [100, 0]], ["well", "ill"])
        >>> [finding.code for finding in matrix.findings()]
        ['no-better-than-guessing', 'never-predicted']
        """
        return rules.diagnose(self.snapshot())


def _same_length(true: int, predicted: int) -> int:
    if true != predicted:
        raise DataError(say("y_true has {true} samples and y_pred {predicted}: they belong together", true=true, predicted=predicted))
    return true


def _scored(labels: Labels, scores: Array) -> tuple[Labels, Array]:
    """The labels and scores that fit each other: two columns of one, and classes that no sample has had yet."""
    if scores.ndim == 1:
        scores = np.stack([1 - scores, scores], axis=1)
    columns = scores.shape[1]
    learned = not labels.fixed and labels.integers and all(0 <= int(label) < columns for label in labels.texts)
    if learned and columns != len(labels):
        labels = Labels(tuple(map(str, range(columns))), fixed=False, integers=True)
    if columns != len(labels) or not (labels.fixed or learned):  # learned names do not say which column is theirs
        raise DataError(
            say("scores have {found} columns for {count} classes: name the classes in their order with labels=",
                found=columns, count=len(labels))
        )  # fmt: skip
    return labels, scores
