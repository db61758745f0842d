"""Verdicts and findings: each finding has a run that makes it fire and a near miss that does not."""

import random
from dataclasses import replace

import pytest

from nbperf.core.records import Environment, Finding, Pairs, Provenance, Reading, Run, Sample
from nbperf.core.units import Unit
from nbperf.core.verdicts import diagnose, judge, verdict_sentence
from nbperf.errors import RecordError

MACHINE = Environment(
    host="here", system="Linux", python="3.11", cores=8, cores_allowed=8, memory_total=16 * 2**30, memory_limit=16 * 2**30,
    memory_limit_source="machine", clock_resolution=1e-7,
)  # fmt: skip


def pairs(ratio: float, *, count: int = 60, noise: float = 0.01, seed: int = 0) -> Pairs:
    rng = random.Random(seed)
    baseline = tuple(1 + rng.gauss(0, noise) for _ in range(count))
    return Pairs(
        baseline="fp32", contestant="int8", baseline_values=baseline,
        contestant_values=tuple(ratio * value * (1 + rng.gauss(0, noise)) for value in baseline),
    )  # fmt: skip


@pytest.mark.parametrize(("ratio", "verdict"), [(0.5, "faster"), (1.0, "indistinct"), (2.0, "slower"), (0.95, "faster"), (1.05, "slower")])
def test_verdict(ratio: float, verdict: str) -> None:
    found = judge(pairs(ratio))
    assert found.verdict == verdict
    assert found.interval[0] <= found.ratio <= found.interval[1]
    assert found.ratio == pytest.approx(ratio, rel=0.02)


def test_identical_code_is_rarely_called_different() -> None:
    false = sum(judge(pairs(1.0, noise=0.1, seed=seed)).verdict != "indistinct" for seed in range(400))
    assert false <= 12  # 99 % allows 4; 12 happens by chance once in a thousand


def test_several_contestants_widen_each_interval() -> None:
    alone, of_four = judge(pairs(1.0)), judge(pairs(1.0), contestants=4)
    assert of_four.confidence == pytest.approx(0.9975)
    assert of_four.width > alone.width


def test_too_few_pairs_get_no_verdict() -> None:
    with pytest.raises(RecordError, match="7 pairs are too few"):
        judge(pairs(1.0, count=7))
    assert judge(pairs(1.0, count=8)).verdict == "indistinct"


def test_a_time_of_zero_has_no_ratio() -> None:
    with pytest.raises(RecordError, match="a time of 0"):
        judge(Pairs(baseline="a", contestant="b", baseline_values=(0.0,) * 10, contestant_values=(1.0,) * 10))


def test_unresolved_says_how_many_more_pairs_it_needs() -> None:
    found = judge(pairs(1.0, noise=0.2), target=0.02)
    assert found.width > 0.02
    assert found.more == pytest.approx(60 * ((found.width / 0.02) ** 2 - 1), abs=1)
    assert verdict_sentence(found).startswith("indistinct: ")
    assert f"{found.more:,}" in verdict_sentence(found)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.5, "int8 is 2 times as fast as fp32"), (2.0, "int8 takes 2 times as long as fp32"),
     (1.0, "indistinct: int8 and fp32 are the same within ±"), (0.9, "less time than fp32"), (1.1, "more time than fp32")],
)  # fmt: skip
def test_verdict_in_words(ratio: float, words: str) -> None:
    assert words in verdict_sentence(judge(pairs(ratio, noise=1e-4)))


def run(*walls: float, machine: Environment = MACHINE, loops: int = 1, warmups: int = 0, **readings: float) -> Run:
    """A run of these wall times; readings by name, with "__" for the dot."""

    def sample(wall: float) -> Sample:
        units = {"memory": Unit.BYTE, "faults": Unit.COUNT, "machine": Unit.CORE}
        found = [Reading(quantity="time.wall", value=wall, unit=Unit.SECOND, provenance=Provenance.MEASURED, source="test")]
        for name, value in readings.items():
            quantity = name.replace("__", ".")
            unit = units.get(quantity.split(".")[0], Unit.SECOND)
            found.append(Reading(quantity=quantity, value=value, unit=unit, provenance=Provenance.MEASURED, source="test"))
        return Sample(readings=tuple(found), loops=loops)

    samples = tuple(sample(wall) for wall in walls)
    return Run(samples=samples, warmups=samples[:1] * warmups, environment=machine)


