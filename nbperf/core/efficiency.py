"""Efficiency is work per second and per joule: items, or a score, over the time and the energy that they took.

The energy is the sum of the parts that were read, or what a meter of the whole read where a part is missing. A part that
is only estimated, which is CPU time in another unit, is left out and named as missing where another was read; where it
is all there is, the rates are estimates as well.
"""

from __future__ import annotations

import math
from dataclasses import replace

from nbperf.core.energy import total_energy
from nbperf.core.records import Absence, Measurement, Provenance, Rates, Run
from nbperf.core.units import Unit
from nbperf.errors import PlanError
from nbperf.words import Sentence, say

WHOLE = ("energy.wall", "energy.board")
"""What holds every part: it counts where one of them is missing, and is never added to them."""


def per(run: Run, *, items: float | None = None, score: float | None = None) -> Rates:
    """What a run did per second and per joule; `Run.per` says more."""
    items = run.items if items is None else items
    if items is None and score is None:
        raise PlanError(say("say how much work one loop does: run.per(items=1797), or %%perf --items 1797"))
    if items is not None and not (math.isfinite(items) and items > 0):
        raise PlanError(say("items must be a positive number, not {found!r}", found=items))
    if score is not None and not math.isfinite(score):
        raise PlanError(say("score must be a finite number, not {found!r}", found=score))
    wall = run.find("time.wall")
    energy, missing = _energy(run)
    if wall is None:
        reason = Sentence("nothing was measured yet")
        missing += (next((a for a in run.absences if a.quantity == "time.wall"), Absence(quantity="time.wall", reason=reason)),)
    if energy and not all(value > 0 for value in energy.values):
        reason = Sentence("the energy of a repeat is not above 0 J: it is too short for the counter")
        missing += (Absence(quantity=energy.quantity, reason=reason, remedy=Sentence("measure more loops in a repeat")),)
        energy = None
    return Rates(
        items=items,
        score=score,
        items_per_second=_rate(items, wall, "items.rate", Unit.ITEM_PER_SECOND),
        items_per_joule=_rate(items, energy, "items.energy", Unit.ITEM_PER_JOULE),
        score_per_second=_rate(score, wall, "score.rate", Unit.PER_SECOND),
        score_per_joule=_rate(score, energy, "score.energy", Unit.PER_JOULE),
        missing=missing,
    )


def _rate(work: float | None, spent: Measurement | None, quantity: str, unit: Unit) -> Measurement | None:
    """Work over what each repeat spent on it; None where one of the two is unknown, or a clock saw no time pass."""
    if work is None or spent is None or not all(value > 0 for value in spent.values):
        return None
    return replace(spent, quantity=quantity, unit=unit, device=None, values=tuple(work / value for value in spent.values))


def _energy(run: Run) -> tuple[Measurement | None, tuple[Absence, ...]]:
    """What the run took, and the parts that are not in it."""
    total = total_energy(run)
    if not total.complete:
        for name in WHOLE:
            whole = run.find(name)
            if whole and whole.count == len(run.samples) and whole.provenance is not Provenance.ESTIMATED:
                return whole, ()
    if total.measurement is None and total.estimated:
        total = total_energy(run, estimates=True)
    return total.measurement, total.missing
