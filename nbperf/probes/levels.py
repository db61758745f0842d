"""Resident memory now and at its highest since the last look, in two microseconds: for looking thousands of times a second.

``getrusage`` gives the high-water mark; once ``clear_refs`` has set it back, the mark is the present level, so a second
``getrusage`` reads that: three system calls that parse no text. Where the mark of ``getrusage`` does not follow (it
keeps that of the program that was there before exec, and old kernels count apart), VmHWM is read from ``status``
instead; where nothing can be set back, only the level is known, and the peak between two looks is not.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from nbperf.core.records import Provenance
from nbperf.probes import files, memory
from nbperf.probes.files import KernelFiles
from nbperf.probes.peaks import Peak, PeakMeter

Look = Callable[[], tuple[float, float]]
"""(highest since the last look, level now), in `unit` bytes."""


class Levels(NamedTuple):
    """How memory is looked at here.

    Attributes
    ----------
    look : callable
    unit : int
        Bytes in one of its numbers.
    exact : bool
        Whether the highest is exact; else it is the level itself, a lower bound.
    source : str
    close : callable
        To be called when nobody looks any more.
    """

    look: Look
    unit: int
    exact: bool
    source: str
    close: Callable[[], object]


def open_levels(kernel: KernelFiles | None = None) -> Levels:
    """Begin to look: the mark is set back. Other windows' peaks stay right, also those that open and close meanwhile."""
    kernel = kernel or files.KERNEL
    meter = kernel.once(memory.meter)
    if meter is None:
        return _levels_alone(kernel)
    try:
        peak = meter.open()
        if kernel.once(_usage_follows):
            return _by_usage(kernel, meter, peak)
        return _by_status(kernel, meter, peak)
    except OSError:  # the process may have given up the right to write there
        return _levels_alone(kernel)


def _usage_follows(kernel: KernelFiles) -> bool:
    """Whether the mark of ``getrusage`` comes down when it is set back."""
    try:
        import resource

        mark = kernel.once(memory.meter)
        if mark is None:
            return False
        kernel.write(memory.CLEAR_REFS, b"5")
        level = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return bool(abs(level - memory.read_status(kernel).resident) < memory.TRIAL)
    except (ImportError, OSError, ValueError):
        return False


def _by_usage(kernel: KernelFiles, meter: PeakMeter, peak: Peak) -> Levels:
    import resource

    usage, who, write = resource.getrusage, resource.RUSAGE_SELF, os.pwrite
    descriptor = os.open(kernel.root + memory.CLEAR_REFS, os.O_WRONLY)
    meter.aside, meter.aside_of = 0.0, peak

    def look() -> tuple[float, float]:
        mark = usage(who)[2]
        write(descriptor, b"5", 0)
        now = usage(who)[2]
        if mark * 1024 > meter.aside:
            meter.aside = mark * 1024.0
        if peak.values:  # another window has set the mark back since the last look
            mark = max(mark, int(peak.values[0]) >> 10)
            peak.values = ()
        return mark, now

    def close() -> None:
        meter.close(peak)
        meter.aside_of = None
        os.close(descriptor)

    return Levels(look, 1024, True, "ru_maxrss after clear_refs", close)


def _by_status(kernel: KernelFiles, meter: PeakMeter, peak: Peak) -> Levels:
    read, _ = kernel.once(memory.resident)

    def look() -> tuple[float, float]:
        (mark,) = meter.renew(peak)
        now = read()
        return max(mark, now), now

    return Levels(look, 1, True, memory.EXACT, lambda: meter.close(peak))


def _levels_alone(kernel: KernelFiles) -> Levels:
    read, source = kernel.once(memory.resident)

    def look() -> tuple[float, float]:
        now = read()
        return now, now

    return Levels(look, 1, False, source, lambda: None)


def provenance(levels: Levels) -> Provenance:
    """Of a peak between two looks."""
    return Provenance.MEASURED if levels.exact else Provenance.SAMPLED
