"""What the cache folder remembers of the TESS Input Catalog: rows of stars, and the cones within which all stars are known.

It is one zip file with two Parquet tables, like a kept answer: written whole or not at all, and its checksums tell when it is damaged. Then
it counts as missing. Values do not expire: entries of the TIC change with its versions only, every few years. That there is nothing does.
"""

from __future__ import annotations

import io
import logging
import zipfile
from pathlib import Path

from tess_source._lazy import pl
from tess_source.cache.keep import keep, kept_bytes
from tess_source.display.visible import logger
from tess_source.settings import OWN_FOLDER, Settings, is_explicit, store_root
from tess_source.tables.nearest import separation
from tess_source_stars.columns import SCHEMA
from tess_source_stars.service import Cone

__all__ = ["Remembered"]

log: logging.Logger = logger(__name__)

TABLES = {
    "stars": SCHEMA,
    "cones": {"ra": "Float64", "dec": "Float64", "radius": "Float64", "asked": "String", "stars": "Int64"},
}
"""Table → its columns and their polars types. Cones have their radius in arcsec, and how many stars came."""


class Remembered:
    """The stars and cones of the TIC in the cache folder of a session's server.

    Parameters
    ----------
    settings : Settings
        Answers of another server than the archive's own are remembered only if a cache folder was chosen.
    """

    def __init__(self, settings: Settings) -> None:
        self.root: Path = store_root(settings)
        self.path: Path = self.root / OWN_FOLDER / "tic" / "tic.zip"
        self.problem: str = ""
        """Why nothing is remembered, or why the file cannot be used."""
        self._kept: bool = settings.server is None or is_explicit(settings.cache)
        if not self._kept:
            self.problem = f"{settings.server} is not the archive's own server, and no cache folder was chosen"
        self.stars, self.cones = self._read()

    def keep(self, stars: pl.DataFrame, cones: pl.DataFrame | None = None) -> None:
        """Add rows; a star that is there already is replaced. What another process has added meanwhile stays.

        What this process has is added again: another, which wrote at the same moment, may have written without it.
        """
        there = self._read()
        self.stars = _merged(there[0], self.stars, stars, ["tic"])
        self.cones = _merged(there[1], self.cones, _empty("cones") if cones is None else cones, ["ra", "dec", "radius"])
        if self._kept:
            keep(self.path, _zip_bytes({"stars": self.stars, "cones": self.cones}), self.root)

    def around(self, cone: Cone) -> pl.DataFrame:
        """Return the cones that hold a cone, so that all its stars are known; none: they are not."""
        away = self.cones.select(away=separation(cone.ra, cone.dec, ra="ra", dec="dec"))["away"]
        return self.cones.filter(away + cone.radius <= self.cones["radius"] + ACCURACY)

    def within(self, cone: Cone) -> pl.DataFrame:
        """Return the known stars within a cone, nearest first, with their `separation` from its centre [arcsec]."""
        found = self.stars.with_columns(separation=separation(cone.ra, cone.dec, ra="ra", dec="dec"))
        return found.filter(pl.col("separation") <= cone.radius).sort("separation", "tic")

    def _read(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        empty = {name: _empty(name) for name in TABLES}
        if not self._kept:
            return empty["stars"], empty["cones"]
        try:
            stars, cones = (_table(name, data) for name, data in _members(self.path).items())
        except FileNotFoundError:
            return empty["stars"], empty["cones"]
        except Exception as error:  # noqa: BLE001  zip files and Parquet can be damaged in many ways
            self.problem = f"{str(self.path)!r} is kept, but cannot be used: {error}"
            log.info("%s", self.problem)
            return empty["stars"], empty["cones"]
        return stars, cones


ACCURACY = 1e-3
"""[arcsec]: the same cone is the same, however its numbers were rounded."""


def _merged(there: pl.DataFrame, known: pl.DataFrame, new: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Return the new rows, and of all other keys the row that was asked for last."""
    old = pl.concat([there, known]).sort("asked", maintain_order=True)
    return pl.concat([old, new]).unique(key, keep="last", maintain_order=True).sort(key)


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema={column: getattr(pl, kind) for column, kind in TABLES[name].items()})


def _zip_bytes(tables: dict[str, pl.DataFrame]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:  # stored: Parquet is compressed
        for name, table in tables.items():
            rows = io.BytesIO()
            table.write_parquet(rows)
            pack.writestr(f"{name}.parquet", rows.getvalue())
    return out.getvalue()


def _members(path: Path) -> dict[str, bytes]:
    data = kept_bytes(path)
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        members = {name: pack.getinfo(f"{name}.parquet") for name in TABLES}
        if any(one.compress_type != zipfile.ZIP_STORED or one.file_size > len(data) for one in members.values()):
            raise ValueError("it holds more than it can")
        return {name: pack.read(member) for name, member in members.items()}


def _table(name: str, data: bytes) -> pl.DataFrame:
    frame = pl.read_parquet(io.BytesIO(data))
    if {column: str(kind) for column, kind in frame.schema.items()} != TABLES[name]:
        raise ValueError(f"the columns of its table of {name} are those of another version")
    return frame
