"""The page that pictures are drawn on."""

from __future__ import annotations

from matplotlib.colors import to_hex

from nbperf.views.sheet import EDGE, KEY_ROWS, Sign, sheet
from nbperf.views.theme import DARK
from tests.views.looked import said, troubles


def test_ticks_are_of_the_theme_however_late_they_are_drawn() -> None:
    with sheet((5, 4), dark=True) as page:
        page.axes()
    page.figure.draw_without_rendering()
    (axes,) = page.figure.axes
    assert {to_hex(text.get_color()) for text in axes.get_xticklabels()} == {DARK.faint}


def test_a_key_takes_few_rows_and_counts_the_rest() -> None:
    with sheet((5, 4), dark=False) as page:
        page.key([Sign(f"a line named {i}", line={"color": "red"}) for i in range(40)])
    (board,) = page.figure.axes
    assert len({text.get_position()[1] for text in board.texts}) == KEY_ROWS
    shown = len(board.texts) - 1
    assert f"{40 - shown} more" in said(page.figure)
    assert troubles(page.figure) == []


def test_axes_and_their_letters_fill_the_page_and_stay_on_it() -> None:
    with sheet((5, 4), dark=False) as page:
        page.heading("title", "a note")
        axes = page.axes()
        axes.set_ylim(0, 1e7)
        axes.set_ylabel("a quantity")
        axes.set_xlabel("another")
        page.fit(axes, right=30)
    outer = axes.get_tightbbox()
    scale = 72 / page.figure.dpi
    assert abs(outer.x0 * scale - EDGE) < 2
    assert abs(outer.y0 * scale - EDGE) < 2
    assert abs(page.width - EDGE - 30 - outer.x1 * scale) < 2
    assert outer.y1 * scale <= page.height - page.used + 2
    assert troubles(page.figure) == []


def test_a_long_heading_is_cut_to_the_page() -> None:
    with sheet((3, 2), dark=False) as page:
        page.heading("标题 " * 60)
    (title,) = said(page.figure)
    assert title.endswith("…")
    assert troubles(page.figure) == []
    assert page.measure(title, 11, bold=True) <= page.width - 2 * EDGE
