"""The options of ``%perf`` and ``%%perf``: one ``@argument`` each, and a reader that leaves the statement alone.

IPython's own reader takes a line apart as a shell would, which eats quotes, backslashes and double spaces of the
statement behind the options. Here only the options at the front are read, and the rest is passed on as it was written.
"""

from __future__ import annotations

import argparse
import keyword
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, construct_parser, magic_arguments

from nbperf.core.records import Budget
from nbperf.errors import PlanError, UnitError
from nbperf.measuring import asked
from nbperf.words import Sentence, say


def _whole(least: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(say("a whole number of at least {least} is wanted, not {found!r}", least=least, found=text))
        return number

    return whole


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(say("a positive number of seconds is wanted, not {found!r}", found=text))
    return number


def _confidence(text: str) -> float:
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = 0.0
    if not 0.5 <= number < 1:
        raise argparse.ArgumentTypeError(say("a confidence such as 0.99 or 99% is wanted, not {found!r}", found=text))
    return number


def _name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise argparse.ArgumentTypeError(say("the name of a variable is wanted, not {found!r}", found=text))
    return text


def _label(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(say("a label cannot be empty: write -l NAME or -l 'two words'"))
    return text


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
    "-r", "--repeats", type=_whole(1), metavar="N", help=Sentence("how often it is measured; a cell: once, a statement: chosen by time")
)
@argument("-w", "--warmups", type=_whole(0), metavar="N", help=Sentence("runs before that do not count"))
@argument("-n", "--loops", type=_whole(1), metavar="N", help=Sentence("how often a statement runs within one repeat; chosen by time"))
@argument("-l", "--label", type=_label, metavar="LABEL", help=Sentence("what the run is called"))
@argument("-v", "--variable", type=_name, metavar="NAME", help=Sentence("keep the record in this variable"))
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
@argument("-c", "--confidence", type=_confidence, metavar="P", help=Sentence("of the verdicts of vs, 0.99 by default"))
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
@argument("-t", "--seconds", type=_seconds, metavar="S", help=Sentence("about how long the repeats, or vs at most, may take"))
@argument("--baseline", type=_label, metavar="LABEL", help=Sentence("put the newest stored run of this label beside it"))
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


@cache
def parser() -> argparse.ArgumentParser:
    """The parser that the ``@argument`` lines describe."""
    made: argparse.ArgumentParser = construct_parser(_options)
    made.allow_abbrev = False
    made.exit_on_error = False  # its errors are said by `read`, not in argparse's own words
    return made


def flags() -> dict[str, argparse.Action]:
    """Every option's spelling and what it does."""
    return dict(parser()._option_string_actions)


def described() -> str:
    """Every option with what it does, a line each, in the reader's language."""
    rows = [
        (", ".join(action.option_strings) + (f" {action.metavar}" if action.metavar else ""), say(action.help or ""))
        for action in parser()._actions
    ]
    width = max(len(spelling) for spelling, _ in rows)
    return "\n".join(f"    {spelling:{width}}  {text}" for spelling, text in rows)


_WORD = re.compile(r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>\S+))""")


@lru_cache(maxsize=64)
def read(line: str) -> Options:
    """Read the options at the front of a line.

    Parameters
    ----------
    line : str
        All that stands behind ``%perf``. Options take the forms ``-r 20``, ``-r20``, ``-oq``, ``--repeats 20`` and
        ``--repeats=20``; a value with spaces stands in quotes; ``--`` ends the options.

    Raises
    ------
    IPython.core.error.UsageError
        One line that names what was found and what would be right.
    """
    tokens, rest = _split(line)
    try:
        found = vars(parser().parse_args(tokens))
    except argparse.ArgumentError as error:
        raise UsageError(say("%perf: argument {option}: {what}", option=error.argument_name, what=error.message)) from None
    except UsageError as error:
        text = str(error).strip().splitlines()[-1] if str(error).strip() else say("the options could not be read")
        raise UsageError(f"%perf: {text.removeprefix('error: ')}") from None
    found["probe"], found["budget"] = tuple(found["probe"]), tuple(found["budget"])
    found["label"] = found["label"] or ""
    return Options(rest=rest, **found)


def _split(line: str) -> tuple[list[str], str]:
    """The options as argparse wants them, and the untouched rest."""
    known = flags()
    tokens: list[str] = []
    rest = line.strip()
    while rest.startswith("-") and rest[1:2] and not rest[1].isspace():  # "- 1" is a statement
        if rest == "--" or rest.startswith("-- "):
            return tokens, rest[2:].lstrip()
        if rest.startswith("--"):
            flag, rest = _long(rest, known)
            tokens.append(flag)
            wanting = "=" not in flag and known[flag].nargs != 0
        else:
            found, rest = _short(rest, known)
            tokens += found
            wanting = known[found[-1]].nargs != 0 if found[-1] in known else False
        if wanting:
            value = _WORD.match(rest)
            if value is None:
                raise UsageError(say("%perf: {flag} wants a value: {flag} {metavar}", flag=tokens[-1], metavar=known[tokens[-1]].metavar))
            tokens[-1:] = [f"{tokens[-1]}={_text(value)}"] if tokens[-1].startswith("--") else [tokens[-1] + _text(value)]
            if not _text(value):
                raise UsageError(say("%perf: {flag} wants a value: {flag} {metavar}", flag=flag_of(tokens[-1]), metavar="…"))
            rest = rest[value.end() :]
        rest = rest.lstrip()
    return tokens, rest


def flag_of(token: str) -> str:
    """The option in a token such as ``--label=x`` or ``-lx``."""
    return token.split("=")[0] if token.startswith("--") else token[:2]


def _text(value: re.Match[str]) -> str:
    if (value["bare"] or "").startswith(("'", '"')):
        raise UsageError(say("%perf: the quote before {found!r} is not closed", found=value["bare"][1:]))
    return next(group for group in value.groups() if group is not None)


def _long(rest: str, known: dict[str, argparse.Action]) -> tuple[str, str]:
    found = re.match(r"--[^\s=]*", rest)
    assert found is not None
    flag = found[0]
    if flag not in known:
        _unknown(flag, known)
    rest = rest[found.end() :]
    if not rest.startswith("="):
        return flag, rest
    if known[flag].nargs == 0:
        raise UsageError(say("%perf: {flag} takes no value", flag=flag))
    value = _WORD.match(rest[1:])
    if value is None or rest[1:2].isspace():
        raise UsageError(say("%perf: {flag} wants a value: {flag} {metavar}", flag=flag, metavar=known[flag].metavar))
    return f"{flag}={_text(value)}", rest[1 + value.end() :]


def _short(rest: str, known: dict[str, argparse.Action]) -> tuple[list[str], str]:
    """A bundle such as ``-oq`` or ``-r20``; what follows a letter that wants a value is its value."""
    tokens: list[str] = []
    at = 1
    while at < len(rest) and not rest[at].isspace():
        flag = "-" + rest[at]
        if flag not in known:
            _unknown(flag if not tokens else rest.split()[0], known)
        at += 1
        tokens.append(flag)
        if known[flag].nargs != 0:
            value = _WORD.match(rest[at:]) if at < len(rest) and not rest[at].isspace() else None
            if value is not None:
                tokens[-1] = flag + _text(value)
                at += value.end()
            break
    if not tokens:
        _unknown("-", known)
    return tokens, rest[at:]


def _unknown(flag: str, known: Sequence[str] | dict[str, argparse.Action]) -> Any:
    near = get_close_matches(flag, known, 1)
    options = ", ".join(sorted(name for name in known if not name.startswith("--")))
    hint = say("did you mean {near}?", near=near[0]) if near else say("the options are {options}.", options=options)
    raise UsageError(
        say("%perf: unknown option {flag}: {hint} A statement that begins with a minus stands behind --", flag=flag, hint=hint)
    )
