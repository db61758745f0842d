"""Lines by ``sys.monitoring`` (PEP 669), beside any debugger, coverage or profiler."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import get_ident
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from nbperf.errors import PlanError
from nbperf.measuring.lines import Activation, Book, Traced, next_look
from nbperf.words import say

if TYPE_CHECKING:
    from nbperf.measuring.tracers import Choose, Watching

FREE = (4, 3, 5, 2)
"""Tool numbers in the order in which they are tried: those that nobody is meant to have first."""
NAME = "nbperf"


class Monitoring:
    """The tool that listens.

    A function is met when it begins for the first time; one that is not asked for is never heard of again, so that
    code which is not traced runs at its own speed.
    """

    name = "sys.monitoring"

    def __init__(self, book: Book, choose: Choose, watching: Watching | None) -> None:
        self._book = book
        self._choose = choose
        self._watching = watching
        self._traced: dict[int, Traced] = {}  # by id, which is quick and tells equal code apart; Traced keeps the code alive
        self._tops: dict[int, Activation | None] = {}
        # While one thread alone runs what is traced, what it runs now is found here: to ask which thread this is takes as long as
        # all else at a line. Between a look at `_alone` and what is done about it nothing is called, so that no thread comes between.
        self._alone = True
        self._only = 0
        self._top: Activation | None = None
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        self._tool = -1
        self.lost = False

    def start(self, frame: FrameType | None) -> None:
        """Begin; with a frame, that function is traced from its next line on.

        Raises
        ------
        PlanError
            If no tool number is free.
        """
        tools, events = self._monitoring, self._monitoring.events
        number = next((each for each in FREE if tools.get_tool(each) is None), None)
        if number is None:
            raise PlanError(say("every place for a tool in sys.monitoring is taken: end another tracer or profiler first"))
        tools.use_tool_id(number, NAME)
        self._tool = number
        for event, callback in self._callbacks().items():
            tools.register_callback(number, event, callback)
        tools.restart_events()  # what an earlier trace asked not to hear of
        if frame is not None and (traced := self._choose(frame.f_code)) is not None:
            self._listen(frame.f_code, traced)
            self._enter(traced, frame.f_lineno)
        tools.set_events(number, events.PY_START | events.PY_RESUME | events.PY_UNWIND | events.PY_THROW)

    def stop(self) -> None:
        """End, and give the number back."""
        now = self._book.clock()
        tools, number = self._monitoring, self._tool
        if number < 0:
            return
        self.lost = tools.get_tool(number) != NAME
        if not self.lost:
            tools.set_events(number, 0)
            for traced in self._traced.values():
                tools.set_local_events(number, traced.code, 0)
            for event in self._callbacks():
                tools.register_callback(number, event, None)
            tools.free_tool_id(number)
        self._tool = -1
        here = get_ident()
        while (act := self._tops.get(here)) is not None:
            self._tops[here] = self._book.leave(act, now)
        self._top = None
        self._traced.clear()

    def top(self) -> Activation | None:
        """The traced function that runs in this thread."""
        return self._tops.get(get_ident())

    def _callbacks(self) -> dict[int, Any]:
        events = self._monitoring.events
        return {
            events.PY_START: self._start,
            events.PY_RESUME: self._resume,
            events.PY_RETURN: self._leave,
            events.PY_YIELD: self._leave,
            events.PY_UNWIND: self._unwind,
            events.PY_THROW: self._thrown,
            events.LINE: self._lines(),
        }

    def _listen(self, code: CodeType, traced: Traced) -> None:
        events = self._monitoring.events
        self._traced[id(code)] = traced
        self._monitoring.set_local_events(self._tool, code, events.LINE | events.PY_RETURN | events.PY_YIELD)

    def _enter(self, traced: Traced, line: int) -> Activation:
        here = get_ident()
        book = self._book
        act = book.enter(traced, self._tops.get(here), line, book.clock())
        act.thread = here
        self._put(act, here)
        return act

    def _put(self, act: Activation | None, here: int) -> None:
        """Remember what runs now in this thread."""
        self._tops[here] = act
        if here != self._only:
            if self._only:
                self._alone, self._top = False, None
                return
            self._only = here
        if self._alone:
            self._top = act

    # ---- callbacks ----------------------------------------------------------------------------------------------

    def _start(self, code: CodeType, offset: int) -> Any:
        traced = self._traced.get(id(code))
        if traced is None:
            if self._tool < 0:
                return None
            traced = self._choose(code)
            if traced is None:
                return self._monitoring.DISABLE
            self._listen(code, traced)
        self._enter(traced, code.co_firstlineno)
        return None

    def _resume(self, code: CodeType, offset: int) -> Any:
        traced = self._traced.get(id(code))
        if traced is None:
            return self._monitoring.DISABLE
        self._enter(traced, sys._getframe(1).f_lineno)
        return None

    def _thrown(self, code: CodeType, offset: int, exception: BaseException) -> None:
        traced = self._traced.get(id(code))
        if traced is not None:
            self._enter(traced, sys._getframe(1).f_lineno)

    def _lines(self) -> Callable[[CodeType, int], None]:
        """What hears of lines; what is rare stands behind `else`."""
        book, watching = self._book, self._watching
        clock = book.clock

        def line(code: CodeType, number: int) -> None:
            now = clock()
            act = self._top
            if act is None or act.traced.code is not code:
                act = self._found(code, number)
            traced = act.traced
            ended = act.row
            ended.time += now - act.start
            try:
                row = traced.rows[number]
            except KeyError:
                row = traced[number]
            if now < book.due:
                gap = now - book.last
                if gap > book.slow:
                    book.slow, book.slowest, book.slowest_of = gap, ended, traced
                act.start = book.last = now
                act.row = row
                row.hits += 1
            else:
                book.line(act, now, row)
            if row.hits >= row.look:
                row.look = next_look(row.hits)
                if watching is not None:
                    watching.before(sys._getframe(1), number)

        return line

    def _leave(self, code: CodeType, offset: int, value: object) -> None:
        now = self._book.clock()
        here = get_ident()
        act = self._tops.get(here)
        if act is None or act.traced.code is not code:
            return
        traced = act.traced
        traced.left += 1
        if traced.left >= traced.look and self._watching is not None:
            traced.look = next_look(traced.left)
            self._watching.left(sys._getframe(1))
        self._put(self._book.leave(act, now), here)

    def _unwind(self, code: CodeType, offset: int, exception: BaseException) -> None:
        if id(code) in self._traced:
            self._leave(code, offset, exception)

    def _found(self, code: CodeType, number: int) -> Activation:
        """The activation of this code in this thread, those within it being gone; or a new one, if its beginning was not heard."""
        here = get_ident()
        act = self._tops.get(here)
        if act is not None and act.traced.code is code:
            return act
        while act is not None and act.traced.code is not code:
            act = act.outer
        if act is None:
            return self._enter(self._traced[id(code)], number)
        self._put(act, here)
        return act
