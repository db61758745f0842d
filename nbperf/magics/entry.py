"""How ``%%perf`` gets round a cell without the cell noticing.

Three steps. A pure text transformer turns the ``%%perf`` line into a marker, so that every other line stays where it
is. An AST transformer sees the marker and puts the cell's statements into our windows; the shell compiles, runs,
awaits and displays them as always. The card is shown by ``post_run_cell``, after the cell's own output.

::

    with N.cell("-r 20") :            # left once, failed or not, before a traceback is drawn
        for N.i in N.repeats():
            with N.window():          # the clock is the last in and the first out
                ...                   # the user's statements
                N.keep(last)          # the last expression
    N.take()                          # what the shell displays
"""

from __future__ import annotations

import ast
import builtins
import linecache
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import cell_magic
from IPython.display import display

from nbperf.core.records import Run
from nbperf.errors import PlanError
from nbperf.magics.arguments import Options, read
from nbperf.magics.settings import NBPerf
from nbperf.measuring.recorder import Recorder, Window
from nbperf.probes import catalog
from nbperf.words import say

MARK = "%%perf\x1f"
NAME = "__nbperf__"
"""The entry's name in builtins: there it survives ``%reset`` and is not among the user's names."""
LINE = re.compile(r"%%perf(?![\w?])[ \t]*(.*)")
CONTEST = re.compile(r"vs\s*")


