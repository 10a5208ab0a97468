"""Light curves of every pipeline become rows with star, pipeline, split, units and times in BTJD."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from arrays_case import KELT_9, QLP, TESS_SPOC, manifest_of, small
from astropy.io import fits
from fuzz import altered, attempts, flipped
from sample_files import entry_of

from tess_source import Session
from tess_source.tables.plan import Manifest
from tess_source_arrays.origin import origin_of
from tess_source_arrays.split import split
from tess_source_sample.server import SampleArchive

BTJD = 1325.0 + np.arange(6) / 48
STAR, GAIA = 261136679, 4623036865373793408
TGLC = f"hlsp_tglc_tess_ffi_gaiaid-{GAIA}-s0001-cam4-ccd2_tess_v1_llc.fits"
TASOC = "hlsp_tasoc_tess_ffi_tic00261136679-s0001-cam4-ccd2-c1800_tess_v05_ens-lc.fits"
ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000261136679_tess_v1.0_lc.fits"
CDIPS = "hlsp_cdips_tess_ffi_gaiatwo0005318059532750974720-0001-cam4-ccd2_tess_v01_llc.fits"
PATHOS = "hlsp_pathos_tess_lightcurve_tic-0261136679-s0001_tess_v1_llc.fits"
TARS = "hlsp_tars_tess_ffi_s0001-0000000261136679_tess_v01_lc.fits"
T16 = "hlsp_t16_tess_ffi_s0001-cam4-ccd2-04623036865373793408_tess_v01_llc.fits"
DIAMANTE = "hlsp_diamante_tess_lightcurve_tic-0000000261136679_tess_v1_llc.fits"

ERRORS = {"PSF_ERR": 134.5, "APER_ERR": 111.25, "CPSF_ERR": 0.00075, "CAPE_ERR": 0.0005}
LITE = {
    "LITE": True,
    "PCORIGIN": "Local_Postcard",
    "TVERSION": "2",
    "GITHUB": "https://github.com/afeinstein20/eleanor",
}
OTHERS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    TGLC: ("TGLC", {"ORIGIN": "UCSB/TGLC", "TICID": str(STAR), "GAIADR3": GAIA}, ("time", "cal_psf_flux", "psf_flux")),
    TASOC: ("TASOC", {"ORIGIN": "TASOC/Aarhus", "TICID": STAR}, ("TIME", "FLUX_CORR")),
    ELEANOR: ("GSFC-ELEANOR-LITE", {**LITE, "TIC_ID": STAR, "TMAG": 999, "GAIA_ID": 0}, ("TIME", "CORR_FLUX")),
    CDIPS: ("CDIPS", {"ORIGIN": "MIT/cdips", "TICID": str(STAR)}, ("TMID_BJD", "IRM1")),
    PATHOS: ("PATHOS", {"TICID": STAR}, ("TIME", "PSF_FLUX_RAW", "PSF_FLUX_COR", "AP4_FLUX_RAW", "AP4_FLUX_COR", "SKY_LOCAL")),
    TARS: ("TARS", {"HLSPID": "TARS", "TICID": STAR, "EXPTIME": 1800, "TESSMAG": 9.5, "RA_TARG": 84.3}, ("TIME", "FLUX")),
    T16: ("T16", {"TICID": STAR}, ("BJD", "MAG")),
    DIAMANTE: ("DIAMANTE", {"TICID": STAR}, ("BTJD", "LC1_AP1")),
}  # fmt: skip
"""File → its pipeline, cards and columns, as documents or real files have them."""


def made(filename: str) -> bytes:
    """Return a small file as its pipeline writes it."""
    _, cards, names = OTHERS[filename]
    offset = 2457000 if "BJD" in names[0] else 0
    columns = [fits.Column(names[0], "D", array=BTJD + offset)]
    columns += [fits.Column(name, "E", array=np.arange(6.0)) for name in names[1:]]
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update(ERRORS if filename == TGLC else {"SECTOR": 1})
    primary = fits.PrimaryHDU(header=fits.Header({"TELESCOP": "TESS", "NEXTEND": 1, "SECTOR": 1, **cards}))
    out = io.BytesIO()
    more = [fits.ImageHDU(np.zeros((2, 2), "f4"))] if filename == ELEANOR else []
    fits.HDUList([primary, table, *more]).writeto(out, checksum=True)
    return out.getvalue()


def one_of(folder: Path, filename: str, **of_items: Any) -> Manifest:
    return manifest_of(folder, {filename: made(filename)}, **of_items)


@pytest.mark.parametrize("filename", OTHERS)
def test_every_pipeline_gives_a_row_with_star_pipeline_and_split(tmp_path: Path, filename: str) -> None:
    pipeline, _, names = OTHERS[filename]
    written = one_of(tmp_path, filename).to_parquet(tmp_path / "set.parquet", columns=("time", names[1]))
    (row,) = pq.read_table(written.path).to_pylist()
    assert (row["tic"], row["pipeline"], row["split"]) == (STAR, pipeline, split(STAR))
    assert written.splits[split(STAR)] == 1
    np.testing.assert_allclose(row["time"], BTJD, rtol=0, atol=1e-8)


@pytest.mark.parametrize("filename", [TGLC, TASOC, ELEANOR, CDIPS, TARS])
def test_a_renamed_file_has_its_pipeline_and_star_from_the_header(tmp_path: Path, filename: str) -> None:
    manifest = manifest_of(tmp_path, {"my star.fits": made(filename)})
    row = manifest.to_arrow(("time",)).to_pylist()[0]
    assert (row["pipeline"], row["tic"], row["sector"]) == (OTHERS[filename][0], STAR, 1)


def test_a_renamed_file_of_spoc_or_qlp_has_its_pipeline_too(tmp_path: Path) -> None:
    names = {"a.fits": KELT_9[0], "b.fits": QLP, "c.fits": TESS_SPOC}
    table = manifest_of(tmp_path, {name: small(of) for name, of in names.items()}).to_arrow(("time",))
    assert table.column("pipeline").to_pylist() == ["SPOC", "QLP", "TESS-SPOC"]


def test_two_stars_of_tglc_with_one_tic_id_are_told_apart_by_gaia(tmp_path: Path) -> None:
    other = made(TGLC).replace(str(GAIA).encode(), str(GAIA + 8).encode())
    table = manifest_of(tmp_path, {TGLC: made(TGLC), TGLC.replace(str(GAIA), str(GAIA + 8)): other}).to_arrow(("time",))
    assert table.column("gaia").to_pylist() == [GAIA, GAIA + 8]
    assert table.column("tic").to_pylist() == [STAR, STAR]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("psf_flux_err", 134.5),
        ("aperture_flux_err", 111.25),
        ("cal_psf_flux_err", 0.00075),
        ("cal_aper_flux_err", 0.0005),
    ],
)
def test_errors_of_tglc_are_columns_though_its_table_has_none(tmp_path: Path, column: str, value: float) -> None:
    (arrays,) = one_of(tmp_path, TGLC).iter_arrays(("time", column))
    np.testing.assert_allclose(arrays[column], np.full(6, value), rtol=1e-6)
    (row,) = one_of(tmp_path, TGLC).to_arrow((column, "time"), dtypes={column: "float64"}).to_pylist()
    np.testing.assert_allclose(row[column], np.full(6, value), rtol=1e-6)


def test_columns_come_in_the_order_in_which_they_were_asked_for(tmp_path: Path) -> None:
    (arrays,) = one_of(tmp_path, TGLC).iter_arrays(("psf_flux_err", "time", "psf_flux"))
    assert list(arrays.columns) == ["psf_flux_err", "time", "psf_flux"]


def test_an_error_that_no_card_gives_is_a_column_that_is_not_there(tmp_path: Path) -> None:
    data = made(TGLC).replace(b"CPSF_ERR", b"ELSE_ERR")
    (arrays,) = manifest_of(tmp_path, {TGLC: data}).iter_arrays(("cal_psf_flux_err",))
    assert "no column 'cal_psf_flux_err'" in str(arrays.error)


def test_the_times_of_cdips_are_also_there_as_in_the_file(tmp_path: Path) -> None:
    (arrays,) = one_of(tmp_path, CDIPS).iter_arrays(("tmid_bjd", "time"))
    np.testing.assert_allclose(arrays["tmid_bjd"] - 2457000, arrays["time"])


@pytest.mark.parametrize(
    ("filename", "column", "unit"),
    [
        (TGLC, "psf_flux", b"electron/s"),
        (TGLC, "psf_flux_err", b"electron/s"),
        (TGLC, "cal_psf_flux", None),
        (TASOC, "flux_corr", b"ppm"),
        (ELEANOR, "corr_flux", b"electron/s"),
        (CDIPS, "irm1", b"mag"),
        (CDIPS, "time", b"BTJD"),
        (TARS, "flux", None),
    ],
)
def test_units_are_those_of_the_pipeline(tmp_path: Path, filename: str, column: str, unit: bytes | None) -> None:
    schema = one_of(tmp_path, filename).to_arrow(("time", column) if column != "time" else ("time",)).schema
    assert (schema.field(column).metadata or {}).get(b"unit") == unit


def test_pipelines_with_one_name_and_two_units_share_no_unit(tmp_path: Path) -> None:
    files = {QLP: small(QLP), TESS_SPOC: small(TESS_SPOC)}
    schema = manifest_of(tmp_path, files).to_arrow(("time", "sap_flux", "sap_flux_err")[:2]).schema
    assert b"unit" not in schema.field("sap_flux").metadata
    assert schema.field("time").metadata[b"unit"] == b"BTJD"


def test_numbers_that_mean_unknown_are_null(tmp_path: Path) -> None:
    (row,) = one_of(tmp_path, ELEANOR).to_arrow(("time",)).to_pylist()
    assert (row["tmag"], row["gaia"]) == (None, None)
    (row,) = one_of(tmp_path, TARS).to_arrow(("time",)).to_pylist()
    assert (row["tmag"], row["ra"], row["exptime"]) == (pytest.approx(9.5), pytest.approx(84.3), 1800)


def test_a_file_without_flags_keeps_every_cadence_with_a_time(tmp_path: Path) -> None:
    (arrays,) = one_of(tmp_path, TARS).iter_arrays(("time", "flux"), quality_bitmask="hardest")
    assert len(arrays) == 6


@pytest.mark.parametrize(
    ("header", "pipeline"),
    [
        ({"ORIGIN": "MIT/QLP"}, "QLP"),
        ({"ORIGIN": "NASA/Ames", "CREATOR": "7 LightCurveExporterPipelineModule"}, "SPOC"),
        ({"CREATOR": "7 LightCurveExporterPipelineModule", "HLSPID": "TESS-SPOC"}, "TESS-SPOC"),
        ({"CREATOR": "7 LightCurveExporterPipelineModule", "NUM_FRM": 300, "FRAMETIM": 2.0}, "TESS-SPOC"),
        ({"CREATOR": "7 LightCurveExporterPipelineModule", "NUM_FRM": 60, "FRAMETIM": 2.0}, "SPOC"),
        ({"LITE": False, "PCORIGIN": "MAST"}, "ELEANOR"),
        ({"ORIGIN": 5, "HLSPID": None}, None),
        ({}, None),
    ],
)
def test_a_header_tells_its_pipeline(header: dict[str, Any], pipeline: str | None) -> None:
    assert origin_of(header) == pipeline


@pytest.mark.real
def test_every_real_file_tells_its_pipeline_as_its_name_does(real: Path) -> None:
    paths = [path for path in sorted((real / "hlsp").glob("*.fits")) if not path.name.startswith("test")]
    for path in paths:
        with fits.open(path) as hdus:
            header = {**hdus[1].header, **hdus[0].header}
        said = entry_of(path).item.pipeline
        assert origin_of(header) == said, path.name


@pytest.mark.real
def test_every_real_light_curve_has_a_row(real: Path, tmp_path: Path) -> None:
    paths = [path for path in sorted((real / "hlsp").glob("*.fits")) if "eleanor_full" not in path.name]
    manifest = manifest_of(tmp_path, {path.name: path.read_bytes() for path in paths})
    rows = manifest.to_arrow(("time",), quality_bitmask="default").to_pylist()
    assert {row["pipeline"] for row in rows} == {"GSFC-ELEANOR-LITE", "QLP", "TASOC", "TESS-SPOC", "TGLC"}
    assert len(rows) == len(paths)
    assert all(row["tic"] and row["sector"] and row["exptime"] for row in rows)
    assert {row["gaia"] for row in rows if row["pipeline"] == "TGLC"} == {5707485527450614656, 6399196263939178880}


def test_damaged_files_of_every_pipeline_are_errors_of_their_own(tmp_path: Path) -> None:
    whole = [made(filename) for filename in OTHERS]
    raw = []
    for number, chance in attempts(16):
        data = (altered if number % 2 else flipped)(whole[number % len(whole)], chance)
        try:
            list(manifest_of(tmp_path, {"x.fits": data}).iter_arrays(("time", "psf_flux_err"), quality_bitmask="hard"))
        except Exception as error:  # noqa: BLE001  none may be raised: each file has its own error
            raw.append((number, error))
    assert not raw


@pytest.mark.parametrize(
    "pipeline", ["TGLC", "QLP", "TASOC", "CDIPS", "PATHOS", "GSFC-ELEANOR-LITE", "TARS", "T16", "DIAMANTE"]
)
def test_without_columns_all_that_the_files_of_a_pipeline_have_is_read(
    pipeline: str, archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(archive.url, cache=tmp_path / "cache")
    manifest = session.search(408084461, kind="lc", pipeline=pipeline).download(tmp_path)
    table = manifest.to_arrow()
    assert table["tic"].to_pylist() == [408084461] * len(manifest)
    assert table["pipeline"].to_pylist() == [pipeline] * len(manifest)
    assert 1300 < table["time"][0].as_py()[0] < 1500, "BTJD"


def test_without_columns_files_of_several_pipelines_share_those_that_all_have(
    archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(archive.url, cache=tmp_path / "cache")
    manifest = session.search(408084461, kind="lc", pipeline=["QLP", "TGLC", "TARS"]).download(tmp_path)
    manifest.to_parquet(tmp_path / "curves.parquet")
    table = pq.read_table(tmp_path / "curves.parquet")
    assert set(table["pipeline"].to_pylist()) == {"QLP", "TGLC", "TARS"}
    assert {split(408084461)} == set(table["split"].to_pylist())
    lists = [name for name in table.column_names if str(table.schema.field(name).type).startswith("list")]
    assert lists == ["time"]
