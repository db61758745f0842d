"""The card of `%nbperf`."""

from __future__ import annotations

import json

from nbperf import report
from tests.report import examples


def test_it_says_what_can_be_measured_what_cannot_and_what_would_help() -> None:
    card = report.status(examples.one(), {"repeats": "5"})
    can, cannot, machine, settings = card.tables
    assert ("wall time", "time.wall", "336\N{NO-BREAK SPACE}ms", "measured", "perf_counter") in can.rows
    assert len(can.rows) == 9
    assert ("CUDA device time", "torch sees no CUDA device", "measure on a machine with one") in cannot.rows
    assert machine.rows[0][0] == "machine"
    assert settings.rows == (("repeats", "5"),)


def test_findings_about_the_trial_itself_are_left_out() -> None:
    causes = " ".join(str(notice.cause) for notice in report.status(examples.findings(), {}).notices)
    assert "threads compute" in causes
    assert "first run" not in causes


def test_as_json_it_is_its_tables() -> None:
    data = json.loads(report.to_json(report.status(examples.one(), {"repeats": "5"})))
    assert [table["title"] for table in data["tables"]] == ["What can be measured here", "What cannot", "Machine", "Settings"]
