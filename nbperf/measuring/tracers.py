"""Who sees the lines: ``sys.monitoring`` from Python 3.12 on, ``sys.settrace`` before it.

Both tell the book (lines.py) of the functions that were asked for and of no others, in every thread that the traced
code starts, and both give back what was there before.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from threading import get_ident
from types import CodeType, FrameType
from typing import Any, Protocol

from nbperf.errors import PlanError
from nbperf.measuring.lines import Activation, Book, Traced, next_look
from nbperf.words import say

Trace = Callable[[FrameType, str, Any], Any]
Choose = Callable[[CodeType], Traced | None]
"""The traced function of a code object; None for one that is not asked for."""


class Watching(Protocol):
    """What looks at frames (watch.py)."""

    def before(self, frame: FrameType, line: int) -> None:
        """A line that it asked for is about to run."""

    def left(self, frame: FrameType) -> None:
        """A traced function is about to return."""


class Tracer(Protocol):
    """Sees lines from `start` to `stop`.

    Attributes
    ----------
    name : str
    lost : bool
        After `stop`: somebody else took the tracing over meanwhile, so that lines are missing.
    """

    name: str
    lost: bool

    def start(self, frame: FrameType | None) -> None:
        """Begin; with a frame, that function is traced from its next line on."""

    def stop(self) -> None:
        """End, and give back what was there before."""

    def top(self) -> Activation | None:
        """The traced function that runs in this thread."""


def tracer(book: Book, choose: Choose, watching: Watching | None) -> Tracer:
    """The tracer for this Python.

    Raises
    ------
    PlanError
        If another tool that cannot be shared with has taken its place.
    """
    if sys.version_info >= (3, 12):
        from nbperf.measuring.monitoring import Monitoring

        return Monitoring(book, choose, watching)
    return Settrace(book, choose, watching)


class Settrace:
    """Lines by ``sys.settrace``; a Python-level tracer that is there already, such as a debugger, is called as before."""

    name = "sys.settrace"

    def __init__(self, book: Book, choose: Choose, watching: Watching | None) -> None:
        self._book = book
        self._choose = choose
        self._watching = watching
        self._known: dict[int, tuple[CodeType, Traced | None]] = {}
        self._tops: dict[int, Activation | None] = {}
        self._frame: FrameType | None = None
        self._before: Any = None
        self._frame_before: Any = None
        self._threads_before: Any = None
        self._first: Trace | None = None
        self._started = self._stopped = False
        self.lost = False
        self._before = sys.gettrace()
        if self._before is not None and type(self._before).__module__.partition(".")[0] == "coverage":
            raise PlanError(
                say("{tool} traces this Python already and cannot share it before Python 3.12: run without it, or on 3.12 or newer",
                    tool="coverage")
            )  # fmt: skip
        self._threads_before = threading.gettrace()

    def start(self, frame: FrameType | None) -> None:
        """Begin; with a frame, that function is traced from its next line on."""
        self._started = True
        threading.settrace(self._begin)
        if frame is not None and (traced := self._chosen(frame.f_code)) is not None:
            self._frame, self._frame_before = frame, frame.f_trace
            self._first = frame.f_trace = self._local(frame, traced, self._frame_before)
            # The line that called us is not begun again: it is not a hit of the trace.
        sys.settrace(self._begin)

    def stop(self) -> None:
        """End, and give back what was there before."""
        if self._stopped or not self._started:
            return
        now = self._book.clock()
        self._stopped = True  # threads that are still running see it at their next event
        if sys.gettrace() == self._begin:
            sys.settrace(self._before)
        else:
            self.lost = True  # somebody took our place: it is theirs now
        threading.settrace(self._threads_before)
        frame, self._frame = self._frame, None
        if frame is not None and frame.f_trace is self._first:  # a frame that has awaited has another, which sees that we stopped
            frame.f_trace = self._frame_before
        here = get_ident()
        while (act := self._tops.get(here)) is not None:
            self._tops[here] = self._book.leave(act, now)
        self._book.due = 0.0  # a line without a reading does not look whether we stopped
        self._first = None
        self._known.clear()

    def top(self) -> Activation | None:
        """The traced function that runs in this thread."""
        return self._tops.get(get_ident())

    def _chosen(self, code: CodeType) -> Traced | None:
        found = self._known.get(id(code))
        if found is None:
            found = self._known[id(code)] = code, self._choose(code)  # the code is kept, so that its id stays its own
        return found[1]

    def _begin(self, frame: FrameType, event: str, arg: Any) -> Trace | None:
        """The global tracer: a function begins, or a generator goes on."""
        other = None if self._before is None else self._before(frame, event, arg)
        if self._stopped:
            if sys.gettrace() == self._begin:  # in a thread that we did not stop ourselves
                sys.settrace(self._before)
            return other
        found = self._known.get(id(frame.f_code))
        traced = found[1] if found is not None else self._chosen(frame.f_code)
        if traced is None:
            return other
        return self._local(frame, traced, other)

    def _local(self, frame: FrameType, traced: Traced, other: Trace | None) -> Trace:
        """The tracer of one activation, which is kept with it and serves its later ones as well."""
        here = get_ident()
        act = self._book.enter(traced, self._tops.get(here), frame.f_lineno, self._book.clock())
        act.thread = here
        self._tops[here] = act
        if act.local is None:
            act.local = self._made(act)
        return act.local if other is None else self._both(act.local, other)

    def _made(self, act: Activation) -> Trace:
        """Everything it needs at each line is a variable of its own; what is rare stands behind `else`."""
        book, tops, watching = self._book, self._tops, self._watching
        clock, traced, rows = book.clock, act.traced, act.traced.rows

        def local(frame: FrameType, event: str, arg: Any) -> Any:
            now = clock()
            if event == "line":
                ended = act.row
                ended.time += now - act.start
                try:
                    row = rows[frame.f_lineno]
                except KeyError:
                    row = traced[frame.f_lineno]
                if now < book.due:
                    gap = now - book.last
                    if gap > book.slow:
                        book.slow, book.slowest, book.slowest_of = gap, ended, traced
                    act.start = book.last = now
                    act.row = row
                    row.hits += 1
                elif self._stopped:
                    return None
                else:
                    book.line(act, now, row)
                if row.hits >= row.look:
                    row.look = next_look(row.hits)
                    if watching is not None:
                        watching.before(frame, row.line)
            elif event == "return":
                if self._stopped:
                    return None
                traced.left += 1
                if traced.left >= traced.look and watching is not None:
                    traced.look = next_look(traced.left)
                    watching.left(frame)
                tops[act.thread] = book.leave(act, now)
            return local

        return local

    def _both(self, local: Trace, other: Trace) -> Trace:
        """Ours and that of a debugger, until one of them has had enough."""
        theirs: Trace | None = other

        def both(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal theirs
            local(frame, event, arg)
            if theirs is not None:
                theirs = theirs(frame, event, arg)
            return theirs if self._stopped else both

        return both
