"""What the kernel booked to this process: CPU time, page faults, context switches."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes import files
from nbperf.probes.files import KernelFiles
from nbperf.words import Sentence

FIELDS = (
    ("time.cpu.user", "ru_utime", Unit.SECOND),
    ("time.cpu.system", "ru_stime", Unit.SECOND),
    ("faults.minor", "ru_minflt", Unit.COUNT),
    ("faults.major", "ru_majflt", Unit.COUNT),
    ("switches.voluntary", "ru_nvcsw", Unit.COUNT),
    ("switches.involuntary", "ru_nivcsw", Unit.COUNT),
)
_COUNTED = tuple(quantity for quantity, _, unit in FIELDS if unit is Unit.COUNT)
_UNCOUNTED = tuple(Absence(quantity=quantity, reason=Sentence("this system does not count them apart")) for quantity in _COUNTED)


def own_usage(_: KernelFiles) -> Callable[[], Any] | None:
    """``getrusage`` of this process, all threads; None where there is none, as on Windows."""
    try:
        import resource
    except ImportError:
        return None
    return lambda: resource.getrusage(resource.RUSAGE_SELF)


class Usage:
    """CPU time of all threads, page faults and context switches of this process.

    Minor faults are pages that were mapped without a disk, major ones were read from it. A voluntary switch waited for
    something; an involuntary one was taken off its core. Children are not counted.
    """

    name = "usage"
    quantities: tuple[str, ...] = tuple(quantity for quantity, _, _ in FIELDS)

    def __init__(self, kernel: KernelFiles | None = None) -> None:
        self._usage = (kernel or files.KERNEL).once(own_usage)
        self._started: Any = None

    def start(self) -> None:
        """Read the counters."""
        self._started = self._usage() if self._usage else os.times()

    def stop(self) -> Sequence[Reading | Absence]:
        """Read them again: the differences."""
        first = self._started
        if self._usage is None:
            last = os.times()
            source = "os.times"
            return (
                _reading("time.cpu.user", last.user - first.user, Unit.SECOND, source),
                _reading("time.cpu.system", last.system - first.system, Unit.SECOND, source),
                *_UNCOUNTED,
            )
        usage = self._usage()
        return [_reading(quantity, getattr(usage, name) - getattr(first, name), unit, "getrusage") for quantity, name, unit in FIELDS]


def _reading(quantity: str, value: float, unit: Unit, source: str) -> Reading:
    return Reading(quantity=quantity, value=float(value), unit=unit, provenance=Provenance.MEASURED, source=source)
