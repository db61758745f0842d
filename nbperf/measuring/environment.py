"""The machine and the software a run was taken on; what stays the same is read once a process."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from nbperf.core.records import Environment
from nbperf.probes import accelerator, files
from nbperf.probes.container import limits
from nbperf.probes.files import KernelFiles

PACKAGES = ("torch", "numpy", "onnxruntime", "tensorflow", "keras", "jax", "sklearn")
"""Named with their version where they are imported."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that set how many threads compute."""
LOOKS = 1000
"""Looks at the clock, to see its smallest step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """The limit in bytes, and whose it is."""

    limit: int | None
    source: str | None


def _git() -> str | None:
    try:
        return revision(os.getcwd())  # noqa: PTH109 - Path.cwd() costs as much as the rest of `capture`
    except OSError:  # the folder is gone
        return None


def capture(kernel: KernelFiles | None = None) -> Environment:
    """What is known about this machine and this process now.

    Parameters
    ----------
    kernel : KernelFiles, optional
        Where the kernel's files are; a test's own.
    """
    kernel = kernel or files.KERNEL
    constant = kernel.once(constants)
    memory = _memory(constant.memory_total, kernel)
    return replace(
        constant,
        cores_allowed=_cores_allowed(constant.cores),
        memory_limit=memory.limit,
        memory_limit_source=memory.source,
        load=_load(),
        packages=_packages(),
        threads=_threads(),
        accelerators=accelerator.products(),
        blas=_blas(),
        git=_git(),
    )


def constants(kernel: KernelFiles) -> Environment:
    """What does not change while a process lives; ask for it with ``kernel.once(constants)``."""
    cores = os.cpu_count() or 1
    return Environment(
        host=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version() + ("" if sys.implementation.name == "cpython" else f" ({sys.implementation.name})"),
        cores=cores,
        cores_allowed=cores,
        cpu=_cpu(kernel),
        cpu_quota=kernel.once(limits).cpu_quota,
        memory_total=_memory_total(kernel),
        governor=(kernel.text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "").strip() or None,
        clock_resolution=clock_resolution(),
    )


def clock_resolution() -> float:
    """The smallest step of `perf_counter` that a thousand looks at it show, in seconds."""
    smallest = float("inf")
    before = perf_counter()
    for _ in range(LOOKS):
        now = perf_counter()
        if before < now < before + smallest:
            smallest = now - before
        before = now
    return smallest if smallest < float("inf") else 0.0


def _cores_allowed(cores: int) -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):  # Windows has none
        return None


def _cpu(kernel: KernelFiles) -> str | None:
    # The first core says it; on a machine with hundreds the whole file takes milliseconds.
    for line in (kernel.text("/proc/cpuinfo", 4096) or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"model name", "Model", "cpu model"} and value.strip():
            return value.strip()
    if sys.platform == "darwin":
        try:
            found = subprocess.run(
                ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, timeout=1, check=False
            ).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            found = ""
        if found:
            return found
    return platform.processor() or platform.machine() or None


def _memory_total(kernel: KernelFiles) -> int | None:
    for line in (kernel.text("/proc/meminfo", 4096) or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    import psutil

    try:
        return int(psutil.virtual_memory().total)
    except (psutil.Error, OSError):
        return None


def _memory(total: int | None, kernel: KernelFiles) -> _Memory:
    """The tightest limit: the container's, the notebook server's, or what the machine has."""
    found = [(total, "machine"), (kernel.once(limits).memory, "cgroup"), (_memory_variable(), "MEM_LIMIT")]
    limit, source = min(((bytes_, source) for bytes_, source in found if bytes_), key=lambda each: each[0], default=(None, None))
    return _Memory(limit=limit, source=source)


def _memory_variable() -> int | None:
    """JupyterHub and Binder say in bytes what they grant a server."""
    try:
        return int(float(os.environ.get("MEM_LIMIT", "")))
    except (ValueError, OverflowError):
        return None


def _packages() -> tuple[tuple[str, str], ...]:
    found = []
    for name in PACKAGES:
        # From the dictionary: some packages load half of themselves when an attribute is asked for.
        version = getattr(sys.modules.get(name), "__dict__", {}).get("__version__")
        if isinstance(version, str):
            found.append((name, str(version)))
    return tuple(found)


def _threads() -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    count = getattr(sys.modules.get("torch"), "get_num_threads", None)
    if count is not None:
        found.append(("torch", int(count())))
    found += _pools()
    for name in THREADS:
        value = os.environ.get(name, "").split(",")[0].strip()  # OpenMP allows one number for each level
        if value.isdigit():
            found.append((name, int(value)))
    return tuple(found)


def _pools() -> list[tuple[str, int]]:
    """Threads of the numeric libraries, where threadpoolctl is there to ask them."""
    if "threadpoolctl" not in sys.modules:
        return []
    # To find the libraries takes milliseconds and only changes with an import; to ask them for their threads, microseconds.
    loaded = tuple(name in sys.modules for name in (*PACKAGES, "scipy"))
    try:
        pools = {pool.internal_api: pool.num_threads for pool in _controller(loaded).lib_controllers}
    except (AttributeError, OSError):
        return []
    return [(name, count) for name, count in pools.items() if isinstance(count, int)]


@functools.lru_cache(maxsize=1)
def _controller(loaded: tuple[bool, ...]) -> Any:
    return sys.modules["threadpoolctl"].ThreadpoolController()


def _blas() -> str | None:
    numpy = sys.modules.get("numpy")
    version = getattr(numpy, "__dict__", {}).get("__version__")
    return _blas_of(version) if isinstance(version, str) else None


@functools.lru_cache(maxsize=1)
def _blas_of(version: str) -> str | None:
    """What this numpy was built with; kept by its version, since it is slow to ask."""
    try:
        built = sys.modules["numpy"].show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built['name']} {built['version']}".removesuffix(" unknown")
    except (AttributeError, KeyError, TypeError):  # an older numpy prints it instead
        return None


def revision(folder: str) -> str | None:
    """The commit that is checked out in a folder's git repository, read from its files; None where there is none.

    Parameters
    ----------
    folder : str
        In it or above it lies ``.git``: a folder, or in a worktree or submodule a file that names one.
    """
    try:
        found = _repository(folder)
        if found is None:
            return None
        head = _read(f"{found}/HEAD")
        if not head.startswith("ref: "):
            return head or None
        name = head.removeprefix("ref: ")
        for place in (found, common := _common(found)):
            try:
                return _read(f"{place}/{name}") or None
            except FileNotFoundError:
                continue
        status = os.stat(f"{common}/packed-refs")  # noqa: PTH116 - one system call of the few microseconds there are
        return _packed(f"{common}/packed-refs", name, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return None


def _repository(folder: str) -> str | None:
    place = folder
    while True:
        inside = os.path.join(place, ".git")  # noqa: PTH118 - as above
        try:
            if not os.path.isfile(inside):  # noqa: PTH113 - as above
                os.stat(f"{inside}/HEAD")  # noqa: PTH116 - as above
                return inside
            return os.path.join(place, _read(inside).removeprefix("gitdir:").strip())  # noqa: PTH118 - as above
        except OSError:
            pass
        above = os.path.dirname(place)  # noqa: PTH120 - as above
        if above == place:
            return None
        place = above


def _common(repository: str) -> str:
    """Where the branches are: a worktree shares those of its main repository."""
    try:
        return os.path.join(repository, _read(f"{repository}/commondir"))  # noqa: PTH118 - as above
    except FileNotFoundError:
        return repository


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096).decode().strip()
    finally:
        os.close(descriptor)


@functools.lru_cache(maxsize=4)
def _packed(path: str, name: str, changed: int, size: int) -> str | None:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return None
