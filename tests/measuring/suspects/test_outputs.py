"""Outputs that only IPython holds are found, and what is said to free them does so in a kernel."""

from __future__ import annotations

import gc
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from nbperf.measuring.suspects import Suspects, outputs
from tests.kernel import Kernel
from tests.measuring.suspects.driver import codes, record

MB = 2**20


@pytest.fixture
def notebook(monkeypatch):
    """The variables of a notebook in which cell 3 ended with 8 MiB, and the shell that keeps them."""
    big = np.ones(MB)
    names = {"_oh": {3: big}, "_3": big, "_": big, "__": "", "___": "", "x": 1}
    names["Out"] = names["_oh"]
    shell = SimpleNamespace(user_ns=names, user_ns_hidden={"_3": big}, displayhook=SimpleNamespace(_=big), last_execution_result=None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    del big
    return names


def concluded(names, above: float = 0.0):
    return Suspects().conclude(record(peak=above), {}, names)


def test_an_output_that_no_variable_holds(notebook):
    (finding,) = concluded(notebook)
    assert (finding.code, finding.weight) == ("memory-output-kept", 1)
    assert finding.cause == "the output `Out[3]` keeps 8.00\xa0MiB alive that no variable holds"
    assert "`%xdel _3`" in finding.remedy


def test_a_traced_function_in_a_notebook_finds_them_too(notebook):
    assert codes(concluded({"local": 1})) == ["memory-output-kept"]


def test_several_outputs_are_one_finding(notebook):
    notebook["Out"][4] = notebook["_4"] = [np.ones(2 * MB)]
    (finding,) = concluded(notebook)
    assert finding.cause == "2 outputs keep 24.0\xa0MiB alive that no variable holds; the largest is `Out[4]`"
    assert "`for name in ['_4', '_3']: get_ipython().del_var(name)`" in finding.remedy


@pytest.mark.parametrize(
    "hold",
    [
        lambda names, big: names.update(x=big),
        lambda names, big: names.update(x=big[:10]),
        lambda names, big: names.update(x=SimpleNamespace(best=[big])),
        lambda names, big: names.update(x={"a": {"b": {"c": {"d": {"e": [big]}}}}}),  # deeper than a walk goes
        lambda names, big: names.update(x=lambda: big),
    ],
)
def test_what_something_else_holds_would_not_be_freed(notebook, hold):
    hold(notebook, notebook["_3"])
    assert concluded(notebook) == ()


def test_small_outputs_and_small_shares_are_no_finding(notebook):
    assert concluded(notebook, above=8 * MB * 100 + 1e6) == ()
    small = np.ones(10)
    notebook.update(Out={3: small}, _oh={3: small}, _3=small, _=small)
    notebook["Out"] = notebook["_oh"]
    assert concluded(notebook) == ()


def test_without_a_notebook_an_underscore_is_a_name_like_any_other():
    assert concluded({"_": np.ones(MB)}) == ()


def test_tables_count(notebook):
    pandas = pytest.importorskip("pandas")
    notebook["Out"].clear()
    notebook.update(_3=1, _=1)
    notebook["Out"][5] = notebook["_5"] = pandas.DataFrame({"a": np.ones(MB)})
    assert "`Out[5]` keeps 8.00" in concluded(notebook)[0].cause


def test_nothing_of_it_is_left(notebook):
    big = notebook["_3"]
    count = sys.getrefcount(big)
    concluded(notebook)
    gc.collect()
    assert sys.getrefcount(big) == count


SETUP = """\
import gc, sys, weakref
import numpy as np
from nbperf.core.lines import MemoryTrace
from nbperf.measuring.suspects import Suspects
class Big(np.ndarray):
    pass
def big():
    return np.ones(1_000_000).view(Big)
def look():
    return [(f.code, str(f.cause), str(f.remedy)) for f in Suspects().conclude(MemoryTrace(), {}, get_ipython().user_ns)]
alive = []
"""


@pytest.fixture
def shell(fresh_kernel: Kernel) -> Kernel:
    fresh_kernel.run(SETUP).check()
    return fresh_kernel


def living(shell: Kernel) -> int:
    return shell.value("sum(ref() is not None for ref in alive)")


def test_in_a_kernel_the_line_frees_it(shell):
    shell.run("x = big(); alive.append(weakref.ref(x)); x").check()
    shell.run("found = look()").check()
    assert shell.value("found") == []  # x still holds it
    shell.run("del x\nfound = look()").check()
    ((code, cause, remedy),) = shell.value("found")
    assert (code, living(shell)) == ("memory-output-kept", 1)
    assert "`Out[2]` keeps 7.63" in cause
    shell.run(re.match("`(.*?)`", remedy).group(1)).check()
    assert living(shell) == 0


def test_in_a_kernel_the_line_for_several_frees_them(shell):
    shell.run("big()").check()
    shell.run("[big(), big()]").check()
    shell.run("found = look()").check()
    ((_, cause, remedy),) = shell.value("found")
    assert cause.startswith("2 outputs keep 22.9")
    shell.run("alive += [weakref.ref(each) for each in (_2, *_3)]; None").check()
    assert living(shell) == 3
    shell.run(re.match("`(.*?)`", remedy).group(1)).check()
    assert living(shell) == 0
    assert shell.value("look()") == []


def test_in_a_kernel_a_semicolon_keeps_nothing(shell):
    shell.run("big();").check()
    assert shell.value("look()") == []


def test_names_of_outputs():
    names = "_", "__", "___", "_3", "Out", "_oh", "_i", "_ih", "____", "_x", "x_3"
    assert [name for name in names if outputs.OUTPUT.fullmatch(name)] == ["_", "__", "___", "_3", "Out", "_oh"]
