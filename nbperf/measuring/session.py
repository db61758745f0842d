"""`measure` one thing: how often, and what a Plan says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from nbperf.core.budgets import needs_items
from nbperf.core.records import Absence, Budget, Run
from nbperf.errors import PlanError
from nbperf.measuring import asked
from nbperf.measuring.blocks import Block, Foreseen, calibrate, collection, foresee, looped, sweep
from nbperf.measuring.recorder import Recorder
from nbperf.probes.base import Probe
from nbperf.words import say

LONG_BLOCK = 5e-3
"""Seconds of a repeat whose loops are chosen: the window's own microseconds vanish in it."""
FEWEST, MOST = 5, 100
"""Repeats where they are chosen by time."""


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
        About how long it may all take where repeats are chosen; five are taken in any case.
    collect : bool
        Whether Python's garbage collection stays on.
    also : tuple of str
        Optional probes.
    budgets : tuple of Budget
        What the run is to keep.
    items : float, optional
        Units of work done in one loop.
    reference : bool
        Whether the reference operation is timed beside each repeat, for comparisons with stored runs.

    Raises
    ------
    PlanError
        If a number is not a positive one, or a budget bounds a rate and there are no items.
    """

    repeats: int | None = None
    warmups: int = 1
    loops: int | None = 1
    seconds: float = 1.0
    collect: bool = True
    also: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    items: float | None = None
    reference: bool = False

    def __post_init__(self) -> None:
        needs_items(self.budgets, asked.items(self.items))
        for name, value, least in (("repeats", self.repeats, 1), ("warmups", self.warmups, 0), ("loops", self.loops, 1)):
            if value is not None and (type(value) is not int or value < least):
                raise PlanError(
                    say("{name} must be a whole number of at least {least}, not {found!r}", name=name, least=least, found=value)
                )
        if not self.seconds > 0:
            raise PlanError(say("seconds must be positive, not {found!r}", found=self.seconds))


def measure(
    task: Callable[[], object],
    plan: Plan | None = None,
    *,
    repeats: int | None = None,
    warmups: int | None = None,
    loops: int | None = 1,
    label: str = "",
    also: Sequence[str] = (),
    budgets: Sequence[str | Budget] = (),
    items: float | None = None,
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
    budgets : sequence of str or Budget
        Such as ``"time.wall p95 < 5 ms"``. They are kept in the run and shown on its card, and nothing is raised for them:
        ``nbperf.check(run)`` gives those that are broken.
    items : float, optional
        Units of work done in one call, such as samples seen: the card then shows them per second and per joule.
    probes : callable, optional
        Gives the probes of a window instead of the catalog, as ``nbperf.testing`` does.

    Returns
    -------
    Run
        With every raw value.

    Raises
    ------
    PlanError
        If a number is out of range, a budget cannot be read, or the task cannot be called.
    UnitError
        If a budget's unit is unknown or of another kind.

    Examples
    --------
    >>> import nbperf
    >>> run = nbperf.measure(lambda: sum(range(1000)), repeats=20)
    >>> run.measurement("time.wall").count
    20
    """
    if plan is not None and (repeats is not None or warmups is not None or loops != 1 or also or budgets or items):
        raise PlanError(say("a plan says it all: give either a plan, or repeats, warmups, loops, also, budgets and items"))
    chosen = plan or Plan(
        repeats=repeats,
        warmups=1 if warmups is None else warmups,
        loops=loops,
        also=tuple(also),
        budgets=asked.budgets(budgets),
        items=items,
    )
    return measure_block(looped(task), chosen, label=label, probes=probes)


def measure_block(
    block: Block,
    plan: Plan,
    *,
    label: str = "",
    probes: Callable[[], tuple[Sequence[Probe], Sequence[Absence]]] | None = None,
    foreseen: Foreseen | None = None,
) -> Run:
    """As `measure`, for something that loops by itself; `foreseen` is told once a repeat has shown that it must be."""
    recorder = Recorder(
        label,
        also=plan.also,
        probes=probes,
        warmups=plan.warmups,
        collected=plan.collect,
        budgets=plan.budgets,
        items=plan.items,
        reference=plan.reference,
    )
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
                once = perf_counter() - start
                repeats = max(FEWEST, min(MOST, round(plan.seconds / once)))
                foresee(foreseen, FEWEST, once, plan.seconds)
            if not plan.collect:
                sweep()
    return recorder.run()
