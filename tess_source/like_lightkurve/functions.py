"""Search functions with lightkurve's names and arguments, for TESS."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from tess_source.errors import QueryError, did_you_mean
from tess_source.like_lightkurve.result import SearchTable
from tess_source.queries import chosen_session
from tess_source.session import Session
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.target import Target
from tess_source.units import is_whole

if TYPE_CHECKING:
    from astropy.units import Quantity


__all__ = ["search_dv", "search_lightcurve", "search_targetpixelfile", "search_tesscut"]

P = ParamSpec("P")

KEPLERS = ("quarter", "month", "campaign")
"""Arguments of lightkurve that do not exist for TESS."""
OWN = ("radius", "exptime", "cadence", "mission", "author", "sector", "limit", "refresh", "session")
ANY = ("any", "all")
"""lightkurve's words for any author."""
LONG = "long"
"""lightkurve's older word for products of full-frame images."""


def _search(
    function: str,
    kind: Any,
    /,
    target: Any,
    radius: float | Quantity | str | None = None,
    exptime: Any = None,
    cadence: Any = None,
    mission: Any = "TESS",
    author: Any = None,
    *,
    sector: Any = None,
    limit: int | None = None,
    refresh: bool = False,
    session: Session | None = None,
    **filters: Any,
) -> SearchTable:
    """Search for kinds of files with lightkurve's arguments; `function` is the name of the calling function, for messages."""
    here = chosen_session(session)
    said = {"exptime": exptime, "cadence": cadence, "mission": mission, "author": author, "sector": sector}
    chosen = _our_filters(function, {**said, **filters}, here)
    found = here.search(_targets(target, radius), radius=radius, kind=kind, refresh=refresh, **chosen)
    return SearchTable(found)[_first_rows(limit)]


def _with_signature_of(
    common: Callable[Concatenate[str, Any, P], SearchTable],
) -> Callable[[Callable[..., SearchTable]], Callable[P, SearchTable]]:
    """Return a decorator that gives a function the signature of `_search`, for help(), editors and type checkers."""

    def make(function: Callable[..., SearchTable]) -> Callable[P, SearchTable]:
        seen = inspect.signature(common)
        signature = seen.replace(parameters=list(seen.parameters.values())[2:])

        @wraps(function)
        def door(*args: P.args, **words: P.kwargs) -> SearchTable:
            try:
                signature.bind(*args, **words)
            except TypeError as error:
                raise TypeError(f"{function.__name__}(): {error}") from None
            return function(*args, **words)

        door.__signature__ = signature  # type: ignore[attr-defined]
        return door

    return make


@_with_signature_of(_search)
def search_lightcurve(*args: Any, **words: Any) -> SearchTable:
    """Search for light curves, with lightkurve's arguments.

    Parameters
    ----------
    target : object
        A TIC id (e.g. an int), a name, coordinates, a SkyCoord, or a list of these: see `tess_source.targets.parse_targets`.
    radius : float or Quantity or str, optional
        Radius of a cone around names and coordinates [arcsec]. Without it, a name means its nearest star alone.
    exptime : str or float or tuple or list, optional
        Exposure time: seconds; ``"fast"`` (20 s), ``"short"`` (120 s), ``"long"`` or ``"ffi"`` (from full-frame images). A tuple is a
        range; a list means any of its values.
    cadence : optional
        The same as `exptime`.
    mission : str or sequence of str
        ``"TESS"``, alone or among others, as in lightkurve's ``("Kepler", "K2", "TESS")``; only TESS is searched.
    author : str or sequence of str, optional
        Pipelines, e.g. ``"SPOC"``; ``"any"`` is the same as None.
    sector : int or sequence of int, optional
        Sectors, a range, or text such as ``"14-26"``.
    limit : int, optional
        Most rows; the first ones are kept.
    refresh : bool
        Ask the archive, even if a recent answer to this question is remembered.
    session : Session, optional
        The default session if not given.
    **filters
        Any other filter, e.g. ``one_per_sector=["SPOC", "QLP"]``; ``missing="skip"``, which passes over rows without a target; and
        ``large=True``, which allows more than 50,000 observations.

    Returns
    -------
    SearchTable
        If nothing was found, it is empty and says why.

    Raises
    ------
    TypeError
        For an unknown argument, or Kepler's ``quarter``, ``month`` and ``campaign``.
    QueryError
        For an invalid value, another mission, or a radius around a TIC id.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.

    Examples
    --------
    >>> result = tess_source.search_lightcurve("TIC 16740101", author="SPOC", exptime=120, sector=[14, 15])
    >>> curves = result.download_all()
    """
    return _search("search_lightcurve", ["lc", "fast-lc"], *args, **words)


