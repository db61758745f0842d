"""Units in SI base, and how a number is written and read.

A value is kept in its base unit and scaled only when it is written: ``format_value(0.0052, Unit.SECOND)`` is
``"5.2 ms"``. An estimated value looks estimated: ``"~1.9 J"``. Nothing else in the package writes a unit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import Enum

from nbperf.errors import UnitError
from nbperf.words import say

NARROW = "\N{NO-BREAK SPACE}"
"""Between a number and its unit: they are never broken over two lines."""


class Unit(Enum):
    """The closed set of units; the value is the base unit's symbol."""

    SECOND = "s"
    BYTE = "B"
    JOULE = "J"
    WATT = "W"
    HERTZ = "Hz"
    KELVIN = "K"
    KILOGRAM = "kg"
    RATIO = "1"
    COUNT = "count"
    CORE = "cores"
    FLOP = "FLOP"
    MAC = "MAC"
    FLOP_PER_SECOND = "FLOP/s"
    FLOP_PER_BYTE = "FLOP/B"
    BYTE_PER_SECOND = "B/s"
    ITEM = "items"
    ITEM_PER_SECOND = "items/s"
    ITEM_PER_JOULE = "items/J"
    PER_SECOND = "1/s"
    PER_JOULE = "1/J"


_TIME = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BINARY = ((2.0**50, "PiB"), (2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
_UP = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_BOTH = (*_UP, (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


def _prefixed(symbol: str, prefixes: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    return tuple((factor, prefix + symbol) for factor, prefix in prefixes)


SCALES: dict[Unit, tuple[tuple[float, str], ...]] = {
    Unit.SECOND: _TIME,
    Unit.BYTE: _BINARY,
    Unit.JOULE: _prefixed("J", _BOTH),
    Unit.WATT: _prefixed("W", _BOTH),
    Unit.HERTZ: _prefixed("Hz", _UP),
    Unit.KELVIN: ((1.0, "K"),),
    Unit.KILOGRAM: ((1.0, "kg"), (1e-3, "g"), (1e-6, "mg"), (1e-9, "µg")),
    Unit.RATIO: ((1.0, ""),),
    Unit.COUNT: ((1.0, ""),),
    Unit.CORE: ((1.0, "cores"),),
    Unit.FLOP: _prefixed("FLOP", _UP),
    Unit.MAC: _prefixed("MAC", _UP),
    Unit.FLOP_PER_SECOND: _prefixed("FLOP/s", _UP),
    Unit.FLOP_PER_BYTE: ((1.0, "FLOP/B"),),
    Unit.BYTE_PER_SECOND: tuple((factor, symbol + "/s") for factor, symbol in _BINARY),
    Unit.ITEM: ((1.0, "items"),),
    Unit.ITEM_PER_SECOND: _prefixed("items/s", ((1.0, ""),)),
    Unit.ITEM_PER_JOULE: _prefixed("items/J", ((1.0, ""),)),
    Unit.PER_SECOND: _prefixed("/s", ((1.0, ""),)),
    Unit.PER_JOULE: _prefixed("/J", ((1.0, ""),)),
}
"""For each unit its steps, largest first: (how many base units, the symbol written)."""


def step(value: float, unit: Unit) -> tuple[float, str]:
    """The step in which a value is written: the largest that does not exceed it.

    Seconds stay seconds up to two minutes: "90 s" is read faster than "1.5 min".
    """
    scale = SCALES[unit]
    size = abs(value)
    if size == 0 or not math.isfinite(size):
        return next(pair for pair in scale if pair[0] == 1.0)
    if unit is Unit.SECOND and 1.0 <= size < 120.0:
        return 1.0, "s"
    for factor, symbol in scale:
        if size >= factor * (1 - 5e-4):  # 999.6 µs is written 1 ms, not 1000 µs
            return factor, symbol
    return scale[-1]


def decimals_for(size: float, digits: int) -> int:
    """How many decimals show `size` with this many significant digits, never negative."""
    if size == 0 or not math.isfinite(size):
        return 0
    rounded = float(f"{size:.{digits - 1}e}")  # 0.9997 with three digits is 1.00, not 1.000
    return max(0, digits - 1 - math.floor(math.log10(abs(rounded)) + 1e-9))


def supported_digits(value: float, spread: float | None, *, most: int = 4, least: int = 2) -> int:
    """How many significant digits of `value` a spread supports.

    Parameters
    ----------
    value, spread : float
        The number, and how far it is uncertain (half an interval's width), in the same unit.
    most, least : int
        Never more and never fewer digits than these.

    Returns
    -------
    int
        The last digit written is of the size of the spread: 12.3456 ± 0.2 has three. Without a spread: three.
    """
    if spread is None or spread <= 0 or value == 0 or not math.isfinite(spread):
        return most if spread == 0 else 3
    return max(least, min(most, math.floor(math.log10(abs(value))) - math.floor(math.log10(spread)) + 1))


def format_value(value: float, unit: Unit, *, spread: float | None = None, estimated: bool = False) -> str:
    """Write a value with its unit.

    Parameters
    ----------
    value : float
        In the base unit.
    unit : Unit
    spread : float, optional
        Half the width of the value's interval, in the base unit: no digit is written that it does not support.
    estimated : bool
        Put a ``~`` before it: it comes from a model and not from the machine.

    Returns
    -------
    str
        ``"5.20 ms"``, ``"1.2 GiB"``, ``"~1.9 J"``; with a no-break space before the unit.
    """
    mark = "~" if estimated else ""
    if not math.isfinite(value):
        return f"{mark}{value}"
    factor, symbol = step(value, unit)
    scaled = value / factor
    if (unit is Unit.BYTE and factor == 1.0) or (unit in (Unit.COUNT, Unit.ITEM) and float(value).is_integer()):
        text = f"{scaled:,.0f}"
    else:
        digits = supported_digits(scaled, None if spread is None else spread / factor)
        text = f"{scaled:,.{decimals_for(scaled, digits)}f}"
    if unit is Unit.SECOND and factor == 1e-9 and spread is None:
        text = f"{scaled:.3g}"
    return f"{mark}{text}{NARROW}{symbol}" if symbol else mark + text


def format_interval(low: float, high: float, unit: Unit, *, spread: float | None = None) -> str:
    """Write an interval with its unit once: ``"5.12–5.43 ms"``; both ends in the step of the larger.

    Its ends show one digit more than its width supports, else a narrow interval would seem to have no width.
    """
    factor, symbol = step(max(abs(low), abs(high)), unit)
    spread = (high - low) / 6 if spread is None else spread
    digits = supported_digits(high / factor, spread / factor)
    places = decimals_for(high / factor, digits)
    text = f"{low / factor:,.{places}f}–{high / factor:,.{places}f}"
    return f"{text}{NARROW}{symbol}" if symbol else text


def format_percent(ratio: float, *, digits: int = 2) -> str:
    """Write a ratio as per cent: 0.0123 is ``"1.2 %"``, 0.5 is ``"50 %"``."""
    percent = ratio * 100
    return f"{percent:.{decimals_for(percent, digits)}f}{NARROW}%"


def format_ratio(ratio: float, *, spread: float | None = None) -> str:
    """Write a ratio of two quantities: ``"0.523×"``."""
    digits = supported_digits(ratio, spread)
    return f"{ratio:.{decimals_for(ratio, digits)}f}×"


_SYMBOLS: dict[str, tuple[float, Unit]] = {
    **{symbol: (factor, unit) for unit, scale in SCALES.items() for factor, symbol in scale if symbol},
    **{f"{prefix}B": (1000.0**power, Unit.BYTE) for power, prefix in enumerate(("k", "M", "G", "T", "P"), start=1)},
    "us": (1e-6, Unit.SECOND),
    "KB": (1000.0, Unit.BYTE),
    "Wh": (3600.0, Unit.JOULE),
    "kWh": (3.6e6, Unit.JOULE),
    "%": (0.01, Unit.RATIO),
    "": (1.0, Unit.RATIO),
}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*")


def symbols(unit: Unit) -> tuple[str, ...]:
    """How a unit may be written behind a number, its base first; empty for a plain number."""
    found = sorted((abs(math.log(factor)), symbol) for symbol, (factor, known) in _SYMBOLS.items() if known is unit and symbol)
    return tuple(symbol for _, symbol in found)


def format_like(value: float, text: str, *, other: float | None = None) -> str:
    """Write a value in the unit that another text has, so that the two can be read side by side.

    Parameters
    ----------
    value : float
        In the base unit.
    text : str
        Such as ``"500 MB"``: 503 MB are then written as that and not as 480 MiB.
    other : float, optional
        What that text says, in the base unit: as many digits are written as tell the two apart. A value that is far from
        it stands in its own step.

    Examples
    --------
    >>> format_like(0.00731, "5 ms").replace(NARROW, " ")
    '7.31 ms'
    >>> format_like(0.00500012, "5 ms", other=0.005).replace(NARROW, " ")
    '5.0001 ms'
    """
    found = _QUANTITY.fullmatch(text)
    factor, unit = _SYMBOLS[found[2]] if found and found[2] in _SYMBOLS else (1.0, Unit.RATIO)
    scaled = value / factor
    far = other is not None and other != 0 and not 0.01 <= abs(value / other) <= 100
    if not math.isfinite(value) or not found or far or not 0.01 <= abs(scaled) < 1e5:
        return format_value(value, unit)
    digits = 3
    while other is not None and value != other and digits < 15 and f"{scaled:.{digits - 1}e}" == f"{other / factor:.{digits - 1}e}":
        digits += 1
    whole = float(scaled).is_integer() and unit in (Unit.COUNT, Unit.ITEM, Unit.RATIO)
    written = f"{scaled:,.0f}" if whole else f"{scaled:,.{decimals_for(scaled, digits)}f}"
    return f"{written}{NARROW}{found[2]}" if found[2] else written


def parse(text: str) -> tuple[float, Unit]:
    """Read a number with a unit: the value in the base unit, and the unit.

    Parameters
    ----------
    text : str
        ``"5 ms"``, ``"1.2 GiB"`` (1024³), ``"500 MB"`` (1000²), ``"85 %"``, ``"0.5"``.

    Raises
    ------
    UnitError
        If it is no number, or the unit is unknown; the message lists the units.

    Examples
    --------
    >>> parse("5 ms")
    (0.005, <Unit.SECOND: 's'>)
    """
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise UnitError(say("{text!r} is not a number with a unit: write it like 5 ms, 500 MB or 85 %", text=text))
    number, symbol = found.groups()
    if symbol not in _SYMBOLS:
        known = ", ".join(sorted(filter(None, _SYMBOLS), key=str.lower))
        raise UnitError(say("unknown unit {symbol!r} in {text!r}; known are {known}", symbol=symbol, text=text, known=known))
    factor, unit = _SYMBOLS[symbol]
    return float(number.replace(",", "").replace("_", "")) * factor, unit
