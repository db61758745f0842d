"""Which arrays and tensors are alive, and under which names: for the moment when memory runs out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from nbperf.core.records import Held

DEEPEST = 4
"""Containers and objects within each other that are looked into."""
MOST = 20_000
"""Objects that are looked at in all: a search must not take the last of the memory, or minutes."""


def largest(names: Mapping[str, Any], count: int = 5) -> tuple[Held, ...]:
    """The largest arrays and tensors that variables reach, largest first.

    Parameters
    ----------
    names : mapping of str to object
        The notebook's variables. Those that begin with an underscore count too: ``_`` and ``Out`` keep outputs alive.
    count : int
        How many.

    Returns
    -------
    tuple of Held
        Tensors that share one storage, such as views, are named once, by the shortest name; on each device apart.
    """
    found: dict[tuple[str, int], Held] = {}
    seen: set[int] = set()
    for place, (path, value) in enumerate(_walk(names, seen)):
        if place >= MOST:
            break
        held = _held(path, value)
        if held is None:
            continue
        key = held.device, _storage(value)
        if key not in found or len(path) < len(found[key].name):
            found[key] = held
    return tuple(sorted(found.values(), key=lambda held: -held.bytes)[:count])


def _walk(names: Mapping[str, Any], seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Breadth first, so that the shortest way to an object is the one that names it."""
    level = [(name, value) for name, value in list(names.items())]
    for _ in range(DEEPEST):
        deeper: list[tuple[str, Any]] = []
        for path, value in level:
            if id(value) in seen:
                continue
            seen.add(id(value))
            yield path, value
            deeper += _inside(path, value)
        level = deeper


def _inside(path: str, value: Any) -> list[tuple[str, Any]]:
    """What a container or an object holds, each with the expression that reaches it."""
    if isinstance(value, dict):
        return [(f"{path}[{key!r}]", item) for key, item in list(value.items())[:MOST] if isinstance(key, str | int | tuple)]
    if isinstance(value, list | tuple):
        return [(f"{path}[{i}]", item) for i, item in enumerate(value[:MOST])]
    if isinstance(value, type) or callable(getattr(value, "__array__", None)) or type(value).__module__ == "builtins":
        return []
    parameters = getattr(value, "named_parameters", None)
    if callable(parameters) and "torch" in sys.modules and isinstance(value, sys.modules["torch"].nn.Module):
        return [(f"{path}.{name}", parameter) for name, parameter in parameters()]
    inside = getattr(value, "__dict__", None)
    return [(f"{path}.{name}", item) for name, item in list(inside.items())] if isinstance(inside, dict) else []


def _held(path: str, value: Any) -> Held | None:
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    try:
        if torch is not None and isinstance(value, torch.Tensor):
            if value.device.type == "meta":
                return None
            size = value.untyped_storage().nbytes()
            kind, device = str(value.dtype).removeprefix("torch."), str(value.device)
            return Held(name=path, kind=f"torch {kind}", shape=tuple(value.shape), bytes=size, device=device)
        if numpy is not None and isinstance(value, numpy.ndarray):
            owner = _owner(value)
            size = int(getattr(owner, "nbytes", value.nbytes))
            return Held(name=path, kind=f"numpy {value.dtype}", shape=tuple(value.shape), bytes=size, device="cpu")
        if isinstance(value, bytes | bytearray):
            return Held(name=path, kind=type(value).__name__, shape=(len(value),), bytes=sys.getsizeof(value), device="cpu")
    except (RuntimeError, AttributeError, NotImplementedError):  # a tensor without storage: meta, sparse, functional
        return None
    return None


def _owner(array: Any) -> Any:
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def _storage(value: Any) -> int:
    """The same number for everything that lies in the same memory."""
    if callable(getattr(value, "untyped_storage", None)):
        return int(value.untyped_storage().data_ptr())
    return id(_owner(value))
