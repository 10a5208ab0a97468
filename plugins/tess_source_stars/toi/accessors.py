"""``session.tois()`` and ``found.tois()``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.records import Accessor
from tess_source.units import check_flags

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source.tables.found import Found
    from tess_source_stars.toi.table import Tois

__all__ = ["ACCESSORS"]

log: logging.Logger = logger(__name__)


def session_tois(
    session: Session,
    targets: Any = None,
    *,
    toi: Any = None,
    radius: float | Quantity | str | None = None,
    refresh: bool = False,
    missing: str = "raise",
) -> Tois:
    """Return TESS objects of interest, from ExoFOP's table, which is asked for once a day and kept.

    Parameters
    ----------
    targets : object, optional
        What `tess_source.search` takes; None: all TOIs. The TESS Input Catalog is asked for the stars of names and coordinates: a name
        means the nearest star to its coordinates, coordinates mean all stars in their cone.
    toi : object, optional
        Which TOIs: ``"700.01"``, ``700``, dispositions (``"CP,KP"``), or several; as for the filter `toi`.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec].
    refresh : bool
        Whether to ask ExoFOP even if the kept table is young.
    missing : str
        ``"skip"``: rows of a list that have no target are passed over. ``"raise"``: they are an error.

    Returns
    -------
    Tois
        In the order of ExoFOP's table. Periods and epochs are in days, epochs in BTJD, durations in hours, depths in ppm.

    Raises
    ------
    QueryError
        If a target makes no sense, or `toi` cannot be understood.
    ResolverError
        If no resolver knows a name.
    OfflineError, ServiceError
        If there is no table, or the TESS Input Catalog must be asked and cannot be.

    Examples
    --------
    >>> session.tois("TIC 16740101")["toi"].to_list()
    ['1150.01']
    """
    from tess_source_stars.toi.filtering import WantedTois
    from tess_source_stars.toi.kept import known_tois
    from tess_source_stars.toi.resolving import not_known

    check_flags(refresh=refresh)
    wanted = None if toi is None else _checked(toi)
    assert wanted is None or isinstance(wanted, WantedTois)
    if refresh and session.settings.offline:
        raise QueryError("refresh asks ExoFOP again, and offline nothing is asked: choose one of them")
    stars = None if targets is None else _stars(session, targets, radius=radius, missing=missing)
    known = known_tois(session.settings, refresh=refresh)
    for name in wanted.names if wanted else ():
        if not len(known.tois.where(name.mask())):
            log.warning("%s", not_known(name, known))
    tois = known.tois
    tois = tois if stars is None else tois.of_stars(stars)
    return tois if wanted is None else wanted.chosen(tois)


def found_tois(found: Found) -> Tois:
    """Return the TOIs of the stars of a search, from ExoFOP's table, which is asked for once a day and kept.

    They are those of the stars that were asked for by TIC id, and of all stars with observations or products.

    Returns
    -------
    Tois
        In the order of ExoFOP's table. Periods and epochs are in days, epochs in BTJD, durations in hours, depths in ppm.

    Raises
    ------
    OfflineError, ServiceError
        If there is no table.

    Examples
    --------
    >>> found.tois()["toi"].to_list()
    ['1150.01']
    """
    from tess_source.session import session_of
    from tess_source_stars.toi.kept import known_tois

    asked = {target.tic for target in found.query.targets}
    stars = asked.union(found.observations["tic"].to_list(), found.products["tic"].to_list())
    return known_tois(session_of(found).settings).tois.of_stars([tic for tic in stars if tic is not None])


def _checked(toi: Any) -> Any:
    """Return what TOIs are wanted.

    Raises
    ------
    QueryError
        If it cannot be understood.
    """
    from tess_source_stars.toi.filtering import WantedTois

    try:
        return WantedTois.of(toi)
    except (ValueError, TypeError) as error:
        raise QueryError(str(error)) from error


def _stars(session: Session, targets: Any, **how: Any) -> list[int]:
    """Return the TIC ids of targets."""
    from tess_source_stars.stars import ids_of_targets
    from tess_source_stars.tic import Tic

    return [*ids_of_targets(Tic(session.settings), session._question(targets, **how))]


ACCESSORS = (
    Accessor("tois", session_tois, "TESS objects of interest, from ExoFOP's table", of="session"),
    Accessor("tois", found_tois, "the TESS objects of interest among the stars of a search"),
)
