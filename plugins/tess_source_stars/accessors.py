"""The methods ``found.stars()`` and ``session.stars(targets)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source.tables.found import Found
    from tess_source_stars.stars import Stars

__all__ = ["ACCESSORS"]


def stars(found: Found, neighbours: float | Quantity | str | None = None, refresh: bool = False) -> Stars:
    """Return the values of the TESS Input Catalog for the stars of an answer: of its products, or of its observations if there are none.

    Parameters
    ----------
    neighbours : float or Quantity or str, optional
        Return the TIC's stars within this angle of each star instead, nearest first [arcsec], e.g. ``"1 arcmin"``.
    refresh : bool
        Whether to ask the archive for what is remembered, too.

    Returns
    -------
    Stars
        Each star once. Units are in `Stars.to_table`.

    Raises
    ------
    OfflineError
        If values are missing, and no connection may be opened.
    QueryError
        If there are too many.
    ServiceError
        If the archive fails.

    Examples
    --------
    >>> found.stars()["tmag"].to_list()
    [7.579]
    """
    from tess_source_stars.stars import stars_of_found

    return stars_of_found(found, neighbours=neighbours, refresh=refresh)


def session_stars(
    session: Session,
    targets: Any,
    neighbours: float | Quantity | str | None = None,
    radius: float | Quantity | str | None = None,
    refresh: bool = False,
    missing: str = "raise",
) -> Stars:
    """Return the values of the TIC for targets.

    Parameters
    ----------
    targets : object
        What `tess_source.search` takes. A name means the nearest star to its coordinates, coordinates mean all stars in their cone.
    neighbours : float or Quantity or str, optional
        Return the TIC's stars within this angle of each star instead, nearest first [arcsec], e.g. ``"1 arcmin"``.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec].
    refresh : bool
        Whether to ask the archive for what is remembered, too.
    missing : str
        ``"skip"``: rows of a list that have no target are passed over. ``"raise"``: they are an error.

    Returns
    -------
    Stars
        In the order of the targets, each star once. Values are those of the TESS Input Catalog, version 8, as MAST's catalogue service
        gives them, with errors; `to_table` has their units.

    Raises
    ------
    QueryError
        If a target makes no sense, or there are too many.
    ResolverError
        If no resolver knows a name.
    OfflineError
        If values are missing, and no connection may be opened.
    ServiceError
        If the archive fails.

    Examples
    --------
    >>> session.stars("TIC 16740101").to_polars().select("tic", "tmag").rows()
    [(16740101, 7.579)]
    """
    from tess_source_stars.stars import stars_of_targets

    return stars_of_targets(session, targets, neighbours=neighbours, radius=radius, refresh=refresh, missing=missing)


ACCESSORS = (
    Accessor("stars", stars, "what the TIC knows of the stars, or of their neighbours on the sky"),
    Accessor("stars", session_stars, "what the TIC knows of targets, or of their neighbours on the sky", of="session"),
)
