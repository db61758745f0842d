"""The repeats as a small drawing: a dot for each, or a histogram where there are many."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbperf.core.stats import quantile
from nbperf.report.card import Strip

WIDE, HIGH = 1000, 40
"""The drawing's own units: it is stretched to the width there is, and its strokes are not."""
MOST_DOTS = 100
"""Repeats up to which each has its dot."""
MARGIN = 10
REACH = 6.0
"""Interquartile ranges from the quartiles beyond which a repeat stands at the edge: one that took ten times as long
would press all others into a line."""


class Axis:
    """Where a value lies in the drawing."""

    def __init__(self, strip: Strip) -> None:
        first, third = strip.iqr
        reach = REACH * (third - first)
        self.low, self.high = min(strip.values), max(strip.values)
        if reach > 0:
            self.low, self.high = max(self.low, first - reach), min(self.high, third + reach)

    def place(self, value: float) -> int:
        """From MARGIN to WIDE - MARGIN; the middle where all are alike."""
        if self.high <= self.low:
            return WIDE // 2
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return MARGIN + round(share * (WIDE - 2 * MARGIN))

    def beyond(self, value: float) -> bool:
        """Whether a value is drawn at the edge because it lies further out."""
        return value < self.low or value > self.high


def drawing(strip: Strip) -> str:
    """The inside of an SVG of WIDE × HIGH units; no text in it comes from outside."""
    axis = Axis(strip)
    parts = [_band(axis, *strip.iqr, "q")]
    if strip.interval:
        parts.append(_band(axis, *strip.interval, "i"))
    parts += _dots(axis, strip.values) if len(strip.values) <= MOST_DOTS else _histogram(axis, strip.values)
    middle = axis.place(strip.median)
    parts.append(f'<path class="nbperf-m" d="M{middle} 0V{HIGH}"/>')
    return "".join(parts)


def _band(axis: Axis, low: float, high: float, kind: str) -> str:
    left, right = axis.place(low), axis.place(high)
    return f'<path class="nbperf-{kind}" d="M{left} 0H{max(right, left + 1)}V{HIGH}H{left}z"/>'


def _dots(axis: Axis, values: Sequence[float]) -> list[str]:
    """Strokes of no length with round caps are dots that stay round when the drawing is stretched."""
    step = (HIGH - 12) / max(len(values) - 1, 1)
    near, far = "", ""
    for number, value in enumerate(values):
        dot = f"M{axis.place(value)} {6 + number * step:.3g}h0"
        if axis.beyond(value):
            far += dot
        else:
            near += dot
    return [f'<path class="nbperf-d" d="{near}"/>', f'<path class="nbperf-d nbperf-far" d="{far}"/>' if far else ""]


def _histogram(axis: Axis, values: Sequence[float]) -> list[str]:
    # Freedman and Diaconis' width, within what can be told apart at this size.
    width = 2 * (quantile(values, 0.75) - quantile(values, 0.25)) / len(values) ** (1 / 3)
    span = axis.high - axis.low
    bins = min(max(math.ceil(span / width) if width > 0 else 1, 20), 60)
    counts = [0] * bins
    for value in values:
        counts[min((axis.place(value) - MARGIN) * bins // (WIDE - 2 * MARGIN), bins - 1)] += 1
    most, across = max(counts), (WIDE - 2 * MARGIN) / bins
    path = ""
    for number, count in enumerate(counts):
        if count:
            left = MARGIN + number * across
            # A single repeat must still be seen.
            path += f"M{left:.0f} {HIGH}V{HIGH - max(2, round(count / most * (HIGH - 4)))}h{across - 3:.0f}V{HIGH}z"
    return [f'<path class="nbperf-h" d="{path}"/>']
