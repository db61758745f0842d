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
from nbperf.words import Sentence, say

TRIAL = 0.1
"""Seconds of the trial window: what counts in ticks of the kernel needs some of them."""


HELP = (
    Sentence("What can be measured here, and the cells of the session."),
    "",
    ("%nbperf", Sentence("what can be measured on this machine; what cannot, why, and the remedy; settings")),
    ("%nbperf auto on", Sentence("record every cell quietly; off ends it")),
    ("%nbperf auto show", Sentence("the same, with a line under each cell")),
    ("%nbperf cells", Sentence("the recorded cells ranked by time, and the session's idle time")),
    ("%nbperf cells memory", Sentence("ranked by memory; or by energy")),
    ("%nbperf freeze", Sentence("put a picture in the place of every live panel: saved, the notebook shows it everywhere")),
    "",
    Sentence("%%perf? and %%memtrace? show how cells and statements are measured."),
)
"""What ``%nbperf?`` shows."""


def describe() -> str:
    """What ``%nbperf?`` shows, in the reader's language."""
    lines = [f"    {line[0]:23}{say(line[1])}" if isinstance(line, tuple) else say(line) for line in HELP]
    return "\n".join([*lines, ""])


@magics_class
class StatusMagics(Magics):
    """The magic ``%nbperf``."""

    def __init__(self, shell: Any, entry: Entry, settings: NBPerf) -> None:
        super().__init__(shell)
        self._entry = entry
        self._settings = settings
        settings.observe(lambda _: self._describe(), "language")
        self._describe()

    @staticmethod
    def _describe() -> None:
        StatusMagics.nbperf.__doc__ = describe()

    @no_var_expand
    @line_magic
    def nbperf(self, line: str) -> None:
        """Replaced by `describe` where the magics are loaded, so that ``%nbperf?`` shows it."""
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
            case ["help" | "-h" | "--help"]:
                sys.stdout.write(describe())
            case ["freeze"]:
                self._freeze()
            case ["auto", *_]:
                raise UsageError(say("%nbperf: auto is on, show or off, not {found!r}", found=" ".join(words[1:])))
            case ["cells", *_]:
                raise UsageError(say("%nbperf: cells are ranked by time, memory or energy, not by {found!r}", found=" ".join(words[1:])))
            case _:
                raise UsageError(
                    say("%nbperf: unknown {found!r}; there are auto, cells, freeze and help, and %nbperf alone", found=line.strip())
                )

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
