"""``pytest --nbperf``: notebooks run in a kernel, and their budgets are tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

import nbperf
from nbperf.pytest_plugin import budgeted

ROOT = Path(nbperf.__file__).parents[1]
LOAD = "%load_ext nbperf"
KEPT = "%%perf -l kept --budget 'time.wall < 1 h'\nprint('ran')\n'value'"
BROKEN = '%%perf -l broken -b "time.wall < 1 ns"\n1'


@dataclass(frozen=True)
class Outcome:
    """What pytest said: its exit code, its output, and the outcome of each test by name."""

    code: int
    text: str

    @property
    def tests(self) -> dict[str, str]:
        return {
            name: said for said, name in re.findall(r"^(PASSED|FAILED|ERROR) \S+?ipynb(?:::(.*?))?(?: - .*)?$", self.text, re.MULTILINE)
        }


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[..., Outcome]:
    """Write cells as a notebook (or several, by name) and run pytest on them in a process of its own."""

    def run(*cells: str, arguments: tuple[str, ...] = ("--nbperf", "n.ipynb"), before: str = "") -> Outcome:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# first"), *map(nbformat.v4.new_code_cell, cells)])
        nbformat.write(notebook, tmp_path / "n.ipynb")
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        if before:
            (tmp_path / "conftest.py").write_text(before)
        environment = {
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # whether the entry point is installed or not, it is loaded once
            "PYTHONPATH": str(ROOT),
            "IPYTHONDIR": str(tmp_path / ".ipython"),
            "JUPYTER_CONFIG_DIR": str(tmp_path / ".jupyter"),
            "LANGUAGE": "en",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        command = [sys.executable, "-m", "pytest", "-p", "nbperf.pytest_plugin", "-rA", "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        return Outcome(done.returncode, done.stdout + done.stderr)

    return run


def test_kept_and_broken_budgets_are_tests_and_the_notebook_goes_on(outcome: Callable[..., Outcome]) -> None:
    found = outcome(LOAD, KEPT, BROKEN, "%perf -n 1 -r 1 -b 'time.wall < 1 h' 1 + 1", "print('the end')")
    assert found.tests == {"runs": "PASSED", "kept": "PASSED", "broken": "FAILED", "cell 5": "PASSED"}
    assert found.code == 1
    assert "n.ipynb, cell 4:" in found.text
    assert "time.wall < 1 ns: median is" in found.text
    assert "budget" in found.text[found.text.index("memory ") :], "the card is shown"
    assert "pytest_plugin.py" not in found.text, "no frames of ours"


def test_an_exception_fails_the_notebook_with_the_kernels_traceback_and_the_budgets_behind_it(outcome: Callable[..., Outcome]) -> None:
    found = outcome(LOAD, KEPT, "def f():\n    return 1 / 0\nf()", BROKEN)
    assert found.tests == {"runs": "FAILED", "kept": "PASSED", "broken": "FAILED"}
    assert "----> 3 f()" in found.text
    assert "ZeroDivisionError: division by zero" in found.text
    assert "the notebook ended before this budget could be checked" in found.text
    assert "\x1b[" not in found.text


def test_without_the_extension_it_says_what_the_kernel_says(outcome: Callable[..., Outcome]) -> None:
    found = outcome(KEPT)
    assert found.tests == {"runs": "FAILED", "kept": "FAILED"}
    assert "Cell magic `%%perf` not found" in found.text


def test_a_broken_budget_that_is_no_test_of_its_own_fails_the_notebook(outcome: Callable[..., Outcome]) -> None:
    found = outcome(LOAD, "get_ipython().run_cell_magic('perf', '-b \"time.wall < 1 ns\"', '1')", KEPT)
    assert found.tests == {"runs": "FAILED", "kept": "PASSED"}
    assert "time.wall < 1 ns: median is" in found.text


def test_a_budget_given_in_code_counts_where_it_is_asserted(outcome: Callable[..., Outcome]) -> None:
    measured = "import nbperf\nrun = nbperf.measure(lambda: 1, repeats=5, budgets=['time.wall < 1 ns'])"
    assert outcome(LOAD, measured).tests == {"runs": "PASSED"}
    found = outcome(LOAD, measured + "\nassert not nbperf.check(run)")
    assert found.tests == {"runs": "FAILED"}


def test_the_same_label_twice_and_an_exception_that_is_wanted(outcome: Callable[..., Outcome], tmp_path: Path) -> None:
    outcome(LOAD, KEPT, "1 / 0", KEPT)
    notebook = nbformat.read(tmp_path / "n.ipynb", as_version=4)
    notebook.cells[3].metadata["tags"] = ["raises-exception"]
    notebook.metadata["kernelspec"] = {"name": "from-elsewhere", "display_name": "x", "language": "python"}
    nbformat.write(notebook, tmp_path / "m.ipynb")
    found = outcome(LOAD, arguments=("--nbperf", "m.ipynb"))
    assert found.tests == {"runs": "PASSED", "kept": "PASSED", "kept (cell 5)": "PASSED"}
    assert found.code == 0


def test_one_budget_alone_may_be_asked_for(outcome: Callable[..., Outcome]) -> None:
    found = outcome(LOAD, KEPT, BROKEN, arguments=("--nbperf", "n.ipynb::kept"))
    assert found.tests == {"kept": "PASSED"}


def test_without_the_option_no_notebook_is_touched(outcome: Callable[..., Outcome]) -> None:
    assert "n.ipynb" not in outcome(LOAD, arguments=("--collect-only",)).text


def test_nothing_is_run_to_collect(outcome: Callable[..., Outcome]) -> None:
    found = outcome(LOAD, KEPT, BROKEN, arguments=("--nbperf", "--collect-only", "-q"))
    assert re.findall(r"n\.ipynb::(.*)", found.text) == ["runs", "kept", "broken"]


@pytest.mark.parametrize("package", ["nbformat", "nbclient"])
def test_a_missing_package_is_named_with_its_pip_line(outcome: Callable[..., Outcome], package: str) -> None:
    found = outcome(LOAD, before=f"import sys\nsys.modules[{package!r}] = None\n")
    assert f'{package} is not installed here: pip install "{package}"' in found.text
    assert found.code != 0


def test_loading_it_imports_nothing_that_takes_time() -> None:
    program = "import sys, pytest\nbefore = set(sys.modules)\nimport nbperf.pytest_plugin\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    outer = {name.split(".")[0] for name in done.stdout.split()}
    assert outer <= sys.stdlib_module_names | {"nbperf"}


def test_pytest_finds_it_by_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"nbperf": "nbperf.pytest_plugin"}
    assert not any(requirement.startswith("pytest") for requirement in project["dependencies"])


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("%%perf --budget 'time.wall < 1 s'\n1", ""),
        ("%%perf -b 'time.wall < 1 s' -l name\n1", "name"),
        ("%%perf --label='two words' -qb 'time.wall < 1 s'\n1", "two words"),
        ("%%perf -lname -r20 -btime.wall<1s\n1", "name"),
        ("x = 1\nrun = %perf -o -l name -b 'time.wall < 1 s' f(x)", "name"),
        ("%perf f(x)\n%perf -b 'time.wall < 1 s' g(x)", ""),
        ("%%perf -l -b\n1", None),
        ("%%perf -r 20\n1", None),
        ("%perf -r 20 f(-b)", None),
        ("%perf -- -b", None),
        ("%perf -", None),
        ("%perf f(x) -b", None),
        ("print('--budget')", None),
        ("%perfect -b x", None),
    ],
)
def test_a_cell_with_a_budget_is_seen(source: str, label: str | None) -> None:
    assert budgeted(source) == label
