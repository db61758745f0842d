"""Python's own allocations: ``memory.python.peak``, by tracemalloc. Optional, since tracing slows Python code down."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Sequence
from threading import Lock

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes.peaks import Peak, PeakMeter
from nbperf.words import Sentence

_STOPPED = Absence(
    quantity="memory.python.peak",
    reason=Sentence("tracemalloc was stopped inside the window"),
    remedy=Sentence("leave out tracemalloc.stop() in the measured code"),
)


class Tracing:
    """Whether tracemalloc runs, and for whom: it is switched off again by the last window, if one of ours switched it on."""

    def __init__(self) -> None:
        import tracemalloc  # loads pickle and more: only where somebody asks for it

        self.tracemalloc = tracemalloc
        self.meter = PeakMeter(lambda: (tracemalloc.get_traced_memory()[1],), tracemalloc.reset_peak)
        self._lock = Lock()
        # Weak: a window that an interrupt tore apart must not keep tracing on for good.
        self._windows: weakref.WeakSet[object] = weakref.WeakSet()
        self._ours = False

    def enter(self, window: object) -> None:
        """A window opens."""
        with self._lock:
            self._windows.add(window)
            if not self.tracemalloc.is_tracing():
                self._ours = True
                self.tracemalloc.start()

    def leave(self, window: object) -> None:
        """A window closes."""
        with self._lock:
            self._windows.discard(window)
            if self._ours and not list(self._windows):  # its length may count the dead where an interrupt hit their removal
                self.tracemalloc.stop()
                self._ours = False


@functools.cache
def tracing() -> Tracing:
    """The one of this process, since tracemalloc is one as well."""
    return Tracing()


class PythonMemory:
    """Peak of what Python's allocators handed out inside the window, above what they had handed out before.

    Tracing is left as it was found. It slows allocations down, so times taken beside it read too long. Memory that C
    libraries take for themselves is not seen; numpy reports its arrays.
    """

    name = "python"
    quantities: tuple[str, ...] = ("memory.python.peak",)

    def __init__(self) -> None:
        self._tracing = tracing()
        self._before = 0
        self._peak: Peak | None = None

    def start(self) -> None:
        """Trace from here on, if nobody does."""
        self._peak = None
        self._tracing.enter(self)
        self._before = self._tracing.tracemalloc.get_traced_memory()[0]
        self._peak = self._tracing.meter.open()

    def stop(self) -> Sequence[Reading | Absence]:
        """Read the peak; stop tracing if it was started here."""
        try:
            alive = self._tracing.tracemalloc.is_tracing()
            (peak,) = (0.0,) if self._peak is None else self._tracing.meter.close(self._peak)
        finally:
            self._tracing.leave(self)
        if not alive or self._peak is None:  # an interrupt may have come before the peak was set back
            return (_STOPPED,)
        return (
            Reading(
                quantity="memory.python.peak",
                value=float(max(0, peak - self._before)),
                unit=Unit.BYTE,
                provenance=Provenance.MEASURED,
                source="tracemalloc",
            ),
        )


class PythonHeap:
    """A Gauge of what Python's allocators have handed out, for a Sampler; tracing must be on."""

    quantity = "memory.python"

    def sample(self) -> Reading:
        """What is alive now."""
        now = tracing().tracemalloc.get_traced_memory()[0]
        return Reading(quantity=self.quantity, value=float(now), unit=Unit.BYTE, provenance=Provenance.MEASURED, source="tracemalloc")
