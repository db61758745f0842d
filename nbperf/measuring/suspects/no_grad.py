"""Evaluation that builds autograd graphs: a model in eval mode, and results whose graphs nobody calls backward on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbperf.core.records import Finding
from nbperf.measuring.holders import FOREIGN, Key, key_of
from nbperf.measuring.suspects.base import Charge, Scene, Site, Suspect, View, memories, size, tensors_in
from nbperf.measuring.suspects.graph import has_graph, kept
from nbperf.measuring.suspects.syntax import Assigned, Backward, Item, Training, lines_of
from nbperf.words import Sentence

USES_GRADIENTS = {"backward", "autograd"}
"""Names in code that needs its graphs."""


@dataclass(frozen=True, slots=True)
class _Evaluation:
    site: Site
    name: str
    model: str
    bytes: int
    by_device: dict[str, int]
    whole: bool
    handed_out: bool


class NoGrad(Suspect):
    """A function, or a cell, that ends with the graph of an evaluation."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], _Evaluation] = {}
        self._backward = False

    def wants(self, item: Item) -> bool:
        """What uses graphs up, and what ends eval mode."""
        return isinstance(item, Backward | Training)

    def before(self, item: Item, view: View) -> None:
        """Before the model goes back to training, look as at the end."""
        if isinstance(item, Backward):
            self._backward = True
        else:
            self.left(view, view.syntax.of(view.code))

    def left(self, view: View, items: list[Item]) -> None:
        """Look for graphs in the variables that the code has set, which reach the parameters of a model in eval mode."""
        if USES_GRADIENTS & set(view.code.co_names) or (callable(view.outer.get("grad")) and "grad" in view.code.co_names):
            return
        assigned = {item.name: item.line for item in items if isinstance(item, Assigned)}
        roots = {name: found for name in assigned if (found := [t for t in tensors_in(view.local.get(name)) if has_graph(t)])}
        if not roots:
            return
        models = {name: weights for name, module in view.modules.items() if (weights := _weights_in_eval(module))}
        if not models:
            return
        without = memories([*view.in_sight.values(), *view.modules.values(), *(view.local.get(name) for name in assigned)])
        graph = kept((tensor for tensors in roots.values() for tensor in tensors), without)
        model = next((name for name, weights in models.items() if weights & graph.leaves.keys()), None)
        key = view.code.co_filename, view.code.co_qualname
        known = self._found.get(key)
        if model is None or (known is not None and known.bytes >= graph.bytes):
            return
        name = max(roots, key=lambda each: assigned[each])  # set last: the end of the evaluation
        lines = lines_of(view.code)
        returned = {each for line, names in view.syntax.returned.items() if line in lines for each in names}
        self._found[key] = _Evaluation(
            site=view.site(assigned[name]),
            name=name,
            model=model,
            bytes=graph.bytes,
            by_device={device: graph.on(device) for device, _ in graph.sizes},
            whole=graph.whole,
            handed_out=bool(returned & roots.keys()),
        )

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """The largest; what a function hands out may be meant for a backward, where there was one."""
        found = [
            each
            for each in self._found.values()
            if not (each.handed_out and self._backward) and any(scene.relevant(size_, device) for device, size_ in each.by_device.items())
        ]
        if not found:
            return
        largest = max(found, key=lambda each: each.bytes)
        cause = Sentence(
            "`{model}` is in eval mode, yet the graph of `{name}` keeps {bytes} for a backward that is not called ({where})"
            if largest.whole
            else "`{model}` is in eval mode, yet the graph of `{name}` keeps more than {bytes} for a backward that is not called ({where})",
            model=largest.model,
            name=largest.name,
            bytes=size(largest.bytes),
            where=scene.at(largest.site),
        )
        remedy = Sentence("evaluate without graphs: `{code}`", code="with torch.inference_mode():")
        yield Charge(largest.bytes, Finding(code="memory-no-grad", cause=cause, remedy=remedy, weight=2))


def _weights_in_eval(module: Any) -> set[Key]:
    """The memories of the parameters of a module in eval mode that gradients flow to."""
    found: set[Key] = set()
    try:
        if not module.training:
            found.update(key_of(parameter) for parameter in module.parameters() if parameter.requires_grad)
    except FOREIGN:
        return set()
    return found
