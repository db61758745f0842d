"""Resident memory over time: regions, marks, the largest steps and the exact peak, each with the line that ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbperf.core.lines import MemoryTrace, Moment
from nbperf.core.records import Provenance
from nbperf.core.snippets import columns, shortened, where
from nbperf.core.units import SCALES, Unit, format_value, step
from nbperf.views import header
from nbperf.views.header import ROW, SMALL, Entry
from nbperf.views.placement import Box, Wish, hidden, place
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
MOST_STEPS = 5
ROOM = 24.0
"""Points of height for each of them: a low picture names fewer."""
FEW = 25
"""Samples up to which each has its dot."""
FEWEST_BYTES = 2.0**20
"""What the axis spans at least: below that a page more or less would look like a leak."""
IN_SIGHT = 2.5
"""A limit is drawn where the axis becomes at most so many times as long by it."""
FROM_ZERO = 0.35
"""The axis begins at 0 where the lowest value is at most this part of the highest."""
LEFT, RIGHT, BOTTOM, TOP = 52.0, 12.0, 34.0, 6.0
"""Points around the axes."""
TITLE = 20.0
FILE = 20
"""Columns of a file's name."""
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


@dataclass(slots=True)
class _Scale:
    """The span of an axis, in base units, and the step in which it is written."""

    low: float
    high: float
    factor: float
    symbol: str


def _time(trace: MemoryTrace, lines: Sequence[Series]) -> _Scale:
    ends = [trace.seconds, *(float(line.times[-1]) for line in lines), *(band.end for band in trace.bands)]
    ends += [moment.at for moment in (*trace.steps, *((trace.peak,) if trace.peak else ()), *trace.marks)]
    end = max(ends)
    end = end if end > 0 else 1e-3
    factor, symbol = step(end, Unit.SECOND)
    return _Scale(-0.006 * end, 1.012 * end, factor, symbol)


def _memory(values: Sequence[float], limit: float | None, labels: int) -> tuple[_Scale, bool]:
    """The axis that holds these values with room for labels above them, and whether it holds the limit too."""
    low = min(values)
    high = max(*values, low + FEWEST_BYTES)
    span = high - low
    seen = limit is not None and limit > low and (limit - low) <= IN_SIGHT * span
    if limit is not None and seen:
        high = max(high, limit)
        span = high - low
    bottom = 0.0 if low <= FROM_ZERO * high else max(0.0, low - 0.14 * span)
    factor, symbol = step(high, Unit.BYTE)
    if high + 0.3 * span - bottom < 0.4 * factor and factor > 1:  # 1.204 to 1.231 GiB is read more easily in MiB
        steps = SCALES[Unit.BYTE]
        factor, symbol = steps[steps.index((factor, symbol)) + 1]
    return _Scale(bottom, high + (0.14 if seen else 0.25 + 0.07 * min(labels, 4)) * span, factor, symbol), seen


