"""``pytest --nbperf NOTEBOOK…``: notebooks run in a kernel, and their budgets are tests.

A notebook gives one test that it runs, and one for each cell that has a budget, under the cell's label or its number. A
broken budget fails its own test and the notebook goes on; any other exception ends it. This module is imported by every
pytest where nbperf is installed, so it imports nothing that takes time before there is a notebook to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from nbperf.errors import BudgetExceeded, MissingDependency, NBPerfError
from nbperf.words import say

CARD = "nbperf-card"
"""What the HTML of a card holds."""

_LINE = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?%%?perf(?![\w?])(.*)$", re.MULTILINE)
_FLAG = re.compile(r"\s*(--[a-z]+|-[oq]*([a-z])?)(?!-)")
_VALUE = re.compile(r"""=?\s*("[^"]*"|'[^']*'|\S+)""")
_VALUELESS = {"--output", "--quiet"}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option ``--nbperf``."""
    described = say("run the notebooks among the files given, each in a kernel, and report the budgets of their cells as tests")
    parser.getgroup("nbperf").addoption("--nbperf", action="store_true", help=described)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Notebook | None:
    """A notebook, where notebooks were asked for."""
    if file_path.suffix == ".ipynb" and ".ipynb_checkpoints" not in file_path.parts and parent.config.getoption("nbperf"):
        return Notebook.from_parent(parent, path=file_path)
    return None


class Failed(NBPerfError):
    """What a notebook's test has to say; it is shown alone, since Python's traceback would be that of this plugin."""


class Notebook(pytest.File):
    """A notebook, executed once: when the first of its tests runs."""

    def collect(self) -> Iterator[pytest.Item]:
        """The test that it runs, and those of its budgets."""
        self.content = _needed("nbformat").read(self.path, as_version=4)
        self.budgeted: set[int] = set()
        self._execution: Execution | None = None
        yield Runs.from_parent(self, name="runs")
        taken = {"runs"}
        for number, cell in enumerate(self.content.cells, start=1):
            label = budgeted(cell.source) if cell.cell_type == "code" else None
            if label is None:
                continue
            name = label.replace("::", ":") or f"cell {number}"
            if name in taken:
                name = f"{name} (cell {number})"
            taken.add(name)
            self.budgeted.add(number)
            item: Budgeted = Budgeted.from_parent(self, name=name)
            item.number = number
            yield item

    def executed(self) -> Execution:
        """What came of running it."""
        if self._execution is None:
            self._execution = Execution(self.content, self.path)
        return self._execution

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What is missing, in one line."""
        return str(excinfo.value) if isinstance(excinfo.value, NBPerfError) else super().repr_failure(excinfo)


class _Test(pytest.Item):
    parent: Notebook
    number = 0

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was found, without frames of ours."""
        return str(excinfo.value) if isinstance(excinfo.value, NBPerfError) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands."""
        return self.path, None, self.name


class Runs(_Test):
    """The notebook runs to its end."""

    def runtest(self) -> None:
        """Fail with the kernel's traceback, or with a budget that no other test is for."""
        execution = self.parent.executed()
        if execution.ended:
            raise Failed(execution.ended)
        if others := [text for number, text in execution.broken.items() if number not in self.parent.budgeted]:
            raise Failed("\n\n".join(others))


class Budgeted(_Test):
    """A cell keeps its budgets."""

    def runtest(self) -> None:
        """Fail with what was found, and the card."""
        execution = self.parent.executed()
        if self.number in execution.broken:
            raise Failed(execution.broken[self.number])
        if self.number not in execution.done:
            raise Failed(say("the notebook ended before this budget could be checked. {why}", why=execution.ended))


class Execution:
    """What came of running a notebook.

    Attributes
    ----------
    done : set of int
        The numbers of the cells that ran to their end, from 1.
    broken : dict of int to str
        The cells that broke a budget, with what was found and the card.
    ended : str
        The traceback of the exception that ended it; empty where it ran to its end.
    """

    def __init__(self, notebook: Any, path: Path) -> None:
        self.done: set[int] = set()
        self.broken: dict[int, str] = {}
        self.ended = ""
        self._replies: dict[int, Any] = {}
        notebook = deepcopy(notebook)
        # Errors do not end it here: the kernel would drop what is sent right behind a broken budget.
        client = _needed("nbclient").NotebookClient(
            notebook,
            timeout=None,
            allow_errors=True,
            kernel_name=_kernel(notebook),
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_error=self._failed,
        )
        with client.setup_kernel():
            for index, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, index)
                except RuntimeError as error:  # the kernel died
                    self.ended = _where(path, index, f"{type(error).__name__}: {error}")
                    return
                if self._judged(index, cell, path):
                    return

    def _failed(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        self._replies[cell_index] = execute_reply["content"]

    def _judged(self, index: int, cell: Any, path: Path) -> bool:
        """Whether a cell that was run ended the notebook."""
        reply = self._replies.get(index)
        if reply is not None and reply["ename"] == BudgetExceeded.__name__:
            self.broken[index + 1] = _where(path, index, "\n\n".join([reply["evalue"], *_cards(cell)]))
        elif reply is not None and "raises-exception" not in cell.metadata.get("tags", ()):
            # A UsageError has no traceback, and says what it has to say on stderr.
            lines = reply.get("traceback") or [output["text"] for output in cell.outputs if output.get("name") == "stderr"]
            self.ended = _where(path, index, _COLOUR.sub("", "\n".join(lines)) or f"{reply['ename']}: {reply['evalue']}")
            return True
        self.done.add(index + 1)
        return False


def budgeted(source: str) -> str | None:
    """The label of the first line in a cell that has a budget, "" where it has none; None for a cell without budgets."""
    for line in _LINE.findall(source):
        options = _options(line)
        if options.keys() & {"-b", "--budget"}:
            return options.get("-l") or options.get("--label") or ""
    return None


def _options(line: str) -> dict[str, str]:
    """The options at the front of a ``%perf`` line. The magic reads them well; here it is enough to find two of them."""
    found: dict[str, str] = {}
    while (flag := _FLAG.match(line)) and flag[1] != "-":
        line = line[flag.end() :]
        name = f"-{flag[2]}" if flag[2] else flag[1]
        value = None if name in _VALUELESS or not (flag[2] or flag[1].startswith("--")) else _VALUE.match(line)
        found[name] = value[1].strip("\"'") if value else ""
        line = line[value.end() :] if value else line
    return found


def _cards(cell: Any) -> list[str]:
    """The cards that a cell shows, as text."""
    bundles = [output["data"] for output in cell.outputs if "data" in output]
    return [bundle["text/plain"] for bundle in bundles if CARD in bundle.get("text/html", "")]


def _where(path: Path, index: int, text: str) -> str:
    return say("{notebook}, cell {number}:", notebook=path.name, number=index + 1) + "\n" + text


def _kernel(notebook: Any) -> str:
    """The notebook's own kernel where it is installed, else that of this Python."""
    found = _needed("jupyter_client").kernelspec.find_kernel_specs()
    name = str(notebook.metadata.get("kernelspec", {}).get("name", "python3"))
    if name in found:
        return name
    _needed("ipykernel")
    return "python3"


def _needed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise MissingDependency(package, package.replace("_", "-")) from None
