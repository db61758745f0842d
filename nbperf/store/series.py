"""The series of a file: what was read, each distinct one stored once and known by its number."""

from __future__ import annotations

import sqlite3

Key = tuple[str, str | None, str, str, str]
"""Quantity, device, unit, provenance, source."""
MOST = 10_000
"""Series whose numbers are remembered; some sources name a count, and differ from run to run."""


class Series:
    """The numbers of the series of one file, remembered from one transaction to the next.

    Within a transaction `number` is asked; `keep` follows its end, `forget` where it was taken back, since what it
    inserted has other numbers then.
    """

    def __init__(self) -> None:
        self._known: dict[Key, int] = {}
        self._new: dict[Key, int] = {}

    def number(self, connection: sqlite3.Connection, key: Key) -> int:
        """The number of a series; it is stored if nobody did before."""
        found = self._known.get(key) or self._new.get(key)
        if found is None:
            connection.execute("INSERT OR IGNORE INTO series VALUES (NULL, ?, ?, ?, ?, ?)", key)  # another kernel may have been quicker
            query = "SELECT id FROM series WHERE quantity = ? AND device IS ? AND unit = ? AND provenance = ? AND source = ?"
            (found,) = connection.execute(query, key).fetchone()
            self._new[key] = found
        return int(found)

    def keep(self) -> None:
        """The transaction is done."""
        if len(self._known) + len(self._new) > MOST:
            self._known.clear()
        self._known |= self._new
        self._new.clear()

    def forget(self) -> None:
        """The transaction was taken back."""
        self._new.clear()
