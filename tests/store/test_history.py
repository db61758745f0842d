"""The history keeps every run, whoever writes at once, and leaves a file alone that it cannot use."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbperf.core.records import Budget, Environment, Held, Provenance, Reading, Run, Sample
from nbperf.core.units import Unit
from nbperf.errors import MissingDependency, NBPerfWarning, PlanError, RecordError
from nbperf.store import schema
from nbperf.store.history import History, machine
from nbperf.store.place import on_network
from nbperf.store.public import export_history, history, import_history, plot_history, runs, since_seconds

HERE = Environment(host="here", system="Linux", python="3.11", cores=2, cores_allowed=2, cpu="A")
THERE = replace(HERE, cpu="B")
"""Another machine of the same host name."""


def run(
    uid: str,
    label: str = "train",
    *,
    started_at: float = 1e9,
    values: tuple[float, ...] = (1.0, 2.0, 3.0),
    source: str = "test",
    **more: object,
) -> Run:
    def sample(value: float) -> Sample:
        wall = Reading(quantity="time.wall", value=value, unit=Unit.SECOND, provenance=Provenance.MEASURED, source=source)
        peak = Reading(
            quantity="memory.rss.peak", value=value * 1e6, unit=Unit.BYTE, provenance=Provenance.SAMPLED, source=source, device=None
        )
        return Sample(readings=(wall, peak))

    return Run(uid=uid, label=label, started_at=started_at, samples=tuple(map(sample, values)), environment=HERE, **more)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".nbperf" / "history.sqlite"


def kept(path: Path, *found: Run) -> None:
    store = History(path)
    assert store.write(found) == len(found)
    store.close()


def test_a_run_comes_back_as_it_was(path: Path) -> None:
    budget = Budget(quantity="time.wall", statistic="p95", relation="<", limit=5e-3, unit=Unit.SECOND, text="time.wall p95 < 5 ms")
    held = Held(name="x", kind="torch float32", shape=(3, 4), bytes=48, device="cpu")
    original = run("a", budgets=(budget,), held=(held,), items=5.0, cell="id-1", error="ValueError")
    kept(path, original)
    assert runs(path=path) == [original]


def test_the_folder_keeps_itself_out_of_version_control(path: Path) -> None:
    kept(path, run("a"))
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_a_run_is_kept_once(path: Path) -> None:
    store = History(path)
    assert store.add(run("a"))
    assert not store.add(run("a"))
    assert store.write([run("a"), run("b")]) == 1
    by_hand = replace(run(""), label="by hand")
    assert store.write([by_hand, by_hand]) == 1
    store.close()
    assert len(runs(path=path)) == 3


def test_runs_are_found_by_label_time_and_machine(path: Path) -> None:
    kept(path, run("a", "x", started_at=10.0), run("b", "y", started_at=20.0), replace(run("c", "x", started_at=30.0), environment=THERE))

    def uids(*args: str, **filters: object) -> list[str]:
        return [each.uid for each in runs(*args, path=path, **filters)]  # type: ignore[arg-type]

    assert uids() == ["a", "b", "c"]
    assert uids("x") == ["a", "c"]
    assert uids(since=20.0) == ["b", "c"]
    assert uids(last=1) == ["c"]
    assert uids("x", last=1) == ["c"]
    assert uids(machine="here") == ["a", "b", "c"]
    assert uids(machine=machine(THERE)) == ["c"]
    assert machine(HERE) != machine(THERE)


def test_a_table_has_a_row_for_each_run_and_quantity(path: Path) -> None:
    kept(path, run("a"), run("b", values=(4.0,)))
    table = history(path=path)
    assert list(table["quantity"]) == ["time.wall", "memory.rss.peak"] * 2
    first = table.iloc[0]
    assert (first["median"], first["mean"], first["min"], first["max"], first["count"], first["unit"]) == (2.0, 2.0, 1.0, 3.0, 3, "s")
    assert list(first["values"]) == [1.0, 2.0, 3.0]
    assert first["started_at"] == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert (first["provenance"], table.iloc[1]["provenance"]) == ("measured", "sampled")


COLUMNS = [
    "uid", "label", "started_at", "machine", "host", "error", "quantity", "device", "unit", "provenance", "source", "count",
    "median", "mean", "min", "max", "values",
]  # fmt: skip


@pytest.mark.parametrize("found", [[], [run("a", values=())], [run("a")]], ids=["none", "of nothing", "one"])
def test_a_table_has_its_columns_whatever_is_in_it(path: Path, found: list[Run]) -> None:
    kept(path, *found)
    table = history(path=path)
    assert list(table.columns) == COLUMNS
    assert str(table["started_at"].dtype).endswith("UTC]")
    assert (table["count"].dtype, table["median"].dtype, table["values"].dtype) == ("int64", "float64", "object")


def test_an_empty_history_is_an_empty_table(path: Path) -> None:
    assert len(history(path=path)) == 0
    assert runs(path=path) == []
    assert not path.exists(), "to look does not make a file"


@pytest.mark.parametrize(
    ("since", "seconds"),
    [("2001-09-09T01:46:40+00:00", 1e9), (datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC), 1e9), (5, 5.0), (None, None)],
)
def test_moments(since: object, seconds: float | None) -> None:
    assert since_seconds(since) == seconds  # type: ignore[arg-type]


def test_moments_ago_and_nonsense() -> None:
    now = since_seconds("0 days")
    week = since_seconds("1 week")
    assert now is not None
    assert week is not None
    assert now - week == pytest.approx(604800, abs=60)
    with pytest.raises(PlanError, match="'yesterdayish'"):
        since_seconds("yesterdayish")


@pytest.mark.parametrize("suffix", [".sqlite", ".jsonl", ".parquet"])
def test_what_is_exported_is_imported_without_doubling(path: Path, tmp_path: Path, suffix: str) -> None:
    originals = [run("a"), run("b"), replace(run("c"), environment=THERE)]
    kept(path, *originals)
    file = tmp_path / f"export{suffix}"
    try:
        assert export_history(file, source=path) == 3
    except MissingDependency as missing:
        assert "pip install" in str(missing)  # noqa: PT017 - which of the two happens depends on what is installed
        pytest.skip("pyarrow is not installed")
    other = tmp_path / "other.sqlite"
    kept(other, run("b"))
    assert import_history([file], path=other) == 2
    assert import_history(file, path=other) == 0
    assert sorted(each.uid for each in runs(path=other)) == ["a", "b", "c"]
    assert {each.uid: machine(each.environment) for each in runs(path=other)}["c"] == machine(THERE)


def test_parquet_without_its_library_says_what_to_install(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(path, run("a"))
    for library in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    with pytest.raises(MissingDependency, match=r"pip install.*pyarrow"):
        export_history(tmp_path / "there.parquet", source=path)
    (tmp_path / "given.parquet").touch()
    with pytest.raises(MissingDependency, match=r"pip install.*pyarrow"):
        import_history(tmp_path / "given.parquet", path=path)


def test_exporting_overwrites_nothing_and_knows_its_endings(path: Path, tmp_path: Path) -> None:
    kept(path, run("a"))
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    with pytest.raises(PlanError, match="exists already"):
        export_history(there, source=path)
    assert there.read_text() == "mine"
    with pytest.raises(PlanError, match=r"\.sqlite, \.jsonl or \.parquet"):
        export_history(tmp_path / "x.pickle", source=path)
    with pytest.raises(PlanError, match=r"there is no folder .*missing: make it first"):
        export_history(tmp_path / "missing" / "x.jsonl", source=path)


@pytest.mark.parametrize("suffix", [".sqlite", ".jsonl"])
def test_an_export_may_replace_an_older_one_and_never_the_history_itself(path: Path, tmp_path: Path, suffix: str) -> None:
    kept(path, run("a"))
    there = tmp_path / f"there{suffix}"
    assert export_history(there, source=path, label="nobody's") == 0
    assert export_history(there, source=path, overwrite=True) == 1
    kept(path, run("b"))
    assert export_history(there, source=path, overwrite=True) == 2
    other = tmp_path / "other.sqlite"
    assert import_history(there, path=other) == 2
    assert not list(tmp_path.glob("*.part*"))
    with pytest.raises(PlanError, match="is the history itself"):
        export_history(path, source=path, overwrite=True)
    assert len(runs(path=path)) == 2


def test_importing_nonsense_takes_nothing_in(path: Path, tmp_path: Path) -> None:
    kept(path, run("a"))
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"format": "nbperf"\n')
    for file, words in ((bad, "line 1"), (tmp_path / "none.jsonl", "there is no file"), (tmp_path / "text.sqlite", "cannot be read")):
        if file.suffix == ".sqlite":
            file.write_text("no database at all, but long enough to be taken for one " * 20)
        with pytest.raises(RecordError, match=words):
            import_history(file, path=path)
    assert len(runs(path=path)) == 1


def write_many(arguments: tuple[str, int]) -> int:
    path, start = arguments
    store = History(path)
    # The source of a sampled peak names how many samples it had: kernels come upon the same new ones at the same time.
    done = sum(store.add(run(f"{start}-{i}", values=(float(start), float(i)), source=f"{i} samples")) for i in range(25))
    store.close()
    return done


def test_eight_processes_write_at_once_and_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(8) as pool:
        assert pool.map(write_many, [(str(path), n) for n in range(8)]) == [25] * 8
    assert len({each.uid for each in runs(path=path)}) == 200
    table = history(path=path)
    assert len(table) == 400
    for row in table[table["quantity"] == "time.wall"].to_dict("records"):
        start, i = row["uid"].split("-")
        assert (list(row["values"]), row["source"]) == ([float(start), float(i)], f"{i} samples")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM series").fetchone() == (50,)


def test_a_forked_child_opens_the_file_for_itself(path: Path) -> None:
    store = History(path)
    store.add(run("parent"))
    code = f"""
