"""Who allocated: by memray where it is installed, which sees native code and what was short-lived, else by tracemalloc."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from nbperf.core.lines import Allocation, Place
from nbperf.core.records import Absence
from nbperf.measuring.choice import OWN, Names
from nbperf.measuring.lines import Traced
from nbperf.words import Sentence

DEEP = 25
"""Frames of an allocation that tracemalloc keeps."""
LEAST = 1024
"""Bytes below which a line is not listed."""
MOST = 200
"""Lines that are listed."""

Stack = Sequence[tuple[str, str, int]]
"""(function, file, line), innermost first."""


class Found(Protocol):
    """What was traced."""

    name: str
    absences: tuple[Absence, ...]

    def found(self, traced: Sequence[Traced], names: Names) -> tuple[Allocation, ...]:
        """By line, the largest first."""


class Allocations(Protocol):
    """Traces allocations from `start` to `stop`."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> Found:
        """End, and leave nothing behind."""


def allocations() -> Allocations:
    """The best tracer that is installed."""
    if importlib.util.find_spec("memray") is not None:
        return Memray()
    return Tracemalloc()


class _Sums:
    """Figures by the line that answers for them."""

    def __init__(self, traced: Sequence[Traced], names: Names) -> None:
        self._files = {each.code.co_filename for each in traced}
        self._functions = {(each.code.co_filename, line): each for each in traced for line in _lines(each)}
        self._names = names
        self.sums: dict[Place, list[float]] = {}

    def add(self, stack: Stack, column: int, size: float, count: int = 0) -> None:
        """An allocation: it belongs to the innermost frame that is traced, else to the innermost that is not ours."""
        frames = [frame for frame in stack if not frame[1].startswith(OWN)]
        found = next((frame for frame in frames if (frame[1], frame[2]) in self._functions), None)
        if found is None and _runs_cells(frames):
            return
        frame = found or (frames[0] if frames else None)
        if frame is None or (frame is frames[0] and stack[0][1].startswith(OWN)):
            return  # what our own tracing takes
        function, file, line = frame
        traced = self._functions.get((file, line))
        if traced is None:
            place = Place(file=self._names.file(file), function=function, line=line)
        else:
            place = self._names.place(traced, line)
            if place.source.startswith("# %%memtrace"):
                return  # the shell's work around the cell
        known = self.sums.setdefault(place, [0.0, 0.0, 0.0, 0])
        known[column] += size
        known[3] += count


def _runs_cells(frames: Stack) -> bool:
    """Whether the innermost frame is of the event loop or the shell: what they do meanwhile is none of the cell's."""
    parts = ("/asyncio/", "/IPython/", "/ipykernel/", "/tornado/")
    return bool(frames) and any(part in frames[0][1].replace("\\", "/") for part in parts)


def _lines(traced: Traced) -> Iterable[int]:
    return {line for _, _, line in traced.code.co_lines() if line is not None}


class Memray:
    """memray's tracker: it writes to a file in a folder of its own, which is gone at the end."""

    def __init__(self) -> None:
        self._folder: Any = None
        self._tracker: Any = None
        self._instead: Tracemalloc | None = None

    def start(self) -> None:
        """Begin; where memray runs already, tracemalloc does it."""
        import memray

        self._folder = tempfile.TemporaryDirectory(prefix="nbperf-")
        tracker = memray.Tracker(Path(self._folder.name) / "trace.bin")
        try:
            tracker.__enter__()
            self._tracker = tracker
        except RuntimeError:  # one at a time
            self._folder.cleanup()
            self._instead = Tracemalloc()
            self._instead.start()

    def stop(self) -> Found:
        """End, and read the file."""
        if self._instead is not None:
            return self._instead.stop()
        self._tracker.__exit__(None, None, None)
        try:
            return _MemrayFound(Path(self._folder.name) / "trace.bin")
        finally:
            self._folder.cleanup()


class _MemrayFound:
    name = "memray"
    absences: tuple[Absence, ...] = ()

    def __init__(self, file: Path) -> None:
        import memray

        with memray.FileReader(file) as reader:
            self._records = [
                (column, record.size, record.n_allocations, [tuple(frame) for frame in record.stack_trace(max_stacks=DEEP)])
                for column, records in enumerate(
                    (
                        reader.get_high_watermark_allocation_records(merge_threads=True),
                        reader.get_leaked_allocation_records(merge_threads=True),
                        reader.get_temporary_allocation_records(merge_threads=True, threshold=1),
                    )
                )
                for record in records
            ]

    def found(self, traced: Sequence[Traced], names: Names) -> tuple[Allocation, ...]:
        """By line, the largest first."""
        sums = _Sums(traced, names)
        for column, size, count, stack in self._records:
            sums.add(stack, column, size, count if column == 0 else 0)
        found = [
            Allocation(place=place, count=int(count), at_peak=at_peak, left=left, temporary=temporary)
            for place, (at_peak, left, temporary, count) in sums.sums.items()
            if max(at_peak, left, temporary) >= LEAST
        ]
        return tuple(sorted(found, key=lambda each: -max(each.at_peak or 0.0, each.left, each.temporary or 0.0))[:MOST])


class Tracemalloc:
    """The standard library's: what is alive at the end, and what Python's own allocators gave; left running if it ran."""

    name = "tracemalloc"
    absences: tuple[Absence, ...] = (
        Absence(
            quantity="allocations.temporary",
            reason=Sentence("tracemalloc sees neither what native code allocates nor what was freed before the end"),
            remedy=Sentence("pip install memray (Linux and macOS)"),
        ),
    )

    def __init__(self) -> None:
        self._ours = False
        self._before: Any = None
        self._after: Any = None

    def start(self) -> None:
        """Begin."""
        import tracemalloc

        self._ours = not tracemalloc.is_tracing()
        if self._ours:
            tracemalloc.start(DEEP)
        else:
            self._before = tracemalloc.take_snapshot()

    def stop(self) -> Found:
        """End."""
        import tracemalloc

        if tracemalloc.is_tracing():
            self._after = tracemalloc.take_snapshot()
        if self._ours:
            tracemalloc.stop()
        return self

    def found(self, traced: Sequence[Traced], names: Names) -> tuple[Allocation, ...]:
        """By line, the largest first."""
        if self._after is None:
            return ()
        sums = _Sums(traced, names)
        if self._before is None:
            kept = [(each.size, each.count, each.traceback) for each in self._after.statistics("traceback")]
        else:
            kept = [(each.size_diff, each.count_diff, each.traceback) for each in self._after.compare_to(self._before, "traceback")]
        for size, count, traceback in kept:
            if size > 0:
                sums.add([("", frame.filename, frame.lineno) for frame in reversed(traceback)], 1, size, count)
        found = [Allocation(place=place, count=int(count), left=left) for place, (_, left, _, count) in sums.sums.items() if left >= LEAST]
        return tuple(sorted(found, key=lambda each: -each.left)[:MOST])
