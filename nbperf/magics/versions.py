"""The versions of a cell that ran, so that ``%%perf vs last`` can measure this one against the one before it.

Kept for this session and never written to disk: old code runs again only where its author asks for it.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from nbperf.magics.sources import kept
from nbperf.magics.statement import COROUTINE
from nbperf.words import say

if TYPE_CHECKING:
    from nbperf.measuring.blocks import Block

KEPT = 20
"""Versions of a cell."""
_MAGIC = re.compile(r"\s*%%(?:perf|memtrace)\b[^\n]*\n?")


def body(raw_cell: str) -> str:
    """A cell without its ``%%perf`` or ``%%memtrace`` line."""
    found = _MAGIC.match(raw_cell)
    return (raw_cell[found.end() :] if found else raw_cell).strip("\n")


class Versions:
    """The texts that ran, by the notebook's id of their cell and by their label, which several cells may share."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}

    def ran(self, key: str | None, text: str) -> None:
        """Remember a text that ran just now."""
        if key is None or not text.strip():
            return
        texts = self._texts.setdefault(key, [])
        if text in texts:
            texts.remove(text)
        texts.append(text)
        del texts[:-KEPT]

    def before(self, key: str | None, text: str) -> str:
        """The newest version that is not this text.

        Raises
        ------
        IPython.core.error.UsageError
            If none ran in this session.
        """
        if key is None:
            raise UsageError(say("%%perf vs last: this front end does not say which cell this is; give it a label: %%perf -l NAME vs last"))
        for earlier in reversed(self._texts.get(key, [])):
            if earlier != text:
                return earlier
        raise UsageError(
            say(
                "%%perf vs last: no other version of this cell has run under %%perf in this session, and what ran without it is not kept: "
                "run it under %%perf, change it, then compare"
            )
        )


def block(text: str, shell: Any) -> Block:
    """A whole cell as something that loops: it runs in the notebook's own names, as the cell does.

    Raises
    ------
    IPython.core.error.UsageError
        If it awaits at its top level.
    SyntaxError
        The user's own.
    """
    source = shell.transform_cell(text)
    name = kept(shell, source)
    code = compile(source, name, "exec", shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & COROUTINE:
        raise UsageError(say("%%perf vs last: a cell that awaits cannot be repeated from here"))

    def run(loops: int) -> None:
        with shell.builtin_trap:
            for _ in range(loops):
                exec(code, shell.user_ns)

    return run
