"""One line that says how far something is, in a notebook and only there."""

from __future__ import annotations

import sys
from html import escape
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from nbperf.words import say

PERIOD = 0.25
"""Seconds between two pictures: quick enough to move, and slow enough to cost nothing."""


class Progress:
    """A line that is drawn again in its place and taken away at the end.

    Parameters
    ----------
    label : str
    total : int, optional
        Batches there are; None where nobody knows.
    on : bool, optional
        False draws nothing. By default it is drawn where a Jupyter kernel can show it.
    """

    def __init__(self, label: str, total: int | None, on: bool | None = None) -> None:
        self._label = label
        self._total = total
        self._handle: Any = None
        self._on = on is not False and _in_kernel()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._drawn = perf_counter()  # what is done within a period shows nothing at all
        return self

    def step(self, batches: int, samples: int) -> None:
        """So much is done."""
        now = perf_counter()
        if not self._on or now - self._drawn < PERIOD:
            return
        self._drawn = now
        self._draw(self._bundle(batches, samples))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._handle is not None:
            self._draw({"text/plain": "", "text/html": ""})

    def _bundle(self, batches: int, samples: int) -> dict[str, str]:
        if self._total:
            text = say("{label}: batch {batches} of {total}, {samples} samples",
                       label=self._label, batches=batches, total=self._total, samples=f"{samples:,}")  # fmt: skip
        else:
            text = say("{label}: batch {batches}, {samples} samples", label=self._label, batches=batches, samples=f"{samples:,}")
        bar = f'<progress value="{batches}" max="{self._total}"></progress> ' if self._total else ""
        return {"text/plain": text, "text/html": f"<div>{bar}{escape(text)}</div>"}

    def _draw(self, bundle: dict[str, str]) -> None:
        from IPython.display import display

        try:
            if self._handle is None:
                self._handle = display(bundle, raw=True, display_id=True)
            else:
                self._handle.update(bundle, raw=True)
        except Exception:  # noqa: BLE001 - a line that cannot be shown must not end what it tells of
            self._on = False


def _in_kernel() -> bool:
    """Whether outputs can be drawn again in their place: in a terminal each would be a line more."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None
