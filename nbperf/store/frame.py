"""The history as a table: built column by column, since a row may hold no more than one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbperf.store.history import split

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMNS = (
    "uid", "label", "started_at", "machine", "host", "error", "quantity", "device", "unit", "provenance", "source", "count",
    "median", "mean", "min", "max", "values",
)  # fmt: skip


def frame(runs: Sequence[tuple[Any, ...]], measurements: Sequence[tuple[Any, ...]]) -> DataFrame:
    """A row for each run and quantity, in the order of the runs.

    Parameters
    ----------
    runs, measurements : sequence of tuple
        As `History.columns` gives them.
    """
    import numpy as np
    import pandas as pd

    places = {run[0]: place for place, run in enumerate(runs)}
    ids, reads, counts, medians, means, lows, highs, numbers = zip(*measurements, strict=True) if measurements else [()] * 8
    place = np.fromiter((places[run] for run in ids), dtype=np.intp, count=len(ids))
    order = np.argsort(place, kind="stable")
    place = place[order]
    # The same few texts stand in every row: each is made once.
    known: dict[str, int] = {}
    code = np.fromiter((known.setdefault(read, len(known)) for read in reads), dtype=np.intp, count=len(reads))[order]

    def taken(texts: Sequence[str | None], which: Any) -> Any:
        return pd.Series(list(texts), dtype=object if not texts else None).take(which).reset_index(drop=True)

    about = list(zip(*runs, strict=True))[1:] if runs else [()] * 6
    series = list(zip(*map(split, known), strict=True)) if known else [()] * 5
    table = {name: taken(texts, place) for name, texts in zip(COLUMNS[:6], about, strict=True)}
    table["started_at"] = pd.to_datetime(table["started_at"].astype(float), unit="s", utc=True)
    table |= {name: taken(texts, code) for name, texts in zip(COLUMNS[6:11], series, strict=True)}
    table["count"] = np.array(counts, dtype=np.int64)[order]
    for name, column in zip(("median", "mean", "min", "max"), (medians, means, lows, highs), strict=True):
        table[name] = np.array(column, dtype=float)[order]
    values = np.empty(len(order), dtype=object)
    values[:] = _values(numbers, order)
    table["values"] = pd.Series(values, dtype=object)
    return pd.DataFrame(table, columns=list(COLUMNS))


def _values(numbers: Sequence[bytes], order: Any) -> list[Any]:
    """The raw values of each row, all cut from one array: to make a million small ones takes longer than to read them."""
    import numpy as np

    ends = np.cumsum([len(number) // 8 for number in numbers]) if numbers else np.zeros(0, dtype=int)
    everything = np.frombuffer(b"".join(number[: len(number) // 8 * 8] for number in numbers), dtype="<f8")
    stops = ends.tolist()
    starts = [0, *stops[:-1]]
    return [everything[starts[i] : stops[i]] for i in order.tolist()]
