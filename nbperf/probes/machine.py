"""Cores that others kept busy while we measured: ``machine.busy.others``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from time import perf_counter, process_time

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit, format_value
from nbperf.probes import files
from nbperf.probes.files import KernelFiles
from nbperf.words import Sentence

PATH = "/proc/stat"
DEAR = 100e-6
"""Seconds a read of the machine's counters may cost; on machines of many cores and interrupts the kernel takes longer."""
TICKS = 5
"""Ticks in the shortest window that is read: with one tick's error a core the result is off by at most 0.2 cores a core."""
TICK = 0.01
"""Seconds between two ticks, where the system does not say."""
WAITING = (3, 4)
"""Fields of the cpu line that are not work: idle and iowait. The last two repeat what user and nice hold."""
COUNTED = 8

_SHORT = (
    Absence(
        quantity="machine.busy.others",
        reason=Sentence("the window is too short for the kernel's tick"),
        remedy=Sentence("more loops or repeats in one window make it long enough"),
    ),
)
_UNREADABLE = (Absence(quantity="machine.busy.others", reason=Sentence("this system does not say how busy the machine is")),)


class Machine:
    """Cores kept busy by everybody else, on average over the window.

    (busy − own) / wall, where busy is the time of all cores that is neither idle nor waiting for a disk, and own the CPU
    time of this process and its children. Time stolen by other virtual machines counts as busy with others: it is gone
    as well. Never below zero.

    Parameters
    ----------
    kernel : KernelFiles, optional
    clock, own : callable, optional
        Seconds of wall time, and of CPU time of this process with its children.
    """

    name = "machine"
    quantities: tuple[str, ...] = ("machine.busy.others",)

    def __init__(
        self,
        kernel: KernelFiles | None = None,
        *,
        clock: Callable[[], float] = perf_counter,
        own: Callable[[KernelFiles], float] | None = None,
    ) -> None:
        self._kernel = kernel or files.KERNEL
        self._clock = clock
        self._own = own or family_seconds
        self._source = self._kernel.once(find_source)
        self._started = (0.0, 0.0, 0.0)

    def start(self) -> None:
        """Read the machine's counters, our own, and the clock."""
        if isinstance(self._source, tuple):
            self._started = self._now(self._source[0])

    def stop(self) -> Sequence[Reading | Absence]:
        """Read them again: the difference that is not ours."""
        if not isinstance(self._source, tuple):
            return (self._source,)
        read, source, tick = self._source
        if self._clock() - self._started[2] < TICKS * tick:
            return _SHORT
        busy, own, wall = (last - first for last, first in zip(self._now(read), self._started, strict=True))
        return (
            Reading(
                quantity="machine.busy.others",
                value=max(0.0, busy - own) / wall,
                unit=Unit.CORE,
                provenance=Provenance.MEASURED,
                source=source,
            ),
        )

    def _now(self, read: Callable[[KernelFiles], float]) -> tuple[float, float, float]:
        return read(self._kernel), self._own(self._kernel), self._clock()


def find_source(kernel: KernelFiles) -> tuple[Callable[[KernelFiles], float], str, float] | Absence:
    """How the machine's busy seconds are read, what that is called, and the tick; else why they are not."""
    for read, source in ((_from_proc, PATH), (_from_psutil, "psutil cpu_times")):
        try:
            read(kernel)
            cost = min(_cost(read, kernel) for _ in range(5))
        except Exception:  # noqa: BLE001 - a counter that cannot be read is no counter, whatever it raised
            continue
        if cost > DEAR:
            reason = Sentence("to read it costs {cost} on this machine, at both ends of a window", cost=format_value(cost, Unit.SECOND))
            return Absence(quantity="machine.busy.others", reason=reason)
        return read, source, _tick()
    return _UNREADABLE[0]


def _cost(read: Callable[[KernelFiles], float], kernel: KernelFiles) -> float:
    start = perf_counter()
    read(kernel)
    return perf_counter() - start


def _tick() -> float:
    return 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 1 / 64 if sys.platform == "win32" else TICK


def _from_proc(kernel: KernelFiles) -> float:
    line = kernel.read(PATH, 256)
    ticks = line[: line.index(b"\n")].split()[1 : COUNTED + 1]
    return (sum(map(int, ticks)) - sum(int(ticks[field]) for field in WAITING)) / os.sysconf("SC_CLK_TCK")


def _from_psutil(_: KernelFiles) -> float:
    import psutil

    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq", "steal")))


def family_seconds(kernel: KernelFiles) -> float:
    """CPU seconds of this process, of the children it has waited for, and of those that multiprocessing has running.

    So the workers of a data loader are not mistaken for other people's programs.
    """
    times = os.times()
    return process_time() + times.children_user + times.children_system + sum(_running(kernel, pid) for pid in _workers())


def _workers() -> list[int]:
    # multiprocessing.active_children would also reap those that have ended, which is the user's to do.
    children = getattr(sys.modules.get("multiprocessing.process"), "_children", None) or ()
    return [pid for child in list(children) if (pid := getattr(child, "pid", None))]


def _running(kernel: KernelFiles, pid: int) -> float:
    """CPU seconds of a running child; 0.0 once it has been waited for, when they are with the other children's."""
    text = kernel.text(f"/proc/{pid}/stat", 1024)
    if text is None:
        return 0.0
    fields = text.rpartition(")")[2].split()  # the command before it may hold spaces
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
