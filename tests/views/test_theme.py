"""One look: colours, markers, and how an estimate differs."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.colors import to_rgb

from nbperf.core.records import Provenance
from nbperf.views.cells import luminance
from nbperf.views.theme import DARK, LIGHT, MARKERS, dot, sign, style, surface

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def contrast(one: str, other: str) -> float:
    a, b = sorted((luminance(to_rgb(colour)) for colour in (one, other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


@THEMES
def test_letters_are_readable_on_the_page(theme) -> None:
    assert contrast(theme.text, theme.page) >= 7
    assert contrast(theme.faint, theme.page) >= 4.5


@THEMES
def test_lines_and_bars_stand_out_from_the_page(theme) -> None:
    assert all(contrast(colour, theme.page) >= 2 for colour in (*theme.colours, *theme.fills))


@THEMES
def test_colours_of_lines_are_far_apart(theme) -> None:
    for one, two in combinations(theme.colours, 2):
        assert sum(abs(a - b) for a, b in zip(to_rgb(one), to_rgb(two), strict=True)) > 0.25, (one, two)


@THEMES
def test_each_line_has_a_marker_or_a_colour_of_its_own(theme) -> None:
    found = [(sign(theme, i)["color"], sign(theme, i)["marker"]) for i in range(36)]
    assert len(set(found)) == 36
    assert [marker for _, marker in found[:6]] == list(MARKERS)


def test_an_estimate_is_dashed_hollow_or_hatched_and_a_measurement_is_none_of_them() -> None:
    assert style(Provenance.ESTIMATED)["linestyle"] == "--"
    assert dot(Provenance.ESTIMATED) == {"linestyle": "none", "markerfacecolor": "none"}
    assert dot(Provenance.MEASURED) == {"linestyle": "none"}
    assert surface(Provenance.ESTIMATED, "#0072b2", "#ffffff")["hatch"]
    assert "hatch" not in surface(Provenance.MEASURED, "#0072b2", "#ffffff")