import os, sys
from tests.store.test_history import History, run
store = History({str(path)!r})
store.add(run("before"))
child = os.fork()
if child == 0:
    done = store.add(run("child"))
    os._exit(0 if done else 1)
assert os.waitpid(child, 0)[1] == 0
assert store.add(run("after"))
"""
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": root}, cwd=root)
    store.close()
    assert {each.uid for each in runs(path=path)} == {"parent", "before", "child", "after"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_loses_nothing_when_its_parent_closes_first(path: Path) -> None:
    code = f"""
import os
from tests.store.test_history import History, run
path = {str(path)!r}
store = History(path)
store.add(run("parent"))
done, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    kept = store.add(run("first"))
    os.write(done[1], b"x")
    os.read(go[0], 1)
    os._exit(0 if kept and store.add(run("second")) else 1)
os.read(done[0], 1)
store.close()
other = History(path)
other.add(run("other"))
other.close()
os.write(go[1], b"x")
assert os.waitpid(child, 0)[1] == 0
"""
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": root}, cwd=root)
    assert {each.uid for each in runs(path=path)} == {"parent", "first", "other", "second"}


def test_a_file_that_was_removed_is_made_anew(path: Path) -> None:
    store = History(path)
    assert store.add(run("a"))
    shutil.rmtree(path.parent)
    assert store.add(run("b"))
    store.close()
    assert [each.uid for each in runs(path=path)] == ["b"]
    assert list(history(path=path)["quantity"]) == ["time.wall", "memory.rss.peak"]


def test_a_change_of_the_memory_that_the_system_keeps_makes_no_other_machine() -> None:
    total = 16 * 2**30 - 300 * 2**20
    assert machine(replace(HERE, memory_total=total)) == machine(replace(HERE, memory_total=total - 2**20))
    assert machine(replace(HERE, memory_total=total)) != machine(replace(HERE, memory_total=2 * total))


def adding(store: History) -> list[str]:
    """The warnings of two attempts to keep a run."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not store.add(run("new"))
        assert not store.add(run("newer"))
    assert all(issubclass(each.category, NBPerfWarning) for each in caught)
    return [str(each.message) for each in caught]


