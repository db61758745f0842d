"""The history's tables, and how an older file becomes a newer one.

``PRAGMA user_version`` says which migrations a file has seen. A migration is written once and never changed; a change
of the tables is the next one. A file that has seen more than we know belongs to a newer nbperf and is left alone.

A file that holds other tables is somebody else's, and is left alone as well.

A run is one row with its whole record (compressed JSON, codec.py) and one blob with the numbers of its measurements
(blobs.py): a million values are read back without a step for each of them. What they are of stands in `series`, each
distinct one once for the whole file. A memory trace is one row of a table of its own. Nothing in a file is ever unpickled or evaluated.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from nbperf.errors import RecordError
from nbperf.store import second
from nbperf.words import say

Step = str | Callable[[sqlite3.Connection], None]
"""A statement, or what moves rows from one form into another."""

MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    (
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL UNIQUE,
            label TEXT NOT NULL,
            started_at REAL NOT NULL,
            machine TEXT NOT NULL,
            host TEXT NOT NULL,
            cell TEXT,
            error TEXT,
            record BLOB NOT NULL
        )""",
        "CREATE INDEX runs_by_label ON runs (label, started_at)",
        """CREATE TABLE measurements (
            run INTEGER NOT NULL REFERENCES runs (id),
            quantity TEXT NOT NULL,
            device TEXT,
            unit TEXT NOT NULL,
            provenance TEXT NOT NULL,
            source TEXT NOT NULL,
            count INTEGER NOT NULL,
            median REAL,
            mean REAL,
            min REAL,
            max REAL,
            numbers BLOB NOT NULL
        )""",
        "CREATE INDEX measurements_by_run ON measurements (run)",
    ),
    second.STEPS,
    (
        # Memory traces: tracing slows the code down, so that nothing of them belongs among the measurements of runs.
        """CREATE TABLE traces (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL UNIQUE,
            label TEXT NOT NULL,
            started_at REAL NOT NULL,
            machine TEXT NOT NULL,
            host TEXT NOT NULL,
            cell TEXT,
            error TEXT,
            record BLOB NOT NULL
        )""",
        "CREATE INDEX traces_by_label ON traces (label, started_at)",
    ),
)
VERSION = len(MIGRATIONS)
TABLES = {"runs", "measurements"}
"""Those that a history of any version has."""


def check(connection: sqlite3.Connection) -> int:
    """How many migrations a file has seen; nothing is written.

    Raises
    ------
    RecordError
        If it belongs to a newer nbperf, or to another program.
    sqlite3.Error
        If it cannot be read.
    """
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise RecordError(
            say("this history was written by a newer nbperf (format {found}, this one knows {known}): pip install -U nbperf",
                found=found, known=VERSION)
        )  # fmt: skip
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if (tables and found < 1) or (found >= 1 and not tables >= TABLES):
        raise RecordError(say("this is the database of another program, and no history of nbperf"))
    return found


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file to this version, in one transaction.

    Raises
    ------
    RecordError
        As `check`.
    sqlite3.Error
        If it cannot be read or written.
    """
    if check(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])  # another kernel may have been quicker
        for steps in MIGRATIONS[found:]:
            for step in steps:
                if isinstance(step, str):
                    connection.execute(step)
                else:
                    step(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
