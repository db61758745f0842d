"""`ConfusionPanel`: a confusion matrix that is seen while it is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from nbperf.errors import PlanError
from nbperf.panels import frames
from nbperf.panels.base import Panel
from nbperf.panels.behind import LISTED, Behind, places, plain, shown
from nbperf.panels.confusion_words import words
from nbperf.panels.history import History
from nbperf.panels.saved import now
from nbperf.quality.confusion import ConfusionMatrix
from nbperf.words import Sentence, say

if TYPE_CHECKING:
    import pandas as pd

    from nbperf.views.picture import Picture

MODES = ("counts", "rows", "columns", "change")
MOST = 2000
"""Classes: four million cells are as many as a page draws."""
SMALL = 128
"""Classes up to which all cells are sent each time: they are as quick as a search for those that changed."""
REFRESH = 1.0
"""Seconds between messages with all cells of a large matrix, until a page has said that it follows."""


class ConfusionPanel(Panel):
    """A confusion matrix, live.

    Parameters
    ----------
    labels : iterable of str, int, ConfusionMatrix or array, optional
        The names of the classes or how many there are; or a matrix that is shown and counted on; or counts that are ready.
        Without it the classes are learned from the data.
    samples : sequence, optional
        What was classified, such as a torch Dataset or a list of texts: a click on a cell lists those behind it.
    names : iterable of str, optional
        The names of the classes where counts are given.

    Attributes
    ----------
    matrix : ConfusionMatrix
    mode : str
        ``"counts"``, ``"rows"`` or ``"columns"`` (shares of the true or the predicted class), ``"change"`` (to what was pinned).
    selected : list
        Row and column of the cell that was clicked, else empty.

    Examples
    --------
    ::

        with nbperf.ConfusionPanel(["cat", "dog"]) as panel:
            for inputs, targets in loader:
                panel.update(targets, model(inputs).argmax(1))
    """

    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    mode = traitlets.Enum(MODES, default_value="rows").tag(sync=True)
    selected = traitlets.List(traitlets.Int()).tag(sync=True)
    listing = traitlets.Dict().tag(sync=True)
    pinned_at = traitlets.Float().tag(sync=True)
    # What the traits of bytes hold is made when it is asked for: a page that opens late gets the numbers of that moment.
    frame = traitlets.Bytes().tag(sync=True, to_json=lambda _, panel: panel._whole())
    changes = traitlets.Bytes().tag(sync=True, to_json=lambda _, panel: b"")
    strip = traitlets.Bytes().tag(sync=True, to_json=lambda _, panel: panel._points())
    pinned = traitlets.Bytes().tag(sync=True, to_json=lambda _, panel: panel._pin_bytes())

    def __init__(self, labels: Any = None, *, samples: Any = None, names: Iterable[str] | None = None) -> None:
        self.matrix = _matrix(labels, names)
        if self.matrix.multilabel:
            raise PlanError(say("a panel shows one label a sample; this matrix counts several"))
        _check(len(self.matrix.labels))
        self._source = samples
        self._behind = Behind()
        self._history = History()
        self._pin: np.ndarray[Any, Any] | None = None
        self._sent: np.ndarray[Any, Any] | None = None
        self._base = 0
        self._dense_at = float("-inf")
        self._callbacks: list[Callable[[str, str, list[int]], object]] = []
        super().__init__(labels=list(self.matrix.labels))

    def update(self, y_true: Any, y_pred: Any, scores: Any = None, index: Any = None) -> None:
        """Count a batch; the picture follows.

        Parameters
        ----------
        y_true, y_pred : array-like
            A label a sample: of numpy, torch on any device, pandas, or lists.
        scores : array-like, optional
            Soft scores, a column a class.
        index : array-like, optional
            Where each sample of the batch stands in `samples`; not needed where the batch is all of them.

        Raises
        ------
        PlanError
            If the index does not fit. As with labels that cannot be counted, nothing of the batch is counted then.
        """
        at = self._index(index, y_true)
        with self._guard:
            before, right = self.matrix.total, self._right()
            self.matrix.update(y_true, y_pred, scores=scores)
            names = self.matrix.labels
            if at is not None:
                self._behind.add(places(y_true, names), places(y_pred, names), at)
            self._history.add(self._right() - right, self.matrix.total - before, self.matrix.accuracy)
            if len(names) != len(self.labels) or list(names) != self.labels:
                _check(len(names))
                self._pin = None
                self._behind.clear()  # the places are others now
                self.labels = list(names)
        self._touch()

    def _index(self, index: Any, y_true: Any) -> np.ndarray[Any, Any] | None:
        """Where the samples of a batch stand, if that is known."""
        if index is None:
            whole = self._source is not None and hasattr(self._source, "__len__") and len(self._source) == len(y_true)
            return np.arange(len(y_true)) if whole else None
        found = plain(index)
        if found.dtype.kind not in "iu" or len(found) != len(y_true):
            raise PlanError(say("index has {found} whole numbers for {count} samples", found=len(found), count=len(y_true)))
        return found

    def _right(self) -> float:
        return self.matrix.accuracy * self.matrix.total if self.matrix.total else 0.0

    def refresh(self) -> None:
        """Show the matrix after it was counted on elsewhere."""
        with self._guard:
            if list(self.matrix.labels) != self.labels:
                self.labels = list(self.matrix.labels)
        self._touch()

    def pin(self) -> None:
        """Keep the state of now; the mode "change" shows what differs from it."""
        with self._guard:
            self._pin = np.array(self.matrix.counts)
            self._seq += 1
            pinned = self._pin_bytes()
            self.pinned_at = float(self._history.seen)
        self._push(pinned=pinned)

    def reset(self) -> None:
        """Count from nothing, as for the next epoch; the score over time and what was pinned stay."""
        with self._guard:
            self.matrix = self.matrix.empty()
            self._behind.clear()
        self._touch()

    def on_select(self, callback: Callable[[str, str, list[int]], object]) -> None:
        """Call ``callback(true, predicted, indices)`` when a cell is clicked; what it raises is shown under the panel."""
        self._callbacks.append(callback)

    def to_frame(self) -> pd.DataFrame:
        """The counts: a row for each true class, a column for each predicted one."""
        import pandas as pd

        with self._guard:
            names = list(self.matrix.labels)
            return pd.DataFrame(np.array(self.matrix.counts), index=pd.Index(names, name="true"), columns=pd.Index(names, name="predicted"))

    # Answers to the browser.

    def _asked(self, kind: str) -> None:
        if kind == "pin":
            self.pin()

    @traitlets.observe("selected")
    def _list(self, change: Any) -> None:
        if len(change.new) != 2:
            self.listing = {}
            return
        row, column = change.new
        with self._guard:
            names = self.matrix.labels
            if not (0 <= row < len(names) and 0 <= column < len(names)):
                return
            true, predicted = names[row], names[column]
            indices = self._behind.of(row, column).tolist()
        try:
            items = [{"index": index, **shown(self._source[index])} for index in indices[:LISTED]] if self._source is not None else []
        except Exception as error:  # noqa: BLE001 - samples are the user's own code
            self._complain(error)
            items = []
        self.listing = {"row": row, "column": column, "total": len(indices), "items": items, "title": self._title(true, predicted, indices)}
        for callback in self._callbacks:
            callback(true, predicted, indices)

    def _title(self, true: str, predicted: str, indices: list[int]) -> str:
        cell = Sentence("true {true}, predicted {predicted}", true=true, predicted=predicted)
        if indices and self._source is not None:
            return say("{cell}: the newest of {n}", cell=cell, n=len(indices))
        if self._source is None:
            return "" if self._callbacks else say("{cell}: a panel made with samples= lists them here", cell=cell)
        if not len(self._behind):
            return say("which samples these were is not known: give update() their index=")
        return say("{cell}: no sample", cell=cell)

    # The live face.

    def _words(self) -> dict[str, str]:
        return words()

    def _stamp(self) -> frames.Stamp:
        return frames.Stamp(self._seq, now(), self._updates)

    def _whole(self) -> bytes:
        with self._guard:
            return frames.dense(self.matrix.counts, self._stamp())

    def _points(self) -> bytes:
        with self._guard:
            return self._history.points().tobytes()

    def _pin_bytes(self) -> bytes:
        with self._guard:
            return b"" if self._pin is None else frames.dense(self._pin, self._stamp())

    def _again(self) -> None:
        with self._guard:
            self._sent = None  # so that the next message holds all cells
        self._pace.touch()

    def _news(self) -> dict[str, bytes]:
        counts, stamp = self.matrix.counts, self._stamp()
        points = self._points()
        sent, base = self._sent, self._base
        self._base = stamp.seq
        if len(counts) <= SMALL:
            self._sent = None
            return {"frame": frames.dense(counts, stamp), "strip": points}
        stale = not self._followed and stamp.at - self._dense_at >= REFRESH
        if sent is not None and sent.shape == counts.shape and sent.dtype == counts.dtype and not stale:
            flat, known = counts.reshape(-1), sent.reshape(-1)
            changed = np.flatnonzero(flat != known)
            if len(changed) * 3 < flat.size:
                known[changed] = flat[changed]
                return {"changes": frames.changes(changed, flat[changed], base, stamp), "strip": points}
        self._sent = np.array(counts)
        self._dense_at = stamp.at
        return {"frame": frames.dense(counts, stamp), "strip": points}

    # The saved face.

    def _draw(self, *, dark: bool) -> Picture:
        from nbperf.views.confusion_face import face

        mode = "rows" if self.mode == "change" and (self._pin is None or len(self._pin) != len(self.matrix.labels)) else self.mode
        return face(
            np.array(self.matrix.counts), self.matrix.labels, self._history.points(), mode=mode,
            pinned=self._pin, pinned_at=self.pinned_at, dark=dark,
        )  # fmt: skip

    def _text(self) -> str:
        from nbperf.panels.confusion_text import text

        return text(self.matrix.counts, self.matrix.labels)


def _matrix(labels: Any, names: Iterable[str] | None) -> ConfusionMatrix:
    """What a panel is made of: a matrix itself, counts, or the classes of a new one."""
    if isinstance(labels, ConfusionMatrix):
        return labels
    rows = isinstance(labels, list | tuple) and labels and all(isinstance(row, list | tuple) for row in labels)
    if rows or getattr(labels, "ndim", 0) == 2:
        return ConfusionMatrix.from_counts(labels, names)
    if names is not None:
        raise PlanError(say("names= belongs to counts: the classes are named already"))
    return ConfusionMatrix(labels)


def _check(classes: int) -> None:
    if classes > MOST:
        raise PlanError(say("{n} classes are more than a panel shows: at most {most}", n=classes, most=MOST))
