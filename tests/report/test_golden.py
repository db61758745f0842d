"""Whole cards, to be read by people when they change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nbperf import report
from tests.report.examples import RECORDS, SETTINGS, budgeted, efficient, findings, hostile, hostile_pairs
from tests.report.stripped import stripped

Golden = Callable[[str, str], None]
ALL = {
    **RECORDS,
    "budgeted": budgeted,
    "efficient": efficient,
    "hostile": hostile,
    "hostile_pairs": hostile_pairs,
    "status": lambda: report.status(findings(), SETTINGS),
}


@pytest.mark.parametrize("name", ALL)
def test_text(name: str, golden: Golden) -> None:
    golden(f"{name}.txt", report.to_text(ALL[name](), details=True))


@pytest.mark.parametrize("name", ["one", "epoch", "budgeted", "five", "findings", "hostile", "hostile_pairs"])
def test_markdown(name: str, golden: Golden) -> None:
    golden(f"{name}.md", report.to_markdown(ALL[name]()))


@pytest.mark.parametrize("name", ["one", "epoch", "budgeted", "five", "findings", "hostile", "hostile_pairs"])
def test_html_as_github_leaves_it(name: str, golden: Golden) -> None:
    golden(f"{name}.html", stripped(report.to_html(ALL[name]())).replace("><", ">\n<"))
