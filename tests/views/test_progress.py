"""Lines with bands, by their artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbperf.views.progress import BANDS, MOST, Line, progress
from tests.views.gallery import ACCURACY, EPOCH, LATENCY, lines
from tests.views.looked import said


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def test_lines_and_bands_are_where_they_should_be() -> None:
    line = Line(name="a", x=(1.0, 2.0, 3.0), y=(0.5, 0.6, 0.7), low=(0.4, 0.5, 0.6), high=(0.6, 0.7, 0.8))
    axes = main(progress([line], EPOCH, ACCURACY))
    assert list(axes.lines[0].get_ydata()) == [0.5, 0.6, 0.7]
    (band,) = axes.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.4, 0.8)
    low, high = axes.get_ylim()
    assert low < 0.4
    assert high > 0.8


def test_a_gap_stays_a_gap() -> None:
    found = lines()[1]
    drawn = main(progress([found], EPOCH, ACCURACY)).lines[0]
    assert np.isnan(drawn.get_ydata()).sum() == 1
    assert drawn.get_linestyle() == "-"


def test_each_line_is_named_at_its_end_in_order_of_height() -> None:
    found = [Line(name=name, x=(1.0, 2.0), y=(0.0, end)) for name, end in (("low", 0.1), ("high", 0.9), ("middle", 0.5))]
    axes = main(progress(found, EPOCH, ACCURACY))
    heights = {text.get_text(): text.xyann[1] for text in axes.texts}
    assert heights["low"] < heights["middle"] < heights["high"]
    assert not list(main(progress(found[:1], EPOCH, ACCURACY)).texts)


def test_no_epoch_is_half() -> None:
    texts = [text.get_text() for text in main(progress(lines(points=4), EPOCH, ACCURACY)).get_xticklabels()]
    assert "1" in texts
    assert not [text for text in texts if "." in text]


def test_many_lines_have_no_bands_differ_in_marker_or_colour_and_are_counted() -> None:
    figure = progress(lines(MOST + 2), EPOCH, ACCURACY)
    axes = main(figure)
    assert len(axes.lines) == MOST
    assert not axes.collections
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines}) == MOST
    assert "2 more not shown" in said(figure)
    assert len(main(progress(lines(BANDS), EPOCH, ACCURACY)).collections) == BANDS


def test_estimated_is_dashed_and_sampled_hollow() -> None:
    found = {line.get_label(): line for line in main(progress(lines(3), EPOCH, ACCURACY)).lines}
    assert [line.get_linestyle() for line in found.values()] == ["-", "-", "--"]
    assert all(line.get_markerfacecolor() == "none" for line in found.values())


def test_long_lines_have_few_markers() -> None:
    line = main(progress(lines(1, 500), EPOCH, ACCURACY)).lines[0]
    assert line.get_markevery() != 1


@pytest.mark.parametrize(("values", "scale"), [((1e-3, 1e-2, 1.0), "log"), ((0.0, 1.0, 2.0), "linear")])
def test_a_logarithmic_axis_needs_positive_values(values: tuple[float, ...], scale: str) -> None:
    axes = main(progress([Line(name="a", x=(1.0, 2.0, 3.0), y=values)], EPOCH, LATENCY, log=True))
    assert axes.get_yscale() == scale
