"""Light curves of TGLC, TASOC, eleanor and CDIPS are what their pipelines mean, where lightkurve reads something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from sample_files import content, entry_of

import tess_source_lightkurve as plugin
from tess_source.errors import NoColumnError, NoReaderError
from tess_source_lightkurve.readers import lightkurve

TGLC = "hlsp_tglc_tess_ffi_gaiaid-4623036865373793408-s0001-cam4-ccd2_tess_v1_llc.fits"
TASOC = "hlsp_tasoc_tess_ffi_tic00261136679-s0001-cam4-ccd2-c1800_tess_v05_ens-lc.fits"
ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits"
CDIPS = "hlsp_cdips_tess_ffi_gaiatwo0005318059532750974720-0008-cam3-ccd4_tess_v01_llc.fits"
PATHOS = "hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1_llc.fits"
TARS = "hlsp_tars_tess_ffi_s0055-0000000051791910_tess_v01_lc.fits"
T16 = "hlsp_t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01_llc.fits"
DIAMANTE = "hlsp_diamante_tess_lightcurve_tic-0000000261136679_tess_v1_llc.fits"

BTJD = 1325.0 + np.arange(8) / 48
ONES = np.ones(8)

Columns = dict[str, tuple[str, Any]]


def written(path: Path, cards: dict[str, Any], columns: Columns, table_cards: dict[str, Any] | None = None) -> Path:
    """Write a light curve with these cards and columns: name → FITS type and values."""
    table = fits.BinTableHDU.from_columns(
        [fits.Column(name, form, array=values) for name, (form, values) in columns.items()]
    )
    table.header.update({"EXTNAME": "LIGHTCURVE", "BJDREFI": 2457000, **(table_cards or {})})
    primary = fits.PrimaryHDU(header=fits.Header({"TELESCOP": "TESS", "NEXTEND": 1, **cards}))
    more = [fits.ImageHDU(np.zeros((2, 2), "f4"))] if "LITE" in cards else []
    fits.HDUList([primary, table, *more]).writeto(path)
    return path


def bare(column: Any) -> Any:
    """Return the values of a column without unit and mask."""
    return np.ma.filled(np.ma.asarray(getattr(column, "unmasked", column).value), np.nan)


def load(path: Path, **options: Any) -> Any:
    return plugin.tess_load(entry_of(path), options)


# -- TGLC --

ERRORS = {"PSF_ERR": 134.5, "APER_ERR": 111.25, "CPSF_ERR": 0.00075, "CAPE_ERR": 0.0005}
FLUXES = ("psf_flux", "aperture_flux", "cal_psf_flux", "cal_aper_flux")


@pytest.fixture
def tglc(tmp_path: Path) -> Path:
    """A file with a cadence that TESS flags (desaturation), and two that TGLC flags."""
    return written(
        tmp_path / TGLC,
        {"ORIGIN": "UCSB/TGLC", "TICID": "261136679", "GAIADR3": 4623036865373793408, "SECTOR": 1},
        {
            "time": ("D", BTJD),
            **{name: ("E", ONES * (1 if name.startswith("cal") else 5000)) for name in (*FLUXES, "background")},
            "cadence_num": ("J", np.arange(8)),
            "TESS_flags": ("I", [0, 32, 0, 0, 0, 0, 0, 4096]),
            "TGLC_flags": ("I", [0, 0, 1, 1, 0, 0, 0, 0]),
        },
        ERRORS,
    )


@pytest.mark.parametrize(
    ("column", "keyword", "unit"),
    [
        ("psf_flux", "PSF_ERR", "electron/s"),
        ("aperture_flux", "APER_ERR", "electron/s"),
        ("cal_psf_flux", "CPSF_ERR", ""),
        ("cal_aper_flux", "CAPE_ERR", ""),
    ],
)
def test_errors_of_tglc_are_the_constants_of_its_header(tglc: Path, column: str, keyword: str, unit: str) -> None:
    curve = load(tglc, flux_column=column)
    assert (curve.flux.unit, curve.flux_err.unit) == (u.Unit(unit), u.Unit(unit))
    np.testing.assert_allclose(curve.flux_err.value, ERRORS[keyword], rtol=1e-6)
    assert curve.meta["FLUX_ORIGIN"] == column
    assert curve.meta["NORMALIZED"] is column.startswith("cal_")


def test_a_column_of_tglc_without_an_error_has_none(tglc: Path) -> None:
    curve = load(tglc, flux_column="background")
    assert np.isnan(curve.flux_err.value).all()
    assert curve.flux.unit == u.Unit("electron/s")


@pytest.mark.parametrize(
    ("bitmask", "kept"),
    [
        ({}, [0, 4, 5, 6, 7]),
        ({"quality_bitmask": "hard"}, [0, 4, 5, 6]),
        ({"quality_bitmask": "hardest"}, [0, 4, 5, 6]),
        ({"quality_bitmask": "none"}, [*range(8)]),
        ({"quality_bitmask": None}, [*range(8)]),
        ({"quality_bitmask": 0}, [*range(8)]),
        ({"quality_bitmask": 32}, [0, 2, 3, 4, 5, 6, 7]),
        ({"quality_bitmask": 2**20}, [*range(8)]),
    ],
    ids=str,
)
def test_both_columns_of_flags_count_for_tglc(tglc: Path, bitmask: dict[str, Any], kept: list[int]) -> None:
    """A number is a mask of TESS's bits alone."""
    curve = load(tglc, **bitmask)
    assert list(curve["cadence_num"]) == kept
    assert curve.meta["QUALITY_BITMASK"] == bitmask.get("quality_bitmask", "default")
    assert list(np.flatnonzero(curve.meta["QUALITY_MASK"])) == kept
    assert {"tess_flags", "tglc_flags"} <= {*curve.colnames}


