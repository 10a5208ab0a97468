"""The light curves of a picture: one per sector, fetched and opened, in relative flux."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import LoadError, QueryError, TessSourceError
from tess_source.extras import check
from tess_source.files.exposure import exptime_of_headers
from tess_source.tables.file_errors import errors_of_file
from tess_source.tables.reasons import Reasons
from tess_source_dv.draw.figure import picture_file
from tess_source_dv.draw.target import only_target, tics_asked_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.tables.found import Found
    from tess_source.tables.plan import Manifest

__all__ = [
    "LAST",
    "Curve",
    "Gathered",
    "chosen",
    "curves_file",
    "gather",
    "has_curves",
    "name_of",
    "plain_numbers",
    "target_of",
]

log: logging.Logger = logger(__name__)

KINDS = ("lc", "fast-lc")
LAST = 1e5
"""A time beyond it is none [BTJD]: it is after the year 2280. Transits up to it would fill the memory."""


@dataclass(frozen=True)
class Curve:
    """The light curve of one sector."""

    sector: int
    time: NDArray[np.float64]
    """BTJD (BJD - 2457000, TDB), shape (n,), ascending, all finite."""
    flux: NDArray[np.float64]
    """Relative to the median of the sector, minus one [ppm], shape (n,), all finite."""
    exptime: float | None = None
    """Exposure time [s]."""
    pipeline: str = ""
    filename: str = ""
    simulated: bool = False
    """Whether the file's header says that it is (``SIMDATA = T``)."""
    meta: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Header of the file, as lightkurve gives it."""


@dataclass(frozen=True)
class Gathered:
    """Light curves, and the outcome of each file."""

    curves: tuple[Curve, ...]
    """By sector."""
    manifest: Manifest
    failed: Mapping[str, str]
    """File name → why it is not among the curves."""


def curves_file(path: str | Path | None) -> Path | None:
    """Return the path of a picture of light curves, as `tess_source_dv.draw.figure.picture_file` does.

    Raises
    ------
    MissingExtraError
        If lightkurve is not installed, which brings matplotlib with it.
    """
    check("lightkurve", "lightkurve", "opening light curves")
    return picture_file(path)


def target_of(found: Found, tic: int | None = None) -> int:
    """Return the TIC id of the target to show.

    Raises
    ------
    QueryError
        If the search has light curves or data validation of several and none is named, or none at all.
    """
    frame = found.products.to_polars().drop_nulls("tic")
    tics: list[int] = frame.filter(pl.col("kind") != "ffi")["tic"].unique(maintain_order=True).to_list()
    tics = tics_asked_for(found, tics)
    if not tics:
        raise QueryError(f"there is nothing to show: {_why(found)}")
    if tic is None:
        return only_target(tics)
    if tic not in tics:
        raise QueryError(f"TIC {tic} is not in this search; there is {text.first(tics, 5)}")
    return int(tic)


def name_of(found: Found, tic: int) -> str:
    """Return the name that the user gave, if it is more than the number."""
    targets = found.query.targets
    ours = [
        target
        for target in targets
        if target.tic == tic or (target.tic is None and target.resolver and len(targets) == 1)
    ]
    return next((target.text for target in ours if target.radius is None and str(tic) not in target.text), "")


def _why(found: Found) -> str:
    """Return on one line how an answer was obtained."""
    return "; ".join(found.explain().splitlines())


def has_curves(found: Found, tic: int | None = None) -> bool:
    """Check whether there are light curves (of a target) among the products of a search."""
    ours = pl.lit(True) if tic is None else pl.col("tic") == tic
    return len(found.products.where(pl.col("kind").is_in(KINDS) & ours)) > 0


def chosen(found: Found, tic: int) -> Found:
    """Select one light curve per sector: SPOC before TESS-SPOC before QLP, and 120 s before 20 s."""
    light = found.select(tic=tic, kind=list(KINDS), one_per_sector=True)
    if not len(light.products):
        raise QueryError(f"TIC {tic} has no light curves among what was found: {_why(found)}")
    return light


def gather(light: Found, root: str | Path | None = None, **options: Any) -> Gathered:
    """Fetch and open light curves.

    Parameters
    ----------
    light : Found
        As `chosen` gives it.
    root : str or Path, optional
        The folder for the files; the cache folder if None.
    **options
        Of lightkurve's reader, e.g. ``flux_column="sap_flux"``.

    Raises
    ------
    LoadError
        If none could be had; the message names the first reasons.
    """
    manifest = light.plan(root, layout="mast").download()
    curves: list[Curve] = []
    failed: dict[str, str] = {entry.item.filename: entry.error for entry in manifest if not entry.ok}
    for opened in manifest.ok.iter_read(**options):
        filename = opened.entry.item.filename
        try:
            if opened.error is not None:
                raise opened.error
            with errors_of_file(filename):
                curves.append(_relative_curve(opened.value, opened.entry.item))
        except (TessSourceError, OSError) as error:
            failed[filename] = str(error)
    for line in Reasons(failed).said("is not shown", "files are not shown"):
        log.warning("%s", line)
    if not curves:
        raise LoadError(f"no light curve could be shown: {Reasons(failed)}")
    return Gathered(tuple(sorted(curves, key=lambda curve: curve.sector)), manifest, failed)


def _relative_curve(opened: Any, item: Any) -> Curve:
    """Return time and relative flux of a lightkurve object."""
    if not hasattr(opened, "flux") or not hasattr(opened, "time"):
        raise LoadError(f"{type(opened).__name__} is no light curve")
    time, flux = plain_numbers(opened.time.btjd), plain_numbers(opened.flux)
    good = (np.abs(time) < LAST) & np.isfinite(flux)  # False for NaN
    middle = float(np.median(flux[good])) if good.any() else np.nan
    if not middle > 0:
        raise LoadError("it has no flux to be shown")
    order = np.argsort(time[good], kind="stable")
    return Curve(
        sector=int(item.first_sector if item.first_sector is not None else opened.meta.get("SECTOR") or 0),
        time=time[good][order],
        flux=(flux[good][order] / middle - 1) * 1e6,
        exptime=item.exptime if item.exptime is not None else exptime_of_headers([opened.meta]),
        pipeline=item.pipeline or "",
        filename=item.filename,
        simulated=opened.meta.get("SIMDATA") is True,
        meta=dict(opened.meta),
    )


def plain_numbers(values: Any) -> NDArray[np.float64]:
    """Return numbers without unit, NaN where they are masked."""
    mask = np.asarray(getattr(values, "mask", False))
    bare = getattr(values, "unmasked", values)
    array = np.array(getattr(bare, "value", bare), dtype=float)
    array[np.broadcast_to(mask, array.shape)] = np.nan
    return array


def simulated(curves: Sequence[Curve]) -> str:
    """Return a text that names the simulated light curves, by their own headers; empty if none is."""
    sectors = [curve.sector for curve in curves if curve.simulated]
    if not sectors:
        return ""
    return "simulated data" if len(sectors) == len(curves) else f"simulated: sectors {', '.join(map(str, sectors))}"
