"""A tracer of a few lines that drives a watch, in place of the real one: it reads resident memory at every line."""

from __future__ import annotations

import linecache
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from types import FrameType
from typing import Any

from nbperf.core.lines import Line, MemoryTrace, Place
from nbperf.core.records import Finding, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.measuring.lines import next_look
from nbperf.measuring.suspects import Suspects
from nbperf.measuring.watch import Watch
from nbperf.probes.files import KernelFiles
from nbperf.probes.memory import resident

CELLS = count(1)


def rss(quantity: str, value: float) -> Reading:
    return Reading(quantity=quantity, value=value, unit=Unit.BYTE, provenance=Provenance.MEASURED, source="test")


def record(lines: Iterable[Line] = (), *, before: float = 0.0, after: float = 0.0, peak: float = 0.0) -> MemoryTrace:
    readings = rss("memory.rss.before", before), rss("memory.rss.after", after), rss("memory.rss.peak", peak)
    return MemoryTrace(table=tuple(lines), readings=readings)


def line(
    number: int, source: str, *, file: str = "In [1]", function: str = "<module>", hits: int = 1, temporary: float = 0.0, own: float = 0.0
):
    return Line(
        file=file, function=function, line=number, source=source, hits=hits, reads=hits, time=0.0, increment=own, own=own, freed=0.0,
        least=0.0, most=0.0, peak=temporary,
    )  # fmt: skip


class Driver:
    """Runs cells as a tracer does.

    Parameters
    ----------
    watch : Watch, optional
    temporary : float
        What every line is said to have needed for a moment: the peak within a line takes the real tracer.
    """

    def __init__(self, watch: Watch | None = None, *, temporary: float = 0.0) -> None:
        self.watch, self.temporary = watch or Suspects(), temporary
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.trace = MemoryTrace()

    def run(self, cell: str, before: str = "") -> tuple[Finding, ...]:
        """Run `before` untraced and the cell traced, in the same variables; what the watch concludes."""
        exec(before, self.names)
        file = f"In [{next(CELLS)}]"
        source = cell.splitlines(keepends=True)
        linecache.cache[file] = (len(cell), None, source, file)
        read = resident(KernelFiles())[0]
        hits: dict[tuple[str, int], int] = defaultdict(int)
        looks: dict[tuple[str, int], int] = defaultdict(int)
        series: dict[Place, list[tuple[int, float]]] = defaultdict(list)
        levels = [read()]
        wanted: dict[Any, frozenset[int]] = {}

        def seen(frame: FrameType, event: str, _: object) -> Any:
            code = frame.f_code
            if code.co_filename != file:
                return None
            if event == "call":
                if code not in wanted:
                    wanted[code] = self.watch.lines_of(code, source)
            elif event == "line":
                number = frame.f_lineno
                key = code.co_qualname, number
                hits[key] += 1
                levels.append(read())
                series[Place(file=file, function=key[0], line=number, source=source[number - 1])].append((hits[key], levels[-1]))
                if number in wanted[code] and hits[key] >= looks[key]:
                    looks[key] = next_look(hits[key])
                    self.watch.before(frame, number)
            elif event == "return":
                key = code.co_qualname, 0
                hits[key] += 1
                if hits[key] >= looks[key]:
                    looks[key] = next_look(hits[key])
                    self.watch.left(frame)
            return seen

        outer = sys.gettrace()
        sys.settrace(seen)
        try:
            exec(compile(cell, file, "exec"), self.names)
        finally:
            sys.settrace(outer)
        levels.append(read())
        table = [
            line(number, source[number - 1].strip(), file=file, function=function, hits=n, temporary=self.temporary)
            for (function, number), n in sorted(hits.items())
            if number
        ]
        self.trace = record(table, before=levels[0], after=levels[-1], peak=max(levels))
        return self.watch.conclude(self.trace, series, self.names)


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in findings]