class _Drawing:
    """One picture in the making: what all its parts need to know of each other."""

    def __init__(self, figure: Picture, theme: Theme, trace: MemoryTrace, lines: list[Series], title: str) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self.figure, self.theme, self.trace, self.title = figure, theme, trace, title
        self.canvas = FigureCanvasAgg(figure)  # its letters are measured before anything is placed
        self.upper = [line for line in lines if line.own_level]
        self.lower = [line for line in lines if not line.own_level]
        self.time = _time(trace, lines)
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
        return (seconds - self.time.low) / (self.time.high - self.time.low) * self.across

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
        scale, seen = _memory(values, limit, len(self.trace.steps))
        y = scale.factor
        axes.set_ylim(scale.low / y, scale.high / y)
        _ticks(axes, 5)
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

    def _points(self, scale: _Scale, height: float) -> list[tuple[float, float]]:
        """The lines as points of the axes, close enough to each other that no label slips between two of them."""
        found = []
        for line in self.upper:
            every = max(1, len(line.times) // 400)
            points = zip(line.times[::every], line.values[::every], strict=True)
            found += _dense([(self.at(float(t)), (float(v) - scale.low) / (scale.high - scale.low) * height) for t, v in points])
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

    def _level(self, axes: Axes, scale: _Scale, height: float, curve: Sequence[tuple[float, float]]) -> list[Box]:
        """The level before, as a faint line that says how high it is, where that hides least of the curve."""
        if self.before is None:
            return []
        y = scale.factor
        axes.axhline(self.before / y, color=self.theme.faint, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1.2)
        text = say("{value} before", value=format_value(self.before, Unit.BYTE))
        at, wide = (self.before - scale.low) / (scale.high - scale.low) * height, self.measure(text)
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

    def _limit(self, axes: Axes, scale: _Scale, height: float, limit: float | None, seen: bool) -> list[Box]:
        """The limit as a line where it is in sight, else a note that says how far away it is."""
        if not limit:
            return []
        text = say("limit {value}", value=_round(limit))
        colour = self.theme.colours[5]
        wide = self.measure(text) + 2
        if not seen:
            axes.annotate(
                f"{text} ↑", (1, 1), xycoords="axes fraction", xytext=(-3, -3), textcoords="offset points", ha="right", va="top",
                fontsize=SMALL, color=self.theme.faint, parse_math=False, path_effects=self._halo(),
            )  # fmt: skip
            return [Box(self.across - wide - 14, height - 15, wide + 14, 13)]
        at = (limit - scale.low) / (scale.high - scale.low) * height
        axes.axhline(limit / scale.factor, color=colour, linewidth=1.2, linestyle=(0, (6, 3)), zorder=2)
        axes.annotate(
            text, (0, limit / scale.factor), xycoords=("axes fraction", "data"), xytext=(4, 2), textcoords="offset points", va="bottom",
            fontsize=SMALL, color=colour, parse_math=False,
        )  # fmt: skip
        return [Box(0, at, wide + 4, 14), Box(0, at - 1, self.across, 2)]

    def _labels(self, axes: Axes, scale: _Scale, height: float, taken: list[Box], curve: Sequence[tuple[float, float]]) -> None:
        """The peak and the largest steps, with the lines that ran."""
        theme, x, y = self.theme, self.time.factor, scale.factor
        most = min(MOST_STEPS, max(1, int(height / ROOM)))
        steps = sorted(self.trace.steps, key=lambda each: (-abs(each.change), each.at))[:most]
        peak = self.peak
        same = next((each for each in steps if peak and _together(each, peak, self.time.high, scale)), None)
        moments: list[tuple[Moment, tuple[str, ...], str]] = []
        if peak is not None:
            risen = f", {_signed(same.change)}" if same else ""
            texts = _texts(peak, say("peak {value}", value=format_value(peak.value, Unit.BYTE)) + risen)
            moments.append((peak, texts, theme.colours[5]))
            self._peak(axes, peak, y)
        moments += [(each, _texts(each, _signed(each.change)), theme.text) for each in steps if each is not same]
        shown = [each for each in steps if each is not same]
        if shown:
            axes.plot(
                [each.at / x for each in shown], [each.value / y for each in shown], "o", markersize=4, color=theme.colours[0],
                markeredgecolor=theme.page, markeredgewidth=0.8, zorder=5, label="steps",
            )  # fmt: skip

        def up(value: float) -> float:
            return (value - scale.low) / (scale.high - scale.low) * height

        wishes = [
            Wish(self.at(each.at), up(each.value), tuple((self.measure(text) + 4, SMALL + 4) for text in texts))
            for each, texts, _ in moments
        ]
        taken = taken + [Box(wish.x - 4, wish.y - 4, 8, 8) for wish in wishes]
        spots = place(wishes, Box(0, 0, self.across, height), taken=taken, curve=curve)
        for (moment, texts, colour), wish, spot in zip(moments, wishes, spots, strict=True):
            if spot is None:
                continue
            box = spot.box
            near = box.nearest(wish.x, wish.y)
            axes.annotate(
                texts[spot.text], (moment.at / x, moment.value / y), xytext=(box.x + 2, box.y + box.height / 2), textcoords="axes points",
                va="center_baseline", fontsize=SMALL, color=colour, parse_math=False, zorder=6,
                path_effects=self._halo(),
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
        _ticks(axes, 3)
        self._name(axes, "", symbol, 0)
        self._marks(axes)


def _ticks(axes: Axes, most: int) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _round(limit: float) -> str:
    """A size that somebody chose: 16 GiB, not 16.0 GiB."""
    factor, symbol = step(limit, Unit.BYTE)
    scaled = limit / factor
    return f"{scaled:.0f}\N{NO-BREAK SPACE}{symbol}" if abs(scaled - round(scaled)) < 5e-3 else format_value(limit, Unit.BYTE)


def _signed(change: float) -> str:
    return ("−" if change < 0 else "+") + format_value(abs(change), Unit.BYTE)


def _texts(moment: Moment, says: str) -> tuple[str, ...]:
    """What a label may say, the fullest first."""
    if moment.place is None:
        return (says,)
    here = where(moment.place, FILE)
    source = [shortened(moment.place.source.strip(), most) for most in (36, 18)] if moment.place.source.strip() else []
    return tuple(dict.fromkeys([*(f"{says}  {here}  {each}" for each in source), f"{says}  {here}", says]))


def _together(change: Moment, peak: Moment, end: float, scale: _Scale) -> bool:
    """Whether a step is the one that led to the peak: one label says both."""
    near = abs(change.at - peak.at) <= 0.01 * end and abs(change.value - peak.value) <= 0.02 * (scale.high - scale.low)
    return near and change.change > 0 and (change.place == peak.place or peak.place is None)


def _dense(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along the curve close enough that no label fits between two of them."""
    found: list[tuple[float, float]] = []
    for (x1, y1), (x2, y2) in zip(curve, curve[1:], strict=False):  # noqa: RUF007 - the last one follows below
        many = min(int(max(abs(x2 - x1), abs(y2 - y1)) / 10), 60) if x2 >= x1 else 0
        found += [(x1 + (x2 - x1) * i / (many + 1), y1 + (y2 - y1) * i / (many + 1)) for i in range(many + 1)]
    return [*found, *curve[-1:]]
