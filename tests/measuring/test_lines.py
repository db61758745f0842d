"""The book of a line trace, fed with events and levels by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nbperf.core.lines import Line
from nbperf.core.records import Provenance, Trace
from nbperf.core.units import Unit
from nbperf.measuring.assembly import assemble, thinned
from nbperf.measuring.choice import Names
from nbperf.measuring.lines import GATE, Activation, Book, Traced, next_look
from nbperf.probes.levels import Levels

KIB = 1024


class World:
    """A clock and a memory that only move when told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.level = self.mark = 1000.0
        self.looks = 0

    def clock(self) -> float:
        return self.now

    def look(self) -> tuple[float, float]:
        self.looks += 1
        mark, self.mark = max(self.mark, self.level), self.level
        return mark, self.level

    def spend(self, seconds: float, change: float = 0.0, spike: float = 0.0) -> None:
        self.now += seconds
        self.mark = max(self.mark, self.level + spike, self.level + change)
        self.level += change


def function(name: str, first: int = 1) -> Traced:
    code = compile("\n" * (first - 1) + f"def {name}():\n pass\n", f"<{name}>", "exec").co_consts[0]
    return Traced(code)


class Story:
    """Tells a book what happens."""

    def __init__(self, *, exact: bool = True, devices: object = None) -> None:
        self.world = World()
        self.book = Book(
            Levels(self.world.look, KIB, True, "by hand", lambda: None), exact=exact, clock=self.world.clock, devices=devices,  # type: ignore[arg-type]
        )  # fmt: skip
        self.top: Activation | None = None
        self.all: list[Traced] = []
        self.book.begin()

    def call(self, traced: Traced) -> None:
        if traced not in self.all:
            self.all.append(traced)
        self.top = self.book.enter(traced, self.top, traced.code.co_firstlineno, self.world.now)

    def line(self, number: int) -> None:
        act, book, now = self.top, self.book, self.world.now
        assert act is not None
        act.row.time += now - act.start
        row = act.traced[number]
        if now >= book.due:
            book.line(act, now, row)
        else:
            gap = now - book.last
            if gap > book.slow:
                book.slow, book.slowest, book.slowest_of = gap, act.row, act.traced
            row.hits += 1
            act.row = row
            act.start = book.last = now

    def back(self) -> None:
        assert self.top is not None
        self.book.leave(self.top, self.world.now)
        self.top = self.top.outer

    def lines(self) -> dict[tuple[str, int], Line]:
        self.book.end()
        found = assemble(self.book, self.all, Names(), began=100.0, unit=KIB)
        return {(line.function, line.line): line for line in found.lines}


def test_looks_become_rare() -> None:
    looks = [1]
    while looks[-1] < 64:
        looks.append(next_look(looks[-1]))
    assert looks == [1, 2, 3, 4, 8, 16, 32, 64]
    assert next_look(5) == 8


def test_a_line_answers_for_what_came_while_it_ran() -> None:
    story = Story()
    story.call(function("f"))
    story.line(2)
    story.world.spend(1.0, change=50, spike=80)
    story.line(3)
    story.world.spend(0.5, change=-20)
    story.back()
    found = story.lines()
    two, three = found["f", 2], found["f", 3]
    assert (two.hits, two.reads, two.increment, two.own, two.peak, two.spike) == (1, 1, 50 * KIB, 50 * KIB, 80 * KIB, 30 * KIB)
    assert (three.increment, three.freed, three.peak) == (-20 * KIB, 20 * KIB, 0.0)
    assert two.time == pytest.approx(1.0)
    assert two.provenance is Provenance.MEASURED
    assert story.book.top is not None
    assert story.book.top[0] == 1080


def test_a_call_counts_what_it_called_and_a_function_within_itself_counts_once() -> None:
    outer, inner = function("outer"), function("inner")
    story = Story()
    story.call(outer)
    story.line(2)
    for _ in range(3):
        story.call(inner)
        story.line(2)
        story.world.spend(0.1, change=10, spike=40)
        story.line(3)
    for _ in range(3):
        story.back()
    story.line(3)
    found = story.lines()
    assert found["inner", 2].own == found["inner", 2].increment == 30 * KIB
    assert found["inner", 3].own == 0.0
    assert found["inner", 3].increment == 20 * KIB
    assert (found["outer", 2].increment, found["outer", 2].own) == (30 * KIB, 0.0)
    assert found["outer", 2].peak == 60 * KIB
    assert sum(line.own for line in found.values()) == 30 * KIB


def test_by_default_the_slowest_line_of_a_stretch_answers_and_it_is_said() -> None:
    story = Story(exact=False)
    story.call(function("f"))
    story.line(2)
    for _ in range(20):
        story.world.spend(1e-6)
        story.line(3)
        story.world.spend(10e-6, change=100)
        story.line(4)
        story.world.spend(2e-6)
        story.line(2)
    looks = story.world.looks
    found = story.lines()
    assert looks < 10
    assert found["f", 3].own > 0.7 * 20 * 100 * KIB
    assert found["f", 3].hits == 20
    assert found["f", 3].provenance is Provenance.SAMPLED
    assert found["f", 3].shared > 0
    assert sum(line.own for line in found.values()) <= 20 * 100 * KIB


