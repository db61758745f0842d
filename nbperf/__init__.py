"""nbperf: measure, see and improve what a deep-learning model costs, in the notebook.

``%load_ext nbperf``, then ``%%perf`` above any cell. The names below work without a notebook as well; each is imported
when it is first used, so that importing nbperf costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbperf.core.budgets import check as check
    from nbperf.logs import attach_log as attach_log
    from nbperf.measuring.contest import compare as compare
    from nbperf.measuring.evaluate import evaluate as evaluate
    from nbperf.measuring.memtrace import memtrace as memtrace
    from nbperf.measuring.session import measure as measure
    from nbperf.measuring.window import mark as mark
    from nbperf.measuring.window import perf as perf
    from nbperf.measuring.window import region as region
    from nbperf.panels.confusion import ConfusionPanel as ConfusionPanel
    from nbperf.quality.confusion import ConfusionMatrix as ConfusionMatrix
    from nbperf.store.public import export_history as export_history
    from nbperf.store.public import history as history
    from nbperf.store.public import import_history as import_history
    from nbperf.store.public import plot_history as plot_history
    from nbperf.store.public import runs as runs
    from nbperf.store.public import traces as traces

_PUBLIC = {
    "ConfusionMatrix": "nbperf.quality.confusion",
    "ConfusionPanel": "nbperf.panels.confusion",
    "attach_log": "nbperf.logs",
    "check": "nbperf.core.budgets",
    "compare": "nbperf.measuring.contest",
    "evaluate": "nbperf.measuring.evaluate",
    "export_history": "nbperf.store.public",
    "history": "nbperf.store.public",
    "import_history": "nbperf.store.public",
    "mark": "nbperf.measuring.window",
    "measure": "nbperf.measuring.session",
    "memtrace": "nbperf.measuring.memtrace",
    "perf": "nbperf.measuring.window",
    "plot_history": "nbperf.store.public",
    "region": "nbperf.measuring.window",
    "runs": "nbperf.store.public",
    "traces": "nbperf.store.public",
}
__all__ = [
    "ConfusionMatrix", "ConfusionPanel", "attach_log", "check", "compare", "evaluate", "export_history", "history", "import_history",
    "mark", "measure", "memtrace", "perf", "plot_history", "region", "runs", "traces",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """``%load_ext nbperf``: bring the magics, the settings and the cards to this shell."""
    from nbperf.magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """``%unload_ext nbperf``: take back all that `load_ipython_extension` brought."""
    from nbperf.magics import unload

    unload(shell)
