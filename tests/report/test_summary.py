"""JSON for programs."""

from __future__ import annotations

import json

import pytest

from nbperf import report
from nbperf.store import codec
from tests.report.examples import RECORDS, epoch, faster, findings


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
