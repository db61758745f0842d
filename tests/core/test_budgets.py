"""A line becomes a budget, and a run is held to it."""

from __future__ import annotations

import math
import pickle
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbperf
from nbperf.core.budgets import MEANT, SPELLINGS, STATISTICS, check, exceeded, outcomes, parse, sentence, written
from nbperf.core.quantities import QUANTITIES
from nbperf.core.records import Absence, Breach, Provenance, Reading, Run, Sample
from nbperf.core.units import NARROW, Unit, format_value
from nbperf.errors import BudgetExceeded, NBPerfError, PlanError, UnitError
from nbperf.testing import reading
from nbperf.words import Sentence


def run(*walls: float, loops: int = 1, also: tuple[Reading, ...] = (), **fields: Any) -> Run:
    return Run(samples=tuple(Sample(readings=(reading("time.wall", wall), *also), loops=loops) for wall in walls), **fields)


def plain(text: str) -> str:
    return text.replace(NARROW, " ")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("time.wall p95 < 5 ms", ("time.wall", None, "p95", "<", 5e-3, Unit.SECOND)),
        ("memory.rss.peak<500MB", ("memory.rss.peak", None, "max", "<", 500e6, Unit.BYTE)),
        ("  time.wall   <=  1,000 ms ", ("time.wall", None, "median", "<=", 1.0, Unit.SECOND)),
        ("memory.cuda.allocated.peak@cuda:0 median <= 2 GiB", ("memory.cuda.allocated.peak", "cuda:0", "median", "<=", 2**31, Unit.BYTE)),
        ("time.wall maximum ≤ 1 min", ("time.wall", None, "max", "<=", 60.0, Unit.SECOND)),
        ("time.wall average ≥ 1e-3 s", ("time.wall", None, "mean", ">=", 1e-3, Unit.SECOND)),
        ("time.wall p99.9 > 0.5 s", ("time.wall", None, "p99.9", ">", 0.5, Unit.SECOND)),
        ("faults.major <= 10", ("faults.major", None, "median", "<=", 10.0, Unit.COUNT)),
        ("machine.busy.others < 0.5", ("machine.busy.others", None, "median", "<", 0.5, Unit.CORE)),
        ("items.rate > 1,000 items/s", ("items.rate", None, "median", ">", 1000.0, Unit.ITEM_PER_SECOND)),
        ("machine.busy.others < 0.5 cores", ("machine.busy.others", None, "median", "<", 0.5, Unit.CORE)),
    ],
)
def test_a_budget_is_read(text: str, found: tuple[object, ...]) -> None:
    budget = parse(text)
    assert (budget.quantity, budget.device, budget.statistic, budget.relation, budget.limit, budget.unit) == found
    assert budget.text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("", PlanError, "a budget reads like time.wall p95 < 5 ms or memory.rss.peak < 500 MB, not ''"),
        ("time.wall", PlanError, "a budget reads like"),
        ("time.wall = 5 ms", PlanError, "a budget reads like"),
        ("time.wall < 5 ms < 6 ms", PlanError, "a budget reads like"),
        ("p95 of time.wall < 5 ms", PlanError, "a budget reads like"),
        ("time.wal < 5 ms", PlanError, "there is no quantity 'time.wal': did you mean time.wall?"),
        ("rss.p < 5 MB", PlanError, "did you mean memory.rss.peak? `%nbperf` lists those there are"),
        ("time < 5 ms", PlanError, "there is no quantity 'time': did you mean time.wall? `%nbperf` lists those there are"),
        ("Memory < 5 GB", PlanError, "did you mean memory.rss.peak, memory.cuda.allocated.peak?"),
        ("throughput > 5 items/s", PlanError, "did you mean items.rate?"),
        ("zeit < 5 ms", PlanError, "there is no quantity 'zeit': `%nbperf` lists those there are"),
        ("time.wall men < 5 ms", PlanError, "there is no statistic 'men': did you mean mean?"),
        ("time.wall quick < 5 ms", PlanError, "there are median, mean, min, max and percentiles such as p95"),
        ("time.wall p95x < 5 ms", PlanError, "there is no statistic 'p95x': did you mean p95?"),
        ("time.wall < fast", UnitError, "'fast' is not a number with a unit"),
        ("time.wall < 5 parsec", UnitError, "time.wall is in s, min, ms, h, d, us, µs, ns, and '5 parsec' is not"),
        ("time.wall < 5 MB", UnitError, "time.wall is in s, min, ms, h, d, us, µs, ns, and '5 MB' is not"),
        ("time.wall < 5", UnitError, "'5' lacks its unit: time.wall is in s, min"),
        ("memory.rss.peak < 85 %", UnitError, "memory.rss.peak is in B, "),
        ("faults.major < 5 ms", UnitError, "faults.major is a count and has no unit: write a plain number, not '5 ms'"),
        ("faults.major < 5 %", UnitError, "faults.major is a count"),
    ],
)
def test_what_is_wrong_is_named(text: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind) as caught:
        parse(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["time", "wall", "memory", "rss", "peak", "energy", "cpu", "gpu", "power", "items"])
