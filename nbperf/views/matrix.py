"""A confusion matrix: counts, shares of a row or a column, or the difference to another."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbperf.core.units import format_percent
from nbperf.views import cells, classes
from nbperf.views.sheet import EDGE, SMALL, Sheet, sheet
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from nbperf.views.theme import Theme

Numbers = NDArray[np.floating[Any]]
Show = Literal["counts", "rows", "columns"]

SIZE = (7.6, 6.6)
"""Inches."""
SEQUENTIAL = "cividis"
"""Read the same with any colour vision, and in grey."""
FINEST = 300
"""Cells along a side that are drawn; of more, each square is the highest of several: thinner than a pixel, they would vanish."""
STRIP = 34.0
"""Points for the bars at the margins, ..."""
BAR = 10.0
"""... and for the scale of colours."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matrix:
    """A confusion matrix: rows are what is true, columns what was predicted.

    Attributes
    ----------
    counts : array
        Square; may be weights.
    labels : tuple of str
        Of the classes; their numbers where none are given.
    """

    counts: ArrayLike
    labels: tuple[str, ...] = ()

    @property
    def values(self) -> Numbers:
        """The counts as numbers; what is none counts nothing."""
        found: Numbers = np.asarray(self.counts, dtype=float)
        found = found if found.ndim == 2 else np.zeros((0, 0))
        return np.where(np.isfinite(found), found, 0.0)

    @property
    def names(self) -> tuple[str, ...]:
        """One for each class."""
        count = len(self.values)
        return tuple(self.labels[i] if i < len(self.labels) else str(i) for i in range(count))

    @property
    def accuracy(self) -> float | None:
        """The share on the diagonal; None where nothing was counted."""
        total = float(self.values.sum())
        return float(np.trace(self.values)) / total if total else None

    def shown(self, show: Show) -> Numbers:
        """Counts, or shares of each row or column; NaN where those are empty."""
        values = self.values
        if show == "counts":
            return values
        sums = values.sum(axis=1, keepdims=True) if show == "rows" else values.sum(axis=0, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(sums > 0, values / np.where(sums > 0, sums, 1.0), np.nan)


def matrix(
    found: Matrix,
    *,
    show: Show = "counts",
    against: Matrix | None = None,
    margins: bool = False,
    title: str = "",
    dark: bool = False,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """The matrix as squares of colour, with numbers in them while they fit.

    Parameters
    ----------
    found : Matrix
    show : {"counts", "rows", "columns"}
        Shares of a row are recall on the diagonal, shares of a column precision.
    against : Matrix, optional
        Another of the same classes: the picture is then what is more in `found` than in it.
    margins : bool
        How many are of each class, and how many were taken for it, as bars.
    title : str
    dark : bool
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = found.names
    with sheet(size, dark=dark, texts=(title, *names)) as page:
        page.heading(title or say("confusion matrix"), _note(found, against), _what(show, against is not None))
        if not names:
            page.nothing()
            return page.figure
        values = found.shown(show) - (against.shown(show) if against is not None else 0.0)
        block = -(-len(names) // FINEST)
        drawn = _coarse(values, block)
        across = (BAR + 44.0) + (STRIP + 4 if margins else 0.0)
        axes = page.axes()
        mesh = _squares(axes, page.theme, drawn, show, difference=against is not None, numbers=len(names) <= cells.MOST)
        axes.set_xlabel(say("predicted"))
        axes.set_ylabel(say("true"))
        axes.grid(visible=False)
        axes.tick_params(length=0 if len(names) <= cells.MOST else 3)  # at every name, a tick would look like a dash before it
        wide, high = page.width, page.height - page.used
        for _ in range(2):  # names depend on the room that names leave
            _names(page, axes, names, block, (wide, high))
            page.fit(axes, right=across, top=STRIP + 4 if margins else 0.0, bottom=15.0 if block > 1 else 0.0)
            inside = page.extent(axes)
            wide, high = inside.width, inside.height
        colours = mesh.to_rgba(np.ma.masked_invalid(drawn)).reshape(*drawn.shape, 4)
        cells.write(page, axes, drawn, colours, _writers(show, difference=against is not None))
        _scale(page, axes, mesh, show, difference=against is not None, beside=STRIP + 8 if margins else 6.0)
        if margins:
            _margins(page, axes, found.values)
        if block > 1:
            text = say("each square is the highest of {n} × {n} cells", n=block)
            page.figure.text(EDGE / page.width, EDGE / page.height, text, fontsize=SMALL, color=page.theme.faint)
        return page.figure


def _note(found: Matrix, against: Matrix | None) -> str:
    """How much is right."""
    mine, theirs = found.accuracy, against.accuracy if against is not None else None
    if mine is None:
        return say("nothing was counted")
    if theirs is None:
        return say("accuracy {share} of {count}", share=_exact(mine), count=cells.count(float(found.values.sum())))
    points = f"{'+' if mine > theirs else '−' if mine < theirs else '±'}{abs(mine - theirs) * 100:.2f}"
    return say("accuracy {before} → {after}, {points} percentage points", before=_exact(theirs), after=_exact(mine), points=points)


def _exact(share: float) -> str:
    """A share of which small steps matter; what is not quite all is not rounded to it."""
    return format_percent(share, digits=4) if share < 0.9999 or share == 1.0 else ">99.99\N{NO-BREAK SPACE}%"


def _what(show: Show, difference: bool) -> str:
    if difference:
        if show == "counts":
            return say("how many more in each cell")
        return say("percentage points more of each true class") if show == "rows" else say("percentage points more of each predicted class")
    if show == "counts":
        return ""
    return say("per cent of each true class") if show == "rows" else say("per cent of each predicted class")


def _writers(show: Show, *, difference: bool) -> list[Any]:
    if show == "counts":
        return [cells.signed(cells.count), cells.signed(cells.compact)] if difference else [cells.count, cells.compact]
    return [(cells.more_or_less if difference else cells.share)(places) for places in (1, 0)]


def _coarse(values: Numbers, block: int) -> Numbers:
    """Squares of so many cells, each with the value in it that is furthest from 0."""
    if block == 1:
        return values
    rows, columns = (-(-n // block) * block for n in values.shape)
    padded = np.full((rows, columns), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    tiles = padded.reshape(rows // block, block, columns // block, block).swapaxes(1, 2).reshape(rows // block, columns // block, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # squares without any number stay without
        high: Numbers = np.nanmax(tiles, axis=2)
        low: Numbers = np.nanmin(tiles, axis=2)
    return np.where(np.abs(low) > np.abs(high), low, high)


def diverging(theme: Theme) -> Colormap:
    """Blue for less, orange for more, and the page where nothing differs."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = ("#0b4f86", "#3f8fc9", theme.page, "#e08a1e", "#9c4a00") if theme.page == "#ffffff" else (
        "#7cc4f2", "#2f7db8", theme.page, "#b9650f", "#ffb454"
    )  # fmt: skip
    return LinearSegmentedColormap.from_list("less and more", list(ends))


def _squares(axes: Axes, theme: Theme, values: Numbers, show: Show, *, difference: bool, numbers: bool) -> QuadMesh:
    """The matrix by seaborn, on axes of our own."""
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib.colors import Normalize, PowerNorm

    known = values[np.isfinite(values)]
    top = float(np.abs(known).max()) if known.size else 0.0
    top = top or 1.0
    if difference:
        colours, norm = diverging(theme), Normalize(-top, top)
    else:
        colours = mpl.colormaps[SEQUENTIAL]
        top = 1.0 if show != "counts" else top
        # Where no number says how few, small confusions are lifted out of the dark.
        norm = Normalize(0, top) if numbers else PowerNorm(0.5, 0, top)
    lines = 0.6 if len(values) <= cells.MOST else 0.0
    axes.set_facecolor(theme.line)  # what has no value is left out of the mesh
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a matrix of nothing has no extremes
        sns.heatmap(
            values, ax=axes, cmap=colours.with_extremes(bad=theme.line), norm=norm, cbar=False, annot=False,
            xticklabels=False, yticklabels=False,
            linewidths=lines, linecolor=theme.page, rasterized=len(values) > 100,
        )  # fmt: skip
    mesh: QuadMesh = axes.collections[0]  # type: ignore[assignment]
    return mesh


def _names(page: Sheet, axes: Axes, names: Sequence[str], block: int, room: tuple[float, float]) -> None:
    """At the first cell of each square where several are one."""
    shown = names[::block]
    classes.along(page, axes, shown, room[0])
    classes.down(page, axes, shown, room[1])
    axes.tick_params(axis="y", rotation=0)


def _scale(page: Sheet, axes: Axes, mesh: QuadMesh, show: Show, *, difference: bool, beside: float) -> None:
    """What the colours mean, right of the matrix."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    inside = page.extent(axes)
    high = min(inside.height, 220.0)
    box = ((inside.x + inside.width + beside) / page.width, (inside.y + inside.height - high) / page.height, BAR / page.width,
           high / page.height)  # fmt: skip
    bar_axes = page.figure.add_axes(box)
    bar = page.figure.colorbar(mesh, cax=bar_axes)
    bar.outline.set_visible(False)  # type: ignore[operator, unused-ignore]
    bar_axes.grid(visible=False)
    write = cells.compact if show == "counts" else (lambda value: f"{value * 100:g}")
    sign = "" if show == "counts" or difference else "\N{NO-BREAK SPACE}%"

    def tick(value: float, _: int) -> str:
        text = write(value).replace("-", "−").replace(".0k", "k").replace(".0M", "M")
        return f"{'+' if difference and value > 0 else ''}{text}{sign}"

    bar.locator = MaxNLocator(6, integer=show == "counts" and mesh.get_clim()[1] >= 5)
    bar.formatter = FuncFormatter(tick)
    bar.update_ticks()
    bar_axes.tick_params(length=2, labelsize=8.5)


def _margins(page: Sheet, axes: Axes, values: Numbers) -> None:
    """How many are of each class at the right, how many were taken for it above."""
    inside = page.extent(axes)
    theme, places = page.theme, np.arange(len(values)) + 0.5

    def strip(x: float, y: float, wide: float, high: float, **share: Any) -> Axes:
        found = page.figure.add_axes((x / page.width, y / page.height, wide / page.width, high / page.height), **share)
        found.set_axis_off()
        return found

    right = strip(inside.x + inside.width + 4, inside.y, STRIP, inside.height, sharey=axes)
    above = strip(inside.x, inside.y + inside.height + 4, inside.width, STRIP, sharex=axes)
    right.barh(places, values.sum(axis=1), height=0.8, color=theme.faint, label="true")
    above.bar(places, values.sum(axis=0), width=0.8, color=theme.faint, label="predicted")
    # One scale for both, so that a class which is taken for too often is seen to be.
    most = float(max(values.sum(axis=0).max(), values.sum(axis=1).max(), 1e-12))
    right.set_xlim(0, most)
    above.set_ylim(0, most)
