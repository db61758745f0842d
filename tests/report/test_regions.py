"""Regions as one bar."""

from __future__ import annotations

import contextvars
import threading
from contextlib import nullcontext

import pytest

import nbperf
from nbperf.core.records import Run
from nbperf.measuring import window as window_module
from nbperf.measuring.recorder import Recorder
from nbperf.probes.clock import Clock
from nbperf.report.card import Bar
from nbperf.report.regions import MOST, bar
from nbperf.report.spark import stacked
from nbperf.testing import FakeClock
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


def test_regions_that_overlap_are_said_to_and_their_sum_is_the_whole() -> None:
    apart = drawn(Run(samples=(sample(1.0, regions=[region("a", 0.4), region("b", 0.6)]),)))
    assert (apart.of[0], apart.of[1]) == ("the whole run", "1.00\N{NO-BREAK SPACE}s")
    both = drawn(Run(samples=(sample(1.0, regions=[region("a", 0.8), region("b", 0.8)]),)))
    assert (both.of[0], both.of[1]) == ("all regions; they overlapped", "1.60\N{NO-BREAK SPACE}s")
    assert sum(segment.share for segment in both.segments) == pytest.approx(1.0)


@pytest.mark.parametrize("outer", [None, "outer"])
def test_regions_open_at_once_in_two_threads(monkeypatch: pytest.MonkeyPatch, outer: str | None) -> None:
    """Of a window of 3 s the first is open from 0 s to 2 s and the second from 1 s to 3 s, neither within the other."""
    clock = FakeClock()
    monkeypatch.setattr(window_module, "perf_counter", clock)

    def work(name: str, inside: threading.Event, leave: threading.Event) -> None:
        with nbperf.region(name):
            inside.set()
            assert leave.wait(30)

    def begin(name: str) -> tuple[threading.Thread, threading.Event]:
        inside, leave = threading.Event(), threading.Event()
        thread = threading.Thread(target=contextvars.copy_context().run, args=(work, name, inside, leave))
        thread.start()
        assert inside.wait(30)
        clock.advance(1)
        return thread, leave

    recorder = Recorder(probes=lambda: ([Clock(clock)], ()))
    window = recorder.window()
    window.open()
    with nbperf.region(outer) if outer else nullcontext():
        first, second = begin("first"), begin("second")
        for thread, leave in (first, second):
            leave.set()
            thread.join()
            clock.advance(1 if thread is first[0] else 0)
    recorder.add(window, window.close())
    run = recorder.run()
    assert run.measurement("time.wall").values == (3.0,)
    found = drawn(run)
    by_name = {str(segment.name): segment for segment in found.segments}
    assert by_name["first"].figures[0] == by_name["second"].figures[0] == "2.00\N{NO-BREAK SPACE}s"
    assert (by_name["first"].start, by_name["first"].share) == (0.0, pytest.approx(0.5))
    assert (by_name["second"].start, by_name["second"].share) == (pytest.approx(0.5), pytest.approx(0.5))
    if outer is None:
        assert found.of[0] == "all regions; they overlapped"
        assert set(by_name) == {"first", "second"}
    else:
        assert found.of[0] == "the whole run"
        assert by_name["first"].figures[1] == "67\N{NO-BREAK SPACE}%"


def test_inner_parts_that_overlap_are_drawn_within_the_one_that_holds_them() -> None:
    parts = [region("load", 0.5), region("load/a", 0.4), region("load/a/deep", 0.2), region("load/b", 0.4), region("step", 0.5)]
    run = Run(samples=(sample(1.0, regions=parts),))
    by_name = {str(segment.name): segment for segment in drawn(run).segments}
    a, b, deep = by_name["a"], by_name["b"], by_name["deep"]
    assert (a.start, a.share) == (0.0, pytest.approx(0.25))
    assert (b.start, b.share) == (pytest.approx(0.25), pytest.approx(0.25))
    assert deep.share == pytest.approx(0.125)
    assert by_name["step"].start == pytest.approx(0.5)
    assert figures(run)["a"] == ("400 ms", "40 %", "×1")


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
