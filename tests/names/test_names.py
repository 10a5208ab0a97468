"""TESS names: what each says, that writing undoes reading, and that a column is read as one name is."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from dataclasses import asdict, replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT

from tess_source import names
from tess_source.names import Name, vector
from tess_source.names.forms import Form
from tess_source.names.vocabulary import FILES, OBS_IDS

PROJECT = ROOT


def said(name: Name) -> dict[str, Any]:
    return {field: value for field, value in asdict(name).items() if value is not None}


def spoc(kind: str, exptime: float | None, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "pipeline": "SPOC"} | ({"exptime": exptime} if exptime else {}) | more


def sectors(first: int, last: int | None = None) -> dict[str, int]:
    return {"first_sector": first, "last_sector": first if last is None else last}


KELT9 = {"tic": 16740101}
L98 = {"tic": 307210830}
TOI = {"tic": 390988385}
S1_OF_141914082 = {"tic": 141914082, **sectors(1)}

FILE_NAMES: dict[str, dict[str, Any]] = {
    # The mission's own.
    "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits": spoc(
        "lc", 120, timestamp="2019226182529", **sectors(15), **KELT9, scid=151, cosmic_ray="s"
    ),
    "tess2022273165103-s0057-0000000118004375-0245-s_tp.fits": spoc(
        "tp", 120, timestamp="2022273165103", **sectors(57), tic=118004375, scid=245, cosmic_ray="s"
    ),
    "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits": spoc(
        "fast-lc", 20, timestamp="2024030031500", **sectors(75), **KELT9, scid=270, cosmic_ray="a"
    ),
    "tess2024030031500-s0075-0000000016740101-0270-a_fast-tp.fits": spoc(
        "fast-tp", 20, timestamp="2024030031500", **sectors(75), **KELT9, scid=270, cosmic_ray="a"
    ),
    "tess2018263124740-s0003-s0003-0000000012862099-00405_dvt.fits": spoc(
        "dvt", 120, timestamp="2018263124740", **sectors(3), tic=12862099, run=405
    ),
    "tess2019199201929-s0014-s0086-0000000390988385-00971_dvr.xml": spoc(
        "dvr-xml", 120, timestamp="2019199201929", **sectors(14, 86), **TOI, run=971
    ),
    "tess2024196212429-s0081-s0081-0000000390988385-00910_dvr.xml.gz": spoc(
        "dvr-xml", 120, timestamp="2024196212429", **sectors(81), **TOI, run=910, compression="gz"
    ),
    "tess2018206190142-s0001-s0009-0000000307210830-00205_dvr.pdf": spoc(
        "dvr-pdf", 120, timestamp="2018206190142", **sectors(1, 9), **L98, run=205
    ),
    "tess2019114105919-s0001-s0006-0000000307210830-00196_dvm.pdf": spoc(
        "dvm", 120, timestamp="2019114105919", **sectors(1, 6), **L98, run=196
    ),
    "tess2018206190142-s0001-s0006-0000000307210830-01-00196_dvs.pdf": spoc(
        "dvs", 120, timestamp="2018206190142", **sectors(1, 6), **L98, tce=1, run=196
    ),
    "tess2018206190142-s0001-s0096-0000002028269846-03-01071_dvs.pdf": spoc(
        "dvs", 120, timestamp="2018206190142", **sectors(1, 96), tic=2028269846, tce=3, run=1071
    ),
    "tess2018206192942-s0001-1-1-0120-s_ffic.fits": spoc(
        "ffi", 1800, timestamp="2018206192942", **sectors(1), camera=1, ccd=1, scid=120, cosmic_ray="s"
    ),
    "tess2025074001249-s0090-4-2-0287-s_ffic.fits": spoc(
        "ffi", 200, timestamp="2025074001249", **sectors(90), camera=4, ccd=2, scid=287, cosmic_ray="s"
    ),
    "tess2023074014518-s0063-2-4-0255-s_ffir.fits": spoc(
        "ffir", 200, timestamp="2023074014518", **sectors(63), camera=2, ccd=4, scid=255, cosmic_ray="s"
    ),
    "tess2019279210107-s0017-1-1-0161-s_cbv.fits": spoc(
        "cbv", 120, timestamp="2019279210107", **sectors(17), camera=1, ccd=1, scid=161, cosmic_ray="s"
    ),
    "tess2024030031500-s0075-3-2-0270-a_fast-cbv.fits": spoc(
        "fast-cbv", 20, timestamp="2024030031500", **sectors(75), camera=3, ccd=2, scid=270, cosmic_ray="a"
    ),
    "tess2018234235059-s0002-vrow-1-3-a-0121-s_col.fits": spoc(
        "col",
        None,
        timestamp="2018234235059",
        **sectors(2),
        collateral="vrow",
        camera=1,
        ccd=3,
        output="a",
        scid=121,
        cosmic_ray="s",
    ),
    "tess2026001000000-s1751-0000000016740101-0300-s_lc.fits": spoc(
        "lc", 120, timestamp="2026001000000", **sectors(1751), **KELT9, scid=300, cosmic_ray="s"
    ),
    # High-level science products.
    "hlsp_qlp_tess_ffi_s0041-0000000390988385_tess_v01_llc.fits": {
        "kind": "lc", "pipeline": "QLP", "exptime": 600.0, **sectors(41), **TOI, "version": "v01",
    },
    "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.txt": {
        "kind": "lc-txt", "pipeline": "QLP", "exptime": 1800.0, **S1_OF_141914082, "version": "v01",
    },
    "hlsp_tess-spoc_tess_phot_0000000390988385-s0081_tess_v1_lc.fits": {
        "kind": "lc", "pipeline": "TESS-SPOC", "exptime": 200.0, **sectors(81), **TOI, "version": "v1",
    },
    "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_tp.fits": {
        "kind": "tp", "pipeline": "TESS-SPOC", "exptime": 1800.0, **S1_OF_141914082, "version": "v1",
    },
    "hlsp_tess-spoc_tess_phot_0000000033979459-s0056-s0069_tess_v1_dvs-01.pdf": {
        "kind": "dvs", "pipeline": "TESS-SPOC", "exptime": 200.0, **sectors(56, 69), "tic": 33979459,
        "tce": 1, "version": "v1",
    },
    "hlsp_tess-spoc_tess_phot_0000000033979459-s0036-s0069_tess_v1_dvm.pdf": {
        "kind": "dvm", "pipeline": "TESS-SPOC", **sectors(36, 69), "tic": 33979459, "version": "v1",
    },
    "hlsp_tess-spoc_tess_phot_0000000033979459-s0036-s0036_tess_v1_dvt.fits": {
        "kind": "dvt", "pipeline": "TESS-SPOC", "exptime": 600.0, **sectors(36), "tic": 33979459, "version": "v1",
    },
    "hlsp_tasoc_tess_ffi_tic00390988385-s0014-cam1-ccd3-c1800_tess_v06_ens-lc.fits": {
        "kind": "lc", "pipeline": "TASOC", "exptime": 1800.0, **sectors(14), **TOI, "camera": 1, "ccd": 3,
        "version": "v06", "source": "ffi", "method": "ens",
    },
    "hlsp_tasoc_tess_tpf_tic00141914082-s0001-cam4-ccd2-c0120_tess_v05_cbv-lc.fits": {
        "kind": "lc", "pipeline": "TASOC", "exptime": 120.0, **S1_OF_141914082, "camera": 4, "ccd": 2,
        "version": "v05", "source": "tpf", "method": "cbv",
    },
    "hlsp_tasoc_tess_ffi_tic00412064070-s01-c1800_tess_v04_lc.fits": {
        "kind": "lc", "pipeline": "TASOC", "exptime": 1800.0, **sectors(1), "tic": 412064070,
        "version": "v04", "source": "ffi",
    },
    "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits": {
        "kind": "lc", "pipeline": "GSFC-ELEANOR-LITE", "exptime": 1800.0, **S1_OF_141914082, "version": "v1.0",
    },
    "hlsp_tglc_tess_ffi_gaiaid-4624742688944261376-s0001-cam4-ccd2_tess_v1_llc.fits": {
        "kind": "lc", "pipeline": "TGLC", "exptime": 1800.0, **sectors(1), "camera": 4, "ccd": 2,
        "version": "v1", "gaia": 4624742688944261376,
    },
    "hlsp_tica_tess_ffi_s0035-o1-00149185-cam1-ccd1_tess_v01_img.fits": {
        "kind": "ffi", "pipeline": "TICA", "exptime": 600.0, **sectors(35), "camera": 1, "ccd": 1,
        "version": "v01", "orbit": 1, "cadence": 149185,
    },
    "hlsp_tica_tess_ffi_s0056-o1b-00694352-cam1-ccd1_tess_v01_img.fits": {
        "kind": "ffi", "pipeline": "TICA", "exptime": 200.0, **sectors(56), "camera": 1, "ccd": 1,
        "version": "v01", "orbit": 1, "segment": "b", "cadence": 694352,
    },
    "hlsp_cdips_tess_ffi_gaiatwo0005318059532750974720-0008-cam3-ccd4_tess_v01_llc.fits": {
        "kind": "lc", "pipeline": "CDIPS", "exptime": 1800.0, **sectors(8), "camera": 3, "ccd": 4, "version": "v01",
        "gaia": 5318059532750974720,
    },
    "hlsp_cdips_tess_ffi_gaiatwo0002030897830235411200-s0014-cam1-ccd1_tess_v01_llc.fits": {
        "kind": "lc", "pipeline": "CDIPS", "exptime": 1800.0, **sectors(14), "camera": 1, "ccd": 1, "version": "v01",
        "gaia": 2030897830235411200, "spelling": "s",
    },
    "hlsp_cdips_tess_ffi_gaiatwo0003222255959210123904-0006_tess_v01_llc.fits": {
        "kind": "lc", "pipeline": "CDIPS", "exptime": 1800.0, **sectors(6), "version": "v01", "gaia": 3222255959210123904,
    },
    "hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1_llc.fits": {
        "kind": "lc", "pipeline": "PATHOS", "exptime": 1800.0, **sectors(8), "tic": 93270923, "version": "v1",
    },
    "hlsp_pathos_tess_lightcurve_tic-0093270923-s036_tess_v1_llc.fits": {
        "kind": "lc", "pipeline": "PATHOS", "exptime": 600.0, **sectors(36), "tic": 93270923, "version": "v1", "spelling": "s",
    },
    "hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1_llc.txt": {
        "kind": "lc-txt", "pipeline": "PATHOS", "exptime": 1800.0, **sectors(8), "tic": 93270923, "version": "v1",
    },
    "hlsp_diamante_tess_lightcurve_tic-0000000261136679_tess_v1_llc.fits": {
        "kind": "lc", "pipeline": "DIAMANTE", "tic": 261136679, "version": "v1",
    },
    "hlsp_diamante_tess_lightcurve_tic-0000000261136679_tess_v1_llc.txt": {
        "kind": "lc-txt", "pipeline": "DIAMANTE", "tic": 261136679, "version": "v1",
    },
    "hlsp_t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01_llc.fits": {
        "kind": "lc", "pipeline": "T16", "exptime": 1800.0, **sectors(3), "camera": 1, "ccd": 3, "version": "v01",
        "gaia": 2475555794352572672,
    },
    "hlsp_tars_tess_ffi_s0055-0000000051791910_tess_v01_lc.fits": {
        "kind": "lc", "pipeline": "TARS", "exptime": 600.0, **sectors(55), "tic": 51791910, "version": "v01",
    },
    "hlsp_tess-data-alerts_tess_phot_00307210845-s01_tess_v1_lc.fits": {
        "kind": "lc", "pipeline": "TESS-DATA-ALERTS", **sectors(1), "tic": 307210845, "version": "v1",
    },
    "hlsp_tess-data-alerts_tess_phot_00307210845-s02_tess_v1_tp.fits": {
        "kind": "tp", "pipeline": "TESS-DATA-ALERTS", **sectors(2), "tic": 307210845, "version": "v1",
    },
    # Beside the products.
    "tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits": {
        "kind": "cutout", "pipeline": "TESScut", "exptime": 1800.0, **sectors(1), "camera": 4, "ccd": 2,
        "ra": "84.291190", "dec": "-80.469170", "cutout_size": "6x6",
    },
    "tess-s0001-4-3_83.4063100_-62.4897710_64-x-64_astrocut.fits": {
        "kind": "cutout", "pipeline": "TESScut", "exptime": 1800.0, **sectors(1), "camera": 4, "ccd": 3,
        "ra": "83.4063100", "dec": "-62.4897710", "cutout_size": "64-x-64",
    },
    "tess-s0001-4-3_83.4063100_-62.4897710_5.0arcmin-x-4.0arcmin_astrocut.fits": {
        "kind": "cutout", "pipeline": "TESScut", "exptime": 1800.0, **sectors(1), "camera": 4, "ccd": 3,
        "ra": "83.4063100", "dec": "-62.4897710", "cutout_size": "5.0arcmin-x-4.0arcmin",
    },
    "tess2018243163600-prf-1-1-row0001-col0045.fits": {
        "kind": "prf", "pipeline": "SPOC", "timestamp": "2018243163600", "camera": 1, "ccd": 1, "pixel": "row0001-col0045",
    },
    "tess2019107181902-prf-3-3-row1536-col2092.fits": {
        "kind": "prf", "pipeline": "SPOC", "timestamp": "2019107181902", "camera": 3, "ccd": 3, "pixel": "row1536-col2092",
    },
    "tica-s0029-1-2-cube.fits": {
        "kind": "cube", "pipeline": "TICA", "exptime": 600.0, **sectors(29), "camera": 1, "ccd": 2,
    },
    "tess-s0029-1-2-cube.fits": {
        "kind": "cube", "pipeline": "TESScut", "exptime": 600.0, **sectors(29), "camera": 1, "ccd": 2,
    },
    "tess2018206190142-s0001-s0096_dvr-tcestats.csv": spoc(
        "tcestats", None, timestamp="2018206190142", **sectors(1, 96)
    ),
    "tess_multisector_14_86_drn122_targetinfo_v01.txt.gz": spoc(
        "targetinfo", None, **sectors(14, 86), version="v01", release=122, compression="gz"
    ),
    "tesscurl_sector_100_fast-lc.sh": spoc("script", None, **sectors(100), product="fast-lc"),
    "tesscurl_multisector_s0001-s0096_dv.sh": spoc("script", None, **sectors(1, 96), product="dv"),
    "tesscurl_prop_G011183.sh": spoc("script", None, proposal="G011183"),
    "hlsp_tess-spoc_tess_phot_s0036_tess_v1_dl-tp.sh": {
        "kind": "script", "pipeline": "TESS-SPOC", **sectors(36), "version": "v1", "product": "dl-tp",
    },
    "hlsp_tess-spoc_tess_phot_s0056-s0069_tess_v1_dl-dv.sh": {
        "kind": "script", "pipeline": "TESS-SPOC", **sectors(56, 69), "version": "v1", "product": "dl-dv",
    },
    "hlsp_qlp_tess_ffi_s0056_tess_v01_llc-fits.sh": {
        "kind": "script", "pipeline": "QLP", **sectors(56), "version": "v01", "product": "llc-fits",
    },
    "hlsp_tglc_tess_ffi_s0056_tess_v1_llc.sh": {
        "kind": "script", "pipeline": "TGLC", **sectors(56), "version": "v1", "product": "llc",
    },
    "hlsp_tica_tess_ffi_s0027-o2-cam1-ccd3_tess_v01_ffis.sh": {
        "kind": "script", "pipeline": "TICA", **sectors(27), "camera": 1, "ccd": 3, "version": "v01", "orbit": 2,
        "product": "ffis",
    },
    "hlsp_tica_tess_ffi_s0056-o2a-cam1-ccd3_tess_v01_ffis.sh": {
        "kind": "script", "pipeline": "TICA", **sectors(56), "camera": 1, "ccd": 3, "version": "v01", "orbit": 2,
        "segment": "a", "product": "ffis",
    },
}  # fmt: skip

OBS_ID_NAMES: dict[str, dict[str, Any]] = {
    "tess2019226182529-s0015-0000000016740101-0151-s": spoc(
        "target", 120, timestamp="2019226182529", **sectors(15), **KELT9, scid=151, cosmic_ray="s"
    ),
    "tess2024030031500-s0075-0000000016740101-0270-a_fast": spoc(
        "fast", 20, timestamp="2024030031500", **sectors(75), **KELT9, scid=270, cosmic_ray="a"
    ),
    "tess2019199201929-s0014-s0041-0000000016740101": spoc(
        "dv", 120, timestamp="2019199201929", **sectors(14, 41), **KELT9
    ),
    "tess2018206190142-s0001-s0006-0000000307210830-00196": spoc(
        "dv", 120, timestamp="2018206190142", **sectors(1, 6), **L98, run=196
    ),
    "tess-s0055-1-1": spoc("ffi", 600, **sectors(55), camera=1, ccd=1),
    "tess2018206192942-s0001-1-2-0120-s": spoc(
        "ffi", 1800, timestamp="2018206192942", **sectors(1), camera=1, ccd=2, scid=120, cosmic_ray="s"
    ),
    "hlsp_tica_s0027-cam1-ccd1": {
        "kind": "hlsp", "pipeline": "TICA", "exptime": 600.0, **sectors(27), "camera": 1, "ccd": 1,
    },
    "hlsp_tica_tess_ffi_s0056-o1b-00694352-cam1-ccd1_tess_v01_img": {
        "kind": "hlsp", "pipeline": "TICA", "exptime": 200.0, **sectors(56), "camera": 1, "ccd": 1, "version": "v01",
        "orbit": 1, "segment": "b", "cadence": 694352, "product": "img",
    },
    "hlsp_cdips_tess_ffi_gaiatwo0005318059532750974720-0008-cam3-ccd4_tess_v01_llc": {
        "kind": "hlsp", "pipeline": "CDIPS", "exptime": 1800.0, **sectors(8), "camera": 3, "ccd": 4, "version": "v01",
        "product": "llc", "gaia": 5318059532750974720,
    },
    "hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1": {
        "kind": "hlsp", "pipeline": "PATHOS", "exptime": 1800.0, **sectors(8), "tic": 93270923, "version": "v1",
    },
    "hlsp_tess-data-alerts_tess_phot_00307210845-s01_tess_v1_tp": {
        "kind": "hlsp", "pipeline": "TESS-DATA-ALERTS", **sectors(1), "tic": 307210845, "version": "v1", "product": "tp",
    },
    "hlsp_t16_tess_ffi_s0003-cam1-ccd3-02475555794352572672_tess_v01": {
        "kind": "hlsp", "pipeline": "T16", "exptime": 1800.0, **sectors(3), "camera": 1, "ccd": 3, "version": "v01",
        "gaia": 2475555794352572672,
    },
    "hlsp_qlp_tess_ffi_s0097-0000000408084461_tess_v01_llc": {
        "kind": "hlsp", "pipeline": "QLP", "exptime": 200.0, **sectors(97), "tic": 408084461, "version": "v01",
        "product": "llc",
    },
    "hlsp_tess-spoc_tess_phot_0000000039903405-s0024_tess_v1_tp": {
        "kind": "hlsp", "pipeline": "TESS-SPOC", "exptime": 1800.0, **sectors(24), "tic": 39903405,
        "version": "v1", "product": "tp",
    },
    "hlsp_tasoc_tess_ffi_tic00408084461-s0003-cam1-ccd3-c1800_tess_v05": {
        "kind": "hlsp", "pipeline": "TASOC", "exptime": 1800.0, **sectors(3), "tic": 408084461, "camera": 1,
        "ccd": 3, "version": "v05", "source": "ffi",
    },
    "hlsp_gsfc-eleanor-lite_tess_ffi_s0003-0000000408084461_tess_v1.0_lc": {
        "kind": "hlsp", "pipeline": "GSFC-ELEANOR-LITE", "exptime": 1800.0, **sectors(3), "tic": 408084461,
        "version": "v1.0", "product": "lc",
    },
    "hlsp_tglc_tess_ffi_gaiaid-2475555794352572672-s0003-cam1-ccd3_tess_v1_llc": {
        "kind": "hlsp", "pipeline": "TGLC", "exptime": 1800.0, **sectors(3), "camera": 1, "ccd": 3,
        "version": "v1", "product": "llc", "gaia": 2475555794352572672,
    },
}  # fmt: skip

NOT_NAMES = [
    "",
    "TESScut",
    "j8pu0y010_drz.fits",
    "tess25155310-s01-first-cadences.fits.gz",
    "tess2018206045859-s0001-0000000025155310-0120-s",  # an obs_id is no file name
    "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits\n",
    "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits ",
    " tess2018206045859-s0001-0000000025155310-0120-s_lc.fits",
    "TESS2018206045859-s0001-0000000025155310-0120-s_lc.fits",
    "tess2018206045859-s0001-0000000025155310-0120-s_LC.fits",
    "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits.part",
    "tess2018206045859-s001-0000000025155310-0120-s_lc.fits",
    "tess2018206045859-s0000-0000000025155310-0120-s_lc.fits",
    "tess2018206045859-s0001-25155310-0120-s_lc.fits",
    "tess2018206045859-s0001-0000000025155310-0120-q_lc.fits",
    "tess2018206045859-s0001-0000000025155310-0120-s_dvr.xml",  # DV names have a range and a run, not a scid
    "tess2018206045859-s0001-0000000025155310-0150-s_dvt.fits",
    "tess2018206045859-s0001-s0001-0000000025155310-0120-s_lc.fits",
    "tess201820604585-s0001-0000000025155310-0120-s_lc.fits",
    "tess2018206190142-s0009-s0001-0000000307210830-00205_dvt.fits",  # a range that runs backwards
    "tess2018206190142-s0001-s0009-0000000307210830-205_dvt.fits",
    "tess2018206190142-s0001-s0006-0000000307210830-00-00196_dvs.pdf",  # TCEs count from 1
    "tess2018206190142-s0001-s0006-0000000307210830-00196_dvs.pdf",
    "tess2018206192942-s0001-5-1-0120-s_ffic.fits",
    "hlsp_qlp_tess_ffi_s0041-0000000390988385_tess_v01_lc.fits",
    "hlsp_tess-spoc_tess_phot_0000000390988385-s0081_tess_v1_dvr.xml",
    "hlsp_tglc_tess_ffi_gaiaid-9999999999999999999-s0001-cam4-ccd2_tess_v1_llc.fits",  # no source_id is so large
    "hlsp_everest_k2_llc_202139994-c00_kepler_v2.0_lc.fits",
    "hlsp_cdips_tess_ffi_gaiatwo5318059532750974720-0008-cam3-ccd4_tess_v01_llc.fits",  # its ids have 22 digits
    "hlsp_t16_tess_ffi_s0003-cam1-ccd3-09475555794352572672_tess_v01_llc.fits",
    "hlsp_tess-spoc_tess_phot_s0056-s0056_tess_v1_dl-dv.sh",  # a script of one sector has another name
    "hlsp_tess-spoc_tess_phot_s0069-s0056_tess_v1_dl-dv.sh",
    "hlsp_diamante_tess_lightcurve_catalog_tess_v1_cat.csv",
    "tess2018206192942-s0001-4-2-0120-s_ffi",  # cut-outs name their images so: FFI_FILE has 38 characters
    "all_targets_S001_v1.csv",
    "tesscurl_sector_0001_lc.sh",
    "tess\u0662018206045859-s0001-0000000025155310-0120-s_lc.fits",  # a digit, but not one of ours
]

URIS = {
    "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits": "mast:TESS/product",
    "tess2018206192942-s0001-1-1-0120-s_ffic.fits": "mast:TESS/product",
    "hlsp_qlp_tess_ffi_s0014-0000000390988385_tess_v01_llc.fits": "mast:HLSP/qlp/s0014/0000/0003/9098/8385",
    "hlsp_tess-spoc_tess_phot_0000000390988385-s0054_tess_v1_lc.fits": (
        "mast:HLSP/tess-spoc/s0054/target/0000/0003/9098/8385"
    ),
    "hlsp_tess-spoc_tess_phot_0000000033979459-s0056-s0069_tess_v1_dvm.pdf": (
        "mast:HLSP/tess-spoc/s0056-s0069/target/0000/0000/3397/9459"
    ),
    "hlsp_tess-spoc_tess_phot_0000000033979459-s0056-s0056_tess_v1_dvm.pdf": (
        "mast:HLSP/tess-spoc/s0056/target/0000/0000/3397/9459"
    ),
    "hlsp_tasoc_tess_tpf_tic00141914082-s0001-cam4-ccd2-c0120_tess_v05_cbv-lc.fits": (
        "mast:HLSP/tasoc/s0001/c0120/0000/0001/4191/4082"
    ),
    "hlsp_tasoc_tess_ffi_tic00412064070-s01-c1800_tess_v04_lc.fits": ("mast:HLSP/tasoc/s0001/ffi/0000/0004/1206/4070"),
    "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000336732616_tess_v1.0_lc.fits": (
        "mast:HLSP/gsfc-eleanor-lite/s0001/0000/0003/3673/2616"
    ),
    "hlsp_tglc_tess_ffi_gaiaid-4624742688944261376-s0001-cam4-ccd2_tess_v1_llc.fits": (
        "mast:HLSP/tglc/s0001/cam4-ccd2/0046/2474/2688/9442"
    ),
    "hlsp_tica_tess_ffi_s0089-o1-01078000-cam1-ccd1_tess_v01_img.fits": "mast:HLSP/tica/s0089/cam1-ccd1",
    "hlsp_cdips_tess_ffi_gaiatwo0002030897830235411200-s0014-cam1-ccd1_tess_v01_llc.fits": (
        "mast:HLSP/cdips/s0014/cam1_ccd1"
    ),
    "hlsp_pathos_tess_lightcurve_tic-0093270923-s0008_tess_v1_llc.fits": "mast:HLSP/pathos/s0008",
    "hlsp_diamante_tess_lightcurve_tic-0000000261136679_tess_v1_llc.fits": "mast:HLSP/diamante/0000/0002/6113/6679",
}


@pytest.mark.parametrize(("text", "fields"), FILE_NAMES.items(), ids=list(FILE_NAMES))
def test_a_file_name_says_its_fields_and_is_written_from_them(text: str, fields: dict[str, Any]) -> None:
    assert said(names.parse(text)) == fields
    assert names.format(Name(**fields)) == text


@pytest.mark.parametrize(("text", "fields"), OBS_ID_NAMES.items(), ids=list(OBS_ID_NAMES))
def test_an_obs_id_says_its_fields_and_is_written_from_them(text: str, fields: dict[str, Any]) -> None:
    assert said(names.parse_obs_id(text)) == fields
    assert names.format_obs_id(Name(**fields)) == text


def test_the_examples_cover_every_kind() -> None:
    assert {fields["kind"] for fields in FILE_NAMES.values()} == set(names.KINDS) - {"other", "dvr-xsd"}
    assert {fields["kind"] for fields in OBS_ID_NAMES.values()} == set(names.OBS_ID_KINDS) - {"other"}
    assert names.parse("tess2018206190142_dvr.xsd").kind == "dvr-xsd"


def test_every_form_has_a_kind_with_a_description() -> None:
    assert {row.kind for row in FILES} | {"other"} == set(names.KINDS)
    assert {row.kind for row in OBS_IDS} | {"other"} == set(names.OBS_ID_KINDS)


@pytest.mark.parametrize("text", NOT_NAMES)
def test_what_is_not_a_tess_name_is_other_and_says_nothing(text: str) -> None:
    assert names.parse(text) == Name("other")


def test_a_column_of_what_is_not_a_tess_name_says_nothing() -> None:
    rows = names.columns(pl.Series(NOT_NAMES)).rows()
    assert {text: row for text, row in zip(NOT_NAMES, rows, strict=True) if row != ("other", *(None,) * 13)} == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "TESS FFI",
        "tess-s0055-1-1-cube",
        "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits",
        "mast:TESS/product/tess2019226182529-s0015-0000000016740101-0151-s",
        "hlsp_tasoc_tess_ffi_tic00408084461-s0003-cam1-ccd3-c1800_tess_v05_ens-lc.fits",
        "tess2018206192942-s0001-1-5-0120-s",
        "tess2018206192942-s0001-1-2-0120-s_ffic.fits",
    ],
)
def test_what_is_not_a_tess_obs_id_is_other(text: str) -> None:
    assert names.parse_obs_id(text) == Name("other")
    assert names.obs_id_columns(pl.Series([text]))["kind"].to_list() == ["other"]


@pytest.mark.parametrize(
    "folder",
    [
        "mast:TESS/product/",
        "data/mastDownload/TESS/tess2019226182529-s0015-0000000016740101-0151-s/",
        "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:TESS/product/",
        "s3://stpubdata/tess/public/tid/s0015/0000/0000/1674/0101/",
        "C:\\data\\tess\\",
        "two\nlines/",
    ],
)
def test_only_the_last_component_of_a_path_or_uri_counts(folder: str) -> None:
    text = "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits"
    assert names.parse(folder + text) == names.parse(text)
    assert names.columns(pl.Series([folder + text])).rows() == names.columns(pl.Series([text])).rows()


@pytest.mark.parametrize(("text", "folder"), URIS.items(), ids=list(URIS))
def test_the_uri_of_a_product_is_its_name_in_masts_folder(text: str, folder: str) -> None:
    assert names.uri(names.parse(text)) == f"{folder}/{text}"


@pytest.mark.parametrize(
    "text",
    [
        "tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits",
        "tesscurl_sector_1_lc.sh",
        "hlsp_tess-spoc_tess_phot_s0056-s0069_tess_v1_dl-dv.sh",
        "hlsp_cdips_tess_ffi_gaiatwo0003222255959210123904-0006_tess_v01_llc.fits",  # its folder is that of its CCD
        "hlsp_tars_tess_ffi_s0055-0000000051791910_tess_v01_lc.fits",  # likewise
        "tess2018206190142-s0001-s0096_dvr-tcestats.csv",
        "tess2024196212429-s0081-s0081-0000000390988385-00910_dvr.xml.gz",
    ],
)
def test_what_mast_does_not_serve_by_uri_has_none(text: str) -> None:
    with pytest.raises(ValueError, match="no MAST URI is known for " + text):
        names.uri(names.parse(text))


LC = names.parse("tess2019226182529-s0015-0000000016740101-0151-s_lc.fits")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"tic": None}, "tic is missing"),
        ({"scid": None}, "scid is missing"),
        ({"first_sector": None}, "first_sector is missing"),
        ({"tic": 10**16}, "tic=10000000000000000 does not fit"),
        ({"tic": 1.5}, "tic=1.5 does not fit"),
        ({"tic": "16740101"}, "tic='16740101' does not fit"),
        ({"first_sector": -1}, "first_sector=-1 does not fit"),
        ({"timestamp": "2019"}, "timestamp='2019' does not fit"),
        ({"cosmic_ray": "q"}, "cosmic_ray='q' does not fit"),
        ({"last_sector": 16}, "last_sector=16 contradicts the rest"),
        ({"exptime": 20.0}, r"exptime=20\.0 contradicts the rest"),
        ({"run": 126}, "run=126 has no place in it"),
        ({"pipeline": None}, "pipeline is one of CDIPS, DIAMANTE, GSFC-ELEANOR-LITE, PATHOS, QLP, SPOC, T16"),
        ({"pipeline": "spoc"}, "pipeline is one of"),
        ({"kind": "other"}, "there is no such kind"),
        ({"kind": "dvt"}, "run is missing"),
    ],
)
def test_a_name_that_cannot_be_written_is_refused_with_the_field(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        names.format(replace(LC, **changes))


def test_the_nearest_of_several_forms_names_what_is_missing() -> None:
    tasoc = names.parse("hlsp_tasoc_tess_ffi_tic00390988385-s0014-cam1-ccd3-c1800_tess_v06_ens-lc.fits")
    with pytest.raises(ValueError, match=r"by TASOC: method is missing$"):
        names.format(replace(tasoc, method=None))


def test_a_name_shows_only_what_it_says() -> None:
    assert repr(Name("lc", tic=16740101)) == "Name(kind='lc', tic=16740101)"


@pytest.mark.parametrize(
    ("sector", "seconds"), [(1, 1800), (26, 1800), (27, 600), (55, 600), (56, 200), (107, 200), (1751, 200)]
)
def test_full_frame_images_got_faster_twice(sector: int, seconds: float) -> None:
    assert names.ffi_exptime(sector) == seconds


def test_there_is_no_sector_0() -> None:
    with pytest.raises(ValueError, match="no sector 0"):
        names.ffi_exptime(0)


# Names made at random, of every form; and what is nearly a name.

FORMS = [Form(row) for row in FILES]
OBS_ID_FORMS = [Form(row) for row in OBS_IDS]


@st.composite
def named(draw: st.DrawFn, forms: list[Form]) -> tuple[Form, str]:
    """Make a name of one of the forms that breaks no rule: sectors and TCEs count from 1, ranges run forwards."""
    form = draw(st.sampled_from(forms))
    text = draw(st.from_regex(form.expression(()), fullmatch=True, alphabet=st.characters(codec="ascii")))
    for field in ("first_sector", "last_sector", "sector", "tce"):
        if field in form.fields:
            pattern = form.expression((field,))
            digits = re.search(rf"{{{field}:([0-9])}}", form.row.template)
            width = int(digits[1]) if digits else 4
            limits = {"first_sector": (1, 60 - form.row.several), "last_sector": (60, 1751)}.get(
                field, (1, 10**width - 1)
            )
            number = draw(st.integers(*limits))
            text = _with_field(text, pattern, field, number)
    return form, text


def _with_field(text: str, pattern: str, field: str, number: int) -> str:
    match = re.fullmatch(pattern, text)
    assert match is not None
    start, end = match.span(field)
    digits = str(number) if text.startswith(("tesscurl_sector", "tess_multisector")) else str(number).zfill(end - start)
    return text[:start] + digits + text[end:]


@st.composite
def nearly(draw: st.DrawFn, forms: list[Form]) -> str:
    """Make a name, with some characters of it changed, lost, or added."""
    _, text = draw(named(forms))
    for _ in range(draw(st.integers(0, 2))):
        at, end = draw(st.integers(0, len(text))), draw(st.integers(0, 2))
        text = text[:at] + draw(st.text("0123456789-_./sabtglc\nS\u0661", max_size=2)) + text[at + end :]
    return text


@settings(deadline=None)
@given(named(FORMS))
def test_writing_undoes_reading_for_every_form_of_file_name(made: tuple[Form, str]) -> None:
    form, text = made
    name = names.parse(text)
    assert (name.kind, name.pipeline) == (form.row.kind, form.row.pipeline)
    assert names.format(name) == text
    assert names.parse(names.format(name)) == name


@settings(deadline=None)
@given(named(OBS_ID_FORMS))
def test_writing_undoes_reading_for_every_form_of_obs_id(made: tuple[Form, str]) -> None:
    form, text = made
    name = names.parse_obs_id(text)
    assert (name.kind, name.pipeline) == (form.row.kind, form.row.pipeline)
    assert names.format_obs_id(name) == text
    assert names.parse_obs_id(names.format_obs_id(name)) == name


@pytest.mark.parametrize("forms", [FORMS, OBS_ID_FORMS], ids=["files", "obs_ids"])
def test_no_name_has_two_readings(forms: list[Form]) -> None:
    @settings(deadline=None)
    @given(named(forms))
    def has_one(made: tuple[Form, str]) -> None:
        assert [form for form in forms if form.read(made[1]) is not None] == [made[0]]

    has_one()


@settings(deadline=None)
@given(st.one_of(nearly(FORMS), st.text()))
def test_what_is_read_is_written_again_letter_by_letter(text: str) -> None:
    name = names.parse(text)
    if name.kind != "other":
        assert names.format(name) == text.replace("\\", "/").rpartition("/")[2]
    else:
        assert name == Name("other")


def as_parsed(frame: pl.DataFrame, parsed: list[Name]) -> None:
    assert frame.rows() == [tuple(getattr(name, column) for column in frame.columns) for name in parsed]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), named(FORMS).map(lambda made: made[1]), nearly(FORMS), st.text()), max_size=40))
def test_a_column_is_read_as_its_names_are(texts: list[str | None]) -> None:
    frame = names.columns(pl.Series(texts, dtype=pl.String))
    as_parsed(frame, [names.parse(text or "") for text in texts])


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), named(OBS_ID_FORMS).map(lambda made: made[1]), nearly(OBS_ID_FORMS)), max_size=40))
def test_a_column_of_obs_ids_is_read_as_its_obs_ids_are(texts: list[str | None]) -> None:
    frame = names.obs_id_columns(pl.Series(texts, dtype=pl.String))
    as_parsed(frame, [names.parse_obs_id(text or "") for text in texts])


def test_a_column_longer_than_a_chunk_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector, "CHUNK", 7)
    texts = [*FILE_NAMES, *NOT_NAMES, None, *reversed(FILE_NAMES)]
    as_parsed(names.columns(pl.Series(texts)), [names.parse(text or "") for text in texts])


def test_the_columns_have_their_types_even_when_empty() -> None:
    whole = ["first_sector", "last_sector", "run", "tce", "camera", "ccd", "scid"]
    for texts in ([], [None], list(FILE_NAMES), ["tess-s0055-1-1"]):
        frame = names.columns(pl.Series(texts, dtype=pl.String))
        assert len(frame) == len(texts)
        assert [frame.schema[column] for column in whole] == [pl.Int32] * len(whole)
        assert [frame.schema[column] for column in ("tic", "exptime")] == [pl.Int64, pl.Float64]
        assert {frame.schema[column] for column in ("kind", "pipeline", "timestamp", "version")} == {pl.String}
        assert frame["kind"].null_count() == 0


def test_a_column_of_categories_is_text_and_one_of_numbers_is_not() -> None:
    texts = pl.Series(["tess-s0055-1-1", None], dtype=pl.Categorical)
    assert names.obs_id_columns(texts)["kind"].to_list() == ["ffi", "other"]
    assert names.obs_id_columns(pl.Series([None]))["kind"].to_list() == ["other"]
    with pytest.raises(TypeError, match="names are text, not Int64"):
        names.columns(pl.Series([16740101]))


def test_the_vocabulary_needs_no_table_library_until_a_column_is_read() -> None:
    code = "import sys; from tess_source import names; names.parse('x'); print('polars' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_examples_of_the_page_on_names_are_true() -> None:
    page = (PROJECT / "docs" / "names.md").read_text(encoding="utf-8")
    examples = "\n".join(block.split("```")[0] for block in page.split("```python\n")[1:])
    test = doctest.DocTestParser().get_doctest(examples, {}, "names.md", "docs/names.md", 0)
    assert len(test.examples) > 10
    assert doctest.DocTestRunner().run(test).failed == 0


def test_the_example_of_the_module_is_true() -> None:
    results = doctest.testmod(names)
    assert results.attempted
    assert not results.failed


def test_a_script_of_several_sectors_is_not_one_of_a_single_sector() -> None:
    assert names.parse("tesscurl_multisector_s0060-s0060_dv.sh").kind == "other"
    assert names.columns(pl.Series(["tesscurl_multisector_s0060-s0060_dv.sh"]))["kind"].to_list() == ["other"]
    assert names.parse("tesscurl_multisector_s0001-s0060_dv.sh").last_sector == 60
