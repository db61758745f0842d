"""Strips, sparklines and columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbperf.core import stats
from nbperf.report.card import Strip
from nbperf.report.columns import clean, flow, grid, width, wrap
from nbperf.report.spark import sparkline
from nbperf.report.strip import MARGIN, MOST_DOTS, WIDE, drawing


def strip(values: list[float]) -> Strip:
    quartiles = stats.quantile(values, 0.25), stats.quantile(values, 0.75)
    return Strip(values=tuple(values), median=stats.median(values), iqr=quartiles, interval=None, ends=("a", "b"), says="")


def test_a_sparkline_goes_from_the_least_to_the_most() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert sparkline([5, 5, 5]) == "▁▁▁"
    assert sparkline([]) == ""


def test_a_long_sparkline_is_a_row_of_medians() -> None:
    line = sparkline([0.0] * 50 + [100.0] + [1.0] * 49, width=10)
    assert len(line) == 10
    assert line == "▁▁▁▁▁█████"


@pytest.mark.parametrize("count", [5, 20, MOST_DOTS])
def test_each_repeat_has_its_dot(count: int) -> None:
    assert drawing(strip([float(i) for i in range(count)])).count("h0") == count


def test_many_repeats_become_a_histogram_of_all_of_them() -> None:
    drawn = drawing(strip([float(i % 37) for i in range(MOST_DOTS + 1)]))
    assert "h0" not in drawn
    assert "nbperf-h" in drawn


def test_one_that_took_very_long_stands_at_the_edge_and_apart() -> None:
    drawn = drawing(strip([1.0 + i / 100 for i in range(20)] + [50.0]))
    far = re.search(r'nbperf-far" d="M(\d+) ', drawn)
    assert far is not None
    assert int(far[1]) == WIDE - MARGIN
    assert drawn.count("h0") == 21


def test_all_alike_stand_in_the_middle() -> None:
    assert f"M{WIDE // 2} " in drawing(strip([2.0] * 6))


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("模型", 4), ("e\u0301", 1), ("µs±×", 4)])
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_clean_leaves_one_line_without_commands() -> None:
    assert clean("a\nb\x1b[31mc\u202ed") == "a b [31mc d"


@given(st.text(max_size=200), st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    text = clean(text)
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", text)


@pytest.mark.parametrize("columns", range(24, 60))
def test_a_chinese_line_begins_with_no_comma_and_ends_with_no_opening_bracket(columns: int) -> None:
    text = "峰值 15.6 GiB 已达上限的 98 %（cgroup memory.max）：再多一点，内核（Jupyter）就会被终止，或用 `vs` 比较（见下）。"
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert not any(line[0] in "，。：）" or line[-1] == "（" for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=60), max_size=8), st.integers(5, 50))
def test_flow_fits(pieces: list[str], columns: int) -> None:
    assert all(width(line) <= columns for line in flow(pieces, columns, " · "))


@given(st.lists(st.lists(st.text("ab 模", max_size=50), min_size=1, max_size=5), min_size=1, max_size=6))
def test_grids_fit(rows: list[list[str]]) -> None:
    assert all(width(line) <= 60 for line in grid(rows, 60))
