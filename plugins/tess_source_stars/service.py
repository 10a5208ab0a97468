"""The questions to MAST's service of the TESS Input Catalog (TIC), worded as astroquery words them, and the checks of its answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tess_source._lazy import pl
from tess_source.clock import this_moment
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.settings import Settings
from tess_source.tables.nearest import separation
from tess_source.tables.rows import with_schema
from tess_source_mast.deadline import Deadline, OverloadError
from tess_source_mast.frames import frame
from tess_source_mast.shapes import shown, typed, unlike
from tess_source_stars.columns import BY_NAME, SCHEMA
from tess_source_stars.services import BY_ID, BY_PLACE

__all__ = ["MOST_IDS", "Cone", "absent", "rows_of_ids", "rows_within"]

log: logging.Logger = logger(__name__)

MOST_IDS = 1000
"""TIC ids in one question. If that is too much for the server, it is asked half by half."""
ROWS_OF_A_PAGE = 10_000
"""The TIC has 125 columns: a page of 50,000 rows, as is usual, would be some 150 MB."""
TRIES_OF_A_HALF = 2
"""How often a half is tried: the whole has been tried before."""
SLACK = 1.0
"""How much farther than the radius a star of a cone may be [arcsec]: the archive measures with its own accuracy."""
KNOWN: Mapping[str, str] = {
    "ID": "String",
    **{column.archive: "String" if column.kind == "Int64" else column.kind for column in BY_NAME.values()},
}
"""Columns that we read, by the TIC's names, and their polars types. All versions of the TIC have them."""


@dataclass(frozen=True, slots=True)
class Cone:
    """A circle on the sky."""

    ra: float
    """[deg, ICRS]"""
    dec: float
    """[deg, ICRS]"""
    radius: float
    """[arcsec]"""


def rows_of_ids(tics: Sequence[int], settings: Settings, stop: threading.Event) -> pl.DataFrame:
    """Return the TIC's rows of ids.

    Parameters
    ----------
    tics : sequence of int
        At most `MOST_IDS`, each once.
    settings : Settings
    stop : threading.Event
        Set when the answer is no longer wanted.

    Returns
    -------
    polars.DataFrame
        With the columns of `SCHEMA`, one row per id; a star that the TIC does not have has nulls.

    Raises
    ------
    ServiceError
        If the archive fails, answers in part only, or gives what was not asked for.
    """
    parts = _parts(list(tics), settings, Deadline(settings.timeout, stop=stop))
    found = pl.concat(parts)
    missing = set(tics) - set(found["tic"])
    return pl.concat([found, absent(sorted(missing))])


def _parts(tics: list[int], settings: Settings, deadline: Deadline) -> list[pl.DataFrame]:
    """Return the rows of ids, asked for at once or, if that is too much for the server, half by half."""
    deadline = replace(deadline, parts=len(tics) > 1)
    filters = [{"paramName": "ID", "values": list(map(str, tics))}]
    try:
        found = _rows(BY_ID, {"columns": "*", "filters": filters}, settings, deadline)
    except OverloadError as error:
        if len(tics) == 1:
            raise
        middle = len(tics) // 2
        log.warning("%s; asking for %d stars at a time", error, middle)
        deadline = replace(deadline, tries=TRIES_OF_A_HALF)
        return [part for half in (tics[:middle], tics[middle:]) for part in _parts(half, settings, deadline)]
    if strange := sorted(set(found["tic"]) - set(tics)):
        told = text.first(strange, text.FEW)
        raise unlike(BY_ID, f"asked for {text.number(len(tics), 'star')}, it gave others too: TIC {told}")
    return [found]


