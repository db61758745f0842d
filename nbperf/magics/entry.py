"""What a transformed ``%%perf`` cell calls while it runs, and when its card is shown.

The shell compiles, runs, awaits and displays the cell as always (transform.py); each repeat is one of our windows,
whose clock stops before a traceback is drawn. The card follows in ``post_run_cell``, after the cell's own output.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle, display

from nbperf.core.budgets import check, exceeded
from nbperf.core.records import Run
from nbperf.errors import BudgetExceeded, PlanError
from nbperf.magics.arguments import Options, read
from nbperf.magics.journal import Journal
from nbperf.magics.keeping import Keeper
from nbperf.magics.live import LiveLine
from nbperf.magics.settings import NBPerf
from nbperf.magics.transform import LINE, NAME, Marker, Wrapper
from nbperf.magics.versions import Versions, body
from nbperf.measuring.recorder import OPEN, PATH, Entered, Recorder, Window
from nbperf.probes.base import Gauge
from nbperf.probes.memory import ResidentMemory
from nbperf.words import say

if TYPE_CHECKING:
    from nbperf.magics.traced import Traced

NEARLY = 0.95
"""Share of the memory limit from which the largest arrays are named."""
OUT_OF_MEMORY = ("MemoryError", "OutOfMemoryError")
"""Types of exceptions that say so, whichever library raises them."""


class Repeat:
    """One window of a cell, as a context manager that lets every exception pass; the last one ends the cell.

    Parameters
    ----------
    alone : bool
        It is the cell's only window.
    """

    def __init__(self, cell: Cell, *, alone: bool) -> None:
        self._cell = cell
        self._alone = alone
        self._window: Window | None = None

    def __enter__(self) -> None:
        self._cell.value = None  # what the repeat before left behind must not count as memory of this one
        self._window = self._cell.recorder.window()
        self._window.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._window is not None:
            sample = self._window.close()
            self._cell.recorder.add(self._window, sample, kind)
        if self._alone or kind is not None:
            self._cell.end(kind)


class Cell:
    """One execution of a measured cell.

    Parameters
    ----------
    automatic : bool
        It was not asked for by a ``%%perf`` line: ``%nbperf auto`` is on.
    """

    def __init__(self, entry: Entry, options: Options, settings: NBPerf, *, automatic: bool = False) -> None:
        self._entry = entry
        self.options = options
        self.automatic = automatic
        self.repeats = 1 if automatic else options.repeats or settings.repeats
        self.warmups = 0 if automatic else settings.warmups if options.warmups is None else options.warmups
        probes = () if automatic else (*settings.probes, *options.probe)
        self.recorder = Recorder(
            options.label,
            also=probes,
            warmups=self.warmups,
            cell=entry.cell_id,
            budgets=options.budget,
            items=options.items,
            reference=entry.keeper.on and bool(options.label or options.baseline),
        )
        self.value: Any = None
        self.run: Run | None = None
        self.live = False
        entry.began(self)

    def delivered(self) -> object:
        """What the shell is to display: the cell's value, or with ``-o`` the Run."""
        if not self.options.output:
            return self.value
        return self._entry.output(self.value, self.run)

    def end(self, kind: type[BaseException] | None) -> None:
        """The cell has run, or an exception of this type ended it."""
        try:
            self.run = self.recorder.run()
            self._entry.finished(self, kind)
        except Exception as problem:  # noqa: BLE001 - ours must not take the place of the user's result or exception
            said = say("nbperf could not finish its record: {error}", error=f"{type(problem).__name__}: {problem}")
            sys.stderr.write(f"{said}\n")


