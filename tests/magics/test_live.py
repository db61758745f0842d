"""The line under a long cell: on a clock that the test moves, no thread waits in real time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from nbperf.core.units import Unit
from nbperf.magics import live
from nbperf.magics.live import LiveLine
from nbperf.testing import FakeClock, FakeGauge


class Stage:
    """What was shown, and a wait that lets the fake clock run on instead of sleeping."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.shown: list[str] = []
        self.turn = threading.Semaphore(0)
        self.back = threading.Semaphore(0)
        self.waits: list[float | None] = []

    def show(self, text: str) -> Callable[[str], None]:
        self.shown.append(text)
        return self.shown.append

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        self.waits.append(seconds)
        if seconds is None:
            condition.wait(10)
            return
        condition.release()  # as a real wait does
        try:
            self.back.release()
            assert self.turn.acquire(timeout=10)
        finally:
            condition.acquire()

    def let_pass(self, seconds: float) -> None:
        """Wait until the thread waits, let the time pass, and wake it."""
        assert self.back.acquire(timeout=10)
        self.clock.advance(seconds)
        self.turn.release()

    def settle(self) -> None:
        """Wait until the thread waits again."""
        assert self.back.acquire(timeout=10)
        self.back.release()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def line_of(stage: Stage, *gauges: FakeGauge) -> LiveLine:
    return LiveLine(stage.show, lambda: gauges, clock=stage.clock, wait=stage.wait)


def test_a_short_cell_shows_nothing(stage: Stage) -> None:
    line = line_of(stage)
    line.begin()
    stage.let_pass(1.9)
    stage.settle()
    line.end()
    stage.turn.release()
    line.close()
    assert stage.shown == []


def test_after_two_seconds_it_says_what_is_used_and_gives_way_at_the_end(stage: Stage) -> None:
    line = line_of(stage, FakeGauge("memory.rss", 100 * 2**20, 300 * 2**20, 200 * 2**20))
    line.begin()
    stage.let_pass(2.0)
    stage.let_pass(1.0)
    stage.let_pass(1.0)
    stage.settle()
    line.end()
    stage.turn.release()
    line.close()
    plain = [text.replace("\N{NO-BREAK SPACE}", " ") for text in stage.shown]
    assert "running for 2.0 s" in plain[0]
    assert "memory 100 MiB, at most 100 MiB" in plain[0]
    assert "memory 200 MiB, at most 300 MiB" in plain[2]
    assert plain[3:] == [""]


def test_a_gpu_is_named_with_its_power_and_use(stage: Stage) -> None:
    power = FakeGauge("power.gpu", 210.0, unit=Unit.WATT, device="cuda:0")
    line = line_of(stage, power, FakeGauge("gpu.utilisation", 0.87, unit=Unit.RATIO, device="cuda:0"))
    line.begin()
    stage.let_pass(2.0)
    stage.settle()
    line.end()
    stage.turn.release()
    line.close()
    shown = stage.shown[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "GPU power cuda:0 210 W" in shown
    assert "GPU in use cuda:0 87 %" in shown


def test_a_gauge_that_fails_is_left_out(stage: Stage) -> None:
    line = line_of(stage, FakeGauge("memory.rss", RuntimeError("gone")))
    line.begin()
    stage.let_pass(2.0)
    stage.settle()
    line.end()
    stage.turn.release()
    line.close()
    assert stage.shown[0].replace("\N{NO-BREAK SPACE}", " ") == "running for 2.0 s"


def test_a_line_that_cannot_be_shown_is_not_tried_again(stage: Stage) -> None:
    calls: list[str] = []

    def broken(text: str) -> Callable[[str], None]:
        calls.append(text)
        raise OSError

    line = LiveLine(broken, lambda: (), clock=stage.clock, wait=stage.wait)
    line.begin()
    stage.let_pass(2.0)
    stage.settle()
    assert stage.waits[-1] == threading.TIMEOUT_MAX
    line.end()
    stage.turn.release()
    line.close()
    assert len(calls) == 1


def test_nothing_runs_before_the_first_cell_and_after_closing(stage: Stage) -> None:
    before = threading.active_count()
    line = line_of(stage)
    assert threading.active_count() == before
    line.begin()
    assert threading.active_count() == before + 1
    line.end()
    stage.turn.release()
    line.close()
    assert threading.active_count() == before
    line.begin()
    assert threading.active_count() == before


def test_a_cell_within_a_cell_is_part_of_it(stage: Stage) -> None:
    line = line_of(stage)
    line.begin()
    line.begin()
    line.end()
    stage.let_pass(2.0)
    stage.settle()
    line.end()
    stage.turn.release()
    line.close()
    assert len(stage.shown) == 2
    assert live.AFTER == 2.0
