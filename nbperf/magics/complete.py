"""Tab completion of the options behind ``%perf`` and ``%memtrace``, and those of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from nbperf.magics import arguments, trace_arguments

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

_OPTION = re.compile(r"(?:.*=\s*)?%%?(perf|memtrace)\s(?:.*\s)?(-[-\w]*)$")


@context_matcher()  # type: ignore[untyped-decorator]
def options(context: CompletionContext) -> Any:
    """The options that begin with what was typed, and nothing else."""
    found = _OPTION.match(context.line_with_cursor[: context.cursor_position])
    if not found or " -- " in context.line_with_cursor:
        return {"completions": []}
    names = [name for name in _flags(found[1]) if name.startswith(found[2])]
    return {
        "completions": [SimpleCompletion(text=name, type="option") for name in names],
        "matched_fragment": found[2],
        "suppress": bool(names),
    }


def _flags(magic: str) -> Iterable[str]:
    return arguments.GRAMMAR.flags if magic == "perf" else trace_arguments.GRAMMAR.flags


def install(shell: Any) -> None:
    """Answer to tab in this shell."""
    if shell.Completer is not None and options not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(options)


def remove(shell: Any) -> None:
    """No longer answer."""
    if shell.Completer is not None and options in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(options)
