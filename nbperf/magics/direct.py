"""``run_cell_magic``: nobody else will run the cell, so it is compiled and run here, in our windows all the same."""

from __future__ import annotations

import ast
from typing import Any

from IPython.core.error import UsageError

from nbperf.magics.entry import Entry
from nbperf.magics.sources import kept
from nbperf.magics.statement import COROUTINE
from nbperf.words import say


def run_cell(entry: Entry, magic: str, line: str, cell: str) -> object:
    """Run a cell under one of our magics.

    Returns
    -------
    object
        What the shell is to display.

    Raises
    ------
    IPython.core.error.UsageError
        If the cell awaits at its top level.
    SyntaxError
        The user's own.
    """
    shell: Any = entry.shell
    source = shell.transform_cell(f"%%{magic} {line}\n{cell}")
    name = kept(shell, source)
    mode, shell.ast_node_interactivity = shell.ast_node_interactivity, "last_expr"  # as for every cell magic
    try:
        tree = shell.transform_ast(shell.compile.ast_parse(source, filename=name))
    finally:
        shell.ast_node_interactivity = mode
    *body, tail = tree.body
    if not (body and isinstance(tail, ast.Expr)):  # it was left alone, since it is no valid cell: the compiler says why
        compile(tree, name, "exec", shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        raise UsageError(say("{magic}: this cell cannot be measured from here", magic=f"%%{magic}"))
    code = compile(ast.Module(body, []), name, "exec", shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & COROUTINE:
        raise UsageError(say("{magic}: a cell run from Python cannot await; as a cell of the notebook it can", magic=f"%%{magic}"))
    with shell.builtin_trap:
        with entry.directly():
            exec(code, shell.user_ns)
        value = eval(shell.compile(ast.Expression(tail.value), name, "eval"), shell.user_ns)
    entry.raise_held()
    return value
