"""``python -m nbperf``: what it copies, what it leaves alone, what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbperf import __main__ as command
from nbperf import __version__
from nbperf.words import READER


@pytest.fixture(autouse=True)
def english():
    READER.speak("en")
    yield
    READER.speak(None)


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two notebooks and some data that "came with" nbperf; the user's folder is the current one."""
    folder = tmp_path / "shipped"
    for name in (
        "00_quickstart.ipynb",
        "01_memory.ipynb",
        "data/digits.csv",
        ".ipynb_checkpoints/00_quickstart.ipynb",
        "__pycache__/x.pyc",
    ):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"this is {name}")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(command, "came_with", lambda: folder)
    monkeypatch.setattr(command, "find_spec", lambda name: True)  # JupyterLab is installed, wherever this runs
    return folder


def files(folder: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def test_copies_to_the_usual_folder_and_says_how_to_open(capsys):
    assert command.main(["tutorial"]) == 0
    assert files("nbperf-tutorial") == {"00_quickstart.ipynb", "01_memory.ipynb", "data/digits.csv"}
    assert capsys.readouterr().out.splitlines() == [
        "nbperf-tutorial/",
        "  00_quickstart.ipynb  copied",
        "  01_memory.ipynb      copied",
        "  data/digits.csv      copied",
        "",
        "Open them with: jupyter lab nbperf-tutorial/00_quickstart.ipynb",
    ]


def test_the_folder_asked_for_is_quoted_for_the_shell(capsys):
    assert command.main(["tutorial", "my notebooks/nbperf"]) == 0
    assert "jupyter lab 'my notebooks/nbperf/00_quickstart.ipynb'" in capsys.readouterr().out


def test_the_users_work_is_never_lost(capsys):
    command.main(["tutorial", "t"])
    Path("t/00_quickstart.ipynb").write_text("hours of work")
    Path("t/01_memory.ipynb").unlink()
    capsys.readouterr()
    assert command.main(["tutorial", "t"]) == 0
    assert Path("t/00_quickstart.ipynb").read_text() == "hours of work"
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:4] == [
        "  00_quickstart.ipynb  kept: yours differs from the one that came with nbperf",
        "  01_memory.ipynb      copied",
        "  data/digits.csv      there already",
    ]


def test_without_jupyterlab_the_pip_line_comes_first(monkeypatch, capsys):
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    command.main(["tutorial"])
    assert capsys.readouterr().out.splitlines()[-2:] == [
        'JupyterLab is not installed here: pip install "nbperf[lab]"',
        "Open them with: jupyter lab nbperf-tutorial/00_quickstart.ipynb",
    ]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr with which a command is refused."""
    assert command.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["tutorail"], "nbperf: there is no command tutorail; there is: python -m nbperf tutorial [FOLDER]"),
        (["tutorial", "--force"], "nbperf: tutorial takes a folder and no option --force"),
        (["tutorial", "my", "notebooks"], "nbperf: tutorial takes one folder; quote a name that has spaces"),
    ],
)
def test_a_line_that_is_not_understood(arguments, why, capsys):
    assert refused(arguments, capsys) == why
    assert not list(Path().iterdir())


def test_a_folder_that_cannot_be_written(capsys):
    Path("taken").write_text("a file, and no folder")
    assert refused(["tutorial", "taken"], capsys).startswith("nbperf: taken cannot be written: ")
    assert refused(["tutorial", "taken/below"], capsys).startswith("nbperf: taken/below cannot be written: ")


def test_an_installation_without_notebooks(monkeypatch, capsys):
    monkeypatch.setattr(command, "came_with", lambda: None)
    assert "came without its notebooks" in refused(["tutorial"], capsys)


def test_help_and_version(capsys):
    for arguments in ([], ["--help"], ["help"], ["tutorial", "--help"]):
        assert command.main(arguments) == 0
        assert "python -m nbperf tutorial [FOLDER]" in capsys.readouterr().out
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_as_a_program():
    done = subprocess.run([sys.executable, "-W", "error", "-m", "nbperf", "nothing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
