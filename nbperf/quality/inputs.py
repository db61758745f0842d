"""Labels and scores as they come (numpy, torch on any device, pandas, lists) become numpy arrays, then integers or texts.

Nothing of a framework is imported: torch is looked at where it is imported already, pandas and the others by the method
they share.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from nbperf.errors import DataError
from nbperf.words import say

Array = np.ndarray[Any, Any]
LARGEST = np.iinfo(np.int64).max
"""A larger integer is a name made of digits."""


class Column(NamedTuple):
    """Labels, one a sample: as integers, or else as texts."""

    integers: Array | None
    texts: list[str]

    def __len__(self) -> int:
        """How many samples."""
        return len(self.texts) if self.integers is None else len(self.integers)


def as_array(values: Any, name: str) -> Array:
    """An array of whatever holds labels or scores; the values themselves are not copied where that can be avoided.

    Raises
    ------
    DataError
        If it is no array: a text, a dict, rows of different lengths.
    """
    if isinstance(values, np.ndarray):
        return values
    torch = sys.modules.get("torch")
    if torch is not None:
        if isinstance(values, list | tuple) and values and isinstance(values[0], torch.Tensor):
            values = torch.stack(tuple(values))  # of 0-dimensional tensors, as `[model(x).argmax() for x in …]` gives them
        if isinstance(values, torch.Tensor):
            values = values.detach()
            if values.is_floating_point() and values.dtype not in (torch.float32, torch.float64):
                values = values.float()  # numpy has no bfloat16
            return np.asarray(values.cpu().numpy())
    if hasattr(values, "to_numpy"):  # pandas, polars, pyarrow
        return np.asarray(values.to_numpy())
    if hasattr(values, "__array__"):
        return np.asarray(values)
    if hasattr(values, "numpy"):  # TensorFlow
        return np.asarray(values.numpy())
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise DataError(
            say("{name} is a {found}, and not a list or an array with one entry a sample", name=name, found=type(values).__name__)
        )
    listed = list(values)
    if listed and isinstance(listed[0], tuple):  # labels that are tuples, not rows
        made = np.empty(len(listed), dtype=object)
        made[:] = listed
        return made
    try:
        made = np.asarray(listed)
        ragged = made.dtype == object and any(isinstance(each, list | np.ndarray) for each in listed)
    except ValueError:
        ragged = True
    if ragged:
        raise DataError(say("{name} has rows of different lengths: give one label a sample, or rows of 0 and 1", name=name))
    # [1, "a"] and [1, None] must not become texts by the way.
    if made.dtype.kind in "US" and not all(isinstance(each, str | bytes) for each in listed):
        made = np.asarray(listed, dtype=object)
    return made


def flat(array: Array, name: str) -> Array:
    """One dimension: a column of n × 1 is taken as one.

    Raises
    ------
    DataError
        If it has another shape.
    """
    if array.ndim == 1:
        return array
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    raise DataError(
        say("{name} has the shape {shape}: give one label a sample, such as scores.argmax(1), and the scores themselves as scores=",
            name=name, shape=array.shape)
    )  # fmt: skip


def column(array: Array, name: str) -> Column:
    """Labels as integers or texts; booleans are 0 and 1, and floats that are whole numbers are integers.

    Raises
    ------
    DataError
        If one is missing, or is a fraction.
    """
    kind = array.dtype.kind
    if kind in "iub" and not (array.dtype == np.uint64 and len(array) and array.max() > LARGEST):
        return Column(array if array.dtype == np.int64 else array.astype(np.int64), [])
    if kind == "f":
        return Column(_whole(array, name), [])
    # Nanoseconds would be listed as bare integers.
    listed: list[Any] = [None if each == "NaT" else each for each in array.astype(str).tolist()] if kind in "mM" else array.tolist()
    kind = "O" if kind in "mM" else kind
    if kind == "O":
        for place, each in enumerate(listed):
            if _missing(each):
                raise DataError(say("{name} has no label at position {place}: drop such samples first", name=name, place=place))
        if listed and all(isinstance(each, int | np.integer | np.bool_) for each in listed):
            if all(abs(int(each)) <= LARGEST for each in listed):
                return Column(np.array([int(each) for each in listed], dtype=np.int64), [])
        elif listed and all(isinstance(each, int | float | np.integer | np.floating | np.bool_) for each in listed):
            return Column(_whole(np.asarray(listed, dtype=float), name), [])
    return Column(None, [each if type(each) is str else text(each) for each in listed])


def text(label: Hashable) -> str:
    """What a label is called, and known by.

    Raises
    ------
    DataError
        If it cannot be a label: it is missing, or may change.
    """
    try:
        hash(label)
    except TypeError:
        raise DataError(
            say("{found} cannot be a label: labels are numbers, texts or other things that do not change", found=repr(label)[:60])
        ) from None
    if _missing(label):
        raise DataError(say("{found} cannot be a label", found=repr(label)))
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return label.decode(errors="replace") if isinstance(label, bytes) else str(label)


def weights_of(values: Any, count: int) -> Array:
    """Weights, one a sample.

    Raises
    ------
    DataError
        If their count is another one, or one is negative or not finite.
    """
    found = flat(as_array(values, "weights"), "weights")
    if len(found) != count:
        raise DataError(say("there are {found} weights for {count} samples", found=len(found), count=count))
    if found.dtype.kind not in "biuf":
        raise DataError(say("weights are numbers, not {found}", found=str(found.dtype)))
    found = found.astype(float)
    if not (np.isfinite(found) & (found >= 0)).all():
        raise DataError(say("a weight is negative or not finite"))
    return found


def indicator(array: Array, name: str) -> Array:
    """Rows of 0 and 1, a column a class, as int64.

    Raises
    ------
    DataError
        If there is anything else in it.
    """
    if array.ndim != 2:
        raise DataError(say("{name} has the shape {shape}: of several labels a sample, give rows of 0 and 1", name=name, shape=array.shape))
    if array.dtype.kind == "b":
        return array.astype(np.int64)
    if array.dtype.kind not in "iuf" or not ((array == 0) | (array == 1)).all():
        raise DataError(
            say("{name} has rows of something else than 0 and 1: of several labels a sample, give scores > 0.5, and the scores as scores=; "
                "of one, scores.argmax(1)", name=name)
        )  # fmt: skip
    return array.astype(np.int64)


def named(values: Iterable[object], most: int = 10) -> str:
    """A few of them, for a message."""
    listed = list(islice(values, most + 1))
    return ", ".join(str(each) for each in listed[:most]) + (", …" if len(listed) > most else "")


def _missing(label: object) -> bool:
    # pandas' NA is not equal to itself either, but its comparison has no truth value.
    return label is None or type(label).__name__ in {"NAType", "NaTType"} or (isinstance(label, float | np.floating) and label != label)


def _whole(array: Array, name: str) -> Array:
    if not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        raise DataError(say("{name} has {found} at position {place}: drop such samples first", name=name, found=array[place], place=place))
    with np.errstate(invalid="ignore"):  # what no integer can hold is refused below
        whole = array.astype(np.int64)
    if (whole != array).any():
        found = array[np.flatnonzero(whole != array)[0]]
        raise DataError(
            say("{name} has {found}, which is no label: give the classes, such as (scores > 0.5), and the scores themselves as scores=",
                name=name, found=f"{found:g}")
        )  # fmt: skip
    return whole
