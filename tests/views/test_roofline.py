"""The roofline, by its artists."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbperf.views.named import apart
from nbperf.views.roofline import Ceiling, Kernel, attainable, roofline
from tests.views.gallery import CEILINGS, KERNELS
from tests.views.looked import said, troubles

PEAK = Ceiling(name="peak", kind="compute", value=1e12)
DRAM = Ceiling(name="DRAM", kind="memory", value=1e11)
POINT = Kernel(name="matmul", intensity=20, rate=5e11)


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def test_both_axes_are_logarithmic_and_hold_the_points_and_the_ridge() -> None:
    axes = main(roofline([POINT], [PEAK, DRAM]))
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert left < 10 < 20 < right
    assert low < 5e11 < 1e12 < high


def test_slope_and_level_meet_at_the_ridge() -> None:
    lines = {line.get_label(): line for line in main(roofline([POINT], [PEAK, DRAM])).lines}
    assert (lines["DRAM"].get_xdata()[-1], lines["DRAM"].get_ydata()[-1]) == (pytest.approx(10), pytest.approx(1e12))
    assert lines["peak"].get_xdata()[0] == pytest.approx(10)
    start = lines["DRAM"]
    assert start.get_ydata()[0] / start.get_xdata()[0] == pytest.approx(1e11)


def test_a_point_says_its_rate_and_its_share_of_the_roof() -> None:
    assert "matmul  500 GFLOP/s, 50 % of the roof" in said(roofline([POINT], [PEAK, DRAM]))
    assert "matmul  500 GFLOP/s" in said(roofline([POINT], []))
    assert attainable(5, [PEAK, DRAM]) == pytest.approx(5e11)
    assert attainable(500, [PEAK, DRAM]) == 1e12
    assert attainable(5, [PEAK]) is None


def test_ceilings_are_named_with_their_height() -> None:
    texts = said(roofline([POINT], [PEAK, DRAM]))
    assert "peak 1.00 TFLOP/s" in texts
    assert any(text.startswith("DRAM 93.1 GiB/s") for text in texts)


def test_estimated_is_dashed_or_hollow() -> None:
    lines = {line.get_label(): line for line in main(roofline(KERNELS, CEILINGS)).lines}
    assert lines["tensor cores"].get_linestyle() == "--"
    assert lines["fp32 FMA"].get_linestyle() == "-"
    assert lines[KERNELS[4].name].get_markerfacecolor() == "none"
    assert lines["conv1"].get_markerfacecolor() != "none"


def test_markers_tell_points_apart_without_colour() -> None:
    lines = {line.get_label(): line for line in main(roofline(KERNELS, CEILINGS)).lines}
    assert len({lines[each.name].get_marker() for each in KERNELS if each.sound}) == 5


def test_what_has_no_place_is_counted() -> None:
    assert "2 not shown: no value" in said(roofline(KERNELS, CEILINGS))


@pytest.mark.parametrize("size", [(9, 5.2), (5, 4)])
def test_names_of_a_crowd_do_not_meet(size: tuple[float, float]) -> None:
    crowd = [Kernel(name=f"layer {i}", intensity=10 * 1.05**i, rate=2e11 * 1.04**i) for i in range(25)]
    assert troubles(roofline(crowd, [PEAK, DRAM], size=size)) == []


def test_places_along_a_line_are_kept_where_they_can_be() -> None:
    assert apart([10, 50, 90], 10, 0, 100) == [10, 50, 90]
    assert apart([50, 50, 50], 10, 0, 100) == [40, 50, 60]
    assert apart([99, 98], 10, 0, 100) == [95, 85]
    assert apart([], 10, 0, 100) == []
