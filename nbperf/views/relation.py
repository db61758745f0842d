"""One quantity against another: points with their errors, and the front of those that no other beats in both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nbperf.core.quantities import Quantity
from nbperf.core.records import Provenance
from nbperf.core.units import format_value
from nbperf.views.letters import name
from nbperf.views.moments import dense
from nbperf.views.named import Name, name_points
from nbperf.views.placement import Box
from nbperf.views.sheet import Sheet, Sign, sheet
from nbperf.views.sides import label, linear, logarithmic
from nbperf.views.theme import Theme, dot
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

SIZE = (7.5, 4.8)
"""Inches."""
FULL = 8
"""Points of the front up to which their names have numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One variant in the plane of two quantities, each in its base unit.

    Attributes
    ----------
    x_interval, y_interval : (float, float), optional
        Where they are known.
    provenance : Provenance
        The worse of its two.
    """

    name: str
    x: float
    y: float
    x_interval: tuple[float, float] | None = None
    y_interval: tuple[float, float] | None = None
    provenance: Provenance = Provenance.MEASURED

    @property
    def sound(self) -> bool:
        """Whether it has a place."""
        return math.isfinite(self.x) and math.isfinite(self.y)


def scatter(
    dots: Sequence[Dot],
    x: Quantity,
    y: Quantity,
    *,
    front: bool = True,
    log: Literal["", "x", "y", "xy"] = "",
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Points with their names; those on the front stand out, where both quantities have a better way.

    Parameters
    ----------
    dots : sequence of Dot
    x, y : Quantity
        Their label, their unit, and which way is better.
    front : bool
        Draw the front.
    log : {"", "x", "y", "xy"}
        Which axes are logarithmic; one with a value that is not positive stays linear.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = [each for each in dots if each.sound]
    lost = len(dots) - len(shown)
    with sheet(size, dark=dark, texts=(title, *(each.name for each in dots))) as page:
        page.heading(title, say("{n} not shown: no value", n=lost) if lost else "")
        if not shown:
            page.nothing()
            return page.figure
        best = pareto([(each.x, each.y) for each in shown], x, y) if front and x.better and y.better else []
        theme = page.theme
        front_colour, other = theme.colours[0], theme.faint if best else theme.colours[0]
        if best:
            page.key(_signs(page, shown, best))
        axes = page.axes()
        axes.set_axisbelow(True)
        axes.grid(visible=True, axis="both")
        for i, each in enumerate(shown):
            _dot(axes, each, front_colour if i in best or not best else other, on_front=i in best)
        _sides(axes, shown, x, y, log)
        if best:
            _front(axes, theme, [shown[i] for i in best], x, y)
        page.fit(axes)
        order = [*best, *(i for i in range(len(shown)) if i not in best)]
        curve = _along(page, axes, [shown[i] for i in best], x, y)
        full = set(best) if len(best) <= FULL else set()
        names = [
            Name(shown[i].x, shown[i].y, _texts(shown[i], x, y, full=i in full), theme.text if i in best or not best else theme.faint)
            for i in order
        ]
        name_points(page, axes, names, curve=curve, taken=_errors(page, axes, shown))
        return page.figure


def pareto(points: Sequence[tuple[float, float]], x: Quantity, y: Quantity) -> list[int]:
    """Which points no other beats: better in one and at least as good in the other. From the best in x to the best in y."""
    a, b = (-1.0 if side.better == "more" else 1.0 for side in (x, y))
    order = sorted(range(len(points)), key=lambda i: (a * points[i][0], b * points[i][1]))
    found: list[int] = []
    for i in order:
        # An equal one is as good: both are on the front.
        if not found or b * points[i][1] < b * points[found[-1]][1] or points[i] == points[found[-1]]:
            found.append(i)
    return found


def _texts(each: Dot, x: Quantity, y: Quantity, *, full: bool) -> tuple[str, ...]:
    """A name, with its numbers where it is on the front and there is room."""
    estimated = each.provenance is Provenance.ESTIMATED
    short = tuple(dict.fromkeys((name(each.name, 26), name(each.name, 12))))
    numbers = f"{format_value(each.x, x.unit, estimated=estimated)}, {format_value(each.y, y.unit, estimated=estimated)}"
    return (f"{short[0]}  {numbers}", *short) if full else short


def _dot(axes: Axes, each: Dot, colour: str, *, on_front: bool) -> None:
    for interval, along_x in ((each.x_interval, True), (each.y_interval, False)):
        if interval and all(math.isfinite(end) for end in interval):
            xs, ys = (list(interval), [each.y] * 2) if along_x else ([each.x] * 2, list(interval))
            axes.plot(xs, ys, color=colour, linewidth=1, alpha=0.7, zorder=2.5)
    marker, width = ("D", 6.5) if on_front else ("o", 6.0)
    axes.plot([each.x], [each.y], marker=marker, markersize=width, color=colour, zorder=4, label=each.name, **dot(each.provenance))


def _signs(page: Sheet, shown: Sequence[Dot], best: Sequence[int]) -> list[Sign]:
    theme, others = page.theme, len(shown) > len(best)
    measured = dot(Provenance.MEASURED)
    found = [Sign(say("best trade-offs"), line={"marker": "D", "markersize": 6, "color": theme.colours[0], **measured})]
    if others:
        found.append(Sign(say("beaten by another"), line={"marker": "o", "markersize": 5.5, "color": theme.faint, **measured}))
    if any(each.provenance is Provenance.ESTIMATED for each in shown):
        look = {"marker": "o", "markersize": 5.5, "color": theme.faint, **dot(Provenance.ESTIMATED)}
        found.append(Sign(say("estimated"), line=look))
    return found


def _sides(axes: Axes, shown: Sequence[Dot], x: Quantity, y: Quantity, log: str) -> None:
    """Both axes, with room around the points for their names."""

    def one(axis: Axis, side: Quantity, values: list[float], is_log: bool) -> str:
        set_scale, set_limits = (axes.set_xscale, axes.set_xlim) if axis is axes.xaxis else (axes.set_yscale, axes.set_ylim)
        low, high = min(values), max(values)
        if is_log and low > 0:
            set_scale("log")
            edge = max((high / low) ** 0.12, 1.15)
            set_limits(low / edge, high * edge)
            logarithmic(axis, side.unit, low / edge, high * edge)
            return label(side)
        edge = 0.12 * (high - low) or abs(high) * 0.1 or 1.0
        set_limits(0.0 if 0 <= low < 0.25 * (high - low) else low - edge, high + edge)
        return label(side, linear(axis, side.unit, values))

    xs = [end for each in shown for end in (each.x, *(each.x_interval or ())) if math.isfinite(end)]
    ys = [end for each in shown for end in (each.y, *(each.y_interval or ())) if math.isfinite(end)]
    axes.set_xlabel(one(axes.xaxis, x, xs, "x" in log))
    axes.set_ylabel(one(axes.yaxis, y, ys, "y" in log))


def _steps(best: Sequence[Dot]) -> tuple[list[float], list[float]]:
    """The corners between the points of the front: what lies beyond them is beaten."""
    xs, ys = [best[0].x], [best[0].y]
    for each in best[1:]:
        xs += [each.x, each.x]
        ys += [ys[-1], each.y]
    return xs, ys


def _front(axes: Axes, theme: Theme, best: Sequence[Dot], x: Quantity, y: Quantity) -> None:
    """Steps through the points of the front, on to the ends of the picture."""
    xs, ys = _steps(best)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    xs = [xs[0], *xs, left if x.better == "more" else right]
    ys = [bottom if y.better == "more" else top, *ys, ys[-1]]
    axes.plot(xs, ys, color=theme.colours[0], linewidth=1.2, alpha=0.7, zorder=2, label="front")
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _errors(page: Sheet, axes: Axes, shown: Sequence[Dot]) -> list[Box]:
    """Where the intervals are."""
    found = []
    for each in shown:
        for interval, across in ((each.x_interval, True), (each.y_interval, False)):
            if interval and all(math.isfinite(end) for end in interval):
                ends = [(end, each.y) if across else (each.x, end) for end in interval]
                (x0, y0), (x1, y1) = (page.at(axes, *end) for end in ends)
                found.append(Box(min(x0, x1) - 1, min(y0, y1) - 1, abs(x1 - x0) + 2, abs(y1 - y0) + 2))
    return found


def _along(page: Sheet, axes: Axes, best: Sequence[Dot], x: Quantity, y: Quantity) -> list[tuple[float, float]]:
    """The front as points of the picture, close enough that no label slips between two of them."""
    if not best:
        return []
    corners = [page.at(axes, *corner) for corner in zip(*_steps(best), strict=True)]
    inside = page.extent(axes)
    corners = [
        (corners[0][0], 0.0 if y.better == "more" else inside.height), *corners,
        (0.0 if x.better == "more" else inside.width, corners[-1][1]),
    ]  # fmt: skip
    # Downwards and to the left too: a way back is as much a line as a way on.
    return dense(corners) + dense(corners[::-1])
