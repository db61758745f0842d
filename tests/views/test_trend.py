"""The trend of a label, by its artists."""

from __future__ import annotations

import random
import warnings

import pytest
from matplotlib.figure import Figure

from nbperf.core.records import Provenance
from nbperf.core.units import Unit
from nbperf.errors import NBPerfWarning
from nbperf.views import theme
from nbperf.views.trend import Point, trend


def points(count: int, *, machine: str = "laptop", level: float = 5e-3, after: float | None = None, seed: int = 0) -> list[Point]:
    rng = random.Random(seed)
    found = []
    for i in range(count):
        value = (level if after is None or i < count // 2 else after) * (1 + rng.gauss(0, 0.02))
        found.append(
            Point(
                moment=1e9 + 60 * i + seed,
                label="train",
                machine=machine,
                median=value,
                low=value * 0.97,
                high=value * 1.04,
                unit=Unit.SECOND,
            )
        )
    return found


def texts(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.axes[0].texts).replace("\N{NO-BREAK SPACE}", " ")


def test_each_machine_has_its_own_line_and_name() -> None:
    figure = trend(points(10) + points(10, machine="server", level=2e-3, seed=1), "time.wall", title="train")
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines if len(line.get_xdata()) == 10] == ["laptop", "server"]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["laptop", "server"]
    assert axes.get_title(loc="left") == "train"
    assert axes.get_ylabel() == "wall time (ms)"


def test_a_change_of_level_is_marked_and_sized() -> None:
    figure = trend(points(40, after=7.5e-3), "time.wall")
    dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert len(dotted) == 1
    assert "+50 %" in texts(figure) or "+49 %" in texts(figure) or "+51 %" in texts(figure)
    assert not [line for line in trend(points(40), "time.wall").axes[0].lines if line.get_linestyle() == ":"]


def test_one_run_is_a_trend_too() -> None:
    figure = trend(points(1), "time.wall")
    assert figure.axes[0].get_legend() is None
    assert "ms" in texts(figure)


def test_estimated_looks_estimated() -> None:
    from dataclasses import replace

    figure = trend([replace(p, provenance=Provenance.ESTIMATED) for p in points(5)], "energy.cpu")
    assert figure.axes[0].lines[0].get_linestyle() == "--"
    assert "~" in texts(figure)


@pytest.mark.parametrize("dark", [True, False])
def test_both_themes_are_readable_and_leave_the_settings_alone(dark: bool) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figure = trend(points(5), "time.wall", dark=dark)
    assert dict(mpl.rcParams) == before
    page = sum(figure.get_facecolor()[:3])
    assert (page < 1) is dark


def test_a_missing_font_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "chinese_fonts", lambda: ())
    with pytest.warns(NBPerfWarning, match="fonts-noto-cjk"):
        theme.warn_of_missing_letters("训练")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theme.warn_of_missing_letters("train")


def test_many_runs_have_few_ticks() -> None:
    assert len(trend(points(300), "time.wall").axes[0].get_xticks()) <= 7
