from pathlib import Path

import pytest

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.probes import catalog, cpu_estimate
from nbperf.probes.calibration import calibrate
from nbperf.probes.cpu_estimate import CpuEstimate, figures
from nbperf.probes.files import KernelFiles
from nbperf.testing import FakeClock

ZEN_4 = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n"


@pytest.fixture
def kernel(tmp_path: Path):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text(ZEN_4)
    kernel = KernelFiles(tmp_path)
    yield kernel
    kernel.close()
    calibrate(None)


def measure(kernel: KernelFiles, monkeypatch: pytest.MonkeyPatch, *, wall: float, cpu: float, threads: int = 2):
    clock, own = FakeClock(10.0), FakeClock(3.0)
    monkeypatch.setattr(cpu_estimate, "threads", lambda _: float(threads))
    probe = CpuEstimate(kernel, clock=clock, own=lambda _: own())
    probe.start()
    clock.advance(wall)
    own.advance(cpu)
    return [*probe.stop()]


def test_it_is_only_there_where_it_is_asked_for():
    assert "cpu_estimate" not in [probe.name for probe in catalog.discover()[0]]
    assert "cpu_estimate" in [probe.name for probe in catalog.discover(also=["cpu_estimate"])[0]]


def test_five_busy_seconds_on_two_threads_are_about_ten_joules_with_their_band(kernel: KernelFiles, monkeypatch: pytest.MonkeyPatch):
    energy, power = measure(kernel, monkeypatch, wall=5.0, cpu=5.0)
    assert isinstance(energy, Reading)
    assert energy.provenance is Provenance.ESTIMATED
    assert energy.value == pytest.approx(9.85)
    assert energy.interval == pytest.approx((0.68 * 9.85, 1.64 * 9.85))
    assert "Zen 4" in energy.source
    assert (power.quantity, power.value) == ("power.cpu", pytest.approx(1.97))


def test_no_more_threads_are_busy_than_there_are(kernel: KernelFiles, monkeypatch: pytest.MonkeyPatch):
    energy, _ = measure(kernel, monkeypatch, wall=1.0, cpu=9.0)
    assert energy.value == pytest.approx(2 * 1.65)


def test_an_unknown_processor_is_not_guessed(kernel: KernelFiles, monkeypatch: pytest.MonkeyPatch):
    (Path(kernel.root) / "proc" / "cpuinfo").write_text(ZEN_4.replace("25", "99"))
    answers = measure(kernel, monkeypatch, wall=1.0, cpu=1.0)
    assert all(isinstance(answer, Absence) for answer in answers)
    assert "calibrate" in answers[0].remedy


@pytest.mark.parametrize("text", ["", "model : x", "vendor_id: GenuineIntel\ncpu family: 6\nmodel: 200"])
def test_no_figures(tmp_path: Path, text: str):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text(text)
    assert figures(KernelFiles(tmp_path)) is None


def test_with_a_curve_nothing_is_estimated_twice(kernel: KernelFiles, monkeypatch: pytest.MonkeyPatch):
    calibrate([(0, 1.0), (2, 3.0)])
    (absence, _) = measure(kernel, monkeypatch, wall=1.0, cpu=1.0)
    assert isinstance(absence, Absence)
    assert absence.device == "estimate"
