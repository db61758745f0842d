"""Numbers in the cells of a matrix: as exact as their cells are wide, and readable on each colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbperf.views.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = NDArray[np.floating[Any]]

SIZES = (11.0, 10.0, 9.0, 8.0, 7.0)
"""Points, the largest that fits; smaller is not read."""
FILLED = 0.86
"""Of a cell's width, what its number may take."""
MOST = 25
"""Classes beyond which numbers are not tried: they would be too small."""
BARE = 10
"""Classes beyond which a zero beside the diagonal stays empty: many zeros hide the few numbers."""
BLACK, WHITE = "#111111", "#ffffff"


def count(value: float) -> str:
    """A whole number."""
    return f"{value:,.0f}".replace("-", "−")


def compact(value: float) -> str:
    """A whole number in little room: 12k, 3.4M."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor * 0.9995:
            scaled = value / factor
            return (f"{scaled:.1f}" if abs(scaled) < 9.95 else f"{scaled:.0f}").replace("-", "−") + letter
    return count(value)


def share(places: int) -> Callable[[float], str]:
    """A share in per cent without the sign; what is not quite none or all says so: <1, >99."""

    def written(value: float) -> str:
        percent, smallest = value * 100, 10.0**-places
        text = f"{percent:.{places}f}"
        if percent > 0 and float(text) == 0:
            return f"<{smallest:.{places}f}"
        if percent < 100 and float(text) == 100:
            return f">{100 - smallest:.{places}f}"
        return text if 0 < percent < 100 else f"{percent:.0f}"

    return written


def more_or_less(places: int) -> Callable[[float], str]:
    """A difference of shares in percentage points, with its sign: +0 is a little more."""
    return lambda value: _sign(value) + (f"{abs(value) * 100:.{places}f}" if value else "0")


def signed(write: Callable[[float], str]) -> Callable[[float], str]:
    """A difference of counts, with its sign."""
    return lambda value: _sign(value) + write(abs(value))


def _sign(value: float) -> str:
    return "+" if value > 0 else "−" if value < 0 else ""


def luminance(colour: Sequence[float]) -> float:
    """Relative luminance of an RGB colour (WCAG 2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable_on(colour: Sequence[float]) -> str:
    """Black or white, whichever stands out more."""
    light = luminance(colour)
    return BLACK if (light + 0.05) / 0.0556 >= 1.05 / (light + 0.05) else WHITE


def write(sheet: Sheet, axes: Axes, values: Numbers, colours: NDArray[np.floating[Any]], writers: Sequence[Callable[[float], str]]) -> bool:
    """Write the numbers if they fit.

    Parameters
    ----------
    sheet : Sheet
    axes : Axes
        A unit of theirs is a cell.
    values : array
        NaN where there is none: a dash.
    colours : array
        Of the cells, (rows, columns, 4).
    writers : sequence of callable
        How a number is written, the most exact first.

    Returns
    -------
    bool
        Whether they fit.
    """
    rows, columns = values.shape
    if max(rows, columns) > MOST:
        return False
    inside = sheet.extent(axes)
    wide, high = inside.width / columns * FILLED, inside.height / rows * FILLED
    for writer in writers:
        texts = [[_text(writer, float(values[i, j]), i == j or max(rows, columns) <= BARE) for j in range(columns)] for i in range(rows)]
        for size in SIZES:
            if size * 1.1 <= high and all(sheet.measure(text, size) <= wide for row in texts for text in row):
                for i in range(rows):
                    for j in range(columns):
                        if texts[i][j]:
                            axes.text(
                                j + 0.5, i + 0.5, texts[i][j], ha="center", va="center_baseline", fontsize=size,
                                color=readable_on(colours[i, j]),
                            )  # fmt: skip
                return True
    return False


def _text(writer: Callable[[float], str], value: float, zeros: bool) -> str:
    if not math.isfinite(value):
        return "–"
    return writer(value) if value or zeros else ""
