"""A Figure that a notebook shows by itself, without pyplot, a backend or a magic."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

SHARP = 2
"""Pixels of the picture for each one on the screen."""


class Picture(Figure):
    """A matplotlib Figure; where an inline backend is active, that one draws it as any other."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """As IPython's display asks for it: a sharp picture, and the size at which it is shown."""
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=self.dpi * SHARP)
        width, height = self.get_size_inches() * self.dpi
        return drawn.getvalue(), {"width": round(width), "height": round(height)}
