"""The session's cells: ranked, and laid out without counting anything twice."""

from __future__ import annotations

import pytest

from nbperf.core.records import Provenance, Run, Sample
from nbperf.core.session import Executed, laid_out, ranked
from nbperf.core.units import Unit
from nbperf.testing import reading


def executed(number: int, started: float, seconds: float, **more: float) -> Executed:
    readings = [reading("time.wall", seconds)]
    if "grown" in more:
        readings += [reading("memory.rss.before", 100.0), reading("memory.rss.peak", 100.0 + more["grown"])]
    if "joules" in more:
        readings.append(reading("energy.gpu", more["joules"], unit=Unit.JOULE, device="cuda:0"))
    return Executed(number=number, title=f"cell {number}", run=Run(started_at=started, samples=(Sample(readings=tuple(readings)),)))


def test_ranked_by_each_measure_with_what_has_no_figure_last() -> None:
    cells = [executed(1, 0, 1, grown=5), executed(2, 1, 3, joules=2.0), executed(3, 4, 2, grown=9, joules=7.0)]
    assert [c.number for c in ranked(cells, "time")] == [2, 3, 1]
    assert [c.number for c in ranked(cells, "memory")] == [3, 1, 2]
    assert [c.number for c in ranked(cells, "energy")] == [3, 2, 1]


def test_an_estimate_is_not_added_to_what_was_read() -> None:
    sample = Sample(readings=(reading("energy.cpu", 5.0, unit=Unit.JOULE, provenance=Provenance.ESTIMATED),))
    assert Executed(number=1, title="x", run=Run(samples=(sample,))).joules is None


def test_time_between_cells_is_idle() -> None:
    places, idle = laid_out([executed(1, 10, 2), executed(2, 14, 4)], since=10, until=20)
    assert [(p.start, p.share) for p in places] == [pytest.approx((0.0, 0.2)), pytest.approx((0.4, 0.4))]
    assert idle == pytest.approx(0.4)


def test_cells_within_cells_are_busy_once() -> None:
    _, idle = laid_out([executed(1, 0, 6), executed(2, 1, 2), executed(3, 5, 3)], since=0, until=10)
    assert idle == pytest.approx(0.2)


def test_a_broken_cell_counts_the_time_it_took() -> None:
    broken = Executed(number=1, title="x", run=Run(broken=(Sample(readings=(reading("time.wall", 4.0),)),), error="ValueError"))
    assert broken.seconds == 4.0
    assert broken.growth is None
    assert broken.joules is None
