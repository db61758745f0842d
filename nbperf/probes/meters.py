"""What an energy source is to a probe: a Meter that is read, and the Readings and Absences that come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit, format_value
from nbperf.probes.joules import ACCURACY, FEWEST, CounterTally, Fault, PowerTally, Spent
from nbperf.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no meter, and what would give one."""

    reason: Sentence
    remedy: Sentence = Sentence("")

    def absences(self, quantities: Sequence[str], device: str | None = None) -> tuple[Absence, ...]:
        """Said of each quantity."""
        return tuple(Absence(quantity=quantity, reason=self.reason, remedy=self.remedy, device=device) for quantity in quantities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A counter of joules, or a gauge of watts, of one device.

    Attributes
    ----------
    part : str
        ``"cpu"``, ``"dram"``, ``"gpu"``, ``"board"``: the readings are ``energy.PART`` and ``power.PART``.
    device : str, optional
    source : str
        What is read.
    read : callable
        Joules since some moment, or watts now; raises where it cannot be read.
    counts : bool
        Joules are read; watts otherwise.
    tick : float
        Seconds between two values: of the counter's movements, or from one reading of the watts to the next.
    span, limit : float, optional
        Joules after which the counter begins again; watts that are enforced.
    close : callable, optional
        Gives back what reading keeps open; the next reading opens it again.
    """

    part: str
    source: str
    read: Callable[[], float]
    device: str | None = None
    counts: bool = True
    tick: float = 1e-3
    span: float | None = None
    limit: float | None = None
    close: Callable[[], object] | None = None

    @property
    def provenance(self) -> Provenance:
        """A counter is MEASURED, watts that are integrated are SAMPLED."""
        return Provenance.MEASURED if self.counts else Provenance.SAMPLED

    @property
    def least(self) -> float:
        """Seconds of the shortest window that it resolves."""
        return FEWEST * self.tick

    def tally(self) -> CounterTally | PowerTally:
        """A new sum for one window."""
        if not self.counts:
            return PowerTally(limit=self.limit, longest=max(1.0, 20 * self.tick))
        most = 1.5 * self.limit if self.limit else 1000.0
        return CounterTally(tick=self.tick, limit=self.limit, span=self.span, most=most)


_CAUSES: dict[Fault, Sentence] = {
    "back": Sentence("the counter went back"),
    "leap": Sentence("the sensor showed more than 1.5 times the power limit, or less than nothing"),
    "still": Sentence("the counter did not move"),
    "lost": Sentence("the sensor did not answer"),
    "wrapped": Sentence("the counter may have begun again from zero unseen"),
}
LOST = Sentence("`nvidia-smi` or the system's log may say what became of the device")
_REMEDIES: dict[Fault, Sentence] = {
    "back": Sentence("a driver or device that is reset does that: measure again"),
    "leap": Sentence("measure again; if it stays, the sensor cannot be trusted"),
    "still": Sentence("measure a longer window; if it stays, the sensor cannot be trusted"),
    "lost": LOST,
    "wrapped": Sentence("measure shorter windows"),
}


def answers(meter: Meter, spent: Spent, *, device: str | None = None, note: str = "", error: str = "") -> list[Reading | Absence]:
    """Energy and mean power of a window, or why not.

    Parameters
    ----------
    meter : Meter
    spent : Spent
    device : str, optional
        In place of the meter's.
    note : str
        To be added to the source.
    error : str
        What the sensor said when it did not answer.

    Returns
    -------
    list
        Where a part of the window is missing: the part that was read, whose interval reaches as far as the missing part
        may, and beside it an Absence of the rest.
    """
    device = device or meter.device
    names = f"energy.{meter.part}", f"power.{meter.part}"
    if spent.whole < meter.least:
        return [*too_short(meter).absences(names, device)]
    if spent.seconds <= 0 or spent.joules <= 0:
        return [*_faulty(spent, error).absences(names, device)]
    low, high = spent.interval(meter.limit)
    source = f"{meter.source}, ±{ACCURACY:.0%} assumed{note}"
    found: list[Reading | Absence] = []
    if spent.missing > 0:
        source += f", partial: {format_value(spent.missing, Unit.SECOND)} are missing".replace("\N{NO-BREAK SPACE}", " ")
        rest = Sentence(
            "{cause}: {missing} of {whole} are missing",
            cause=_CAUSES[spent.fault or "lost"],
            missing=format_value(spent.missing, Unit.SECOND),
            whole=format_value(spent.whole, Unit.SECOND),
        )
        found += Refusal(reason=rest, remedy=_REMEDIES[spent.fault or "lost"]).absences(names[:1], device)
    least, most = replace(spent, missing=0.0).interval()  # the mean power is that of the part that was read
    watts = least / spent.seconds, most / spent.seconds
    return [
        _reading(names[0], spent.joules, Unit.JOULE, meter, source, device, (low, high)),
        _reading(names[1], spent.watts, Unit.WATT, meter, source, device, watts),
        *found,
    ]


def too_short(meter: Meter) -> Refusal:
    """A window that has too few ticks of the counter."""
    return Refusal(
        reason=Sentence(
            "the window is too short for the sensor, which has a new value every {tick}", tick=format_value(meter.tick, Unit.SECOND)
        ),
        remedy=Sentence(
            "let it last {least} or longer: a loop in the cell, or `%perf -n`; `-r` then shows the spread",
            least=format_value(meter.least, Unit.SECOND),
        ),
    )


def _faulty(spent: Spent, error: str) -> Refusal:
    fault = spent.fault or "still"
    if error and fault == "lost":
        return Refusal(reason=Sentence("the sensor did not answer: {error}", error=error), remedy=_REMEDIES[fault])
    return Refusal(reason=_CAUSES[fault], remedy=_REMEDIES[fault])


def _reading(
    quantity: str, value: float, unit: Unit, meter: Meter, source: str, device: str | None, interval: tuple[float, float]
) -> Reading:
    return Reading(quantity=quantity, value=value, unit=unit, provenance=meter.provenance, source=source, device=device, interval=interval)
