"""In which order, how often, and when to stop: on a clock that the tests move."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable

import pytest

import nbperf
from nbperf.core.records import Comparison, Comparisons
from nbperf.errors import PlanError
from nbperf.measuring.blocks import timed
from nbperf.measuring.contest import Rule, contest
from nbperf.measuring.session import Plan
from nbperf.testing import FakeClock


def taking(clock: FakeClock, seconds: Callable[[], float]) -> Callable[[int], None]:
    """A block that takes so long a loop."""

    def block(loops: int) -> None:
        for _ in range(loops):
            clock.advance(seconds())

    return block


def noisy(clock: FakeClock, rng: random.Random, seconds: float, drift: list[float]) -> Callable[[int], None]:
    """A task on a shared machine: its speed wanders, now and then something else interrupts it."""

    def once() -> float:
        drift[0] = max(0.5, drift[0] * (1 + rng.gauss(0, 0.004)) * 0.999 + 0.001)
        spike = rng.expovariate(1) * seconds if rng.random() < 0.03 else 0.0
        return seconds * drift[0] * (1 + abs(rng.gauss(0, 0.02))) + spike

    return taking(clock, once)


def verdicts(clock: FakeClock, ratio: float, trials: int) -> list[str]:
    found = []
    for trial in range(trials):
        rng = random.Random(trial)
        drift = [1.0]
        result = contest(
            {"a": noisy(clock, rng, 2e-3, drift), "b": noisy(clock, rng, 2e-3 * ratio, drift)}, Rule(), rng=random.Random(trial)
        )
        assert isinstance(result, Comparison)
        found.append(result.verdict)
    return found


def test_identical_code_is_called_different_in_at_most_three_per_cent(clock: FakeClock) -> None:
    found = verdicts(clock, 1.0, 200)
    assert sum(verdict != "indistinct" for verdict in found) <= 6


@pytest.mark.parametrize(("ratio", "share"), [(1.02, 0.9), (0.98, 0.9), (1.05, 1.0), (0.95, 1.0)])
def test_a_real_difference_is_found(clock: FakeClock, ratio: float, share: float) -> None:
    found = verdicts(clock, ratio, 50)
    assert found.count("slower" if ratio > 1 else "faster") >= share * len(found)


def test_two_blocks_one_after_the_other_would_have_been_fooled(clock: FakeClock) -> None:
    """The same noise and the usual way: without this the tests above could pass on a noise that fools nobody."""
    from nbperf.core.stats import bootstrap_interval

    apart = 0
    for trial in range(60):
        rng = random.Random(trial)
        drift = [1.0]
        intervals = []
        for _ in range(2):
            block = noisy(clock, rng, 2e-3, drift)
            intervals.append(bootstrap_interval(tuple(timed(block, 1) for _ in range(100))))
        apart += intervals[0][1] < intervals[1][0] or intervals[1][1] < intervals[0][0]
    assert apart >= 0.3 * 60


def test_it_stops_on_the_width_and_not_on_a_difference(clock: FakeClock) -> None:
    rng = random.Random(0)
    drift = [1.0]
    result = contest({"a": noisy(clock, rng, 2e-3, drift), "b": noisy(clock, rng, 6e-3, drift)}, Rule(), rng=rng)
    assert isinstance(result, Comparison)
    assert result.verdict == "slower"
    assert result.width <= 0.02
    assert result.more == 0


def test_it_stops_at_the_cap_and_says_what_is_missing(clock: FakeClock) -> None:
    rng = random.Random(0)
    result = contest({name: taking(clock, lambda: rng.uniform(1e-3, 3e-3)) for name in "ab"}, Rule(pairs=50), rng=rng)
    assert isinstance(result, Comparison)
    assert result.pairs.count == 50
    assert result.width > 0.02
    assert result.more > 0


def test_slow_contestants_get_the_fewest_pairs_that_hold_the_confidence(clock: FakeClock) -> None:
    rng = random.Random(0)
    result = contest({name: taking(clock, lambda: rng.uniform(4, 6)) for name in "ab"}, Rule(seconds=10), rng=rng)
    assert isinstance(result, Comparison)
    assert result.pairs.count == Rule().fewest(1) == 8


@pytest.mark.parametrize(("seconds", "said"), [(10, [(8, 80)]), (200, []), (60, [])])
def test_pairs_that_take_clearly_longer_than_asked_are_said_ahead(clock: FakeClock, seconds: float, said: list[object]) -> None:
    heard: list[object] = []

    def hear(pairs: int, about: float) -> None:
        heard.append((pairs, round(about)))
        assert clock() <= 2 * 5 * 3, "before the first pair"

    contest({name: taking(clock, lambda: 5.0) for name in "ab"}, Rule(seconds=seconds), foreseen=hear)
    assert heard == said
    contest({name: taking(clock, lambda: 5.0) for name in "ab"}, Rule(seconds=1, pairs=8, exact=True), foreseen=hear)
    assert heard == said, "so many were asked for"


def test_exact_pairs(clock: FakeClock) -> None:
    blocks = {name: taking(clock, lambda: 1e-3) for name in "ab"}
    result = contest(blocks, Rule(pairs=20, exact=True))
    assert isinstance(result, Comparison)
    assert result.pairs.count == 20
    with pytest.raises(PlanError, match="at least 8 pairs, not 5"):
        contest(blocks, Rule(pairs=5, exact=True))


def test_the_order_within_pairs_is_random(clock: FakeClock) -> None:
    blocks = {name: taking(clock, lambda: 1e-3) for name in "ab"}
    result = contest(blocks, Rule(pairs=200, exact=True), rng=random.Random(3))
    assert isinstance(result, Comparison)
    assert 70 <= sum(result.pairs.baseline_first) <= 130


def test_loops_fill_a_millisecond_and_are_equal_for_equals(clock: FakeClock) -> None:
    result = contest({"a": taking(clock, lambda: 1e-6), "b": taking(clock, lambda: 2e-6)}, Rule(pairs=10))
    assert isinstance(result, Comparison)
    assert result.pairs.loops == (500, 500)
    result = contest({"a": taking(clock, lambda: 1e-6), "b": taking(clock, lambda: 5e-4)}, Rule(pairs=10))
    assert isinstance(result, Comparison)
    assert result.pairs.loops == (1000, 2)
    assert result.ratio == pytest.approx(500)


def test_several_are_judged_against_the_first_in_the_same_rounds() -> None:
    calls: list[str] = []
    result = nbperf.compare(
        base=lambda: calls.append("base"), one=lambda: calls.append("one"), two=lambda: calls.append("two"), pairs=12, loops=1
    )
    assert isinstance(result, Comparisons)
    assert [(c.baseline, c.contestant) for c in result] == [("base", "one"), ("base", "two")]
    assert result[0].confidence == pytest.approx(0.995)
    assert result[0].pairs.baseline_values == result[1].pairs.baseline_values
    assert calls[:6] == ["base", "one", "two"] * 2, "the first call, and one warm-up"
    rounds = [calls[i : i + 3] for i in range(6, len(calls), 3)]
    assert len(rounds) == 12
    assert all(sorted(names) == ["base", "one", "two"] for names in rounds)


def test_two_by_position_take_their_own_names() -> None:
    def first() -> int:
        return sum(range(200))

    def second() -> int:
        return sum(range(2000))

    result = nbperf.compare(first, second, pairs=30)
    assert isinstance(result, Comparison)
    assert (result.baseline, result.contestant, result.verdict) == ("first", "second", "slower")
    result = nbperf.compare(lambda: None, lambda: None, pairs=10)
    assert isinstance(result, Comparison)
    assert (result.baseline, result.contestant) == ("A", "B")


def coroutine() -> object:
    async def later() -> None: ...

    return later()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nbperf.compare(len), "at least two contestants, found 1"),
        (lambda: nbperf.compare(), "found 0"),
        (lambda: nbperf.compare(len, 3), "3 cannot be called"),
        (lambda: nbperf.compare(len, max, confidence=1.5), "confidence must lie between"),
        (lambda: nbperf.compare(len, max, seconds=0), "seconds must be positive"),
        (lambda: nbperf.compare(len, max, target=2), "target must lie between"),
        (lambda: nbperf.compare(len, max, len=len), "two contestants are called 'len'"),
        (lambda: nbperf.compare(pairs=len, other=max), "pairs is an option of compare"),  # type: ignore[arg-type]
        (lambda: nbperf.compare(seed=len, other=max), "seed is an option of compare"),  # type: ignore[arg-type]
        (lambda: nbperf.compare(len, max, pairs=None), "pairs must be a number"),  # type: ignore[arg-type]
        (lambda: nbperf.compare(len, max, pairs=30.5), "pairs must be a whole number"),  # type: ignore[arg-type]
        (lambda: nbperf.compare(len, max, pairs=3), "needs at least 8 pairs, not 3"),
        (lambda: nbperf.compare(len, max, loops=1.5), "loops must be a whole number"),  # type: ignore[arg-type]
        (lambda: nbperf.compare(coroutine, coroutine), "gives a coroutine"),
        (lambda: nbperf.measure(coroutine), "gives a coroutine"),
        (lambda: nbperf.measure(len, Plan(repeats=2), repeats=7), "a plan says it all"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        call()


def test_an_exception_in_a_contestant_is_the_users_own_and_collection_comes_back() -> None:
    with pytest.raises(ZeroDivisionError):
        nbperf.compare(lambda: None, lambda: 1 / 0)
    assert gc.isenabled()


def test_a_task_that_switches_collection_leaves_it_as_it_was_before_a_comparison() -> None:
    gc.disable()
    try:
        nbperf.compare(gc.enable, lambda: None, pairs=8, loops=1)
        assert not gc.isenabled()
    finally:
        gc.enable()
    nbperf.measure(gc.disable, repeats=1)
    assert not gc.isenabled(), "where collection is left on, the task's own switch is its own"
    gc.enable()


def test_collection_is_off_in_the_timing_blocks() -> None:
    seen: set[bool] = set()
    nbperf.compare(lambda: seen.add(gc.isenabled()), lambda: None, pairs=8, loops=1)
    assert seen == {False}
