"""Runs kept in one SQLite file, across sessions, kernels and machines."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import warnings
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbperf.core.records import Environment, Measurement, Run
from nbperf.errors import NBPerfWarning, RecordError
from nbperf.store import schema
from nbperf.store.codec import dumps, loads
from nbperf.store.place import on_network
from nbperf.words import say

WAIT = 10.0
"""Seconds that a kernel waits for another one that is writing."""
Filters = tuple[str, tuple[Any, ...]]


def machine(found: Environment | None) -> str:
    """A short name for a machine, which two of the same host name do not share unless they are built alike; "" if unknown."""
    if found is None:
        return ""
    parts = (found.host, found.cpu, found.cores, found.memory_total)
    return hashlib.blake2s(repr(parts).encode(), digest_size=4).hexdigest()


class History:
    """The runs in one file.

    A run is written in one transaction of its own. The file is opened when it is first needed, by each process for
    itself, so that a forked child never uses its parent's connection.

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
        self._pid = 0
        self._given_up = False

    def add(self, run: Run) -> bool:
        """Keep a run; whether it was kept.

        What prevents it is said once, as an NBPerfWarning, and then no more is tried: the measurement is whole, and
        the file is as it was.
        """
        if self._given_up:
            return False
        try:
            return self.write([run]) == 1
        except (sqlite3.Error, OSError, RecordError) as error:
            self._given_up = True
            self.close()
            reason = str(error) or type(error).__name__
            warnings.warn(
                say("runs are no longer kept in {path}: {reason}. %config NBPerf.history names another file, or None",
                    path=self.path, reason=reason),
                NBPerfWarning,
                stacklevel=2,
            )  # fmt: skip
            return False

    def write(self, runs: Iterable[Run]) -> int:
        """Keep some runs in one transaction; how many were new.

        Raises
        ------
        sqlite3.Error, OSError, RecordError
            If the file cannot be written, or belongs to a newer nbperf.
        """
        rows = [(_row(run), list(_measurements(run))) for run in runs]  # before the file is locked
        new = 0
        with self._open(create=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for row, measurements in rows:
                    cursor = connection.execute("INSERT OR IGNORE INTO runs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                    if cursor.rowcount != 1:
                        continue  # it is there already
                    new += 1
                    run = cursor.lastrowid
                    connection.executemany(
                        "INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [(run, *found) for found in measurements]
                    )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return new

    def runs(self, where: Filters = ("1", ()), *, last: int | None = None) -> list[Run]:
        """The runs that fit, oldest first; only the newest `last` of them.

        Raises
        ------
        RecordError
            If the file cannot be read, or a record in it is damaged.
        """
        query = f"SELECT record FROM runs WHERE {where[0]} ORDER BY started_at DESC, id DESC LIMIT ?"  # noqa: S608 - our own text
        rows = self._fetch(query, (*where[1], -1 if last is None else last))
        return [_run(record) for (record,) in reversed(rows)]

    def rows(self, where: Filters = ("1", ())) -> list[tuple[Any, ...]]:
        """A tuple for each run and quantity: uid, label, started_at, machine, host, error, then the columns of measurements.

        Raises
        ------
        RecordError
            If the file cannot be read.
        """
        columns = "quantity, device, unit, provenance, source, count, median, mean, min, max, numbers"
        joined = f"SELECT uid, label, started_at, machine, host, error, {columns} FROM runs JOIN measurements ON run = id"  # noqa: S608
        query = f"{joined} WHERE {where[0]} ORDER BY started_at, id, measurements.rowid"
        return self._fetch(query, where[1])

    def close(self) -> None:
        """Close the file; it is opened again where it is needed."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._pid == os.getpid():
                connection.close()

    def _fetch(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        try:
            with self._open(create=False) as connection:
                return connection.execute(query, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise RecordError(say("{path} cannot be read: {error}", path=self.path, error=error)) from None

    @contextmanager
    def _open(self, *, create: bool) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None or self._pid != os.getpid():
                self._connection, self._pid = self._connect(create=create), os.getpid()
            yield self._connection

    def _connect(self, *, create: bool) -> sqlite3.Connection:
        if create:
            _folder(self.path.parent)
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        try:
            if self._network(self.path.parent):
                connection.execute("PRAGMA journal_mode = DELETE")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may lose the last run, never the file
            schema.migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _folder(folder: Path) -> None:
    """Make the folder; one of our own name keeps itself out of version control."""
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    if made and folder.name == ".nbperf":
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _row(run: Run) -> tuple[Any, ...]:
    record = dumps(run)
    uid = run.uid or hashlib.blake2s(record.encode(), digest_size=16).hexdigest()  # put together by hand: known by what it holds
    host = run.environment.host if run.environment else ""
    return (
        uid, run.label, run.started_at, machine(run.environment), host, run.cell, run.error, zlib.compress(record.encode(), 1),
    )  # fmt: skip


def _measurements(run: Run) -> Iterator[tuple[Any, ...]]:
    for quantity, device in run.quantities():
        found = run.find(quantity, device=device)
        if found is not None:
            yield _columns(found)


def _columns(found: Measurement) -> tuple[Any, ...]:
    return (
        found.quantity, found.device, found.unit.value, found.provenance.name.lower(), found.source, found.count,
        found.median, found.mean, found.minimum, found.maximum, packed(found.values),
    )  # fmt: skip


def packed(values: Sequence[float]) -> bytes:
    """Numbers as little-endian doubles."""
    numbers = array("d", values)
    if array("H", [1]).tobytes() == b"\0\1":
        numbers.byteswap()
    return numbers.tobytes()


def _run(record: bytes) -> Run:
    try:
        found = loads(zlib.decompress(record))
    except zlib.error as error:
        raise RecordError(say("a stored run is damaged: {error}", error=error)) from None
    if not isinstance(found, Run):
        raise RecordError(say("a stored run is damaged: {error}", error=type(found).__name__))
    return found
