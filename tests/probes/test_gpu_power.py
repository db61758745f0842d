import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes import gpu_power, nvml
from nbperf.probes.base import Probe
from nbperf.probes.gpu_power import GpuPower
from nbperf.probes.nvml import Nvml
from nbperf.probes.watch import Watch
from tests.probes.fake_nvml import FakeDriver, compiled

pynvml = pytest.importorskip("pynvml")

IDLE, BUSY = 25.0, 300.0
Answers = dict[tuple[str, str | None], list[Reading | Absence]]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeDriver]:
    """Put a build of the library under the binding; the binding is left as it was found."""

    def put(*options: str) -> FakeDriver:
        driver = FakeDriver(compiled(*options))
        monkeypatch.setattr(pynvml, "nvmlLib", driver.library)
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
        return driver

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    nvml.wrong_binding.cache_clear()
    return put


@pytest.fixture
def driver(use: Callable[..., FakeDriver]) -> FakeDriver:
    driver = use()
    driver.power((0, IDLE))
    return driver


class Windows:
    """A process's NVML on the driver's clock, and windows in it, looked at in virtual time."""

    def __init__(self, driver: FakeDriver, environ: dict[str, str] | None = None) -> None:
        self.driver = driver
        self.watch = Watch(driver, threaded=False)
        self.nvml = Nvml(environ=environ or {}, watch=self.watch, has_library=lambda: False)

    def probe(self) -> GpuPower:
        return GpuPower(self.nvml, clock=self.driver, wait=self.driver.advance)

    def measure(self, seconds: float, probe: GpuPower | None = None) -> Answers:
        probe = probe or self.probe()
        probe.start()
        self.pass_by(seconds)
        found: Answers = {}
        for answer in probe.stop():
            found.setdefault((answer.quantity, answer.device), []).append(answer)
        return found

    def pass_by(self, seconds: float) -> None:
        end = self.driver.now + seconds
        while (rest := self.watch.look()) is not None and self.driver.now + rest < end:
            self.driver.advance(max(rest, 1e-9))
        self.driver.to(end)


def one(found: Answers, quantity: str, device: str = "gpu:0") -> Reading:
    answers = found[quantity, device]
    assert isinstance(answers[0], Reading), answers
    return answers[0]


def absent(found: Answers, quantity: str, device: str | None = "gpu:0") -> Absence:
    answer = found[quantity, device][-1]
    assert isinstance(answer, Absence), answer
    return answer


def test_the_counter_gives_energy_and_power_with_source_and_interval(driver: FakeDriver):
    driver.power((100, BUSY), (102, IDLE))
    windows = Windows(driver)
    assert isinstance(windows.probe(), Probe)
    found = windows.measure(4.0)
    energy, power = one(found, "energy.gpu"), one(found, "power.gpu")
    assert energy.value == pytest.approx(2 * BUSY + 2 * IDLE)
    assert power.value == pytest.approx(energy.value / 4)
    assert (energy.unit, power.unit, energy.provenance) == (Unit.JOULE, Unit.WATT, Provenance.MEASURED)
    assert "NVML total energy counter" in energy.source
    assert "assumed" in energy.source
    assert energy.interval is not None
    low, high = energy.interval
    assert low == pytest.approx(650 - (32.5**2 + 16.25**2) ** 0.5, rel=1e-3)  # 5 % of it, and 0.1 s of its mean power
    assert (high + low) / 2 == pytest.approx(energy.value)


def test_every_quantity_is_answered_on_every_device(driver: FakeDriver):
    driver.clear(2)
    driver.power((0, IDLE))
    driver.power((0, BUSY), card=1)
    found = Windows(driver).measure(2.0)
    assert {*found} == {(quantity, f"gpu:{i}") for quantity in GpuPower.quantities for i in range(2)}
    assert one(found, "energy.gpu").value == pytest.approx(2 * IDLE)
    assert one(found, "energy.gpu", "gpu:1").value == pytest.approx(2 * BUSY)


