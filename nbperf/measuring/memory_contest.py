"""Two variants of a step, traced in turn: what differs, line by line."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbperf.core.line_pairs import paired
from nbperf.core.lines import MemoryContest, MemoryTrace
from nbperf.measuring.memtrace import Tracing, run

PAIRS = 8
"""Traces of each: the range of eight differences holds their median with 99.2 % confidence."""


def contest(
    tasks: Mapping[str, Callable[[], object]],
    *,
    functions: Sequence[Any] = (),
    pairs: int = PAIRS,
    exact: bool = False,
    seed: int | None = None,
) -> MemoryContest:
    """Trace two tasks in turn, in random order within each pair, after one run of each that does not count.

    Parameters
    ----------
    tasks : mapping of str to callable
        Two, the first is the baseline.
    functions : sequence
        What is traced of them.
    pairs : int
    exact : bool
        Whether memory is read at every line.
    seed : int, optional
        Of the order.
    """
    order = random.Random(seed)
    (one, first), (other, second) = tasks.items()

    def trace(label: str, task: Callable[[], object]) -> MemoryTrace:
        gc.collect()  # what the other one left to be collected is not freed in this one
        return run(Tracing(label, functions=functions, exact=exact, timeline=False), task)

    for task in (first, second):
        task()
    baseline, contestant = [], []
    for _ in range(pairs):
        if order.random() < 0.5:
            baseline.append(trace(one, first))
            contestant.append(trace(other, second))
        else:
            contestant.append(trace(other, second))
            baseline.append(trace(one, first))
    return MemoryContest(baseline=tuple(baseline), contestant=tuple(contestant), pairs=paired(baseline, contestant))
