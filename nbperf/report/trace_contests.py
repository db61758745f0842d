"""The card of two variants traced in turn: which needs less at its peak, and the lines that make the difference."""

from __future__ import annotations

from collections.abc import Sequence

from nbperf.core.lines import LinePair, MemoryContest, MemoryTrace
from nbperf.core.snippets import shortened, where
from nbperf.core.stats import median
from nbperf.core.units import Unit, format_value
from nbperf.report import machine
from nbperf.report.absent import absences
from nbperf.report.card import MARKS, Card, CodeLine, Listing, Piece, Row
from nbperf.report.figures import extent
from nbperf.report.listing import NONE
from nbperf.report.memory import signed
from nbperf.words import Sentence

LEAST = 2**20
"""Bytes of peak below which two variants do not differ: an interpreter alone moves by as much."""
SHOWN = 30
"""Lines that are shown."""
NARROW = 36
"""Letters of a line's source: two figures stand beside each other in its columns."""
NOTHING = 64 * 2**10
"""Bytes by which a line must differ to be among them."""


def card(contest: MemoryContest) -> Card:
    """The card of a contest."""
    if not contest.baseline:
        return Card(facts=(Sentence("nothing was compared yet"),))
    first = contest.baseline[0]
    folded = (absences(first.absences), machine.table(first.environment, first.started_at))
    return Card(
        title=verdict(contest),
        mark=MARKS[{-1: "faster", 0: "same", 1: "slower"}[direction(contest.changes)]],
        facts=_facts(contest),
        broken=_broken(contest),
        rows=_rows(contest),
        listing=_listing(contest),
        folded=tuple(table for table in folded if table and table.rows),
        summary=machine.summary(first.environment),
    )


def direction(changes: Sequence[float]) -> int:
    """-1 where the contestant's peak is lower, 1 where it is higher, 0 where the pairs disagree or it is less than 1 MiB."""
    low, high = min(changes), max(changes)
    if low <= 0 <= high or abs(median(changes)) < LEAST:
        return 0
    return 1 if low > 0 else -1


def names(contest: MemoryContest) -> tuple[Piece, Piece]:
    """What the two are called."""
    first, second = contest.baseline[0].label, contest.contestant[0].label
    if not first or not second or first == second:
        return Sentence("the first"), Sentence("the second")
    return first, second


def verdict(contest: MemoryContest) -> Sentence:
    """Which of the two needs less at its peak, and by how much."""
    changes = contest.changes
    low, high, (first, second) = min(changes), max(changes), names(contest)
    which = direction(changes)
    if which == 0:
        ends = signed(low) if low == high else Sentence("{low} to {high}", low=signed(low), high=signed(high))
        return Sentence("no difference between the peaks of {first} and {second}: {ends}", first=first, second=second, ends=ends)
    size, ends = format_value(abs(median(changes)), Unit.BYTE), extent(min(abs(low), abs(high)), max(abs(low), abs(high)), Unit.BYTE)
    if which < 0:
        return Sentence(
            "the peak of {second} is {size} lower than that of {first} ({ends})", first=first, second=second, size=size, ends=ends
        )
    return Sentence("the peak of {second} is {size} higher than that of {first} ({ends})", first=first, second=second, size=size, ends=ends)


def _facts(contest: MemoryContest) -> tuple[Piece, ...]:
    n = len(contest.baseline)
    exact = contest.baseline[0].mode == "exact"
    return (
        Sentence("1 pair") if n == 1 else Sentence("{n} pairs", n=n),
        Sentence("memory read at every line") if exact else Sentence("memory read at most every 50 µs"),
    )


def _broken(contest: MemoryContest) -> Piece:
    error = next((trace.error for trace in (*contest.baseline, *contest.contestant) if trace.error), None)
    return Sentence("ended by {error}", error=error) if error else ""


def _rows(contest: MemoryContest) -> tuple[Row, ...]:
    return tuple(_row(label, traces) for label, traces in zip(names(contest), (contest.baseline, contest.contestant), strict=True))


def _row(label: Piece, traces: Sequence[MemoryTrace]) -> Row:
    above, left = [trace.above for trace in traces], [trace.growth for trace in traces]
    seconds = [trace.seconds for trace in traces]
    notes: list[Piece] = [Sentence("the peak above the start")]
    if min(above) < max(above):
        notes.append(Sentence("range {interval}", interval=extent(min(above), max(above), Unit.BYTE)))
    notes.append(Sentence("{size} left behind", size=signed(median(left))))
    notes.append(format_value(median(seconds), Unit.SECOND))
    return Row(label=label, value=f"+{format_value(median(above), Unit.BYTE)}", notes=tuple(notes))


def _weight(pair: LinePair) -> float:
    return max(abs(pair.change), abs(pair.change_of_peak))


def _listing(contest: MemoryContest) -> Listing | None:
    """The lines that differ, those that differ most first."""
    differing = sorted((pair for pair in contest.pairs if _weight(pair) >= NOTHING), key=_weight, reverse=True)
    if not differing:
        return None
    most = _weight(differing[0])
    columns = (Sentence("peak within"), Sentence("change"), Sentence("change of increment"))
    lines = tuple(_line(pair, most, names(contest)) for pair in differing[:SHOWN])
    rest = len(differing) - SHOWN
    notes: tuple[Piece, ...] = (Sentence("bars: the larger of a line's changes, of the largest there is"),)
    notes += (Sentence("{n} more lines differ by less", n=rest),) if rest > 0 else ()
    return Listing(title=Sentence("Lines that differ"), columns=columns, bar="", groups=(("", lines),), notes=notes)


def _line(pair: LinePair, most: float, called: tuple[Piece, Piece]) -> CodeLine:
    line = pair.after or pair.before
    assert line is not None
    more: Piece = ""
    if pair.before is None or pair.after is None:
        more = Sentence("only in {name}", name=called[0] if pair.after is None else called[1])
    elif pair.before.source.strip() != pair.after.source.strip():
        more = Sentence("was {source}", source=shortened(pair.before.source.strip(), NARROW))
    before, after = pair.before, pair.after
    return CodeLine(
        number=where(line),
        source=shortened(line.source.strip(), NARROW),
        figures=(
            f"{_size(before.peak) if before else NONE} → {_size(after.peak) if after else NONE}",
            signed(pair.change_of_peak),
            signed(pair.change),
        ),
        share=_weight(pair) / most,
        more=more,
    )


def _size(size: float) -> str:
    return format_value(size, Unit.BYTE) if round(size) else "0"
