"""Every probe by its name: the built-in ones, and those that other packages bring (entry points ``nbperf.probes``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nbperf.core.records import Absence
from nbperf.errors import PlanError
from nbperf.probes import cpu_power, files, gpu_power
from nbperf.probes.accelerator import Accelerator, Settling
from nbperf.probes.base import Probe
from nbperf.probes.clock import Clock
from nbperf.probes.container import Container
from nbperf.probes.cpu_estimate import CpuEstimate
from nbperf.probes.cpu_power import CpuPower
from nbperf.probes.files import KernelFiles
from nbperf.probes.gpu_power import GpuPower
from nbperf.probes.io import InputOutput
from nbperf.probes.machine import Machine
from nbperf.probes.memory import Memory
from nbperf.probes.python import PythonMemory
from nbperf.probes.usage import Usage
from nbperf.words import Sentence, say

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "nbperf.probes"

BUILT_IN: dict[str, Callable[[KernelFiles], Probe]] = {
    "gpu": lambda _: GpuPower(),
    "cpu": CpuPower,
    "cpu_estimate": CpuEstimate,
    "io": InputOutput,
    "container": Container,
    "machine": Machine,
    "python": lambda _: PythonMemory(),
    "memory": Memory,
    "usage": Usage,
    "accelerator": lambda _: Accelerator(),
    "clock": lambda _: Clock(device=Settling()),
}
"""In the order in which they start: what is disturbed most by the others comes last."""

OPTIONAL = frozenset({"python", "cpu_estimate"})
"""Only where they are asked for: they slow the measured code down, or read nothing from the machine."""

_FOUND: dict[str, EntryPoint | Absence] = {}
_SCANNED: list[bool] = []


def discover(
    names: Sequence[str] | None = None, *, also: Sequence[str] = (), kernel: KernelFiles | None = None
) -> tuple[list[Probe], list[Absence]]:
    """New probes for one window, in the order in which they start, and what is known not to be there.

    Parameters
    ----------
    names : sequence of str, optional
        Exactly these; by default all but the optional ones, with those of other packages.
    also : sequence of str
        These as well, such as ``"python"``.
    kernel : KernelFiles, optional
        Where the kernel's files are; a test's own.

    Raises
    ------
    PlanError
        If there is no probe of that name; the message names those there are.
    """
    for given in (names, also):
        if isinstance(given, str):
            raise PlanError(say("the names of probes are a list, such as [{found!r}], not a text", found=given))
    kernel = kernel or files.KERNEL
    wanted = dict.fromkeys((*(names if names is not None else _default()), *also))
    for name in also:
        if name not in BUILT_IN and name not in _entry_points():
            optional = ", ".join(sorted(OPTIONAL))  # the others run by themselves
            raise PlanError(say("there is no probe named {name!r}; beside the default ones there are {known}", name=name, known=optional))
    probes: list[Probe] = []
    absences: list[Absence] = []
    for name in wanted:
        if name in BUILT_IN:
            continue
        found = _foreign(name)
        if isinstance(found, Absence):
            absences.append(found)
        else:
            probes.append(found)
    own = {name: make(kernel) for name, make in BUILT_IN.items() if name in wanted}
    accelerator = own.get("accelerator")
    if "clock" in own and isinstance(accelerator, Accelerator):
        own["clock"] = Clock(device=accelerator)
    return [*probes, *own.values()], absences


def known() -> tuple[str, ...]:
    """The names of all probes, for completion and for messages."""
    return (*BUILT_IN, *_entry_points())


def quantities() -> tuple[str, ...]:
    """What all probes here can read, the optional ones and those of other packages as well."""
    probes, _ = discover(known())
    return tuple(dict.fromkeys(quantity for probe in probes for quantity in probe.quantities))


def close() -> None:
    """Close every descriptor that probes keep open, and forget the other packages' probes; both come back when needed."""
    gpu_power.close()
    cpu_power.close()
    files.KERNEL.close()
    _FOUND.clear()
    _SCANNED.clear()


def _default() -> tuple[str, ...]:
    return tuple(name for name in known() if name not in OPTIONAL)


def _entry_points() -> dict[str, EntryPoint | Absence]:
    """Those of other packages: looked for once, since it reads the metadata of everything that is installed."""
    if not _SCANNED:
        from importlib.metadata import entry_points

        for point in entry_points(group=GROUP):
            if point.name in BUILT_IN:
                continue  # a name of ours stays ours
            _FOUND[point.name] = point
        _SCANNED.append(True)
    return _FOUND


def _foreign(name: str) -> Probe | Absence:
    point = _entry_points().get(name)
    if point is None:
        raise PlanError(say("there is no probe named {name!r}; there are {known}", name=name, known=", ".join(known())))
    if isinstance(point, Absence):
        return point
    try:
        probe = point.load()()
        if isinstance(probe, Probe):
            return probe
        error = f"{point.value} gives no probe but {type(probe).__name__}"
    except Exception as raised:  # noqa: BLE001 - another package's fault, whatever it is, must not end a measurement
        error = f"{type(raised).__name__}: {raised}"
    # Once it is broken it stays so: to import it again under every cell would cost time and could not help.
    absence = Absence(
        quantity=name,
        reason=Sentence("the probe {name} of another package is broken: {error}", name=name, error=error),
        remedy=Sentence("update or remove the package that brings {value}", value=point.value),
    )
    _FOUND[name] = absence
    return absence
