"""The book of a line trace: what each line cost, from events in the order in which they happen.

Who sees the events (``sys.settrace`` or ``sys.monitoring``: tracers.py) tells the book that a traced function begins,
that a line begins, that a function ends. The book reads memory then, and gives what came or went since the last
reading to the line that had just run.

A reading takes two microseconds, which is a lot under a line that takes a tenth of one. So by default memory is read
at most every 50 µs: at the first event after that time, hence always after a line that took longer. What came or went
over a stretch of several lines is given to the line that ran longest within it: memory that is new has to be brought
in page by page, which takes more time than any line does that brings none. The lines are told how much of their share
comes from such stretches.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from threading import Lock
from time import perf_counter
from types import CodeType
from typing import Any, Protocol

from nbperf.probes.levels import Levels

GATE = 50e-6
"""Seconds from one reading to the next, at least."""
DEVICE_GATE = 250e-6
"""The same where an accelerator is in use, whose statistics take some 50 µs."""
POINT = 1e-3
"""Seconds after which a reading is put on the timeline even if nothing changed."""
GRAIN = 64 << 10
"""Bytes of change that are worth a point of their own."""
POINTS = 20_000
"""Points of the timeline; with more, only larger changes are kept from then on."""
STEP = 256 << 10
"""Bytes of change that may count among the largest."""
STEPS = 64
SERIES = 256
"""Readings that a line keeps of the level at which its hits began."""
NEVER = sys.maxsize
"""A hit that does not come."""


def next_look(count: int) -> int:
    """When to look again after so many: the first three are looked at, then those at powers of two, so that looking costs less and less."""
    return count + 1 if count < 3 else 1 << count.bit_length()


class Devices(Protocol):
    """Looks at the memory of accelerators."""

    def look(self) -> dict[str, tuple[float, float, float]]:
        """For each device, in bytes: the change of allocated and reserved, and the highest allocated above the last level."""


class Row:
    """What a line has cost so far; memory in the reader's unit.

    Attributes
    ----------
    reads, still : int
        Hits that were read at both ends, those in which nothing came or went counted apart.
    look : int
        The next hit before which somebody wants to look.
    """

    __slots__ = (
        "devices", "freed", "hits", "increment", "least", "line", "look", "most", "own", "peak", "reads", "series", "shared", "spike",
        "still", "stride", "time",
    )  # fmt: skip

    def __init__(self, line: int, watched: bool) -> None:
        self.line = line
        self.look = 1 if watched else NEVER
        self.hits = 0
        self.reads = 0
        self.still = 0
        self.time = 0.0
        self.increment = self.own = self.freed = self.shared = 0.0
        self.least = self.most = self.peak = self.spike = 0.0
        self.series: list[tuple[int, float]] = []
        self.stride = 1
        self.devices: dict[str, list[float]] = {}

    def note(self, level: float) -> None:
        """The level at which the present hit begins; asked once in `stride` hits."""
        self.series.append((self.hits, level))
        if len(self.series) > SERIES:
            del self.series[1::2]
            self.stride *= 2


class Traced:
    """A traced code object.

    Attributes
    ----------
    rows : dict of int to Row
        By line number, made as lines are met by ``traced[number]``. The tracers look in here first: at every line, and a
        dict of its own kind is found in twice as fast as one with a ``__missing__``.
    left, look : int
        How often it has returned, and at which return somebody wants to look next.
    idle : list of Activation
        Those that have ended, for the next calls: to make one takes longer than all else at a call.
    """

    __slots__ = ("code", "function", "idle", "left", "look", "rows", "watched")

    def __init__(self, code: CodeType, watched: frozenset[int] = frozenset()) -> None:
        self.code = code
        self.function = code.co_qualname
        self.watched = watched
        self.rows: dict[int, Row] = {}
        self.idle: list[Activation] = []
        self.left = 0
        self.look = 1

    def __getitem__(self, line: int) -> Row:
        row = self.rows.get(line)
        if row is None:
            row = self.rows[line] = Row(line, line in self.watched)
        return row

    def values(self) -> Iterable[Row]:
        """What each line has cost."""
        return self.rows.values()


class Activation:
    """A traced function that is running: its present line, and what was seen of memory since that line began.

    Attributes
    ----------
    outer : Activation, optional
        The traced function that called it, in the same thread.
    base : float
        The level at the last reading at which a line of it ended.
    based : float
        When that was: a line that began then has its own reading at its start.
    change, inner : float
        What came since, in all, and within traced functions that it called.
    high : float
        The highest mark since.
    total, top : float
        The same over the whole activation.
    devices, whole : dict
        Allocated, reserved and the highest by device, since the line began and over the whole activation.
    read, moved : bool
        Memory was read while it ran, and was then seen to have changed.
    still : bool
        Nothing has come or gone since the present line began.
    nested : bool
        The function runs further out as well.
    thread : int
        Where it runs.
    local : callable, optional
        Its tracer, where each activation has one.
    """

    __slots__ = (
        "base", "based", "change", "devices", "high", "inner", "local", "moved", "nested", "outer", "read", "row", "start", "still",
        "thread", "top", "total", "traced", "whole",
    )  # fmt: skip

    outer: Activation | None
    row: Row
    start: float

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.thread = 0
        self.local: Any = None
        self.base = self.high = self.top = self.based = 0.0
        self.read = self.nested = False
        self.devices: dict[str, tuple[float, float, float]] = {}
        self.whole: dict[str, tuple[float, float, float]] = {}
        self.reset()

    def reset(self) -> None:
        """Nothing has come or gone."""
        self.moved = False
        self.still = True
        self.change = self.inner = self.total = 0.0
        self.devices.clear()
        self.whole.clear()

    def add_device(self, device: str, allocated: float, reserved: float, high: float) -> None:
        """What came on a device since the last reading, and how high it was above the level then."""
        for sums in (self.devices, self.whole):
            was = sums.get(device, (0.0, 0.0, 0.0))
            sums[device] = was[0] + allocated, was[1] + reserved, max(was[2], was[0] + high)


class Book:
    """Where the events of a trace come together.

    Parameters
    ----------
    levels : Levels
        How memory is looked at.
    exact : bool
        Whether memory is read at every event.
    clock : callable
        Seconds, from any origin.
    devices : Devices, optional
        The same for accelerators, where any is in use.

    Attributes
    ----------
    points : list of (float, float)
        Time and level, for the timeline; also the marks of what came and went between two readings.
    steps : list of (float, float, float, Traced, int)
        Time, level, change, and the line, of the largest changes.
    top : (float, float, Traced, int), optional
        The highest mark, when it was read, and the line that had run.
    spent : float
        Seconds taken by readings.
    """

    def __init__(
        self,
        levels: Levels,
        *,
        exact: bool = False,
        clock: Callable[[], float] = perf_counter,
        devices: Devices | None = None,
    ) -> None:
        self.exact = exact
        self.clock = clock
        self._look = levels.look
        self._devices = devices
        self._grain = self._first_grain = GRAIN / levels.unit
        self._step = STEP / levels.unit
        self._gate = 0.0 if exact else GATE if devices is None else DEVICE_GATE
        self.points: list[tuple[float, float]] = []
        self.steps: list[tuple[float, float, float, Traced, int]] = []
        self.top: tuple[float, float, Traced | None, int] | None = None
        self.spent = 0.0
        self.readings = 0
        self.level = 0.0
        self.last = self.due = self.slow = 0.0
        self.slowest: Row | None = None
        self.slowest_of: Traced | None = None
        self._kept = (-1.0, 0.0)
        self._lock = Lock()

    def begin(self) -> None:
        """The trace begins: everything before it is nobody's."""
        _, self.level = self._look()
        if self._devices is not None:
            self._devices.look()
        now = self.clock()
        self.last, self.due = now, now + self._gate
        self.points.append((now, self.level))
        self._kept = (now, self.level)

    # ---- events -------------------------------------------------------------------------------------------------

    def enter(self, traced: Traced, outer: Activation | None, line: int, now: float) -> Activation:
        """A traced function begins or goes on; `line` is where."""
        nested = False
        if outer is not None:
            if now >= self.due:
                self._read(outer, now, *self._look())
            else:
                gap = now - self.last
                if gap > self.slow:
                    self.slow, self.slowest, self.slowest_of = gap, outer.row, outer.traced
            each: Activation | None = outer
            while each is not None and each.traced is not traced:
                each = each.outer
            nested = each is not None
        try:
            act = traced.idle.pop()
        except IndexError:
            act = Activation(traced)
        else:
            if act.moved:
                act.reset()
        act.outer = outer
        act.row = traced[line]
        act.base = act.high = act.top = self.level
        act.based = -1.0
        act.read = False
        act.nested = nested
        act.start = self.last = started = self.clock()
        self.spent += started - now
        return act

    def line(self, act: Activation, now: float, row: Row) -> None:
        """A line ends with a reading and `row` begins."""
        mark, level = self._look()
        if mark == level == self.level and act.still and self.top is not None and self._devices is None:
            # Nothing came, nothing went: as `_read` and `_end` below would have it, in less time.
            self.slow, self.slowest = 0.0, None
            if act.start == act.based:
                act.row.still += 1
            if now - self._kept[0] >= POINT:
                self._note_point(now, 0.0, level)
            self.readings += 1
            self.due = now + self._gate
            act.read = True
            act.base = act.high = level
        else:
            self._read(act, now, mark, level)
            self._end(act)
        row.hits += 1
        if row.hits % row.stride == 0:
            row.note(level)
        act.row = row
        started = self.clock()
        act.start = act.based = self.last = started
        self.spent += started - now

    def leave(self, act: Activation, now: float) -> Activation | None:
        """The function ends, or is suspended. Gives the one that called it; its own activation may be another's from now on."""
        act.row.time += now - act.start
        if now >= self.due:
            self._read(act, now, *self._look())
            self._end(act)
        else:
            gap = now - self.last
            if gap > self.slow:
                self.slow, self.slowest, self.slowest_of = gap, act.row, act.traced
        outer = act.outer
        if outer is not None and act.read:
            # What its lines were given belongs to the line that called it as well; that line is read when it ends.
            outer.read = True
            self.due = 0.0
            if act.moved:
                outer.change += act.total
                outer.inner += act.total
                outer.total += act.total
                outer.high = max(outer.high, act.top)
                outer.top = max(outer.top, act.top)
                outer.moved = True
                outer.still = False
                for device, found in act.whole.items():
                    outer.add_device(device, *found)
        act.traced.idle.append(act)
        self.last = self.clock()
        self.spent += self.last - now
        return outer

    def settle(self, act: Activation | None) -> None:
        """Before work of our own: what came until now is the present line's."""
        if act is not None:
            self._read(act, self.clock(), *self._look())

    def absorb(self) -> None:
        """After work of our own: what it took is nobody's."""
        _, self.level = self._look()

    def blind(self) -> None:
        """Look no more: in a forked child the descriptors still show the parent, whose mark would be set back."""
        level = self.level
        self._look = lambda: (level, level)
        self._devices = None

    def end(self) -> None:
        """The trace ends."""
        mark, level = self._look()
        now = self.clock()
        if self.top is None or mark > self.top[0]:
            self.top = mark, now, None, 0
        self.points.append((now, level))

    # ---- readings -----------------------------------------------------------------------------------------------

    def _read(self, act: Activation, now: float, mark: float, level: float) -> None:
        """Memory was looked at: what changed is the present line's, or the slowest's of the stretch since the last reading."""
        self.readings += 1
        self.due = now + self._gate
        act.read = True
        if mark == level == self.level and self.top is not None and self._devices is None:
            # Nothing came, nothing went: what most readings find, and where most of the time of reading every line goes.
            self.slow, self.slowest = 0.0, None
            if now - self._kept[0] >= POINT:
                self._note_point(now, 0.0, level)
            return
        with self._lock:  # lines of several threads may end at once
            change, was = level - self.level, self.level
            self.level = level
            slowest, of = self.slowest, self.slowest_of
            several, slow = slowest is not None, self.slow
            self.slow, self.slowest = 0.0, None
        row, traced = act.row, act.traced
        if slowest is not None and of is not None and slow > now - self.last:
            row, traced = slowest, of
        if change:
            row.own += change
            if change < 0:
                row.freed -= change
            if several:
                row.shared += abs(change)
            if change >= self._step or -change >= self._step:
                self._note_step(now, level, change, traced, row.line)
        rise = mark - max(level, was)
        if rise > row.spike:
            row.spike = rise
        if row is act.row:
            act.change += change
            act.high = max(act.high, mark)
        else:  # a line that ended without a reading: what it did is booked on it here
            row.increment += change
            row.peak = max(row.peak, mark - was)
            if traced is not act.traced:
                act.change += change
                act.inner += change
                act.high = max(act.high, mark)
        act.total += change
        act.top = max(act.top, mark)
        act.moved = True
        act.still = False
        if self.top is None or mark > self.top[0]:
            self.top = mark, now, traced, row.line
        self._note_point(now, rise, level)
        if self._devices is not None:
            self._read_devices(act)

    def _end(self, act: Activation) -> None:
        """The present line ends, and memory has just been read."""
        row = act.row
        if act.still:
            if act.start == act.based:
                row.still += 1
            act.base = act.high = self.level
            return
        own = act.change - act.inner
        row.increment += own if act.nested else act.change
        if act.start == act.based:
            first = row.reads == 0
            row.reads += 1
            row.least = act.change if first else min(row.least, act.change)
            row.most = act.change if first else max(row.most, act.change)
        row.peak = max(row.peak, act.high - act.base)
        act.base = act.high = self.level
        act.change = act.inner = 0.0
        act.still = True
        if act.devices:
            for device, (allocated, reserved, high) in act.devices.items():
                known = row.devices.setdefault(device, [0.0, 0.0, 0.0])
                known[0] += allocated
                known[1] += reserved
                known[2] = max(known[2], high)
            act.devices.clear()

    def _read_devices(self, act: Activation) -> None:
        assert self._devices is not None
        for device, found in self._devices.look().items():
            act.add_device(device, *found)

    def _note_point(self, now: float, rise: float, level: float) -> None:
        at, kept = self._kept
        if rise >= self._grain:
            self.points.append((now - (now - self.last) / 2, max(level, kept) + rise))
        elif abs(level - kept) < self._grain and (now - at < POINT or self._grain > self._first_grain):
            return
        self.points.append((now, level))
        self._kept = now, level
        if len(self.points) > POINTS:
            self.points[1:-1] = self.points[1:-1:2]
            self._grain *= 2

    def _note_step(self, now: float, level: float, change: float, traced: Traced, line: int) -> None:
        self.steps.append((now, level, change, traced, line))
        if len(self.steps) > 4 * STEPS:
            self.steps = sorted(sorted(self.steps, key=lambda step: -abs(step[2]))[:STEPS], key=lambda step: step[0])
            self._step = min(abs(step[2]) for step in self.steps)