def rows_within(cone: Cone, settings: Settings, stop: threading.Event) -> pl.DataFrame:
    """Return the TIC's rows within a cone, with the columns of `SCHEMA`.

    Raises
    ------
    ServiceError
        As `rows_of_ids`.
    """
    params = {"ra": cone.ra, "dec": cone.dec, "radius": cone.radius / 3600.0}
    found = _rows(BY_PLACE, params, settings, Deadline(settings.timeout, stop=stop))
    away = found.select(away=separation(cone.ra, cone.dec, ra="ra", dec="dec"))["away"]
    if found.height and not bool((away <= cone.radius + SLACK).fill_null(value=False).all()):
        far = found.filter(~(away <= cone.radius + SLACK).fill_null(value=False))["tic"]
        raise unlike(
            BY_PLACE,
            f"asked for a cone of {cone.radius:g} arcsec, it gave stars outside: TIC {text.first(far, text.FEW)}",
        )
    return found.filter(away <= cone.radius)


def absent(tics: Sequence[int]) -> pl.DataFrame:
    """Return rows of stars that the TIC, asked just now, does not have."""
    asked = pl.DataFrame({"tic": pl.Series(list(tics), dtype=pl.Int64)}).with_columns(asked=pl.lit(this_moment()))
    return with_schema(asked, SCHEMA).select(*SCHEMA)


def _rows(service: str, params: Mapping[str, Any], settings: Settings, deadline: Deadline) -> pl.DataFrame:
    from tess_source_mast.portal import portal

    pages = portal(settings).pages(service, params, settings, deadline, large=True, rows=ROWS_OF_A_PAGE)
    found = pl.concat((frame(service, [page]) for page in pages), how="diagonal_relaxed")
    if not found.height:
        return absent([])
    found = _with_known_names(found)
    numbers = [name for name, kind in KNOWN.items() if kind == "Float64" and found.schema.get(name) == pl.String]
    found = found.with_columns(_number(service, found[name]) for name in numbers)
    found = typed(service, found, KNOWN, needed=(*KNOWN,), keys=("ID",))
    texts = (_text(found[name]) for name, kind in KNOWN.items() if kind == "String")
    return _checked(service, found.with_columns(texts))


def _with_known_names(found: pl.DataFrame) -> pl.DataFrame:
    """Return a table with the TIC's names of columns, whose case differs between MAST's services."""
    given = {name.lower(): name for name in found.columns}
    lacking = [name for name in KNOWN if name not in found.columns and name.lower() in given]
    return found.rename({given[name.lower()]: name for name in lacking})


def _number(service: str, column: pl.Series) -> pl.Series:
    """Return numbers of a column that was declared as text."""
    numbers = _text(column).cast(pl.Float64, strict=False)
    if wrong := column.filter(numbers.is_null() & _text(column).is_not_null()).to_list():
        raise unlike(service, f"column {column.name!r} holds {shown(wrong[0])}, not numbers")
    return numbers.fill_nan(None)


def _text(column: pl.Series) -> pl.Series:
    """Return a column of text with null for what is blank."""
    frame = column.str.strip_chars().to_frame("text")
    return frame.select(pl.when(pl.col("text") != "").then("text")).to_series().alias(column.name)


def _checked(service: str, found: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with our names and types, after a check of ids and places."""
    for name in ("GAIA", "duplicate_id"):
        if wrong := found[name].filter(~found[name].str.contains("^[0-9]{1,19}$")).to_list():
            raise unlike(service, f"column {name!r} holds {shown(wrong[0])}, which is no id")
    if found["ID"].n_unique() < found.height:
        twice = found["ID"].filter(found["ID"].is_duplicated())[0]
        raise unlike(service, f"it gave TIC {twice} twice")
    places = found.filter(~(pl.col("ra").is_between(0, 360) & pl.col("dec").is_between(-90, 90)))
    if places.height:
        ra, dec = places.row(0, named=True)["ra"], places.row(0, named=True)["dec"]
        raise unlike(service, f"TIC {places['ID'][0]} is at ra {ra}, dec {dec}, which is no place on the sky")
    ours = found.select(tic="ID", **{column.name: column.archive for column in BY_NAME.values()})
    made = ours.with_columns(asked=pl.lit(this_moment()))
    return with_schema(made, SCHEMA).select(*SCHEMA)