def test_what_people_write_first_is_answered_with_quantities_there_are(name: str) -> None:
    assert set(MEANT[name]) <= set(QUANTITIES)
    with pytest.raises(PlanError, match=re.escape(f"did you mean {MEANT[name][0]}")):
        parse(f"{name} < 5")


def test_throughput_and_work_per_joule_are_held_to_a_budget() -> None:
    found = run(1.0, 2.0, 4.0, items=100.0, also=(reading("energy.gpu", 4.0, device="cuda:0"),))
    assert check(found, "items.rate > 40 items/s", "items.rate min >= 25 items/s", "items.energy >= 25 items/J") == ()
    (breach,) = check(found, "items.rate > 60 items/s")
    assert breach.found == 50.0
    assert plain(sentence(breach)) == "items.rate > 60 items/s: median is 50.0 items/s"
    (breach,) = check(run(1.0, loops=10, items=100.0), "items.rate < 60 items/s")
    assert breach.found == 1000.0, "the items are those of one loop"
    (breach,) = check(run(1.0, items=100.0), "items.energy > 1 items/J")
    assert breach.found is None
    (breach,) = check(run(1.0), "items.rate > 60 items/s")
    assert breach.reason == "items.rate needs to know the work of one run: --items N, or items=N in code"
    (breach,) = check(Run(items=3.0), "items.rate > 60 items/s")
    assert breach.reason == "nothing was measured yet"


def test_a_rate_is_refused_where_no_items_are_named() -> None:
    for measured in (lambda **given: nbperf.measure(lambda: 1, repeats=1, **given), nbperf.perf):
        with pytest.raises(PlanError, match=r"items\.rate needs to know the work of one run"):
            measured(budgets=["items.rate > 1 items/s"])
        measured(budgets=["items.rate > 1 items/s"], items=3)


def test_a_quantity_from_elsewhere_may_be_named() -> None:
    with pytest.raises(PlanError, match="there is no quantity"):
        parse("lab.pressure < 5 J")
    assert parse("lab.pressure < 5 J", also={"lab.pressure": None}).unit is Unit.JOULE
    with pytest.raises(UnitError, match="is in W"):
        parse("lab.pressure < 5 J", also={"lab.pressure": Unit.WATT})
    with pytest.raises(UnitError, match="is a ratio"):
        parse("lab.share < 5 J", also={"lab.share": Unit.RATIO})
    with pytest.raises(PlanError, match=r"did you mean lab\.pressure"):
        parse("lab.presure < 5 J", also={"lab.pressure": None})


@given(
    st.sampled_from(sorted(QUANTITIES)),
    st.sampled_from([*STATISTICS, "p5", "p50", "p95", "p99.9"]),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(1, 1e12),
)
def test_whatever_can_be_written_is_read(quantity: str, statistic: str, relation: str, limit: float) -> None:
    budget = parse(f"{quantity} {statistic} {relation} {format_value(limit, QUANTITIES[quantity].unit)}")
    assert (budget.quantity, budget.statistic, budget.relation, budget.unit) == (quantity, statistic, relation, QUANTITIES[quantity].unit)
    assert math.isclose(budget.limit, limit, rel_tol=0.01, abs_tol=0.5)  # no fraction of a byte is written


