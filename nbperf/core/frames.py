"""Records as DataFrames: the one file of this floor that knows pandas, and imports it only when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbperf.core.lines import Line

COLUMNS = (
    "file", "function", "line", "source", "hits", "reads", "time", "increment", "own", "freed", "least", "mean", "most", "peak", "spike",
    "shared",
)  # fmt: skip


def of_lines(lines: Sequence[Line]) -> DataFrame:
    """The lines of a trace, a row each, with three columns more for every device."""
    import pandas as pd

    table = pd.DataFrame([[getattr(line, name) for name in COLUMNS] for line in lines], columns=list(COLUMNS))
    for device in dict.fromkeys(each.device for line in lines for each in line.devices):
        found = [next((each for each in line.devices if each.device == device), None) for line in lines]
        for name in ("allocated", "reserved", "peak"):
            table[f"{device} {name}"] = [float("nan") if each is None else getattr(each, name) for each in found]
    return table