class Frames:
    """What stands in builtins and is called by transformed cells, each with its number.

    It stays there until the last measured cell has ended, also where one unloads or reloads the extension.
    """

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.open: dict[int, Cell | Traced] = {}
        self.i = 0

    def __call__(self, line: str, magic: str = "perf") -> None:
        """The marker itself: it is replaced before it runs, except under a magic that transforms no syntax trees."""
        said = say("{magic} was not applied: the magic above it runs cells by itself; put {magic} on the first line", magic=f"%%{magic}")
        sys.stderr.write(f"{said}\n")

    def _begin(self, n: int, line: str | None) -> Cell:
        assert self.entry is not None, "a transformed cell runs only while we are loaded, or began while we were"
        cell = self.open[n] = self.entry.cell(line)
        return cell

    def once(self, n: int, line: str) -> Repeat:
        """A cell that runs once begins."""
        return Repeat(self._begin(n, line), alone=True)

    def traced(self, n: int, line: str) -> Traced:
        """A cell whose memory is traced begins."""
        from nbperf.magics.traced import Traced

        assert self.entry is not None, "as in _begin"
        cell = self.open[n] = Traced(self.entry, line)
        return cell

    def automatic(self, n: int) -> Repeat:
        """An unmarked cell begins while ``%nbperf auto`` is on."""
        return Repeat(self._begin(n, None), alone=True)

    def repeats(self, n: int, line: str) -> Iterator[int]:
        """A cell that is repeated: its warm-ups and repeats, counted."""
        cell = self._begin(n, line)
        yield from range(cell.warmups + cell.repeats)
        cell.end(None)

    def window(self, n: int) -> Repeat:
        """One repeat."""
        cell = self.open[n]
        assert isinstance(cell, Cell)
        return Repeat(cell, alone=False)

    def keep(self, n: int, value: object) -> None:
        """The value of the cell's last expression."""
        self.open[n].value = value

    def show(self, value: object) -> None:
        """The value of an expression inside the cell's last statement, where the shell shows those."""
        sys.displayhook(value)

    def take(self, n: int) -> object:
        """What the shell is to display: the cell's value, or with ``-o`` the Run."""
        cell = self.open.pop(n)
        self.leave()
        return cell.delivered()

    def leave(self) -> None:
        """Out of builtins, once nobody needs it."""
        if self.entry is None and not self.open and getattr(builtins, NAME, None) is self:
            delattr(builtins, NAME)


class _Local(threading.local):
    """What belongs to a thread: with subshells two cells may run at once."""

    def __init__(self) -> None:
        self.infos: list[Any] = []
        self.pending: list[object] = []
        self.exceeded: list[BudgetExceeded] = []
        self.direct = 0
        self.around: tuple[tuple[Window, ...], tuple[Entered, ...]] = ((), ())
        self.armed = False


