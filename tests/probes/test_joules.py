import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes.joules import CounterTally, PowerTally, Spent, find_tick, untailed
from nbperf.probes.meters import Meter, answers
from nbperf.testing import FakeClock


def counter(*points: tuple[float, float], tick: float = 0.01, **rules: float) -> Spent:
    tally = CounterTally(tick=tick, **rules)
    for seconds, joules in points:
        tally.add(seconds, joules)
    return tally.spent()


def power(*points: tuple[float, float], **rules: float) -> Spent:
    tally = PowerTally(**rules)
    for seconds, watts in points:
        tally.add(seconds, watts)
    return tally.spent()


def test_a_counter_gives_the_difference():
    spent = counter((0, 1000), (1, 1100), (2, 1300))
    assert (spent.joules, spent.seconds, spent.missing, spent.fault) == (300, 2, 0, "")
    assert spent.watts == 150
    assert spent.doubt == pytest.approx(1.5)  # one tick of 150 W


def test_one_that_goes_back_loses_that_step_and_no_other():
    spent = counter((0, 1000), (1, 1100), (2, 30), (3, 130))
    assert (spent.joules, spent.seconds, spent.missing, spent.fault) == (200, 2, 1, "back")


def test_one_that_wraps_is_carried_over_its_range():
    spent = counter((0, 950), (1, 50), span=1000, most=500)
    assert (spent.joules, spent.missing) == (100, 0)


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (((0, 500), (1, 100)), "back"),  # 600 J in a second cannot be: it was reset
        (((0, 100), (2.5, 200)), "wrapped"),  # it may have gone round once more
    ],
)
def test_one_that_cannot_have_wrapped_or_may_have_wrapped_twice_is_not_guessed(points, fault: str):
    spent = counter(*points, span=1000, most=400)
    assert (spent.joules, spent.seconds, spent.fault) == (0, 0, fault)


def test_a_leap_beyond_the_limit_is_rejected_but_a_late_tick_is_not():
    assert counter((0, 0), (1, 500), limit=300).fault == "leap"
    assert counter((0, 0), (0.001, 30), (1, 300), tick=0.1, limit=300).joules == 300


def test_what_could_not_be_read_is_missing_on_both_sides():
    tally = CounterTally(tick=0.01)
    tally.add(0, 0)
    tally.add(1, 100)
    tally.lost(2)
    tally.add(3, 500)
    tally.add(4, 600)
    spent = tally.spent()
    assert (spent.joules, spent.seconds, spent.missing, spent.fault) == (200, 2, 2, "lost")


def test_what_does_not_move_is_no_zero():
    assert counter((0, 5), (1, 5)).fault == "still"
    assert power((0, 0), (1, 0)).fault == "still"
    assert counter((0, 5), (0.02, 5)).fault == ""  # two ticks: too short to tell, which is said elsewhere


def test_the_interval_holds_the_sensor_and_the_doubt_and_what_is_missing():
    low, high = Spent(joules=100, seconds=1, doubt=12).interval()
    assert (low, high) == (87, 113)
    assert Spent(joules=100, seconds=1, missing=2).interval(50)[1] == pytest.approx(105 + 150)
    assert Spent(joules=100, seconds=1, missing=2).interval()[1] == math.inf


def test_power_is_integrated_by_the_trapezoid_and_its_steps_are_in_doubt():
    spent = power((0, 100), (1, 100), (2, 300))
    assert (spent.joules, spent.seconds, spent.doubt) == (300, 2, 100)


def test_power_is_not_carried_over_a_long_gap_nor_over_nonsense():
    assert power((0, 100), (5, 100), (6, 100), longest=1).missing == 5
    spent = power((0, 100), (1, 100), (2, 1e6), (3, 100), (4, 100), limit=200)
    assert (spent.joules, spent.seconds, spent.missing, spent.fault) == (200, 2, 2, "leap")
    assert power((0, 100), (1, -5)).fault == "leap"


