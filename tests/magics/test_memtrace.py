"""``%memtrace`` and ``%%memtrace`` in a real kernel: what the user sees, and what the cell must not notice."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.kernel import Kernel, Result

pytestmark = pytest.mark.kernel
MIB = 1 << 20


@pytest.fixture(scope="module")
def lab(kernel: Kernel) -> Kernel:
    kernel.run("%load_ext nbperf\nimport numpy as np, time, sys, threading").check()
    kernel.run("def inner(n):\n    made = np.ones(n * 131_072)\n    return made\n\ndef outer(n):\n    return inner(n)").check()
    return kernel


def value(kernel: Kernel, expression: str) -> Any:
    return ast.literal_eval(kernel.run(expression).check().results[0]["text/plain"])


def lines(kernel: Kernel, name: str = "t") -> dict[str, tuple[int, float, float]]:
    """By source: hits, increment and peak in MiB."""
    rows = value(kernel, f"[(l.source.strip(), l.hits, l.increment / {MIB}, l.peak / {MIB}) for l in {name}.table]")
    return {source: (hits, round(increment), round(peak)) for source, hits, increment, peak in rows}


def text(result: Result) -> str:
    assert len(result.displays) == 1, result.outputs
    return str(result.displays[0]["text/plain"]).replace("\N{NO-BREAK SPACE}", " ")


def test_a_cell_shows_its_lines_and_those_of_the_notebooks_functions(lab: Kernel) -> None:
    result = lab.run("%%memtrace -v t\na = outer(20)\nb = np.ones(5_242_880).sum()\nb").check()
    shown = text(result)
    assert result.results[0]["text/plain"] == "np.float64(5242880.0)"
    assert result.outputs == ["execute_result", "display_data"]
    assert "inner, In [2]" in shown
    assert re.search(r"made = np.ones\(n \* 131_072\) .* ~?\+(19|20)\.\d MiB", shown)
    found = lines(lab)
    assert found["a = outer(20)"] == (1, 20, 20)
    assert found["made = np.ones(n * 131_072)"] == (1, 20, 20)
    assert found["b = np.ones(5_242_880).sum()"][2] in (40, 41)
    assert "%%memtrace" not in " ".join(found)
    html = str(result.displays[0]["text/html"])
    assert html.count("<img") == 2
    assert "made = np.ones" in html


def test_a_statement_traces_what_it_calls_and_names_others(lab: Kernel) -> None:
    lab.run("%memtrace -q -v t kept = outer(12)").check()
    found = lines(lab)
    assert found["made = np.ones(n * 131_072)"] == (1, 12, 12)
    assert found["kept = outer(12)"][1] == 12
    assert value(lab, "len(kept)") == 12 * 131_072
    lab.run("import json.decoder\n%memtrace -q -v t -f json.decoder.JSONDecoder.decode json.loads('[1, 2]')").check()
    assert any("raw_decode" in source for source in lines(lab))


def test_a_method_of_a_torch_module_is_traced(lab: Kernel) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed here")
    lab.run(
        "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        y = x.repeat(8, 1)\n        return y.sum()\n"
        "net, x = Net(), torch.ones(1024, 1024)\nnet(x)"
    ).check()
    lab.run("%memtrace -q -v t net(x)").check()
    assert lines(lab)["y = x.repeat(8, 1)"][2] in (32, 33)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%memtrace -f nosuch\n1", "%%memtrace: there is no function 'nosuch' here"),
        ("%%memtrace -f len\n1", "len has no lines of Python that could be traced"),
        ("%%memtrace -z\n1", "%memtrace: unknown option -z: the options are -a, -e, -f"),
        ("%%memtrace sum([1])\n1", "nothing but options or vs may follow on this line, found 'sum([1])'"),
        ("%%memtrace -r 3\n1", "-r is only for vs"),
        ("%memtrace", "a statement is wanted"),
        ("%memtrace await nothing()", "a statement cannot await"),
        ("%%memtrace -p gpu\n1", "uss or python is wanted, not 'gpu'"),
        ("%%memtrace -s size\n1", "lines are sorted by line or by cost, not by 'size'"),
        ("%%memtrace vs\na: 1", "two or more labelled lines are wanted, found 1"),
        ("%%memtrace vs\na: 1\nb: 2\nc: 3", "two labelled lines are compared, found 3"),
        ("%%memtrace -l x vs\na: 1\nb: 2", "-l is for a single trace"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(lab: Kernel, cell: str, said: str) -> None:
    result = lab.run(cell)
    assert said in result.stderr.strip().splitlines()[-1]
    assert "UsageError" in result.stderr
    assert not result.displays
    assert lab.run("sys.gettrace()").check().results == []


def test_the_cell_notices_nothing(lab: Kernel) -> None:
    result = lab.run(
        "%%memtrace -q\nfrom __future__ import annotations\ntext = '''a\n  b\n'''\n%who_ls int\nimport asyncio\n"
        "await asyncio.sleep(0.001)\n"
        "def made(x: Unknown): return x\nlater = made(3)\ntext, later"
    ).check()
    assert result.results[0]["text/plain"] == "('a\\n  b\\n', 3)"
    failed = lab.run("%%memtrace -q\nx = 1\n\nraise RuntimeError('mine')")
    assert failed.error is not None
    assert failed.error.ename == "RuntimeError"
    assert "----> 4 raise RuntimeError('mine')" in failed.error.text
    assert "nbperf" not in failed.error.text
    assert value(lab, "x") == 1
    assert "# %%memtrace -q" in lab.run("%%memtrace -q\n1/0").error.text  # type: ignore[union-attr]


def test_a_cell_that_fails_shows_what_was_traced(lab: Kernel) -> None:
    result = lab.run("%%memtrace -v t\nc = np.ones(2_621_440)\n1/0")
    assert result.error is not None
    assert result.error.ename == "ZeroDivisionError"
    assert "ZeroDivisionError" in text(result)
    assert lines(lab)["c = np.ones(2_621_440)"][1] == 20
    assert value(lab, "t.error") == "ZeroDivisionError"
    result = lab.run("%memtrace -v t inner(1) / 'x'")
    assert result.error is not None
    assert value(lab, "t.error") == "TypeError" or "TypeError" in result.error.ename


def test_an_interrupt_leaves_nothing_behind(lab: Kernel) -> None:
    before = value(lab, "(threading.active_count(), sys.gettrace() is None)")
    sent = lab.submit("%%memtrace -v t\nd = np.ones(1_310_720)\nwhile True:\n    time.sleep(0.01)")
    import time

    time.sleep(1.5)
    lab.manager.interrupt_kernel()
    result = lab.collect(sent)
    assert result.error is not None
    assert result.error.ename == "KeyboardInterrupt"
    assert value(lab, "t.error") == "KeyboardInterrupt"
    assert lines(lab)["d = np.ones(1_310_720)"][1] == 10
    assert value(lab, "(threading.active_count(), sys.gettrace() is None)") == before
    assert value(lab, "import psutil; len(psutil.Process().children())") == 0
    lab.run("%%memtrace -q -v t\ne = 1").check()


def test_output_and_variable_and_quiet(lab: Kernel) -> None:
    result = lab.run("%%memtrace -o -l mine\n41 + 1").check()
    assert result.displays[0]["text/plain"] == "42"
    assert "mine" in result.results[0]["text/plain"]
    assert value(lab, "type(_).__name__, _.label") == ("MemoryTrace", "mine")
    assert lab.run("%%memtrace -q\n41 + 1").check().outputs == ["execute_result"]
    assert lab.run("t = %memtrace -o inner(1)").check().outputs == []
    assert value(lab, "type(t).__name__") == "MemoryTrace"


def test_by_cost_the_costliest_line_comes_first(lab: Kernel) -> None:
    shown = text(lab.run("%%memtrace -s cost\nlittle = np.ones(262_144)\nmuch = np.ones(3_932_160)").check())
    assert shown.index("much = ") < shown.index("little = ")


def test_two_variants_in_turn(lab: Kernel) -> None:
    result = lab.run("%%memtrace -v c -r 4 vs\nbefore: outer(10)\nafter: outer(25)").check()
    assert "15" in text(result)
    changes = value(lab, f"[round(change / {MIB}) for change in c.changes]")
    assert changes == [15] * 4
    pairs = value(lab, f"[(p.before.source.strip(), round(p.change_of_peak / {MIB})) for p in c.pairs if p.before]")
    assert ("made = np.ones(n * 131_072)", 15) in pairs


def test_who_allocated(lab: Kernel) -> None:
    lab.run("%%memtrace -q -v t --alloc\nf = outer(9)\ng = [bytes(5000) for _ in range(1000)]").check()
    left = value(lab, f"[(a.place.source.strip(), round(a.left / {MIB})) for a in t.allocations][:2]")
    assert left[0] == ("made = np.ones(n * 131_072)", 9)
    assert left[1][0].startswith("g = [bytes(5000)")
    assert left[1][1] in (4, 5)
    assert value(lab, "t.allocator") in ("memray", "tracemalloc")


def test_traces_are_kept_and_a_silent_cell_is_not(lab: Kernel) -> None:
    lab.run("%%memtrace -q -l kept\nh = inner(3)").check()
    assert value(lab, "import nbperf; [t.label for t in nbperf.traces()][-1]") == "kept"
    count = value(lab, "len(nbperf.traces())")
    lab.run("%%memtrace -q -l unseen\nh = inner(3)", silent=True)
    assert value(lab, "len(nbperf.traces())") == count


def test_called_from_python_it_traces_as_well(lab: Kernel) -> None:
    result = lab.run("get_ipython().run_cell_magic('memtrace', '-v t', 'i = inner(7)\\ni.size')").check()
    assert "917504" in "".join(bundle["text/plain"] for bundle in (*result.results, *result.displays))
    assert lines(lab)["i = inner(7)"][1] == 7
    number = lab.run("%%memtrace -q -l again\n2").check().execution_count
    assert value(lab, f"In[{number}]") == "get_ipython().run_cell_magic('memtrace', '-q -l again', '2')\n"


def test_a_cell_is_found_by_its_number_also_when_it_runs_again(lab: Kernel) -> None:
    number = lab.run("%%memtrace -q -v t\nj = inner(2)").check().execution_count
    assert value(lab, "sorted({line.file for line in t.table})") == sorted({"In [2]", f"In [{number}]"})


def test_inside_perf_and_beside_auto(lab: Kernel) -> None:
    lab.run("%nbperf auto on").check()
    try:
        lab.run("%%memtrace -q -v t\nk = inner(4)").check()
        assert lines(lab)["k = inner(4)"][1] == 4
    finally:
        lab.run("%nbperf auto off").check()
    lab.run("%%perf -q -v r\nwith nbperf.memtrace('within') as t:\n    l = inner(6)").check()
    assert lines(lab)["l = inner(6)"][1] == 6


def test_unloaded_it_is_gone(kernels: Callable[..., Kernel]) -> None:
    kernel = kernels()
    kernel.run("%load_ext nbperf").check()
    kernel.run("%%memtrace -q\nx = 1").check()
    assert value(kernel, "import sys; 'matplotlib' in sys.modules") is False
    kernel.run("%unload_ext nbperf").check()
    assert "not found" in kernel.run("%%memtrace\nx = 1").stderr
    assert kernel.run("x").check().results[0]["text/plain"] == "1"


def test_in_chinese(kernels: Callable[..., Kernel]) -> None:
    kernel = kernels(env={"LANGUAGE": "zh_CN"})
    kernel.run("%load_ext nbperf").check()
    shown = text(kernel.run("%%memtrace\nx = bytearray(b'1') * 20_000_000").check())
    assert re.search(r"[\u4e00-\u9fff]", shown)
    assert "没有函数 'nosuch'" in kernel.run("%%memtrace -f nosuch\n1").stderr
    assert "追踪内存去向" in kernel.run("%%memtrace?").reply["payload"][0]["data"]["text/plain"]
