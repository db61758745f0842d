"""The energy of a recorded session, cells and pauses, with sensors that a test drives under the real probes in a real kernel."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

import pytest

from tests.kernel import Kernel
from tests.magics.test_session import cards

BARE = """
from nbperf.probes import cpu_power, rapl
from nbperf.probes.nvml import NVML

cpu_power.SOURCES = (rapl.find,) * 3
rapl.FOLDER = "/nowhere"
NVML._has_library = lambda: False

def take(joules):
    pass
"""
"""The sensors of the machine that runs the tests are none of theirs."""
RAPL = """
import os, pathlib

zone = pathlib.Path("powercap/intel-rapl:0").absolute()
zone.mkdir(parents=True)
(zone / "name").write_text("package-0")
(zone / "max_energy_range_uj").write_text("262143328850")
counter = os.open(zone / "energy_uj", os.O_CREAT | os.O_RDWR)
spent = 1000.0

def take(joules):
    global spent
    spent += joules
    os.pwrite(counter, b"%015d" % (spent * 1e6), 0)

take(0)
rapl.FOLDER = str(zone.parent)
"""
NVML = """
import pynvml
from tests.probes.fake_nvml import FakeDriver, compiled

driver = FakeDriver(compiled())
driver.power((0, 25.0))
driver.set(limit=0, tick=1e-3)
pynvml.nvmlLib = driver.library
NVML.ticks[0] = 0.01

def take(joules):
    driver.advance(joules / 25.0)
"""
CURVE = """
from nbperf.probes.calibration import calibrate
calibrate([(0, 500.0), (1000, 500.0)])
"""
PAUSE = 0.3
"""Seconds of a pause: many times what the cells last that no sensor resolves."""

posix = pytest.mark.skipif(sys.platform == "win32", reason="a tree of RAPL, and a driver to compile, are those of Linux")


@pytest.fixture
def session(kernels: Callable[..., Kernel]) -> Callable[..., Kernel]:
    def start(*sources: str) -> Kernel:
        kernel = kernels()
        kernel.run("\n".join((BARE, *sources))).check()
        kernel.run("import time\ndef work(joules):\n    take(joules)\n    time.sleep(0.1)").check()
        kernel.run("%load_ext nbperf\n%config NBPerf.history = None").check()
        kernel.run("%nbperf auto on").check()
        return kernel

    return start


def pause(kernel: Kernel, joules: float) -> None:
    """Time in which no cell runs, although the device takes something: what is silent is no cell."""
    time.sleep(PAUSE / 2)
    kernel.value(f"take({joules})")
    time.sleep(PAUSE / 2)


def idle(kernel: Kernel) -> tuple[float, str]:
    """The share of the energy while idle in per cent, and the whole card."""
    (card,) = cards(kernel.run("%nbperf cells energy").check())
    found = re.search(r"~?([\d.]+) % of the energy while idle", card)
    assert found is not None, card
    return float(found[1]), card


@posix
@pytest.mark.parametrize("sources", [(RAPL,), (NVML,), (NVML, CURVE)], ids=["RAPL", "NVML", "NVML beside a curve"])
def test_the_idle_share_is_that_of_the_sensor(session: Callable[..., Kernel], sources: tuple[str, ...]) -> None:
    """Of 60 J, 30 J and 10 J were taken by two cells; an estimate beside them is in neither sum."""
    kernel = session(*sources)
    pause(kernel, 15)
    kernel.run("work(30)").check()
    pause(kernel, 2)
    kernel.run("quick = 1").check()
    pause(kernel, 3)
    kernel.run("work(10)").check()
    share, card = idle(kernel)
    assert share == pytest.approx(100 * 20 / 60, abs=1.5)
    rows = [line.split() for line in card.splitlines()]
    joules = {row[1]: row[-2] for row in rows if row[1:2] in (["work(30)"], ["work(10)"])}
    assert {name: round(float(value)) for name, value in joules.items()} == {"work(30)": 30, "work(10)": 10}

    pause(kernel, 40)  # and what was counted before the first card is still there
    share, _ = idle(kernel)
    assert share == pytest.approx(100 * 60 / 100, abs=10)

    pause(kernel, 100)
    kernel.run("%nbperf auto off").check()
    kernel.value("take(1000)")
    share, _ = idle(kernel)
    assert share == pytest.approx(100 * 160 / 200, abs=10)


@posix
def test_a_session_starts_from_nothing(session: Callable[..., Kernel]) -> None:
    kernel = session(RAPL)
    pause(kernel, 500)
    kernel.run("work(30)").check()
    kernel.run("%nbperf auto off").check()
    kernel.value("take(1000)")
    kernel.run("%nbperf auto on").check()
    kernel.run("work(30)").check()
    pause(kernel, 10)
    share, _ = idle(kernel)
    assert share == pytest.approx(100 * 10 / 40, abs=1.5)


@posix
def test_what_waits_until_no_cell_is_measured_does_not_wait_for_the_session(session: Callable[..., Kernel]) -> None:
    """The tick of a graphics card's counter is looked for between cells, and until it is known short cells have no energy."""
    kernel = session(NVML)
    kernel.run("from nbperf.probes.watch import WATCH\nseen = WATCH.idle").check()
    assert kernel.value("(seen, WATCH.idle, len(WATCH._due))") == (False, True, 1)


@posix
def test_what_is_only_estimated_is_no_energy_of_the_session(session: Callable[..., Kernel]) -> None:
    kernel = session(CURVE)
    kernel.run("work(1)").check()
    (card,) = cards(kernel.run("%nbperf cells energy").check())
    assert "no energy was read" in card
    assert "work(1)" in card
