"""Writing and reading quantities."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbperf.core.units import (
    NARROW,
    SCALES,
    Unit,
    format_interval,
    format_percent,
    format_ratio,
    format_value,
    parse,
    supported_digits,
)
from nbperf.errors import UnitError


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0052, Unit.SECOND, "5.20 ms"),
        (999.7e-6, Unit.SECOND, "1.00 ms"),
        (3.2e-9, Unit.SECOND, "3.2 ns"),
        (95, Unit.SECOND, "95.0 s"),
        (150, Unit.SECOND, "2.50 min"),
        (0, Unit.SECOND, "0 s"),
        (0, Unit.BYTE, "0 B"),
        (512, Unit.BYTE, "512 B"),
        (1.2 * 2**30, Unit.BYTE, "1.20 GiB"),
        (-400 * 2**20, Unit.BYTE, "-400 MiB"),
        (1234567, Unit.COUNT, "1,234,567"),
        (1.5, Unit.COUNT, "1.50"),
        (0.0019, Unit.JOULE, "1.90 mJ"),
        (2.5e9, Unit.FLOP_PER_SECOND, "2.50 GFLOP/s"),
        (math.inf, Unit.SECOND, "inf"),
    ],
)
def test_a_value_is_written_in_the_step_that_fits(value: float, unit: Unit, text: str) -> None:
    assert format_value(value, unit).replace(NARROW, " ") == text


def test_estimated_looks_estimated() -> None:
    assert format_value(1.9, Unit.JOULE, estimated=True).startswith("~")
    assert not format_value(1.9, Unit.JOULE).startswith("~")


def test_no_digit_is_written_that_the_spread_does_not_support() -> None:
    assert format_value(12.3456, Unit.SECOND, spread=0.2) == f"12.3{NARROW}s"
    assert format_value(12.3456, Unit.SECOND, spread=3.0) == f"12{NARROW}s"
    assert format_value(12.3456, Unit.SECOND, spread=0.02) == f"12.35{NARROW}s"
    assert supported_digits(12.3456, 1e-9) == 4


def test_an_interval_has_its_unit_once_and_both_ends_in_it() -> None:
    assert format_interval(0.00098, 0.0012, Unit.SECOND).replace(NARROW, " ") == "0.98–1.20 ms"


def test_ratios_and_per_cent() -> None:
    assert format_ratio(0.5234, spread=0.004) == "0.523×"
    assert format_percent(0.0123).replace(NARROW, " ") == "1.2 %"
    assert format_percent(0.5).replace(NARROW, " ") == "50 %"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 ms", (5e-3, Unit.SECOND)),
        ("5us", (5e-6, Unit.SECOND)),
        ("500 MB", (500e6, Unit.BYTE)),
        ("1.5 GiB", (1.5 * 2**30, Unit.BYTE)),
        ("1,024 KiB", (2**20, Unit.BYTE)),
        ("85 %", (0.85, Unit.RATIO)),
        ("1e-3", (1e-3, Unit.RATIO)),
        ("2 kWh", (7.2e6, Unit.JOULE)),
    ],
)
def test_a_quantity_is_read(text: str, expected: tuple[float, Unit]) -> None:
    value, unit = parse(text)
    assert unit is expected[1]
    assert value == pytest.approx(expected[0])


@pytest.mark.parametrize("text", ["", "ms", "five ms", "5 5 ms", "5 parsecs", "5 MS"])
def test_what_is_no_quantity_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(UnitError, match=r"write it like|known are"):
        parse(text)


@given(st.floats(1e-8, 1e12), st.sampled_from([unit for unit in Unit if unit not in (Unit.RATIO, Unit.COUNT)]))
def test_what_is_written_is_read_back(value: float, unit: Unit) -> None:
    smallest = SCALES[unit][-1][0]
    if value < smallest * 10:  # below the smallest step fewer digits are written
        return
    read, read_unit = parse(format_value(value, unit, spread=value * 1e-4))
    assert read_unit is unit
    assert read == pytest.approx(value, rel=0.06)
