"""Each series is stored once, whoever comes first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbperf.store import schema
from nbperf.store import series as module
from nbperf.store.series import Key, Series

WALL: Key = ("time.wall", None, "s", "measured", "clock")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    schema.migrate(found)
    yield found
    found.close()


def stored(connection: sqlite3.Connection) -> dict[int, Key]:
    return {number: tuple(key) for number, *key in connection.execute("SELECT * FROM series")}


def test_a_series_has_one_number_for_all(connection: sqlite3.Connection) -> None:
    one, other = Series(), Series()
    number = one.number(connection, WALL)
    assert number == one.number(connection, WALL) == other.number(connection, WALL)
    assert stored(connection) == {number: WALL}


def test_whatever_differs_is_another_series(connection: sqlite3.Connection) -> None:
    quantity, device, unit, provenance, source = WALL
    others: list[Key] = [
        WALL,
        ("time.cpu", device, unit, provenance, source),
        (quantity, "", unit, provenance, source),
        (quantity, "gpu", unit, provenance, source),
        (quantity, device, "B", provenance, source),
        (quantity, device, unit, "sampled", source),
        (quantity, device, unit, provenance, "another clock"),
    ]
    for found in (Series(), Series()):
        numbers = [found.number(connection, key) for key in others]
        assert stored(connection) == dict(zip(numbers, others, strict=True))


def test_a_number_that_was_taken_back_is_asked_for_again(connection: sqlite3.Connection) -> None:
    found = Series()
    connection.execute("BEGIN")
    found.number(connection, WALL)
    connection.execute("ROLLBACK")
    found.forget()
    other = ("time.cpu", *WALL[1:])
    Series().number(connection, other)  # it has the number now
    again = found.number(connection, WALL)
    assert stored(connection)[again] == WALL


def test_what_is_kept_is_not_looked_up_again(connection: sqlite3.Connection) -> None:
    found = Series()
    number = found.number(connection, WALL)
    found.keep()
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    assert found.number(connection, WALL) == number
    assert asked == []


def test_no_more_than_so_many_are_remembered(connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    found = Series()
    keys: list[Key] = [("memory.rss.peak", None, "B", "sampled", f"{count} samples") for count in range(10)]
    for key in keys:
        found.number(connection, key)
        found.keep()
        assert len(found._known) <= 3
    again = {found.number(connection, key): key for key in keys}
    assert stored(connection) == again
