"""The table of stars with their values in the TESS Input Catalog (TIC), of targets or of an answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source._lazy import pl
from tess_source.clock import age_of, ago
from tess_source.display.text import NumberLook
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.names import parse_obs_id
from tess_source.search.resolving import question
from tess_source.session import session_of
from tess_source.tables.nearest import REACH, Taken, several_taken
from tess_source.tables.rows import Rows, with_schema
from tess_source.targets.parse import arcseconds
from tess_source.targets.target import Query, Target
from tess_source_stars.columns import BY_NAME, SCHEMA, TicColumn
from tess_source_stars.service import Cone
from tess_source_stars.tic import Tic

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source.tables.found import Found

__all__ = ["Stars", "ids_of_targets", "stars_of_found", "stars_of_targets"]

log: logging.Logger = logger(__name__)


class Stars(Rows):
    """Stars with their values in the TIC, one row per star; see `tess_source_stars.columns.COLUMNS` for columns and units.

    `name` is the target as you gave it. Null where the TIC does not know a value: most faint stars have no temperature, radius and mass. A
    star that the TIC does not have has nulls in all columns but `name`, `tic` and `asked`. An answer about neighbours has the columns of
    `NEIGHBOURS` too.
    """

    schema: ClassVar[Mapping[str, str]] = {"name": "String", **SCHEMA}
    shown: ClassVar[Sequence[str]] = (
        "name", "neighbour_of", "tic", "is_target", "separation", "tmag_difference", "flux_ratio", "tmag", "teff", "radius", "mass",
        "distance", "contamination", "disposition",
    )  # fmt: skip
    whole: ClassVar[Sequence[str]] = ("tic", "disposition")
    looks: ClassVar[Mapping[str, NumberLook]] = {
        "separation": NumberLook("arcsec", 1), "tmag": NumberLook(decimals=2),
        "tmag_difference": NumberLook(decimals=2), "flux_ratio": NumberLook(decimals=5), "teff": NumberLook("K", 0),
        "radius": NumberLook("R☉", 3), "mass": NumberLook("M☉", 3), "distance": NumberLook("pc", 2),
    }  # fmt: skip
    noun = "star"

    def to_table(self) -> AstropyTable:
        """Return an astropy table with units and descriptions; nulls are masked."""
        table = super().to_table()
        known = {**OTHERS, **BY_NAME, **NEIGHBOURS}
        for column in (known[name] for name in table.colnames if name in known):
            table[column.name].unit = column.unit or None
            table[column.name].description = column.help
        return table

    def summary(self) -> str:
        """Return how many stars there are, and how old the oldest value is, e.g. ``"3 stars, asked 2 days ago"``."""
        asked = self["asked"].drop_nulls()
        return f"{super()._header()}{f', asked {ago(age_of(str(asked.min())))}' if len(asked) else ''}"

    def _header(self) -> str:
        return self.summary()


OTHERS = {
    "name": TicColumn("name", "", "the target as you gave it", kind="String"),
    "tic": TicColumn("tic", "ID", "TIC id", kind="Int64"),
    "asked": TicColumn("asked", "", "when the archive was asked, UTC", kind="String"),
}
"""Columns of all answers beside the TIC's values."""
NEIGHBOURS = {
    "neighbour_of": TicColumn("neighbour_of", "", "TIC id of the star that this one is near", kind="Int64"),
    "is_target": TicColumn("is_target", "", "whether it is that star itself", kind="Boolean"),
    "separation": TicColumn("separation", "", "angle between the two, J2000 at epoch 2000", "arcsec"),
    "tmag_difference": TicColumn(
        "tmag_difference", "", "tmag minus that of the target: positive if it is fainter", "mag"
    ),
    "flux_ratio": TicColumn("flux_ratio", "", "flux in the TESS band divided by that of the target"),
}
"""Further columns of an answer about neighbours."""


def stars_of_targets(
    session: Session,
    targets: Any,
    *,
    neighbours: float | Quantity | str | None = None,
    radius: float | Quantity | str | None = None,
    refresh: bool = False,
    missing: str = "raise",
) -> Stars:
    """Return the values of the TIC for targets: see `tess_source_stars.accessors.session_stars`."""
    if targets is None:
        raise QueryError("give the targets whose stars you want: TIC ids, names, coordinates, or a list of these")
    reach = None if neighbours is None else arcseconds(neighbours, "neighbours")
    query = question(session.registry, session.settings, targets, radius=radius, refresh=refresh, missing=missing)
    tic = Tic(session.settings, refresh=refresh)
    return _stars(tic, ids_of_targets(tic, query), reach)


