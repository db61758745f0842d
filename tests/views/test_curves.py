"""ROC, precision–recall and cost, by their artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbperf.views.curves import MOST, Curve, expected_cost, precision_recall, roc
from tests.views.gallery import curve, decisions
from tests.views.looked import said


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def test_roc_has_its_diagonal_its_area_and_its_operating_point() -> None:
    figure = roc([curve("a", 0.25, 16)])
    axes = main(figure)
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines["guessing"].get_xdata()) == [0, 1] == list(lines["guessing"].get_ydata())
    point = lines["operating point"]
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (pytest.approx(0.16), pytest.approx(0.16**0.25))
    texts = said(figure)
    assert "a  AUC 0.800" in texts
    assert "threshold 0.84 (0.16, 0.63)" in texts
    assert {"ROC", "false-positive rate", "true-positive rate"} <= set(texts)
    assert axes.get_xlim()[0] < 0 < 1 < axes.get_xlim()[1]


def test_precision_moves_in_steps_and_guessing_is_level() -> None:
    figure = precision_recall([curve("a", 0.5)], prevalence=0.3)
    lines = {line.get_label(): line for line in main(figure).lines}
    assert lines["a"].get_drawstyle() == "steps-pre"
    assert list(lines["guessing"].get_ydata()) == [0.3, 0.3]
    assert "a  AP 0.667" in said(figure)
    assert "guessing" not in {line.get_label() for line in main(precision_recall([curve("a", 0.5)])).lines}


def test_the_cheapest_and_the_chosen_threshold_are_named() -> None:
    x = np.linspace(0, 1, 101)
    cost = Curve(name="a", x=tuple(x), y=tuple((x - 0.3) ** 2 + 1), operating=80)
    texts = said(expected_cost([cost], label="euros"))
    assert "cheapest: 1.00 at 0.3" in texts
    assert "chosen: 1.25 at 0.8" in texts
    same = said(expected_cost([Curve(name="a", x=cost.x, y=cost.y, operating=30)]))
    assert not [text for text in same if text.startswith("chosen")]
    assert main(expected_cost([cost])).get_ylim()[0] == 0


def test_a_gain_is_a_cost_below_zero_and_inside() -> None:
    axes = main(expected_cost([Curve(name="a", x=(0.0, 1.0), y=(-3.0, -1.0))]))
    assert axes.get_ylim()[0] < -3


@pytest.mark.parametrize("view", [roc, precision_recall, expected_cost])
def test_estimated_is_dashed_and_markers_differ(view) -> None:
    lines = {line.get_label(): line for axes in view(decisions()).axes for line in axes.lines}
    found = [lines[each.name] for each in decisions()]
    assert [line.get_linestyle() for line in found] == ["-", "-", "--"]
    marks = {line.get_marker() for line in main(view(decisions())).lines}
    assert {"o", "s", "^"} <= marks


def test_an_operating_point_without_a_place_is_not_drawn() -> None:
    for each in (decisions()[1], curve("a", 0.5, 999), curve("a", 0.5, None)):
        assert "operating point" not in {line.get_label() for line in main(roc([each])).lines}


def test_too_many_curves_are_counted() -> None:
    figure = roc([curve(f"c{i}", 0.1 + i / 10) for i in range(MOST + 2)])
    assert "2 more not shown" in said(figure)
