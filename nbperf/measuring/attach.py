"""Readings from outside, joined to runs by time: a log that a meter, nmon or nvidia-smi wrote beside the notebook."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from os import PathLike
from pathlib import Path

from nbperf.core.records import Absence, Provenance, Reading, Run, Sample
from nbperf.core.units import Unit, format_value
from nbperf.errors import PlanError, RecordError
from nbperf.probes.meter_log import Series, gaps, read_log, shown
from nbperf.words import Sentence, say

Window = tuple[float, float]

_NO_TIMES = Sentence("this run does not say when its repeats began: it was taken by an older nbperf, or put together by hand")
_SPARSE = Sentence("log more often than the windows are long, or measure longer windows")


def attach_log(path: str | PathLike[str], runs: Run | Iterable[Run], *, device: str | None = None) -> tuple[Run, ...]:
    """Runs with what a log says of them.

    Parameters
    ----------
    path : str or path
        A wall meter's CSV with a column of times and one of watts or joules, a file of nmon, or what
        ``nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv -lms 100`` wrote. Times without a zone are taken
        to be this machine's.
    runs : Run or iterable of Run
    device : str, optional
        What the readings' device is called; the file's name by default.

    Returns
    -------
    tuple of Run
        In the same order. Each repeat gets the mean of a level, and the energy of a power, all SAMPLED and with the log's
        own device name. A repeat that the log does not cover, or in which it has a gap as long as the repeat, gets none,
        and the run an Absence that says so.

    Raises
    ------
    RecordError
        If the log cannot be read, or covers none of the runs; the message names both times.
    PlanError
        If there is no run.
    """
    known = (runs,) if isinstance(runs, Run) else tuple(runs)
    if not known:
        raise PlanError(say("there is no run to attach a log to"))
    log = read_log(path)
    name = device or Path(path).stem
    windows = [window for run in known for sample in run.samples if (window := _window(sample)) is not None]
    if not windows:
        raise RecordError(say("{path} cannot be aligned: {reason}", path=str(path), reason=_NO_TIMES))
    first, last = min(series.times[0] for series in log), max(series.times[-1] for series in log)
    begun, ended = min(begin for begin, _ in windows), max(end for _, end in windows)
    if last < begun or first > ended:
        raise RecordError(
            say(
                "{path} is of another time: it goes from {first} to {last}, the runs from {begun} to {ended}; if that is a matter "
                "of zones, write the times with theirs, such as 2025-01-31T12:00:00+01:00",
                path=str(path), first=shown(first), last=shown(last), begun=shown(begun), ended=shown(ended),
            )
        )  # fmt: skip
    return tuple(attach(run, log, device=name) for run in known)


def attach(run: Run, log: Iterable[Series], *, device: str) -> Run:
    """A new run whose repeats carry what the series say of their time; those attached before under this name are replaced."""
    series = tuple(log)
    names = {_name(each, device) for each in series}
    absences = {(a.quantity, a.device): a for a in run.absences if a.device not in names}
    samples = []
    for sample in run.samples:
        readings = [reading for reading in sample.readings if reading.device not in names]
        window = _window(sample)
        for each in series:
            answers = _missing(each, _NO_TIMES, device=device) if window is None else _answers(each, window, device)
            readings += [answer for answer in answers if isinstance(answer, Reading)]
            for answer in answers:
                if isinstance(answer, Absence):
                    absences.setdefault((answer.quantity, answer.device), answer)
        samples.append(replace(sample, readings=tuple(readings)))
    return replace(run, samples=tuple(samples), absences=tuple(absences.values()))


def _name(series: Series, device: str) -> str:
    return f"{device}:{series.device}" if series.device else device


def _window(sample: Sample) -> Window | None:
    wall = sample.reading("time.wall")
    if wall is None or sample.started_at is None:
        return None
    return sample.started_at, sample.started_at + wall.value


def _quantities(series: Series) -> tuple[str, ...]:
    """A level gives itself; power and a counter of energy give both."""
    kind, _, rest = series.quantity.partition(".")
    return (f"energy.{rest}", f"power.{rest}") if kind in {"energy", "power"} else (series.quantity,)


def _missing(series: Series, reason: Sentence, remedy: Sentence = Sentence(""), *, device: str) -> list[Absence]:
    return [Absence(quantity=q, reason=reason, remedy=remedy, device=_name(series, device)) for q in _quantities(series)]


def _answers(series: Series, window: Window, device: str) -> Sequence[Reading | Absence]:
    begin, end = window
    times = series.times
    before, after = bisect_right(times, begin) - 1, bisect_left(times, end)
    if before < 0 or after >= len(times):
        reason = Sentence("the log covers {first} to {last} only", first=shown(times[0]), last=shown(times[-1]))
        return _missing(series, reason, device=device)
    gap = gaps(times[before : after + 1])
    if gap > end - begin:
        reason = Sentence(
            "the log has a value every {gap} there, and the window lasts {length}",
            gap=format_value(gap, Unit.SECOND),
            length=format_value(end - begin, Unit.SECOND),
        )
        return _missing(series, reason, _SPARSE, device=device)
    points = [
        (begin, _at(series, begin)),
        *((t, v) for t, v in zip(times[before : after + 1], series.values[before : after + 1], strict=True) if begin < t < end),
        (end, _at(series, end)),
    ]
    source = f"{series.source}, {len(points) - 2} values inside"
    if series.counts:
        return _counted(series, points, source, device, gap)
    area, doubt, length = *_integrated(points), end - begin
    low, high = max(0.0, area - doubt), area + doubt
    if series.unit is Unit.WATT:
        if area <= 0 or min(value for _, value in points) < 0:
            return _missing(series, Sentence("the log shows no power there, or less than none"), device=device)
        return _pair(series, area, (low, high), length, source, device)
    return [_reading(series.quantity, area / length, series.unit, source, _name(series, device), (low / length, high / length))]


def _integrated(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The trapezoid, and by how much it may be off: each change came at once, at one end of its step or at the other."""
    steps = [(t1 - t0, v0, v1) for (t0, v0), (t1, v1) in pairwise(points)]
    return sum(dt * (v0 + v1) / 2 for dt, v0, v1 in steps), sum(dt * abs(v1 - v0) / 2 for dt, v0, v1 in steps)


