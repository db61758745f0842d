"""What each tool adds to one trivial cell, in a real ipykernel, all of them in turn.

    python -m tests.benchmarks.cost [ROUNDS]

A cell that holds ``x = 1`` is run bare and under each magic, one after the other, round by round; the cost is the
median of what a round's cell took longer than its bare one, output and card included. First cells and
``%load_ext`` are each the median of some fresh kernels. A peer that is not installed is named and left out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.tables import table
from tests.kernel import Kernel

FRESH = 5
"""Kernels started for each `%load_ext` and first cell."""

PEERS: dict[str, tuple[str, str]] = {
    "%%time": ("", "%%time\nx = 1"),
    "%timeit -n1 -r1": ("", "%timeit -n1 -r1 x = 1"),
    "%%perf": ("nbperf", "%%perf\nx = 1"),
    "%perf -n1 -r1 -w0": ("nbperf", "%perf -n1 -r1 -w0 x = 1"),
    "%%perf -q": ("nbperf", "%%perf -q\nx = 1"),
    "%%memit": ("memory_profiler", "%%memit -r1\nx = 1"),
    "%%pyinstrument": ("pyinstrument", "%%pyinstrument\nx = 1"),
    "%%memray_flamegraph": ("memray", "%%memray_flamegraph\nx = 1"),
    "ipython_memory_usage": ("ipython_memory_usage", "x = 1"),
    "%%scalene": ("scalene", "%%scalene\nx = 1"),
}
"""By name: the extension, and the cell."""

WATCHERS = {"ipython_memory_usage": "%imu_start"}
"""Those that see every cell once they are started, so the bare cells come before."""

SLOW = {"%%memit", "%%memray_flamegraph", "%%scalene", "ipython_memory_usage"}
"""Those of 20 ms and more: a few rounds tell, and more of them would only warm the machine."""

DRIVER = """
def _bench(cells, rounds):
    import io, time, contextlib
    shell, clock, took = get_ipython(), time.perf_counter, {name: [] for name in cells}
    for i in range(rounds + 2):
        for name, cell in cells.items():
            start = clock()
            shell.run_cell(cell, store_history=False)
            took[name].append(clock() - start)
    return {name: times[2:] for name, times in took.items()}
"""


def started(folder: Path, extension: str) -> tuple[Kernel, float]:
    """A fresh kernel with the extension loaded, and the seconds that took in it; nothing to load is 0.0."""
    kernel = Kernel(folder)
    kernel.run("import time").check()
    if not extension:
        return kernel, 0.0
    kernel.run(f"_t = time.perf_counter()\nget_ipython().run_line_magic('load_ext', {extension!r})\n_t = time.perf_counter() - _t").check()
    return kernel, float(kernel.value("_t"))


def installed(extension: str) -> bool:
    """Whether a peer is here."""
    from importlib.util import find_spec

    return not extension or find_spec(extension) is not None


def costs(rounds: int, names: list[str]) -> dict[str, dict[str, float]]:
    """Seconds by tool: "load", "first" and "cell", each beside the bare cell of the same kernel."""
    found: dict[str, dict[str, float]] = {}
    for name in names:
        extension, cell = PEERS[name]
        loads, firsts, later = [], [], 0.0
        for turn in range(FRESH if name not in SLOW else 2):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                kernel, load = started(Path(folder), extension)
                try:
                    kernel.run(DRIVER).check()
                    kernel.run("get_ipython().run_cell('x = 1', store_history=False)").check()
                    bare: list[float] = []
                    if name in WATCHERS:
                        kernel.run(f"_r = _bench({{'bare': {cell!r}}}, 5)").check()
                        bare = kernel.value("_r['bare']")
                        kernel.run(WATCHERS[name]).check()
                    once = f"_t = time.perf_counter(); get_ipython().run_cell({cell!r}, store_history=False); _t = time.perf_counter() - _t"
                    kernel.run(once, timeout=120)
                    loads.append(load)
                    firsts.append(float(kernel.value("_t")))
                    if turn == 0:
                        n = rounds if name not in SLOW else 5
                        cells = {"tool": cell} if bare else {"bare": "x = 1", "tool": cell}
                        kernel.run(f"_r = _bench({cells!r}, {n})", timeout=600).check()
                        took = {"bare": bare, **kernel.value("_r")}
                        later = statistics.median(t - b for t, b in zip(took["tool"], took["bare"], strict=True))
                finally:
                    kernel.close()
        found[name] = {"load": statistics.median(loads), "first": statistics.median(firsts), "cell": later}
    return found


def windows(rounds: int) -> tuple[float, dict[str, float]]:
    """Seconds that one window costs from the second cell on, in a kernel with torch imported, and its shares by probe."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        kernel = Kernel(Path(folder))
        try:
            kernel.run(f"""
import statistics, time
try:
    import torch
except ImportError:
    pass
from nbperf.measuring.recorder import Recorder
from nbperf.probes import catalog
def _window(n):
    recorder, took = Recorder(), []
    for _ in range(n):
        start = time.perf_counter()
        window = recorder.window(); window.open(); window.close()
        took.append(time.perf_counter() - start)
    return statistics.median(took)
def _probes(n):
    took = {{}}
    for _ in range(n):
        for probe in catalog.discover()[0]:
            start = time.perf_counter(); probe.start(); probe.stop()
            took.setdefault(probe.name, []).append(time.perf_counter() - start)
    return {{name: statistics.median(times) for name, times in took.items()}}
_window(20); _probes(20)
_r = (_window({rounds}), _probes({rounds}))
""").check()
            found = kernel.value("_r")
            return found[0], found[1]
        finally:
            kernel.close()


def main(rounds: int = 200) -> None:
    """Print the tables."""
    names = [name for name, (extension, _) in PEERS.items() if installed(extension)]
    missing = [name for name in PEERS if name not in names]
    found = costs(rounds, names)
    ours = found["%%perf"]["cell"]
    print(
        table(
            ["tool", "adds to a trivial cell", "×%%perf", "its first cell", "%load_ext"],
            [
                [name, f"{f['cell'] * 1e3:.2f} ms", f"{f['cell'] / ours:.2f}", f"{f['first'] * 1e3:.1f} ms", f"{f['load'] * 1e3:.0f} ms"]
                for name, f in sorted(found.items(), key=lambda item: item[1]["cell"])
            ],
        )
    )
    if missing:
        print("not installed, so not measured:", ", ".join(missing))
    window, probes = windows(rounds)
    print(f"\none window of probes: {window * 1e3:.3f} ms; by probe:", ", ".join(f"{n} {s * 1e6:.0f} µs" for n, s in probes.items()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
