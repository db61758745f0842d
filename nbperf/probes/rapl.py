"""Energy counters of the processor's packages and their memory, as Linux shows them: ``/sys/class/powercap``.

Only whole packages are read, and their memory apart. A psys domain holds everything else too, and core and uncore are
within their package: none of them may be added to it. On some processors several dies show one and the same counter.
"""

from __future__ import annotations

from pathlib import Path

from nbperf.probes.files import KernelFiles
from nbperf.probes.meters import Meter, Refusal
from nbperf.words import Sentence

FOLDER = "/sys/class/powercap"
PREFIX = "intel-rapl:"
"""Also on AMD's processors; the same counters once more are below ``intel-rapl-mmio``."""
TICK = 1e-3
"""Seconds between two movements of the counters, about: the makers' documents say so."""
LIMITS = range(3)
"""Constraints that may hold a limit: over a long time, a short one, and for an instant."""

_NONE = Refusal(
    reason=Sentence("this system has no energy counters of the processor (RAPL): virtual machines and containers hardly ever have them"),
    remedy=Sentence("`-p cpu_estimate` gives a labelled estimate; nbperf.probes.calibration.calibrate() takes your own curve of watts"),
)
LOCKED = Refusal(
    reason=Sentence("only root may read the processor's energy counters, since 2020"),
    remedy=Sentence("sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj, until the next start of the machine"),
)


def find(kernel: KernelFiles) -> tuple[Meter, ...] | Refusal:
    """A meter for each package and each package's memory, or why there is none."""
    found: list[Meter] = []
    locked = False
    for zone in _zones(kernel):
        name = (kernel.text(f"{FOLDER}/{zone}/name") or "").strip()
        part = "cpu" if name.startswith("package") else "dram" if name == "dram" else ""
        if not part:
            continue
        try:
            meter = _meter(kernel, zone, name, part)
            meter.read()
        except PermissionError:
            locked = True
        except (OSError, ValueError):
            continue
        else:
            if not any(_mirrors(meter, other) for other in found if other.part == part):
                found.append(meter)
    if not any(meter.part == "cpu" for meter in found):
        return LOCKED if locked else _NONE
    return tuple(found)


def _zones(kernel: KernelFiles) -> list[str]:
    try:
        names = [path.name for path in Path(kernel.root + FOLDER).iterdir()]
    except OSError:
        return []
    return sorted((name for name in names if name.startswith(PREFIX)), key=_numbers)


def _numbers(zone: str) -> list[int]:
    return [int(number) for number in zone.removeprefix(PREFIX).split(":") if number.isdigit()]


def _meter(kernel: KernelFiles, zone: str, name: str, part: str) -> Meter:
    path = f"{FOLDER}/{zone}/energy_uj"
    span = _whole(kernel, f"{FOLDER}/{zone}/max_energy_range_uj")
    limits = (_whole(kernel, f"{FOLDER}/{zone}/constraint_{number}_power_limit_uw") for number in LIMITS)
    # Boards without a limit write 4 kW and the like, laptops one that is passed for seconds: only the highest can tell.
    limit = max((value / 1e6 for value in limits if value), default=0.0)
    if part == "dram":
        above = ":".join(zone.split(":")[:2])
        name = (kernel.text(f"{FOLDER}/{above}/name") or name).strip()
    return Meter(
        part=part,
        device=name,
        source=f"RAPL {zone} ({'package' if part == 'cpu' else 'dram'})",
        read=lambda: int(kernel.read(path, 64)) / 1e6,
        tick=TICK,
        span=span / 1e6 if span else None,
        limit=limit if 1.0 <= limit <= 2000.0 else None,
    )


def _whole(kernel: KernelFiles, path: str) -> int:
    try:
        return int(kernel.text(path) or 0)
    except ValueError:
        return 0


def _mirrors(meter: Meter, other: Meter) -> bool:
    """Whether two show the same counter: what one shows lies between two looks at the other, to the microjoule."""
    return any(other.read() <= meter.read() <= other.read() for _ in range(2))
