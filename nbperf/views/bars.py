"""Bars side by side for each of several names, with intervals: precision, recall and F1 of each class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nbperf.core.records import Provenance
from nbperf.core.units import Unit, format_value
from nbperf.views.classes import LINE, SIZE
from nbperf.views.letters import name
from nbperf.views.sheet import EDGE, SMALL, Sheet, Sign, sheet
from nbperf.views.sides import finite, linear, which_way, with_unit
from nbperf.views.theme import Theme, surface
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nbperf.views.sides import Better

Order = Literal["given", "worst", "best"]

WIDTH = 7.5
"""Inches."""
MOST = 40
"""Names that are shown; the others are counted."""
THICK, THINNEST, THICKEST = 9.0, 5.5, 24.0
"""Points of a bar: where the figure is as high as it needs, where it is not, and with few bars."""
BELOW = 40.0
"""Points of the axis and its label, about."""
NUMBER = 48.0
"""Points kept for the numbers behind bars."""
FEW = 30
"""Bars up to which each has its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """One bar for each name.

    Attributes
    ----------
    name : str
        Of what the bars show.
    values : tuple of float
        In the base unit, one for each name; NaN where there is none.
    intervals : tuple of (float, float) or None
        Of the values, where they are known; may be empty.
    """

    name: str
    values: tuple[float, ...]
    intervals: tuple[tuple[float, float] | None, ...] = ()
    provenance: Provenance = Provenance.MEASURED


