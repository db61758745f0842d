"""Several measures of a few variants as polygons; outwards is better on every axis, and each says its scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbperf.core.quantities import Quantity
from nbperf.core.records import Provenance
from nbperf.core.units import NARROW, format_value
from nbperf.views.letters import name
from nbperf.views.sheet import EDGE, SMALL, Sheet, Sign, sheet
from nbperf.views.sides import finite
from nbperf.views.theme import Theme, sign, style
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (7.0, 5.6)
"""Inches."""
MOST = 6
"""Variants: more polygons cannot be told apart."""
RINGS = (0.25, 0.5, 0.75, 1.0)
INNERMOST = 0.25
"""Where the worst value lies: at the middle, all axes would be one point."""
BETWEEN = 13.0
"""Points from line to line of a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """The values of one variant, in the base units of the measures; NaN where there is none.

    Attributes
    ----------
    provenance : Provenance
        The worst of its values.
    """

    name: str
    values: tuple[float, ...]
    provenance: Provenance = Provenance.MEASURED


def radar(
    contenders: Sequence[Contender],
    measures: Sequence[Quantity],
    *,
    scales: Mapping[str, tuple[float, float]] | None = None,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """A polygon for each contender over the measures.

    Parameters
    ----------
    contenders : sequence of Contender
    measures : sequence of Quantity
        Their label, unit and better way; "more" where none is said.
    scales : mapping of str to (float, float), optional
        By a measure's name, from its worst to its best; by default those among the contenders.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = list(contenders)[:MOST]
    hidden = len(contenders) - len(shown)
    with sheet(size, dark=dark, texts=(title, *(each.name for each in contenders))) as page:
        page.heading(
            title,
            say("outwards is better: each scale goes from the inner ring to the outer"),
            say("{n} more not shown", n=hidden) if hidden else "",
        )
        if not shown or not measures:
            page.nothing()
            return page.figure
        page.key([Sign(name(each.name), line=_look(page.theme, i, each)) for i, each in enumerate(shown)])
        ends = [(scales or {}).get(measure.name) or _ends(shown, i, measure) for i, measure in enumerate(measures)]
        labels = [_label(page, measure, end, i, len(measures)) for i, (measure, end) in enumerate(zip(measures, ends, strict=True))]
        axes, radius = _web(page, labels)
        for number, each in enumerate(shown):
            _polygon(axes, page.theme, number, each, ends, radius)
        return page.figure


def _look(theme: Theme, number: int, each: Contender) -> dict[str, Any]:
    return {
        **sign(theme, number), "markersize": 5.5, "linewidth": 1.7, **style(each.provenance),
    }  # fmt: skip


def _ends(shown: Sequence[Contender], i: int, measure: Quantity) -> tuple[float, float]:
    """The worst and the best value of a measure."""
    values = finite(each.values[i] for each in shown if i < len(each.values)) or [0.0]
    low, high = min(values), max(values)
    return (high, low) if measure.better == "less" else (low, high)


def _label(page: Sheet, measure: Quantity, ends: tuple[float, float], i: int, count: int) -> tuple[float, list[str]]:
    """The angle of an axis, and what stands at its end: its name, which way is better, its scale from the middle outwards."""
    worst, best = (format_value(end, measure.unit) for end in ends)
    if worst.partition(NARROW)[2] == best.partition(NARROW)[2]:
        worst = worst.partition(NARROW)[0]  # the unit once
    better = say("less is better") if measure.better == "less" else say("more is better")
    room = page.width * 0.27
    scale = f"{worst} → {best}" if ends[0] != ends[1] else best
    return math.pi / 2 - 2 * math.pi * i / count, [page.fitting(text, room) for text in (name(say(measure.label)), better, scale)]


def _web(page: Sheet, labels: Sequence[tuple[float, list[str]]]) -> tuple[Axes, float]:
    """Axes measured in points from the middle of the web, with its rings, spokes and labels; and how long a spoke is."""
    free = page.height - page.used - EDGE
    board = page.board(free)
    across = page.width - 2 * EDGE
    high, apart = len(labels[0][1]) * BETWEEN, 9.0
    widths = [max(page.measure(text) for text in texts) for _, texts in labels]

    def box(radius: float, angle: float, wide: float) -> tuple[float, float]:
        """The middle of a label: its nearest edge is beyond the end of the spoke."""
        x, y = math.cos(angle), math.sin(angle)
        return (radius + apart) * x + wide / 2 * _towards(x), (radius + apart) * y + high / 2 * _towards(y)

    def spans(radius: float) -> tuple[float, float, float, float]:
        middles = [box(radius, angle, wide) for (angle, _), wide in zip(labels, widths, strict=True)]
        xs = [x + side * wide / 2 for (x, _), wide in zip(middles, widths, strict=True) for side in (-1, 1)]
        ys = [y + side * high / 2 for _, y in middles for side in (-1, 1)]
        return min(*xs, -radius), max(*xs, radius), min(*ys, -radius), max(*ys, radius)

    radius = min(across, free) / 2
    while radius > 30:
        left, right, bottom, top = spans(radius)
        if right - left <= across and top - bottom <= free:
            break
        radius -= 2
    left, right, bottom, top = spans(radius)
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    board.set_xlim(middle_x - across / 2, middle_x + across / 2)
    board.set_ylim(middle_y - free / 2, middle_y + free / 2)
    angles = [angle for angle, _ in labels]
    for ring in RINGS:
        xs, ys = ([radius * ring * of(angle) for angle in [*angles, angles[0]]] for of in (math.cos, math.sin))
        board.plot(xs, ys, color=page.theme.line, linewidth=0.9 if ring == 1 else 0.6, zorder=1)
    for (angle, texts), wide in zip(labels, widths, strict=True):
        board.plot([0, radius * math.cos(angle)], [0, radius * math.sin(angle)], color=page.theme.line, linewidth=0.6, zorder=1)
        x, y = box(radius, angle, wide)
        side = _towards(math.cos(angle))
        ha, x = ("left", x - wide / 2) if side > 0.5 else ("right", x + wide / 2) if side < -0.5 else ("center", x)
        for line, text in enumerate(texts):
            board.text(
                x, y + high / 2 - (line + 0.5) * BETWEEN, text, ha=ha, va="center_baseline", fontsize=SMALL,
                color=page.theme.faint if line else page.theme.text, fontweight="normal" if line else "bold",
            )  # fmt: skip
    return board, radius


def _towards(part: float) -> float:
    """Which side of the spoke's end a label hangs on: -1, 1, and between them where the spoke is nearly straight."""
    return max(-1.0, min(1.0, part * 2.5)) if abs(part) > 0.05 else 0.0


def _polygon(axes: Axes, theme: Theme, number: int, each: Contender, ends: Sequence[tuple[float, float]], radius: float) -> None:
    """One contender; open where it has no value."""
    xs, ys = [], []
    for i, (worst, best) in enumerate(ends):
        value = each.values[i] if i < len(each.values) else math.nan
        share = (value - worst) / (best - worst) if best != worst else 1.0 if math.isfinite(value) else math.nan
        at = (
            radius * (INNERMOST + (1 - INNERMOST) * min(max(share, -INNERMOST / (1 - INNERMOST)), 1.0))
            if math.isfinite(share)
            else math.nan
        )
        angle = math.pi / 2 - 2 * math.pi * i / len(ends)
        xs.append(at * math.cos(angle))
        ys.append(at * math.sin(angle))
    look = _look(theme, number, each)
    axes.plot([*xs, xs[0]], [*ys, ys[0]], label=each.name, zorder=3, **look)
    if all(math.isfinite(x) for x in xs) and len(xs) > 2:
        axes.fill(xs, ys, color=look["color"], alpha=0.08, linewidth=0, zorder=2)
