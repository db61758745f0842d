"""The radar, by its artists."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbperf.core.records import Provenance
from nbperf.views.radar import INNERMOST, MOST, Contender, radar
from tests.views.gallery import ACCURACY, CONTENDERS, LATENCY, MEASURES, NAN, SIZE
from tests.views.looked import said

SLOW = Contender(name="slow", values=(0.02, 0.9, 100.0))
QUICK = Contender(name="quick", values=(0.01, 0.8, 150.0))
THREE = [LATENCY, ACCURACY, SIZE]


def shares(figure, name: str) -> list[float]:
    """How far out a contender's points lie, on spokes of length 1."""
    (axes,) = (axes for axes in figure.axes if any(line.get_label() == name for line in axes.lines))
    outer = max(math.hypot(x, y) for line in axes.lines for x, y in [(line.get_xdata()[0], line.get_ydata()[0])])
    line = next(line for line in axes.lines if line.get_label() == name)
    return [math.hypot(x, y) / outer for x, y in zip(line.get_xdata()[:-1], line.get_ydata()[:-1], strict=True)]


def test_outwards_is_better_on_every_axis() -> None:
    figure = radar([SLOW, QUICK], THREE)
    assert shares(figure, "slow") == [pytest.approx(INNERMOST), pytest.approx(1), pytest.approx(1)]
    assert shares(figure, "quick") == [pytest.approx(1), pytest.approx(INNERMOST), pytest.approx(INNERMOST)]


def test_each_axis_says_its_scale_and_which_way_is_better() -> None:
    texts = said(radar([SLOW, QUICK], THREE))
    assert {"latency", "20.0 → 10.0 ms", "0.800 → 0.900", "150 → 100 B"} <= set(texts)
    assert texts.count("less is better") == 2
    assert texts.count("more is better") == 1


def test_a_scale_may_be_given_and_is_never_left() -> None:
    figure = radar([SLOW, QUICK], THREE, scales={"accuracy": (0.0, 1.0), "latency": (0.1, 0.02)})
    assert shares(figure, "slow")[1] == pytest.approx(INNERMOST + (1 - INNERMOST) * 0.9)
    assert shares(figure, "quick")[0] == pytest.approx(1)  # better than the scale's end
    assert "100 → 20.0 ms" in said(figure)


def test_what_has_no_value_opens_the_polygon() -> None:
    figure = radar([SLOW, Contender(name="half", values=(0.01, NAN))], THREE)
    axes = next(axes for axes in figure.axes if any(line.get_label() == "half" for line in axes.lines))
    half = next(line for line in axes.lines if line.get_label() == "half")
    assert np.isnan(half.get_xdata()).tolist() == [False, True, True, False]
    assert len(axes.patches) == 1  # only the other is filled


def test_estimated_is_dashed_and_markers_differ() -> None:
    figure = radar([SLOW, Contender(name="guess", values=(0.01, 0.8, 1.0), provenance=Provenance.ESTIMATED)], THREE)
    lines = {line.get_label(): line for axes in figure.axes for line in axes.lines}
    assert lines["guess"].get_linestyle() == "--"
    assert lines["slow"].get_linestyle() == "-"
    assert lines["guess"].get_marker() != lines["slow"].get_marker()


def test_too_many_are_cut_and_counted() -> None:
    many = [Contender(name=f"c{i}", values=(0.01 * i, 0.5, 1.0)) for i in range(MOST + 3)]
    texts = said(radar(many, THREE))
    assert "3 more not shown" in texts
    assert "c0" in texts
    assert f"c{MOST}" not in texts


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_any_number_of_measures(count: int) -> None:
    measures = (MEASURES * 2)[:count]
    contenders = [Contender(name=each.name, values=(each.values * 3)[:count]) for each in CONTENDERS]
    texts = said(radar(contenders, measures))
    assert sum(text in {"less is better", "more is better"} for text in texts) == count
