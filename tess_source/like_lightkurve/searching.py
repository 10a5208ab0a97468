"""Searches in place of lightkurve's, with its arguments, its table and its order."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, pl, whole
from tess_source.errors import LargeAnswerError, QueryError, ResolverError
from tess_source.like_lightkurve.detours import Uses
from tess_source.like_lightkurve.layout import OURS
from tess_source.search import asking
from tess_source.search.resolved import resolved
from tess_source.session import Session
from tess_source.tables.convert import to_astropy
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.target import ObservationKey, Query, Target

if TYPE_CHECKING:
    from astropy.table import Table

    from tess_source.tables.rows import Rows

__all__ = ["search_products"]

Words = Mapping[str, Any]
"""Arguments of lightkurve's `_search_products`, all of them."""

KEPLERS_AUTHORS = frozenset({"kepler", "k2", "k2sff", "everest", "k2sc", "k2varcat", "kepseismic", "kbonus-bkg"})
"""Pipelines, in lower case, that make nothing of TESS."""
KEPLERS_STAR = re.compile(r"(kplr|kic|ktwo|epic) ?\d+", re.IGNORECASE)
STAR = re.compile(r"(?:tess|tic) ?([1-9]\d*)", re.IGNORECASE)
KEPLERS_NUMBERS = 13161030
K2S_NUMBERS = range(200000000, 252090718)
"""Numbers that lightkurve takes for stars of Kepler's or K2's catalogue rather than of the TIC."""
AROUND = 0.0001
"""lightkurve's radius if none is given [arcsec]: all stars are found whose region, a circle of 5 arcsec, contains the place."""
OPENED = r"(?:lc|tp)\.fits$|targ\.fits\.gz$"
"""Endings, in lower case, of all names that lightkurve may keep: the other products need not be joined."""
NUMBERED = {"Kepler": "Quarter", "K2": "Campaign", "TESS": "Sector"}


class _NotOursError(Exception):
    """A call that goes on to lightkurve."""


def search_products(own: Callable[..., Any], lightkurve: ModuleType, uses: Uses) -> Callable[..., Any]:
    """Return a function in place of lightkurve's `_search_products`, which all its searches call.

    Parameters
    ----------
    own : function
        lightkurve's, to which calls for Kepler and K2 go on, and those that are not understood here.
    lightkurve : module
        The module ``lightkurve.search``.
    uses : Uses
    """
    signature = inspect.signature(own)

    def search(*args: Any, **given: Any) -> Any:
        if (session := uses.session()) is None:
            return own(*args, **given)
        bound = signature.bind(*args, **given)
        bound.apply_defaults()
        words = bound.arguments
        try:
            target = _target_of_tess(words)
            find = _cutouts if words["filetype"].lower() == "ffi" else _products
            return find(session, lightkurve, target, words)
        except LargeAnswerError as error:
            error.add_note(
                "lightkurve's searches have no `large`: ask with tess_source.search, or end the use with undo()"
            )
            raise
        except (_NotOursError, QueryError, ResolverError):  # lightkurve has its own words for what is wrong
            return own(*args, **given)

    return search


# -- what is asked --


def _target_of_tess(words: Words) -> Any:
    """Return the target of a search that may find data of TESS, as lightkurve words it.

    Raises
    ------
    _NotOursError
        If it is a search for Kepler or K2.
    """
    target, author = words["target"], words["provenance_name"]
    missions = {str(name).lower() for name in _missions(words)}
    authors = {str(name).lower() for name in np.atleast_1d(author).tolist()} if author is not None else {"any"}
    of_kepler = words["quarter"] is not None or words["campaign"] is not None or "tess" not in missions
    if of_kepler or authors <= KEPLERS_AUTHORS:
        raise _NotOursError
    if type(target) is int:
        if target < KEPLERS_NUMBERS or target in K2S_NUMBERS:
            raise _NotOursError
        return f"TIC {target}"
    if isinstance(target, str):
        if KEPLERS_STAR.fullmatch(target):
            raise _NotOursError
        return target
    if not (hasattr(target, "ra") and getattr(target, "isscalar", False)):
        raise _NotOursError
    return f"{target.ra.deg}, {target.dec.deg}"


