"""The functions that ask archives, each with the session that you give it or with the default session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tess_source.errors import QueryError
from tess_source.keywords import naming_keywords
from tess_source.search.asking import products as listed
from tess_source.session import Session, default_session
from tess_source.tables.found import Found
from tess_source.tables.listing import Observations, Products

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = ["chosen_session", "count", "iter_search", "observations", "products", "search"]


def search(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> Found:
    """Find observations, and list, link and filter their products.

    Parameters
    ----------
    targets : object, optional
        A TIC id, a name, coordinates, an obs_id, a table or row with one of these, or any iterable of them: see
        `tess_source.targets.parse_targets`. None: everything that meets the filters and criteria.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec], or e.g. ``"1 arcmin"``. Without it, a name means its nearest star alone, and
        coordinates mean a cone of 3 arcsec.
    wildcards : bool
        Whether ``*`` and ``%`` in criteria stand for any text.
    archive : str or list of str, optional
        Names of the archives that are asked, e.g. ``"mast"``; by default those of the session.
    refresh : bool
        Ask the archive, even if a recent answer to this question is remembered.
    missing : str
        ``"raise"``: rows of the targets that have none (None, NaN, masked, empty) are an error, which says which. ``"skip"``: they are
        passed over, and the answer says how many there were.
    large : bool
        Whether MAST's answer may have more than 50,000 observations. If not, such a question is an error before anything is fetched.
    session : Session, optional
        The default session if not given.
    **words
        Filters, look-ups (``stars=True``, ``tois=True``), and columns of the archive's observation table as criteria
        (``proposal_id="G06062"``; `fields` lists them). Filters of the built-in plugins are listed below.

    Returns
    -------
    Found
        If the archive has nothing, it is empty, and its `explain` says why.

    Raises
    ------
    QueryError
        If an argument does not exist or makes no sense.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.
    OfflineError
        If no connection may be opened, and the cache folder has no answer.

    See Also
    --------
    iter_search : The same in parts, for answers that are larger than memory.
    Found.select : Filters for an answer that you have.

    Notes
    -----
    What a product must be to be kept: a value, a list of values, a range, or text as in the program. ``!`` excludes a word.

    | filter | meaning, and examples |
    |---|---|
    | ``kind`` | what the file is: ``"lc"``, ``"fast-lc"``, ``"tp"``, ``"dvt"``, ``"ffi"``, ``"cutout"``, ``"!dvs"`` |
    | ``sector`` | sectors: ``14``, ``range(14, 17)``, ``"14-16,40"`` |
    | ``exptime`` | exposure time [s]: ``120``, ``(20, 200)``, ``"fast"`` (20), ``"short"`` (120), ``"ffi"`` |
    | ``pipeline`` | who made it: ``"SPOC"``, ``"TESS-SPOC"``, ``"QLP"``, ``"!QLP"`` |
    | ``tic`` | TIC ids |
    | ``dv`` | data-validation sets: ``"current"``, ``"widest"``, ``"all"`` |
    | ``run``, ``tce`` | numbers of data-validation runs, and of threshold crossing events |
    | ``name``, ``size`` | pattern of the file's name, ``"*s0014*_lc.fits"``, and its size, ``"<5MB"`` |
    | ``ra``, ``dec``, ``cone`` | ICRS [deg]: ``"350..10"``, ``">60"``; ``"307.86 39.94 1 deg"`` |
    | ``camera``, ``ccd``, ``time`` | of images: 1 to 4, and when they were exposed (UTC) |
    | ``cutout_size`` | rows and columns of cut-outs [pixel]; with ``kind="cutout"``, ``size`` means the same |
    | ``tmag`` | TESS magnitude: ``"<10"``, ``(6, 10)`` |
    | ``teff``, ``logg`` | of the TESS Input Catalog [K, log10 of cm/s²]: ``"3000..4000"``, ``">=4"`` |
    | ``mass``, ``star_radius`` | [solar masses, solar radii]: ``"<0.6"`` |
    | ``distance``, ``pm``, ``contamination`` | [pc, mas/yr, ratio of fluxes] |
    | ``toi`` | stars with these TOIs or dispositions: ``700``, ``"PC"``, ``"any"`` |
    | ``where`` | a condition on any column: ``{"calib_level": ">=3"}`` |
    | ``latest``, ``shortest``, ``one_per_sector``, ``limit`` | choices among the products that all others keep |

    Plugins add more: ``tess-source plugins --filters`` lists all that are installed, and the page "Filters" has each with examples.

    Examples
    --------
    >>> found = tess_source.search("TIC 16740101", kind="lc", sector=range(14, 17))
    >>> found.products["filename"].to_list()
    ['tess2019198215352-s0014-0000000016740101-0150-s_lc.fits', 'tess2019226182529-s0015-0000000016740101-0151-s_lc.fits']
    >>> curves = found.download("data").load()
    """
    return chosen_session(session).search(
        targets,
        radius=radius,
        wildcards=wildcards,
        archive=archive,
        refresh=refresh,
        missing=missing,
        large=large,
        **words,
    )


def iter_search(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> Iterator[Found]:
    """Search, and yield the answer in parts, for answers that are larger than memory. Nothing is remembered.

    Each part holds all observations of some stars, a few thousand, in the order of `search`. Observations are first written to temporary
    files; then products are listed, linked and filtered part by part.

    Parameters
    ----------
    targets : object, optional
        A TIC id, a name, coordinates, an obs_id, a table or row with one of these, or any iterable of them: see
        `tess_source.targets.parse_targets`. None: everything that meets the filters and criteria.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec], or e.g. ``"1 arcmin"``. Without it, a name means its nearest star alone, and
        coordinates mean a cone of 3 arcsec.
    wildcards : bool
        Whether ``*`` and ``%`` in criteria stand for any text.
    archive : str or list of str, optional
        Names of the archives that are asked, e.g. ``"mast"``; by default those of the session.
    missing : str
        ``"raise"``: rows of the targets that have none (None, NaN, masked, empty) are an error, which says which. ``"skip"``: they are
        passed over, and the answer says how many there were.
    large : bool
        Whether MAST's answer may have more than 50,000 observations. If not, such a question is an error before anything is fetched.
    session : Session, optional
        The default session if not given.
    **words
        Filters, look-ups and criteria, as listed at `search`. Filters that choose among all products, such as ``limit``, are refused.

    Yields
    ------
    Found
        At least one, which may be empty.

    Raises
    ------
    QueryError
        If an argument does not exist or makes no sense.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.
    OfflineError
        If no connection may be opened, and the cache folder has no answer.

    Examples
    --------
    >>> for part in tess_source.iter_search("TIC 16740101", kind="lc", sector="14-16"):
    ...     manifest = part.download("data")
    """
    return chosen_session(session).iter_search(
        targets, radius=radius, wildcards=wildcards, archive=archive, missing=missing, large=large, **words
    )


def count(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> int:
    """Count the observations that a search would find.

    The archive counts, if it can choose by all filters, and it is asked in any case. Filters of products, such as ``kind="lc"``, need a
    `search`: those observations are counted of which a product is left.

    Parameters
    ----------
    targets : object, optional
        A TIC id, a name, coordinates, an obs_id, a table or row with one of these, or any iterable of them: see
        `tess_source.targets.parse_targets`. None: everything that meets the filters and criteria.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec], or e.g. ``"1 arcmin"``. Without it, a name means its nearest star alone, and
        coordinates mean a cone of 3 arcsec.
    wildcards : bool
        Whether ``*`` and ``%`` in criteria stand for any text.
    archive : str or list of str, optional
        Names of the archives that are asked, e.g. ``"mast"``; by default those of the session.
    refresh : bool
        Look up names, even if it is remembered what they mean.
    missing : str
        ``"raise"``: rows of the targets that have none (None, NaN, masked, empty) are an error, which says which. ``"skip"``: they are
        passed over, and the answer says how many there were.
    large : bool
        Whether a `search` that is needed may have more than 50,000 observations.
    session : Session, optional
        The default session if not given.
    **words
        Filters, and columns of the archive's observation table as criteria, as in `search`.

    Returns
    -------
    int
        The number of observations, not that of files.

    Raises
    ------
    QueryError
        If an argument does not exist or makes no sense.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.
    OfflineError
        If no connection may be opened, and the cache folder has no answer.

    Examples
    --------
    >>> tess_source.count("TIC 16740101")
    12
    >>> tess_source.count("TIC 16740101", kind="lc")
    6
    """
    return chosen_session(session).count(
        targets,
        radius=radius,
        wildcards=wildcards,
        archive=archive,
        refresh=refresh,
        missing=missing,
        large=large,
        **words,
    )


def observations(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> Observations:
    """Find observations, without listing their products. It is the first of three steps: `products` and `download` follow.

    Parameters
    ----------
    targets : object, optional
        A TIC id, a name, coordinates, an obs_id, a table or row with one of these, or any iterable of them: see
        `tess_source.targets.parse_targets`. None: everything that meets the filters and criteria.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec], or e.g. ``"1 arcmin"``. Without it, a name means its nearest star alone, and
        coordinates mean a cone of 3 arcsec.
    wildcards : bool
        Whether ``*`` and ``%`` in criteria stand for any text.
    archive : str or list of str, optional
        Names of the archives that are asked, e.g. ``"mast"``; by default those of the session.
    refresh : bool
        Look up names, even if it is remembered what they mean. The archive is asked in any case.
    missing : str
        ``"raise"``: rows of the targets that have none (None, NaN, masked, empty) are an error, which says which. ``"skip"``: they are
        passed over, and the answer says how many there were.
    large : bool
        Whether MAST's answer may have more than 50,000 observations. If not, such a question is an error before anything is fetched.
    session : Session, optional
        The default session if not given.
    **words
        Columns of the archive's observation table as criteria, and those filters that the archive can be asked for, e.g. ``sector=14``.

    Returns
    -------
    Observations
        The archive's own columns with ours beside them.

    Raises
    ------
    QueryError
        If an argument does not exist or makes no sense.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.
    OfflineError
        If no connection may be opened, and the cache folder has no answer.

    Examples
    --------
    >>> observations = tess_source.observations("TIC 16740101", sector=14)
    >>> observations["kind"].to_list()
    ['target']
    """
    here = chosen_session(session)
    asked = {"radius": radius, "wildcards": wildcards, "archive": archive, "missing": missing, "large": large}
    return here._found_observations(targets, words=words, refresh=refresh, **asked).observations


@naming_keywords
def products(
    observations: Any,
    *,
    archive: str | Sequence[str] | None = None,
    large: bool = False,
    session: Session | None = None,
) -> Products:
    """List the products of observations. It is the second of three steps.

    Parameters
    ----------
    observations : Observations or table
        Ours, or an astroquery, pandas or polars table, or one row of it. Rows may have ``obs_id`` or ``obsid`` alone, and an obs_id or
        obsid, or a list of them, will do too: the archive is then asked for the rest.
    archive : str or list of str, optional
        Names of the archives that are asked; by default those of the session, and those that the column `archive` names.
    large : bool
        Whether there may be more than 50,000 observations.
    session : Session, optional
        The default session if not given.

    Returns
    -------
    Products
        One row per file.

    Raises
    ------
    QueryError
        If the archive has no observation with such a key.
    ServiceError
        If the archive fails.
    OfflineError
        If no connection may be opened.

    Examples
    --------
    >>> products = tess_source.products(tess_source.observations("TIC 16740101", sector=14))
    >>> products.where(products["kind"] == "lc")["size"].to_list()        # [byte]
    [1964160]
    """
    here = chosen_session(session)
    return listed(here.registry, here.settings, observations, archive, large=large)


def chosen_session(session: Session | None) -> Session:
    """Return the session to work with: the default one if none is given."""
    if session is None:
        return default_session()
    if not isinstance(session, Session):
        raise QueryError(
            f"session={session!r}: give a Session, e.g. tess_source.Session(), or None for the default one"
        )
    return session
