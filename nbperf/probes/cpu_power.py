"""Energy and power of the processor and its memory, by the best source that this machine has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit, format_value
from nbperf.probes import calibration, files, machine, perf_event, platforms, rapl
from nbperf.probes.calibration import Curve
from nbperf.probes.files import KernelFiles
from nbperf.probes.joules import CounterTally, PowerTally
from nbperf.probes.meters import Meter, Refusal, answers, too_short
from nbperf.probes.watch import WATCH, Watch
from nbperf.words import Sentence

SOURCES: tuple[Callable[[KernelFiles], tuple[Meter, ...] | Refusal], ...] = (
    rapl.find,
    perf_event.find,
    platforms.apple,
    platforms.amd,
    platforms.jetson,
)
"""The first that has a meter is read."""
LOOK = 10.0
"""Seconds from one look at a window to the next: the smallest counters begin again after minutes."""

CPU = ("energy.cpu", "power.cpu")
DRAM = ("energy.dram", "power.dram")
BOARD = ("energy.board", "power.board")

_NO_DRAM = Refusal(reason=Sentence("this machine counts no energy of its memory apart")).absences(DRAM)
_NO_BUSY = Refusal(reason=Sentence("a curve of watts needs to know how busy the machine is, which this system does not say"))


def find(kernel: KernelFiles) -> tuple[Meter, ...] | Refusal:
    """The meters of this machine; ask for them with ``kernel.once(find)``."""
    refusals: list[Refusal] = []
    for source in SOURCES:
        found = source(kernel)
        if not isinstance(found, Refusal):
            return found
        refusals.append(found)
    # What one line can remedy says more than what this machine simply is not.
    powercap, event, apple, *_ = refusals
    if apple.remedy:
        return apple
    return event if event.remedy and powercap is not rapl.LOCKED else powercap


def close(kernel: KernelFiles | None = None) -> None:
    """Close what the meters keep open; the next window opens it again."""
    meters = (kernel or files.KERNEL).once(find)
    if not isinstance(meters, Refusal):
        perf_event.close(meters)


class _Reader:
    """A meter in an open window."""

    def __init__(self, meter: Meter, clock: Callable[[], float]) -> None:
        self.meter = meter
        self.tally: CounterTally | PowerTally = meter.tally()
        self.error = ""
        self._clock = clock

    def read(self) -> None:
        """Read it once more. Never raises."""
        try:
            value = self.meter.read()
        except Exception as error:  # noqa: BLE001 - rights that were taken away, a source that broke
            self.error = f"{type(error).__name__}: {error}"
            self.tally.lost(self._clock())
        else:
            self.tally.add(self._clock(), value)


class CpuPower:
    """Energy and mean power of each processor package, and of its memory where that has a counter of its own.

    By RAPL, else the kernel's energy event, else a source of this platform; else by the user's own curve (ESTIMATED,
    see calibration.py). The counters are those of the whole machine: what others did meanwhile is in them.

    Parameters
    ----------
    kernel : KernelFiles, optional
    clock : callable
        Seconds, from any origin.
    watch : Watch
        Looks at long windows, whose counters may begin again from zero.
    """

    name = "cpu"
    quantities: tuple[str, ...] = (*CPU, *DRAM)

    def __init__(self, kernel: KernelFiles | None = None, *, clock: Callable[[], float] = perf_counter, watch: Watch = WATCH) -> None:
        self._kernel = kernel or files.KERNEL
        self._clock = clock
        self._watch = watch
        self._meters = self._kernel.once(find)
        self._curve = calibration.CALIBRATION.curve if isinstance(self._meters, Refusal) else None
        if not isinstance(self._meters, Refusal) and any(meter.part == "board" for meter in self._meters):
            self.quantities = (*CPU, *DRAM, *BOARD)  # only where there is one: nobody misses it elsewhere
        self._readers: list[_Reader] = []
        self._started = (0.0, 0.0)
        self.period = LOOK
        self.background = False

    def start(self) -> None:
        """Read every counter."""
        if isinstance(self._meters, Refusal):
            if self._curve is not None:
                self._started = self._busy()
            return
        self._readers = [_Reader(meter, self._clock) for meter in self._meters]
        self.period = min(LOOK if meter.counts else meter.tick for meter in self._meters)
        self.look()
        self._watch.add(self)

    def look(self) -> None:
        """Read every counter; in the middle of a window on the watch's thread."""
        for reader in self._readers:
            reader.read()

    def stop(self) -> Sequence[Reading | Absence]:
        """Read every counter again."""
        if isinstance(self._meters, Refusal):
            return _constant(self._meters) if self._curve is None else (*self._estimated(self._curve), *_NO_DRAM)
        self._watch.remove(self)
        self.look()
        readers, self._readers = self._readers, []
        found = [answer for reader in readers for answer in answers(reader.meter, reader.tally.spent(), error=reader.error)]
        parts = {meter.part for meter in self._meters}
        return [*found, *(() if "dram" in parts else _NO_DRAM)]

    def _busy(self) -> tuple[float, float]:
        source = self._kernel.once(machine.find_source)
        return (source[0](self._kernel) if isinstance(source, tuple) else 0.0), self._clock()

    def _estimated(self, curve: Curve) -> Sequence[Reading | Absence]:
        source = self._kernel.once(machine.find_source)
        if not isinstance(source, tuple):
            return _NO_BUSY.absences(CPU)
        busy, wall = (last - first for last, first in zip(self._busy(), self._started, strict=True))
        tick = Meter(part="cpu", source=source[1], read=lambda: 0.0, tick=source[2])
        if wall < tick.least:
            return too_short(tick).absences(CPU)
        cores = max(0.0, busy / wall)
        watts = curve.watts(cores)
        if watts is None or not watts > 0:
            reason = Sentence("the calibration curve says nothing of {cores}", cores=format_value(cores, Unit.CORE))
            return Refusal(reason=reason, remedy=Sentence("calibrate it from an idle machine to a busy one")).absences(CPU)
        return estimates(watts * wall, wall, f"{curve.source}, {cores:.2f} cores busy", (1 - curve.error, 1 + curve.error))


def estimates(joules: float, seconds: float, source: str, band: tuple[float, float]) -> tuple[Reading, Reading]:
    """Energy and power that come from a model; `band` is what the truth may be of them."""
    energy = Reading(
        quantity=CPU[0],
        value=joules,
        unit=Unit.JOULE,
        provenance=Provenance.ESTIMATED,
        source=source,
        interval=(joules * band[0], joules * band[1]),
    )
    watts = joules / seconds
    return energy, replace(energy, quantity=CPU[1], value=watts, unit=Unit.WATT, interval=(watts * band[0], watts * band[1]))


@functools.lru_cache(maxsize=16)
def _constant(refusal: Refusal) -> tuple[Absence, ...]:
    """The same objects every time: where there is no sensor, a window costs nothing for it."""
    return refusal.absences((*CPU, *DRAM))