@_with_signature_of(_search)
def search_targetpixelfile(*args: Any, **words: Any) -> SearchTable:
    """Search for target pixel files, with lightkurve's arguments.

    Parameters
    ----------
    target : object
        A TIC id (e.g. an int), a name, coordinates, a SkyCoord, or a list of these: see `tess_source.targets.parse_targets`.
    radius : float or Quantity or str, optional
        Radius of a cone around names and coordinates [arcsec]. Without it, a name means its nearest star alone.
    exptime : str or float or tuple or list, optional
        Exposure time: seconds; ``"fast"`` (20 s), ``"short"`` (120 s), ``"long"`` or ``"ffi"`` (from full-frame images). A tuple is a
        range; a list means any of its values.
    cadence : optional
        The same as `exptime`.
    mission : str or sequence of str
        ``"TESS"``, alone or among others, as in lightkurve's ``("Kepler", "K2", "TESS")``; only TESS is searched.
    author : str or sequence of str, optional
        Pipelines, e.g. ``"SPOC"``; ``"any"`` is the same as None.
    sector : int or sequence of int, optional
        Sectors, a range, or text such as ``"14-26"``.
    limit : int, optional
        Most rows; the first ones are kept.
    refresh : bool
        Ask the archive, even if a recent answer to this question is remembered.
    session : Session, optional
        The default session if not given.
    **filters
        Any other filter, e.g. ``one_per_sector=["SPOC", "QLP"]``; ``missing="skip"``, which passes over rows without a target; and
        ``large=True``, which allows more than 50,000 observations.

    Returns
    -------
    SearchTable
        If nothing was found, it is empty and says why.

    Raises
    ------
    TypeError
        For an unknown argument, or Kepler's ``quarter``, ``month`` and ``campaign``.
    QueryError
        For an invalid value, another mission, or a radius around a TIC id.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.

    Examples
    --------
    >>> result = tess_source.search_targetpixelfile("TIC 16740101", sector=14, exptime=120)
    >>> len(result)
    1
    """
    return _search("search_targetpixelfile", ["tp", "fast-tp"], *args, **words)


def search_dv(
    target: Any,
    radius: float | Quantity | str | None = None,
    exptime: Any = None,
    cadence: Any = None,
    mission: Any = "TESS",
    author: Any = None,
    *,
    sector: Any = None,
    limit: int | None = None,
    kind: Any = "dvt",
    refresh: bool = False,
    session: Session | None = None,
    **filters: Any,
) -> SearchTable:
    """Search for data validation products; lightkurve has no such function.

    Parameters
    ----------
    target, radius, exptime, cadence, mission, author, sector, limit
        As for `search_lightcurve`. A sector finds the runs whose range includes it.
    kind : str or list of str
        Time series (``"dvt"``), which ``download`` opens as light curves, one per TCE; or reports (``"dvr-xml"``, ``"dvr-pdf"``) and
        summaries (``"dvs"``, ``"dvm"``), which ``result.found.plan(folder).download()`` fetches.
    refresh, session, **filters
        As for `search_lightcurve`.

    Returns
    -------
    SearchTable
        If nothing was found, it is empty and says why.

    Raises
    ------
    TypeError, QueryError, ResolverError, ServiceError
        As `search_lightcurve`.

    Examples
    --------
    >>> result = tess_source.search_dv("TIC 16740101", sector=14)
    >>> [str(author) for author in set(result.author)]
    ['SPOC']
    """
    table = _search(
        "search_dv", kind, target, radius, exptime, cadence, mission, author,
        sector=sector, limit=limit, refresh=refresh, session=session, **filters,
    )  # fmt: skip
    table.display_extra_columns = ("productFilename",)
    return table


def search_tesscut(
    target: Any,
    sector: Any = None,
    *,
    limit: int | None = None,
    refresh: bool = False,
    session: Session | None = None,
    **filters: Any,
) -> SearchTable:
    """Search for cut-outs of full-frame images, which TESScut makes when you download them.

    Parameters
    ----------
    target : object
        A TIC id, a name, coordinates, a SkyCoord, or a list of these.
    sector : int or sequence of int, optional
        Sectors; all if not given.
    limit : int, optional
        Most rows; the first ones are kept.
    refresh : bool
        Ask the archive, even if a recent answer to this question is remembered.
    session : Session, optional
        The default session if not given.
    **filters
        Any other filter, e.g. ``camera=1``. ``size=(rows, columns)`` is the size [pixel], which ``download(cutout_size=…)`` can
        change; 5 x 5 if neither is given.

    Returns
    -------
    SearchTable
        One row per target, sector, camera and CCD: a star that two cameras saw in one sector has two. lightkurve's table has as many rows,
        but downloads the same file for both.

    Raises
    ------
    TypeError
        For an unknown argument, or ``radius``: a cut-out is around its target.
    QueryError
        For an invalid value.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.

    Examples
    --------
    >>> result = tess_source.search_tesscut("WASP-44", sector=3)
    >>> pixels = result.download(cutout_size=11)
    >>> pixels.shape[1:]
    (11, 11)
    """
    here = chosen_session(session)
    if "radius" in filters:
        raise TypeError(
            "search_tesscut() takes no 'radius': a cut-out is around its target; give its size, e.g. size=10"
        )
    said = {"exptime": None, "cadence": None, "mission": "TESS", "author": None, "sector": sector}
    chosen = _our_filters("search_tesscut", {**said, **filters}, here)
    found = here.search(_targets(target, None), kind="cutout", refresh=refresh, **chosen)
    return SearchTable(found)[_first_rows(limit)]


