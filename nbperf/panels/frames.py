"""A matrix as bytes for the browser, as front/src/wire.ts reads them: little-endian, what tells messages apart at the end."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

_TAIL = struct.Struct("<dIIIII")  # when sent, updates, first (classes a side, or the base), bytes a number, numbers, message
_LARGEST = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a message says of itself.

    Attributes
    ----------
    seq : int
        Counts the messages of a panel.
    at : float
        Seconds since the epoch.
    updates : int
    """

    seq: int
    at: float
    updates: int

    def tail(self, first: int, size: int, count: int) -> bytes:
        """The bytes at the end."""
        return _TAIL.pack(self.at, self.updates & _LARGEST, first, size, count & _LARGEST, self.seq & _LARGEST)


def numbers(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The values in four bytes each if they are counts that fit, else in eight: both exact."""
    if values.dtype.kind in "iub" and (values.size == 0 or int(values.max()) <= _LARGEST):
        return values.astype("<u4")
    return values.astype("<f8")


def dense(counts: np.ndarray[Any, Any], stamp: Stamp) -> bytes:
    """All cells of a square matrix."""
    cells = numbers(counts)
    return cells.tobytes() + stamp.tail(counts.shape[0], cells.itemsize, counts.size)


def changes(places: np.ndarray[Any, Any], values: np.ndarray[Any, Any], base: int, stamp: Stamp) -> bytes:
    """The cells at these places in the flat matrix, since the message `base`."""
    cells = numbers(values)
    return places.astype("<u4").tobytes() + cells.tobytes() + stamp.tail(base & _LARGEST, cells.itemsize, len(places))
