"""The wheel, as a user gets it: built, installed with its dependencies into an empty environment, and used there."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.test_floors import imported, modules, source_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[1]
NOTEBOOKS = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}

OPTIONAL = {"torch", "sklearn", "jupyterlab", "memray", "pytest", "amdsmi", "zeus_apple_silicon"}
"""What the code may import although `pip install nbperf` does not bring it: where it is missing, the code says so."""

IMPORT_ALL = """
import importlib, pkgutil, nbperf
for module in pkgutil.walk_packages(nbperf.__path__, "nbperf."):
    if not module.name.endswith(("__main__", "pytest_plugin")):  # pytest alone imports its plugin
        importlib.import_module(module.name)
for name in nbperf.__all__:
    getattr(nbperf, name)
print(nbperf.__version__, nbperf.__file__)
"""


def run(*command: object, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("build", reason="build is not installed")
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation: what builds is installed already, so this asks the network nothing.
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (found,) = folder.glob("nbperf-*-py3-none-any.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that held nothing, and now the wheel and what the wheel says it needs, no more.

    A real installation takes the time of a coffee sip; borrowing the packages of the environment around it would be
    quicker and would hide a dependency that nobody wrote down.
    """
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    (python,) = [*folder.glob("bin/python"), *folder.glob("Scripts/python.exe")]
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", ROOT / "constraints.txt", wheel)
    return python


def test_what_is_in_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = Parser().parsestr(archive.read(next(name for name in names if name.endswith("/METADATA"))).decode())
    outside = {name for name in names if not name.startswith(("nbperf/", "nbperf-"))}
    assert outside == set()
    assert not {name for name in names if "tests" in name.split("/") or "checkpoint" in name or "__pycache__" in name}
    assert {"nbperf/locale/zh_CN/LC_MESSAGES/nbperf.mo", "nbperf/py.typed"} <= names
    assert {f"nbperf/notebooks/{name}" for name in NOTEBOOKS} == {name for name in names if name.endswith(".ipynb")}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "nbperf").rglob("*.py")}
    assert code == {name for name in names if name.endswith(".py")}
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert set(metadata.get_all("Provides-Extra")) == {"torch", "lab", "all"}


def test_all_of_it_imports_with_nothing_but_its_dependencies(python, tmp_path):
    version, file = run(python, "-W", "error", "-c", IMPORT_ALL, cwd=tmp_path).split(maxsplit=1)
    assert version == run(sys.executable, "-m", "nbperf", "--version").strip()
    assert str(ROOT / "nbperf") not in file


def test_the_tutorial_is_copied_and_can_be_opened_after_one_pip_line(python, tmp_path):
    if not NOTEBOOKS:
        pytest.skip("there is no notebook yet")
    said = run(python, "-m", "nbperf", "tutorial", cwd=tmp_path)
    assert {path.name for path in (tmp_path / "nbperf-tutorial").iterdir()} >= NOTEBOOKS
    assert 'pip install "nbperf[lab]"' in said
    assert "jupyter lab nbperf-tutorial" in said


def test_the_extension_loads_in_plain_ipython(python, tmp_path):
    cell = "%load_ext nbperf\\n%perf -r 3 sum(range(1000))"
    said = run(python, "-c", f"from IPython import start_ipython; start_ipython(['--colors=NoColor', '-c', '{cell}'])", cwd=tmp_path)
    assert "Error" not in said
    assert re.search(r"\d\s?[mµn]?s\b", said), said


def test_what_it_imports_late_was_installed_too(python):
    """Most packages are imported where they are needed, so importing the modules proves little: their sources are read."""
    named = {name.split(".")[0] for module in modules() for _, name in imported(source_of(module), module)}
    asked = sorted(named - sys.stdlib_module_names - OPTIONAL - {"nbperf"})
    program = f"from importlib.util import find_spec; print([name for name in {asked} if find_spec(name) is None])"
    assert run(python, "-c", program).strip() == "[]"
