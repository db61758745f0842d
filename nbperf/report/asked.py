"""What a run was asked for: how much work it does, and the budgets it is to keep."""

from __future__ import annotations

from nbperf.core import stats
from nbperf.core.budgets import NAMES, Outcome, outcomes, written
from nbperf.core.records import Measurement, Provenance, Run
from nbperf.core.units import NARROW, Unit, format_percent, format_value, supported_digits
from nbperf.report.card import Piece, Row
from nbperf.report.figures import HOW, figure, is_floor, name
from nbperf.words import Sentence

KEPT, BROKEN = "✓", "✕"
SAME = 0.005
"""Distance from the limit below which the share would read 100 %, on whichever side it lies."""
MANY = 2.0
"""Times the limit from which they are not said in per cent."""


def throughput(run: Run) -> list[Row]:
    """Work per second and per joule, with the parts of the energy that were not read; nothing where no items are named."""
    if run.items is None:
        return []
    rates = run.per()
    if rates.items_per_second is None:
        return []
    notes: list[Piece] = [format_value(run.items, Unit.ITEM)]
    if rates.items_per_joule is not None:
        notes.append(_rounded(rates.items_per_joule))
        if rates.items_per_joule.provenance is not Provenance.MEASURED:
            notes.append(HOW[rates.items_per_joule.provenance])
        notes += [Sentence("without {part}", part=name(absence.quantity, absence.device)) for absence in rates.missing]
    rate = rates.items_per_second
    return [Row(label=Sentence("throughput"), value=_rounded(rate), notes=tuple(notes), provenance=rate.provenance)]


def _rounded(rate: Measurement) -> str:
    """A rate with the digits that its repeats support: 52,300 and not 52,317 items/s."""
    low, high = stats.order_interval(rate.values) or (rate.minimum, rate.maximum)
    digits = supported_digits(rate.median, (high - low) / 2 or None)
    return figure(float(f"{rate.median:.{digits - 1}e}"), rate.unit, provenance=rate.provenance, spread=(high - low) / 2 or None)


def kept(run: Run) -> list[Row]:
    """A row for each budget: whether it is kept, and what was found."""
    return [_row(outcome) for outcome in outcomes(run)] if run.budgets else []


def _row(outcome: Outcome) -> Row:
    budget, found = outcome.budget, outcome.found
    notes: list[Piece] = [budget.text]
    if f" {budget.statistic} " not in budget.text:
        notes.append(NAMES.get(budget.statistic, budget.statistic))
    if budget.device and f"@{budget.device}" not in budget.text:
        notes.append(budget.device)
    if found is None:
        notes.append(outcome.reason)
        return Row(label=Sentence("budget"), value=Sentence("✕ not known"), notes=tuple(notes), bad=True)
    ratio = found / budget.limit if budget.limit else 1.0
    if abs(ratio - 1) >= SAME:
        if ratio <= MANY:
            notes.append(Sentence("{share} of it", share=format_percent(ratio)))
        else:
            notes.append(Sentence("{times} times it", times=f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"))
    if outcome.provenance is not Provenance.MEASURED:
        notes.append(HOW[outcome.provenance])
    floor = f"≥{NARROW}" if is_floor(budget.quantity, outcome.provenance) else ""
    return Row(
        label=Sentence("budget"),
        value=f"{KEPT if outcome.kept else BROKEN} {floor}{written(outcome)}",
        notes=tuple(notes),
        provenance=outcome.provenance,
        bad=not outcome.kept,
    )
