"""The history as a table: built column by column, since a row may hold no more than one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from nbperf.store.blobs import Columns

OF_RUN = ("uid", "label", "started_at", "machine", "host", "error")
OF_SERIES = ("quantity", "device", "unit", "provenance", "source")
STATISTICS = ("median", "mean", "min", "max")


def frame(runs: Sequence[tuple[Any, ...]], series: Sequence[tuple[Any, ...]], found: Columns, quantity: str | None = None) -> DataFrame:
    """A row for each run and quantity, or for each run that has this one; in the order of the runs.

    Parameters
    ----------
    runs, series : sequence of tuple
        As `History.columns` gives them.
    found : Columns
        The measurements, unpacked from the blobs of these runs.
    quantity : str, optional
    """
    import numpy as np
    import pandas as pd

    if quantity is not None:
        fits = [place for place, (_, name, *_) in enumerate(series) if name == quantity]
        found = found.only(np.flatnonzero(np.isin(found.series, fits)))
    table: dict[str, Any] = {}
    # The same few texts stand in many rows: each is made once, and taken as often as it is needed.
    for names, whole, which in ((OF_RUN, runs, found.run), (OF_SERIES, series, found.series)):
        for name, texts in zip(names, _columns(whole, len(names)), strict=True):
            column = pd.Series(list(texts), dtype=object if not texts else None)
            if name == "started_at":
                column = pd.to_datetime(column.astype(float), unit="s", utc=True)
            table[name] = column.array.take(which)
    table["count"] = found.count.astype(np.int64)
    table |= dict(zip(STATISTICS, found.statistics, strict=True))
    table["values"] = found.values()
    return pd.DataFrame(table, copy=False)  # nobody else has any of these columns


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[tuple[Any, ...]]:
    """The rows turned, less the first, which is a number of the file's own."""
    return list(zip(*rows, strict=True))[1:] if rows else [()] * count
