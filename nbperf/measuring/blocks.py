"""What is timed: a task in a loop, the loops that fill a time, and garbage collection kept out of it."""

from __future__ import annotations

import gc
import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from time import perf_counter

from nbperf.errors import PlanError
from nbperf.probes import accelerator
from nbperf.words import say

Block = Callable[[int], object]
"""Runs something so many times, in a loop that costs as little as can be."""
Foreseen = Callable[[int, float], None]
"""Told how many repeats or pairs there must be and about how many seconds they take, where that is clearly more than asked for."""
CLEARLY = 1.5
"""Times the seconds asked for, and one second more than them at least, from which it is said ahead."""
YOUNG = 700
"""New objects after which young garbage is collected between two blocks, as Python would have done inside them."""


def looped(task: Callable[[], object]) -> Block:
    """The task in a plain loop.

    Raises
    ------
    PlanError
        If it cannot be called, or gives a coroutine, which nobody would await.
    """
    if not callable(task):
        raise PlanError(say("{found} cannot be called: give a function without arguments, such as lambda: model(x)", found=repr(task)[:60]))
    if inspect.isgeneratorfunction(task) or inspect.iscoroutinefunction(task) or inspect.isasyncgenfunction(task):
        raise PlanError(_runs_nothing(task))
    checked = False

    def block(loops: int) -> None:
        nonlocal checked
        if not checked:  # the very first call is a warm-up: what only its result tells is seen there
            checked = True
            result = task()
            loops -= 1
            if inspect.iscoroutine(result):
                result.close()
                raise PlanError(_runs_nothing(task))
        for _ in repeat(None, loops):
            task()

    return block


def _runs_nothing(task: Callable[[], object]) -> str:
    name = getattr(task, "__name__", "") or type(task).__name__
    return say("{name} gives a coroutine or a generator: calling it runs nothing; await or consume it in a `%%perf -r` cell", name=name)


@contextmanager
def collection(on: bool) -> Iterator[None]:
    """Python's garbage collection left as it is, or off and restored at the end."""
    if on:
        yield
        return
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        (gc.enable if was else gc.disable)()


def sweep() -> None:
    """Between two blocks, where collection is off inside them: what is young and dead must not pile up for seconds."""
    if gc.get_count()[0] > YOUNG:
        gc.collect(0)


def timed(block: Block, loops: int) -> float:
    """Seconds per loop, the accelerator's work included."""
    start = perf_counter()
    block(loops)
    accelerator.synchronise()
    return (perf_counter() - start) / loops


def foresee(foreseen: Foreseen | None, fewest: int, once: float, asked: float) -> None:
    """Say ahead that the fewest repeats, of `once` seconds each, will take clearly longer than was asked for."""
    if foreseen is not None and fewest * once > max(CLEARLY * asked, asked + 1.0):
        foreseen(fewest, fewest * once)


def _fill(once: float, length: float) -> int:
    """Loops of a task of `once` seconds that fit into `length` seconds: 1, 2 or 5 times a power of ten."""
    wanted = length / max(once, 1e-9) * 1.001
    if wanted < 2:
        return 1
    power = 10 ** math.floor(math.log10(wanted))
    return int(next(step for step in (5, 2, 1) if step * power <= wanted) * power)


def calibrate(block: Block, length: float) -> tuple[int, float]:
    """How many loops fill `length` seconds, and the seconds that one takes; the first call, which may be slow, apart."""
    block(1)
    loops, once = 1, timed(block, 1)
    while loops * once < length:
        more = min(_fill(once, length), loops * 100)
        if more <= loops:
            break
        loops = more
        once = timed(block, loops)
    return _fill(once, length), once
