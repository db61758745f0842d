import sys
from types import SimpleNamespace
from typing import Self

import pytest

from nbperf.core.records import Absence, Reading
from nbperf.core.units import Unit
from nbperf.probes import accelerator, catalog
from nbperf.probes.accelerator import Accelerator, Settling, between, products, stamp, synchronise
from nbperf.probes.base import Probe
from nbperf.probes.clock import Clock
from nbperf.testing import FakeClock


class FakeDevice:
    """A device with work of so many seconds in its queue, and memory."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.free_at = 0.0
        self.used = False
        self.allocated = self.peak = 0

    def work(self, seconds: float) -> None:
        self.free_at = max(self.free_at, self.clock.now) + seconds

    def settle(self) -> None:
        self.clock.now = max(self.clock.now, self.free_at)

    def spike(self, size: int) -> None:
        self.peak = max(self.peak, self.allocated + size)


class FakeEvent:
    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing
        self.at = 0.0

    def record(self, stream: FakeDevice) -> None:
        self.at = max(stream.free_at, stream.clock.now)

    def elapsed_time(self, other: "FakeEvent") -> float:
        return (other.at - self.at) * 1e3


class FakeCuda:
    """The part of torch.cuda that is used, with two devices."""

    Event = FakeEvent

    def __init__(self, clock: FakeClock) -> None:
        self.gpus = [FakeDevice(clock), FakeDevice(clock)]
        self.current = 0
        self.initialised = True
        self.capturing = False
        self.error: Exception | None = None
        self.synchronised: list[int] = []

    def is_initialized(self) -> bool:
        return self.initialised

    def is_current_stream_capturing(self) -> bool:
        return self.capturing

    def device_count(self) -> int:
        return len(self.gpus)

    def current_device(self) -> int:
        return self.current

    def get_device_name(self, device: int) -> str:
        return f"Fake GPU {device}"

    def current_stream(self, device: int) -> FakeDevice:
        return self.gpus[device]

    def synchronize(self, device: int) -> None:
        if self.error:
            raise self.error
        self.synchronised.append(device)
        self.gpus[device].settle()

    def memory_stats_as_nested_dict(self, device: int) -> dict[str, dict[str, dict[str, int]]]:
        gpu = self.gpus[device]
        return {
            "allocated_bytes": {"all": {"peak": gpu.peak, "current": gpu.allocated}},
            "reserved_bytes": {"all": {"peak": 2 * gpu.peak, "current": 2 * gpu.allocated}},
        }

    def reset_peak_memory_stats(self, device: int) -> None:
        self.gpus[device].peak = self.gpus[device].allocated


class FakeTorch(SimpleNamespace):
    cuda: FakeCuda

    @property
    def gpu(self) -> FakeDevice:
        return self.cuda.gpus[0]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1000.0)


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> FakeTorch:
    cuda = FakeCuda(clock)
    torch = FakeTorch(
        __version__="fake",
        version=SimpleNamespace(cuda="13.0", hip=None),
        cuda=cuda,
        xpu=SimpleNamespace(is_initialized=lambda: False),
        _C=SimpleNamespace(_cuda_hasPrimaryContext=lambda device: cuda.gpus[device].used),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(accelerator, "BACKENDS", (accelerator._Cuda(), accelerator._Xpu()))
    return torch


class Window:
    """The accelerator and the clock around some code, in the order in which they are driven."""

    def __init__(self, clock: FakeClock) -> None:
        self.device = Accelerator()
        self.clock = Clock(clock, device=self.device)
        self.answers: dict[tuple[str, str | None], Reading | Absence] = {}

    def __enter__(self) -> Self:
        self.device.start()
        self.clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.answers = {(a.quantity, a.device): a for a in (*self.clock.stop(), *self.device.stop())}

    def __getitem__(self, key: str) -> float:
        quantity, _, device = key.partition(" ")
        answer = self.answers[quantity, device or None]
        assert isinstance(answer, Reading), answer
        return answer.value

    def absent(self, quantity: str) -> Absence:
        answer = self.answers[quantity, None]
        assert isinstance(answer, Absence)
        return answer


def test_wall_time_waits_for_the_device_and_leaves_earlier_work_out(torch: FakeTorch, clock: FakeClock):
    torch.gpu.work(7.0)
    with Window(clock) as window:
        clock.advance(1.0)  # the host prepares
        torch.gpu.work(3.0)
        clock.advance(0.5)  # and returns while the device computes
    assert window["time.wall"] == pytest.approx(4.0)
    assert window["time.device.wait"] == pytest.approx(2.5)
    assert window["time.cuda cuda:0"] == pytest.approx(4.0)
    assert isinstance(window.device, Probe)


def test_a_region_is_timed_by_the_device_and_not_by_the_host(torch: FakeTorch, clock: FakeClock):
    spans = []
    for _ in range(2):
        first = stamp()
        torch.gpu.work(2.0)
        spans.append((first, stamp()))
    assert clock.now == 1000.0  # nobody waited
    (reading,) = between([*spans, (None, stamp()), (stamp(), None)])
    assert (reading.quantity, reading.device, reading.unit) == ("time.cuda", "cuda:0", Unit.SECOND)
    assert reading.value == pytest.approx(4.0)
    assert between([]) == []


def test_peaks_of_device_memory_are_the_windows_own_and_nest(torch: FakeTorch, clock: FakeClock):
    torch.gpu.allocated = 100
    torch.gpu.spike(9000)
    with Window(clock) as outer:
        torch.gpu.spike(500)
        with Window(clock) as inner:
            torch.gpu.spike(20)
    assert inner["memory.cuda.allocated.peak cuda:0"] == 120
    assert inner["memory.cuda.reserved.peak cuda:0"] == 240
    assert outer["memory.cuda.allocated.peak cuda:0"] == 600


def test_only_devices_in_use_are_touched(torch: FakeTorch, clock: FakeClock):
    with Window(clock):
        pass
    assert set(torch.cuda.synchronised) == {0}


def test_several_devices_are_read_each(torch: FakeTorch, clock: FakeClock):
    torch.cuda.gpus[1].used = True
    with Window(clock) as window:
        torch.cuda.gpus[1].work(5.0)
        torch.cuda.gpus[1].spike(70)
    assert window["time.wall"] == pytest.approx(5.0)
    assert window["time.cuda cuda:1"] == pytest.approx(5.0)
    assert window["memory.cuda.allocated.peak cuda:1"] == 70
    assert window["memory.cuda.allocated.peak cuda:0"] == 0


def test_a_device_first_used_inside_the_window_is_waited_for_and_to_be_run_again(torch: FakeTorch, clock: FakeClock):
    torch.cuda.initialised = False
    with Window(clock) as window:
        torch.cuda.initialised = True
        torch.gpu.work(2.0)
    assert window["time.wall"] == pytest.approx(2.0)
    for quantity in accelerator._Cuda.quantities:
        assert "inside this window" in window.absent(quantity).reason
        assert "again" in window.absent(quantity).remedy
    with Window(clock) as window:
        pass
    assert window["time.cuda cuda:0"] == 0.0


def test_a_device_that_fails_inside_the_window_stops_no_clock(torch: FakeTorch, clock: FakeClock):
    with Window(clock) as window:
        clock.advance(1.0)
        torch.cuda.error = RuntimeError("device-side assert\nlong explanation")
    assert window["time.wall"] == pytest.approx(1.0)
    assert "device-side assert" in window.absent("time.cuda").reason
    assert "long" not in window.absent("time.cuda").reason
    assert "restart" in window.absent("memory.cuda.allocated.peak").remedy
    with pytest.raises(RuntimeError, match="assert"):
        synchronise()


def test_a_device_that_failed_before_starts_the_clock_all_the_same(torch: FakeTorch, clock: FakeClock):
    torch.cuda.error = RuntimeError("device-side assert")
    with Window(clock) as window:
        clock.advance(1.0)
    assert window["time.wall"] == pytest.approx(1.0)
    window.absent("time.cuda")


def test_a_graph_that_is_captured_is_left_alone(torch: FakeTorch, clock: FakeClock):
    torch.cuda.capturing = True
    synchronise()
    assert not stamp()
    assert torch.cuda.synchronised == []


@pytest.mark.parametrize(
    ("cuda", "expected"), [(None, "built for the CPU only"), ("13.0", "has used no accelerator")], ids=["built without", "not used"]
)
def test_without_a_device_the_reason_is_said(torch: FakeTorch, clock: FakeClock, cuda: str | None, expected: str):
    torch.cuda.initialised = False
    torch.version.cuda = cuda
    with Window(clock) as window:
        clock.advance(1.0)
    if sys.platform != "darwin":
        assert expected in window.absent("time.cuda").reason
    assert ("time.device.wait", None) not in window.answers
    assert not synchronise()
    assert stamp() is None
    assert products() == ()


def test_without_torch_nothing_is_asked_and_nothing_imported(monkeypatch: pytest.MonkeyPatch, clock: FakeClock):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with Window(clock) as window:
        pass
    assert any(isinstance(answer, Absence) and "PyTorch is not imported" in answer.reason for answer in window.answers.values())
    assert not synchronise()
    assert stamp() is None
    assert "torch" not in sys.modules


def test_a_torch_that_is_still_being_imported_is_no_torch_yet(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    assert not synchronise()
    assert stamp() is None


def test_accelerators_in_use_are_named(torch: FakeTorch):
    torch.cuda.gpus[1].used = True
    assert products() == ("Fake GPU 0", "Fake GPU 1")


def test_mps_gives_its_time_and_its_memory_at_the_end(monkeypatch: pytest.MonkeyPatch, clock: FakeClock):
    device = FakeDevice(clock)

    class Event(FakeEvent):
        def record(self) -> None:
            super().record(device)

    mps = SimpleNamespace(
        Event=Event, synchronize=device.settle, driver_allocated_memory=lambda: 1, current_allocated_memory=lambda: device.allocated
    )
    torch = SimpleNamespace(mps=mps, backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: True)))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(accelerator, "BACKENDS", (accelerator._Mps(),))
    with Window(clock) as window:
        device.work(2.0)
        device.allocated = 55
    assert window["time.mps mps"] == pytest.approx(2.0)
    assert window["memory.mps.allocated mps"] == 55
    mps.driver_allocated_memory = lambda: 0
    assert not synchronise()


def test_xpu_gives_its_time(monkeypatch: pytest.MonkeyPatch, clock: FakeClock):
    device = FakeDevice(clock)
    xpu = SimpleNamespace(
        Event=FakeEvent,
        is_initialized=lambda: True,
        current_device=lambda: 0,
        current_stream=lambda _: device,
        synchronize=lambda _: device.settle(),
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(xpu=xpu))
    monkeypatch.setattr(accelerator, "BACKENDS", (accelerator._Cuda(), accelerator._Xpu()))
    with Window(clock) as window:
        device.work(2.0)
    assert window["time.xpu xpu:0"] == pytest.approx(2.0)


def test_a_clock_without_the_accelerator_probe_waits_as_well(torch: FakeTorch, clock: FakeClock):
    probe = Clock(clock, device=Settling())
    torch.gpu.work(1.0)
    probe.start()
    torch.gpu.work(2.0)
    wall, wait = probe.stop()
    assert (wall.value, wait.value) == (2.0, 2.0)
    torch.cuda.error = RuntimeError("assert")
    probe.start()
    assert probe.stop()[0].quantity == "time.wall"


def test_the_catalog_gives_the_clock_its_accelerator(torch: FakeTorch):
    probes, _ = catalog.discover(["clock", "accelerator"])
    device, clock = probes
    assert isinstance(device, Accelerator)
    assert isinstance(clock, Clock)
    assert clock._device is device


@pytest.mark.gpu
def test_a_real_device_is_waited_for_and_its_memory_read():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    x = torch.randn(4096, 4096, device="cuda")
    y = x @ x  # the first product loads the library
    probes, _ = catalog.discover(["accelerator", "clock"])
    for probe in probes:
        probe.start()
    for _ in range(50):
        y = x @ x
    answers = {answer.quantity: answer for probe in reversed(probes) for answer in probe.stop()}
    assert y.is_cuda
    wall, device, wait = (answers[name].value for name in ("time.wall", "time.cuda", "time.device.wait"))
    assert 0 < wait < wall
    assert device == pytest.approx(wall, rel=0.1)
    assert answers["memory.cuda.allocated.peak"].value >= 2 * x.nbytes
    assert answers["memory.cuda.reserved.peak"].value >= answers["memory.cuda.allocated.peak"].value


def test_levels_of_the_devices_in_use_are_looked_at_often(torch: FakeTorch, clock: FakeClock) -> None:
    torch.cuda.gpus[1].used = False
    levels = accelerator.device_levels()
    assert levels is not None
    gpu = torch.gpu
    gpu.allocated = gpu.peak = 1000
    levels.look()
    gpu.peak, gpu.allocated = 5000, 3000
    assert levels.look() == {"cuda:0": (2000.0, 4000.0, 4000.0)}
    assert levels.look() == {"cuda:0": (0.0, 0.0, 0.0)}
    gpu.allocated = 500
    assert levels.look()["cuda:0"][:2] == (-2500.0, -5000.0)
    assert [point[1:] for point in levels.points["cuda:0"]] == [(1000.0, 2000.0), (3000.0, 6000.0), (500.0, 1000.0)]
    levels.close()


def test_where_no_device_is_in_use_there_are_no_levels(torch: FakeTorch) -> None:
    torch.cuda.initialised = False
    assert accelerator.device_levels() is None
