"""A clock and probes that do what a test tells them: no test has to sleep.

>>> from nbperf.probes.clock import Clock
>>> clock = FakeClock()
>>> probe = Clock(clock)
>>> probe.start()
>>> clock.advance(1.5)
>>> probe.stop()[0].value
1.5
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Literal

from nbperf.core.quantities import QUANTITIES
from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit


def reading(
    quantity: str,
    value: float,
    *,
    unit: Unit | None = None,
    provenance: Provenance = Provenance.MEASURED,
    source: str = "scripted",
    device: str | None = None,
) -> Reading:
    """A Reading with little to write: the unit is that of the quantity, where nbperf knows it.

    Raises
    ------
    KeyError
        If nbperf does not know the quantity and no unit is given.
    """
    return Reading(
        quantity=quantity,
        value=value,
        unit=unit or QUANTITIES[quantity].unit,
        provenance=provenance,
        source=source,
        device=device,
    )


class FakeClock:
    """Seconds that pass only when told to; called like `time.perf_counter`.

    Parameters
    ----------
    now : float
        The first time it shows, in seconds.
    step : float
        What passes by itself after each look at it.
    """

    def __init__(self, now: float = 0.0, *, step: float = 0.0) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> float:
        """The time now, in seconds."""
        shown = self.now
        self.now += self.step
        return shown

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass.

        Raises
        ------
        ValueError
            If they are negative: no clock that measures goes back.
        """
        if seconds < 0:
            raise ValueError(f"a clock does not go back: {seconds} s")
        self.now += seconds


class ScriptedProbe:
    """A probe that answers what its script says, window by window.

    Parameters
    ----------
    name : str
    *windows : sequence of Reading or Absence
        What each window reads; the last one also for all further windows.
    failing : {"start", "stop"}, optional
        Where to raise `error` instead.
    error : BaseException, optional
        ``RuntimeError("scripted")`` by default.
    quantities : sequence of str, optional
        By default those of the script.
    journal : list of str, optional
        Every call is appended, as ``"name.start"``; several probes may share one.

    Attributes
    ----------
    open : bool
        Whether it was started and not stopped.
    windows : int
        How many were stopped.
    """

    def __init__(
        self,
        name: str,
        *windows: Sequence[Reading | Absence],
        failing: Literal["start", "stop"] | None = None,
        error: BaseException | None = None,
        quantities: Sequence[str] | None = None,
        journal: list[str] | None = None,
    ) -> None:
        self.name = name
        self.quantities = tuple(quantities or dict.fromkeys(answer.quantity for answer in chain(*windows)))
        self.journal = journal if journal is not None else []
        self.open = False
        self.windows = 0
        self._script = windows
        self._failing = failing
        self._error = error or RuntimeError("scripted")

    def start(self) -> None:
        """Begin a window, or fail as told."""
        self.journal.append(f"{self.name}.start")
        if self._failing == "start":
            raise self._error
        self.open = True

    def stop(self) -> Sequence[Reading | Absence]:
        """What the script says of this window, or fail as told."""
        self.journal.append(f"{self.name}.stop")
        self.open = False
        if self._failing == "stop":
            raise self._error
        self.windows += 1
        return self._script[min(self.windows, len(self._script)) - 1] if self._script else ()


class FakeGauge:
    """A gauge that shows the values of its script, one a sample, and then the last one for ever.

    Parameters
    ----------
    quantity : str
    *values : float or Exception
        An exception is raised.
    unit : Unit
    device : str, optional
    """

    def __init__(self, quantity: str, *values: float | Exception, unit: Unit = Unit.BYTE, device: str | None = None) -> None:
        self.quantity = quantity
        self.samples = 0
        self._values = values
        self._unit = unit
        self._device = device

    def sample(self) -> Reading:
        """The next value."""
        value = self._values[min(self.samples, len(self._values) - 1)]
        self.samples += 1
        if isinstance(value, Exception):
            raise value
        return reading(self.quantity, float(value), unit=self._unit, device=self._device)
