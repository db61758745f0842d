"""The cells of a notebook's session, each with its Run: ranked, and laid out over time with the idle time between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nbperf.core.energy import PARTS
from nbperf.core.records import Provenance, Run, Sample

Order = Literal["time", "memory", "energy"]
ORDERS: tuple[Order, ...] = ("time", "memory", "energy")
CERTAIN = 0.02
"""Share of the energy up to which it does not matter that it could only be shared out by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """One execution of a cell.

    Attributes
    ----------
    number : int
        Its ``In[n]``.
    title : str
        The first line that says something.
    run : Run
    """

    number: int
    title: str
    run: Run

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All that was measured of it: warm-ups, repeats, and what an exception ended."""
        return (*self.run.warmups, *self.run.samples, *self.run.broken)

    @property
    def seconds(self) -> float:
        """Wall time of all its samples; 0.0 if none was read."""
        return sum(reading.value for sample in self.samples if (reading := sample.reading("time.wall")))

    @property
    def growth(self) -> float | None:
        """The highest its memory rose above where it began, in bytes; None where no peak was read."""
        grown = [
            peak.value - before.value
            for sample in self.samples
            if (peak := sample.reading("memory.rss.peak")) and (before := sample.reading("memory.rss.before"))
        ]
        return max(grown, default=None)

    @property
    def joules(self) -> float | None:
        """Measured or sampled energy of all its devices; None where none was read."""
        found = [
            reading.value
            for sample in self.samples
            for reading in sample.readings
            if reading.quantity in PARTS and reading.provenance is not Provenance.ESTIMATED
        ]
        return sum(found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an execution lies on the session's time: its start and length, as shares of the whole."""

    executed: Executed
    start: float
    share: float


def ranked(cells: Sequence[Executed], order: Order) -> list[Executed]:
    """The costliest first; what has no figure comes last."""
    keys: dict[Order, Callable[[Executed], float | None]] = {
        "time": lambda cell: cell.seconds,
        "memory": lambda cell: cell.growth,
        "energy": lambda cell: cell.joules,
    }
    key = keys[order]
    return sorted(cells, key=lambda cell: -1.0 if (value := key(cell)) is None else value, reverse=True)


def laid_out(cells: Sequence[Executed], since: float, until: float) -> tuple[tuple[Place, ...], float]:
    """Every execution on the time from `since` to `until` (seconds since the epoch), and the idle share of it.

    Cells that ran inside one another, or at once, are not counted twice as busy.
    """
    whole = max(until - since, 1e-9)
    places = []
    busy, reached = 0.0, since
    for cell in sorted(cells, key=lambda each: each.run.started_at):
        start, end = cell.run.started_at, cell.run.started_at + cell.seconds
        places.append(Place(executed=cell, start=max(start - since, 0.0) / whole, share=min(cell.seconds / whole, 1.0)))
        busy += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return tuple(places), max(0.0, 1 - busy / whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleEnergy:
    """What the sensors counted while no cell ran.

    Attributes
    ----------
    joules : float
    total : float
        Of the whole time, cells and idle.
    shared : float
        Joules that were shared out by time, because no window read them.
    """

    joules: float
    total: float
    shared: float = 0.0

    @property
    def share(self) -> float:
        """Of the total, between 0 and 1."""
        return self.joules / self.total if self.total > 0 else 0.0

    @property
    def estimated(self) -> bool:
        """Whether what was shared out by time matters."""
        return self.shared > CERTAIN * self.total


def idle_energy(cells: Sequence[Executed], totals: Mapping[str, float], since: float, until: float) -> IdleEnergy | None:
    """What was taken between the cells: all that the sensors counted from `since` to `until`, without the cells' own.

    A cell that is too short for a sensor has no reading of its own; what is left over once every reading was taken out is
    shared out by time between such cells and the idle time.

    Parameters
    ----------
    cells : sequence of Executed
    totals : mapping of str to float
        Joules by quantity over the whole time, all devices together: a device that no cell uses is idle.
    since, until : float
        Seconds since the epoch.

    Returns
    -------
    IdleEnergy or None
        None where no sensor was read.
    """
    if not totals:
        return None
    _, share = laid_out(cells, since, until)
    idle = share * (until - since)
    busy = max(until - since - idle, 0.0)
    samples = [sample for cell in _outermost(cells) for sample in cell.samples]
    joules = shared = 0.0
    for quantity, total in totals.items():
        taken, seconds = 0.0, 0.0
        for sample in samples:
            found = [r.value for r in sample.readings if r.quantity == quantity and r.provenance is not Provenance.ESTIMATED]
            if found:
                wall = sample.reading("time.wall")
                taken, seconds = taken + sum(found), seconds + (wall.value if wall else 0.0)
        rest, unread = max(total - taken, 0.0), max(busy - seconds, 0.0)
        between = rest * idle / (idle + unread) if idle + unread > 0 else 0.0
        joules += between
        shared += rest - between
    return IdleEnergy(joules=joules, total=sum(totals.values()), shared=shared)


def _outermost(cells: Sequence[Executed]) -> list[Executed]:
    """Without those that ran inside another: what they took is in the other's readings."""
    found: list[Executed] = []
    reached = float("-inf")
    for cell in sorted(cells, key=lambda each: (each.run.started_at, -each.seconds)):
        end = cell.run.started_at + cell.seconds
        if end > reached:
            found.append(cell)
            reached = end
    return found
