"""Bars side by side, by their artists."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nbperf.core.records import Provenance
from nbperf.core.units import Unit
from nbperf.views.bars import MOST, Bars, bars
from nbperf.views.theme import DARK, LIGHT
from tests.views.gallery import NAMES, groups
from tests.views.looked import grey, said

ABC = ("a", "b", "c", "d")
SCORES = Bars(name="precision", values=(0.5, 0.9, math.nan, 0.7), intervals=((0.4, 0.6), None, None, (0.65, 0.75)))


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def drawn(figure: Figure) -> list[Rectangle]:
    return [patch for patch in main(figure).patches if isinstance(patch, Rectangle)]


def rows(figure: Figure) -> list[str]:
    return [text.get_text() for text in main(figure).get_yticklabels()]


def test_a_bar_for_each_name_from_zero_in_order() -> None:
    figure = bars(ABC, [SCORES])
    assert rows(figure) == list(ABC)
    widths = [patch.get_width() for patch in drawn(figure)]
    assert widths[:2] == [0.5, 0.9]
    assert main(figure).get_xlim() == (0, 1)
    low, high = main(figure).get_ylim()
    assert low > high  # the first on top


@pytest.mark.parametrize(
    ("order", "better", "found"),
    [
        ("worst", None, ["a", "d", "b", "c"]),
        ("best", None, ["b", "d", "a", "c"]),
        ("worst", "less", ["b", "d", "a", "c"]),
        ("best", "less", ["a", "d", "b", "c"]),
    ],
)
def test_sorted_by_the_first_group_and_what_has_no_value_last(order, better, found) -> None:
    assert rows(bars(ABC, [SCORES], order=order, better=better)) == found


def test_intervals_are_whiskers() -> None:
    whiskers = [line.get_xdata() for line in main(bars(ABC, [SCORES])).lines if line.get_label() == "interval"]
    assert [tuple(ends) for ends in whiskers] == [(0.4, 0.6), (0.65, 0.75)]


def test_no_digit_is_written_that_the_interval_does_not_support() -> None:
    texts = said(bars(ABC, [SCORES]))
    assert "0.50" in texts
    assert "0.900" in texts
    assert "–" in texts


def test_estimated_is_hatched_and_marked() -> None:
    figure = bars(ABC, [replace(SCORES, provenance=Provenance.ESTIMATED), SCORES])
    hatches = [patch.get_hatch() for patch in drawn(figure)]
    assert all(hatches[:4])
    assert not any(hatches[4:])
    assert "~0.50" in said(figure)
    key = figure.axes[0]
    assert [bool(patch.get_hatch()) for patch in key.patches] == [True, False]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_three_groups_are_told_apart_in_grey(theme) -> None:
    first = [replace(group, provenance=Provenance.MEASURED) for group in groups()]
    figure = bars(NAMES, first, dark=theme is DARK)
    colours = {to_hex(patch.get_facecolor()) for patch in drawn(figure)}
    shades = sorted(grey(colour) for colour in colours)
    assert len(shades) == 3
    assert min(b - a for a, b in zip(shades, shades[1:], strict=False)) > 0.15  # noqa: RUF007
    assert all(abs(shade - grey(theme.page)) > 0.15 for shade in shades)


def test_bars_of_a_row_do_not_overlap() -> None:
    figure = bars(NAMES, groups())
    spans = sorted((patch.get_y(), patch.get_y() + patch.get_height()) for patch in drawn(figure))
    assert all(a[1] <= b[0] + 1e-9 for a, b in zip(spans, spans[1:], strict=False))  # noqa: RUF007


def test_many_names_are_cut_and_counted() -> None:
    many = [f"class {i}" for i in range(1000)]
    figure = bars(many, [Bars(name="recall", values=tuple(i / 1000 for i in range(1000)))], order="worst")
    assert rows(figure)[:2] == ["class 0", "class 1"]
    assert len(rows(figure)) == MOST
    assert "960 more not shown" in said(figure)
    low = bars(many, [Bars(name="recall", values=(1.0,) * 1000)], size=(5, 3))
    assert len(rows(low)) < MOST
    assert f"{1000 - len(rows(low))} more not shown" in said(low)


def test_a_unit_is_written_in_its_step() -> None:
    figure = bars(["a", "b"], [Bars(name="t", values=(0.001, 0.02))], unit=Unit.SECOND, label="latency", better="less")
    texts = said(figure)
    assert "latency (ms), less is better" in texts
    assert {"1.00 ms", "20.0 ms", "10"} <= set(texts)


def test_what_is_below_zero_is_inside() -> None:
    low, _ = main(bars(["a", "b"], [Bars(name="t", values=(-2.0, 1.0))])).get_xlim()
    assert low <= -2
