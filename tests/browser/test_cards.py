"""Cards that only a live session has, looked at in both themes: the session's cells, and the line under a long one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.lab import Notebook, Theme

SESSION = (
    "%load_ext nbperf\n%nbperf auto on",
    "import math, time\n\ndef work(n):\n    return sum(map(math.sin, range(n)))",
    "first = work(2_000_000)",
    "# a comment, then memory\nbig = bytearray(150_000_000)",
    "second = work(6_000_000)",
    "1 / 0",
    "del big",
    "%nbperf cells",
    "%nbperf cells memory",
)


@pytest.mark.browser
def test_the_sessions_cells_are_ranked_and_laid_out(notebook: Callable[..., Notebook], theme: Theme) -> None:
    opened = notebook(f"session-{theme}.ipynb", *SESSION)
    opened.theme(theme)
    for place in range(len(SESSION)):
        opened.run_cell(place)
    for place, name in ((7, "cells"), (8, "cells-memory")):
        opened.shot(f"{name}-{theme}", opened.output(place))
    text = opened.output(7).inner_text()
    assert text.index("second = work") < text.index("first = work")
    assert "idle" in text
    assert opened.complaints == []


LONG = (
    "%load_ext nbperf\nfrom nbperf.magics import live\nlive.AFTER, live.EVERY = 0.3, 0.3\nimport time",
    "%%perf\nprint('own output')\ndata = []\nend = time.perf_counter() + 2.5\nwhile time.perf_counter() < end:\n"
    "    data.append(bytes(200_000))\n    time.sleep(0.002)\nlen(data) > 0",
)


@pytest.mark.browser
def test_a_long_cell_has_a_line_while_it_runs_and_a_card_when_it_has_run(notebook: Callable[..., Notebook], theme: Theme) -> None:
    opened = notebook(f"long-{theme}.ipynb", *LONG)
    opened.theme(theme)
    opened.run_cell(0)
    opened._evaluate("panel.content.deselectAll(); panel.content.activeCellIndex = 1")
    opened._evaluate("window.done = false; jupyterapp.commands.execute('notebook:run-cell').finally(() => { window.done = true })")
    opened.output(1).get_by_text("running for").wait_for(timeout=20_000)
    opened.shot(f"live-{theme}", opened.output(1))
    opened._until("window.done", 30)
    opened.shot(f"lived-{theme}", opened.output(1))
    text = opened.output(1).inner_text()
    assert "running for" not in text
    assert "1 run" in text
    assert opened.complaints == []
