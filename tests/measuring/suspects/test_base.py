"""What a suspicion sees: the variables of a frame, what is in sight of its code, and what is worth a word."""

from __future__ import annotations

import gc
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest

from nbperf.core.lines import DeviceLine
from nbperf.measuring.suspects.base import Scene, Site, View, locals_of, tensors_in
from nbperf.measuring.suspects.syntax import Syntax
from tests.measuring.suspects.driver import line, record

MB = 2**20


def test_the_variables_of_a_function():
    cell = 3

    def inner(a, *rest, b=2, **more):
        late = [cell]
        found = dict(locals_of(sys._getframe()))
        del found["late"]
        return found, late

    found, _ = inner(1, 5, c=6)
    assert found == {"a": 1, "rest": (5,), "b": 2, "more": {"c": 6}, "cell": 3}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="up to Python 3.11 a tracer's call fills and renews the copy in any case")
def test_looking_leaves_no_copy_behind():
    class Big(list):
        pass

    def look():
        x = Big()
        alive = weakref.ref(x)
        assert locals_of(sys._getframe())["x"] is x
        del x
        gc.collect()
        return alive()

    assert look() is None


def test_worth_a_word_is_a_mebibyte_and_a_hundredth():
    scene = Scene(record(peak=200 * MB), {}, {})
    assert [scene.relevant(bytes_) for bytes_ in (MB, 2 * MB - 1, 2 * MB)] == [False, False, True]
    assert Scene(record(), {}, {}).relevant(MB)
    assert not Scene(record(), {}, {}).relevant(MB - 1)


def test_on_another_device_its_own_peak_counts():
    devices = (DeviceLine(device="cuda:0", allocated=0, reserved=0, peak=400 * MB),)
    scene = Scene(record([replace(line(1, "x = f()"), devices=devices)], peak=10 * MB), {}, {})
    assert [scene.relevant(bytes_, "cuda:0") for bytes_ in (3 * MB, 4 * MB)] == [False, True]


def test_a_line_is_named_as_the_table_names_it():
    table = [line(3, "x = f()", file="In [5]"), line(3, "x = g()", file="In [6]"), line(3, "x = f()", file="In [7]", function="g")]
    scene = Scene(record(table), {}, {})
    assert scene.at(Site("/tmp/ipykernel_1/2.py", "<module>", 3, "x = f()")) == "line 3 of In [5]"
    assert scene.at(Site("/tmp/ipykernel_1/2.py", "g", 3, "x = f()")) == "line 3 of In [7]"
    assert scene.at(Site("/home/user/module.py", "h", 9, "y = 1")) == "line 9 of module.py"


OUTER = {"used": 1}


def helper():
    return OUTER["used"]


def test_what_is_in_sight():
    free = "a"

    def look():
        own = 2
        helper()
        return View(sys._getframe(), Syntax(())).in_sight, own, free

    found = look()[0]
    assert (found["own"], found["free"], found["helper"], found["OUTER"]) == (2, "a", helper, OUTER)
    assert "MB" not in found


def test_modules_in_sight():
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    model = torch.nn.Linear(1, 1)

    class Trainer:
        def __init__(self):
            self.model = model

        def look(self):
            return View(sys._getframe(), Syntax(())).modules

    assert Trainer().look() == {"self.model": model}


def test_tensors_in_containers():
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    a, b, c, d = (torch.zeros(1) for _ in range(4))
    assert list(tensors_in([a, {"x": b}, (3, c), [[d]], np.ones(3)])) == [a, b, c]
