"""Gradients that are filled with zeros instead of being let go: ``zero_grad(set_to_none=False)``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from nbperf.core.records import Finding
from nbperf.measuring.holders import FOREIGN, Key, is_module, is_tensor, key_of
from nbperf.measuring.suspects.base import Charge, Scene, Site, Suspect, View, size
from nbperf.measuring.suspects.syntax import Item, Zeroing, resolve, stored
from nbperf.words import Sentence


class GradientsKept(Suspect):
    """The gradients of an optimizer or a model that stay between two steps."""

    def __init__(self) -> None:
        self._kept: dict[Site, tuple[str, dict[str, int]]] = {}
        """For a line the statement that lets them go, and the bytes on each device."""

    def wants(self, item: Item) -> bool:
        """``zero_grad(set_to_none=False)``."""
        return isinstance(item, Zeroing)

    def before(self, item: Item, view: View) -> None:
        """What the gradients take that are about to be zeroed; at the first step there are none yet."""
        assert isinstance(item, Zeroing)
        found: dict[Key, int] = {}
        for parameter in _parameters(resolve(item.owner, view.local, view.outer)):
            gradient = parameter.grad
            if is_tensor(gradient):
                found[key_of(gradient)] = gradient.untyped_storage().nbytes()
        sizes: dict[str, int] = {}
        for (device, _), bytes_ in found.items():
            sizes[device] = sizes.get(device, 0) + bytes_
        site = view.site(item.line)
        if sum(sizes.values()) >= sum(self._kept.get(site, ("", {}))[1].values()):
            self._kept[site] = f"{ast.unparse(item.owner)}.zero_grad(set_to_none=True)", sizes

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """Those that are large."""
        for site, (code, sizes) in self._kept.items():
            total = sum(sizes.values())
            if not any(scene.relevant(bytes_, device) for device, bytes_ in sizes.items()):
                continue
            finding = Finding(
                code="memory-gradients-kept",
                cause=Sentence(
                    "`{source}` fills {bytes} of gradients with zeros and keeps them until the next backward ({where})",
                    source=site.source,
                    bytes=size(total),
                    where=scene.at(site),
                ),
                remedy=Sentence("let them go, as is the default: `{code}`", code=code),
            )
            yield Charge(total, finding)


def _parameters(owner: Any) -> Iterator[Any]:
    """The parameters of a module, or of an optimizer's groups."""
    try:
        if is_module(owner):
            yield from owner.parameters()
            return
        groups = stored(owner, "param_groups")
        for group in groups if isinstance(groups, list) else ():
            yield from (each for each in group["params"] if is_tensor(each))
    except FOREIGN:
        return
