"""The stars of a sector: what the target lists say, of a sector, of a cone, or of stars."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source import settings as config
from tess_source._lazy import pl
from tess_source.clock import now
from tess_source.display.text import NumberLook
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, QueryError, ServiceError, UnknownNameError
from tess_source.hooks.records import Accessor
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source.tables.rows import Rows
from tess_source.targets.target import Target
from tess_source.wording import keyword

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source_catalogue.folder import PresentLists
    from tess_source_catalogue.reading import Catalogue

__all__ = ["ACCESSORS", "TargetList", "targets_of"]

log: logging.Logger = logger(__name__)

LATELY = 86400.0
"""For so long, the archive is not asked again for a list that it did not have [s]."""
LISTS: Mapping[int, str] = {120: "targets", 20: "fast-targets"}
"""Exposure time [s] → source of the lists."""


class TargetList(Rows):
    """Stars on target lists, one row per star and sector. A target list is a plan: whether there are data, a search tells."""

    schema: ClassVar[Mapping[str, str]] = {
        "tic": "Int64", "sector": "Int32", "camera": "Int32", "ccd": "Int32", "tmag": "Float64", "ra": "Float64", "dec": "Float64",
        "exptime": "Float64",
    }  # fmt: skip
    looks: ClassVar[Mapping[str, NumberLook]] = {
        "ra": NumberLook("deg", 6), "dec": NumberLook("deg", 6), "tmag": NumberLook("mag", 2), "exptime": NumberLook("s"),
    }  # fmt: skip
    noun = "target"
    __slots__ = ()


def targets_of(
    session: Session,
    targets: Any = None,
    *,
    sector: Any = None,
    exptime: float | str = 120,
    radius: float | Quantity | str | None = None,
    tmag: Any = None,
    pipeline: str = "SPOC",
) -> TargetList:
    """Return stars of the target lists.

    Lists of the sectors that you name are fetched if the catalogue does not have them yet, unless the session is offline. If the archive
    has none of some of these sectors, the stars of the others are given, and a warning names the sectors without a list.

    Parameters
    ----------
    targets : object, optional
        Stars, names or places, as in a search; None: all stars of the lists.
    sector : int or str or iterable, optional
        As the filter `sector` takes them. None: all sectors whose lists the catalogue has.
    exptime : float or str
        120 or ``"short"`` for the 2-min lists, 20 or ``"fast"`` for the 20-s lists [s].
    radius : float or Quantity or str, optional
        Radius of cones around names and places [arcsec]; 3 arcsec if None.
    tmag : object, optional
        TESS magnitudes, e.g. ``(None, 10)`` or ``"<10"``.
    pipeline : str
        ``"QLP"``, ``"TESS-SPOC"``, ``"TGLC"``, or a pipeline of which a plugin declares such lists: the stars of its files in place of
        SPOC's targets. The lists of these three have positions alone, so the other columns are null. `exptime` does not count.

    Returns
    -------
    TargetList
        Sorted by sector and TIC id. Camera, CCD, TESS magnitude [mag] and position [deg, ICRS] are those of the TESS Science Office's
        lists of 2-min and 20-s targets.

    Raises
    ------
    QueryError
        If an argument makes no sense, or there is no such list of any of these sectors.
    UnknownNameError
        If a pipeline has no such lists.
    OfflineError
        If a list would have to be fetched, and no connection may be opened.
    ServiceError
        If a list cannot be fetched.

    Examples
    --------
    >>> session.targets("TIC 16740101", sector=14)["tic"].to_list()
    [16740101]
    """
    from tess_source_catalogue.reading import Catalogue  # here: every session reads the accessor below, few ask it

    time = _checked_time(exptime)
    name, own = _pipeline_with_lists(session, pipeline)
    limits = None if tmag is None else _checked_magnitudes(tmag)
    whom = _stars_and_places(session, targets, radius) if targets is not None else ()
    sectors = _sectors_with_lists(session, sector, own or LISTS[time])
    rows = _rows(
        Catalogue.of(session.settings),
        whom,
        {"sectors": sectors, "pipelines": [name], "exptime": None if own else time},
    )
    if limits is not None:
        if rows.height and rows["tmag"].is_null().all():
            raise QueryError(keyword("tmag", tmag), f": the lists of {name} have no magnitudes")
        rows = rows.filter(pl.col("tmag").is_not_null() & limits.mask(pl.col("tmag")))
    return TargetList(rows.select(*TargetList.schema).sort("sector", "tic"))


def _stars_and_places(session: Session, targets: Any, radius: Any) -> tuple[Target, ...]:
    """Return the targets; an observation is none."""
    query = session._question(targets, radius=radius)
    if not query.targets:
        raise QueryError("an observation is no star: give TIC ids, names or coordinates")
    return query.targets


def _pipeline_with_lists(session: Session, pipeline: Any) -> tuple[str, str]:
    """Return a pipeline, and the source of its own lists; that of SPOC depends on the exposure time."""
    from tess_source_catalogue.declared import sources_in
    from tess_source_catalogue.folder import CatalogueFolder

    known = {**sources_in(CatalogueFolder.of(session.settings).lists()), **session.registry.sources}
    own = {one.pipeline: one.name for one in known.values() if one.gives == "targets" and one.pipeline != "SPOC"}
    names = {name.upper(): name for name in ("SPOC", *own)}
    name = names.get(str(pipeline).strip().upper().replace("_", "-"))
    if name is None:
        raise UnknownNameError("pipeline", str(pipeline), names.values())
    return name, own.get(name, "")


def _rows(catalogue: Catalogue, whom: Sequence[Target], lists: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows of the lists about stars and places, each once; about none, all."""
    tics = [target.tic for target in whom if target.tic is not None]
    parts = [catalogue.targets(**lists, tics=tics or None)] if tics or not whom else []
    for target in whom:
        if target.tic is None and target.ra is not None and target.dec is not None:
            place = (target.ra % 360.0, target.dec, target.search_radius / 3600)
            parts.append(catalogue.targets(**lists, place=place))
    return pl.concat(parts, how="diagonal_relaxed").unique(["tic", "sector"], keep="first")