@pytest.mark.parametrize(
    ("text", "kept", "found"),
    [
        ("time.wall < 3 s", False, 3.0),
        ("time.wall <= 3 s", True, 3.0),
        ("time.wall > 3 s", False, 3.0),
        ("time.wall >= 3 s", True, 3.0),
        ("time.wall mean < 4 s", False, 4.0),
        ("time.wall min < 2 s", True, 1.0),
        ("time.wall max < 10 s", False, 10.0),
        ("time.wall p50 < 4 s", True, 3.0),
    ],
)
def test_relations_and_statistics(text: str, kept: bool, found: float) -> None:
    (outcome,) = outcomes(run(1, 2, 3, 4, 10), text)
    assert (outcome.kept, outcome.found) == (kept, found)
    assert [breach.found for breach in check(run(1, 2, 3, 4, 10), text)] == ([] if kept else [found])


def test_loops_are_divided_out() -> None:
    assert check(run(1.0, 1.0, loops=1000), "time.wall <= 1 ms") == ()


def test_without_any_those_of_the_run_are_checked() -> None:
    held = run(1.0, budgets=(parse("time.wall < 1 ms"), parse("time.wall < 1 h")))
    assert [breach.budget.text for breach in check(held)] == ["time.wall < 1 ms"]
    assert check(run(1.0)) == ()
    assert nbperf.check is check


def test_a_percentile_needs_its_repeats() -> None:
    (breach,) = check(run(*[1.0] * 58), "time.wall p95 < 1 h")
    assert breach.found is None
    assert breach.reason == "p95 needs 59 repeats, there are 58: measure with -r 59"
    assert check(run(*[1.0] * 59), "time.wall p95 < 1 h") == ()
    assert sentence(breach) == "time.wall p95 < 1 h: not known. p95 needs 59 repeats, there are 58: measure with -r 59"


def test_what_is_absent_says_why_and_what_helps() -> None:
    absence = Absence(quantity="time.cuda", reason=Sentence("there is no device"), remedy=Sentence("get one"))
    (breach,) = check(run(1.0, absences=(absence,)), "time.cuda < 1 h")
    assert (breach.found, breach.reason) == (None, "there is no device: get one")
    (breach,) = check(run(1.0, absences=(replace(absence, remedy=Sentence("")),)), "time.cuda < 1 h")
    assert breach.reason == "there is no device"
    (breach,) = check(run(1.0), "time.cuda < 1 h")
    assert breach.reason == "it was not read: `%nbperf` says what can be read here"


def test_a_run_that_was_broken_off_keeps_nothing() -> None:
    (breach,) = check(Run(error="ValueError", broken=run(1.0).samples), "time.wall < 1 h")
    assert breach.reason == "ValueError ended the run before a repeat was complete"
    (breach,) = check(Run(), "time.wall < 1 h")
    assert breach.reason == "nothing was measured yet"
    assert check(run(1.0, error="KeyboardInterrupt"), "time.wall < 1 h") == ()


def test_every_device_keeps_it_or_the_one_that_is_named() -> None:
    also = tuple(reading("memory.cuda.allocated.peak", size * 2.0**30, device=f"cuda:{i}") for i, size in enumerate((1, 3)))
    two = run(1.0, also=also)
    (breach,) = check(two, "memory.cuda.allocated.peak < 2 GiB")
    assert (breach.budget.device, breach.found) == ("cuda:1", 3 * 2.0**30)
    assert plain(sentence(breach)) == "memory.cuda.allocated.peak < 2 GiB: max on cuda:1 is 3.00 GiB"
    assert check(two, "memory.cuda.allocated.peak@cuda:0 < 2 GiB") == ()
    (breach,) = check(two, "memory.cuda.allocated.peak@cuda:7 < 2 GiB")
    assert sentence(breach).endswith("not known on cuda:7. it was read on cuda:0, cuda:1 and not on cuda:7")
    (breach,) = check(two, "time.wall@cuda:0 < 2 s")
    assert breach.reason == "it was read on the host and not on cuda:0"


