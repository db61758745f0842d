"""Which arrays and tensors are alive, and under which names: when memory runs out, and when a trace looks for what stayed."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from nbperf.core.records import Held

DEEPEST = 4
"""Containers and objects within each other that are looked into."""
MOST = 20_000
"""Objects that are looked at in all: a search must not take the last of the memory, or minutes."""
CLOSED = {"builtins", "IPython", "ipykernel"}
"""Whose objects are not looked into. By way of ``exit`` the shell is reached, and by way of it all variables again."""
FOREIGN = (AttributeError, LookupError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError)
"""What another library's object may raise when it is looked at: a tensor without storage, a property that fails."""

Key = tuple[str, int]
"""The same for everything that lies in the same memory: its device, and the number of the memory there."""


def largest(names: Mapping[str, Any], count: int = 5) -> tuple[Held, ...]:
    """The largest arrays, tensors and tables that variables reach, largest first.

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
    return tuple(sorted(held_by(names).values(), key=lambda held: -held.bytes)[:count])


def held_by(names: Mapping[str, Any]) -> dict[Key, Held]:
    """Every memory that variables reach, with the shortest name of it."""
    found: dict[Key, Held] = {}
    for path, value in reach(names):
        held = held_as(path, value)
        if held is None:
            continue
        key = key_of(value)
        if key not in found or len(path) < len(found[key].name):
            found[key] = held
    return found


def reach(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every object that variables reach, with the expression for it.

    Breadth first, so that the shortest way to an object is the one that names it; at most `DEEPEST` steps and `MOST`
    objects. Nothing of the user's is called: attributes are read from where they are stored.
    """
    seen: set[int] = set()
    level = list(names.items())
    for _ in range(DEEPEST):
        deeper: list[tuple[str, Any]] = []
        for path, value in level:
            if id(value) in seen:
                continue
            if len(seen) >= MOST:
                return
            seen.add(id(value))
            yield path, value
            deeper += _inside(path, value)
        level = deeper


def is_tensor(value: object) -> bool:
    """Whether it is a tensor of PyTorch, which need not be installed. By its type: an object's own word may run code."""
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(type(value), getattr(torch, "Tensor", ()))


def is_array(value: object) -> bool:
    """Whether it is an array of numpy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and issubclass(type(value), getattr(numpy, "ndarray", ()))


def is_module(value: object) -> bool:
    """Whether it is a module of PyTorch."""
    nn = sys.modules.get("torch.nn")
    return nn is not None and issubclass(type(value), getattr(nn, "Module", ()))


def is_table(value: object) -> bool:
    """Whether it is a DataFrame or a Series of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and issubclass(type(value), (getattr(pandas, "DataFrame", ()), getattr(pandas, "Series", ())))


def _inside(path: str, value: Any) -> list[tuple[str, Any]]:
    """What a container or an object holds, each with the expression that reaches it."""
    kind = type(value)
    if issubclass(kind, dict):
        items = islice(list(dict.items(value)), MOST)
        return [(f"{path}[{key!r}]", item) for key, item in items if type(key) in (str, int, tuple)]
    if issubclass(kind, list | tuple | deque):
        return [(f"{path}[{i}]", item) for i, item in enumerate(islice(list(value), MOST))]
    if issubclass(kind, type) or callable(getattr(kind, "__array__", None)) or str(kind.__module__).split(".")[0] in CLOSED:
        return []
    if is_module(value):
        return _inside_module(path, value)
    return [(f"{path}.{name}", item) for name, item in attributes(value).items()]


def _inside_module(path: str, value: Any) -> list[tuple[str, Any]]:
    try:
        found = [(f"{path}.{name}", tensor) for name, tensor in (*value.named_parameters(), *value.named_buffers())]
    except FOREIGN:  # a module of which __init__ has not come to its end
        found = []
    return found + [(f"{path}.{name}", item) for name, item in attributes(value).items() if not name.startswith("_")]


def attributes(value: Any) -> dict[str, Any]:
    """What an instance stores under names, without a call of anything of its own; empty where it stores nothing that way."""
    try:
        inside = object.__getattribute__(value, "__dict__")
    except FOREIGN:
        return {}
    return dict(inside) if issubclass(type(inside), dict) else {}


def held_as(path: str, value: Any) -> Held | None:
    """The memory of an array, a tensor, a table or bytes; None for other objects and for tensors without any of their own."""
    kind = type(value)
    try:
        if is_tensor(value):
            if value.device.type == "meta":
                return None
            size = value.untyped_storage().nbytes()
            name, device = str(value.dtype).removeprefix("torch."), str(value.device)
            return Held(name=path, kind=f"torch {name}", shape=tuple(value.shape), bytes=size, device=device)
        if is_array(value):
            owner = _owner(value)
            size = int(getattr(owner, "nbytes", value.nbytes))
            return Held(name=path, kind=f"numpy {value.dtype}", shape=tuple(value.shape), bytes=size, device="cpu")
        if is_table(value):
            used = value.memory_usage()  # of a Series a number, of a DataFrame one for each column
            size, name = int(getattr(used, "sum", lambda: used)()), kind.__name__
            return Held(name=path, kind=f"pandas {name}", shape=tuple(value.shape), bytes=size, device="cpu")
        if issubclass(kind, bytes | bytearray):
            return Held(name=path, kind=kind.__name__, shape=(len(value),), bytes=sys.getsizeof(value), device="cpu")
    except FOREIGN:  # a tensor without storage: sparse, functional
        return None
    return None


def _owner(array: Any) -> Any:
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def key_of(value: Any) -> Key:
    """The memory that an array, a tensor or another object lies in."""
    owner = _owner(value) if is_array(value) else value
    if is_tensor(owner):
        return str(owner.device), int(owner.untyped_storage().data_ptr())
    if is_array(owner):  # by its address, so that a tensor made of it by torch.from_numpy is the same memory
        return "cpu", int(owner.__array_interface__["data"][0])
    return "cpu", id(owner)
