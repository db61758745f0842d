"""Energy sources of single platforms, each behind the same door as RAPL: ``find(kernel)`` gives meters or a refusal.

Apple silicon (the package zeus-apple-silicon), AMD's servers (amdsmi, from ROCm), and NVIDIA's Jetson boards, whose
INA3221 chips Linux shows as hwmon. The packages are used where they are installed and never asked for elsewhere.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from nbperf.probes.files import KernelFiles
from nbperf.probes.meters import Meter, Refusal
from nbperf.words import Sentence

SYSTEM: str = sys.platform
HWMON = "/sys/class/hwmon"
RAILS = {"VDD_IN": "board", "POM_5V_IN": "board"}
"""Supply rails of whole boards; those with CPU in their name feed it, alone or with others."""
PERIOD = 0.05
"""Seconds from one reading of a rail to the next."""

_NOT_THIS = Refusal(reason=Sentence("this is another platform"))
_NO_ZEUS = Refusal(
    reason=Sentence("macOS gives the energy of its chips only through the package zeus-apple-silicon"),
    remedy=Sentence("pip install zeus-apple-silicon"),
)


def apple(_: KernelFiles) -> tuple[Meter, ...] | Refusal:
    """Apple's chips: CPU and memory, counted by the system (IOReport)."""
    if SYSTEM != "darwin":
        return _NOT_THIS
    if importlib.util.find_spec("zeus_apple_silicon") is None:
        return _NO_ZEUS
    try:
        monitor = importlib.import_module("zeus_apple_silicon").AppleEnergyMonitor()
        now = monitor.get_cumulative_energy()
    except Exception as error:  # noqa: BLE001 - another package's fault, or an Intel Mac
        return _failed("zeus-apple-silicon", error)
    fields = {"cpu": "cpu_total_mj", "dram": "dram_mj"}
    # Of all it shows only what its chip has is a number.
    present = {part: field for part, field in fields.items() if getattr(now, field, None) is not None}
    return tuple(_apple(monitor, part, field) for part, field in present.items()) if "cpu" in present else _NOT_THIS


def _apple(monitor: Any, part: str, field: str) -> Meter:
    return Meter(
        part=part,
        device="soc",
        source=f"IOReport {field.removesuffix('_mj')}",
        read=lambda: float(getattr(monitor.get_cumulative_energy(), field)) / 1e3,
        tick=1e-2,
    )


def amd(kernel: KernelFiles) -> tuple[Meter, ...] | Refusal:
    """AMD's servers: the energy of each socket, by the driver that amdsmi asks."""
    if "AuthenticAMD" not in (kernel.text("/proc/cpuinfo", 4096) or "") or importlib.util.find_spec("amdsmi") is None:
        return _NOT_THIS
    try:
        library = importlib.import_module("amdsmi")
        library.amdsmi_init(library.AmdSmiInitFlags.INIT_AMD_CPUS)
        meters = tuple(_socket(library, handle, number) for number, handle in enumerate(library.amdsmi_get_cpusocket_handles()))
        for meter in meters:
            meter.read()
    except Exception as error:  # noqa: BLE001 - another package's fault, or the amd_hsmp driver is not loaded
        return _failed("amdsmi", error)
    return meters or _NOT_THIS


def _socket(library: Any, handle: Any, number: int) -> Meter:
    def read() -> float:
        value = library.amdsmi_get_cpu_socket_energy(handle)
        # Microjoules in the library; its Python face has given them as "12.3 J" in some releases.
        return float(value.split()[0]) if isinstance(value, str) else float(value) / 1e6

    return Meter(part="cpu", device=f"package-{number}", source="amdsmi socket energy", read=read, tick=1e-2)


def jetson(kernel: KernelFiles) -> tuple[Meter, ...] | Refusal:
    """NVIDIA's Jetson boards: volts times amperes of each rail that feeds the CPU, and of the whole board."""
    found: list[Meter] = []
    try:
        chips = sorted(path.name for path in Path(kernel.root + HWMON).iterdir())
    except OSError:
        return _NOT_THIS
    for chip in chips:
        folder = f"{HWMON}/{chip}"
        if (kernel.text(f"{folder}/name") or "").strip() != "ina3221":
            continue
        for channel in range(1, 4):
            label = (kernel.text(f"{folder}/in{channel}_label") or "").strip()
            part = RAILS.get(label, "cpu" if "CPU" in label else "")
            if part:
                found.append(_rail(kernel, folder, channel, label, part))
    return tuple(found) if any(meter.part == "cpu" for meter in found) else _NOT_THIS


def _rail(kernel: KernelFiles, folder: str, channel: int, label: str, part: str) -> Meter:
    def read() -> float:
        return int(kernel.read(f"{folder}/in{channel}_input", 32)) * int(kernel.read(f"{folder}/curr{channel}_input", 32)) / 1e6

    return Meter(part=part, device=label, source=f"INA3221 rail {label}", read=read, counts=False, tick=PERIOD)


def _failed(package: str, error: Exception) -> Refusal:
    return Refusal(reason=Sentence("{package} does not answer: {error}", package=package, error=f"{type(error).__name__}: {error}"))
