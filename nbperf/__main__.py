"""``python -m nbperf tutorial [FOLDER]``: copy the notebooks that came with the package, and say how to open them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from nbperf import __version__
from nbperf.words import Sentence, say

FOLDER = "nbperf-tutorial"
TOP = PurePosixPath()

USAGE = Sentence(
    "python -m nbperf tutorial [FOLDER]   copy the notebooks that came with nbperf to FOLDER (./nbperf-tutorial)\n"
    "python -m nbperf --version           say which nbperf this is"
)


def came_with() -> Traversable | None:
    """The folder of the notebooks: inside an installed package, beside it in a checkout; None if they are missing."""
    for folder in (files("nbperf") / "notebooks", Path(__file__).parents[1] / "notebooks"):
        if folder.is_dir():
            return folder
    return None


def notebooks(folder: Traversable, at: PurePosixPath = TOP) -> Iterator[tuple[PurePosixPath, Traversable]]:
    """Every file below a folder with its path there, in order; what an editor or Python left behind is passed over."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith((".", "__")):
            continue
        if entry.is_dir():
            yield from notebooks(entry, at / entry.name)
        else:
            yield at / entry.name, entry


def copy(source: Traversable, target: Path) -> Sentence:
    """Copy one file unless something is there already, which is then left alone; what was done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    content = source.read_bytes()
    try:
        # "x" and not a look beforehand: between a look and a write a file can appear.
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if target.is_file() and target.read_bytes() == content:
            return Sentence("there already")
        return Sentence("kept: yours differs from the one that came with nbperf")
    return Sentence("copied")


def quoted(*words: str) -> str:
    """A command as this system's shell reads it."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def tutorial(folder: Path) -> int:
    """Copy the notebooks into a folder and say how to open them."""
    source = came_with()
    found = list(notebooks(source)) if source else []
    if not found:
        return refuse(Sentence("this nbperf came without its notebooks: install it again with pip install --force-reinstall nbperf"))
    print(f"{folder}{os.sep}")
    width = max(len(str(path)) for path, _ in found)
    try:
        for path, file in found:
            print(f"  {path!s:{width}}  {say(copy(file, folder / path))}")
    except OSError as error:
        return refuse(Sentence("{folder} cannot be written: {reason}", folder=str(folder), reason=error.strerror or str(error)))
    first = next((path for path, _ in found if path.suffix == ".ipynb"), TOP)
    print()
    if find_spec("jupyterlab") is None:
        print(say('JupyterLab is not installed here: pip install "nbperf[lab]"'))
    print(say("Open them with: {command}", command=quoted("jupyter", "lab", str(folder / first))))
    return 0


def refuse(why: Sentence) -> int:
    """One line to stderr, and the exit code of a command that was not understood or could not be done."""
    print(f"nbperf: {say(why)}", file=sys.stderr)
    return 2


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for; the exit code."""
    match list(arguments):
        case [] | ["-h" | "--help" | "help"] | ["tutorial", "-h" | "--help"]:
            print(say(USAGE))
            return 0
        case ["--version"]:
            print(__version__)
            return 0
        case ["tutorial", str(option), *_] if option.startswith("-"):
            return refuse(Sentence("tutorial takes a folder and no option {option}", option=option))
        case ["tutorial"]:
            return tutorial(Path(FOLDER))
        case ["tutorial", str(folder)] if folder:
            return tutorial(Path(folder))
        case ["tutorial", *_]:
            return refuse(Sentence("tutorial takes one folder; quote a name that has spaces"))
        case [word, *_]:
            return refuse(Sentence("there is no command {word}; there is: python -m nbperf tutorial [FOLDER]", word=word))
        case _:  # pragma: no cover
            raise AssertionError(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
