"""The confusion matrix, by its artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from nbperf.views import cells, classes
from nbperf.views.matrix import Matrix, diverging, matrix
from nbperf.views.theme import DARK, LIGHT
from nbperf.words import READER
from tests.views.gallery import counts
from tests.views.looked import said, troubles

LABELS = ("cat", "dog", "bird")
THREE = np.array([[8.0, 2.0, 0.0], [1.0, 9.0, 0.0], [0.0, 0.0, 0.0]])


def numbers(figure: Figure) -> list[Text]:
    """What stands in the cells."""
    return list(figure.axes[0].texts)


def grid(figure: Figure) -> list[list[str]]:
    texts = [text.get_text() for text in numbers(figure)]
    side = int(len(texts) ** 0.5)
    return [texts[i * side : (i + 1) * side] for i in range(side)]


def contrast(one: str, other: str) -> float:
    a, b = sorted((cells.luminance(to_rgb(colour)) for colour in (one, other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def ticks(figure: Figure) -> tuple[list[str], list[str]]:
    axes = figure.axes[0]
    return [text.get_text() for text in axes.get_xticklabels()], [text.get_text() for text in axes.get_yticklabels()]


def test_counts_stand_in_their_cells_and_the_accuracy_above() -> None:
    figure = matrix(Matrix(counts=THREE, labels=LABELS), title="pets")
    assert grid(figure) == [["8", "2", "0"], ["1", "9", "0"], ["0", "0", "0"]]
    texts = said(figure)
    assert "pets" in texts
    assert "accuracy 85.00 % of 20" in texts
    assert ticks(figure) == (list(LABELS), list(LABELS))
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("predicted", "true")
    assert figure.axes[0].get_ylim() == (3, 0)  # the first class on top


def test_shares_of_rows_are_recall_and_of_columns_precision() -> None:
    rows = grid(matrix(Matrix(counts=THREE, labels=LABELS), show="rows"))
    assert rows == [["80.0", "20.0", "0"], ["10.0", "90.0", "0"], ["–", "–", "–"]]
    columns = grid(matrix(Matrix(counts=THREE, labels=LABELS), show="columns"))
    assert [row[0] for row in columns] == ["88.9", "11.1", "0"]
    assert [row[2] for row in columns] == ["–", "–", "–"]


def test_a_difference_is_centred_at_nothing() -> None:
    other = THREE.copy()
    other[0] = [5, 5, 0]
    figure = matrix(Matrix(counts=THREE), against=Matrix(counts=other), show="rows")
    assert grid(figure)[0] == ["+30.0", "−30.0", "0"]
    low, high = figure.axes[0].collections[0].get_clim()
    assert (low, high) == (pytest.approx(-0.3), pytest.approx(0.3))
    assert "accuracy 70.00 % → 85.00 %, +15.00 percentage points" in said(figure)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_no_difference_has_the_colour_of_the_page_and_the_ends_are_told_apart(theme) -> None:
    colours = diverging(theme)
    assert np.allclose(colours(0.5)[:3], to_rgb(theme.page), atol=0.02)
    less, more = colours(0.0), colours(1.0)
    assert less[2] > less[0]  # blue
    assert more[0] > more[2]  # orange


@pytest.mark.parametrize("show", ["counts", "rows"])
@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("difference", [True, False])
def test_every_number_is_readable_on_its_cell(show, dark: bool, difference: bool) -> None:
    found, other = Matrix(counts=counts(12)), Matrix(counts=counts(12, seed=5, right=0.5))
    figure = matrix(found, show=show, dark=dark, against=other if difference else None)
    mesh = figure.axes[0].collections[0]
    colours = mesh.to_rgba(mesh.get_array()).reshape(12, 12, 4)
    assert numbers(figure)
    for text in numbers(figure):
        x, y = text.get_position()
        assert contrast(text.get_color(), colours[int(y), int(x)][:3]) >= 4.3


@pytest.mark.parametrize(("side", "size", "fit"), [(2, (5, 4.4), True), (10, (5, 4.4), True), (20, (9, 7.4), True), (26, (9, 7.4), False)])
def test_numbers_are_in_the_cells_while_they_fit(side: int, size: tuple[float, float], fit: bool) -> None:
    figure = matrix(Matrix(counts=counts(side)), show="rows", size=size)
    assert bool(numbers(figure)) is fit
    figure.draw_without_rendering()
    cell = figure.axes[0].get_window_extent().width / side
    assert all(text.get_window_extent().width <= cell for text in numbers(figure))


def test_large_counts_are_written_short_where_they_do_not_fit() -> None:
    figure = matrix(Matrix(counts=np.full((10, 10), 1_234_567.0)), size=(6.5, 5))
    assert {text.get_text() for text in numbers(figure)} == {"1.2M"}
    assert {text.get_text() for text in numbers(matrix(Matrix(counts=[[1_234_567.0]])))} == {"1,234,567"}


def test_zeros_are_empty_where_they_would_hide_the_numbers() -> None:
    few, many = np.eye(4) * 5, np.eye(15) * 5
    assert len(numbers(matrix(Matrix(counts=few)))) == 16
    assert len(numbers(matrix(Matrix(counts=many)))) == 15


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0, 0, "0"), (1, 0, "100"), (0.004, 0, "<1"), (0.996, 0, ">99"), (0.0004, 1, "<0.1"), (0.9996, 1, ">99.9"), (0.125, 1, "12.5")],
)
def test_what_is_not_quite_none_or_all_says_so(value: float, places: int, text: str) -> None:
    assert cells.share(places)(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.001, "+0"), (-0.001, "−0"), (0.0, "0"), (-0.12, "−12")])
def test_a_small_difference_keeps_its_sign(value: float, text: str) -> None:
    assert cells.more_or_less(0)(value) == text


@pytest.mark.parametrize("size", [(9.0, 7.4), (5.0, 4.6)])
@pytest.mark.parametrize("side", [2, 10, 100, 1000])
def test_names_of_classes_never_collide(side: int, size: tuple[float, float]) -> None:
    found = np.eye(side)
    figure = matrix(Matrix(counts=found, labels=tuple(f"a class named {i}" for i in range(side))), size=size)
    across, down = ticks(figure)
    assert troubles(figure) == []
    assert 2 <= len(across) <= 60
    assert 2 <= len(down) <= 60
    assert across[0].startswith("a class")


@pytest.mark.parametrize(("count", "room", "step"), [(10, 200, 1), (100, 500, 5), (1000, 500, 50), (1, 1, 1), (3, 1, 5)])
def test_names_are_thinned_in_round_steps(count: int, room: float, step: int) -> None:
    assert classes.every(count, room, 11) == step


def test_of_a_thousand_classes_no_confusion_is_lost() -> None:
    found = np.eye(1000)
    found[77, 123] = 50.0
    figure = matrix(Matrix(counts=found))
    drawn = figure.axes[0].collections[0].get_array()
    assert drawn.shape == (250, 250)
    assert drawn[77 // 4, 123 // 4] == 50
    assert "each square is the highest of 4 × 4 cells" in said(figure)


def test_margins_say_how_many_are_of_each_class_and_were_taken_for_it() -> None:
    figure = matrix(Matrix(counts=THREE, labels=LABELS), margins=True)
    widths = [bar.get_width() for axes in figure.axes for bar in axes.patches if axes.get_label() or bar.get_width() > 1]
    assert [round(width) for width in widths if width > 1] == [10, 10]
    heights = [bar.get_height() for axes in figure.axes for bar in axes.patches if bar.get_height() > 1]
    assert heights == [9, 11]


def test_nothing_counted_has_no_accuracy() -> None:
    assert "nothing was counted" in said(matrix(Matrix(counts=np.zeros((2, 2)))))
    assert Matrix(counts=np.zeros((2, 2))).accuracy is None


def test_almost_all_right_is_not_all() -> None:
    texts = said(matrix(Matrix(counts=[[999_999, 1], [0, 1_000_000]])))
    assert "accuracy >99.99 % of 2,000,000" in texts


def test_it_speaks_chinese() -> None:
    READER.speak("zh_CN")
    try:
        figure = matrix(Matrix(counts=THREE, labels=("猫", "狗", "鸟")))
    finally:
        READER.speak(None)
    texts = said(figure)
    assert {"预测类别", "真实类别", "混淆矩阵", "猫"} <= set(texts)
    assert troubles(figure) == []
