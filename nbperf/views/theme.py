"""One look for every figure: colours, light and dark, fonts that show Chinese, and how an estimate differs from a measurement."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from nbperf.core.records import Provenance
from nbperf.errors import NBPerfWarning
from nbperf.words import say

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Okabe and Ito's palette, told apart with any colour vision; as on the cards."""
ON_DARK = ("#56b4e9", "#e69f00", "#2bc49b", "#e39ac2", "#f0e442", "#ff8a3d")
"""The same, lifted where they would sink into a dark page; yellow stands for the sky blue that the first has become."""
MARKERS = ("o", "s", "^", "D", "v", "P")
"""Beside the colours, never colour alone."""
FILLS = ("#0072b2", "#e69f00", "#1f2328", "#cc79a7", "#56b4e9", "#009e73")
"""For bars side by side, which have no markers: the first three are as far apart printed in grey."""
FILLS_ON_DARK = ("#0072b2", "#e69f00", "#e6edf3", "#cc79a7", "#56b4e9", "#2bc49b")
HATCH = "/////"
"""What an estimate is filled with."""
CHINESE = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei", "WenQuanYi Micro Hei")


@dataclass(frozen=True, slots=True)
class Theme:
    """What a figure is drawn with."""

    text: str
    faint: str
    page: str
    line: str
    colours: tuple[str, ...]
    fills: tuple[str, ...] = FILLS

    def settings(self) -> dict[str, Any]:
        """As matplotlib's rcParams."""
        return {
            "figure.facecolor": self.page,
            "axes.facecolor": self.page,
            "savefig.facecolor": self.page,
            "text.color": self.text,
            # Names are text: two dollars in one are money, and no formula.
            "text.parse_math": False,
            "text.usetex": False,
            "axes.labelcolor": self.text,
            "axes.edgecolor": self.line,
            "axes.titlecolor": self.text,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "grid.color": self.line,
            "grid.linewidth": 0.6,
            "xtick.color": self.faint,
            "ytick.color": self.faint,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "axes.labelsize": 10,
            "legend.frameon": False,
            "legend.fontsize": 9,
            "font.family": families(),
            "hatch.linewidth": 1.2,
        }


LIGHT = Theme("#1f2328", "#59636e", "#ffffff", "#d8dee4", COLOURS)
DARK = Theme("#e6edf3", "#9198a1", "#111111", "#3d444d", ON_DARK, FILLS_ON_DARK)

_ONE_AT_A_TIME = threading.RLock()
"""matplotlib's settings are the whole process's: two figures made at once would take each other's colours."""


@contextmanager
def drawn(*, dark: bool = False) -> Iterator[Theme]:
    """The theme, in force while figures are made and drawn upon."""
    import matplotlib as mpl

    theme = DARK if dark else LIGHT
    settings: Any = theme.settings()
    with _ONE_AT_A_TIME, mpl.rc_context(settings):
        yield theme


def sign(theme: Theme, number: int) -> dict[str, Any]:
    """The colour and the marker of the line of this number: 36 pairs before one comes again."""
    count = len(theme.colours)
    return {"color": theme.colours[number % count], "marker": MARKERS[(number + number // count) % len(MARKERS)]}


def style(provenance: Provenance) -> dict[str, Any]:
    """How a line of this provenance is drawn: estimated dashed and hollow, sampled hollow."""
    if provenance is Provenance.ESTIMATED:
        return {"linestyle": "--", "markerfacecolor": "none"}
    return {"linestyle": "-", **({"markerfacecolor": "none"} if provenance is Provenance.SAMPLED else {})}


def dot(provenance: Provenance) -> dict[str, Any]:
    """How a single point of this provenance is drawn: hollow as a line's markers are, and no line."""
    return {**style(provenance), "linestyle": "none"}


def surface(provenance: Provenance, colour: str, page: str) -> dict[str, Any]:
    """How a bar, box or patch of this provenance is filled: hatched where it is estimated."""
    if provenance is Provenance.ESTIMATED:
        return {"facecolor": page, "edgecolor": colour, "hatch": HATCH, "linewidth": 0.8}
    return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.8}


@cache
def families() -> list[str]:
    """The fonts that letters are looked for in, the first that has one draws it."""
    return ["DejaVu Sans", *chinese_fonts()]


@cache
def chinese_fonts() -> tuple[str, ...]:
    """The installed fonts that have Chinese letters, as far as they are known by name."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(name for name in CHINESE if name in installed)


def warn_of_missing_letters(*texts: str) -> None:
    """Say once which package brings a font, where Chinese is to be drawn and none is installed."""
    if not chinese_fonts() and any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text):
        warnings.warn(
            say("no installed font has Chinese letters: on Debian and Ubuntu, apt-get install fonts-noto-cjk, then restart the kernel"),
            NBPerfWarning,
            stacklevel=3,
        )