def test_what_the_card_was_busy_with_stands_beside_it(driver: FakeDriver):
    driver.set(gpu=80, clock=1410, celsius=70, reasons=0x04 | 0x01, used=5e9)
    driver.process(os.getpid(), 10**9)
    driver.process(2**22 - 1, 3 * 10**9)
    found = Windows(driver).measure(3.5)
    assert one(found, "power.gpu.limit").value == 400
    assert one(found, "gpu.utilisation").value == pytest.approx(0.8)
    assert one(found, "gpu.clock").value == 1.41e9
    assert one(found, "gpu.temperature").value == pytest.approx(343.15)
    assert one(found, "gpu.throttled").value == 1.0
    assert "power cap" in one(found, "gpu.throttled").source
    assert "looked at 4×" in one(found, "gpu.clock").source
    assert (one(found, "memory.gpu.ours").value, one(found, "memory.gpu.others").value) == (1e9, 3e9)


def test_idleness_is_no_slow_down(driver: FakeDriver):
    driver.set(reasons=0x01 | 0x02 | 0x100)
    assert one(Windows(driver).measure(1.0), "gpu.throttled").value == 0.0


def test_memory_in_a_container_that_numbers_processes_anew_is_no_zero(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("nbperf.probes.gpu_state.INITIAL", "pid:[another]")
    driver.process(7, 10**9)
    assert "--pid=host" in absent(Windows(driver).measure(1.0), "memory.gpu.ours").remedy


def test_what_one_card_does_not_tell_is_an_absence_and_the_rest_is_read(driver: FakeDriver):
    driver.set(celsius=-1, limit=0)
    found = Windows(driver).measure(1.0)
    assert "Not Supported" in absent(found, "gpu.temperature").reason
    absent(found, "power.gpu.limit")
    assert one(found, "gpu.clock").value == 1.5e9


def test_a_window_too_short_for_the_tick_says_so_and_what_to_do(driver: FakeDriver):
    found = Windows(driver).measure(0.3)
    absence = absent(found, "energy.gpu")
    assert "100 ms" in absence.reason.replace("\N{NO-BREAK SPACE}", " ")
    assert "`-r`" in absence.remedy
    assert "500 ms" in absence.remedy.replace("\N{NO-BREAK SPACE}", " ")


def test_a_short_window_asks_the_driver_for_the_energy_alone(driver: FakeDriver):
    windows = Windows(driver)
    windows.measure(1.0)
    before = driver.calls
    found = windows.measure(0.01)
    assert driver.calls - before == 3  # the limit, and the counter at both ends
    assert {quantity for quantity, _ in found} == {*GpuPower.quantities}
    assert all(isinstance(answer, Absence) for answers in found.values() for answer in answers)


def test_the_tick_is_seen_once_while_no_window_is_open_and_then_allows_shorter_windows(driver: FakeDriver):
    windows = Windows(driver)
    windows.measure(0.3)
    windows.watch.tidy()
    assert windows.nvml.ticks[0] == pytest.approx(0.02, rel=0.06)
    assert one(windows.measure(0.3), "energy.gpu").value == pytest.approx(0.3 * IDLE, rel=0.1)
    before = driver.calls
    windows.watch.tidy()
    assert driver.calls == before


def test_a_window_that_opens_stops_the_search_for_the_tick(driver: FakeDriver):
    windows = Windows(driver)
    windows.measure(0.3)
    probe = windows.probe()
    probe.start()
    windows.watch.tidy()
    assert windows.nvml.ticks == {}
    probe.stop()
    windows.watch.tidy()
    assert 0 in windows.nvml.ticks


def test_a_tick_that_cannot_be_seen_is_not_looked_for_again(driver: FakeDriver):
    driver.set(tick=0.5)
    windows = Windows(driver)
    windows.measure(0.3)
    windows.watch.tidy()
    assert windows.nvml.ticks == {0: gpu_power.UNSEEN}
    assert "3.00\xa0s" in absent(windows.measure(2.0), "energy.gpu").remedy


def test_a_counter_that_is_reset_keeps_the_valid_parts_and_says_what_is_missing(driver: FakeDriver):
    driver.power((100, BUSY))
    driver.set(reset=102.5)
    found = Windows(driver).measure(5.0)
    energy = one(found, "energy.gpu")
    assert energy.value == pytest.approx(4 * BUSY)
    assert "partial" in energy.source
    assert one(found, "power.gpu").value == pytest.approx(BUSY)
    rest = absent(found, "energy.gpu")
    assert "went back" in rest.reason
    assert energy.interval is not None
    assert energy.interval[1] > 5 * BUSY  # the truth is inside, by the limit of the card


def test_a_counter_that_is_reset_in_a_short_window_gives_nothing(driver: FakeDriver):
    driver.set(reset=100.3)
    found = Windows(driver).measure(0.8)
    assert len(found["energy.gpu", "gpu:0"]) == 1
    assert "went back" in absent(found, "energy.gpu").reason


def test_a_card_that_is_lost_keeps_what_was_read_before(driver: FakeDriver):
    driver.power((100, BUSY))
    driver.set(lost=103.2)
    found = Windows(driver).measure(6.0)
    assert one(found, "energy.gpu").value == pytest.approx(3 * BUSY)
    assert "did not answer" in absent(found, "energy.gpu").reason


def test_a_card_that_is_lost_before_the_window_may_come_back(driver: FakeDriver):
    windows = Windows(driver)
    driver.set(lost=0)
    found = windows.measure(2.0)
    assert "GPU is lost" in absent(found, "energy.gpu").reason
    assert "nvidia-smi" in absent(found, "energy.gpu").remedy
    driver.set(lost=1e9)
    assert one(windows.measure(2.0), "energy.gpu").value == pytest.approx(2 * IDLE)


def test_a_power_that_cannot_be_is_rejected(driver: FakeDriver):
    driver.set(leap=100.2)
    assert "1.5 times" in absent(Windows(driver).measure(0.9), "energy.gpu").reason


def test_a_counter_that_does_not_move_is_no_zero(driver: FakeDriver):
    driver.set(still=50)
    assert "did not move" in absent(Windows(driver).measure(2.0), "energy.gpu").reason


def test_without_a_counter_the_instant_power_is_integrated(driver: FakeDriver):
    driver.set(no_counter=1)
    driver.power((100.5, BUSY), (101.5, IDLE))
    energy = one(Windows(driver).measure(2.0), "energy.gpu")
    assert energy.provenance is Provenance.SAMPLED
    assert "instant" in energy.source
    assert energy.value == pytest.approx(BUSY + IDLE, rel=0.05)
    assert energy.interval is not None
    assert energy.interval[0] < BUSY + IDLE < energy.interval[1]


@pytest.mark.parametrize("capability", [75, 80])
def test_before_ampere_and_on_ga100_the_usage_is_instant(driver: FakeDriver, capability: int):
    driver.set(no_counter=1, no_instant=1, capability=capability)
    driver.power((100.5, BUSY), (101.5, IDLE))
    energy = one(Windows(driver).measure(2.0), "energy.gpu")
    assert "power usage" in energy.source
    assert energy.value == pytest.approx(BUSY + IDLE, rel=0.05)


def test_an_average_is_only_followed_where_it_is_asked_for(driver: FakeDriver):
    driver.set(no_counter=1, no_instant=1)
    absence = absent(Windows(driver).measure(2.0), "energy.gpu")
    assert "average over one second" in absence.reason
    assert "capture_tail" in absence.remedy


@pytest.mark.parametrize("length", [0.3, 1.0, 2.5])
def test_an_average_that_is_followed_to_its_end_gives_the_burst_exactly(driver: FakeDriver, length: float):
    driver.set(no_counter=1, no_instant=1)
    driver.power((100, BUSY), (100 + length, IDLE))
    windows = Windows(driver)
    windows.nvml.tail = True
    found = windows.measure(length)
    energy = one(found, "energy.gpu")
    assert energy.value == pytest.approx(BUSY * length, rel=0.02)
    assert one(found, "power.gpu").value == pytest.approx(BUSY, rel=0.02)
    assert energy.provenance is Provenance.SAMPLED


def test_a_driver_without_the_newer_symbols_is_read_with_the_older(use: Callable[..., FakeDriver]):
    driver = use("-DNO_COUNTER", "-DNO_REASONS")
    driver.power((0, IDLE))
    driver.set(reasons=0x40)
    found = Windows(driver).measure(2.0)
    assert "instant" in one(found, "energy.gpu").source
    assert "hardware thermal" in one(found, "gpu.throttled").source


def test_a_card_that_reports_no_power_at_all_says_what_it_said(use: Callable[..., FakeDriver]):
    driver = use("-DNO_COUNTER", "-DNO_FIELDS")
    driver.set(no_power=1)
    assert "Not Supported" in absent(Windows(driver).measure(1.0), "energy.gpu").reason


def test_a_split_card_is_said_to_be_read_whole(driver: FakeDriver):
    driver.set(mig=1)
    assert "whole card (MIG)" in one(Windows(driver).measure(1.0), "energy.gpu").source


def constant(windows: Windows) -> Absence:
    first, second = windows.probe(), windows.probe()
    first.start()
    second.start()
    answers = first.stop()
    assert answers is second.stop()
    assert {answer.quantity for answer in answers} == {*GpuPower.quantities}
    (reason,) = {answer.reason for answer in answers}
    assert reason
    return answers[0]


def test_a_driver_that_is_not_loaded(driver: FakeDriver):
    driver.library.fake_driver(0)
    absence = constant(Windows(driver))
    assert "Driver Not Loaded" in absence.reason
    assert "nvidia-smi" in absence.remedy


def test_a_machine_without_a_card(driver: FakeDriver):
    driver.clear(0)
    assert "no GPU" in constant(Windows(driver)).reason


def test_no_library_no_import(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "pynvml")
    session = Nvml(environ={}, watch=Watch(threaded=False), has_library=lambda: False)
    assert "no NVIDIA driver" in session.cards().reason
    assert "pynvml" not in sys.modules


def test_a_library_without_the_binding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    session = Nvml(environ={}, watch=Watch(threaded=False), has_library=lambda: True)
    assert session.cards().remedy == "pip install nvidia-ml-py"


@pytest.mark.parametrize("package", ["pynvml", "nvidia-ml-py3"])
def test_a_package_that_shadows_the_binding_is_named_with_the_line_that_helps(monkeypatch: pytest.MonkeyPatch, package: str):
    monkeypatch.setitem(sys.modules, "pynvml", SimpleNamespace(nvmlInit=lambda: None, nvmlDeviceGetUUID=None))
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: {"pynvml": [package, "nvidia-ml-py"]})
    nvml.wrong_binding.cache_clear()
    refusal = Nvml(environ={}, watch=Watch(threaded=False), has_library=lambda: True).cards()
    nvml.wrong_binding.cache_clear()
    assert package in refusal.reason
    assert f"pip uninstall -y {package} nvidia-ml-py; pip install nvidia-ml-py" in refusal.remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", {"gpu:0"}),
        ("1,0", {"gpu:0", "gpu:1"}),
        ("GPU-1a", {"gpu:1"}),
        ("MIG-GPU-1a000000-0000-0000-0000-000000000000/1/0", {"gpu:1"}),
        ("0,-1,1", {"gpu:0"}),
        ("7", set()),
        ("", set()),
    ],
)
def test_only_the_cards_that_cuda_would_show_are_read(driver: FakeDriver, text: str, expected: set[str]):
    driver.clear(2)
    for card in range(2):
        driver.power((0, IDLE), card=card)
    windows = Windows(driver, {"CUDA_VISIBLE_DEVICES": text})
    if expected:
        assert {device for _, device in windows.measure(1.0)} == expected
    else:
        assert "hides every GPU" in constant(windows).reason


