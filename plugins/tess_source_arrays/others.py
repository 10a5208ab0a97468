"""What is known about the columns of pipelines other than SPOC: units and meanings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tess_source_arrays.series import Series

__all__ = ["OF_OTHERS"]

PER_S, RELATIVE = "electron/s", ""


def _columns(names: str, type_: str, unit: str, text: str) -> Iterator[Series]:
    return (Series(name, type_, unit, text) for name in names.split())


QLP = (
    *_columns("sap_flux", "float32", RELATIVE, "flux in the aperture"),
    *_columns("kspsap_flux kspsap_flux_sml kspsap_flux_lag", "float32", RELATIVE, "detrended flux, relative (sectors 1 to 55)"),
    *_columns("det_flux det_flux_sml det_flux_lag", "float32", RELATIVE, "detrended flux, relative (from sector 56 on)"),
    *_columns("sys_rm_flux", "float32", RELATIVE, "flux without systematics, relative (from sector 56 on)"),
    *_columns("kspsap_flux_err det_flux_err", "float32", RELATIVE, "uncertainty, one number for all cadences"),
    *_columns("sap_bkg sap_bkg_err", "float32", "", "background; its unit is not documented"),
    *_columns("sap_x sap_y", "float32", "pixel", "place of the star"),
    *_columns("orbitid", "int32", "", "number of the orbit"),
    *_columns("quality", "int32", "", "quality flags, as bits: TESS's and QLP's own"),
)  # fmt: skip
TGLC = (
    *_columns("psf_flux aperture_flux psf_flux_raw aperture_flux_raw", "float32", PER_S, "flux, by a fit of the PSF or in the aperture"),
    *_columns("cal_psf_flux cal_aper_flux", "float32", RELATIVE, "detrended flux, relative to its median"),
    *_columns("psf_flux_err aperture_flux_err", "float32", PER_S, "uncertainty, one number for all cadences"),
    *_columns("cal_psf_flux_err cal_aper_flux_err", "float32", RELATIVE, "uncertainty, one number for all cadences"),
    *_columns("background", "float32", PER_S, "background"),
    *_columns("cadence_num", "int32", "", "number of the cadence"),
    *_columns("tess_flags", "int16", "", "quality flags of TESS, as bits"),
    *_columns("tglc_flags", "int16", "", "quality flags of TGLC: 1 is bad"),
)  # fmt: skip
TASOC = (
    *_columns("flux_raw flux_raw_err", "float64", PER_S, "flux in the aperture, and its uncertainty"),
    *_columns("flux_bkg", "float64", PER_S, "background"),
    *_columns("flux_corr flux_corr_err", "float64", "ppm", "corrected flux as difference from its median, and its uncertainty"),
    *_columns("quality", "int32", "", "quality flags of TASOC, as bits"),
    *_columns("pixel_quality", "int32", "", "quality flags of TESS, as bits"),
)  # fmt: skip
ELEANOR = (
    *_columns("raw_flux corr_flux pca_flux psf_flux", "float32", PER_S, "flux: raw, corrected, by components, by a fit of the PSF"),
    *_columns("flux_err", "float32", PER_S, "uncertainty of `raw_flux`"),
    *_columns("flux_bkg", "float32", PER_S, "background per pixel"),
    *_columns("barycorr", "float32", "d", "light travel time correction that `time` has in it"),
    *_columns("x_centroid y_centroid x_com y_com", "float32", "pixel", "place of the star in its postcard and cutout"),
    *_columns("ffiindex", "int32", "", "number of the full-frame image"),
)  # fmt: skip
CDIPS = (
    *_columns("tmid_bjd", "float64", "d", "middle of the cadence at the barycentre: BJD, TDB"),
    *_columns("ifl1 ifl2 ifl3 ife1 ife2 ife3", "float64", "ADU", "flux in three apertures, and its uncertainty"),
    *_columns("irm1 irm2 irm3 ire1 ire2 ire3", "float64", "mag", "instrumental magnitude, and its uncertainty"),
    *_columns("tfa1 tfa2 tfa3 pca1 pca2 pca3", "float64", "mag", "detrended magnitude"),
)  # fmt: skip
TARS = (*_columns("flux", "float32", RELATIVE, "flux, relative to its median"),)

OF_OTHERS: Mapping[str, Mapping[str, Series]] = {
    pipeline: {one.name: one for one in columns}
    for pipeline, columns in {
        "QLP": QLP,
        "TGLC": TGLC,
        "TASOC": TASOC,
        "GSFC-ELEANOR-LITE": ELEANOR,
        "ELEANOR": ELEANOR,
        "CDIPS": CDIPS,
        "TARS": TARS,
    }.items()
}
"""Pipeline → its columns that are not those of SPOC, by name. Those of CDIPS and TARS are known from documents only."""
