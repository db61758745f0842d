"""Round numbers of an axis in the step that is written, where the data are in base units."""

from __future__ import annotations

from typing import Any

from matplotlib.ticker import Locator, MaxNLocator


class Stepped(Locator):
    """Ticks at round numbers of KiB or of milliseconds, though the axis counts bytes and seconds.

    Parameters
    ----------
    factor : float
        Base units in a step.
    most : int
        At most so many intervals.
    whole : bool
        No tick between two whole numbers: there is no epoch 2.5.
    """

    def __init__(self, factor: float, most: int, *, whole: bool = False) -> None:
        self.factor = factor
        self.inner = MaxNLocator(most, steps=[1, 2, 5, 10] if whole else [1, 2, 2.5, 5, 10], integer=whole, min_n_ticks=1 if whole else 2)

    def __call__(self) -> Any:
        """Where they are on the axis as it is now."""
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr, unused-ignore]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Any:
        """Where they are, in base units."""
        return [value * self.factor for value in self.inner.tick_values(vmin / self.factor, vmax / self.factor)]
