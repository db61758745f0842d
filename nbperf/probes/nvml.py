"""NVIDIA's management library: found once a process, opened where there is a driver, and otherwise the reason why not.

The binding is the module ``pynvml`` of the package nvidia-ml-py. It is imported only where the driver's library is on
this machine, so that nobody else pays for it.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbperf.probes.files import FORKS
from nbperf.probes.meters import LOST, Meter, Refusal
from nbperf.probes.watch import WATCH, Watch
from nbperf.words import Sentence

INSTANT = 186
"""Field of the power right now; ``NVML_FI_DEV_POWER_INSTANT`` in a binding that has it."""
TICK = 0.1
"""Seconds between two values of the energy counter, until they were seen: the longest that was reported of any card."""
PERIOD = 0.05
"""Seconds from one reading of the power to the next, where there is no counter."""
NEEDED = ("nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetFieldValues", "NVML_FI_DEV_POWER_INSTANT", "nvmlDeviceGetUUID")
"""What the true binding has and those that shadow it lack."""
LACKING = frozenset({f"NVMLError_{name}" for name in ("NotSupported", "FunctionNotFound", "NoPermission", "InvalidArgument", "Deprecated")})
"""What is said of a way to read that a card or driver does not have, and never will."""

_NO_LIBRARY = Refusal(
    reason=Sentence("there is no NVIDIA driver here"),
    remedy=Sentence("with an NVIDIA GPU in this machine, install its driver; in a container, start it with --gpus all"),
)
_NO_BINDING = Refusal(
    reason=Sentence("the binding to NVIDIA's management library is not installed"), remedy=Sentence("pip install nvidia-ml-py")
)
_NO_DEVICE = Refusal(reason=Sentence("the NVIDIA driver shows no GPU"))
_HIDDEN = Refusal(
    reason=Sentence("CUDA_VISIBLE_DEVICES hides every GPU"), remedy=Sentence("unset it and restart the kernel to have them measured")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A GPU as the driver shows it.

    Attributes
    ----------
    index : int
        NVML's, in the order of the PCI bus.
    handle : object
    uuid : str
        ``"GPU-…"``.
    place : (int, int, int)
        PCI domain, bus and device.
    split : bool
        Whether it is split into MIG instances: what is read is the whole card's all the same.
    """

    index: int
    handle: Any
    uuid: str
    name: str
    place: tuple[int, int, int]
    split: bool = False


class Nvml:
    """The library, opened once and closed with `close`.

    Parameters
    ----------
    environ : mapping, optional
        Where CUDA_VISIBLE_DEVICES is read.
    watch : Watch, optional
    has_library : callable, optional
        Whether the driver's library is on this machine.
    """

    def __init__(
        self, *, environ: Mapping[str, str] = os.environ, watch: Watch = WATCH, has_library: Callable[[], bool] | None = None
    ) -> None:
        self.environ = environ
        self.watch = watch
        self.ticks: dict[int, float] = {}
        self.learning: set[int] = set()
        self.tail = False
        self.binding: Any = None
        self._has_library = has_library or _has_library
        self._found: tuple[Card, ...] | Refusal | None = None
        self._meters: dict[int, Meter | Refusal] = {}
        self._mapped: dict[tuple[str, int], Card | None] = {}
        self._visible: tuple[str | None, tuple[Card, ...] | Refusal] | None = None
        self._lock = threading.Lock()
        FORKS.tell(self)

    def cards(self) -> tuple[Card, ...] | Refusal:
        """Every GPU of this machine, or why there is none; costs nothing from the second time on."""
        if self._found is None:
            with self._lock:
                if self._found is None:
                    self._found = self._open()
        return self._found

    def meter(self, card: Card) -> Meter | Refusal:
        """How its energy is read: the best way it has."""
        found = self._meters.get(card.index)
        if found is None:
            try:
                found = self._meters[card.index] = _meter(self.binding, card, self.tail)
            except Exception as error:  # noqa: BLE001 - a card that is lost now, and may be there again in the next window
                return Refusal(reason=Sentence("the sensor did not answer: {error}", error=said(error)), remedy=LOST)
        return found

    def visible(self) -> tuple[Card, ...] | Refusal:
        """Those that CUDA would show this process; NVML itself shows all."""
        text = self.environ.get("CUDA_VISIBLE_DEVICES")
        if self._visible is None or self._visible[0] != text:
            cards = self.cards()
            if isinstance(cards, Refusal):
                return cards
            self._visible = text, _visible(cards, text, self.environ.get("CUDA_DEVICE_ORDER", "")) or _HIDDEN
        return self._visible[1]

    def used(self) -> dict[int, tuple[Card, str]]:
        """By NVML's index: those that PyTorch uses, as PyTorch calls them. Empty where it uses none."""
        torch = sys.modules.get("torch")
        try:
            if torch is None or not torch.cuda.is_initialized() or isinstance(self.cards(), Refusal):
                return {}
            numbers = _in_use(torch)
        except Exception:  # noqa: BLE001 - a torch that is being imported, or broken by a failed kernel, names no devices
            return {}
        found: dict[int, tuple[Card, str]] = {}
        for number in numbers:
            card = self._card_of(torch, number)
            if card is not None:
                found.setdefault(card.index, (card, f"cuda:{number}"))
        return found

    def close(self) -> None:
        """Give the library back; it is opened again when it is needed."""
        with self._lock:
            opened, self._found = isinstance(self._found, tuple), None
            self._meters.clear()
            self.learning.clear()
            self._mapped.clear()
            self._visible = None
            if opened:
                try:
                    self.binding.nvmlShutdown()
                except Exception:  # noqa: BLE001 - somebody else may have shut it down before
                    pass

    def forked(self) -> None:
        """In a child process the library must be opened anew."""
        self._lock = threading.Lock()
        self._found = None
        self._meters = {}
        self.learning = set()
        self._mapped = {}
        self._visible = None

    def _open(self) -> tuple[Card, ...] | Refusal:
        binding = sys.modules.get("pynvml")
        if getattr(binding, "nvmlLib", None) is None and not self._has_library():
            return _NO_LIBRARY
        try:
            import pynvml
        except ImportError:
            return _NO_BINDING
        except Exception as error:  # noqa: BLE001 - an old binding that fails on this Python is a wrong one
            return wrong_binding(f"{type(error).__name__}: {error}")
        if missing := [name for name in NEEDED if not hasattr(pynvml, name)]:
            return wrong_binding(missing[0])
        self.binding = pynvml
        try:
            pynvml.nvmlInit()
        except Exception as error:  # noqa: BLE001 - whatever the driver says is its reason
            return _no_driver(error)
        try:
            cards = tuple(_card(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount()))
        except Exception as error:  # noqa: BLE001 - as above
            return _no_driver(error)
        return cards or _NO_DEVICE

    def _card_of(self, torch: Any, number: int) -> Card | None:
        key = str(getattr(torch, "__version__", "")), number
        if key not in self._mapped:
            cards = self.cards()
            assert isinstance(cards, tuple)
            self._mapped[key] = _same(self.binding, cards, torch.cuda.get_device_properties(number))
        return self._mapped[key]