QUOTA = replace(MACHINE, cpu_quota=2.0)


def with_energy(provenance: Provenance) -> Run:
    """A run of one second and five joules."""
    wall = Reading(quantity="time.wall", value=1.0, unit=Unit.SECOND, provenance=Provenance.MEASURED, source="test")
    energy = Reading(quantity="energy.cpu", value=5.0, unit=Unit.JOULE, provenance=provenance, source="test")
    return Run(samples=(Sample(readings=(wall, energy)),), environment=MACHINE)


CASES = {
    "energy-estimated": (with_energy(Provenance.ESTIMATED), with_energy(Provenance.SAMPLED)),
    "threads-over-quota": (
        run(1.0, machine=replace(QUOTA, threads=(("torch", 8),))),
        run(1.0, machine=replace(QUOTA, threads=(("torch", 2),))),
    ),
    "throttled": (run(1.0, container__throttled__time=0.2), run(1.0, container__throttled__time=0.001)),
    "swapping": (
        run(1.0, faults__major=500, memory__swap=2**28),
        run(1.0, faults__major=500, memory__swap=0),  # major faults of a file read the first time are no swapping
    ),
    "near-memory-limit": (run(1.0, memory__rss__peak=15 * 2**30), run(1.0, memory__rss__peak=14 * 2**30)),
    "machine-busy": (run(1.0, machine__busy__others=4.0), run(1.0, machine__busy__others=1.5)),
    "too-short": (run(5e-6), run(5e-3, loops=1000)),
    "first-run-slow": (run(3.0, 1.0, 1.1, 0.9, 1.0, 1.05), run(1.2, 1.0, 1.1, 0.9, 1.0, 1.05)),
    "wide-spread": (run(1.0, 2.0, 1.1, 1.9, 1.5, 1.2), run(1.0, 1.02, 1.1, 0.99, 1.05, 1.01)),
    "device-not-synchronised": (run(1.0, time__device__wait=0.9), run(1.0, time__device__wait=0.05)),
}


@pytest.mark.parametrize("code", CASES)
def test_a_finding_fires_and_its_near_miss_does_not(code: str) -> None:
    fires, near_miss = CASES[code]
    assert code in [finding.code for finding in diagnose(fires)]
    assert code not in [finding.code for finding in diagnose(near_miss)]


@pytest.mark.parametrize("code", CASES)
def test_a_finding_has_a_cause_and_a_remedy(code: str) -> None:
    finding = next(f for f in diagnose(CASES[code][0]) if f.code == code)
    assert finding.cause
    assert finding.remedy


def test_where_the_loops_were_given_the_remedy_is_to_leave_them_out() -> None:
    """Such a statement is in `%perf` already: to say that it repeats in loops would send the reader round in a circle."""
    cell, statement = run(5e-6), replace(run(5e-6), collected=False)
    remedies = [next(f.remedy for f in diagnose(each) if f.code == "too-short") for each in (cell, statement)]
    assert "`%perf STATEMENT`" in remedies[0]
    assert "`-n`" not in remedies[0]
    assert "leave out `-n`" in remedies[1]
    assert "STATEMENT" not in remedies[1]


@pytest.mark.parametrize(("busy", "said"), [(7.96, "8.0 of 8"), (8.4, "8.0 of 8"), (80.0, "8.0 of 8"), (4.04, "4.0 of 8")])
def test_others_never_keep_more_cores_busy_than_there_are(busy: float, said: str) -> None:
    """Clocks that are read one after the other, and ticks, may come to more."""
    (finding,) = diagnose(run(1.0, machine__busy__others=busy))
    assert f"kept {said} cores busy" in finding.cause


def test_a_first_run_kept_apart_as_warm_up_is_no_finding() -> None:
    assert not diagnose(run(3.0, 1.0, 1.1, 0.9, 1.0, 1.05, warmups=1))


def test_threads_are_only_judged_where_a_quota_holds() -> None:
    assert not diagnose(run(1.0, machine=replace(MACHINE, threads=(("torch", 64),))))


def test_the_gravest_comes_first() -> None:
    found = diagnose(run(5e-6, memory__rss__peak=15.9 * 2**30))
    assert [finding.code for finding in found] == ["near-memory-limit", "too-short"]


def test_a_run_without_readings_has_no_findings() -> None:
    assert diagnose(Run()) == ()
    assert all(isinstance(finding, Finding) for finding in diagnose(run(5e-6)))
