"""A place in the code and its text, as they are shown where there is little room."""

from __future__ import annotations

import unicodedata
from pathlib import PurePath
from typing import Protocol

CUT = "…"


class Located(Protocol):
    """A line, or what refers to one."""

    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def line(self) -> int: ...  # noqa: D102


def short_file(file: str) -> str:
    """A file's last part: ``"train.py"`` of a path, ``"In [3]"`` as it is."""
    return visible(PurePath(file.replace("\\", "/")).name or file)


def where(place: Located, most: int = 40) -> str:
    """``"In [3]:7"``, ``"train.py:120"``; of the file's name at most so many columns."""
    return f"{shortened(short_file(place.file), most)}:{place.line}"


def columns(text: str) -> int:
    """How wide a text is beside others in one fixed font: Chinese characters take two columns."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def visible(text: str) -> str:
    """Text from outside on one line, without characters that move a cursor or turn the direction; tabs are four columns."""
    return "".join(c if c.isprintable() else "    " if c == "\t" else " " for c in text)


def shortened(text: str, most: int) -> str:
    """A text in at most so many columns, its indentation kept: what a line of code assigns to stands at its beginning."""
    text = visible(text).rstrip()
    return text if columns(text) <= most else _fitting(text, max(most - 1, 1)).rstrip() + CUT


def _fitting(text: str, most: int) -> str:
    """The beginning of a text that fits."""
    taken = 0
    for i, character in enumerate(text):
        taken += columns(character)
        if taken > most:
            return text[:i]
    return text
