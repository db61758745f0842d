"""A row that puts a run beside a stored one: what it was, and what is left of the ratio without the machine's drift."""

from __future__ import annotations

from datetime import UTC, datetime

from nbperf.core.baseline import Was
from nbperf.core.quantities import label
from nbperf.core.units import format_ratio, format_value
from nbperf.report.card import Piece, Row
from nbperf.words import Sentence


def row(was: Was) -> Row:
    """The row of a stored run beside this one; never a verdict, since only what is measured in turn gets one."""
    when = datetime.fromtimestamp(was.started_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    notes: list[Piece] = [Sentence("{label}, {when}", label=was.label, when=when), label(was.quantity)]
    if was.host:
        notes.append(was.host)
    if was.interval is None:
        notes.append(Sentence("now {ratio}, the machine's drift included", ratio=format_ratio(was.ratio)))
        notes.append(Sentence("runs with `-l` carry the reference that takes it out"))
    else:
        low, high = was.interval
        notes.append(
            Sentence("now {ratio}, {low} to {high} without the machine's drift",
                     ratio=format_ratio(was.ratio), low=format_ratio(low), high=format_ratio(high))
        )  # fmt: skip
    notes.append(Sentence("for a verdict measure both in turn: `%%perf vs last`"))
    return Row(label=Sentence("was"), value=format_value(was.was, was.unit), notes=tuple(notes))