def _checked_time(exptime: Any) -> int:
    """Return the exposure time of a kind of list [s]."""
    from tess_source_filters.exptime import WORDS, seconds

    word = exptime.strip().lower() if isinstance(exptime, str) else ""
    time = WORDS[word] if word in WORDS else seconds(exptime)
    if time not in LISTS:
        raise QueryError(
            keyword("exptime", exptime), ": there are lists of 2-min targets (120) and of 20-s targets (20)"
        )
    return int(time)


def _checked_magnitudes(tmag: Any) -> Any:
    from tess_source_filters.sky import magnitudes

    try:
        return magnitudes(tmag)
    except QueryError as error:
        raise QueryError(keyword("tmag", tmag), ": ", error) from error


def _sectors_with_lists(session: Session, sector: Any, source: str) -> list[int]:
    """Return the sectors that are meant and have a list, after lists were fetched where they are missing. A warning names the others."""
    from tess_source_catalogue.folder import CatalogueFolder

    folder = CatalogueFolder.of(session.settings)
    lists = folder.lists()
    here = {last for name, _, last in lists if name == source}
    if sector is None:
        if not here:
            raise QueryError("the catalogue has no such target list yet: name a sector, e.g. ", keyword("sector", 14))
        return sorted(here)
    from tess_source_filters.whole import MOST_SECTORS, Wholes

    wanted = Wholes.of(sector).numbers(MOST_SECTORS)
    if wanted is None:
        return sorted(one for one in here if any(_is_in(one, part) for part in Wholes.of(sector).spans))
    if 0 in wanted:
        raise QueryError(keyword("sector", sector), ": sectors begin with 1")
    if missing := sorted(set(wanted) - here):
        _fetch(session, source, [one for one in missing if not _is_known_absent(session, lists, source, one)])
        lists = folder.lists()
    found = [one for one in wanted if (source, one, one) in lists]
    if gap := sorted(set(wanted) - {*found}):
        lack = _lack(source, gap, lists)
        if not found:
            raise QueryError(lack)
        log.warning("%s: the stars of %s are given", lack, sectors_in_words(text_of_sectors(found)))
    return found


def _is_in(sector: int, part: Any) -> bool:
    return (part.least or 0) <= sector and (part.greatest is None or sector <= part.greatest)


def _is_known_absent(session: Session, lists: PresentLists, source: str, sector: int) -> bool:
    """Return whether the archive had no list of a sector when it was asked: within a day, or whenever if it cannot be asked now."""
    asked = lists.absent.get((source, sector))
    return asked is not None and (config.is_offline(session.settings.offline) or asked > now() - LATELY)


def _lack(source: str, sectors: list[int], lists: PresentLists) -> str:
    """Return of which sectors there is no list, in words."""
    kind = {LISTS[20]: "20-s targets", LISTS[120]: "2-min targets"}.get(source, source.replace("-targets", " stars"))
    lack = f"there is no list of {kind} of {sectors_in_words(text_of_sectors(sectors))}"
    asked = [lists.absent[source, one] for one in sectors if (source, one) in lists.absent]
    if not asked:
        return lack
    return f"{lack} (the archive was asked on {datetime.fromtimestamp(min(asked), UTC).date().isoformat()})"


def _fetch(session: Session, source: str, sectors: list[int]) -> None:
    """Fetch target lists into the catalogue."""
    from tess_source_catalogue.update import Update

    if not sectors:
        return
    what = f"target lists of {sectors_in_words(text_of_sectors(sectors))}"
    if config.is_offline(session.settings.offline):
        raise OfflineError(what)
    if source not in session.registry.sources:
        raise QueryError(f"the {what} cannot be fetched: no plugin here declares the source {source!r}")
    done = Update(session, [session.registry.sources[source]], sectors).run()
    if done.failed:
        raise ServiceError(what, done.failed[0].problem)


ACCESSORS = (
    Accessor(
        "targets",
        targets_of,
        "the stars on the target lists of sectors, in cones, or brighter than a limit",
        of="session",
    ),
)
