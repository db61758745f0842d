"""`memtrace`: where memory goes in a function or a block, line by line and over time."""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from time import perf_counter
from types import CodeType, FrameType, TracebackType
from typing import Any, overload
from uuid import uuid4

from nbperf.core.lines import EXTRA, Band, Mark, MemoryTrace, Moment
from nbperf.core.records import Absence, Provenance, Sample, Trace
from nbperf.core.units import Unit
from nbperf.errors import PlanError
from nbperf.measuring import environment
from nbperf.measuring.allocations import Allocations, allocations
from nbperf.measuring.assembly import assemble, merged, thinned
from nbperf.measuring.choice import Choice, Names, unprofiled
from nbperf.measuring.lines import DEVICE_GATE, Book
from nbperf.measuring.recorder import Span, Window
from nbperf.measuring.tracers import Tracer, tracer
from nbperf.measuring.watch import Watch
from nbperf.probes import catalog, levels, memory
from nbperf.probes.accelerator import DeviceLevels, device_levels
from nbperf.probes.base import Gauge
from nbperf.probes.files import FORKS
from nbperf.probes.outside import Outside
from nbperf.probes.python import PythonHeap
from nbperf.probes.sampler import Sampler
from nbperf.words import Sentence, say

PROBES = ("memory", "clock")
"""What is read of the whole; where an accelerator is in use, its memory as well."""
HEAP_PERIOD = 1e-2
"""Seconds between two looks at Python's own allocations."""


