"""Outputs that a notebook keeps: ``Out[3]``, ``_3``, ``_``, ``__`` and ``___`` hold what a cell ended with."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

from nbperf.core.records import Finding
from nbperf.measuring.holders import held_by
from nbperf.measuring.suspects.base import Charge, Scene, Suspect, size
from nbperf.words import Sentence

OUTPUT = re.compile(r"_\d+|_{1,3}|Out|_oh")
"""The names under which IPython keeps outputs."""


class OutputKept(Suspect):
    """Large outputs that no variable holds any more."""

    needs_torch = False

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """Look through the outputs; a finding for all of them, which names the largest."""
        # No generator: its own variables would be found among those that hold the outputs.
        names = dict(notebook())
        names.update(scene.names)
        outputs = _outputs(names)
        if not outputs:
            return ()
        others = held_by({name: value for name, value in names.items() if not OUTPUT.fullmatch(name)})
        found: dict[str, dict[tuple[str, int], int]] = {}
        for label, value in outputs.items():
            held = {key: each.bytes for key, each in held_by({label: value}).items() if key not in others}
            if held:
                found[label] = held
        mine = {key: bytes_ for held in found.values() for key, bytes_ in held.items()}
        if not any(scene.relevant(sum(b for (where, _), b in mine.items() if where == device), device) for device in {d for d, _ in mine}):
            return ()
        for label in _held_elsewhere(list(found), outputs, (outputs, names, scene.names)):
            del found[label]
        total = sum({key: bytes_ for held in found.values() for key, bytes_ in held.items()}.values())
        if not found or not scene.relevant(total):
            return ()
        ranked = sorted(found, key=lambda label: -sum(found[label].values()))
        largest = ranked[0]
        cause = (
            Sentence("the output `{name}` keeps {bytes} alive that no variable holds", name=_called(largest), bytes=size(total))
            if len(ranked) == 1
            else Sentence(
                "{count} outputs keep {bytes} alive that no variable holds; the largest is `{name}`",
                count=len(ranked),
                bytes=size(total),
                name=_called(largest),
            )
        )
        # Deleting Out[3] and _3 is not enough: IPython has noted the object under its hidden names, and %xdel knows them all.
        code = f"%xdel {largest}" if len(ranked) == 1 else f"for name in {ranked!r}: get_ipython().del_var(name)"
        remedy = Sentence("`{code}` frees it; a semicolon behind a cell's last expression keeps it from being kept", code=code)
        return (Charge(total, Finding(code="memory-output-kept", cause=cause, remedy=remedy)),)


def notebook() -> Mapping[str, Any]:
    """The variables of the notebook, where there is one."""
    found = getattr(_shell(), "user_ns", None)
    return found if isinstance(found, dict) else {}


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None


def _outputs(names: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs, each under a name that ``%xdel`` takes."""
    kept = names.get("Out", names.get("_oh"))
    if not isinstance(kept, dict):  # no notebook: an underscore is then a name like any other
        return {}
    found = {f"_{number}": value for number, value in kept.items()}
    known = {id(value) for value in found.values()}
    for name, value in names.items():
        if OUTPUT.fullmatch(name) and value is not kept and id(value) not in known:
            known.add(id(value))
            found[name] = value
    return found


def _called(label: str) -> str:
    return f"Out[{label[1:]}]" if label[1:].isdigit() else label


def _held_elsewhere(labels: Iterable[str], outputs: Mapping[str, Any], ours: Iterable[object]) -> set[str]:
    """Those of them that somebody else holds too, in a place that a walk over the variables does not come by."""
    shell = _shell()
    hook, last = getattr(shell, "displayhook", None), getattr(shell, "last_execution_result", None)
    known = (*ours, notebook(), notebook().get("_oh"), getattr(shell, "user_ns_hidden", None), hook, last)
    numbers = {id(each) for each in known} | {id(vars(each)) for each in (hook, last) if hasattr(each, "__dict__")}
    found = set()
    for label in labels:
        if any(id(each) not in numbers and not isinstance(each, FrameType) for each in gc.get_referrers(outputs[label])):
            found.add(label)
    return found
