"""The options of ``%perf`` and ``%%perf``: one ``@argument`` each."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from IPython.core.magic_arguments import argument, magic_arguments

from nbperf.core.budgets import needs_items
from nbperf.core.records import Budget
from nbperf.errors import PlanError, UnitError
from nbperf.magics.grammar import Grammar, confidence, label, name, seconds, whole
from nbperf.measuring import asked
from nbperf.words import Sentence, say


def _budget(text: str) -> Budget:
    try:
        return asked.budget(text)
    except (PlanError, UnitError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _items(text: str) -> float:
    try:
        number = asked.items(float(text.replace(",", "").replace("_", "")))
    except ValueError:  # which PlanError is as well
        raise argparse.ArgumentTypeError(say("a positive number of items is wanted, not {found!r}", found=text)) from None
    assert number is not None
    return number


@magic_arguments("perf")
@argument(
    "-r", "--repeats", type=whole(1), metavar="N", help=Sentence("how often it is measured; a cell: once, a statement: chosen by time")
)
@argument("-w", "--warmups", type=whole(0), metavar="N", help=Sentence("runs before that do not count"))
@argument(
    "-n",
    "--loops",
    type=whole(1),
    metavar="N",
    help=Sentence("how often a statement runs within one repeat; chosen by time, so give -n 1 to one that prints or changes something"),
)
@argument("-l", "--label", type=label, metavar="LABEL", help=Sentence("what the run is called"))
@argument("-v", "--variable", type=name, metavar="NAME", help=Sentence("keep the record in this variable"))
@argument("-o", "--output", action="store_true", help=Sentence("the record becomes the cell's value"))
@argument("-q", "--quiet", action="store_true", help=Sentence("show no card"))
@argument(
    "-p",
    "--probe",
    action="append",
    default=[],
    metavar="PROBE",
    help=Sentence("an optional probe beside the default ones, such as python"),
)
@argument("-c", "--confidence", type=confidence, metavar="P", help=Sentence("of the verdicts of vs, 0.99 by default"))
@argument(
    "-b",
    "--budget",
    action="append",
    type=_budget,
    default=[],
    metavar="BUDGET",
    help=Sentence("what it must keep, such as 'time.wall p95 < 5 ms'; may stand several times"),
)
@argument("-i", "--items", type=_items, metavar="N", help=Sentence("units of work in one run: shows them per second and per joule"))
@argument(
    "-t",
    "--seconds",
    type=seconds,
    metavar="S",
    help=Sentence("about how long it may take; at least 5 repeats, or with vs the 8 pairs that a verdict needs, run in any case"),
)
@argument("--baseline", type=label, metavar="LABEL", help=Sentence("put the newest stored run of this label beside it"))
def _options() -> None:
    """Carries the options; never called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What stood on the line.

    Attributes
    ----------
    rest : str
        What follows the options, exactly as written.
    """

    rest: str
    repeats: int | None = None
    warmups: int | None = None
    loops: int | None = None
    label: str = ""
    baseline: str | None = None
    variable: str | None = None
    output: bool = False
    quiet: bool = False
    probe: tuple[str, ...] = ()
    confidence: float | None = None
    seconds: float | None = None
    budget: tuple[Budget, ...] = ()
    items: float | None = None


def _made(label: str | None, **found: Any) -> Options:
    needs_items(found["budget"], found["items"])
    return Options(label=label or "", **found)


GRAMMAR = Grammar("%perf", _options, _made)
OF_CELLS = Grammar("%%perf", _options, _made)
"""The same above a cell, where what is wrong is said of a cell."""
read, read_cell, described = GRAMMAR.read, OF_CELLS.read, GRAMMAR.described
