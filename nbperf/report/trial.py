"""The card of ``%nbperf``: what can be measured on this machine, and what cannot, why, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping

from nbperf.core.records import Run
from nbperf.core.verdicts import diagnose
from nbperf.report import machine
from nbperf.report.absent import absences
from nbperf.report.card import Card, Notice, Piece, Table
from nbperf.report.figures import HOW, centre, find, name
from nbperf.words import Sentence

ABOUT_THE_MACHINE = {"threads-over-quota", "throttled", "swapping", "near-memory-limit", "machine-busy"}
"""Findings that hold whatever is measured; those about the trial itself say nothing here."""


def card(run: Run, settings: Mapping[str, str]) -> Card:
    """The card of a trial run and the settings."""
    found = find(run)
    rows = tuple((name(q, device), q, centre(read), HOW[read.provenance], read.source) for (q, device), read in found.items())
    columns = (Sentence("reading"), Sentence("name"), Sentence("just now"), Sentence("how"), Sentence("source"))
    missing = absences(run.absences)
    facts: list[Piece] = [Sentence("{n} readings", n=len(rows))]
    if missing.rows:
        facts.append(Sentence("{n} not measured", n=len(missing.rows)))
    tables = (
        Table(title=Sentence("What can be measured here"), columns=columns, rows=rows),
        Table(title=Sentence("What cannot"), columns=missing.columns, rows=missing.rows),
        machine.table(run.environment),
        Table(title=Sentence("Settings"), rows=tuple(settings.items())),
    )
    return Card(
        title="nbperf",
        facts=tuple(facts),
        notices=tuple(Notice(cause=f.cause, remedy=f.remedy, grave=f.weight >= 2) for f in diagnose(run) if f.code in ABOUT_THE_MACHINE),
        tables=tuple(table for table in tables if table and table.rows),
    )
