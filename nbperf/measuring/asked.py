"""What a run is asked for beside its readings, as it is written: budgets, and how much work a loop does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbperf.core.budgets import needs_items, parse
from nbperf.core.records import Budget
from nbperf.errors import PlanError
from nbperf.probes import catalog
from nbperf.words import say


def budget(text: str) -> Budget:
    """A budget from its text, on any quantity that nbperf or a probe of another package can read.

    Raises
    ------
    PlanError, UnitError
        As `nbperf.core.budgets.parse`.
    """
    try:
        return parse(text)
    except PlanError:  # perhaps a probe brings the quantity; to ask all of them takes longer than to read a text
        return parse(text, also=dict.fromkeys(catalog.quantities()))


def budgets(asked: Sequence[str | Budget]) -> tuple[Budget, ...]:
    """Budgets as they are given to a function: texts, or what was made from them; one text alone is one budget."""
    if isinstance(asked, str):
        asked = (asked,)
    return tuple(budget(each) if isinstance(each, str) else each for each in asked)


def for_run(asked: Sequence[str | Budget], count: float | None) -> tuple[tuple[Budget, ...], float | None]:
    """Both of them, which must fit one another.

    Raises
    ------
    PlanError
        If one of them is wrong, or a budget bounds a rate and there are no items.
    """
    found, number = budgets(asked), items(count)
    needs_items(found, number)
    return found, number


def items(count: float | None) -> float | None:
    """The work of one loop, where it is named.

    Raises
    ------
    PlanError
        If it is no positive number.
    """
    if count is None:
        return None
    try:
        number = float(count)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise PlanError(say("items must be a positive number, not {found!r}", found=count))
    return number
