"""The peak and the largest steps of a timeline: which are named, and what their labels say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbperf.core.lines import MemoryTrace, Moment
from nbperf.core.snippets import shortened, where
from nbperf.core.units import Unit, format_value
from nbperf.views.scales import Scale
from nbperf.words import say

MOST_STEPS = 5
ROOM = 24.0
"""Points of height for each of them: a low picture names fewer."""
SMALLEST = 0.02
"""Of the axis, what a step must be to have a name: the picture shows no smaller one."""
FILE = 20
"""Columns of a file's name."""


@dataclass(frozen=True, slots=True)
class Label:
    """A moment and what may be said of it, the fullest first."""

    moment: Moment
    texts: tuple[str, ...]
    peak: bool = False


def labels(trace: MemoryTrace, scale: Scale, end: float, height: float) -> list[Label]:
    """The peak, then the largest steps, as many as a picture of this height has room for.

    Parameters
    ----------
    trace : MemoryTrace
    scale : Scale
        Of memory.
    end : float
        Seconds that the axis of time is long.
    height : float
        Points.
    """
    most = min(MOST_STEPS, max(1, int(height / ROOM)))
    seen = [each for each in trace.steps if abs(each.change) >= SMALLEST * (scale.high - scale.low)]
    steps = sorted(seen, key=lambda each: (-abs(each.change), each.at))[:most]
    found, peak = [], trace.peak
    if peak is not None:
        same = next((each for each in steps if together(each, peak, end, scale)), None)
        risen = f", {signed(same.change)}" if same else ""
        found.append(Label(peak, texts(peak, say("peak {value}", value=format_value(peak.value, Unit.BYTE)) + risen), peak=True))
        steps = [each for each in steps if each is not same]
    return [*found, *(Label(each, texts(each, signed(each.change))) for each in steps)]


def signed(change: float) -> str:
    """A change with its sign."""
    return ("−" if change < 0 else "+") + format_value(abs(change), Unit.BYTE)


def texts(moment: Moment, says: str) -> tuple[str, ...]:
    """What a label may say, the fullest first."""
    if moment.place is None:
        return (says,)
    here = where(moment.place, FILE)
    source = [shortened(moment.place.source.strip(), most) for most in (36, 18)] if moment.place.source.strip() else []
    return tuple(dict.fromkeys([*(f"{says}  {here}  {each}" for each in source), f"{says}  {here}", says]))


def together(change: Moment, peak: Moment, end: float, scale: Scale) -> bool:
    """Whether a step is the one that led to the peak: one label says both."""
    near = abs(change.at - peak.at) <= 0.01 * end and abs(change.value - peak.value) <= 0.02 * (scale.high - scale.low)
    return near and change.change > 0 and (change.place == peak.place or peak.place is None)


def dense(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along the curve close enough that no label fits between two of them."""
    found: list[tuple[float, float]] = []
    for (x1, y1), (x2, y2) in zip(curve, curve[1:], strict=False):  # noqa: RUF007 - the last one follows below
        many = min(int(max(abs(x2 - x1), abs(y2 - y1)) / 10), 60) if x2 >= x1 else 0
        found += [(x1 + (x2 - x1) * i / (many + 1), y1 + (y2 - y1) * i / (many + 1)) for i in range(many + 1)]
    return [*found, *curve[-1:]]