class Observed(Window):
    """A window that keeps when its regions were, and the moments that were named."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bands: list[tuple[tuple[str, ...], float, float]] = []
        self.marks: list[tuple[str, float]] = []

    def leave(self, path: tuple[str, ...], seconds: float, span: Span) -> None:
        """A region ended."""
        super().leave(path, seconds, span)
        if not self.closed:
            now = perf_counter()
            self.bands.append((path, now - seconds, now))

    def mark(self, name: str) -> None:
        """A moment was named."""
        if not self.closed:
            self.marks.append((name, perf_counter()))


class Tracing:
    """One trace, from `start` to `stop`; made by `memtrace` and by the magic.

    Parameters
    ----------
    label : str
    functions : sequence
        What is traced beside the functions of the notebook: functions, methods, classes, models.
    exact : bool
        Whether memory is read at every line.
    allocated : bool
        Whether allocations are traced as well.
    also : sequence of str
        ``"uss"`` and ``"python"``: drawn over time as well.
    watch : Watch, optional
        Looks for what deserves a word.
    cell : str, optional
        The notebook's id of the cell.
    timeline : bool
        Whether memory is looked at from outside, between the lines as well.

    Raises
    ------
    PlanError
        If a function cannot be traced, or `also` names something else.
    """

    def __init__(
        self,
        label: str = "",
        *,
        functions: Sequence[Any] = (),
        exact: bool = False,
        allocated: bool = False,
        also: Sequence[str] = (),
        watch: Watch | None = None,
        cell: str | None = None,
        timeline: bool = True,
    ) -> None:
        if unknown := [name for name in also if name not in EXTRA]:
            raise PlanError(
                say("a memory trace can show {known} over time as well, not {found!r}", known=", ".join(EXTRA), found=unknown[0])
            )
        self.label = label
        self._exact = exact
        self._allocated = allocated
        self._also = tuple(also)
        self._watch = watch
        self._cell = cell
        self._timeline = timeline
        self._choice = Choice(functions, watched=None if watch is None else watch.lines_of, apart=self._apart)
        self._uid = uuid4().hex
        self._window: Observed | None = None
        self._book: Book | None = None
        self._levels: levels.Levels | None = None
        self._tracer: Tracer | None = None
        self._outside: Outside | None = None
        self._devices: DeviceLevels | None = None
        self._heap: Sampler | None = None
        self._allocations: Allocations | None = None
        self._frame: FrameType | None = None
        self._header: tuple[CodeType, int] | None = None
        self._began = 0.0
        self._started_at = 0.0

    def start(self, frame: FrameType | None = None) -> None:
        """Begin to trace; with a frame, its function is traced from its next line on.

        Raises
        ------
        PlanError
            If a trace is running, or another tracer leaves no room.
        """
        if _ACTIVE:
            raise PlanError(say("a memory trace is running already: one at a time, since each reads the memory of the whole process"))
        if frame is not None:
            self._choice.add(frame.f_code)
            self._frame = frame
            self._header = frame.f_code, frame.f_lineno
        _ACTIVE.append(self)
        FORKS.tell(self)
        try:
            self._levels = levels.open_levels()
            self._devices = device_levels()
            probes, absences = catalog.discover(
                (*PROBES, *(("accelerator",) if self._devices else ()), *(("python",) if "python" in self._also else ()))
            )
            self._window = Observed(probes, absences)
            self._book = Book(self._levels, exact=self._exact, devices=self._devices)
            self._tracer = tracer(self._book, self._choice, self._watch)
            self._choice.prepare()
            if self._allocated:
                self._allocations = allocations()
            self._outside = Outside(uss="uss" in self._also)
            if self._timeline:
                self._outside.start()
            if "python" in self._also:
                gauges: tuple[Gauge, ...] = (PythonHeap(),)
                self._heap = Sampler(gauges, HEAP_PERIOD)
            # What was freed before, also by what we just did, is kept by the allocator, and code that takes it again seems to
            # take nothing: the same cell, traced twice, must read the same.
            memory.trim()
            self._started_at = time.time()
            self._window.open()
            if self._heap is not None:
                self._heap.start()
            if self._allocations is not None:
                self._allocations.start()
            self._began = perf_counter()
            self._book.begin()
            self._tracer.start(frame)
        except BaseException:
            self._release()
            raise

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Around work of our own while the code runs: what it takes is not the code's."""
        running = self._tracer is not None and self._book is not None and self._began > 0
        if running and self._tracer is not None and self._book is not None:
            self._book.settle(self._tracer.top())
        yield
        if running and self._book is not None:
            memory.trim()  # what we took and freed is not there for the code to take
            self._book.absorb()

    def forked(self) -> None:
        """In a child process, such as a DataLoader's worker: the parent's lines are not traced there, nor its mark set back."""
        if self._book is not None:
            self._book.blind()
        if self._tracer is not None:
            self._tracer.stop()
        _ACTIVE.clear()

    def stop(self, error: type[BaseException] | None = None, names: Mapping[str, Any] | None = None) -> MemoryTrace:
        """End, and give the record: what was traced so far, where an exception ended the code.

        Parameters
        ----------
        error : type, optional
            Of that exception.
        names : mapping of str to object
            The variables that the code leaves behind.
        """
        assert self._tracer is not None
        assert self._book is not None
        assert self._window is not None
        assert self._outside is not None
        assert self._levels is not None
        self._tracer.stop()
        self._book.end()
        frame, self._frame = self._frame, None
        if frame is not None and self._watch is not None:
            self._watch.left(frame)  # the traced code ends here, although its function does not
        del frame
        allocated = self._allocations.stop() if self._allocations is not None else None
        self._outside.stop()
        if self._heap is not None:
            self._heap.stop()
        sample = self._window.close()
        self._release()
        began, named = self._began, Names()
        shift = began - (self._outside.began or began)
        found = assemble(self._book, self._choice.traced, named, began=began, unit=self._levels.unit, header=self._header)
        beside = (*self._outside.traces, *(self._heap.traces if self._heap is not None else ()))
        trace = MemoryTrace(
            label=self.label,
            started_at=self._started_at,
            mode="exact" if self._exact else "default",
            table=found.lines,
            readings=sample.readings,
            traces=tuple(map(thinned, (*merged(beside, found.points, shift, self._levels), *_device_traces(self._devices, began)))),
            steps=found.steps,
            peak=_peak(sample, found.peak),
            bands=tuple(Band(path=path, start=max(0.0, start - began), end=end - began) for path, start, end in self._window.bands),
            marks=tuple(Mark(name=name, at=at - began) for name, at in self._window.marks),
            allocations=allocated.found(self._choice.traced, named) if allocated is not None else (),
            allocator=allocated.name if allocated is not None else "",
            events=found.events,
            tracing=found.spent,
            tracer=self._tracer.name,
            environment=environment.capture(),
            absences=(*self._window.absences, *self._outside.absences, *self._missing(), *(allocated.absences if allocated else ())),
            error=None if error is None else error.__name__,
            uid=self._uid,
            cell=self._cell,
        )
        if self._watch is None:
            return trace
        return replace(trace, findings=tuple(self._watch.conclude(trace, found.series, names or {})))

    def _missing(self) -> list[Absence]:
        assert self._tracer is not None
        missing = []
        if self._tracer.lost:
            missing.append(
                Absence(
                    quantity="lines",
                    reason=Sentence("another tracer took over while the code ran, so that lines are missing from then on"),
                    remedy=Sentence("take the other tracer out, such as @profile or pdb, or use Python 3.12 or newer"),
                )
            )
        if self._levels is not None and not self._levels.exact:
            missing.append(
                Absence(
                    quantity="memory.rss.peak",
                    reason=Sentence("this system's high-water mark cannot be set back, so a peak within a line may be missed"),
                    remedy=Sentence("trace on Linux, where it can"),
                )
            )
        return missing

    def _release(self) -> None:
        """Nothing of us is left behind, however it ended."""
        if self in _ACTIVE:
            _ACTIVE.remove(self)
        if self._window is not None and not self._window.closed:
            self._window.close()
        if self._outside is not None:
            self._outside.stop()
        if self._heap is not None:
            self._heap.stop()
        if self._devices is not None:
            self._devices.close()
        if self._tracer is not None:
            self._tracer.stop()
        if self._levels is not None:
            self._levels.close()


_ACTIVE: list[Tracing] = []
"""The trace that is running in this process."""


def _peak(sample: Sample, seen: Moment | None) -> Moment | None:
    """The exact peak of the whole; the line is that of the highest mark that was read at one, if it comes near."""
    exact = sample.reading("memory.rss.peak")
    if exact is None or seen is None:
        return seen
    near = seen.value >= exact.value - NEAR
    return replace(seen, value=max(exact.value, seen.value), place=seen.place if near else None)


