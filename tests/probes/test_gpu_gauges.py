"""What a GPU draws now, through the real binding and a driver that is not."""

from __future__ import annotations

import sys

import pytest

from nbperf.core.units import Unit
from nbperf.probes import nvml
from nbperf.probes.base import Gauge
from nbperf.probes.gpu_gauges import gauges
from nbperf.probes.nvml import Nvml
from nbperf.probes.watch import Watch
from tests.probes.fake_nvml import FakeDriver, compiled

pynvml = pytest.importorskip("pynvml")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    driver = FakeDriver(compiled())
    monkeypatch.setattr(pynvml, "nvmlLib", driver.library)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    nvml.wrong_binding.cache_clear()
    return driver


def of(driver: FakeDriver) -> Nvml:
    return Nvml(environ={}, watch=Watch(driver, threaded=False), has_library=lambda: False)


def test_power_and_use_now(driver: FakeDriver) -> None:
    driver.power((0, 123.0))
    found = gauges(of(driver))
    assert all(isinstance(gauge, Gauge) for gauge in found)
    readings = [gauge.sample() for gauge in found]
    assert [(r.quantity, r.unit, r.device) for r in readings][:2] == [
        ("power.gpu", Unit.WATT, "gpu:0"),
        ("gpu.utilisation", Unit.RATIO, "gpu:0"),
    ]
    assert readings[0].value == pytest.approx(123.0)
    assert 0 <= readings[1].value <= 1


def test_without_a_driver_there_is_nothing_to_show() -> None:
    assert gauges(Nvml(environ={}, has_library=lambda: False)) == []
