"""Labels find places, always the same ones."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from nbperf.views.placement import Box, Wish, in_rows, place

INSIDE = Box(0, 0, 500, 150)
points = st.tuples(st.floats(0, 500), st.floats(0, 150))


@given(st.lists(points, max_size=7), st.lists(points, max_size=20))
def test_labels_stay_inside_and_apart(wanted: list[tuple[float, float]], curve: list[tuple[float, float]]) -> None:
    wishes = [Wish(x, y, ((150, 12), (60, 12))) for x, y in wanted]
    taken = [Box(400, 130, 90, 15)]
    spots = place(wishes, INSIDE, taken=taken, curve=curve)
    boxes = [spot.box for spot in spots if spot]
    assert all(box.within(INSIDE) for box in boxes)
    assert not any(one.meets(two) for one, two in combinations([*boxes, *taken], 2))
    assert spots == place(wishes, INSIDE, taken=taken, curve=curve)


def test_a_label_alone_stands_beside_its_point() -> None:
    (spot,) = place([Wish(100, 70, ((80, 12),))], INSIDE)
    assert spot is not None
    x, y = spot.box.nearest(100, 70)
    assert abs(x - 100) + abs(y - 70) < 20


def test_the_shorter_text_is_taken_where_the_longer_has_no_room() -> None:
    (spot,) = place([Wish(100, 70, ((600, 12), (80, 12)))], INSIDE)
    assert spot is not None
    assert spot.text == 1
    assert place([Wish(100, 70, ((600, 12),))], INSIDE) == [None]


def test_a_label_hides_no_curve_where_it_need_not() -> None:
    curve = [(float(x), 80.0) for x in range(0, 500, 5)]
    (spot,) = place([Wish(250, 80, ((120, 12),))], INSIDE, curve=curve)
    assert spot is not None
    assert not any(spot.box.y - 2 <= y <= spot.box.y + 14 for _, y in curve)


@given(st.lists(st.floats(0, 400), max_size=30))
def test_names_in_rows_do_not_meet(starts: list[float]) -> None:
    starts = sorted(starts)
    found = in_rows([40.0] * len(starts), starts, left=0, right=400, rows=2)
    for row in range(2):
        placed = sorted(spot[1] for spot in found if spot and spot[0] == row)
        assert all(b - a >= 40 for a, b in zip(placed, placed[1:], strict=False))  # noqa: RUF007
        assert all(0 <= start <= 360 for start in placed)
