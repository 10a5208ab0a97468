"""Methods that every answer of a search has: ``found.plot()``, ``found.show_html(path)``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tess_source.tables.found import Found

__all__ = ["ACCESSORS"]


def plot(found: Found, path: str | Path | None = None, root: str | Path | None = None, **options: Any) -> Figure:
    """Draw the light curves by sector: see `tess_source_pictures.plot.plot`."""
    from tess_source_pictures.plot import plot as draw

    return draw(found, path, root, **options)


def show_html(found: Found, path: str | Path, root: str | Path | None = None, **options: Any) -> Path:
    """Write a page about the target: see `tess_source_pictures.page.show_html`."""
    from tess_source_pictures.page import show_html as write

    return write(found, path, root, **options)


ACCESSORS = (
    Accessor("plot", plot, "a picture of the light curves by sector, transits marked"),
    Accessor("show_html", show_html, "a self-contained page about one target"),
)
