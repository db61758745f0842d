"""What is seen of a figure: its texts with the rectangles they take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def _ticks(axis: Axis) -> Iterator[Text]:
    low, high = sorted(axis.get_view_interval())
    edge = 1e-9 * (high - low)
    for tick in axis.get_major_ticks():
        if low - edge <= tick.get_loc() <= high + edge and tick.label1.get_visible():
            yield tick.label1


def seen(figure: Figure) -> list[Text]:
    """The texts that are drawn."""
    figure.draw_without_rendering()
    found = [*figure.texts]
    for axes in figure.axes:
        found += [*axes.texts, axes.title, axes._left_title]
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                found += [axis.label, *_ticks(axis)]
    return [text for text in found if text.get_text().strip() and text.get_visible()]


def said(figure: Figure) -> list[str]:
    """What they say, with ordinary blanks."""
    return [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in seen(figure)]


def box(text: Text) -> Bbox:
    """Where a text stands; of an annotation, without its arrow."""
    return Text.get_window_extent(text)


def troubles(figure: Figure) -> list[str]:
    """Texts that leave the page, and pairs of them that overlap."""
    FigureCanvasAgg(figure)
    found = [(text.get_text(), box(text)) for text in seen(figure) if text.get_rotation() % 90 == 0]
    width, height = figure.bbox.width, figure.bbox.height
    out = [f"{name!r} leaves the page" for name, b in found if b.x0 < -0.5 or b.y0 < -0.5 or b.x1 > width + 0.5 or b.y1 > height + 0.5]
    return out + [
        f"{one!r} overlaps {two!r}"
        for (one, a), (two, b) in combinations(found, 2)
        if a.x0 + 1 < b.x1 and b.x0 + 1 < a.x1 and a.y0 + 1 < b.y1 and b.y0 + 1 < a.y1
    ]


def grey(colour: str) -> float:
    """How light a colour is where it is printed in grey, from 0 to 1."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue
