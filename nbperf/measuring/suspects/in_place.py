"""``x = x + y`` on large arrays: for a moment the old and the new one are there, where ``x += y`` needs the old one only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbperf.core.records import Finding
from nbperf.measuring.holders import is_array, is_tensor
from nbperf.measuring.suspects.base import Charge, Scene, Site, Suspect, View, size
from nbperf.measuring.suspects.syntax import MISSING, Item, Updating, resolve
from nbperf.words import Sentence


@dataclass(slots=True)
class _Update:
    site: Site
    code: str
    kind: tuple[str, tuple[int, ...]]
    tracked: str
    fits: bool = True


class Temporary(Suspect):
    """A line that needs much memory for a moment and could be written in place."""

    needs_torch = False

    def __init__(self) -> None:
        self._updates: dict[int, _Update] = {}

    def wants(self, item: Item) -> bool:
        """``x = x + y``."""
        return isinstance(item, Updating)

    def before(self, item: Item, view: View) -> None:
        """What the name stands for: only arrays can take the result in place, and only one of their own type and shape."""
        assert isinstance(item, Updating)
        value = resolve(item.target, view.local, view.outer)
        known = self._updates.get(id(item))
        if not is_array(value) and not is_tensor(value):
            return
        if known is None:
            self._updates[id(item)] = _Update(view.site(item.line), item.in_place, _kind(value), _tracked(value))

    def left(self, view: View, items: list[Item]) -> None:
        """Whether the result still is what the line began with."""
        for item in items:
            known = self._updates.get(id(item))
            if known is not None and isinstance(item, Updating):
                value = resolve(item.target, view.local, view.outer)
                known.fits = known.fits and (value is MISSING or ((is_array(value) or is_tensor(value)) and _kind(value) == known.kind))

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """Those whose lines needed much for a moment."""
        for update in self._updates.values():
            line = scene.line(update.site)
            # As much is there after it as before, so all of its peak was for a moment, also where the allocator keeps it.
            if line is None or not update.fits or not scene.relevant(line.peak):
                continue
            cause = Sentence(
                "`{source}` needs {bytes} for a moment, for the result beside the old value ({where})",
                source=update.site.source,
                bytes=size(line.peak),
                where=scene.at(update.site),
            )
            yield Charge(line.peak, Finding(code="memory-temporary", cause=cause, remedy=_remedy(update)))


def _remedy(update: _Update) -> Sentence:
    if update.tracked == "leaf":
        return Sentence("write into the same memory, which a tensor that requires gradients allows under no_grad only: `{code}`",
                        code=f"with torch.no_grad(): {update.code}")  # fmt: skip
    if update.tracked == "graph":
        return Sentence("write into the same memory, unless backward needs the old value: `{code}`", code=update.code)
    return Sentence("write into the same memory, unless another variable still needs the old values: `{code}`", code=update.code)


def _kind(value: Any) -> tuple[str, tuple[int, ...]]:
    return str(value.dtype), tuple(value.shape)


def _tracked(value: Any) -> str:
    if not is_tensor(value) or not value.requires_grad:
        return ""
    return "leaf" if value.is_leaf else "graph"
