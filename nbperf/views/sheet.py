"""A page to draw on: its heading, its key, and axes that end where their letters do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbperf.core.snippets import columns, shortened
from nbperf.views.letters import name
from nbperf.views.placement import Box
from nbperf.views.theme import Theme, drawn, warn_of_missing_letters
from nbperf.words import say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from nbperf.views.picture import Picture

EDGE = 9.0
"""Points that stay free around everything."""
SMALL = 8.5
"""Points: the letters of names and numbers inside a picture."""
ROW = 15.0
"""Points: a row of the key."""
KEY_ROWS = 3
SWATCH = 19.0
"""Points of a sign in the key and the space after it."""
APART = 14.0
LEAST = 40.0
"""Points that axes are wide and high at least, however long the letters around them are."""


@dataclass(frozen=True, slots=True)
class Sign:
    """An entry of the key: a name, and how what it stands for is drawn.

    Attributes
    ----------
    line : dict, optional
        As `Axes.plot` takes it, for lines and points.
    patch : dict, optional
        As a patch takes it, for bars and bands.
    """

    name: str
    line: dict[str, Any] | None = None
    patch: dict[str, Any] | None = None


@dataclass(slots=True)
class Sheet:
    """One figure in the making; all lengths are in points.

    Attributes
    ----------
    used : float
        What the heading and the key take from the top.
    """

    figure: Picture
    theme: Theme
    used: float = EDGE
    _widths: dict[tuple[str, float, bool], float] = field(default_factory=dict)

    @property
    def width(self) -> float:
        """Of the page."""
        return float(self.figure.get_figwidth()) * 72

    @property
    def height(self) -> float:
        """Of the page."""
        return float(self.figure.get_figheight()) * 72

    def measure(self, text: str, size: float = SMALL, *, bold: bool = False) -> float:
        """How wide a text is."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.font_manager import FontProperties

        known = self._widths.get((text, size, bold))
        if known is None:
            canvas = self.figure.canvas
            assert isinstance(canvas, FigureCanvasAgg)
            properties = FontProperties(size=size, weight="bold" if bold else "normal")
            found = canvas.get_renderer().get_text_width_height_descent(text, properties, ismath=False)  # type: ignore[no-untyped-call]
            known = self._widths[text, size, bold] = float(found[0]) * 72 / self.figure.dpi
        return known

    def fitting(self, text: str, room: float, size: float = SMALL, *, bold: bool = False) -> str:
        """As much of a text as there is room for."""
        while columns(text) > 2 and self.measure(text, size, bold=bold) > room:
            text = shortened(text, columns(text) - 2)
        return text

    def heading(self, title: str, *notes: str) -> None:
        """What the picture shows, and lines in smaller letters below it that say more; what is empty takes no room."""
        for text, size, bold, row in [(title, 11.0, True, 17.0), *((note, 9.0, False, 14.0) for note in notes)]:
            if not text:
                continue
            text = self.fitting(name(text, 200), self.width - 2 * EDGE, size, bold=bold)
            self.figure.text(
                EDGE / self.width, 1 - (self.used + row / 2) / self.height, text, va="center_baseline", fontsize=size,
                fontweight="bold" if bold else "normal", color=self.theme.text if bold else self.theme.faint,
            )  # fmt: skip
            self.used += row
        self.used += 4 if self.used > EDGE else 0

    def key(self, signs: Sequence[Sign]) -> None:
        """The signs and their names in rows below the heading; what finds no room is counted."""
        rows = self._rows([Sign(self.fitting(sign.name, self.width / 2), sign.line, sign.patch) for sign in signs])
        if not rows:
            return
        board = self.board(len(rows) * ROW)
        for number, row in enumerate(rows):
            for x, sign in row:
                draw_sign(board, sign, x, (len(rows) - number - 0.5) * ROW)
                start = x + (SWATCH if sign.line or sign.patch else 0)
                board.text(start, (len(rows) - number - 0.5) * ROW, sign.name, va="center_baseline", fontsize=SMALL, color=self.theme.text)
        self.used += 3

    def board(self, height: float) -> Axes:
        """Room of this height below what is there already, measured in points from its lower left corner."""
        across = self.width - 2 * EDGE
        bottom = self.height - self.used - height
        board = self.figure.add_axes((EDGE / self.width, bottom / self.height, across / self.width, height / self.height))
        board.set_axis_off()
        board.set_xlim(0, across)
        board.set_ylim(0, height)
        self.used += height
        return board

    def _rows(self, signs: Sequence[Sign]) -> list[list[tuple[float, Sign]]]:
        room = self.width - 2 * EDGE
        rows: list[list[tuple[float, Sign]]] = []
        at = room + 1
        for number, sign in enumerate(signs):
            needed = SWATCH + self.measure(sign.name)
            left = len(signs) - number
            # The last row keeps room for the count of those that follow.
            kept = 60.0 if len(rows) == KEY_ROWS and left > 1 else 0.0
            if at + needed + kept > room:
                if len(rows) == KEY_ROWS:
                    rows[-1].append((at, Sign(say("{n} more", n=left))))
                    break
                rows.append([])
                at = 0.0
            rows[-1].append((at, sign))
            at += needed + APART
        return rows

    def axes(self, **options: Any) -> Axes:
        """Axes over all that is free; `fit` makes room for their letters later."""
        free = max(self.height - self.used - EDGE, LEAST)
        box = (EDGE / self.width, EDGE / self.height, (self.width - 2 * EDGE) / self.width, free / self.height)
        return self.figure.add_axes(box, **options)

    def fit(self, axes: Axes, *, right: float = 0.0, top: float = 0.0, bottom: float = 0.0) -> None:
        """Bring axes and their letters into what is free of the page.

        Parameters
        ----------
        axes : Axes
        right, top, bottom : float
            Room that is kept beside them for something else.
        """
        scale = 72 / self.figure.dpi
        for _ in range(3):  # letters change with the axes' size, and settle soon
            self.figure.draw_without_rendering()
            outer, inner = axes.get_tightbbox(), axes.get_window_extent()
            assert outer is not None
            # Letters that stand over the axes' own edges by so much:
            x0 = max(inner.x0 - outer.x0, 0) * scale + EDGE
            x1 = self.width - max(outer.x1 - inner.x1, 0) * scale - EDGE - right
            y0 = max(inner.y0 - outer.y0, 0) * scale + EDGE + bottom
            y1 = self.height - max(outer.y1 - inner.y1, 0) * scale - self.used - top
            wide, high = max(x1 - x0, LEAST), max(y1 - y0, LEAST)
            axes.set_position((x0 / self.width, y0 / self.height, wide / self.width, high / self.height))

    def extent(self, artist: Artist) -> Box:
        """Where something was drawn on the page."""
        scale = 72 / self.figure.dpi
        found = artist.get_window_extent()
        return Box(found.x0 * scale, found.y0 * scale, found.width * scale, found.height * scale)

    def at(self, axes: Axes, x: float, y: float) -> tuple[float, float]:
        """Where a point of the data lies, from the axes' lower left corner."""
        scale = 72 / self.figure.dpi
        inner = axes.get_window_extent()
        found = axes.transData.transform((x, y))
        return float(found[0] - inner.x0) * scale, float(found[1] - inner.y0) * scale

    def nothing(self) -> None:
        """Said where there is nothing to draw."""
        middle = (self.height - self.used) / 2 / self.height
        self.figure.text(0.5, middle, say("nothing to show"), ha="center", va="center", color=self.theme.faint)


def draw_sign(board: Axes, sign: Sign, x: float, y: float) -> None:
    """The sign of an entry, 14 points wide, on axes that are measured in points."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    if sign.patch:
        board.add_patch(Rectangle((x, y - 4), 13, 8, **sign.patch))
    if sign.line:
        ends = [x, x + 14]
        if sign.line.get("linestyle", "-") == "none":
            ends = [x + 7]
        line = Line2D(ends, [y] * len(ends), **{**sign.line, "marker": "none"} if len(ends) > 1 else sign.line)
        board.add_line(line)
        if len(ends) > 1 and sign.line.get("marker"):
            board.add_line(Line2D([x + 7], [y], **{**sign.line, "linestyle": "none"}))


@contextmanager
def sheet(size: tuple[float, float], *, dark: bool, texts: Sequence[str] = ()) -> Iterator[Sheet]:
    """A page of this size in inches, in the theme: whatever is made on it keeps the theme, however late it is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from nbperf.views.picture import Picture

    warn_of_missing_letters(*texts)
    with drawn(dark=dark) as theme:
        figure = Picture(figsize=size)
        FigureCanvasAgg(figure)  # it measures letters before anything is placed
        yield Sheet(figure, theme)