def test_a_star_of_tglc_has_its_tic_and_its_gaia_number(tglc: Path) -> None:
    curve = load(tglc)
    assert (curve.meta["TARGETID"], curve.meta["GAIADR3"]) == (261136679, 4623036865373793408)
    assert curve.meta["AUTHOR"] == "TGLC"


@pytest.mark.parametrize("blank", ["", " ", "nan", "None"])
def test_a_star_of_gaia_without_a_tic_id_is_opened_under_its_gaia_number(tglc: Path, blank: str) -> None:
    whole, name = load(tglc), "Gaia DR3 4623036865373793408"
    fits.setval(tglc, "TICID", value=blank)
    fits.setval(tglc, "OBJECT", value=name)
    curve = load(tglc)
    assert (curve.meta["TARGETID"], curve.meta["LABEL"], curve.meta.get("TICID")) == (name, name, None)
    assert curve.meta["FILENAME"] == str(tglc)
    assert (curve.flux == whole.flux).all()
    assert (curve.flux_err == whole.flux_err).all()


def test_a_star_of_tglc_has_the_tic_id_that_its_observation_says_if_the_file_says_none(tglc: Path) -> None:
    fits.setval(tglc, "TICID", value="")
    curve = plugin.tess_load(entry_of(tglc, kind="lc", tic=261136679), {})
    assert (curve.meta["TARGETID"], curve.meta["TICID"], curve.meta["LABEL"]) == (261136679, 261136679, "TIC 261136679")


# -- TASOC --


@pytest.fixture
def tasoc(tmp_path: Path) -> Path:
    """A file with a cadence that TESS flags, one that TASOC calls bad, and one that TASOC clipped."""
    return written(
        tmp_path / TASOC,
        {"ORIGIN": "TASOC/Aarhus", "TICID": 261136679, "SECTOR": 1},
        {
            "TIME": ("D", BTJD),
            "CADENCENO": ("J", np.arange(8)),
            "FLUX_RAW": ("D", ONES * 5000),
            "FLUX_RAW_ERR": ("D", ONES * 5),
            "FLUX_CORR": ("D", np.linspace(-80, 80, 8)),
            "FLUX_CORR_ERR": ("D", ONES * 20),
            "QUALITY": ("J", [0, 0, 1, 4, 0, 0, 0, 0]),
            "PIXEL_QUALITY": ("J", [0, 32, 0, 0, 0, 0, 0, 4096]),
        },
        {"TUNIT3": "e-/s", "TUNIT4": "e-/s", "TUNIT5": "ppm", "TUNIT6": "ppm"},
    )


