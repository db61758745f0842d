"""What stands above a timeline: a key of its colours, the regions as strips, and the marks by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nbperf.core.lines import Band, Mark
from nbperf.core.snippets import shortened
from nbperf.views.placement import in_rows
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nbperf.views.theme import Theme

ROW = 15.0
"""Points: the height of a row of strips, of marks, of the key."""
SMALL = 8.0
"""Points: the letters of names."""
DEEPEST = 4
"""Levels of regions that are drawn; what lies deeper is within them."""
MARK_ROWS = 2
KEY_ROWS = 2
LONGEST = 28
"""Columns of a name."""
SEPARATE = 60
"""Strips in a row up to which they are told apart by a line between them; among more the lines would hide the strips."""

Measure = Callable[[str], float]
"""How wide a text is, in points."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A colour and what it stands for."""

    name: str
    colour: str
    kind: Literal["line", "dashed", "strip", "gap", "more"]


@dataclass(frozen=True, slots=True)
class Strip:
    """All entries into one region: where they lie (start and length in seconds), and where its name stands, if anywhere."""

    name: str
    depth: int
    colour: str
    extents: tuple[tuple[float, float], ...]
    named_at: float | None


def strips(bands: Sequence[Band], theme: Theme, scale: float, measure: Measure) -> list[Strip]:
    """The regions, each with a colour of its own and named once, in its widest strip, where the name fits.

    Parameters
    ----------
    bands : sequence of Band
    theme : Theme
    scale : float
        Points for a second.
    measure : callable
    """
    paths: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for band in sorted(bands, key=lambda band: (band.start, len(band.path))):
        if band.path and len(band.path) <= DEEPEST:
            paths.setdefault(band.path, []).append((band.start, max(band.end - band.start, 0.0)))
    found = []
    # The first colour is the line's.
    colours = (*theme.colours[1:], theme.colours[0])
    for number, (path, extents) in enumerate(paths.items()):
        start, length = max(extents, key=lambda extent: extent[1])
        name = shortened(path[-1], LONGEST)
        fits = measure(name) + 6 <= length * scale
        found.append(Strip(name, len(path) - 1, colours[number % len(colours)], tuple(extents), start + length / 2 if fits else None))
    return found


def draw_strips(axes: Axes, theme: Theme, found: Sequence[Strip], unit: float) -> None:
    """Rows of strips, the outermost regions on top."""
    depth = max(strip.depth for strip in found) + 1
    axes.set_ylim(depth, 0)
    axes.set_axis_off()
    for strip in found:
        many = len(strip.extents) > SEPARATE
        axes.broken_barh(
            [(start / unit, length / unit) for start, length in strip.extents], (strip.depth + 0.08, 0.84), facecolor=strip.colour,
            alpha=0.5, edgecolor=strip.colour if many else theme.page, linewidth=0.3 if many else 0.8, label=strip.name,
        )  # fmt: skip
        if strip.named_at is not None:
            axes.text(
                strip.named_at / unit, strip.depth + 0.5, strip.name, ha="center", va="center_baseline", fontsize=SMALL, parse_math=False
            )


@dataclass(frozen=True, slots=True)
class Named:
    """A mark's name and where it stands: its row from the bottom, and where it begins, in points from the axis' left end."""

    name: str
    row: int
    start: float


def mark_names(marks: Sequence[Mark], place: Callable[[float], float], width: float, measure: Measure) -> list[Named]:
    """The names of marks in as few rows as they need; those without room are left out, their lines are not."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    names = [shortened(mark.name, LONGEST) for mark in ordered]
    widths = [measure(name) for name in names]
    starts = [place(mark.at) for mark in ordered]
    spots = in_rows(widths, starts, left=0.0, right=width, rows=MARK_ROWS)
    return [Named(name, spot[0], spot[1]) for name, spot in zip(names, spots, strict=True) if spot is not None]


def key_rows(entries: Sequence[Entry], width: float, measure: Measure) -> list[list[tuple[float, Entry]]]:
    """The key in rows, each entry with where it begins, in points; what finds no room is counted in the last entry."""
    rows: list[list[tuple[float, Entry]]] = [[]]
    at = 0.0
    for number, entry in enumerate(entries):
        needed = SWATCH + measure(entry.name)
        if at and at + needed > width:
            if len(rows) == KEY_ROWS:
                rows[-1].append((at, Entry(say("{n} more", n=len(entries) - number), "", "more")))
                break
            rows.append([])
            at = 0.0
        # Room is kept in the last row for the count of the others.
        if len(rows) == KEY_ROWS and at and at + needed > width - 50 and number < len(entries) - 1:
            rows[-1].append((at, Entry(say("{n} more", n=len(entries) - number), "", "more")))
            break
        rows[-1].append((at, entry))
        at += needed + APART
    return [row for row in rows if row]


SWATCH = 20.0
"""Points of a key's line or patch and the space after it."""
APART = 12.0


def draw_key(axes: Axes, theme: Theme, rows: Sequence[Sequence[tuple[float, Entry]]], bottom: float) -> None:
    """The key in rows upwards from `bottom`, on axes that are measured in points."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    for number, row in enumerate(rows):
        y = bottom + (len(rows) - 1 - number) * ROW + ROW / 2 + 2  # clear of the strips below
        for x, entry in row:
            if entry.kind in {"line", "dashed"}:
                dashes = "--" if entry.kind == "dashed" else "-"
                axes.add_line(Line2D([x, x + 14], [y, y], color=entry.colour, linewidth=1.8, ls=dashes))
            elif entry.kind == "gap":
                axes.add_patch(Rectangle((x + 1, y - 4), 12, 8, facecolor="none", edgecolor=entry.colour, hatch="////", linewidth=0))
            elif entry.kind == "strip":
                axes.add_patch(Rectangle((x + 3, y - 4), 9, 8, facecolor=entry.colour, alpha=0.5, linewidth=0))
            start = x if entry.kind == "more" else x + SWATCH - 3
            axes.text(start, y, entry.name, va="center_baseline", fontsize=SMALL, color=theme.faint, parse_math=False)
