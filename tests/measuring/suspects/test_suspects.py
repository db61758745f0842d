"""Every finding has cells that raise it and cells beside them that do not, and none keeps anything alive or raises."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest

from nbperf.measuring import suspects
from nbperf.measuring.suspects import Suspects
from nbperf.measuring.watch import Watch
from tests.measuring.suspects.cases import CASES, Case
from tests.measuring.suspects.driver import Driver, codes, record

MB = 2**20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case(case: Case) -> None:
    if "torch" in case.before:
        pytest.importorskip("torch", reason="this case needs PyTorch")
    findings = Driver(temporary=16 * MB if case.name != "small" else 8_000).run(case.cell, case.before)
    found = [finding for finding in findings if finding.code == case.code]
    assert len(found) == case.fires, findings
    for finding in found:
        for part in case.says:
            assert part in f"{finding.cause} {finding.remedy}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_nothing_is_kept_alive(case: Case) -> None:
    torch = pytest.importorskip("torch", reason="this test needs PyTorch")
    import numpy as np

    driver = Driver(temporary=16 * MB)
    driver.run(case.cell, case.before)
    kinds = torch.Tensor, np.ndarray, torch.nn.Module
    alive = [weakref.ref(value) for value in driver.names.values() if isinstance(value, kinds)]
    made = [weakref.ref(value) for value in driver.names.values() if getattr(value, "__module__", "") == "__main__"]
    driver.names.clear()
    gc.collect()
    assert [ref() for ref in alive + made if ref() is not None] == []


def test_it_is_a_watch() -> None:
    watch: Watch = Suspects()
    assert watch.conclude(record(), {}, {}) == ()


def test_a_suspect_that_fails_says_nothing_and_the_others_speak() -> None:
    class Failing(suspects.base.Suspect):
        needs_torch = False

        def wants(self, item):
            return True

        def before(self, item, view):
            raise RuntimeError

        def left(self, view, items):
            raise AttributeError

        def conclude(self, scene):
            raise ValueError

    case = next(case for case in CASES if case.code == "memory-temporary" and case.fires)
    watch = Suspects((Failing, *suspects.SUSPECTS))
    assert codes(Driver(watch, temporary=16 * MB).run(case.cell, case.before)) == ["memory-temporary"]


HOSTILE = """\
class Hostile:
    def __getattr__(self, name):
        raise ZeroDivisionError(name)
    @property
    def __class__(self):
        raise ZeroDivisionError
    def __eq__(self, other):
        raise ZeroDivisionError
    def __hash__(self):
        return 1
    def __len__(self):
        raise ZeroDivisionError
hostile = Hostile()
found = {hostile: 1}
kept = [hostile]
def inner(hostile):
    x = hostile
    kept.append(x)
    x = [hostile for _ in range(3)]
    return x
for step in range(10):
    inner(hostile)
"""


def test_objects_that_raise_whatever_is_done_with_them_are_passed_over() -> None:
    assert Driver().run(HOSTILE) == ()


def test_a_file_that_cannot_be_parsed_holds_nothing() -> None:
    assert Suspects().lines_of(compile("x = 1", "a file", "exec"), ["%%bash\n", "ls -l\n"]) == frozenset()


WITHOUT = """
import sys
from nbperf.measuring.suspects import Suspects
source = ["losses = []", "for x in range(9):", "    losses.append(x)", "x = x + 1", "model.backward()"]
assert Suspects().lines_of(compile("\\n".join(source), "f", "exec"), source) == {4}
assert not {"torch", "numpy", "pandas", "IPython"} & sys.modules.keys()
"""


def test_without_torch_its_lines_are_not_looked_at_and_nothing_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
