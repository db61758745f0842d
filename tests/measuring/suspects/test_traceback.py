"""What the last error keeps alive is found, and what is said to free it does so in a kernel and without one."""

from __future__ import annotations

import gc
import re
import sys
import weakref

import numpy as np
import pytest

from nbperf.measuring.suspects import Suspects, traceback
from tests.kernel import Kernel
from tests.measuring.suspects.driver import record
from tests.measuring.suspects.test_outputs import SETUP

MB = 2**20
NAMES = ("last_traceback", "last_value", "last_type", "last_exc")


class Big(np.ndarray):
    pass


@pytest.fixture
def fails():
    """Let a function end in an error, as the interactive interpreter notes it."""

    def fail(function) -> None:
        try:
            function()
        except (ValueError, RuntimeError) as error:
            sys.last_value, sys.last_traceback = error, error.__traceback__
            if sys.version_info >= (3, 12):
                sys.last_exc = error

    yield fail
    for name in NAMES:
        vars(sys).pop(name, None)


def concluded(names, above: float = 0.0):
    return Suspects().conclude(record(peak=above), {}, names)


def train():
    activations = np.ones(2 * MB).view(Big)
    raise ValueError(len(activations))


def test_the_variables_of_the_functions_it_went_through(fails):
    fails(train)
    (finding,) = concluded({})
    assert (finding.code, finding.weight) == ("memory-traceback-kept", 1)
    assert finding.cause == (
        "the traceback of the last error, ValueError, keeps 16.0\xa0MiB alive; the largest is `activations` of `train`"
    )


def test_the_error_it_was_raised_from_counts(fails):
    def outer():
        try:
            train()
        except ValueError as error:
            raise RuntimeError from error

    fails(outer)
    (finding,) = concluded({})
    assert "`activations` of `train`" in finding.cause


def test_what_a_variable_holds_stays_anyway(fails):
    kept = np.ones(2 * MB)

    def use():
        mine = kept
        raise ValueError(mine)

    fails(use)
    assert concluded({"kept": kept}) == ()


def test_small_variables_and_no_error(fails):
    def small():
        x = np.ones(10)
        raise ValueError(x)

    assert concluded({}) == ()
    fails(small)
    assert concluded({}) == ()
    fails(train)
    assert concluded({}, above=200 * 16 * MB) == ()


def test_without_a_notebook_the_line_frees_it(fails, monkeypatch):
    monkeypatch.setattr(traceback, "notebook", dict)
    alive = []

    def noted():
        x = np.ones(2 * MB).view(Big)
        alive.append(weakref.ref(x))
        raise ValueError

    fails(noted)
    (finding,) = concluded({})
    code = re.search("`([^`]*gc.collect[^`]*)`", finding.remedy).group(1)
    assert "get_ipython" not in code
    gc.collect()
    assert alive[0]() is not None
    exec(code, {})
    assert alive[0]() is None


def test_in_a_kernel_the_line_frees_it(fresh_kernel: Kernel):
    fresh_kernel.run(SETUP).check()
    fresh_kernel.run("""\
def outer():
    try:
        inner()
    except ValueError as error:
        raise RuntimeError from error
def inner():
    activations = big()
    alive.append(weakref.ref(activations))
    raise ValueError
""").check()
    assert fresh_kernel.run("outer()").error is not None
    fresh_kernel.run("found = look(); found += look()").check()
    (code, cause, remedy), _ = fresh_kernel.value("found")
    assert code == "memory-traceback-kept"
    assert "RuntimeError" in cause
    assert "`activations` of `inner`" in cause
    living = "[ref() is not None for ref in alive]"
    fresh_kernel.run("gc.collect()").check()
    assert fresh_kernel.value(living) == [True]
    fresh_kernel.run(re.search("`([^`]*gc.collect[^`]*)`", remedy).group(1)).check()
    assert fresh_kernel.value(living) == [False]
    assert fresh_kernel.value("look()") == []