@pytest.mark.parametrize(
    ("bitmask", "kept"),
    [
        ({}, [0, 3, 4, 5, 6, 7]),
        ({"quality_bitmask": "hard"}, [0, 3, 4, 5, 6]),
        ({"quality_bitmask": "hardest"}, [0, 4, 5, 6]),
        ({"quality_bitmask": "none"}, [*range(8)]),
        ({"quality_bitmask": 32}, [0, 2, 3, 4, 5, 6, 7]),
    ],
    ids=str,
)
def test_tess_flags_and_those_of_tasoc_itself_count(tasoc: Path, bitmask: dict[str, Any], kept: list[int]) -> None:
    assert list(load(tasoc, **bitmask)["cadenceno"]) == kept


def test_units_of_tasoc_are_those_of_the_column(tasoc: Path) -> None:
    corrected, raw = load(tasoc), load(tasoc, flux_column="flux_raw")
    assert (str(corrected.flux.unit), str(corrected.flux_err.unit)) == ("ppm", "ppm")
    assert (raw.flux.unit, raw.flux_err.unit) == (u.Unit("electron/s"), u.Unit("electron/s"))
    assert (corrected.meta["NORMALIZED"], raw.meta["NORMALIZED"]) == (True, False)


# -- eleanor --


@pytest.fixture
def eleanor(tmp_path: Path) -> Path:
    """A file of a faint star: its raw flux is negative once."""
    return written(
        tmp_path / ELEANOR,
        {"LITE": True, "PCORIGIN": "Local_Postcard", "TIC_ID": 141914082, "SECTOR": 1},
        {
            "TIME": ("D", BTJD),
            "RAW_FLUX": ("E", [100, 100, -1, 100, 100, 100, 100, 100]),
            "CORR_FLUX": ("E", ONES * 110),
            "PCA_FLUX": ("E", ONES * 120),
            "FLUX_ERR": ("E", ONES * 5),
            "FLUX_BKG": ("E", ONES * 80),
            "QUALITY": ("J", [0, 0, 0, 32, 1 << 17, 4096, 0, 0]),
            "X_CENTROID": ("E", ONES),
            "Y_CENTROID": ("E", ONES),
            "FFIINDEX": ("J", np.arange(8)),
        },
    )


def test_the_error_of_eleanors_raw_flux_is_scaled_to_the_others_and_never_negative(eleanor: Path) -> None:
    raw, corrected, components = (load(eleanor, flux_column=name) for name in ("raw_flux", "corr_flux", "pca_flux"))
    np.testing.assert_allclose(raw.flux_err.value, 5)
    np.testing.assert_allclose(corrected.flux_err.value, [5.5, 5.5, 5, *[5.5] * 4])
    np.testing.assert_allclose(components.flux_err.value, [6, 6, 5, *[6] * 4])
    np.testing.assert_allclose(corrected["raw_flux_err"].value, 5)
    assert [one.meta["FLUX_ORIGIN"] for one in (raw, corrected)] == ["raw_flux", "corr_flux"]
    np.testing.assert_allclose(components.flux.value, 120)


def test_eleanors_background_is_a_flux_per_pixel(eleanor: Path) -> None:
    curve = load(eleanor, flux_column="flux_bkg")
    assert curve["flux_bkg"].unit == curve.flux.unit == u.Unit("electron/s")
    assert np.isnan(curve.flux_err.value).all()


@pytest.mark.parametrize("name", ["flux", "raw_flux_err", "pdcsap_flux"])
def test_a_column_that_eleanors_file_does_not_have_is_no_flux(eleanor: Path, name: str) -> None:
    with pytest.raises(NoColumnError, match=f"no column '{name}' for the flux"):
        load(eleanor, flux_column=name)


def test_eleanors_own_flags_count_for_the_hardest_mask(eleanor: Path) -> None:
    kept = {word: list(load(eleanor, quality_bitmask=word)["ffiindex"]) for word in ("none", "default", "hardest")}
    assert kept == {"none": [*range(8)], "default": [0, 1, 2, 4, 5, 6, 7], "hardest": [0, 1, 2, 6, 7]}
    assert load(eleanor).meta["QUALITY_BITMASK"] == "default"


