"""What ``%nbperf auto on`` adds to every cell: trivial cells with and without it, in turn.

    python -m tests.benchmarks.recording [CELLS]

The shell is IPython's own, without a kernel round it: a cell that is run from within another one is not recorded.
"""

from __future__ import annotations

import statistics
import sys
from time import perf_counter
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from tests.benchmarks.tables import table


def study(cells: int) -> dict[str, float]:
    """Seconds a trivial cell takes, by mode; in turn, a hundred of each."""
    shell: Any = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "nbperf")
    took: dict[str, list[float]] = {"off": [], "on": []}
    for turn in range(max(1, cells // 100)):
        for mode, times in took.items():
            shell.run_line_magic("nbperf", f"auto {mode}")
            for i in range(110):
                start = perf_counter()
                shell.run_cell("x = 1", store_history=False)
                if i >= 10:
                    times.append(perf_counter() - start)
            if mode == "on" and turn == 0:
                recorded = len(shell._nbperf.entry.journal.cells)
                assert recorded == 110, f"{recorded} cells were recorded"
    shell.run_line_magic("unload_ext", "nbperf")
    InteractiveShell.clear_instance()
    return {mode: statistics.median(times) for mode, times in took.items()}


def main(cells: int = 1000) -> None:
    """Print the table."""
    found = study(cells)
    added = found["on"] - found["off"]
    print(
        table(
            ["a trivial cell", "median", "added"],
            [["bare", f"{found['off'] * 1e3:.3f} ms", ""], ["auto on", f"{found['on'] * 1e3:.3f} ms", f"{added * 1e3:.3f} ms"]],
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
