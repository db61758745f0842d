"""The user's own text in tracebacks: under the number of its cell, with its lines, and without our frames above it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from IPython.core.error import UsageError

OWN = str(Path(__file__).parents[1])
"""Where our own files lie."""


def number(shell: Any) -> int:
    """The ``In[n]`` of the cell that is running.

    The shell's counter says it up to IPython 8, and names the cell after it from IPython 9 on. Its display hook has to know
    in either case, because it writes ``Out[n]``.
    """
    found: int = shell.displayhook.prompt_count
    return found


def kept(shell: Any, source: str) -> str:
    """The file name under which a source is kept, so that a traceback shows its lines as those of the running cell."""
    name: str = shell.compile.cache(source, number(shell))
    return name


def outside(trace: TracebackType | None) -> TracebackType | None:
    """A traceback from its first frame that is not ours; the whole of it where all are ours, since the mistake is as well."""
    here = trace
    while here is not None and here.tb_frame.f_code.co_filename.startswith(OWN):
        here = here.tb_next
    return here or trace


@contextmanager
def as_written(magic: str) -> Iterator[None]:
    """What is no Python becomes an error that is shown without frames: the parser that finds it is none of the user's code.

    Parameters
    ----------
    magic : str
        As it is written, such as ``"%perf"``.

    Raises
    ------
    IPython.core.error.UsageError
        The compiler's sentence, and below it the line with the place.
    """
    try:
        yield
    except SyntaxError as error:
        lines = "".join(traceback.format_exception_only(error)).splitlines()
        code = [line for line in lines if line.startswith("    ")]
        raise UsageError("\n".join((f"{magic}: {type(error).__name__}: {error.msg}", *code))) from None
