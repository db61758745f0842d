"""Suspicions about memory: a watch that passes what it sees on to them, and a file for each of them.

They are looked for in the variables themselves, while the code runs and when it has ended, and so become part of the
record. `base` says what each of them stands on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from nbperf.core.lines import MemoryTrace
from nbperf.core.records import Finding
from nbperf.measuring.holders import FOREIGN
from nbperf.measuring.suspects.activations import Activations
from nbperf.measuring.suspects.base import Charge, Scene, Suspect, View
from nbperf.measuring.suspects.gradients import GradientsKept
from nbperf.measuring.suspects.graphs import GraphsKept
from nbperf.measuring.suspects.growth import Growth
from nbperf.measuring.suspects.in_place import Temporary
from nbperf.measuring.suspects.no_grad import NoGrad
from nbperf.measuring.suspects.outputs import OutputKept
from nbperf.measuring.suspects.precision import Float64
from nbperf.measuring.suspects.syntax import Item, Syntax, read
from nbperf.measuring.suspects.traceback import TracebackKept
from nbperf.measuring.watch import Series

SUSPECTS: tuple[Callable[[], Suspect], ...] = (
    GraphsKept, OutputKept, TracebackKept, Growth, Temporary, GradientsKept, NoGrad, Float64, Activations,
)  # fmt: skip

_Code = tuple[str, str, int]
"""File, qualified name and first line of a code object: the object itself is not kept alive."""


class Suspects:
    """The watch that looks for all of them; made anew for every trace.

    Parameters
    ----------
    suspects : iterable of callables that return a Suspect
    """

    def __init__(self, suspects: Iterable[Callable[[], Suspect]] = SUSPECTS) -> None:
        self._suspects = [make() for make in suspects]
        self._files: dict[str, Syntax] = {}
        self._plans: dict[_Code, dict[int, list[tuple[Suspect, Item]]]] = {}
        self._items: dict[_Code, list[Item]] = {}

    def lines_of(self, code: CodeType, source: Sequence[str]) -> frozenset[int]:
        """The lines of a code object before which somebody wants to look."""
        key = _key(code)
        if key not in self._plans:
            syntax = self._read(code.co_filename, source)
            items = self._items[key] = syntax.of(code)
            asked = self._asked(syntax)
            plan: dict[int, list[tuple[Suspect, Item]]] = {}
            for item in items:
                for suspect in asked:
                    if suspect.wants(item):
                        plan.setdefault(item.line, []).append((suspect, item))
            self._plans[key] = plan
        return frozenset(self._plans[key])

    def before(self, frame: FrameType, line: int) -> None:
        """Let those look who want to before this line."""
        key = _key(frame.f_code)
        asked = self._plans.get(key, {}).get(line)
        if not asked:
            return
        view = View(frame, self._files[key[0]])
        for suspect, item in asked:
            try:
                suspect.before(item, view)
            except FOREIGN:
                continue

    def left(self, frame: FrameType) -> None:
        """Let all of them look at what a function leaves behind."""
        key = _key(frame.f_code)
        items = self._items.get(key)
        if items is None:
            return
        view = View(frame, self._files[key[0]])
        for suspect in self._asked(view.syntax):
            try:
                suspect.left(view, items)
            except FOREIGN:
                continue

    def conclude(self, trace: MemoryTrace, series: Series, names: Mapping[str, Any]) -> tuple[Finding, ...]:
        """The findings, the gravest first; of one weight, those that name a cause first, then by bytes."""
        scene = Scene(trace, series, names)
        charges: list[Charge] = []
        for suspect in self._suspects:
            try:
                charges += suspect.conclude(scene)
            except FOREIGN:
                continue
        charges.sort(key=lambda charge: (-charge.finding.weight, charge.general, -charge.bytes))
        return tuple(charge.finding for charge in charges)

    def _read(self, file: str, source: Sequence[str]) -> Syntax:
        known = self._files.get(file)
        if known is None or (known.source is not source and list(known.source) != list(source)):
            known = self._files[file] = read(source)
        return known

    def _asked(self, syntax: Syntax) -> list[Suspect]:
        """Without PyTorch, and in a file that does not speak of it, only those that need none."""
        if "torch" in sys.modules or any("torch" in line for line in syntax.source):
            return self._suspects
        return [suspect for suspect in self._suspects if not suspect.needs_torch]


def _key(code: CodeType) -> _Code:
    return code.co_filename, code.co_qualname, code.co_firstlineno
