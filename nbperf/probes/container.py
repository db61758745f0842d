"""What the container grants: a CPU quota and how often it stopped us, and a memory limit (cgroup v1 and v2).

See the kernel's documentation, admin-guide/cgroup-v2 (cpu.max, cpu.stat, memory.max) and cgroup-v1/memory,
scheduler/sched-bwc (cpu.cfs_quota_us, cpu.stat).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbperf.core.records import Absence, Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes import files
from nbperf.probes.files import KernelFiles
from nbperf.words import Sentence

UNLIMITED = 1 << 60
"""Bytes from which a v1 limit means none: the kernel writes the largest number of pages it can hold."""

_NO_QUOTA = tuple(
    Absence(quantity=quantity, reason=Sentence("no CPU quota holds here, so nothing is throttled"))
    for quantity in ("container.throttled.time", "container.throttled.periods")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds for this process, the tightest of its group and all groups above.

    Attributes
    ----------
    cpu_quota : float, optional
        Cores' worth of time.
    cpu_statistics : str, optional
        The file of the group that has this quota.
    memory : int, optional
        Bytes.
    """

    cpu_quota: float | None = None
    cpu_statistics: str | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class _Mount:
    """A mounted hierarchy: which part of it, where, and its controllers (none named for v2)."""

    root: str
    point: str
    controllers: frozenset[str]
    unified: bool


def limits(kernel: KernelFiles) -> Limits:
    """Read the limits; ask for them with ``kernel.once(limits)``."""
    quotas: list[tuple[float, str]] = []
    memory: list[int] = []
    own = _own_groups(kernel)
    for mount in _mounts(kernel):
        if mount.unified:
            for folder in _upwards(kernel, mount, own.get("", "/")):
                if quota := _quota(kernel.text(f"{folder}/cpu.max")):
                    quotas.append((quota, f"{folder}/cpu.stat"))
                memory += _limit(kernel.text(f"{folder}/memory.max"))
        if "cpu" in mount.controllers:
            for folder in _upwards(kernel, mount, own.get("cpu", "/")):
                pair = f"{kernel.text(f'{folder}/cpu.cfs_quota_us') or ''} {kernel.text(f'{folder}/cpu.cfs_period_us') or ''}"
                if quota := _quota(pair):
                    quotas.append((quota, f"{folder}/cpu.stat"))
        if "memory" in mount.controllers:
            for folder in _upwards(kernel, mount, own.get("memory", "/")):
                memory += _limit(kernel.text(f"{folder}/memory.limit_in_bytes"))
    quota_of, statistics = min(quotas, default=(None, None))
    return Limits(cpu_quota=quota_of, cpu_statistics=statistics, memory=min(memory, default=None))


def _own_groups(kernel: KernelFiles) -> dict[str, str]:
    """The group of this process by controller; the unified hierarchy's under the empty name."""
    found: dict[str, str] = {}
    for line in (kernel.text("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _mounts(kernel: KernelFiles) -> Iterator[_Mount]:
    for line in (kernel.text("/proc/self/mountinfo") or "").splitlines():
        left, _, right = line.partition(" - ")
        place, system = left.split(), right.split()
        if len(place) < 5 or not system or system[0] not in {"cgroup", "cgroup2"}:
            continue
        controllers = frozenset(system[-1].split(",")) if system[0] == "cgroup" else frozenset[str]()
        yield _Mount(place[3], place[4].replace("\\040", " "), controllers, system[0] == "cgroup2")


def _upwards(kernel: KernelFiles, mount: _Mount, group: str) -> list[str]:
    """The group's folder and those above it, up to the mount point, which is the container's own where it is one.

    Without a cgroup namespace the group is written as the host sees it, while only its own part is mounted: that part
    is cut off. Where the two do not fit, what is mounted is the best there is.
    """
    path = group.removeprefix(mount.root) if mount.root != "/" else group
    parts = [part for part in path.split("/") if part]
    if ".." in parts or not Path(f"{kernel.root}{mount.point}/{'/'.join(parts)}").is_dir():
        parts = []
    return ["/".join((mount.point, *parts[:depth])) for depth in range(len(parts), -1, -1)]


def _quota(text: str | None) -> float | None:
    """Cores from "quota period", both in microseconds."""
    fields = (text or "").split()
    try:
        quota, period = int(fields[0]), int(fields[1])
    except (ValueError, IndexError):  # "max", or no such file
        return None
    return quota / period if quota > 0 and period > 0 else None


def _limit(text: str | None) -> list[int]:
    try:
        found = int(text or "")
    except ValueError:  # "max", or no such file
        return []
    return [found] if 0 < found < UNLIMITED else []


class Container:
    """How long and how often the container's CPU quota stopped its processes inside the window.

    The time is added up over the cores that were stopped, so it may exceed the window.
    """

    name = "container"
    quantities: tuple[str, ...] = ("container.throttled.time", "container.throttled.periods")

    def __init__(self, kernel: KernelFiles | None = None) -> None:
        self._kernel = kernel or files.KERNEL
        self._path = self._kernel.once(limits).cpu_statistics
        self._started = (0.0, 0)

    def start(self) -> None:
        """Read the group's counters."""
        if self._path is not None:
            self._started = self._now(self._path)

    def stop(self) -> Sequence[Reading | Absence]:
        """Read them again: the differences."""
        if self._path is None:
            return _NO_QUOTA
        seconds, periods = self._now(self._path)
        return (
            Reading(
                quantity="container.throttled.time",
                value=seconds - self._started[0],
                unit=Unit.SECOND,
                provenance=Provenance.MEASURED,
                source="cgroup cpu.stat",
            ),
            Reading(
                quantity="container.throttled.periods",
                value=float(periods - self._started[1]),
                unit=Unit.COUNT,
                provenance=Provenance.MEASURED,
                source="cgroup cpu.stat",
            ),
        )

    def _now(self, path: str) -> tuple[float, int]:
        words = self._kernel.read(path, 2048).split()
        values = dict(zip(words[::2], words[1::2], strict=False))
        if b"throttled_usec" in values:
            return int(values[b"throttled_usec"]) / 1e6, int(values[b"nr_throttled"])
        return int(values[b"throttled_time"]) / 1e9, int(values[b"nr_throttled"])  # v1 counts nanoseconds
