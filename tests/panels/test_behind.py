from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from nbperf.panels.behind import LONGEST, Behind, picture, places, shown


def image(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


def test_the_newest_of_a_cell_come_first_and_each_once():
    behind = Behind()
    behind.add(np.array([0, 1, 0]), np.array([1, 1, 1]), np.array([10, 11, 12]))
    behind.add(np.array([0]), np.array([1]), np.array([10]))
    assert behind.of(0, 1).tolist() == [10, 12]
    assert behind.of(1, 0).tolist() == []


def test_the_oldest_go_when_there_are_too_many():
    behind = Behind(kept=1000)
    for start in range(0, 10_000, 100):
        behind.add(np.zeros(100), np.zeros(100), np.arange(start, start + 100))
        assert len(behind) <= 1000
    found = behind.of(0, 0)
    assert found[0] == 9999
    assert 400 <= len(found) <= 1000


@pytest.mark.parametrize(
    ("values", "labels", "expected"),
    [
        ([0, 1], ("cat", "dog"), [0, 1]),
        (["dog", "cow"], ("cat", "dog"), [1, -1]),
        ([3, 5, 4], ("3", "5"), [0, 1, -1]),
        ([1, 2], ("0", "1"), [1, -1]),
        (np.array([True, False]), ("no", "yes"), [1, 0]),
    ],
)
def test_labels_are_found_among_the_classes(values, labels, expected):
    assert places(values, labels).tolist() == expected


@pytest.mark.parametrize(
    ("array", "size", "mode"),
    [
        (np.zeros((8, 12)), (12, 8), "L"), (np.zeros((8, 12, 3), np.uint8), (12, 8), "RGB"), (np.zeros((3, 8, 12)), (12, 8), "RGB"),
        (np.zeros((1, 8, 12)), (12, 8), "L"), (np.zeros((8, 12, 4)), (12, 8), "RGBA"), (np.zeros((900, 300)), (53, 160), "L"),
    ],
)  # fmt: skip
def test_arrays_that_look_like_pictures_are_shown_as_pictures(array, size, mode):
    found = image(picture(array))
    assert (found.size, found.mode) == (size, mode)


def test_values_keep_their_meaning_where_it_is_known():
    assert np.asarray(image(picture(np.full((4, 4), 0.5)))).max() == 128  # from 0 to 1
    assert np.asarray(image(picture(np.full((4, 4), 7, np.uint8)))).max() == 7
    normalised = np.asarray(image(picture(np.linspace(-2, 2, 16).reshape(4, 4))))
    assert (normalised.min(), normalised.max()) == (0, 255)
    assert picture(np.full((4, 4), np.nan)) is not None


@pytest.mark.parametrize("sample", ["a text", b"bytes", {"a": 1}, np.zeros(5), np.zeros((2, 2)), np.zeros((5, 5, 7)), 3, None])
def test_what_is_no_picture_is_text(sample):
    assert "text" in shown(sample)


def test_an_input_with_its_target_is_the_input():
    assert shown(("hello", 3)) == {"text": "hello"}
    assert "image" in shown((np.zeros((8, 8)), 3))
    assert len(shown("x" * 10_000)["text"]) == LONGEST + 1


def test_tensors_are_pictures_too():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    assert image(picture(torch.rand(3, 8, 9, requires_grad=True))).size == (9, 8)
