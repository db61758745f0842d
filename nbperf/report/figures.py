"""How a reading is written on a card: its digits, and where it comes from."""

from __future__ import annotations

import math
import re

from nbperf.core import stats
from nbperf.core.quantities import extensive
from nbperf.core.quantities import label as quantity_label
from nbperf.core.records import Measurement, Provenance, Reading, Run
from nbperf.core.units import NARROW, Unit, format_interval, format_value
from nbperf.report.card import Piece
from nbperf.words import Sentence

HOW = {
    Provenance.MEASURED: Sentence("measured"),
    Provenance.SAMPLED: Sentence("sampled"),
    Provenance.ESTIMATED: Sentence("estimated"),
}
"""A provenance in words."""


Found = dict[tuple[str, str | None], Measurement]
"""The measurements of a run, by quantity and device."""


def find(run: Run) -> Found:
    """Every measurement of a run, in one pass: `Run.find` walks all its readings for each."""
    readings: dict[tuple[str, str | None], list[tuple[Reading, int]]] = {}
    for sample in run.samples:
        for found in sample.readings:
            readings.setdefault((found.quantity, found.device), []).append((found, sample.loops))
    return {key: _measurement(*key, found) for key, found in readings.items()}


def _measurement(quantity: str, device: str | None, found: list[tuple[Reading, int]]) -> Measurement:
    first = found[0][0]
    per_loop = extensive(quantity)
    return Measurement(
        quantity=quantity,
        device=device,
        unit=first.unit,
        source=first.source,
        provenance=max(reading.provenance for reading, _ in found),
        values=tuple(reading.value / loops if per_loop else reading.value for reading, loops in found),
    )


def is_floor(quantity: str, provenance: Provenance) -> bool:
    """Whether the true value may only be larger: a sampler misses what rises and falls between two looks."""
    return provenance is Provenance.SAMPLED and quantity.endswith(".peak")


def figure(value: float, unit: Unit, *, provenance: Provenance, quantity: str = "", spread: float | None = None, sign: str = "") -> str:
    """A value as it is written: ``"5.23 ms"``, ``"≥ +400 MiB"`` where it is a lower bound, ``"~1.9 J"`` where estimated."""
    text = sign + format_value(value, unit, spread=spread)
    if provenance is Provenance.ESTIMATED:
        return "~" + text
    return f"≥{NARROW}{text}" if is_floor(quantity, provenance) else text


def centre(found: Measurement, *, interval: tuple[float, float] | None = None) -> str:
    """The median of a measurement with the digits that an interval supports.

    Without one it is the order-statistic interval, or the range: a bootstrap of every quantity on a card would take
    longer than the card may.
    """
    if found.count == 1:
        spread = None
    else:
        low, high = interval or stats.order_interval(found.values) or (found.minimum, found.maximum)
        spread = (high - low) / 2 or None  # all alike: no spread is known, and a counter has no more digits for that
    return figure(found.median, found.unit, provenance=found.provenance, quantity=found.quantity, spread=spread)


def extent(low: float, high: float, unit: Unit) -> str:
    """Two values that were seen, the unit once where they are of a size: ``"3.21–28.94 µs"``; one where they are alike."""
    if low == high:
        return format_value(high, unit)
    if not (math.isfinite(low) and math.isfinite(high)) or abs(low) * 1000 < abs(high):
        return f"{format_value(low, unit)}–{format_value(high, unit)}"
    # As many digits as tell the two apart, and three at least of the smaller: they are no estimates.
    return format_interval(low, high, unit, spread=min((high - low) / 6, abs(low) / 100) or None)


def limit(size: float) -> str:
    """A size that somebody chose: 16 GiB, not 16.0 GiB."""
    return re.sub(rf"\.0+(?={NARROW})", "", format_value(size, Unit.BYTE))


def name(quantity: str, device: str | None) -> Piece:
    """A quantity for people, with the device where there is one."""
    text = quantity_label(quantity)
    return Sentence("{quantity}, {device}", quantity=text, device=device) if device else text


def reading(found: Reading) -> str:
    """One reading as it is written."""
    return figure(found.value, found.unit, provenance=found.provenance, quantity=found.quantity)


def cores(count: float) -> str:
    """How many cores, without a unit: 1.9, or 0.05 where it is little."""
    return f"{count:.1f}" if count >= 0.95 else f"{count:.2g}"
