"""How often, in which order, and when to stop: on a clock that the tests move."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

import nbperf
from nbperf.errors import PlanError
from nbperf.measuring import session
from nbperf.measuring.blocks import calibrate
from nbperf.measuring.session import Plan
from nbperf.testing import FakeClock, ScriptedProbe


def taking(clock: FakeClock, seconds: Callable[[], float]) -> Callable[[int], None]:
    """A block that takes so long a loop."""

    def block(loops: int) -> None:
        for _ in range(loops):
            clock.advance(seconds())

    return block


def no_probes() -> tuple[list[ScriptedProbe], list[object]]:
    return [], []


# ---- measure ---------------------------------------------------------------------------------------------------------


def test_a_function_runs_once_a_warm_up_and_once_a_repeat() -> None:
    calls: list[int] = []
    run = nbperf.measure(lambda: calls.append(1), repeats=5, warmups=2, label="five")
    assert len(calls) == 7
    assert (run.label, len(run.samples), len(run.warmups), run.loops) == ("five", 5, 2, 1)
    assert run.measurement("time.wall").count == 5
    assert run.environment is not None


def test_repeats_are_chosen_by_time(clock: FakeClock) -> None:
    slow = session.measure_block(taking(clock, lambda: 0.7), Plan(), probes=no_probes)
    quick = session.measure_block(taking(clock, lambda: 0.02), Plan(), probes=no_probes)
    tiny = session.measure_block(taking(clock, lambda: 1e-5), Plan(), probes=no_probes)
    assert [len(run.samples) for run in (slow, quick, tiny)] == [5, 50, 100]
    assert [len(run.warmups) for run in (slow, quick, tiny)] == [1, 1, 1]


def test_repeats_that_take_clearly_longer_than_asked_are_said_ahead(clock: FakeClock) -> None:
    heard: list[tuple[int, float]] = []
    for seconds in (1.0, 3.0):
        plan = Plan(seconds=seconds)
        session.measure_block(taking(clock, lambda: 0.7), plan, probes=no_probes, foreseen=lambda *found: heard.append(found))
    assert [(repeats, round(about, 6)) for repeats, about in heard] == [(5, 3.5)]


def test_without_warm_up_the_first_repeat_says_how_long_one_takes_and_counts(clock: FakeClock) -> None:
    calls: list[int] = []

    def block(loops: int) -> None:
        calls.append(loops)
        clock.advance(0.1)

    run = session.measure_block(block, Plan(warmups=0), probes=no_probes)
    assert len(run.samples) == len(calls) == 10


@pytest.mark.parametrize(("once", "loops"), [(1e-6, 5000), (3e-6, 1000), (1e-3, 5), (4.9e-3, 1), (0.5, 1)])
def test_loops_fill_five_milliseconds(clock: FakeClock, once: float, loops: int) -> None:
    assert calibrate(taking(clock, lambda: once), 5e-3)[0] == loops


def test_a_broken_repeat_reaches_the_user_and_leaves_collection_as_it_was() -> None:
    def fails() -> None:
        raise ZeroDivisionError

    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        nbperf.measure(fails, Plan(collect=False))
    assert gc.isenabled()


def test_collection_is_off_only_where_the_plan_says_so() -> None:
    seen: list[bool] = []
    assert nbperf.measure(lambda: seen.append(gc.isenabled()), repeats=1, warmups=0).collected
    assert not nbperf.measure(lambda: seen.append(gc.isenabled()), Plan(repeats=1, warmups=0, collect=False)).collected
    assert seen == [True, False]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"repeats": 0}, "repeats must be a whole number of at least 1, not 0"), ({"repeats": 2.5}, "not 2.5"),
     ({"repeats": True}, "not True"), ({"warmups": -1}, "at least 0"), ({"loops": 0}, "loops")],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        nbperf.measure(lambda: None, **wrong)  # type: ignore[arg-type]


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(PlanError, match="3 cannot be called: give a function"):
        nbperf.measure(3)  # type: ignore[arg-type]

    async def later() -> None: ...

    with pytest.raises(PlanError, match="later gives a coroutine"):
        nbperf.measure(later)


def test_scripted_probes_stand_in_for_the_catalogs() -> None:
    probe = ScriptedProbe("script")
    run = nbperf.measure(lambda: None, repeats=3, warmups=0, probes=lambda: ([probe], []))
    assert len(run.samples) == 3
    assert run.quantities() == ()
