"""What could not be read, on a card."""

from __future__ import annotations

from collections.abc import Iterable

from nbperf.core.records import Absence
from nbperf.report.card import Piece, Table
from nbperf.report.figures import name
from nbperf.words import Sentence


def absences(found: Iterable[Absence]) -> Table:
    """What could not be read, why, and what would help; what one cause takes away stands in one row."""
    grouped: dict[tuple[Piece, Piece], Piece] = {}
    for absence in found:
        why, missing = (absence.reason, absence.remedy), name(absence.quantity, absence.device)
        grouped[why] = Sentence("{these}, {one}", these=grouped[why], one=missing) if why in grouped else missing
    rows = tuple((missing, *why) for why, missing in grouped.items())
    return Table(title=Sentence("Not measured"), columns=(Sentence("reading"), Sentence("reason"), Sentence("remedy")), rows=rows)
