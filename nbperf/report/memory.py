"""How much of the memory that there is was used: against the limit that holds here, else against the machine's."""

from __future__ import annotations

from nbperf.core.records import Environment
from nbperf.core.units import Unit, format_percent, format_value
from nbperf.report.card import Gauge, Piece
from nbperf.report.figures import limit
from nbperf.words import Sentence

MINUS = "−"


def signed(size: float) -> str:
    """Bytes with their sign: ``"+400 MiB"``, ``"−12.0 KiB"``; ``"0"`` where there are none."""
    if round(size) == 0:
        return "0"
    return (MINUS if size < 0 else "+") + format_value(abs(size), Unit.BYTE)


def ceiling(place: Environment | None) -> float | None:
    """What memory may grow to; None where that is not known."""
    return (place.memory_limit or place.memory_total) if place else None


def of_limit(place: Environment | None, peak: float) -> Piece:
    """The part of it that a peak is, in words; "" where it is not known."""
    most = ceiling(place)
    if place is None or not most:
        return ""
    share = format_percent(peak / most)
    if place.memory_limit and place.memory_limit_source:
        whole = place.memory_limit_source == "machine"  # the others are names: a file, a variable
        source = Sentence("machine") if whole else place.memory_limit_source
        return Sentence("{share} of {limit} ({source})", share=share, limit=limit(most), source=source)
    return Sentence("{share} of {limit}", share=share, limit=limit(most))


def gauge(place: Environment | None, peak: float, grown: float) -> Gauge | None:
    """The same as a drawing: what was there before, and what was added."""
    most = ceiling(place)
    if not most:
        return None
    grown = max(grown, 0.0)
    added = min(grown / most, 1.0)
    return Gauge(before=min(max(peak - grown, 0.0) / most, 1.0 - added), added=added, says=of_limit(place, peak))
