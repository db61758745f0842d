"""What a card holds: plain data in the order in which it is shown, in no language yet.

A piece of text is a Sentence, which is said in the reader's language when it is drawn, or a plain string, which comes
from outside (a label, a source) or is a formatted number, and is drawn as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbperf.core.records import Provenance
from nbperf.words import Sentence, say

if TYPE_CHECKING:
    from nbperf.core.lines import MemoryTrace

Piece = str
"""A Sentence, or a plain string that is shown as it is."""

GAP = " · "
"""Between the pieces of a line, in every face: where the style is stripped the pieces must not run together."""

MARKS = {"baseline": "", "faster": "◂", "slower": "▸", "same": "=", "unresolved": "?"}
"""An outcome as a character, for those who see no colour: the side of the axis on which it lies."""


def shown(piece: Piece) -> str:
    """A piece in the reader's language; a plain string is never looked up."""
    return say(piece) if isinstance(piece, Sentence) else piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How much of something is used: the part that was there before, and the part added; both of 1."""

    before: float
    added: float
    says: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The repeats of a quantity in the order they were taken, all finite, and their ends as they are written."""

    values: tuple[float, ...]
    median: float
    iqr: tuple[float, float]
    interval: tuple[float, float] | None
    ends: tuple[Piece, Piece]
    says: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure with its name and what belongs beside it; the card's `lead` figure is drawn larger, a `bad` one warns."""

    label: Piece
    value: Piece
    notes: tuple[Piece, ...] = ()
    provenance: Provenance = Provenance.MEASURED
    gauge: Gauge | None = None
    strip: Strip | None = None
    lead: bool = False
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A named part of the whole.

    Attributes
    ----------
    depth : int
        0 for parts of the whole, 1 for parts of those.
    start, share : float
        Where it begins and how much it takes, of the whole's 1.
    colour : int
        Its own on the outermost level and its parent's below; -1 for what has no name.
    figures : tuple of Piece
        Its time, the device's time where that was read, its share, how often it was entered.
    """

    name: Piece
    depth: int
    start: float
    share: float
    colour: int
    figures: tuple[Piece, ...]
    provenance: Provenance = Provenance.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The whole and its named parts; `columns` name a part and its figures, `of` does so for the whole.

    Without a `legend` the parts are named on the bar alone, because a table below says the rest.
    """

    of: tuple[Piece, ...]
    columns: tuple[Piece, ...]
    segments: tuple[Segment, ...]
    label: Piece = Sentence("regions")
    legend: bool = True

    @property
    def levels(self) -> tuple[tuple[Segment, ...], ...]:
        """The segments by depth, outermost first."""
        depth = max((segment.depth for segment in self.segments), default=-1) + 1
        return tuple(tuple(s for s in self.segments if s.depth == level) for level in range(depth))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A contestant's line: its median, its ratio to the baseline, and what that comes to.

    Attributes
    ----------
    place : (float, float, float), optional
        Lower end, ratio and upper end on the axis from 0 to 1; None for the baseline, which has no bar.
    outcome : {"baseline", "faster", "slower", "same", "unresolved"}
    verdict : Piece
        Empty where the card's title says it already.
    """

    name: str
    median: Piece
    ratio: Piece = ""
    interval: Piece = ""
    place: tuple[float, float, float] | None = None
    outcome: str = "baseline"
    verdict: Piece = ""
    provenance: Provenance = Provenance.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Contests:
    """The lines of a comparison on one axis; `one` is where a ratio of 1 lies on it."""

    lines: tuple[Contest, ...]
    one: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A finding: what is the matter, and what helps."""

    cause: Piece
    remedy: Piece
    grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of pieces under a heading; without `columns`, a name and then as many pieces as there are."""

    title: Piece
    rows: tuple[tuple[Piece, ...], ...]
    columns: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A quantity over time: a row of characters everywhere, and a picture where one can be drawn.

    Attributes
    ----------
    values : tuple of float
        At equal distances in time, few enough to be a character each.
    notes : tuple of Piece
        What it is, and from where to where it goes.
    says : Piece
        What the picture shows, for those who do not see it.
    record : MemoryTrace
        What the picture is drawn of.
    """

    values: tuple[float, ...]
    notes: tuple[Piece, ...]
    says: Piece
    record: MemoryTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """A line of code with its figures.

    Attributes
    ----------
    number : str
        Its number, or where it stands.
    source : str
        With its indentation, on one line; empty where lines were left out.
    figures : tuple of Piece
        As the listing's columns say.
    share : float
        The length of its bar, of 1.
    more : Piece
        What else is to be said about it, in small letters below.
    faint : bool
        There is nothing to see here.
    """

    number: str
    source: str = ""
    figures: tuple[Piece, ...] = ()
    share: float = 0.0
    more: Piece = ""
    faint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Lines of code in groups, each group under its heading, with a bar before every line.

    Attributes
    ----------
    columns : tuple of Piece
        What the figures are.
    bar : Piece
        What the bars are.
    groups : tuple of (Piece, tuple of CodeLine)
        A heading may be empty.
    notes : tuple of Piece
        What must be known to read it.
    """

    title: Piece
    columns: tuple[Piece, ...]
    bar: Piece
    groups: tuple[tuple[Piece, tuple[CodeLine, ...]], ...]
    notes: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is shown of a record, in this order.

    Attributes
    ----------
    title : Piece
        The label, or the verdict; may be empty.
    facts : tuple of Piece
        What it was: so many repeats, garbage collection off.
    mark : str
        The verdict as one character, for those who see no colour; may be empty.
    broken : Piece
        How it ended, where it did not end well.
    tables : tuple of Table
        Shown at once; `folded` ones open on a click, under `summary`.
    listing, rest : Listing, optional
        Lines of code that are shown at once, and those that are folded.
    """

    title: Piece = ""
    mark: str = ""
    facts: tuple[Piece, ...] = ()
    broken: Piece = ""
    rows: tuple[Row, ...] = ()
    bar: Bar | None = None
    contests: Contests | None = None
    curve: Curve | None = None
    notices: tuple[Notice, ...] = ()
    listing: Listing | None = None
    tables: tuple[Table, ...] = ()
    rest: Listing | None = None
    folded: tuple[Table, ...] = ()
    summary: tuple[Piece, ...] = ()