NEAR = 1 << 20
"""Bytes within which the mark at a line is the peak of the whole: the two are read microseconds apart."""


def _device_traces(devices: DeviceLevels | None, began: float) -> list[Trace]:
    found = []
    for device, points in (devices.points if devices is not None else {}).items():
        for column, name in ((1, "allocated"), (2, "reserved")):
            found.append(
                Trace(
                    quantity=f"memory.cuda.{name}", unit=Unit.BYTE, provenance=Provenance.SAMPLED, source="CUDA allocator statistics",
                    times=tuple(point[0] - began for point in points), values=tuple(point[column] for point in points),
                    period=DEVICE_GATE, device=device,
                )
            )  # fmt: skip
    return found


class TraceBlock:
    """``with nbperf.memtrace("label") as trace:``; made by `memtrace`."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing
        self._trace: MemoryTrace | None = None
        self._frame: FrameType | None = None

    def __enter__(self) -> MemoryTrace:
        self._trace = MemoryTrace(label=self._tracing.label)
        self._frame = sys._getframe(1)
        self._tracing.start(self._frame)
        return self._trace

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        assert self._trace is not None
        frame, self._frame = self._frame, None
        complete = self._tracing.stop(kind, None if frame is None else frame.f_locals)
        # As for perf: the name after `as` is bound before there is anything to hold.
        for each in fields(MemoryTrace):
            object.__setattr__(self._trace, each.name, getattr(complete, each.name))


@overload
def memtrace(
    function: Callable[[], object], *, functions: Sequence[Any] = (), exact: bool = False, alloc: bool = False, also: Sequence[str] = (),
    label: str = "",
) -> MemoryTrace: ...  # fmt: skip
@overload
def memtrace(
    function: str = "", *, functions: Sequence[Any] = (), exact: bool = False, alloc: bool = False, also: Sequence[str] = (),
    label: str = "",
) -> TraceBlock: ...  # fmt: skip
def memtrace(
    function: Callable[[], object] | str = "",
    *,
    functions: Sequence[Any] = (),
    exact: bool = False,
    alloc: bool = False,
    also: Sequence[str] = (),
    label: str = "",
) -> MemoryTrace | TraceBlock:
    """Trace where memory goes, line by line and over time, in a function or a block of code.

    Parameters
    ----------
    function : callable or str
        Called once, without arguments, and traced: its lines, and those of the functions of the notebook. A text or
        nothing gives a context manager instead, which traces the block below it.
    functions : sequence
        Others that are traced as well: functions, methods, classes, models; also those of imported modules.
    exact : bool
        Read memory at every line, at some 4 µs each, instead of at most every 50 µs.
    alloc : bool
        Trace allocations as well: by memray where it is installed, else by tracemalloc.
    also : sequence of str
        Drawn over time beside resident memory: ``"uss"``, ``"python"``.
    label : str
        What the trace is called.

    Returns
    -------
    MemoryTrace
        With its lines as ``trace.lines`` and its timeline as ``trace.timeline``. As a context manager it gives one that
        is filled when the block ends, also where an exception ends it.

    Raises
    ------
    PlanError
        If a function has no lines of Python, or another trace is running. What the function itself raises is raised,
        with the trace of what ran until then as its attribute ``memtrace``.

    Examples
    --------
    >>> import nbperf
    >>> def build():
    ...     data = bytearray(50_000_000)
    ...     return len(data)
    >>> trace = nbperf.memtrace(build, exact=True)
    >>> [name for name in ("line", "hits", "increment", "peak") if name in trace.lines]
    ['line', 'hits', 'increment', 'peak']
    >>> trace.timeline.unit.value
    'B'
    """
    if isinstance(function, str):
        return TraceBlock(Tracing(label or function, functions=functions, exact=exact, allocated=alloc, also=also, watch=watch()))
    if not callable(function):
        raise PlanError(say("memtrace takes a function, a label or nothing, not {found!r}", found=function))
    task = unprofiled(function)
    name = label or str(getattr(task, "__qualname__", "") or type(task).__name__)
    tracing = Tracing(name, functions=(task, *functions), exact=exact, allocated=alloc, also=also, watch=watch())
    return run(tracing, task)


def run(tracing: Tracing, task: Callable[[], object], names: Mapping[str, Any] | None = None) -> MemoryTrace:
    """Trace one call.

    Parameters
    ----------
    names : mapping of str to object
        The variables among which its findings are looked for.
    """
    tracing.start()
    try:
        result = task()
        if inspect.iscoroutine(result):
            result.close()
            raise PlanError(say("this gives a coroutine: calling it runs nothing; await it in a cell under %%memtrace, or in a with block"))
        del result
    except BaseException as error:
        error.memtrace = tracing.stop(type(error), names)  # type: ignore[attr-defined]
        raise
    return tracing.stop(None, names)


def watch() -> Watch | None:
    """What looks for findings."""
    from nbperf.measuring.suspects import Suspects

    return Suspects()
