"""Pixels and sectors to come, from the optional package tess-point."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from tess_source._lazy import np, pl, whole
from tess_source.extras import check, is_installed, needed
from tess_source.names.sectors import SPECIAL
from tess_source.wording import keyword

__all__ = ["predicted"]

MODULE = "tess_stars2px"


def predicted(stars: pl.DataFrame, wanted: bool | None) -> pl.DataFrame | None:
    """Return where tess-point sees stars.

    Parameters
    ----------
    stars : polars.DataFrame
        `target`, `tic`, `ra`, `dec` [deg].
    wanted : bool, optional
        None: if tess-point is installed.

    Returns
    -------
    polars.DataFrame or None
        The columns of stars, and `sector`, `camera`, `ccd`, `column`, `row` (from 1; science pixels are columns 45 to 2092), `ahead`
        (true). None if it is not wanted, or not there. It takes some 0.1 s per star, and 3 s to begin with.

    Raises
    ------
    MissingExtraError
        If it is wanted, and tess-point is not installed.
    """
    if wanted is False:
        return None
    if wanted is None and not is_installed(MODULE):
        return None
    check(MODULE, "tess-point", keyword("pixels"))
    placed = stars.filter(pl.col("ra").is_not_null())
    found = _found(placed) if len(placed) else _no_rows()
    return placed.join(found, on="target").with_columns(ahead=True)


def _found(placed: pl.DataFrame) -> pl.DataFrame:
    whole("astropy")
    tess_point = _tess_point()
    places = (placed[name].to_numpy() for name in ("target", "ra", "dec"))
    target, _, _, sector, camera, ccd, column, row, _ = tess_point.tess_stars2px_function_entry(
        *places, scInfo=_pointings()
    )
    columns = {"target": target, "sector": sector, "camera": camera, "ccd": ccd, "column": column, "row": row}
    whole_numbers = {"target": pl.Int64, "sector": pl.Int32, "camera": pl.Int32, "ccd": pl.Int32}
    frame = pl.DataFrame({name: np.asarray(values) for name, values in columns.items()}).cast(whole_numbers)  # type: ignore[arg-type]
    return frame.filter(
        (pl.col("sector") > 0) & (pl.col("sector") < SPECIAL)
    )  # of no star at all, it gives one row of -1


def _no_rows() -> pl.DataFrame:
    types = {
        "target": pl.Int64,
        "sector": pl.Int32,
        "camera": pl.Int32,
        "ccd": pl.Int32,
        "column": pl.Float64,
        "row": pl.Float64,
    }
    return pl.DataFrame(schema=types)


@cache
def _pointings() -> Any:
    """Return tess-point's model of where the spacecraft points in each sector, which takes seconds to make."""
    return _tess_point().TESS_Spacecraft_Pointing_Data()


def _tess_point() -> ModuleType:
    return needed(MODULE, "tess-point", keyword("pixels"))
