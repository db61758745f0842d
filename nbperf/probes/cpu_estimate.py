"""The CPU's energy where nothing reads it: a share of what servers of the same kind take. Asked for by name only.

It is CPU time in another unit: it cannot tell two ways of spending the same CPU time apart, so it is no ground for a
comparison. On published runs the truth was 0.68 to 1.64 times such an estimate (5th to 95th percentile).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from time import perf_counter

from nbperf.core.records import Absence, Reading
from nbperf.probes import calibration, container, cpu_power, files, machine
from nbperf.probes.files import KernelFiles
from nbperf.probes.meters import Refusal
from nbperf.words import Sentence

BAND = (0.68, 1.64)
"""Truth over estimate, 5th to 95th percentile, of processors that the figures were not taken from."""

SERVERS: tuple[tuple[str, int, range, str, float, float], ...] = (
    ("AuthenticAMD", 0x17, range(0x10), "Zen 1", 0.82, 2.55),
    ("AuthenticAMD", 0x17, range(0x30, 0x40), "Zen 2", 0.47, 1.69),
    ("AuthenticAMD", 0x19, range(0x10), "Zen 3", 0.45, 2.02),
    ("AuthenticAMD", 0x19, range(0x10, 0x20), "Zen 4", 0.32, 1.65),
    ("GenuineIntel", 6, range(79, 80), "Broadwell", 0.71, 3.69),
    ("GenuineIntel", 6, range(85, 86), "Skylake and Cascade Lake", 0.64, 4.08),
)
"""Maker, family, models, what they are called, and watts a hardware thread takes idle and busy: of whole servers, divided
by their threads, from the results published for SPECpower_ssj2008; older than Zen 4 as the project Cloud Carbon Footprint
derived them."""

_UNKNOWN = Refusal(
    reason=Sentence("no figures are known for this processor"),
    remedy=Sentence("nbperf.probes.calibration.calibrate() takes your own curve of watts by busy cores"),
)
_SENSOR = Refusal(reason=Sentence("a sensor or a curve gives it here, so nothing is estimated"))


def figures(kernel: KernelFiles) -> tuple[str, float, float] | None:
    """What this processor's generation is called, and watts a thread takes idle and busy."""
    fields: dict[str, str] = {}
    for line in (kernel.text("/proc/cpuinfo", 4096) or "").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    try:
        family, model = int(fields["cpu family"]), int(fields["model"])
    except (KeyError, ValueError):
        return None
    for maker, of_family, models, name, idle, busy in SERVERS:
        if fields.get("vendor_id") == maker and family == of_family and model in models:
            return name, idle, busy
    return None


def threads(kernel: KernelFiles) -> float:
    """Hardware threads that are this process's to use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = kernel.once(container.limits).cpu_quota
    return min(float(allowed), quota) if quota else float(allowed)


class CpuEstimate:
    """``energy.cpu`` as a share of a server's: every thread granted takes its idle watts, and more while ours are busy.

    Only where neither a sensor nor a calibration curve gives it; then the reading is ESTIMATED, with its band.

    Parameters
    ----------
    kernel : KernelFiles, optional
    clock, own : callable
        Seconds of wall time, and of CPU time of this process with its children.
    """

    name = "cpu_estimate"
    quantities: tuple[str, ...] = cpu_power.CPU

    def __init__(
        self,
        kernel: KernelFiles | None = None,
        *,
        clock: Callable[[], float] = perf_counter,
        own: Callable[[KernelFiles], float] = machine.family_seconds,
    ) -> None:
        self._kernel = kernel or files.KERNEL
        self._clock = clock
        self._own = own
        self._figures = self._kernel.once(figures)
        self._started = (0.0, 0.0)

    def start(self) -> None:
        """Read the CPU time and the clock."""
        self._started = self._own(self._kernel), self._clock()

    def stop(self) -> Sequence[Reading | Absence]:
        """Read them again: the estimate."""
        if not isinstance(self._kernel.once(cpu_power.find), Refusal) or calibration.CALIBRATION.curve is not None:
            return _SENSOR.absences(self.quantities, "estimate")
        if self._figures is None:
            return _UNKNOWN.absences(self.quantities, "estimate")
        name, idle, busy = self._figures
        ours, wall = self._own(self._kernel) - self._started[0], self._clock() - self._started[1]
        count = threads(self._kernel)
        joules = idle * count * wall + (busy - idle) * min(max(0.0, ours), count * wall)
        source = f"share of SPECpower servers ({name}: {idle:.2f} W idle, {busy:.2f} W busy a thread), {count:g} threads"
        return cpu_power.estimates(joules, wall, source, BAND)
