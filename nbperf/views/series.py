"""Memory over time as lines: what lies on the process's own level and what allocators hold, broken where nobody looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbperf.core.lines import MemoryTrace
from nbperf.core.quantities import label
from nbperf.core.records import Provenance, Trace
from nbperf.core.snippets import shortened
from nbperf.words import say

Numbers = NDArray[np.floating[Any]]

MISSED = 5
"""Periods without a sample that make a gap, ..."""
SHORTEST_GAP = 10e-3
"""... if they are as many seconds: below that nothing is to be seen."""
LONGEST = 40
"""Columns of a line's name."""
ON_TOP = "memory.children"
OF_THE_PROCESS = ("memory.rss", "memory.uss", "memory.pss", "memory.vms", ON_TOP)
"""What has the level of resident memory. What allocators hold is drawn below on an axis of its own: a Python heap of
5 MiB and a process of 5 GiB on one axis show neither."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One line of the picture.

    Attributes
    ----------
    times, values : array
        Seconds and bytes.
    gaps : tuple of (float, float)
        Stretches without samples.
    """

    name: str
    quantity: str
    times: Numbers
    values: Numbers
    provenance: Provenance
    gaps: tuple[tuple[float, float], ...] = ()

    @property
    def own_level(self) -> bool:
        """Whether it belongs on the axis of resident memory."""
        return self.quantity in OF_THE_PROCESS

    def broken(self) -> tuple[Numbers, Numbers]:
        """Its points with a hole in every gap, so that no line is drawn where nothing is known."""
        starts = np.array([start for start, _ in self.gaps])
        holes = np.searchsorted(self.times, starts, side="right")
        ends = np.array([end for _, end in self.gaps])
        return np.insert(self.times, holes, (starts + ends) / 2), np.insert(self.values, holes, np.nan)


def series(trace: MemoryTrace) -> list[Series]:
    """The lines of a trace, resident memory first; worker processes stand on top of it."""
    found = []
    resident = next((each for each in trace.traces if each.quantity == "memory.rss" and each.times), None)
    devices = {each.device for each in trace.traces if each.device}
    for each in sorted(trace.traces, key=lambda each: each is not resident):
        if not each.times:
            continue
        times, values = np.asarray(each.times, dtype=float), np.asarray(each.values, dtype=float)
        name = say(label(each.quantity))
        if each.quantity == ON_TOP:
            name = say("with worker processes")
            if resident is not None:
                # The workers are looked at more seldom: until then they are as they were seen last.
                last = np.searchsorted(times, resident.times, side="right") - 1
                values = np.asarray(resident.values) + np.where(last < 0, 0.0, values[last])
                times = np.asarray(resident.times, dtype=float)
        elif each.device and len(devices) > 1:
            name = f"{name}, {each.device}"
        found.append(
            Series(
                shortened(name, LONGEST),
                each.quantity,
                times,
                values,
                each.provenance,
                gaps(each if each.quantity != ON_TOP or resident is None else resident),
            )
        )
    return found


def gaps(trace: Trace) -> tuple[tuple[float, float], ...]:
    """Where nobody looked for so long that a line would be made up: ends of each stretch, in seconds."""
    if len(trace.times) < 2:
        return ()
    times = np.asarray(trace.times, dtype=float)
    distances = np.diff(times)
    period = trace.period or float(np.median(distances))
    found = np.flatnonzero((distances > MISSED * period) & (distances > SHORTEST_GAP))
    return tuple((float(times[i]), float(times[i + 1])) for i in found)
