"""``%perf`` and ``%%perf`` as registered magics.

An ordinary ``%%perf`` cell never comes here: entry.py has turned it into a marked cell that the shell runs itself.
What comes here is a statement (``%perf``), a contest (``vs``), a bad option, and a call through ``run_cell_magic``.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand
from IPython.display import display
from IPython.utils.capture import capture_output

from nbperf.core.records import Comparison, Comparisons, Run
from nbperf.core.units import Unit, format_value
from nbperf.errors import PlanError
from nbperf.magics import versions
from nbperf.magics.arguments import Options, described, read, read_cell
from nbperf.magics.direct import run_cell
from nbperf.magics.entry import Entry
from nbperf.magics.grammar import HELP_WANTED
from nbperf.magics.settings import NBPerf
from nbperf.magics.sources import as_written, outside
from nbperf.magics.statement import Statement, contestants, parses, split
from nbperf.measuring.blocks import Block, Foreseen
from nbperf.measuring.contest import Rule, contest
from nbperf.measuring.session import Plan, measure_block
from nbperf.probes import catalog
from nbperf.report import as_card
from nbperf.report.card import Card, Notice
from nbperf.words import Sentence, say

HELP = (
    Sentence("Measure a cell, a statement, or several in turn."),
    "",
    ("%%perf", Sentence("run the cell once, as %%time does, and show what it took")),
    ("%%perf -r 20 -w 3 -l NAME", Sentence("3 warm-ups, 20 repeats, under a label")),
    ("%perf f(x)", Sentence("a statement: loops and repeats chosen by time")),
    ("%perf f(x) vs g(x)", Sentence("two statements in turn: ratio, interval, verdict; the left one is the baseline")),
    ("%%perf vs", Sentence("several, a labelled line each; the first is the baseline")),
    ("fp32: f(x)", Sentence("")),
    ("int8: g(x)", Sentence("")),
    ("%%perf vs last", Sentence("this version of the cell in turn with the one that ran before it")),
    "",
    Sentence(
        "`vs last` runs both versions again and again (the card says how often); variables are as the last run of this one left them."
    ),
    Sentence("Memory is what was touched: an untouched numpy.zeros or bytes(n) counts nothing until it is written to."),
    "",
)
"""What `%%perf?` shows, above the options."""


CONTEST = re.compile(r"vs\s*")
LAST = re.compile(r"vs\s+last\s*")
LATE = re.compile(r"(vs(?:\s+last)?)\s+(-.*?)\s*")


def describe() -> str:
    """What ``%%perf?`` shows, in the reader's language."""
    lines = [f"    {line[0]:27}{say(line[1])}".rstrip() if isinstance(line, tuple) else say(line) for line in HELP]
    return "\n".join([*lines, described(), ""])


def _refuse(magic: str, where: str, found: dict[str, object], *, missing: bool = False) -> None:
    """An option that would do nothing here is said to, instead of being passed over."""
    for flag, value in found.items():
        if value not in (None, "", ()):
            raise UsageError(
                say(
                    "{magic}: {flag} is only for {where}" if missing else "{magic}: {flag} is not for {where}",
                    magic=magic, flag=flag, where=where,
                )
            )  # fmt: skip


def _unquoted(magic: str, options: Options, more: str) -> UsageError:
    """The answer to ``-l my label``."""
    label = f"{options.label} {more}"
    return UsageError(
        say("{magic}: {more!r} is no part of the label: one of several words stands in quotes, as in: -l {label!r}",
            magic=magic, more=more, label=label)
    )  # fmt: skip


def _refuse_budgets(magic: str, options: Options) -> None:
    _refuse(magic, say("vs, which judges; a budget is for one thing alone"), {"-b": options.budget, "-i": options.items})


