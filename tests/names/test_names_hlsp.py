"""Real names of what others made of TESS data: where they lie, and what they say, with every trap of their spelling."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import polars as pl
import pytest

from tess_source import names

STAR = {"tic": 408084461}
SECTOR_3 = {"first_sector": 3, "last_sector": 3, "exptime": 1800.0}
CHIP = {"camera": 1, "ccd": 3}


def of(kind: str, pipeline: str, sector: int | None, last: int | None = None, **more: Any) -> dict[str, Any]:
    """Return the fields of a name; the exposure time is that of the full-frame images, unless it is given."""
    said: dict[str, Any] = {"kind": kind, "pipeline": pipeline, **more}
    if sector is not None:
        said |= {"first_sector": sector, "last_sector": last or sector}
        said.setdefault("exptime", names.ffi_exptime(sector))
    return {name: value for name, value in said.items() if value is not None}


URIS: dict[str, dict[str, Any]] = {
    "mast:HLSP/qlp/s0002/0000/0000/3884/6515/hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc.fits": of(
        "lc", "QLP", 2, tic=38846515, version="v01"
    ),
    "mast:HLSP/qlp/s0097/0000/0004/0808/4461/hlsp_qlp_tess_ffi_s0097-0000000408084461_tess_v01_llc.fits": of(
        "lc", "QLP", 97, **STAR, version="v01"
    ),
    "mast:HLSP/tess-spoc/s0001/target/0000/0002/6113/6679/hlsp_tess-spoc_tess_phot_0000000261136679-s0001_tess_v1_lc.fits": of(
        "lc", "TESS-SPOC", 1, tic=261136679, version="v1"
    ),
    "mast:HLSP/tess-spoc/s0061/target/0000/0000/3884/6515/hlsp_tess-spoc_tess_phot_0000000038846515-s0061_tess_v1_tp.fits": of(
        "tp", "TESS-SPOC", 61, tic=38846515, version="v1"
    ),
    "mast:HLSP/tess-spoc/s0056-s0069/target/0000/0000/3397/9459/"
    "hlsp_tess-spoc_tess_phot_0000000033979459-s0056-s0069_tess_v1_dvs-01.pdf": of(
        "dvs", "TESS-SPOC", 56, 69, tic=33979459, tce=1, version="v1"
    ),
    "mast:HLSP/tglc/s0003/cam1-ccd3/0024/7555/5794/3525/"
    "hlsp_tglc_tess_ffi_gaiaid-2475555794352572672-s0003-cam1-ccd3_tess_v1_llc.fits": of(
        "lc", "TGLC", 3, **CHIP, gaia=2475555794352572672, version="v1"
    ),
    "mast:HLSP/tglc/s0001/cam2-ccd1/0063/9919/6263/9391/"
    "hlsp_tglc_tess_ffi_gaiaid-6399196263939178880-s0001-cam2-ccd1_tess_v1_llc.fits": of(
        "lc", "TGLC", 1, camera=2, ccd=1, gaia=6399196263939178880, version="v1"
    ),
    "mast:HLSP/cdips/s0008/cam3_ccd4/hlsp_cdips_tess_ffi_gaiatwo0005318059532750974720-0008-cam3-ccd4_tess_v01_llc.fits": of(
        "lc", "CDIPS", 8, camera=3, ccd=4, gaia=5318059532750974720, version="v01"
    ),
    "mast:HLSP/cdips/s0025/cam4_ccd4/hlsp_cdips_tess_ffi_gaiatwo0000542223510700499968-0025-cam4-ccd4_tess_v01_llc.fits": of(
        "lc", "CDIPS", 25, camera=4, ccd=4, gaia=542223510700499968, version="v01"
    ),
    "mast:HLSP/cdips/s0014/cam1_ccd1/hlsp_cdips_tess_ffi_gaiatwo0002030897830235411200-s0014-cam1-ccd1_tess_v01_llc.fits": of(
        "lc", "CDIPS", 14, camera=1, ccd=1, gaia=2030897830235411200, version="v01", spelling="s"
    ),
    "mast:HLSP/pathos/s0008/hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1_llc.fits": of(
        "lc", "PATHOS", 8, tic=93270923, version="v1"
    ),
    "mast:HLSP/tasoc/s0001/c1800/0000/0002/6113/6679/"
    "hlsp_tasoc_tess_ffi_tic00261136679-s0001-cam4-ccd2-c1800_tess_v05_ens-lc.fits": of(
        "lc", "TASOC", 1, tic=261136679, camera=4, ccd=2, version="v05", source="ffi", method="ens"
    ),
    "mast:HLSP/tasoc/s0001/c1800/0000/0001/5044/1810/"
    "hlsp_tasoc_tess_ffi_tic00150441810-s0001-cam4-ccd4-c1800_tess_v05_cbv-lc.fits": of(
        "lc", "TASOC", 1, tic=150441810, camera=4, ccd=4, version="v05", source="ffi", method="cbv"
    ),
    "mast:HLSP/gsfc-eleanor-lite/s0001/0000/0002/6113/6679/"
    "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000261136679_tess_v1.0_lc.fits": of(
        "lc", "GSFC-ELEANOR-LITE", 1, tic=261136679, version="v1.0"
    ),
    "mast:HLSP/diamante/0000/0009/0167/4675/hlsp_diamante_tess_lightcurve_tic-0000000901674675_tess_v1_llc.fits": of(
        "lc", "DIAMANTE", None, tic=901674675, version="v1"
    ),
    "mast:HLSP/diamante/0000/0000/3673/4222/hlsp_diamante_tess_lightcurve_tic-0000000036734222_tess_v1_llc.txt": of(
        "lc-txt", "DIAMANTE", None, tic=36734222, version="v1"
    ),
    "mast:HLSP/diamante/0000/0009/0167/4675/hlsp_diamante_tess_lightcurve_tic-0000000901674675_tess_v1_dv.pdf": of(
        "dvr-pdf", "DIAMANTE", None, tic=901674675, version="v1"
    ),
    "mast:HLSP/tica/s0027/cam2-ccd4/hlsp_tica_tess_ffi_s0027-o1-00117787-cam2-ccd4_tess_v01_img.fits": of(
        "ffi", "TICA", 27, camera=2, ccd=4, orbit=1, cadence=117787, version="v01"
    ),
    "mast:HLSP/tess-data-alerts/hlsp_tess-data-alerts_tess_phot_00261136679-s01_tess_v1_lc.fits": of(
        "lc", "TESS-DATA-ALERTS", 1, tic=261136679, version="v1", exptime=None
    ),
}
"""Real URI → the fields that its name says. `names.uri` gives the URI again."""

FOLDER_UNKNOWN: dict[str, dict[str, Any]] = {
    "mast:HLSP/cdips/s0006/cam1_ccd1/hlsp_cdips_tess_ffi_gaiatwo0003222255959210123904-0006_tess_v01_llc.fits": of(
        "lc", "CDIPS", 6, gaia=3222255959210123904, version="v01"
    ),
    "mast:HLSP/pathos/s0036/hlsp_pathos_tess_lightcurve_tic-0093270923-s036_tess_v1_llc.fits": of(
        "lc", "PATHOS", 36, tic=93270923, version="v1", spelling="s"
    ),
    "mast:HLSP/tars/sec_55_cam_1_ccd_3/hlsp_tars_tess_ffi_s0055-0000000051791910_tess_v01_lc.fits": of(
        "lc", "TARS", 55, tic=51791910, version="v01"
    ),
    "mast:HLSP/t16/hlsp_t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01_llc.fits": of(
        "lc", "T16", 3, **CHIP, gaia=2475555794352572672, version="v01"
    ),
}
"""The same, where the folder does not follow from the name."""

OTHER_SPELLINGS: dict[str, dict[str, Any]] = {
    "hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc.fits.gz": of(
        "lc", "QLP", 2, tic=38846515, version="v01", compression="gz"
    ),
    "hlsp_tess-spoc_tess_phot_38846515-s61_tess_v1_tp.fits": of("tp", "TESS-SPOC", 61, tic=38846515, version="v1"),
    "hlsp_tglc_tess_ffi_gaiaid-02475555794352572672-s003-cam1_ccd3_tess_v2.1_llc.fits": of(
        "lc", "TGLC", 3, **CHIP, gaia=2475555794352572672, version="v2.1"
    ),
    "hlsp_cdips_tess_ffi_gaiatwo0003222255959210123904-s0006_tess_v01_llc.fits": of(
        "lc", "CDIPS", 6, gaia=3222255959210123904, version="v01"
    ),
    "hlsp_cdips_tess_ffi_gaiatwo05318059532750974720-s008-cam3_ccd4_tess_v02_llc.fits": of(
        "lc", "CDIPS", 8, camera=3, ccd=4, gaia=5318059532750974720, version="v02"
    ),
    "hlsp_pathos_tess_lightcurve_tic-00093270923-s08_tess_v1_llc.fits": of(
        "lc", "PATHOS", 8, tic=93270923, version="v1"
    ),
    "hlsp_pathos_tess_lightcurve_tic-0000000093270923-0036_tess_v1_llc.txt": of(
        "lc-txt", "PATHOS", 36, tic=93270923, version="v1"
    ),
    "hlsp_tasoc_tess_ffi_tic0000000261136679-s001-cam4-ccd2-c1800_tess_v06_ens-lc.fits": of(
        "lc", "TASOC", 1, tic=261136679, camera=4, ccd=2, version="v06", source="ffi", method="ens"
    ),
    "hlsp_tasoc_tess_tpf_tic261136679-s01-cam4-ccd2-c120_tess_v05_cbv-lc.fits": of(
        "lc", "TASOC", 1, tic=261136679, camera=4, ccd=2, version="v05", source="tpf", method="cbv", exptime=120.0
    ),
    "hlsp_gsfc-eleanor-lite_tess_ffi_s26-261136679_tess_v2_lc.fits": of(
        "lc", "GSFC-ELEANOR-LITE", 26, tic=261136679, version="v2"
    ),
    "hlsp_diamante_tess_lightcurve_tic-0901674675_tess_v01_llc.fits": of(
        "lc", "DIAMANTE", None, tic=901674675, version="v01"
    ),
    "hlsp_t16_tess_ffi_s0013-cam1-ccd3-2475555794352572672_tess_v1_llc.fits": of(
        "lc", "T16", 13, **CHIP, gaia=2475555794352572672, version="v1"
    ),
    "hlsp_tars_tess_ffi_s055-00051791910_tess_v1_lc.fits": of("lc", "TARS", 55, tic=51791910, version="v1"),
    "hlsp_tica_tess_ffi_s35-o1-149185-cam1_ccd1_tess_v01_img.fits": of(
        "ffi", "TICA", 35, camera=1, ccd=1, orbit=1, cadence=149185, version="v01"
    ),
    "hlsp_tess-data-alerts_tess_phot_0000000025155310-s0002_tess_v1_lc.fits": of(
        "lc", "TESS-DATA-ALERTS", 2, tic=25155310, version="v1", exptime=None
    ),
}
"""Names in the spelling of another pipeline → the fields that they say."""

OBS_IDS: dict[str, dict[str, Any]] = {
    "hlsp_qlp_tess_ffi_s0097-0000000408084461_tess_v01_llc": of(
        "hlsp", "QLP", 97, **STAR, version="v01", product="llc"
    ),
    "hlsp_tess-spoc_tess_phot_0000000261136679-s0001_tess_v1_tp": of(
        "hlsp", "TESS-SPOC", 1, tic=261136679, version="v1", product="tp"
    ),
    "hlsp_tglc_tess_ffi_gaiaid-2475555794352572672-s0003-cam1-ccd3_tess_v1_llc": of(
        "hlsp", "TGLC", 3, **CHIP, gaia=2475555794352572672, version="v1", product="llc"
    ),
    "hlsp_t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01": of(
        "hlsp", "T16", 3, **CHIP, gaia=2475555794352572672, version="v01"
    ),
    "hlsp_tasoc_tess_ffi_tic00408084461-s0003-cam1-ccd3-c1800_tess_v05": of(
        "hlsp", "TASOC", 3, **STAR, **CHIP, version="v05", source="ffi"
    ),
    "hlsp_gsfc-eleanor-lite_tess_ffi_s0003-0000000408084461_tess_v1.0_lc": of(
        "hlsp", "GSFC-ELEANOR-LITE", 3, **STAR, version="v1.0", product="lc"
    ),
    "hlsp_diamante_tess_lightcurve_tic-0000000261136679_tess_v1_llc": of(
        "hlsp", "DIAMANTE", None, tic=261136679, version="v1", product="llc"
    ),
    "hlsp_tars_tess_ffi_s0055-0000000051791910_tess_v01_lc": of(
        "hlsp", "TARS", 55, tic=51791910, version="v01", product="lc"
    ),
    "hlsp_tica_s0027-cam1-ccd1": of("hlsp", "TICA", 27, camera=1, ccd=1),
}
"""Real obs_ids, or for DIAMANTE and TARS those that their names give."""


def said(name: names.Name) -> dict[str, Any]:
    stated = {field.name: getattr(name, field.name) for field in fields(name)}
    return {field: value for field, value in stated.items() if value is not None}


@pytest.mark.parametrize(("uri", "expected"), [*URIS.items(), *FOLDER_UNKNOWN.items()])
def test_the_name_at_the_end_of_a_real_uri_says_its_fields(uri: str, expected: dict[str, Any]) -> None:
    assert said(names.parse(uri)) == expected
    assert names.format(names.parse(uri)) == uri.rpartition("/")[2]


@pytest.mark.parametrize("uri", URIS)
def test_the_uri_of_a_name_is_the_real_one(uri: str) -> None:
    assert names.uri(names.parse(uri)) == uri


@pytest.mark.parametrize("uri", FOLDER_UNKNOWN)
def test_no_uri_is_made_up_where_the_folder_does_not_follow_from_the_name(uri: str) -> None:
    with pytest.raises(ValueError, match="no MAST URI is known"):
        names.uri(names.parse(uri))


@pytest.mark.parametrize(("text", "expected"), OTHER_SPELLINGS.items())
def test_a_name_in_the_spelling_of_another_pipeline_says_its_fields_too(text: str, expected: dict[str, Any]) -> None:
    name = names.parse(text)
    assert said(name) == {**expected, "spelling": text}
    assert names.format(name) == text
    with pytest.raises(ValueError, match="no MAST URI is known"):
        names.uri(name)


def test_another_star_cannot_be_written_in_the_spelling_of_a_name() -> None:
    name = names.parse("hlsp_pathos_tess_lightcurve_tic-00093270923-s08_tess_v1_llc.fits")
    with pytest.raises(ValueError, match=r"spelling=.* has no place in it"):
        names.format(replace(name, tic=1))
    assert names.format(replace(name, tic=1, spelling=None)) == (
        "hlsp_pathos_tess_lightcurve_tic-0000000001-s0008_tess_v1_llc.fits"
    )


@pytest.mark.parametrize(("obs_id", "expected"), OBS_IDS.items())
def test_a_real_obs_id_says_its_fields(obs_id: str, expected: dict[str, Any]) -> None:
    assert said(names.parse_obs_id(obs_id)) == expected
    assert names.format_obs_id(names.parse_obs_id(obs_id)) == obs_id


def test_columns_say_what_single_names_say() -> None:
    uris, obs_ids = [*URIS, *FOLDER_UNKNOWN, *OTHER_SPELLINGS], [*OBS_IDS]
    for texts, columns, parse in (
        (uris, names.columns, names.parse),
        (obs_ids, names.obs_id_columns, names.parse_obs_id),
    ):
        table = columns(pl.Series(texts))
        for text, row in zip(texts, table.iter_rows(named=True), strict=True):
            assert row == {field: getattr(parse(text), field) for field in table.columns}, text