def stars_of_found(found: Found, *, neighbours: float | Quantity | str | None = None, refresh: bool = False) -> Stars:
    """Return the values of the TIC for the stars of an answer: see `tess_source_stars.accessors.stars`."""
    reach = None if neighbours is None else arcseconds(neighbours, "neighbours")
    rows = found.products if len(found.products) else found.observations
    tics = rows["tic"].drop_nulls().unique(maintain_order=True).to_list()
    tic = Tic(session_of(found).settings, refresh=refresh)
    return _stars(tic, {one: f"TIC {one}" for one in tics}, reach)


def ids_of_targets(tic: Tic, query: Query) -> dict[int, str]:
    """Return the TIC ids of the targets of a question, each with its target's text: of names the nearest star, of places all in their cone.

    Raises
    ------
    QueryError
        If an observation does not tell its star.
    OfflineError, ServiceError
        If the TIC must be asked, and cannot be.
    """
    found: dict[int, str] = {}
    places = [target for target in query.targets if target.tic is None]
    around = dict(zip(places, tic.around([_cone(place) for place in places]), strict=True))
    taken: list[Taken] = []
    for target in query.targets:
        if target.tic is not None:
            found.setdefault(target.tic, target.text)
            continue
        stars = around[target]
        if target.radius is None:
            stars = stars.filter(pl.col("disposition").is_null()).head(1)
            taken += [Taken(target, row["tic"], row["separation"]) for row in stars.iter_rows(named=True)]
        if not stars.height:
            log.warning("%s: the TIC has no star within %g arcsec", target, _cone(target).radius)
        for one in stars["tic"]:
            found.setdefault(one, target.text)
    if taken:
        log.warning("%s", several_taken(taken))
    for obs_id in query.criteria.get("obs_id", ()):
        name = parse_obs_id(str(obs_id))
        if name.tic is None:
            raise QueryError(f"observation {obs_id!r} is not of one star")
        found.setdefault(name.tic, str(obs_id))
    if query.criteria.keys() - {"obs_id"}:
        raise QueryError("an obsid does not tell its star: give obs_id, or the star itself")
    return found


def _cone(target: Target) -> Cone:
    assert target.ra is not None
    assert target.dec is not None
    return Cone(float(target.ra), float(target.dec), REACH if target.radius is None else target.radius)


def _stars(tic: Tic, ids: dict[int, str], reach: float | None) -> Stars:
    rows = tic.stars([*ids]).with_columns(name=pl.Series(list(ids.values()), dtype=pl.String))
    stars = Stars(rows.select(*Stars.schema))
    return stars if reach is None else _neighbours(tic, stars, reach)


def _neighbours(tic: Tic, stars: Stars, reach: float) -> Stars:
    """Return the TIC's stars around stars, nearest first, with the stars themselves."""
    known = stars.to_polars().filter(pl.col("ra").is_not_null())
    cones = [Cone(row["ra"], row["dec"], reach) for row in known.iter_rows(named=True)]
    parts = [_compared(near, star) for star, near in zip(known.iter_rows(named=True), tic.around(cones), strict=True)]
    return Stars(
        pl.concat(parts)
        if parts
        else with_schema(stars[:0].to_polars(), {name: one.kind for name, one in NEIGHBOURS.items()})
    )


def _compared(near: pl.DataFrame, star: dict[str, Any]) -> pl.DataFrame:
    """Return the stars near a star, with the columns of `NEIGHBOURS`."""
    difference = pl.col("tmag") - pl.lit(star["tmag"], dtype=pl.Float64)
    return near.sort("separation", pl.col("tic") != star["tic"], "tic").select(
        pl.lit(star["name"]).alias("name"),
        *SCHEMA,
        neighbour_of=pl.lit(star["tic"], dtype=pl.Int64),
        is_target=pl.col("tic") == star["tic"],
        separation="separation",
        tmag_difference=difference,
        flux_ratio=pl.lit(10.0).pow(-0.4 * difference),
    )
