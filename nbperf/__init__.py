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
    from nbperf.measuring.contest import compare as compare
    from nbperf.measuring.session import measure as measure
    from nbperf.measuring.window import perf as perf
    from nbperf.measuring.window import region as region

_PUBLIC = {
    "check": "nbperf.core.budgets",
    "compare": "nbperf.measuring.contest",
    "measure": "nbperf.measuring.session",
    "perf": "nbperf.measuring.window",
    "region": "nbperf.measuring.window",
}
__all__ = ["check", "compare", "measure", "perf", "region"]


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
