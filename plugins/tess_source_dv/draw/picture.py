"""Figures that notebooks show. matplotlib is imported here, and this module only when something is drawn."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["Picture"]

SHARP = 2
"""Pixels of a shown picture per pixel of its size on the page, so that it is sharp on screens with small pixels."""


class Picture(Figure):
    """A figure that a notebook shows as the value of a cell, with or without ``%matplotlib inline``.

    pyplot does not know of it, so it takes no memory once you have no more use for it, and nothing need be closed.

    Parameters
    ----------
    width, height : float
        Its size [inch].
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height))
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Return a PNG, and its size on the page [pixel]."""
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", dpi=SHARP * self.dpi)
        width, height = self.get_size_inches() * self.dpi
        return drawn.getvalue(), {"width": round(width), "height": round(height)}
