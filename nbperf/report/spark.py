"""Pictures made of characters: sparklines, stacked bars and intervals on an axis, for faces without graphics."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from nbperf.core.stats import median
from nbperf.report.card import Bar, Contest, Contests

LEVELS = "▁▂▃▄▅▆▇█"
FILLS = "█▓▒░"
REST = "·"


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """The values in their order, from the lowest character for the least to the highest for the most.

    With more values than columns, each column is the median of its neighbours.
    """
    known = list(values)
    if not known:
        return ""
    if len(known) > width:
        edges = [round(i * len(known) / width) for i in range(width + 1)]
        known = [median(known[a:b]) for a, b in pairwise(edges)]
    low, high = min(known), max(known)
    if low == high:
        return LEVELS[0] * len(known)
    return "".join(LEVELS[min(int((value - low) / (high - low) * len(LEVELS)), len(LEVELS) - 1)] for value in known)


def stacked(bar: Bar, width: int = 40) -> str:
    """The outermost parts side by side, each in a fill of its own."""
    line, end = "", 0.0
    for number, segment in enumerate(s for s in bar.segments if s.depth == 0):
        end += segment.share
        fill = REST if segment.colour < 0 else FILLS[number % len(FILLS)]
        line += fill * (min(round(end * width), width) - len(line))
    return line


EIGHTHS = "▏▎▍▌▋▊▉█"


def block(share: float, width: int = 8) -> str:
    """A bar of a share of 1, to an eighth of a character; what is there at all is seen."""
    if share <= 0:
        return ""
    eighths = max(1, round(min(share, 1.0) * width * 8))
    return EIGHTHS[-1] * (eighths // 8) + (EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")


def fill(segment_number: int, rest: bool) -> str:
    """The character of an outermost part, for its legend."""
    return REST if rest else FILLS[segment_number % len(FILLS)]


def interval(contest: Contest, contests: Contests, width: int = 41) -> str:
    """A ratio and its interval on the axis; the line is at 1."""
    column = [" "] * width

    def at(place: float) -> int:
        return min(max(round(place * (width - 1)), 0), width - 1)

    one = at(contests.one)
    if contest.place is not None:
        low, middle, high = (at(place) for place in contest.place)
        for i in range(min(one, middle), max(one, middle) + 1):
            column[i] = "─"
        for i in range(low, high + 1):
            column[i] = "━"
        column[one] = "┃" if low <= one <= high else "│"
        column[middle] = "●"
    else:
        column[one] = "│"
    return "".join(column)
