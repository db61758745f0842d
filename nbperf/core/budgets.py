"""Budgets: a line of text becomes a Budget, and a Run is held to it. Pure.

::

    QUANTITY[@DEVICE] [STATISTIC] RELATION NUMBER UNIT

    time.wall p95 < 5 ms        memory.rss.peak < 500 MB        memory.cuda.allocated.peak@cuda:0 <= 2 GiB

Beside what was read, ``items.rate`` and ``items.energy`` bound the work per second and per joule of a run that knows its items.
Without a statistic the most that was seen counts for memory, where one repeat too large ends the kernel, and the median
for all else. Without a device every device must keep it.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal, cast

from nbperf.core import stats, units
from nbperf.core.efficiency import per
from nbperf.core.quantities import QUANTITIES, RATES
from nbperf.core.records import Absence, Breach, Budget, Measurement, Provenance, Run, Sample
from nbperf.core.units import Unit, format_like, format_value
from nbperf.errors import BudgetExceeded, PlanError, UnitError
from nbperf.words import Sentence, say

Relation = Literal["<", "<=", ">", ">="]

RELATIONS: dict[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
STATISTICS: dict[str, Callable[[Measurement], float]] = {
    "median": lambda found: found.median,
    "mean": lambda found: found.mean,
    "min": lambda found: found.minimum,
    "max": lambda found: found.maximum,
}
"""Beside them stand the percentiles, such as p95 or p99.9."""
NAMES = {"median": Sentence("median"), "mean": Sentence("mean"), "min": Sentence("min"), "max": Sentence("max")}
"""The same for people; a percentile goes by its own."""
SPELLINGS = {"≤": "<=", "≥": ">=", "minimum": "min", "maximum": "max", "average": "mean", "p0": "min", "p100": "max"}
PLAIN = {Unit.COUNT, Unit.CORE, Unit.ITEM}
"""Units that may be left out."""

MEANT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("time", "wall", "duration", "seconds", "latency"), ("time.wall",)),
    **dict.fromkeys(("memory", "mem", "ram", "rss", "peak"), ("memory.rss.peak", "memory.cuda.allocated.peak")),
    **dict.fromkeys(("items", "rate", "throughput"), ("items.rate",)),
    "energy": ("energy.gpu", "energy.cpu", "energy.wall"),
    "joules": ("energy.gpu", "energy.cpu", "energy.wall"),
    "power": ("power.gpu", "power.cpu", "power.wall"),
    "cpu": ("time.cpu.user", "time.cpu.system", "energy.cpu"),
    "gpu": ("time.cuda", "memory.cuda.allocated.peak", "energy.gpu"),
    "cuda": ("time.cuda", "memory.cuda.allocated.peak"),
}
"""What people write first, and what they mean by it."""

_RELATION = r"<=|>=|[<>≤≥]"
_BUDGET = re.compile(
    rf"(?P<quantity>[^\s@<>=≤≥]+)(?:@(?P<device>[^\s<>=≤≥]+))?(?:\s+(?P<statistic>[^\s<>=≤≥]+))?\s*"
    rf"(?P<relation>{_RELATION})\s*(?P<limit>[^<>=≤≥]+)"
)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a budget: a Breach where it was not kept, and what was found in either case."""

    budget: Budget
    kept: bool
    found: float | None = None
    provenance: Provenance = Provenance.MEASURED
    reason: Sentence = Sentence("")


