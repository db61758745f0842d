"""`measure` one thing, `compare` several: what to run, how often, in which order, and when to stop."""

from __future__ import annotations

import gc
import inspect
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from time import perf_counter

from nbperf.core import stats
from nbperf.core.records import Absence, Comparison, Comparisons, Pairs, Run
from nbperf.core.units import format_percent
from nbperf.core.verdicts import TARGET, judge
from nbperf.errors import PlanError
from nbperf.measuring import environment
from nbperf.measuring.recorder import Recorder
from nbperf.probes import accelerator
from nbperf.probes.base import Probe
from nbperf.words import say

Block = Callable[[int], object]
"""Runs something so many times, in a loop that costs as little as can be."""

SHORT_BLOCK = 1e-3
"""Seconds up to which a pair's block is filled with loops: many short pairs find more than few long ones."""
LONG_BLOCK = 5e-3
"""Seconds of a repeat whose loops are chosen: the window's own microseconds vanish in it."""
FIRST_LOOK = 30
"""Pairs before the first look at the interval; each further look comes after a quarter more of them."""
FEWEST, MOST = 5, 100
"""Repeats where they are chosen by time."""
YOUNG = 700
"""New objects after which young garbage is collected between two blocks, as Python would have done inside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How something is measured.

    Attributes
    ----------
    repeats : int, optional
        Windows that count; None chooses them by time.
    warmups : int
        Windows before them that do not count.
    loops : int, optional
        How often the task runs within a window; None chooses it, so that a window lasts about 5 ms.
    seconds : float
        About how long it may all take where repeats are chosen.
    collect : bool
        Whether Python's garbage collection stays on.
    also : tuple of str
        Optional probes.

    Raises
    ------
    PlanError
        If a number is not a positive one.
    """

    repeats: int | None = None
    warmups: int = 1
    loops: int | None = 1
    seconds: float = 1.0
    collect: bool = True
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value, least in (("repeats", self.repeats, 1), ("warmups", self.warmups, 0), ("loops", self.loops, 1)):
            if value is not None and (type(value) is not int or value < least):
                raise PlanError(
                    say("{name} must be a whole number of at least {least}, not {found!r}", name=name, least=least, found=value)
                )
        if not self.seconds > 0:
            raise PlanError(say("seconds must be positive, not {found!r}", found=self.seconds))


def looped(task: Callable[[], object]) -> Block:
    """The task in a plain loop.

    Raises
    ------
    PlanError
        If it cannot be called, or gives a coroutine, which nobody would await.
    """
    if not callable(task):
        raise PlanError(say("{found} cannot be called: give a function without arguments, such as lambda: model(x)", found=repr(task)[:60]))
    if inspect.isgeneratorfunction(task) or inspect.iscoroutinefunction(task) or inspect.isasyncgenfunction(task):
        raise PlanError(_runs_nothing(task))
    checked = False

    def block(loops: int) -> None:
        nonlocal checked
        if not checked:  # the very first call is a warm-up: what only its result tells is seen there
            checked = True
            result = task()
            loops -= 1
            if inspect.iscoroutine(result):
                result.close()
                raise PlanError(_runs_nothing(task))
        for _ in repeat(None, loops):
            task()

    return block


def _runs_nothing(task: Callable[[], object]) -> str:
    name = getattr(task, "__name__", "") or type(task).__name__
    return say("{name} gives a coroutine or a generator: calling it runs nothing; await or consume it in a `%%perf -r` cell", name=name)


@contextmanager
def collection(on: bool) -> Iterator[None]:
    """Python's garbage collection left as it is, or off and restored at the end."""
    if on:
        yield
        return
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        (gc.enable if was else gc.disable)()


def _sweep() -> None:
    """Between two blocks, where collection is off inside them: what is young and dead must not pile up for seconds."""
    if gc.get_count()[0] > YOUNG:
        gc.collect(0)


def _timed(block: Block, loops: int) -> float:
    """Seconds per loop, the accelerator's work included."""
    start = perf_counter()
    block(loops)
    accelerator.synchronise()
    return (perf_counter() - start) / loops


