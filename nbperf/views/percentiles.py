"""The percentiles that values support, and a table of them that is the key of a picture as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbperf.core.records import Measurement, Provenance
from nbperf.core.stats import count_for_percentile
from nbperf.core.units import Unit, format_value
from nbperf.views.letters import name
from nbperf.views.sheet import ROW, SMALL, SWATCH, Sheet, Sign, draw_sign
from nbperf.words import say

Numbers = NDArray[np.floating[Any]]

STATED = (50, 95, 99)
MOST = 8
"""Variants in a picture; the colours repeat beyond six, the marks and dashes do not tell more apart."""
APART = 16.0


def known(found: Mapping[str, Measurement]) -> dict[str, tuple[Measurement, Numbers]]:
    """The first few of them that have any number, with their numbers in order."""
    sound = {}
    for label, measurement in found.items():
        values = np.asarray(measurement.values, dtype=float)
        values = np.sort(values[np.isfinite(values)])
        if values.size:
            sound[label] = measurement, values
    return dict(list(sound.items())[:MOST])


def left_out(found: Mapping[str, Measurement], shown: Mapping[str, tuple[Measurement, Numbers]]) -> str:
    """What is not in the picture, as a sentence; empty if all is."""
    lost = sum(found[label].count - values.size for label, (_, values) in shown.items())
    gone = len(found) - len(shown)
    if gone and lost:
        return say("{n} more not shown; values that are no numbers: {count}", n=gone, count=lost)
    if gone:
        return say("{n} more not shown", n=gone)
    return say("values that are no numbers: {count}", count=lost) if lost else ""


def percentiles(values: Numbers) -> dict[int, float]:
    """Those of p50, p95 and p99 that so many values allow to state."""
    return {q: float(np.quantile(values, q / 100)) for q in STATED if len(values) >= count_for_percentile(q / 100)}


def said(percent: int, value: float, unit: Unit, provenance: Provenance) -> str:
    """p95 5.20 ms."""
    return f"p{percent} {format_value(value, unit, estimated=provenance is Provenance.ESTIMATED)}"


def table(page: Sheet, shown: Mapping[str, tuple[Measurement, Numbers]], signs: Sequence[Sign]) -> None:
    """A row for each variant: its sign, its name and its percentiles, each kind in a column of its own."""
    rows = [
        {q: said(q, value, measurement.unit, measurement.provenance) for q, value in percentiles(values).items()}
        for measurement, values in shown.values()
    ]
    columns = {q: max((page.measure(row[q]) for row in rows if q in row), default=0.0) for q in STATED}
    needed = sum(width + APART for width in columns.values() if width)
    room = page.width - 2 * 9.0 - SWATCH - needed - 6
    names = [page.fitting(name(label), max(room, 40.0)) for label in shown]
    start = SWATCH + max(page.measure(text) for text in names) + APART
    board = page.board(len(rows) * ROW)
    for number, (row, text, sign) in enumerate(zip(rows, names, signs, strict=True)):
        y = (len(rows) - number - 0.5) * ROW
        draw_sign(board, sign, 0.0, y)
        board.text(SWATCH, y, text, va="center_baseline", fontsize=SMALL, color=page.theme.text)
        x = start
        for q, width in columns.items():
            if q in row:
                board.text(x + width, y, row[q], ha="right", va="center_baseline", fontsize=SMALL, color=page.theme.faint)
            x += width + APART if width else 0.0
    page.used += 4
