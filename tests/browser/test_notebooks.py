"""Every notebook that comes with nbperf, opened and run from top to bottom, and photographed in both themes."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"

every_notebook = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)


@every_notebook
def test_opens_without_a_question(path: Path):
    """A notebook that names no kernel makes JupyterLab ask for one before anything runs."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["kernelspec"]["name"] == "python3"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(400)
@every_notebook
def test_runs_without_an_error(path: Path, notebook, lab):
    pytest.importorskip("torch", reason="the notebooks need PyTorch")
    shutil.copy(path, lab.root)  # the one in the checkout stays as it is
    opened = notebook(path.name)
    opened.run_all(timeout=300)
    assert opened.errors() == []
    assert "UsageError" not in opened.page.locator(".jp-Notebook").inner_text()  # it ends a run without being an exception
    for theme in ("light", "dark"):
        opened.theme(theme)
        opened.shot(f"{path.stem}-{theme}")
    assert opened.complaints == []