def bars(
    names: Sequence[str],
    groups: Sequence[Bars],
    *,
    unit: Unit = Unit.RATIO,
    label: str = "",
    better: Better = None,
    order: Order = "given",
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Horizontal bars from 0, the first name on top.

    Parameters
    ----------
    names : sequence of str
    groups : sequence of Bars
        All in one unit; each has its colour.
    unit : Unit
    label : str
        Of the axis.
    better : {"less", "more", None}
    order : {"given", "worst", "best"}
        By the first group's values: the worst or the best first; the largest is the best where nothing else is said.
    title : str
    dark : bool
    size : (float, float), optional
        Inches; as high as the bars need where none is given.

    Returns
    -------
    matplotlib.figure.Figure
    """
    ranks = _ranked(names, groups, order, better)
    row = max(THICK * len(groups) + 5, LINE + 2)
    least = max(THINNEST * len(groups) + 4, LINE)
    chosen = ranks[: MOST if size is None else min(MOST, max(int((size[1] * 72 - 90) / least), 1))]
    size = size or (WIDTH, (100 + row * max(len(chosen), 2)) / 72)
    with sheet(size, dark=dark, texts=(title, label, *names, *(group.name for group in groups))) as page:
        page.heading(title)
        if not chosen or not groups:
            page.nothing()
            return page.figure
        if len(groups) > 1:
            page.key([Sign(name(group.name), patch=_look(page.theme, number, group)) for number, group in enumerate(groups)])
        axes = page.axes()
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        room = (page.height - page.used - BELOW) / len(chosen)
        thick = min(0.8 / len(groups), THICKEST / room)
        for number, group in enumerate(groups):
            places = _places(number, len(groups), chosen, thick)
            _group(axes, _look(page.theme, number, group), page.theme, places, thick, thick * room, group, chosen)
        values = finite(value for group in groups for value in group.values)
        ends = values + finite(end for group in groups for pair in group.intervals if pair for end in pair)
        whole = unit is Unit.RATIO and bool(ends) and min(ends) >= 0 and max(ends) <= 1
        high = 1.0 if whole else max([*ends, 0.0]) * 1.02 or (0.0 if ends and min(ends) < 0 else 1.0)
        axes.set_xlim(min([*ends, 0.0]) * 1.02, high)
        axes.set_ylim(len(chosen) - 0.4, -0.6)
        symbol = linear(axes.xaxis, unit, values)
        axes.set_xlabel(which_way(with_unit(label, symbol), better) if label else symbol)
        texts = [page.fitting(name(names[i], 40), page.width * 0.3, SIZE) for i in chosen]
        axes.set_yticks(range(len(chosen)), texts, fontsize=SIZE)
        axes.tick_params(axis="y", length=0)
        axes.spines["bottom"].set_visible(False)
        hidden = len(ranks) - len(chosen)
        below = 14.0 if hidden else 0.0
        page.fit(axes, bottom=below)
        if len(chosen) * len(groups) <= FEW and thick * page.extent(axes).height / len(chosen) >= SMALL:
            page.fit(axes, bottom=below, right=NUMBER)
            _numbers(page, axes, groups, chosen, unit, thick)
        if hidden:
            text = say("{n} more not shown", n=hidden)
            page.figure.text(EDGE / page.width, EDGE / page.height, text, fontsize=SMALL, color=page.theme.faint)
        return page.figure


def _ranked(names: Sequence[str], groups: Sequence[Bars], order: Order, better: Better) -> list[int]:
    """Which name stands where; what has no value stands last."""
    found = list(range(len(names)))
    if order == "given" or not groups:
        return found
    values = [_value(groups[0], i) for i in found]
    up = (order == "worst") != (better == "less")
    return sorted(found, key=lambda i: (math.isnan(values[i]), values[i] if up else -values[i]))


def _value(group: Bars, i: int) -> float:
    found = group.values[i] if i < len(group.values) else math.nan
    return float(found) if math.isfinite(found) else math.nan


def _interval(group: Bars, i: int) -> tuple[float, float] | None:
    found = group.intervals[i] if i < len(group.intervals) else None
    return found if found and all(math.isfinite(end) for end in found) else None


def _look(theme: Theme, number: int, group: Bars) -> dict[str, Any]:
    return surface(group.provenance, theme.fills[number % len(theme.fills)], theme.page)


def _places(number: int, count: int, chosen: Sequence[int], thick: float) -> list[float]:
    """Middles of a group's bars, which are so many rows thick."""
    return [row + thick * (number + 0.5 - count / 2) for row in range(len(chosen))]


def _group(axes: Axes, look: dict[str, Any], theme: Theme, places: Sequence[float], thick: float, points: float, group: Bars,
           chosen: Sequence[int]) -> None:  # fmt: skip
    """One group's bars, so many rows and points thick, and whiskers for their intervals."""
    axes.barh(places, [_value(group, i) for i in chosen], height=thick * 0.86, label=group.name, **look)
    for place, i in zip(places, chosen, strict=True):
        if pair := _interval(group, i):
            # With a rim: whiskers lie half on the bar, or on its hatches, and half on the page.
            axes.plot(pair, [place] * 2, color=theme.page, linewidth=2.2, solid_capstyle="butt", zorder=3)
            axes.plot(
                pair, [place] * 2, color=theme.text, linewidth=1.1, solid_capstyle="butt", zorder=3, label="interval",
                marker="|", markersize=min(7.0, points * 0.5), markeredgewidth=1.1,
            )  # fmt: skip


def _numbers(page: Sheet, axes: Axes, groups: Sequence[Bars], chosen: Sequence[int], unit: Unit, thick: float) -> None:
    """Each bar's number behind it, or behind its whisker."""
    for number, group in enumerate(groups):
        places = _places(number, len(groups), chosen, thick)
        for place, i in zip(places, chosen, strict=True):
            value, pair = _value(group, i), _interval(group, i)
            if math.isnan(value):
                text, end = "–", 0.0
            else:
                spread = (pair[1] - pair[0]) / 2 if pair else None
                text = format_value(value, unit, spread=spread, estimated=group.provenance is Provenance.ESTIMATED)
                end = max(value, 0.0, *(pair or ()))
            axes.annotate(
                text, (end, place), xytext=(5, 0), textcoords="offset points", va="center_baseline", fontsize=SMALL - 0.5,
                color=page.theme.text, annotation_clip=False,
            )  # fmt: skip
