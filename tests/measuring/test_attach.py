import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from nbperf.core.energy import total_energy
from nbperf.core.records import Absence, Provenance, Run, Sample
from nbperf.core.units import Unit
from nbperf.errors import PlanError, RecordError
from nbperf.measuring.attach import attach, attach_log
from nbperf.measuring.recorder import Recorder
from nbperf.probes.meter_log import Series
from nbperf.testing import reading

START = 1_700_000_000.0


def run(*windows: tuple[float, float]) -> Run:
    """Repeats that begin so many seconds after the start, and last so long."""
    samples = tuple(Sample(readings=(reading("time.wall", length),), started_at=START + begin) for begin, length in windows)
    return Run(label="run", samples=samples)


def power(values: Sequence[float], step: float = 1.0, **given: object) -> Series:
    fields: dict[str, object] = {"quantity": "power.wall", "unit": Unit.WATT, "source": "meter", **given}
    return Series(times=tuple(START + i * step for i in range(len(values))), values=tuple(values), **fields)  # type: ignore[arg-type]


def test_power_is_integrated_over_each_repeat_and_keeps_its_own_device_name():
    joined = attach(run((1.5, 2.0), (5.0, 4.0)), [power([10.0, 20, 30, 40, 40, 50, 50, 50, 50, 50, 50])], device="meter")
    first, second = joined.samples
    energy = first.reading("energy.wall", "meter")
    assert energy is not None
    assert energy.value == pytest.approx(25 * 0.5 / 1 + 2.5 + 35 + 0.5 * 37.5 - 2.5 - 0, abs=4)
    assert energy.value == pytest.approx((25 + 30) / 2 * 0.5 + (30 + 40) / 2 * 1 + 40 * 0.5)
    assert energy.provenance is Provenance.SAMPLED
    assert energy.interval is not None
    assert energy.interval[0] < energy.value < energy.interval[1]
    assert second.reading("power.wall", "meter").value == 50  # type: ignore[union-attr]
    assert joined.measurement("energy.wall").values[1] == 200
    assert total_energy(joined).measurement is None  # the wall is no part


def test_a_counter_gives_the_difference_with_a_step_of_doubt():
    joined = attach(
        run((1.5, 4.0)), [power([0.0, 100, 200, 300, 400, 500, 600], quantity="energy.wall", unit=Unit.JOULE, counts=True)], device="m"
    )
    energy = joined.samples[0].reading("energy.wall", "m")
    assert energy is not None
    assert energy.value == pytest.approx(400)
    assert energy.interval == pytest.approx((300, 500))
    back = attach(
        run((1.5, 4.0)), [power([0.0, 100, 200, 0, 400, 500, 600], quantity="energy.wall", unit=Unit.JOULE, counts=True)], device="m"
    )
    assert "went back" in back.absences[0].reason


def test_a_level_gives_its_mean_and_a_nought_is_a_value():
    series = power([0.0] * 8, quantity="gpu.utilisation", unit=Unit.RATIO, device="1")
    joined = attach(run((1.0, 4.0)), [series], device="smi")
    assert joined.samples[0].reading("gpu.utilisation", "smi:1").value == 0  # type: ignore[union-attr]


def test_a_power_of_nought_is_none():
    joined = attach(run((1.0, 4.0)), [power([0.0] * 8)], device="meter")
    assert {a.quantity for a in joined.absences} == {"energy.wall", "power.wall"}


def test_repeats_outside_the_log_and_in_its_gaps_are_absences_and_nothing_is_extrapolated():
    gappy = Series(
        quantity="power.wall", unit=Unit.WATT, source="meter",
        times=(START, START + 1, START + 9, START + 10), values=(10, 10, 10, 10),
    )  # fmt: skip
    joined = attach(run((0.1, 0.8), (2.0, 4.0), (9.5, 4.0)), [gappy], device="meter")
    assert not any(sample.reading("energy.wall", "meter") for sample in joined.samples)
    assert "every 1.00\xa0s" in joined.absences[0].reason
    outside = attach(run((9.5, 4.0)), [gappy], device="meter")
    assert "covers" in outside.absences[0].reason
    assert attach(run((0.1, 9.0)), [gappy], device="meter").samples[0].reading("energy.wall", "meter").value == 90  # type: ignore[union-attr]


def test_to_attach_it_again_replaces_it():
    once = attach(run((1.0, 4.0)), [power([10.0] * 8)], device="meter")
    twice = attach(once, [power([20.0] * 8)], device="meter")
    assert twice.measurement("power.wall").values == (20,)
    assert len(twice.samples[0].readings) == len(once.samples[0].readings)


def test_a_log_is_read_and_named_after_its_file(tmp_path: Path):
    path = tmp_path / "socket.csv"
    path.write_text("timestamp,watts\n" + "".join(f"{START + i},42\n" for i in range(10)))
    first, second = attach_log(path, [run((1.0, 4.0)), run((50.0, 4.0))])
    assert first.measurement("energy.wall").values == (168,)
    assert first.measurement("energy.wall").device == "socket"
    assert isinstance(second.absences[0], Absence)
    (named,) = attach_log(path, run((1.0, 4.0)), device="desk")
    assert named.measurement("power.wall").device == "desk"


def test_a_log_of_another_time_says_both_times(tmp_path: Path):
    path = tmp_path / "socket.csv"
    path.write_text(f"timestamp,watts\n{START - 7200},42\n{START - 7100},42\n")
    with pytest.raises(RecordError, match=r"2023-11-14 20:13:20 UTC.*2023-11-14 22:13:21 UTC"):
        attach_log(path, run((1.0, 4.0)))


def test_runs_without_times_and_no_runs_are_told(tmp_path: Path):
    path = tmp_path / "socket.csv"
    path.write_text(f"timestamp,watts\n{START},42\n")
    old = Run(samples=(Sample(readings=(reading("time.wall", 1.0),)),))
    with pytest.raises(RecordError, match="when its repeats began"):
        attach_log(path, old)
    with pytest.raises(PlanError):
        attach_log(path, [])
    mixed = attach(old, [power([1.0, 1])], device="meter")
    assert "when its repeats began" in mixed.absences[0].reason


def test_windows_say_when_they_opened():
    recorder = Recorder("now")
    before = time.time()
    window = recorder.window()
    window.open()
    sample = window.close()
    assert sample.started_at is not None
    assert before <= sample.started_at <= time.time()
