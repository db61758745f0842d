"""Distribution functions, by their artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbperf.core.records import Provenance
from nbperf.views.ecdf import FINEST, ecdf
from tests.views.gallery import measured
from tests.views.looked import said


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def test_it_rises_by_a_share_at_each_value() -> None:
    (curve,) = (line for line in main(ecdf({"a": measured([3.0, 1.0, 2.0, 2.0])})).lines if line.get_label() == "a")
    assert list(curve.get_xdata()) == [1, 1, 2, 2, 3]
    assert list(curve.get_ydata()) == [0, 0.25, 0.5, 0.75, 1]
    assert curve.get_drawstyle() == "steps-post"


def test_percentiles_are_marked_on_the_curve() -> None:
    values = np.linspace(0.001, 0.002, 1000)
    axes = main(ecdf({"a": measured(values)}))
    marks = next(line for line in axes.lines if line.get_linestyle() == "None")
    assert list(marks.get_ydata()) == [0.5, 0.95, 0.99]
    assert list(marks.get_xdata()) == [pytest.approx(np.quantile(values, q)) for q in (0.5, 0.95, 0.99)]


def test_many_values_are_drawn_with_few_steps_and_both_ends() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    curve = main(ecdf({"a": measured(values)})).lines[0]
    assert len(curve.get_xdata()) <= FINEST + 1
    assert (curve.get_xdata()[0], curve.get_xdata()[-1]) == (values.min(), values.max())


def test_markers_and_provenance_tell_variants_apart_without_colour() -> None:
    values = np.linspace(1, 2, 100)
    axes = main(ecdf({str(i): measured(values + i, Provenance.ESTIMATED if i == 1 else Provenance.MEASURED) for i in range(6)}))
    marks = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert len({line.get_marker() for line in marks}) == 6
    assert [line.get_markerfacecolor() == "none" for line in marks] == [False, True, False, False, False, False]
    assert [line.get_linestyle() for line in axes.lines if line not in marks] == ["-", "--", "-", "-", "-", "-"]


def test_a_narrow_logarithmic_axis_has_ticks() -> None:
    figure = ecdf({"a": measured(2**30 * np.linspace(1.1, 1.2, 100), quantity="memory.rss.peak")}, log=True)
    assert sum(text.endswith(" GiB") and not text.startswith("p") for text in said(figure)) >= 3
