"""A confusion matrix in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbperf.core.snippets import shortened
from nbperf.words import say

MOST = 12
"""Classes up to which the cells are written out."""
NAME = 14


def text(counts: np.ndarray[Any, Any], labels: Sequence[str]) -> str:
    """The scores in a line, and the cells where there are few."""
    total = counts.sum().item()
    if not total:
        return say("Confusion matrix: nothing counted yet, {n} classes", n=len(labels))
    right = np.trace(counts).item()
    head = say("Confusion matrix: accuracy {accuracy}, {n} samples, {classes} classes",
               accuracy=f"{right / total:.3f}", n=f"{total:,.10g}", classes=len(labels))  # fmt: skip
    if len(labels) > MOST:
        return head
    names = [shortened(" ".join(label.split()), NAME) for label in labels]
    cells = [[f"{value:,.10g}" for value in row] for row in counts.tolist()]
    width = max(map(len, [*names, *(cell for row in cells for cell in row)]))
    first = max(map(len, [*names, say("true"), ""]))
    lines = [f"{say('true'):<{first}}  " + "  ".join(f"{name:>{width}}" for name in names)]
    lines += [f"{name:<{first}}  " + "  ".join(f"{cell:>{width}}" for cell in row) for name, row in zip(names, cells, strict=True)]
    return "\n".join([head, *lines])
