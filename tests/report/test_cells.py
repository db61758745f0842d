"""The card of the session's cells."""

from __future__ import annotations

import pytest

from nbperf import report
from nbperf.core.records import Run, Sample
from nbperf.core.session import Executed, IdleEnergy
from nbperf.core.units import Unit
from nbperf.report.cells import SHOWN, card
from nbperf.testing import reading
from tests.report.stripped import stripped


def cell(number: int, started: float, seconds: float, *, joules: float | None = None, error: str | None = None) -> Executed:
    readings = [reading("time.wall", seconds), reading("memory.rss.before", 1e8), reading("memory.rss.peak", 1e8 + number * 2**20)]
    if joules is not None:
        readings.append(reading("energy.gpu", joules, unit=Unit.JOULE, device="cuda:0"))
    sample = (Sample(readings=tuple(readings)),)
    run = Run(started_at=started, samples=() if error else sample, broken=sample if error else (), error=error)
    return Executed(number=number, title=f"line of <{number}>", run=run)


CELLS = (cell(1, 0, 2), cell(2, 3, 5), cell(3, 8, 1, error="ValueError"))


@pytest.mark.parametrize("render", [report.to_text, report.to_markdown, report.to_html, lambda c: stripped(report.to_html(c))])
def test_every_face_ranks_the_cells_and_says_the_idle_time(render) -> None:
    text = render(card(CELLS, 0, 10)).replace("\N{NO-BREAK SPACE}", " ").replace("&lt;", "<").replace("&gt;", ">").replace("\\", "")
    assert text.index("line of <2>") < text.index("line of <1>") < text.index("line of <3>")
    assert "[3] ✕" in text
    assert "3 cells in 10.0 s" in text
    assert "idle 20 %" in text


def test_energy_is_a_column_only_where_it_was_read() -> None:
    assert "energy" not in report.to_text(card(CELLS, 0, 10))
    text = report.to_text(card((cell(1, 0, 2, joules=30.0), *CELLS[1:]), 0, 10, order="energy", energy=IdleEnergy(joules=10.0, total=40.0)))
    assert "30.0" in text
    assert "25" in text.replace("\N{NO-BREAK SPACE}", " ").split("% of the energy while idle")[0]
    assert "no energy was read" in report.to_text(card(CELLS, 0, 10, order="energy"))


def test_the_idle_share_is_an_estimate_where_it_was_shared_out_by_time() -> None:
    def said(shared: float) -> str:
        text = report.to_text(card(CELLS, 0, 10, energy=IdleEnergy(joules=10.0, total=40.0, shared=shared)))
        return text.replace("\N{NO-BREAK SPACE}", " ")

    assert "~25 % of the energy while idle" in said(5.0)
    assert "~10.0" in said(5.0)
    assert "25 % of the energy while idle" in said(0.1)
    assert "~" not in said(0.1)


def test_one_cell_is_one_cell_and_a_table_without_a_title_leaves_no_gap() -> None:
    text = report.to_text(card(CELLS[:1], 0, 10)).replace("\N{NO-BREAK SPACE}", " ")
    assert "1 cell in 10.0 s" in text
    assert "\n\n\n" not in text.replace(" ", "")
    assert "****" not in report.to_markdown(card(CELLS[:1], 0, 10))


def test_the_many_are_summed_up() -> None:
    many = [cell(n, n, 0.5) for n in range(SHOWN + 7)]
    assert "7 more" in report.to_text(card(many, 0, 100))


def test_no_cells() -> None:
    assert "no cell has run" in report.to_text(card((), 0, 1))
