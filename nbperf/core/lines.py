"""Where memory went: the record of a traced piece of code, line by line and over time.

Two sums are kept for every line. Its own share is what came and went while it ran and no traced function that it
called did; over all lines these add up to what the whole code added. Its whole share counts those functions in, as
people read a call; where a function calls itself only the outermost call counts, so that nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nbperf.core.records import Absence, Environment, Finding, Provenance, Reading, Trace
from nbperf.core.units import Unit, format_value

if TYPE_CHECKING:
    from pandas import DataFrame

Mode = Literal["default", "exact"]
EXTRA = ("uss", "python")
"""What may be drawn over time beside resident memory, where it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """What a line did to the memory of one accelerator; all in bytes.

    Attributes
    ----------
    allocated, reserved : float
        What it added, net; of what tensors hold, and of what the allocator holds for them.
    peak : float
        The most that was allocated within it, above the level at its start.
    """

    device: str
    allocated: float
    reserved: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of traced code.

    Attributes
    ----------
    file : str
        As people know it: ``"In [3]"`` for a cell, else the path.
    function : str
        Qualified name; ``"<module>"`` for a cell's or a file's own lines.
    line : int
        Its number, from 1.
    source : str
        Without its indentation's common part; as it stood when it ran.
    hits : int
        How often it ran.
    reads : int
        In how many of these hits memory was read at both ends, so that what they did is known for themselves.
    time : float
        Seconds in it, the functions it called included, and what tracing cost them.
    increment : float
        Bytes of resident memory it added, net, the functions it called included.
    own : float
        The same without the traced functions it called: over all lines these add up.
    freed : float
        Bytes it gave back: the sum of its own falls.
    least, most : float
        The smallest and the largest increment among the hits that were read; 0.0 without any.
    peak : float
        Bytes above the level at its start, at the highest moment within any hit.
    spike : float
        Bytes that it needed for a moment of its own: the highest mark above both of the readings around it.
    shared : float
        Bytes of `own` that were read over a stretch of several lines, and given to the slowest of them.
    devices : tuple of DeviceLine
    """

    file: str
    function: str
    line: int
    source: str
    hits: int
    reads: int
    time: float
    increment: float
    own: float
    freed: float
    least: float
    most: float
    peak: float
    spike: float = 0.0
    shared: float = 0.0
    devices: tuple[DeviceLine, ...] = ()

    @property
    def mean(self) -> float:
        """Bytes that a hit added, on average."""
        return self.increment / self.hits if self.hits else 0.0

    @property
    def provenance(self) -> Provenance:
        """Measured where every hit was read at both ends, else sampled."""
        return Provenance.MEASURED if self.reads >= self.hits and not self.shared else Provenance.SAMPLED

    @property
    def temporary(self) -> float:
        """Bytes that it needed for a moment: of its own, or of its peak those that no hit has left behind."""
        return max(self.spike, self.peak - max(0.0, self.most))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line, as others refer to it."""

    file: str
    function: str
    line: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something at a time of the trace, and the line that ran then.

    Attributes
    ----------
    at : float
        Seconds since the trace began.
    value : float
        Bytes of resident memory then.
    change : float
        Bytes by which it differs from the reading before.
    place : Place, optional
        None where no traced line ran.
    """

    at: float
    value: float
    change: float = 0.0
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A region of the code on the timeline: when it was entered and left, in seconds since the trace began."""

    path: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment that the code named with ``nbperf.mark``."""

    name: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What a line allocated, as an allocation tracer saw it; all in bytes.

    Attributes
    ----------
    count : int
        Allocations made by it that were alive at the highest moment, or at the end where only that is known.
    at_peak : float, optional
        Alive when the traced allocations were at their highest; None where the tracer cannot tell.
    left : float
        Alive at the end.
    temporary : float, optional
        Allocated and freed again before the next allocation but one; None where the tracer cannot tell.
    """

    place: Place
    count: int
    left: float
    at_peak: float | None = None
    temporary: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTrace:
    """Memory of a traced piece of code: by line, over time, and what is to be said about it.

    Attributes
    ----------
    label : str
    started_at : float
        Seconds since the epoch.
    mode : {"default", "exact"}
        Whether memory was read at most every 50 µs and after every line that took longer, or at every line.
    table : tuple of Line
        The lines that ran, by file, function and number. As a DataFrame: `lines`.
    readings : tuple of Reading
        Of the whole: ``time.wall``, ``memory.rss.before``, ``memory.rss.after``, ``memory.rss.peak``, ``memory.swap``.
    traces : tuple of Trace
        Over time: ``memory.rss`` first, then what else was asked for or is there.
    steps : tuple of Moment
        The largest changes, in order of time.
    peak : Moment, optional
        The exact peak and the line that ran.
    bands, marks : tuple
        ``nbperf.region`` and ``nbperf.mark``.
    findings : tuple of Finding
        Causes with remedies: they rest on objects that lived when the code ended, so they are part of the record.
    allocations : tuple of Allocation
        Only where they were asked for; `allocator` says who traced them.
    events : int
        Lines that were seen.
    tracing : float
        Seconds that reading and book-keeping took, of ``time.wall``.
    tracer : str
        How lines were seen: ``"sys.settrace"`` or ``"sys.monitoring"``.
    error : str, optional
        The type of the exception that ended the code.
    """

    label: str = ""
    started_at: float = 0.0
    mode: Mode = "default"
    table: tuple[Line, ...] = ()
    readings: tuple[Reading, ...] = ()
    traces: tuple[Trace, ...] = ()
    steps: tuple[Moment, ...] = ()
    peak: Moment | None = None
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    findings: tuple[Finding, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    allocator: str = ""
    events: int = 0
    tracing: float = 0.0
    tracer: str = ""
    environment: Environment | None = None
    absences: tuple[Absence, ...] = ()
    error: str | None = None
    uid: str = ""
    cell: str | None = None
    source: str | None = None

    def __repr__(self) -> str:
        """One line: all that was read is in the fields."""
        peak = f", peak=+{format_value(self.above, Unit.BYTE)}" if self.peak or self.readings else ""
        return f"MemoryTrace(label={self.label!r}, lines={len(self.table)}{peak})"

    def reading(self, quantity: str, device: str | None = None) -> Reading | None:
        """The reading of a quantity of the whole, None where there is none."""
        return next((r for r in self.readings if r.quantity == quantity and r.device == device), None)

    def _value(self, quantity: str) -> float:
        found = self.reading(quantity)
        return found.value if found else 0.0

    @property
    def seconds(self) -> float:
        """How long the code ran, tracing included."""
        return self._value("time.wall")

    @property
    def growth(self) -> float:
        """Bytes of resident memory that the code left behind: after it, less before it."""
        return self._value("memory.rss.after") - self._value("memory.rss.before")

    @property
    def above(self) -> float:
        """Bytes of the peak above the level before."""
        return max(0.0, self._value("memory.rss.peak") - self._value("memory.rss.before"))

    @property
    def timeline(self) -> Trace | None:
        """Resident memory over time, in bytes and seconds since the trace began."""
        return next((trace for trace in self.traces if trace.quantity == "memory.rss"), None)

    @property
    def lines(self) -> DataFrame:
        """The lines as a table, a row each.

        Returns
        -------
        pandas.DataFrame
            Columns file, function, line, source, hits, reads, time (s), and in bytes increment, own, freed, least, mean,
            most, peak (above the level at the line's start), spike, shared; then for each device allocated, reserved and its peak.
        """
        from nbperf.core.frames import of_lines

        return of_lines(self.table)

    @property
    def code_map(self) -> dict[str, list[tuple[int, tuple[float, float, int]]]]:
        """As memory_profiler keeps it, so that ``memory_profiler.show_results(trace)`` prints its table.

        Returns
        -------
        dict
            For each file its lines: number, and (increment, level after the line, hits), in MiB.
        """
        found: dict[str, list[tuple[int, tuple[float, float, int]]]] = {}
        level = self._value("memory.rss.before")
        for line in self.table:
            level += line.own
            found.setdefault(line.file, []).append((line.line, (line.increment / 2**20, level / 2**20, line.hits)))
        return found

    def ranked(self) -> Iterator[Line]:
        """The lines by what they cost: the larger of what a line itself left behind and its peak first."""
        yield from sorted(self.table, key=lambda line: (-cost(line), line.file, line.line))


def cost(line: Line) -> float:
    """Bytes that a line answers for: what it added of its own, or what it needed for a moment, whichever is more.

    A line that only calls traced functions answers for none of theirs.
    """
    return max(0.0, line.own, line.spike)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePair:
    """A line of one variant beside its counterpart in the other; None where the other has none."""

    before: Line | None
    after: Line | None

    @property
    def change(self) -> float:
        """Bytes by which the increment of the second exceeds that of the first."""
        return (self.after.increment if self.after else 0.0) - (self.before.increment if self.before else 0.0)

    @property
    def change_of_peak(self) -> float:
        """Bytes by which the peak within the second exceeds that within the first."""
        return (self.after.peak if self.after else 0.0) - (self.before.peak if self.before else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryContest:
    """Two variants of a step, traced in turn.

    Attributes
    ----------
    baseline, contestant : tuple of MemoryTrace
        The traces of each, in pairs: as many of the one as of the other.
    pairs : tuple of LinePair
        Line by line, of the medians over the traces.
    """

    baseline: tuple[MemoryTrace, ...]
    contestant: tuple[MemoryTrace, ...]
    pairs: tuple[LinePair, ...] = ()

    @property
    def changes(self) -> tuple[float, ...]:
        """Bytes by which the peak of the contestant exceeds the baseline's, a value for each pair."""
        return tuple(after.above - before.above for before, after in zip(self.baseline, self.contestant, strict=True))
