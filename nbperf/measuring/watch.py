"""What a traced piece of code does with memory that deserves a word: seen while it runs, concluded when it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import CodeType, FrameType
from typing import Any, Protocol

from nbperf.core.lines import MemoryTrace, Place
from nbperf.core.records import Finding

Series = Mapping[Place, Sequence[tuple[int, float]]]
"""For lines that ran often: resident memory in bytes when a hit began, with the hit's number from 1; thinned out."""


class Watch(Protocol):
    """Looks on while code is traced, ever more seldom. It must not raise, keep what it sees alive, or change it."""

    def lines_of(self, code: CodeType, source: Sequence[str]) -> frozenset[int]:
        """The numbers of the lines before which `before` is to be called.

        Parameters
        ----------
        source : sequence of str
            The lines of the whole file, the first at index 0.
        """

    def before(self, frame: FrameType, line: int) -> None:
        """One of those lines is about to run: for the first, second, third time, and then for one that is a power of two."""

    def left(self, frame: FrameType) -> None:
        """A traced function is about to return, the times counted likewise; its locals are still there."""

    def conclude(self, trace: MemoryTrace, series: Series, names: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What was found, the gravest first.

        Parameters
        ----------
        trace : MemoryTrace
            Complete but for its findings.
        names : mapping of str to object
            The variables that the code leaves behind: of the notebook, or of the function that was traced.
        """
