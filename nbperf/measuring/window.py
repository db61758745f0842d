"""The same window in code: `perf` around a block or a function, `region` around a named part of it."""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import fields
from time import perf_counter
from types import TracebackType
from typing import Any, TypeVar, overload

from nbperf.core.records import Budget, Run
from nbperf.errors import PlanError
from nbperf.measuring import asked
from nbperf.measuring.recorder import OPEN, PATH, Entered, Recorder, Window
from nbperf.probes import accelerator
from nbperf.words import say

Function = TypeVar("Function", bound=Callable[..., Any])
KEPT = 1000
"""Runs that a decorated function keeps, the newest."""


class Block:
    """``with nbperf.perf("label") as run:`` or ``@nbperf.perf("label")``; made by `perf`."""

    def __init__(self, label: str, also: Sequence[str], budgets: Sequence[Budget], items: float | None) -> None:
        self._label = label
        self._also = also
        self._budgets = budgets
        self._items = items
        self._open: dict[Window, tuple[Recorder, Run]] = {}

    def __enter__(self) -> Run:
        recorder = Recorder(self._label, also=self._also, budgets=self._budgets, items=self._items)
        window = recorder.window(owner=self)
        run = Run(label=self._label, started_at=recorder.started_at)
        self._open[window] = recorder, run
        window.open()
        return run

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        # The newest of this context: threads and tasks may share one Block. A generator may be closed in another context.
        mine = [window for window in OPEN.get() if window.owner is self] or list(self._open)
        window = mine[-1]
        recorder, run = self._open.pop(window)
        recorder.add(window, window.close(), kind)
        # The one place where a record is filled late: the name after `as` is bound before there is anything to hold.
        complete = recorder.run()
        for each in fields(Run):
            object.__setattr__(run, each.name, getattr(complete, each.name))

    def __call__(self, function: Function) -> Function:
        """The function, each of its calls measured.

        Raises
        ------
        PlanError
            If calling it runs nothing, as with a generator.
        """
        if isinstance(function, classmethod | staticmethod):
            return type(function)(self(function.__func__))
        label = self._label or getattr(function, "__qualname__", "") or type(function).__name__
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise PlanError(
                say("{name} is a generator: calling it runs nothing; put nbperf.perf around the loop that consumes it", name=label)
            )
        runs: deque[Run] = deque(maxlen=KEPT)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def measured(*args: Any, **kwargs: Any) -> Any:
                with Block(label, self._also, self._budgets, self._items) as run:
                    runs.append(run)
                    return await function(*args, **kwargs)
        else:

            @functools.wraps(function)
            def measured(*args: Any, **kwargs: Any) -> Any:
                with Block(label, self._also, self._budgets, self._items) as run:
                    runs.append(run)
                    return function(*args, **kwargs)

        measured.runs = runs  # type: ignore[attr-defined]
        return measured  # type: ignore[return-value]


@overload
def perf(label: Function) -> Function: ...
@overload
def perf(label: str = "", *, also: Sequence[str] = (), budgets: Sequence[str | Budget] = (), items: float | None = None) -> Block: ...
def perf(label: Any = "", *, also: Sequence[str] = (), budgets: Sequence[str | Budget] = (), items: float | None = None) -> Any:
    """Measure a block of code, or every call of a function, as ``%%perf`` measures a cell.

    Parameters
    ----------
    label : str
        What the run is called. Without parentheses, ``@nbperf.perf``, the function itself and its name.
    also : sequence of str
        Optional probes beside the default ones, such as ``"python"`` for Python's own allocations.
    budgets : sequence of str or Budget
        Such as ``"time.wall < 5 ms"``: kept in the run and shown on its card; ``nbperf.check(run)`` gives those broken.
    items : float, optional
        Units of work done in the block or a call.

    Returns
    -------
    Block
        A context manager that gives a Run, which is filled when the block ends, also where an exception ends it
        (then ``run.error`` names it and ``run.broken`` holds the sample); and a decorator: each call of the function
        is one Run in ``function.runs``, of which the newest 1,000 are kept.

    Raises
    ------
    PlanError
        If the label is neither a text nor a function, or a budget cannot be read or bounds a rate and there are no items.
    UnitError
        If a budget's unit is unknown or of another kind.

    Examples
    --------
    >>> import nbperf
    >>> with nbperf.perf("sum") as run:
    ...     total = sum(range(1000))
    >>> run.measurement("time.wall").count
    1
    """
    if isinstance(label, str):
        return Block(label, also, *asked.for_run(budgets, items))
    if callable(label) or isinstance(label, classmethod | staticmethod):
        return Block("", also, *asked.for_run(budgets, items))(label)
    raise PlanError(say("perf takes a label or a function, not {found}", found=type(label).__name__))


class region:  # noqa: N801 - used as a word of the language, like contextlib.suppress
    """Name a part of whatever window is open: its time is shown as a share of the whole.

    Regions nest, and those of the same name in the same place add up. Where an accelerator is in use, its time between
    the two ends is taken as well, without waiting for it. Outside every window it does nothing; neither does it in a
    thread that was started without the context of the window (``asyncio.to_thread`` and tasks have it).

    Parameters
    ----------
    name : str

    Raises
    ------
    PlanError
        If the name is no text or an empty one.

    Examples
    --------
    >>> import nbperf
    >>> with nbperf.perf() as run:
    ...     for _ in range(3):
    ...         with nbperf.region("forward"):
    ...             pass
    >>> [(path, entered) for path, seconds, entered in run.regions()]
    [(('forward',), 3)]
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:  # type: ignore[redundant-expr]  # nobody checks types in a notebook
            raise PlanError(say("a region needs a name, not {found!r}", found=name))
        self._name = name

    def __enter__(self) -> None:
        windows = OPEN.get()
        if not windows:
            return
        entered = Entered(self, self._name)
        path = (*PATH.get(), entered)
        entered.counts = tuple((window, window.path(path)) for window in windows if not window.closed)
        for window, names in entered.counts:
            window.enter(names)
        PATH.set(path)
        entered.stamp = accelerator.stamp()
        entered.started = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        end = perf_counter()
        path = PATH.get()
        entered = next((each for each in reversed(path) if each.owner is self), None)
        if entered is None:  # no window was open
            return
        PATH.set(tuple(each for each in path if each is not entered))
        span = (entered.stamp, accelerator.stamp() if entered.stamp is not None else None)
        for window, names in entered.counts:
            window.leave(names, end - entered.started, span)


def mark(name: str) -> None:
    """Name this moment on the timelines that are being recorded: of ``%%memtrace``, and of panels. Elsewhere it does nothing.

    Parameters
    ----------
    name : str

    Raises
    ------
    PlanError
        If the name is no text or an empty one.

    Examples
    --------
    >>> import nbperf
    >>> with nbperf.memtrace() as trace:
    ...     nbperf.mark("half way")
    >>> [mark.name for mark in trace.marks]
    ['half way']
    """
    if not isinstance(name, str) or not name:  # type: ignore[redundant-expr]  # nobody checks types in a notebook
        raise PlanError(say("a mark needs a name, not {found!r}", found=name))
    for window in OPEN.get():
        window.mark(name)
