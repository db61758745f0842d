"""Histograms and their percentiles, by their artists."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbperf.core.records import Provenance
from nbperf.views.histogram import bins, flags, histogram
from tests.views.gallery import latencies, measured
from tests.views.looked import said, troubles

NORMAL = np.random.default_rng(0).normal(10e-3, 1e-3, 1000)


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


@pytest.mark.parametrize("log", [True, False])
def test_every_value_is_counted(log: bool) -> None:
    (stairs,) = main(histogram({"a": measured(NORMAL)}, log=log)).patches
    assert sum(stairs.get_data().values) == 1000
    assert stairs.get_data().edges[0] <= NORMAL.min()


@pytest.mark.parametrize("log", [True, False])
def test_bins_hold_all_values_and_are_alike(log: bool) -> None:
    edges = bins(np.sort(NORMAL), log=log)
    assert edges[0] <= NORMAL.min() * (1 + 1e-12)
    assert edges[-1] >= NORMAL.max() * (1 - 1e-12)
    widths = np.diff(np.log(edges) if log else edges)
    assert np.allclose(widths, widths[0])
    assert 8 <= len(widths) <= 80


def test_percentiles_stand_where_they_are() -> None:
    axes = main(histogram({"a": measured(NORMAL)}))
    found = {line.get_label()[:3]: line.get_xdata()[0] for line in axes.lines}
    assert found == {f"p{q}": pytest.approx(np.quantile(NORMAL, q / 100)) for q in (50, 95, 99)}


def test_only_percentiles_that_the_values_support() -> None:
    assert [line.get_label()[:3] for line in main(histogram({"a": measured(NORMAL[:100])})).lines] == ["p50", "p95"]
    assert [line.get_label()[:3] for line in main(histogram({"a": measured(NORMAL[:10])})).lines] == ["p50"]


@pytest.mark.parametrize("size", [(9, 4.5), (5, 3.5)])
@pytest.mark.parametrize("spread", [1e-6, 1e-4, 1e-3, 1e-2])
def test_labels_of_percentiles_never_collide(spread: float, size: tuple[float, float]) -> None:
    for values in (0.1 + np.abs(NORMAL) * spread, np.append(0.1 + NORMAL * spread, [1e-4]), np.append(0.1 + NORMAL * spread, [0.5])):
        figure = histogram({"a": measured(values)}, size=size)
        assert troubles(figure) == []
        assert sum(text.startswith("p") for text in said(figure)) == 3


@given(st.lists(st.floats(0, 400), min_size=1, max_size=3))
def test_flags_meet_neither_each_other_nor_a_line(places: list[float]) -> None:
    places = sorted(places)
    spots = flags(places, [60.0] * len(places), 400.0)
    for (row, start), (other, begin) in combinations(spots, 2):
        assert row != other or abs(start - begin) >= 60
    assert all(0 <= start <= 340 for _, start in spots)
    apart = [b - a for a, b in zip(places, places[1:], strict=False)]  # noqa: RUF007
    if all(gap > 8 for gap in apart):
        for place, (height, _) in zip(places, spots, strict=True):
            assert not any(row < height and start < place < start + 60 for row, start in spots)


def test_several_are_shares_in_common_bins_with_a_table_as_their_key() -> None:
    figure = histogram(latencies(), log=True)
    stairs = [patch for patch in main(figure).patches if not patch.get_fill()]
    assert len({tuple(patch.get_data().edges) for patch in stairs}) == 1
    assert [sum(patch.get_data().values) for patch in stairs] == [pytest.approx(1)] * 4
    texts = said(figure)
    assert sum(text.startswith("p50") for text in texts) == 4
    assert sum(text.startswith("p99") for text in texts) == 2
    assert "share of the values" in texts


def test_outlines_differ_by_more_than_their_colour() -> None:
    found = {str(i): measured(NORMAL + i * 1e-4) for i in range(8)}
    lines = [patch for patch in main(histogram(found)).patches if not patch.get_fill()]
    assert len({(patch.get_edgecolor(), str(patch.get_linestyle())) for patch in lines}) == 8


def test_estimated_is_hatched_alone_and_dashed_among_others() -> None:
    estimated = measured(NORMAL, Provenance.ESTIMATED)
    (alone,) = main(histogram({"a": estimated})).patches
    assert alone.get_hatch()
    assert any(text.startswith("p50 ~") for text in said(histogram({"a": estimated})))
    one, two = (patch for patch in main(histogram({"a": measured(NORMAL), "b": estimated})).patches if not patch.get_fill())
    assert (one.get_linestyle(), two.get_linestyle()) == ("-", "--")
