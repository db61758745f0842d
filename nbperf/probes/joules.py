"""From readings of a counter, or of watts, to joules: the rules, without a clock and without a sensor.

Never negative, never extrapolated. What lies between two readings either counts or is missing, and how much is missing
is said; a counter that went back, leapt or stood still gives no energy for the step in which it did.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from nbperf.core import stats

Fault = Literal["", "back", "leap", "still", "lost", "wrapped"]
"""Why a step does not count: the counter went back, implied more than can be, did not move, could not be read, or may
have begun again from zero unseen."""

ACCURACY = 0.05
"""Share by which a power sensor may be off. An assumption, and called one: no maker of the sensors read here promises less."""
FEWEST = 5
"""Ticks of a counter in the shortest window that is read: one tick more or less is a fifth of it at most."""
PLAUSIBLE = 1.5
"""Times the power limit that a device may take on average: what is beyond it is the counter's error and no power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a window took.

    Attributes
    ----------
    joules : float
        In the steps that count.
    seconds, missing : float
        How long these steps were together, and those that do not count.
    doubt : float
        Joules by which the ends of the window, or the power between two readings, may be off: at most, not on average.
    fault : Fault
        Why something is missing, the first reason met.
    """

    joules: float = 0.0
    seconds: float = 0.0
    missing: float = 0.0
    doubt: float = 0.0
    fault: Fault = ""

    @property
    def whole(self) -> float:
        """Seconds of the window."""
        return self.seconds + self.missing

    @property
    def watts(self) -> float:
        """Mean power in the steps that count."""
        return self.joules / self.seconds if self.seconds > 0 else 0.0

    def interval(self, limit: float | None = None, accuracy: float = ACCURACY) -> tuple[float, float]:
        """Bounds of the true energy of the whole window.

        The sensor's share and the doubt are independent of one another, so their squares add up. What is missing took
        something between nothing and all that can be: without a limit there is no upper bound.
        """
        half = math.hypot(accuracy * self.joules, self.doubt)
        unseen = 0.0 if self.missing <= 0 else math.inf if limit is None else self.missing * limit * PLAUSIBLE
        return max(0.0, self.joules - half), self.joules + half + unseen


class _Tally:
    """Steps between readings, one after the other; what `add` and `lost` have in common."""

    def __init__(self) -> None:
        self._joules = self._seconds = self._missing = self._doubt = 0.0
        self._fault: Fault = ""
        self._at: float | None = None

    def lost(self, seconds: float) -> None:
        """It could not be read now: what lies around this moment is missing."""
        self._fail("lost", seconds)
        self._forget()

    def _fail(self, fault: Fault, seconds: float) -> None:
        self._missing += 0.0 if self._at is None else seconds - self._at
        self._fault = self._fault or fault
        self._at = seconds

    def _forget(self) -> None:
        raise NotImplementedError


class CounterTally(_Tally):
    """Energy from a counter of joules that is read now and then.

    Parameters
    ----------
    tick : float
        Seconds between two movements of the counter.
    limit : float, optional
        Watts that are enforced: a step above `PLAUSIBLE` times that is rejected.
    span : float, optional
        Joules after which the counter begins again from zero.
    most : float
        Watts that cannot be exceeded, for telling a counter that began again from one that was reset.
    """

    def __init__(self, *, tick: float, limit: float | None = None, span: float | None = None, most: float = 1000.0) -> None:
        super().__init__()
        self._tick = tick
        self._limit = limit
        self._span = span
        self._most = most
        self._last: float | None = None
        self._pieces = 0
        self._joined = False

    def add(self, seconds: float, joules: float) -> None:
        """The counter showed `joules` at `seconds`."""
        last, self._last = self._last, joules
        if last is None or self._at is None:
            self._begin(seconds)
            return
        elapsed = seconds - self._at
        step, fault = self._step(last, joules, elapsed)
        if fault:
            self._fail(fault, seconds)
            self._joined = False
            return
        if not self._joined:
            self._pieces += 1
            self._joined = True
        self._joules += step
        self._seconds += elapsed
        self._at = seconds

    def spent(self) -> Spent:
        """What was taken so far: each piece without a break has two ends, of which each may be a tick late."""
        doubt = self._tick * self._joules / self._seconds * math.sqrt(self._pieces) if self._seconds > 0 else 0.0
        still = self._joules == 0 and self._seconds >= FEWEST * self._tick
        if still:  # no chip that answers takes nothing
            return Spent(missing=self._missing + self._seconds, fault=self._fault or "still")
        return Spent(joules=self._joules, seconds=self._seconds, missing=self._missing, doubt=doubt, fault=self._fault)

    def _begin(self, seconds: float) -> None:
        if self._at is not None:
            self._missing += seconds - self._at
        self._at = seconds

    def _step(self, last: float, now: float, elapsed: float) -> tuple[float, Fault]:
        step = now - last
        if self._span is not None and elapsed * self._most >= self._span:
            return 0.0, "wrapped"  # once, or twice, or not at all: nobody can tell
        if step < 0:
            if self._span is None:
                return 0.0, "back"
            step += self._span
            if step < 0 or step > (elapsed + self._tick) * self._most:
                return 0.0, "back"  # reset, and not begun again: so much cannot have been taken
        if self._limit is not None and step > PLAUSIBLE * self._limit * (elapsed + self._tick):
            return 0.0, "leap"
        return step, ""

    def _forget(self) -> None:
        self._last = None
        self._joined = False


class PowerTally(_Tally):
    """Energy from watts that are read now and then: the trapezoid between two readings.

    Parameters
    ----------
    limit : float, optional
        As for a counter.
    longest : float
        Seconds between two readings that may be bridged; a longer step is missing.
    """

    def __init__(self, *, limit: float | None = None, longest: float = math.inf) -> None:
        super().__init__()
        self._limit = limit
        self._longest = longest
        self._last: float | None = None

    def add(self, seconds: float, watts: float) -> None:
        """It took `watts` at `seconds`."""
        if watts < 0 or not math.isfinite(watts) or (self._limit is not None and watts > PLAUSIBLE * self._limit):
            self._fail("leap", seconds)
            self._forget()
            return
        last, self._last = self._last, watts
        if last is None or self._at is None:
            if self._at is not None:
                self._missing += seconds - self._at
            self._at = seconds
            return
        elapsed = seconds - self._at
        if elapsed > self._longest:
            self._fail("lost", seconds)
            return
        self._joules += (last + watts) / 2 * elapsed
        self._doubt += abs(watts - last) / 2 * elapsed  # the change came at once, at one end or at the other
        self._seconds += elapsed
        self._at = seconds

    def spent(self) -> Spent:
        """What was taken so far."""
        if self._joules == 0 and self._seconds > 0:
            return Spent(missing=self._missing + self._seconds, fault=self._fault or "still")
        return Spent(joules=self._joules, seconds=self._seconds, missing=self._missing, doubt=self._doubt, fault=self._fault)

    def _forget(self) -> None:
        self._last = None


def untailed(averaged: Spent, *, length: float, before: float, after: float, span: float = 1.0) -> Spent:
    """The energy of a window from a moving average that was followed until it had forgotten the window.

    The integral of an average over the last `span` seconds, taken from the start of the window to `span` after its end,
    holds every joule of the window whole. Of what lies just before and just after, it holds half of one span each, which
    is taken out again as the idle power there.

    Parameters
    ----------
    averaged : Spent
        Of the average, from the start to `span` after the end, or somewhat longer.
    length : float
        Seconds of the window itself.
    before, after : float
        Watts that the average showed at the start, and a span after the end.
    """
    longer = max(0.0, averaged.seconds - length - span)
    joules = averaged.joules - span / 2 * (before + after) - longer * after
    doubt = averaged.doubt + span / 2 * abs(after - before)
    if averaged.missing > 0 or joules <= 0:
        return Spent(missing=length, fault=averaged.fault or "still")
    return Spent(joules=joules, seconds=length, doubt=doubt)


def find_tick(
    read: Callable[[], float],
    *,
    clock: Callable[[], float],
    pause: Callable[[float], object],
    stop: Callable[[], bool] = lambda: False,
    most: float = 0.6,
    step: float = 1e-3,
    changes: int = 4,
) -> float | None:
    """Seconds between two movements of a counter, seen by looking at it again and again.

    Parameters
    ----------
    read : callable
        The counter.
    clock, pause : callable
        Seconds from any origin, and ``pause(seconds)`` to wait.
    stop : callable
        Whether somebody else needs the machine now.
    most : float
        Seconds to look at most.
    step : float
        Seconds from one look to the next.
    changes : int
        Movements that are enough.

    Returns
    -------
    float or None
        None where it was stopped, or the counter moved less than three times.
    """
    began = clock()
    last, seen = read(), list[float]()
    while len(seen) < changes and clock() - began < most:
        if stop():
            return None
        pause(step)
        value = read()
        if value != last:
            last = value
            seen.append(clock())
    gaps = [after - before for before, after in pairwise(seen)]
    return stats.median(gaps) if len(gaps) >= 2 else None
