"""Throughput and budgets on the card of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbperf import report
from nbperf.core.budgets import parse
from nbperf.core.records import Run
from nbperf.report import as_card
from nbperf.report.card import Row, shown
from tests.report import examples
from tests.report.stripped import text as seen


def rows(run: Run, label: str) -> list[Row]:
    return [row for row in as_card(run).rows if shown(row.label) == label]


def said(row: Row) -> str:
    return " · ".join([shown(row.value), *map(shown, row.notes)]).replace("\N{NO-BREAK SPACE}", " ")


def held(text: str) -> str:
    (row,) = rows(replace(examples.one(), budgets=(parse(text),)), "budget")
    return said(row)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("time.wall < 400 ms", "✓ 336 ms · time.wall < 400 ms · median · 84 % of it"),
        ("time.wall max < 300 ms", "✕ 336 ms · time.wall max < 300 ms · 112 % of it"),
        ("time.wall max < 10 ms", "✕ 336 ms · time.wall max < 10 ms · 33.6 times it"),
        ("time.wall max < 1 us", "✕ 336 ms · time.wall max < 1 us · 336,400 times it"),
        ("time.wall max < 0 s", "✕ 0.336 s · time.wall max < 0 s"),
        ("time.wall max < 336.3 ms", "✕ 336.4 ms · time.wall max < 336.3 ms"),
        ("time.cuda > 1 s", "✕ not known · time.cuda > 1 s · median · torch sees no CUDA device: measure on a machine with one"),
    ],
)
def test_a_budget_is_a_row(text: str, line: str) -> None:
    assert held(text) == line


def test_without_budgets_and_items_there_are_no_rows() -> None:
    assert rows(examples.one(), "budget") == rows(examples.one(), "throughput") == []


def test_a_device_that_breaks_it_is_named() -> None:
    run = replace(examples.efficient(), budgets=(parse("energy.gpu < 5 J"), parse("energy.gpu@cuda:1 < 5 J")))
    assert [said(row) for row in rows(run, "budget")] == [
        "✕ 5.21 J · energy.gpu < 5 J · median · cuda:0 · 104 % of it",
        "✓ 4.87 J · energy.gpu < 5 J · median · cuda:1 · 97 % of it",
        "✓ 4.87 J · energy.gpu@cuda:1 < 5 J · median · 97 % of it",
    ]


def test_the_throughput_has_the_digits_that_its_repeats_support() -> None:
    (row,) = rows(replace(examples.one(), items=1797.0), "throughput")
    assert said(row) == "5,340 items/s · 1,797 items"
    (row,) = rows(examples.efficient(), "throughput")
    assert said(row) == "52,200 items/s · 1,797 items · 178 items/J · without CPU energy"
    (row,) = rows(examples.budgeted(), "throughput")
    assert said(row) == "17,100 items/s · 1,797 items · ~29.3 items/J · estimated"


def test_a_run_that_was_broken_off_has_no_throughput() -> None:
    run = replace(examples.broken(), items=10.0, budgets=(parse("time.wall < 1 h"),))
    assert rows(run, "throughput") == []
    assert said(rows(run, "budget")[0]).endswith("ValueError ended the run before a repeat was complete")


def test_a_broken_budget_warns_where_there_is_colour_and_is_marked_where_there_is_none() -> None:
    html = report.to_html(examples.budgeted())
    assert html.count('<b class="nbperf-bad">✕') == 5
    assert seen(html).count("✕") == 5
    assert seen(html).count("✓") == report.to_markdown(examples.budgeted()).count("✓") == 2