class FakeCuda(SimpleNamespace):
    """torch.cuda with its devices in another order than NVML's."""

    def __init__(self, *properties: SimpleNamespace, used: tuple[int, ...]) -> None:
        super().__init__(
            is_initialized=lambda: True,
            current_device=lambda: used[0],
            device_count=lambda: len(properties),
            get_device_properties=lambda i: properties[i],
            is_current_stream_capturing=lambda: False,
            synchronize=lambda i: None,
        )


def torch_with(monkeypatch: pytest.MonkeyPatch, *properties: SimpleNamespace, used: tuple[int, ...]) -> SimpleNamespace:
    torch = SimpleNamespace(
        __version__="fake",
        cuda=FakeCuda(*properties, used=used),
        xpu=SimpleNamespace(is_initialized=lambda: False),
        _C=SimpleNamespace(_cuda_hasPrimaryContext=lambda i: i in used),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    return torch


def with_uuid(card: int) -> SimpleNamespace:
    return SimpleNamespace(uuid=f"{card}a000000-0000-0000-0000-000000000000")


def on_bus(bus: int) -> SimpleNamespace:
    return SimpleNamespace(pci_domain_id=0, pci_bus_id=bus, pci_device_id=0)


@pytest.mark.parametrize("properties", [(with_uuid(1), with_uuid(0)), (on_bus(0x11), on_bus(0x10))], ids=["uuid", "bus"])
def test_the_devices_that_torch_uses_are_read_under_its_names(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch, properties):
    driver.clear(2)
    driver.power((0, IDLE))
    driver.power((0, BUSY), card=1)
    torch_with(monkeypatch, *properties, used=(0,))
    found = Windows(driver).measure(1.0)
    assert {device for _, device in found} == {"cuda:0"}
    assert one(found, "energy.gpu", "cuda:0").value == pytest.approx(BUSY)
    assert "--pid=host" in absent(found, "memory.gpu.ours", "cuda:0").remedy  # torch holds memory there: nothing cannot be true


def test_two_instances_of_one_card_are_one_reading(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch):
    driver.set(mig=1)
    instances = [SimpleNamespace(uuid=f"MIG-0b00000{i}-0000") for i in range(2)]
    torch_with(monkeypatch, *instances, used=(0, 1))
    found = Windows(driver).measure(1.0)
    assert {device for _, device in found} == {"cuda:0"}
    assert one(found, "energy.gpu", "cuda:0").value == pytest.approx(IDLE)


def test_a_device_first_used_inside_the_window_gets_its_name_at_the_end(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch):
    torch = torch_with(monkeypatch, with_uuid(0), used=(0,))
    torch.cuda.is_initialized = lambda: False
    windows = Windows(driver)
    probe = windows.probe()
    probe.start()
    torch.cuda.is_initialized = lambda: True
    windows.pass_by(1.0)
    assert {answer.device for answer in probe.stop()} == {"cuda:0"}


def test_closing_gives_the_library_back_and_the_next_window_opens_it(driver: FakeDriver):
    windows = Windows(driver)
    probe = windows.probe()
    probe.start()
    windows.nvml.close()
    windows.pass_by(2.0)
    probe.stop()
    assert one(windows.measure(1.0), "energy.gpu").value == pytest.approx(IDLE)


def test_a_window_costs_little_where_there_is_no_card():
    session = Nvml(environ={}, watch=Watch(threaded=False), has_library=lambda: False)
    took = []
    for _ in range(200):
        start = time.perf_counter()
        probe = GpuPower(session)
        probe.start()
        probe.stop()
        took.append(time.perf_counter() - start)
    if not isinstance(session.cards(), tuple):
        assert sorted(took)[100] < 20e-6


SCRIPT = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1], ctypes.RTLD_GLOBAL)
library.fake_now.argtypes = [ctypes.c_double]
library.fake_power.argtypes = [ctypes.c_int, ctypes.c_double, ctypes.c_double]
library.fake_clear(1)
library.fake_power(0, 0.0, 200.0)
from nbperf.measuring.recorder import Window
from nbperf.probes import catalog, gpu_power
gpu_power.NVML.ticks[0] = 0.02
now = [100.0]
gpu_power.GpuPower.__init__.__kwdefaults__['clock'] = lambda: now[0]
library.fake_now(now[0])
assert 'pynvml' not in sys.modules
window = Window(*catalog.discover(['gpu', 'clock']))
assert 'pynvml' in sys.modules
window.open()
now[0] += 2.0
library.fake_now(now[0])
sample = window.close()
energy = sample.reading('energy.gpu', 'gpu:0')
assert abs(energy.value - 400) < 1e-3, (sample, window.absences)
import os
child = os.fork()
if child == 0:
    probe, = catalog.discover(['gpu'])[0]
    probe.start(); now[0] += 1; library.fake_now(now[0])
    good = abs({a.quantity: a for a in probe.stop()}['energy.gpu'].value - 200) < 1e-3
    os._exit(0 if good else 1)