def parse(text: str, *, also: Mapping[str, Unit | None] | None = None) -> Budget:
    """Read a budget.

    Parameters
    ----------
    text : str
        ``"time.wall p95 < 5 ms"``, ``"memory.rss.peak < 500 MB"``, ``"energy.gpu@cuda:0 mean <= 2 J"``. Statistics are
        median, mean, min, max and percentiles such as p95; without one it is max for memory and median for all else.
        Relations are ``<``, ``<=``, ``>`` and ``>=``. Without ``@DEVICE`` every device that was read must keep it.
    also : mapping of str to Unit, optional
        Quantities beside those that nbperf knows, such as those of another package's probe; None where the unit is not
        known before it is read.

    Raises
    ------
    PlanError
        If it does not read as a budget, or the quantity or the statistic is unknown; the message names what is near.
    UnitError
        If the number or the unit is none, or the unit is of another kind.

    Examples
    --------
    >>> budget = parse("time.wall p95 < 5 ms")
    >>> budget.quantity, budget.statistic, budget.relation, budget.limit
    ('time.wall', 'p95', '<', 0.005)
    """
    text = " ".join(text.split())
    parts = _BUDGET.fullmatch(text)
    if parts is None:
        raise PlanError(say("a budget reads like time.wall p95 < 5 ms or memory.rss.peak < 500 MB, not {text!r}", text=text))
    quantity, limit = parts["quantity"], parts["limit"].strip()
    wanted = _unit_of(quantity, also or {})
    statistic = _statistic(parts["statistic"], quantity)
    try:
        value, unit = units.parse(limit)
    except UnitError:
        if wanted is None or not re.match(r"[-+]?\.?\d", limit):
            raise
        # A number at least: then only the unit is wrong, and the few of this quantity are the ones to name.
        raise UnitError(_wrong_unit(quantity, wanted, limit, bare=False)) from None
    bare = unit is Unit.RATIO and not limit.endswith("%")
    if wanted and bare and wanted in PLAIN:
        unit = wanted
    if wanted and unit is not wanted:
        raise UnitError(_wrong_unit(quantity, wanted, limit, bare))
    return Budget(
        quantity=quantity,
        device=parts["device"],
        statistic=statistic,
        relation=cast("Relation", SPELLINGS.get(parts["relation"], parts["relation"])),
        limit=value,
        unit=unit,
        text=text,
    )


def _unit_of(quantity: str, also: Mapping[str, Unit | None]) -> Unit | None:
    if quantity in QUANTITIES:
        return QUANTITIES[quantity].unit
    if quantity in also:
        return also[quantity]
    known = sorted({*QUANTITIES, *also})
    parts = [name for name in known if quantity in name][:3]
    near = MEANT.get(quantity.lower()) or get_close_matches(quantity, known, 3, 0.75) or parts or get_close_matches(quantity, known, 1)
    if near:
        written = ", ".join(near)
        said = say("there is no quantity {name!r}: did you mean {near}? `%nbperf` lists those there are", name=quantity, near=written)
        raise PlanError(said)
    raise PlanError(
        say("there is no quantity {name!r}: `%nbperf` lists those there are, such as time.wall and memory.rss.peak", name=quantity)
    )


def _statistic(name: str | None, quantity: str) -> str:
    if name is None:
        return "max" if quantity.split(".")[0] == "memory" else "median"
    name = SPELLINGS.get(name, name)
    if name in STATISTICS or ((percent := _PERCENTILE.fullmatch(name)) and float(percent[1]) > 0):
        return name
    near = get_close_matches(name, [*STATISTICS, "p50", "p90", "p95", "p99"], 1)
    if near:
        raise PlanError(say("there is no statistic {name!r}: did you mean {near}?", name=name, near=near[0]))
    raise PlanError(say("there is no statistic {name!r}: there are median, mean, min, max and percentiles such as p95", name=name))


def _wrong_unit(quantity: str, wanted: Unit, limit: str, bare: bool) -> str:
    if wanted is Unit.RATIO:
        return say("{quantity} is a ratio: write it like 0.85 or 85 %, not {limit!r}", quantity=quantity, limit=limit)
    if wanted is Unit.COUNT:
        return say("{quantity} is a count and has no unit: write a plain number, not {limit!r}", quantity=quantity, limit=limit)
    symbols = ", ".join(units.symbols(wanted))
    if bare:
        return say("{limit!r} lacks its unit: {quantity} is in {symbols}", limit=limit, quantity=quantity, symbols=symbols)
    return say("{quantity} is in {symbols}, and {limit!r} is not", quantity=quantity, symbols=symbols, limit=limit)


