"""How values scatter: a box or a violin for each of several variants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbperf.core.quantities import QUANTITIES
from nbperf.core.quantities import label as label_of
from nbperf.core.records import Measurement, Provenance
from nbperf.core.units import format_value
from nbperf.views.classes import SIZE
from nbperf.views.letters import name
from nbperf.views.percentiles import known, left_out
from nbperf.views.sheet import SMALL, sheet
from nbperf.views.sides import linear, logarithmic, which_way, with_unit
from nbperf.views.theme import Theme, dot, style, surface
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.floating[Any]]

WIDTH = 7.5
"""Inches."""
FEWEST = 8
"""Values below which a box or a violin would say more than they do: each is drawn as a point."""
DOTS = 60
"""Values up to which each is drawn beside its box."""
STEPS = 200
"""Points of a violin's outline."""


def spread(
    found: Mapping[str, Measurement],
    *,
    kind: Literal["box", "violin"] = "box",
    log: bool = False,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] | None = None,
) -> Figure:
    """A row for each variant: its middle half as a box, or its density as a violin, and its median in numbers.

    Parameters
    ----------
    found : mapping of str to Measurement
        All of one quantity.
    kind : {"box", "violin"}
        A box's whiskers reach to the last value within one and a half times its length.
    log : bool
        On a logarithmic axis, where all values are positive.
    title : str
    dark : bool
    size : (float, float), optional
        Inches; as high as the rows need where none is given.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = known(found)
    size = size or (WIDTH, (92 + 34 * max(len(shown), 2)) / 72)
    with sheet(size, dark=dark, texts=(title, *found)) as page:
        page.heading(title, left_out(found, shown))
        if not shown:
            page.nothing()
            return page.figure
        axes = page.axes()
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.set_axisbelow(True)
        everything = np.concatenate([values for _, values in shown.values()])
        first = next(iter(shown.values()))[0]
        log = log and bool(everything.min() > 0)
        if log:
            axes.set_xscale("log")
        for row, (measurement, values) in enumerate(shown.values()):
            _row(axes, page.theme, row, values, measurement.provenance, kind, log=log)
        axes.set_ylim(len(shown) - 0.45, -0.55)
        axes.margins(x=0.05)
        quantity = QUANTITIES.get(first.quantity)
        symbol = "" if log else linear(axes.xaxis, first.unit, everything.tolist())
        if log:
            logarithmic(axes.xaxis, first.unit, *axes.get_xlim())
        axes.set_xlabel(which_way(with_unit(say(label_of(first.quantity)), symbol), quantity.better if quantity else None))
        names = [page.fitting(name(label), page.width * 0.28, SIZE) for label in shown]
        axes.set_yticks(range(len(shown)), names, fontsize=SIZE)
        axes.tick_params(axis="y", length=0)
        medians = [
            format_value(float(np.median(values)), measurement.unit, estimated=measurement.provenance is Provenance.ESTIMATED)
            for measurement, values in shown.values()
        ]
        page.fit(axes, right=max(page.measure(text, bold=True) for text in medians) + 8)
        for row, text in enumerate(medians):
            axes.annotate(
                text, (1, row), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points", va="center_baseline",
                fontsize=SMALL, fontweight="bold", color=page.theme.text, annotation_clip=False,
            )  # fmt: skip
        return page.figure


def _row(axes: Axes, theme: Theme, row: int, values: Numbers, provenance: Provenance, kind: str, *, log: bool) -> None:
    colour = theme.colours[0] if provenance is Provenance.ESTIMATED else theme.fills[0]  # thin lines sink into a dark page
    middle = float(np.median(values))
    if len(values) < FEWEST:
        axes.plot(values, [row] * len(values), marker="o", markersize=5, color=theme.colours[0], **dot(provenance))
        axes.plot([middle], [row], marker="|", markersize=18, markeredgewidth=1.5, color=theme.text, linestyle="none", label="median")
        return
    if kind == "violin" and values[-1] > values[0]:
        places, heights = _density(np.log(values) if log else values)
        across = np.exp(places) if log else places
        look = surface(provenance, colour, theme.page)
        axes.fill_between(across, row - 0.4 * heights, row + 0.4 * heights, **{**look, "alpha": None if "hatch" in look else 0.75})
        low, high = np.quantile(values, (0.25, 0.75))
        axes.plot([low, high], [row, row], color=theme.text, linewidth=4, solid_capstyle="butt", zorder=3)
    else:
        _box(axes, theme, row, values, provenance, colour)
    axes.plot([middle], [row], marker="D", markersize=5.5, color=theme.fills[1], markeredgecolor=theme.text, linestyle="none", zorder=5,
              label="median")  # fmt: skip


def _box(axes: Axes, theme: Theme, row: int, values: Numbers, provenance: Provenance, colour: str) -> None:
    """The middle half, whiskers to the last value within Tukey's fences, and what lies beyond as points."""
    low, high = (float(q) for q in np.quantile(values, (0.25, 0.75)))
    reach = 1.5 * (high - low)
    inner = values[(values >= low - reach) & (values <= high + reach)]
    ends = [(float(inner.min()), low), (high, float(inner.max()))] if inner.size else []
    for start, end in ends:
        axes.plot([start, end], [row, row], color=theme.faint, linewidth=1.3, linestyle=style(provenance)["linestyle"], zorder=2)
    axes.barh([row], [high - low], left=[low], height=0.5, zorder=2.5, **surface(provenance, colour, theme.page))
    outer = values[(values < low - reach) | (values > high + reach)]
    axes.plot(outer, [row] * len(outer), marker="o", markersize=3.5, color=theme.faint, zorder=2, alpha=0.7, **dot(provenance))
    if len(values) <= DOTS:
        # Beside the box, in a fixed pattern: points at equal values do not hide each other, and the picture stays the same.
        shift = np.array([0.30, 0.36, 0.42])[np.arange(len(values)) % 3]
        axes.plot(values, row + shift, marker=".", markersize=3, color=theme.faint, linestyle="none", zorder=2)


def _density(values: Numbers) -> tuple[Numbers, Numbers]:
    """A smooth density, its peak 1, by normal kernels of Silverman's width; it ends with the values."""
    many = values if len(values) <= 2000 else np.quantile(values, np.linspace(0, 1, 2000))
    iqr = float(np.subtract(*np.quantile(many, (0.75, 0.25))))
    deviation = float(many.std())
    scale = min(deviation, iqr / 1.34) if iqr > 0 else deviation
    width = max(0.9 * scale * len(many) ** -0.2, (values[-1] - values[0]) / STEPS)
    places = np.linspace(values[0], values[-1], STEPS)
    heights = np.exp(-0.5 * ((places[:, None] - many[None, :]) / width) ** 2).sum(axis=1)
    return places, heights / heights.max()
