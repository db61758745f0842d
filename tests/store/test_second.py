"""A history of the first format becomes one of the second and loses nothing, or stays what it was."""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pandas import DataFrame

from nbperf.core.records import Run
from nbperf.errors import RecordError
from nbperf.store import schema, second
from nbperf.store.codec import dumps
from nbperf.store.history import History, machine
from nbperf.store.public import export_history, history, import_history, runs
from tests.store.test_history import HERE, THERE, adding, run

FIRST = (
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
    "PRAGMA user_version = 1",
)
"""The first format as it was, word for word what files out there were made by."""

RUNS = (
    (1, replace(run("late", "x", started_at=30.0), environment=THERE)),
    (2, run("early", "y", started_at=10.0, error="ValueError")),
    (3, replace(run("empty", "x", started_at=20.0), samples=())),
    (7, run("by itself", "x", started_at=25.0)),
)
ROWS = (
    (2, "time.wall", None, "s", "measured", "clock", 3, 2.0, 2.5, 1.0, 4.5, np.array([2.0, 1.0, 4.5], "<f8").tobytes()),
    (1, "time.wall", None, "s", "measured", "clock", 1, 5.0, 5.0, 5.0, 5.0, np.array([5.0], "<f8").tobytes()),
    (7, "energy.gpu", "cuda:0", "J", "measured", "NVML", 1, 1.0, 1.0, 1.0, 1.0, np.array([1.0], "<f8").tobytes()),
    (2, "memory.rss.peak", None, "B", "sampled", "statm, 7 samples", 2, 3e6, 3e6, 2e6, 4e6, np.array([2e6, 4e6], "<f8").tobytes()),
    (7, "energy.gpu", "cuda:1", "J", "estimated", "share of TDP", 1, 2.0, 2.0, 2.0, 2.0, np.array([2.0], "<f8").tobytes()),
    (7, "time.wall", "", "s", "measured", "clock", 2, None, None, math.inf, -math.inf, np.array([math.nan, math.inf], "<f8").tobytes()),
)
"""Not in the order of the runs, as several kernels write them; SQLite keeps a NaN as NULL."""


def row(number: int, found: Run) -> tuple[object, ...]:
    host = found.environment.host if found.environment else ""
    record = zlib.compress(dumps(found).encode())
    return (number, found.uid, found.label, found.started_at, machine(found.environment), host, found.cell, found.error, record)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return made(tmp_path / "old" / "history.sqlite")


def made(path: Path) -> Path:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in FIRST:
            connection.execute(statement)
        connection.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [row(*found) for found in RUNS])
        connection.executemany("INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
    return path


def content(path: Path) -> list[str]:
    """Everything in a file, as statements, and its version."""
    with closing(sqlite3.connect(path)) as connection:
        return [str(connection.execute("PRAGMA user_version").fetchone()), *connection.iterdump()]


def whole(table: DataFrame) -> list[tuple[object, ...]]:
    """The rows of a table as the statements above wrote them, in the order of the runs."""
    names = ["uid", "label", "machine", "host", "error", "quantity", "device", "unit", "provenance", "source", "count",
             "median", "mean", "min", "max"]  # fmt: skip
    found = []
    for row in table.to_dict("records"):
        cells = tuple(None if isinstance(row[name], float) and math.isnan(row[name]) else row[name] for name in names)
        found.append((*cells, row["started_at"].timestamp(), np.asarray(row["values"], "<f8").tobytes()))
    return found


def expected() -> list[tuple[object, ...]]:
    found = []
    for number, each in sorted(RUNS, key=lambda pair: pair[1].started_at):
        about = (each.uid, each.label, machine(each.environment), "here", each.error)
        found += [(*about, *row[1:11], each.started_at, row[11]) for row in ROWS if row[0] == number]
    return found


def test_nothing_is_lost(old: Path) -> None:
    before = content(old)
    assert whole(history(path=old)) == expected()
    assert runs(path=old) == [each for _, each in sorted(RUNS, key=lambda pair: pair[1].started_at)]
    assert content(old) == before, "to look changes nothing"
    seen = (history(path=old), runs(path=old))
    store = History(old)
    assert store.add(run("new", started_at=40.0))
    store.close()
    assert f"({schema.VERSION},)" in content(old)
    table = history(path=old)
    assert whole(table[table["uid"] != "new"]) == whole(seen[0]) == expected()
    assert runs(path=old)[:-1] == seen[1]
    assert [values.tolist() for values in table[table["uid"] == "new"]["values"]] == [[1.0, 2.0, 3.0], [1e6, 2e6, 3e6]]


def test_it_is_a_file_of_the_second_format_as_any_other(old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old)) as migrated, closing(sqlite3.connect(tmp_path / "new.sqlite")) as new:
        for connection in (migrated, new):
            connection.isolation_level = None
            schema.migrate(connection)
        query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
        assert migrated.execute(query).fetchall() == new.execute(query).fetchall()
        assert {name for _, name, *_ in new.execute(query)} >= {"runs", "series", "measurements"}
        assert migrated.execute("SELECT count(*) FROM series").fetchone() == (5,), "each of them once"
        assert migrated.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert migrated.execute("PRAGMA foreign_key_check").fetchall() == []


