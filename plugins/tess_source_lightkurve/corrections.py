"""Light curves that lightkurve reads otherwise than their pipelines mean them: TGLC, TASOC, eleanor and CDIPS.

lightkurve reads every cadence with a time. What it gets wrong is set right in its object, and then the bad cadences are left out:

- TGLC: its errors are constants in the header, its second column of flags is ignored, and raw fluxes lose their unit.
- TASOC: its flags are ignored.
- eleanor: the background is called a percentage and cannot be the flux, and where RAW_FLUX is negative errors are so too.
- CDIPS: times are off by 2,457,000 days, and magnitudes have no unit. No file of CDIPS was at hand: this follows from its documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, whole
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from astropy.io.fits import HDUList
    from numpy.typing import NDArray

__all__ = ["Correction", "correction_of"]

ELECTRONS = "electron/s"
TGLC_ERRORS = {
    "psf_flux": "PSF_ERR",
    "aperture_flux": "APER_ERR",
    "cal_psf_flux": "CPSF_ERR",
    "cal_aper_flux": "CAPE_ERR",
}
"""TGLC's fluxes → the keywords of their errors. The comments of the calibrated ones say e-/s, but they are relative as the fluxes are."""
TASOC_BAD = 1 | 2
"""TASOC's flags of cadences that it calls bad: by pixel flags, and by hand."""
OF_ELEANOR = 1 << 17 | 1 << 18
"""Bits that eleanor adds to TESS's own; lightkurve leaves their cadences out with "hardest"."""
ELEANOR_FLUXES = frozenset({"raw_flux", "corr_flux", "pca_flux", "psf_flux"})
"""eleanor's fluxes that the error of RAW_FLUX is scaled to."""
OWN_COLUMNS = frozenset({"flux", "flux_err", "raw_flux_err"})
"""Columns that lightkurve adds to eleanor's, and that are no choices for the flux."""
CDIPS_MAGNITUDES = ("irm", "tfa", "pca")
"""How the names of CDIPS's columns of magnitudes begin."""
BJD_OF_BTJD_0 = 2457000.0
LAST_BTJD = 100_000.0
"""Later times than this are no BTJD, but BJD: the year 2288."""


@dataclass(frozen=True)
class Correction:
    """What is done with the light curves of one pipeline."""

    flux_column: str
    """Column that is the flux if you name none."""
    correct: Callable[[Any, str], None]
    """Sets right what is wrong in a light curve with all cadences, given the name of its flux column."""
    good: Callable[[Any, Any], NDArray[np.bool_]] | None
    """Gives the mask of good cadences for a bitmask; None if lightkurve leaves out the bad ones as it should."""
    arguments: Mapping[str, Any]
    """Arguments with which lightkurve reads every cadence, in place of the user's."""
    repair: Callable[[HDUList], bool] | None = None
    """Takes out of an opened file what lightkurve fails at, and tells whether there was such; None if it fails at nothing."""

    def apply(self, curve: Any, chosen: Mapping[str, Any]) -> Any:
        """Return a light curve as it should be.

        Parameters
        ----------
        curve : TessLightCurve
            The object of lightkurve, with every cadence that has a time.
        chosen : mapping
            The user's arguments.

        Raises
        ------
        KeyError
            If there is no such column for the flux.
        """
        self.correct(curve, str(chosen.get("flux_column", self.flux_column)).lower())
        if self.good is None:
            return curve
        bitmask = chosen.get("quality_bitmask", "default")
        good = self.good(curve, bitmask)
        kept = curve[good]
        kept.meta.update(QUALITY_BITMASK=bitmask, QUALITY_MASK=good)
        return kept


def correction_of(filetype: str) -> Correction | None:
    """Return the correction for one of lightkurve's types of files; None if its object is right."""
    return CORRECTIONS.get(filetype)


def _unflagged(flags: Any, bitmask: Any) -> NDArray[np.bool_]:
    """Return lightkurve's mask of good cadences for TESS's own flags; it logs a warning if many are left out."""
    masks = lightkurve().utils.TessQualityFlags
    good: NDArray[np.bool_] = masks.create_quality_mask(np.asarray(flags, np.int64), bitmask)
    return good


def _leaves_out(bitmask: Any) -> bool:
    """Return whether a bitmask is a word that stands for all bad cadences, not for certain bits of TESS."""
    return isinstance(bitmask, str) and bitmask != "none"


