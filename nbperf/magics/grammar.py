"""Reads the options at the front of a magic's line, and leaves what stands behind them alone.

IPython's own reader takes a line apart as a shell would, which eats quotes, backslashes and double spaces of the
statement behind the options. Here only the options at the front are read, and the rest is passed on as it was written.
What kinds of values there are is here as well: a whole number, a label, the name of a variable.
"""

from __future__ import annotations

import argparse
import keyword
import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Generic, NoReturn, TypeVar

from IPython.core.error import UsageError
from IPython.core.magic_arguments import construct_parser

from nbperf.errors import PlanError
from nbperf.words import say

Read = TypeVar("Read")
"""The record that holds what stood on the line."""


def whole(least: int) -> Callable[[str], int]:
    """A whole number of at least so much."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(say("a whole number of at least {least} is wanted, not {found!r}", least=least, found=text))
        return number

    return read


def seconds(text: str) -> float:
    """A positive number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(say("a positive number of seconds is wanted, not {found!r}", found=text))
    return number


def confidence(text: str) -> float:
    """A confidence, such as 0.99, 99% or 99."""
    try:
        number = float(text.removesuffix("%"))
        if text.endswith("%") or number >= 50:  # 99 can only mean 99 %
            number /= 100
    except ValueError:
        number = 0.0
    if not 0.5 <= number < 1:
        raise argparse.ArgumentTypeError(say("a confidence such as 0.99 or 99% is wanted, not {found!r}", found=text))
    return number


def name(text: str) -> str:
    """The name of a variable."""
    if not text.isidentifier() or keyword.iskeyword(text):
        raise argparse.ArgumentTypeError(say("the name of a variable is wanted, not {found!r}", found=text))
    return text


