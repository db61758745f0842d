"""Decisions at a threshold: ROC and precision–recall curves with the operating point, and what it is expected to cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbperf.core.records import Provenance
from nbperf.core.units import Unit, format_value
from nbperf.views.letters import name
from nbperf.views.moments import dense
from nbperf.views.named import Name, name_points
from nbperf.views.sheet import Sign, sheet
from nbperf.views.sides import linear
from nbperf.views.theme import Theme, sign, style
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nbperf.views.sheet import Sheet

Numbers = NDArray[np.floating[Any]]

SIZE = (5.6, 5.2)
"""Inches."""
WIDE = (7.5, 4.2)
"""Inches, of the cost curve."""
MOST = 6
"""Curves in a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve over all thresholds; equally long tuples.

    Attributes
    ----------
    x, y : tuple of float
        False-positive rate and true-positive rate, recall and precision, or threshold and cost.
    thresholds : tuple of float
        Of the points; may be empty, and is not needed for a cost.
    operating : int, optional
        The point that is chosen.
    area : float, optional
        Under the curve: AUC, or average precision.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...] = ()
    operating: int | None = None
    area: float | None = None
    provenance: Provenance = Provenance.MEASURED

    @property
    def numbers(self) -> tuple[Numbers, Numbers]:
        """Its points; where one of the two is no number, the line has a gap."""
        count = min(len(self.x), len(self.y))
        xs, ys = np.asarray(self.x[:count], dtype=float), np.asarray(self.y[:count], dtype=float)
        sound = np.isfinite(xs) & np.isfinite(ys)
        return np.where(sound, xs, np.nan), np.where(sound, ys, np.nan)

    @property
    def sound(self) -> bool:
        """Whether it has any point."""
        return bool(np.isfinite(self.numbers[0]).any())

    @property
    def chosen(self) -> tuple[float, float] | None:
        """The operating point, if it has a place."""
        if self.operating is None or not 0 <= self.operating < min(len(self.x), len(self.y)):
            return None
        point = float(self.x[self.operating]), float(self.y[self.operating])
        return point if all(math.isfinite(value) for value in point) else None


def roc(curves: Sequence[Curve], *, title: str = "", dark: bool = False, size: tuple[float, float] = SIZE) -> Figure:
    """True-positive over false-positive rate, and the diagonal of guessing.

    Parameters
    ----------
    curves : sequence of Curve
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with sheet(size, dark=dark, texts=(title, *(each.name for each in curves))) as page:
        shown = _begin(page, title or say("ROC"), curves, "AUC")
        if shown:
            axes = _square(page, say("false-positive rate"), say("true-positive rate"))
            axes.plot([0, 1], [0, 1], color=page.theme.faint, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.5, label="guessing")
            _draw(page, axes, shown)
        return page.figure


def precision_recall(
    curves: Sequence[Curve], *, prevalence: float | None = None, title: str = "", dark: bool = False, size: tuple[float, float] = SIZE
) -> Figure:
    """Precision over recall.

    Parameters
    ----------
    curves : sequence of Curve
    prevalence : float, optional
        The share of positives: the precision of guessing.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with sheet(size, dark=dark, texts=(title, *(each.name for each in curves))) as page:
        shown = _begin(page, title or say("precision and recall"), curves, "AP")
        if shown:
            axes = _square(page, say("recall"), say("precision"))
            if prevalence is not None and math.isfinite(prevalence):
                axes.axhline(prevalence, color=page.theme.faint, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.5, label="guessing")
            # Between two thresholds precision does not move along a straight line.
            _draw(page, axes, shown, drawstyle="steps-pre")
        return page.figure