@given(
    st.lists(st.tuples(st.floats(0.001, 10), st.floats(-1e6, 1e6)), min_size=2, max_size=30),
    st.one_of(st.none(), st.floats(1, 1e6)),
    st.one_of(st.none(), st.floats(1, 1e4)),
)
def test_whatever_a_counter_shows_it_is_never_negative_and_no_second_is_lost_or_made(steps, span, limit):
    tally, seconds = CounterTally(tick=0.01, span=span, limit=limit), 0.0
    for elapsed, joules in steps:
        seconds += elapsed
        tally.add(seconds, joules)
    spent = tally.spent()
    assert spent.joules >= 0
    assert spent.whole == pytest.approx(seconds - steps[0][0])
    low, high = spent.interval(limit)
    assert 0 <= low <= spent.joules <= high


def test_windows_that_lie_anyhow_on_the_ticks_are_right_within_their_interval():
    chance = random.Random(4)
    for _ in range(200):
        tick, length, begin = 0.1, chance.uniform(0.5, 3), chance.uniform(0, 1)
        shown = [300 * math.floor(t / tick) * tick for t in (begin, begin + length)]
        spent = counter((begin, shown[0]), (begin + length, shown[1]), tick=tick)
        low, high = spent.interval()
        assert low <= 300 * length <= high


def test_an_average_that_is_followed_to_its_end_holds_the_window_whole():
    def averaged(t: float) -> float:
        return 25 + 275 * max(0.0, min(t, 0.4) - max(t - 1, 0.0))

    tally = PowerTally()
    for i in range(151):
        tally.add(i / 100, averaged(i / 100))
    spent = untailed(tally.spent(), length=0.4, before=25, after=25)
    assert spent.joules == pytest.approx(0.4 * 300, rel=0.01)
    assert spent.seconds == 0.4
    assert untailed(Spent(missing=1, fault="lost"), length=0.4, before=25, after=25).fault == "lost"


def ticking(clock: FakeClock, tick: float):
    return lambda: math.floor(clock.now / tick + 1e-9)


@pytest.mark.parametrize("tick", [0.01, 0.02, 0.1])
def test_a_tick_is_seen(tick: float):
    clock = FakeClock(5.0)
    assert find_tick(ticking(clock, tick), clock=clock, pause=clock.advance) == pytest.approx(tick, abs=1.1e-3)


def test_a_tick_that_is_too_long_or_disturbed_is_not_guessed():
    clock = FakeClock()
    assert find_tick(ticking(clock, 1.0), clock=clock, pause=clock.advance) is None
    assert find_tick(ticking(clock, 0.01), clock=clock, pause=clock.advance, stop=lambda: True) is None


METER = Meter(part="cpu", device="package-0", source="RAPL", read=lambda: 0.0, tick=0.01, limit=200)


def test_readings_say_how_and_how_well():
    energy, watts = answers(METER, Spent(joules=100, seconds=2, doubt=0.5))
    assert isinstance(energy, Reading)
    assert (energy.quantity, energy.value, energy.unit, energy.device) == ("energy.cpu", 100, Unit.JOULE, "package-0")
    assert energy.provenance is Provenance.MEASURED
    assert isinstance(watts, Reading)
    assert (watts.quantity, watts.value, watts.unit) == ("power.cpu", 50, Unit.WATT)
    assert watts.interval is not None
    assert energy.interval is not None
    assert watts.interval[0] == energy.interval[0] / 2


def test_a_part_that_is_missing_is_an_absence_beside_the_reading():
    energy, _, rest = answers(METER, Spent(joules=100, seconds=2, missing=1, fault="back"))
    assert isinstance(energy, Reading)
    assert energy.source.endswith("partial: 1.00 s are missing")
    assert energy.interval is not None
    assert energy.interval[1] == pytest.approx(105 + 300)
    assert isinstance(rest, Absence)
    assert rest.quantity == "energy.cpu"


def test_nothing_to_give_is_two_absences():
    for spent in (Spent(joules=1, seconds=0.01), Spent(missing=1, fault="still"), Spent(missing=1, fault="lost")):
        found = answers(METER, spent, error="gone")
        assert [type(answer) for answer in found] == [Absence, Absence]
    assert "gone" in found[0].reason
