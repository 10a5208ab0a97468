"""Cut-outs as an archive's products: one per place, sector, camera and CCD."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tess_source import names
from tess_source._lazy import np, pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import QueryError, UnknownNameError
from tess_source.names.sectors import SPECIAL
from tess_source.settings import Settings, is_offline
from tess_source.tables.listing import Observations, Products
from tess_source.tables.rows import with_schema
from tess_source.targets.target import DEFAULT_RADIUS, Query, Target
from tess_source_sectors.known import KnownSectors, known_sectors
from tess_source_stars.tic import Tic
from tess_source_tesscut import sizes
from tess_source_tesscut.service import Chip, chips_that_saw

__all__ = ["ARCHIVE", "find", "list_products"]

log: logging.Logger = logger(__name__)

ARCHIVE, PIPELINE = "tesscut", "TESScut"
LIVE = 0.792
"""Share of an exposure in which light is collected: cosmic-ray mitigation leaves out a fifth, and reading out a hundredth."""
MJD_OF_1970 = 40587
MOST_NAMED = 30
"""Of so many sectors at most, each counts as asked for by its number."""
SECTOR = "sequence_number"
"""The one criterion, by the portal's name of it."""
COLUMNS = {
    **Observations.schema, "target_name": "String", "s_ra": "Float64", "s_dec": "Float64", "camera": "Int32", "ccd": "Int32",
    "margin": "Float64", "t_min": "Float64", "t_exptime": "Float64", SECTOR: "Int64", "provenance_name": "String",
    "project": "String", "obs_collection": "String",
}  # fmt: skip
"""Columns of observations, and their polars types. `margin` is the distance of the place from the edge of the science pixels [arcmin],
negative outside of them."""


def find(query: Query, settings: Settings) -> Observations:
    """Find the CCDs that saw the targets. Offline, the answer comes from where the CCDs lay.

    Parameters
    ----------
    query : Query
    settings : Settings

    Returns
    -------
    Observations
        One per target, sector, camera and CCD, with the columns of `COLUMNS`.

    Raises
    ------
    QueryError
        If there are no targets.
    UnknownNameError
        For a criterion other than ``sequence_number``.
    ServiceError
        If the service fails.
    OfflineError
        If it is not known where a star lies.
    """
    if not query.targets:
        raise QueryError("cut-outs are made around targets: give a TIC id, a name, or coordinates")
    if any((target.radius or 0) > DEFAULT_RADIUS for target in query.targets):
        log.warning(
            "no cut-out depends on the radius: there is one around each target, of the size that is given in pixels"
        )
    criteria = {name.lower(): value for name, value in query.criteria.items() if value is not None}
    for name in criteria:
        if name != SECTOR:
            raise UnknownNameError("criterion of cut-outs", name, [SECTOR])
    sectors = _listed(criteria[SECTOR]) if criteria else None
    targets, known = _places(query.targets, settings), known_sectors(settings)
    places = list(dict.fromkeys(place for _, place in targets))
    named = {*(sectors or ()), *_named(query)}
    seen = dict(zip(places, _chips(places, settings, known, named), strict=True))
    rows = [
        _row(target, place, chip)
        for target, place in targets
        for chip in seen[place]
        if (chip[0] < SPECIAL or chip[0] in named) and (sectors is None or chip[0] in sectors)
    ]
    return Observations(_completed(rows, known))


def list_products(observations: Observations, query: Query) -> Products | None:
    """Name a cut-out of the size that is asked for around the place of each observation.

    Parameters
    ----------
    observations : Observations
    query : Query
        Its filter `cutout_size` tells rows and columns [pixel].

    Returns
    -------
    Products or None
        None if no observation is of this archive.
    """
    ours = observations.to_polars().filter(pl.col("archive") == ARCHIVE)
    if ours.is_empty():
        return None
    _log_unexposed(ours)
    size = sizes.in_name(query.filters.get(sizes.SIZE.name, sizes.DEFAULT))
    kept = ("camera", "ccd", "margin", "obs_collection", SECTOR)
    frame = ours.select(*Observations.schema, *(name for name in kept if name in ours.columns))
    filename = pl.format("{}_{}_astrocut.fits", "obs_id", pl.lit(size))
    frame = frame.with_columns(
        filename=filename,
        uri=pl.format("tesscut:{}", filename),
        kind=pl.lit("cutout"),
        description=pl.format("TESS FFI Cutout (sector {})", "last_sector"),  # lightkurve's words
    )
    return Products(with_schema(frame, Products.schema))


# -- the places of targets --


def _places(targets: Sequence[Target], settings: Settings) -> list[tuple[Target, tuple[str, str]]]:
    """Return targets with right ascension and declination [deg] as they stand in names. Those of TIC ids are the TIC's."""
    tics = [target.tic for target in targets if target.tic is not None and target.ra is None]
    stars = (
        {row["tic"]: (row["ra"], row["dec"]) for row in Tic(settings).stars(tics).iter_rows(named=True)} if tics else {}
    )
    found = []
    for target in targets:
        ra, dec = (target.ra, target.dec) if target.ra is not None else stars.get(target.tic, (None, None))
        if ra is None or dec is None:
            if target.tic is None:
                raise QueryError(f"target {target.text!r} has neither a TIC id nor coordinates")
            continue  # the TIC does not have it, which was logged
        found.append((target, _in_name(ra, dec)))
    return found


