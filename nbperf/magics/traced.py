"""A cell whose memory is traced while the shell runs it: the counterpart of entry.py's `Cell`."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from nbperf.core.lines import MemoryTrace
from nbperf.errors import PlanError
from nbperf.magics.trace_arguments import TraceOptions, read
from nbperf.measuring.choice import code_of
from nbperf.measuring.memtrace import Tracing, watch
from nbperf.words import say

if TYPE_CHECKING:
    from nbperf.magics.entry import Entry


class Traced:
    """One execution of a traced cell, as a context manager that lets every exception pass."""

    automatic = False

    def __init__(self, entry: Entry, line: str) -> None:
        self._entry = entry
        self.options = read(line)
        self.value: Any = None
        self.live = False
        self.trace: MemoryTrace | None = None
        self._tracing: Tracing | None = None
        self.info = entry.info
        entry.began(self)

    def __enter__(self) -> None:
        try:
            tracing = made(self.options, self._entry, functions(self.options.function, self._entry.shell.user_ns))
            tracing.start(sys._getframe(1))
        except PlanError as error:
            self._entry.ended(self, PlanError)
            raise UsageError(f"%%memtrace: {error}") from None  # which the shell shows as one line
        self._tracing = tracing

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        tracing, self._tracing = self._tracing, None
        try:
            if tracing is not None:
                self.trace = tracing.stop(kind, self._entry.shell.user_ns)
                deliver(self._entry, self.trace, self.options, self._entry.info, failed=kind is not None)
        except Exception as problem:  # noqa: BLE001 - ours must not take the place of the user's result or exception
            said = say("nbperf could not finish its record: {error}", error=f"{type(problem).__name__}: {problem}")
            sys.stderr.write(f"{said}\n")
        finally:
            self._entry.ended(self, kind)

    def abandon(self) -> None:
        """The shell gave the cell up, so that its end is never reached."""
        if self._tracing is not None:
            self.__exit__(RuntimeError, None, None)

    def delivered(self) -> object:
        """What the shell is to display: the cell's value, or with ``-o`` the trace."""
        if not self.options.output or self.trace is None:
            return self.value
        return self._entry.output(self.value, self.trace)


def made(options: TraceOptions, entry: Entry, traced: Sequence[Any]) -> Tracing:
    """The trace that the options ask for."""
    return Tracing(
        options.label,
        functions=traced,
        exact=options.exact,
        allocated=options.alloc,
        also=tuple(dict.fromkeys(options.probe)),
        watch=watch(),
        cell=entry.cell_id,
    )


def functions(names: Sequence[str], scope: dict[str, Any]) -> list[Any]:
    """What ``-f`` names: a variable, something reached from it by dots, or something in a module that is imported.

    Raises
    ------
    PlanError
        If there is nothing of that name, or it has no lines of Python.
    """
    found = []
    for name in names:
        function = named(name, scope)
        code_of(function)
        found.append(function)
    return found


def named(name: str, scope: dict[str, Any]) -> Any:
    """What a dotted name stands for.

    Raises
    ------
    PlanError
        If nothing.
    """
    first, *rest = name.split(".")
    known = {**vars(builtins), **scope}
    starts: list[tuple[Any, list[str]]] = [(known[first], rest)] if first in known else []
    parts = name.split(".")
    starts += [(sys.modules[".".join(parts[:n])], parts[n:]) for n in range(len(parts) - 1, 0, -1) if ".".join(parts[:n]) in sys.modules]
    for start, way in starts:
        try:
            for step in way:
                start = getattr(start, step)
            return start
        except AttributeError:
            continue
    raise PlanError(say("there is no function {name!r} here: define it or import its module first", name=name))


def shown(trace: MemoryTrace, options: TraceOptions) -> object:
    """What is displayed of a trace: itself, or its card with the lines in another order."""
    if options.sort == "line":
        return trace
    from nbperf import report

    return report.as_card(trace, by="cost")


def deliver(entry: Entry, trace: MemoryTrace, options: TraceOptions, info: Any, *, failed: bool = False) -> None:
    """Keep a trace where it was asked for, and have its card shown."""
    if entry.settings.store_source:
        trace = replace(trace, source=getattr(info, "raw_cell", None) or "")
    if options.variable:
        entry.shell.user_ns[options.variable] = trace
    if entry.kept:
        entry.keeper.keep(trace)
    if not options.quiet and entry.settings.card and (failed or not options.output):
        entry.show(shown(trace, options))