class Counted:
    """A block that knows how often it ran."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self.loops = 0

    def __call__(self, loops: int) -> None:
        """Run it so many times."""
        self.loops += loops
        self._block(loops)


def _repeated(before: int, now: int) -> Notice:
    """What a cell that changes what it begins with does not expect: it ran again and again."""
    return Notice(
        cause=Sentence(
            "the version before ran {before} times and this one {now} times: variables are as the last run of this one left them",
            before=f"{before:,}",
            now=f"{now:,}",
        ),
        remedy=Sentence("a cell that changes what it begins with (a counter, a list, a model in training) should set that up itself"),
    )


@magics_class
class PerfMagics(Magics):
    """The magics ``%perf`` and ``%%perf``."""

    shell: Any

    def __init__(self, shell: Any, entry: Entry, settings: NBPerf) -> None:
        super().__init__(shell)
        self._entry = entry
        self._settings = settings
        settings.observe(lambda _: self._describe(), "language")
        self._describe()

    @staticmethod
    def _describe() -> None:
        PerfMagics.perf.__doc__ = describe()

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def perf(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> object:
        """Replaced by `describe` where the magics are loaded, so that ``%%perf?`` shows it."""
        __tracebackhide__ = True
        magic = "%perf" if cell is None else "%%perf"
        if HELP_WANTED.match(line):
            sys.stdout.write(describe())
            return None
        options = (read if cell is None else read_cell)(line)
        shown: Card | None = None
        try:
            if cell is None:
                result = self._statement(options, self._scope(local_ns))
            elif LAST.fullmatch(options.rest):
                result, shown = self._against_last(cell, options)
            elif CONTEST.fullmatch(options.rest):
                scope = self._scope(local_ns)
                with as_written("%%perf vs"):
                    sources = contestants(cell, self.shell)
                    blocks = {label: Statement(source, self.shell, scope) for label, source in sources.items()}
                result = self._contest(magic, blocks, options)
            elif options.rest:
                if late := LATE.fullmatch(options.rest):
                    raise UsageError(
                        say("%%perf: options stand before vs, as in: %%perf {options} {vs}", options=late[2], vs=" ".join(late[1].split()))
                    )
                if options.label and '"' not in line and "'" not in line:
                    raise _unquoted(magic, options, options.rest)
                raise UsageError(
                    say("%%perf: nothing but options or vs may follow on this line, found {rest!r}; a statement is measured by %perf",
                        rest=options.rest)
                )  # fmt: skip
            else:
                _refuse(magic, say("a cell; it is repeated by -r"), {"-n": options.loops, "-c": options.confidence, "-t": options.seconds})
                catalog.discover(also=options.probe)
                return run_cell(self._entry, "perf", line, cell)
        except PlanError as error:
            raise UsageError(f"{magic}: {error}") from None
        except UsageError:
            raise
        except BaseException as error:
            error.__traceback__ = outside(error.__traceback__)
            raise
        return self._deliver(result, options, shown)

    def _scope(self, local_ns: dict[str, Any] | None) -> dict[str, Any]:
        """The notebook's names, and those of the function that called the magic."""
        names: dict[str, Any] = self.shell.user_ns
        return names if local_ns is None or local_ns is names else {**names, **local_ns}

    def _deliver(self, result: Run | Comparison | Comparisons, options: Options, shown: Card | None) -> object:
        if options.variable:
            self.shell.user_ns[options.variable] = result
        if isinstance(result, Run):
            self._entry.keeper.keep(result)
        if not options.output and not options.quiet and self._settings.card:
            display(self._entry.shown(result, options) if isinstance(result, Run) else shown or result)
        if isinstance(result, Run):
            self._entry.hold(result)
            if not self._entry.in_cell:  # nothing follows that could end a cell with it
                self._entry.raise_held()
        return result if options.output else None

    def _rule(self, options: Options) -> Rule:
        settings = self._settings
        return Rule(
            confidence=options.confidence or settings.confidence,
            target=settings.width,
            pairs=options.repeats or settings.pairs,
            exact=options.repeats is not None,
            seconds=options.seconds or settings.seconds,
            loops=options.loops,
            warmups=1 if options.warmups is None else options.warmups,
        )

    def _contest(self, magic: str, blocks: dict[str, Statement], options: Options) -> Comparison | Comparisons:
        _refuse(magic, say("vs, which measures time alone and has labels of its own"), {"-l": options.label, "-p": options.probe})
        _refuse(magic, say("vs; it is for a stored run"), {"--baseline": options.baseline})
        _refuse_budgets(magic, options)
        return contest(blocks, self._rule(options), foreseen=self._foreseen(magic, options, Sentence("pairs")))

    def _foreseen(self, magic: str, options: Options, what: Sentence) -> Foreseen:
        """Says ahead on stderr, and on the one that is there now, that it will take longer than was asked for."""
        stream = sys.stderr
        asked = options.seconds or self._settings.seconds

        def say_so(fewest: int, seconds: float) -> None:
            said = say(
                "{fewest} {what} are the fewest that say anything: this will take about {time}, and not {asked}",
                fewest=fewest,
                what=what,
                time=format_value(seconds, Unit.SECOND, spread=seconds / 20),
                asked=format_value(asked, Unit.SECOND, spread=asked / 20),
            )
            stream.write(f"{magic}: {said}\n")
            stream.flush()

        return say_so

    def _statement(self, options: Options, scope: dict[str, Any]) -> Run | Comparison | Comparisons:
        sources = split(options.rest)
        if not any(sources):
            raise UsageError(say("%perf: a statement is wanted, as in: %perf f(x)"))
        word, _, after = options.rest.partition(" ")
        if options.label and word.isidentifier() and not parses(options.rest) and len(sources) == 1 and parses(after):
            raise _unquoted("%perf", options, word)
        with as_written("%perf"):
            statements = [Statement(source, self.shell, scope) for source in sources]
        if len(statements) > 1:
            labels = [statement.label for statement in statements]
            if len(set(labels)) < len(labels):  # the same line against itself: say which is which
                labels = [f"{label} ({side})" for side, label in enumerate(labels, start=1)]
            return self._contest("%perf", dict(zip(labels, statements, strict=True)), options)
        _refuse("%perf", say("vs, which alone gives verdicts"), {"-c": options.confidence}, missing=True)
        plan = Plan(
            repeats=options.repeats,
            warmups=1 if options.warmups is None else options.warmups,
            loops=options.loops,
            seconds=options.seconds or 1.0,
            collect=False,
            also=(*self._settings.probes, *options.probe),
            budgets=options.budget,
            items=options.items,
            reference=self._entry.keeper.on and bool(options.label or options.baseline),
        )
        foreseen = self._foreseen("%perf", options, Sentence("repeats")) if options.seconds else None
        return measure_block(statements[0], plan, label=options.label or statements[0].label, foreseen=foreseen)

    def _against_last(self, cell: str, options: Options) -> tuple[Comparison | Comparisons, Card]:
        """``%%perf vs last``: this version of the cell in turn with the one before; the names are left as this one leaves them."""
        _refuse("%%perf", say("vs, which measures time alone and has labels of its own"), {"-p": options.probe})
        _refuse("%%perf", say("vs; it is for a stored run"), {"--baseline": options.baseline})
        _refuse_budgets("%%perf", options)
        kept, key = self._entry.versions, options.label or self._entry.cell_id
        text = versions.body(cell)
        before = kept.before(key, text)
        with as_written("%%perf vs last"):
            now = versions.block(text, self.shell)
            blocks = {say("before"): Counted(versions.block(before, self.shell)), say("now"): Counted(now)}
        foreseen = self._foreseen("%%perf", options, Sentence("pairs"))
        with capture_output():  # what they print and display would stand here as often as they run
            result = contest(blocks, self._rule(options), foreseen=foreseen)
            now(1)
        kept.ran(key, text)
        first, second = (block.loops for block in blocks.values())
        return result, replace(as_card(result), notices=(_repeated(first, second + 1),))
