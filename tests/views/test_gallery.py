"""What holds for every picture: nothing overlaps or leaves the page, nothing breaks, and nothing outside is touched."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import nbperf
from nbperf.views.letters import BOX
from nbperf.views.theme import DARK, LIGHT, drawn
from tests.views.gallery import FULL, NOTHING, ONE, TITLE
from tests.views.looked import said, seen, troubles

WIDE, SMALL = (9.0, 6.4), (5.0, 4.4)
VIEWS = Path(nbperf.__file__).parent / "views"


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["900", "500"])
@pytest.mark.parametrize("name", FULL)
def test_no_text_leaves_the_page_or_overlaps_another(name: str, size: tuple[float, float]) -> None:
    figure = FULL[name](size=size)
    assert troubles(figure) == []
    assert len(said(figure)) > 5


@pytest.mark.parametrize("name", ONE)
def test_one_value_is_a_picture_too(name: str) -> None:
    figure = ONE[name](size=SMALL)
    assert troubles(figure) == []
    FigureCanvasAgg(figure).draw()
    assert any(axes.has_data() for axes in figure.axes)


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_said_to_be_nothing(name: str) -> None:
    assert "nothing to show" in said(NOTHING[name](size=SMALL))


def test_the_test_of_texts_can_fail() -> None:
    figure = Figure(figsize=(4, 3))
    figure.text(0.1, 0.5, "one two")
    figure.text(0.12, 0.5, "three")
    figure.text(0.95, 0.9, "leaves the page")
    assert len(troubles(figure)) == 2


def test_names_are_text_and_no_formula() -> None:
    assert TITLE.replace("🚀", BOX) in said(FULL["bars"](size=WIDE))
    for name in FULL:
        figure = FULL[name](size=WIDE)
        assert not any(text.get_parse_math() for text in seen(figure) if "$" in text.get_text()), name


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("name", FULL)
def test_both_themes_reach_every_letter_and_leave_the_settings_alone(name: str, dark: bool) -> None:
    before = dict(mpl.rcParams)
    figure = FULL[name](size=SMALL, dark=dark)
    assert dict(mpl.rcParams) == before
    figure.draw_without_rendering()  # later, in other settings: ticks are as they were
    theme = DARK if dark else LIGHT
    assert mpl.colors.to_hex(figure.get_facecolor()) == theme.page
    allowed = {theme.text, theme.faint, "#111111", "#ffffff"}  # the last two in the cells of a matrix
    assert {mpl.colors.to_hex(text.get_color()) for text in seen(figure)} <= allowed


@pytest.mark.parametrize("path", sorted(VIEWS.glob("*.py")), ids=lambda path: path.stem)
def test_no_view_names_pyplot(path: Path) -> None:
    named = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not [name for name in named if "pyplot" in name]


def test_no_figure_is_registered_with_pyplot_and_only_seaborn_imports_it() -> None:
    program = """
import sys
from tests.views.gallery import FULL
seaborn = {"counts", "rows", "difference", "hundred"}
for name in FULL:
    if name not in seaborn:
        FULL[name](size=(5, 4))
assert "matplotlib.pyplot" not in sys.modules
FULL["counts"](size=(5, 4))
from matplotlib import pyplot
assert pyplot.get_fignums() == []
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=VIEWS.parents[1])
    assert done.returncode == 0, done.stderr


def test_figures_made_at_once_in_threads_keep_their_own_colours() -> None:
    before = dict(mpl.rcParams)
    names = ["counts", "bars", "ecdf", "radar", "roofline", "progress"]
    wrong: list[str] = []

    def work(number: int) -> None:
        dark = bool(number % 2)
        try:
            for name in names:
                figure = FULL[name](size=SMALL, dark=dark)
                FigureCanvasAgg(figure).draw()
                if mpl.colors.to_hex(figure.get_facecolor()) != (DARK if dark else LIGHT).page:
                    wrong.append(name)
                other = (LIGHT if dark else DARK).text
                wrong.extend(name for text in seen(figure) if mpl.colors.to_hex(text.get_color()) == other)
        except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
            wrong.append(repr(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert dict(mpl.rcParams) == before


def test_one_figure_waits_for_the_settings_of_another() -> None:
    entered = threading.Event()

    def other() -> None:
        with drawn(dark=True):
            entered.set()

    thread = threading.Thread(target=other)
    with drawn():
        thread.start()
        assert not entered.wait(0.05)
        assert mpl.rcParams["axes.facecolor"] == LIGHT.page
    thread.join()
    assert entered.is_set()
