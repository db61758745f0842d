"""Which code is traced, and what its files and lines are called: functions that were named, and those of the notebook."""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from nbperf.core.lines import Place
from nbperf.errors import PlanError
from nbperf.measuring.lines import Traced
from nbperf.words import say

INLINE = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"})
"""They count as part of the line in which they stand, as they do on Python 3.12, which has no functions for most of them."""
OWN = str(Path(__file__).parent.parent)
"""Our own folder: none of its lines is the user's."""


def cell_number(file: str) -> int | None:
    """The number of the notebook's cell whose source passes for this file; None for any other file."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    known = getattr(getattr(shell, "compile", None), "_filename_map", None)
    number = known.get(file) if isinstance(known, dict) else None
    return number if isinstance(number, int) else None


def unprofiled(function: Any) -> Any:
    """The function itself, where memory_profiler's ``@profile`` stands around it: two line tracers would be in each other's way."""
    code = getattr(function, "__code__", None)
    inner = getattr(function, "__wrapped__", None)
    if isinstance(code, CodeType) and inner is not None and Path(code.co_filename).name == "memory_profiler.py":
        return inner
    return function


def code_of(function: Any) -> list[CodeType]:
    """The code of a function, of a method, of all methods of a class, or of what an object does when it is called.

    Raises
    ------
    PlanError
        If it has none that is written in Python.
    """
    found = list(_code_of(function))
    if not found:
        raise PlanError(
            say("{name} has no lines of Python that could be traced: name a function or a class written in Python",
                name=getattr(function, "__name__", repr(function)[:60]))
        )  # fmt: skip
    return found


def _code_of(function: Any) -> Iterable[CodeType]:
    while True:
        if isinstance(function, functools.partial | functools.partialmethod):
            function = function.func
        elif isinstance(function, classmethod | staticmethod) or inspect.ismethod(function):
            function = function.__func__
        elif isinstance(function, property):
            function = function.fget
        elif isinstance(function, FunctionType | functools._lru_cache_wrapper) and hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        else:
            break
    if isinstance(function, FunctionType):
        yield function.__code__
    elif isinstance(function, type):
        for member in vars(function).values():
            if isinstance(member, FunctionType | classmethod | staticmethod | property):
                yield from _code_of(member)
    elif function is not None and not isinstance(function, CodeType):
        kind = type(function)
        torch = sys.modules.get("torch")
        module = torch is not None and isinstance(function, torch.nn.Module)
        called = getattr(kind, "forward" if module else "__call__", None)
        if isinstance(called, FunctionType):
            yield from _code_of(called)


def _within(code: CodeType) -> Iterable[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)


class Choice:
    """The functions of a trace.

    Parameters
    ----------
    functions : sequence
        Functions, methods, classes, models: what is defined within them is traced as well.
    notebook : bool
        Whether every function that was defined in the notebook is traced.
    watched : callable, optional
        ``watched(code, source)``: numbers of lines that somebody wants to see before they run.
    apart : callable
        A context manager around work of ours that takes memory, such as reading a source, while the code runs.

    Raises
    ------
    PlanError
        If one of the functions is not written in Python.
    """

    def __init__(
        self,
        functions: Sequence[Any] = (),
        *,
        notebook: bool = True,
        watched: Callable[[CodeType, Sequence[str]], frozenset[int]] | None = None,
        apart: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._asked = {id(inner): inner for function in functions for code in code_of(function) for inner in _within(code)}
        self._notebook = notebook
        self._watched = watched
        self._apart = apart
        self._ready: dict[int, Traced] = {}
        self.traced: list[Traced] = []

    def add(self, code: CodeType) -> None:
        """Trace this one as well, and what is defined within it."""
        self._asked.update({id(inner): inner for inner in _within(code)})

    def __call__(self, code: CodeType) -> Traced | None:
        """What is to be traced of a code object; None if nothing."""
        if code.co_name in INLINE or code.co_filename.startswith(OWN):
            return None
        if id(code) not in self._asked and not (self._notebook and cell_number(code.co_filename) is not None):
            return None
        ready = self._ready.pop(id(code), None)
        if ready is None:
            with self._apart():
                ready = self._made(code)
        self.traced.append(ready)
        return ready

    def prepare(self) -> None:
        """Read the sources of what was asked for, before the trace begins."""
        for number, code in self._asked.items():
            if code.co_name not in INLINE and number not in self._ready:
                self._ready[number] = self._made(code)

    def _made(self, code: CodeType) -> Traced:
        return Traced(code, frozenset() if self._watched is None else self._watched(code, linecache.getlines(code.co_filename)))


class Names:
    """What files are called, and what stands in their lines."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}

    def file(self, path: str) -> str:
        """``In [3]`` for a cell, a path from the working folder where the file lies below it, else the whole path."""
        name = self._files.get(path)
        if name is None:
            number = cell_number(path)
            if number is not None:
                name = f"In [{number}]"
            else:
                try:
                    name = str(Path(path).relative_to(Path.cwd()))
                except (ValueError, OSError):
                    name = path
            self._files[path] = name
        return name

    def place(self, traced: Traced, line: int) -> Place:
        """A line, as people refer to it."""
        path = traced.code.co_filename
        source = linecache.getline(path, line).rstrip()
        return Place(file=self.file(path), function=traced.function, line=line, source=source)
