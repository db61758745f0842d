"""A fixed small operation, timed beside a run, so that runs of different days can be compared at all.

A machine's speed drifts: a time measured yesterday and one measured now differ by the drift as well. Two runs that
both carried the reference are compared as ratios to it. What remains uncertain after that is more than either run's
own spread, and no verdict is made of it.
"""

from __future__ import annotations

import zlib
from time import perf_counter

from nbperf.core.records import Provenance, Reading
from nbperf.core.units import Unit

QUANTITY = "time.reference"
TIMES = 5
"""How often it runs; the median counts, so that one interruption does not."""
_DATA = bytes(range(256)) * 256


def once() -> int:
    """About 50 µs: half of it in the interpreter, half in compiled code over 64 kB."""
    total = 0
    for i in range(500):
        total += i & 7
    return total ^ zlib.adler32(_DATA)


def take() -> Reading:
    """The reference's time now: seconds, the median of a few."""
    found = []
    for _ in range(TIMES):
        start = perf_counter()
        once()
        found.append(perf_counter() - start)
    found.sort()
    return Reading(
        quantity=QUANTITY,
        value=found[TIMES // 2],
        unit=Unit.SECOND,
        provenance=Provenance.MEASURED,
        source="perf_counter, a fixed operation outside the window",
    )