class Entry:
    """The hooks into a shell: the two transformers, the windows that a transformed cell calls, the events that show cards.

    Parameters
    ----------
    shell : InteractiveShell
    settings : NBPerf

    Attributes
    ----------
    journal : Journal
        The cells recorded by ``%nbperf auto``.
    versions : Versions
        The texts of measured cells, for ``vs last``.
    """

    def __init__(self, shell: Any, settings: NBPerf) -> None:
        self._shell = shell
        self._settings = settings
        self._local = _Local()
        self._marker = Marker()
        self._wrapper = Wrapper(shell, self._repeated, self._automatic, self._source)
        self._live = LiveLine(_show_live, _gauges)
        self.journal = Journal()
        self.keeper = Keeper()
        self.versions = Versions()

    def install(self) -> None:
        """Hook into the shell."""
        frames = getattr(builtins, NAME, None)
        self._frames: Frames = frames if isinstance(frames, Frames) else Frames()
        self._frames.entry = self
        setattr(builtins, NAME, self._frames)
        self._shell.input_transformers_cleanup.append(self._marker)
        self._shell.ast_transformers.append(self._wrapper)
        self._shell.events.register("pre_run_cell", self._pre_run_cell)
        self._shell.events.register("post_run_cell", self._post_run_cell)

    def remove(self) -> None:
        """Take every hook back."""
        self._frames.entry = None
        self._frames.leave()
        for hooks, hook in ((self._shell.input_transformers_cleanup, self._marker), (self._shell.ast_transformers, self._wrapper)):
            if hook in hooks:
                hooks.remove(hook)
        for event, callback in (("pre_run_cell", self._pre_run_cell), ("post_run_cell", self._post_run_cell)):
            if callback in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, callback)
        self._live.close()
        self.keeper.close()

    def cell(self, line: str | None) -> Cell:
        """A cell begins, with the options on its line; None for one that is only recorded."""
        return Cell(self, Options(rest="") if line is None else read(line), self._settings, automatic=line is None)

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

    def output(self, value: object, run: object) -> object:
        """With ``-o``: the user's value is displayed, unless a semicolon says not to, and the record is what the cell gives."""
        if self._shell.displayhook.quiet():  # which would keep the Run from being shown and kept as well
            display(run)
            self._shell.displayhook.update_user_ns(run)
        elif value is not None:
            display(value)
        return run

    @property
    def info(self) -> Any:
        """What the shell says of the cell that is running; None outside of one."""
        return self._local.infos[-1] if self._local.infos else None

    @property
    def cell_id(self) -> str | None:
        """The notebook's id of the cell that is running, where the front end tells."""
        return getattr(self.info, "cell_id", None)

    def began(self, cell: Cell | Traced) -> None:
        """A measured cell begins: in a notebook, a line appears under it once it has run for two seconds."""
        if self._settings.live and self.in_cell and not cell.options.quiet and hasattr(self._shell, "kernel"):
            self._live.begin()
            cell.live = True

    def ended(self, cell: Cell | Traced, kind: type[BaseException] | None) -> None:
        """A cell has ended: its live line goes, and if an exception ended it, nobody will take its value."""
        if cell.live:
            self._live.end()
        if kind is not None:
            for number, each in list(self._frames.open.items()):
                if each is cell:
                    del self._frames.open[number]
            self._frames.leave()

    def finished(self, cell: Cell, kind: type[BaseException] | None) -> None:
        """A cell has ended: keep its Run where it was asked for, and have its card shown."""
        self.ended(cell, kind)
        assert cell.run is not None
        if _out_of_memory(cell.run, kind):
            from nbperf.measuring.holders import largest

            cell.run = replace(cell.run, held=largest(self._shell.user_ns))
        source = getattr(self.info, "raw_cell", None) or ""
        if self._settings.store_source:
            cell.run = replace(cell.run, source=source)
        if self.in_cell and not self._local.direct:
            for key in (self.cell_id, cell.options.label):
                self.versions.ran(key or None, body(source))
            if self.journal.mode != "off":
                self.journal.add(self._shell.execution_count, source, cell.run)
        if cell.automatic:
            if self.journal.mode == "show":
                from nbperf.report.line import card

                self._local.pending.append(card(cell.run))
            if not cell.run.held:
                return
        self._deliver(cell, failed=kind is not None)

    @property
    def shell(self) -> Any:
        """The shell."""
        return self._shell

    @property
    def settings(self) -> NBPerf:
        """Its settings."""
        return self._settings

    def show(self, shown: object) -> None:
        """Show something once the cell's own output is there; a silent execution shows nothing."""
        if self._local.direct:
            display(shown)
        elif self.in_cell:
            self._local.pending.append(shown)

    @property
    def kept(self) -> bool:
        """Whether what ran here is to be kept: a silent execution leaves nothing behind."""
        return bool(self.in_cell or self._local.direct)

    def _deliver(self, cell: Cell, *, failed: bool) -> None:
        if cell.options.variable:
            self._shell.user_ns[cell.options.variable] = cell.run
        assert cell.run is not None
        if not failed:
            self.hold(cell.run)
        if self.kept:
            self.keeper.keep(cell.run)
        shown = self.shown(cell.run, cell.options)
        if cell.options.quiet or not self._settings.card or (cell.options.output and not failed):
            return
        self.show(shown)

    def shown(self, run: Run, options: Options) -> object:
        """What is displayed of a run: itself, or with ``--baseline`` a card with a row of what it was."""
        if options.baseline is None:
            return run
        from nbperf import report
        from nbperf.report.was import row

        try:
            was = self.keeper.was(run, options.baseline)
        except PlanError as error:
            sys.stderr.write(f"%perf: {error}\n")
            return run
        card = report.as_card(run)
        return replace(card, rows=(*card.rows, row(was)))

    def show_pending(self) -> None:
        """Show the cards that are due."""
        while self._local.pending:
            display(self._local.pending.pop(0))

    def hold(self, run: Run) -> None:
        """Hold a run to its budgets: a broken one ends the cell, once its value and its card were shown."""
        if run.budgets and (breaches := check(run)):
            self._local.exceeded.append(exceeded(run, breaches))

    def raise_held(self) -> None:
        """Raise what was broken."""
        if self._local.exceeded:
            raise _together(self._local.exceeded)

    def _fail(self, result: Any) -> None:
        """End a cell with what was broken, although its code ended well: the front end stops "run all" there."""
        broken = _together(self._local.exceeded)
        result.error_in_exec = broken
        self._shell.last_execution_succeeded = False
        call_pdb, self._shell.call_pdb = self._shell.call_pdb, False  # there is no frame to look into
        try:
            self._shell.showtraceback((type(broken), broken, None))
        finally:
            self._shell.call_pdb = call_pdb

    def _pre_run_cell(self, info: Any) -> None:
        if not self._local.infos:
            self._local.pending.clear()
            self._local.around = OPEN.get(), PATH.get()
            self._local.exceeded.clear()
        self._local.infos.append(info)
        # Only the cell itself, and not what magics inside it parse and transform.
        self._local.armed = self.journal.mode != "off" and len(self._local.infos) == 1

    def _post_run_cell(self, result: Any) -> None:
        # Fires without its counterpart for empty cells and for the cell that loaded us: match by identity.
        self._local.armed = False
        if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
            # It may have struck in our own microseconds: what the cell left open is closed with it.
            windows, regions = self._local.around
            OPEN.set(tuple(window for window in windows if not window.closed))
            PATH.set(regions)
        self._rewrite_history(result)
        for cell in list(self._frames.open.values()):
            if not isinstance(cell, Cell) and result is not None and cell.info is result.info:
                cell.abandon()
        infos = self._local.infos
        if result is None:
            infos[-1:] = []
        elif any(info is result.info for info in infos):
            while infos.pop() is not result.info:
                pass
        self.show_pending()
        if self._local.exceeded and result is not None and result.success:
            self._fail(result)
        self._local.exceeded.clear()

    def _rewrite_history(self, result: Any) -> None:
        """In the history of what ran, our marker becomes the call that any other cell magic is there; it can be run again."""
        number, info = getattr(result, "execution_count", None), getattr(result, "info", None)
        manager = self._shell.history_manager
        if number is None or info is None or manager is None or number >= len(manager.input_hist_parsed):
            return
        kept = manager.input_hist_parsed[number]
        if not kept.startswith((f"{NAME}(", f"'{NAME} ", f'"{NAME} ')):
            return
        found = LINE.match(info.raw_cell.lstrip())
        magic, line = (found[1], found[2].strip()) if found else ("perf", "")
        text = f"get_ipython().run_cell_magic({magic!r}, {line!r}, {body(info.raw_cell)!r})\n"
        manager.input_hist_parsed[number] = text
        pending = manager.db_input_cache  # not yet written to the database
        pending[:] = [(n, text if n == number else parsed, raw) for n, parsed, raw in pending]

    def _automatic(self) -> bool:
        """Whether the module that the shell transforms now is a cell to be recorded; said once a cell."""
        armed, self._local.armed = self._local.armed, False
        return armed

    def _source(self) -> str | None:
        """The name under which the running cell's source is kept for tracebacks, where it goes by the text as typed."""
        info = self.info
        if info is None:
            return None
        try:
            name: str = self._shell.compile.get_code_name(info.raw_cell, info.raw_cell, self._shell.execution_count)
        except Exception:  # noqa: BLE001 - an older shell, or another's compiler: the newest source is looked at instead
            return None
        return name

    def _repeated(self, options: Options) -> bool:
        """Whether a cell with these options runs more than once."""
        warmups = self._settings.warmups if options.warmups is None else options.warmups
        return (options.repeats or self._settings.repeats) + warmups > 1


