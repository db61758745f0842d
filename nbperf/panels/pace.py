"""How often a panel sends: at most thirty times a second, the newest only, and the last one always.

A page that is sent every state falls behind: its pictures are seconds old, and the queue is in the socket, where nobody can
thin it out. So the kernel does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

MOST = 30
"""Messages a second."""
IDLE = 5.0
"""Seconds after which a thread that has nothing to do ends."""


class Pace:
    """Calls `send` soon after each `touch`, but not more often than `most` times a second.

    Parameters
    ----------
    send : callable
        Is called by the thread that touches when the time has come, else by `later`; never twice at once.
    later : callable, optional
        ``later(delay, task)`` runs a task after so many seconds; without it a thread does that, which exists while needed.
    clock : callable
    most : float
    """

    def __init__(
        self,
        send: Callable[[], object],
        *,
        later: Callable[[float, Callable[[], None]], None] | None = None,
        clock: Callable[[], float] = monotonic,
        most: float = MOST,
    ) -> None:
        self._send = send
        self._alarm = None if later else Alarm(clock)
        self._later = later or (self._alarm.set if self._alarm else None)
        self._clock = clock
        self._period = 1 / most
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._due = float("-inf")
        self._waiting = False
        self._closed = False

    def touch(self) -> None:
        """Something is new."""
        with self._lock:
            if self._waiting or self._closed:
                return  # the message that waits will hold it
            now = self._clock()
            wait = self._due - now
            if wait > 0:
                self._waiting = True
            else:
                self._due = now + self._period
        if wait <= 0:
            self._out()
        elif self._later is not None:
            self._later(wait, self._fire)

    def _fire(self) -> None:
        with self._lock:
            if self._closed or not self._waiting:
                return
            self._waiting = False
            # A thread wakes a little late; were the next time counted from then, thirty a second would become twenty-five.
            self._due = max(self._due, self._clock() - self._period / 2) + self._period
        self._out()

    def flush(self) -> None:
        """Send what waits now."""
        with self._lock:
            waiting, self._waiting = self._waiting, False
        if waiting:
            self._out()

    def _out(self) -> None:
        # What comes from two threads is sent one after the other; each message holds the newest at its time.
        with self._sending:
            self._send()

    def close(self) -> None:
        """Send no more, and end the thread."""
        with self._lock:
            self._closed, self._waiting = True, False
        if self._alarm:
            self._alarm.close()


class Alarm:
    """One task at a time, run after a delay on a thread of its own, which ends when nobody has asked for a while."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._task: tuple[float, Callable[[], None]] | None = None
        self._running = False
        self._closed = False

    def set(self, delay: float, task: Callable[[], None]) -> None:
        """Run the task in so many seconds; the one that was set before it is forgotten."""
        with self._changed:
            if self._closed:
                return
            self._task = (self._clock() + delay, task)
            if self._running:
                self._changed.notify()
            else:
                self._running = True
                threading.Thread(target=self._run, name="nbperf panel", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                until = self._clock() + IDLE
                while self._task is None or self._task[0] > self._clock():
                    left = (self._task[0] if self._task else until) - self._clock()
                    if self._closed or (self._task is None and left <= 0):
                        self._running = False
                        return
                    self._changed.wait(left)
                task = self._task[1]
                self._task = None
            task()

    def close(self) -> None:
        """Forget the task and end the thread."""
        with self._changed:
            self._closed, self._task = True, None
            self._changed.notify()
