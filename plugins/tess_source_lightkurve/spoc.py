"""Fast reader of light curves by SPOC and QLP as lightkurve's objects.

`lightkurve.read` builds a light curve three times. Here the table is read from the bytes at once, and the object is built once. The
result of lightkurve may change between versions, so the first file of every kind is read by `lightkurve.read`, built here as well, and
compared in all respects. If nothing differs, the next files of that kind are built here only. Otherwise lightkurve reads them, as it reads
all files that are not in standard form.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import FILTERS, np, whole
from tess_source.display.visible import logger
from tess_source.paths import user_path
from tess_source_lightkurve.build import CurveOptions, Look, Recipe, build
from tess_source_lightkurve.cards import Unsupported
from tess_source_lightkurve.plain import Plain, read_plain
from tess_source_lightkurve.readers import detect, lightkurve
from tess_source_lightkurve.same import differences

if TYPE_CHECKING:
    from lightkurve import TessLightCurve
    from numpy.typing import NDArray

__all__ = ["Unsupported", "read_light_curve"]

log: logging.Logger = logger(__name__)

_learnt: dict[object, Recipe | None] = {}
"""Kind of file and flux column → instructions to build it; None if the result would differ from lightkurve's."""


def read_light_curve(
    path: str | Path,
    *,
    quality_bitmask: str | int | None = "default",
    flux_column: str | None = None,
    **others: Any,
) -> TessLightCurve:
    """Read a light curve by SPOC or QLP, with a result equal to that of `lightkurve.read`.

    Parameters
    ----------
    path : str or Path
        A file as SPOC writes it (120 s, 20 s, or TESS-SPOC's from full-frame images) or QLP; plain or compressed by gzip.
    quality_bitmask : str or int, optional
        Cadences to leave out: ``"none"``, ``"default"``, ``"hard"``, ``"hardest"``, or bits of the column QUALITY.
    flux_column : str, optional
        Column to be called ``flux``, in lower case: ``pdcsap_flux`` for SPOC and ``sap_flux`` for QLP if not given. For SPOC its error
        is the column with the suffix ``_err``; QLP has one column of errors for all.
    **others
        Other arguments are not supported.

    Returns
    -------
    lightkurve.TessLightCurve
        Times in BTJD (BJD - 2457000, TDB), fluxes in electron / s by SPOC, relative by QLP; values big-endian as in
        the file.

    Raises
    ------
    Unsupported
        If the file is not in standard form, or would differ from the result of lightkurve: use `lightkurve.read`.
    OSError
        If the file cannot be read.
    """
    if others:
        raise Unsupported(f"arguments {', '.join(others)}")
    lightkurve()  # before its parts of astropy: see `tess_source.extras.imported_lightkurve`
    plain = read_plain(user_path(path))
    flux = plain.maker.flux_column if flux_column is None else flux_column
    asked = CurveOptions(flux, plain.maker.error_column(flux, plain.primary), quality_bitmask)
    key = (flux, asked.error_column, plain.kind)
    if key not in _learnt:
        with FILTERS:  # of several threads with files of a new kind, one makes the recipe and the others wait for it
            if key not in _learnt and _is_for_the_reader(plain):
                expected = _by_lightkurve(plain, asked)
                if len(expected):  # a file without a good cadence shows nothing of its kind
                    _learnt[key] = _recipe_for(plain, asked, expected)
                return expected
    recipe = _learnt.setdefault(key, None)
    if recipe is None:
        raise Unsupported("lightkurve reads such files otherwise")
    return build(plain, recipe, asked, _good(plain, quality_bitmask))


def _good(plain: Plain, quality_bitmask: Any) -> NDArray[np.bool_]:
    """Return lightkurve's mask of good cadences, among those with a time."""
    try:
        return plain.maker.good(plain.table["quality"][plain.timed], quality_bitmask, plain.primary)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unsupported(f"quality_bitmask {quality_bitmask!r}") from error


def _is_for_the_reader(plain: Plain) -> bool:
    """Return whether lightkurve uses its reader for the same pipeline; its arguments and defaults are those of this reader."""
    whole("astropy")
    from astropy.io import fits

    with fits.open(plain.path) as hdus:
        return detect(hdus) == plain.maker.filetype


def _by_lightkurve(plain: Plain, asked: CurveOptions) -> TessLightCurve:
    lk = lightkurve()
    try:
        curve: TessLightCurve = lk.read(
            plain.path, quality_bitmask=asked.quality_bitmask, flux_column=asked.flux_column
        )
    except lk.utils.LightkurveError as error:  # which wraps Ctrl-C, exit and lack of memory as well
        cause = error.__cause__
        if isinstance(cause, MemoryError) or not isinstance(cause, Exception | None):
            raise cause from None
        raise Unsupported(f"lightkurve: {error}") from error  # the caller asks again, and puts it into words
    return curve


def _recipe_for(plain: Plain, asked: CurveOptions, expected: TessLightCurve) -> Recipe | None:
    """Return instructions that build the same object as lightkurve; None if none of them does."""
    infos = {name: expected[name].info for name in expected.colnames}
    looks = {
        name: Look(info.unit, info.format, _is_masked(expected[name]), info.meta is not None)
        for name, info in infos.items()
    }
    author, good = (expected.meta.get(key) for key in ("AUTHOR", "QUALITY_MASK"))
    for recipe in (Recipe(looks, author, ordered=True), Recipe(looks, author, ordered=False)):
        try:
            found = differences(build(plain, recipe, asked, good), expected)
        except Exception as error:  # noqa: BLE001  whatever other versions do: lightkurve has read the file
            found = [f"{type(error).__name__}: {error}"]
        if not found:
            return recipe
        log.debug("%s is not built as lightkurve does it: %s", plain.path, "; ".join(found))
    return None


def _is_masked(column: Any) -> bool:
    whole("astropy")
    from astropy.table import MaskedColumn
    from astropy.utils.masked import Masked

    return isinstance(column, MaskedColumn | Masked)
