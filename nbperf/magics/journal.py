"""``%nbperf auto on``: every cell of the session recorded, in memory, until it is asked for."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from nbperf.core.energy import PARTS
from nbperf.core.records import Provenance, Reading, Run
from nbperf.core.session import Executed
from nbperf.probes import catalog
from nbperf.probes.base import Probe
from nbperf.probes.cpu_power import CpuPower
from nbperf.probes.gpu_power import GpuPower

KEPT = 10_000
"""Cells; older ones are let go."""
Mode = Literal["off", "on", "show"]


@dataclass
class Journal:
    """The cells that ran since recording began.

    Attributes
    ----------
    mode : {"off", "on", "show"}
        "show" puts a line under each cell.
    since : float
        Seconds since the epoch.
    """

    mode: Mode = "off"
    since: float = 0.0
    cells: deque[Executed] = field(default_factory=lambda: deque(maxlen=KEPT))
    _ended: float = 0.0
    _totals: dict[str, float] = field(default_factory=dict)
    _sensing: list[Probe] = field(default_factory=list)

    def start(self, mode: Mode) -> None:
        """Record from now on; what was recorded before stays until `clear`."""
        if self.mode == "off":
            self.since = time.time()
            self.cells.clear()
            self._totals = {}
            self._sensing = _started()
        self.mode = mode

    def stop(self) -> None:
        """Record no more; what was recorded can still be shown."""
        if self.mode != "off":
            self.mode = "off"
            self._ended = time.time()
            self.totals()

    def until(self) -> float:
        """The time up to which it was recorded."""
        return time.time() if self.mode != "off" else self._ended

    def add(self, number: int, source: str, run: Run) -> None:
        """A cell ran; one that only asks us something is none of the session's work."""
        if all(line.lstrip().startswith(("%nbperf", "#")) for line in source.splitlines() if line.strip()):
            return
        self.cells.append(Executed(number=number, title=title(source), run=run))

    def totals(self) -> dict[str, float]:
        """Joules by quantity of the whole time, cells and idle; empty where no sensor is read."""
        for reading in [reading for probe in self._sensing for reading in _stopped(probe)]:
            # As with the cells' own: an estimate is not added to what was read.
            if reading.quantity in PARTS and reading.provenance is not Provenance.ESTIMATED:
                self._totals[reading.quantity] = self._totals.get(reading.quantity, 0.0) + reading.value
        self._sensing = _started() if self.mode != "off" else []
        return dict(self._totals)


def title(source: str) -> str:
    """The first line of a cell that says something: not blank, no magic's own line, no comment unless there is nothing else."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    for line in lines:
        if not line.startswith(("%%", "#")):
            return line
    return lines[0] if lines else ""


def _started() -> list[Probe]:
    """The energy sensors alone, started: they run over the whole session, idle time included."""
    running = []
    for probe in catalog.discover()[0]:
        if not set(PARTS).isdisjoint(probe.quantities):
            if isinstance(probe, CpuPower | GpuPower):
                probe.background = True
            try:
                probe.start()
            except Exception:  # noqa: BLE001 - what cannot be read is named in every cell's own record
                continue
            running.append(probe)
    return running


def _stopped(probe: Probe) -> list[Reading]:
    try:
        return [answer for answer in probe.stop() if isinstance(answer, Reading)]
    except Exception:  # noqa: BLE001 - as above
        return []
