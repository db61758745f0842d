"""The samples behind a cell: which were counted in it, and what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

KEPT = 1_000_000
"""Samples that are remembered, the newest: twelve bytes each."""
LISTED = 24
LONGEST = 600
"""Letters of a text that are shown."""
HIGHEST = 160
"""Pixels of a picture that are sent; it is shown smaller."""


def plain(values: Any) -> Array:
    """A tensor on any device, a Series or a list as a one-dimensional array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    flat: Array = np.asarray(values).reshape(-1)
    return flat


def places(values: Any, labels: Sequence[str]) -> Array:
    """Where each label stands among the classes: integers are positions where classes have names, else values.

    Labels that are none of the classes have the place -1.
    """
    found = plain(values)
    numbers = found.dtype.kind in "iub"
    if numbers and (list(labels) == [str(i) for i in range(len(labels))] or not all(_is_integer(label) for label in labels)):
        wide = found.astype(np.int64)
        inside: Array = np.where((wide >= 0) & (wide < len(labels)), wide, -1)
        return inside
    table = {label: place for place, label in enumerate(labels)}
    return np.array([table.get(str(each), -1) for each in found.tolist()], dtype=np.int64)


def _is_integer(label: str) -> bool:
    return label.removeprefix("-").isdecimal()


class Behind:
    """Which samples were counted in which cell, the newest of them."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._rows = np.empty(0, dtype=np.int32)
        self._columns = np.empty(0, dtype=np.int32)
        self._index = np.empty(0, dtype=np.int64)
        self._count = 0

    def add(self, rows: Array, columns: Array, index: Array) -> None:
        """Remember a batch; the oldest half goes when there is no more room."""
        need = self._count + len(index)
        if need > self._kept:
            start = max(0, need - self._kept // 2)
            self._move(min(start, self._count))
            need = self._count + len(index)
        if need > len(self._index):
            size = max(1024, 2 * need)
            for name in ("_rows", "_columns", "_index"):
                old = getattr(self, name)
                new = np.empty(size, dtype=old.dtype)
                new[: self._count] = old[: self._count]
                setattr(self, name, new)
        for target, values in ((self._rows, rows), (self._columns, columns), (self._index, index)):
            target[self._count : need] = values
        self._count = need

    def _move(self, start: int) -> None:
        for each in (self._rows, self._columns, self._index):
            each[: self._count - start] = each[start : self._count].copy()
        self._count -= start

    def of(self, row: int, column: int) -> Array:
        """The index of each sample in a cell, the newest first, each once."""
        inside = (self._rows[: self._count] == row) & (self._columns[: self._count] == column)
        found = self._index[: self._count][inside][::-1]
        _, first = np.unique(found, return_index=True)
        newest: Array = found[np.sort(first)]
        return newest

    def clear(self) -> None:
        """Forget all of them."""
        self._count = 0

    def __len__(self) -> int:
        """How many are remembered."""
        return self._count


def shown(sample: Any) -> dict[str, Any]:
    """A sample as the browser shows it: a picture as PNG, all else as text."""
    if isinstance(sample, tuple) and len(sample) == 2:  # (input, target), as a torch Dataset gives it
        sample = sample[0]
    png = picture(sample)
    return {"image": png} if png else {"text": text(sample)}


def text(sample: Any) -> str:
    """What a sample says, cut where it is long."""
    said = sample if isinstance(sample, str) else repr(sample)
    return said if len(said) <= LONGEST else said[:LONGEST] + "…"


def picture(sample: Any) -> bytes | None:
    """A PIL image, or an array that looks like one (height × width, with 1, 3 or 4 channels first or last), as PNG."""
    if isinstance(sample, str | bytes | dict):
        return None
    if not hasattr(sample, "save"):
        if hasattr(sample, "detach"):
            sample = sample.detach().cpu().numpy()
        values = np.asarray(sample) if hasattr(sample, "__array__") else None
        if values is None or values.dtype.kind not in "iufb" or values.ndim not in {2, 3} or min(values.shape[:2]) < 1:
            return None
        if values.ndim == 3 and values.shape[0] in {1, 3, 4} and values.shape[2] not in {1, 3, 4}:
            values = np.moveaxis(values, 0, 2)
        if values.ndim == 3 and values.shape[2] not in {1, 3, 4}:
            return None
        if min(values.shape[:2]) < 4:
            return None
        from PIL import Image

        sample = Image.fromarray(_eight_bits(values.squeeze(2) if values.ndim == 3 and values.shape[2] == 1 else values))
    drawn = BytesIO()
    if max(sample.size) > HIGHEST:
        sample = sample.copy()
        sample.thumbnail((HIGHEST, HIGHEST))
    (sample if sample.mode in {"L", "RGB", "RGBA"} else sample.convert("RGB")).save(drawn, format="PNG")
    return drawn.getvalue()


def _eight_bits(values: Array) -> Array:
    """From 0 to 255; values of another range, such as normalised ones, are stretched from the least to the largest."""
    if values.dtype == np.uint8:
        return values
    wide = np.nan_to_num(values.astype(np.float64))
    low, high = float(wide.min()), float(wide.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and 16 < high <= 255:
        low, high = 0.0, 255.0
    result: Array = ((wide - low) / (high - low or 1.0) * 255).round().astype(np.uint8)
    return result
