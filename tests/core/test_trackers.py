"""A run's medians go into the tracker's own run, with the real libraries where they are installed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from nbperf.core.records import Provenance, Run, Sample
from nbperf.core.units import Unit
from nbperf.errors import PlanError
from nbperf.testing import reading

RUN = Run(
    started_at=7.0,
    samples=tuple(
        Sample(readings=(reading("time.wall", value), reading("energy.gpu", 5.0, unit=Unit.JOULE, device="cuda:0")))
        for value in (1.0, 2.0, 9.0)
    ),
)


def test_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    mlflow.set_experiment("tests")
    with mlflow.start_run() as active:
        RUN.log_to(mlflow)
    metrics = mlflow.get_run(active.info.run_id).data.metrics
    assert metrics == {"nbperf/time.wall": 2.0, "nbperf/energy.gpu/cuda_0": 5.0}


def test_mlflow_without_an_active_run_is_refused_and_none_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    with pytest.raises(PlanError, match=r"with mlflow\.start_run\(\): run\.log_to\(mlflow\)"):
        RUN.log_to(mlflow)
    assert mlflow.active_run() is None


def test_a_run_of_mlflow_and_names_that_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    mlflow.set_experiment("tests of a run")
    outlet = replace(reading("power.outlet", 5.0, unit=Unit.WATT, device="wall (Küche)"), provenance=Provenance.ESTIMATED)
    with mlflow.start_run() as active:
        pass
    Run(samples=(Sample(readings=(outlet,)),)).log_to(active)
    assert mlflow.get_run(active.info.run_id).data.metrics == {"nbperf/power.outlet/wall _K_che_/estimated": 5.0}


def test_nothing_else_is_logged_to() -> None:
    with pytest.raises(PlanError, match="not dict"):
        RUN.log_to({})


def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    torch_writer = pytest.importorskip("torch.utils.tensorboard", reason="PyTorch is not installed")
    writer = torch_writer.SummaryWriter(str(tmp_path))
    assert RUN.log_to(writer)["nbperf/time.wall"] == 2.0
    writer.close()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [event.value for event in events.Scalars("nbperf/time.wall")] == [2.0]


def test_wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MODE": "offline", "SILENT": "true", "ERROR_REPORTING": "false", "CONSOLE": "off"}.items():
        monkeypatch.setenv(f"WANDB_{name}", value)
    for name in ("DIR", "CONFIG_DIR", "CACHE_DIR", "DATA_DIR", "ARTIFACT_DIR"):
        monkeypatch.setenv(f"WANDB_{name}", str(tmp_path))
    wandb = pytest.importorskip("wandb", reason="wandb is not installed")
    import psutil

    threads, processes = set(threading.enumerate()), set(psutil.Process().children(recursive=True))
    try:
        with wandb.init(project="tests") as active:
            RUN.log_to(active, prefix="p/")
            read_back = {name: value for name, value in dict(active.summary).items() if not name.startswith("_")}
    finally:
        wandb.teardown()  # ends its service process and its threads
    assert read_back == {"p/time.wall": 2.0, "p/energy.gpu/cuda_0": 5.0}
    (kept,) = tmp_path.rglob("run-*.wandb")  # what would be sent to the server, had there been one
    assert b"p/energy.gpu/cuda_0" in kept.read_bytes()
    assert set(threading.enumerate()) <= threads
    assert set(psutil.Process().children(recursive=True)) <= processes


def test_what_looks_like_a_run_of_wandb_is_one() -> None:
    """Its module is not asked for: a stand-in, or a wrapper of another library, is logged to as well."""

    class Standin:
        def __init__(self) -> None:
            self.summary: dict[str, float] = {}
            self.logged: list[dict[str, float]] = []

        def log(self, values: dict[str, float]) -> None:
            self.logged.append(values)

    target = Standin()
    RUN.log_to(target, prefix="p/")
    assert target.logged == [{"p/time.wall": 2.0, "p/energy.gpu/cuda_0": 5.0}]
