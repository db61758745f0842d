"""What a measured cell leaves behind: its Run in the history, and how it stands beside an earlier one."""

from __future__ import annotations

from nbperf.core.baseline import Was, against
from nbperf.core.lines import MemoryTrace
from nbperf.core.records import Run
from nbperf.errors import PlanError, RecordError
from nbperf.store.history import History
from nbperf.store.place import PLACE
from nbperf.words import say


class Keeper:
    """Writes runs into the history that the settings name, and looks earlier ones up; opened when first needed."""

    def __init__(self) -> None:
        self._history: History | None = None

    @property
    def on(self) -> bool:
        """Whether runs are kept at all."""
        return PLACE.path is not None

    def keep(self, run: Run | MemoryTrace) -> None:
        """Write a run or a memory trace, right after it; what prevents that is said once and costs the user nothing."""
        history = self._open()
        if history is not None:
            history.add(run)

    def was(self, run: Run, label: str) -> Was:
        """The newest run of a label beside this one.

        Raises
        ------
        PlanError
            If no history is kept, no run of that label is in it, or they have no time in common.
        """
        history = self._open()
        if history is None:
            raise PlanError(say("no history is kept here: %config NBPerf.history names its file"))
        try:
            found = [each for each in history.runs(("label = ?", (label,)), last=2) if each.uid != run.uid]
        except RecordError as error:
            raise PlanError(str(error)) from None
        was = against(run, found[-1]) if found else None
        if was is None:
            raise PlanError(say("no run labelled {label!r} is in the history: measure one with -l {label!r} first", label=label))
        return was

    def close(self) -> None:
        """Close the file."""
        if self._history is not None:
            self._history.close()
            self._history = None

    def _open(self) -> History | None:
        path = PLACE.file()
        if path is None:
            self.close()
            return None
        if self._history is None or self._history.path != path:
            self.close()
            self._history = History(path)
        return self._history
