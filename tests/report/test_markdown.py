"""Markdown: what comes from outside means itself."""

from __future__ import annotations

import re

import pytest

from nbperf import report
from nbperf.report.markdown import escape
from tests.report.examples import RECORDS, hostile, hostile_pairs


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_b*c", r"a\_b\*c"),
        ("~1.9 J", r"\~1.9 J"),
        ("a|b", r"a\|b"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("cost $5", r"cost \$5"),
        ("use `vs` here", "use `vs` here"),
        ("`a|b`", r"`a\|b`"),
        ("a lone ` tick", r"a lone \` tick"),
        ("two\nlines", "two lines"),
    ],
)
def test_escape(text: str, written: str) -> None:
    assert escape(text) == written


@pytest.mark.parametrize("make", [*RECORDS.values(), hostile, hostile_pairs])
def test_every_row_of_a_table_has_the_cells_of_its_head(make: object) -> None:
    count = None
    for line in report.to_markdown(make()).split("\n"):  # type: ignore[operator]
        if not line.startswith("|"):
            count = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        count = count or cells
        assert cells == count, line


def test_no_tag_comes_from_outside() -> None:
    for make in (hostile, hostile_pairs):
        assert set(re.findall(r"<(\w+)", report.to_markdown(make()))) <= {"br", "details", "summary"}
