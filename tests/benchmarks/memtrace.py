"""What tracing memory line by line costs beside other tools, and what it finds: all of them in turn, in one process.

    python -m tests.benchmarks.memtrace [ROUNDS]

Each tool is started, the work runs and is timed within it, and the tool is stopped, round by round; the figures are
medians over the rounds of the CPU time that the work took in that round as against the bare work of the same round.
So what else the machine does is in none of them, nor is starting and stopping a tool; that is told apart, as is the
process of its own by which memtrace draws the timeline. A tool that takes a hundred or a thousand times as long runs
fewer iterations, and what an iteration takes is compared. A peer that is not installed is named and left out.
"""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any

import numpy as np

import nbperf
from tests.benchmarks.tables import table

MIB = 1 << 20

# ---- the work: functions of a file, since other tools trace no others -------------------------------------------------


def plain_loop(n: int) -> int:
    total = 0
    for i in range(n):
        total += i
    return total


def callee(i: int) -> int:
    return i + 1


def loop_of_calls(n: int) -> int:
    total = 0
    for i in range(n):
        total += callee(i)
    return total


def loop_of_objects(n: int) -> int:
    kept = []
    for i in range(n):
        kept.append((i,))  # noqa: PERF401 - a loop is what is traced
    return len(kept)


def make_training() -> Callable[[int], float]:
    """So many steps of a small convolutional network."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = nn.CrossEntropyLoss()
    data, wanted = torch.randn(512, 1, 28, 28), torch.randint(0, 10, (512,))

    def train(steps: int) -> float:
        total = 0.0
        for step in range(steps):
            start = 32 * (step % 16)
            images = data[start : start + 32]
            labels = wanted[start : start + 32]
            optimizer.zero_grad()
            logits = model(images)
            loss = loss_of(logits, labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total

    train(8)
    return train


@dataclass(frozen=True)
class Work:
    """Something to trace.

    Attributes
    ----------
    run : callable
        Takes the number of iterations.
    traced : tuple of callable
        Whose lines are asked for.
    iterations : int
    shortened : bool
        Whether a slow tool runs fewer of them.
    events : int
        Lines that an iteration begins in what is traced.
    """

    run: Callable[[int], object]
    traced: tuple[Callable[..., object], ...]
    iterations: int
    events: int
    shortened: bool = True


LOOP = "200,000 additions"
CALLS = "calls, traced"
FOREIGN = "calls, not traced"
OBJECTS = "small objects"
STEPS = "training step"


def works() -> dict[str, Work]:
    """The work by name; the training step only where PyTorch is installed."""
    found = {
        LOOP: Work(plain_loop, (plain_loop,), 200_000, 2),
        CALLS: Work(loop_of_calls, (loop_of_calls, callee), 200_000, 3),
        FOREIGN: Work(loop_of_calls, (loop_of_calls,), 200_000, 2),
        OBJECTS: Work(loop_of_objects, (loop_of_objects,), 200_000, 2),
    }
    if find_spec("torch") is not None:
        train = make_training()
        found[STEPS] = Work(train, (train,), 50, 10, shortened=False)
    return found


# ---- the tools ---------------------------------------------------------------------------------------------------------

Functions = Sequence[Callable[..., object]]
BARE, DEFAULT, EXACT, PEER = "bare", "nbperf memtrace", "nbperf memtrace, exact", "memory_profiler"


@contextmanager
def _memory_profiler(functions: Functions) -> Any:
    """As ``%mprun`` does it."""
    from memory_profiler import LineProfiler

    profiler = LineProfiler()
    for function in functions:
        profiler(function)
    profiler.enable_by_count()
    try:
        yield profiler
    finally:
        profiler.disable_by_count()


@contextmanager
def _line_profiler(functions: Functions) -> Any:
    from line_profiler import LineProfiler

    profiler = LineProfiler(*functions)
    profiler.enable_by_count()
    try:
        yield profiler
    finally:
        profiler.disable_by_count()


@contextmanager
def _memray(functions: Functions) -> Any:
    import memray

    with tempfile.TemporaryDirectory() as folder, memray.Tracker(Path(folder) / "allocations.bin"):
        yield


@contextmanager
def _tracemalloc(functions: Functions) -> Any:
    import tracemalloc

    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


@dataclass(frozen=True)
class Tool:
    """A tool: within what `around` gives, the functions are traced.

    Attributes
    ----------
    share : int
        One of so many iterations is run.
    """

    around: Callable[[Functions], AbstractContextManager[Any]]
    module: str = ""
    share: int = 1


TOOLS = {
    BARE: Tool(lambda functions: nullcontext()),
    DEFAULT: Tool(lambda functions: nbperf.memtrace(functions=functions)),
    EXACT: Tool(lambda functions: nbperf.memtrace(functions=functions, exact=True), share=10),
    PEER: Tool(_memory_profiler, "memory_profiler", share=100),
    "line_profiler": Tool(_line_profiler, "line_profiler"),
    "memray": Tool(_memray, "memray"),
    "tracemalloc": Tool(_tracemalloc),
}
SEES = {
    BARE: "", DEFAULT: "memory, time and peak by line", EXACT: "the same, each line exactly", PEER: "memory by line",
    "line_profiler": "time by line", "memray": "allocations", "tracemalloc": "Python's allocations",
}  # fmt: skip


def installed(name: str) -> bool:
    """Whether a tool is here."""
    return not TOOLS[name].module or find_spec(TOOLS[name].module) is not None


# ---- what it costs -----------------------------------------------------------------------------------------------------


@dataclass
class Costs:
    """Of one tool and one work, by round: CPU seconds of an iteration, and seconds of starting and stopping the tool."""

    iteration: list[float] = field(default_factory=list)
    around: list[float] = field(default_factory=list)


def once(tool: Tool, work: Work, costs: Costs) -> None:
    """One round of one tool."""
    n = work.iterations // tool.share if work.shortened else work.iterations
    gc.collect()
    outside = perf_counter()
    with tool.around(work.traced):
        begun, start = perf_counter(), process_time()
        work.run(n)
        took, ended = process_time() - start, perf_counter()
    costs.around.append(perf_counter() - ended + begun - outside)
    costs.iteration.append(took / n)


def study(rounds: int, tools: Sequence[str], names: Sequence[str] | None = None) -> dict[str, dict[str, Costs]]:
    """Costs by work and tool: every tool in each round, each round in another order."""
    chosen = {name: work for name, work in works().items() if names is None or name in names}
    found = {name: {tool: Costs() for tool in tools} for name in chosen}
    with one_thread():
        for name, work in chosen.items():
            for tool in tools:
                once(TOOLS[tool], work, Costs())  # imports, and what is set up once
            for turn in range(rounds):
                for tool in (*tools[turn % len(tools) :], *tools[: turn % len(tools)]):
                    once(TOOLS[tool], work, found[name][tool])
                print(f"\r  {name}: round {turn + 1} of {rounds}   ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


@contextmanager
def one_thread() -> Any:
    """PyTorch on one core: threads that wait for one another take CPU time as well."""
    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def slowdown(costs: dict[str, Costs], tool: str) -> float:
    """How many times as long the work takes: median over the rounds."""
    return statistics.median(t / b for t, b in zip(costs[tool].iteration, costs[BARE].iteration, strict=True))


def added(costs: dict[str, Costs], tool: str, events: int) -> list[float]:
    """Seconds added to each line that begins, by round."""
    return [(t - b) / events for t, b in zip(costs[tool].iteration, costs[BARE].iteration, strict=True)]


def times_cheaper(costs: dict[str, Costs], tool: str, than: str = PEER) -> list[float]:
    """By round: how many times what `tool` adds fits into what `than` adds."""
    return [other / own for own, other in zip(added(costs, tool, 1), added(costs, than, 1), strict=True)]


def looker() -> float:
    """The share of a core that the process takes which looks at memory from outside."""
    from nbperf.probes.outside import Outside

    def children(seconds: float) -> float:
        before = os.times()
        outside = Outside()
        outside.start()
        sleep(seconds)
        outside.stop()
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    return (children(4.5) - children(0.5)) / 4.0  # its own start is in both


# ---- what it finds -----------------------------------------------------------------------------------------------------

KEPT: list[Any] = []


def known() -> None:
    KEPT.append(np.ones(40 * MIB // 8))
    np.ones(300 * MIB // 8).sum()
    for size in range(1, 9):
        KEPT.append(np.ones(size * MIB // 8))  # noqa: PERF401 - a loop is what is traced
    for number in range(40_000):
        KEPT.append(b"%600d" % number)  # noqa: PERF401 - as above
    for _ in range(200):
        np.ones(MIB // 16).sum()
    KEPT.pop(0)


TRUTH = {
    "kept: one array": ("np.ones(40", "increment", 40.0),
    "freed within the line: an array": ("np.ones(300", "peak", 300.0),
    "kept: arrays in a loop": ("np.ones(size", "increment", 36.0),
    "kept: 40,000 small objects": ("%600d", "increment", 40_000 * 640 / MIB),
    "freed within the line: 200 × half a MiB": ("MIB // 16", "peak", 0.5),
    "given back: the first array": ("pop(0)", "increment", -40.0),
}
"""By what happens: words of its line, what of it is known, and how many MiB that is."""


@contextmanager
def faithful_allocator() -> Any:
    """What is asked for is what becomes resident: large blocks come from the system and go back to it, in small pages."""
    trim, mmap, huge_pages = -1, -3, 41
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if library is not None:
        library.mallopt(mmap, 64 << 10)
        library.mallopt(trim, 64 << 10)
        library.prctl(huge_pages, 1, 0, 0, 0)
    try:
        yield
    finally:
        if library is not None:
            library.prctl(huge_pages, 0, 0, 0, 0)


def ours(exact: bool) -> dict[str, float]:
    """MiB by what happens, as memtrace says."""
    KEPT.clear()
    trace = nbperf.memtrace(known, exact=exact)
    KEPT.clear()
    found = {}
    for what, (words, column, _) in TRUTH.items():
        (line,) = (each for each in trace.table if words in each.source)
        found[what] = getattr(line, column) / MIB
    return found


def theirs() -> dict[str, float]:
    """The same, as memory_profiler says; it has one number for a line."""
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    KEPT.clear()
    with _memory_profiler((known,)) as profiler:
        known()
    KEPT.clear()
    ((_, lines),) = profiler.code_map.items()
    increments = {number: line[0] for number, line in lines if line}
    return {
        what: next((mib for number, mib in increments.items() if words in source[number - 1]), 0.0)
        for what, (words, _, _) in TRUTH.items()
    }  # fmt: skip


def truth() -> dict[str, dict[str, float]]:
    """MiB by tool and by what happens."""
    with faithful_allocator():
        found = {DEFAULT: ours(exact=False), EXACT: ours(exact=True)}
        if installed(PEER):
            found[PEER] = theirs()
    return found


# ---- the tables --------------------------------------------------------------------------------------------------------


def times(value: float) -> str:
    """A ratio with three digits."""
    return f"×{value:,.0f}" if value >= 99.5 else f"×{value:.1f}" if value >= 9.95 else f"×{value:.2f}"


def share(cheaper: float) -> str:
    """One of so many; what adds next to nothing may seem to add less than that."""
    return "< 1/1,000" if cheaper < 0 or cheaper > 1000 else "1" if cheaper < 1.05 else f"1/{cheaper:,.0f}"


def main(rounds: int = 7) -> None:
    """Print the tables."""
    tools = [name for name in TOOLS if installed(name)]
    chosen = works()
    found = study(rounds, tools)
    rows = []
    for tool in tools[1:]:
        costs = found[LOOP]
        cheaper = share(statistics.median(times_cheaper(costs, tool))) if PEER in tools else "?"
        rows.append([tool, SEES[tool], *(times(slowdown(found[name], tool)) for name in chosen), cheaper])
    print(f"Python {sys.version.split()[0]}; how many times as long the work takes, starting and stopping the tool left out\n")
    print(table(["tool", "sees", *chosen, "added per line, of memory_profiler's"], rows))
    print("\nadded to each line that begins:\n")
    microseconds = {
        tool: {name: statistics.median(added(found[name], tool, work.events)) * 1e6 for name, work in chosen.items()} for tool in tools[1:]
    }
    print(table(["tool", *chosen], [[tool, *(f"{each[name]:.2f} µs" for name in chosen)] for tool, each in microseconds.items()]))
    if missing := [name for name in TOOLS if name not in tools]:
        print("not installed, so not measured:", ", ".join(missing))
    if STEPS not in chosen:
        print("PyTorch is not installed, so no training step was measured")
    else:
        print(f"\none bare training step: {statistics.median(found[STEPS][BARE].iteration) * 1e3:.1f} ms")
    around = {tool: statistics.median(s for costs in found.values() for s in costs[tool].around) for tool in tools[1:]}
    print("starting and stopping:", ", ".join(f"{tool} {seconds * 1e3:.1f} ms" for tool, seconds in around.items()))
    print(f"the process that draws the timeline: {looker():.1%} of a core")
    seen = truth()
    print("\nwhat is found of known allocations, MiB:\n")
    print(
        table(
            ["", "really", *seen],
            [[what, f"{mib:.1f}", *(f"{each[what]:.1f}" for each in seen.values())] for what, (_, _, mib) in TRUTH.items()],
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
