"""A leak is told from what the allocator keeps, by asking it for that; what stops, or falls back, is neither."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from nbperf.core.lines import Place
from nbperf.measuring.suspects import Suspects
from nbperf.measuring.suspects.growth import Growth, trimmer
from tests.measuring.suspects.driver import Driver, line, record

MB = 2**20
LINE = Place(file="In [3]", function="<module>", line=2, source="    step()")

ROOT = Path(__file__).parents[3]


class Machine:
    """Memory that falls when the allocator is asked."""

    def __init__(self, level: float, gives_back: float) -> None:
        self.level, self.gives_back, self.asked = level, gives_back, 0

    def find(self):
        return self.trim

    def trim(self) -> None:
        self.asked += 1
        self.level -= self.gives_back

    def read(self) -> float:
        return self.level


def concluded(levels, machine: Machine | None = None, *, place: Place = LINE, names=None, after: float | None = None, above: float = 0.0):
    points = [(hit, float(level)) for hit, level in enumerate(levels, 1)]
    machine = machine or Machine(points[-1][1], 0)
    watch = Suspects([lambda: Growth(machine.find, machine.read)])
    trace = record(
        [line(2, "step()", file="In [3]", hits=len(points), own=points[-1][1])], after=points[-1][1] if after is None else after, peak=above
    )
    return watch.conclude(trace, {place: points}, names or {})


def rising(step: float = 2 * MB, count: int = 30) -> list[float]:
    return [100 * MB + step * hit for hit in range(count)]


def test_a_leak_has_its_slope_and_interval():
    (finding,) = concluded(rising())
    assert (finding.code, finding.weight) == ("memory-growth", 2)
    assert finding.cause.startswith(
        "memory grows by 2.00\xa0MiB (99\xa0%: 2.00\xa0MiB to 2.00\xa0MiB) each time `step()` runs (line 2 of In [3]), 58.0\xa0MiB over 30"
    )
    assert "something holds on to it" in finding.cause


def test_the_variable_that_holds_it_is_named():
    import numpy as np

    cache = {number: np.ones(MB // 4) for number in range(30)}
    (finding,) = concluded(rising(), names={"cache": cache, "other": np.ones(10)})
    assert "`cache` holds 60.0\xa0MiB" in finding.remedy
    assert "`del cache`" in finding.remedy


def test_what_the_allocator_gives_back_is_no_leak():
    machine = Machine(160 * MB, 55 * MB)
    (finding,) = concluded(rising(), machine)
    assert (finding.code, finding.weight, machine.asked) == ("memory-cached", 0, 1)
    assert "gave back 55.0\xa0MiB" in finding.cause
    assert "malloc_trim" in finding.remedy


def test_other_memory_that_is_given_back_does_not_acquit():
    # 40 MiB of 58 are given back, or as much as grew while the level stays above: the growth is still there.
    assert concluded(rising(), Machine(160 * MB, 40 * MB))[0].code == "memory-growth"
    assert concluded(rising(), Machine(260 * MB, 60 * MB))[0].code == "memory-growth"


def test_where_the_allocator_cannot_be_asked_both_are_possible():
    watch = Suspects([lambda: Growth(lambda: None)])
    (finding,) = watch.conclude(record(after=160 * MB), {LINE: list(enumerate(rising(), 1))}, {})
    assert (finding.code, finding.weight) == ("memory-growth", 1)
    assert "could not be told apart" in finding.cause


def test_growth_that_is_freed_at_the_end_is_said_to_be():
    machine = Machine(101 * MB, 0)
    (finding,) = concluded(rising(), machine, after=101 * MB)
    assert (finding.code, finding.weight, machine.asked) == ("memory-growth", 1, 0)
    assert "freed when the code ended" in finding.cause


@pytest.mark.parametrize(
    "levels",
    [
        [100 * MB] * 30,
        [MB, 50 * MB, *[100 * MB] * 28],  # the first passes fill caches
        [min(level, 130 * MB) for level in rising()],  # growth that stops
        [100 * MB + 2 * MB * (hit % 6) for hit in range(30)],  # a sawtooth
        rising(step=1000.0),  # 30 kB
        rising(count=7),
    ],
)
def test_what_is_no_growth_asks_nobody(levels):
    machine = Machine(levels[-1], 0)
    assert concluded(levels, machine) == ()
    assert machine.asked == 0


def test_growth_that_is_a_small_share_is_not_worth_a_word():
    assert concluded(rising(), above=100 * 58 * MB + 1e6) == ()


def test_one_finding_for_a_loop_at_the_line_that_adds():
    head = Place(file="In [3]", function="<module>", line=1, source="for _ in range(30):")
    points = list(enumerate(rising(), 1))
    machine = Machine(160 * MB, 0)
    table = [line(1, head.source, file="In [3]", hits=31), line(2, "step()", file="In [3]", hits=30, own=58 * MB)]
    trace = record(table, after=160 * MB)
    (finding,) = Suspects([lambda: Growth(machine.find, machine.read)]).conclude(trace, {head: points, LINE: points}, {})
    assert "line 2" in finding.cause


LEAK = """\
cache = []
for step in range(20):
    cache.append(np.ones(250_000))
"""
CACHED = """\
def work():
    passes, pins = [], []
    for step in range(40):
        passes.append([b'x' * (60_000 + step) for _ in range(20)])
        pins.append(b'x' * (60_000 + step))
    return pins[-1:]
pins = work()
"""
STEADY = """\
for step in range(20):
    x = np.ones(250_000)
"""


def test_a_leak_on_this_machine():
    (finding,) = Driver().run(LEAK, "import numpy as np")
    assert finding.code == "memory-growth"
    assert "`cache` holds" in finding.remedy


@pytest.mark.skipif(trimmer() is None, reason="malloc_trim is the GNU C library's")
def test_memory_that_the_allocator_keeps_on_this_machine():
    # In a process of its own: here the allocator is told to keep nothing (tests/conftest.py).
    code = (
        "from tests.measuring.suspects.driver import Driver\nfrom tests.measuring.suspects.test_growth import CACHED\n"
        "print(*(finding.code for finding in Driver().run(CACHED)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["memory-cached"], done.stderr


def test_a_steady_loop_on_this_machine():
    assert Driver().run(STEADY, "import numpy as np") == ()


@pytest.mark.parametrize("error", [OSError, AttributeError, TypeError])
def test_systems_without_it(monkeypatch, error):
    def fail(_):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert trimmer() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc")
def test_it_is_asked_for_all():
    found = trimmer()
    assert found is None or found() in (0, 1)
