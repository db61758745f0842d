"""Trade-offs, by their artists."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nbperf.core.records import Provenance
from nbperf.views.relation import Dot, pareto, scatter
from tests.views.gallery import ACCURACY, EPOCH, LATENCY, NAN, SIZE
from tests.views.looked import said, troubles

FAST, RIGHT, MIDDLE, BAD = (
    Dot(name="fast", x=0.001, y=0.8), Dot(name="right", x=0.004, y=0.95), Dot(name="middle", x=0.002, y=0.9),
    Dot(name="bad", x=0.003, y=0.7, x_interval=(0.0025, 0.0035), y_interval=(0.68, 0.72)),
)  # fmt: skip
ALL = [BAD, RIGHT, FAST, MIDDLE]


def main(figure: Figure) -> Axes:
    return next(axes for axes in figure.axes if axes.axison)


def line(figure: Figure, name: str):
    return next(line for line in main(figure).lines if line.get_label() == name)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12), st.booleans(), st.booleans())
def test_the_front_is_what_no_other_beats(points, less_x: bool, less_y: bool) -> None:
    x, y = replace(LATENCY, better="less" if less_x else "more"), replace(ACCURACY, better="less" if less_y else "more")
    a, b = (-1 if less_x else 1), (-1 if less_y else 1)

    def beats(one, two) -> bool:
        return a * one[0] >= a * two[0] and b * one[1] >= b * two[1] and one != two

    found = pareto(points, x, y)
    assert set(found) == {i for i, point in enumerate(points) if not any(beats(other, point) for other in points)}
    assert [a * points[i][0] for i in found] == sorted((a * points[i][0] for i in found), reverse=True)


def test_the_front_is_drawn_in_steps_to_the_ends_of_the_picture() -> None:
    figure = scatter(ALL, LATENCY, ACCURACY)
    front = line(figure, "front")
    xs, ys = list(front.get_xdata()), list(front.get_ydata())
    assert xs == [0.001, 0.001, 0.002, 0.002, 0.004, 0.004, main(figure).get_xlim()[1]]
    assert ys == [main(figure).get_ylim()[0], 0.8, 0.8, 0.9, 0.9, 0.95, 0.95]
    assert {line(figure, name).get_marker() for name in ("fast", "middle", "right")} == {"D"}
    assert line(figure, "bad").get_marker() == "o"  # told apart without colour


def test_no_front_where_nothing_is_better() -> None:
    figure = scatter(ALL, EPOCH, ACCURACY)
    assert not [each for each in main(figure).lines if each.get_label() == "front"]
    assert not [each for each in main(scatter(ALL, LATENCY, ACCURACY, front=False)).lines if each.get_label() == "front"]


def test_points_are_named_with_their_numbers() -> None:
    texts = said(scatter(ALL, LATENCY, ACCURACY))
    assert "fast  1.00 ms, 0.800" in texts
    assert "bad" in texts
    assert "latency (ms), less is better" in texts
    assert "accuracy, more is better" in texts


def test_errors_are_bars_through_their_point() -> None:
    axes = main(scatter(ALL, LATENCY, ACCURACY))
    spans = [(tuple(each.get_xdata()), tuple(each.get_ydata())) for each in axes.lines if len(each.get_xdata()) == 2]
    assert ((0.0025, 0.0035), (0.7, 0.7)) in spans
    assert ((0.003, 0.003), (0.68, 0.72)) in spans


def test_estimated_is_hollow_and_marked() -> None:
    figure = scatter([replace(FAST, provenance=Provenance.ESTIMATED), RIGHT], LATENCY, ACCURACY)
    assert line(figure, "fast").get_markerfacecolor() == "none"
    assert line(figure, "right").get_markerfacecolor() != "none"
    assert "fast  ~1.00 ms, ~0.800" in said(figure)
    assert "estimated" in said(figure)


def test_what_has_no_value_is_counted() -> None:
    figure = scatter([*ALL, Dot(name="lost", x=NAN, y=1.0)], LATENCY, ACCURACY)
    assert "1 not shown: no value" in said(figure)
    assert "lost" not in said(figure)


@pytest.mark.parametrize("size", [(9, 5.2), (5, 4)])
def test_names_of_many_points_do_not_meet(size: tuple[float, float]) -> None:
    many = [Dot(name=f"trial {i}", x=0.001 * (1 + i % 7 + i / 50), y=0.5 + 0.4 * (i * 37 % 60) / 60) for i in range(60)]
    figure = scatter(many, LATENCY, ACCURACY, size=size)
    assert troubles(figure) == []
    named = [text for text in said(figure) if text.startswith("trial")]
    assert 3 <= len(named) <= 18


def test_every_point_and_interval_is_inside() -> None:
    for log in ("", "xy"):
        axes = main(scatter(ALL, LATENCY, ACCURACY, log=log))
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert left < 0.001 < 0.004 < right
        assert low < 0.68 < 0.95 < high


def test_bytes_on_a_logarithmic_axis_stand_at_powers_of_two() -> None:
    figure = scatter([Dot(name="a", x=2.0**20, y=0.5), Dot(name="b", x=2.0**30, y=0.6)], SIZE, ACCURACY, log="x")
    sizes = [float(text.split()[0]) for text in said(figure) if text.endswith("iB")]
    assert len(sizes) >= 3
    assert all(math.log2(size).is_integer() for size in sizes)
