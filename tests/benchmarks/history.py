"""What the history costs: a write right after a run, and a million values read into a table, beside named peers.

python -m tests.benchmarks.history
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd

from nbperf.core.records import Run, Sample
from nbperf.measuring import environment
from nbperf.store.history import History
from nbperf.store.public import history
from nbperf.testing import reading
from tests.benchmarks.tables import table

VALUES = 1_000_000
QUANTITIES = (
    "time.wall", "time.cpu.user", "time.cpu.system", "memory.rss.before", "memory.rss.after", "memory.rss.peak", "memory.swap",
    "memory.python.peak", "faults.minor", "faults.major", "switches.voluntary", "switches.involuntary", "io.read", "io.write",
    "energy.cpu", "energy.gpu", "power.cpu", "power.gpu", "memory.cuda.allocated.peak", "memory.cuda.reserved.peak",
)  # fmt: skip
"""As many as a run on a machine with an accelerator has."""
REPEATS = (1, 2, 10, 500)
"""Values of a quantity: 1 is what a plain cell leaves, 500 a long comparison."""
TOGETHER = 1000
"""Runs written in one transaction."""

MACHINE = environment.capture()


def many(repeats: int) -> Iterator[Run]:
    """Runs of so many repeats, a million values in all."""
    for n in range(VALUES // repeats // len(QUANTITIES)):
        samples = tuple(Sample(readings=tuple(reading(name, n + i / repeats) for name in QUANTITIES)) for i in range(repeats))
        yield Run(uid=f"run {n}", label="bench", started_at=1e9 + n, samples=samples, environment=MACHINE)


def ordinary(n: int) -> Run:
    """As a cell that ran once leaves it: thirteen readings, the source of one of which differs from run to run."""
    names = ("time.wall", "time.cpu.user", "time.cpu.system", "memory.rss.before", "memory.rss.after", "memory.swap",
             "faults.minor", "faults.major", "switches.voluntary", "switches.involuntary", "io.read", "io.write")  # fmt: skip
    sampled = reading("memory.rss.peak", float(n), source=f"statm 100 Hz, {n % 100} samples")
    sample = Sample(readings=(*(reading(name, float(n)) for name in names), sampled))
    return Run(uid=f"ordinary {n}", label="cell", started_at=2e9 + n, samples=(sample,), environment=MACHINE)


def seconds(read: Callable[[], object]) -> float:
    """The shortest of three."""
    took = []
    for _ in range(3):
        start = perf_counter()
        read()
        took.append(perf_counter() - start)
    return min(took)


def writing(path: Path) -> None:
    """Print what it costs to write a run."""
    store = History(path)
    store.add(ordinary(-1))
    took = []
    for n in range(300):
        each = ordinary(n)
        start = perf_counter()
        store.add(each)
        took.append(perf_counter() - start)
    store.close()
    took.sort()
    print(f"a run written right after it: median {statistics.median(took) * 1e3:.2f} ms, p95 {took[285] * 1e3:.2f} ms")


def reading_back(path: Path, repeats: int) -> list[str]:
    """A row of the table: how long a million values take, so many a row."""
    store = History(path)
    batch: list[Run] = []
    for each in many(repeats):
        batch.append(each)
        if len(batch) == TOGETHER:
            store.write(batch)
            batch.clear()
    store.write(batch)
    store.close()
    ours = seconds(lambda: history(path=path))
    found = history(path=path)
    assert sum(map(len, found["values"])) == VALUES
    long = pd.DataFrame({"uid": found["uid"], "quantity": found["quantity"], "value": found["values"]}).explode("value")
    row = [str(repeats), f"{len(found):,}", f"{ours:.2f} s"]
    for name, write, read in (
        ("jsonl", lambda p: long.to_json(p, orient="records", lines=True), lambda p: pd.read_json(p, lines=True)),
        ("csv", lambda p: long.to_csv(p, index=False), pd.read_csv),
    ):
        file = path.with_suffix(f".{name}")
        write(file)
        assert len(read(file)) == VALUES
        theirs = seconds(lambda read=read, file=file: read(file))  # type: ignore[misc]
        row.append(f"{theirs:.2f} s ({theirs / ours:.1f} ×)")
        file.unlink()
    return row


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        writing(Path(folder) / "writing.sqlite")
        rows = [reading_back(Path(folder) / f"{repeats}.sqlite", repeats) for repeats in REPEATS]
    print(f"\n{VALUES:,} values read into a table, the shortest of three (and how many times as long as nbperf.history)")
    print(table(["values a row", "rows", "nbperf.history", "pandas from JSON lines", "pandas from CSV"], rows))


if __name__ == "__main__":
    main()