def _in_name(ra: float, dec: float) -> tuple[str, str]:
    """Return a place as the service writes it in names: 6 decimals are 4 milliarcseconds. There is no negative zero."""
    return f"{round(ra % 360.0, 6) % 360.0:.6f}", f"{round(dec, 6) + 0.0:.6f}"


# -- the CCDs --


def _chips(
    places: Sequence[tuple[str, str]], settings: Settings, known: KnownSectors, named: Collection[int]
) -> list[list[Chip]]:
    """Return the CCDs that saw each place: as the service says, or offline from where they lay."""
    if not is_offline(settings.offline):
        return chips_that_saw(places, settings) if places else []
    log.warning("offline, it is not known which sectors TESScut has: these are all CCDs on which the targets lie")
    chips = known.chips.and_others(known.special.of_sectors(named))
    seen = chips.seeing(*np.array(places, dtype=float).reshape(-1, 2).T)
    found: list[list[Chip]] = [[] for _ in places]
    for place, *chip in seen.select("place", "sector", "camera", "ccd").iter_rows():
        found[place].append((chip[0], chip[1], chip[2]))
    return found


def _named(query: Query) -> Collection[int]:
    """Return the sectors that the filter names one by one: special pointings count only then."""
    value = query.filters.get("sector")
    numbers = getattr(value, "numbers", None)
    return numbers(MOST_NAMED) or () if numbers else ()


def _listed(value: Any) -> list[int]:
    """Return the sectors of a criterion."""
    try:
        return [int(one) for one in (value if isinstance(value, list | tuple | set) else [value])]
    except (TypeError, ValueError) as error:
        raise QueryError(f"{SECTOR}={value!r}: give sectors, e.g. 14 or [14, 15]") from error


# -- rows --


def _row(target: Target, place: tuple[str, str], chip: Chip) -> dict[str, Any]:
    sector, camera, ccd = chip
    return {
        "obs_id": f"tess-s{sector:04d}-{camera}-{ccd}_{'_'.join(place)}",
        "tic": target.tic,
        "first_sector": sector,
        "target_name": _target_name(target),
        "s_ra": float(place[0]),
        "s_dec": float(place[1]),
        "camera": camera,
        "ccd": ccd,
        "exptime": names.ffi_exptime(sector),
    }


def _target_name(target: Target) -> str:
    """Return the target as lightkurve names it."""
    return f"TIC {target.tic}" if target.tic is not None else target.text


def _completed(rows: Sequence[Mapping[str, Any]], known: KnownSectors) -> pl.DataFrame:
    """Return rows with all columns of observations."""
    types = {name: getattr(pl, kind) for name, kind in COLUMNS.items()}
    frame = pl.DataFrame(rows, schema=types) if rows else pl.DataFrame(schema=types)
    began = known.dates.select(
        pl.col("sector").cast(pl.Int32).alias("first_sector"),
        began=pl.col("start").str.to_datetime(strict=False).dt.epoch("s") / 86400 + MJD_OF_1970,
    )
    frame = frame.join(began, on="first_sector", how="left", maintain_order="left")
    frame = frame.join(_margins(frame, known), on="obs_id", how="left", maintain_order="left")
    frame = frame.with_columns(
        archive=pl.lit(ARCHIVE),
        kind=pl.lit("cutout"),
        last_sector=pl.col("first_sector"),
        pipeline=pl.lit(PIPELINE),
        provenance_name=pl.lit(PIPELINE),
        project=pl.lit("TESS"),
        obs_collection=pl.lit("TESS"),
        observation=pl.col("obs_id"),
        t_min=pl.col("began"),
        t_exptime=pl.col("exptime") * LIVE,
        margin=pl.col("from_edge"),
        **{SECTOR: pl.col("first_sector").cast(pl.Int64)},
    )
    return with_schema(frame.select(*COLUMNS), COLUMNS)


def _margins(frame: pl.DataFrame, known: KnownSectors) -> pl.DataFrame:
    """Return the distance from the edge of the science pixels [arcmin] of each observation whose sector is known: `obs_id`, `from_edge`."""
    places = frame.unique("obs_id", maintain_order=True)
    chips = known.of(places["first_sector"].unique().to_list())
    seen = chips.seeing(places["s_ra"].to_numpy(), places["s_dec"].to_numpy())
    numbered = places.with_row_index("place").select(
        pl.col("place").cast(pl.Int64), "first_sector", "camera", "ccd", "obs_id"
    )
    keys = ["place", "first_sector", "camera", "ccd"]
    seen = seen.rename({"sector": "first_sector"}).with_columns(pl.col("place").cast(pl.Int64))
    return numbered.join(seen, on=keys).select("obs_id", from_edge="margin")


def _log_unexposed(frame: pl.DataFrame) -> None:
    """Log which places lie on columns or rows that see no sky: a cut-out there has noise only."""
    dark = frame.filter(pl.col("margin") < 0) if "margin" in frame.columns else frame.clear()
    told = [f"{row.get('target_name') or row['obs_id']} in sector {row['first_sector']}" for row in dark.to_dicts()]
    if told:
        log.warning(
            "the target lies on pixels that are not exposed to the sky, so only noise is there: %s",
            text.first(told, text.FEW),
        )
