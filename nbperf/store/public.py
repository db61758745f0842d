"""The history as people use it: `history`, `runs`, `export_history`, `import_history`."""

from __future__ import annotations

import gc
import json
import re
import sqlite3
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbperf.core.lines import MemoryTrace
from nbperf.core.records import Run
from nbperf.errors import MissingDependency, PlanError, RecordError
from nbperf.store.codec import dumps, loads
from nbperf.store.history import Filters, History, Kept
from nbperf.store.place import PLACE
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

Since = str | float | datetime | None
_AGO = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(minutes?|hours?|days?|weeks?)\s*(?:ago)?\s*")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def since_seconds(since: Since) -> float | None:
    """A moment as seconds since the epoch.

    Raises
    ------
    PlanError
        If it cannot be understood.
    """
    if since is None:
        return None
    if isinstance(since, int | float) and not isinstance(since, bool):
        return float(since)
    if isinstance(since, datetime):
        return since.timestamp()
    if isinstance(since, str):
        if ago := _AGO.fullmatch(since):
            return time.time() - float(ago[1]) * _SECONDS[ago[2].rstrip("s")]
        try:
            return datetime.fromisoformat(since).timestamp()
        except ValueError:
            pass
    raise PlanError(say("since is a moment, such as '2026-01-31', '7 days' or a datetime, not {found!r}", found=since))


def _where(label: str | None, since: Since, machine: str | None) -> Filters:
    terms: list[str] = ["1"]
    values: list[Any] = []
    if label is not None:
        terms.append("label = ?")
        values.append(label)
    if (moment := since_seconds(since)) is not None:
        terms.append("started_at >= ?")
        values.append(moment)
    if machine is not None:
        terms.append("(machine = ? OR host = ?)")
        values += [machine, machine]
    return " AND ".join(terms), tuple(values)


def _history(path: str | Path | None) -> History:
    where = path if path is not None else PLACE.file()
    if where is None:
        raise PlanError(say("no history is kept here: %config NBPerf.history names its file"))
    return History(Path(where).expanduser())


def runs(
    label: str | None = None, *, since: Since = None, machine: str | None = None, last: int | None = None, path: str | Path | None = None
) -> list[Run]:
    """The runs that were kept, oldest first.

    Parameters
    ----------
    label : str, optional
        Only those of this label.
    since : str, float or datetime, optional
        Only those from then on: ``"2026-01-31"``, ``"7 days"``, seconds since the epoch.
    machine : str, optional
        Only those of this host name, or of this machine's short name.
    last : int, optional
        Only the newest so many.
    path : str or Path, optional
        Of the history's file; by default the one that ``%config NBPerf.history`` names.

    Raises
    ------
    PlanError
        If `since` cannot be understood, or no history is kept.
    RecordError
        If the file cannot be read.

    Warns
    -----
    NBPerfWarning
        If some of them are damaged: those are left out.
    """
    return _history(path).runs(_where(label, since, machine), last=last)


def traces(
    label: str | None = None, *, since: Since = None, machine: str | None = None, last: int | None = None, path: str | Path | None = None
) -> list[MemoryTrace]:
    """The memory traces that were kept, oldest first: what ``%%memtrace`` left.

    Parameters
    ----------
    label, since, machine, last, path
        As for `runs`.

    Raises
    ------
    PlanError, RecordError
        As for `runs`.
    """
    return _history(path).traces(_where(label, since, machine), last=last)


def history(label: str | None = None, *, since: Since = None, machine: str | None = None, path: str | Path | None = None) -> DataFrame:
    """The runs that were kept, as a table: a row for each run and quantity, oldest first.

    Parameters
    ----------
    label, since, machine, path
        As for `runs`.

    Returns
    -------
    pandas.DataFrame
        Columns uid, label, started_at (UTC), machine, host, error, quantity, device, unit, provenance, source, count,
        median, mean, min, max, and values: an array of the raw ones, per loop, in the unit of the row.

    Raises
    ------
    PlanError, RecordError
        As for `runs`.

    Warns
    -----
    NBPerfWarning
        If the numbers of some runs are damaged: those are left out.
    """
    return _table(_history(path), _where(label, since, machine))


def _table(kept: History, where: Filters, quantity: str | None = None) -> DataFrame:
    from nbperf.store.blobs import damage, unpack
    from nbperf.store.frame import frame

    # A row makes some objects, none of which is garbage: to look for it among a million of them takes as long as to read.
    sweeping = gc.isenabled()
    gc.disable()
    try:
        runs, series, blobs = kept.columns(where)
        found = unpack(blobs, [number for number, *_ in series])
        kept.left_out([damage(blobs[place]) for place in found.damaged])
        return frame(runs, series, found, quantity)
    finally:
        if sweeping:
            gc.enable()


