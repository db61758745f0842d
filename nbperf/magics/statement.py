"""From text to something that runs in a loop: one statement, two with ``vs`` between them, or labelled lines."""

from __future__ import annotations

import ast
import inspect
import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from itertools import repeat
from types import CodeType
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from nbperf.magics.sources import kept
from nbperf.measuring.blocks import Block
from nbperf.words import say

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

FILENAME = "<perf statement>"
LOOPS = "__nbperf_loops__"
COROUTINE = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE | inspect.CO_ASYNC_GENERATOR
"""Flags of code that awaits at its top level."""
LONGEST = 60
"""Characters of a statement that serve as its label."""


def parses(source: str) -> bool:
    """Whether a text is Python, top-level await included."""
    try:
        compile(source, FILENAME, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return False
    return True


def _separators(text: str) -> Iterator[int]:
    """Where the word ``vs`` stands outside strings and brackets."""
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            elif token.type == tokenize.NAME and token.string == "vs" and depth == 0 and token.start[0] == 1:
                yield token.start[1]
    except (tokenize.TokenError, SyntaxError):  # an open bracket or string at the end: what was seen until there counts
        return


def split(text: str) -> list[str]:
    """The statements of a line, taken apart at ``vs``.

    A ``vs`` inside a string, a bracket or a statement that is valid as a whole (a variable of that name) is the
    user's own: no statement of Python holds two names side by side.

    Raises
    ------
    IPython.core.error.UsageError
        If nothing stands on one side of ``vs``.
    """
    if parses(text):
        return [text]
    parts: list[str] = []
    start = 0
    for at in _separators(text):
        part = text[start:at].strip()
        if part and (parses(part) or part.startswith(("!", "%"))):
            parts.append(part)
            start = at + len("vs")
    parts.append(text[start:].strip())
    if any(part.startswith((";", ",")) for part in parts):  # the shell would turn what follows into a string
        raise UsageError(say("%perf: a statement cannot begin with {sign!r}", sign=next(p for p in parts if p.startswith((";", ",")))[0]))
    if any(not part or (re.match(r"vs\s", part) and not parses(part)) for part in parts) and text.strip():
        raise UsageError(say("%perf: a statement is wanted on both sides of vs, as in: %perf f(x) vs g(x)"))
    return parts


class Statement:
    """A statement compiled into a loop; names are those of the notebook, new ones stay inside, as with ``%timeit``.

    Parameters
    ----------
    source : str
    shell : InteractiveShell
    scope : dict
        The names it sees.

    Raises
    ------
    IPython.core.error.UsageError
        If it awaits at its top level.
    SyntaxError
        The user's own.
    """

    def __init__(self, source: str, shell: InteractiveShell, scope: dict[str, Any]) -> None:
        self.source = source
        made: dict[str, Any] = {}
        exec(_looped(*_body(source, shell)), scope, made)
        block = made["__nbperf_block__"]
        block.__code__ = block.__code__.replace(co_name="<module>", co_qualname="<module>")  # so that tracebacks show the statement alone
        self._block: Block = block

    @property
    def label(self) -> str:
        """The statement itself, shortened where it is long."""
        text = " ".join(self.source.split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def __call__(self, loops: int) -> None:
        """Run it so many times."""
        try:
            self._block(repeat(None, loops))  # type: ignore[arg-type]
        except UnboundLocalError as error:
            here = error.__traceback__
            if here and here.tb_next and here.tb_next.tb_next is None:  # in the statement itself, not in what it calls
                error.add_note(
                    say("names that a statement sets are its own, as with %timeit; `%%perf -r N` above a cell sets the notebook's")
                )
            raise


def _body(source: str, shell: InteractiveShell) -> tuple[list[ast.stmt], str]:
    """The statement's own nodes, and the name under which its text is kept."""
    text = shell.transform_cell(source)
    if not parses(text) and (late := re.search(r"\s(-[a-z]|--[a-z]+)(\s+\S+)?\s*$", source)):
        raise UsageError(say("%perf: options stand before the statement, as in: %perf {option} STATEMENT", option=late[0].strip()))
    name = kept(shell, text)
    tree = compile(text, name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert isinstance(tree, ast.Module)
    bare = compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # a `break` or `return` must not become legal in our loop
    if bare.co_flags & COROUTINE:
        raise UsageError(say("%perf: a statement cannot await; put it into a cell under `%%perf -r N`, which can"))
    return tree.body, name


def _looped(body: list[ast.stmt], name: str) -> CodeType:
    frame = ast.parse(f"def __nbperf_block__({LOOPS}):\n for __nbperf_i__ in {LOOPS}: pass", name)
    function = frame.body[0]
    assert isinstance(function, ast.FunctionDef)
    loop = function.body[0]
    assert isinstance(loop, ast.For)
    loop.body = body or [ast.Pass(lineno=1, col_offset=0)]
    return compile(ast.fix_missing_locations(frame), name, "exec")


def _refuse(line: str, n: int, magic: str, *, parsed: bool = False) -> None:
    """Say what is wrong with a line of a contest that has a label or means to; nothing, where that is not seen.

    With `parsed` it is known to be Python: what stands behind a label is then at fault only if it is no expression.
    """
    label, colon, rest = (part.strip() for part in line.partition(":"))
    first, *more = label.split() or [""]
    if not colon or not label or "(" in label or line[:1].isspace() or (more and keyword.iskeyword(first)):
        return
    if not label.isidentifier() or keyword.iskeyword(label):
        raise UsageError(
            say("{magic} vs: line {n}: the label {label!r} is no name; letters, digits and _ make one, as in fp32: model(x)",
                magic=magic, n=n, label=label)
        )  # fmt: skip
    if not rest or rest.startswith("#"):
        raise UsageError(
            say("{magic} vs: line {n}: an expression is wanted behind {label}: on the same line, as in fp32: model(x); "
                "several statements make a function, which is called there", magic=magic, n=n, label=label)
        )  # fmt: skip
    if (parsed or parses(rest)) and not _is_expression(rest):
        raise UsageError(
            say("{magic} vs: line {n}: {rest!r} is a statement, and an expression is wanted, as in fp32: model(x)",
                magic=magic, n=n, rest=rest)
        )  # fmt: skip


def _is_expression(source: str) -> bool:
    try:
        compile(source, FILENAME, "eval", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return False
    return True


def contestants(cell: str, shell: InteractiveShell, magic: str = "%%perf") -> dict[str, str]:
    """The labelled lines of ``%%perf vs`` or ``%%memtrace vs``: each ``label: expression``, which Python reads as an annotation.

    Returns
    -------
    dict of str to str
        The expression's text by label, in order.

    Raises
    ------
    IPython.core.error.UsageError
        If a line has no label, a label stands twice, or there are fewer than two.
    SyntaxError
        The user's own.
    """
    text = shell.transform_cell(cell)
    try:
        tree = ast.parse(text, FILENAME)
    except SyntaxError:
        for n, line in enumerate(text.splitlines(), start=1):
            _refuse(line, n, magic)
        raise
    found: dict[str, str] = {}
    for node in tree.body:
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.simple and node.value is None):
            line = (ast.get_source_segment(text, node) or "").splitlines()[0]
            _refuse(line, node.lineno, magic, parsed=True)
            raise UsageError(
                say("{magic} vs: line {n} has no label: {line!r}; each line is label: expression, as in fp32: model(x)",
                    magic=magic, n=node.lineno, line=line)
            )  # fmt: skip
        label = node.target.id
        if label in found:
            raise UsageError(say("{magic} vs: the label {label} stands twice: give each line a label of its own", magic=magic, label=label))
        source = ast.get_source_segment(text, node.annotation) or ast.unparse(node.annotation)
        # The brackets around an expression are not part of its node: some expressions need them, and so do several lines.
        found[label] = f"({source}\n)" if "\n" in source else source if parses(source) else f"({source})"
    if len(found) < 2:
        raise UsageError(
            say("{magic} vs: two or more labelled lines are wanted, found {found}: fp32: model(x)", magic=magic, found=len(found))
        )
    return found
