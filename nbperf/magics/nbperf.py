"""``%nbperf``: what can be measured on this machine, what cannot, why, and what would help."""

from __future__ import annotations

import sys
import time
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from nbperf.core.session import Order, idle_energy
from nbperf.magics.entry import Entry
from nbperf.magics.settings import NBPerf
from nbperf.measuring.recorder import Recorder
from nbperf.words import say

TRIAL = 0.1
"""Seconds of the trial window: what counts in ticks of the kernel needs some of them."""


@magics_class
class StatusMagics(Magics):
    """The magic ``%nbperf``."""

    def __init__(self, shell: Any, entry: Entry, settings: NBPerf) -> None:
        super().__init__(shell)
        self._entry = entry
        self._settings = settings

    @no_var_expand
    @line_magic
    def nbperf(self, line: str) -> None:
        """Show what nbperf can measure here, and record the session.

        %nbperf                      what can be measured on this machine; what cannot, why, and the remedy; settings
        %nbperf auto on|show|off     record every cell quietly; show puts a line under each
        %nbperf cells [memory]       the recorded cells ranked by time, memory or energy, and the session's idle time
        %nbperf freeze               put a picture in the place of every live panel: saved, the notebook shows it everywhere
        """
        words = line.split()
        match words:
            case []:
                self._status()
            case ["auto", ("on" | "show") as mode]:
                self._entry.journal.start(mode)
            case ["auto", "off"]:
                self._entry.journal.stop()
            case ["cells"]:
                self._cells("time")
            case ["cells", ("time" | "memory" | "energy") as order]:
                self._cells(order)
            case ["freeze"]:
                self._freeze()
            case ["auto", *_]:
                raise UsageError(say("%nbperf: auto is on, show or off, not {found!r}", found=" ".join(words[1:])))
            case ["cells", *_]:
                raise UsageError(say("%nbperf: cells are ranked by time, memory or energy, not by {found!r}", found=" ".join(words[1:])))
            case _:
                raise UsageError(say("%nbperf: unknown {found!r}; there are auto, cells and freeze, and %nbperf alone", found=line.strip()))

    def _freeze(self) -> None:
        """Panels that nobody has imported are none: a magic needs nothing of them."""
        panels = sys.modules.get("nbperf.panels.base")
        count = panels.freeze_all() if panels else 0
        print(say("{n} panels are pictures now; save the notebook", n=count) if count else say("no live panel is shown"))  # noqa: T201

    def _status(self) -> None:
        from nbperf import report

        recorder = Recorder(also=tuple(self._settings.probes))
        window = recorder.window()
        window.open()
        time.sleep(TRIAL)
        recorder.add(window, window.close())
        settings = {name: repr(getattr(self._settings, name)) for name in sorted(self._settings.trait_names(config=True))}
        display(report.status(recorder.run(), settings))

    def _cells(self, order: Order) -> None:
        from nbperf.report.cells import card

        journal = self._entry.journal
        cells, totals, until = tuple(journal.cells), journal.totals(), journal.until()
        idle = idle_energy(cells, totals, journal.since, until)
        display(card(cells, journal.since, until, order=order, energy=idle))
