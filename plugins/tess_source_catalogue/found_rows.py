"""Finds the rows of observations in volumes: in the view where it is of the present lists, else in the lists.

`tess_source_catalogue.reading` asks for them, and `tess_source_catalogue.tables` makes tables of them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians, sin
from pathlib import Path
from typing import NamedTuple

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.tables.among import among
from tess_source_catalogue.bundles import Bundles, count_of, numbered, stacked
from tess_source_catalogue.compose import Composed, composed
from tess_source_catalogue.folder import CatalogueFolder
from tess_source_catalogue.stored import SCALE, unscaled
from tess_source_catalogue.view import bundles_of, rows_path, scanned
from tess_source_catalogue.volumes import Volume

__all__ = ["FoundRows", "Place", "find_rows", "in_cone"]

log: logging.Logger = logger(__name__)

Place = tuple[float, float, float]
"""Right ascension, declination and radius, all in degrees."""


class FoundRows(NamedTuple):
    """Rows of observations, and what their bundles say."""

    rows: pl.DataFrame
    """A row per observation: see `tess_source_catalogue.compose.Composed`, with positions in degrees."""
    bundles: Bundles


def find_rows(
    folder: CatalogueFolder,
    present: Iterable[Volume],
    tics: pl.Series | None,
    sectors: Collection[int] | None,
    pipelines: Collection[str] | None,
    place: Place | None,
) -> FoundRows:
    """Return the rows of observations that are asked for, and all bundles of their volumes, numbered anew.

    Parameters
    ----------
    folder : CatalogueFolder
    present : iterable of Volume
        Where to look.
    tics : polars.Series of int, optional
    sectors : collection of int, optional
        Last sectors.
    pipelines : collection of str, optional
        In capital letters.
    place : tuple of float, optional

    Raises
    ------
    FileNotFoundError
        If an update has just replaced what is read.
    """
    found, asked = list(present), _Choice(tics, sectors, pipelines, place)
    views = _views(folder, found)
    bundles = stacked(tuple(view.path for view in views.values()))
    read = _of_views(views, asked)
    rows = [*read.values()]
    if lists := [_of_lists(volume, asked) for volume in found if volume not in read]:
        whole = numbered([bundles.frame, *(part.bundles for part in lists)])
        begin = count_of(bundles.frame)
        for part in lists:
            rows.append(part.rows.with_columns(pl.col("bundle") + begin))
            begin += count_of(part.bundles)
        bundles = Bundles(whole)
    return FoundRows(asked.exactly(_stacked(rows)), bundles)


def _stacked(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return rows with positions in degrees, those stored alike together."""
    alike: dict[tuple[object, ...], list[pl.DataFrame]] = {}
    for part in parts:
        alike.setdefault((*part.columns, *part.dtypes), []).append(part)
    whole = [unscaled(pl.concat(same)) for same in alike.values()]
    return whole[0] if len(whole) == 1 else pl.concat(whole, how="diagonal") if whole else pl.DataFrame()


def in_cone(place: Place, ra: str = "ra", dec: str = "dec") -> pl.Expr:
    """Return whether positions [deg] lie in a cone: by the length of the chord between two directions."""
    here_ra, here_dec, radius = (radians(value) for value in place)
    there_ra, there_dec = (pl.col(name) * radians(1) for name in (ra, dec))
    half_angle = ((there_dec - here_dec) / 2).sin().pow(2) + cos(here_dec) * there_dec.cos() * (
        (there_ra - here_ra) / 2
    ).sin().pow(2)
    reach = sin(min(radius, radians(180)) / 2) ** 2
    band = pl.col(dec).is_between(place[1] - place[2], place[1] + place[2])
    return band & (half_angle <= reach)