def _our_filters(function: str, words: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """Return our filters for lightkurve's arguments."""
    _check_words(function, words, session)
    _check_mission(words["mission"])
    if words["exptime"] is not None and words["cadence"] is not None:
        raise QueryError("exptime and cadence mean the same: give one of them")
    times = words["cadence"] if words["exptime"] is None else words["exptime"]
    ours = {
        "exptime": _our_exptime(times),
        "pipeline": _pipelines(words["author"]),
        "sector": _list_if_tuple(words["sector"]),
    }
    given = {name: value for name, value in words.items() if name not in (*OWN, *KEPLERS)}
    return {**{name: value for name, value in ours.items() if value is not None}, **given}


def _check_words(function: str, words: Mapping[str, Any], session: Session) -> None:
    """Raise an error for arguments that are neither lightkurve's for TESS nor filters."""
    if "kind" in words:
        raise TypeError(
            f"{function}() chooses the kind of product itself; for others there is tess_source.search(…, kind=…)"
        )
    if "pipeline" in words:
        raise TypeError(f"{function}() calls the pipeline author, as lightkurve does: author={words['pipeline']!r}")
    known = [*OWN, "missing", "large", *session.registry.filters]
    for name, value in words.items():
        if name in KEPLERS and value is not None:
            raise TypeError(
                f"{function}() takes no {name!r}, which is for Kepler and K2; TESS has sectors, e.g. sector=14"
            )
        if name not in known and name not in KEPLERS:
            raise TypeError(f"{function}() takes no {name!r}{did_you_mean(name, known)}")


def _check_mission(mission: Any) -> None:
    """Check that TESS is among the missions, as in lightkurve's default; only TESS is searched."""
    words = ["TESS"] if mission is None else [mission] if isinstance(mission, str) else mission
    if not isinstance(words, list | tuple | set | frozenset) or not all(isinstance(word, str) for word in words):
        raise QueryError(f"mission={mission!r}: give 'TESS', which is what is searched")
    if words and "TESS" not in {word.upper() for word in words}:
        raise QueryError(
            f"mission={mission!r}: tess-source has data of TESS only; for Kepler and K2 there is lightkurve"
        )


def _our_exptime(times: Any) -> Any:
    if isinstance(times, str):
        return "ffi" if times.strip().lower() == LONG else times
    return [_our_exptime(time) for time in times] if isinstance(times, list) else times


def _pipelines(author: Any) -> Any:
    """Return the pipelines; None for any."""
    names = [author] if isinstance(author, str) else _list_if_tuple(author)
    is_any = names is None or any(str(name).lower() in ANY for name in names)
    return None if is_any else names


def _list_if_tuple(value: Any) -> Any:
    """Return a tuple as a list, which means any of its values, as in lightkurve."""
    return list(value) if isinstance(value, tuple) else value


def _targets(target: Any, radius: Any) -> Any:
    """Return the targets. None is an error: it is most likely a mistake, and would mean everything."""
    if target is None:
        raise QueryError(
            "there is no target (it is None); to search by sector alone there is tess_source.search(sector=…)"
        )
    target = list(target) if isinstance(target, Iterator) else target  # which can be read only once
    if radius is not None and (star := next(_stars(target, radius), None)) is not None:
        raise QueryError(
            f"radius={radius!r}: {star} is an identity, and there is no cone around one; give its name or coordinates instead"
        )
    return target


def _stars(target: Any, radius: Any) -> Iterator[Target]:
    """Yield the targets that are TIC ids."""
    for one in parse_targets(target, arcseconds(radius), missing="skip"):
        if isinstance(one, Target) and one.tic is not None:
            yield one


def _first_rows(limit: int | None) -> slice:
    if limit is not None and not is_whole(limit, 0):
        raise QueryError(f"limit={limit!r}: give a whole number of rows")
    return slice(None if limit is None else int(limit))
