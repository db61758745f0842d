"""The energy of a run, added up from its parts, with the names of the parts that it lacks.

What was read is never mixed with what was only estimated, and what a meter reads at the wall, which holds every part
and more, is never added to one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from nbperf.core.records import Absence, Measurement, Provenance, Run
from nbperf.core.units import Unit
from nbperf.words import Sentence

PARTS = ("energy.gpu", "energy.cpu", "energy.dram")
"""What may be added up: none of them is within another."""

Part = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalEnergy:
    """Joules of a run, repeat by repeat.

    Attributes
    ----------
    measurement : Measurement, optional
        The sum of `parts` per loop, with the worst of their provenances; None where nothing was read.
    parts : tuple of (str, str or None)
        Quantity and device of what was added up: what every repeat has.
    missing : tuple of Absence
        What is not in the sum, or not wholly, and why.
    estimated : tuple of (str, str or None)
        What a model gave; it is in the sum only where the sum is asked to be an estimate.
    """

    measurement: Measurement | None
    parts: tuple[Part, ...] = ()
    missing: tuple[Absence, ...] = ()
    estimated: tuple[Part, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.measurement is not None and not self.missing


def total_energy(run: Run, *, estimates: bool = False) -> TotalEnergy:
    """Add up what a run took.

    Parameters
    ----------
    run : Run
    estimates : bool
        Add what was only estimated as well: the sum is then ESTIMATED.

    Returns
    -------
    TotalEnergy
    """
    found = [part for part in run.quantities() if part[0] in PARTS]
    estimated = [part for part in found if _provenance(run, part) is Provenance.ESTIMATED]
    counted = [part for part in found if _everywhere(run, part) and (estimates or part not in estimated)]
    missing = [_part_missing(run, part, part in estimated) for part in found if part not in counted]
    # What a run says of a part it lacks, or of the rest of one it has only in part.
    missing += [absence for absence in run.absences if absence.quantity in PARTS and (absence.quantity, absence.device) not in estimated]
    return TotalEnergy(
        measurement=_sum(run, counted) if counted else None,
        parts=tuple(counted),
        missing=tuple(dict.fromkeys(missing)),
        estimated=tuple(estimated),
    )


def _provenance(run: Run, part: Part) -> Provenance:
    return max(reading.provenance for sample in run.samples if (reading := sample.reading(*part)))


def _everywhere(run: Run, part: Part) -> bool:
    return all(sample.reading(*part) for sample in run.samples)


def _part_missing(run: Run, part: Part, estimated: bool) -> Absence:
    if estimated:
        reason = Sentence("it is only estimated, and not added to what was read")
    else:
        read = sum(1 for sample in run.samples if sample.reading(*part))
        reason = Sentence("only {read} of {count} repeats have it", read=read, count=len(run.samples))
    return Absence(quantity=part[0], device=part[1], reason=reason)


def _sum(run: Run, parts: list[Part]) -> Measurement:
    rows = [([reading for part in parts if (reading := sample.reading(*part))], sample.loops) for sample in run.samples]
    first = rows[0][0]
    return Measurement(
        quantity="+".join(dict.fromkeys(quantity for quantity, _ in parts)),
        unit=Unit.JOULE,
        provenance=max(reading.provenance for readings, _ in rows for reading in readings),
        source=" + ".join(dict.fromkeys(reading.source for reading in first)),
        device=first[0].device if len(parts) == 1 else None,
        values=tuple(sum(reading.value for reading in readings) / loops for readings, loops in rows),
    )