def _quantity(values: Any, unit: str) -> Any:
    whole("astropy")
    from astropy.units import Quantity

    return Quantity(values, unit, dtype=values.dtype)


def _values(column: Any) -> NDArray[Any]:
    """Return the values of a column, NaN where it is masked."""
    bare: NDArray[Any] = np.asarray(getattr(column, "unmasked", getattr(column, "data", column)))
    return np.asarray(getattr(bare, "value", bare))


# -- TGLC --


def _correct_tglc(curve: Any, flux: str) -> None:
    values = _values(curve["flux"])
    calibrated = flux.startswith("cal_")
    unit = "" if calibrated or not flux.endswith(("flux", "flux_raw", "background")) else ELECTRONS
    error = curve.meta.get(TGLC_ERRORS.get(flux, ""), np.nan)
    curve["flux"] = _quantity(values, unit)
    curve["flux_err"] = _quantity(np.full(len(values), error, values.dtype), unit)
    curve.meta["NORMALIZED"] = calibrated


def _without_blank_tic(hdus: HDUList) -> bool:
    """Remove a TIC id that is no number: not every star of Gaia is in the TIC."""
    try:
        int(hdus[0].header.get("TICID", 0))
    except (ValueError, TypeError):
        del hdus[0].header["TICID"]
        return True
    return False


def _good_in_tglc(curve: Any, bitmask: Any) -> NDArray[np.bool_]:
    good = _unflagged(curve["tess_flags"], bitmask)
    if _leaves_out(bitmask):
        good &= np.asarray(curve["tglc_flags"]) == 0
    return good


# -- TASOC --


def _correct_tasoc(curve: Any, flux: str) -> None:
    curve.meta["NORMALIZED"] = flux == "flux_corr"


def _good_in_tasoc(curve: Any, bitmask: Any) -> NDArray[np.bool_]:
    good = np.ones(len(curve), np.bool_)
    if "pixel_quality" in curve.colnames:
        good = _unflagged(curve["pixel_quality"], bitmask)
    if _leaves_out(bitmask):
        good &= (np.asarray(curve["quality"]) & (-1 if bitmask == "hardest" else TASOC_BAD)) == 0
    return good


# -- eleanor --


def _correct_eleanor(curve: Any, flux: str) -> None:
    """Set flux and error: FLUX_ERR is that of RAW_FLUX, and is scaled to the others as lightkurve does it."""
    curve["flux_bkg"] = _quantity(_values(curve["flux_bkg"]), ELECTRONS)  # per pixel
    if flux in OWN_COLUMNS:
        raise KeyError(flux)
    values, raw, error = (_values(curve[name]) for name in (flux, "raw_flux", "raw_flux_err"))
    with np.errstate(all="ignore"):
        scaled = error if flux == "raw_flux" else values * error / raw
    scaled = np.where(scaled < 0, error, scaled) if flux in ELEANOR_FLUXES else np.full_like(error, np.nan)
    curve["flux"] = _quantity(values, ELECTRONS)
    curve["flux_err"] = _quantity(scaled, ELECTRONS)
    curve.meta["FLUX_ORIGIN"] = flux


def _good_in_eleanor(curve: Any, bitmask: Any) -> NDArray[np.bool_]:
    good = _unflagged(curve["quality"], bitmask)
    return good & _unflagged(curve["quality"], OF_ELEANOR) if bitmask == "hardest" else good


# -- CDIPS --


def _correct_cdips(curve: Any, flux: str) -> None:
    whole("astropy")
    from astropy.time import TimeDelta
    from astropy.units import dimensionless_unscaled

    if len(curve) and np.nanmedian(curve.time.value) > LAST_BTJD:
        curve["time"] = curve.time - TimeDelta(BJD_OF_BTJD_0, format="jd")
    for name in ("flux", "flux_err") if flux.startswith(CDIPS_MAGNITUDES) else ():
        if curve[name].unit in {None, dimensionless_unscaled}:
            curve[name] = _quantity(_values(curve[name]), "mag")


EVERY = {"quality_bitmask": "none"}
CORRECTIONS = {
    "TGLC": Correction("cal_psf_flux", _correct_tglc, _good_in_tglc, EVERY, _without_blank_tic),
    "TASOC": Correction("flux_corr", _correct_tasoc, _good_in_tasoc, EVERY),
    "ELEANOR": Correction("corr_flux", _correct_eleanor, _good_in_eleanor, EVERY | {"flux_column": "raw_flux"}),
    "CDIPS": Correction("irm1", _correct_cdips, None, {}),
}
