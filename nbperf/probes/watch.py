"""One thread that looks after open windows now and then: a counter that wraps, or watts that must be integrated."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from nbperf.probes.files import FORKS


class Listener(Protocol):
    """An open window that wants to be looked at every `period` seconds; one in the `background` lasts as long as the session."""

    period: float
    background: bool

    def look(self) -> None:
        """Read what it watches. Never raises."""
        ...


class Watch:
    """Looks at every listener in its period, on one thread for the whole process, which sleeps while there is none.

    A listener is looked at by one thread at a time, and not after `remove` has returned. One that was forgotten without
    being removed is let go.

    Parameters
    ----------
    clock : callable
        Seconds, from any origin.
    threaded : bool
        False where a test calls `look` itself.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter, *, threaded: bool = True) -> None:
        self._clock = clock
        self._threaded = threaded
        self._due: weakref.WeakKeyDictionary[Listener, float] = weakref.WeakKeyDictionary()
        self._chores: list[Callable[[Callable[[], bool]], object]] = []
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        FORKS.tell(self)

    @property
    def idle(self) -> bool:
        """Whether no window is open, but for those in the background: to wait for their end would be to wait for ever."""
        with self._changed:
            return all(listener.background for listener in self._due)

    def add(self, listener: Listener) -> None:
        """Look at it from now on."""
        with self._changed:
            self._due[listener] = self._clock() + listener.period
            self._start()
            self._changed.notify()

    def remove(self, listener: Listener) -> None:
        """Look at it no more."""
        with self._changed:
            self._due.pop(listener, None)

    def when_idle(self, chore: Callable[[Callable[[], bool]], object]) -> None:
        """Do this once while no window is open: it is told how to ask whether one was opened meanwhile."""
        with self._changed:
            self._chores.append(chore)
            self._start()
            self._changed.notify()

    def look(self) -> float | None:
        """Look at those that are due; seconds until the next is, None where there is none."""
        with self._changed:
            for listener, due in list(self._due.items()):
                now = self._clock()
                if due <= now:
                    listener.look()
                    # An absolute time: one that came late does not delay the next, and one that was missed is not made up.
                    self._due[listener] = due + listener.period * (1 + int((now - due) / listener.period))
            return max(0.0, min(self._due.values()) - self._clock()) if self._due else None

    def tidy(self) -> None:
        """Do what waits for an idle moment."""
        while self._chores and self.idle:
            self._chores.pop(0)(lambda: not self.idle)

    def close(self) -> None:
        """End the thread; the next listener starts another."""
        thread, self._thread = self._thread, None
        with self._changed:
            self._chores.clear()
            self._due.clear()
            self._changed.notify()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=2.0)  # a driver that hangs must not hang whoever closes

    def forked(self) -> None:
        """In a child process: the thread is not here, nor whoever held the lock."""
        self._changed = threading.Condition(threading.RLock())
        self._due = weakref.WeakKeyDictionary()
        self._chores = []
        self._thread = None

    def _start(self) -> None:
        if self._threaded and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="nbperf-watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        me = threading.current_thread()
        while self._thread is me:
            with self._changed:
                if self._thread is not me:
                    return
                rest = self.look()
                if rest is not None or not self._chores:
                    self._changed.wait(rest)
            if self.idle:
                self.tidy()


WATCH = Watch()
"""The one of this process."""
