"""The roofline: how fast code runs for what it computes per byte, below the ceilings of its machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nbperf.core.records import Provenance
from nbperf.core.units import Unit, format_percent, format_value
from nbperf.views.letters import name
from nbperf.views.named import Name, halo, name_points
from nbperf.views.placement import Box
from nbperf.views.sheet import SMALL, Sheet, sheet
from nbperf.views.sides import logarithmic
from nbperf.views.theme import dot, sign, style
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (7.5, 4.8)
"""Inches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What the machine can do at most.

    Attributes
    ----------
    kind : {"compute", "memory"}
    value : float
        FLOP/s, or bytes a second.
    """

    name: str
    kind: Literal["compute", "memory"]
    value: float
    provenance: Provenance = Provenance.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A piece of code.

    Attributes
    ----------
    intensity : float
        FLOP per byte moved.
    rate : float
        FLOP/s.
    """

    name: str
    intensity: float
    rate: float
    provenance: Provenance = Provenance.MEASURED

    @property
    def sound(self) -> bool:
        """Whether it has a place on logarithmic axes."""
        return 0 < self.intensity < math.inf and 0 < self.rate < math.inf


def attainable(intensity: float, ceilings: Sequence[Ceiling]) -> float | None:
    """The highest rate that the highest ceilings allow at an intensity; None where a kind of ceiling is missing."""
    compute = [each.value for each in ceilings if each.kind == "compute"]
    memory = [each.value for each in ceilings if each.kind == "memory"]
    return min(max(compute), max(memory) * intensity) if compute and memory else None


