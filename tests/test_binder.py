"""The hosted tutorials' environment, as far as it can be checked without building it: its files, its links, its memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
GRANTED = 2 * 2**30
"""Bytes that a hosted session may use."""
LAB = 200 * 2**20
"""Of them, what JupyterLab's own server takes, generously."""


def pinned(path: Path) -> dict[str, str]:
    """The packages that a file of requirements or constraints pins, with their versions."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_python_is_pinned_to_a_version_that_the_package_promises() -> None:
    version = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    required = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert required is not None
    assert tuple(map(int, version.split("."))) >= tuple(map(int, required[1].split(".")))


def test_pytorch_is_the_build_without_cuda_and_the_version_of_the_constraints() -> None:
    text = (BINDER / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^torch==[\d.]+\+cpu$", text, re.MULTILINE)
    assert pinned(BINDER / "requirements.txt")["torch"] == pinned(ROOT / "constraints.txt")["torch"]
    assert ".[lab]" in text.splitlines()


def test_the_constraints_it_names_are_there() -> None:
    named = re.search(r"^--constraint (\S+)$", (BINDER / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert named is not None
    assert (BINDER / named[1]).resolve() == (ROOT / "constraints.txt").resolve()


def test_the_badge_leads_to_the_quickstart() -> None:
    link = re.search(r"https://mybinder\.org/v2/\S+?urlpath=([^\s)\"]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert link is not None
    assert (ROOT / link[1].removeprefix("lab/tree/")).is_file()


def test_the_start_script_hands_on_and_limits_the_threads() -> None:
    found = {}
    for limit in ("", "1.0", "4"):
        environment = {**os.environ, "CPU_LIMIT": limit} if limit else {k: v for k, v in os.environ.items() if k != "CPU_LIMIT"}
        done = subprocess.run(
            ["bash", str(BINDER / "start"), sys.executable, "-c", "import os; print(os.environ['OMP_NUM_THREADS'])"],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        found[limit] = done.stdout.strip()
    assert found == {"": "2", "1.0": "1", "4": "4"}
    assert os.access(BINDER / "start", os.X_OK)


RUN = """
import os, sys, nbformat, nbclient
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
notebook = nbformat.read(sys.argv[1], as_version=4)
# Our own windows set the peak since the kernel began back, so that of every cell is kept.
notebook.cells.append(nbformat.v4.new_code_cell("print(max(_peaks))"))
notebook.cells.insert(0, nbformat.v4.new_code_cell(
    "_peaks = []\\n"
    "def _peak(result):\\n"
    "    text = open('/proc/self/status').read()\\n"
    "    _peaks.append(int(text.split('VmHWM:')[1].split()[0]) * 1024)\\n"
    "get_ipython().events.register('post_run_cell', _peak)"))
nbclient.NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
print(notebook.cells[-1].outputs[0].text)
"""


@pytest.mark.slow
@pytest.mark.kernel
@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_the_quickstart_fits_into_what_is_granted(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the quickstart needs PyTorch")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(ROOT / "notebooks" / "00_quickstart.ipynb")],
        cwd=tmp_path, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    peak = int(done.stdout.split()[-1])
    print(f"the kernel's peak over the quickstart on one core: {peak / 2**20:.0f} MiB")
    assert 50 * 2**20 < peak < GRANTED - LAB
