"""A run in one line, for ``%nbperf auto show``, and the line under a cell that is still running."""

from __future__ import annotations

from html import escape

from nbperf.core.records import Run
from nbperf.core.units import Unit, format_value
from nbperf.report.card import Card, Piece
from nbperf.report.columns import clean
from nbperf.report.style import style
from nbperf.words import Sentence


def card(run: Run) -> Card:
    """The line of a run: its time, how much memory rose, the cores it kept busy."""
    sample = next(iter((*run.samples, *run.broken)), None)
    if sample is None:
        return Card(facts=(Sentence("nothing was measured"),))
    wall, peak, before = (sample.reading(name) for name in ("time.wall", "memory.rss.peak", "memory.rss.before"))
    user, system = sample.reading("time.cpu.user"), sample.reading("time.cpu.system")
    facts: list[Piece] = []
    if wall is not None:
        facts.append(format_value(wall.value, Unit.SECOND))
    if peak is not None and before is not None:
        grown = max(peak.value - before.value, 0.0)
        facts.append(
            Sentence("memory +{grown}, peak {peak}", grown=format_value(grown, Unit.BYTE), peak=format_value(peak.value, Unit.BYTE))
        )
    if wall is not None and user is not None and system is not None and wall.value >= 1e-2:
        facts.append(Sentence("{busy} cores", busy=f"{(user.value + system.value) / wall.value:.1f}"))
    broken = Sentence("ended by {error}", error=run.error) if run.error else ""
    return Card(facts=tuple(facts), broken=broken)


def live(text: str) -> dict[str, str]:
    """The mime bundle of a text that changes while a cell runs; empty when it has ended."""
    if not text:
        return {"text/plain": "", "text/html": ""}
    line = escape(clean(text))
    head = f'<div class="nbperf-card"><style>{style(strip=False, bar=False, contests=False)}</style><div class="nbperf-head">'
    return {"text/plain": text, "text/html": f'{head}<span aria-live="off">▸ {line}</span></div></div>'}
