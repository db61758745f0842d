"""Variables that the traceback of the last error keeps alive: Python and IPython hold it until the next error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from inspect import CO_OPTIMIZED
from types import FrameType, TracebackType
from typing import Any

from nbperf.core.records import Finding, Held
from nbperf.measuring.holders import Key, held_by
from nbperf.measuring.suspects.base import Charge, Scene, Suspect, locals_of, size
from nbperf.measuring.suspects.outputs import notebook
from nbperf.words import Sentence

MOST_FRAMES = 200
"""Frames that are looked at; recursion makes more."""


class TracebackKept(Suspect):
    """Large variables of functions that an error ended."""

    needs_torch = False

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """Look through the frames of the last error, those of the errors it was raised from, and IPython's own record."""
        frames = list(_frames())
        if not frames:
            return
        others = {**held_by(notebook()), **held_by(scene.names)}
        found: dict[Key, tuple[Held, str]] = {}
        for frame in frames:
            for key, held in held_by(locals_of(frame)).items():
                if key not in others:
                    found.setdefault(key, (held, frame.f_code.co_name))
        total = sum(held.bytes for held, _ in found.values())
        by_device: dict[str, int] = {}
        for held, _ in found.values():
            by_device[held.device] = by_device.get(held.device, 0) + held.bytes
        if not any(scene.relevant(bytes_, device) for device, bytes_ in by_device.items()):
            return
        largest, function = max(found.values(), key=lambda each: each[0].bytes)
        cause = Sentence(
            "the traceback of the last error, {error}, keeps {bytes} alive; the largest is `{name}` of `{function}`",
            error=type(_error()).__name__,
            bytes=size(total),
            name=largest.name,
            function=function,
        )
        remedy = Sentence("when `%debug` is no longer needed: `{code}`", code=freeing())
        yield Charge(total, Finding(code="memory-traceback-kept", cause=cause, remedy=remedy))


def freeing() -> str:
    """The line that frees it. The collection is part of it: an error and the frames it went through hold one another."""
    names = ["sys.last_traceback", "sys.last_value"]
    if sys.version_info >= (3, 12):
        names.append("sys.last_exc")
    if notebook():
        names.append("get_ipython().InteractiveTB.tb")
    return f"import gc, sys; {' = '.join(names)} = None; gc.collect()"


def _error() -> BaseException | None:
    for name in ("last_exc", "last_value"):
        found = getattr(sys, name, None)
        if isinstance(found, BaseException):
            return found
    return None


def _frames() -> Iterator[FrameType]:
    """The frames of functions that an error went through; IPython's own only lead to the cell."""
    seen: set[int] = set()
    waiting: list[Any] = [getattr(sys, "last_traceback", None), _error()]
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    waiting.append(getattr(getattr(shell, "InteractiveTB", None), "tb", None))
    while waiting and len(seen) < MOST_FRAMES:
        each = waiting.pop()
        if id(each) in seen:
            continue
        if isinstance(each, BaseException):
            seen.add(id(each))
            waiting += [each.__traceback__, each.__context__, each.__cause__]
        elif isinstance(each, TracebackType):
            seen.add(id(each))
            waiting.append(each.tb_next)
            frame = each.tb_frame
            named = str(frame.f_globals.get("__name__", ""))
            if frame.f_code.co_flags & CO_OPTIMIZED and named.split(".")[0] not in ("IPython", "ipykernel", "nbperf"):
                yield frame
