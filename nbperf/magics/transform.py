"""How the text of a ``%%perf`` or ``%%memtrace`` cell becomes our windows: text to marker, marker to syntax tree.

Both steps are pure.

A cell that runs once, and one that is repeated; 7 is this cell's number, `N` a name in builtins::

    with N.once(7, "-l mine"):            for N.i in N.repeats(7, "-r 20"):
        ...                                   with N.window(7):
        N.keep(7, last)                           ...
    N.take(7)                                     N.keep(7, last)
                                          N.take(7)

A traced cell is as one that runs once, with `N.traced`. `keep` holds the value of the last expression, `take` is what
the shell displays. The window is left before a traceback
is drawn. Nothing is nested deeper than it must be: Python allows twenty blocks within one another, and the user's count.
"""

from __future__ import annotations

import ast
import itertools
import linecache
import re
import warnings
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import cell_magic, leading_indent

from nbperf.errors import PlanError
from nbperf.magics.arguments import Options, read
from nbperf.magics.trace_arguments import read as read_trace
from nbperf.probes import catalog

NAME = "__nbperf__"
"""Our name in builtins: there it survives ``%reset`` and is not among the user's names."""
LINE = re.compile(r"%%(perf|memtrace)(?![\w?])[ \t]*(.*)")

FUTURE = re.compile(r"\s*from\s+__future__\s")

TRACED = f"with {NAME}.traced({{n}}, {{line!r}}): pass\n{NAME}.take({{n}})"
ONCE = f"with {NAME}.once({{n}}, {{line!r}}): pass\n{NAME}.take({{n}})"
REPEATED = f"for {NAME}.i in {NAME}.repeats({{n}}, {{line!r}}):\n with {NAME}.window({{n}}): pass\n{NAME}.take({{n}})"
AUTOMATIC = f"with {NAME}.automatic({{n}}): pass\n{NAME}.take({{n}})"
"""What is put round a cell's statements, in place of ``pass``."""


class Marker:
    """The text transformer: it keeps no state, since the shell, ``%%time`` and the completeness check call it as they like."""

    has_side_effects = True
    """Tells the terminal's completeness check to see ``%%perf`` as the cell magic it is."""

    def __call__(self, lines: list[str]) -> list[str]:
        """The lines of a cell, its ``%%perf`` line turned into the marker."""
        found = LINE.match(lines[0]) if lines else None
        if found is None:
            return lines
        try:
            if not (_traceable if found[1] == "memtrace" else _measurable)(found[2]):
                return lines  # `vs`, or something that the magic will refuse
        except (UsageError, PlanError):
            return lines  # the registered magic says it, in one line
        blank = next((i for i, line in enumerate(lines[1:], start=1) if line.strip()), len(lines))
        write = quiet_marker if any(FUTURE.match(line) for line in lines) else marker
        return [write(found[1], found[2].rstrip()), *lines[1:blank], *cell_magic(leading_indent(lines[blank:]))]


def _measurable(line: str) -> bool:
    """Whether a ``%%perf`` line is for a cell that the shell runs."""
    options = read(line)
    catalog.discover(also=options.probe)
    return not (options.rest or options.loops or options.confidence or options.seconds)


def _traceable(line: str) -> bool:
    """The same of a ``%%memtrace`` line."""
    options = read_trace(line)
    return not (options.rest or options.repeats)


def marker(magic: str, line: str) -> str:
    """The marker: a call, which says so if nobody replaces it."""
    return f"{NAME}({line!r}, {magic!r})\n"


def quiet_marker(magic: str, line: str) -> str:
    """The marker of a cell with ``from __future__``, before which the compiler allows a text and no call."""
    return f"{f'{NAME} {magic} {line}'!r}\n"


def _marked(node: ast.stmt) -> tuple[str, str] | None:
    """The magic and the options' line in the marker, None where there is no marker."""
    match node:
        case ast.Expr(
            value=ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(line)), ast.Constant(value=str(magic))], keywords=[])
        ) if name == NAME:
            return magic, line
        case ast.Expr(value=ast.Constant(value=str(text))) if text.startswith(f"{NAME} "):
            _, magic, line = text.split(" ", 2)
            return magic, line
    return None


