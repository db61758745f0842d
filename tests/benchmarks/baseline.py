"""A stored baseline: how often identical code looks changed against it, plainly and as a ratio to the reference.

    python -m tests.benchmarks.baseline [RUNS]

The same two tasks are measured again and again, each run with its reference; every two runs that lie at least ten runs
apart are then compared as if the earlier one had been stored.
"""

from __future__ import annotations

import sys
import time

from nbperf.core.baseline import against
from nbperf.core.records import Run, Sample
from nbperf.core.stats import median, quantile
from nbperf.measuring import reference
from nbperf.measuring.blocks import looped
from nbperf.measuring.session import Plan, measure_block
from tests.benchmarks.false_differences import TASKS
from tests.benchmarks.tables import table

APART = 10
"""Runs between the stored one and the one now."""


def carried(run: Run) -> Run:
    """The run with a reference beside each repeat, as a labelled cell has it."""
    samples = tuple(Sample(readings=(*sample.readings, reference.take()), loops=sample.loops) for sample in run.samples)
    return Run(label=run.label, started_at=run.started_at, samples=samples, environment=run.environment)


def study(runs: int) -> dict[str, tuple[float, float, float, int]]:
    """By task: share called different plainly and with the reference, 99 % of |log ratio| with it, and how many comparisons."""
    series: dict[str, list[Run]] = {name: [] for name in TASKS}
    blocks = {name: looped(make(1.0)) for name, make in TASKS.items()}
    for n in range(runs):
        for name, block in blocks.items():
            series[name].append(carried(measure_block(block, Plan(repeats=20, collect=False), label=name)))
        time.sleep(0.5)
        print(f"\r  {n + 1} of {runs} runs", end="", file=sys.stderr)
    print(file=sys.stderr)
    found = {}
    for name, done in series.items():
        plain, normalised, off = 0, 0, []
        pairs = [(early, late) for i, early in enumerate(done) for late in done[i + APART :]]
        for early, late in pairs:
            a, b = early.measurement("time.wall").interval, late.measurement("time.wall").interval
            was = against(late, early)
            assert a is not None
            assert b is not None
            assert was is not None
            assert was.interval is not None
            plain += a[1] < b[0] or b[1] < a[0]
            normalised += not was.interval[0] <= 1 <= was.interval[1]
            off.append(abs(was.ratio - 1))
        found[name] = (plain / len(pairs), normalised / len(pairs), quantile(off, 0.99), len(pairs))
        print(f"  {name}: median of |ratio - 1| with the reference {median(off):.1%}", file=sys.stderr)
    return found


def main(runs: int = 60) -> None:
    """Print the table."""
    rows = [
        [name, f"{plain:.0%}", f"{normalised:.1%}", f"{off:.1%}", str(count)]
        for name, (plain, normalised, off, count) in study(runs).items()
    ]
    print(
        table(
            ["task", "plain 95 % intervals apart", "ratio to the reference excludes 1", "99 % of ratios within", "comparisons"],
            rows,
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
