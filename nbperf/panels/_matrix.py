"""Stands in for `ConfusionMatrix` of nbperf.quality.confusion until that lands: the same names, no more than a panel needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nbperf.errors import PlanError
from nbperf.panels.behind import places, plain


class ConfusionMatrix:
    """Counts of true (rows) and predicted (columns) classes."""

    multilabel = False

    def __init__(self, labels: Iterable[Any] | int | None = None) -> None:
        self.labels: tuple[str, ...] = tuple(map(str, range(labels) if isinstance(labels, int) else labels or ()))
        self.counts: np.ndarray[Any, Any] = np.zeros((len(self.labels),) * 2, dtype=np.int64)
        self.total: float = 0
        self.version = 0

    @classmethod
    def from_counts(cls, cm: Any, labels: Iterable[Any] | None = None) -> ConfusionMatrix:
        """A ready matrix."""
        counts = np.array(cm)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise PlanError(f"a confusion matrix is square, not {counts.shape}")
        made = cls(range(len(counts)) if labels is None else labels)
        if len(made.labels) != len(counts):
            raise PlanError(f"{len(made.labels)} labels for {len(counts)} classes")
        made.counts, made.total = counts, counts.sum().item()
        return made

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return float(np.trace(self.counts)) / self.total if self.total else float("nan")

    def update(self, y_true: Any, y_pred: Any, *, weights: Any = None, scores: Any = None) -> None:
        """Count a batch; an error leaves everything as it was."""
        true, predicted = plain(y_true), plain(y_pred)
        if len(true) != len(predicted):
            raise PlanError(f"{len(true)} true and {len(predicted)} predicted classes")
        labels = self.labels or tuple(str(label) for label in np.unique(np.concatenate([true, predicted])).tolist())
        rows, columns = places(true, labels), places(predicted, labels)
        if len(rows) and min(int(rows.min()), int(columns.min())) < 0:
            raise PlanError("a label that is none of the classes")
        n = len(labels)
        if labels is not self.labels:
            self.labels, self.counts = labels, np.zeros((n, n), dtype=np.int64)
        if n * n <= 4 * len(rows):
            self.counts += np.bincount(rows * n + columns, minlength=n * n).reshape(n, n)
        else:
            np.add.at(self.counts.reshape(-1), rows * n + columns, 1)
        self.total += len(rows)
        self.version += 1

    def snapshot(self) -> ConfusionMatrix:
        """The state as it is now."""
        return ConfusionMatrix.from_counts(self.counts, self.labels)
