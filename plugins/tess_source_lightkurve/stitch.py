"""Stitching of light curves of several sectors into one, with the origin of each cadence."""

from __future__ import annotations

import logging
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source._lazy import np, whole
from tess_source.display.visible import logger
from tess_source.errors import LoadError, QueryError
from tess_source.tables.plan import Manifest
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from lightkurve import LightCurve
    from numpy.typing import NDArray

__all__ = ["stitch"]

log: logging.Logger = logger(__name__)

DAY = 86400.0
SAME_CADENCE = 0.05
"""Relative tolerance of equal cadences: the barycentric correction stretches them by less than 0.0002."""
LEAST_MEDIAN = 0.5
"""Least median of a relative flux that is no difference from the median."""
LINEAR = {"CDIPS": "ifl1", "TASOC": "flux_raw"}
"""Pipeline whose flux is in magnitudes or ppm → a column that is a flux."""
UNKNOWN = -1
"""Sector of a light curve whose sector is unknown."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One light curve, with the values that must agree between light curves."""

    curve: Any
    pipeline: str
    sector: int
    file: str
    target: str
    gaia: str
    """Its number in Gaia DR3, if the file says it: TGLC has several stars of one TIC id."""
    flux: str
    """Name of the column that is the flux."""
    unit: str
    cadence: float
    """Median time between cadences [s], not a number if there are fewer than two."""


def stitch(
    curves: Iterable[LightCurve] | Manifest,
    corrector_func: Callable[[LightCurve], LightCurve] | None = None,
    *,
    normalize: bool = True,
    allow_mixed: bool = False,
) -> LightCurve:
    """Stitch light curves of several sectors into one.

    Parameters
    ----------
    curves : iterable of lightkurve.LightCurve, or Manifest
        E.g. the result of `Manifest.load`. A manifest is loaded; files that cannot be opened are skipped with a warning.
    corrector_func : callable, optional
        Applied to each light curve in place of normalising, as in `lightkurve.LightCurveCollection.stitch`.
    normalize : bool
        Whether to divide each light curve by its own median, as lightkurve does.
    allow_mixed : bool
        Whether the light curves may differ in star, pipeline, cadence, flux column or unit, or have the same sector twice.

    Returns
    -------
    lightkurve.LightCurve
        Sorted by time, with the columns that all have, in their units, and for every cadence ``sector``, ``pipeline`` and ``file``. The
        latter two are indices into ``meta["PIPELINES"]`` and ``meta["FILES"]``: they take one and two bytes per cadence, and can be
        binned. The other entries of `meta` are those that are equal in all light curves.

    Raises
    ------
    QueryError
        If they are mixed, and that is not allowed; the message says how they differ. If they are to be normalised, but one is in
        magnitudes, or in ppm around zero; the message names the unit. Or if there are no light curves.
    TypeError
        If one is not a light curve.
    LoadError
        If nothing of a manifest could be opened.
    """
    parts = sorted(map(_segment_of, _opened_curves(curves)), key=_start_and_file)
    if not parts:
        raise QueryError("there are no light curves to be stitched")
    if (mixed := _differences_in_words(parts)) and not allow_mixed:
        raise QueryError(
            f"these light curves do not belong together: {'; '.join(mixed)}. Choose, e.g. by one_per_sector, pipeline or exptime, "
            "or give allow_mixed=True"
        )
    correct = corrector_func or (_normalized if normalize else _unchanged)
    if correct is _normalized:
        for part in parts:
            _check_unit(part.curve, allow_mixed)
    pipelines, files = _numbered(part.pipeline for part in parts), _numbered(part.file for part in parts)
    corrected = [
        _labelled(correct(part.curve), part.sector, pipelines[part.pipeline], files[part.file]) for part in parts
    ]
    whole = _sorted_by_time(_stacked(corrected))
    whole.meta = {
        **_common_entries([curve.meta for curve in corrected]),
        "SECTORS": sorted({part.sector for part in parts}),
        "PIPELINES": list(pipelines),
        "FILES": list(files),
    }
    return whole


# -- light curves and their values --


