"""What a GPU is busy with and what holds it back: use, clock, temperature, slow-downs, memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes.meters import Refusal
from nbperf.probes.nvml import Card, said, watt_limit
from nbperf.words import Sentence

QUANTITIES = (
    "power.gpu.limit",
    "gpu.utilisation",
    "gpu.clock",
    "gpu.temperature",
    "gpu.throttled",
    "memory.gpu.ours",
    "memory.gpu.others",
)
ZERO_CELSIUS = 273.15
SLOWED: dict[int, str] = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "software thermal",
    0x40: "hardware thermal",
    0x80: "power brake",
}
"""Bits of the clock's event reasons that mean a card was slower than it could be; the others are idleness and settings."""
INITIAL = "pid:[4026531836]"
"""The namespace of the machine's own process numbers: a constant of Linux (PROC_PID_INIT_INO)."""

_ELSEWHERE = Refusal(
    reason=Sentence("the driver names processes by the machine's numbers, which this container does not know"),
    remedy=Sentence("start the container with --pid=host; torch's own memory is read all the same"),
)
_UNTOLD = Refusal(reason=Sentence("the driver does not say how much memory each process holds"))


class Looks:
    """What was seen of a card, look by look."""

    def __init__(self, binding: Any, card: Card) -> None:
        self._binding = binding
        self._card = card
        self._seen: dict[str, list[float]] = {}
        self._errors: dict[str, str] = {}
        self._reasons = 0

    def look(self) -> None:
        """Once more. Never raises: what cannot be read is said at the end."""
        binding, handle = self._binding, self._card.handle
        self._keep("gpu.utilisation", lambda: binding.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
        self._keep("gpu.clock", lambda: binding.nvmlDeviceGetClockInfo(handle, binding.NVML_CLOCK_SM) * 1e6)
        self._keep("gpu.temperature", lambda: binding.nvmlDeviceGetTemperature(handle, binding.NVML_TEMPERATURE_GPU) + ZERO_CELSIUS)
        self._keep("gpu.throttled", self._slowed)

    def answers(self, device: str) -> list[Reading | Absence]:
        """Means over the looks, the highest temperature, and the memory now."""
        binding = self._binding
        seen = {name: values for name, values in self._seen.items() if values}
        found: list[Reading | Absence] = []
        if limit := watt_limit(binding, self._card):
            found.append(_reading("power.gpu.limit", limit, Unit.WATT, "NVML enforced power limit", device, Provenance.MEASURED))
        else:
            found += Refusal(reason=Sentence("this card does not say what power it is held to")).absences(("power.gpu.limit",), device)
        reasons = " + ".join(name for bit, name in SLOWED.items() if self._reasons & bit)
        for name, unit, source in (
            ("gpu.utilisation", Unit.RATIO, "NVML utilisation, share of time with a kernel running"),
            ("gpu.clock", Unit.HERTZ, "NVML SM clock"),
            ("gpu.temperature", Unit.KELVIN, "NVML temperature"),
            ("gpu.throttled", Unit.RATIO, f"NVML clock event reasons: {reasons or 'none'}"),
        ):
            values = seen.get(name)
            if not values:
                reason = Sentence("the driver does not say: {error}", error=self._errors.get(name, "?"))
                found += Refusal(reason=reason).absences((name,), device)
                continue
            value = max(values) if name == "gpu.temperature" else sum(values) / len(values)
            found.append(_reading(name, value, unit, f"{source}, looked at {len(values)}×", device, Provenance.SAMPLED))
        return [*found, *self._memory(device)]

    def _keep(self, name: str, read: Any) -> None:
        if name in self._errors:
            return  # what a card does not have it will not have a second later either
        try:
            self._seen.setdefault(name, []).append(float(read()))
        except Exception as error:  # noqa: BLE001 - an older card or driver, or one that was lost
            self._errors[name] = said(error)

    def _slowed(self) -> float:
        try:
            reasons = int(self._binding.nvmlDeviceGetCurrentClocksEventReasons(self._card.handle))
        except self._binding.NVMLError_FunctionNotFound:  # its name in drivers before 535
            reasons = int(self._binding.nvmlDeviceGetCurrentClocksThrottleReasons(self._card.handle))
        slowed = reasons & sum(SLOWED)
        self._reasons |= slowed
        return 1.0 if slowed else 0.0

    def _memory(self, device: str) -> list[Reading | Absence]:
        names = ("memory.gpu.ours", "memory.gpu.others")
        binding, handle = self._binding, self._card.handle
        try:
            used = float(binding.nvmlDeviceGetMemoryInfo(handle).used)
            held: dict[int, float | None] = {}
            for process in (*binding.nvmlDeviceGetComputeRunningProcesses(handle), *_drawing(binding, handle)):
                held[int(process.pid)] = process.usedGpuMemory
        except Exception as error:  # noqa: BLE001 - split cards and virtual ones do not say
            return [*Refusal(reason=Sentence("the driver does not say: {error}", error=said(error))).absences(names, device)]
        # PyTorch uses those that are named after it, so to hold nothing there can only mean to have another number.
        if os.getpid() not in held and (device.startswith("cuda") or not _numbers_are_the_machines()):
            return [*_ELSEWHERE.absences(names, device)]
        if None in held.values():
            return [*_UNTOLD.absences(names, device)]
        ours = float(held.pop(os.getpid(), 0.0) or 0.0)
        # What the driver holds for itself is nobody's, so the others' is the sum over them and not all that is left.
        others = min(float(sum(memory or 0.0 for memory in held.values())), max(0.0, used - ours))
        source = "NVML memory by process"
        return [
            _reading(names[0], ours, Unit.BYTE, source, device, Provenance.MEASURED),
            _reading(names[1], others, Unit.BYTE, source, device, Provenance.MEASURED),
        ]


def _drawing(binding: Any, handle: Any) -> list[Any]:
    try:
        return list(binding.nvmlDeviceGetGraphicsRunningProcesses(handle))
    except Exception:  # noqa: BLE001 - cards for computing only
        return []


def _numbers_are_the_machines() -> bool:
    try:
        return str(Path("/proc/self/ns/pid").readlink()) == INITIAL
    except OSError:
        return os.name == "nt"


def _reading(quantity: str, value: float, unit: Unit, source: str, device: str, provenance: Provenance) -> Reading:
    return Reading(quantity=quantity, value=value, unit=unit, provenance=provenance, source=source, device=device)
