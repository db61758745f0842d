"""The window in code: with-block, decorator, regions, and probes that fail."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Literal

import pytest

import nbperf
from nbperf.core.records import Absence, Provenance, Reading, Run
from nbperf.core.units import Unit
from nbperf.errors import PlanError, RecordError
from nbperf.measuring import window as window_module
from nbperf.measuring.recorder import OPEN, PATH, Recorder, Window
from nbperf.probes import catalog
from nbperf.testing import FakeClock, ScriptedProbe


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClock]:
    fake = FakeClock()
    monkeypatch.setattr(window_module, "perf_counter", fake)
    return fake  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    assert OPEN.get() == ()
    assert PATH.get() == ()


def reading(name: str, value: float) -> Reading:
    return Reading(quantity=name, value=value, unit=Unit.SECOND, provenance=Provenance.MEASURED, source="script")


def test_a_block_gives_a_run_that_is_filled_at_its_end() -> None:
    with nbperf.perf("epoch") as run:
        with pytest.raises(RecordError, match="a window fills it when it closes"):
            run.measurement("time.wall")
        total = sum(range(100))
    assert total == 4950
    assert isinstance(run, Run)
    assert (run.label, len(run.samples), run.error) == ("epoch", 1, None)
    assert run.measurement("time.wall").median > 0


def test_an_exception_passes_and_its_sample_is_kept_apart() -> None:
    with pytest.raises(KeyError), nbperf.perf() as run:
        raise KeyError("mine")
    assert run.error == "KeyError"
    assert run.samples == ()
    assert len(run.broken) == 1


def test_a_decorated_function_keeps_its_runs_and_its_face() -> None:
    @nbperf.perf
    def step(x: int) -> int:
        """Double."""
        return 2 * x

    assert step(4) == 8
    assert step(5) == 10
    assert [run.label.rsplit(".", 1)[-1] for run in step.runs] == ["step", "step"]  # type: ignore[attr-defined]
    assert (step.__name__, step.__doc__) == ("step", "Double.")

    @nbperf.perf("named")
    def other() -> None: ...

    other()
    assert other.runs[0].label == "named"  # type: ignore[attr-defined]


def test_a_decorated_function_may_recurse() -> None:
    @nbperf.perf("fib")
    def fib(n: int) -> int:
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    assert fib(5) == 5
    assert len(fib.runs) == 15  # type: ignore[attr-defined]
    assert all(len(run.samples) == 1 for run in fib.runs)  # type: ignore[attr-defined]


def test_a_decorated_coroutine_is_measured_to_its_end() -> None:
    @nbperf.perf
    async def later() -> str:
        await asyncio.sleep(0)
        return "done"

    assert asyncio.run(later()) == "done"
    assert len(later.runs[0].samples) == 1  # type: ignore[attr-defined]


def test_what_is_neither_label_nor_function_is_refused() -> None:
    with pytest.raises(PlanError, match="not int"):
        nbperf.perf(3)  # type: ignore[call-overload]
    with pytest.raises(PlanError, match="a region needs a name"):
        nbperf.region("")


def test_regions_nest_add_up_and_keep_the_order_of_entry(clock: FakeClock) -> None:
    with nbperf.perf() as run:
        for _ in range(2):
            with nbperf.region("step"):
                with nbperf.region("forward"):
                    clock.advance(3)
                clock.advance(1)
        with nbperf.region("log"):
            clock.advance(2)
    assert run.regions() == ((("step",), 8, 2), (("step", "forward"), 6, 2), (("log",), 2, 1))


def test_a_region_counts_in_every_open_window_from_where_it_was_opened(clock: FakeClock) -> None:
    with nbperf.perf() as outer, nbperf.region("epoch"):
        with nbperf.perf() as inner, nbperf.region("batch"):
            clock.advance(1)
        clock.advance(1)
    assert inner.regions() == ((("batch",), 1, 1),)
    assert outer.regions() == ((("epoch",), 2, 1), (("epoch", "batch"), 1, 1))


def test_a_region_without_a_window_does_nothing() -> None:
    with nbperf.region("alone"):
        assert PATH.get() == ()


def test_a_region_ends_with_an_exception(clock: FakeClock) -> None:
    with nbperf.perf() as run:
        with contextlib.suppress(ValueError), nbperf.region("bad"):
            clock.advance(1)
            raise ValueError
        clock.advance(1)
    assert run.regions() == ((("bad",), 1, 1),)


def test_a_region_object_may_be_used_again_and_within_itself(clock: FakeClock) -> None:
    part = nbperf.region("part")
    with nbperf.perf() as run, part:
        clock.advance(1)
        with part:
            clock.advance(1)
    assert run.regions() == ((("part",), 2, 1), (("part", "part"), 1, 1))


def test_other_threads_have_windows_of_their_own() -> None:
    def worker() -> None:
        with nbperf.region("elsewhere"):
            pass

    with nbperf.perf() as run:
        thread = threading.Thread(target=worker)
        thread.start()
        thread.join()
    assert run.regions() == ()


def test_regions_of_concurrent_tasks_do_not_mix() -> None:
    async def task(name: str) -> None:
        with nbperf.region(name):
            await asyncio.sleep(0)
            with nbperf.region("inner"):
                await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(task("a"), task("b"))

    with nbperf.perf() as run:
        asyncio.run(both())
    assert {path for path, _, _ in run.regions()} == {("a",), ("a", "inner"), ("b",), ("b", "inner")}


@pytest.mark.parametrize("at", ["start", "stop"])
def test_a_probe_that_fails_is_an_absence_and_the_others_go_on(at: Literal["start", "stop"]) -> None:
    bad = ScriptedProbe("bad", [reading("energy.gpu", 1)], failing=at)
    good = ScriptedProbe("good", [reading("time.wall", 2)])
    recorder = Recorder(probes=lambda: ([bad, good], ()))
    opened = recorder.window()
    opened.open()
    recorder.add(opened, opened.close())
    run = recorder.run()
    assert run.measurement("time.wall").values == (2,)
    with pytest.raises(RecordError, match="the probe bad failed"):
        run.measurement("energy.gpu")


def odd(name: str) -> ScriptedProbe:
    """A probe whose answer is no list of readings."""

    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def generator() -> Iterator[Reading]:
        yield reading("energy.gpu", 1)
        raise ValueError("late")

    probe = ScriptedProbe(name, [reading("energy.gpu", 1)], failing="stop", error=Rude())
    answers = {"none": None, "one": reading("energy.gpu", 1), "generator": generator()}
    if name in answers:
        probe.stop = lambda: answers[name]  # type: ignore[method-assign, assignment, return-value]
    return probe


@pytest.mark.parametrize("name", ["none", "one", "generator", "rude"])
def test_a_probe_with_an_odd_answer_is_an_absence_too(name: str) -> None:
    good = ScriptedProbe("good", [reading("time.wall", 2)])
    recorder = Recorder(probes=lambda: ([good, odd(name)], ()))
    opened = recorder.window()
    opened.open()
    recorder.add(opened, opened.close())
    run = recorder.run()
    assert run.measurement("time.wall").values == (2,)
    assert "the probe" in run.absences[0].reason


def test_windows_may_end_in_another_order_than_they_began(clock: FakeClock) -> None:
    a, b = nbperf.perf("a"), nbperf.perf("b")
    a.__enter__()
    run = b.__enter__()
    a.__exit__(None, None, None)
    with nbperf.region("in b"):
        clock.advance(1)
    b.__exit__(None, None, None)
    assert run.regions() == ((("in b",), 1, 1),)


def test_regions_of_generators_that_take_turns(clock: FakeClock) -> None:
    def part(name: str) -> Iterator[None]:
        with nbperf.region(name):
            yield
            clock.advance(1)

    with nbperf.perf() as run:
        for _ in zip(part("a"), part("b"), strict=True):
            pass
        with nbperf.region("c"):
            clock.advance(1)
    assert {path[-1] for path, _, _ in run.regions()} == {"a", "b", "c"}
    assert (("c",), 1, 1) in run.regions()


def test_a_region_left_inside_a_window_that_it_was_entered_before(clock: FakeClock) -> None:
    def held() -> Iterator[None]:
        with nbperf.region("outer"):
            yield

    with nbperf.perf():
        generator = held()
        next(generator)
        with nbperf.perf() as inner:
            generator.close()  # type: ignore[attr-defined]
            with nbperf.region("c"):
                clock.advance(1)
    assert inner.regions() == ((("c",), 1, 1),)


def test_a_window_closes_while_a_task_goes_on_entering_regions() -> None:
    async def main() -> None:
        stop = threading.Event()
        entered = threading.Event()

        def work() -> None:
            i = 0
            while not stop.is_set():
                with nbperf.region(f"r{i % 5000}"):
                    i += 1
                    if i > 100:
                        entered.set()

        with nbperf.perf() as run:
            task = asyncio.ensure_future(asyncio.to_thread(work))
            while not entered.is_set():
                await asyncio.sleep(0)
        stop.set()
        await task
        assert len(run.regions()) >= 100

    for _ in range(10):
        asyncio.run(main())


def test_threads_may_share_a_block(clock: FakeClock) -> None:
    block = nbperf.perf("shared")
    inside, leave = threading.Event(), threading.Event()
    runs: dict[str, Run] = {}

    def first() -> None:
        with block as runs["first"]:
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    with block as runs["second"], nbperf.region("mine"):
        pass
    leave.set()
    thread.join()
    assert [len(run.samples) for run in runs.values()] == [1, 1]
    assert runs["first"].regions() == ()
    assert [path for path, _, _ in runs["second"].regions()] == [("mine",)]


def test_methods_of_every_kind_can_be_decorated() -> None:
    class A:
        @nbperf.perf
        @classmethod
        def c(cls) -> str:
            return cls.__name__

        @nbperf.perf
        @staticmethod
        def s(x: int) -> int:
            return x

        @nbperf.perf
        def m(self, x: int) -> int:
            return x

    assert (A.c(), A().c(), A.s(1), A().s(2), A().m(3)) == ("A", "A", 1, 2, 3)
    assert nbperf.perf(functools.partial(int, "7"))() == 7


def test_generators_cannot_be_decorated() -> None:
    def g() -> Iterator[int]:
        yield 1

    async def ag() -> AsyncIterator[int]:
        yield 1

    for function in (g, ag):
        with pytest.raises(PlanError, match="is a generator"):
            nbperf.perf(function)


def test_probes_stop_in_reverse() -> None:
    order: list[str] = []

    class Noting:
        quantities = ()

        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            order.append(f"+{self.name}")

        def stop(self) -> list[Reading | Absence]:
            order.append(f"-{self.name}")
            return [reading(self.name, 1)]

    window = Window([Noting("a"), Noting("b")])
    window.open()
    assert [r.quantity for r in window.close().readings] == ["a", "b"]
    assert order == ["+a", "+b", "-b", "-a"]


def test_an_interrupt_while_opening_leaves_no_probe_running() -> None:
    running: list[str] = []

    class Running:
        quantities = ()

        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            if self.name == "interrupted":
                raise KeyboardInterrupt
            running.append(self.name)

        def stop(self) -> list[Reading | Absence]:
            running.remove(self.name)
            return []

    window = Window([Running("a"), Running("interrupted")])
    with pytest.raises(KeyboardInterrupt):
        window.open()
    assert running == []


def test_an_interrupt_while_closing_stops_every_probe_first() -> None:
    stopped: list[str] = []

    class Stopping:
        quantities = ()

        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None: ...

        def stop(self) -> list[Reading | Absence]:
            stopped.append(self.name)
            if self.name == "late":
                raise KeyboardInterrupt
            return []

    window = Window([Stopping("early"), Stopping("late")])
    window.open()
    with pytest.raises(KeyboardInterrupt):
        window.close()
    assert stopped == ["late", "early"]


def test_a_window_finds_a_peak_that_lasts_for_a_moment_also_inside_another() -> None:
    np = pytest.importorskip("numpy")
    size = 200 * 2**20
    with nbperf.perf() as outer:
        with nbperf.perf() as first:
            np.ones(size // 8)
        with nbperf.perf() as second:
            pass
    for run, grown in ((outer, True), (first, True), (second, False)):
        peak = run.find("memory.rss.peak")
        assert peak is not None
        growth = peak.median - run.measurement("memory.rss.before").median
        assert (growth > 0.9 * size) is grown


def test_the_catalog_is_asked_for_optional_probes() -> None:
    with nbperf.perf(also=["python"]) as run:
        kept = [bytes(1000) for _ in range(100)]
    assert run.measurement("memory.python.peak").median >= 100_000
    assert len(kept) == 100
    with pytest.raises(PlanError, match="nonsense"):
        catalog.discover(also=["nonsense"])
