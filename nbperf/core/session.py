"""The cells of a notebook's session, each with its Run: ranked, and laid out over time with the idle time between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from nbperf.core.energy import PARTS
from nbperf.core.records import Provenance, Run

Order = Literal["time", "memory", "energy"]
ORDERS: tuple[Order, ...] = ("time", "memory", "energy")


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
    def seconds(self) -> float:
        """Wall time of all its samples, those that an exception ended too; 0.0 if none was read."""
        samples = (*self.run.warmups, *self.run.samples, *self.run.broken)
        return sum(reading.value for sample in samples if (reading := sample.reading("time.wall")))

    @property
    def growth(self) -> float | None:
        """The highest its memory rose above where it began, in bytes; None where no peak was read."""
        samples = (*self.run.warmups, *self.run.samples, *self.run.broken)
        grown = [
            peak.value - before.value
            for sample in samples
            if (peak := sample.reading("memory.rss.peak")) and (before := sample.reading("memory.rss.before"))
        ]
        return max(grown, default=None)

    @property
    def joules(self) -> float | None:
        """Measured or sampled energy of all its devices; None where none was read."""
        samples = (*self.run.warmups, *self.run.samples, *self.run.broken)
        found = [
            reading.value
            for sample in samples
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
