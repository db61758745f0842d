"""Resident memory over time: regions, marks, the largest steps and the exact peak, each with the line that ran."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbperf.core.lines import MemoryTrace, Moment
from nbperf.core.records import Provenance
from nbperf.core.snippets import columns, shortened
from nbperf.core.units import Unit, format_value, step
from nbperf.views import header
from nbperf.views.header import ROW, SMALL, Entry
from nbperf.views.moments import dense, labels
from nbperf.views.placement import Box, Wish, hidden, place
from nbperf.views.scales import Scale, chosen, memory_scale, ticks, time_scale
from nbperf.views.series import Series, series
from nbperf.views.theme import drawn, style, warn_of_missing_letters
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nbperf.views.picture import Picture
    from nbperf.views.theme import Theme

MANY_MARKS = 20
"""Marks beyond which their lines step back."""
SIZE = (9.0, 4.2)
"""Inches."""
FEW = 25
"""Samples up to which each has its dot."""
LEFT, RIGHT, BOTTOM, TOP = 52.0, 12.0, 34.0, 6.0
"""Points around the axes."""
TITLE = 20.0
LOWER = 0.28
"""Of the height, for what allocators hold."""


def timeline(trace: MemoryTrace, *, dark: bool = False, title: str | None = None, size: tuple[float, float] = SIZE) -> Figure:
    """Memory over time of a traced piece of code.

    Parameters
    ----------
    trace : MemoryTrace
    dark : bool
    title : str, optional
        Its label where none is given; "" for none.
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from nbperf.views.picture import Picture

    lines = series(trace)
    title = shortened(trace.label, 80) if title is None else title
    warn_of_missing_letters(title, *(band.path[-1] for band in trace.bands if band.path), *(mark.name for mark in trace.marks))
    with drawn(dark=dark) as theme:
        figure = Picture(figsize=size)
        _Drawing(figure, theme, trace, lines, title).draw()
    return figure


