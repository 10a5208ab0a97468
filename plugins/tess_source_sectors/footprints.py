"""The archive's footprints of full-frame images, from which the CCDs of new sectors come until their polygons are measured."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tess_source._lazy import np, pl
from tess_source.cache.keep import as_line, kept_bytes, record_in
from tess_source.clock import this_moment
from tess_source.disk import write_whole
from tess_source.display.visible import logger
from tess_source.errors import DownloadError, bare_reason
from tess_source.names.sectors import text_of_sectors
from tess_source.settings import OWN_FOLDER, Settings, store_root
from tess_source_sectors.chips import Chips
from tess_source_sectors.geometry import science_within, unit_vectors

__all__ = ["ADDRESS", "chips_of", "dates_of", "kept_file", "kept_footprints", "parse", "refresh"]

log: logging.Logger = logger(__name__)

ADDRESS = "https://stpubdata.s3.amazonaws.com/tess/public/footprints/tess_ffi_footprint_cache.json"
"""What TESScut itself reads: a JSON object of columns."""
NEEDED = ("obs_id", "t_min", "t_max", "s_region")
OBS_ID = re.compile(r"tess-s(\d{4})-([1-4])-([1-4])")
EPOCH = 40587
"""1970-01-01 as a Modified Julian Date."""
SLOW, FAST = 27, 56
"""The first sectors with full-frame images of 600 s and of 200 s."""
MOST = 100_000
"""Most CCDs of a list: 6,000 sectors."""


def parse(content: bytes) -> list[list[float]]:
    """Return the footprints of a list: `sector`, `camera`, `ccd`, start and end [MJD, UTC], and the four corners, `ra`, `dec` [deg] each.

    A row that is none is left out, with a warning.

    Raises
    ------
    ValueError
        If it is not such a list, or most of its rows are none.
    """
    columns = json.loads(content)
    if not isinstance(columns, dict) or not all(isinstance(columns.get(name), list) for name in NEEDED):
        raise ValueError(f"it is not a table with the columns {', '.join(NEEDED)}")
    rows = [columns[name] for name in NEEDED]
    if len({len(column) for column in rows}) != 1 or len(rows[0]) > MOST:
        raise ValueError(f"its columns have {', '.join(str(len(column)) for column in rows)} rows")
    if not rows[0]:
        raise ValueError("it has no rows")
    found, odd = {}, []
    for row in zip(*rows, strict=True):
        try:
            read = _footprint(*row)
        except (ValueError, TypeError) as error:
            odd.append(f"{str(row[0])[:40]}: {error}")
        else:
            found[tuple(read[:3])] = read
    if len(odd) > len(rows[0]) / 2:
        raise ValueError(f"{len(odd):,} of its {len(rows[0]):,} rows are no footprints, such as {odd[0]}")
    if odd:
        log.warning(
            "%s of the archive's footprints cannot be read and are left out, such as %s", f"{len(odd):,}", odd[0]
        )
    return [found[key] for key in sorted(found)]


def _footprint(obs_id: Any, start: Any, end: Any, region: Any) -> list[float]:
    named = OBS_ID.fullmatch(obs_id) if isinstance(obs_id, str) else None
    words = region.split() if isinstance(region, str) else []
    if words[1:2] == ["ICRS"]:
        del words[1]
    if not named or words[:1] != ["POLYGON"] or len(words) not in {9, 11}:
        raise ValueError(f"{str(obs_id)[:40]!r} with {str(region)[:60]!r} is not a CCD with four corners")
    numbers = [float(word) for word in (start, end, *words[1:9])]
    ra, dec = np.array(numbers[2::2]), np.array(numbers[3::2])
    if not (np.isfinite(numbers).all() and (abs(dec) <= 90).all() and (abs(ra) <= 360).all() and _is_image(ra, dec)):
        raise ValueError(f"the corners of {obs_id}, {region[:100]}, are not those of a CCD on the sky")
    if not 0 < numbers[0] <= numbers[1] < 1e6:
        raise ValueError(f"{obs_id} was not observed from {start} to {end} [MJD]")
    return [*map(float, named.groups()), *numbers]


def _is_image(ra: Any, dec: Any) -> bool:
    """Return whether corners are those of an image: a side is 10 to 15 degrees long."""
    corners = unit_vectors(ra, dec)
    cosines = np.einsum("ij,ij->i", corners, np.roll(corners, -1, axis=0))
    sides = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
    return bool(((sides > 10) & (sides < 15)).all())


def chips_of(footprints: Sequence[Sequence[float]]) -> Chips:
    """Return the CCDs of footprints: their science pixels, which are most of the image."""
    table = np.array(footprints, dtype=float)
    corners = unit_vectors(table[:, 5::2], table[:, 6::2])
    sector, camera, ccd = table[:, :3].T.astype(np.int32)
    return Chips.of(sector, camera, ccd, science_within(corners))


def dates_of(footprints: Sequence[Sequence[float]]) -> pl.DataFrame:
    """Return `sector`, `start`, `end` (UTC, ISO) and `cadence` of full-frame images [s]."""
    table = pl.DataFrame(np.array(footprints)[:, [0, 3, 4]], schema=["sector", "start", "end"], orient="row")
    rows = table.group_by("sector").agg(pl.col("start").min(), pl.col("end").max()).cast({"sector": pl.Int32})
    days = {name: ((pl.col(name) - EPOCH) * 86400).round().cast(pl.Int64) for name in ("start", "end")}
    texts = {name: pl.from_epoch(value, "s").dt.strftime("%Y-%m-%dT%H:%M:%S") for name, value in days.items()}
    slow = pl.when(pl.col("sector") < SLOW).then(1800).when(pl.col("sector") < FAST).then(600).otherwise(200)
    return rows.with_columns(**texts, cadence=slow.cast(pl.Int32))


def kept_file(settings: Settings) -> Path:
    """Return the file for the footprints that were fetched, which need not exist."""
    return store_root(settings) / OWN_FOLDER / "sectors" / "footprints.json"


def kept_footprints(file: Path) -> list[list[float]] | None:
    """Return the footprints that were fetched; None if there are none that can be used."""
    try:
        return _checked(record_in(kept_bytes(file))["footprints"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("the kept footprints %s are not used: %s; a refresh fetches them again", file, bare_reason(error))
        return None


def _checked(rows: Any) -> list[list[float]]:
    """Return rows of a file of ours, after a check that they are footprints."""
    table = np.array(rows, dtype=float)
    if table.ndim != 2 or table.shape[1] != 13 or not len(table) or not np.isfinite(table).all():
        raise ValueError("its rows are not footprints")
    return rows  # type: ignore[no-any-return]


def refresh(settings: Settings) -> list[int]:
    """Fetch the archive's footprints, and return the sectors that they have: see `tess_source_sectors.accessors.refresh_sectors`."""
    from tess_source.download.lists import ABSENT, FAILED, UNCHANGED, Lists

    file = kept_file(settings)
    try:
        known = record_in(kept_bytes(file))
        _checked(known["footprints"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        known = {}
    with Lists(settings) as lists:
        answer = lists.fetch(ADDRESS, etag=str(known.get("etag", "")), modified=str(known.get("modified", "")))
        if answer.state in {ABSENT, FAILED}:
            raise DownloadError(answer.problem)
        if answer.state == UNCHANGED:
            return sorted({int(row[0]) for row in known["footprints"]})
        try:
            found = parse(answer.path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise DownloadError(f"{ADDRESS} is not the list of footprints: {bare_reason(error)}") from error
    sectors, chips = {int(row[0]) for row in found}, {tuple(row[:3]) for row in found}
    before = [row for row in known.get("footprints", ()) if tuple(row[:3]) not in chips]
    if lost := {int(row[0]) for row in before} - sectors:
        said = text_of_sectors(lost)
        log.warning("the archive's footprints do not have sectors %s any more; those that were kept are used", said)
    record = {"time": this_moment(), "etag": answer.etag, "modified": answer.modified, "footprints": [*before, *found]}
    write_whole(file, as_line(record).encode())
    return sorted({*sectors, *(int(row[0]) for row in before)})
