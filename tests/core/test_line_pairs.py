"""Which line of one variant stands beside which of another."""

from __future__ import annotations

import pytest

from nbperf.core.line_pairs import middle, paired
from nbperf.core.lines import Line, MemoryContest, MemoryTrace, cost
from nbperf.core.records import Provenance, Reading
from nbperf.core.units import Unit


def line(number: int, source: str, *, function: str = "f", increment: float = 0.0, peak: float = 0.0, own: float | None = None) -> Line:
    return Line(
        file="In [1]", function=function, line=number, source=source, hits=1, reads=1, time=0.1, increment=increment,
        own=increment if own is None else own, freed=0.0, least=increment, most=increment, peak=max(peak, increment, 0.0),
        spike=max(0.0, peak - max(increment, 0.0)),
    )  # fmt: skip


def trace(*lines: Line, peak: float = 0.0) -> MemoryTrace:
    readings = [
        Reading(quantity=f"memory.rss.{name}", value=value, unit=Unit.BYTE, provenance=Provenance.MEASURED, source="by hand")
        for name, value in (("before", 100.0), ("after", 100.0), ("peak", 100.0 + peak))
    ]
    return MemoryTrace(table=lines, readings=tuple(readings))


def test_the_same_line_in_both_is_its_own_counterpart() -> None:
    before = [trace(line(1, "a", increment=10, peak=30)), trace(line(1, "a", increment=12, peak=30)), trace(line(1, "a", increment=90))]
    after = [trace(line(1, "a", increment=2)), trace(line(1, "a", increment=3)), trace(line(1, "a", increment=4))]
    (pair,) = paired(before, after)
    assert (pair.change, pair.change_of_peak) == (3 - 12, 3 - 30)


def test_other_functions_are_put_side_by_side_by_their_text() -> None:
    before = [
        trace(line(5, "x = load()", function="old"), line(6, "y = x + 1", function="old", peak=50), line(7, "return y", function="old"))
    ]
    after = [trace(line(15, "x = load()", function="new"), line(16, "x += 1", function="new"), line(17, "return x", function="new"))]
    found = [(p.before and p.before.source, p.after and p.after.source) for p in paired(before, after)]
    assert found == [("x = load()", "x = load()"), ("y = x + 1", "x += 1"), ("return y", "return x")]


def test_a_line_without_a_counterpart_stands_alone() -> None:
    before = [trace(line(1, "a", increment=7), line(2, "b", increment=5))]
    after = [trace(line(1, "a", increment=7))]
    first, second = paired(before, after)
    assert (first.change, second.change, second.after) == (0.0, -5.0, None)
    (alone,) = [pair for pair in paired(after, before) if pair.before is None]
    assert alone.change == 5.0


def test_a_line_that_ran_in_some_traces_counts_nothing_in_the_others() -> None:
    found = middle([trace(line(1, "a", increment=9)), trace(), trace()])
    assert found["In [1]", "f", 1].increment == 0.0


def test_a_contest_has_a_change_for_each_pair() -> None:
    contest = MemoryContest(baseline=(trace(peak=50), trace(peak=60)), contestant=(trace(peak=20), trace(peak=90)))
    assert contest.changes == (-30.0, 30.0)


@pytest.mark.parametrize(
    ("found", "bytes_"),
    [
        (line(1, "kept", increment=40), 40),
        (line(1, "passing", peak=70), 70),
        (line(1, "calls", increment=40, own=0.0, peak=40), 0),
        (line(1, "gives back", increment=-40), 0),
    ],
)
def test_a_line_answers_for_its_own(found: Line, bytes_: float) -> None:
    assert cost(found) == bytes_


def test_the_costliest_comes_first() -> None:
    ranked = trace(line(1, "little", increment=1), line(2, "much", peak=9), line(3, "none")).ranked()
    assert [each.source for each in ranked] == ["much", "little", "none"]


def test_the_table_has_a_row_for_each_line_and_its_columns_in_bytes() -> None:
    table = trace(line(1, "a", increment=10, peak=30), line(2, "b")).lines
    assert list(table["line"]) == [1, 2]
    assert table.loc[0, ["increment", "peak", "mean", "spike"]].tolist() == [10, 30, 10, 20]
    assert len(trace().lines) == 0
    assert "increment" in trace().lines
