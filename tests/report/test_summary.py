"""JSON for programs."""

from __future__ import annotations

import json

import pytest

from nbperf import report
from nbperf.store import codec
from tests.report.examples import RECORDS, budgeted, efficient, epoch, faster, findings


@pytest.mark.parametrize("name", RECORDS)
def test_it_is_the_stored_record_with_a_summary(name: str) -> None:
    record = RECORDS[name]()
    text = report.to_json(record)
    assert codec.loads(text) == record
    data = json.loads(text)
    assert data["format"] == "nbperf"
    assert data["summary"]


def test_a_run_is_summed_up() -> None:
    run = epoch()
    data = json.loads(report.to_json(run))["summary"]["measurements"][0]
    wall = run.measurement("time.wall")
    assert data["quantity"] == "time.wall"
    assert data["unit"] == "s"
    assert data["median"] == wall.median
    assert data["interval"] == list(wall.interval or ())
    assert data["count"] == 20
    assert data["p95"] is None


def test_findings_and_verdicts_come_along() -> None:
    assert json.loads(report.to_json(findings()))["summary"]["findings"][0]["code"] == "threads-over-quota"
    (verdict,) = json.loads(report.to_json(faster(), indent=2))["summary"]["verdicts"]
    assert verdict["verdict"] == "faster"
    assert verdict["sentence"] == "int8 is 1.91 times as fast as fp32"


def test_budgets_and_rates_come_along() -> None:
    summary = json.loads(report.to_json(budgeted()))["summary"]
    first, second, *_ = summary["budgets"]
    assert (first["text"], first["kept"], first["found"]) == ("time.wall p95 < 5 ms", False, None)
    assert first["reason"].startswith("p95 needs 59 repeats")
    assert (second["kept"], second["statistic"], second["limit"], second["unit"]) == (True, "median", 0.11, "s")
    assert [rate["unit"] for rate in summary["rates"]] == ["items/s", "items/J"]
    assert summary["rates"][1]["provenance"] == "estimated"
    summary = json.loads(report.to_json(efficient()))["summary"]
    assert "budgets" not in summary
    assert summary["rates"][1]["median"] == pytest.approx(1797 / (5.21 + 4.87))
    assert "rates" not in json.loads(report.to_json(epoch()))["summary"]
