"""Logs that other programs wrote: a wall meter's CSV, nmon, ``nvidia-smi --query-gpu=timestamp,power.draw --format=csv``.

Each becomes series of values at absolute times. Times without a zone are those of this machine's clock and zone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from os import PathLike
from pathlib import Path

from nbperf.core.units import Unit
from nbperf.errors import RecordError
from nbperf.words import say

ZERO_CELSIUS = 273.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A quantity over absolute time.

    Attributes
    ----------
    quantity : str
    unit : Unit
    times : tuple of float
        Seconds since the epoch, rising.
    values : tuple of float
    source : str
        The program, and the column.
    device : str
        Which of several in the log; empty where there is one.
    counts : bool
        It is a counter, of which the difference matters.
    """

    quantity: str
    unit: Unit
    times: tuple[float, ...]
    values: tuple[float, ...]
    source: str
    device: str = ""
    counts: bool = False


Known = tuple[str, Unit, float, float]
"""A quantity, its unit, and what a value is multiplied by and then raised by."""

SMI: dict[str, Known] = {
    "power.draw": ("power.gpu.logged", Unit.WATT, 1.0, 0.0),
    "power.draw.instant": ("power.gpu.logged", Unit.WATT, 1.0, 0.0),
    "power.draw.average": ("power.gpu.logged", Unit.WATT, 1.0, 0.0),
    "utilization.gpu": ("gpu.utilisation", Unit.RATIO, 0.01, 0.0),
    "memory.used": ("memory.gpu.used", Unit.BYTE, 2.0**20, 0.0),
    "temperature.gpu": ("gpu.temperature", Unit.KELVIN, 1.0, ZERO_CELSIUS),
    "clocks.current.sm": ("gpu.clock", Unit.HERTZ, 1e6, 0.0),
    "clocks.sm": ("gpu.clock", Unit.HERTZ, 1e6, 0.0),
}
"""Columns of nvidia-smi; of several that are the same quantity the first is read."""
WATTS = {"w": 1.0, "mw": 1e-3, "kw": 1e3, "watt": 1.0, "watts": 1.0, "milliwatts": 1e-3}
JOULES = {"j": 1.0, "kj": 1e3, "wh": 3600.0, "kwh": 3.6e6, "mwh": 3.6, "joule": 1.0, "joules": 1.0}
STAMPS = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%H:%M:%S,%d-%b-%Y", "%H:%M:%S,%d-%B-%Y")
"""Ways to write a time, beside ISO 8601 and seconds or milliseconds since the epoch."""


def read_log(path: str | PathLike[str]) -> tuple[Series, ...]:
    """The series of a log.

    Raises
    ------
    RecordError
        If it cannot be read, or is no log of a kind that is known; the message says what was looked for.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise RecordError(say("{path} cannot be read: {error}", path=str(path), error=error.strerror or error)) from None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise RecordError(say("{path} is empty", path=str(path)))
    try:
        found = _nmon(lines) if lines[0].startswith("AAA,") else _table(lines)
    except RecordError as error:
        raise RecordError(say("{path}: {error}", path=str(path), error=error)) from None
    found = [series for series in found if series.times]
    if not found:
        raise RecordError(say("{path} holds no value with a time", path=str(path)))
    return tuple(found)


def moment(text: str) -> float | None:
    """Seconds since the epoch; None where it is no time."""
    text = text.strip().strip('"')
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        # The year 2001 is 1e9 seconds and 1e12 milliseconds away.
        return number / 1e3 if number >= 1e11 else number if number >= 1e8 else None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    for stamp in STAMPS:
        try:
            return datetime.strptime(text, stamp).timestamp()  # noqa: DTZ007 - a time without a zone is this machine's
        except ValueError:
            continue
    return None


def number(text: str, comma: bool = False) -> float | None:
    """The number a cell begins with, whatever unit follows: "65.12 W" is 65.12. None for "[N/A]"."""
    text = text.strip().strip('"')
    if comma:
        text = text.replace(".", "").replace(",", ".")
    found = re.match(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text)
    return float(found[0]) if found else None


def shown(seconds: float) -> str:
    """A time for people, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _series(points: Iterable[tuple[float, float]], quantity: str, unit: Unit, source: str, device: str, counts: bool = False) -> Series:
    ordered = dict(sorted(points))  # of two values at one time the last
    return Series(
        quantity=quantity, unit=unit, times=tuple(ordered), values=tuple(ordered.values()), source=source, device=device, counts=counts
    )


# Tables: nvidia-smi and wall meters


def _table(lines: Sequence[str]) -> list[Series]:
    delimiter = max(",;\t", key=lines[0].count)
    header, *rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    names = [name.strip().lower() for name in header]
    if moment(names[0]) is not None:
        raise RecordError(say("the first line has to name the columns: log it with a header"))
    stamp = _stamps(names)
    if stamp is None:
        raise RecordError(
            say(
                "there is no column of times: one of {known} is wanted, and it has {found}",
                known="timestamp, time, date",
                found=", ".join(header),
            )
        )
    comma = delimiter == ";" and any("," in cell for row in rows for cell in row[1:])
    if any(name.split(" [")[0] in SMI for name in names):
        return _smi(names, rows, stamp)
    return _meter(names, header, rows, stamp, comma)