def _out_of_memory(run: Run, kind: type[BaseException] | None) -> bool:
    """Whether memory ran out, or came within 5 % of a limit that is not the whole machine."""
    if kind is not None and any(base.__name__ in OUT_OF_MEMORY for base in kind.__mro__):
        return True
    machine, peak = run.environment, run.find("memory.rss.peak")
    if machine is None or not machine.memory_limit or machine.memory_limit == machine.memory_total or peak is None:
        return False
    return peak.maximum >= NEARLY * machine.memory_limit


def _together(exceeded: list[BudgetExceeded]) -> BudgetExceeded:
    """One error for all runs of a cell; emptied as they are taken."""
    taken, exceeded[:] = list(exceeded), []
    if len(taken) == 1:
        return taken[0]
    return BudgetExceeded("\n".join(map(str, taken)), tuple(breach for each in taken for breach in each.breaches), taken[-1].run)


def _gauges() -> Sequence[Gauge]:
    """What the live line shows."""
    from nbperf.probes.gpu_gauges import gauges

    return (ResidentMemory(), *gauges())


def _show_live(text: str) -> Callable[[str], None]:
    """Show the line; what is given back changes it."""
    from nbperf.report.line import live

    handle = display(live(text), raw=True, display_id=True)
    assert isinstance(handle, DisplayHandle)
    return lambda new: handle.update(live(new), raw=True)