def test_a_corrupt_file_is_left_as_it_is_with_one_warning(path: Path) -> None:
    path.parent.mkdir()
    content = b"this was a database once " * 100
    path.write_bytes(content)
    (said,) = adding(History(path))
    assert str(path) in said
    assert "NBPerf.history" in said
    assert path.read_bytes() == content
    with pytest.raises(RecordError, match="cannot be read"):
        runs(path=path)


def test_a_newer_file_is_left_as_it_is(path: Path) -> None:
    store = History(path, network=lambda _: True)  # not in the journal mode that would be set
    store.add(run("a"))
    store.close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    content = path.read_bytes()
    (said,) = adding(History(path))
    assert "newer nbperf" in said
    with pytest.raises(RecordError, match="newer nbperf"):
        runs(path=path)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_left_as_it_is(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    content = other.read_bytes()
    (said,) = adding(History(other))
    assert "another program" in said
    for use in (lambda: runs(path=other), lambda: import_history(other, path=path)):
        with pytest.raises(RecordError, match="another program"):
            use()
    assert other.read_bytes() == content


def test_to_look_into_a_history_changes_nothing_in_it(path: Path) -> None:
    kept(path, run("a"))
    content = path.read_bytes()
    assert len(runs(path=path)) == len(history(path=path)) / 2 == 1
    assert path.read_bytes() == content
    assert sorted(each.name for each in path.parent.iterdir()) == [".gitignore", "history.sqlite"]


def test_an_older_file_is_read_as_it_is_and_brought_up_when_it_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(path, run("a"))
    content = path.read_bytes()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE more (x)",)))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    assert [each.uid for each in runs(path=path)] == ["a"]
    assert path.read_bytes() == content
    kept(path, run("b"))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    assert connection.execute("SELECT count(*) FROM more").fetchone() == (0,)
    connection.close()


@pytest.mark.skipif(not hasattr(os, "setuid") or os.name == "nt" or os.getuid() != 0, reason="only root can become somebody without rights")
def test_a_history_that_only_others_may_write_can_be_read() -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    try:
        path = folder / "theirs" / "history.sqlite"
        kept(path, run("a"))
        folder.chmod(0o755)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        code = f"""
import os, urllib.parse, warnings
from tests.store.test_history import History, NBPerfWarning, run, runs
runs(path={str(path)!r})  # whatever is imported late: somebody without rights may not read it
os.setuid(65534)
assert [each.uid for each in runs(path={str(path)!r})] == ["a"]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    store = History({str(path)!r})
    assert not store.add(run("b"))
    assert not store.add(run("c"))
assert [each.category for each in caught] == [NBPerfWarning]
"""
        root = str(Path(__file__).parents[2])
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": root}, cwd=root)
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    "record", [b"", b"\0", zlib.compress(b"no JSON"), zlib.compress(b" " * 2**21) + b"x", zlib.compress(b"{}")[:-4], 5]
)
def test_a_damaged_run_is_left_out_and_said(path: Path, monkeypatch: pytest.MonkeyPatch, record: object) -> None:
    monkeypatch.setattr("nbperf.store.history.LARGEST", 2**20)
    kept(path, run("a"), run("b"), run("c"))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET record = ? WHERE uid = 'b'", (record,))
    connection.commit()
    connection.close()
    with pytest.warns(NBPerfWarning, match="1 of the runs"):
        assert [each.uid for each in runs(path=path)] == ["a", "c"]
    assert len(history(path=path)) == 6


