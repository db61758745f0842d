"""What the history costs: a write right after a run, and a million values read into a table, beside named peers.

python -m tests.benchmarks.history
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from time import perf_counter

import pandas as pd

from nbperf.core.records import Run, Sample
from nbperf.measuring import environment
from nbperf.store.history import History
from nbperf.store.public import history
from nbperf.testing import reading
from tests.benchmarks.tables import table

RUNS, REPEATS = 1000, 500
QUANTITIES = ("time.wall", "memory.rss.peak")
"""1,000 runs of 500 repeats of two quantities: a million values."""


def run(n: int) -> Run:
    """One of many."""
    samples = tuple(Sample(readings=tuple(reading(name, n + i / REPEATS) for name in QUANTITIES)) for i in range(REPEATS))
    return Run(uid=f"run {n}", label="bench", started_at=1e9 + n, samples=samples, environment=MACHINE)


MACHINE = environment.capture()


def ordinary(n: int) -> Run:
    """As a cell that ran once leaves it: thirteen readings."""
    names = ("time.wall", "time.cpu.user", "time.cpu.system", "memory.rss.before", "memory.rss.after", "memory.rss.peak", "memory.swap",
             "faults.minor", "faults.major", "switches.voluntary", "switches.involuntary", "io.read", "io.write")  # fmt: skip
    sample = Sample(readings=tuple(reading(name, float(n)) for name in names))
    return Run(uid=f"ordinary {n}", label="cell", started_at=2e9 + n, samples=(sample,), environment=MACHINE)


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        store = History(Path(folder) / "history.sqlite")
        store.add(ordinary(-1))
        took = []
        for n in range(300):
            each = ordinary(n)
            start = perf_counter()
            store.add(each)
            took.append(perf_counter() - start)
        took.sort()
        print(f"a run written right after it: median {statistics.median(took) * 1e3:.2f} ms, p95 {took[285] * 1e3:.2f} ms")

        store.write(run(n) for n in range(RUNS))
        store.close()
        start = perf_counter()
        found = history("bench", path=store.path)
        ours = perf_counter() - start
        values = sum(map(len, found["values"]))

        long = pd.DataFrame({"uid": found["uid"], "quantity": found["quantity"], "value": found["values"]}).explode("value")
        rows = [["nbperf.history", f"{ours:.2f} s", "1.00"]]
        for name, write, read in (
            ("JSON lines", lambda p: long.to_json(p, orient="records", lines=True), lambda p: pd.read_json(p, lines=True)),
            ("CSV", lambda p: long.to_csv(p, index=False), pd.read_csv),
        ):
            path = Path(folder) / name
            write(path)
            start = perf_counter()
            assert len(read(path)) == values
            seconds = perf_counter() - start
            rows.append([f"pandas from {name}", f"{seconds:.2f} s", f"{seconds / ours:.2f}"])
        print(f"\n{values:,} values read into a table")
        print(table(["from", "time", "× nbperf.history"], rows))


if __name__ == "__main__":
    main()
