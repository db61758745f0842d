"""Text in columns of a terminal, where Chinese characters take two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_WIDE = r"\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6"
_OPENING, _CLOSING = "（［｛「『《〈【〔", "）］｝」』》〉】〕，。、；：？！％"
# What a line may be broken between: words, and single wide characters; a line begins with no comma and ends with no
# opening bracket.
_PIECES = re.compile(rf" +|[{_OPENING}]*(?:[{_WIDE}]|[^ {_WIDE}]+)[{_CLOSING}]*")


FIRST_ODD = "\u0300"
"""No character before it is wide or combines with another: most texts are measured by their length."""
NARROWEST = 4
"""Columns below which a cell is not squeezed."""


def clean(text: str) -> str:
    """Text from outside on one line: without what would move a cursor, colour a terminal or turn the direction."""
    return _UNSEEN.sub(" ", text)


def width(text: str) -> int:
    """Columns that a text takes."""
    if not text or max(text) < FIRST_ODD:
        return len(text)
    return sum(map(_width, text))


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def left(text: str, columns: int) -> str:
    """Filled up with spaces behind it."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """Filled up with spaces before it."""
    return " " * (columns - width(text)) + text


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns, broken at spaces and between wide characters; a longer word is cut."""
    lines, line = [], ""
    for number, piece in enumerate(_PIECES.findall(text)):
        while width(line) + width(piece) > columns and piece.strip(" "):
            if line.strip(" "):
                lines.append(line.rstrip(" "))
                line = ""
                continue
            cut = _fitting(piece, columns)
            lines.append(piece[:cut])
            line, piece = "", piece[cut:]
        if piece.strip(" ") or line or not number:  # what the first line begins with is its indentation
            line += piece
    if line.strip(" "):
        lines.append(line.rstrip(" "))
    return lines or [""]


def _fitting(word: str, columns: int) -> int:
    """How many characters of a word fit; at least one."""
    taken = 0
    for i, character in enumerate(word):
        taken += width(character)
        if taken > columns:
            return max(i, 1)
    return len(word)


def flow(pieces: Sequence[str], columns: int, gap: str) -> list[str]:
    """Pieces one after another with a gap between them, on as many lines as they need; a break falls between pieces."""
    lines, line = [], ""
    for piece in pieces:
        joined = f"{line}{gap}{piece}" if line else piece
        if width(joined) <= columns:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = wrap(piece, columns)
        lines += full
    if line:
        lines.append(line)
    return lines


def grid(rows: Sequence[Sequence[str]], columns: int, *, numbers: frozenset[int] = frozenset(), gap: int = 2) -> list[str]:
    """A table of aligned cells; the widest columns are wrapped where it would be too wide."""
    if not rows:
        return []
    count = max(len(row) for row in rows)
    cells = [[*row, *[""] * (count - len(row))] for row in rows]
    widths = [max(width(row[i]) for row in cells) for i in range(count)]
    room = columns - gap * (count - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        # The widest gives first, and no further than to the next.
        widest = max(range(count), key=lambda i: widths[i])
        others = max((w for i, w in enumerate(widths) if i != widest), default=NARROWEST)
        least = max(NARROWEST, min(others - 1, widths[widest] - 1))
        widths[widest] = max(least, widths[widest] - (sum(widths) - room))
    lines = []
    for row in cells:
        wrapped = [wrap(cell, max(w, 1)) for cell, w in zip(row, widths, strict=True)]
        for level in range(max(len(cell) for cell in wrapped)):
            parts = [cell[level] if level < len(cell) else "" for cell in wrapped]
            laid = [(right if i in numbers else left)(part, w) for i, (part, w) in enumerate(zip(parts, widths, strict=True))]
            lines.append((" " * gap).join(laid).rstrip())
    return lines
