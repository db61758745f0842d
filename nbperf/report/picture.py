"""A trace's timeline as pictures that travel inside a card, for light and for dark pages."""

from __future__ import annotations

import warnings
from base64 import b64encode
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO

from nbperf.core.lines import MemoryTrace
from nbperf.words import READER

WIDTH, HIGH = 8.2, 3.7
"""Inches of a hundred dots, as wide as a card."""
HIGHER = 0.9
"""For what allocators hold, which has axes of its own."""
SHARP = (150, 130, 110)
"""Dots an inch that are drawn; fewer where the picture would take more than MOST bytes."""
MOST = 50_000
COLOURS = 128
"""Enough for smooth edges, and to keep one orange from another; a picture of so few takes a quarter of the bytes."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Both as data URIs, and the size at which they are shown."""

    light: str
    dark: str
    width: int
    height: int


_LAST: list[tuple[MemoryTrace, str, Pictures]] = []
"""What was drawn last: a notebook asks for the same card more than once."""


def pictures(trace: MemoryTrace) -> Pictures | None:
    """The timeline twice; None without matplotlib."""
    if find_spec("matplotlib") is None:
        return None
    if _LAST and _LAST[0][0] is trace and _LAST[0][1] == READER.language:
        return _LAST[0][2]
    own_axes = any(not each.quantity.startswith(("memory.rss", "memory.uss", "memory.children")) for each in trace.traces)
    size = (WIDTH, HIGH + HIGHER * own_axes)
    light, dark = (_uri(_png(trace, size, dark=dark)) for dark in (False, True))
    found = Pictures(light, dark, round(size[0] * 100), round(size[1] * 100))
    _LAST[:] = [(trace, READER.language, found)]
    return found


def _png(trace: MemoryTrace, size: tuple[float, float], *, dark: bool) -> bytes:
    from nbperf.views.timeline import timeline

    small = b""
    with warnings.catch_warnings():
        # A name with a letter that no font has is drawn with a box: the card has it in full.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = timeline(trace, dark=dark, title="", size=size)
        for dots in SHARP:
            drawn = BytesIO()
            figure.savefig(drawn, format="png", dpi=dots, transparent=True)
            small = _smaller(drawn)
            if len(small) <= MOST:
                break
    return small


def _smaller(drawn: BytesIO) -> bytes:
    """The same picture with fewer colours; as it is where Pillow is not at hand."""
    try:
        from PIL import Image
    except ImportError:
        return drawn.getvalue()
    small = BytesIO()
    with Image.open(drawn) as image:
        image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return min(small.getvalue(), drawn.getvalue(), key=len)


def _uri(png: bytes) -> str:
    return "data:image/png;base64," + b64encode(png).decode("ascii")
