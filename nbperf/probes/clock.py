"""Wall time, the device's work included: ``time.wall`` and ``time.device.wait``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from nbperf.core.records import Provenance, Reading
from nbperf.core.units import Unit


class Device(Protocol):
    """What computes beside the host and must have finished before a clock is read."""

    def begin(self) -> None:
        """Wait until nothing is left from before the window."""
        ...

    def finish(self) -> bool:
        """Wait until the window's work is done; whether there was a device to wait for. Never raises for a device's error."""
        ...


class Clock:
    """The wall clock: the last in and the first out, so that no other probe is inside its time.

    Work on an accelerator goes on after the call that ordered it has returned. So the clock itself waits for the
    device: before it reads the near end, and before it reads the far end, where the seconds waited are a reading too.

    Parameters
    ----------
    clock : callable
        Seconds, from any origin.
    device : Device, optional
        Settled at both ends; accelerator.py has it.
    """

    name = "clock"
    quantities: tuple[str, ...] = ("time.wall", "time.device.wait")

    def __init__(self, clock: Callable[[], float] = perf_counter, *, device: Device | None = None) -> None:
        self._clock = clock
        self._device = device
        self._started = 0.0

    def start(self) -> None:
        """Settle the device, read the clock."""
        if self._device is not None:
            self._device.begin()
        self._started = self._clock()

    def stop(self) -> Sequence[Reading]:
        """Read the clock, settle the device, and read the clock again where that was a wait."""
        returned = self._clock()
        if self._device is None or not self._device.finish():
            return (self._seconds("time.wall", returned - self._started),)
        ended = self._clock()
        return self._seconds("time.wall", ended - self._started), self._seconds("time.device.wait", ended - returned)

    def _seconds(self, quantity: str, value: float) -> Reading:
        source = getattr(self._clock, "__name__", "") or type(self._clock).__name__
        return Reading(quantity=quantity, value=value, unit=Unit.SECOND, provenance=Provenance.MEASURED, source=source)
