"""The second migration: a blob for each run, where the first had a row for each of its quantities.

A plain cell leaves twenty quantities of one value each: as rows of their own, a million of those took seconds to read.
The statements and `fill` are as little changed later as those of any migration.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from nbperf.store.blobs import WORD, Packed, pack
from nbperf.store.series import Key

BEFORE = (
    "ALTER TABLE measurements RENAME TO measurements_1",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        quantity TEXT NOT NULL,
        device TEXT,
        unit TEXT NOT NULL,
        provenance TEXT NOT NULL,
        source TEXT NOT NULL
    )""",
    # Two that are NULL are not equal to SQLite, and an empty name of a device is not none.
    "CREATE UNIQUE INDEX series_once ON series (quantity, source, unit, provenance, ifnull(device, ''), device IS NULL)",
    """CREATE TABLE measurements (
        run INTEGER PRIMARY KEY REFERENCES runs (id),
        numbers BLOB NOT NULL
    )""",
)
AFTER = (
    # Every run has a blob, if only one that says 0: where there is none, something is wrong.
    "INSERT INTO measurements SELECT id, zeroblob(8) FROM runs WHERE id NOT IN (SELECT run FROM measurements)",
    "DROP TABLE measurements_1",
)


def fill(connection: sqlite3.Connection) -> None:
    """The old rows as blobs, run by run.

    A row whose numbers were damaged before is left out: the run's record still has them.
    """
    numbers: dict[Key, int] = {}
    rows = connection.execute(
        "SELECT run, quantity, device, unit, provenance, source, median, mean, min, max, numbers FROM measurements_1"
        " WHERE typeof(numbers) = 'blob' AND run IN (SELECT id FROM runs) ORDER BY run, rowid"
    )
    connection.executemany("INSERT INTO measurements VALUES (?, ?)", _blobs(rows, numbers))
    connection.executemany("INSERT INTO series VALUES (?, ?, ?, ?, ?, ?)", [(number, *key) for key, number in numbers.items()])


def _blobs(rows: Iterator[tuple[Any, ...]], numbers: dict[Key, int]) -> Iterator[tuple[int, bytes]]:
    for run, found in groupby(rows, lambda row: row[0]):
        yield run, pack(_packed(row, numbers) for row in found)


def _packed(row: tuple[Any, ...], numbers: dict[Key, int]) -> Packed:
    key: Key = row[1:6]
    values = row[10]
    # SQLite keeps a NaN as NULL.
    statistics = [number if isinstance(number, float) else math.nan for number in row[6:10]]
    return numbers.setdefault(key, len(numbers) + 1), statistics, values[: len(values) // WORD * WORD]


STEPS = (*BEFORE, fill, *AFTER)
