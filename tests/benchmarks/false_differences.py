"""How often a difference is claimed where there is none, and found where there is one.

    python -m tests.benchmarks.false_differences [TRIALS]

Each trial compares a task with itself, or with one that does 1, 2, 5 or 10 % more of the same work, by each method in
turn, on this machine as loaded as it is. The tasks: a hundred products of matrices, and a loop of pure Python.
"""

from __future__ import annotations

import math
import sys
import time
import timeit
from collections.abc import Callable

import numpy as np

from nbperf.core.records import Comparison
from nbperf.core.stats import bootstrap_interval, quantile
from nbperf.measuring.blocks import looped
from nbperf.measuring.contest import Rule, contest
from tests.benchmarks.tables import table

Task = Callable[[], object]
Method = Callable[[Task, Task], str]
"""Says "faster", "slower" or "indistinct" of the second against the first."""


LEFT, RIGHT, OUT = np.random.default_rng(0).random((3, 96, 96))


def spin(rounds: int) -> Task:
    """Pure Python, about 0.5 ms."""

    def task() -> int:
        total = 0
        for i in range(rounds):
            total += i & 7
        return total

    return task


def products(count: int) -> Task:
    """So many products of two small matrices, about 3 ms for 100.

    The matrices are the same ones for every task: two copies lie at other addresses, and the cache makes a real
    difference of about half a per cent between those.
    """

    def task() -> None:
        for _ in range(count):
            np.matmul(LEFT, RIGHT, out=OUT)

    return task


TASKS: dict[str, Callable[[float], Task]] = {
    "matrix products": lambda more: products(round(100 * more)),
    "pure Python": lambda more: spin(round(10_000 * more)),
}


def _blocks(task: Task, count: int) -> tuple[float, ...]:
    return tuple(timeit.repeat(task, number=1, repeat=count))


def two_timeits(a: Task, b: Task) -> str:
    """Two %timeit lines as IPython prints them, 7 runs of about 0.05 s each: mean ± standard deviation apart."""
    found = []
    for task in (a, b):
        number = max(1, round(0.05 / max(timeit.timeit(task, number=3) / 3, 1e-9)))
        runs = [t / number for t in timeit.repeat(task, number=number, repeat=7)]
        found.append((float(np.mean(runs)), float(np.std(runs))))
    (mean_a, std_a), (mean_b, std_b) = found
    return "faster" if mean_b + std_b < mean_a - std_a else "slower" if mean_b - std_b > mean_a + std_a else "indistinct"


def two_blocks(a: Task, b: Task) -> str:
    """200 calls of one, then 200 of the other: 95 % bootstrap intervals of their medians apart."""
    (low_a, high_a), (low_b, high_b) = (bootstrap_interval(_blocks(task, 200)) for task in (a, b))
    return "faster" if high_b < low_a else "slower" if low_b > high_a else "indistinct"


def torch_benchmark(a: Task, b: Task) -> str:
    """torch.utils.benchmark: blocked_autorange of one, then of the other; their interquartile ranges apart."""
    from torch.utils.benchmark import Timer

    found = []
    for task in (a, b):
        times = Timer("task()", globals={"task": task}).blocked_autorange(min_run_time=0.35).times
        found.append((quantile(times, 0.25), quantile(times, 0.75)))
    (low_a, high_a), (low_b, high_b) = found
    return "faster" if high_b < low_a else "slower" if low_b > high_a else "indistinct"


def ours(a: Task, b: Task) -> str:
    """nbperf.compare with its defaults."""
    found = contest({"a": looped(a), "b": looped(b)}, Rule())
    assert isinstance(found, Comparison)
    return found.verdict


METHODS: dict[str, Method] = {
    "two %timeit lines, mean ± std apart": two_timeits,
    "two blocks of 200, bootstrap 95 %": two_blocks,
    "torch.utils.benchmark, quartiles apart": torch_benchmark,
    "nbperf: pairs in turn, 99 %": ours,
}


def upper(found: int, trials: int) -> float:
    """Upper 95 % bound of a share (Wilson)."""
    z = 1.6449
    p = found / trials
    return (p + z * z / (2 * trials) + z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2))) / (1 + z * z / trials)


def study(trials: int, extras: tuple[float, ...] = (0.0, 0.01, 0.02, 0.05, 0.1)) -> dict[tuple[str, str, float], tuple[int, int, float]]:
    """(task, method, extra work) -> (trials with a verdict, of them right, seconds a trial); methods take turns."""
    found: dict[tuple[str, str, float], tuple[int, int, float]] = {}
    methods = dict(METHODS)
    try:
        import torch.utils.benchmark  # noqa: F401
    except ImportError:
        print("torch is not installed: torch.utils.benchmark is left out")
        methods.pop("torch.utils.benchmark, quartiles apart")
    for name, make in TASKS.items():
        for extra in extras:
            tasks = make(1.0), make(1 + extra)
            counts = {method: [0, 0, 0.0] for method in methods}
            for trial in range(trials if extra == 0 else max(20, trials // 4)):
                swapped = trial % 2 == 1  # the second is the slower one in every other trial
                pair = tasks[::-1] if swapped else tasks
                for method, judge in methods.items():
                    start = time.perf_counter()
                    verdict = judge(*pair)
                    counts[method][2] += time.perf_counter() - start
                    counts[method][0] += verdict != "indistinct"
                    counts[method][1] += verdict == ("faster" if swapped else "slower")
            n = trial + 1
            for method, (claimed, right, seconds) in counts.items():
                found[name, method, extra] = (int(claimed), int(right), seconds / n)
            print(f"  {name}, {extra:.0%} more work: {n} trials", file=sys.stderr, flush=True)
    return found


def main(trials: int = 200) -> None:
    """Print the table."""
    found = study(trials)
    few = max(20, trials // 4)
    rows = []
    for name in TASKS:
        for method in METHODS:
            if (name, method, 0.0) not in found:
                continue
            claimed, _, seconds = found[name, method, 0.0]
            rights = [found[name, method, extra][1] / few for extra in (0.01, 0.02, 0.05, 0.1)]
            rows.append(
                [
                    name,
                    method,
                    f"{claimed / trials:.1%} (≤ {upper(claimed, trials):.1%})",
                    *(f"{right:.0%}" for right in rights),
                    f"{seconds:.2f} s",
                ]
            )
    print(table(["task", "method", "identical called different", "1 % found", "2 %", "5 %", "10 %", "time"], rows))
    print(f"{trials} trials of identical code, {few} of each difference; in brackets the upper 95 % bound")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
