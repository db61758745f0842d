"""Every finding through the magic itself: its cell fires in both modes, and the near miss beside it does not."""

from __future__ import annotations

import ast
import re

import pytest

from tests.kernel import Kernel
from tests.measuring.suspects.cases import CASES, Case

LEAK = Case(
    "memory-growth",
    "a list that grows",
    """\
def step(n):
    return bytearray(b"x" * 400_000)

kept = []
for n in range(60):
    kept.append(step(n))
""",
    fires=True,
)
PASSING = Case(
    "memory-growth",
    "what a step makes is dropped",
    """\
def step(n):
    return bytearray(b"x" * 400_000)

for n in range(60):
    last = step(n)
""",
    fires=False,
)
ALL = (*CASES, LEAK, PASSING)


@pytest.fixture(scope="module")
def own(kernel: Kernel) -> Kernel:
    kernel.run("%load_ext nbperf\n%config NBPerf.history = None").check()
    return kernel


def run(kernel: Kernel, case: Case, options: str) -> list[str]:
    kernel.run("%reset -f\n%config NBPerf.history = None\nimport gc; gc.collect()")
    kernel.run("%xdel _\nimport sys; sys.last_value = sys.last_traceback = None")
    if case.before:
        kernel.run(case.before).check()
    kernel.run(f"%%memtrace -v __t -q {options}\n{case.cell}").check()
    found = kernel.run("[(f.code, str(f.cause), str(f.remedy)) for f in __t.findings]").check()
    return [f"{code}: {cause} {remedy}" for code, cause, remedy in ast.literal_eval(found.results[0]["text/plain"])]


@pytest.mark.kernel
@pytest.mark.parametrize("options", ["", "--exact"])
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_a_case(own: Kernel, case: Case, options: str) -> None:
    if "torch" in case.before:
        pytest.importorskip("torch", reason="this case needs PyTorch")
    found = [text for text in run(own, case, options) if text.startswith(f"{case.code}: ")]
    assert len(found) == case.fires, found
    for part in case.says:
        assert not case.fires or _later(part) in found[0]


def _later(part: str) -> str:
    """The magic is a cell's first line, so all others come one later."""
    return re.sub(r"line (\d+)", lambda found: f"line {int(found[1]) + 1}", part)
