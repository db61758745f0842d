"""The quantities nbperf knows by name: what they are called, their unit, whether they grow with the work done.

A name is dotted and never holds a unit. A probe from elsewhere may bring names of its own; they are shown as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbperf.core.units import Unit
from nbperf.words import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a name stands for.

    Attributes
    ----------
    name : str
    unit : Unit
    label : Sentence
        For people.
    extensive : bool
        It grows with the number of loops, so a measurement divides it by them.
    better : {"less", "more", None}
        Which way is good, where that can be said.
    """

    name: str
    unit: Unit
    label: Sentence
    extensive: bool = False
    better: Literal["less", "more"] | None = None


def _extensive(name: str, unit: Unit, label: str) -> Quantity:
    return Quantity(name=name, unit=unit, label=Sentence(label), extensive=True, better="less")


def _level(name: str, unit: Unit, label: str, better: Literal["less", "more"] | None = "less") -> Quantity:
    return Quantity(name=name, unit=unit, label=Sentence(label), better=better)


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        _extensive("time.wall", Unit.SECOND, "wall time"),
        _extensive("time.cpu.user", Unit.SECOND, "CPU time, user"),
        _extensive("time.cpu.system", Unit.SECOND, "CPU time, system"),
        _level("time.reference", Unit.SECOND, "reference operation", None),
        _extensive("time.cuda", Unit.SECOND, "CUDA device time"),
        _extensive("time.mps", Unit.SECOND, "MPS device time"),
        _extensive("time.xpu", Unit.SECOND, "XPU device time"),
        _extensive("time.device.wait", Unit.SECOND, "waited for the device at the end"),
        _level("memory.rss.before", Unit.BYTE, "resident memory before", None),
        _level("memory.rss.after", Unit.BYTE, "resident memory after"),
        _level("memory.rss.peak", Unit.BYTE, "peak resident memory"),
        _level("memory.swap", Unit.BYTE, "memory swapped out"),
        _level("memory.python.peak", Unit.BYTE, "peak of Python allocations"),
        _level("memory.cuda.allocated.peak", Unit.BYTE, "peak CUDA memory allocated"),
        _level("memory.cuda.reserved.peak", Unit.BYTE, "peak CUDA memory reserved"),
        _level("memory.mps.allocated", Unit.BYTE, "MPS memory allocated"),
        _extensive("faults.minor", Unit.COUNT, "page faults, minor"),
        _extensive("faults.major", Unit.COUNT, "page faults, major"),
        _extensive("switches.voluntary", Unit.COUNT, "context switches, voluntary"),
        _extensive("switches.involuntary", Unit.COUNT, "context switches, involuntary"),
        _extensive("io.read", Unit.BYTE, "bytes read"),
        _extensive("io.write", Unit.BYTE, "bytes written"),
        _extensive("container.throttled.time", Unit.SECOND, "time throttled by the CPU quota"),
        _extensive("container.throttled.periods", Unit.COUNT, "periods throttled by the CPU quota"),
        _level("machine.busy.others", Unit.CORE, "cores kept busy by others"),
        _extensive("energy.gpu", Unit.JOULE, "GPU energy"),
        _extensive("energy.cpu", Unit.JOULE, "CPU energy"),
        _extensive("energy.dram", Unit.JOULE, "memory energy"),
        _extensive("energy.board", Unit.JOULE, "energy of the whole board"),
        _extensive("energy.wall", Unit.JOULE, "energy at the wall"),
        _extensive("energy.gpu.logged", Unit.JOULE, "GPU energy, from a log"),
        _level("power.gpu", Unit.WATT, "GPU power"),
        _level("power.gpu.limit", Unit.WATT, "GPU power limit", None),
        _level("power.cpu", Unit.WATT, "CPU power"),
        _level("power.dram", Unit.WATT, "memory power"),
        _level("power.board", Unit.WATT, "power of the whole board"),
        _level("power.wall", Unit.WATT, "power at the wall"),
        _level("power.gpu.logged", Unit.WATT, "GPU power, from a log"),
        _level("gpu.utilisation", Unit.RATIO, "GPU in use", None),
        _level("gpu.clock", Unit.HERTZ, "GPU clock", None),
        _level("gpu.temperature", Unit.KELVIN, "GPU temperature, highest"),
        _level("gpu.throttled", Unit.RATIO, "GPU slowed down"),
        _level("memory.gpu.ours", Unit.BYTE, "GPU memory of this process"),
        _level("memory.gpu.others", Unit.BYTE, "GPU memory of others"),
        _level("memory.gpu.used", Unit.BYTE, "GPU memory in use"),
        _level("items.rate", Unit.ITEM_PER_SECOND, "throughput", "more"),
        _level("items.energy", Unit.ITEM_PER_JOULE, "work per joule", "more"),
        _level("machine.busy", Unit.CORE, "cores kept busy by everybody", None),
    )
}

RATES = ("items.rate", "items.energy")
"""What no probe reads: work per second and per joule, where a run is told how much work a loop does."""

OVER_TIME: dict[str, Sentence] = {
    "memory.rss": Sentence("resident memory"),
    "memory.uss": Sentence("memory of this process alone"),
    "memory.children": Sentence("memory of worker processes"),
    "memory.python": Sentence("Python allocations"),
    "memory.cuda.allocated": Sentence("CUDA memory allocated"),
    "memory.cuda.reserved": Sentence("CUDA memory reserved"),
}
"""What is only seen over time, in a Trace: it has no single value that a budget could bound."""


def extensive(name: str) -> bool:
    """Whether a quantity grows with the number of loops; unknown names go by their first part."""
    known = QUANTITIES.get(name)
    return known.extensive if known else name.split(".")[0] in {"time", "energy", "io", "faults", "switches", "carbon"}


def label(name: str) -> Sentence:
    """A quantity's name for people; an unknown one's own name."""
    known = QUANTITIES.get(name)
    return known.label if known else OVER_TIME.get(name) or Sentence(name)
