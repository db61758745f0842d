"""`evaluate`: a model over data, counted and measured batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from nbperf.core.records import Absence
from nbperf.errors import DataError, PlanError
from nbperf.measuring import batches, models
from nbperf.measuring.progress import Progress
from nbperf.measuring.recorder import Recorder
from nbperf.probes.base import Probe
from nbperf.quality.confusion import ConfusionMatrix
from nbperf.quality.evaluation import Evaluation
from nbperf.quality.outputs import Outputs, Reader
from nbperf.words import say

MEASURED = 1000
"""Batches whose readings are kept, from the first: those after them are counted only."""


def evaluate(
    model: Any,
    data: Any,
    *,
    labels: Iterable[Hashable] | int | None = None,
    batch_size: int = 256,
    outputs: Outputs = "auto",
    threshold: float = 0.5,
    scores: bool | None = None,
    label: str = "",
    warmups: int = 1,
    also: Sequence[str] = (),
    progress: bool | None = None,
    probes: Callable[[], tuple[Sequence[Probe], Sequence[Absence]]] | None = None,
) -> Evaluation:
    """Run a model over data: how often is it right, how well is that known, and what does it take?

    A torch module runs in inference mode and evaluation state, on the device where it is; every part of it is in the state
    it was in afterwards, also after an exception. Neither the model nor the data is changed.

    Parameters
    ----------
    model : torch.nn.Module, estimator with ``predict``, Keras model, or callable
    data : (X, y) or iterable of (x, y)
        Two arrays, which are cut into batches; a DataLoader, or whatever else gives batches. A tuple or list of arrays as x
        is what the model takes one after the other, a dict by name.
    labels : iterable or int, optional
        The classes in the order of the outputs; as of `ConfusionMatrix`.
    batch_size : int
        Of batches that are cut from (X, y).
    outputs : {"auto", "labels", "probabilities", "logits"}
        What the model gives. Rows of scores have the class of the highest predicted. A single score a sample, or one for
        each of several labels, counts as a logit where any in the data lies outside 0 to 1. Labels as rows with a single 1 are
        one class a sample where the outputs are distributions; for logits give ``y.argmax(1)``.
    threshold : float
        The probability from which on such a class is predicted.
    scores : bool, optional
        Whether soft scores are looked at, for top-k and calibration. By default where the outputs hold them; True asks
        scikit-learn's ``predict_proba`` as well, outside the time that is measured.
    label : str
        The model's own name by default.
    warmups : int
        How often the first batch runs before it counts; kept apart in ``run.warmups``.
    also : sequence of str
        Optional probes beside the default ones.
    progress : bool, optional
        False shows no line while it runs; there is one in notebooks only.
    probes : callable, optional
        Gives the probes of a window instead of the catalog, as ``nbperf.testing`` does.

    Returns
    -------
    Evaluation
        ``.accuracy`` with ``.interval``, ``.scores()``, ``.matrix``, ``.latency``, ``.throughput``, ``.per()``,
        ``.findings()``, and all readings in ``.run``.

    Raises
    ------
    PlanError
        If the model cannot be called, or an argument is out of range.
    DataError
        If the data is no batches, or labels and outputs do not fit each other.

    Examples
    --------
    >>> import nbperf
    >>> found = nbperf.evaluate(lambda x: [value > 2 for value in x], ([1, 2, 3, 4], [0, 0, 1, 0]))
    >>> found.accuracy
    0.75
    >>> found.matrix.counts.tolist()
    [[2, 1], [0, 1]]
    """
    if type(warmups) is not int or warmups < 0:
        raise PlanError(say("{name} must be a whole number of at least {least}, not {found!r}", name="warmups", least=0, found=warmups))
    called = models.adapted(model)
    walked, total = batches.of(data, batch_size)
    soft = bool(scores) and called.classes is not None
    matrix = ConfusionMatrix(called.classes if labels is None and soft else labels)
    reader = Reader("labels" if called.labelled and outputs == "auto" else outputs, threshold)
    name = label or called.name
    recorder = Recorder(name, also=also, probes=probes, warmups=warmups)
    sizes: list[int] = []
    samples = 0

    def measured(x: Any) -> Any:
        window = recorder.window()
        error: type[BaseException] | None = None
        window.open()
        try:
            return called(x)
        except BaseException as raised:
            error = type(raised)
            raise
        finally:
            recorder.add(window, window.close(), error)

    with called.ready(), Progress(name, total, progress) as line:
        for number, (x, y) in enumerate(walked):
            count = batches.length(y) or 0
            if not count:
                continue
            if not samples:
                for _ in range(warmups):
                    measured(called.prepared(batches.own(x)))
            ready = called.prepared(batches.own(x))
            if len(sizes) < MEASURED:
                output = measured(ready)
                sizes.append(count)
            else:
                output = called(ready)
            given = called.soft(called.prepared(x)) if soft else None
            for each in reader.read(y, output):
                matrix.update(each.true, each.predicted, scores=given if given is not None else None if scores is False else each.scores)
            samples += count
            line.step(number + 1, samples)
        for each in reader.rest():
            matrix.update(each.true, each.predicted, scores=None if scores is False else each.scores)
    if not samples:
        raise DataError(say("there is no sample in data: a generator gives its batches only once"))
    return Evaluation(label=name, matrix=matrix.snapshot(), run=recorder.run(), sizes=tuple(sizes))