def check(run: Run, *budgets: Budget | str) -> tuple[Breach, ...]:
    """Hold a run to budgets; nothing is raised.

    Parameters
    ----------
    run : Run
    *budgets : Budget or str
        Such as ``"time.wall p95 < 5 ms"`` (see `parse`); without any, those that the run was asked to keep.

    Returns
    -------
    tuple of Breach
        Those that are not kept, with what was found; empty where all are. What cannot be told is not kept either: a
        percentile that needs more repeats, or a quantity that was not read, has no value and a reason instead. An
        estimated value is checked like any other, and its provenance and reason say that it is one.

    Raises
    ------
    PlanError, UnitError
        If a text is no budget.

    Examples
    --------
    >>> import nbperf
    >>> run = nbperf.measure(lambda: sum(range(1000)), repeats=5)
    >>> nbperf.check(run, "time.wall < 1 min", "memory.rss.peak < 1 TB")
    ()
    """
    return tuple(
        Breach(budget=outcome.budget, found=outcome.found, reason=outcome.reason, provenance=outcome.provenance)
        for outcome in outcomes(run, *budgets)
        if not outcome.kept
    )


def outcomes(run: Run, *budgets: Budget | str) -> tuple[Outcome, ...]:
    """As `check`, with those that are kept; one for each device where a budget names none."""
    units_read = {reading.quantity: reading.unit for sample in run.samples for reading in sample.readings}
    also: dict[str, Unit | None] = {**{absence.quantity: None for absence in run.absences}, **units_read}
    asked = [parse(budget, also=also) if isinstance(budget, str) else budget for budget in budgets or run.budgets]
    return tuple(outcome for budget in asked for outcome in _held(run, budget))


def needs_items(budgets: Sequence[Budget], items: float | None) -> None:
    """Refuse budgets on a rate where it is not said how much work a loop does.

    Raises
    ------
    PlanError
        It says how to say it.
    """
    if items is None and (budget := next((each for each in budgets if each.quantity in RATES), None)):
        raise PlanError(say(_no_items(budget.quantity)))


def _no_items(quantity: str) -> Sentence:
    return Sentence("{quantity} needs to know the work of one run: --items N, or items=N in code", quantity=quantity)


def _held(run: Run, budget: Budget) -> Iterator[Outcome]:
    if budget.quantity in RATES:
        yield _rated(run, budget)
        return
    devices = [device for quantity, device in run.quantities() if quantity == budget.quantity and budget.device in (None, device)]
    if not devices:
        yield Outcome(budget=budget, kept=False, reason=_missing(run, budget))
    for device in devices:
        found = _measurement(run, budget.quantity, device)
        yield _judged(budget if device is None or len(devices) == 1 else replace(budget, device=device), found)


def _rated(run: Run, budget: Budget) -> Outcome:
    """A budget on work per second or per joule."""
    if run.items is None or not run.samples:
        reason = _no_items(budget.quantity) if run.items is None else _missing(run, budget)
        return Outcome(budget=budget, kept=False, reason=reason)
    rates = per(run)
    found = rates.items_per_second if budget.quantity == "items.rate" else rates.items_per_joule
    if found is not None:
        return _judged(budget, found)
    absence = next((each for each in rates.missing if (each.quantity == "time.wall") == (budget.quantity == "items.rate")), None)
    return Outcome(budget=budget, kept=False, reason=_because(absence) if absence else _missing(run, budget))


def _because(absence: Absence) -> Sentence:
    if absence.remedy:
        return Sentence("{reason}: {remedy}", reason=absence.reason, remedy=absence.remedy)
    return absence.reason


