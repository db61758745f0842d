"""Lines of a trace for a card: which are shown, in what order, and how a line's figures are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from nbperf.core.lines import Line, MemoryTrace, cost
from nbperf.core.records import Provenance
from nbperf.core.snippets import short_file, shortened, where
from nbperf.core.units import Unit, format_value
from nbperf.report.card import CodeLine, Listing, Piece
from nbperf.report.memory import signed
from nbperf.words import Sentence

Order = Literal["line", "cost"]

ALL = 40
"""Lines up to which every one is shown."""
MOST = 120
"""Lines that are shown at all; of more, those that cost most."""
FOLDED = 300
"""Of the others so many are folded: the record has them all."""
FOREMOST = 20
"""Lines that are shown when the costliest come first."""
AT_ONCE = 1.25
"""Share of the peak up to which what a line added in all may have been there at once: some of it may be freed meanwhile."""
NOTHING = 64 * 2**10
"""Bytes below which a line is passed over: an interpreter takes and gives back as much at any time."""
WIDEST = 38
"""Columns of source."""
NONE = "–"
SAMPLED = "~"


def listings(trace: MemoryTrace, by: Order = "line") -> tuple[Listing | None, Listing | None]:
    """The lines that are shown at once, and the others; None where there are none."""
    if not trace.table:
        return None, None
    figures = Figures(trace)
    if by == "cost":
        ranked = list(trace.ranked())
        shown = [line for line in ranked if not idle(line)][:FOREMOST]
        chief = set(map(id, shown))
        rest = [line for line in trace.table if id(line) not in chief]
        groups: tuple[tuple[Piece, tuple[CodeLine, ...]], ...] = (("", tuple(figures.line(line, where(line)) for line in shown)),)
    else:
        kept = chosen(trace.table)
        shown, rest = [line for line in trace.table if id(line) in kept], [line for line in trace.table if id(line) not in kept]
        groups = tuple((heading(lines[0]), tuple(_with_gaps(lines, kept, figures))) for lines in grouped(trace.table))
        groups = tuple((title, lines) for title, lines in groups if lines)
    listing = Listing(
        title=Sentence("Lines"), columns=figures.columns, bar=Sentence("share"), groups=groups, notes=tuple(figures.notes(shown))
    )
    if not rest:
        return listing, None
    others = tuple((heading(lines[0]), tuple(figures.line(line) for line in lines)) for lines in grouped(rest[:FOLDED]))
    more = (Sentence("{n} more are in the record: `lines`", n=f"{len(rest) - FOLDED:,}"),) if len(rest) > FOLDED else ()
    return listing, Listing(title=Sentence("The other lines"), columns=figures.columns, bar=Sentence("share"), groups=others, notes=more)


def heading(line: Line) -> Piece:
    """``"In [3]"``, or ``"train_step, In [2]"``."""
    file = short_file(line.file)
    return file if line.function == "<module>" else Sentence("{function}, {file}", function=line.function, file=file)


def grouped(lines: Iterable[Line]) -> list[list[Line]]:
    """The lines of each function together, in their order."""
    found: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.file, line.function), []).append(line)
    return list(found.values())


def idle(line: Line) -> bool:
    """Whether nothing came or went while it ran that would be worth a look."""
    devices = (size for each in line.devices for size in (each.allocated, each.reserved, each.peak))
    return all(abs(size) < NOTHING for size in (line.increment, line.own, line.peak, line.freed, *devices))


def chosen(lines: Sequence[Line]) -> set[int]:
    """The ids of the lines that are shown: all if they are few, else those with a cost and the lines beside them."""
    if len(lines) <= ALL:
        return set(map(id, lines))
    dear = sorted((line for line in lines if not idle(line)), key=lambda line: -cost(line))[:MOST]
    found = set(map(id, dear))
    if len(dear) < MOST:
        for group in grouped(lines):
            places = [i for i, line in enumerate(group) if id(line) in found]
            found |= {id(group[i]) for place in places for i in (place - 1, place + 1) if 0 <= i < len(group)}
    return found


def _with_gaps(lines: Sequence[Line], kept: set[int], figures: Figures) -> list[CodeLine]:
    """The lines of a group that are kept; where some were left out it says how many."""
    if not any(id(line) in kept for line in lines):
        return []
    found: list[CodeLine] = []
    left_out = 0
    for line in (*lines, None):
        if line is not None and id(line) not in kept:
            left_out += 1
            continue
        if left_out:
            found.append(CodeLine(number="⋯", more=Sentence("{n} lines", n=left_out) if left_out > 1 else Sentence("1 line"), faint=True))
            left_out = 0
        if line is not None:
            found.append(figures.line(line))
    return found


Figure = tuple[Piece, Callable[[Line], Piece]]


class Figures:
    """How the lines of one trace are written: only the columns in which something stands."""

    def __init__(self, trace: MemoryTrace) -> None:
        table = trace.table
        self.above = trace.above or max(map(cost, table), default=0.0)
        found: list[Figure] = []
        if any(line.hits > 1 for line in table):
            found.append((Sentence("hits"), lambda line: f"{line.hits:,}"))
        found.append((Sentence("time"), lambda line: format_value(line.time, Unit.SECOND)))
        found.append((Sentence("increment"), lambda line: _mark(line, signed(line.increment))))
        found.append((Sentence("peak within"), lambda line: _mark(line, _size(line.peak))))
        if any(line.freed >= NOTHING for line in table):
            found.append((Sentence("freed"), lambda line: _mark(line, _size(line.freed))))
        for device in dict.fromkeys(each.device for line in table for each in line.devices):
            found.append((Sentence("{device} allocated", device=device), lambda line, device=device: _device(line, device, "allocated")))  # type: ignore[misc]
            found.append((Sentence("{device} peak", device=device), lambda line, device=device: _device(line, device, "peak")))  # type: ignore[misc]
        self.found = found
        self.columns = tuple(title for title, _ in found)

    def line(self, line: Line, number: str | None = None) -> CodeLine:
        """One line."""
        share = self._answers_for(line) / self.above if self.above > 0 else 0.0
        return CodeLine(
            number=number or str(line.line),
            source=shortened(line.source if number is None else line.source.strip(), WIDEST),
            figures=tuple(write(line) for _, write in self.found),
            share=share if cost(line) >= NOTHING else 0.0,
            more=_more(line),
            faint=idle(line),
        )

    def _answers_for(self, line: Line) -> float:
        """Bytes of the peak; a loop may add more in all than there ever was at once, because other lines gave it back."""
        whole = cost(line)
        return min(whole if whole <= self.above * AT_ONCE else line.peak, self.above)

    def notes(self, shown: Sequence[Line]) -> Iterable[Piece]:
        """What must be known to read the figures of these lines."""
        if any(abs(line.increment - line.own) >= NOTHING for line in shown):
            yield Sentence("time and increment include the traced functions that a line called")
        if self.above > 0:
            yield Sentence("bars: what a line itself left behind or needed for a moment, of the peak above the start")
        if any(line.provenance is not Provenance.MEASURED for line in shown):
            yield Sentence("~ memory was not read at both ends of every hit: what several short lines did together is given to one of them")


def _size(size: float) -> str:
    return format_value(size, Unit.BYTE) if round(size) else "0"


def _mark(line: Line, text: str) -> str:
    """A figure that was not read at both ends of every hit looks like it."""
    return text if line.provenance is Provenance.MEASURED or text == "0" else SAMPLED + text


def _device(line: Line, device: str, which: Literal["allocated", "peak"]) -> str:
    found = next((each for each in line.devices if each.device == device), None)
    if found is None:
        return ""
    return signed(found.allocated) if which == "allocated" else _size(found.peak)


def _more(line: Line) -> Piece:
    """What a loop's hits differ in, and what a line did itself when most was done by what it called."""
    own: Piece = ""
    if abs(line.increment - line.own) >= NOTHING:
        own = Sentence("{size} of its own", size=_mark(line, signed(line.own)))
    if line.hits > 1 and line.reads and max(abs(line.least), abs(line.most)) >= NOTHING and line.least != line.most:
        low, high, mean = (_mark(line, signed(size)) for size in (line.least, line.most, line.mean))
        each = Sentence("{low} to {high} a hit, {mean} on average", low=low, high=high, mean=mean)
        return Sentence("{these}, {one}", these=each, one=own) if own else each
    return own
