"""The session's cells: ranked, and laid out without counting anything twice."""

from __future__ import annotations

import pytest

from nbperf.core.records import Provenance, Run, Sample
from nbperf.core.session import Executed, idle_energy, laid_out, ranked
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


def test_the_idle_energy_is_what_no_cell_took() -> None:
    found = idle_energy([executed(1, 10, 2, joules=30.0), executed(2, 14, 4, joules=20.0)], {"energy.gpu": 60.0}, 10, 20)
    assert found is not None
    assert (found.joules, found.total, found.share, found.estimated) == (10.0, 60.0, pytest.approx(1 / 6), False)


def test_cells_too_short_for_a_sensor_share_by_time_what_is_left() -> None:
    """1 s of such cells and 4 s of pauses took 50 J together."""
    cells = [executed(1, 0, 5, joules=50.0), *(executed(n, 5 + n, 0.2) for n in range(5))]
    found = idle_energy(cells, {"energy.gpu": 100.0}, 0, 10)
    assert found is not None
    assert found.joules == pytest.approx(40.0)
    assert found.estimated
    few = idle_energy(cells[:2], {"energy.gpu": 100.0}, 0, 10)
    assert few is not None
    assert few.joules == pytest.approx(50 * 4.8 / 5)
    assert not few.estimated


def test_a_sensor_that_a_cell_lacks_is_shared_out_alone() -> None:
    """The processor's counter, which is quicker, resolved the cell; the graphics card's did not."""
    wall, cpu = reading("time.wall", 5.0), reading("energy.cpu", 60.0, unit=Unit.JOULE)
    cell = Executed(number=1, title="x", run=Run(samples=(Sample(readings=(wall, cpu)),)))
    found = idle_energy([cell], {"energy.cpu": 100.0, "energy.gpu": 10.0}, 0, 10)
    assert found is not None
    assert found.joules == pytest.approx(40.0 + 5.0)


def test_the_energy_of_cells_within_cells_is_taken_out_once() -> None:
    cells = [executed(2, 1, 2, joules=20.0), executed(1, 0, 6, joules=50.0)]
    found = idle_energy(cells, {"energy.gpu": 90.0}, 0, 10)
    assert found is not None
    assert found.joules == pytest.approx(40.0)


def test_idle_energy_is_never_negative_and_absent_without_a_sensor() -> None:
    found = idle_energy([executed(1, 0, 5, joules=50.0)], {"energy.gpu": 40.0}, 0, 10)
    assert found is not None
    assert (found.joules, found.share) == (0.0, 0.0)
    assert idle_energy([executed(1, 0, 5, joules=50.0)], {}, 0, 10) is None
