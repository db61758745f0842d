"""The same energy counters through the kernel's perf events, for those who may not read powercap (perf_event_open(2))."""

from __future__ import annotations

import os
import platform
import struct
from collections.abc import Sequence
from functools import partial

from nbperf.probes.files import FORKS, KernelFiles
from nbperf.probes.meters import Meter, Refusal
from nbperf.words import Sentence

FOLDER = "/sys/bus/event_source/devices/power"
EVENTS = {"cpu": "energy-pkg", "dram": "energy-ram"}
SYSCALL = {"x86_64": 298, "aarch64": 241, "riscv64": 241}
CLOSE_ON_EXEC = 8
SIZE = 112
"""Bytes of the attributes, version 5: everything below is in the first 24."""

_NONE = Refusal(reason=Sentence("the kernel offers no energy event"))
_LOCKED = Refusal(
    reason=Sentence("only root may read the processor's energy counters, since 2020"),
    remedy=Sentence("sudo sysctl kernel.perf_event_paranoid=0, until the next start of the machine"),
)


class Event:
    """One counter of one package: opened when it is read, and open until it is closed."""

    def __init__(self, kind: int, config: int, cpu: int, scale: float) -> None:
        self._arguments = kind, config, cpu
        self._scale = scale
        self._descriptor = -1
        FORKS.tell(self)

    def read(self) -> float:
        """Joules since it was opened.

        Raises
        ------
        OSError
            If the kernel does not let us.
        """
        if self._descriptor < 0:
            self._descriptor = open_event(*self._arguments)
        return float(struct.unpack("Q", read_event(self._descriptor))[0]) * self._scale

    def close(self) -> None:
        """Close it; the next reading opens it again, and counts from zero."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def forked(self) -> None:
        """In a child process it is opened anew: what is shared counts for both."""
        self.close()


def find(kernel: KernelFiles) -> tuple[Meter, ...] | Refusal:
    """A meter for each package, and each package's memory where it has an event, or why there is none."""
    kind = _number(kernel.text(f"{FOLDER}/type"))
    cpus = processors(kernel.text(f"{FOLDER}/cpumask") or "")
    if kind is None or not cpus:
        return _NONE
    found: list[Meter] = []
    refused = False
    for part, name in EVENTS.items():
        config = _config(kernel.text(f"{FOLDER}/events/{name}"))
        if config is None:
            continue
        scale = float(kernel.text(f"{FOLDER}/events/{name}.scale") or 2.0**-32)
        for place, cpu in enumerate(cpus):
            event = Event(kind, config, cpu, scale)
            try:
                event.read()
            except OSError:
                refused = True
                continue
            package = _number(kernel.text(f"/sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id"))
            found.append(
                Meter(
                    part=part,
                    device=f"package-{place if package is None else package}",
                    source=f"perf event power/{name}/",
                    read=event.read,
                    close=event.close,
                )
            )
    if any(meter.part == "cpu" for meter in found):
        return tuple(found)
    return _LOCKED if refused else _NONE


def processors(text: str) -> list[int]:
    """Numbers in a list such as ``"0,8-9"``."""
    found: list[int] = []
    for piece in filter(None, text.strip().split(",")):
        first, _, last = piece.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def open_event(kind: int, config: int, cpu: int) -> int:
    """A descriptor of an event on one processor, of all processes.

    Raises
    ------
    OSError
        If the kernel does not let us, or this system has no such call.
    """
    number = SYSCALL.get(platform.machine())
    if number is None or os.name != "posix":
        raise OSError(f"no perf events on {platform.machine()}")
    import ctypes  # only where there is an event to open

    attributes = struct.pack("IIQ", kind, SIZE, config).ljust(SIZE, b"\0")
    library = ctypes.CDLL(None, use_errno=True)
    call = partial(library.syscall, ctypes.c_long(number), ctypes.c_char_p(attributes), ctypes.c_int(-1), ctypes.c_int(cpu))
    descriptor = int(call(ctypes.c_int(-1), ctypes.c_ulong(CLOSE_ON_EXEC)))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return descriptor


def read_event(descriptor: int) -> bytes:
    """The eight bytes of the counter."""
    return os.read(descriptor, 8)


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None


def _config(text: str | None) -> int | None:
    """From ``"event=0x02"``."""
    for piece in (text or "").strip().split(","):
        name, _, value = piece.partition("=")
        if name == "event":
            return int(value, 0)
    return None


def close(meters: Sequence[Meter]) -> None:
    """Close what they keep open."""
    for meter in meters:
        if meter.close is not None:
            meter.close()
