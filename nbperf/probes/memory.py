"""Resident memory before, after and at its peak, and what of it is swapped out.

The peak comes from the first of these that works here:

1. The kernel's own high-water mark (VmHWM), set back at the start of the window by writing 5 to ``clear_refs``: exact,
   also for an array that lives a microsecond inside one call. See proc(5).
2. The mark since the process began (VmHWM, ``ru_maxrss``, ``peak_wset``): where it grew inside the window, what it
   grew to is the window's exact peak.
3. Else a thread that reads resident memory 1,000 times a second: a lower bound, said to be one, with the mark of 2 as
   the upper one.
"""

from __future__ import annotations

import functools
import mmap
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes import files
from nbperf.probes.files import KernelFiles
from nbperf.probes.peaks import Peak, PeakMeter
from nbperf.probes.sampler import Sampler
from nbperf.words import Sentence

STATM, STATUS, CLEAR_REFS = "/proc/self/statm", "/proc/self/status", "/proc/self/clear_refs"
PERIOD = 1e-3
"""Seconds between two samples where the peak has to be sampled."""
TRIAL = 4 << 20
"""Bytes that are taken and given back to see whether the mark follows."""
EXACT = "VmHWM after clear_refs"

_NO_SWAP = Absence(quantity="memory.swap", reason=Sentence("this system does not say how much of a process is swapped out"))


class Status(NamedTuple):
    """What ``/proc/self/status`` says, in bytes; swapped is None where the kernel does not say."""

    peak: int
    resident: int
    swapped: int | None


def read_status(kernel: KernelFiles) -> Status:
    """Resident memory, its high-water mark since the last reset, and swap.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or it does not hold them.
    """
    text = kernel.read(STATUS)
    try:
        swapped: int | None = _kilobytes(text, b"VmSwap:")
    except ValueError:
        swapped = None
    return Status(_kilobytes(text, b"VmHWM:"), _kilobytes(text, b"VmRSS:"), swapped)


def _kilobytes(text: bytes, name: bytes) -> int:
    start = text.index(name) + len(name)
    return int(text[start : text.index(b"kB", start)]) * 1024


def resident(kernel: KernelFiles) -> tuple[Callable[[], float], str]:
    """How resident memory is read here, in bytes, and what that is called."""

    def from_statm() -> float:
        return int(kernel.read(STATM, 128).split(b" ", 2)[1]) * mmap.PAGESIZE

    def from_psutil() -> float:
        return float(process().memory_info().rss)

    try:
        from_statm()
    except (OSError, ValueError, IndexError):
        import psutil

        process = psutil.Process
        return from_psutil, "psutil rss"
    return from_statm, "statm"


def meter(kernel: KernelFiles) -> PeakMeter | None:
    """The meter of this process's exact peak, shared by all windows; None where the mark cannot be set back.

    Ask for it with ``kernel.once(meter)``: there is one for a process.
    """
    if not any(_follows(kernel) for _ in range(3)):  # another thread may allocate in the middle of a trial
        return None
    return PeakMeter(lambda: (read_status(kernel).peak,), lambda: kernel.write(CLEAR_REFS, b"5"))


def _follows(kernel: KernelFiles) -> bool:
    """Whether the mark rises above what was taken and given back, and comes down again when it is set back."""
    try:
        with mmap.mmap(-1, TRIAL) as block:
            for offset in range(0, TRIAL, mmap.PAGESIZE):
                block[offset] = 1
        before = read_status(kernel)
        kernel.write(CLEAR_REFS, b"5")
        after = read_status(kernel)
    except (OSError, ValueError):
        return False
    return before.peak >= before.resident + TRIAL // 2 and after.peak <= before.peak - TRIAL // 2


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        import ctypes

        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (ImportError, OSError, AttributeError, TypeError):  # musl, macOS, Windows
        return None
    return found


def trim() -> bool:
    """Give back to the system what the C allocator keeps for later, so that what is resident is what is in use.

    Returns
    -------
    bool
        Whether that can be asked for here; only glibc can.
    """
    release = _malloc_trim()
    if release is None:
        return False
    release(0)
    return True


