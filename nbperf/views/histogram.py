"""How often values are how large, with the percentiles that they support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbperf.core.quantities import QUANTITIES
from nbperf.core.quantities import label as label_of
from nbperf.core.records import Measurement, Provenance
from nbperf.views.percentiles import known, left_out, percentiles, said, table
from nbperf.views.sheet import ROW, SMALL, Sheet, Sign, sheet
from nbperf.views.sides import linear, logarithmic, which_way, with_unit
from nbperf.views.theme import Theme, style, surface
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.floating[Any]]
Shown = dict[str, tuple[Measurement, Numbers]]

SIZE = (7.5, 4.2)
"""Inches."""
FEWEST, MOST = 8, 80
"""Bins."""
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
"""Beside the colours of outlines."""
BESIDE = 4.0
"""Points between a line and its label."""


def histogram(
    found: Mapping[str, Measurement],
    *,
    log: bool = False,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Histograms in common bins: filled for one variant, in outlines for several.

    Parameters
    ----------
    found : mapping of str to Measurement
        All of one quantity.
    log : bool
        On a logarithmic axis, where all values are positive.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = known(found)
    from matplotlib.ticker import MaxNLocator

    with sheet(size, dark=dark, texts=(title, *found)) as page:
        page.heading(title, left_out(found, shown))
        if not shown:
            page.nothing()
            return page.figure
        if len(shown) > 1:
            table(page, shown, [Sign(label, line=_line(page.theme, i, m)) for i, (label, (m, _)) in enumerate(shown.items())])
        axes = page.axes()
        axes.set_axisbelow(True)
        everything = np.concatenate([values for _, values in shown.values()])
        first = next(iter(shown.values()))[0]
        log = log and bool(everything.min() > 0)
        edges = bins(everything, log=log)
        if log:
            axes.set_xscale("log")
        _draw(axes, page.theme, shown, edges)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(0, None)
        quantity = QUANTITIES.get(first.quantity)
        symbol = "" if log else linear(axes.xaxis, first.unit, everything.tolist())
        if log:
            logarithmic(axes.xaxis, first.unit, float(edges[0]), float(edges[-1]))
        axes.set_xlabel(which_way(with_unit(say(label_of(first.quantity)), symbol), quantity.better if quantity else None))
        if len(shown) == 1:
            axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_ylabel(say("values") if len(shown) == 1 else say("share of the values"))
        if len(shown) == 1:
            _percentiles(page, axes, *next(iter(shown.values())))
        else:
            page.fit(axes)
        return page.figure


def bins(values: Numbers, *, log: bool) -> Numbers:
    """Edges of equal bins, on a logarithmic axis of equal ratios, by the rule of Freedman and Diaconis."""
    scaled = np.log(values) if log else values
    low, high = float(scaled.min()), float(scaled.max())
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        half = abs(low) * 0.05 or 0.5
        edges = np.linspace(low - half, low + half, FEWEST)
    else:
        iqr = float(np.subtract(*np.quantile(scaled, (0.75, 0.25))))
        width = 2 * iqr * len(scaled) ** (-1 / 3)
        count = int(np.clip(np.ceil((high - low) / width) if width > 0 else FEWEST, FEWEST, MOST))
        edges = np.linspace(low, high, count + 1)
    return np.exp(edges) if log else edges


def _line(theme: Theme, number: int, measurement: Measurement) -> dict[str, Any]:
    """A variant's outline: an estimate dashed as everywhere, the others by colour and dashes of their own."""
    estimated = measurement.provenance is Provenance.ESTIMATED
    dashes = style(measurement.provenance)["linestyle"] if estimated else DASHES[number // 2 % len(DASHES)]
    return {"color": theme.colours[number % len(theme.colours)], "linewidth": 1.7, "linestyle": dashes}


def _draw(axes: Axes, theme: Theme, shown: Shown, edges: Numbers) -> None:
    # The highest value lies on the last edge, or just beyond it by rounding.
    counted = [np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] for _, values in shown.values()]
    if len(shown) == 1:
        measurement, _ = next(iter(shown.values()))
        estimated = measurement.provenance is Provenance.ESTIMATED
        colour = theme.colours[0] if estimated else theme.fills[0]
        look = surface(measurement.provenance, colour, theme.page)
        axes.stairs(counted[0], edges, fill=True, **(look if estimated else {**look, "edgecolor": theme.page}))
        return
    for number, ((label, (measurement, values)), counts) in enumerate(zip(shown.items(), counted, strict=True)):
        look = _line(theme, number, measurement)
        axes.stairs(counts / len(values), edges, fill=True, color=look["color"], alpha=0.13)
        axes.stairs(counts / len(values), edges, label=label, **look)


def _percentiles(page: Sheet, axes: Axes, measurement: Measurement, values: Numbers) -> None:
    """Lines at p50, p95 and p99 with their labels above the axes, in as many rows as they need."""
    found = percentiles(values)
    texts = [said(q, value, measurement.unit, measurement.provenance) for q, value in found.items()]
    widths = [page.measure(text) for text in texts]
    page.fit(axes)
    spots = flags([page.at(axes, value, 0)[0] for value in found.values()], widths, page.extent(axes).width)
    page.fit(axes, top=(max((row for row, _ in spots), default=0) + 1) * ROW)
    inside = page.extent(axes)
    for value, text, (row, start) in zip(found.values(), texts, spots, strict=True):
        top = 1 + (row + 0.8) * ROW / inside.height
        look: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False, "solid_capstyle": "butt"}
        axes.plot([value, value], [0, top], color=page.theme.text, linewidth=1.1, label=text, **look)
        axes.annotate(
            text, (0, 0), xycoords="axes points", xytext=(start, inside.height + (row + 0.5) * ROW), textcoords="axes points",
            va="center_baseline", fontsize=SMALL, color=page.theme.text, annotation_clip=False,
        )  # fmt: skip


def flags(places: Sequence[float], widths: Sequence[float], room: float) -> list[tuple[int, float]]:
    """For few labels that stand at the tops of lines, a row and a start each: no label meets another, nor another's line.

    Parameters
    ----------
    places, widths : sequence of float
        Where the lines are, from left to right, and how wide their labels.
    room : float
        How long the axis is.
    """
    # They are so few that all ways are tried: each in any row, right or left of its line.
    rows = range(len(places))
    ways = [
        [(row, start) for row in rows for start in (place + BESIDE, place - BESIDE - width) if 0 <= start <= room - width]
        or [(row, max(0.0, min(place, room - width))) for row in rows]
        for place, width in zip(places, widths, strict=True)
    ]

    def trouble(way: tuple[tuple[int, float], ...]) -> tuple[int, int, float]:
        met = 0
        for i, (row, start) in enumerate(way):
            end = start + widths[i]
            for j, (other, begin) in enumerate(way):
                if j != i:
                    met += row == other and start < begin + widths[j] + BESIDE and begin < end + BESIDE
                    met += other >= row and start - 2 < places[j] < end + 2
        left = sum(start < place for (_, start), place in zip(way, places, strict=True))
        return met, max((row for row, _ in way), default=0), sum(row for row, _ in way) + 0.1 * left

    every: list[tuple[tuple[int, float], ...]] = list(product(*ways))
    best = min(every, key=trouble)
    return list(best)