# -- pipelines of which there is no real file --

CDIPS_COLUMNS: Columns = {
    "TMID_BJD": ("D", BTJD + 2457000),
    **{f"IRM{number}": ("D", ONES * 12) for number in (1, 2, 3)},
    **{f"IRE{number}": ("D", ONES * 0.01) for number in (1, 2, 3)},
    **{f"IFL{number}": ("D", ONES * 3000) for number in (1, 2, 3)},
    **{f"IFE{number}": ("D", ONES * 3) for number in (1, 2, 3)},
    **{f"IRQ{number}": ("1A", [*"GGGGGGXX"]) for number in (1, 2, 3)},
    **{f"TFA{number}": ("D", ONES * 12) for number in (1, 2, 3)},
}


@pytest.mark.parametrize("offset", [0.0, -2457000.0], ids=["BJD", "BTJD"])
def test_times_of_cdips_are_btjd_whichever_the_file_has(tmp_path: Path, offset: float) -> None:
    columns = CDIPS_COLUMNS | {"TMID_BJD": ("D", BTJD + 2457000 + offset)}
    curve = load(written(tmp_path / CDIPS, {"ORIGIN": "MIT/cdips", "TICID": "77"}, columns))
    assert curve.time.format == "btjd"
    np.testing.assert_allclose(curve.time.value, BTJD[:6], rtol=0, atol=1e-8)
    assert len(curve[2:4]) == 2
    assert len(curve.fold(1.0)) == 6


def test_magnitudes_of_cdips_have_their_unit(tmp_path: Path) -> None:
    path = written(tmp_path / CDIPS, {"ORIGIN": "MIT/cdips", "TICID": "77"}, CDIPS_COLUMNS)
    for column in ("irm1", "IRM2", "tfa3"):
        curve = load(path, flux_column=column, include_inst_errs=True)
        assert (curve.flux.unit, curve.flux_err.unit) == (u.mag, u.mag)
    assert load(path, flux_column="ifl1").flux.unit != u.mag


def test_pathos_is_read_by_lightkurve(tmp_path: Path) -> None:
    names = ("PSF_FLUX_RAW", "PSF_FLUX_COR", "AP4_FLUX_RAW", "AP4_FLUX_COR", "SKY_LOCAL")
    columns: Columns = {"TIME": ("D", BTJD), **dict.fromkeys(names, ("E", ONES)), "DQUALITY": ("J", [0] * 8)}
    curve = load(written(tmp_path / PATHOS, {"TICID": 93270923}, columns))
    assert (curve.meta["AUTHOR"], curve.meta["TARGETID"], len(curve)) == ("PATHOS", 93270923, 8)


def test_a_light_curve_that_lightkurve_only_guesses_has_its_pipeline_and_star(tmp_path: Path) -> None:
    path = written(tmp_path / TARS, {"HLSPID": "TARS", "TICID": 51791910}, {"TIME": ("D", BTJD), "FLUX": ("E", ONES)})
    entry = entry_of(path)
    curve: Any = plugin.tess_load(entry, {"quality_bitmask": "hard"})
    assert (curve.meta["AUTHOR"], curve.meta["TARGETID"], len(curve)) == ("TARS", 51791910, 8)


@pytest.mark.parametrize(
    ("filename", "pipeline", "columns"),
    [
        (T16, "T16", {"TIME": ("D", BTJD), "MAG": ("E", ONES)}),
        (DIAMANTE, "DIAMANTE", {"BTJD": ("D", BTJD), "LC1_AP1": ("E", ONES), "ELC1_AP1": ("E", ONES)}),
    ],
)
def test_what_no_reader_knows_says_so(tmp_path: Path, filename: str, pipeline: str, columns: Columns) -> None:
    with pytest.raises(NoReaderError, match=f"is healthy, but lightkurve has no reader for 'lc' files of {pipeline}"):
        load(written(tmp_path / filename, {}, columns))


# -- real files --

TGLC_S8, TGLC_S1 = "hlsp/*tglc*s0008*", "hlsp/*tglc*s0001*"