@dataclass(frozen=True)
class _Choice:
    """Which rows are asked for: see `find_rows`."""

    tics: pl.Series | None
    sectors: Collection[int] | None
    pipelines: Collection[str] | None
    place: Place | None

    @cached_property
    def of_stars(self) -> pl.Expr:
        """Whether rows are of the stars."""
        assert self.tics is not None
        return _of_stars(self.tics)

    def rows(self, volume: Volume, rows: pl.LazyFrame, bundles: pl.DataFrame) -> pl.LazyFrame:
        """Return the rows of a volume; of a cone, those of its band of declinations."""
        if self.tics is not None:
            rows = rows.filter(self.of_stars)
        told = bundles
        if self.sectors is not None and not volume.sectors <= {*self.sectors}:
            told = told.filter(pl.col("last_sector").is_in(list(self.sectors)))
        if self.pipelines is not None and volume.pipeline not in self.pipelines:
            told = told.filter(pl.col("pipeline").str.to_uppercase().is_in(list(self.pipelines)))
        if told.height < bundles.height:
            rows = rows.filter(pl.col("bundle").is_in(among(told["bundle"].unique())))
        return rows if self.place is None else rows.filter(_in_band(self.place, rows.collect_schema()))

    def exactly(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return those of the rows that lie in the cone."""
        if self.place is None:
            return rows
        near = in_cone(self.place)
        if "s_ra" in rows.columns:
            near = pl.when(pl.col("s_ra").is_not_null()).then(in_cone(self.place, "s_ra", "s_dec")).otherwise(near)
        return rows.filter(near)


def _in_band(place: Place, schema: Mapping[str, object]) -> pl.Expr:
    """Return whether rows as they are stored may lie in a cone, by their declination alone."""
    _, dec, radius = place
    scale, rim = (SCALE, 1.0) if schema["dec"] == pl.Int32 else (1.0, 1e-9)
    band = pl.col("dec").is_between((dec - radius) * scale - rim, (dec + radius) * scale + rim)
    return band | pl.col("s_dec").is_between(dec - radius, dec + radius) if "s_dec" in schema else band


class _View(NamedTuple):
    """What the view has of a volume."""

    path: Path
    rows: pl.LazyFrame
    bundles: pl.DataFrame


def _views(folder: CatalogueFolder, present: Sequence[Volume]) -> dict[Volume, _View]:
    """Return what the view has of volumes; without those that it does not have, or not whole."""
    views: dict[Volume, _View] = {}
    for volume in present:
        path = rows_path(folder, volume)
        with suppress(FileNotFoundError), _not_whole(path):
            views[volume] = _View(path, scanned(path), bundles_of(path))
    return views


def _of_views(views: Mapping[Volume, _View], asked: _Choice) -> dict[Volume, pl.DataFrame]:
    """Return the rows that the view has of volumes, without those of which it is damaged. Bundles are numbered as `stacked` does."""
    lazy: dict[Volume, pl.LazyFrame] = {}
    begin = 0
    for volume, (path, rows, bundles) in views.items():
        with _not_whole(path):
            lazy[volume] = asked.rows(volume, rows, bundles).with_columns(pl.col("bundle") + begin)
        begin += count_of(bundles)
    try:
        return dict(zip(lazy, _collected([*lazy.values()]), strict=True))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        # Each is read alone, to leave out the damaged one only.
        read: dict[Volume, pl.DataFrame] = {}
        for volume, one in lazy.items():
            with _not_whole(views[volume].path):
                read[volume] = _collected([one])[0]
        return read


def _of_lists(volume: Volume, asked: _Choice) -> Composed:
    """Return what the lists of a volume have."""
    whole = composed(volume, asked.tics)
    return Composed(asked.rows(volume, whole.rows.lazy(), whole.bundles).collect(), whole.bundles)


def _collected(rows: Sequence[pl.LazyFrame]) -> list[pl.DataFrame]:
    return pl.collect_all(rows) if rows else []


@contextmanager
def _not_whole(path: Path) -> Iterator[None]:
    """Leave out what cannot be read of the view, and note it."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        log.info("the view is not whole, the lists are read: %s: %s", path, error)


def _of_stars(tics: pl.Series) -> pl.Expr:
    """Return the mask of rows of stars. The limits let groups of rows be skipped by what is known of each."""
    if not len(tics):
        return pl.lit(value=False)
    if len(tics) == 1:
        return pl.col("tic") == int(tics[0])
    between = pl.col("tic").is_between(int(tics[0]), int(tics[-1]))
    return between & pl.col("tic").is_in(among(tics))
