"""What importing costs: nothing heavy comes along unasked, and every module can be the first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import nbperf

ROOT = Path(nbperf.__file__).parent
MODULES = sorted(
    ".".join(("nbperf", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if path.name != "__main__.py"
)

HEAVY = {
    "anywidget", "babel", "ipywidgets", "jupyterlab", "matplotlib", "memory_profiler", "numpy", "onnxruntime", "pandas", "psutil", "pynvml",
    "scipy", "seaborn", "sklearn", "torch",
}  # fmt: skip
"""Packages that take tens of milliseconds or more to import."""


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a statement imports into a fresh interpreter, in which warnings are errors."""
    program = f"import json, sys\nbefore = set(sys.modules)\n{statement}\nprint(json.dumps([*sys.modules.keys() - before]))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_import_nbperf_imports_the_standard_library_only():
    assert loaded_by("import nbperf; dir(nbperf)") <= sys.stdlib_module_names | {"nbperf"}


def test_load_ext_imports_nothing_heavy():
    shell = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()\n"
    with_shell = loaded_by(shell)
    with_us = loaded_by(shell + "shell.run_line_magic('load_ext', 'nbperf')")
    assert "nbperf" in with_us
    assert (with_us - with_shell) & HEAVY == set()


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_the_first(module):
    assert "torch" not in loaded_by(f"import {module}")


@pytest.mark.parametrize("name", nbperf.__all__)
def test_every_public_name_is_there(name):
    assert name in dir(nbperf)
    assert getattr(nbperf, name).__module__.startswith("nbperf.")


def test_the_lists_of_public_names_agree():
    assert set(nbperf.__all__) == set(nbperf._PUBLIC)
    assert nbperf.__all__ == sorted(nbperf.__all__, key=lambda name: (name[0].islower(), name))  # classes first


def test_a_star_import_brings_the_public_names():
    namespace: dict[str, object] = {}
    exec("from nbperf import *", namespace)
    assert set(nbperf.__all__) <= namespace.keys()


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        nbperf.nothing  # noqa: B018  (the look-up is the test)
