"""What counting a batch costs, beside scikit-learn and, where it is installed, torchmetrics: all of them in turn.

``python -m tests.benchmarks.quality`` prints the table. Every cell is the median time of one update; the ratio is the median
of the ratios round by round, so that a drifting machine drifts for all of them alike.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

import nbperf
from tests.benchmarks.tables import table

BATCH = 256
Update = Callable[[], object]


def contestants(classes: int, kind: str) -> dict[str, Update]:
    """One update each, of the same batch: ours first."""
    rng = np.random.default_rng(0)
    true, predicted = (rng.integers(0, classes, BATCH) for _ in range(2))
    matrix = nbperf.ConfusionMatrix(classes)
    found: dict[str, Update] = {}
    if kind == "numpy":
        from sklearn.metrics import confusion_matrix

        every = np.arange(classes)
        found["nbperf"] = lambda: matrix.update(true, predicted)
        found["scikit-learn"] = lambda: confusion_matrix(true, predicted, labels=every)
        return found
    import torch

    theirs = torch.tensor(true), torch.tensor(predicted)
    found["nbperf"] = lambda: matrix.update(*theirs)
    if importlib.util.find_spec("torchmetrics"):
        from torchmetrics.classification import BinaryConfusionMatrix, MulticlassConfusionMatrix

        for name, checked in (("torchmetrics", True), ("torchmetrics, unchecked", False)):
            metric = (
                BinaryConfusionMatrix(validate_args=checked) if classes == 2 else MulticlassConfusionMatrix(classes, validate_args=checked)
            )
            found[name] = lambda metric=metric: metric.update(theirs[1], theirs[0])
    return found


def compared(classes: int, kind: str, *, rounds: int = 30, loops: int = 20) -> dict[str, tuple[float, float]]:
    """Median seconds of each, and the median of its ratio to ours."""
    every = contestants(classes, kind)
    times: dict[str, list[float]] = {name: [] for name in every}
    for update in every.values():
        update()
    for _ in range(rounds):
        for name in random.sample(list(every), len(every)):
            update = every[name]
            start = perf_counter()
            for _ in range(loops):
                update()
            times[name].append((perf_counter() - start) / loops)
    ours = times["nbperf"]
    return {name: (median(found), median(a / b for a, b in zip(found, ours, strict=True))) for name, found in times.items()}


def main() -> None:
    """Print the table."""
    rows = [
        [str(classes), kind, name, f"{seconds * 1e6:.1f} µs", f"{ratio:.1f}"]
        for kind in ("numpy", "torch, CPU")
        for classes in (2, 10, 100, 1000)
        for name, (seconds, ratio) in compared(classes, kind).items()
    ]
    print(table(["classes", "labels", f"an update of {BATCH}", "time", "× nbperf"], rows))


if __name__ == "__main__":
    main()
