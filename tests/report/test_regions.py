"""Regions as one bar."""

from __future__ import annotations

import pytest

from nbperf.core.records import Run
from nbperf.report.card import Bar
from nbperf.report.regions import MOST, bar
from nbperf.report.spark import stacked
from tests.report import examples
from tests.report.examples import region, sample


def drawn(run: Run) -> Bar:
    found, _ = bar(run)
    assert found is not None
    return found


def figures(run: Run) -> dict[str, tuple[str, ...]]:
    return {str(s.name): tuple(str(f).replace("\N{NO-BREAK SPACE}", " ") for f in s.figures) for s in drawn(run).segments}


def test_no_regions_no_bar() -> None:
    assert bar(examples.one()) == (None, None)


def test_shares_times_and_counts() -> None:
    run = Run(samples=(sample(1.0, regions=[region("a", 0.25, 3), region("b", 0.5)]),))
    assert figures(run) == {"a": ("250 ms", "25 %", "×3"), "b": ("500 ms", "50 %", "×1"), "other": ("250 ms", "25 %", "")}


def test_the_rest_is_left_out_where_there_is_none() -> None:
    run = Run(samples=(sample(1.0, regions=[region("a", 1.0)]),))
    assert list(figures(run)) == ["a"]


def test_repeats_are_averaged_and_loops_divided_out() -> None:
    run = Run(samples=tuple(sample(10.0, loops=10, regions=[region("a", seconds, 10)]) for seconds in (4.0, 6.0)))
    assert figures(run)["a"] == ("500 ms", "50 %", "×10")


def test_inner_parts_lie_within_the_one_that_holds_them() -> None:
    found = drawn(examples.epoch())
    by_name = {str(s.name): s for s in found.segments}
    for inner, outer in (("conv", "forward"), ("norm", "forward"), ("pad", "conv")):
        a, b = by_name[inner], by_name[outer]
        assert a.depth == b.depth + 1
        assert a.colour == b.colour
        assert b.start <= a.start <= a.start + a.share <= b.start + b.share + 1e-9
    assert [len(level) for level in found.levels] == [5, 2, 1]


def test_outermost_parts_fill_the_whole() -> None:
    level = drawn(examples.epoch()).levels[0]
    end = 0.0
    for segment in level:
        assert segment.start == pytest.approx(end)
        end += segment.share
    assert end == pytest.approx(1.0)


def test_a_part_without_its_holder_keeps_its_whole_name() -> None:
    run = Run(samples=(sample(1.0, regions=[region("a/b", 0.5)]),))
    assert "a › b" in figures(run)


def test_parts_on_several_threads_are_no_more_than_the_whole() -> None:
    run = Run(samples=(sample(1.0, regions=[region("a", 0.8), region("b", 0.8)]),))
    assert figures(run) == {"a": ("800 ms", "50 %", "×1"), "b": ("800 ms", "50 %", "×1")}


def test_where_a_device_worked_its_time_is_shared_out() -> None:
    found = figures(examples.cuda())
    assert found["backward"][1:] == ("27.6 ms", "59 %", "×1")
    assert found["other"][0] == ""


def test_one_region_without_device_time_leaves_the_host_clock() -> None:
    run = Run(samples=(sample(1.0, regions=[region("a", 0.5, 1, 0.4), region("b", 0.2)]),))
    assert figures(run)["a"] == ("500 ms", "50 %", "×1")


def test_many_regions_show_the_largest_and_fold_all() -> None:
    parts = [region(f"r{i}", 0.001 * (i + 1)) for i in range(30)]
    run = Run(samples=(sample(1.0, regions=parts),))
    found, table = bar(run)
    assert found is not None
    assert table is not None
    names = [str(s.name) for s in found.segments]
    assert len(names) == MOST + 1
    assert names[0] == "r18"
    assert names[-1] == "other"
    assert len(table.rows) == 31
    ends = [s.start + s.share for s in found.segments]
    assert ends[-1] == pytest.approx(1.0)
    assert all(a.start + a.share == pytest.approx(b.start) for a, b in zip(found.segments, found.segments[1:], strict=False))


def test_the_characters_of_the_bar_fill_its_width() -> None:
    assert len(stacked(drawn(examples.epoch()), 40)) == 40