def _missions(words: Words) -> list[Any]:
    missions: list[Any] = np.atleast_1d("TESS" if words["sector"] is not None else words["mission"]).tolist()
    return missions


def _criteria(words: Words) -> dict[str, Any]:
    """Return the criteria that lightkurve gives to the archive."""
    author, times, sector = words["provenance_name"], words["exptime"], words["sector"]
    found: dict[str, Any] = {"project": _missions(words)}
    if author is not None and author not in ("any", "all"):
        found["provenance_name"] = np.atleast_1d(author).tolist()
    if sector is not None:
        found["sequence_number"] = np.atleast_1d(sector).tolist()
    if isinstance(times, tuple | list) and len(times) > 1:
        found["t_exptime"] = [*times[:2]]  # a single time or a word is for the products only
    elif not (times is None or isinstance(times, str | int | float | tuple | list)):
        raise _NotOursError
    return found


def _asked(session: Session, lightkurve: ModuleType, target: Any, radius: Any, criteria: dict[str, Any]) -> Query:
    """Return the question about a star, if there is no radius, or about a place."""
    wild = any("*" in str(value) or "%" in str(value) for value in criteria.get("provenance_name", ()))
    archives = ("mast",) if session.settings.archive is None else ()  # another archive's files are not lightkurve's
    query = Query((), criteria, wildcards=wild, archives=archives, defaults={})
    if radius is None and (star := STAR.fullmatch(target)):
        return replace(query, targets=(Target(target, tic=int(star[1])),))
    return replace(query, targets=(_place(session, lightkurve, target, AROUND if radius is None else radius),))


def _place(session: Session, lightkurve: ModuleType, target: str, radius: Any) -> Target:
    """Return a cone around a target; a star's place is that of the name resolver, as in lightkurve."""
    cone = arcseconds(radius)
    parsed = [one for one in parse_targets(target, cone) if not isinstance(one, ObservationKey)]
    if len(parsed) != 1:  # an obs_id, or text in which there is no target
        raise _NotOursError
    [place] = resolved(session.registry, session.settings, parsed, cone, refresh=False)
    if place.ra is not None:
        return place
    from astroquery.exceptions import ResolverError as NoPlaceError

    try:
        there = lightkurve._resolve_object(target)
    except NoPlaceError as error:
        raise _NotOursError from error
    return Target(target, ra=float(there.ra.deg), dec=float(there.dec.deg), radius=cone, resolver="resolver")


# -- light curves and pixel files --


def _products(session: Session, lightkurve: ModuleType, target: str, words: Words) -> Any:
    """Return a result with files; empty if there are no observations."""
    criteria = {**_criteria(words), "dataproduct_type": ["cube", "timeseries"]}
    query = _asked(session, lightkurve, target, words["radius"], criteria)
    found = session._answer(query)
    if not len(found.observations) and query.targets[0].tic is not None:
        # lightkurve then looks around the star, which may find another one
        query = _asked(session, lightkurve, target, AROUND, criteria)
        found = session._answer(query)
    if not len(found.observations):
        return _nothing(lightkurve, target)
    if not len(found.products):
        raise _NotOursError
    observed = _theirs(session, found.observations)
    observed["exptime"] = observed["t_exptime"]
    if query.targets[0].tic is not None:
        observed["distance"] = 0.0
    joined = _joined(observed, _theirs(session, found.products, files=True))
    author = words["provenance_name"]
    names = ("filetype", "campaign", "quarter", "exptime", "month", "sector", "limit")
    kept = lightkurve._filter_products(
        joined,
        project=_missions(words),
        provenance_name=None if author is None or author in ("any", "all") else np.atleast_1d(author).tolist(),
        **{name: words[name] for name in names},
    )
    kept["distance"].info.format = ".1f"
    return lightkurve.SearchResult(kept)


