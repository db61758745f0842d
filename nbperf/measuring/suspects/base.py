"""What every suspicion stands on: a look at a running frame, the scene when all has ended, and what is worth a word."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import CO_OPTIMIZED
from itertools import islice
from pathlib import PurePath
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from nbperf.core.lines import Line, MemoryTrace
from nbperf.core.records import Finding
from nbperf.core.units import Unit, format_value
from nbperf.measuring.holders import FOREIGN, MOST, Key, attributes, is_array, is_module, is_tensor, key_of
from nbperf.measuring.suspects.syntax import Item, Syntax
from nbperf.measuring.watch import Series
from nbperf.words import Sentence

_ONE_BY_ONE = f"{sys.version_info.major}.{sys.version_info.minor}" == "3.12"
LEAST_BYTES = 1 << 20
"""A finding about less is not worth the reading."""
LEAST_SHARE = 0.01
"""Of what the traced code needed at its peak."""


def size(bytes_: float) -> str:
    """Bytes as people read them."""
    return format_value(bytes_, Unit.BYTE)


@dataclass(frozen=True, slots=True)
class Site:
    """A line that was seen running; numbers and text only, so that it keeps nothing alive."""

    file: str
    function: str
    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A finding with what orders it among those of its weight.

    Attributes
    ----------
    bytes : float
        What it is about.
    finding : Finding
    general : bool
        Whether it says that something is so, and not yet what it comes from: such a one stands behind the others.
    """

    bytes: float
    finding: Finding
    general: bool = False


class View:
    """A frame at one moment. It is gone before the traced code goes on.

    Parameters
    ----------
    frame : FrameType
    syntax : Syntax
        Of the frame's file.
    """

    def __init__(self, frame: FrameType, syntax: Syntax) -> None:
        self.frame, self.syntax = frame, syntax

    @property
    def code(self) -> CodeType:
        """What runs in it."""
        return self.frame.f_code

    @property
    def is_function(self) -> bool:
        """Whether its variables end with it; those of a cell or a module stay."""
        return bool(self.code.co_flags & CO_OPTIMIZED)

    @cached_property
    def local(self) -> Mapping[str, Any]:
        """Its variables."""
        return locals_of(self.frame)

    @property
    def outer(self) -> Mapping[str, Any]:
        """The variables of its module."""
        return self.frame.f_globals

    def site(self, line: int) -> Site:
        """A line of its code."""
        return Site(self.code.co_filename, self.code.co_qualname, line, self.syntax.text(line))

    @cached_property
    def in_sight(self) -> dict[str, Any]:
        """The variables that its code names, of a function all its own, and those that functions among them name."""
        found = dict(self.local) if self.is_function else {}
        found.update((name, self.outer[name]) for name in self.code.co_names if name in self.outer and name not in found)
        for value in list(found.values()):
            if type(value) is FunctionType:
                found.update((name, inner) for name, inner in _named_by(value) if name not in found)
        return found

    @cached_property
    def modules(self) -> dict[str, Any]:
        """The modules of PyTorch in sight, also those that an object in sight holds as an attribute."""
        found: dict[str, Any] = {}
        for name, value in self.in_sight.items():
            if is_module(value):
                found[name] = value
            elif not is_tensor(value) and not issubclass(type(value), type | ModuleType):
                found.update((f"{name}.{attribute}", each) for attribute, each in attributes(value).items() if is_module(each))
        return found


def _named_by(function: FunctionType) -> Iterator[tuple[str, Any]]:
    outer = function.__globals__
    yield from ((name, outer[name]) for name in function.__code__.co_names if name in outer)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue


def locals_of(frame: FrameType) -> Mapping[str, Any]:
    """The variables of a frame, without a copy of them left behind in it.

    Up to Python 3.12 ``frame.f_locals`` fills a dict that stays with the frame, and with it whatever the function drops
    later. On 3.11 the tracer's own call fills and renews it anyway; on 3.12 variables can be read one by one.
    """
    if not _ONE_BY_ONE or not frame.f_code.co_flags & CO_OPTIMIZED:
        return frame.f_locals
    read = ctypes.pythonapi.PyFrame_GetVarString
    read.argtypes, read.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.py_object
    found: dict[str, Any] = {}
    for name in dict.fromkeys((*frame.f_code.co_varnames, *frame.f_code.co_cellvars, *frame.f_code.co_freevars)):
        try:
            found[name] = read(frame, name.encode())
        except NameError:  # without a value now
            continue
    return found


def tensors_in(value: Any, deeper: int = 2) -> Iterator[Any]:
    """A tensor, or those in a container and in the containers in it."""
    if is_tensor(value):
        yield value
    elif deeper and issubclass(type(value), dict):
        for each in list(islice(dict.values(value), MOST)):
            yield from tensors_in(each, deeper - 1)
    elif deeper and (type(value) in (list, tuple, set) or type(value).__name__ == "deque"):
        for each in list(islice(value, MOST)):
            yield from tensors_in(each, deeper - 1)


def memories(values: Iterable[Any]) -> set[Key]:
    """The memories of tensors and arrays among objects, and of the parameters and buffers of modules."""
    found: set[Key] = set()
    for value in values:
        try:
            if is_module(value):
                found.update(key_of(each) for each in (*value.parameters(), *value.buffers()))
            elif is_array(value):
                found.add(key_of(value))
            else:
                found.update(key_of(each) for each in tensors_in(value))
        except FOREIGN:
            continue
    return found


@dataclass(frozen=True)
class Scene:
    """What is known when the traced code has ended."""

    trace: MemoryTrace
    series: Series
    names: Mapping[str, Any]

    def relevant(self, bytes_: float, device: str = "cpu") -> bool:
        """Whether so many bytes deserve a word: 1 MiB, and 1 % of what the code needed on that device at its peak."""
        above = self.trace.above
        if device != "cpu":
            peaks = [each.peak for line in self.trace.table for each in line.devices if each.device == device]
            above = max(peaks, default=0.0)
        return bytes_ >= max(LEAST_BYTES, LEAST_SHARE * above)

    def line(self, site: Site) -> Line | None:
        """The line of the table that a site is."""
        found = [line for line in self.trace.table if line.line == site.line and line.source.strip() == site.source]
        return next((line for line in found if line.function == site.function), found[0] if found else None)

    def at(self, site: Site) -> Sentence:
        """Where it is, in words."""
        line = self.line(site)
        return where(line.file if line else site.file, site.line)


def where(file: str, line: int) -> Sentence:
    """A line, in words."""
    return Sentence("line {line} of {file}", line=line, file=PurePath(file).name)


class Suspect:
    """One suspicion. It sees what it asked for, keeps only numbers and names, and speaks at the end.

    What another library's object raises while it is looked at may pass: the look is then left out.
    """

    needs_torch = True
    """Whether only code in the sight of PyTorch can raise it."""

    def wants(self, item: Item) -> bool:
        """Whether `before` is to be called before this runs."""
        return False

    def before(self, item: Item, view: View) -> None:
        """One of those is about to run."""

    def left(self, view: View, items: list[Item]) -> None:
        """A traced function is about to return; `items` is what stands in it."""

    def conclude(self, scene: Scene) -> Iterable[Charge]:
        """What it found."""
        return ()
