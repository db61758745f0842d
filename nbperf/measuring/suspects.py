"""What a memory trace has to say beside its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from nbperf.core.lines import MemoryTrace
from nbperf.core.records import Finding
from nbperf.measuring.watch import Series


class Suspects:
    """A Watch that looks for nothing yet."""

    def lines_of(self, code: CodeType, source: Sequence[str]) -> frozenset[int]:
        """No line is of interest."""
        return frozenset()

    def before(self, frame: FrameType, line: int) -> None:
        """Never called."""

    def left(self, frame: FrameType) -> None:
        """Nothing to see."""

    def conclude(self, trace: MemoryTrace, series: Series, names: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Nothing to say."""
        return ()
