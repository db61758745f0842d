"""The card of ``%nbperf cells``: the session's cells ranked, and the session as a line with its idle time."""

from __future__ import annotations

from collections.abc import Sequence

from nbperf.core.session import ORDERS, Executed, IdleEnergy, Order, laid_out, ranked
from nbperf.core.units import Unit, format_percent, format_value
from nbperf.report.card import Bar, Card, Piece, Segment, Table
from nbperf.words import Sentence

SHOWN = 10
"""Cells in the table; the others are summed up."""
LONGEST = 48
"""Characters of a cell's first line."""
COLOURS = 6
"""As many as style.py has."""
NONE = "–"


def card(cells: Sequence[Executed], since: float, until: float, *, order: Order = "time", energy: IdleEnergy | None = None) -> Card:
    """The card of the cells that ran between two times.

    Parameters
    ----------
    cells : sequence of Executed
    since, until : float
        Seconds since the epoch.
    order : {"time", "memory", "energy"}
    energy : IdleEnergy, optional
        Of the time in which no cell ran, where a sensor was read.
    """
    if not cells:
        return Card(title=Sentence("cells"), facts=(Sentence("no cell has run since `%nbperf auto on`"),))
    places, idle = laid_out(cells, since, until)
    whole = until - since
    busy = sum(cell.seconds for cell in cells)
    facts: list[Piece] = [
        Sentence("1 cell in {time}" if len(cells) == 1 else "{n} cells in {time}", n=len(cells), time=format_value(whole, Unit.SECOND)),
        Sentence("idle {share}", share=format_percent(idle)),
    ]
    joules = [cell.joules for cell in cells if cell.joules is not None]
    if energy is not None:
        share = ("~" if energy.estimated else "") + format_percent(energy.share)
        facts.append(Sentence("{share} of the energy while idle", share=share))
    elif order == "energy" and not joules:
        facts.append(Sentence("no energy was read: `%nbperf` says why"))
    best = ranked(cells, order)
    top = {id(cell): i for i, cell in enumerate(best[:COLOURS])}
    segments = [
        Segment(
            name=_name(place.executed),
            depth=0,
            start=place.start,
            share=place.share,
            colour=top.get(id(place.executed), -1),
            figures=(format_value(place.executed.seconds, Unit.SECOND), format_percent(place.share)),
        )
        for place in sorted(places, key=lambda place: top.get(id(place.executed), COLOURS))
        if id(place.executed) in top
    ]
    bar = Bar(
        of=(Sentence("the session"), format_value(whole, Unit.SECOND), format_percent(1.0)),
        columns=(Sentence("cell"), Sentence("time"), Sentence("share")),
        segments=tuple(segments),
        label=Sentence("session"),
        legend=False,
    )
    between = NONE if energy is None else format_value(energy.joules, Unit.JOULE, estimated=energy.estimated)
    rows = [_row(cell, busy) for cell in best[:SHOWN]]
    if rest := best[SHOWN:]:
        rows.append(("", Sentence("{n} more", n=len(rest)), format_value(sum(cell.seconds for cell in rest), Unit.SECOND), "", "", ""))
    rows.append(("", Sentence("idle"), format_value(idle * whole, Unit.SECOND), "", "", between))
    columns: tuple[Piece, ...] = (
        Sentence("cell"),
        Sentence("first line"),
        Sentence("time"),
        Sentence("of the busy time"),
        Sentence("memory grew by"),
        Sentence("energy"),
    )
    if not joules and energy is None:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    titles = {"time": Sentence("by time"), "memory": Sentence("by memory"), "energy": Sentence("by energy")}
    assert titles.keys() == set(ORDERS)
    return Card(
        title=Sentence("cells"),
        facts=(titles[order], *facts),
        bar=bar,
        tables=(Table(title="", columns=columns, rows=tuple(rows)),),
    )


def _name(cell: Executed) -> str:
    return f"[{cell.number}]"


def _row(cell: Executed, busy: float) -> tuple[Piece, ...]:
    title = cell.title if len(cell.title) <= LONGEST else cell.title[: LONGEST - 1] + "…"
    grown, joules = cell.growth, cell.joules
    return (
        _name(cell) + (" ✕" if cell.run.error else ""),
        title,
        format_value(cell.seconds, Unit.SECOND),
        format_percent(cell.seconds / busy) if busy else NONE,
        NONE if grown is None else format_value(max(grown, 0.0), Unit.BYTE),
        _joules(joules),
    )


def _joules(value: float | None) -> str:
    return NONE if value is None else format_value(value, Unit.JOULE)