class _Drawing:
    """One picture in the making: what all its parts need to know of each other."""

    def __init__(self, figure: Picture, theme: Theme, trace: MemoryTrace, lines: list[Series], title: str) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self.figure, self.theme, self.trace, self.title = figure, theme, trace, title
        self.canvas = FigureCanvasAgg(figure)  # its letters are measured before anything is placed
        self.upper = [line for line in lines if line.own_level]
        self.lower = [line for line in lines if not line.own_level]
        self.time = time_scale(trace, lines)
        self.width, self.height = figure.get_figwidth() * 72, figure.get_figheight() * 72
        self.across = self.width - LEFT - RIGHT
        self.peak = trace.peak
        before = trace.reading("memory.rss.before")
        self.before = before.value if before else None

    def measure(self, text: str, size: float = SMALL) -> float:
        """How wide a text is, in points."""
        from matplotlib.font_manager import FontProperties

        found = self.canvas.get_renderer().get_text_width_height_descent(text, FontProperties(size=size), ismath=False)  # type: ignore[no-untyped-call]
        return float(found[0]) * 72 / self.figure.dpi

    def at(self, seconds: float) -> float:
        """Where a time lies, in points from the axes' left edge."""
        return self.time.share(seconds) * self.across

    def draw(self) -> None:
        """All of it, from the top down."""
        scale = self.across / (self.time.high - self.time.low)
        strips = header.strips(self.trace.bands, self.theme, scale, self.measure)
        names = header.mark_names(self.trace.marks, lambda at: self.at(at) - 2, self.across, self.measure)
        key = header.key_rows(self._key(strips), self.across, self.measure)
        depth = max((strip.depth + 1 for strip in strips), default=0)
        rows = max((name.row + 1 for name in names), default=0)
        above = (TITLE if self.title else 0.0) + (len(key) + depth + rows) * ROW
        free = self.height - BOTTOM - TOP - above
        below = free * LOWER if self.lower else 0.0
        axes = self._axes(BOTTOM + below, free - below)
        self._above(axes, above, key, strips, names, depth, rows)
        self._curves(axes, free - below)
        last = axes
        if self.lower:
            last = self._axes(BOTTOM, below - 8, share=axes)
            axes.tick_params(labelbottom=False)
            self._held(last)
        last.set_xlabel(f"{say('time')} ({self.time.symbol})", loc="right", labelpad=1, fontsize=SMALL, color=self.theme.faint)

    def _axes(self, bottom: float, height: float, share: Axes | None = None) -> Axes:
        rectangle = (LEFT / self.width, bottom / self.height, self.across / self.width, max(height, 20.0) / self.height)
        axes = self.figure.add_axes(rectangle, sharex=share)
        axes.set_xlim(self.time.low / self.time.factor, self.time.high / self.time.factor)
        return axes

    def _key(self, strips: Sequence[header.Strip]) -> list[Entry]:
        lines = [*self.upper, *self.lower]
        entries = []
        if len(lines) > 1:
            colours = self._colours()
            for line in lines:
                kind = "dashed" if line.provenance is Provenance.ESTIMATED else "line"
                entries.append(Entry(line.name, colours[id(line)], "dashed" if kind == "dashed" else "line"))
        if any(line.gaps for line in lines):
            entries.append(Entry(say("not sampled"), self.theme.faint, "gap"))
        named = {strip.name for strip in strips if strip.named_at is not None}
        seen = set()
        for strip in strips:
            if strip.named_at is None and (strip.name, strip.colour) not in seen and strip.name not in named:
                seen.add((strip.name, strip.colour))
                entries.append(Entry(strip.name, strip.colour, "strip"))
        return entries

    def _colours(self) -> dict[int, str]:
        """Of the lines: resident memory blue; the peak's own is no line's."""
        upper, lower = (0, 2, 3, 4), (1, 3, 4, 2)
        found = {id(line): self.theme.colours[upper[i % 4]] for i, line in enumerate(self.upper)}
        return {**found, **{id(line): self.theme.colours[lower[i % 4]] for i, line in enumerate(self.lower)}}

    def _above(
        self,
        axes: Axes,
        height: float,
        key: Sequence[Sequence[tuple[float, Entry]]],
        strips: Sequence[header.Strip],
        names: Sequence[header.Named],
        depth: int,
        rows: int,
    ) -> None:
        theme, base = self.theme, self.height - TOP - height
        if self.title:
            title = self.title
            while len(title) > 2 and self.measure(title, 12) > self.across:
                title = shortened(title, columns(title) - 2)
            self.figure.text(
                LEFT / self.width, 1 - (TOP + 4) / self.height, title, va="top", fontsize=11, fontweight="bold", parse_math=False
            )
        if key or names:
            room = (depth + rows + len(key)) * ROW
            board = self.figure.add_axes((LEFT / self.width, base / self.height, self.across / self.width, room / self.height))
            board.set_axis_off()
            board.set_xlim(0, self.across)
            board.set_ylim(0, room)
            header.draw_key(board, theme, key, (depth + rows) * ROW)
            for name in names:
                board.text(
                    name.start,
                    name.row * ROW + ROW / 2,
                    name.name,
                    va="center_baseline",
                    fontsize=SMALL,
                    color=theme.faint,
                    parse_math=False,
                )
        if strips:
            band = self._axes(base + rows * ROW, depth * ROW, share=axes)
            header.draw_strips(band, theme, strips, self.time.factor)
        self._marks(axes)

    def _marks(self, axes: Axes) -> None:
        colour, width = (self.theme.faint, 0.8) if len(self.trace.marks) <= MANY_MARKS else (self.theme.line, 0.7)
        for mark in self.trace.marks:
            axes.axvline(mark.at / self.time.factor, color=colour, linewidth=width, linestyle=(0, (4, 3)), zorder=1.5)

    def _name(self, axes: Axes, name: str, symbol: str, height: float) -> None:
        """What the axis shows; its unit alone where there is no room for more."""
        text = f"{name} ({symbol})".strip()
        axes.set_ylabel(text if self.measure(text, 9) <= height + 10 else f"({symbol})", fontsize=9)

    def _curves(self, axes: Axes, height: float) -> None:
        theme, x, colours = self.theme, self.time.factor, self._colours()
        values = [float(value) for line in self.upper for value in (line.values.min(), line.values.max())]
        values += [moment.value for moment in (*self.trace.steps, *((self.peak,) if self.peak else ()))]
        values += [self.before] if self.before is not None else []
        if not values:
            axes.set_yticks([])
            axes.text(0.5, 0.5, say("memory was not sampled"), transform=axes.transAxes, ha="center", color=theme.faint)
            return
        environment = self.trace.environment
        limit = environment.memory_limit if environment else None
        scale, seen = memory_scale(values, limit, len(self.trace.steps))
        y = scale.factor
        axes.set_ylim(scale.low / y, scale.high / y)
        ticks(axes, 5)
        self._name(axes, say("resident memory"), scale.symbol, height)
        for line in self.upper:
            self._line(axes, line, colours[id(line)], y)
        first = next((line for line in self.upper if line.quantity == "memory.rss"), None)
        if first is not None:
            times, heights = first.broken()
            axes.fill_between(times / x, heights / y, scale.low / y, color=colours[id(first)], alpha=0.10, linewidth=0, zorder=1)
        self._gaps(axes, self.upper)
        curve = self._points(scale, height)
        taken = [*self._level(axes, scale, height, curve), *self._limit(axes, scale, height, limit, seen)]
        self._labels(axes, scale, height, taken, curve)

    def _points(self, scale: Scale, height: float) -> list[tuple[float, float]]:
        """The lines as points of the axes, close enough to each other that no label slips between two of them."""
        found = []
        for line in self.upper:
            every = max(1, len(line.times) // 400)
            points = zip(line.times[::every], line.values[::every], strict=True)
            found += dense([(self.at(float(t)), scale.share(float(v)) * height) for t, v in points])
        return found

    def _line(self, axes: Axes, line: Series, colour: str, y: float) -> None:
        times, heights = line.broken()
        look = style(line.provenance)
        if len(line.times) <= FEW:
            look |= {"marker": "o", "markersize": 4.5}
        if len(line.times) > 1:
            # Alone between two gaps a sample has no line.
            known = np.isfinite(heights)
            alone = known & ~np.append(known[1:], False) & ~np.append([False], known[:-1])
            axes.plot(times[alone] / self.time.factor, heights[alone] / y, ".", color=colour, markersize=3)
        axes.plot(times / self.time.factor, heights / y, color=colour, linewidth=1.5, label=line.name, zorder=3, **look)

    def _gaps(self, axes: Axes, lines: Sequence[Series]) -> None:
        if found := sorted({gap for line in lines for gap in line.gaps}):
            x = self.time.factor
            axes.broken_barh(
                [(start / x, (end - start) / x) for start, end in found], (0, 1), transform=axes.get_xaxis_transform(),
                facecolor="none", edgecolor=self.theme.line, hatch="////", linewidth=0, zorder=0.5, label="gaps",
            )  # fmt: skip

    def _level(self, axes: Axes, scale: Scale, height: float, curve: Sequence[tuple[float, float]]) -> list[Box]:
        """The level before, as a faint line that says how high it is, where that hides least of the curve."""
        if self.before is None:
            return []
        y = scale.factor
        axes.axhline(self.before / y, color=self.theme.faint, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1.2)
        text = say("{value} before", value=format_value(self.before, Unit.BYTE))
        at, wide = scale.share(self.before) * height, self.measure(text)
        boxes = [Box(x, low, wide, 11) for low in (at - 13, at + 2) for x in (self.across - 3 - wide, 3.0) if low >= 0]
        box = min(boxes, key=lambda box: hidden(box, curve))
        axes.annotate(
            text, (0, 0), xycoords="axes points", xytext=(box.x, box.y + box.height / 2), textcoords="axes points", va="center_baseline",
            fontsize=SMALL, color=self.theme.faint, parse_math=False, path_effects=self._halo(),
        )  # fmt: skip
        return [box]

    def _halo(self) -> list[Any]:
        """What lies around letters, so that they are read over lines; a box would show on a page of another colour."""
        from matplotlib.patheffects import withStroke

        return [withStroke(linewidth=2.5, foreground=self.theme.page, alpha=0.85)]

    def _limit(self, axes: Axes, scale: Scale, height: float, limit: float | None, seen: bool) -> list[Box]:
        """The limit as a line where it is in sight, else a note that says how far away it is."""
        if not limit:
            return []
        text = say("limit {value}", value=chosen(limit))
        colour = self.theme.colours[5]
        wide = self.measure(text) + 2
        if not seen:
            axes.annotate(
                f"{text} ↑", (1, 1), xycoords="axes fraction", xytext=(-3, -3), textcoords="offset points", ha="right", va="top",
                fontsize=SMALL, color=self.theme.faint, parse_math=False, path_effects=self._halo(),
            )  # fmt: skip
            return [Box(self.across - wide - 14, height - 15, wide + 14, 13)]
        at = scale.share(limit) * height
        axes.axhline(limit / scale.factor, color=colour, linewidth=1.2, linestyle=(0, (6, 3)), zorder=2)
        axes.annotate(
            text, (0, limit / scale.factor), xycoords=("axes fraction", "data"), xytext=(4, 2), textcoords="offset points", va="bottom",
            fontsize=SMALL, color=colour, parse_math=False,
        )  # fmt: skip
        return [Box(0, at, wide + 4, 14), Box(0, at - 1, self.across, 2)]

    def _labels(self, axes: Axes, scale: Scale, height: float, taken: list[Box], curve: Sequence[tuple[float, float]]) -> None:
        """The peak and the largest steps, with the lines that ran."""
        theme, x, y = self.theme, self.time.factor, scale.factor
        found = labels(self.trace, scale, self.time.high, height)
        for label in found:
            if label.peak:
                self._peak(axes, label.moment, y)
        if steps := [label.moment for label in found if not label.peak]:
            axes.plot(
                [each.at / x for each in steps], [each.value / y for each in steps], "o", markersize=4, color=theme.colours[0],
                markeredgecolor=theme.page, markeredgewidth=0.8, zorder=5, label="steps",
            )  # fmt: skip
        wishes = [
            Wish(
                self.at(label.moment.at), scale.share(label.moment.value) * height,
                tuple((self.measure(text) + 4, SMALL + 4) for text in label.texts),
            )
            for label in found
        ]  # fmt: skip
        taken = taken + [Box(wish.x - 4, wish.y - 4, 8, 8) for wish in wishes]
        spots = place(wishes, Box(0, 0, self.across, height), taken=taken, curve=curve)
        for label, wish, spot in zip(found, wishes, spots, strict=True):
            if spot is None:
                continue
            box, near = spot.box, spot.box.nearest(wish.x, wish.y)
            at, colour = (label.moment.at / x, label.moment.value / y), theme.colours[5] if label.peak else theme.text
            axes.annotate(
                label.texts[spot.text], at, xytext=(box.x + 2, box.y + box.height / 2), textcoords="axes points",
                va="center_baseline", fontsize=SMALL, color=colour, parse_math=False, zorder=6, path_effects=self._halo(),
                arrowprops={
                    "arrowstyle": "-", "color": colour, "linewidth": 0.6, "alpha": 0.7, "shrinkA": 0, "shrinkB": 3,
                    "relpos": ((near[0] - box.x) / box.width, (near[1] - box.y) / box.height),
                },
            )  # fmt: skip

    def _peak(self, axes: Axes, peak: Moment, y: float) -> None:
        """The exact peak, which samples may have missed, on a stalk from the curve."""
        colour, x = self.theme.colours[5], self.time.factor
        resident = next((line for line in self.upper if line.quantity == "memory.rss"), None)
        if resident is not None:
            sampled = float(np.interp(peak.at, resident.times, resident.values))
            if sampled < peak.value:
                axes.plot([peak.at / x] * 2, [sampled / y, peak.value / y], color=colour, linewidth=1, linestyle=":", zorder=4)
        axes.plot(
            [peak.at / x], [peak.value / y], marker="^", markersize=7, color=colour, markeredgecolor=self.theme.page, zorder=7, label="peak"
        )

    def _held(self, axes: Axes) -> None:
        """What allocators hold, from 0."""
        colours = self._colours()
        high = max(float(line.values.max()) for line in self.lower)
        factor, symbol = step(max(high, 1.0), Unit.BYTE)
        for line in self.lower:
            self._line(axes, line, colours[id(line)], factor)
        self._gaps(axes, self.lower)
        axes.set_ylim(0, max(high, 1.0) / factor * 1.15)
        ticks(axes, 3)
        self._name(axes, "", symbol, 0)
        self._marks(axes)