def _measurement(run: Run, quantity: str, device: str | None) -> Measurement:
    """A quantity on one device, or on the host alone, which `Run.find` does not tell from "whichever it is"."""
    samples = tuple(
        Sample(readings=tuple(r for r in sample.readings if r.quantity == quantity and r.device == device), loops=sample.loops)
        for sample in run.samples
    )
    return Run(samples=samples).measurement(quantity)


def _judged(budget: Budget, found: Measurement) -> Outcome:
    if found.unit is not budget.unit and not (budget.unit is Unit.RATIO and found.unit in PLAIN):
        reason = Sentence(
            "{quantity} was read in {read}, and the budget is in {asked}",
            quantity=budget.quantity,
            read=found.unit.value,
            asked=budget.unit.value,
        )
        return Outcome(budget=budget, kept=False, reason=reason)
    percentile = _PERCENTILE.fullmatch(budget.statistic)
    if percentile:
        needed = stats.count_for_percentile(float(percentile[1]) / 100)
        if found.count < needed:
            reason = Sentence(
                "{statistic} needs {needed} repeats, there are {found}: measure with -r {needed}",
                statistic=budget.statistic,
                needed=needed,
                found=found.count,
            )
            return Outcome(budget=budget, kept=False, reason=reason)
        value = found.percentile(float(percentile[1]))
    else:
        value = STATISTICS[budget.statistic](found)
    reason = Sentence("estimated by a model, not read from the machine") if found.provenance is Provenance.ESTIMATED else Sentence("")
    kept = not math.isnan(value) and RELATIONS[budget.relation](value, budget.limit)
    return Outcome(budget=budget, kept=kept, found=value, provenance=found.provenance, reason=reason)


def _missing(run: Run, budget: Budget) -> Sentence:
    """Why a run has no value for a budget, and what would help."""
    if not run.samples:
        if run.error:
            return Sentence("{error} ended the run before a repeat was complete", error=run.error)
        return Sentence("nothing was measured yet")
    for absence in run.absences:
        if absence.quantity == budget.quantity and budget.device in (None, absence.device):
            return _because(absence)
    devices = [device or Sentence("the host") for quantity, device in run.quantities() if quantity == budget.quantity]
    if len(devices) == 1:
        return Sentence("it was read on {found} and not on {device}", found=devices[0], device=budget.device)
    if devices:
        return Sentence("it was read on {found} and not on {device}", found=", ".join(devices), device=budget.device)
    return Sentence("it was not read: `%nbperf` says what can be read here")


def written(result: Outcome | Breach) -> str:
    """What was found, in the unit of the budget, so that both can be read side by side; "" where nothing was."""
    if result.found is None:
        return ""
    budget = result.budget
    limit = re.split(_RELATION, budget.text)[-1].strip()
    try:
        same = units.parse(limit)[0] == budget.limit
    except UnitError:
        same = False
    text = format_like(result.found, limit, other=budget.limit) if same else format_value(result.found, budget.unit)
    return f"~{text}" if result.provenance is Provenance.ESTIMATED else text


def sentence(result: Outcome | Breach) -> Sentence:
    """A budget and what was found, in words."""
    budget = result.budget
    if result.found is None:
        if budget.device:
            return Sentence("{budget}: not known on {device}. {reason}", budget=budget.text, device=budget.device, reason=result.reason)
        return Sentence("{budget}: not known. {reason}", budget=budget.text, reason=result.reason)
    statistic, value = NAMES.get(budget.statistic, budget.statistic), written(result)
    if budget.device:
        where = budget.device
        return Sentence("{budget}: {statistic} on {device} is {value}", budget=budget.text, statistic=statistic, device=where, value=value)
    return Sentence("{budget}: {statistic} is {value}", budget=budget.text, statistic=statistic, value=value)


def exceeded(run: Run, breaches: tuple[Breach, ...]) -> BudgetExceeded:
    """The error that says what was found, a line for each breach."""
    return BudgetExceeded("\n".join(say(sentence(breach)) for breach in breaches), breaches, run)
