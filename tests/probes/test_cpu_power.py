import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.errors import PlanError
from nbperf.probes import cpu_power, perf_event, platforms
from nbperf.probes.calibration import calibrate
from nbperf.probes.cpu_power import CpuPower
from nbperf.probes.files import KernelFiles
from nbperf.probes.meters import Refusal
from nbperf.probes.watch import Watch
from nbperf.testing import FakeClock

RAPL = "sys/class/powercap"


class Machine:
    """A folder tree as /sys and /proc show it, on a clock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kernel = KernelFiles(root)
        self.clock = FakeClock(1000.0)
        self.watch = Watch(self.clock, threaded=False)

    def write(self, path: str, text: object) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def zone(self, zone: str, name: str, joules: float, *, span: float = 262_143.0, limit: float | None = 200.0) -> None:
        self.write(f"{RAPL}/{zone}/name", name)
        self.write(f"{RAPL}/{zone}/max_energy_range_uj", int(span * 1e6))
        if limit:
            self.write(f"{RAPL}/{zone}/constraint_0_power_limit_uw", int(limit * 1e6))
        self.show(zone, joules)

    def show(self, zone: str, joules: float) -> None:
        self.write(f"{RAPL}/{zone}/energy_uj", int(joules * 1e6))

    def probe(self) -> CpuPower:
        return CpuPower(self.kernel, clock=self.clock, watch=self.watch)

    def measure(self, seconds: float, *, then: Callable[[], object]) -> list[Reading | Absence]:
        probe = self.probe()
        probe.start()
        self.clock.advance(seconds)
        then()
        return [*probe.stop()]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platforms, "SYSTEM", "linux")
    machine = Machine(tmp_path)
    yield machine
    machine.kernel.close()
    calibrate(None)


def read(found: list[Reading | Absence]) -> dict[tuple[str, str | None], float]:
    return {(answer.quantity, answer.device): answer.value for answer in found if isinstance(answer, Reading)}


def absent(found: list[Reading | Absence], quantity: str) -> Absence:
    return next(answer for answer in found if isinstance(answer, Absence) and answer.quantity == quantity)


def test_packages_and_their_memory_are_read_apart_and_nothing_twice(machine: Machine):
    machine.zone("intel-rapl:0", "package-0", 10)
    machine.zone("intel-rapl:0:0", "core", 4)
    machine.zone("intel-rapl:0:1", "dram", 2)
    machine.zone("intel-rapl:1", "package-1", 20)
    machine.zone("intel-rapl:2", "psys", 90)
    machine.zone("intel-rapl-mmio:0", "package-0", 10)

    def then() -> None:
        for zone, joules in (("0", 110), ("0:0", 50), ("0:1", 12), ("1", 60), ("2", 400)):
            machine.show(f"intel-rapl:{zone}", joules)

    found = machine.measure(2.0, then=then)
    assert read(found) == {
        ("energy.cpu", "package-0"): 100,
        ("power.cpu", "package-0"): 50,
        ("energy.dram", "package-0"): 10,
        ("power.dram", "package-0"): 5,
        ("energy.cpu", "package-1"): 40,
        ("power.cpu", "package-1"): 20,
    }
    assert all(isinstance(a, Reading) and a.provenance is Provenance.MEASURED and a.interval for a in found)
    assert "RAPL" in found[0].source


def test_dies_that_show_one_counter_are_read_once(machine: Machine):
    machine.zone("intel-rapl:0", "package-0-die-0", 10)
    machine.zone("intel-rapl:1", "package-0-die-1", 10)
    found = machine.measure(1.0, then=lambda: [machine.show(f"intel-rapl:{i}", 60) for i in range(2)])
    assert {device for quantity, device in read(found) if quantity == "energy.cpu"} == {"package-0-die-0"}
    assert "no energy of its memory" in absent(found, "energy.dram").reason


def test_a_counter_that_wraps_is_carried_on_and_one_that_is_reset_is_not(machine: Machine):
    machine.zone("intel-rapl:0", "package-0", 262_100)
    found = machine.measure(1.0, then=lambda: machine.show("intel-rapl:0", 57))
    assert read(found)["energy.cpu", "package-0"] == pytest.approx(100)
    machine.show("intel-rapl:0", 100_000)
    found = machine.measure(1.0, then=lambda: machine.show("intel-rapl:0", 57))
    assert "went back" in absent(found, "energy.cpu").reason
    assert not read(found)


def test_in_a_long_window_every_turn_of_the_counter_is_seen(machine: Machine):
    machine.zone("intel-rapl:0", "package-0", 0, span=20_000)
    probe = machine.probe()
    probe.start()
    for second in range(10, 1001, 10):  # an hour's worth of turns at 150 W
        machine.clock.advance(10)
        machine.show("intel-rapl:0", second * 150 % 20_000)
        machine.watch.look()
    assert read([*probe.stop()])["energy.cpu", "package-0"] == pytest.approx(150_000)


def test_a_short_window_says_so(machine: Machine):
    machine.zone("intel-rapl:0", "package-0", 10)
    found = machine.measure(0.002, then=lambda: None)
    assert "`-r`" in absent(found, "energy.cpu").remedy


def test_what_breaks_inside_the_window_is_said_and_not_raised(machine: Machine):
    machine.zone("intel-rapl:0", "package-0", 10)
    found = machine.measure(1.0, then=lambda: machine.write(f"{RAPL}/intel-rapl:0/energy_uj", "nonsense"))
    assert "ValueError" in absent(found, "energy.cpu").reason


def test_counters_for_root_alone_name_the_line_that_opens_them(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    machine.zone("intel-rapl:0", "package-0", 10)

    def read(path: str, size: int = 0) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.kernel, "read", read)
    found = machine.measure(1.0, then=lambda: None)
    assert "only root" in absent(found, "energy.cpu").reason
    assert absent(found, "energy.cpu").remedy.startswith("sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj")


def test_without_any_source_the_same_absences_come_every_time(machine: Machine):
    first, second = machine.probe(), machine.probe()
    for probe in (first, second):
        probe.start()
    assert first.stop() is second.stop()
    assert {answer.quantity for answer in first.stop()} == {*CpuPower.quantities}
    assert "-p cpu_estimate" in absent([*first.stop()], "energy.cpu").remedy


# The kernel's event


@pytest.fixture
def event(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    """Events of two packages: what each has counted, by (config, cpu)."""
    folder = "sys/bus/event_source/devices/power"
    machine.write(f"{folder}/type", 21)
    machine.write(f"{folder}/cpumask", "0,8")
    for name, config in (("energy-pkg", 2), ("energy-ram", 3)):
        machine.write(f"{folder}/events/{name}", f"event=0x0{config}")
        machine.write(f"{folder}/events/{name}.scale", 2.0**-32)
    for package, cpu in enumerate((0, 8)):
        machine.write(f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", package)
    counts = {(config, cpu): 0.0 for config in (2, 3) for cpu in (0, 8)}
    opened: dict[int, tuple[int, int]] = {}

    def open_event(kind: int, config: int, cpu: int) -> int:
        assert kind == 21
        descriptor = os.open(os.devnull, os.O_RDONLY)
        opened[descriptor] = config, cpu
        return descriptor

    def read_event(descriptor: int) -> bytes:
        return struct.pack("Q", int(counts[opened[descriptor]] * 2**32))

    monkeypatch.setattr(perf_event, "open_event", open_event)
    monkeypatch.setattr(perf_event, "read_event", read_event)
    yield counts
    cpu_power.close(machine.kernel)


def test_the_event_is_read_where_powercap_is_not(machine: Machine, event: dict[tuple[int, int], float]):
    found = machine.measure(2.0, then=lambda: event.update({(2, 0): 100.0, (2, 8): 60.0, (3, 0): 8.0, (3, 8): 6.0}))
    energies = {key: value for key, value in read(found).items() if key[0].startswith("energy")}
    assert energies == {
        ("energy.cpu", "package-0"): 100,
        ("energy.cpu", "package-1"): 60,
        ("energy.dram", "package-0"): 8,
        ("energy.dram", "package-1"): 6,
    }
    assert any("power/energy-pkg/" in answer.source for answer in found if isinstance(answer, Reading))


def test_events_are_closed_and_come_back(machine: Machine, event: dict[tuple[int, int], float]):
    machine.measure(2.0, then=lambda: event.update({(2, 0): 100.0}))
    meters = machine.kernel.once(cpu_power.find)
    assert not isinstance(meters, Refusal)
    cpu_power.close(machine.kernel)
    found = machine.measure(2.0, then=lambda: event.update({(2, 0): 300.0}))
    assert read(found)["energy.cpu", "package-0"] == 200


def test_an_event_that_is_refused_names_the_setting(machine: Machine, event: object, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: int) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(perf_event, "open_event", refuse)
    assert "perf_event_paranoid=0" in absent(machine.measure(1.0, then=lambda: None), "energy.cpu").remedy


def test_the_real_call_answers_or_refuses():
    with pytest.raises(OSError, match=r"[A-Z]|no perf"):
        perf_event.open_event(0xFFFFFF, 0, 0)  # a kind that no kernel has


def test_lists_of_processors():
    assert perf_event.processors("0,8-10\n") == [0, 8, 9, 10]
    assert perf_event.processors("") == []


# Other platforms


def test_jetson_integrates_its_rails_and_gives_the_board_apart(machine: Machine):
    folder = "sys/class/hwmon/hwmon3"
    machine.write(f"{folder}/name", "ina3221")
    for channel, (label, amperes) in enumerate((("VDD_IN", 2000), ("VDD_CPU_GPU_CV", 1000), ("VDD_SOC", 500)), start=1):
        machine.write(f"{folder}/in{channel}_label", label)
        machine.write(f"{folder}/in{channel}_input", 5000)
        machine.write(f"{folder}/curr{channel}_input", amperes)
    probe = machine.probe()
    assert "energy.board" in probe.quantities
    probe.start()
    for _ in range(40):
        machine.clock.advance(probe.period)
        machine.watch.look()
    found = [*probe.stop()]
    assert read(found)["energy.board", "VDD_IN"] == pytest.approx(20)
    assert read(found)["energy.cpu", "VDD_CPU_GPU_CV"] == pytest.approx(10)
    assert {a.provenance for a in found if isinstance(a, Reading)} == {Provenance.SAMPLED}


def test_apple_silicon_is_read_by_its_package_or_named(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platforms, "SYSTEM", "darwin")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert absent(machine.measure(1.0, then=lambda: None), "energy.cpu").remedy == "pip install zeus-apple-silicon"
    total = SimpleNamespace(cpu_total_mj=5000, dram_mj=None)
    package = SimpleNamespace(AppleEnergyMonitor=lambda: SimpleNamespace(get_cumulative_energy=lambda: total))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", package)
    again = Machine(machine.root)
    found = again.measure(1.0, then=lambda: setattr(total, "cpu_total_mj", 12_000))
    assert read(found)["energy.cpu", "soc"] == 7


@pytest.mark.parametrize("shape", [lambda joules: int(joules * 1e6), lambda joules: f"{joules} J"], ids=["microjoules", "text"])
def test_amd_gives_its_sockets(machine: Machine, monkeypatch: pytest.MonkeyPatch, shape: Callable[[float], object]):
    machine.write("proc/cpuinfo", "vendor_id\t: AuthenticAMD")
    joules = [100.0]
    package = SimpleNamespace(
        AmdSmiInitFlags=SimpleNamespace(INIT_AMD_CPUS=2),
        amdsmi_init=lambda flags: None,
        amdsmi_get_cpusocket_handles=lambda: ["socket"],
        amdsmi_get_cpu_socket_energy=lambda handle: shape(joules[0]),
    )
    monkeypatch.setitem(sys.modules, "amdsmi", package)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    found = machine.measure(1.0, then=lambda: joules.__setitem__(0, 160.0))
    assert read(found)["energy.cpu", "package-0"] == pytest.approx(60)


def test_a_package_that_fails_is_no_source(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    machine.write("proc/cpuinfo", "vendor_id\t: AuthenticAMD")
    monkeypatch.setitem(sys.modules, "amdsmi", SimpleNamespace())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    assert isinstance(cpu_power.find(machine.kernel), Refusal)


# The user's curve


def busy(machine: Machine, seconds: float) -> None:
    machine.write("proc/stat", f"cpu  {int(seconds * os.sysconf('SC_CLK_TCK'))} 0 0 500 0 0 0 0 0 0")


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="ticks of /proc/stat")
def test_a_calibration_curve_gives_a_labelled_estimate_and_never_reaches_beyond_itself(machine: Machine):
    busy(machine, 100)
    calibrate([(4, 60.0), (0, 20.0)], source="my meter")
    found = machine.measure(2.0, then=lambda: busy(machine, 104))
    energy = next(a for a in found if isinstance(a, Reading))
    assert (energy.quantity, energy.value, energy.provenance) == ("energy.cpu", 80, Provenance.ESTIMATED)
    assert energy.interval == pytest.approx((68, 92))
    assert energy.source == "my meter, 2.00 cores busy"
    found = machine.measure(2.0, then=lambda: busy(machine, 114))
    assert "5.00\xa0cores" in absent(found, "energy.cpu").reason
    assert "`-r`" in absent(machine.measure(0.01, then=lambda: None), "energy.cpu").remedy
    calibrate(lambda cores: 10 * cores, error=0.5)
    found = machine.measure(2.0, then=lambda: busy(machine, 124))
    assert read(found)["power.cpu", None] == 50


@pytest.mark.parametrize("curve", [[(0, 1)], [(0, 1), (0, 2)], [(0, -1), (1, 2)], "nonsense", [(0, float("nan")), (1, 2)]])
def test_what_is_no_curve_is_refused(curve: object):
    with pytest.raises(PlanError):
        calibrate(curve)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="share"):
        calibrate(None, error=2)


def test_a_sensor_comes_before_a_curve(machine: Machine):
    calibrate([(0, 20.0), (4, 60.0)])
    machine.zone("intel-rapl:0", "package-0", 10)
    found = machine.measure(1.0, then=lambda: machine.show("intel-rapl:0", 30))
    assert {a.provenance for a in found if isinstance(a, Reading)} == {Provenance.MEASURED}
