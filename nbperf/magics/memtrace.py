"""``%memtrace`` and ``%%memtrace`` as registered magics.

An ordinary ``%%memtrace`` cell never comes here: entry.py has turned it into a marked cell that the shell runs itself.
What comes here is a statement, a contest (``vs``), a bad option, and a call through ``run_cell_magic``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.display import display

from nbperf.core.lines import MemoryContest, MemoryTrace
from nbperf.errors import PlanError
from nbperf.magics.direct import run_cell
from nbperf.magics.entry import Entry
from nbperf.magics.settings import NBPerf
from nbperf.magics.statement import COROUTINE, contestants
from nbperf.magics.trace_arguments import TraceOptions, described, read
from nbperf.words import Sentence, say

HELP = (
    Sentence("Trace where memory goes: line by line, and over time."),
    "",
    ("%%memtrace", Sentence("this cell's lines, and the functions it calls that were defined in the notebook")),
    ("%memtrace step(x)", Sentence("a statement: the function it calls is traced; -f NAME names others")),
    ("%%memtrace --exact", Sentence("memory is read at every line")),
    ("%%memtrace --alloc", Sentence("who allocated as well, native code included where memray is installed")),
    ("%%memtrace vs", Sentence("two labelled lines, traced in turn: the difference, line by line")),
    ("before: step(x)", Sentence("")),
    ("after: step2(x)", Sentence("")),
    "",
)
"""What `%%memtrace?` shows, above the options."""
CONTEST = re.compile(r"vs\s*")


def describe() -> str:
    """What ``%%memtrace?`` shows, in the reader's language."""
    lines = [f"    {line[0]:27}{say(line[1])}".rstrip() if isinstance(line, tuple) else say(line) for line in HELP]
    return "\n".join([*lines, described(), ""])


@magics_class
class MemtraceMagics(Magics):
    """The magics ``%memtrace`` and ``%%memtrace``."""

    shell: Any

    def __init__(self, shell: Any, entry: Entry, settings: NBPerf) -> None:
        super().__init__(shell)
        self._entry = entry
        self._settings = settings
        settings.observe(lambda _: self._describe(), "language")
        self._describe()

    @staticmethod
    def _describe() -> None:
        MemtraceMagics.memtrace.__doc__ = describe()

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def memtrace(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> object:
        """Replaced by `describe` where the magics are loaded, so that ``%%memtrace?`` shows it."""
        options = read(line)
        try:
            if cell is None:
                return self._statement(options, local_ns)
            if CONTEST.fullmatch(options.rest):
                return self._contest(options, cell, local_ns)
            if options.rest:
                raise UsageError(
                    say("%%memtrace: nothing but options or vs may follow on this line, found {rest!r}; a statement is traced by %memtrace",
                        rest=options.rest)
                )  # fmt: skip
            if options.repeats:
                raise UsageError(say("%%memtrace: -r is only for vs; a cell is traced once, since tracing repeats nothing"))
            return run_cell(self._entry, "memtrace", line, cell)
        except PlanError as error:
            raise UsageError(f"%memtrace: {error}") from None

    def _scope(self, local_ns: dict[str, Any] | None) -> dict[str, Any]:
        names: dict[str, Any] = self.shell.user_ns
        return names if local_ns is None or local_ns is names else {**names, **local_ns}

    def _statement(self, options: TraceOptions, local_ns: dict[str, Any] | None) -> object:
        from nbperf.magics.traced import deliver, functions, made
        from nbperf.measuring import memtrace

        if not options.rest:
            raise UsageError(say("%memtrace: a statement is wanted, as in: %memtrace step(x)"))
        if options.repeats:
            raise UsageError(say("%%memtrace: -r is only for vs; a cell is traced once, since tracing repeats nothing"))
        scope = self._scope(local_ns)
        task, called = self._compiled(options.rest, scope)
        tracing = made(options, self._entry, [*functions(options.function, scope), *called])
        tracing.label = tracing.label or " ".join(options.rest.split())
        try:
            trace = memtrace.run(tracing, task, self.shell.user_ns)
        except BaseException as error:
            partial = getattr(error, "memtrace", None)
            if isinstance(partial, MemoryTrace):
                deliver(self._entry, partial, options, self._entry.info, failed=True)
            raise
        deliver(self._entry, trace, options, self._entry.info)
        return trace if options.output else None

    def _compiled(self, text: str, scope: dict[str, Any]) -> tuple[Callable[[], object], list[Any]]:
        """The statement as something to call, and the functions that it calls by name."""
        from nbperf.measuring.choice import code_of, unprofiled

        shell = self.shell
        source = shell.transform_cell(text)
        name = shell.compile.cache(source, shell.execution_count)  # a line of the trace shows it
        tree = ast.parse(source, name)
        code = compile(tree, name, "exec", shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & COROUTINE:
            raise UsageError(say("%memtrace: a statement cannot await; put it into a cell under `%%memtrace`, which can"))
        called, instead = [], {}
        for found, first in _called(tree, scope):
            try:
                code_of(found)
            except PlanError:
                continue  # written in C: its line says what it took
            called.append(found)
            if first is not None and (inner := unprofiled(found)) is not found:
                instead[first] = inner
        names = shell.user_ns

        def task() -> None:
            if scope is names and not instead:
                exec(code, names)
            else:
                exec(code, {**scope, **instead})

        return task, called

    def _contest(self, options: TraceOptions, cell: str, local_ns: dict[str, Any] | None) -> object:
        from nbperf.magics.traced import functions
        from nbperf.measuring.memory_contest import contest

        for flag, value in (("-l", options.label), ("-a", options.alloc), ("-p", options.probe)):
            if value:
                raise UsageError(say("%%memtrace vs: {flag} is for a single trace", flag=flag))
        scope = self._scope(local_ns)
        sources = contestants(cell, self.shell, "%%memtrace")
        if len(sources) > 2:
            raise UsageError(say("%%memtrace vs: two labelled lines are compared, found {found}", found=len(sources)))
        tasks, called = {}, functions(options.function, scope)
        for label, source in sources.items():
            tasks[label], more = self._compiled(source, scope)
            called += more
        found: MemoryContest = contest(tasks, functions=called, pairs=options.repeats or 8, exact=options.exact)
        if options.variable:
            self.shell.user_ns[options.variable] = found
        if not options.output and not options.quiet and self._settings.card:
            display(found)
        return found if options.output else None


def _called(tree: ast.AST, scope: dict[str, Any]) -> Iterator[tuple[Any, str | None]]:
    """The functions that a statement calls by a name or by dots from one, and the name where it is a plain one."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        way: list[str] = []
        each = node.func
        while isinstance(each, ast.Attribute):
            way.insert(0, each.attr)
            each = each.value
        if not isinstance(each, ast.Name) or each.id not in scope:
            continue
        found = scope[each.id]
        try:
            for step in way:
                found = getattr(found, step)
        except AttributeError:
            continue  # the statement itself says so
        yield found, None if way else each.id
