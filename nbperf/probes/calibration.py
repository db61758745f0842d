"""The user's own curve: watts that the processor takes by how many of its cores are busy, measured once with a meter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nbperf.errors import PlanError
from nbperf.words import say

Points = Sequence[tuple[float, float]]
ERROR = 0.15
"""Share by which such a curve errs on work that it was not fitted on: seen on published runs of four processors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Watts by busy cores.

    Attributes
    ----------
    watts : callable
        Gives None outside of what was calibrated.
    error : float
        Share by which it may be off.
    source : str
    """

    watts: Callable[[float], float | None]
    error: float
    source: str


class Calibration:
    """The curve in force: one a process."""

    def __init__(self) -> None:
        self.curve: Curve | None = None


CALIBRATION = Calibration()


def calibrate(curve: Points | Callable[[float], float] | None, *, error: float = ERROR, source: str = "calibration curve") -> None:
    """Give the CPU's energy, where no sensor does, by your own curve; the readings are ESTIMATED.

    Parameters
    ----------
    curve : sequence of (float, float), or callable, or None
        Pairs of busy cores and watts, such as ``[(0, 12.0), (4, 61.0), (8, 88.0)]``: between them it is a straight line,
        and outside there is no reading. Or a function of the busy cores. None forgets it.
    error : float
        Share by which it may be off; the interval of every reading.
    source : str
        How it came to be, for the card.

    Raises
    ------
    PlanError
        If it is no curve.

    Examples
    --------
    >>> calibrate([(0, 12.0), (4, 61.0)], source="wall meter, idle board subtracted")
    >>> CALIBRATION.curve.watts(2.0)
    36.5
    >>> CALIBRATION.curve.watts(5.0) is None
    True
    >>> calibrate(None)
    """
    if not 0 <= error < 1:
        raise PlanError(say("the error of a curve is a share between 0 and 1, not {found!r}", found=error))
    if curve is None:
        CALIBRATION.curve = None
    elif callable(curve):
        CALIBRATION.curve = Curve(watts=curve, error=error, source=source)
    else:
        CALIBRATION.curve = Curve(watts=_line(curve), error=error, source=source)


def _line(points: Points) -> Callable[[float], float | None]:
    try:
        known = sorted((float(cores), float(watts)) for cores, watts in points)
    except (TypeError, ValueError):
        known = []
    if len(known) < 2 or any(not math.isfinite(value) or value < 0 for point in known for value in point):
        raise PlanError(say("a curve needs two or more pairs of busy cores and watts, such as [(0, 12.0), (8, 88.0)]"))
    if any(before[0] == after[0] for before, after in pairwise(known)):
        raise PlanError(say("a curve has one figure of watts for each number of busy cores"))

    def watts(cores: float) -> float | None:
        for (x0, y0), (x1, y1) in pairwise(known):
            if x0 <= cores <= x1:
                return y0 + (y1 - y0) * (cores - x0) / (x1 - x0)
        return None

    return watts
