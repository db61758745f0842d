"""What PyTorch's accelerator did: its time between two points, its memory, and waiting until it is done.

PyTorch is looked at only where it is imported already, and a device only where it is in use already: nothing here
starts a driver or makes a context.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes.peaks import Peak, PeakMeter
from nbperf.words import Sentence


class Backend:
    """One kind of device; each of its methods takes the torch module, which may be a different one tomorrow."""

    name: str
    quantities: tuple[str, ...]

    def live(self, torch: Any) -> bool:
        """Whether a device of this kind is in use. Cheap, and never the first use of it."""
        raise NotImplementedError

    def devices(self, torch: Any) -> Sequence[int]:
        """Those in use that can be waited for now."""
        return (0,)

    def label(self, device: int) -> str:
        """As PyTorch writes it, such as "cuda:0"."""
        return f"{self.name}:{device}"

    def product(self, torch: Any, device: int) -> str:
        """What it is sold as."""
        raise NotImplementedError

    def synchronise(self, torch: Any, device: int) -> None:
        """Wait until it has done all it was told."""
        raise NotImplementedError

    def event(self, torch: Any, device: int) -> Any:
        """A point in the device's current stream; two of them have a time between them."""
        raise NotImplementedError

    def meter(self, device: int) -> PeakMeter | None:
        """The meter of its peaks, allocated and reserved."""
        return None

    def level(self, torch: Any, device: int) -> Sequence[Reading]:
        """Memory that is read once, at the end."""
        return ()


class _Cuda(Backend):
    """NVIDIA's and, under the same name, AMD's."""

    name = "cuda"
    quantities: tuple[str, ...] = ("time.cuda", "memory.cuda.allocated.peak", "memory.cuda.reserved.peak")

    def live(self, torch: Any) -> bool:
        return bool(torch.cuda.is_initialized())

    def devices(self, torch: Any) -> Sequence[int]:
        if torch.cuda.is_current_stream_capturing():
            return ()  # to wait, or to record an event with a time, would break the capture of the graph
        current = int(torch.cuda.current_device())
        count = int(torch.cuda.device_count())
        # Waiting for a device that nobody uses would make a context of some 300 MB on it.
        used = getattr(torch._C, "_cuda_hasPrimaryContext", None)
        if count == 1 or used is None:
            return (current,)
        return [device for device in range(count) if device == current or used(device)]

    def product(self, torch: Any, device: int) -> str:
        return str(torch.cuda.get_device_name(device))

    def synchronise(self, torch: Any, device: int) -> None:
        torch.cuda.synchronize(device)

    def event(self, torch: Any, device: int) -> Any:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(device))
        return event

    def meter(self, device: int) -> PeakMeter | None:
        return cuda_meter(device)


@functools.cache
def cuda_meter(device: int) -> PeakMeter:
    """The meter of one device's peak memory, allocated and reserved, shared by all windows.

    It sets PyTorch's own peaks back, so ``torch.cuda.max_memory_allocated()`` in measured code counts from the window's
    start; code that sets them back itself hides from the window what came before.
    """

    def read() -> tuple[float, float]:
        # The nested form is what the allocator gives; PyTorch's max_memory_* flatten all of it first, for 100 µs.
        statistics = sys.modules["torch"].cuda.memory_stats_as_nested_dict(device)
        return tuple(float(statistics[name]["all"]["peak"]) for name in ("allocated_bytes", "reserved_bytes"))  # type: ignore[return-value]

    def reset() -> None:
        sys.modules["torch"].cuda.reset_peak_memory_stats(device)

    return PeakMeter(read, reset)


class _Mps(Backend):
    """Apple's."""

    name = "mps"
    quantities: tuple[str, ...] = ("time.mps", "memory.mps.allocated")

    def live(self, torch: Any) -> bool:
        # There is no telling whether it was used; that its driver holds memory is the nearest to it.
        return bool(torch.backends.mps.is_available()) and torch.mps.driver_allocated_memory() > 0

    def label(self, device: int) -> str:
        return self.name

    def product(self, torch: Any, device: int) -> str:
        return "Apple MPS"

    def synchronise(self, torch: Any, device: int) -> None:
        torch.mps.synchronize()

    def event(self, torch: Any, device: int) -> Any:
        event = torch.mps.Event(enable_timing=True)
        event.record()
        return event

    def level(self, torch: Any, device: int) -> Sequence[Reading]:
        value = float(torch.mps.current_allocated_memory())
        return (_reading("memory.mps.allocated", value, Unit.BYTE, "torch.mps.current_allocated_memory", self.label(device)),)


class _Xpu(Backend):
    """Intel's."""

    name = "xpu"
    quantities: tuple[str, ...] = ("time.xpu",)

    def live(self, torch: Any) -> bool:
        return bool(torch.xpu.is_initialized())

    def devices(self, torch: Any) -> Sequence[int]:
        return (int(torch.xpu.current_device()),)

    def product(self, torch: Any, device: int) -> str:
        return str(torch.xpu.get_device_name(device))

    def synchronise(self, torch: Any, device: int) -> None:
        torch.xpu.synchronize(device)

    def event(self, torch: Any, device: int) -> Any:
        event = torch.xpu.Event(enable_timing=True)
        event.record(torch.xpu.current_stream(device))
        return event


