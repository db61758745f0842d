"""The options of ``%memtrace`` and ``%%memtrace``: one ``@argument`` each."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from IPython.core.magic_arguments import argument, magic_arguments

from nbperf.core.lines import EXTRA
from nbperf.magics.grammar import Grammar, label, name, whole
from nbperf.words import Sentence, say

ORDERS = ("line", "cost")


def _order(text: str) -> str:
    if text not in ORDERS:
        raise argparse.ArgumentTypeError(say("lines are sorted by line or by cost, not by {found!r}", found=text))
    return text


def _extra(text: str) -> str:
    if text not in EXTRA:
        raise argparse.ArgumentTypeError(say("uss or python is wanted, not {found!r}", found=text))
    return text


@magic_arguments("memtrace")
@argument(
    "-f",
    "--function",
    action="append",
    default=[],
    metavar="NAME",
    help=Sentence("trace this function, method, class or model as well, also of an imported module; may stand several times"),
)
@argument("-e", "--exact", action="store_true", help=Sentence("read memory at every line, some 4 µs each, instead of every 50 µs"))
@argument("-a", "--alloc", action="store_true", help=Sentence("list who allocated, by memray where it is installed, else by tracemalloc"))
@argument("-l", "--label", type=label, metavar="LABEL", help=Sentence("what the trace is called"))
@argument("-v", "--variable", type=name, metavar="NAME", help=Sentence("keep the record in this variable"))
@argument("-o", "--output", action="store_true", help=Sentence("the record becomes the cell's value"))
@argument("-q", "--quiet", action="store_true", help=Sentence("show no card"))
@argument(
    "-p",
    "--probe",
    action="append",
    type=_extra,
    default=[],
    metavar="NAME",
    help=Sentence("draw this over time as well: uss (this process alone) or python (Python's own allocations)"),
)
@argument("-s", "--sort", type=_order, default="line", metavar="ORDER", help=Sentence("lines on the card by line or by cost"))
@argument("-r", "--repeats", type=whole(2), metavar="N", help=Sentence("of vs: how often each variant is traced, 8 by default"))
def _options() -> None:
    """Carries the options; never called."""  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceOptions:
    """What stood on the line; `rest` follows the options, exactly as written."""

    rest: str
    function: tuple[str, ...] = ()
    exact: bool = False
    alloc: bool = False
    label: str = ""
    variable: str | None = None
    output: bool = False
    quiet: bool = False
    probe: tuple[str, ...] = ()
    sort: str = "line"
    repeats: int | None = None


GRAMMAR = Grammar("%memtrace", _options, lambda label, **found: TraceOptions(label=label or "", **found))
read, described = GRAMMAR.read, GRAMMAR.described
