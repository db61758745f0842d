"""Where the labels of a picture go: beside what they name, inside the picture, and never over one another.

All in pixels. The same labels always find the same places: candidates are tried in a fixed order and the cheapest wins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

GAP = 4.0
"""Pixels between two labels, and between a label and the edge."""
NEAREST = 9.0
"""Pixels from a label to the point it names."""
OVER_CURVE = 30.0
"""What it costs to hide one point of the curve, in pixels of distance."""
CROSSED = 120.0
"""What it costs when the line to a label runs through another label, or another such line; in pixels of distance."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `y` grows upwards."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Whether the two come closer than the gap."""
        return (
            self.x < other.x + other.width + gap
            and other.x < self.x + self.width + gap
            and self.y < other.y + other.height + gap
            and other.y < self.y + self.height + gap
        )

    def within(self, other: Box) -> bool:
        """Whether it lies inside the other."""
        return (
            self.x >= other.x and self.y >= other.y
            and self.x + self.width <= other.x + other.width and self.y + self.height <= other.y + other.height
        )  # fmt: skip

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """Its point that is closest to another."""
        return min(max(x, self.x), self.x + self.width), min(max(y, self.y), self.y + self.height)


@dataclass(frozen=True, slots=True)
class Wish:
    """A label: the point it names, and the sizes of its texts, the fullest first: a shorter one may still find room."""

    x: float
    y: float
    sizes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a label went, and which of its texts."""

    box: Box
    text: int


def place(
    wishes: Sequence[Wish], inside: Box, *, taken: Sequence[Box] = (), curve: Sequence[tuple[float, float]] = ()
) -> list[Spot | None]:
    """A place for every label, the most important first; None for one that finds none.

    Parameters
    ----------
    wishes : sequence of Wish
    inside : Box
        No label leaves it.
    taken : sequence of Box
        Where something stands already.
    curve : sequence of (float, float)
        Points that are better not hidden.
    """
    blocked = list(taken)
    lines: list[tuple[tuple[float, float], tuple[float, float]]] = []
    spots: list[Spot | None] = []
    for wish in wishes:
        best: tuple[float, Spot] | None = None
        for text, (width, height) in enumerate(wish.sizes):
            for box in _candidates(wish, width, height, inside):
                if any(box.meets(other, GAP) for other in blocked):
                    continue
                cost = _cost(wish, box, curve, blocked, lines)
                if best is None or cost < best[0] - 1e-9:
                    best = cost, Spot(box, text)
            if best is not None:
                break
        spots.append(best[1] if best else None)
        if best:
            box = best[1].box
            blocked.append(box)
            lines.append(((wish.x, wish.y), box.nearest(wish.x, wish.y)))
    return spots


def _candidates(wish: Wish, width: float, height: float, inside: Box) -> list[Box]:
    """Above and below the point, to its right, over it and to its left; further and further away."""
    found = []
    step = (height + GAP) / 2
    levels = int(inside.height / step) + 1
    for level in range(-levels, levels + 1):
        y = wish.y + level * step - height / 2
        for x in (wish.x + NEAREST, wish.x - NEAREST - width, wish.x - width / 2, wish.x + 4 * NEAREST, wish.x - 4 * NEAREST - width):
            # A label that would only just leave is moved in.
            x = min(max(x, inside.x + GAP), inside.x + inside.width - GAP - width)
            box = Box(x, y, width, height)
            if box.within(inside) and not _covers(box, wish.x, wish.y):
                found.append(box)
    return found


def _covers(box: Box, x: float, y: float) -> bool:
    return box.x - 3 < x < box.x + box.width + 3 and box.y - 3 < y < box.y + box.height + 3


def hidden(box: Box, curve: Sequence[tuple[float, float]]) -> int:
    """How many points of the curve a box hides, those that touch it included."""
    return sum(1 for x, y in curve if box.x - 2 <= x <= box.x + box.width + 2 and box.y - 2 <= y <= box.y + box.height + 2)


def _cost(
    wish: Wish,
    box: Box,
    curve: Sequence[tuple[float, float]],
    blocked: Sequence[Box],
    lines: Sequence[tuple[tuple[float, float], tuple[float, float]]],
) -> float:
    x, y = box.nearest(wish.x, wish.y)
    distance = math.hypot(x - wish.x, y - wish.y)
    # Above the point rather than below it: what memory did before and after lies below more often than above.
    cost = distance + (6.0 if y < wish.y else 0.0)
    cost += OVER_CURVE * min(hidden(box, curve), 12)
    leader = ((wish.x, wish.y), (x, y))
    cost += CROSSED * sum(1 for other in blocked if not _holds(other, wish.x, wish.y) and _through(leader, other))
    cost += CROSSED * sum(1 for line in lines if _cross(leader, line) or _through(line, box))
    return cost


Point = tuple[float, float]


def _through(line: tuple[Point, Point], box: Box) -> bool:
    """Whether a line runs through a box; by points along it, of which there are enough for boxes of text."""
    (x1, y1), (x2, y2) = line
    for i in range(1, 12):
        x, y = x1 + (x2 - x1) * i / 12, y1 + (y2 - y1) * i / 12
        if _holds(box, x, y):
            return True
    return False


def _holds(box: Box, x: float, y: float) -> bool:
    return box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height


def _cross(one: tuple[Point, Point], two: tuple[Point, Point]) -> bool:
    def side(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = one, two
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def in_rows(widths: Sequence[float], starts: Sequence[float], *, left: float, right: float, rows: int) -> list[tuple[int, float] | None]:
    """Names along an axis, each at its place or just left of it, in as few rows as they need: (row, start), None without room.

    Parameters
    ----------
    widths, starts : sequence of float
        Of the names, in order from left to right.
    left, right : float
        Ends of the axis.
    rows : int
        At most so many.
    """
    ends = [left - GAP] * rows
    found: list[tuple[int, float] | None] = []
    for width, wished in zip(widths, starts, strict=True):
        start = max(min(wished, right - width), left)
        row = next((row for row in range(rows) if ends[row] + GAP <= start), None)
        if row is None:
            found.append(None)
            continue
        ends[row] = start + width
        found.append((row, start))
    return found
