"""Methods that every answer of a search has: ``found.plot()``, ``found.show_html(path)``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor
from tess_source_pictures import page
from tess_source_pictures import plot as drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tess_source.tables.found import Found

__all__ = ["ACCESSORS"]


def plot(found: Found, path: str | Path | None = None, root: str | Path | None = None, **options: Any) -> Figure:
    """Draw the light curves by sector: see `tess_source_pictures.plot.plot`."""
    return drawing.plot(found, path, root, **options)


def show_html(found: Found, path: str | Path, root: str | Path | None = None, **options: Any) -> Path:
    """Write a page about the target: see `tess_source_pictures.page.show_html`."""
    return page.show_html(found, path, root, **options)


ACCESSORS = (
    Accessor("plot", plot, "a picture of the light curves by sector, transits marked"),
    Accessor("show_html", show_html, "a self-contained page about one target"),
)
