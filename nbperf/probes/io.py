"""Bytes that this process read and wrote: ``io.read`` and ``io.write``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes import files
from nbperf.probes.files import KernelFiles
from nbperf.words import Sentence

PATH = "/proc/self/io"
_UNCOUNTED = tuple(
    Absence(quantity=quantity, reason=Sentence("this system does not say how many bytes a process reads and writes"))
    for quantity in ("io.read", "io.write")
)
Counters = tuple[int, int]


class InputOutput:
    """Bytes that went through read and write calls, whether a disk had to move for them or not.

    It counts ``rchar`` and ``wchar`` rather than ``read_bytes``: a file that the page cache holds was still read, and a
    file system in memory has no disk at all. Files mapped into memory are read by page faults (``faults.major``), and
    sockets count only where they are used as files. What nbperf itself reads from the kernel is taken out.
    """

    name = "io"
    quantities: tuple[str, ...] = ("io.read", "io.write")

    def __init__(self, kernel: KernelFiles | None = None) -> None:
        self._kernel = kernel or files.KERNEL
        self._counters = self._kernel.once(find_counters)
        self._started: Counters = (0, 0)

    def start(self) -> None:
        """Read the counters."""
        if self._counters:
            self._started = self._counters[0](self._kernel)

    def stop(self) -> Sequence[Reading | Absence]:
        """Read them again: the differences."""
        if not self._counters:
            return _UNCOUNTED
        count, source = self._counters
        ended = count(self._kernel)
        return [
            Reading(quantity=quantity, value=float(max(0, last - first)), unit=Unit.BYTE, provenance=Provenance.MEASURED, source=source)
            for quantity, first, last in zip(self.quantities, self._started, ended, strict=True)
        ]


def find_counters(kernel: KernelFiles) -> tuple[Callable[[KernelFiles], Counters], str] | None:
    """The counters this system has, with their name; None where it has none, as macOS."""
    for count, source in ((_from_proc, PATH), (_from_psutil, "psutil io_counters")):
        try:
            count(kernel)
        except Exception:  # noqa: BLE001 - a counter that cannot be read is no counter, whatever it raised
            continue
        return count, source
    return None


def _from_proc(kernel: KernelFiles) -> Counters:
    ours, ours_written = kernel.bytes_read, kernel.bytes_written
    lines = kernel.read(PATH, 512).split(b"\n", 2)  # rchar and wchar are the first two
    return int(lines[0].removeprefix(b"rchar:")) - ours, int(lines[1].removeprefix(b"wchar:")) - ours_written


def _from_psutil(_: KernelFiles) -> Counters:
    import psutil

    counters = psutil.Process().io_counters()
    return getattr(counters, "read_chars", counters.read_bytes), getattr(counters, "write_chars", counters.write_bytes)
