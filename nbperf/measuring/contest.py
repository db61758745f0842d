"""`compare` several things: in which order, how often, and when to stop."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from nbperf.core import stats
from nbperf.core.records import Comparison, Comparisons, Pairs
from nbperf.core.units import format_percent
from nbperf.core.verdicts import TARGET, judge
from nbperf.errors import PlanError
from nbperf.measuring import environment
from nbperf.measuring.blocks import Block, Foreseen, calibrate, collection, foresee, looped, sweep, timed
from nbperf.probes import accelerator
from nbperf.words import say

SHORT_BLOCK = 1e-3
"""Seconds up to which a pair's block is filled with loops: many short pairs find more than few long ones."""
FIRST_LOOK = 30
"""Pairs before the first look at the interval; each further look comes after a quarter more of them."""


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
        It stops at the latest after so many pairs or so long, but takes the pairs without which there is no interval: 8 at a
        confidence of 0.99.
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


def contest(
    blocks: Mapping[str, Block], rule: Rule, *, rng: random.Random | None = None, foreseen: Foreseen | None = None
) -> Comparison | Comparisons:
    """As `compare`, for things that loop by themselves, under a Rule; `foreseen` is told before the first pair, if it must be."""
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
        loops, once = _warm(blocks, rule)
        if not rule.exact:
            foresee(foreseen, fewest, once, rule.seconds)
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


def _warm(blocks: Mapping[str, Block], rule: Rule) -> tuple[dict[str, int], float]:
    """First calls; the loops of each block, and about how many seconds a round takes.

    Contestants of about the same speed get the same number of loops: what a switch costs at the start of a block
    would otherwise be spread over more of them in one than in the other.
    """
    if rule.loops is not None:
        loops = dict.fromkeys(blocks, rule.loops)
        once = {name: timed(block, 1) for name, block in blocks.items()}
    else:
        found = {name: calibrate(block, SHORT_BLOCK) for name, block in blocks.items()}
        once = {name: seconds for name, (_, seconds) in found.items()}
        fewest = min(n for n, _ in found.values())
        loops = {name: fewest if n <= 4 * fewest else n for name, (n, _) in found.items()}
    for _ in range(rule.warmups):
        for name, block in blocks.items():
            once[name] = timed(block, loops[name])
    accelerator.synchronise()
    return loops, sum(loops[name] * once[name] for name in blocks)


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
            times[name].append(timed(blocks[name], loops[name]))
        places.append({name: place for place, name in enumerate(order)})
        sweep()
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