def _opened_curves(curves: Iterable[LightCurve] | Manifest) -> list[Any]:
    if not isinstance(curves, Manifest):
        return list(curves)
    opened = list(curves.iter_load())
    if len(curves) and not opened:
        raise LoadError(f"none of the {len(curves):,} files could be opened")
    return opened


def _segment_of(curve: Any) -> Segment:
    """Return a light curve with its values, from its meta or else from its file's name."""
    if not isinstance(curve, lightkurve().LightCurve):
        raise TypeError(f"only light curves can be stitched, not {type(curve).__name__}")
    meta: Mapping[str, Any] = curve.meta
    file = Path(str(meta.get("FILENAME") or "")).name
    said = names.parse(file)
    sector = said.first_sector if meta.get("SECTOR") is None else meta["SECTOR"]
    return Segment(
        curve,
        pipeline=str(meta.get("AUTHOR") or said.pipeline or "unknown"),
        sector=_sector_or_unknown(sector),
        file=file or "unknown",
        target=str(meta.get("TARGETID") or meta.get("LABEL") or "unknown"),
        gaia=str(meta.get("GAIADR3") or ""),
        flux=str(meta.get("FLUX_ORIGIN") or "unknown"),
        unit=_unit(curve),
        cadence=_cadence(curve),
    )


def _sector_or_unknown(value: Any) -> int:
    """Return a sector as a number of 16 bits, which the column has; a damaged header may have any value."""
    told = str(value) if isinstance(value, Integral | str) else ""
    return int(told) if told.isdecimal() and len(told) < len(str(2**15)) else UNKNOWN


def _unit(curve: Any) -> str:
    return str(getattr(curve.flux, "unit", None) or "") or "relative"


def _cadence(curve: Any) -> float:
    times = _times(curve)
    return float(np.median(np.diff(times))) * DAY if len(times) > 1 else math.nan


def _times(curve: Any) -> NDArray[np.float64]:
    """Return the valid times [d]."""
    every: Any = np.ma.asarray(curve.time.value, dtype=float)
    return np.asarray(np.ma.compressed(np.ma.masked_invalid(every)))


def _start_and_file(part: Segment) -> tuple[float, str]:
    times = _times(part.curve)
    return (float(times.min()) if len(times) else math.inf, part.file)


# -- differences --


def _differences_in_words(parts: Sequence[Segment]) -> list[str]:
    """Return in words how light curves differ that should agree."""
    counts = Counter((part.sector, part.target) for part in parts if part.sector != UNKNOWN)
    cadences = _distinct(sorted(part.cadence for part in parts if not math.isnan(part.cadence)))
    columns = {(part.pipeline, part.flux) for part in parts}
    found = {
        "stars": sorted({part.target for part in parts}),
        "stars of Gaia DR3": sorted({part.gaia for part in parts if part.gaia}),
        "pipelines": sorted({part.pipeline for part in parts}),
        "cadences": [f"{round(cadence)} s" for cadence in cadences],
        "units of flux": sorted({part.unit for part in parts}),
        "flux columns": sorted({flux for _, flux in columns})
        if len(columns) > len({name for name, _ in columns})
        else [],
    }
    twice = sorted({sector for (sector, _), count in counts.items() if count > 1})
    said = [f"{len(values)} {what} ({', '.join(values)})" for what, values in found.items() if len(values) > 1]
    return said + [f"sector {sector} more than once" for sector in twice]


def _distinct(ordered: Iterable[float]) -> list[float]:
    kept: list[float] = []
    for value in ordered:
        if not kept or value > kept[-1] * (1 + SAME_CADENCE):
            kept.append(value)
    return kept


# -- stitching --


def _check_unit(curve: Any, allow_mixed: bool) -> None:
    """Check that a flux can be divided by its median.

    Raises
    ------
    QueryError
        If it is in magnitudes, or in parts per million of a difference from the median.
    """
    unit, meta = _unit(curve), curve.meta
    author, origin = meta.get("AUTHOR"), meta.get("FLUX_ORIGIN") or "flux"
    if _is_logarithmic(curve):
        what = f"flux in {unit} cannot be divided by its median"
    elif _is_difference(curve, allow_mixed):
        what = f"flux in {unit} around zero is a difference from the median, and cannot be divided by it"
    else:
        return
    column = f", e.g. {LINEAR[author]!r}" if author in LINEAR else ""
    raise QueryError(
        f"{what} ({origin} of {author or 'unknown origin'}): load another column by flux_column={column}, convert it by corrector_func, "
        "or give normalize=False"
    )