def test_a_total_beside_its_devices_is_checked_as_well() -> None:
    also = tuple(reading("io.read", size, device=device) for device, size in (("sda", 10.0), ("sdb", 20.0), (None, 30.0)))
    assert [breach.found for breach in check(run(1.0, also=also), "io.read < 15 B")] == [20.0, 30.0]


def test_one_device_alone_needs_no_name() -> None:
    also = (reading("time.cuda", 2.0, device="cuda:0"),)
    (breach,) = check(run(1.0, also=also), "time.cuda < 1 s")
    assert breach.budget.device is None


def test_an_estimate_is_checked_and_said_to_be_one() -> None:
    also = (reading("energy.cpu", 61.3, unit=Unit.JOULE, provenance=Provenance.ESTIMATED),)
    (breach,) = check(run(1.0, also=also), "energy.cpu < 50 J")
    assert breach.provenance is Provenance.ESTIMATED
    assert breach.reason == "estimated by a model, not read from the machine"
    assert plain(sentence(breach)) == "energy.cpu < 50 J: median is ~61.3 J"
    (outcome,) = outcomes(run(1.0, also=also), "energy.cpu < 70 J")
    assert outcome.kept
    assert outcome.reason


def test_another_unit_than_was_read_is_no_value() -> None:
    budget = parse("lab.pressure < 5 W", also={"lab.pressure": None})
    (breach,) = check(run(1.0, also=(reading("lab.pressure", 1.0, unit=Unit.JOULE),)), budget)
    assert (breach.found, breach.reason) == (None, "lab.pressure was read in J, and the budget is in W")


def test_a_plain_number_is_enough_for_what_is_counted_elsewhere() -> None:
    budget = parse("lab.errors < 5", also={"lab.errors": None})
    assert check(run(1.0, also=(reading("lab.errors", 1.0, unit=Unit.COUNT),)), budget) == ()


def test_no_number_keeps_nothing() -> None:
    (breach,) = check(run(math.nan), "time.wall < 1 h")
    assert breach.found is not None
    assert math.isnan(breach.found)
    assert check(run(math.inf), "time.wall > 1 h") == ()


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        ("time.wall < 5 ms", 0.00731, "7.31 ms"),
        ("memory.rss.peak < 500 MB", 503e6, "503 MB"),
        ("memory.rss.peak < 500 MB", 500.1e6, "500.1 MB"),
        ("memory.rss.peak < 500 MB", 3 * 2**40, "3.00 TiB"),
        ("time.wall < 5 ms", 0.00500002, "5.00002 ms"),
        ("time.wall < 5 ms", 0.005, "5.00 ms"),
        ("time.wall < 1 us", 0.004, "4.00 ms"),
        ("time.wall < 0 s", 0.004, "4.00 ms"),
        ("faults.major < 1000", 1234.0, "1,234"),
        ("faults.major < 1", 1.5, "1.50"),
    ],
)
def test_what_was_found_reads_beside_the_limit(text: str, found: float, said: str) -> None:
    assert plain(written(Breach(budget=parse(text), found=found))) == said


def test_a_budget_made_by_hand_is_written_as_well() -> None:
    assert plain(written(Breach(budget=replace(parse("time.wall < 5 ms"), text="quick"), found=0.00731))) == "7.31 ms"
    assert plain(written(Breach(budget=replace(parse("time.wall < 5 ms"), text="time.wall < 9 s"), found=0.00731))) == "7.31 ms"


def test_the_error_holds_what_it_says() -> None:
    held = run(1.0, budgets=(parse("time.wall < 1 ms"), parse("time.wall p95 < 2 s")))
    error = exceeded(held, check(held))
    assert isinstance(error, NBPerfError)
    assert isinstance(error, AssertionError)
    assert plain(str(error)).splitlines()[0] == "time.wall < 1 ms: median is 1.00 s"
    assert len(error.breaches) == len(str(error).splitlines()) == 2
    assert error.run is held
    assert error._render_traceback_() == [f"BudgetExceeded: {error}"]
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.breaches) == (str(error), error.breaches)
    assert isinstance(again, BudgetExceeded)


def test_spellings_lead_to_what_there_is() -> None:
    assert set(SPELLINGS.values()) <= {*STATISTICS, "<=", ">="}
