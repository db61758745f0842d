"""The house stands: a file imports only its own package and the floors below, read from the source with ast."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nbperf

ROOT = Path(nbperf.__file__).parent

FLOORS = {
    "errors": 0, "words": 0,
    "core": 1,
    "probes": 2, "views": 2, "footprint": 2, "quality": 2,
    "measuring": 3, "store": 3,
    "logs": 4,
    "compress": 4, "testing": 4,  # testing stands on a Run and a Probe, and nobody stands on it
    "train": 5, "sweep": 5, "report": 5,  # a report shows what any of the floors below made, and JSON as store writes it
    "magics": 6, "panels": 6,
    "__init__": 7, "__main__": 7, "pytest_plugin": 7,
}  # fmt: skip

CORE_MAY_USE = sys.stdlib_module_names | {"nbperf", "numpy"}
MAY_USE_PANDAS = {"nbperf.core.frames", "nbperf.core.lines"}
"""A record's table is a DataFrame: one module of core makes it when asked, and the record names the type."""


def modules() -> list[str]:
    """Every module of the package, dotted; a package by its own name, its ``__init__`` file spelled out."""
    return sorted(".".join(("nbperf", *path.relative_to(ROOT).with_suffix("").parts)) for path in ROOT.rglob("*.py"))


def imported(source: str, module: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a source, also inside functions, under TYPE_CHECKING and by import_module."""
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                start = package[: len(package) - level + 1] if level else []
                base = ".".join([*start, *([name] if name else [])])
                # `from nbperf.core import units`, `from nbperf import words`: what is named may be a module itself.
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def part(dotted: str) -> str:
    """The piece of the house that a module belongs to: ``nbperf.core.units`` → core, ``nbperf`` → __init__."""
    name = [*dotted.split("."), "__init__"][1]
    return name if name in FLOORS else "__init__"


def violations(source: str, module: str) -> list[str]:
    """What an importing module does that the house does not allow, each as a sentence."""
    here = part(module)
    found = []
    for line, name in imported(source, module):
        outer = name.split(".")[0]
        if outer != "nbperf":
            if here == "core" and outer not in CORE_MAY_USE and not (outer == "pandas" and module in MAY_USE_PANDAS):
                found.append(f"{module}:{line} imports {name}: core knows only the standard library and numpy")
            if here in {"errors", "words"} and outer not in sys.stdlib_module_names:
                found.append(f"{module}:{line} imports {name}: floor 0 knows only the standard library")
            continue
        there = part(name)
        if there == here:
            continue
        if FLOORS[there] >= FLOORS[here] and not (here == "__main__" and there == "__init__"):
            found.append(f"{module}:{line} imports {name}: {there} is on floor {FLOORS[there]}, {here} on {FLOORS[here]}")
        elif there == "magics" and here != "__init__":
            found.append(f"{module}:{line} imports {name}: nothing imports magics")
        elif there == "testing":
            found.append(f"{module}:{line} imports {name}: testing is for tests")
    return found


def source_of(module: str) -> str:
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py").read_text(encoding="utf-8")


def test_every_part_has_a_floor():
    assert {module.split(".")[1] for module in modules()} <= FLOORS.keys()


@pytest.mark.parametrize("module", modules())
def test_imports_only_from_below(module):
    assert violations(source_of(module), module) == []


@pytest.mark.parametrize(
    ("module", "source", "why"),
    [
        ("nbperf.core.stats", "import torch", "core knows only"),
        ("nbperf.core.stats", "def f():\n    from pandas import DataFrame", "core knows only"),
        ("nbperf.words", "import numpy", "floor 0 knows only"),
        ("nbperf.core.units", "from nbperf.probes.base import Probe", "probes is on floor 2, core on 1"),
        ("nbperf.core.units", "from ..probes import base", "probes is on floor 2, core on 1"),
        ("nbperf.probes.clock", "from nbperf import views", "views is on floor 2, probes on 2"),
        ("nbperf.probes.clock", "import nbperf.measuring.window as w", "measuring is on floor 3, probes on 2"),
        ("nbperf.measuring.session", "from nbperf import measuring", None),
        ("nbperf.measuring.session", "from nbperf.report import card", "report is on floor 5, measuring on 3"),
        ("nbperf.measuring.session", "if TYPE_CHECKING:\n    from nbperf.magics.perf import X", "magics is on floor 6, measuring on 3"),
        ("nbperf.measuring.session", "import_module('nbperf.panels.base')", "panels is on floor 6, measuring on 3"),
        ("nbperf.measuring.session", "importlib.import_module('nbperf.panels.base')", "panels is on floor 6, measuring on 3"),
        ("nbperf.measuring.session", "from nbperf import __version__", "__init__ is on floor 7, measuring on 3"),
        ("nbperf.__main__", "from nbperf.magics import load", "nothing imports magics"),
        ("nbperf.magics.perf", "from nbperf.testing import FakeClock", "testing is for tests"),
        ("nbperf.__main__", "from nbperf import __version__", None),
        ("nbperf.__init__", "from nbperf.magics import load", None),
        ("nbperf.magics.perf", "from nbperf.report import card\nfrom nbperf.magics.entry import enter\nimport IPython", None),
        ("nbperf.testing", "from nbperf.measuring.session import measure", None),
        ("nbperf.core.stats", "import math\nimport numpy as np\nfrom nbperf.errors import RecordError\nfrom . import units", None),
    ],
)
def test_a_wrong_import_is_caught(module, source, why):
    found = violations(source, module)
    assert (why in "\n".join(found) and len(found) == 1) if why else found == []