def label(text: str) -> str:
    """A label, which is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError(say("a label cannot be empty: write -l NAME or -l 'two words'"))
    return text


HELP_WANTED = re.compile(r"\s*(?:-h|--help)(?![\w=-])")
"""The front of a line that asks for help, as every command understands it; no magic has such an option."""
_WORD = re.compile(r"""\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>\S+))""")


class Grammar(Generic[Read]):
    """The options of one magic.

    Parameters
    ----------
    magic : str
        As it is written, such as ``"%perf"``.
    carrier : callable
        What its ``@argument`` lines decorate.
    make : callable
        Makes the record from ``rest`` and the options by name; lists become tuples. A PlanError of its own is said.
    """

    def __init__(self, magic: str, carrier: Callable[[], None], make: Callable[..., Read]) -> None:
        self.magic = magic
        self._carrier = carrier
        self._make = make
        self.read: Callable[[str], Read] = lru_cache(maxsize=64)(self._read)

    @cached_property
    def parser(self) -> argparse.ArgumentParser:
        """The parser that the ``@argument`` lines describe."""
        made: argparse.ArgumentParser = construct_parser(self._carrier)
        made.allow_abbrev = False
        made.exit_on_error = False  # its errors are said by `read`, not in argparse's own words
        return made

    @cached_property
    def flags(self) -> dict[str, argparse.Action]:
        """Every option's spelling and what it does."""
        return dict(self.parser._option_string_actions)

    def described(self) -> str:
        """Every option with what it does, a line each, in the reader's language."""
        rows = [
            (", ".join(action.option_strings) + (f" {action.metavar}" if action.metavar else ""), say(action.help or ""))
            for action in self.parser._actions
        ]
        width = max(len(spelling) for spelling, _ in rows)
        return "\n".join(f"    {spelling:{width}}  {text}" for spelling, text in rows)

    def _read(self, line: str) -> Read:
        """The options at the front of a line.

        Parameters
        ----------
        line : str
            All that stands behind the magic. Options take the forms ``-r 20``, ``-r20``, ``-oq``, ``--repeats 20`` and
            ``--repeats=20``; a value with spaces stands in quotes; ``--`` ends the options.

        Raises
        ------
        IPython.core.error.UsageError
            One line that names what was found and what would be right.
        """
        tokens, rest = self._split(line)
        try:
            found = vars(self.parser.parse_args(tokens))
        except argparse.ArgumentError as error:
            raise UsageError(
                say("{magic}: argument {option}: {what}", magic=self.magic, option=error.argument_name, what=error.message)
            ) from None
        except UsageError as error:
            text = str(error).strip().splitlines()[-1] if str(error).strip() else say("the options could not be read")
            raise UsageError(f"{self.magic}: {text.removeprefix('error: ')}") from None
        try:
            return self._make(rest=rest, **{name: tuple(value) if isinstance(value, list) else value for name, value in found.items()})
        except PlanError as error:
            raise UsageError(f"{self.magic}: {error}") from None

    def _split(self, line: str) -> tuple[list[str], str]:
        """The options as argparse wants them, and the untouched rest."""
        known = self.flags
        tokens: list[str] = []
        rest = line.strip()
        while rest.startswith("-") and rest[1:2] and not rest[1].isspace():  # "- 1" is a statement
            if rest == "--" or rest.startswith("-- "):
                return tokens, rest[2:].lstrip()
            if rest.startswith("--"):
                flag, rest = self._long(rest)
                tokens.append(flag)
                wanting = "=" not in flag and known[flag].nargs != 0
            else:
                found, rest = self._short(rest)
                tokens += found
                wanting = known[found[-1]].nargs != 0 if found[-1] in known else False
            if wanting:
                value = _WORD.match(rest)
                if value is None:
                    raise UsageError(
                        say(
                            "{magic}: {flag} wants a value: {flag} {metavar}",
                            magic=self.magic,
                            flag=tokens[-1],
                            metavar=known[tokens[-1]].metavar,
                        )
                    )
                tokens[-1:] = [f"{tokens[-1]}={self._text(value)}"] if tokens[-1].startswith("--") else [tokens[-1] + self._text(value)]
                if not self._text(value):
                    raise UsageError(
                        say("{magic}: {flag} wants a value: {flag} {metavar}", magic=self.magic, flag=flag_of(tokens[-1]), metavar="…")
                    )
                rest = rest[value.end() :]
            rest = rest.lstrip()
        return tokens, rest

    def _long(self, rest: str) -> tuple[str, str]:
        known = self.flags
        found = re.match(r"--[^\s=]*", rest)
        assert found is not None
        flag = found[0]
        if flag not in known:
            self._unknown(flag)
        rest = rest[found.end() :]
        if not rest.startswith("="):
            return flag, rest
        if known[flag].nargs == 0:
            raise UsageError(say("{magic}: {flag} takes no value", magic=self.magic, flag=flag))
        value = _WORD.match(rest[1:])
        if value is None or rest[1:2].isspace():
            raise UsageError(
                say("{magic}: {flag} wants a value: {flag} {metavar}", magic=self.magic, flag=flag, metavar=known[flag].metavar)
            )
        return f"{flag}={self._text(value)}", rest[1 + value.end() :]

    def _short(self, rest: str) -> tuple[list[str], str]:
        """A bundle such as ``-oq`` or ``-r20``; what follows a letter that wants a value is its value."""
        known = self.flags
        tokens: list[str] = []
        at = 1
        while at < len(rest) and not rest[at].isspace():
            flag = "-" + rest[at]
            if flag not in known:
                self._unknown(flag if not tokens else rest.split()[0])
            at += 1
            tokens.append(flag)
            if known[flag].nargs != 0:
                value = _WORD.match(rest[at:]) if at < len(rest) and not rest[at].isspace() else None
                if value is not None:
                    tokens[-1] = flag + self._text(value)
                    at += value.end()
                break
        if not tokens:
            self._unknown("-")
        return tokens, rest[at:]

    def _unknown(self, flag: str) -> NoReturn:
        known = self.flags
        if HELP_WANTED.match(flag):
            raise UsageError(say("{magic}: `{magic}?` alone in a cell shows the help", magic=self.magic))
        near = get_close_matches(flag, known, 1)
        options = ", ".join(sorted(name for name in known if not name.startswith("--")))
        hint = say("did you mean {near}?", near=near[0]) if near else say("the options are {options}.", options=options)
        if self.magic.startswith("%%"):
            raise UsageError(say("{magic}: unknown option {flag}: {hint}", magic=self.magic, flag=flag, hint=hint))
        raise UsageError(
            say(
                "{magic}: unknown option {flag}: {hint} A statement that begins with a minus stands behind --",
                magic=self.magic,
                flag=flag,
                hint=hint,
            )
        )

    def _text(self, value: re.Match[str]) -> str:
        if (value["bare"] or "").startswith(("'", '"')):
            raise UsageError(say("{magic}: the quote before {found!r} is not closed", magic=self.magic, found=value["bare"][1:]))
        return next(group for group in value.groups() if group is not None)


def flag_of(token: str) -> str:
    """The option in a token such as ``--label=x`` or ``-lx``."""
    return token.split("=")[0] if token.startswith("--") else token[:2]
