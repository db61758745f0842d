"""Tab completion of the options behind ``%perf`` and ``%%perf``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from nbperf.magics.arguments import flags

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

_OPTION = re.compile(r"(?:.*=\s*)?%%?perf\s(?:.*\s)?(-[-\w]*)$")


@context_matcher()  # type: ignore[untyped-decorator]
def options(context: CompletionContext) -> Any:
    """The options that begin with what was typed, and nothing else."""
    found = _OPTION.match(context.line_with_cursor[: context.cursor_position])
    if not found or " -- " in context.line_with_cursor:
        return {"completions": []}
    names = [name for name in flags() if name.startswith(found[1])]
    return {
        "completions": [SimpleCompletion(text=name, type="option") for name in names],
        "matched_fragment": found[1],
        "suppress": bool(names),
    }


def install(shell: Any) -> None:
    """Answer to tab in this shell."""
    if shell.Completer is not None and options not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(options)


def remove(shell: Any) -> None:
    """No longer answer."""
    if shell.Completer is not None and options in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(options)
