"""A quantity over many runs: medians with their spread over time, level changes marked, machines apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nbperf.core.changes import change_points
from nbperf.core.quantities import label
from nbperf.core.records import Provenance
from nbperf.core.stats import median
from nbperf.core.units import Unit, format_percent, format_value, step
from nbperf.views.theme import MARKERS, drawn, style, warn_of_missing_letters
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nbperf.views.theme import Theme


CROWD = 120
"""Points of a machine beyond which they are drawn small: they would hide the line and its spread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run.

    Attributes
    ----------
    moment : float
        Seconds since the epoch.
    low, high : float
        Its quartiles.
    """

    moment: float
    label: str
    machine: str
    median: float
    low: float
    high: float
    unit: Unit
    provenance: Provenance = Provenance.MEASURED


def trend(points: Sequence[Point], quantity: str, *, title: str = "", dark: bool = False) -> Figure:
    """The points over the order of runs, a line for each machine.

    Parameters
    ----------
    points : sequence of Point
        At least one; all in one unit.
    quantity : str
    title : str
    dark : bool

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.ticker import FuncFormatter

    from nbperf.views.picture import Picture

    ordered = sorted(points, key=lambda point: point.moment)
    machines = list(dict.fromkeys(point.machine for point in ordered))
    warn_of_missing_letters(title, *machines)
    with drawn(dark=dark) as theme:
        figure = Picture(figsize=(7.5, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for number, machine in enumerate(machines):
            _machine(axes, theme, number, machine, [(x, point) for x, point in enumerate(ordered) if point.machine == machine])
        unit = ordered[0].unit
        factor, symbol = step(median([point.median for point in ordered]), unit)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / factor:g}"))
        axes.set_ylabel(f"{say(label(quantity))}{f' ({symbol})' if symbol else ''}")
        bottom = min(point.low for point in ordered)
        axes.margins(y=0.12)  # room above for the sizes of changes
        axes.set_ylim(bottom=0 if bottom >= 0 else None)
        _moments(axes, ordered)
        axes.set_title(title or say(label(quantity)))
        if len(machines) > 1:
            axes.legend(loc="lower left", ncols=min(len(machines), 3))
    return figure


def _machine(axes: Axes, theme: Theme, number: int, machine: str, placed: list[tuple[int, Point]]) -> None:
    """One machine's line, its spread, and where its level changed."""
    colour = theme.colours[number % len(theme.colours)]
    xs, found = [x for x, _ in placed], [point for _, point in placed]
    worst = max(point.provenance for point in found)
    axes.fill_between(xs, [p.low for p in found], [p.high for p in found], color=colour, alpha=0.18, linewidth=0)
    size, width = (4, 1.2) if len(found) <= CROWD else (1.5, 0.7)
    axes.plot(
        xs, [p.median for p in found], color=colour, marker=MARKERS[number % len(MARKERS)], markersize=size, linewidth=width,
        label=machine, **style(worst),
    )  # fmt: skip
    places = change_points([p.median for p in found])
    for place, (before, after) in zip(places, _levels(found, places), strict=True):
        axes.axvline(xs[place] - 0.5, color=colour, linewidth=1, linestyle=":")
        change = after / before - 1 if before else 0.0
        text = f"{'+' if change > 0 else '−'}{format_percent(abs(change))}"
        axes.annotate(
            text, (xs[place] - 0.5, 1), xycoords=("data", "axes fraction"), xytext=(3, -3), textcoords="offset points",
            ha="left", va="top", fontsize=9, color=colour,
        )  # fmt: skip
    last = found[-1]
    axes.annotate(
        format_value(last.median, last.unit, estimated=worst is Provenance.ESTIMATED), (xs[-1], last.median),
        xytext=(6, 0), textcoords="offset points", va="center", fontsize=9, color=colour, fontweight="bold",
    )  # fmt: skip


def _levels(found: list[Point], places: Sequence[int]) -> list[tuple[float, float]]:
    """Before and after each change, the median of its segment."""
    edges = [0, *places, len(found)]
    levels = [median([p.median for p in found[a:b]]) for a, b in zip(edges, edges[1:], strict=False)]  # noqa: RUF007 - as in pairs
    return list(zip(levels, levels[1:], strict=False))  # noqa: RUF007 - as above


MOST_TICKS = 6


def _moments(axes: Axes, ordered: list[Point]) -> None:
    """Runs stand at equal distances, whenever they were taken; the axis says when that was."""
    count = len(ordered)
    every = max(1, -(-count // MOST_TICKS))
    ticks = list(range(0, count, every))
    moments = [datetime.fromtimestamp(ordered[x].moment, UTC).astimezone() for x in ticks]
    one_day = len({moment.date() for moment in moments}) == 1
    axes.set_xticks(ticks, [moment.strftime("%H:%M" if one_day else "%m-%d\n%H:%M") for moment in moments])
    axes.set_xlim(-0.5, count - 0.5 + max(0.8, count * 0.1))
    if one_day:
        axes.set_xlabel(f"{moments[0]:%Y-%m-%d}")
