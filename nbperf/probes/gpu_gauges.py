"""What a GPU draws and how busy it is, at an instant: for the line under a cell that runs long, and for timelines."""

from __future__ import annotations

from nbperf.core.records import Provenance, Reading
from nbperf.core.units import Unit
from nbperf.probes.base import Gauge
from nbperf.probes.meters import Refusal
from nbperf.probes.nvml import NVML, Card, Nvml


class GpuPowerGauge:
    """Watts that a card draws, as its driver says them now; on many cards an average over the last second."""

    quantity = "power.gpu"

    def __init__(self, nvml: Nvml, card: Card, device: str) -> None:
        self._nvml, self._card, self._device = nvml, card, device

    def sample(self) -> Reading:
        """The power now."""
        watts = self._nvml.binding.nvmlDeviceGetPowerUsage(self._card.handle) / 1e3
        return _reading(self.quantity, watts, Unit.WATT, "NVML power usage", self._device)


class GpuUseGauge:
    """The share of time in which a card had a kernel running, as its driver says it now."""

    quantity = "gpu.utilisation"

    def __init__(self, nvml: Nvml, card: Card, device: str) -> None:
        self._nvml, self._card, self._device = nvml, card, device

    def sample(self) -> Reading:
        """The share now."""
        share = self._nvml.binding.nvmlDeviceGetUtilizationRates(self._card.handle).gpu / 100
        return _reading(self.quantity, share, Unit.RATIO, "NVML utilisation", self._device)


def gauges(nvml: Nvml = NVML) -> list[Gauge]:
    """Of every card that PyTorch uses, else of those that CUDA would show; none where there is no driver."""
    if isinstance(nvml.cards(), Refusal):
        return []
    used = list(nvml.used().values())
    if not used:
        visible = nvml.visible()
        used = [] if isinstance(visible, Refusal) else [(card, f"gpu:{card.index}") for card in visible]
    return [gauge(nvml, card, device) for card, device in used for gauge in (GpuPowerGauge, GpuUseGauge)]


def _reading(quantity: str, value: float, unit: Unit, source: str, device: str) -> Reading:
    return Reading(quantity=quantity, value=value, unit=unit, provenance=Provenance.SAMPLED, source=source, device=device)