def _fill(once: float, length: float) -> int:
    """Loops of a task of `once` seconds that fit into `length` seconds: 1, 2 or 5 times a power of ten."""
    wanted = length / max(once, 1e-9) * 1.001
    if wanted < 2:
        return 1
    power = 10 ** math.floor(math.log10(wanted))
    return int(next(step for step in (5, 2, 1) if step * power <= wanted) * power)


def calibrate(block: Block, length: float) -> tuple[int, float]:
    """How many loops fill `length` seconds, and the seconds that one takes; the first call, which may be slow, apart."""
    block(1)
    loops, once = 1, _timed(block, 1)
    while loops * once < length:
        more = min(_fill(once, length), loops * 100)
        if more <= loops:
            break
        loops = more
        once = _timed(block, loops)
    return _fill(once, length), once


def measure(
    task: Callable[[], object],
    plan: Plan | None = None,
    *,
    repeats: int | None = None,
    warmups: int | None = None,
    loops: int | None = 1,
    label: str = "",
    also: Sequence[str] = (),
    probes: Callable[[], tuple[Sequence[Probe], Sequence[Absence]]] | None = None,
) -> Run:
    """Measure a function.

    Parameters
    ----------
    task : callable
        Called without arguments, once a repeat.
    plan : Plan, optional
        All of the settings below in one.
    repeats : int, optional
        How often it is measured; by default as often as fits into about a second, from 5 to 100 times.
    warmups : int, optional
        How often it runs before; 1 by default, kept apart in ``run.warmups``.
    loops : int or None
        How often it is called within one repeat; None chooses, for tasks of microseconds.
    label : str
    also : sequence of str
        Optional probes beside the default ones, such as ``"python"``.
    probes : callable, optional
        Gives the probes of a window instead of the catalog, as ``nbperf.testing`` does.

    Returns
    -------
    Run
        With every raw value.

    Raises
    ------
    PlanError
        If a number is out of range, or the task cannot be called.

    Examples
    --------
    >>> import nbperf
    >>> run = nbperf.measure(lambda: sum(range(1000)), repeats=20)
    >>> run.measurement("time.wall").count
    20
    """
    if plan is not None and (repeats is not None or warmups is not None or loops != 1 or also):
        raise PlanError(say("a plan says it all: give either a plan, or repeats, warmups, loops and also"))
    chosen = plan or Plan(repeats=repeats, warmups=1 if warmups is None else warmups, loops=loops, also=tuple(also))
    return measure_block(looped(task), chosen, label=label, probes=probes)


