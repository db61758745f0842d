"""Names from outside as a picture can show them: one line, short enough, and only letters that some font has."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from nbperf.core.snippets import shortened
from nbperf.views.theme import families

BOX = "□"
"""In the place of a letter that no font has; matplotlib would draw the same and warn at every drawing."""


def name(text: str, most: int = 28) -> str:
    """A name on one line, in at most so many columns; Chinese letters take two.

    Parameters
    ----------
    text : str
        Anything: line breaks become blanks, and emoji without a font a box.
    most : int

    Returns
    -------
    str
    """
    found = "".join(_drawable(letter) for letter in str(text))
    return shortened(found, most).strip()


@lru_cache(maxsize=4096)
def _drawable(letter: str) -> str:
    if letter.isascii() or not letter.isprintable() or any(_has(family, letter) for family in families()):
        return letter
    # What only changes the letter before it leaves no box of its own.
    return "" if unicodedata.category(letter) in {"Mn", "Me", "Cf"} else BOX


def _has(family: str, letter: str) -> bool:
    from matplotlib import font_manager

    path = font_manager.findfont(font_manager.FontProperties(family=[family]))
    return bool(font_manager.get_font(path).get_char_index(ord(letter)))  # type: ignore[arg-type, unused-ignore]
