"""The saved face of a confusion panel: what the browser draws, by matplotlib.

One function, `face`, so that another view can take its place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbperf.core.snippets import shortened
from nbperf.core.units import format_percent
from nbperf.views.theme import Theme, drawn, warn_of_missing_letters
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nbperf.views.picture import Picture

Array = np.ndarray[Any, Any]

GOOD = {False: ("#a9d3ee", "#2f8fc9", "#00507f"), True: ("#123a55", "#2c82b8", "#8fd3ff")}
BAD = {False: ("#fbd3b4", "#e98240", "#a83f00"), True: ("#4f2611", "#b9561c", "#ffab73")}
"""The ramps of front/src/theme.ts: right or better, wrong or worse; light and dark."""
PLACES = (0.0, 0.16, 0.55, 1.0)
LEAST = 14 / 255
"""What is not nothing is seen."""
NUMBERED = 25
"""Classes up to which numbers are tried."""
NAMED = 60
"""Names along a side."""
POOLED = 500
"""Cells along a side; of more the largest of several is drawn."""


def face(counts: Array, labels: Sequence[str], points: Array, *, mode: str, pinned: Array | None, pinned_at: float, dark: bool) -> Picture:
    """The matrix, the scores of each class beside it, and accuracy over time below.

    Parameters
    ----------
    counts : array
    labels : sequence of str
    points : array
        Samples seen, accuracy of all, accuracy of the latest; a row a point.
    mode : {"counts", "rows", "columns", "change"}
    pinned : array or None
    pinned_at : float
        Samples seen when it was pinned.
    dark : bool
    """
    from nbperf.views.picture import Picture

    n, strip = len(labels), len(points) >= 2
    warn_of_missing_letters(*labels)
    side = min(max(0.5 * n, 2.4), 5.2)
    with drawn(dark=dark) as theme:
        height = side + 1.6 + (1.3 if strip else 0)
        figure = Picture(figsize=(side + 4.0, height), layout="constrained")
        grid = figure.add_gridspec(2 if strip else 1, 2, width_ratios=(side, 2.0), height_ratios=(side, 0.95) if strip else None)
        axes = figure.add_subplot(grid[0, 0])
        bars = figure.add_subplot(grid[0, 1])
        total = counts.sum().item()
        if n and total:
            values = shown(counts, mode, pinned)
            colours = coloured(values, mode, theme, dark=dark)
            axes.imshow(pooled(colours, values), interpolation="nearest", extent=(-0.5, n - 0.5, n - 0.5, -0.5), aspect="equal")
            if n <= NUMBERED:
                _numbers(axes, values, colours, mode, 5.2 / n)
                axes.set_xticks(np.arange(n + 1) - 0.5, minor=True)
                axes.set_yticks(np.arange(n + 1) - 0.5, minor=True)
                axes.grid(which="minor", color=theme.line, linewidth=1)
            _bars(bars, counts, theme)
        _names(axes, labels)
        axes.grid(visible=False, which="major")
        axes.tick_params(which="both", length=0)
        axes.set_xlabel(say("predicted"))
        axes.set_ylabel(say("true"))
        for edge in axes.spines.values():
            edge.set_visible(True)
        bars.set_visible(bool(n and total))
        _heading(figure, counts, mode, theme)
        if strip:
            _strip(figure.add_subplot(grid[1, :]), points, pinned_at if pinned is not None else 0.0, theme)
    return figure


def _heading(figure: Picture, counts: Array, mode: str, theme: Theme) -> None:
    total = counts.sum().item()
    said = say("nothing counted yet")
    if total:
        said = say("accuracy {accuracy} · macro F1 {f1} · {n} samples",
                   accuracy=f"{np.trace(counts) / total:.3f}", f1=f"{np.nanmean(scores(counts)[2]):.3f}", n=f"{total:,.10g}")  # fmt: skip
    what = {"counts": say("samples in each cell"), "rows": say("% of true"), "columns": say("% of predicted"),
            "change": say("change of shares of true, in percentage points")}[mode]  # fmt: skip
    figure.suptitle(say("Confusion matrix"), x=0.012, ha="left", fontsize=12, fontweight="bold")
    figure.get_axes()[0].set_title(f"{said}\n{what}", fontsize=9, fontweight="normal", color=theme.faint, loc="left")


def shown(counts: Array, mode: str, pinned: Array | None) -> Array:
    """What the cells hold in a mode; NaN where nothing can be said."""
    if mode == "counts":
        return counts.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Array = counts / counts.sum(0 if mode == "columns" else 1, keepdims=True)
        return share if mode != "change" or pinned is None else share - pinned / pinned.sum(1, keepdims=True)


def scores(counts: Array) -> tuple[Array, Array, Array]:
    """Precision, recall and F1 of each class; NaN where nothing can be said."""
    hit, seen, said = np.diag(counts).astype(float), counts.sum(1), counts.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return hit / said, hit / seen, 2 * hit / (seen + said)


def coloured(values: Array, mode: str, theme: Theme, *, dark: bool) -> Array:
    """The cells as red, green and blue from 0 to 1: right is blue and wrong orange, of a change better and worse."""
    from matplotlib.colors import LinearSegmentedColormap

    ramps = [LinearSegmentedColormap.from_list("", list(zip(PLACES, (theme.page, *stops[dark]), strict=True))) for stops in (GOOD, BAD)]
    known = np.nan_to_num(values)
    diagonal = np.eye(len(values), dtype=bool)
    sizes = np.abs(known)
    right, wrong = sizes[diagonal].max(initial=0), sizes[~diagonal].max(initial=0)
    if mode == "change":
        right = wrong = max(right, wrong)
    elif mode != "counts":
        right = 1.0
    good = (known > 0) == diagonal if mode == "change" else diagonal
    levels = np.where(diagonal, sizes / (right or 1), sizes / (wrong or 1))
    levels = np.where(known == 0, 0, np.maximum(levels, 0 if mode == "change" else LEAST))
    result: Array = np.where(good[..., None], ramps[0](levels)[..., :3], ramps[1](levels)[..., :3])
    return result


def pooled(colours: Array, values: Array) -> Array:
    """Fewer cells where there are too many: of a block the one that holds most."""
    n = len(values)
    if n <= POOLED:
        return colours
    block = -(-n // POOLED)
    size = -(-n // block)
    sizes = np.full((size * block,) * 2, -1.0)
    sizes[:n, :n] = np.abs(np.nan_to_num(values))
    flat = sizes.reshape(size, block, size, block).swapaxes(1, 2).reshape(size, size, -1).argmax(-1)
    rows = np.minimum(np.arange(size)[:, None] * block + flat // block, n - 1)
    columns = np.minimum(np.arange(size)[None, :] * block + flat % block, n - 1)
    result: Array = colours[rows, columns]
    return result


def _numbers(axes: Axes, values: Array, colours: Array, mode: str, inches: float) -> None:
    size = min(10.0, inches * 72 * 0.36)
    if size < 5.5:
        return
    for (row, column), value in np.ndenumerate(values):
        if math.isfinite(value) and value:
            light = colours[row, column] @ (0.2126, 0.7152, 0.0722)
            axes.text(column, row, _short(value, mode), ha="center", va="center_baseline", fontsize=size,
                      color="#10151a" if light > 0.5 else "#ffffff")  # fmt: skip


def _short(value: float, mode: str) -> str:
    if mode == "counts":
        return f"{value:,.6g}" if value < 10_000 else f"{value / 1000:.3g}k" if value < 1e6 else f"{value / 1e6:.3g}M"
    size = abs(value) * 100
    text = f"{size:.0f}" if size >= 9.95 else "<0.1" if size < 0.05 else f"{size:.1f}".removesuffix(".0")
    return ("−" if value < 0 else "+" if mode == "change" else "") + text


def _names(axes: Axes, labels: Sequence[str]) -> None:
    n = len(labels)
    every = max(1, -(-n // NAMED))
    at = list(range(0, n, every))
    names = [shortened(" ".join(labels[i].split()), 16) for i in at]
    size = 9 if n <= 25 else 7 if n <= 40 else 5.5
    # A name is no formula, whatever it holds.
    axes.set_yticks(at, names, fontsize=size, parse_math=False)
    long = max(map(len, names), default=0) * size * 0.6 > 5.2 * 72 / max(len(at), 1)
    turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if long and n <= 25 else {"rotation": 90 if long else 0}
    axes.set_xticks(at, names, fontsize=size, parse_math=False, **turned)
    axes.set_xlim(-0.5, max(n, 1) - 0.5)
    axes.set_ylim(max(n, 1) - 0.5, -0.5)


def _bars(axes: Axes, counts: Array, theme: Theme) -> None:
    n = len(counts)
    found = scores(counts)
    names = (say("precision"), say("recall"), "F1")
    colours = (theme.colours[0], theme.colours[1], theme.colours[2])
    rows = np.arange(n)
    if n <= 40:
        for number, (name, colour, values) in enumerate(zip(names, colours, found, strict=True)):
            axes.barh(rows + (number - 1) * 0.26, np.nan_to_num(values), 0.24, color=colour, label=name)
    else:
        axes.fill_betweenx(rows, 0, np.nan_to_num(found[2]), step="mid", color=colours[2], alpha=0.8, linewidth=0, label=names[2])
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, fontsize=8, handlelength=0.8, columnspacing=1.0, borderaxespad=0.2)
    if n <= 25:
        for row, value in enumerate(found[2]):
            axes.text(1.03, row, f"{value:.2f}" if math.isfinite(value) else "–", va="center", fontsize=8, color=theme.faint)


def _strip(axes: Axes, points: Array, pinned_at: float, theme: Theme) -> None:
    colour = theme.colours[0]
    axes.plot(points[:, 0], points[:, 2], "o", color=colour, markersize=2.2, alpha=0.45, label=say("of the latest"))
    axes.plot(points[:, 0], points[:, 1], "-", color=colour, linewidth=1.8, label=say("of all so far"))
    low = float(np.nanmin(points[:, 1:]))
    axes.set_ylim(0.9 if low > 0.9 else 0.5 if low > 0.5 else 0, 1.02)
    axes.set_xlim(0, float(points[-1, 0]) * 1.06)
    if 0 < pinned_at <= points[-1, 0]:
        axes.axvline(pinned_at, color=theme.faint, linestyle=":", linewidth=1)
    axes.set_ylabel(say("accuracy"))
    axes.set_xlabel(say("samples seen"))
    axes.annotate(format_percent(float(points[-1, 1]), digits=3), (points[-1, 0], points[-1, 1]), xytext=(5, 0), textcoords="offset points",
                  va="center", fontsize=9, color=colour, fontweight="bold")  # fmt: skip
    axes.legend(loc="lower right", ncols=2, fontsize=8)