assert os.waitpid(child, 0)[1] == 0
catalog.close()
assert gpu_power.NVML.watch.idle
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the loader finds it by its SONAME")
def test_found_as_the_drivers_own_library_would_be_and_again_in_a_forked_child():
    path = compiled(name="libnvidia-ml.so.1", soname="libnvidia-ml.so.1")
    subprocess.run([sys.executable, "-c", SCRIPT, str(path)], check=True, timeout=60)


# On a real card


@pytest.fixture
def real():
    torch = pytest.importorskip("torch", reason="not run: counter, integrated power and idle on a real card; torch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("not run: counter against integrated power, the tick, and idle against busy, which need a real NVIDIA card")
    session = Nvml()
    cards = session.cards()
    if not isinstance(cards, tuple):
        pytest.skip(f"not run: counter, integrated power and idle on a real card: {cards.reason}")
    yield torch, session
    gpu_power.close()
    session.close()


def burn(torch, seconds: float) -> None:
    x = torch.randn(4096, 4096, device="cuda")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        x = (x @ x).clamp(-1, 1)
        torch.cuda.synchronize()


@pytest.mark.gpu
@pytest.mark.slow
def test_on_a_real_card_counter_and_integrated_power_agree_and_idle_is_less(real):
    torch, session = real
    burn(torch, 2.0)
    card, device = next(iter(session.used().values()))
    counter = session.meter(card)
    readings: dict[str, Reading] = {}
    for name, work in (("busy", lambda: burn(torch, 6.0)), ("idle", lambda: time.sleep(6.0))):
        probe = GpuPower(session)
        probe.start()
        work()
        answers = {answer.quantity: answer for answer in probe.stop() if answer.device == device}
        readings[name] = answers["energy.gpu"]
        print(name, {q: getattr(a, "value", getattr(a, "reason", None)) for q, a in answers.items()})
        if name == "busy":
            assert answers["power.gpu"].value <= 1.5 * answers["power.gpu.limit"].value
            assert answers["gpu.utilisation"].value > 0.5
            time.sleep(3.0)  # the card cools down
    assert readings["idle"].value < readings["busy"].value
    if "counter" not in counter.source:
        print("not run: this card has no energy counter to compare its power with")
        return
    both = session.binding
    watts, began = [], time.perf_counter()
    first = counter.read()
    x = torch.randn(4096, 4096, device="cuda")
    while time.perf_counter() < began + 6.0:
        x = (x @ x).clamp(-1, 1)
        torch.cuda.synchronize()
        (field,) = both.nvmlDeviceGetFieldValues(card.handle, [nvml.INSTANT])
        if field.nvmlReturn != 0:
            print("not run: this card has no instant power to integrate")
            return
        watts.append((time.perf_counter(), field.value.uiVal / 1e3))
    joules = counter.read() - first
    integrated = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(watts))
    print(f"counter {joules:.1f} J, integrated {integrated:.1f} J")
    assert integrated == pytest.approx(joules, rel=0.1)


@pytest.mark.gpu
def test_on_a_real_card_the_tick_is_seen(real):
    torch, session = real
    burn(torch, 0.2)
    card, _ = next(iter(session.used().values()))
    meter = session.meter(card)
    if not getattr(meter, "counts", False):
        pytest.skip("not run: the tick of the counter; this card has none")
    tick = gpu_power.find_tick(meter.read, clock=time.perf_counter, pause=time.sleep)
    print(f"tick {tick}")
    assert tick is not None
    assert 1e-3 <= tick <= 0.2