def _stamps(names: Sequence[str]) -> Callable[[Sequence[str]], float | None] | None:
    """What gives a row's time: one column, or a date and a time."""
    plain = [re.split(r"[ _(\[]", name)[0] for name in names]
    if "date" in plain and "time" in plain:
        date, time = plain.index("date"), plain.index("time")
        return lambda row: moment(f"{row[date]} {row[time]}")
    for wanted in ("timestamp", "datetime", "time", "date", "ts"):
        if wanted in plain:
            column = plain.index(wanted)
            return lambda row: moment(row[column])
    return None


def _smi(names: Sequence[str], rows: Sequence[Sequence[str]], stamp: Callable[[Sequence[str]], float | None]) -> list[Series]:
    columns = {name.split(" [")[0]: place for place, name in enumerate(names)}
    which = next((columns[name] for name in ("index", "uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id") if name in columns), None)
    found: dict[tuple[str, str], tuple[Known, str, list[tuple[float, float]]]] = {}
    taken: dict[str, str] = {}
    for name, known in SMI.items():
        if name in columns and taken.setdefault(known[0], name) != name:
            continue
        for row in rows if name in columns else ():
            if len(row) < len(names) or (seconds := stamp(row)) is None or (value := number(row[columns[name]])) is None:
                continue
            device = row[which].strip() if which is not None else ""
            points = found.setdefault((name, device), (known, name, []))[2]
            points.append((seconds, value * known[2] + known[3]))
    devices = {device for _, device in found}
    return [
        _series(points, known[0], known[1], f"nvidia-smi {name}", device if len(devices) > 1 else "")
        for (name, device), (known, _, points) in found.items()
    ]


def _meter(
    names: Sequence[str], header: Sequence[str], rows: Sequence[Sequence[str]], stamp: Callable[[Sequence[str]], float | None], comma: bool
) -> list[Series]:
    found = []
    for place, name in enumerate(names):
        words = re.findall(r"[a-z]+", name)
        watts = next((WATTS[word] for word in reversed(words) if word in WATTS), 1.0 if "power" in words else None)
        joules = next((JOULES[word] for word in reversed(words) if word in JOULES), None)
        if joules is None and watts is None:
            continue
        points = [
            (seconds, value * (joules or watts or 1.0))
            for row in rows
            if len(row) > place and (seconds := stamp(row)) is not None and (value := number(row[place], comma)) is not None
        ]
        quantity, unit = ("energy.wall", Unit.JOULE) if joules else ("power.wall", Unit.WATT)
        found.append(_series(points, quantity, unit, f"meter log, {header[place].strip()}", "", counts=bool(joules)))
    if not found:
        raise RecordError(
            say("there is no column of watts or joules, such as Power (W) or energy_wh: it has {found}", found=", ".join(header))
        )
    # One column of each kind: meters also log what they add up over days, or each phase beside the sum.
    kinds: dict[str, Series] = {}
    for series in found:
        kinds.setdefault(series.quantity, series)
    power = kinds.get("power.wall")
    return [power] if power is not None and power.times else list(kinds.values())


# nmon


def _nmon(lines: Sequence[str]) -> list[Series]:
    """Busy cores, and watts where a section has them. A snapshot has a number, and ZZZZ says its time."""
    rows = [line.split(",") for line in lines]
    times = {row[1]: moment(f"{row[2]},{row[3].strip().title()}") for row in rows if row[0] == "ZZZZ" and len(row) > 3}
    heads = {row[0]: [name.strip().lower() for name in row] for row in reversed(rows) if len(row) > 2 and row[1] not in times}
    found: dict[tuple[str, str], tuple[Unit, str, list[tuple[float, float]]]] = {}
    for row in rows:
        seconds = times.get(row[1]) if len(row) > 2 and row[0] != "ZZZZ" else None
        head = heads.get(row[0])
        if seconds is None or head is None:
            continue
        if row[0] == "CPU_ALL" and (busy := _busy(head, row)) is not None:
            found.setdefault(("machine.busy", ""), (Unit.CORE, "nmon CPU_ALL", []))[2].append((seconds, busy))
        if "WATT" in row[0].upper():
            quantity = "power.gpu.logged" if row[0].upper().startswith("GPU") else "power.wall"
            for name, cell in zip(head[2:], row[2:], strict=False):
                if (value := number(cell)) is not None:
                    found.setdefault((quantity, name), (Unit.WATT, f"nmon {row[0]}", []))[2].append((seconds, value))
    return [_series(points, quantity, unit, source, device) for (quantity, device), (unit, source, points) in found.items()]


def _busy(head: Sequence[str], row: Sequence[str]) -> float | None:
    cells = {name: number(cell) for name, cell in zip(head, row, strict=False)}
    user, system = cells.get("user%"), cells.get("sys%")
    count = cells.get("cpus", cells.get("physicalcpus"))
    return None if user is None or system is None or count is None else (user + system) / 100 * count


def gaps(times: Sequence[float]) -> float:
    """The longest step between two times; 0.0 with fewer than two."""
    return max((after - before for before, after in pairwise(times)), default=0.0)
