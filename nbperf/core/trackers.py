"""A run's medians for an experiment tracker, into the tracker's own run; nothing is imported, started or ended for it."""

from __future__ import annotations

import re
import sys
from typing import Any

from nbperf.core.records import Provenance, Run
from nbperf.errors import PlanError
from nbperf.words import say

STRANGE = re.compile(r"[^A-Za-z0-9_\-./ ]")
"""What MLflow allows in no name; a device may hold it."""


def log_to(run: Run, target: Any, *, prefix: str = "nbperf/") -> dict[str, float]:
    """As `Run.log_to`."""
    values = {}
    for quantity, device in run.quantities():
        found = run.find(quantity, device=device)
        if found is not None:
            name = quantity + (f"/{device}" if device else "") + ("/estimated" if found.provenance is Provenance.ESTIMATED else "")
            values[prefix + STRANGE.sub("_", name)] = found.median
    mlflow = sys.modules.get("mlflow", NotImplemented)  # a module that was never imported is nobody's target
    if target is mlflow:
        if target.active_run() is None:  # MLflow would start one, and leave it open behind us
            raise PlanError(say("mlflow has no active run: with mlflow.start_run(): run.log_to(mlflow)"))
        target.log_metrics(values)
    elif type(target).__module__.partition(".")[0] == "mlflow" and hasattr(target, "info"):
        mlflow.log_metrics(values, run_id=target.info.run_id)
    elif callable(getattr(target, "add_scalar", None)):
        step = int(run.started_at)
        for name, value in values.items():
            target.add_scalar(name, value, global_step=step)
    elif callable(getattr(target, "log", None)) and hasattr(target, "summary"):
        target.log(values)
    else:
        raise PlanError(
            say(
                "log_to takes the mlflow module or a run of it, a wandb run or TensorBoard's SummaryWriter, not {found}",
                found=type(target).__name__,
            )
        )
    return values
