"""Batches of (x, y) from whatever holds them: a pair of arrays is cut, everything else is walked through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nbperf.errors import DataError, PlanError
from nbperf.words import say


def of(data: Any, size: int) -> tuple[Iterable[tuple[Any, Any]], int | None]:
    """The batches, and how many there are where that is known.

    Parameters
    ----------
    data : (X, y) or iterable of (x, y)
        A tuple of two is a pair of arrays unless both are tuples themselves.
    size : int
        Samples in a batch that is cut from a pair.

    Raises
    ------
    DataError
        If it is neither, or X and y differ in length.
    PlanError
        If the size is no whole number from 1.
    """
    if type(size) is not int or size < 1:
        raise PlanError(say("{name} must be a whole number of at least {least}, not {found!r}", name="batch_size", least=1, found=size))
    if isinstance(data, tuple) and len(data) == 2 and not all(isinstance(side, tuple) for side in data):
        x, y = data
        count, found = length(y), length(x)
        if count is None or found is None:
            raise DataError(
                say("a pair (X, y) holds arrays with one entry a sample, not {x} and {y}", x=type(x).__name__, y=type(y).__name__)
            )
        if count != found:
            raise DataError(say("X has {found} samples and y {count}: they belong together", found=found, count=count))
        return ((part(x, at, at + size), part(y, at, at + size)) for at in range(0, count, size)), -(-count // size)
    if isinstance(data, str | bytes | dict) or not isinstance(data, Iterable):
        raise DataError(
            say("data is a pair (X, y) or gives (x, y) batches, as a DataLoader does, and not a {found}", found=type(data).__name__)
        )
    try:
        total = len(data)  # type: ignore[arg-type]
    except TypeError:  # a generator, or a loader of a stream
        total = None
    return _walked(data), total


def _walked(data: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    for batch in data:
        if not isinstance(batch, list | tuple) or len(batch) != 2:
            found = f"{type(batch).__name__}" + (f" ({len(batch)})" if hasattr(batch, "__len__") else "")
            raise DataError(
                say("a batch is a pair (x, y), not a {found}: give such pairs, as ((b['x'], b['y']) for b in data)", found=found)
            )
        if length(batch[1]) is None:
            raise DataError(say("data gives single samples: put it into torch.utils.data.DataLoader(data, batch_size=256), or give (X, y)"))
        yield batch[0], batch[1]


def length(values: Any) -> int | None:
    """Samples in an array, table or dict of arrays; None for what is a single thing."""
    if isinstance(values, dict):
        return next((length(each) for each in values.values()), None)
    if isinstance(values, str | bytes):
        return None
    shape = getattr(values, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    try:
        return len(values)
    except TypeError:
        return None


def own(values: Any) -> Any:
    """A copy: a model that works in place, such as by ReLU(inplace=True), must change neither the data nor its next run."""
    if isinstance(values, dict):
        return {name: own(each) for name, each in values.items()}
    if type(values) in (list, tuple):
        return type(values)(own(each) for each in values) if any(hasattr(each, "shape") for each in values) else values
    copy = getattr(values, "clone", None) or getattr(values, "copy", None)
    return copy() if callable(copy) and hasattr(values, "shape") else values


def part(values: Any, start: int, stop: int) -> Any:
    """Samples from `start` to `stop`, of the same kind as they are in."""
    if isinstance(values, dict):
        return {name: part(each, start, stop) for name, each in values.items()}
    if hasattr(values, "iloc"):
        return values.iloc[start:stop]
    return values[start:stop]
