"""Text as a part of a page: said in the reader's language, and safe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from nbperf.report.card import GAP, Piece, shown
from nbperf.report.columns import clean

SHORT = 40
"""Characters up to which a piece stays on one line."""
_CODE = re.compile(r"`([^`]+)`")


def said(piece: Piece) -> str:
    """A piece in the reader's language, safe as an element's text and as an attribute's value."""
    return escape(clean(shown(piece)))


def line(piece: Piece) -> str:
    """As `said`, for an element: what stands between backticks becomes code."""
    text = said(piece)
    return _CODE.sub(r"<code>\1</code>", text) if "`" in text else text


def join(pieces: Sequence[Piece]) -> str:
    """Pieces one after another; a line breaks between them and not within a short one."""
    return GAP.join(f"<span>{text}</span>" if len(text) < SHORT else text for piece in pieces if (text := line(piece)))


def bare(text: str) -> str:
    """What appears only where the style is stripped."""
    return f'<div class="nbperf-bare">{text}</div>'
