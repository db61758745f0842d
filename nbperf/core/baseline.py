"""A run against one that was stored: what it was, and how much of a ratio is left once the machine's drift is out.

A number stored yesterday and measured alone is called different from today's in more than half of all trials although
nothing changed. Where both runs carried the reference operation, their ratios to it are compared; the interval takes in
the spread of both runs and of both references, and a floor for what a reference cannot follow. It is never a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nbperf.core import stats
from nbperf.core.records import Measurement, Run
from nbperf.core.units import Unit

REMAINS = 0.35
"""Relative uncertainty that stays after the reference took out the common drift, at 99 %: other code meets caches, clock
rates and neighbours otherwise than it does. Of identical code on a shared machine under load, tests/benchmarks/baseline.py
found the ratios of 99 % of comparisons within 18 to 37 %, and beyond 100 % while a test suite ran beside it."""
Z = 2.576
"""Standard deviations of a normal distribution that hold 99 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """What a stored run measured, beside this one.

    Attributes
    ----------
    label : str
        Of the stored run.
    started_at : float
        Seconds since the epoch: when it was taken.
    host : str
        Where; "" if that is not known.
    quantity : str
    was, now : float
        The medians, in `unit`.
    ratio : float
        now / was, each divided by its run's reference where both carried one.
    interval : (float, float), optional
        Of the ratio at 99 %; None without a reference on both sides, since then nothing can be said.
    """

    label: str
    started_at: float
    host: str
    quantity: str
    unit: Unit
    was: float
    now: float
    ratio: float
    interval: tuple[float, float] | None


def against(run: Run, stored: Run, quantity: str = "time.wall", *, reference: str = "time.reference") -> Was | None:
    """A run beside a stored one; None where one of them lacks the quantity.

    The interval is that of a ratio of independent medians: relative standard errors add up as squares (the delta
    method on the logarithm), to which `REMAINS` is added as one more.
    """
    now, was = run.find(quantity), stored.find(quantity)
    if now is None or was is None or not was.median or not now.median:
        return None
    ratio = now.median / was.median
    interval = None
    here, there = _normalised(run, now, reference), _normalised(stored, was, reference)
    if here and there:
        ratio = stats.median(here) / stats.median(there)
        spread = math.sqrt(_relative_error(here) ** 2 + _relative_error(there) ** 2 + (REMAINS / Z) ** 2)
        interval = ratio * math.exp(-Z * spread), ratio * math.exp(Z * spread)
    return Was(
        label=stored.label,
        started_at=stored.started_at,
        host=stored.environment.host if stored.environment else "",
        quantity=quantity,
        unit=now.unit,
        was=was.median,
        now=now.median,
        ratio=ratio,
        interval=interval,
    )


ALONE = 0.05
"""Relative standard error that is taken for a single value, which cannot tell its own."""


def _normalised(run: Run, found: Measurement, reference: str) -> list[float]:
    """Each repeat in units of the reference that was taken beside it; empty where one of them lacks it."""
    beside = run.find(reference)
    if beside is None or beside.count != found.count or not all(beside.values):
        return []
    return [value / unit for value, unit in zip(found.values, beside.values, strict=True)]


def _relative_error(values: Sequence[float]) -> float:
    """Relative standard error of a median: 1.2533 σ/√n, with σ from the interquartile range, robust against outliers."""
    if len(values) < 2:
        return ALONE
    sigma = (stats.quantile(values, 0.75) - stats.quantile(values, 0.25)) / 1.349
    return max(1.2533 * sigma / math.sqrt(len(values)) / stats.median(values), 1e-6)
