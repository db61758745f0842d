"""Runs kept in one SQLite file, across sessions, kernels and machines."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import threading
import warnings
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from nbperf.core.lines import MemoryTrace
from nbperf.core.records import Environment, Run
from nbperf.errors import NBPerfWarning, RecordError
from nbperf.store import schema
from nbperf.store.blobs import doubles, pack
from nbperf.store.codec import dumps, loads
from nbperf.store.place import on_network
from nbperf.store.series import Key, Series
from nbperf.words import say

WAIT = 10.0
"""Seconds that a kernel waits for another one that is writing."""
BRIEFLY = 0.05
"""Seconds it waits after that was in vain once: no later cell is held up for long."""
MOST_MISSED = 1000
"""Runs kept in memory while their file is locked or its disk full."""
PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL}
"""SQLite's errors that may be over when the next run is written."""
LARGEST = 2**28
"""Bytes that a stored record may unfold to: a file from elsewhere must not ask for all memory."""
Filters = tuple[str, tuple[Any, ...]]
Kept = Run | MemoryTrace
R = TypeVar("R", Run, MemoryTrace)


def machine(found: Environment | None) -> str:
    """A short name for a machine, which two of the same host name do not share unless they are built alike; "" if unknown."""
    if found is None:
        return ""
    # In GiB: what the system keeps for itself, and so the total, changes by megabytes with every kernel.
    memory = None if found.memory_total is None else round(found.memory_total / 2**30)
    parts = (found.host, found.cpu, found.cores, memory)
    return hashlib.blake2s(repr(parts).encode(), digest_size=4).hexdigest()