def said(error: Exception) -> str:
    """What the driver says, such as ``"GPU is lost"``."""
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - the binding asks the library for its words, which may be gone
        return type(error).__name__


@functools.cache
def wrong_binding(missing: str) -> Refusal:
    """Another package stands where the binding should: which one, and the line that puts it right."""
    from importlib.metadata import packages_distributions

    owners = set(packages_distributions().get("pynvml", ()))
    others = sorted(owners - {"nvidia-ml-py"}) or ["pynvml"]
    return Refusal(
        reason=Sentence(
            "the module pynvml is not NVIDIA's own but that of {package}: it has no {name}", package=", ".join(others), name=missing
        ),
        remedy=Sentence(
            "pip uninstall -y {packages} nvidia-ml-py; pip install nvidia-ml-py; then restart the kernel", packages=" ".join(others)
        ),
    )


def _has_library() -> bool:
    """Whether the driver's library can be loaded: asked of the loader, which knows every place it may be in."""
    if sys.platform == "darwin":
        return False
    if sys.platform == "win32":
        from pathlib import Path

        places = (Path(os.environ.get("WINDIR", "C:/Windows"), "System32"), Path("C:/Program Files/NVIDIA Corporation/NVSMI"))
        return any((place / "nvml.dll").exists() for place in places)
    import ctypes

    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return False
    return True


def _no_driver(error: Exception) -> Refusal:
    return Refusal(
        reason=Sentence("the NVIDIA driver does not answer: {error}", error=said(error)),
        remedy=Sentence("`nvidia-smi` in a terminal should list the GPUs: where it does not, the driver must be loaded or updated"),
    )


