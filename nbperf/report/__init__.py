"""A record becomes something to look at: text, HTML, Markdown or JSON.

Every face is drawn from one Card (card.py), plain data without a language, so all of them hold the same numbers in
the same order. Nothing is imported before it is asked for: cards are drawn under every cell, and JSON is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from nbperf.core.lines import MemoryContest, MemoryTrace
from nbperf.core.records import Comparison, Comparisons, Run

if TYPE_CHECKING:
    from nbperf.quality.confusion import ConfusionMatrix
    from nbperf.quality.evaluation import Evaluation
    from nbperf.report.card import Card

    Storable = Run | Comparison | Comparisons | MemoryTrace | Card
    Record = Storable | MemoryContest | ConfusionMatrix | Evaluation

__all__ = ["as_card", "status", "to_html", "to_json", "to_markdown", "to_text"]


_LAST: list[Any] = []
"""The run that was drawn last, its samples and its card."""


def as_card(record: Record, *, by: Literal["line", "cost"] = "line") -> Card:
    """The card of a record, in no language yet; a card is its own.

    Parameters
    ----------
    record : Run, Comparison, Comparisons, MemoryTrace, MemoryContest, ConfusionMatrix, Evaluation or Card
    by : {"line", "cost"}
        How the lines of a trace are sorted.
    """
    if isinstance(record, Run):
        from nbperf.report.runs import card as of_run

        # A notebook asks for the text and then for the HTML of one run. A run that is still open is filled later.
        if not (_LAST and _LAST[0] is record and _LAST[1] is record.samples):
            _LAST[:] = [record, record.samples, of_run(record)]
        found: Card = _LAST[2]
        return found
    if isinstance(record, Comparison | Comparisons):
        from nbperf.report.contests import card as of_comparisons

        return of_comparisons((record,) if isinstance(record, Comparison) else tuple(record))
    if isinstance(record, MemoryTrace):
        from nbperf.report.traces import card as of_trace

        return of_trace(record, by)
    if isinstance(record, MemoryContest):
        from nbperf.report.trace_contests import card as of_contest

        return of_contest(record)
    from nbperf.report.card import Card

    if not isinstance(record, Card):
        from nbperf.report.evaluations import card as of_evaluation

        return of_evaluation(record)
    return record


def status(run: Run, settings: Mapping[str, str]) -> Card:
    """What can be measured on this machine: the card of ``%nbperf``.

    Parameters
    ----------
    run : Run
        A trial: whatever it holds can be measured here, and its absences say what cannot.
    settings : mapping of str to str
        Names and present values, shown as they are.
    """
    from nbperf.report.trial import card as of_trial

    return of_trial(run, settings)


def to_text(record: Record, *, details: bool = False, width: int = 100) -> str:
    """A record for a terminal.

    Parameters
    ----------
    record : Run, Comparison, Comparisons, MemoryTrace, MemoryContest, ConfusionMatrix, Evaluation or Card
    details : bool
        Whether what the other faces fold away follows at the end.
    width : int
        Columns; nothing is wider.
    """
    from nbperf.report.text import render

    return render(as_card(record), details=details, width=width)


def to_html(record: Record) -> str:
    """A record for a notebook: one element that needs nothing else, and stays readable where its style is stripped."""
    from nbperf.report.html import render

    return render(as_card(record))


def to_markdown(record: Record) -> str:
    """A record for a pull request or a README."""
    from nbperf.report.markdown import render

    return render(as_card(record))


def to_json(record: Storable, *, indent: int | None = None) -> str:
    """A record for programs: as it is stored, with what was computed from it under ``"summary"``."""
    from nbperf.report.summary import to_json as write

    return write(record, indent=indent)