def roofline(
    kernels: Sequence[Kernel],
    ceilings: Sequence[Ceiling],
    *,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Kernels as points below the roof, both axes logarithmic.

    Parameters
    ----------
    kernels : sequence of Kernel
    ceilings : sequence of Ceiling
        Of computing, which are level, and of memory, which rise.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = [each for each in kernels if each.sound]
    roofs = [each for each in ceilings if 0 < each.value < math.inf]
    lost = len(kernels) - len(shown)
    with sheet(size, dark=dark, texts=(title, *(each.name for each in kernels), *(each.name for each in ceilings))) as page:
        page.heading(title, say("{n} not shown: no value", n=lost) if lost else "")
        if not shown and not roofs:
            page.nothing()
            return page.figure
        axes = page.axes()
        axes.grid(visible=True, axis="both")
        axes.set_axisbelow(True)
        axes.set_xscale("log")
        axes.set_yscale("log")
        _limits(axes, shown, roofs)
        logarithmic(axes.xaxis, Unit.COUNT, *axes.get_xlim())
        logarithmic(axes.yaxis, Unit.FLOP_PER_SECOND, *axes.get_ylim())
        axes.set_xlabel(say("arithmetic intensity (FLOP/B)"))
        axes.set_ylabel(say("rate"))
        page.fit(axes)
        taken = _roofs(page, axes, roofs)
        for number, each in enumerate(shown):
            axes.plot(
                [each.intensity], [each.rate], markersize=6.5, zorder=4, label=each.name,
                **sign(page.theme, number), **dot(each.provenance),
            )  # fmt: skip
        names = [Name(each.intensity, each.rate, _texts(each, roofs), page.theme.text) for each in shown]
        name_points(page, axes, names, taken=taken)
        return page.figure


def _texts(each: Kernel, roofs: Sequence[Ceiling]) -> tuple[str, ...]:
    """Its name, its rate, and how much that is of what is possible at its intensity."""
    rate = format_value(each.rate, Unit.FLOP_PER_SECOND, estimated=each.provenance is Provenance.ESTIMATED)
    most = attainable(each.intensity, roofs)
    long, short = name(each.name, 28), name(each.name, 14)
    found = [f"{long}  {rate}", long, short]
    if most:
        found.insert(0, say("{name}  {rate}, {share} of the roof", name=long, rate=rate, share=format_percent(each.rate / most)))
    return tuple(dict.fromkeys(found))


def _limits(axes: Axes, shown: Sequence[Kernel], roofs: Sequence[Ceiling]) -> None:
    """Wide enough for the points, the ridges between slopes and levels, and a little of both."""
    compute = [each.value for each in roofs if each.kind == "compute"]
    memory = [each.value for each in roofs if each.kind == "memory"]
    ridges = [flops / rate for flops in compute for rate in memory]
    xs = [each.intensity for each in shown] + ridges or [1.0]
    low, high = min(xs) / 4, max(xs) * 6
    ys = [each.rate for each in shown] + compute or [rate * math.sqrt(low * high) for rate in memory]
    if memory and not shown:
        ys += [max(memory) * low * 2]
    axes.set_xlim(low, high)
    axes.set_ylim(min(ys) / 4, max(ys) * 3)


def _roofs(page: Sheet, axes: Axes, roofs: Sequence[Ceiling]) -> list[Box]:
    """The ceilings, the highest of each kind strong; each named along its line. Where that is taken, in points."""
    theme, inside = page.theme, page.extent(axes)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    compute = [each.value for each in roofs if each.kind == "compute"]
    memory = [each.value for each in roofs if each.kind == "memory"]
    peak, slope = max(compute, default=math.inf), max(memory, default=math.inf)
    rise = math.degrees(math.atan2(inside.height / math.log10(top / bottom), inside.width / math.log10(right / left)))
    boxes: list[Box] = []
    for each in sorted(roofs, key=lambda each: -each.value):
        rate = Unit.FLOP_PER_SECOND if each.kind == "compute" else Unit.BYTE_PER_SECOND
        text = page.fitting(
            f"{name(each.name, 24)} {format_value(each.value, rate, estimated=each.provenance is Provenance.ESTIMATED)}", inside.width * 0.6
        )
        strong = each.value in (peak, slope)
        look = {"color": theme.text if strong else theme.faint, "linewidth": 1.5 if strong else 1.0, "zorder": 2,
                "linestyle": style(each.provenance)["linestyle"], "label": each.name}  # fmt: skip
        if each.kind == "compute":
            start = min(max(each.value / slope, left), right)
            axes.plot([start, right], [each.value] * 2, **look)
            wide, (x, y) = page.measure(text), page.at(axes, right, each.value)
            boxes.append(Box(page.at(axes, start, each.value)[0], y - 1.5, inside.width, 3))
            if _write(page, axes, text, x - wide - 4, y + 3, 0.0, boxes):
                boxes.append(Box(x - wide - 4, y, wide + 4, 14))
            continue
        end = min(peak / each.value, right)
        axes.plot([left, end], [each.value * left, each.value * end], **look)
        # It rises out of the left or the bottom edge.
        first = max(left, bottom / each.value)
        x0, y0 = page.at(axes, first, each.value * first)
        x1, y1 = page.at(axes, end, each.value * end)
        boxes += _along(x0, y0, x1, y1)
        wide = page.measure(text)
        if math.hypot(x1 - x0, y1 - y0) > wide + 16:
            angle = math.radians(rise)
            at = x0 + 8 * math.cos(angle) - 5 * math.sin(angle), y0 + 8 * math.sin(angle) + 5 * math.cos(angle)
            boxes_of = [Box(at[0] + d * math.cos(angle) - 6, at[1] + d * math.sin(angle) - 1, 10, 12) for d in range(0, int(wide) + 8, 7)]
            if _write(page, axes, text, *at, rise, boxes):
                boxes += boxes_of
    return boxes


def _along(x0: float, y0: float, x1: float, y1: float) -> list[Box]:
    """A slope as a row of small boxes."""
    many = max(int(math.hypot(x1 - x0, y1 - y0) / 8), 1)
    return [Box(x0 + (x1 - x0) * i / many - 2, y0 + (y1 - y0) * i / many - 2, 4, 4) for i in range(many + 1)]


def _write(page: Sheet, axes: Axes, text: str, x: float, y: float, angle: float, boxes: Sequence[Box]) -> bool:
    """A ceiling's name along its line, unless one of the others is there already."""
    wide = page.measure(text)
    if angle == 0 and any(Box(x, y, wide, 10).meets(box) for box in boxes):
        return False
    axes.annotate(
        text, (0, 0), xycoords="axes points", xytext=(x, y), textcoords="axes points", rotation=angle, rotation_mode="anchor",
        ha="left", va="bottom" if angle else "baseline", fontsize=SMALL, color=page.theme.faint, path_effects=halo(page.theme.page),
    )  # fmt: skip
    return True
