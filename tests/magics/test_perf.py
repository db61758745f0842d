"""``%perf`` on statements, ``vs``, and the record in code, in a real ipykernel."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tests.kernel import Kernel, Result


@pytest.fixture(scope="module")
def loaded(kernel: Kernel) -> Kernel:
    kernel.run("%load_ext nbperf\nimport nbperf").check()
    return kernel


def text(result: Result) -> str:
    """The one card of a result, as text with plain spaces."""
    result.check()
    cards = [bundle for bundle in (*result.displays, *result.results) if "nbperf-" in bundle.get("text/html", "")]
    assert len(cards) == 1
    return str(cards[0]["text/plain"]).replace("\N{NO-BREAK SPACE}", " ")


def test_a_statement_is_repeated_and_looped_by_time(loaded: Kernel) -> None:
    result = loaded.run("%perf -v run sum(range(100))")
    assert "sum(range(100))" in text(result)
    assert loaded.value("(5 <= len(run.samples) <= 100, run.loops > 100, run.collected, len(run.warmups))") == (True, True, False, 1)
    assert loaded.value("1e-7 < run.measurement('time.wall').median < 1e-4")


def test_repeats_loops_and_warm_ups_may_be_set(loaded: Kernel) -> None:
    loaded.run("calls = []").check()
    loaded.run("%perf -r 4 -n 3 -w 2 -q -v run calls.append(1)").check()
    assert loaded.value("(len(run.samples), run.loops, len(run.warmups), len(calls))") == (4, 3, 2, 18)


def test_a_statement_too_short_for_its_loops_is_told_to_leave_them_out(loaded: Kernel) -> None:
    assert "leave out `-n`" in text(loaded.run("%perf -r 3 -n 1 None"))
    assert "too short" not in text(loaded.run("%perf -r 3 None"))


def test_seconds_are_about_kept(loaded: Kernel) -> None:
    loaded.run(
        "import time\ndef spin(seconds):\n    end = time.perf_counter() + seconds\n    while time.perf_counter() < end: pass"
    ).check()
    loaded.run("%perf -t 0.1 -q -v run spin(0.01)").check()
    assert loaded.value("len(run.samples)") <= 12


def test_that_it_will_take_longer_than_asked_is_said(loaded: Kernel) -> None:
    loaded.run("import time\nspin = time.sleep").check()
    said = r"%perf: {} are the fewest that say anything: this will take about [\d.]+\ss, and not 100\sms\n"
    assert re.fullmatch(said.format("8 pairs"), loaded.run("%perf -q -t 0.1 spin(0.1) vs spin(0.1)").stderr)
    assert re.fullmatch(said.format("5 repeats"), loaded.run("%perf -q -t 0.1 spin(0.3)").stderr)


def test_the_record_may_be_the_value(loaded: Kernel) -> None:
    result = loaded.run("run = %perf -o -r 3 -n 1 len('abc')").check()
    assert result.outputs == []
    assert loaded.value("type(run).__name__") == "Run"
    assert "3 repeats" in text(loaded.run("run"))


@pytest.mark.parametrize(
    "statement",
    ["f('a  b')", "f({'k': [1]}['k'])", "f(f'{1:>4}  {2}')", "f('$HOME {x}')", "f(' vs ')", 'f("it\'s")', "f(r'\\n')", "y = f(1); f(y)"],
)
def test_the_statement_stays_the_users(loaded: Kernel, statement: str) -> None:
    loaded.run("seen = set()\ndef f(x):\n    seen.add(repr(x))\n    return x").check()
    loaded.run(f"%perf -r 1 -n 1 -w 0 -q {statement}").check()
    once = loaded.value("sorted(seen)")
    loaded.run(f"seen.clear()\n{statement}").check()
    assert loaded.value("sorted(seen)") == once


def test_a_statement_may_begin_with_a_minus(loaded: Kernel) -> None:
    loaded.run("%perf -r 1 -n 1 -q -- -5").check()
    loaded.run("%perf -r 1 -n 1 -q - 5").check()


def test_a_mistake_in_a_cell_run_from_python_is_the_users_own(loaded: Kernel) -> None:
    result = loaded.run("get_ipython().run_cell_magic('perf', '-r 2', 'break')")
    assert result.error is not None
    assert (result.error.ename, "outside loop" in result.error.evalue) == ("SyntaxError", True)


def test_run_cell_magic_gives_its_value_in_every_interactivity(loaded: Kernel) -> None:
    loaded.run("get_ipython().ast_node_interactivity = 'all'").check()
    result = loaded.run("value = get_ipython().run_cell_magic('perf', '-q', '1 + 1')")
    loaded.run("get_ipython().ast_node_interactivity = 'last_expr'").check()
    assert result.status == "ok"
    assert loaded.value("value") == 2


def test_names_of_a_calling_function_are_seen(loaded: Kernel) -> None:
    result = loaded.run(
        "def caller():\n    inside = 41\n    return get_ipython().run_line_magic('perf', '-o -r 1 -n 1 inside + 1')\ncaller().samples"
    )
    assert result.check().results[0]["text/plain"].startswith("(Sample(")


def test_an_exception_in_the_statement_is_the_users_own(loaded: Kernel) -> None:
    result = loaded.run("%perf 1 / 0")
    assert result.error is not None
    assert result.error.ename == "ZeroDivisionError"
    assert result.displays == []
    assert loaded.value("__import__('gc').isenabled()")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%perf f(", "%perf: SyntaxError: '(' was never closed\n    f(\n"),
        ("%perf break", "%perf: SyntaxError: 'break' outside loop"),
        ("%perf 1 vs f(", "%perf: SyntaxError: '(' was never closed\n    f(\n"),
        ("%%perf vs\na: 1\nb: f(", "%%perf vs: SyntaxError: '(' was never closed\n    b: f(\n"),
        ("%memtrace f(", "%memtrace: SyntaxError: '(' was never closed\n    f(\n"),
    ],
)
def test_a_syntax_error_is_said_without_frames(loaded: Kernel, cell: str, said: str) -> None:
    result = loaded.run(cell)
    assert result.status == "error"
    assert said in result.stderr
    assert ".py" not in result.stderr


@pytest.mark.parametrize("line", ["%perf", "%perf 1 vs", "%memtrace"])
def test_a_typo_shows_the_statement_and_nothing_of_ours(loaded: Kernel, line: str) -> None:
    result = loaded.run(f"{line} len(not_there)")
    assert result.error is not None
    assert "----> 1 len(not_there)" in result.error.text
    assert "nbperf/" not in result.error.text
    assert "__nbperf" not in result.error.text
    assert "Could not get source" not in result.error.text


def test_a_syntax_error_of_what_a_statement_runs_is_its_own(loaded: Kernel) -> None:
    result = loaded.run("%perf eval('1 +')")
    assert result.error is not None
    assert result.error.ename == "SyntaxError"


def test_two_statements_are_judged(loaded: Kernel) -> None:
    result = loaded.run("%perf -v pair sum(range(2000)) vs sum(range(500))")
    assert "faster" in text(result) or "as fast" in text(result)
    assert loaded.value("(pair.verdict, pair.baseline, pair.contestant)") == ("faster", "sum(range(2000))", "sum(range(500))")
    assert loaded.value("0.1 < pair.ratio < 0.5 and pair.interval[0] <= pair.ratio <= pair.interval[1] and pair.confidence") == 0.99


def test_a_statement_against_itself_gets_two_names(loaded: Kernel) -> None:
    loaded.run("%perf -q -v same sum(range(2000)) vs sum(range(2000))").check()
    assert loaded.value("(same.baseline, same.contestant)") == ("sum(range(2000)) (1)", "sum(range(2000)) (2)")
    assert loaded.value("0.9 < same.ratio < 1.1")


def test_a_contest_of_labelled_lines(loaded: Kernel) -> None:
    loaded.run("small, large = list(range(100)), list(range(1000))").check()
    result = loaded.run("%%perf -v three vs\nbase: sum(large)\nless: sum(small)\nmore: sum(\n    large\n) + sum(large)\n")
    for name in ("base", "less", "more"):
        assert name in text(result)
    assert loaded.value("[(c.contestant, c.verdict) for c in three]") == [("less", "faster"), ("more", "slower")]
    assert loaded.value("'base' in globals()") is False


def test_a_contest_as_value(loaded: Kernel) -> None:
    result = loaded.run("%%perf -o -r 20 vs\na: 1 + 1\nb: 2 + 2\n")
    assert "20" in text(result)
    assert result.results


def test_collection_is_off_in_timing_blocks_and_the_card_says_so(loaded: Kernel) -> None:
    loaded.run("import gc\nstates = set()").check()
    card = text(loaded.run("%perf -r 5 -n 1 states.add(gc.isenabled())"))
    assert loaded.value("states") == {False}
    assert "collection" in card.lower() or "GC" in card


def test_compare_and_measure_in_code(loaded: Kernel) -> None:
    result = loaded.run("nbperf.compare(short=lambda: sum(range(100)), long=lambda: sum(range(1000)))")
    assert "long" in text(result)
    result = loaded.run("nbperf.measure(lambda: sum(range(100)), repeats=10, label='ten')")
    assert "ten" in text(result)


def test_regions_are_on_the_card(loaded: Kernel) -> None:
    result = loaded.run(
        "%%perf\nfor _ in range(3):\n    with nbperf.region('forward'):\n        sum(range(20000))\n"
        "    with nbperf.region('backward'):\n        sum(range(40000))"
    )
    card = text(result)
    assert card.index("forward") < card.index("backward")


def test_hostile_names_are_escaped(loaded: Kernel) -> None:
    result = loaded.run("%%perf -l \"<script>alert(1)</script>\"\nwith nbperf.region('<img src=x>'):\n    pass").check()
    html = result.displays[0]["text/html"]
    assert "<script>alert" not in html
    assert "<img" not in html


def test_chinese(kernels: Callable[..., Kernel]) -> None:
    kernel = kernels(env={"LANGUAGE": "zh_CN"})
    kernel.run("%load_ext nbperf").check()
    chinese = kernel.run("%%perf\n1").check().displays[0]["text/plain"]
    kernel.run("%config NBPerf.language = 'en'").check()
    english = kernel.run("%%perf\n1").check().displays[0]["text/plain"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
    assert english.isascii() or not any("\u4e00" <= letter <= "\u9fff" for letter in english)


def test_status_says_what_can_be_measured_and_what_cannot(loaded: Kernel) -> None:
    result = loaded.run("%nbperf").check()
    card = str(result.displays[0]["text/html"])
    for words in ("time.wall", "perf_counter", "memory.rss.peak", "repeats"):
        assert words in card
    assert "Python" in card


HIDDEN = """
import sys
sys.modules['resource'] = None
from nbperf.probes import files
files.KERNEL = files.KernelFiles('/nowhere')
"""


def test_with_proc_and_resource_hidden_everything_runs_on_the_fallbacks(fresh_kernel: Kernel) -> None:
    fresh_kernel.run(HIDDEN).check()
    fresh_kernel.run("%load_ext nbperf").check()
    assert "time" in text(fresh_kernel.run("%%perf -v run\nx = bytearray(50_000_000)\nlen(x)")).lower()
    assert fresh_kernel.value("(x.__len__(), run.measurement('time.wall').count)") == (50_000_000, 1)
    assert fresh_kernel.value("run.measurement('memory.rss.peak').median > 0")
    assert fresh_kernel.value("run.find('io.read') is None or run.find('io.read').median > 0")
    text(fresh_kernel.run("%perf len('abc') vs len('abcd')"))
    text(fresh_kernel.run("%nbperf"))


def test_an_exported_script_and_nbconvert_execute(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("%load_ext nbperf"),
            nbformat.v4.new_code_cell("%%perf -r 2\nprint('ran')\n'value'"),
            nbformat.v4.new_code_cell("%perf -r 10 len('a') vs len('ab')"),
        ]
    )
    notebook.metadata["language_info"] = {"name": "python", "file_extension": ".py"}
    path = tmp_path / "n.ipynb"
    nbformat.write(notebook, path)
    convert = [sys.executable, "-m", "nbconvert", str(path), "--to"]
    environment = {"IPYTHONDIR": str(tmp_path / "ipython"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANGUAGE": "en"}
    subprocess.run([*convert, "notebook", "--execute", "--output", "done"], check=True, cwd=tmp_path, env=environment, capture_output=True)
    done = nbformat.read(tmp_path / "done.ipynb", as_version=4)
    kinds = [output["output_type"] for output in done.cells[1].outputs]
    assert kinds == ["stream", "execute_result", "display_data"]
    assert "nbperf-" in done.cells[2].outputs[0]["data"]["text/html"]
    subprocess.run([*convert, "python", "--output", "plain"], check=True, cwd=tmp_path, env=environment, capture_output=True)
    script = tmp_path / "plain.py"
    ran = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", str(script)],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines().count("ran") == 2