def measure_block(
    block: Block,
    plan: Plan,
    *,
    label: str = "",
    probes: Callable[[], tuple[Sequence[Probe], Sequence[Absence]]] | None = None,
) -> Run:
    """As `measure`, for something that loops by itself."""
    recorder = Recorder(label, also=plan.also, probes=probes, warmups=plan.warmups, collected=plan.collect)
    loops = plan.loops or calibrate(block, LONG_BLOCK)[0]
    repeats = plan.repeats
    done = 0
    with collection(plan.collect):
        while repeats is None or done < plan.warmups + repeats:
            window = recorder.window()
            error: type[BaseException] | None = None
            start = perf_counter()
            window.open()
            try:
                block(loops)
            except BaseException as raised:
                error = type(raised)
                raise
            finally:
                recorder.add(window, window.close(loops), error)
            done += 1
            if repeats is None and done >= max(plan.warmups, 1):  # the last warm-up, or the first repeat, says how long one takes
                repeats = max(FEWEST, min(MOST, round(plan.seconds / (perf_counter() - start))))
            if not plan.collect:
                _sweep()
    return recorder.run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a comparison stops, and how sure it is.

    Pairs are taken until the interval of their median ratio is narrow enough, looked at after 30 pairs and then after
    a quarter more each time. It never stops because a difference shows: that would find one everywhere.

    Attributes
    ----------
    confidence : float
        Of all verdicts together.
    target : float
        The interval's relative width at which to stop.
    pairs : int
        At most so many.
    seconds : float
        And no more pairs after so long, once there are enough for an interval at all.
    loops : int, optional
        Loops in a block; None fills about a millisecond.
    warmups : int
        Blocks of each contestant that do not count, after the first call and what finds the loops.
    exact : bool
        Take exactly `pairs` pairs.
    """

    confidence: float = 0.99
    target: float = TARGET
    pairs: int = 1000
    seconds: float = 10.0
    loops: int | None = None
    warmups: int = 1
    exact: bool = False

    def __post_init__(self) -> None:
        if not 0.5 <= self.confidence < 1:
            raise PlanError(say("confidence must lie between 0.5 and 1, such as 0.99, not {found!r}", found=self.confidence))
        if not 0 < self.target < 1:
            raise PlanError(say("target must lie between 0 and 1, such as 0.02, not {found!r}", found=self.target))
        if not self.seconds > 0:
            raise PlanError(say("{name} must be positive, not {found!r}", name="seconds", found=self.seconds))
        for name, whole in (("pairs", self.pairs), ("loops", self.loops)):
            if not (type(whole) is int and whole >= 1) and not (whole is None and name == "loops"):
                raise PlanError(say("{name} must be a whole number of at least {least}, not {found!r}", name=name, least=1, found=whole))

    def fewest(self, contestants: int) -> int:
        """The pairs without which there is no interval at this confidence."""
        alone = 1 - (1 - self.confidence) / contestants
        return next(n for n in range(2, 10_000) if stats.order_ranks(n, alone) is not None)


def compare(
    *tasks: Callable[[], object],
    confidence: float = 0.99,
    target: float = TARGET,
    pairs: int = 1000,
    seconds: float = 10.0,
    loops: int | None = None,
    seed: int | None = None,
    **named: Callable[[], object],
) -> Comparison | Comparisons:
    """Measure functions in turn and judge each against the first.

    In every round each is timed once, in random order, so that whatever the machine does meets all of them alike. The
    ratio is the median of the pair ratios with its order-statistic interval.

    Parameters
    ----------
    *tasks, **named : callable
        Two or more, called without arguments; ``compare(f, g)`` or ``compare(fp32=f, int8=g, onnx=h)``. The first is
        the baseline.
    confidence : float
        Of all verdicts together; with several contestants each interval is widened for it.
    target : float
        Relative width of the interval at which it stops.
    pairs, seconds : int, float
        It stops at the latest after so many pairs or so long.
    loops : int, optional
        How often each is called in a block; by default once, or as often as fits into a millisecond.
    seed : int, optional
        Of the order within the rounds.

    Returns
    -------
    Comparison or Comparisons
        With two functions a Comparison: ``.verdict`` is "faster", "slower" or "indistinct", ``.ratio`` the time
        relative to the baseline (below 1 is faster), ``.interval`` its interval. With more, a sequence of them.

    Raises
    ------
    PlanError
        If there are fewer than two, one cannot be called, or a number is out of range.

    Examples
    --------
    >>> import nbperf
    >>> result = nbperf.compare(short=lambda: sum(range(1000)), long=lambda: sum(range(4000)))
    >>> result.verdict
    'slower'
    """
    options = {"confidence": confidence, "target": target, "pairs": pairs, "seconds": seconds, "loops": loops, "seed": seed}
    for name, value in options.items():
        if callable(value):
            raise PlanError(say("{name} is an option of compare: call this contestant something else", name=name))
        if name not in {"loops", "seed"} and not isinstance(value, int | float):
            raise PlanError(say("{name} must be a number, not {found!r}", name=name, found=value))
    rule = Rule(confidence=confidence, target=target, pairs=pairs, seconds=seconds, loops=loops)
    contestants = dict(zip(_names(tasks), tasks, strict=True))
    if twice := contestants.keys() & named.keys():
        raise PlanError(say("two contestants are called {name!r}: give each a name of its own", name=min(twice)))
    return contest({name: looped(task) for name, task in {**contestants, **named}.items()}, rule, rng=random.Random(seed))


def _names(tasks: Sequence[Callable[[], object]]) -> list[str]:
    """Each function's own name; letters where they have none or share one."""
    names = [getattr(task, "__name__", "<none>") for task in tasks]
    if len(set(names)) < len(names) or any(name.startswith("<") for name in names):
        return [chr(ord("A") + i) if len(tasks) <= 26 else f"#{i + 1}" for i in range(len(tasks))]
    return names


