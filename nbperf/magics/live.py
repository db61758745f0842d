"""A line under a cell that runs long: how long it has run, and what it uses now; it gives way to the card.

One thread a shell, started when a cell first runs under us and asleep until a cell has run for two seconds. It only
reads what a timeline reads, and never touches the cell's own output.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from nbperf.core.quantities import label
from nbperf.core.records import Reading
from nbperf.core.units import Unit, format_percent, format_value
from nbperf.measuring import environment
from nbperf.probes.base import Gauge
from nbperf.words import say

AFTER = 2.0
"""Seconds that a cell has run when the line appears."""
EVERY = 1.0
"""Seconds between two looks."""


class LiveLine:
    """The line and its thread.

    Parameters
    ----------
    show : callable
        Displays a text for the first time and gives what updates it; called in the thread, within the cell's context.
    gauges : callable
        Gives the gauges that are read.
    clock, wait : callable, optional
        A test's own: seconds, and ``wait(condition, seconds or None)``.
    """

    def __init__(
        self,
        show: Callable[[str], Callable[[str], None]],
        gauges: Callable[[], Sequence[Gauge]],
        *,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[threading.Condition, float | None], Any] = threading.Condition.wait,
    ) -> None:
        self._show = show
        self._gauges = gauges
        self._clock = clock
        self._wait = wait
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._cell: _Running | None = None
        self._depth = 0
        self._closed = False

    def begin(self) -> None:
        """A cell begins; one within another is part of the outer one."""
        with self._condition:
            self._depth += 1
            if self._depth > 1 or self._closed:
                return
            self._cell = _Running(self._clock(), contextvars.copy_context())
            if self._thread is None or not self._thread.is_alive():  # after a fork the thread is not there
                self._thread = threading.Thread(target=self._run, name="nbperf live line", daemon=True)
                self._thread.start()
            self._condition.notify()

    def end(self) -> None:
        """The cell has ended: the line, if it was shown, is taken away."""
        with self._condition:
            self._depth = max(0, self._depth - 1)
            if self._depth:
                return
            cell, self._cell = self._cell, None
        if cell is not None and cell.update is not None:
            cell.context.run(cell.update, "")

    def close(self) -> None:
        """End the thread."""
        with self._condition:
            self._closed = True
            self._cell = None
            thread, self._thread = self._thread, None
            self._condition.notify()
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            thread.join(5)

    def _run(self) -> None:
        with self._condition:
            while not self._closed:
                cell = self._cell
                if cell is None:
                    self._wait(self._condition, None)
                    continue
                remaining = cell.due - self._clock()
                if remaining > 0:
                    self._wait(self._condition, min(remaining, threading.TIMEOUT_MAX))
                    continue
                cell.due = self._clock() + EVERY
                try:
                    cell.look(self._show, self._gauges, self._clock() - cell.started)
                except Exception:  # noqa: BLE001 - a line that cannot be drawn must not disturb the cell, nor be tried again
                    cell.due = float("inf")


class _Running:
    """A cell that is running: when it began, and what is shown of it."""

    def __init__(self, started: float, context: contextvars.Context) -> None:
        self.started = started
        self.due = started + AFTER
        self.context = context
        self.update: Callable[[str], None] | None = None
        self._gauges: Sequence[Gauge] = ()
        self._highest: dict[tuple[str, str | None], float] = {}

    def look(self, show: Callable[[str], Callable[[str], None]], gauges: Callable[[], Sequence[Gauge]], elapsed: float) -> None:
        if self.update is None:
            self._gauges = gauges()
        text = self._text(elapsed)
        if self.update is None:
            self.update = self.context.run(show, text)
        else:
            self.context.run(self.update, text)

    def _text(self, elapsed: float) -> str:
        parts = [say("running for {time}", time=format_value(elapsed, Unit.SECOND, spread=0.5))]
        for gauge in self._gauges:
            try:
                found = gauge.sample()
            except Exception:  # noqa: BLE001 - what cannot be read now is left out of the line
                continue
            key = found.quantity, found.device
            self._highest[key] = max(found.value, self._highest.get(key, found.value))
            parts.append(_part(found, self._highest[key]))
        return " · ".join(parts)


def _part(found: Reading, highest: float) -> str:
    """One reading with its highest so far."""
    now, most = format_value(found.value, found.unit), format_value(highest, found.unit)
    if found.quantity == "memory.rss":
        limit = environment.capture().memory_limit
        if limit:
            return say("memory {now}, at most {most}, {share} of the limit", now=now, most=most, share=format_percent(highest / limit))
        return say("memory {now}, at most {most}", now=now, most=most)
    if found.unit is Unit.RATIO:
        now = format_percent(found.value)
    return say("{name} {value}", name=" ".join(filter(None, (say(label(found.quantity)), found.device))), value=now)