class Repeat:
    """One window of a cell, as a context manager that lets every exception pass."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._window: Window | None = None

    def __enter__(self) -> None:
        self._cell.value = None  # what the repeat before left behind must not count as memory of this one
        self._window = self._cell.recorder.window()
        self._window.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._window is not None:
            sample = self._window.close()
            self._cell.recorder.add(self._window, sample, kind)


class Cell:
    """One execution of a ``%%perf`` cell."""

    def __init__(self, entry: Entry, options: Options, settings: NBPerf) -> None:
        self._entry = entry
        self.options = options
        self.repeats = options.repeats or settings.repeats
        self.warmups = settings.warmups if options.warmups is None else options.warmups
        self.recorder = Recorder(options.label, also=(*settings.probes, *options.probe), warmups=self.warmups)
        self.value: Any = None
        self.run: Run | None = None

    def __enter__(self) -> None:
        self._entry.stack.append(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._entry.stack.pop()
        self._entry.last = self
        try:
            self.run = self.recorder.run()
            self._entry.finished(self, failed=kind is not None)
        except Exception as problem:  # noqa: BLE001 - ours must not take the place of the user's result or exception
            said = say("nbperf could not finish its record: {error}", error=f"{type(problem).__name__}: {problem}")
            sys.stderr.write(f"{said}\n")


class _Local(threading.local):
    """What belongs to a thread: with subshells two cells may run at once."""

    def __init__(self) -> None:
        self.stack: list[Cell] = []
        self.infos: list[Any] = []
        self.pending: list[Run] = []
        self.last: Cell | None = None
        self.direct = 0


class Entry:
    """The two transformers, the windows that the transformed cell calls, and the events that show the card.

    Parameters
    ----------
    shell : InteractiveShell
    settings : NBPerf
    """

    def __init__(self, shell: Any, settings: NBPerf) -> None:
        self._shell = shell
        self._settings = settings
        self._local = _Local()
        self._transform = Marker()
        self.i = 0

    def install(self) -> None:
        """Hook into the shell."""
        setattr(builtins, NAME, self)
        self._shell.input_transformers_cleanup.append(self._transform)
        self._shell.ast_transformers.append(self)
        self._shell.events.register("pre_run_cell", self._pre_run_cell)
        self._shell.events.register("post_run_cell", self._post_run_cell)

    def remove(self) -> None:
        """Take every hook back."""
        if getattr(builtins, NAME, None) is self:
            delattr(builtins, NAME)
        for hooks, hook in ((self._shell.input_transformers_cleanup, self._transform), (self._shell.ast_transformers, self)):
            if hook in hooks:
                hooks.remove(hook)
        for event, callback in (("pre_run_cell", self._pre_run_cell), ("post_run_cell", self._post_run_cell)):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)

    # ---- what the transformed cell calls -----------------------------------------------------------------------

    @property
    def stack(self) -> list[Cell]:
        """The ``%%perf`` cells that are running in this thread, outermost first."""
        return self._local.stack

    @property
    def last(self) -> Cell | None:
        """The cell that ended last and whose value was not taken yet."""
        return self._local.last

    @last.setter
    def last(self, cell: Cell | None) -> None:
        self._local.last = cell

    def cell(self, line: str) -> Cell:
        """The cell begins."""
        return Cell(self, read(line), self._settings)

    def repeats(self) -> Iterator[int]:
        """Warm-ups and repeats, counted."""
        cell = self.stack[-1]
        return iter(range(cell.warmups + cell.repeats))

    def window(self) -> Repeat:
        """One repeat."""
        return Repeat(self.stack[-1])

    def keep(self, value: object) -> None:
        """The value of the cell's last expression."""
        self.stack[-1].value = value

    def show(self, value: object) -> None:
        """The value of an expression inside the cell's last statement, where the shell shows those."""
        sys.displayhook(value)

    def take(self) -> object:
        """What the shell is to display: the cell's value, or with ``-o`` the Run."""
        cell, self.last = self.last, None
        if cell is None:
            return None
        if not cell.options.output:
            return cell.value
        if cell.value is not None:
            display(cell.value)
        return cell.run

    # ---- when the card is shown --------------------------------------------------------------------------------

    @property
    def in_cell(self) -> bool:
        """Whether the shell is running a cell that will end with ``post_run_cell``; it does not for silent ones."""
        return bool(self._local.infos)

    @contextmanager
    def directly(self) -> Iterator[None]:
        """Within it, a card is shown as soon as its cell ends: called from Python, no ``post_run_cell`` need follow."""
        self._local.direct += 1
        try:
            yield
        finally:
            self._local.direct -= 1

    def finished(self, cell: Cell, *, failed: bool) -> None:
        """A cell has ended: keep its Run where it was asked for, and have its card shown."""
        assert cell.run is not None
        if cell.options.variable:
            self._shell.user_ns[cell.options.variable] = cell.run
        if cell.options.quiet or not self._settings.card or (cell.options.output and not failed):
            return
        if self._local.direct:
            display(cell.run)
        elif self.in_cell:
            self._local.pending.append(cell.run)

    def show_pending(self) -> None:
        """Show the cards that are due."""
        while self._local.pending:
            display(self._local.pending.pop(0))

    def _pre_run_cell(self, info: Any) -> None:
        if not self._local.infos:
            self._local.pending.clear()
        self._local.infos.append(info)

    def _post_run_cell(self, result: Any) -> None:
        # Fires without its counterpart for empty cells and for the cell that loaded us: match by identity.
        infos = self._local.infos
        if result is None:
            infos[-1:] = []
        elif any(info is result.info for info in infos):
            while infos.pop() is not result.info:
                pass
        self.show_pending()

    # ---- the AST transformer: must not raise, since IPython would drop it ----------------------------------------

    def visit(self, node: ast.AST) -> ast.AST:
        """Put a marked module's statements into our windows; any other node is given back as it is."""
        if not isinstance(node, ast.Module) or not node.body:
            return node
        line = _marked(node.body[0])
        if line is None:
            return node
        _restore(line)
        body = node.body[1:]
        head: list[ast.stmt] = []
        while body and isinstance(body[0], ast.ImportFrom) and body[0].module == "__future__":
            head.append(body.pop(0))
        try:  # the bare body first: a `break` at its top level must not become legal inside our loop
            compile(ast.Module(head + body, []), "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except Exception:  # noqa: BLE001 - whatever the compiler says, it says it again to the user
            node.body = head + body  # the shell finds the same mistake and shows it as the user's own
            return node
        node.body = head + _wrapped(body, line, self._shell.ast_node_interactivity)
        return node


class Marker:
    """The text transformer: pure, since the shell, ``%%time`` and the completeness check call it as they like."""

    has_side_effects = True
    """Tells the terminal's completeness check to see ``%%perf`` as the cell magic it is."""

    def __call__(self, lines: list[str]) -> list[str]:
        """The lines of a cell, its ``%%perf`` line turned into the marker."""
        found = LINE.match(lines[0]) if lines else None
        if found is None:
            return lines
        try:
            options = read(found[1])
            catalog.discover(also=options.probe)
        except (UsageError, PlanError):
            return lines  # the registered magic says it, in one line
        if options.rest or options.loops or options.confidence or options.seconds:
            return lines  # `vs`, or something that the magic will refuse
        return [_mark(found[1].rstrip()), *cell_magic(lines[1:])]


def _mark(line: str) -> str:
    """The marker: a string as a statement of its own, which Python reads and forgets."""
    return repr(MARK + line) + "\n"


def _marked(node: ast.stmt) -> str | None:
    """The options' line behind the marker, None where there is no marker."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        text = node.value.value
        return text[len(MARK) :] if text.startswith(MARK) else None
    return None


def _restore(line: str) -> None:
    """Let tracebacks show the cell's first line as a comment, instead of the marker that stood in for it."""
    marker = _mark(line)
    for entry in list(linecache.cache.values()):
        if len(entry) == 4 and entry[2][:1] == [marker]:
            entry[2][0] = f"# %%perf {line}".rstrip() + "\n"


def _call(name: str, *arguments: ast.expr) -> ast.Expr:
    return ast.Expr(ast.Call(ast.Attribute(ast.Name(NAME, ast.Load()), name, ast.Load()), list(arguments), []))


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
        shown = _call("show", node.value)
        for new in (shown, shown.value, shown.value.func, shown.value.func.value):  # type: ignore[attr-defined]
            ast.copy_location(new, node)
        return shown

    def visit_FunctionDef(self, node: ast.AST) -> ast.AST:
        return node  # what stands in there is no top level

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # noqa: N815 - ast's own names


def _wrapped(body: list[ast.stmt], line: str, mode: str) -> list[ast.stmt]:
    """The statements inside cell, loop and window, and behind them the node whose value the shell displays."""
    last: ast.AST = body[-1] if body else ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    if mode == "last_expr_or_assign" and body and (name := _assigned(body[-1])):
        body.append(ast.Expr(ast.Name(name, ast.Load())))
        for new in ast.walk(body[-1]):
            ast.copy_location(new, last)
    if mode == "last" and body and not isinstance(body[-1], ast.Expr):
        body[-1] = _Shown().visit(body[-1])
    if body and isinstance(body[-1], ast.Expr) and mode not in ("all", "none"):
        kept = _call("keep", body[-1].value)
        ast.copy_location(kept, last)
        ast.copy_location(kept.value, last)
        for new in ast.walk(kept.value.func):  # type: ignore[attr-defined]
            ast.copy_location(new, last)
        body[-1] = kept
    frame = ast.parse(f"with {NAME}.cell({line!r}):\n for {NAME}.i in {NAME}.repeats():\n  with {NAME}.window(): pass\n{NAME}.take()")
    for new in ast.walk(frame):  # before the user's statements are put in, which keep their own places
        if isinstance(new, ast.stmt | ast.expr):
            ast.copy_location(new, last)
    cell, take = frame.body
    window = cell.body[0].body[0]  # type: ignore[attr-defined]
    window.body = body or [ast.copy_location(ast.Pass(), last)]
    return [cell, take]
