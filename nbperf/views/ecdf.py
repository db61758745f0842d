"""Which share of the values is at most how large: nothing is binned, so variants are compared at every percentile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbperf.core.quantities import QUANTITIES
from nbperf.core.quantities import label as label_of
from nbperf.core.records import Measurement
from nbperf.core.units import format_percent
from nbperf.views.percentiles import STATED, known, left_out, percentiles, table
from nbperf.views.sheet import Sign, sheet
from nbperf.views.sides import linear, logarithmic, which_way, with_unit
from nbperf.views.theme import Theme, dot, sign, style
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (7.5, 4.2)
"""Inches."""
FINEST = 2000
"""Steps of a curve that are drawn: more are thinner than a pixel."""


def ecdf(
    found: Mapping[str, Measurement],
    *,
    log: bool = False,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Empirical distribution functions, the percentiles that the values support marked on them.

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
    from matplotlib.ticker import FuncFormatter

    shown = known(found)
    with sheet(size, dark=dark, texts=(title, *found)) as page:
        page.heading(title, left_out(found, shown))
        if not shown:
            page.nothing()
            return page.figure
        table(page, shown, [Sign(label, line=_line(page.theme, i, m)) for i, (label, (m, _)) in enumerate(shown.items())])
        axes = page.axes()
        everything = np.concatenate([values for _, values in shown.values()])
        first = next(iter(shown.values()))[0]
        log = log and bool(everything.min() > 0)
        if log:
            axes.set_xscale("log")
        for number, (label, (measurement, values)) in enumerate(shown.items()):
            look = _line(page.theme, number, measurement)
            marker = look.pop("marker")
            ranks = np.unique(np.linspace(0, len(values) - 1, min(len(values), FINEST)).round().astype(int))
            axes.plot(
                np.append(values[0], values[ranks]), np.append(0.0, (ranks + 1) / len(values)), drawstyle="steps-post", label=label, **look
            )
            marked = percentiles(values)
            axes.plot(
                list(marked.values()), [q / 100 for q in marked], marker=marker, markersize=5.5, color=look["color"], zorder=4,
                **dot(measurement.provenance),
            )  # fmt: skip
        quantity = QUANTITIES.get(first.quantity)
        axes.margins(x=0.03)
        symbol = "" if log else linear(axes.xaxis, first.unit, everything.tolist())
        if log:
            logarithmic(axes.xaxis, first.unit, *axes.get_xlim())
        axes.set_xlabel(which_way(with_unit(say(label_of(first.quantity)), symbol), quantity.better if quantity else None))
        axes.set_ylabel(say("share of the values"))
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.25, *(q / 100 for q in STATED[:2]), 0.75])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_percent(value) if value else "0"))
        page.fit(axes)
        return page.figure


def _line(theme: Theme, number: int, measurement: Measurement) -> dict[str, Any]:
    return {
        **sign(theme, number), "linewidth": 1.6, **style(measurement.provenance),
    }  # fmt: skip
