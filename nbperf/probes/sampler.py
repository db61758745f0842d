"""Gauges read over and over on one thread: a Trace of each, and its peak."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Sequence
from time import perf_counter

from nbperf.core.records import Absence, Provenance, Reading, Trace
from nbperf.probes.base import Gauge
from nbperf.words import Sentence

LIMIT = 65_536
"""Points a trace holds at most; a longer one keeps every second point, then every fourth, and so on."""


class _Series:
    """What one gauge has shown so far."""

    def __init__(self, gauge: Gauge) -> None:
        self.gauge = gauge
        self.times = array("d")
        self.values = array("d")
        self.last: Reading | None = None
        self.peak = 0.0
        self.count = 0
        self.error: Exception | None = None
        self._stride = 1

    def sample(self, seconds: float, limit: int) -> None:
        if self.error is not None:
            return
        try:
            reading = self.gauge.sample()
        except Exception as error:  # noqa: BLE001 - whatever a gauge raises ends its own series and no other
            self.error = error
            return
        self.peak = max(self.peak, reading.value) if self.last else reading.value
        self.last = reading
        if self.count % self._stride == 0:
            self.times.append(seconds)
            self.values.append(reading.value)
            if len(self.times) > limit:
                self.times, self.values = self.times[::2], self.values[::2]
                self._stride *= 2
        self.count += 1


class Sampler:
    """A probe that reads gauges at regular times on a thread of its own.

    The times are absolute: a sample that comes late does not delay the next one, and one that was missed is not made
    up. Beside Python code that holds the interpreter fewer samples are reached than asked for: `Trace.rate` says how
    many. A gauge that raises becomes an Absence with what it raised, the others go on.

    Parameters
    ----------
    gauges : sequence of Gauge
    period : float
        Seconds from one sample to the next.
    clock : callable
        Seconds, from any origin.
    wait : callable, optional
        ``wait(seconds)`` sleeps so long and says whether to stop; by default it is woken by `stop`.
    limit : int
        Points a trace holds at most. The peak is that of all samples.

    Attributes
    ----------
    traces : tuple of Trace
        After `stop`.
    """

    name = "sampler"

    def __init__(
        self,
        gauges: Sequence[Gauge],
        period: float,
        *,
        clock: Callable[[], float] = perf_counter,
        wait: Callable[[float], bool] | None = None,
        limit: int = LIMIT,
    ) -> None:
        self.quantities = tuple(f"{gauge.quantity}.peak" for gauge in gauges)
        self.traces: tuple[Trace, ...] = ()
        self._gauges = gauges
        self._period = period
        self._clock = clock
        self._wait = wait
        self._limit = limit
        self._series: list[_Series] = []
        self._began = 0.0
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Sample once, and go on doing so on a thread."""
        self.traces = ()
        self._series = [_Series(gauge) for gauge in self._gauges]
        self._done = threading.Event()
        self._began = self._clock()
        self._sample()
        self._thread = threading.Thread(target=self._run, args=(self._wait or self._done.wait,), name="nbperf-sampler", daemon=True)
        self._thread.start()

    def stop(self) -> Sequence[Reading | Absence]:
        """End the thread, sample once more: the peak of each gauge."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._sample()
        self.traces = tuple(trace for series in self._series if (trace := self._trace(series)))
        return [self._peak(series) for series in self._series]

    def _run(self, wait: Callable[[float], bool]) -> None:
        due = self._began + self._period
        while not wait(max(0.0, due - self._clock())):
            self._sample()
            late = self._clock() - due
            due += self._period * (1 + max(0, int(late / self._period)))

    def _sample(self) -> None:
        seconds = self._clock() - self._began
        for series in self._series:
            series.sample(seconds, self._limit)

    def _trace(self, series: _Series) -> Trace | None:
        last = series.last
        if last is None:
            return None
        return Trace(
            quantity=series.gauge.quantity,
            unit=last.unit,
            provenance=max(last.provenance, Provenance.SAMPLED),
            source=last.source,
            times=tuple(series.times),
            values=tuple(series.values),
            period=self._period,
            device=last.device,
        )

    def _peak(self, series: _Series) -> Reading | Absence:
        quantity = f"{series.gauge.quantity}.peak"
        last = series.last
        if last is None or series.error is not None:
            error = f"{type(series.error).__name__}: {series.error}"
            return Absence(
                quantity=quantity,
                reason=Sentence("{name} could not be sampled: {error}", name=series.gauge.quantity, error=error),
                remedy=Sentence("`%nbperf` shows what can be read here"),
            )
        return Reading(
            quantity=quantity,
            value=series.peak,
            unit=last.unit,
            provenance=max(last.provenance, Provenance.SAMPLED),
            source=f"{last.source}, {series.count} samples",
            device=last.device,
        )
