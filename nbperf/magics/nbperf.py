"""``%nbperf``: what can be measured on this machine, what cannot, why, and what would help."""

from __future__ import annotations

import time
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from nbperf.magics.settings import NBPerf
from nbperf.measuring.recorder import Recorder
from nbperf.words import say

TRIAL = 0.1
"""Seconds of the trial window: what counts in ticks of the kernel needs some of them."""


@magics_class
class StatusMagics(Magics):
    """The magic ``%nbperf``."""

    def __init__(self, shell: Any, settings: NBPerf) -> None:
        super().__init__(shell)
        self._settings = settings

    @no_var_expand
    @line_magic
    def nbperf(self, line: str) -> None:
        """Show what nbperf can measure on this machine; what it cannot, why, and the remedy; versions; settings."""
        if line.strip():
            raise UsageError(say("%nbperf: takes no argument yet, found {line!r}", line=line.strip()))
        from nbperf import report

        recorder = Recorder(also=tuple(self._settings.probes))
        window = recorder.window()
        window.open()
        time.sleep(TRIAL)
        recorder.add(window, window.close())
        settings = {name: repr(getattr(self._settings, name)) for name in sorted(self._settings.trait_names(config=True))}
        display(report.status(recorder.run(), settings))