@pytest.mark.parametrize("damage", ["x''", "x'00'", "substr(numbers, 1, length(numbers) - 8)", "substr(numbers, 9)", "'text'", "5"])
def test_a_run_whose_numbers_are_damaged_is_left_out_of_the_table_and_said(path: Path, damage: str) -> None:
    kept(path, run("a"), run("b"), run("c"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE measurements SET numbers = {damage} WHERE run = 2")
    with pytest.warns(NBPerfWarning, match="1 of the runs") as caught:
        assert list(history(path=path)["uid"]) == ["a", "a", "c", "c"]
    assert [each.filename for each in caught] == [__file__], "it points at the line that asked"
    with pytest.warns(NBPerfWarning, match="1 of the runs"):
        assert len(plot_history(path=path).axes[0].lines[0].get_ydata()) == 2
    assert len(runs(path=path)) == 3, "the record is whole"


def test_a_run_whose_numbers_are_gone_is_said(path: Path) -> None:
    kept(path, run("a"), run("b"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM measurements WHERE run = 1")
    with pytest.warns(NBPerfWarning, match="1 of the runs"):
        assert list(history(path=path)["uid"]) == ["b", "b"]


def test_a_run_of_nothing_is_kept_and_has_no_row(path: Path) -> None:
    kept(path, run("a", values=()), run("b"))
    assert list(history(path=path)["uid"]) == ["b", "b"]
    assert len(runs(path=path)) == 2


def test_runs_deleted_by_hand_leave_nothing_to_the_next_ones(path: Path) -> None:
    kept(path, run("a"), run("b"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM runs WHERE uid = 'b'")  # its numbers stay behind
    kept(path, run("c", values=(9.0,)))
    table = history(path=path)
    assert [(uid, list(values)) for uid, values in zip(table["uid"], table["values"], strict=True)][2] == ("c", [9.0])
    assert len(table) == 4


def test_a_write_that_was_taken_back_mixes_no_series_up(path: Path) -> None:
    store = History(path)
    store.write([])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON measurements BEGIN SELECT RAISE(ABORT, 'not now'); END")
        with pytest.raises(sqlite3.Error, match="not now"):
            store.write([run("a", source="mine")])
        connection.execute("DROP TRIGGER no")
    kept(path, run("b", source="theirs"))  # has the numbers that were given to "mine" for a moment
    assert store.add(run("a", source="mine"))
    store.close()
    table = history(path=path)
    assert dict(zip(table["uid"], table["source"], strict=True)) == {"a": "mine", "b": "theirs"}


def test_a_plot_of_several_devices_asks_which(path: Path) -> None:
    def read(device: str, value: float) -> Reading:
        return Reading(quantity="energy.gpu", value=value, unit=Unit.JOULE, provenance=Provenance.MEASURED, source="NVML", device=device)

    two = Sample(readings=(read("cuda:0", 1.0), read("cuda:1", 2.0)))
    kept(path, replace(run("a"), samples=(two,)))
    with pytest.raises(RecordError, match="cuda:0, cuda:1: name one with device="):
        plot_history(quantity="energy.gpu", path=path)
    assert plot_history(quantity="energy.gpu", device="cuda:1", path=path).axes[0].lines[0].get_ydata()[0] == 2.0
    with pytest.raises(RecordError, match=r"no kept run has 'time.nothing'; there are energy.gpu"):
        plot_history(quantity="time.nothing", path=path)


def test_a_plot_of_an_unknown_label_says_which_there_are(path: Path) -> None:
    with pytest.raises(RecordError, match="no run is labelled 'nope'; there are no labelled runs"):
        plot_history("nope", path=path)
    kept(path, replace(run("a"), label="one"), replace(run("b"), label="two words"))
    with pytest.raises(RecordError, match="no run is labelled 'nope'; there are 'one', 'two words'"):
        plot_history("nope", path=path)
    with pytest.raises(RecordError, match=r"no kept run has 'energy\.gpu'"):
        plot_history("one", "energy.gpu", path=path)


def test_a_home_folder_is_understood(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("USERPROFILE", str(path.parent))
    kept(path, run("a"))
    assert len(runs(path="~/history.sqlite")) == 1


@pytest.mark.parametrize("then", ["add", "close"])
def test_what_a_locked_file_missed_is_written_when_it_is_free(path: Path, monkeypatch: pytest.MonkeyPatch, then: str) -> None:
    kept(path, run("a"))
    monkeypatch.setattr("nbperf.store.history.WAIT", 0.01)
    monkeypatch.setattr("nbperf.store.history.BRIEFLY", 0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = History(path)
    (said,) = adding(store)
    other.execute("ROLLBACK")
    other.close()
    assert "locked" in said
    assert [each.uid for each in runs(path=path)] == ["a"]
    if then == "add":
        assert store.add(run("last"))
    store.close()
    assert [each.uid for each in runs(path=path)] == ["a", "new", "newer", *(["last"] if then == "add" else [])]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    (said,) = adding(History(blocked / "history.sqlite"))
    assert "history.sqlite" in said


def test_a_full_disk_leaves_what_was_there(path: Path) -> None:
    kept(path, run("a"))
    store = History(path)
    with store._open() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        big = run("big", values=tuple(float(i) for i in range(20_000)))
        assert not store.add(big)
    assert "full" in str(caught[0].message)
    assert [each.uid for each in runs(path=path)] == ["a"]
    assert store.add(run("b")), "there is room again"
    store.close()
    assert [each.uid for each in runs(path=path)] == ["a", "big", "b"]


def test_no_history_says_how_to_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbperf.store.public.PLACE.path", None)
    with pytest.raises(PlanError, match=r"NBPerf\.history names its file"):
        runs()


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:50 / /home rw,relatime shared:2 - nfs4 server:/home rw
31 30 0:51 / /home/me/scratch rw - xfs /dev/sdb rw
32 22 0:52 / /drive rw - fuse.sshfs me@there:/ rw
33 22 0:53 / /with\\040space rw - cifs //nas/share rw
nonsense
"""


@pytest.mark.parametrize(
    ("folder", "network"),
    [("/tmp", False), ("/home/you", True), ("/home/me/scratch/x", False), ("/drive", True), ("/with space/a", True), ("/homework", False)],
)
def test_network_file_systems_are_known(tmp_path: Path, folder: str, network: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert on_network(Path(folder), mounts) is network


def test_where_the_system_does_not_say_a_folder_is_taken_for_local(tmp_path: Path) -> None:
    assert on_network(tmp_path, tmp_path / "none") is False


@pytest.mark.parametrize(("network", "mode"), [(True, "delete"), (False, "wal")])
def test_the_journal_fits_the_file_system(path: Path, network: bool, mode: str) -> None:
    store = History(path, network=lambda _: network)
    store.add(run("a"))
    with store._open() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
    store.close()
