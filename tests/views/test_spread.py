"""Boxes and violins, by their artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from nbperf.core.records import Provenance
from nbperf.views.spread import spread
from tests.views.gallery import latencies, measured
from tests.views.looked import said

EVEN = np.arange(1.0, 102.0)  # its quartiles are 26, 51 and 76


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def test_a_box_is_the_middle_half_and_its_whiskers_end_with_values() -> None:
    axes = main(spread({"a": measured([*EVEN, 500.0])}))
    (box,) = axes.patches
    low, high = np.quantile([*EVEN, 500.0], (0.25, 0.75))
    assert (box.get_x(), box.get_x() + box.get_width()) == (pytest.approx(low), pytest.approx(high))
    ends = [value for line in axes.lines for value in line.get_xdata() if len(line.get_xdata()) == 2]
    assert (min(ends), max(ends)) == (1, 101)
    beyond = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "o"]
    assert beyond == [[500]]


def test_the_median_is_marked_and_written() -> None:
    figure = spread({"a": measured(EVEN / 1000)})
    (median,) = (line for line in main(figure).lines if line.get_label() == "median")
    assert median.get_xdata()[0] == pytest.approx(0.051)
    assert "51.0 ms" in said(figure)
    assert "wall time (ms), less is better" in said(figure)


def test_few_values_are_points_and_no_shape() -> None:
    axes = main(spread({"a": measured([1.0, 2.0, 4.0])}, kind="violin"))
    assert not axes.patches
    assert not axes.collections
    assert [1, 2, 4] in [list(line.get_xdata()) for line in axes.lines]


def test_a_violin_is_widest_where_most_values_are() -> None:
    rng = np.random.default_rng(0)
    axes = main(spread({"a": measured(np.append(rng.normal(5, 0.2, 500), rng.normal(9, 0.2, 50)))}, kind="violin"))
    (violin,) = (each for each in axes.collections if isinstance(each, PolyCollection))
    points = violin.get_paths()[0].vertices
    widest = points[np.argmax(np.abs(points[:, 1]))]
    assert widest[0] == pytest.approx(5, abs=0.3)
    assert np.abs(points[:, 1]).max() == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize("kind", ["box", "violin"])
def test_estimated_is_hatched(kind) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(1, 0.1, 100)
    axes = main(spread({"a": measured(values), "b": measured(values, Provenance.ESTIMATED)}, kind=kind))
    shapes = [*axes.patches, *axes.collections]
    assert [bool(shape.get_hatch()) for shape in shapes] == [False, True]
    assert any(text.startswith("~") for text in said(spread({"b": measured(values, Provenance.ESTIMATED)})))


def test_what_is_no_number_is_counted_and_not_drawn() -> None:
    texts = said(spread(latencies()))
    assert "1 more not shown; values that are no numbers: 2" in texts


def test_a_logarithmic_axis_writes_each_unit() -> None:
    figure = spread({"a": measured(np.geomspace(1e-4, 10, 50))}, log=True)
    assert main(figure).get_xscale() == "log"
    assert {"1 ms", "100 ms", "1 s", "wall time, less is better"} <= set(said(figure))
    assert main(spread({"a": measured([-1.0, 2.0])}, log=True)).get_xscale() == "linear"