def _normalized(curve: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*already.*")  # QLP's are in relative flux
        return curve.normalize()


def _is_logarithmic(curve: Any) -> bool:
    whole("astropy")
    from astropy.units import mag

    unit = getattr(curve.flux, "unit", None)
    return unit is not None and (hasattr(unit, "function_unit") or unit.is_equivalent(mag))


def _is_difference(curve: Any, allow_mixed: bool) -> bool:
    """Return whether a flux is in percent, ppt or ppm, but not around 1, where lightkurve's own normalisation leaves it.

    If mixtures are allowed, only what would be divided by about zero is a difference. lightkurve has the same limit for its warning.
    """
    whole("astropy")
    from astropy.units import dimensionless_unscaled

    unit = getattr(curve.flux, "unit", None)
    if unit is None or unit == dimensionless_unscaled or not unit.is_equivalent(dimensionless_unscaled):
        return False
    flux = getattr(curve.flux, "unmasked", curve.flux).to_value(dimensionless_unscaled)
    flux = flux[np.isfinite(flux)]
    least = LEAST_MEDIAN * (float(np.std(flux)) if allow_mixed else 1.0)
    return bool(len(flux)) and abs(float(np.median(flux))) < least


def _unchanged(curve: Any) -> Any:
    return curve


def _numbered(words: Iterable[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(words))}


def _labelled(curve: Any, sector: int, pipeline: int, file: int) -> Any:
    """Return a copy with three columns added: the caller may still use the light curve itself."""
    labelled = curve.copy(copy_data=False)
    for name, value, dtype in (("sector", sector, np.int16), ("pipeline", pipeline, np.int8), ("file", file, np.int16)):
        labelled[name] = np.full(len(labelled), value, dtype=dtype)
    return labelled


def _stacked(curves: list[Any]) -> Any:
    """Return light curves stacked by lightkurve, without columns whose units cannot be converted."""
    shared = set.intersection(*(set(curve.colnames) for curve in curves))  # all others are left out anyway
    odd = {name for name in shared if not _convertible([curve[name] for curve in curves])}
    if "flux" in odd:
        units = ", ".join(sorted(set(map(_unit, curves))))
        raise QueryError(f"flux in different units ({units}) can only be put together if it is normalised")
    if odd:
        log.warning("left out, because their units differ: %s", ", ".join(sorted(odd)))
        for curve in curves:
            curve.remove_columns(sorted(odd))
    return lightkurve().LightCurveCollection(curves).stitch(corrector_func=None)


def _convertible(columns: Sequence[Any]) -> bool:
    whole("astropy")
    from astropy.units import dimensionless_unscaled

    units = [getattr(column, "unit", None) or dimensionless_unscaled for column in columns]
    return all(units[0].is_equivalent(unit) for unit in units[1:])


def _sorted_by_time(curve: Any) -> Any:
    """Return a light curve sorted by time: light curves of one sector overlap."""
    times: Any = np.ma.filled(np.ma.asarray(curve.time.value, dtype=float), np.inf)
    return curve if (np.diff(times) >= 0).all() else curve[np.argsort(times, kind="stable")]


def _common_entries(metas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the entries that are equal in all: an entry of one sector's file may not be true of the whole."""
    first, *others = metas
    return {
        key: value
        for key, value in first.items()
        if not _is_array(value) and all(key in other and _equal(value, other[key]) for other in others)
    }


def _is_array(value: Any) -> bool:
    return getattr(value, "shape", ()) != ()


def _equal(one: Any, other: Any) -> bool:
    whole("astropy")
    from astropy.io.fits import Undefined

    if isinstance(one, Undefined) or isinstance(other, Undefined):  # a card without a value; no two of these are equal
        return isinstance(one, Undefined) and isinstance(other, Undefined)
    return not _is_array(other) and bool(one == other)