def expected_cost(
    curves: Sequence[Curve],
    *,
    unit: Unit = Unit.RATIO,
    label: str = "",
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = WIDE,
) -> Figure:
    """What a decision costs on average over the threshold, the chosen and the cheapest one marked.

    Parameters
    ----------
    curves : sequence of Curve
        Thresholds and costs.
    unit : Unit
    label : str
        Of the cost, such as "euros a case".
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with sheet(size, dark=dark, texts=(title, label, *(each.name for each in curves))) as page:
        shown = _begin(page, title or say("expected cost"), curves, "")
        if not shown:
            return page.figure
        axes = page.axes()
        axes.set_axisbelow(True)
        names = []
        for number, each in enumerate(shown):
            xs, ys = each.numbers
            look = _look(page.theme, number, each)
            marker = look.pop("marker")
            axes.plot(xs, ys, label=each.name, **look)
            best = int(np.nanargmin(ys))
            cheapest = float(xs[best]), float(ys[best])
            points = [(cheapest, False)] if each.chosen in (None, cheapest) else [(each.chosen, True), (cheapest, False)]
            for point, chosen in points:
                assert point is not None
                axes.plot(
                    [point[0]], [point[1]], marker=marker, markersize=7, color=look["color"], markeredgecolor=page.theme.page, zorder=5
                )
                cost = format_value(point[1], unit, estimated=each.provenance is Provenance.ESTIMATED)
                text = say("chosen: {cost} at {threshold}", cost=cost, threshold=f"{point[0]:.3g}") if chosen else say(
                    "cheapest: {cost} at {threshold}", cost=cost, threshold=f"{point[0]:.3g}"
                )  # fmt: skip
                names.append(Name(*point, (text, cost), page.theme.text))
        high, low = max(float(np.nanmax(each.numbers[1])) for each in shown), min(float(np.nanmin(each.numbers[1])) for each in shown)
        edge = (high - min(low, 0.0)) * 0.08 or 1.0
        axes.set_ylim(min(0.0, low - edge) if low < 0 else 0.0, high + edge)
        axes.margins(x=0.02)
        symbol = linear(axes.yaxis, unit, [high, low])
        linear(axes.xaxis, Unit.RATIO, [1.0])
        axes.set_xlabel(say("threshold"))
        axes.set_ylabel((label or say("expected cost")) + (f" ({symbol})" if symbol else ""))
        page.fit(axes)
        name_points(page, axes, names, curve=_points(page, axes, shown))
        return page.figure


def _begin(page: Sheet, title: str, curves: Sequence[Curve], area: str) -> list[Curve]:
    """The heading and the key; returns what there is to draw."""
    sound = [each for each in curves if each.sound]
    shown = sound[:MOST]
    gone = len(curves) - len(shown)
    page.heading(title, say("{n} more not shown", n=gone) if gone else "")
    if not shown:
        page.nothing()
        return []
    signs = []
    for number, each in enumerate(shown):
        text = name(each.name)
        if area and each.area is not None and math.isfinite(each.area):
            text += f"  {area} {format_value(each.area, Unit.RATIO, estimated=each.provenance is Provenance.ESTIMATED)}"
        signs.append(Sign(text, line=_look(page.theme, number, each)))
    if len(shown) > 1 or area:
        page.key(signs)
    return shown


def _look(theme: Theme, number: int, each: Curve) -> dict[str, Any]:
    return {
        **sign(theme, number), "linewidth": 1.7, "markersize": 6, **style(each.provenance),
    }  # fmt: skip


def _square(page: Sheet, across: str, up: str) -> Axes:
    """Axes from 0 to 1."""
    axes = page.axes()
    axes.grid(visible=True, axis="both")
    axes.set_axisbelow(True)
    axes.set_xlim(-0.015, 1.015)
    axes.set_ylim(-0.015, 1.03)
    linear(axes.xaxis, Unit.RATIO, [1.0])
    linear(axes.yaxis, Unit.RATIO, [1.0])
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    page.fit(axes)
    return axes


def _draw(page: Sheet, axes: Axes, shown: Sequence[Curve], **how: Any) -> None:
    names = []
    for number, each in enumerate(shown):
        look = _look(page.theme, number, each)
        xs, ys = each.numbers
        if len(shown) > 1:
            # Small ones along the line: it has to be found in the key without its colour too.
            every = max(len(xs) // 7, 1)
            how |= {"markersize": 4, "markevery": (every * (number + 1) // (MOST + 1), every)}
        else:
            how |= {"marker": "none"}
        axes.plot(xs, ys, label=each.name, **{**look, **how})
        point = each.chosen
        if point is None:
            continue
        axes.plot(
            [point[0]], [point[1]], marker=look["marker"], markersize=8, color=look["color"], markeredgecolor=page.theme.text, zorder=5,
            linestyle="none", markerfacecolor=style(each.provenance).get("markerfacecolor", look["color"]), label="operating point",
        )  # fmt: skip
        place = f"({point[0]:.2f}, {point[1]:.2f})"
        texts: tuple[str, ...] = (place,)
        if each.operating is not None and each.operating < len(each.thresholds):
            threshold = f"{each.thresholds[each.operating]:.3g}"
            texts = (
                say("threshold {threshold} {place}", threshold=threshold, place=place),
                say("threshold {threshold}", threshold=threshold),
            )
        names.append(Name(*point, texts, page.theme.text))
    name_points(page, axes, names, curve=_points(page, axes, shown))


def _points(page: Sheet, axes: Axes, shown: Sequence[Curve]) -> list[tuple[float, float]]:
    """The curves as points of the picture, for labels to keep off."""
    found: list[tuple[float, float]] = []
    for each in shown:
        xs, ys = each.numbers
        known = np.flatnonzero(np.isfinite(xs))
        few = known[np.unique(np.linspace(0, len(known) - 1, 200).astype(int))]
        found += dense([page.at(axes, float(xs[i]), float(ys[i])) for i in few])
    return found