class History:
    """The runs in one file.

    A run is written in one transaction of its own. The file is opened when it is first needed, opened anew where
    somebody removed or replaced it meanwhile, and closed before a fork, so that no child shares its parent's connection.

    Parameters
    ----------
    path : Path
    network : callable, optional
        Whether a folder lies on a network file system, where SQLite's write-ahead log does not work.
    """

    def __init__(self, path: Path | str, *, network: Callable[[Path], bool] = on_network) -> None:
        self.path = Path(path).absolute()
        self._network = network
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, ...] = ()
        self._series = Series()
        self._missed: list[Kept] = []
        self._warned = False
        self._given_up = False
        _HISTORIES.add(self)

    def add(self, run: Kept) -> bool:
        """Keep a run or a memory trace; whether it was kept.

        What prevents it is said once, as an NBPerfWarning; the measurement is whole, and the file is as it was. Where
        the file is locked or its disk full, the run is written with the next one that can be; else no more is tried.
        """
        with self._lock:
            if self._given_up:
                return False
            try:
                new = self.write([*self._missed, run]) > len(self._missed)
            except (sqlite3.Error, OSError, RecordError) as error:
                self._shut()
                reason = str(error) or type(error).__name__
                if passing(error):
                    self._missed = [*self._missed, run][-MOST_MISSED:]
                    message = say("this run is not in {path} yet: {reason}. It is written with the next one that can be",
                                  path=self.path, reason=reason)  # fmt: skip
                else:
                    self._given_up = True
                    message = say("runs are no longer kept in {path}: {reason}. %config NBPerf.history names another file, or None",
                                  path=self.path, reason=reason)  # fmt: skip
                if not self._warned:
                    self._warned = True
                    warnings.warn(message, NBPerfWarning, stacklevel=2)
                return False
            self._missed = []
            return new

    def write(self, kept: Iterable[Kept]) -> int:
        """Keep some runs and traces in one transaction; how many were new.

        Raises
        ------
        sqlite3.Error, OSError, RecordError
            If the file cannot be written, or belongs to a newer nbperf or to another program.
        """
        # Before the file is locked.
        rows = [(_row(each), list(_measurements(each)) if isinstance(each, Run) else None) for each in kept]
        new = 0
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for row, measurements in rows:
                    table = "traces" if measurements is None else "runs"
                    cursor = connection.execute(f"INSERT OR IGNORE INTO {table} VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
                    if cursor.rowcount != 1:
                        continue  # it is there already
                    new += 1
                    if measurements is None:
                        continue
                    blob = pack((self._series.number(connection, key), statistics, values) for key, statistics, values in measurements)
                    # "Replace": the number of a run that somebody deleted by hand is given again, and its numbers may still be there.
                    connection.execute("INSERT OR REPLACE INTO measurements VALUES (?, ?)", (cursor.lastrowid, blob))
                connection.execute("COMMIT")
            except BaseException:
                self._series.forget()
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            self._series.keep()
        return new

    def runs(self, where: Filters = ("1", ()), *, last: int | None = None) -> list[Run]:
        """The runs that fit, oldest first; only the newest `last` of them. Damaged ones are left out, and an NBPerfWarning counts them.

        Raises
        ------
        RecordError
            If the file cannot be read.
        """
        return self._records("runs", Run, where, last)

    def traces(self, where: Filters = ("1", ()), *, last: int | None = None) -> list[MemoryTrace]:
        """The memory traces that fit, as `runs`."""
        return self._records("traces", MemoryTrace, where, last)

    def _records(self, table: str, kind: type[R], where: Filters, last: int | None) -> list[R]:
        query = f"SELECT record FROM {table} WHERE {where[0]} ORDER BY started_at DESC, id DESC LIMIT ?"  # noqa: S608 - our own text
        (rows,) = self._fetch((query, (*where[1], -1 if last is None else last)))
        found, damaged = [], []
        for (record,) in reversed(rows):
            try:
                found.append(_record(record, kind))
            except RecordError as error:
                damaged.append(str(error))
        self.left_out(damaged, depth=5)
        return found

    def left_out(self, damaged: Sequence[str], depth: int = 4) -> None:
        """Warn of runs that cannot be read, by why each cannot."""
        if damaged:
            warnings.warn(
                say("{count} of the runs in {path} cannot be read and are left out: {error}",
                    count=len(damaged), path=self.path, error=damaged[0]),
                NBPerfWarning,
                stacklevel=depth,
            )  # fmt: skip

    def columns(self, where: Filters = ("1", ())) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[Any]]:
        """What a table is made of: a tuple for each run, oldest first, one for each series, and the blob of each run.

        The first are (id, uid, label, started_at, machine, host, error), the second (id, quantity, device, unit,
        provenance, source), ids ascending; the blobs are in the order of the runs.

        Raises
        ------
        RecordError
            If the file cannot be read.
        """
        chosen = f"SELECT id FROM runs WHERE {where[0]}"  # noqa: S608 - our own text
        runs, series, blobs = self._fetch(
            (f"SELECT id, uid, label, started_at, machine, host, error FROM runs WHERE {where[0]} ORDER BY started_at, id", where[1]),  # noqa: S608
            ("SELECT id, quantity, device, unit, provenance, source FROM series ORDER BY id", ()),
            (f"SELECT run, numbers FROM measurements WHERE run IN ({chosen})", where[1]),  # noqa: S608
        )
        # Put into their order here: SQLite would carry the blobs along while it sorts.
        found = dict(blobs)
        return runs, series, [found.get(run[0]) for run in runs]

    def close(self) -> None:
        """Write what could not be written before, if that is possible now, and close the file; it opens again where needed."""
        with self._lock:
            if self._missed and not self._given_up:
                try:
                    self.write(self._missed)
                    self._missed = []
                except (sqlite3.Error, OSError, RecordError):
                    pass  # it was said when the first of them was missed
            self._shut()

    def __del__(self) -> None:
        # From Python 3.13 on a connection that nobody closed is complained of.
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def _shut(self) -> None:
        connection, self._connection = self._connection, None
        self._series = Series()  # the next file may be another one
        if connection is not None:
            connection.close()

    def _fetch(self, *queries: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
        """The rows of each query, all of one state of the file."""
        if not self.path.exists():
            return [[] for _ in queries]
        try:
            with self._lock, _reading(self.path) as connection:
                connection.execute("BEGIN")
                return [connection.execute(query, values).fetchall() for query, values in queries]
        except (sqlite3.Error, OSError, RecordError) as error:
            raise RecordError(say("{path} cannot be read: {error}", path=self.path, error=error)) from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes."""
        with self._lock:
            if self._connection is not None and self._opened != _identity(self.path):
                self._shut()  # the file was removed or replaced: what is written into the old one, nobody finds
            if self._connection is None:
                self._connection = self._connect()
                self._opened = _identity(self.path)
            yield self._connection

    def _connect(self) -> sqlite3.Connection:
        _folder(self.path.parent)
        wait = BRIEFLY if self._missed else WAIT
        connection = sqlite3.connect(self.path, timeout=wait, isolation_level=None, check_same_thread=False)
        try:
            schema.check(connection)  # before anything is written: a file of a newer nbperf or of another program stays as it is
            if self._network(self.path.parent):
                connection.execute("PRAGMA journal_mode = DELETE")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may lose the last run, never the file
            schema.migrate(connection)
            connection.execute(f"PRAGMA busy_timeout = {int(WAIT * 1000)}")
        except BaseException:
            connection.close()
            raise
        return connection


_HISTORIES: weakref.WeakSet[History] = weakref.WeakSet()
_FORKING: list[History] = []


def _before_fork() -> None:
    # SQLite counts its locks for each process, and a forked child believes that it holds its parent's: the parent would
    # close the file as its last user and take the log along into which the child still writes.
    _FORKING[:] = _HISTORIES
    for history in _FORKING:
        history._lock.acquire()
        history._shut()


def _after_fork() -> None:
    for history in _FORKING:
        history._lock.release()
    _FORKING.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


def passing(error: Exception) -> bool:
    """Whether an error of writing may be over the next time: a lock, a full disk."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING


def _identity(path: Path) -> tuple[int, ...]:
    """Which file stands at a path; () where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that leaves the file as it is, whoever it belongs to; one of an older nbperf is brought up in a copy in memory."""
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    # One that may write clears its log away when it closes, though it writes nothing else.
    connection = _look(path, "mode=rw" if writable else "mode=ro")
    try:
        try:
            found = schema.check(connection)
        except sqlite3.OperationalError:
            log = path.with_name(path.name + "-wal")
            if writable or (log.exists() and log.stat().st_size):
                raise
            connection.close()  # without its log a file can be read only where one could be made, unless nobody can write to it
            connection = _look(path, "mode=ro&immutable=1")
            found = schema.check(connection)
        if found < schema.VERSION:
            copy = sqlite3.connect(":memory:", isolation_level=None)
            connection.backup(copy)
            connection.close()
            connection = copy
            schema.migrate(connection)
        yield connection
    finally:
        connection.close()


def _look(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)


def _folder(folder: Path) -> None:
    """Make the folder; one of our own name keeps itself out of version control."""
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if made and folder.name == ".nbperf":
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _row(run: Kept) -> tuple[Any, ...]:
    record = dumps(run)
    uid = run.uid or hashlib.blake2s(record.encode(), digest_size=16).hexdigest()  # put together by hand: known by what it holds
    host = run.environment.host if run.environment else ""
    return (
        uid, run.label, run.started_at, machine(run.environment), host, run.cell, run.error, zlib.compress(record.encode(), 1),
    )  # fmt: skip


def _measurements(run: Run) -> Iterator[tuple[Key, tuple[float, ...], bytes]]:
    for quantity, device in run.quantities():
        found = run.find(quantity, device=device)
        if found is not None:
            key = (found.quantity, found.device, found.unit.value, found.provenance.name.lower(), found.source)
            yield key, (found.median, found.mean, found.minimum, found.maximum), doubles(found.values)


def _record(record: bytes, kind: type[R]) -> R:
    try:
        unfolding = zlib.decompressobj()
        text = unfolding.decompress(record, LARGEST)
        if not unfolding.eof:
            raise RecordError(say("a stored run is damaged: {error}", error=f"{len(record)} B"))
        found = loads(text)
    except (zlib.error, TypeError) as error:
        raise RecordError(say("a stored run is damaged: {error}", error=error)) from None
    if not isinstance(found, kind):
        raise RecordError(say("a stored run is damaged: {error}", error=type(found).__name__))
    return found
