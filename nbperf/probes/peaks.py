"""A high-water mark that is set back at the start of a window, shared by all windows that are open."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence

from nbperf.probes.files import FORKS


class Peak:
    """What an open window has seen of the marks so far."""

    __slots__ = ("__weakref__", "values")

    def __init__(self) -> None:
        self.values: tuple[float, ...] = ()

    def credit(self, values: Sequence[float]) -> None:
        """Take in marks that were read: each keeps its largest."""
        self.values = tuple(map(max, values, self.values)) if self.values else tuple(values)


class PeakMeter:
    """Exact peaks from a mark that only one reset for the whole process sets back.

    Setting the mark back for an inner window would hide what an outer one had reached, so before each reset it is read
    into every open window. Threads may open and close windows as they like. One meter stands for one mark.

    Parameters
    ----------
    read : callable
        The marks now: how high each has been since the last reset. Several where one reset sets several back.
    reset : callable
        Sets them back to the present level.

    Attributes
    ----------
    aside : float
        The highest first mark that somebody has read who sets it back without asking, too often for a lock: it writes
        it here, and the meter gives it to the windows that are open before it does anything else.
    aside_of : Peak, optional
        Whose it is: who has seen it already.
    """

    def __init__(self, read: Callable[[], Sequence[float]], reset: Callable[[], object]) -> None:
        self._read = read
        self._reset = reset
        # Weak, so that a window that nobody closed is forgotten with whoever opened it.
        self._open: weakref.WeakSet[Peak] = weakref.WeakSet()
        self._lock = threading.Lock()
        self.aside = 0.0
        self.aside_of: Peak | None = None
        FORKS.tell(self)

    def open(self) -> Peak:
        """Begin a window: the marks are set back.

        Raises
        ------
        Exception
            Whatever `read` and `reset` raise; no window is open then.
        """
        peak = Peak()
        with self._lock:
            self._restart()
            self._open.add(peak)
        return peak

    def _give_aside(self) -> None:
        """What was set aside belongs to the windows that are open now, and to none that opens later."""
        if self.aside:
            mark, self.aside = self.aside, 0.0
            for each in self._open:
                if each is not self.aside_of:
                    each.credit((mark,))

    def renew(self, peak: Peak) -> tuple[float, ...]:
        """The peaks of an open window until now, which begins again at once: nothing falls between the two."""
        with self._lock:
            self._restart()
            seen, peak.values = peak.values, ()
        return seen

    def close(self, peak: Peak, latest: Sequence[float] | None = None) -> tuple[float, ...]:
        """End a window: its peaks.

        Parameters
        ----------
        peak : Peak
        latest : sequence of float, optional
            The marks, where the caller has just read them; read here otherwise.
        """
        with self._lock:
            self._give_aside()
            peak.credit(self._read() if latest is None else latest)
            self._open.discard(peak)
        return peak.values

    def forked(self) -> None:
        """In a child process: whoever held the lock is not here."""
        self._lock = threading.Lock()

    def _restart(self) -> None:
        self._give_aside()
        if self._open:
            marks = self._read()
            for each in self._open:
                each.credit(marks)
        self._reset()