def test_by_default_a_line_that_took_longer_than_the_gate_is_always_read() -> None:
    story = Story(exact=False)
    story.call(function("f"))
    story.line(2)
    story.world.spend(GATE * 1.01, change=7)
    story.line(3)
    story.world.spend(GATE * 1.01, change=9, spike=90)
    story.line(4)
    found = story.lines()
    assert (found["f", 2].own, found["f", 3].own, found["f", 3].peak) == (7 * KIB, 9 * KIB, 90 * KIB)
    assert found["f", 3].provenance is Provenance.MEASURED


def test_hits_in_which_nothing_happens_are_still_read() -> None:
    story = Story()
    story.call(function("f"))
    for number in range(50):
        story.line(2)
        story.world.spend(1e-6, change=5 if number == 10 else 0)
    story.line(3)
    line = story.lines()["f", 2]
    assert (line.hits, line.reads, line.least, line.most, line.increment) == (50, 50, 0.0, 5 * KIB, 5 * KIB)
    assert line.mean == pytest.approx(0.1 * KIB)


def test_the_levels_at_which_hits_began_are_kept_and_thinned_out() -> None:
    story = Story()
    traced = function("f")
    story.call(traced)
    for _ in range(5000):
        story.line(2)
        story.world.spend(1e-6, change=1)
    story.back()
    series = traced[2].series
    assert 100 < len(series) <= 257
    assert all(level - 1000 == hit - 1 for hit, level in series)
    assert series[-1][0] > 4900


def test_the_largest_steps_and_a_timeline_of_bounded_size() -> None:
    story = Story()
    story.call(function("f"))
    for number in range(30_000):
        story.line(2 + number % 2)
        story.world.spend(1e-5, change=512 if number % 2 else -512)
    story.line(9)
    story.world.spend(1e-3, change=40_000)
    story.line(10)
    story.book.end()
    assert len(story.book.points) <= 20_002
    assert len(story.book.steps) <= 256
    assert max(story.book.steps, key=lambda step: abs(step[2]))[2] == 40_000


def test_work_of_our_own_is_nobodys() -> None:
    story = Story()
    story.call(function("f"))
    story.line(2)
    story.world.spend(0.1, change=10)
    story.book.settle(story.top)
    story.world.spend(0.1, change=1000)
    story.book.absorb()
    story.world.spend(0.1, change=5)
    story.line(3)
    assert story.lines()["f", 2].own == 15 * KIB


def test_a_blind_book_sees_no_memory() -> None:
    story = Story()
    story.call(function("f"))
    story.line(2)
    story.book.blind()
    looks = story.world.looks
    story.world.spend(0.1, change=10)
    story.line(3)
    assert story.world.looks == looks
    assert story.lines()["f", 2].own == 0.0


def test_devices_are_booked_by_line_and_call() -> None:
    class Gpu:
        def __init__(self) -> None:
            self.answers: Iterator[tuple[float, float, float]] = iter(
                [(0, 0, 0), (0, 0, 0), (5, 5, 5), (0, 0, 0), (10, 20, 30), (-4, 0, 0), (0, 0, 0)]
            )

        def look(self) -> dict[str, tuple[float, float, float]]:
            return {"cuda:0": next(self.answers, (0.0, 0.0, 0.0))}

    outer, inner = function("outer"), function("inner")
    story = Story(devices=Gpu())
    story.call(outer)  # the first answer went to the beginning
    story.line(2)
    story.world.spend(0.01)
    story.call(inner)
    story.world.spend(0.01)
    story.line(2)
    story.world.spend(0.01)
    story.line(3)
    story.world.spend(0.01)
    story.back()
    story.line(3)
    story.back()
    found = story.lines()
    (device,) = found["inner", 2].devices
    assert (device.allocated, device.reserved, device.peak) == (10, 20, 30)
    (whole,) = found["outer", 2].devices
    assert whole.allocated == 5 + 10 - 4
    assert whole.peak >= 30


def test_a_long_trace_is_thinned_and_keeps_its_peaks() -> None:
    values = [float(i % 7) for i in range(50_000)]
    values[31_234] = 900.0
    values[777] = -5.0
    trace = Trace(
        quantity="memory.rss", unit=Unit.BYTE, provenance=Provenance.SAMPLED, source="x", period=1e-3,
        times=tuple(i / 1000 for i in range(50_000)), values=tuple(values),
    )  # fmt: skip
    short = thinned(trace)
    assert len(short.times) <= 2002
    assert (max(short.values), min(short.values)) == (900.0, -5.0)
    assert list(short.times) == sorted(short.times)
    assert (short.times[0], short.times[-1]) == (0.0, 49.999)
    assert thinned(short) is short or len(thinned(short).times) <= 2002
