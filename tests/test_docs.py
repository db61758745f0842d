"""What the documentation says is true: its code runs, and every option is in it.

The Python blocks of a document are run in order in one kernel, as a reader would who copies them into a notebook. Write
``python skip`` behind the fence (GitHub colours it all the same) of one that needs what is not
here, and ``console`` for a terminal.
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

import nbperf

ROOT = Path(nbperf.__file__).parents[1]
DOCUMENTS = sorted(path for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")) if path.exists())
MODULES = sorted(
    ".".join(("nbperf", *path.relative_to(ROOT / "nbperf").with_suffix("").parts)).removesuffix(".__init__")
    for path in (ROOT / "nbperf").rglob("*.py")
    if path.name != "__main__.py"
)

CONSOLE_RUNS = ("python -m nbperf",)
"""The beginnings of terminal lines that are run; the others install things or open windows."""


class Block(NamedTuple):
    """A fenced block: its language, the other words behind the fence, its text and the line it begins on."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a text, in order."""
    return [
        Block(found["language"].lower(), tuple(found["words"].split()), found["text"], markdown[: found.start("text")].count("\n") + 1)
        for found in re.finditer(r"^```(?P<language>\w+)(?P<words>[^\n]*)\n(?P<text>.*?)^```\s*$", markdown, re.MULTILINE | re.DOTALL)
    ]


def cells(text: str) -> list[str]:
    """The cells in a block: a blank line before a cell magic begins another one."""
    return [cell.strip("\n") for cell in re.split(r"\n\s*\n(?=%%)", text)]


def needs(block: Block) -> set[str]:
    """The packages a block imports that one may be without."""
    return set(re.findall(r"^\s*(?:import|from)\s+(torch|sklearn|onnxruntime|tensorflow)\b", block.text, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_in_a_document_runs(document: Path, kernels, tmp_path: Path):
    found = [block for block in blocks(document.read_text(encoding="utf-8")) if block.language in {"python", "ipython"}]
    for package in sorted(set().union(*map(needs, found)) if found else ()):
        pytest.importorskip(package, reason=f"{document.name} uses {package}")
    kernel = kernels(folder=tmp_path)
    for block in found:
        if "skip" in block.words:
            continue
        for cell in cells(block.text):
            result = kernel.run(cell)
            assert result.status == "ok", f"{document.name}:{block.line}\n{cell}\n{result.error.text if result.error else result.reply}"
            assert "UsageError" not in result.stderr, f"{document.name}:{block.line}\n{result.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_in_a_document_run(document: Path, tmp_path: Path):
    for block in blocks(document.read_text(encoding="utf-8")):
        if block.language not in {"console", "bash", "sh", "shell"} or "skip" in block.words:
            continue
        for line in block.text.splitlines():
            command = line.removeprefix("$ ").split("  #")[0].strip()
            if command.startswith(CONSOLE_RUNS):
                words = [sys.executable, *shlex.split(command)[1:]]
                done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
                assert done.returncode == 0, f"{document.name}:{block.line}: {command}\n{done.stderr}"


def test_pyproject_shows_the_readme():
    if (ROOT / "README.md").exists():
        assert 'readme = "README.md"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def options() -> set[tuple[str, ...]]:
    """The options of %%perf and %%memtrace, each with its spellings, from the parsers that read them."""
    grammars = [import_module(f"nbperf.magics.{module}").GRAMMAR for module in ("arguments", "trace_arguments")]
    return {tuple(action.option_strings) for grammar in grammars for action in grammar.flags.values()}


def mentioned(option: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


def test_every_option_is_in_the_documentation():
    if not DOCUMENTS:
        pytest.skip("there is no README yet")
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert sorted(spellings for spellings in options() if not any(mentioned(option, text) for option in spellings)) == []


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_are_true(module):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(import_module(module), optionflags=flags, verbose=False)
    assert failed == 0


def test_the_readers_of_this_test_file():
    found = blocks("a\n```python skip\nx = 1\n```\n\n```console\n$ ls\n```\n")
    assert found == [Block("python", ("skip",), "x = 1\n", 3), Block("console", (), "$ ls\n", 7)]
    assert cells("a = 1\n\nb = 2\n\n%%perf\nc\n") == ["a = 1\n\nb = 2", "%%perf\nc"]
    assert needs(Block("python", (), "import torch.nn as nn\nfrom os import path\n", 1)) == {"torch"}
    assert mentioned("-r", "use `-r 5`")
    assert not mentioned("-r", "use --repeats and pre-run")
