"""What became of the updates: how many pictures were seen, how many a second, how old they were."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

RECENT = 3.0
"""Seconds that a rate looks back from the last picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """As the browser reported it.

    Attributes
    ----------
    pictures : float
        Pictures a second, of the last seconds in which something was drawn; 0 while nothing was.
    latency : float or None
        Seconds from the message to the picture, the mean of the same time; None while nothing was drawn.
    updates, sent, drawn : int
        Since the panel was made. Several updates share a message where they come faster than thirty a second.
    """

    pictures: float
    latency: float | None
    updates: int
    sent: int
    drawn: int

    @property
    def dropped(self) -> int:
        """Updates that had no picture of their own; all of them are in the picture that followed."""
        return max(self.updates - self.drawn, 0)


class Reports:
    """The reports of the pages that show a panel; the one that reported last speaks."""

    def __init__(self) -> None:
        self._pages: dict[str, deque[tuple[float, int, float]]] = {}
        self._last = ""

    def add(self, report: dict[str, Any]) -> None:
        """A page says at its own time how many pictures it has drawn since it was opened, and the sum of their ages."""
        page = str(report.get("page", ""))
        if page not in self._pages and len(self._pages) > 8:
            self._pages.pop(next(iter(self._pages)))
        self._last = page
        kept = self._pages.setdefault(page, deque(maxlen=256))
        kept.append((float(report["at"]), int(report["pictures"]), float(report["age"])))

    def rate(self, updates: int, sent: int) -> Rate:
        """What is known now."""
        kept = self._pages.get(self._last)
        if not kept:
            return Rate(pictures=0.0, latency=None, updates=updates, sent=sent, drawn=0)
        end, drawn, age = kept[-1]
        start, before, younger = next(each for each in kept if each[0] >= end - RECENT)
        pictures, spent = drawn - before, end - start
        if pictures <= 0 or spent <= 0:
            return Rate(pictures=0.0, latency=age / drawn if drawn else None, updates=updates, sent=sent, drawn=drawn)
        return Rate(pictures=pictures / spent, latency=(age - younger) / pictures, updates=updates, sent=sent, drawn=drawn)
