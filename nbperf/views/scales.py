"""The axes of a timeline: from where to where they go, and in which unit they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbperf.core.lines import MemoryTrace
from nbperf.core.units import SCALES, Unit, format_value, step
from nbperf.views.series import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST_BYTES = 2.0**20
"""What the axis spans at least: below that a page more or less would look like a leak."""
IN_SIGHT = 2.5
"""A limit is drawn where the axis becomes at most so many times as long by it."""
FROM_ZERO = 0.35
"""The axis begins at 0 where the lowest value is at most this part of the highest."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The span of an axis, in base units, and the step in which it is written."""

    low: float
    high: float
    factor: float
    symbol: str

    def share(self, value: float) -> float:
        """Where a value lies on it, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def time_scale(trace: MemoryTrace, lines: Sequence[Series]) -> Scale:
    """The axis of time: as long as the code ran, and whatever was seen of it."""
    ends = [trace.seconds, *(float(line.times[-1]) for line in lines), *(band.end for band in trace.bands)]
    ends += [moment.at for moment in (*trace.steps, *((trace.peak,) if trace.peak else ()), *trace.marks)]
    end = max(ends)
    end = end if end > 0 else 1e-3
    factor, symbol = step(end, Unit.SECOND)
    return Scale(-0.006 * end, 1.012 * end, factor, symbol)


def memory_scale(values: Sequence[float], limit: float | None, labels: int) -> tuple[Scale, bool]:
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
    return Scale(bottom, high + (0.14 if seen else 0.25 + 0.07 * min(labels, 4)) * span, factor, symbol), seen


def ticks(axes: Axes, most: int) -> None:
    """At most so many round numbers at the axis of memory."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def chosen(limit: float) -> str:
    """A size that somebody chose: 16 GiB, not 16.0 GiB."""
    factor, symbol = step(limit, Unit.BYTE)
    scaled = limit / factor
    return f"{scaled:.0f}\N{NO-BREAK SPACE}{symbol}" if abs(scaled - round(scaled)) < 5e-3 else format_value(limit, Unit.BYTE)
