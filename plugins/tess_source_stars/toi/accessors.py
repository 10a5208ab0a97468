"""``session.tois()`` and ``found.tois()``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.records import Accessor
from tess_source.wording import Wording

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source.tables.found import Found
    from tess_source_stars.toi.table import Tois

__all__ = ["ACCESSORS"]

log: logging.Logger = logger(__name__)


def session_tois(session: Session, targets: Any = None, *, toi: Any = None, refresh: bool = False) -> Tois:
    """Return TESS objects of interest, from ExoFOP's table, which is asked for once a day and kept.

    Parameters
    ----------
    targets : object, optional
        Stars, as for a search, given by TIC id or TOI; None: all.
    toi : object, optional
        Which TOIs: ``"700.01"``, ``700``, dispositions (``"CP,KP"``), or several; as for the filter `toi`.
    refresh : bool
        Whether to ask ExoFOP even if the kept table is young.

    Returns
    -------
    Tois
        In the order of ExoFOP's table. Periods and epochs are in days, epochs in BTJD, durations in hours, depths in ppm.

    Raises
    ------
    QueryError
        If a target is a place or a name whose TIC id is not known, or `toi` cannot be understood.
    OfflineError, ServiceError
        If there is no table.

    Examples
    --------
    >>> session.tois("TIC 16740101")["toi"].to_list()
    ['1150.01']
    """
    from tess_source_stars.toi.filtering import WantedTois
    from tess_source_stars.toi.kept import known_tois
    from tess_source_stars.toi.resolving import not_known

    wanted = None if toi is None else _checked(toi)
    assert wanted is None or isinstance(wanted, WantedTois)
    if refresh and session.settings.offline:
        raise QueryError("refresh asks ExoFOP again, and offline nothing is asked: choose one of them")
    stars = None if targets is None else _stars(session, targets)
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


def _stars(session: Session, targets: Any) -> list[int]:
    """Return the TIC ids of targets.

    Raises
    ------
    QueryError
        If there is a target without.
    """
    query = session._question(targets)
    places = [str(target) for target in query.targets if target.tic is None]
    if places or not query.targets:
        what = places[0] if places else "an observation"
        raise QueryError(
            f"TOIs are known by TIC id, and {what} has none here: give the star's TIC id, or ",
            Wording("search for it and ask found.tois()", "`tess-source search TARGET --tois`"),
        )
    return [target.tic for target in query.targets if target.tic is not None]


ACCESSORS = (
    Accessor("tois", session_tois, "TESS objects of interest, from ExoFOP's table", of="session"),
    Accessor("tois", found_tois, "the TESS objects of interest among the stars of a search"),
)
