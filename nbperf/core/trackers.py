"""A run's medians for an experiment tracker, into the tracker's own run; nothing is imported, started or ended for it."""

from __future__ import annotations

import sys
from typing import Any

from nbperf.core.records import Run
from nbperf.errors import PlanError
from nbperf.words import say


def log_to(run: Run, target: Any, *, prefix: str = "nbperf/") -> dict[str, float]:
    """As `Run.log_to`."""
    values = {}
    for quantity, device in run.quantities():
        found = run.find(quantity, device=device)
        if found is not None:
            name = f"{prefix}{quantity}" + (f"/{device.replace(':', '_')}" if device else "")
            values[name] = found.median
    if target is sys.modules.get("mlflow", NotImplemented):  # a module that was never imported is nobody's target
        target.log_metrics(values)
    elif callable(getattr(target, "add_scalar", None)):
        step = int(run.started_at)
        for name, value in values.items():
            target.add_scalar(name, value, global_step=step)
    elif callable(getattr(target, "log", None)) and hasattr(target, "summary"):
        target.log(values)
    else:
        raise PlanError(
            say("log_to takes the mlflow module, a wandb run or TensorBoard's SummaryWriter, not {found}", found=type(target).__name__)
        )
    return values
