"""Activations that outweigh the model: what a graph has saved when backward is called on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nbperf.core.records import Finding
from nbperf.measuring.suspects.base import Charge, Scene, Site, Suspect, View, memories, size, tensors_in
from nbperf.measuring.suspects.graph import Kept, has_graph, kept
from nbperf.measuring.suspects.syntax import Backward, Item, resolve
from nbperf.words import Sentence


@dataclass(frozen=True, slots=True)
class _Saved:
    bytes: int
    weights: int
    by_device: dict[str, int]
    whole: bool


class Activations(Suspect):
    """What a step saves for its backward."""

    def __init__(self) -> None:
        self._saved: dict[Site, _Saved] = {}

    def wants(self, item: Item) -> bool:
        """A call of backward."""
        return isinstance(item, Backward)

    def before(self, item: Item, view: View) -> None:
        """Walk the graph that is about to be used up; data that variables hold anyway is left out."""
        assert isinstance(item, Backward)
        values = [resolve(root, view.local, view.outer) for root in item.roots]
        roots = [tensor for value in values for tensor in tensors_in(value, 1) if has_graph(tensor)]
        if not roots:
            return
        data = memories(value for value in view.in_sight.values() if not has_graph(value))
        graph = kept(roots, data)
        site = view.site(item.line)
        known = self._saved.get(site)
        if known is None or graph.bytes > known.bytes:
            by_device = {device: graph.on(device) for device, _ in graph.sizes}
            self._saved[site] = _Saved(graph.bytes, _weights(graph, view), by_device, graph.whole)

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """Where it is larger than all the weights."""
        for site, saved in self._saved.items():
            if saved.bytes <= saved.weights or not any(scene.relevant(size_, device) for device, size_ in saved.by_device.items()):
                continue
            cause = Sentence(
                "`{source}` finds {bytes} of activations saved for it, beside {weights} of weights ({where})"
                if saved.whole
                else "`{source}` finds more than {bytes} of activations saved for it, beside {weights} of weights ({where})",
                source=site.source,
                bytes=size(saved.bytes),
                weights=size(saved.weights),
                where=scene.at(site),
            )
            device = "cuda" if any(name.startswith("cuda") for name in saved.by_device) else "cpu"
            remedy = Sentence(
                "a smaller batch needs less in proportion; `{checkpoint}` computes a block again instead of saving it; `{amp}` halves them",
                checkpoint="x = torch.utils.checkpoint.checkpoint(block, x, use_reentrant=False)",
                amp=f'with torch.autocast("{device}", dtype=torch.bfloat16):',
            )
            yield Charge(saved.bytes, Finding(code="memory-activations", cause=cause, remedy=remedy))


def _weights(graph: Kept, view: View) -> int:
    """Of the leaves of the graph, and of the modules in sight, frozen parts among them."""
    found = dict(graph.leaves)
    for module in view.modules.values():
        for parameter in module.parameters():
            storage = parameter.untyped_storage()
            found[str(parameter.device), int(storage.data_ptr())] = int(storage.nbytes())
    return sum(found.values())
