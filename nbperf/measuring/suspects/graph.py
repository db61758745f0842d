"""What an autograd graph keeps alive: its nodes are walked and the tensors counted that they saved for backward."""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nbperf.measuring.holders import FOREIGN, Key, attributes, is_tensor, key_of

MOST_NODES = 20_000
"""Nodes that are walked: about 0.1 s."""
NODE_BYTES = 256
"""What a node takes at the least, without the tensors it saved: 255 to 465 bytes were read, over graphs of 26 nodes each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the graphs of some tensors keep.

    Attributes
    ----------
    sizes : dict of Key to int
        The memory of the tensors that are saved for backward, each once; without those that were to be left out.
    nodes : int
    leaves : dict of Key to int
        The memory of the leaves, the parameters, that gradients flow to.
    whole : bool
        Whether all nodes were walked.
    """

    sizes: dict[Key, int]
    nodes: int
    leaves: dict[Key, int]
    whole: bool

    @property
    def bytes(self) -> int:
        """Of the saved tensors."""
        return sum(self.sizes.values())

    @property
    def bytes_with_nodes(self) -> int:
        """Of the saved tensors and, at the least, of the nodes."""
        return self.bytes + self.nodes * NODE_BYTES

    def on(self, device: str) -> int:
        """Of the saved tensors on one device."""
        return sum(size for (where, _), size in self.sizes.items() if where == device)


def has_graph(value: object) -> bool:
    """Whether it is a tensor that was computed from what requires gradients."""
    return is_tensor(value) and getattr(value, "grad_fn", None) is not None


def kept(roots: Iterable[Any], without: Collection[Key] = ()) -> Kept:
    """Walk the graphs of tensors; what is saved in the memories `without`, and in that of the leaves, is left out.

    Only what is there is looked at: a tensor that was saved through a hook, as a checkpoint does it, would be computed
    again if it were asked for.
    """
    reader = _reader()
    slots: dict[type, list[str]] = {}
    seen: set[int] = set()
    # The nodes are kept until the walk ends: their Python objects would be made anew each time, at the same addresses.
    nodes: list[Any] = []
    waiting = [root.grad_fn for root in roots]
    saved: dict[Key, int] = {}
    leaves: dict[Key, int] = {}
    while waiting and len(nodes) < MOST_NODES:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        nodes.append(node)
        try:
            waiting += [before for before, _ in node.next_functions]
        except FOREIGN:
            continue
        leaf = getattr(node, "variable", None)
        if is_tensor(leaf):
            _count(leaf, leaves)
            continue
        for tensor in _saved(node, slots, reader):
            _count(tensor, saved)
    left_out = {*without, *leaves}
    sizes = {key: size for key, size in saved.items() if key not in left_out}
    return Kept(sizes, len(nodes), leaves, whole=not waiting)


def _count(tensor: Any, found: dict[Key, int]) -> None:
    try:
        found[key_of(tensor)] = int(tensor.untyped_storage().nbytes())
    except FOREIGN:  # meta, sparse, functional: no storage to count
        pass


def _saved(node: Any, slots: dict[type, list[str]], reader: str) -> Iterator[Any]:
    """The tensors that a node saved; those of a function written in Python may also lie in its attributes."""
    kind = type(node)
    if kind not in slots:
        slots[kind] = [name for name in dir(kind) if name.startswith("_raw_saved_")]
    for name in slots[kind]:
        try:
            raw = getattr(node, name)
            for each in raw if type(raw) in (tuple, list) else (raw,):
                # A saved tensor must not outlive its node: it is looked at here and let go.
                if reader == "data" and each.unpack_hook is None and is_tensor(each.data):
                    yield each.data
            if reader == "unpack":
                found = getattr(node, name.removeprefix("_raw") if name != "_raw_saved_tensors" else "saved_tensors")
                yield from (each for each in (found if type(found) in (tuple, list) else (found,)) if is_tensor(each))
        except FOREIGN:  # freed by backward
            continue
    yield from (each for each in attributes(node).values() if is_tensor(each))


def _reader() -> str:
    """How saved tensors are read here.

    Newer versions of PyTorch show what is saved and whether a hook stands before it. Older ones only give the tensor, and
    run the hook for it: they are asked while no checkpoint is alive, whose hook would compute its part of the model again.
    """
    torch: Any = sys.modules["torch"]
    kind = getattr(getattr(torch._C, "_autograd", None), "SavedTensor", None)
    if kind is not None and hasattr(kind, "data") and hasattr(kind, "unpack_hook"):
        return "data"
    checkpoint = sys.modules.get("torch.utils.checkpoint")
    holder = getattr(checkpoint, "_Holder", None)
    if holder is not None and any(type(each) is holder for each in gc.get_objects()):
        return "none"
    return "unpack"