def _nothing(lightkurve: ModuleType, target: str) -> Any:
    """Return an empty result; before version 2.6 lightkurve's searches do so themselves, and log an error."""
    problem = f'No data found for target "{target}".'
    if version("lightkurve").startswith("2.5"):
        raise lightkurve.SearchError(problem)
    lightkurve.log.debug(problem)
    return lightkurve.SearchResult(None)


def _theirs(session: Session, rows: Rows, *, files: bool = False) -> Table:
    """Return a table with the archive's own columns only, and of products those that lightkurve may open, if there are any."""
    whole("astropy")
    from astropy.table import MaskedColumn, Table

    frame = rows.to_polars()
    if files:
        opened = frame.filter(pl.col("productFilename").str.to_lowercase().str.contains(OPENED))
        frame = opened if opened.height else frame
    added = [*OURS, "archive", "separation", *(("ra", "dec", *session.registry.columns) if files else ())]
    plain = to_astropy(frame.drop(added, strict=False))
    return Table([MaskedColumn(column) for column in plain.itercols()])  # as astroquery's are; lightkurve relies on it


def _joined(observed: Table, files: Table) -> Table:
    """Return files with the columns of their observations, and lightkurve's `author` and `mission`."""
    whole("astropy")
    from astropy.table import join

    joined = join(
        observed, files, keys="obs_id", join_type="right",
        uniq_col_name="{col_name}{table_name}", table_names=["", "_products"],
    )  # fmt: skip
    joined.sort(["distance", "obs_id"])
    joined["author"] = joined["provenance_name"]
    joined["mission"] = None
    columns = (joined[name] for name in ("project", "sequence_number", "description", "productFilename"))
    for number, row in enumerate(zip(*columns, strict=True)):
        joined["mission"][number] = _mission(*row)
    return joined


def _mission(project: str, number: Any, description: str, filename: str) -> str:
    """Return mission and quarter, campaign or sector of a file in lightkurve's words."""
    unknown = np.ma.is_masked(number)
    said = f"{number:02d}" if not unknown and number else ""
    if project == "Kepler" and unknown:  # the archive has the quarter in words only
        quarter = re.search(r".*Q(\d+)", description)
        said = f"{int(quarter[1]):02d}" if quarter else ""
    if project == "K2" and number in {9, 10, 11}:  # these were split in two, which are listed apart
        halves = [letter for half, letter in ((1, "a"), (2, "b")) if f"c{number}{half}" in filename]
        said += halves[-1] if halves else ""
    return f"{project} {NUMBERED.get(str(project), '')} {said}"


# -- cut-outs --


def _cutouts(session: Session, lightkurve: ModuleType, target: str, words: Words) -> Any:
    """Return a result with one row per full-frame image of a CCD that saw a place."""
    whole("astropy")
    from astropy.table import Table

    radius = AROUND if words["radius"] is None else words["radius"]
    query = _asked(session, lightkurve, target, radius, {**_criteria(words), "target_name": ["TESS FFI"]})
    seen = asking.observed(session.registry, session.settings, query).observations.to_polars()
    if not seen.height:
        return lightkurve.SearchResult(None)
    rows = [
        {
            "description": f"TESS FFI Cutout (sector {sector})",
            "mission": f"TESS Sector {sector:02d}",
            "target_name": target,
            "targetid": target,
            "t_min": began,
            "exptime": exposed,
            "productFilename": "TESScut",
            "provenance_name": "TESScut",
            "author": "TESScut",
            "distance": 0.0,
            "sequence_number": sector,
            "project": "TESS",
            "obs_collection": "TESS",
        }
        for sector, began, exposed in seen.select("sequence_number", "t_min", "t_exptime").iter_rows()
        if words["sector"] is None or sector in np.atleast_1d(words["sector"])
    ]
    if not rows:
        return lightkurve.SearchResult(None)
    table = Table(rows)
    table.sort(["distance", "sequence_number"])
    return lightkurve.SearchResult(table)
