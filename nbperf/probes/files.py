"""The kernel's files that several probes read: opened once, read with one system call, closed together.

Everything below ``/proc`` and ``/sys`` is reached through a `KernelFiles`, so that a test hides or fakes all of it by
giving another root, and `catalog.close` gives back every descriptor at once.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

T = TypeVar("T")


class _Forked(Protocol):
    def forked(self) -> None: ...


class _Forks:
    """Who wants to know that this process is a child: its ``/proc/self`` is another one, and a lock may be held by nobody."""

    def __init__(self) -> None:
        self._known: weakref.WeakSet[_Forked] = weakref.WeakSet()
        self._watching = False

    def tell(self, who: _Forked) -> None:
        """Call ``who.forked()`` in every child process, as long as it lives."""
        self._known.add(who)
        if not self._watching and hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
            self._watching = True
            os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        for who in list(self._known):
            who.forked()


FORKS = _Forks()


class KernelFiles:
    """Files of the kernel below one root.

    Parameters
    ----------
    root : str
        ``"/"``; a test's own folder, or one that does not exist, as on Windows and macOS.

    Attributes
    ----------
    bytes_read, bytes_written : int
        What went through `read` and `write`: the kernel counts it as this process's, and the io probe takes it out.
    """

    def __init__(self, root: str | os.PathLike[str] = "/") -> None:
        self.root = os.fspath(root).rstrip("/")
        self.bytes_read = 0
        self.bytes_written = 0
        self._open: dict[tuple[str, int], int] = {}
        self._facts: dict[Callable[[KernelFiles], Any], Any] = {}
        self._lock = threading.RLock()
        FORKS.tell(self)

    def read(self, path: str, size: int = 8192) -> bytes:
        """The file's present content, up to `size` bytes, through a descriptor that stays open.

        Raises
        ------
        OSError
            If it cannot be opened or read.
        """
        descriptor = self._open.get((path, os.O_RDONLY))
        if descriptor is None:
            descriptor = self._opened(path, os.O_RDONLY)
        data = os.pread(descriptor, size, 0)
        self.bytes_read += len(data)
        return data

    def write(self, path: str, data: bytes) -> None:
        """Write to the file's beginning, through a descriptor that stays open.

        Raises
        ------
        OSError
            If it cannot be opened or written.
        """
        descriptor = self._open.get((path, os.O_WRONLY))
        if descriptor is None:
            descriptor = self._opened(path, os.O_WRONLY)
        self.bytes_written += os.pwrite(descriptor, data, 0)

    def text(self, path: str, size: int = -1) -> str | None:
        """The file's content, or what one read of `size` bytes gives of it, and closed again; None where there is none."""
        try:
            # Unbuffered, without a size: read until the end, since the kernel hands out long files a page at a time.
            with Path(self.root + path).open("rb", buffering=0) as file:
                data = file.read(size)
        except OSError:
            return None
        self.bytes_read += len(data)
        return data.decode(errors="replace")

    def once(self, find: Callable[[KernelFiles], T]) -> T:
        """What `find` says of these files, asked the first time and remembered: a source that works goes on working."""
        try:
            return cast("T", self._facts[find])
        except KeyError:
            with self._lock:
                if find not in self._facts:
                    self._facts[find] = find(self)
                return cast("T", self._facts[find])

    def close(self) -> None:
        """Close every descriptor; whoever reads again opens them again."""
        with self._lock:
            for descriptor in self._open.values():
                os.close(descriptor)
            self._open.clear()

    @property
    def opened(self) -> int:
        """How many descriptors are open."""
        return len(self._open)

    def forked(self) -> None:
        """In a child process: the descriptors still show the parent."""
        self._lock = threading.RLock()
        self.close()

    def _opened(self, path: str, flags: int) -> int:
        with self._lock:
            if (path, flags) not in self._open:
                self._open[path, flags] = os.open(self.root + path, flags)
            return self._open[path, flags]


KERNEL = KernelFiles()
"""Those of this process; probes that are given no others read these."""
