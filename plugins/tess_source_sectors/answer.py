"""The sectors that saw stars: from where the CCDs lay, the target lists of the catalogue, and what the archive has."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, ServiceError
from tess_source.search.stars import stars_asked
from tess_source.tables.among import among
from tess_source.tables.rows import joined, thrifty, with_schema, with_texts_once
from tess_source.units import check_flags
from tess_source_sectors.asked import sectors_asked
from tess_source_sectors.holdings import HELD, held, places_in, stars_at
from tess_source_sectors.known import KnownSectors, known_sectors
from tess_source_sectors.pixels import predicted
from tess_source_sectors.planned import TargetLists, sectors_told, target_lists
from tess_source_sectors.positions import located, stars_of
from tess_source_sectors.states import with_states
from tess_source_sectors.table import SeenSectors

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source.settings import Settings
    from tess_source.targets.target import Target

__all__ = ["rows_of", "sectors_of"]

log: logging.Logger = logger(__name__)

CHIP = ("target", "sector", "camera", "ccd")
MOST = 100
"""Most targets for which the archive is asked, unless the user says otherwise."""
PART = 50_000
"""Stars that are looked for together: what is needed beside the answer does not grow with their number."""


def sectors_of(
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
    """Return the sectors in which stars lie on a CCD: see `tess_source_sectors.accessors.sectors`."""
    check_flags(products=products, pixels=pixels, optional=True)
    check_flags(refresh=refresh, large=large)
    wanted = None if sector is None else sectors_asked(sector, known_sectors(session.settings).sectors)
    asked = stars_asked(session.registry, session.settings, targets, radius=radius, refresh=refresh, missing=missing)
    few = len(asked) <= MOST
    known = (
        _at_archive(session, asked, must=products is True, refresh=refresh, large=large)
        if products or (products is None and few)
        else None
    )
    stars = stars_of(asked)
    if known:
        stars = stars.with_columns(tic=pl.coalesce("tic", _tics(stars, known.near)))
    lists = _lists(session.settings, stars, known)
    tables = [*([known.places] if known else []), *([lists.rows] if lists else [])]
    is_told = known is not None and not len(known.rows) and known.told is None  # an empty answer of MAST has said why
    stars = located(session.settings, stars, *tables, quiet=is_told)
    ahead = predicted(stars, pixels if pixels is not None or few else False)
    return rows_of(
        session.settings, stars, known.rows if known else None, lists if known else None, wanted, ahead,
        known.told if known else None,
    )  # fmt: skip


@dataclass(frozen=True)
class _AtArchive:
    """What the archive has."""

    rows: pl.DataFrame
    """As `tess_source_sectors.holdings.held` gives it."""
    places: pl.DataFrame
    near: Mapping[int, int]
    """Position of a target → TIC id of the star there."""
    told: Mapping[str, Collection[int]] | None
    """As `tess_source_sectors.planned.sectors_told` gives it."""


def _at_archive(session: Session, asked: Mapping[int, Target], *, must: bool, **how: Any) -> _AtArchive | None:
    """Return what the archive has of targets, by a search with these arguments; None if it cannot be asked, and need not."""
    try:
        found = session.search(list(dict.fromkeys(asked.values())), **how)
    except OfflineError as error:
        if must:
            raise
        log.warning("from positions alone: %s", error)
        return None
    except ServiceError as error:
        error.add_note("products=False (--no-products) answers from positions alone")
        raise
    places, here = places_in(found.observations), held(found.products, found.observations)
    return _AtArchive(here, places, stars_at(places, asked), sectors_told(session.settings, found.query))


def _tics(stars: pl.DataFrame, near: Mapping[int, int]) -> pl.Series:
    return pl.Series([near.get(number) for number in stars["target"].to_list()], dtype=pl.Int64)


def _lists(settings: Settings, stars: pl.DataFrame, known: _AtArchive | None) -> TargetLists | None:
    """Return the target lists as far as they are needed: for what was planned, or for where a star lies."""
    needed = stars if known else stars.filter(pl.col("ra").is_null())
    tics = needed["tic"].drop_nulls().unique().to_list()
    return target_lists(settings, tics) if tics or known else None


def rows_of(
    settings: Settings,
    stars: pl.DataFrame,
    at_archive: pl.DataFrame | None = None,
    lists: TargetLists | None = None,
    wanted: Sequence[int] | None = None,
    ahead: pl.DataFrame | None = None,
    told: Mapping[str, Collection[int]] | None = None,
) -> SeenSectors:
    """Return the sectors of stars whose places are known. No connection is opened.

    Parameters
    ----------
    settings : Settings
    stars : polars.DataFrame
        `target`, `tic`, `ra`, `dec` [deg], as `tess_source_sectors.positions.stars_of` gives them.
    at_archive : polars.DataFrame, optional
        As `tess_source_sectors.holdings.held` gives it; None if no archive was asked.
    lists : TargetLists, optional
        What the target lists say of these stars; None if they were not asked.
    wanted : sequence of int, optional
        The sectors; None: those in which there is something.
    ahead : polars.DataFrame, optional
        As `tess_source_sectors.pixels.predicted` gives it.
    told : mapping, optional
        As `tess_source_sectors.planned.sectors_told` gives it: elsewhere, that the archive has nothing is not known, but null.
    """
    known = known_sectors(settings)
    parts = []
    for some in stars.iter_slices(PART) if len(stars) else [stars]:
        of_these = None if ahead is None else ahead.filter(pl.col("target").is_in(among(some["target"])))
        rows = _rows_of_part(known, some, at_archive, lists, wanted, of_these, told)
        parts.append(SeenSectors(thrifty(with_texts_once(rows, "why")) if len(stars) > PART else rows))
    return joined(parts) if len(parts) > 1 else parts[0]


def _rows_of_part(
    known: KnownSectors,
    stars: pl.DataFrame,
    at_archive: pl.DataFrame | None,
    lists: TargetLists | None,
    wanted: Sequence[int] | None,
    ahead: pl.DataFrame | None,
    told: Mapping[str, Collection[int]] | None,
) -> pl.DataFrame:
    """Return the rows of some stars: see `rows_of`."""
    there = known.has(wanted or ())
    rows = _on_chips(known, stars, wanted)
    if ahead is not None:
        rows = _with_predictions(rows, ahead.filter(pl.col("sector").is_in(wanted)) if wanted else ahead, there)
    rows = _with_listed(rows, stars, lists, wanted)
    rows = _with_held(rows, stars, at_archive, wanted)
    rows = _as_told(_with_absent(rows, stars, wanted, is_asked=at_archive is not None), told)
    rows = rows.join(known.dates, on="sector", how="left", maintain_order="left")
    rows = rows.with_columns(known=pl.col("sector").is_null() | pl.col("sector").is_in(there))
    rows = with_states(rows, str(known))
    return with_schema(rows, SeenSectors.schema).select(*SeenSectors.schema).sort(CHIP)


def _on_chips(known: KnownSectors, stars: pl.DataFrame, wanted: Sequence[int] | None) -> pl.DataFrame:
    """Return the CCDs on whose image stars lie: the columns of stars, and `sector`, `camera`, `ccd`, `margin`."""
    chips = known.chips if wanted is None else known.of(wanted)
    placed = stars.filter(pl.col("ra").is_not_null())
    seen = chips.seeing(placed["ra"].to_numpy(), placed["dec"].to_numpy())
    return pl.concat([placed[seen["place"]], seen.drop("place")], how="horizontal")


def _with_predictions(rows: pl.DataFrame, ahead: pl.DataFrame, known: Sequence[int]) -> pl.DataFrame:
    """Return rows with pixels, and with the sectors that only tess-point knows."""
    beyond = ahead.filter(~pl.col("sector").is_in(known))
    pixels = ahead.select(*CHIP, "column", "row")
    return pl.concat([rows.join(pixels, on=CHIP, how="left", maintain_order="left"), beyond], how="diagonal")


def _with_listed(
    rows: pl.DataFrame, stars: pl.DataFrame, lists: TargetLists | None, wanted: Sequence[int] | None
) -> pl.DataFrame:
    """Return rows with `listed`, and rows for where the target lists have a star elsewhere than its position says."""
    if lists is None:
        return rows.with_columns(listed=pl.lit(None, dtype=pl.Boolean))
    planned = lists.rows.select("tic", "sector", "camera", "ccd").unique()
    planned = planned.filter(pl.col("sector").is_in(wanted)) if wanted else planned
    marked = stars.join(planned, on="tic").with_columns(listed=True)
    joined = rows.join(marked.select(*CHIP, "listed"), on=CHIP, how="left", maintain_order="left")
    more = marked.join(rows, on=CHIP, how="anti")
    here = pl.col("sector").is_in(sorted(lists.sectors))
    both = pl.concat([joined, more], how="diagonal")
    return both.with_columns(listed=pl.col("listed").fill_null(pl.when(here).then(statement=False)))


def _with_held(
    rows: pl.DataFrame, stars: pl.DataFrame, at_archive: pl.DataFrame | None, wanted: Sequence[int] | None
) -> pl.DataFrame:
    """Return rows with what the archive has, and rows for sectors in which it has something although the star is on no CCD."""
    if at_archive is None:
        return with_schema(rows, {name: kind for name, kind in HELD.items() if name not in {"tic", "sector"}})
    there = at_archive.filter(pl.col("sector").is_in(wanted)) if wanted else at_archive
    joined = rows.join(there, on=["tic", "sector"], how="left", maintain_order="left")
    more = stars.join(there, on="tic").join(rows, on=["target", "sector"], how="anti")
    both = pl.concat([joined, more], how="diagonal")
    elsewhere = ~pl.col("listed") & pl.col("listed").any().over("target", "sector")  # on the CCD of another camera
    flags = {
        name: pl.col(name).fill_null(value=False) & ~elsewhere.fill_null(value=False) for name in ("lc", "fast_lc")
    }
    return both.with_columns(**flags, hlsp=pl.col("hlsp").fill_null(""), dv=pl.col("dv").fill_null(value=False))


def _as_told(rows: pl.DataFrame, told: Mapping[str, Collection[int]] | None) -> pl.DataFrame:
    """Return rows with null in place of "nothing" in sectors of which that is not told."""
    nothing = {"hlsp": pl.col("hlsp") == ""}
    unknown = {
        name: nothing.get(name, ~pl.col(name)) & ~pl.col("sector").is_in(sorted(sectors))
        for name, sectors in (told or {}).items()
    }
    return rows.with_columns(pl.when(~mask).then(name).alias(name) for name, mask in unknown.items())


def _with_absent(
    rows: pl.DataFrame, stars: pl.DataFrame, wanted: Sequence[int] | None, *, is_asked: bool
) -> pl.DataFrame:
    """Return rows with those that have no CCD: for each of the sectors that are wanted, else one for a star without any sector."""
    if wanted is None:
        more = stars.join(rows, on="target", how="anti")
    else:
        every = stars.join(pl.DataFrame({"sector": wanted}, schema={"sector": pl.Int32}), how="cross")
        more = every.join(rows, on=["target", "sector"], how="anti")
    if is_asked:
        more = more.with_columns(
            lc=pl.lit(value=False), fast_lc=pl.lit(value=False), hlsp=pl.lit(""), dv=pl.lit(value=False)
        )
    return pl.concat([rows, more], how="diagonal") if len(more) else rows