def test_rows_that_nobody_could_read_are_left_behind(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE measurements SET numbers = 'text' WHERE device = 'cuda:0'")
        connection.execute("UPDATE measurements SET numbers = numbers || x'00' WHERE device = 'cuda:0'")
        connection.execute("INSERT INTO measurements SELECT 99, quantity, device, unit, provenance, source, 1, 1, 1, 1, 1, x'00'"
                           " FROM measurements LIMIT 1")  # fmt: skip
        connection.execute("UPDATE measurements SET median = 'fast' WHERE source = 'clock' AND run = 1")
    found = {(row[0], row[6]): row for row in whole(history(path=old)) if row[5] != "time.wall" or row[0] == "late"}
    assert set(found) == {("early", None), ("late", None), ("by itself", "cuda:1")}
    assert found["late", None][11:13] == (None, 5.0)
    History(old).write([])
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


class Cut(BaseException):
    """As an interrupt of the kernel."""


def cut(connection: sqlite3.Connection) -> None:
    raise Cut


@pytest.mark.parametrize("after", range(len(second.STEPS) + 1))
def test_an_interrupted_migration_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    before = content(old)
    monkeypatch.setattr(schema, "MIGRATIONS", (schema.MIGRATIONS[0], (*second.STEPS[:after], cut)))
    with pytest.raises(Cut):
        History(old).write([run("new")])
    assert content(old) == before
    monkeypatch.undo()
    History(old).write([run("new")])
    assert len(runs(path=old)) == len(RUNS) + 1


@pytest.mark.parametrize("network", [False, True])
def test_a_kernel_that_dies_within_it_leaves_the_file_as_it_was(old: Path, network: bool) -> None:
    before = content(old)
    code = f"""
import os
from tests.store.test_second import History, run, schema, second
schema.MIGRATIONS = (schema.MIGRATIONS[0], (*second.STEPS, lambda connection: os._exit(9)))
History({str(old)!r}, network=lambda _: {network}).write([run("new")])
"""
    root = str(Path(__file__).parents[2])
    died = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ, "PYTHONPATH": root}, cwd=root)
    assert died.returncode == 9
    assert content(old) == before
    assert whole(history(path=old)) == expected()


def test_a_disk_that_is_full_leaves_the_file_as_it_was(old: Path) -> None:
    before = content(old)
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            schema.migrate(connection)
        assert not connection.in_transaction
    assert content(old) == before


def test_kernels_that_bring_it_up_at_once_lose_nothing(old: Path) -> None:
    start = threading.Barrier(6)
    kept = []

    def write(n: int) -> None:
        store = History(old)
        start.wait()
        kept.append(store.add(run(f"new {n}")))
        store.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [True] * 6
    assert {each.uid for each in runs(path=old)} == {each.uid for _, each in RUNS} | {f"new {n}" for n in range(6)}
    assert [found for found in whole(history(path=old)) if not str(found[0]).startswith("new")] == expected()


def test_a_kernel_of_the_older_nbperf_cannot_write_half_a_run_into_it(old: Path) -> None:
    with closing(sqlite3.connect(old, isolation_level=None)) as older:
        older.execute("SELECT * FROM runs").fetchall()
        History(old).write([])
        before = content(old)
        older.execute("BEGIN IMMEDIATE")
        older.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row(50, run("older")))
        with pytest.raises(sqlite3.OperationalError):
            older.executemany("INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
        older.execute("ROLLBACK")
    assert content(old) == before


def exported(old: Path, file: Path) -> Path:
    assert export_history(file, source=old) == len(RUNS)
    return file


@pytest.mark.parametrize(
    "hand",
    [
        lambda old, _: old,
        lambda old, folder: exported(old, folder / "export.sqlite"),
        lambda old, folder: exported(old, folder / "e.jsonl"),
    ],
    ids=["as it lies there", "sqlite", "jsonl"],
)
def test_it_is_taken_into_another_history(old: Path, tmp_path: Path, hand: Callable[[Path, Path], Path]) -> None:
    before = content(old)
    mine = tmp_path / "mine.sqlite"
    History(mine).write([run("mine", started_at=5.0)])
    assert import_history(hand(old, tmp_path), path=mine) == len(RUNS)
    assert runs(path=mine)[1:] == runs(path=old)
    assert {each.environment for each in runs(path=mine)} == {HERE, THERE}
    assert set(history(path=mine)["uid"]) == {"mine", "late", "early", "by itself"}
    assert content(old) == before


@pytest.mark.skipif(not hasattr(os, "setuid") or os.name == "nt" or os.getuid() != 0, reason="only root can become somebody without rights")
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_one_that_only_others_may_write_can_be_read(mode: str) -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    try:
        path = made(folder / "theirs" / "history.sqlite")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        folder.chmod(0o755)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        before = path.read_bytes()
        code = f"""
import os
from pathlib import Path
from tests.store.test_second import History, RUNS, adding, expected, history, runs, whole
path = Path({str(path)!r})
history(path=path)  # whatever is imported late: somebody without rights may not read it
os.setuid(65534)
assert whole(history(path=path)) == expected()
assert len(runs(path=path)) == len(RUNS)
(said,) = adding(History(path))
assert str(path) in said
assert whole(history(path=path)) == expected()
"""
        root = str(Path(__file__).parents[2])
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": root}, cwd=root)
        assert path.read_bytes() == before
    finally:
        shutil.rmtree(folder)


def test_one_whose_tables_are_damaged_says_so(old: Path) -> None:
    pages = bytearray(old.read_bytes())
    pages[4096 * 2 :] = b"\xff" * len(pages[4096 * 2 :])
    old.write_bytes(pages)
    with pytest.raises(RecordError, match="cannot be read"):
        history(path=old)
    (said,) = adding(History(old))
    assert "no longer kept" in said
