"""Tensors that are collected with their autograd graphs: ``losses.append(loss)``, ``total += loss``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nbperf.core.records import Finding
from nbperf.measuring.holders import is_module, is_tensor, reach
from nbperf.measuring.suspects.base import Charge, Scene, Site, Suspect, View, size, tensors_in
from nbperf.measuring.suspects.graph import has_graph, kept
from nbperf.measuring.suspects.syntax import MISSING, Adding, Backward, Item, Summing, calling, resolve, stored
from nbperf.words import Sentence

FEWEST = 2
"""Tensors with graphs that a container must have got; one may be waiting for its backward."""


@dataclass(slots=True)
class _Container:
    """A container that was added to: its address and numbers, and the line that adds."""

    site: Site
    name: str
    as_number: str
    as_values: str
    number: int
    first: int
    local: bool
    seen: _Size | None = None


@dataclass(frozen=True, slots=True)
class _Size:
    count: int
    bytes: int
    by_device: dict[str, int]
    scalars: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class _Sum:
    """A variable or an attribute that was added to."""

    site: Site
    name: str
    as_number: str
    as_values: str
    owner: int | None
    attribute: str


class GraphsKept(Suspect):
    """Containers and sums of tensors whose graphs stay with them."""

    def __init__(self) -> None:
        self._containers: dict[int, _Container] = {}
        self._sums: dict[int, _Sum] = {}
        self._backward = False

    def wants(self, item: Item) -> bool:
        """What adds, and what uses a graph up."""
        return isinstance(item, Adding | Summing | Backward)

    def before(self, item: Item, view: View) -> None:
        """Count what the container holds before it is added to for the first time."""
        if isinstance(item, Backward):
            self._backward = True
        elif isinstance(item, Summing):
            self._sum(item, view)
        elif isinstance(item, Adding):
            self._container(item, view)

    def _container(self, item: Adding, view: View) -> None:
        found = MISSING if item.made else resolve(item.container, view.local, view.outer)
        if not item.made and not _is_container(found):
            return
        number = 0 if item.made else id(found)
        known = self._containers.get(id(item))
        if known is None or known.number != number:
            plain = {name for name in _names(item.value) if not is_tensor(view.local.get(name, view.outer.get(name)))}
            self._containers[id(item)] = _Container(
                site=view.site(item.line),
                name=ast.unparse(item.container),
                as_number=item.adding("item", plain),
                as_values=item.adding("detach", plain),
                number=number,
                first=0 if item.made else _with_graphs(found),
                local=view.is_function,
                seen=known.seen if known else None,
            )

    def _sum(self, item: Summing, view: View) -> None:
        if id(item) in self._sums:
            return
        name = ast.unparse(item.target)
        owner, attribute = None, ""
        if isinstance(item.target, ast.Attribute):
            holder = resolve(item.target.value, view.local, view.outer)
            owner, attribute = id(holder), item.target.attr
        elif not isinstance(item.target, ast.Name):
            return
        self._sums[id(item)] = _Sum(
            site=view.site(item.line),
            name=name,
            as_number=f"{name} += {calling(item.value, 'item')}",
            as_values=f"{name} += {calling(item.value, 'detach')}",
            owner=owner,
            attribute=attribute,
        )

    def left(self, view: View, items: list[Item]) -> None:
        """Measure the containers that end with a function, and find those that a statement has made."""
        # What a module of PyTorch collects in its forward pass belongs to the pass.
        own = is_module(view.local.get("self")) if view.is_function else False
        for item in items:
            container = self._containers.get(id(item))
            if container is None or not isinstance(item, Adding):
                continue
            found = resolve(item.container, view.local, view.outer)
            if not _is_container(found):
                continue
            if item.made:
                container.number = id(found)
            if own or container.number != id(found):
                continue
            measured = _measure(found, container.first)
            if measured is not None and (container.seen is None or measured.bytes > container.seen.bytes):
                container.seen = measured

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """Of containers that live on, what they hold now; of others what they held last, where nobody called backward."""
        own = is_module(scene.names.get("self"))
        wanted = {container.number: container for container in self._containers.values() if container.number}
        owners: dict[int, list[_Sum]] = {}
        for each in self._sums.values():
            owners.setdefault(each.owner or 0, []).append(each)
        alive: set[int] = set()
        for _, value in reach(scene.names):
            container = wanted.get(id(value))
            if container is not None and _is_container(value) and not own:
                alive.add(id(value))
                container.seen = _measure(value, container.first)
            for each in owners.get(id(value), ()):
                yield from _charge_sum(scene, each, stored(value, each.attribute))
        for each in owners.get(0, ()):
            yield from _charge_sum(scene, each, scene.names.get(each.name, MISSING))
        said: set[int] = set()
        for container in self._containers.values():
            ended = container.number not in alive
            if container.seen is None or container.number in said or (ended and (self._backward or not container.local)):
                continue
            said.add(container.number)
            yield from _charge_container(scene, container, container.seen)


def _is_container(value: Any) -> bool:
    kind = type(value)
    return issubclass(kind, dict | list | set) or kind.__name__ == "deque"


def _names(value: ast.expr) -> list[str]:
    return [each.id for each in ast.walk(value) if isinstance(each, ast.Name)]


def _with_graphs(container: Any) -> int:
    return sum(1 for tensor in tensors_in(container) if has_graph(tensor))


def _measure(container: Any, first: int) -> _Size | None:
    tensors = [tensor for tensor in tensors_in(container) if has_graph(tensor)]
    if len(tensors) - first < FEWEST:
        return None
    return _sized(tensors)


def _sized(tensors: list[Any]) -> _Size:
    found = kept(tensors)
    devices = {device for device, _ in found.sizes}
    return _Size(
        count=len(tensors),
        bytes=found.bytes_with_nodes,
        by_device={device: found.on(device) for device in devices},
        scalars=all(tensor.numel() == 1 for tensor in tensors),
        whole=found.whole,
    )


def _relevant(scene: Scene, measured: _Size) -> bool:
    elsewhere = sum(bytes_ for device, bytes_ in measured.by_device.items() if device != "cpu")
    return scene.relevant(measured.bytes - elsewhere) or any(
        scene.relevant(bytes_, device) for device, bytes_ in measured.by_device.items() if device != "cpu"
    )


def _charge_container(scene: Scene, container: _Container, measured: _Size) -> Iterator[Charge]:
    if not _relevant(scene, measured):
        return
    cause = Sentence(
        "`{name}` holds {count} tensors with their autograd graphs, which keep {bytes} alive (`{source}`, {where})"
        if measured.whole
        else "`{name}` holds {count} tensors with their autograd graphs, which keep more than {bytes} alive (`{source}`, {where})",
        name=container.name,
        count=measured.count,
        bytes=size(measured.bytes),
        source=container.site.source,
        where=scene.at(container.site),
    )
    if measured.scalars:
        remedy = Sentence("keep the number without its graph: `{code}`", code=container.as_number)
    else:
        remedy = Sentence(
            "keep the values without their graphs, unless backward is still to be called on them: `{code}`", code=container.as_values
        )
    yield Charge(measured.bytes, Finding(code="memory-graphs-kept", cause=cause, remedy=remedy, weight=2))


def _charge_sum(scene: Scene, each: _Sum, value: Any) -> Iterator[Charge]:
    line = scene.line(each.site)
    if not has_graph(value) or (line is not None and line.hits < FEWEST):
        return
    measured = _sized([value])
    if not _relevant(scene, measured):
        return
    finding = Finding(
        code="memory-graphs-kept",
        cause=Sentence(
            "`{name}` carries the autograd graphs of all that was added to it, which keep {bytes} alive (`{source}`, {where})",
            name=each.name,
            bytes=size(measured.bytes),
            source=each.site.source,
            where=scene.at(each.site),
        ),
        remedy=Sentence(
            "add the number without its graph: `{code}`",
            code=each.as_number if measured.scalars else each.as_values,
        ),
        weight=2,
    )
    yield Charge(measured.bytes, finding)