def real_file(real: Path, pattern: str) -> Path:
    (path,) = real.glob(pattern)
    return path


@pytest.mark.real
@pytest.mark.parametrize(
    ("pattern", "options", "count", "error"),
    [
        (TGLC_S1, {}, 1267, 0.000780332788866862),
        (TGLC_S1, {"flux_column": "psf_flux"}, 1267, 134.6365807514819),
        (TGLC_S8, {}, 839, 0.006417233405576326),
        (TGLC_S8, {"flux_column": "aperture_flux"}, 839, 1.5470597230774152),
        (TGLC_S8, {"quality_bitmask": "none"}, 968, 0.006417233405576326),
        ("hlsp/*tasoc*", {}, 1267, 22.47),
        ("hlsp/*tasoc*", {"quality_bitmask": "none"}, 1282, 22.47),
        ("hlsp/*tasoc*", {"flux_column": "flux_raw"}, 1267, 33.87),
        ("hlsp/*gsfc*", {}, 1062, 12.346),
        ("hlsp/*gsfc*", {"flux_column": "raw_flux"}, 1062, 12.352),
        ("hlsp/*eleanor_full*", {}, 86, 30.96),
    ],
    ids=str,
)
def test_real_files_have_these_cadences_and_errors(
    real: Path, pattern: str, options: dict[str, Any], count: int, error: float
) -> None:
    curve = load(real_file(real, pattern), **options)
    assert len(curve) == count
    assert np.nanmedian(bare(curve.flux_err)) == pytest.approx(error, rel=1e-3)


@pytest.mark.real
def test_flags_of_tglc_leave_out_what_is_not_the_star(real: Path) -> None:
    path = real_file(real, TGLC_S8)
    ours, theirs = load(path), lightkurve().read(str(path))
    assert len(theirs) - len(ours) == 114
    assert np.nanstd(ours.flux.value) < 0.75 * np.nanstd(theirs.flux.value)


@pytest.mark.real
def test_no_cadence_of_tasoc_is_left_that_has_no_flux(real: Path) -> None:
    path = real_file(real, "hlsp/*tasoc*")
    assert np.isnan(bare(load(path, quality_bitmask="none").flux)).sum() == 15
    assert not np.isnan(bare(load(path).flux)).any()


@pytest.mark.real
def test_eleanors_background_is_spocs_per_pixel(real: Path) -> None:
    """Both are of the same star and sector; SPOC's aperture has 45 pixels."""
    eleanor = load(real_file(real, "hlsp/*gsfc*"))
    spoc = load(real_file(real, "hlsp/*tess-spoc*0261136679-s0001*"))
    per_pixel = np.nanmedian(bare(spoc["sap_bkg"])) / 45
    assert np.nanmedian(eleanor["flux_bkg"].value) == pytest.approx(per_pixel, rel=0.2)


@pytest.mark.real
@pytest.mark.parametrize("pattern", [TGLC_S1, "hlsp/*gsfc*", "hlsp/*eleanor_full*"])
def test_whatever_lightkurve_reads_rightly_stays_as_it_is(real: Path, pattern: str) -> None:
    path = real_file(real, pattern)
    ours, theirs = load(path), lightkurve().read(str(path))
    assert ours.colnames == theirs.colnames
    for name in {*ours.colnames} - {"time", "flux_err", "flux_bkg"}:
        np.testing.assert_array_equal(np.asarray(ours[name]), np.asarray(theirs[name]))
        assert getattr(ours[name], "unit", None) == getattr(theirs[name], "unit", None)
    np.testing.assert_array_equal(ours.time.value, theirs.time.value)
    if "tglc" not in pattern:
        np.testing.assert_array_equal(ours.flux_err.value, theirs.flux_err.value)


def test_the_sample_archive_has_files_that_these_readers_open(tmp_path: Path) -> None:
    for filename in (TASOC.replace("261136679", "141914082"), ELEANOR):
        path = tmp_path / filename
        path.write_bytes(content(filename))
        curve = load(path)
        assert curve.meta["QUALITY_BITMASK"] == "default"
        assert len(curve) < len(load(path, quality_bitmask="none"))
