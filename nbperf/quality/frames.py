"""Scores as a DataFrame: the one file of this folder that knows pandas, and imports it only when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbperf.quality.ratios import PER_CLASS, Average

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbperf.quality.confusion import ConfusionMatrix

AVERAGED: tuple[Average, ...] = ("macro", "micro", "weighted")
COLUMNS = (*(f"{score}{end}" for score in PER_CLASS for end in ("", " low", " high")), "support")


def of_scores(matrix: ConfusionMatrix, confidence: float, zero: float) -> DataFrame:
    """A row a class, and accuracy, macro, micro, weighted; each score with the bounds of its interval."""
    import pandas as pd

    classes: dict[str, Any] = {}
    means: dict[str, dict[str, Any]] = {str(average): {} for average in AVERAGED}
    bounds = matrix._bounds([(score, average) for score in PER_CLASS for average in (None, *AVERAGED)], confidence, zero)
    for score in PER_CLASS:
        value = getattr(matrix, score)
        low, high = bounds[score, None]
        classes |= {score: value(None, zero_division=zero), f"{score} low": low, f"{score} high": high}
        for average in AVERAGED:
            low, high = bounds[score, average]
            means[str(average)] |= {score: value(average, zero_division=zero), f"{score} low": low, f"{score} high": high}
    classes["support"] = matrix.support
    table = pd.DataFrame(classes, index=pd.Index(matrix.labels, dtype=object), columns=list(COLUMNS))
    rows: dict[str, dict[str, Any]] = {}
    if not (matrix.multilabel and matrix._exact is None):
        low, high = matrix.interval("accuracy", confidence=confidence)
        # Every one of the three, counted over all classes, is the accuracy where a sample has one label.
        same = {f"{score}{end}": value for score in PER_CLASS[:3] for end, value in (("", matrix.accuracy), (" low", low), (" high", high))}
        rows["accuracy"] = same | {f"specificity{end}": np.nan for end in ("", " low", " high")}
    support = matrix.support.sum()
    below = pd.DataFrame.from_dict(rows | means, orient="index", columns=list(COLUMNS[:-1]))
    below["support"] = [matrix.total if name == "accuracy" else support for name in below.index]
    return pd.concat([table, below])
