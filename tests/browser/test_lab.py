"""The driver opens, runs, reads and photographs a notebook, in light and in dark."""

from __future__ import annotations

import nbformat
import pytest

pytestmark = pytest.mark.browser

PLOT = """
%matplotlib inline
import matplotlib.pyplot as plt
plt.figure(figsize=(3, 2)); plt.plot([1, 3, 2]); plt.show()
"""


def brightness(picture) -> float:
    """From 0, black, to 255, white."""
    grey = picture.convert("L")
    return sum(value * count for value, count in enumerate(grey.histogram())) / (grey.width * grey.height)


def test_runs_and_shows_in_both_themes(notebook):
    opened = notebook("trivial.ipynb", "print('hello from the kernel')", PLOT, "6 * 7")
    opened.run_all()
    assert opened.errors() == []
    assert opened.output(0).inner_text().strip() == "hello from the kernel"
    assert opened.output(1).locator("img").count() == 1
    assert opened.outputs(2)[0]["data"]["text/plain"] == "42"
    seen = {}
    for theme in ("light", "dark"):
        opened.theme(theme)
        assert opened.shot(f"trivial-{theme}").stat().st_size > 5_000
        seen[theme] = brightness(opened.picture(opened.cell(0)))
    assert seen["light"] > 200
    assert seen["dark"] < 100
    assert opened.complaints == []


def test_one_cell_is_edited_run_and_saved(notebook):
    opened = notebook("edited.ipynb", "1 / 0", "print('not yet')")
    opened.run_cell(0)
    assert opened.errors() == ["ZeroDivisionError: division by zero"]
    opened.edit(0, "print('mended')")
    opened.run_cell(0)
    assert opened.errors() == []
    saved = nbformat.read(opened.save(), as_version=4)
    assert [len(cell.outputs) for cell in saved.cells] == [1, 0]
    assert saved.cells[0].outputs[0].text == "mended\n"


def test_a_picture_shows_a_long_notebook_to_its_end(notebook):
    opened = notebook("long.ipynb", "print('line\\n' * 150)", "print('the end')")
    opened.run_all()
    from PIL import Image

    with Image.open(opened.shot("long")) as picture:
        assert picture.height / 2 > opened.output(0).bounding_box()["height"] + 100
    assert opened.page.viewport_size["height"] == 800


def test_what_is_higher_than_a_page_goes_into_several_pictures(notebook):
    opened = notebook("higher.ipynb", "print('line\\n' * 1200)", "print('the end')")
    opened.run_all()
    from PIL import Image

    first = opened.shot("higher")
    with Image.open(first) as top, Image.open(first.with_name("higher-2.png")) as rest:
        assert (top.height + rest.height) / 2 > opened.output(0).bounding_box()["height"] + 100
        assert top.tobytes() != rest.tobytes()
    assert not first.with_name("higher-3.png").exists()
