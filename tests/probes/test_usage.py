import mmap
import sys
from pathlib import Path

import pytest

from nbperf.core.records import Absence, Reading
from nbperf.core.units import Unit
from nbperf.probes.files import KernelFiles
from nbperf.probes.usage import Usage, own_usage


def window(probe: Usage, work=lambda: None) -> dict[str, Reading | Absence]:
    probe.start()
    work()
    return {answer.quantity: answer for answer in probe.stop()}


def burn() -> None:
    import time

    until = time.process_time() + 0.03
    while time.process_time() < until:
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no getrusage")
def test_cpu_time_and_page_faults_are_the_windows_own():
    def touch() -> None:
        with mmap.mmap(-1, 64 * mmap.PAGESIZE) as block:
            if hasattr(mmap, "MADV_NOHUGEPAGE"):
                block.madvise(mmap.MADV_NOHUGEPAGE)
            for page in range(64):
                block[page * mmap.PAGESIZE] = 1

    probe = Usage()
    assert window(probe, touch)["faults.minor"].value >= 64
    busy = window(probe, burn)
    idle = window(probe)
    assert busy["time.cpu.user"].value + busy["time.cpu.system"].value >= 0.025
    assert idle["time.cpu.user"].value < 0.025
    assert set(busy) == set(probe.quantities)
    assert busy["switches.voluntary"].unit is Unit.COUNT


def test_without_the_resource_module_cpu_time_stays_and_counts_are_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "resource", None)
    kernel = KernelFiles(tmp_path)
    assert own_usage(kernel) is None
    found = window(Usage(kernel), burn)
    assert found["time.cpu.user"].source == "os.times"
    assert isinstance(found["faults.minor"], Absence)
    assert isinstance(found["switches.involuntary"], Absence)
    assert set(found) == set(Usage.quantities)