def _counted(series: Series, points: Sequence[tuple[float, float]], source: str, device: str, gap: float) -> Sequence[Reading | Absence]:
    values = [value for _, value in points]
    joules, length = values[-1] - values[0], points[-1][0] - points[0][0]
    if any(after < before for before, after in pairwise(values)) or joules <= 0:
        reason = Sentence("the log's counter went back, or did not move, in the window")
        return _missing(series, reason, _SPARSE, device=device)
    # Between two values it was taken to rise evenly: at each end the energy of a gap is in doubt.
    doubt = min(joules, joules / length * gap)
    return _pair(series, joules, (joules - doubt, joules + doubt), length, source, device)


def _pair(series: Series, joules: float, ends: Window, length: float, source: str, device: str) -> list[Reading]:
    energy, power = _quantities(series)
    name = _name(series, device)
    return [
        _reading(energy, joules, Unit.JOULE, source, name, ends),
        _reading(power, joules / length, Unit.WATT, source, name, (ends[0] / length, ends[1] / length)),
    ]


def _at(series: Series, seconds: float) -> float:
    """The value at a time between two of the log's."""
    after = bisect_left(series.times, seconds)
    if series.times[after] == seconds:
        return series.values[after]
    (t0, v0), (t1, v1) = ((series.times[i], series.values[i]) for i in (after - 1, after))
    return v0 + (v1 - v0) * (seconds - t0) / (t1 - t0)


def _reading(quantity: str, value: float, unit: Unit, source: str, device: str, interval: Window) -> Reading:
    return Reading(
        quantity=quantity, value=value, unit=unit, provenance=Provenance.SAMPLED, source=source, device=device, interval=interval
    )
