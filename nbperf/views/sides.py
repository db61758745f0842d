"""An axis written in a unit: linear in one step for all its numbers, logarithmic with the step at each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from nbperf.core.quantities import Quantity
from nbperf.core.units import Unit, step
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.axis import Axis

Better = Literal["less", "more"] | None


def finite(values: Iterable[float | None]) -> list[float]:
    """The numbers among them."""
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def unit_name(unit: Unit, values: Iterable[float | None]) -> tuple[float, str]:
    """The step that suits the largest of these values."""
    return step(max((abs(value) for value in finite(values)), default=0.0), unit)


def with_unit(text: str, symbol: str) -> str:
    """A name and its unit behind it."""
    return f"{text} ({symbol})" if symbol else text


def which_way(text: str, better: Better) -> str:
    """A name, and which way is better."""
    if better == "less":
        return say("{name}, less is better", name=text)
    return say("{name}, more is better", name=text) if better == "more" else text


def label(quantity: Quantity, symbol: str = "") -> str:
    """What stands at the axis of a quantity."""
    return which_way(with_unit(say(quantity.label), symbol), quantity.better)


def linear(axis: Axis, unit: Unit, values: Iterable[float | None], *, most: int = 6) -> str:
    """Write an axis of base units in one step, whose symbol is returned."""
    from matplotlib.ticker import FuncFormatter

    from nbperf.views.stepped import Stepped

    factor, symbol = unit_name(unit, values)
    axis.set_major_locator(Stepped(factor, most, whole=unit in (Unit.COUNT, Unit.ITEM)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _short(value / factor)))
    return symbol


def logarithmic(axis: Axis, unit: Unit, low: float, high: float) -> None:
    """Write a logarithmic axis from low to high, each number with its own unit: 1 ms, 10 ms, 100 ms, 1 s."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    from nbperf.views.stepped import Stepped

    decades = math.log10(high / low) if 0 < low < high < math.inf else 1.0
    if decades < 0.7:  # so short that it has hardly any power of ten
        axis.set_major_locator(Stepped(step(high, unit)[0], 6))
        axis.set_minor_locator(NullLocator())
    elif unit is Unit.BYTE:
        axis.set_major_locator(LogLocator(base=2.0, numticks=7))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(LogLocator(base=10.0, subs=(1.0, 2.0, 5.0) if decades < 2.2 else (1.0,), numticks=8))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value, unit)))


def written(value: float, unit: Unit) -> str:
    """A round number of an axis with its unit: 10 ms and not 10.0 ms."""
    factor, symbol = step(value, unit)
    return f"{_short(value / factor)}\N{NO-BREAK SPACE}{symbol}" if symbol else _short(value / factor)


def _short(value: float) -> str:
    text = f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 and float(value).is_integer() else f"{value:.6g}"
    return text.replace("-", "−")
