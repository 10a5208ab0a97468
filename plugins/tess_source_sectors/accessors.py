"""The method that every session has: ``session.sectors(targets)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source_sectors.table import SeenSectors

__all__ = ["ACCESSORS"]


def sectors(
    session: Session,
    targets: Any,
    *,
    sector: int | str | Iterable[int] | None = None,
    radius: float | Quantity | str | None = None,
    products: bool | None = None,
    pixels: bool | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
) -> SeenSectors:
    """Return the sectors in which stars lie on a CCD, what there is of them, and why there is no more.

    Parameters
    ----------
    targets : object
        TIC ids, names, places, a SkyCoord, or a table of these: all that a search takes.
    sector : int or str or iterable of int, optional
        Only these sectors, e.g. ``14`` or ``"1-13,40"``: then each star has a row for each of them, also where it is on no CCD.
    radius : float or Quantity or str, optional
        How far from a place observations are taken to be of its star [arcsec].
    products : bool, optional
        Whether the archive, and the target lists of the catalogue, are asked for what there is. If None, they are for up to 100 targets.
        With False the answer comes from positions alone, which takes seconds for 100,000 stars.
    pixels : bool, optional
        Whether tess-point gives the pixel, and sectors to come. If None, it does so where it is installed, for up to 100 targets.
    refresh : bool
        Whether to ask the archive even if there is a kept answer.
    missing : str
        ``"skip"`` passes over rows without a target; they count as positions.
    large : bool
        Whether the archive may have more than 50,000 observations of them.

    Returns
    -------
    SeenSectors

    Raises
    ------
    QueryError
        If something is no target, or no sector.
    MissingExtraError
        If `pixels` is True and tess-point is not installed.
    ResolverError
        If no resolver knows a name.
    LargeAnswerError
        If the archive has more than 50,000 observations of the targets, and `large` is False.
    ServiceError
        If the archive or the resolver fails.
    OfflineError
        If `products` is True, no connection may be opened, and no answer is kept.

    Examples
    --------
    >>> seen = session.sectors("TIC 16740101", products=False, pixels=False)
    >>> seen["sector"].to_list()[:3]
    [14, 15, 41]
    """
    from tess_source_sectors.answer import sectors_of

    return sectors_of(
        session,
        targets,
        sector=sector,
        radius=radius,
        products=products,
        pixels=pixels,
        refresh=refresh,
        missing=missing,
        large=large,
    )


def refresh_sectors(session: Session) -> list[int]:
    """Fetch the archive's footprints, unless they have not changed since, and keep them in the cache folder.

    Returns
    -------
    list of int
        The sectors that they have, ascending.

    Raises
    ------
    OfflineError
        If no connection may be opened.
    DownloadError
        If they cannot be fetched, or are not what they should be. What was kept before stays.
    OSError
        If the cache folder cannot be written.

    Examples
    --------
    >>> session.refresh_sectors()[:3]  # doctest: +SKIP
    [1, 2, 3]
    """
    from tess_source_sectors.footprints import refresh

    return refresh(session.settings)


ACCESSORS = (
    Accessor("sectors", sectors, "the sectors that saw stars, and why one is missing", of="session"),
    Accessor("refresh_sectors", refresh_sectors, "fetches where the CCDs of new sectors lie", of="session"),
)
