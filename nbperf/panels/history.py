"""A score over time in a bounded number of points: when there are too many, two neighbours become one."""

from __future__ import annotations

from typing import Any

import numpy as np

MOST = 400


class History:
    """Points of samples seen, the score of all of them, and the score of those since the point before."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._points: list[tuple[float, float, float]] = []
        self._stride = 1
        self._open: list[tuple[float, float, float]] = []  # updates of the point that is being made: right, seen, score
        self.seen = 0.0

    def add(self, right: float, seen: float, score: float) -> None:
        """An update: how many of how many samples were right, and the score of all so far."""
        if seen <= 0:
            return
        self.seen += seen
        self._open.append((right, seen, score))
        if len(self._open) < self._stride:
            return
        self._points.append(self._latest())
        self._open.clear()
        if len(self._points) >= self._most:
            # Of two points the later one says how it stands; what came in between is their mean by samples.
            pairs = zip(self._points[::2], self._points[1::2], strict=False)
            start, merged = 0.0, []
            for first, second in pairs:
                a, b = first[0] - start, second[0] - first[0]
                merged.append((second[0], second[1], (first[2] * a + second[2] * b) / (a + b)))
                start = second[0]
            self._points, self._stride = merged, self._stride * 2

    def _latest(self) -> tuple[float, float, float]:
        right, seen = sum(each[0] for each in self._open), sum(each[1] for each in self._open)
        return self.seen, self._open[-1][2], right / seen

    def points(self) -> np.ndarray[Any, Any]:
        """All points, three numbers each."""
        found = [*self._points, *([self._latest()] if self._open else [])]
        return np.array(found, dtype=np.float32).reshape(-1, 3)
