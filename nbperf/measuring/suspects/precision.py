"""Numbers of 64 bits beside a model or data of 32: twice the memory, mostly by numpy's default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbperf.core.records import Finding, Held
from nbperf.measuring.holders import FOREIGN, Key, held_as, is_tensor, key_of
from nbperf.measuring.suspects.base import Charge, Scene, Site, Suspect, View, size
from nbperf.measuring.suspects.syntax import Assigned, Item
from nbperf.words import Sentence

BESIDE = 0.01
"""Share of its bytes that data of 32 bits must have to count as its company: a constant does not."""


@dataclass(frozen=True, slots=True)
class _Wide:
    site: Site
    name: str
    bytes: int
    device: str
    beside: str
    tensor: bool
    key: Key


class Float64(Suspect):
    """A tensor of float64 beside float32, and an array of float64 that was made of float32."""

    needs_torch = False

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], _Wide] = {}

    def left(self, view: View, items: list[Item]) -> None:
        """Look at what the code has set."""
        for item in items:
            if not isinstance(item, Assigned):
                continue
            value = view.local.get(item.name)
            held = held_as(item.name, value)
            if held is None or not held.kind.endswith(" float64"):
                continue
            beside = _model_or_data(view, held) if is_tensor(value) else _operand(view, item, held)
            key = view.code.co_filename, view.code.co_qualname, item.name
            known = self._found.get(key)
            if beside is not None and (known is None or held.bytes > known.bytes):
                self._found[key] = _Wide(view.site(item.line), item.name, held.bytes, held.device, beside, is_tensor(value), key_of(value))

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """The largest of a function; what it hands on to another is said where it was seen first."""
        largest: dict[tuple[str, str], _Wide] = {}
        seen: set[Key] = set()
        for (file, function, _), wide in self._found.items():
            if wide.key in seen:
                continue
            seen.add(wide.key)
            known = largest.get((file, function))
            if scene.relevant(wide.bytes, wide.device) and (known is None or wide.bytes > known.bytes):
                largest[file, function] = wide
        for wide in largest.values():
            cause = Sentence(
                "`{name}` is float64 beside `{other}` of float32 and takes {bytes}, twice what it would as float32 ({where})",
                name=wide.name,
                other=wide.beside,
                bytes=size(wide.bytes),
                where=scene.at(wide.site),
            )
            code = f"{wide.name} = {wide.name}.float()" if wide.tensor else f'{wide.name} = {wide.name}.astype("float32")'
            remedy = Sentence("make it with dtype=float32 from the start, or `{code}` before it is used", code=code)
            yield Charge(wide.bytes, Finding(code="memory-float64", cause=cause, remedy=remedy))


def _model_or_data(view: View, wide: Held) -> str | None:
    """A model of float32 in sight, or a tensor of float32 that is not small beside the wide one."""
    for name, module in view.modules.items():
        try:
            if any(str(parameter.dtype) == "torch.float32" for parameter in module.parameters()):
                return name
        except FOREIGN:
            continue
    for name, value in view.in_sight.items():
        if is_tensor(value) and _is_narrow(name, value, wide):
            return name
    return None


def _operand(view: View, item: Assigned, wide: Held) -> str | None:
    """An array of float32 among those that the value was made of."""
    for name in item.operands:
        value = view.local.get(name, view.outer.get(name))
        if name != item.name and not is_tensor(value) and _is_narrow(name, value, wide):
            return name
    return None


def _is_narrow(name: str, value: Any, wide: Held) -> bool:
    held = held_as(name, value)
    return held is not None and held.kind.endswith(" float32") and held.bytes >= BESIDE * wide.bytes
