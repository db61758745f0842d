"""Names of classes along an axis: thinned, turned and shortened until none meets another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbperf.views.letters import name
from nbperf.views.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 8.5
"""Points."""
LINE = 11.0
"""Points from one line of names to the next."""
APART = 5.0
"""Points between two names side by side."""
LONGEST = 24
"""Columns."""
DEEPEST = 0.22
"""Of the page, what names may take."""


def every(count: int, room: float, needed: float) -> int:
    """Each how manieth of so many names is written: 1, 2, 5, 10, 20, 50 …

    Parameters
    ----------
    count : int
    room, needed : float
        Points of the axis, and of one name along it.
    """
    scale = 1
    while True:
        for step in (1, 2, 5):
            found = step * scale
            if found >= count or room / count * found >= needed:
                return found
        scale *= 10


def down(sheet: Sheet, axes: Axes, names: Sequence[str], room: float) -> None:
    """Names of rows, one below the other, at 0.5, 1.5 …"""
    count = len(names)
    shown = range(0, count, every(count, room, LINE))
    texts = [sheet.fitting(name(names[i], LONGEST), sheet.width * DEEPEST, SIZE) for i in shown]
    axes.set_yticks([i + 0.5 for i in shown], texts, fontsize=SIZE)


def along(sheet: Sheet, axes: Axes, names: Sequence[str], room: float) -> None:
    """Names of columns, side by side at 0.5, 1.5 …; turned where they would meet."""
    count = len(names)
    most = sheet.height * DEEPEST
    texts = [name(each, LONGEST) for each in names]
    flat = max((sheet.measure(text, SIZE) for text in texts), default=0.0) + APART <= room / count
    shown = range(0, count, 1 if flat else every(count, room, LINE))
    short = [texts[i] if flat else sheet.fitting(texts[i], most, SIZE) for i in shown]
    axes.set_xticks([i + 0.5 for i in shown], short, fontsize=SIZE, rotation=0 if flat else 90, ha="center", va="top")
