"""Lines with bands over time, steps or epochs, each named at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbperf.core.quantities import Quantity
from nbperf.core.records import Provenance
from nbperf.views.letters import name
from nbperf.views.named import apart
from nbperf.views.sheet import SMALL, Sheet, sheet
from nbperf.views.sides import label, linear, logarithmic
from nbperf.views.theme import Theme, sign, style
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.floating[Any]]

SIZE = (7.5, 4.2)
"""Inches."""
MOST = 12
"""Lines in a picture."""
BANDS = 6
"""Lines up to which their bands are drawn: more of them are one grey cloud."""
FEW = 30
"""Points up to which each has its marker; of longer lines a few have."""
LINE = 12.5
"""Points from one name to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A quantity over another.

    Attributes
    ----------
    x, y : tuple of float
        Equally long, in their base units; NaN in y is a gap.
    low, high : tuple of float
        Of the band around it; empty for none.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    provenance: Provenance = Provenance.MEASURED


def progress(
    lines: Sequence[Line],
    x: Quantity,
    y: Quantity,
    *,
    log: bool = False,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """The lines, each with its band, and its name at its end.

    Parameters
    ----------
    lines : sequence of Line
    x, y : Quantity
        Their label and unit, and which way is better.
    log : bool
        The upright axis is logarithmic, where all values are positive.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    sound = [each for each in lines if any(np.isfinite(a) and np.isfinite(b) for a, b in zip(each.x, each.y, strict=False))]
    shown = sound[:MOST]
    gone = len(lines) - len(shown)
    with sheet(size, dark=dark, texts=(title, *(each.name for each in lines))) as page:
        page.heading(title, say("{n} more not shown", n=gone) if gone else "")
        if not shown:
            page.nothing()
            return page.figure
        axes = page.axes()
        values = np.concatenate([np.asarray((*each.y, *each.low, *each.high), dtype=float) for each in shown])
        values = values[np.isfinite(values)]
        for number, each in enumerate(shown):
            _line(axes, page.theme, number, each, band=len(shown) <= BANDS)
        axes.margins(x=0.02, y=0.06)
        low, high = axes.get_ylim()
        if log and values.min() > 0:
            axes.set_yscale("log")
            logarithmic(axes.yaxis, y.unit, *axes.get_ylim())
            symbol = ""
        else:
            if 0 <= float(values.min()) < 0.3 * float(values.max()):
                low = 0.0
            axes.set_ylim(low, high)
            symbol = linear(axes.yaxis, y.unit, values.tolist())
        axes.set_ylabel(label(y, symbol))
        axes.set_xlabel(label(x, linear(axes.xaxis, x.unit, [value for each in shown for value in each.x], most=8)))
        names = [page.fitting(name(each.name, 22), page.width * 0.27) for each in shown] if len(shown) > 1 else []
        page.fit(axes, right=max((page.measure(text) for text in names), default=0.0) + 14 if names else 0.0)
        if names:
            _names(page, axes, shown, names)
        return page.figure


def _numbers(each: Line) -> tuple[Numbers, Numbers]:
    count = min(len(each.x), len(each.y))
    xs, ys = np.asarray(each.x[:count], dtype=float), np.asarray(each.y[:count], dtype=float)
    return xs, np.where(np.isfinite(ys), ys, np.nan)


def _line(axes: Axes, theme: Theme, number: int, each: Line, *, band: bool) -> None:
    xs, ys = _numbers(each)
    look = sign(theme, number)
    if band and len(each.low) >= len(xs) and len(each.high) >= len(xs):
        axes.fill_between(xs, each.low[: len(xs)], each.high[: len(xs)], color=look["color"], alpha=0.16, linewidth=0)
    # Where another band begins to hide a line, its markers still tell which it is.
    every = max(1, len(xs) // 8)
    axes.plot(
        xs, ys, linewidth=1.7, markersize=4.5, label=each.name, **look, **style(each.provenance),
        markevery=1 if len(xs) <= FEW else (every * number // MOST, every),
    )  # fmt: skip


def _names(page: Sheet, axes: Axes, shown: Sequence[Line], names: Sequence[str]) -> None:
    """At the right, as near to the ends of their lines as they can be without meeting."""
    inside = page.extent(axes)
    ends = []
    for each in shown:
        xs, ys = _numbers(each)
        last = np.flatnonzero(np.isfinite(ys) & np.isfinite(xs))[-1]
        ends.append((float(xs[last]), float(ys[last])))
    wished = [page.at(axes, *end)[1] for end in ends]
    places = apart(wished, min(LINE, inside.height / len(names)), 0.0, inside.height)
    for number, (text, place, end) in enumerate(zip(names, places, ends, strict=True)):
        colour = sign(page.theme, number)["color"]
        axes.annotate(
            text, end, xytext=(inside.width + 14, place), textcoords="axes points", va="center_baseline", fontsize=SMALL,
            color=page.theme.text, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)},
        )  # fmt: skip
