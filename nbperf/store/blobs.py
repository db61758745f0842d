"""A run's measurements as one blob, and the blobs of many runs as columns.

A blob is a row of little-endian doubles and nothing else, so that any language reads it with a line or two::

    n                                         how many measurements the run has
    series count median mean min max          n times: the number of a series in the table of that name, how many values
    values                                    those of the first measurement, then those of the second, and so on

A blob says by this how long it is: one that was cut, or is another thing altogether, is known by its length.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbperf.words import say

if TYPE_CHECKING:
    from numpy import bool_, float64, intp, object_
    from numpy.typing import NDArray

WORD = 8
"""Bytes of a double."""
HEAD = 6
"""Doubles that stand before the values of a measurement."""
Packed = tuple[int, Sequence[float], bytes]
"""The number of a series; its median, mean, min and max; its values as `doubles` makes them."""


def doubles(values: Sequence[float]) -> bytes:
    """Numbers as little-endian doubles."""
    numbers = array("d", values)
    if array("H", [1]).tobytes() == b"\0\1":
        numbers.byteswap()
    return numbers.tobytes()


def pack(measurements: Iterable[Packed]) -> bytes:
    """The blob of a run."""
    head: list[float] = [0]
    tail = []
    for series, statistics, values in measurements:
        head += (series, len(values) // WORD, *statistics)
        tail.append(values)
    head[0] = len(tail)
    return b"".join([doubles(head), *tail])


@dataclass(frozen=True, slots=True)
class Columns:
    """The measurements of many runs, each column an array.

    Attributes
    ----------
    run, series : array of int
        Places in what `unpack` was given: of the blob, and of the series.
    count, start : array of int
        How many values, and where in `numbers` they begin.
    statistics : array of float
        Four rows: the median, mean, min and max of each.
    numbers : array of float
        All that was unpacked; to cut from it makes no copy.
    damaged : array of int
        Places of the blobs that cannot be read: none of their measurements is here.
    """

    run: NDArray[intp]
    series: NDArray[intp]
    count: NDArray[intp]
    start: NDArray[intp]
    statistics: NDArray[float64]
    numbers: NDArray[float64]
    damaged: NDArray[intp]

    def only(self, chosen: NDArray[intp]) -> Columns:
        """The measurements at these places."""
        return replace(
            self,
            run=self.run[chosen],
            series=self.series[chosen],
            count=self.count[chosen],
            start=self.start[chosen],
            statistics=self.statistics[:, chosen],
        )

    def values(self) -> NDArray[object_]:
        """The raw values of each, an array that cannot be written to."""
        import numpy as np

        found = np.empty(len(self.count), dtype=object)
        # Most of a plain history: to cut a million pieces takes three times as long as to part one array.
        single = self.count == 1
        ones = self.numbers[self.start[single]].reshape(-1, 1)
        ones.flags.writeable = False
        found[single] = np.fromiter(ones, dtype=object, count=len(ones))
        starts, stops = self.start[~single], (self.start + self.count)[~single]
        pieces = map(self.numbers.__getitem__, map(slice, starts.tolist(), stops.tolist()))
        found[~single] = np.fromiter(pieces, dtype=object, count=len(starts))
        return found


def unpack(blobs: Sequence[object], known: Sequence[int]) -> Columns:
    """The measurements in some blobs, in their order.

    A blob is damaged where its length is not what its head says, or where it names a series that is not known. All are
    looked through at once, without a step in Python for each measurement: there may be a million of one value each.

    Parameters
    ----------
    blobs : sequence
        What the file holds; anything but bytes is damaged.
    known : sequence of int
        The numbers of the series, ascending.
    """
    import numpy as np

    usable = [blob if isinstance(blob, bytes) and len(blob) % WORD == 0 else b"" for blob in blobs]
    sizes = np.fromiter((len(blob) // WORD for blob in usable), dtype=np.intp, count=len(usable))
    begins = np.cumsum(sizes) - sizes
    numbers = np.frombuffer(b"".join(usable), dtype="<f8")

    said = np.full(len(sizes), np.nan)
    said[sizes > 0] = numbers[begins[sizes > 0]]
    sound = _counts(said, (sizes - 1) // HEAD)
    rows = np.where(sound, said, 0).astype(np.intp)
    run = np.repeat(np.arange(len(sizes)), rows)
    heads = begins[run] + 1 + HEAD * _within(rows)
    table = numbers[heads + np.arange(HEAD)[:, None]]

    numbered = np.array([*known, np.nan])  # the last one stands for every number beyond, and is equal to none
    series = np.searchsorted(numbered, table[0])
    fits = (numbered[series] == table[0]) & _counts(table[1], sizes[run])
    count = np.where(fits, table[1], 0).astype(np.intp)
    held = np.bincount(run, weights=count, minlength=len(sizes))
    sound &= (1 + HEAD * rows + held == sizes) & (np.bincount(run, weights=~fits, minlength=len(sizes)) == 0)
    # The values of a run follow one another behind its heads.
    start = np.cumsum(count) - count + (begins + 1 + HEAD * rows - (np.cumsum(held) - held).astype(np.intp))[run]
    found = Columns(run, series, count, start, table[2:], numbers, np.flatnonzero(~sound))
    return found.only(np.flatnonzero(sound[run])) if len(found.damaged) else found


def damage(blob: object) -> str:
    """What is known of a blob that is damaged."""
    found = f"{len(blob)} B" if isinstance(blob, bytes) else type(blob).__name__
    return say("a stored run is damaged: {error}", error=found)


def _counts(numbers: NDArray[float64], most: NDArray[intp]) -> NDArray[bool_]:
    """Which of them can be a count, 0 to `most`; a number that is none (NaN) cannot."""
    import numpy as np

    return (numbers >= 0) & (numbers <= most) & (numbers == np.floor(numbers))  # type: ignore[no-any-return]


def _within(rows: NDArray[intp]) -> NDArray[intp]:
    """0, 1, 2 … for each of these lengths, one behind the other."""
    import numpy as np

    return np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