def _card(binding: Any, index: int) -> Card:
    handle = binding.nvmlDeviceGetHandleByIndex(index)
    pci = binding.nvmlDeviceGetPciInfo(handle)
    try:
        split = bool(binding.nvmlDeviceGetMigMode(handle)[0])
    except Exception:  # noqa: BLE001 - cards that cannot be split do not answer
        split = False
    return Card(
        index=index,
        handle=handle,
        uuid=_text(binding.nvmlDeviceGetUUID(handle)),
        name=_text(binding.nvmlDeviceGetName(handle)),
        place=(int(pci.domain), int(pci.bus), int(pci.device)),
        split=split,
    )


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _meter(binding: Any, card: Card, tail: bool) -> Meter | Refusal:
    """Counter, else the power right now, else its average over a second, else why not.

    Raises
    ------
    Exception
        Whatever the driver says that is not a lack.
    """
    handle, device = card.handle, f"gpu:{card.index}"
    limit = watt_limit(binding, card)

    def joules() -> float:
        return float(binding.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3

    def instant() -> float:
        (value,) = binding.nvmlDeviceGetFieldValues(handle, [INSTANT])
        if value.nvmlReturn != 0:
            raise binding.NVMLError(value.nvmlReturn)
        return float(value.value.uiVal) / 1e3

    def usage() -> float:
        return float(binding.nvmlDeviceGetPowerUsage(handle)) / 1e3

    whole = ", of the whole card (MIG)" if card.split else ""
    ways = (
        (joules, "NVML total energy counter", True, TICK),
        (instant, "NVML instant power", False, PERIOD),
        (usage, "NVML power usage", False, PERIOD),
    )
    reason = ""
    for read, source, counts, tick in ways:
        try:
            value = read()
        except Exception as error:
            if type(error).__name__ not in LACKING:
                raise
            reason = said(error)
            continue
        if value <= 0:  # a card that reports nothing, and calls it nothing
            reason = f"{source}: 0"
            continue
        averaged = read is usage and not _is_instant(binding, handle)
        if averaged and not tail:
            return Refusal(
                reason=Sentence("this card only reports its power as an average over one second"),
                remedy=Sentence(
                    "nbperf.probes.gpu_power.capture_tail() follows that average to its end: each window then takes 1.1 s longer to read"
                ),
            )
        source = "NVML 1 s average power, tail captured" if averaged else source
        return Meter(part="gpu", device=device, source=source + whole, read=read, counts=counts, tick=tick, limit=limit)
    return Refusal(reason=Sentence("this card does not report its power: {error}", error=reason))


def watt_limit(binding: Any, card: Card) -> float | None:
    """Watts that the card is held to; None where it does not say."""
    try:
        return float(binding.nvmlDeviceGetEnforcedPowerLimit(card.handle)) / 1e3 or None
    except Exception:  # noqa: BLE001 - laptops and virtual GPUs often do not say
        return None


def _is_instant(binding: Any, handle: Any) -> bool:
    """Whether the power usage is that of the moment: before Ampere, and on GA100; an average over a second otherwise."""
    try:
        capability = tuple(binding.nvmlDeviceGetCudaComputeCapability(handle))
    except Exception:  # noqa: BLE001 - the newer ones answer, and are the rule
        return False
    return capability <= (8, 0)


def _visible(cards: Sequence[Card], text: str | None, order: str) -> tuple[Card, ...]:
    """What CUDA_VISIBLE_DEVICES leaves: indexes, or beginnings of UUIDs, up to the first that names no card."""
    if text is None:
        return tuple(cards)
    found: dict[int, Card] = {}
    for item in map(str.strip, text.split(",")):
        card: Card | None = None
        if item.lstrip("-").isdigit():
            number = int(item)
            card = cards[number] if 0 <= number < len(cards) else None
            if card is not None and order != "PCI_BUS_ID" and len({each.name for each in cards}) > 1:
                return tuple(cards)  # CUDA counts the fastest first, and which that is only CUDA knows
        elif item.startswith("MIG-GPU-"):
            card = _by_uuid(cards, item.removeprefix("MIG-").split("/")[0])
        elif item.startswith("MIG-"):
            split = [each for each in cards if each.split]
            card = split[0] if len(split) == 1 else None
            if card is None and split:
                return tuple(split)  # an instance's own UUID does not name its card
        elif item:
            card = _by_uuid(cards, item)
        if card is None:
            break
        found[card.index] = card
    return tuple(found.values())


def _by_uuid(cards: Sequence[Card], start: str) -> Card | None:
    found = [card for card in cards if card.uuid.startswith(start)]
    return found[0] if len(found) == 1 else None


def _in_use(torch: Any) -> list[int]:
    current, count = int(torch.cuda.current_device()), int(torch.cuda.device_count())
    used = getattr(torch._C, "_cuda_hasPrimaryContext", None)
    if count == 1 or used is None:
        return [current]
    return [number for number in range(count) if number == current or used(number)]


def _same(binding: Any, cards: Sequence[Card], properties: Any) -> Card | None:
    """The card that a device of CUDA is: by UUID, by the instance's UUID where it is split, by its place on the bus."""
    uuid = str(getattr(properties, "uuid", "")).removeprefix("GPU-").removeprefix("MIG-")
    if uuid:
        for card in cards:
            if card.uuid.removeprefix("GPU-") == uuid:
                return card
        try:
            parent = binding.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(binding.nvmlDeviceGetHandleByUUID(f"MIG-{uuid}"))
            return _by_uuid(cards, _text(binding.nvmlDeviceGetUUID(parent)))
        except Exception:  # noqa: BLE001 - it is no instance; the bus may still tell
            pass
    place = tuple(getattr(properties, f"pci_{part}_id", None) for part in ("domain", "bus", "device"))
    for card in cards:
        if place == card.place:
            return card
    return cards[0] if len(cards) == 1 else None


NVML = Nvml()
"""The one of this process."""
