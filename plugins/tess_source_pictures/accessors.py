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
    """Draw the light curves of a target, one panel per sector, with the transits that data validation found.

    One light curve is drawn per sector: SPOC before TESS-SPOC before QLP, 120 s before 20 s; select first to draw others. Light curves
    that are not here are fetched. So is the report (XML) of the current data-validation set with most sectors. Its ephemerides are
    marked: filled marks in sectors that the run used, open ones in others. All panels have the same scales. Flux is relative to the
    median of each sector.

    Parameters
    ----------
    path : str or Path, optional
        Where to write the picture: ``.svg``, ``.png`` or ``.pdf``.
    root : str or Path, optional
        The folder for light curves and report; the cache folder if None.
    **options
        ``tic``: which target; may be left out if there is one only. ``transits=False``: mark none, and fetch no report. Others are those of
        lightkurve's reader, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot, so that nothing need be closed.

    Raises
    ------
    QueryError
        If there are no light curves, several targets and none named, or another kind of file wanted.
    LoadError
        If no light curve could be had or opened.
    OSError
        If the file cannot be written.
    MissingExtraError
        If lightkurve or matplotlib is not installed.

    Examples
    --------
    >>> figure = found.plot("kelt9.png", root="data")
    """
    from tess_source_pictures.plot import plot as draw

    return draw(found, path, root, **options)


def show_html(found: Found, path: str | Path, root: str | Path | None = None, **options: Any) -> Path:
    """Write one page about a target: coverage, light curves, TCEs, folded views, data-validation sets with links, the lock.

    It is a single file. Pictures are in it; it loads nothing and runs nothing, and it forbids both to the browser. The links lead to the
    archive, where they are followed by whoever reads it.

    Parameters
    ----------
    path : str or Path
        Where to write it, ``.html``; the file is replaced as a whole or not at all.
    root : str or Path, optional
        The folder for light curves and reports; the cache folder if None.
    **options
        ``tic``: which target; may be left out if there is one only. ``series=True``: fetch the time series of the data validation (often
        50 MB or more) for the folded views; without, they are used if they are here, else the light curves are folded. Others are those
        of lightkurve's reader, e.g. ``flux_column="sap_flux"``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    QueryError
        If there is nothing to show, several targets and none named, or another kind of file wanted.
    LoadError
        If there are light curves and none could be had or opened.
    OSError
        If the file cannot be written.
    MissingExtraError
        If lightkurve or matplotlib is not installed.

    Examples
    --------
    >>> found.show_html("kelt9.html", root="data").name
    'kelt9.html'
    """
    from tess_source_pictures.page import show_html as write

    return write(found, path, root, **options)


ACCESSORS = (
    Accessor("plot", plot, "a picture of the light curves by sector, transits marked"),
    Accessor("show_html", show_html, "a self-contained page about one target"),
)