def plot_history(
    label: str | None = None,
    quantity: str = "time.wall",
    *,
    device: str | None = None,
    since: Since = None,
    machine: str | None = None,
    path: str | Path | None = None,
    dark: bool = False,
) -> Figure:
    """The trend of a quantity over the kept runs: medians with their spread, level changes marked, machines apart.

    Parameters
    ----------
    label, since, machine, path
        As for `runs`.
    quantity : str
        Such as ``"time.wall"`` or ``"memory.rss.peak"``.
    device : str, optional
        Such as ``"cuda:0"``; needed only where several were read.
    dark : bool
        Light on dark.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    RecordError
        If no run that fits has the quantity, and the message names those there are; or if it was read on several
        devices and none is named.
    """
    from nbperf.core import stats
    from nbperf.core.records import Provenance
    from nbperf.core.units import Unit
    from nbperf.views.trend import Point, trend

    kept, where = _history(path), _where(label, since, machine)
    table = _table(kept, where, quantity)  # and not the whole records: they take twenty times as long to read
    if device is not None:
        table = table[table["device"] == device]
    if not len(table):
        known = sorted(set(_table(kept, where)["quantity"]))
        raise RecordError(
            say("no kept run has {quantity!r}; there are {known}", quantity=quantity, known=", ".join(known) or say("no runs that fit"))
        )
    devices = sorted({str(found) for found in table["device"].dropna()})
    if len(devices) > 1 or (devices and table["device"].isna().any()):
        raise RecordError(say("{quantity} was read on {devices}: name one with device=", quantity=quantity, devices=", ".join(devices)))
    points = [
        Point(
            moment=row["started_at"].timestamp(),
            label=row["label"],
            machine=f"{row['host']} {row['machine']}".strip() or "?",
            median=row["median"],
            low=stats.quantile(row["values"], 0.25),
            high=stats.quantile(row["values"], 0.75),
            unit=Unit(row["unit"]),
            provenance=Provenance[row["provenance"].upper()],
        )
        for row in table.to_dict("records")
    ]
    return trend(points, quantity, title=label or "", dark=dark)


def export_history(path: str | Path, *, label: str | None = None, since: Since = None, source: str | Path | None = None) -> int:
    """Write the runs and memory traces that were kept into a file that another machine can import.

    Parameters
    ----------
    path : str or Path
        Its ending says how: ``.sqlite`` (a history), ``.jsonl`` (a run a line) or ``.parquet``. It must not exist yet.
    label, since
        As for `runs`.
    source : str or Path, optional
        The history that is exported.

    Returns
    -------
    int
        How many.

    Raises
    ------
    PlanError
        If the ending is another one, or the file exists.
    MissingDependency
        If parquet is asked for and pyarrow is not installed.
    """
    target = Path(path)
    if target.exists():
        raise PlanError(say("{path} exists already, and is not overwritten", path=target))
    found: list[Kept] = [*runs(label, since=since, path=source), *traces(label, since=since, path=source)]
    if target.suffix == ".sqlite":
        kept = History(target)
        try:
            kept.write(found)
        finally:
            kept.close()
    elif target.suffix == ".jsonl":
        target.write_text("".join(dumps(run) + "\n" for run in found), encoding="utf-8")
    elif target.suffix == ".parquet":
        _to_parquet(found, target)
    else:
        raise PlanError(say("{path} should end in .sqlite, .jsonl or .parquet", path=target))
    return len(found)


def _to_parquet(found: list[Kept], target: Path) -> None:
    import pandas as pd

    rows = [
        {
            "uid": run.uid, "label": run.label, "started_at": run.started_at, "host": run.environment.host if run.environment else "",
            "record": dumps(run),
        }
        for run in found
    ]  # fmt: skip
    try:
        pd.DataFrame(rows, columns=["uid", "label", "started_at", "host", "record"]).to_parquet(target)
    except ImportError:
        raise MissingDependency("pyarrow", "pyarrow") from None


def import_history(paths: str | Path | Iterable[str | Path], *, path: str | Path | None = None) -> int:
    """Take the runs of other histories into this one, each once, with the machine that it was taken on.

    Parameters
    ----------
    paths : str, Path or several of them
        Files that `export_history` wrote, or histories as they lie there.
    path : str or Path, optional
        The history that takes them in.

    Returns
    -------
    int
        How many are new.

    Raises
    ------
    RecordError
        If one of the files cannot be read; nothing is taken in then.
    """
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    found = [run for file in files for run in _read(Path(file))]
    kept = _history(path)
    try:
        return kept.write(found)
    except sqlite3.Error as error:
        raise RecordError(say("{path} cannot be written: {error}", path=kept.path, error=error)) from None
    finally:
        kept.close()


def _read(file: Path) -> list[Kept]:
    if not file.exists():
        raise RecordError(say("there is no file {path}", path=file))
    if file.suffix == ".jsonl":
        lines = file.read_text(encoding="utf-8").splitlines()
    elif file.suffix == ".parquet":
        import pandas as pd

        try:
            lines = [str(record) for record in pd.read_parquet(file, columns=["record"])["record"]]
        except ImportError:
            raise MissingDependency("pyarrow", "pyarrow") from None
    else:
        kept = History(file)
        return [*kept.runs(), *kept.traces()]
    found: list[Kept] = []
    for number, line in enumerate(lines, start=1):
        try:
            run = loads(line)
        except (RecordError, json.JSONDecodeError) as error:
            raise RecordError(say("{path}, line {number}: {error}", path=file, number=number, error=error)) from None
        if isinstance(run, Run | MemoryTrace):
            found.append(run)
    return found
