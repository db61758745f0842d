"""What ``%load_ext nbperf`` brings to a shell, and how ``%unload_ext`` takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbperf.magics.entry import Entry
    from nbperf.magics.settings import NBPerf

LATER = (("nbperf.quality.confusion", "ConfusionMatrix"), ("nbperf.quality.evaluation", "Evaluation"))
"""Modules and names of records that have a card as well."""
ATTRIBUTE = "_nbperf"
"""Where a shell keeps what was loaded into it."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one shell has of us."""

    entry: Entry
    settings: NBPerf
    formatted: tuple[tuple[Any, type], ...]
    magics: tuple[Any, ...]


def _plain(record: Any, printer: Any, cycle: bool) -> None:
    from nbperf import report

    printer.text(report.to_text(record))


def load(shell: Any) -> None:
    """Bring magics, settings, completion and cards to a shell; a second time changes nothing."""
    if getattr(shell, ATTRIBUTE, None) is not None:
        return
    from nbperf import report
    from nbperf.core.lines import MemoryContest, MemoryTrace
    from nbperf.core.records import Comparison, Comparisons, Run
    from nbperf.magics import complete
    from nbperf.magics.entry import Entry
    from nbperf.magics.memtrace import MemtraceMagics
    from nbperf.magics.nbperf import StatusMagics
    from nbperf.magics.perf import PerfMagics
    from nbperf.magics.settings import NBPerf
    from nbperf.report.card import Card
    from nbperf.store.place import PLACE

    PLACE.settle()
    settings = NBPerf(parent=shell)
    entry = Entry(shell, settings)
    magics = (PerfMagics(shell, entry, settings), MemtraceMagics(shell, entry, settings), StatusMagics(shell, entry, settings))
    for group in magics:
        shell.register_magics(group)
    shell.configurables.append(settings)
    formatted = []
    for mime, render in (("text/plain", _plain), ("text/html", report.to_html)):
        formatter = shell.display_formatter.formatters[mime]
        for kind in (Run, Comparison, Comparisons, MemoryTrace, MemoryContest, Card):
            formatter.for_type(kind, render)
            formatted.append((formatter, kind))
        for place in LATER:  # known by name until somebody makes one: their modules load numpy
            formatter.for_type_by_name(*place, render)
    entry.install()
    complete.install(shell)
    setattr(shell, ATTRIBUTE, Loaded(entry, settings, tuple(formatted), magics))


def unload(shell: Any) -> None:
    """Take back all that `load` brought, and close what is open."""
    from nbperf.magics import complete
    from nbperf.probes import catalog
    from nbperf.words import READER

    loaded: Loaded | None = getattr(shell, ATTRIBUTE, None)
    if loaded is None:
        return
    loaded.entry.remove()
    complete.remove(shell)
    for formatter, kind in loaded.formatted:
        formatter.pop(kind, None)
    for formatter in {formatter for formatter, _ in loaded.formatted}:
        for place in LATER:
            formatter.pop(".".join(place), None)
    for group in loaded.magics:
        for kind, names in group.magics.items():
            for name in names:
                shell.magics_manager.magics[kind].pop(name, None)
        shell.magics_manager.registry.pop(type(group).__name__, None)
    ours = (loaded.settings, *loaded.magics)
    shell.configurables[:] = [each for each in shell.configurables if all(each is not mine for mine in ours)]
    READER.speak(None)
    catalog.close()
    setattr(shell, ATTRIBUTE, None)
