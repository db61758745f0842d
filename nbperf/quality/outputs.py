"""What a model gives for a batch becomes predicted classes and, where they are there, soft scores."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nbperf.errors import DataError, PlanError
from nbperf.quality.inputs import Array, as_array
from nbperf.quality.soft import ROUNDING
from nbperf.words import say

Outputs = Literal["auto", "labels", "probabilities", "logits"]
KINDS = ("auto", "labels", "probabilities", "logits")


class Predicted(NamedTuple):
    """A batch that can be counted."""

    true: Array
    predicted: Array
    scores: Array | None


class Reader:
    """Reads outputs batch by batch.

    Scores of one class alone, or of several labels a sample, may be logits or probabilities, and only a value outside 0
    to 1 tells. Such batches are held back until one is seen, or the data ends: nothing outside means probabilities.

    Parameters
    ----------
    outputs : {"auto", "labels", "probabilities", "logits"}
    threshold : float
        Probability from which on a class is predicted, where each has one of its own.

    Raises
    ------
    PlanError
        If there are no such outputs, or the threshold does not lie between 0 and 1.
    """

    def __init__(self, outputs: Outputs = "auto", threshold: float = 0.5) -> None:
        if outputs not in KINDS:
            raise PlanError(say("outputs are one of {known}, not {found!r}", known=", ".join(KINDS), found=outputs))
        if not 0 < threshold < 1:
            raise PlanError(say("threshold lies between 0 and 1, not {found!r}", found=threshold))
        self._outputs = outputs
        self._threshold = threshold
        self._held: list[tuple[Array, Array]] = []
        self._one_hot: bool | None = None

    def read(self, y_true: Any, output: Any) -> list[Predicted]:
        """The batches that are clear by now, in order.

        Raises
        ------
        DataError
            If it is neither labels nor scores.
        """
        true = as_array(y_true, "y_true")
        found = as_array(_first(output, len(true) if true.ndim else 0), "the model's output")
        found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
        wide = true.ndim == 2 and true.shape[1] > 1
        if wide and self._one_hot is None:
            # Rows that add up to 1 on both sides are one class a sample, as Keras likes to have it, and not several labels.
            self._one_hot = self._outputs in ("auto", "probabilities") and true.shape == found.shape and _adds_up(true) and _adds_up(found)
        if wide and self._one_hot:
            true, wide = true.argmax(1), False
        if self._outputs == "labels" or (self._outputs == "auto" and found.dtype.kind != "f" and (found.ndim == 1 or wide)):
            return [Predicted(true, found, None)]
        if found.dtype.kind not in "iuf" or found.ndim not in (1, 2):
            raise DataError(
                say("the model's output has the shape {shape} and the type {type}: it is one label, or one row of scores, a sample",
                    shape=found.shape, type=str(found.dtype))
            )  # fmt: skip
        found = found.astype(float)
        if not np.isfinite(found).all():
            raise DataError(say("a score is NaN or infinite: the model gave no number for it"))
        if found.ndim == 2 and not wide:
            return [Predicted(true, found.argmax(1), self._rows(found))]
        if self._outputs == "auto":
            self._held.append((true, found))
            if ((found >= 0) & (found <= 1)).all():
                return []
            self._outputs = "logits"
            return self.rest()
        return [self._alone(true, found)]

    def rest(self) -> list[Predicted]:
        """What was held back."""
        held, self._held = self._held, []
        return [self._alone(true, found) for true, found in held]

    def _alone(self, true: Array, found: Array) -> Predicted:
        if self._outputs == "logits":
            with np.errstate(over="ignore"):  # exp(1000) is infinite, and 1 / (1 + that) is 0 as it should be
                found = 1 / (1 + np.exp(-found))
        return Predicted(true, (found >= self._threshold).astype(np.int64), found)

    def _rows(self, found: Array) -> Array:
        """Probabilities of classes that exclude one another; softmax leaves the order, and log-probabilities, as they are."""
        if self._outputs == "probabilities" or (self._outputs == "auto" and _adds_up(found)):
            return found
        raised = np.exp(found - found.max(1, keepdims=True))
        return np.asarray(raised / raised.sum(1, keepdims=True))


def _adds_up(rows: Array) -> bool:
    """Whether every row is a distribution."""
    return rows.dtype.kind in "biuf" and bool((rows >= 0).all() and (np.abs(rows.sum(1, dtype=float) - 1) <= ROUNDING).all())


def _first(output: Any, count: int) -> Any:
    """The scores among what a model gives: ``.logits``, the entry of that name, or the first of several."""
    if isinstance(output, dict):
        return output["logits"] if "logits" in output else next(iter(output.values()), None)
    if hasattr(output, "logits"):
        return output.logits
    # Several outputs; a list may as well hold one row a sample.
    several = isinstance(output, tuple) or (isinstance(output, list) and len(output) != count)
    if several and output and getattr(output[0], "ndim", 0) > 0:
        return output[0]
    return output