class Wrapper:
    """The AST transformer. It must not raise, since IPython would drop it.

    Parameters
    ----------
    shell : InteractiveShell
    repeated : callable
        Whether a cell with these options runs more than once.
    automatic : callable
        Whether the next unmarked cell is to be measured as well; asked once a module.
    source : callable
        The name of the file that the cell's source passes for, as far as that is known.
    """

    def __init__(
        self, shell: Any, repeated: Callable[[Options], bool], automatic: Callable[[], bool], source: Callable[[], str | None]
    ) -> None:
        self._shell = shell
        self._source = source
        self._repeated = repeated
        self._automatic = automatic
        self._numbers = itertools.count(1)

    def visit(self, node: ast.AST) -> ast.AST:
        """Put a marked module's statements into our windows; any other node is given back as it is."""
        if not isinstance(node, ast.Module) or not node.body:
            return node
        marked = _marked(node.body[0])
        automatic = self._automatic()
        if marked is None and not automatic:
            return node
        if marked is not None:
            _restore(*marked, self._source())
        rest = node.body[0 if marked is None else 1 :]
        magic, line = marked or ("", "")
        # The shell compiles statement by statement, so that these may stand anywhere; inside our frame they may not.
        head = [each for each in rest if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
        body = [each for each in rest if each not in head]
        number = next(self._numbers)
        if not magic:
            frame = AUTOMATIC.format(n=number)
        elif magic == "memtrace":
            frame = TRACED.format(n=number, line=line)
        elif not self._repeated(read(line)):
            frame = ONCE.format(n=number, line=line)
        elif not _compiles(head + body):  # a `break` at its top level must not become legal inside our loop
            node.body = head + body  # the shell finds the same mistake and shows it as the user's own
            return node
        else:
            frame = REPEATED.format(n=number, line=line)
        first = node.body[0] if magic == "memtrace" else None
        node.body = head + _wrapped(body, frame, number, self._shell.ast_node_interactivity, first)
        return node


def _compiles(body: list[ast.stmt]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the shell's own compilation says them
        try:
            compile(ast.Module(body, []), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except Exception:  # noqa: BLE001 - whatever the compiler says, it says it again to the user
            return False
    return True


def _restore(magic: str, line: str, source: str | None) -> None:
    """Let tracebacks show the cell's first line as a comment, instead of the marker that stood in for it.

    The source was put into the cache just now: under the name given, else among the newest.
    """
    entries = linecache.cache
    names = [source] if source in entries else list(itertools.islice(reversed(entries), 4))
    for name in names:
        entry = entries[name]
        if len(entry) == 4 and entry[2][:1] in ([marker(magic, line)], [quiet_marker(magic, line)]):
            entry[2][0] = f"# %%{magic} {line}".rstrip() + "\n"


def _call(name: str, *arguments: ast.expr) -> ast.Expr:
    return ast.Expr(ast.Call(ast.Attribute(ast.Name(NAME, ast.Load()), name, ast.Load()), list(arguments), []))


def _place(new: ast.AST, at: ast.AST) -> None:
    """Give a node and all in it the place of another; before the user's nodes, which have their own, are put in."""
    line, column = at.lineno, at.col_offset  # type: ignore[attr-defined]
    end_line, end_column = at.end_lineno, at.end_col_offset  # type: ignore[attr-defined]
    for each in ast.walk(new):
        if isinstance(each, ast.stmt | ast.expr):  # set directly: copy_location takes five times as long, under every cell
            each.lineno, each.col_offset, each.end_lineno, each.end_col_offset = line, column, end_line, end_column


def _assigned(node: ast.stmt) -> str | None:
    """The name that an assignment at the end of a cell sets, where the shell is to show it."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        target = node.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


class _Shown(ast.NodeTransformer):
    """In the mode "last" the shell shows every expression within the last statement, as the plain interpreter does."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return _taking("show", node)

    def visit_FunctionDef(self, node: ast.AST) -> ast.AST:
        return node  # what stands in there is no top level

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # noqa: N815 - ast's own names


def _taking(name: str, node: ast.Expr, *first: ast.expr) -> ast.Expr:
    """The expression as an argument of one of our functions, in its own place."""
    new = _call(name, *first)
    _place(new, node)
    assert isinstance(new.value, ast.Call)
    new.value.args.append(node.value)
    return new


def _wrapped(body: list[ast.stmt], frame: str, number: int, mode: str, first: ast.stmt | None) -> list[ast.stmt]:
    """The statements inside the frame, and behind it the node whose value the shell displays.

    Where each line counts, the frame's own is that of the magic, `first`: it must not pass for one of the cell's.
    """
    last: ast.AST = body[-1] if body else ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    if mode == "last_expr_or_assign" and body and (name := _assigned(body[-1])):
        value = ast.Expr(ast.Name(name, ast.Load()))
        _place(value, last)
        body.append(value)
    if mode == "last" and body and not isinstance(body[-1], ast.Expr):
        body[-1] = _Shown().visit(body[-1])
    if body and isinstance(body[-1], ast.Expr) and mode not in ("all", "none"):
        body[-1] = _taking("keep", body[-1], ast.Constant(number))
    tree = ast.parse(frame)
    _place(tree, last)
    cell, take = tree.body
    if first is not None:
        _place(cell, first)
    inner = next(new for new in ast.walk(cell) if isinstance(new, ast.With) and isinstance(new.body[0], ast.Pass))
    inner.body = body or inner.body
    return [cell, take]
