"""A log from outside laid beside the runs that were kept: a wall meter's, nmon's, or nvidia-smi's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbperf.core.records import Run
from nbperf.measuring.attach import attach_log as attach
from nbperf.store.public import runs as kept


def attach_log(path: str | Path, runs: Run | Iterable[Run] | None = None, *, device: str | None = None) -> tuple[Run, ...]:
    """Align a log of power or energy with runs by time.

    Parameters
    ----------
    path : str or Path
        A CSV of a wall meter, an nmon file, or what ``nvidia-smi --query-gpu=timestamp,power.draw --format=csv`` wrote.
    runs : Run or iterable of Run, optional
        Those it was logged beside; by default all that the history holds.
    device : str, optional
        What the meter is called in the readings.

    Returns
    -------
    tuple of Run
        New runs, with the log's SAMPLED readings, or the Absence that says why there is none; what was given is unchanged.

    Raises
    ------
    RecordError
        If the log cannot be read, or is of another time.
    PlanError
        If there is no run to attach it to.
    """
    given = kept() if runs is None else [runs] if isinstance(runs, Run) else list(runs)
    return attach(path, given, device=device)
