"""Names of points in a picture, each beside its point and none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbperf.views.placement import Box, Wish, hidden, place
from nbperf.views.sheet import SMALL, Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 18
"""Names in a picture; more of them would be looked through and not read."""

FARTHEST = 30.0
"""Points from a name to its point."""


@dataclass(frozen=True, slots=True)
class Name:
    """What names a point of the data: texts, the fullest first."""

    x: float
    y: float
    texts: tuple[str, ...]
    colour: str


def name_points(
    sheet: Sheet, axes: Axes, names: Sequence[Name], *, taken: Sequence[Box] = (), curve: Sequence[tuple[float, float]] = ()
) -> int:
    """Write the names, the most important first, and return how many found room.

    Parameters
    ----------
    sheet : Sheet
    axes : Axes
        Where they are now is where they stay.
    names : sequence of Name
    taken : sequence of Box
        Where something stands already, in points from the axes' lower left corner.
    curve : sequence of (float, float)
        Points, in the same measure, that are better not hidden.
    """
    inside = sheet.extent(axes)
    spots = [sheet.at(axes, each.x, each.y) for each in names]
    blocked = [*taken, *(Box(x - 4, y - 4, 8, 8) for x, y in spots)]
    written = 0
    for (x, y), each in list(zip(spots, names, strict=True))[:MOST]:
        found = _near(sheet, each.texts, x, y, inside, blocked, curve)
        if found is None:
            continue
        text, box = found
        blocked.append(box)
        written += 1
        near = box.nearest(x, y)
        axes.annotate(
            text, (each.x, each.y), xytext=(box.x + 2, box.y + box.height / 2), textcoords="axes points",
            va="center_baseline", fontsize=SMALL, color=each.colour, zorder=6, path_effects=halo(sheet.theme.page),
            arrowprops={
                "arrowstyle": "-", "color": each.colour, "linewidth": 0.6, "alpha": 0.6, "shrinkA": 0, "shrinkB": 4,
                "relpos": ((near[0] - box.x) / box.width, (near[1] - box.y) / box.height),
            },
        )  # fmt: skip
    return written


def _near(
    sheet: Sheet,
    texts: Sequence[str],
    x: float,
    y: float,
    inside: Box,
    blocked: Sequence[Box],
    curve: Sequence[tuple[float, float]],
) -> tuple[str, Box] | None:
    """The fullest of the texts that finds room near its point and hides no line, and where.

    A shorter one beside the point says more than one that is far from it or over something else.
    """
    high = SMALL + 4
    best: tuple[int, str, Box] | None = None
    for text in texts:
        wide = sheet.measure(text) + 4
        left, low = max(x - wide - FARTHEST, 0.0), max(y - high - FARTHEST, 0.0)
        right, top = min(x + wide + FARTHEST, inside.width), min(y + high + FARTHEST, inside.height)
        around = Box(left, low, right - left, top - low)
        near = [(a, b) for a, b in curve if left <= a <= right and low <= b <= top]
        (spot,) = place([Wish(x, y, ((wide, high),))], around, taken=[box for box in blocked if box.meets(around)], curve=near)
        if spot is None:
            continue
        over = hidden(spot.box, near)
        if best is None or over < best[0]:
            best = over, text, spot.box
        if not over:
            break
    return best[1:] if best else None


def halo(page: str) -> list[Any]:
    """What lies around letters, so that they are read over lines."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2.5, foreground=page, alpha=0.85)]


def apart(wished: Sequence[float], size: float, low: float, high: float) -> list[float]:
    """Places of equal size along a line, as near to the wished ones as they can be without meeting.

    Parameters
    ----------
    wished : sequence of float
        Middles, in any order; at most as many as there is room for between low and high.
    size : float
    low, high : float
    """
    groups: list[tuple[list[int], float]] = []  # neighbours that touch, and where the first of them would like to be
    for i in sorted(range(len(wished)), key=lambda i: wished[i]):
        members = [i]
        while True:
            start = sum(wished[m] - size * k for k, m in enumerate(members)) / len(members)
            start = min(max(start, low + size / 2), high - size * (len(members) - 0.5))
            if not groups or groups[-1][1] + size * len(groups[-1][0]) <= start + 1e-9:
                break
            members = [*groups.pop()[0], *members]
        groups.append((members, start))
    found = [0.0] * len(wished)
    for members, start in groups:
        for k, m in enumerate(members):
            found[m] = start + size * k
    return found