def lifetime_peak(kernel: KernelFiles) -> tuple[Callable[[], float], str] | None:
    """How the peak since the process began is read here, in bytes, and what that is called."""

    def from_status() -> float:
        return read_status(kernel).peak

    def from_usage() -> float:
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)

    def from_psutil() -> float:
        return float(psutil.Process().memory_info().peak_wset)  # type: ignore[attr-defined, unused-ignore] # Windows only

    try:
        from_status()
        return from_status, "VmHWM"
    except (OSError, ValueError):
        pass
    try:
        import resource

        return from_usage, "ru_maxrss"
    except ImportError:
        pass
    import psutil

    try:
        from_psutil()
        return from_psutil, "peak_wset"
    except (AttributeError, psutil.Error):
        return None


class ResidentMemory:
    """A Gauge of this process's resident memory, for a Sampler."""

    quantity = "memory.rss"

    def __init__(self, kernel: KernelFiles | None = None) -> None:
        self._read, self._source = (kernel or files.KERNEL).once(resident)

    def sample(self) -> Reading:
        """Resident memory now."""
        return _bytes(self.quantity, self._read(), self._source)


class Memory:
    """Resident memory of this process: before, after, the peak between, and what is swapped out.

    Resident is what was touched: an array that was only reserved is not there yet.

    Parameters
    ----------
    kernel : KernelFiles, optional
    sampler : callable, optional
        Makes the Sampler that stands in where the exact peak cannot be had.
    """

    name = "memory"
    quantities: tuple[str, ...] = ("memory.rss.before", "memory.rss.after", "memory.rss.peak", "memory.swap")

    def __init__(self, kernel: KernelFiles | None = None, *, sampler: Callable[[ResidentMemory], Sampler] | None = None) -> None:
        self._kernel = kernel or files.KERNEL
        self._make_sampler = sampler or (lambda gauge: Sampler((gauge,), PERIOD))
        self._before = 0.0
        self._meter: PeakMeter | None = None
        self._exact: Peak | None = None
        self._sampled: _Sampled | None = None

    def start(self) -> None:
        """Read resident memory, set the mark back."""
        self._exact = self._sampled = None
        # Here and not when it was made: where not even psutil answers, the window turns what is raised into absences.
        self._meter = self._kernel.once(meter)
        read, _ = self._kernel.once(resident)
        self._before = read()
        if self._meter is not None:
            try:
                self._exact = self._meter.open()
                return
            except OSError:  # the process may have given up the right to write there
                pass
        self._sampled = _Sampled(self._kernel, self._make_sampler(ResidentMemory(self._kernel)))

    def stop(self) -> Sequence[Reading | Absence]:
        """Read resident memory and the mark."""
        read, source = self._kernel.once(resident)
        if self._exact is not None and self._meter is not None:
            status = read_status(self._kernel)
            (mark,) = self._meter.close(self._exact, (status.peak,))
            swapped = status.swapped
            after = read()
            peak = _bytes("memory.rss.peak", max(mark, self._before, after), EXACT)
        else:
            assert self._sampled is not None
            after = read()
            peak = self._sampled.stop(max(self._before, after))
            swapped = _swapped(self._kernel)
        return (
            _bytes("memory.rss.before", self._before, source),
            _bytes("memory.rss.after", after, source),
            peak,
            _NO_SWAP if swapped is None else _bytes("memory.swap", swapped, "VmSwap"),
        )


class _Sampled:
    """A peak between two bounds: what a thread saw, and the mark since the process began."""

    def __init__(self, kernel: KernelFiles, sampler: Sampler) -> None:
        self._lifetime = kernel.once(lifetime_peak)
        self._first = self._lifetime[0]() if self._lifetime else 0.0
        self._sampler = sampler
        self._sampler.start()

    def stop(self, seen: float) -> Reading:
        """The peak, at least what was `seen` at the ends."""
        found = self._sampler.stop()[0]
        source = "resident memory at the ends"
        if isinstance(found, Reading):
            seen = max(seen, found.value)
            source = found.source
        interval = None
        if self._lifetime is not None:
            read, name = self._lifetime
            last = read()
            if last > self._first:
                return _bytes("memory.rss.peak", max(last, seen), f"{name}, which grew in the window")
            interval = (seen, max(last, seen))
        return Reading(
            quantity="memory.rss.peak",
            value=float(seen),
            unit=Unit.BYTE,
            provenance=Provenance.SAMPLED,
            source=f"{source}, a lower bound",
            interval=interval,
        )


def _swapped(kernel: KernelFiles) -> int | None:
    try:
        return read_status(kernel).swapped
    except (OSError, ValueError):
        return None


def _bytes(quantity: str, value: float, source: str) -> Reading:
    return Reading(quantity=quantity, value=float(value), unit=Unit.BYTE, provenance=Provenance.MEASURED, source=source)