def contest(blocks: Mapping[str, Block], rule: Rule, *, rng: random.Random | None = None) -> Comparison | Comparisons:
    """As `compare`, for things that loop by themselves, under a Rule."""
    if len(blocks) < 2:
        raise PlanError(say("a comparison needs at least two contestants, found {found}", found=len(blocks)))
    if rule.pairs < (fewest := rule.fewest(len(blocks) - 1)):
        raise PlanError(
            say("an interval at {confidence} needs at least {fewest} pairs, not {found}",
                confidence=format_percent(rule.confidence), fewest=fewest, found=rule.pairs)
        )  # fmt: skip
    rng = rng or random.Random()
    started_at = time.time()
    names = tuple(blocks)
    with collection(False):
        loops = _warm(blocks, rule)
        times, places = _race(blocks, loops, rule, rng)
    machine = environment.capture()
    found = tuple(
        judge(
            Pairs(
                baseline=names[0],
                contestant=name,
                baseline_values=tuple(times[names[0]]),
                contestant_values=tuple(times[name]),
                baseline_first=tuple(place[names[0]] < place[name] for place in places),
                loops=(loops[names[0]], loops[name]),
            ),
            confidence=rule.confidence,
            contestants=len(names) - 1,
            target=rule.target,
            started_at=started_at,
            environment=machine,
        )
        for name in names[1:]
    )
    return found[0] if len(found) == 1 else Comparisons(found)


def _warm(blocks: Mapping[str, Block], rule: Rule) -> dict[str, int]:
    """First calls, and the loops of each block.

    Contestants of about the same speed get the same number of loops: what a switch costs at the start of a block
    would otherwise be spread over more of them in one than in the other.
    """
    if rule.loops is not None:
        loops = dict.fromkeys(blocks, rule.loops)
        for block in blocks.values():
            block(1)
    else:
        found = {name: calibrate(block, SHORT_BLOCK) for name, block in blocks.items()}
        fewest = min(n for n, _ in found.values())
        loops = {name: fewest if n <= 4 * fewest else n for name, (n, _) in found.items()}
    for _ in range(rule.warmups):
        for name, block in blocks.items():
            block(loops[name])
    accelerator.synchronise()
    return loops


def _race(
    blocks: Mapping[str, Block], loops: Mapping[str, int], rule: Rule, rng: random.Random
) -> tuple[dict[str, list[float]], list[dict[str, int]]]:
    """Rounds until the rule says stop: each contestant's times, and its place in each round."""
    times: dict[str, list[float]] = {name: [] for name in blocks}
    places: list[dict[str, int]] = []
    order = list(blocks)
    baseline = order[0]
    contestants = order[1:]
    alone = 1 - (1 - rule.confidence) / len(contestants)
    fewest = rule.fewest(len(contestants))
    most = rule.pairs
    look = most if rule.exact else min(FIRST_LOOK, most)
    deadline = perf_counter() + rule.seconds
    while True:
        rng.shuffle(order)
        for name in order:
            times[name].append(_timed(blocks[name], loops[name]))
        places.append({name: place for place, name in enumerate(order)})
        _sweep()
        count = len(places)
        late = not rule.exact and perf_counter() >= deadline
        if count >= most or (late and count >= fewest):
            return times, places
        if count >= look:
            if all(_width(times[baseline], times[name], alone) <= rule.target for name in contestants):
                return times, places
            look = math.ceil(count * 1.25)


def _width(baseline: Sequence[float], contestant: Sequence[float], confidence: float) -> float:
    """Relative width of the interval of the median pair ratio."""
    ratios = [b / a for a, b in zip(baseline, contestant, strict=True)]
    interval = stats.order_interval(ratios, confidence)
    return math.inf if interval is None else (interval[1] - interval[0]) / stats.median(ratios)