BACKENDS: tuple[Backend, ...] = (_Mps(),) if sys.platform == "darwin" else (_Cuda(), _Xpu())
"""Those this system can have, the likeliest first."""
Used = tuple[Backend, int]
Stamp = dict[Used, Any]
"""An event in the stream of every device in use."""


def _live(torch: Any) -> list[Backend]:
    found = []
    for backend in BACKENDS:
        try:
            if backend.live(torch):
                found.append(backend)
        except AttributeError:  # an older torch, or one that another thread is still importing
            continue
    return found


def synchronise() -> bool:
    """Wait until every accelerator in use has done all it was told.

    Returns
    -------
    bool
        Whether there was one; False costs well under a microsecond.

    Raises
    ------
    RuntimeError
        What the device reports of work it was given earlier.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    live = _live(torch)
    for backend in live:
        for device in backend.devices(torch):
            backend.synchronise(torch, device)
    return bool(live)


def stamp() -> Stamp | None:
    """A point in time of every accelerator in use, for `between`; None where none is. It does not wait."""
    torch = sys.modules.get("torch")
    if torch is None or not (live := _live(torch)):
        return None
    try:
        return {(backend, device): backend.event(torch, device) for backend in live for device in backend.devices(torch)}
    except Exception:  # noqa: BLE001 - a device in an error state says so where it is waited for
        return None


def between(spans: Iterable[tuple[Any, Any]]) -> list[Reading]:
    """Device time between pairs of stamps, added up: one reading a device.

    Parameters
    ----------
    spans : iterable of (Stamp or None, Stamp or None)
        Once the devices have been waited for; a pair with a None is passed over, and so is a device that was not in
        use at both ends.
    """
    seconds: dict[Used, float] = {}
    for first, last in spans:
        for used in (first or {}).keys() & (last or {}).keys():
            try:
                milliseconds = first[used].elapsed_time(last[used])
            except Exception:  # noqa: BLE001 - an event that never came to pass has no time
                continue
            seconds[used] = seconds.get(used, 0.0) + milliseconds / 1e3
    ordered = sorted(seconds.items(), key=lambda item: item[0][0].label(item[0][1]))
    return [
        _reading(f"time.{backend.name}", value, Unit.SECOND, f"{backend.name} events", backend.label(device))
        for (backend, device), value in ordered
    ]


def products() -> tuple[str, ...]:
    """The accelerators in use, as they are sold."""
    torch = sys.modules.get("torch")
    if torch is None:
        return ()
    return tuple(_product(torch, backend, device) for backend in _live(torch) for device in backend.devices(torch))


def _product(torch: Any, backend: Backend, device: int) -> str:
    # Held by torch's version and not by the module, which a test or a reload may replace.
    key = (str(getattr(torch, "__version__", "")), backend.name, device)
    if key not in _PRODUCTS:
        _PRODUCTS[key] = backend.product(torch, device)
    return _PRODUCTS[key]


_PRODUCTS: dict[tuple[str, str, int], str] = {}
_AGAIN = Sentence("run it again: the next window starts with the device in use")
_RESTART = Sentence("restart the kernel: after such an error a device answers no more")


def _absent(backend: Backend, reason: Sentence, remedy: Sentence = Sentence("")) -> tuple[Absence, ...]:
    return tuple(Absence(quantity=quantity, reason=reason, remedy=remedy) for quantity in backend.quantities)


_NO_TORCH = _absent(BACKENDS[0], Sentence("PyTorch is not imported, and nothing else here tells what an accelerator does"))
_UNUSED = _absent(BACKENDS[0], Sentence("PyTorch has used no accelerator so far"))
_CPU_ONLY = _absent(
    BACKENDS[0],
    Sentence("this PyTorch was built for the CPU only"),
    Sentence("with a GPU in this machine, install the build for it: https://pytorch.org/get-started/locally"),
)


class Accelerator:
    """Device time, peak device memory, and the waiting that the clock does (it is the clock's `Device`).

    The order of a window with the clock last: this probe starts and sets the memory peaks back; the clock starts, has
    it `begin`, which waits for the devices and stamps them, and reads its time. At the end the clock reads its time,
    has it `finish`, which stamps the devices and waits for them, and reads its time again; then this probe stops and
    reads what lies between the stamps.
    """

    name = "accelerator"
    quantities: tuple[str, ...] = BACKENDS[0].quantities

    def __init__(self) -> None:
        self._peaks: dict[Used, tuple[PeakMeter, Peak]] = {}
        self._first: Stamp | None = None
        self._last: Stamp | None = None
        self._error: Exception | None = None

    def start(self) -> None:
        """Set the peaks of device memory back."""
        self._peaks = {}
        self._first = self._last = self._error = None
        torch = sys.modules.get("torch")
        if torch is None:
            return
        for backend in _live(torch):
            for device in backend.devices(torch):
                if meter := backend.meter(device):
                    self._peaks[backend, device] = meter, meter.open()

    def begin(self) -> None:
        """Wait until nothing is left from before the window, and stamp its start."""
        try:
            if synchronise():
                self._first = stamp()
        except Exception as error:  # noqa: BLE001 - the clock must run; the error belongs to the code before the window
            self._error = error

    def finish(self) -> bool:
        """Stamp the window's end and wait for the devices; whether there were any."""
        try:
            self._last = stamp()
            return synchronise()
        except Exception as error:  # noqa: BLE001 - the clock must stop; the user's own next call raises the error again
            self._error = error
            return True

    def stop(self) -> Sequence[Reading | Absence]:
        """Read the time between the stamps, and the peaks."""
        torch = sys.modules.get("torch")
        if torch is None:
            return _NO_TORCH
        if self._error is not None:
            reason = Sentence("the device reports an error: {error}", error=_first_line(self._error))
            return [absence for backend in _live(torch) or BACKENDS[:1] for absence in _absent(backend, reason, _RESTART)]
        live = _live(torch)
        if not live:
            version = getattr(torch, "version", None)
            return _UNUSED if getattr(version, "cuda", None) or getattr(version, "hip", None) or sys.platform == "darwin" else _CPU_ONLY
        found: list[Reading | Absence] = [*between([(self._first, self._last)])]
        for backend in live:
            for device in backend.devices(torch):
                found += self._memory(torch, backend, device)
        return found

    def _memory(self, torch: Any, backend: Backend, device: int) -> Sequence[Reading | Absence]:
        if (backend, device) not in (self._first or {}):
            reason = Sentence("{device} was first used inside this window", device=backend.label(device))
            return _absent(backend, reason, _AGAIN)
        level = backend.level(torch, device)
        if (backend, device) not in self._peaks:
            return level
        meter, peak = self._peaks[backend, device]
        names = (quantity for quantity in backend.quantities if quantity.endswith(".peak"))
        return [
            *level,
            *(
                _reading(name, value, Unit.BYTE, "PyTorch's caching allocator", backend.label(device))
                for name, value in zip(names, meter.close(peak), strict=True)
            ),
        ]


class Settling:
    """Only waits: the clock's device where the accelerator is not asked for. An error of the device is left to the user's code."""

    def begin(self) -> None:
        """Wait until nothing is left from before the window."""
        self.finish()

    def finish(self) -> bool:
        """Wait for the devices; whether there were any."""
        try:
            return synchronise()
        except Exception:  # noqa: BLE001 - the clock must run; the user's own next call raises the error again
            return True


class DeviceLevels:
    """Memory of the accelerators in use: what came and went since the last look, for looking often.

    Attributes
    ----------
    points : dict of str to list of (float, float, float)
        For each device the time, and bytes allocated and reserved then.
    """

    def __init__(self, devices: Sequence[tuple[str, int]], clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._devices = [(label, number, cuda_meter(number)) for label, number in devices]
        self._peaks = [meter.open() for _, _, meter in self._devices]
        self._levels = {label: self._level(number) for label, number, _ in self._devices}
        self.points: dict[str, list[tuple[float, float, float]]] = {label: [] for label, _, _ in self._devices}

    @staticmethod
    def _level(device: int) -> tuple[float, float]:
        statistics = sys.modules["torch"].cuda.memory_stats_as_nested_dict(device)
        return tuple(float(statistics[name]["all"]["current"]) for name in ("allocated_bytes", "reserved_bytes"))  # type: ignore[return-value]

    def look(self) -> dict[str, tuple[float, float, float]]:
        """For each device, in bytes: the change of what is allocated and reserved, and the highest allocated above the last level."""
        found = {}
        now = self._clock()
        for (label, number, meter), peak in zip(self._devices, self._peaks, strict=True):
            was, self._levels[label] = self._levels[label], self._level(number)
            allocated, reserved = self._levels[label]
            highest = meter.renew(peak)[0]
            found[label] = allocated - was[0], reserved - was[1], max(highest - was[0], 0.0)
            points = self.points[label]
            if not points or points[-1][1:] != (allocated, reserved):
                points.append((now, allocated, reserved))
        return found

    def close(self) -> None:
        """Nobody looks any more."""
        for (_, _, meter), peak in zip(self._devices, self._peaks, strict=True):
            meter.close(peak)


def device_levels() -> DeviceLevels | None:
    """The accelerators in use whose memory can be looked at often; None without any."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    found = [
        (backend.label(device), device)
        for backend in _live(torch)
        if backend.name == "cuda"
        for device in backend.devices(torch)
        if backend.meter(device) is not None
    ]
    return DeviceLevels(found) if found else None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _reading(quantity: str, value: float, unit: Unit, source: str, device: str) -> Reading:
    return Reading(quantity=quantity, value=value, unit=unit, provenance=Provenance.MEASURED, source=source, device=device)
