"""Keys of the bucket from URIs: real names give the keys that others have used, and what a name does not tell is not guessed."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from fuzz import attempts

from tess_source import names
from tess_source.settings import Settings, at_server
from tess_source_cloud.keys import BUCKET, key_of, locate

STAR, OTHER = "0000/0001/5042/8135", "0000/0000/3884/6515"
CHIP = "tess/public/ffi/s0001/2018/206/1-1"


def product(name: str) -> str:
    return f"mast:TESS/product/{name}"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("tess2018206045859-s0001-0000000150428135-0120-s_lc.fits", f"tess/public/tid/s0001/{STAR}"),
        ("tess2018206045859-s0001-0000000150428135-0120-s_tp.fits", f"tess/public/tid/s0001/{STAR}"),
        ("tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits", "tess/public/tid/s0075/0000/0000/1674/0101"),
        ("tess2024030031500-s0075-0000000016740101-0270-a_fast-tp.fits", "tess/public/tid/s0075/0000/0000/1674/0101"),
        ("tess2026250000000-s0107-0000000150428135-0330-s_lc.fits", f"tess/public/tid/s0107/{STAR}"),
        ("tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits", "tess/public/tid/s0014/0000/0000/1674/0101"),
        ("tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml", "tess/public/tid/s0014/0000/0000/1674/0101"),
        ("tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.pdf", "tess/public/tid/s0014/0000/0000/1674/0101"),
        ("tess2019199201929-s0014-s0014-0000000016740101-00240_dvm.pdf", "tess/public/tid/s0014/0000/0000/1674/0101"),
        (
            "tess2019199201929-s0014-s0014-0000000016740101-01-00240_dvs.pdf",
            "tess/public/tid/s0014/0000/0000/1674/0101",
        ),
        ("tess2018206192942-s0001-1-1-0120-s_ffic.fits", CHIP),
        ("tess2018206192942-s0001-1-1-0120-s_ffir.fits", CHIP),
        ("tess2018206192942-s0001-1-1-0120-s_cbv.fits", CHIP),
        ("tess2020161182917-s0026-4-4-0187-s_ffic.fits", "tess/public/ffi/s0026/2020/161/4-4"),
        ("tess2022245180205-s0056-2-3-0243-s_ffic.fits", "tess/public/ffi/s0056/2022/245/2-3"),
        ("tess2022245180205-s0056-2-3-0243-s_fast-cbv.fits", "tess/public/ffi/s0056/2022/245/2-3"),
        ("tess-s0001-4-2-cube.fits", "tess/public/mast"),
        ("tica-s0035-1-1-cube.fits", "tess/public/mast/tica"),
    ],
)
def test_the_mission_s_products_lie_by_target_or_by_day_and_chip(name: str, folder: str) -> None:
    assert key_of(product(name)) == f"{folder}/{name}"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (f"qlp/s0002/{OTHER}", "hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc.fits"),
        (f"tess-spoc/s0061/target/{OTHER}", "hlsp_tess-spoc_tess_phot_0000000038846515-s0061_tess_v1_lc.fits"),
        ("tglc/s0001/cam2-ccd1/0063/9919/6263/9391", "hlsp_tglc_tess_ffi_gaiaid-6399196263939178880-s0001-cam2-ccd1_tess_v1_llc.fits"),
        ("tasoc/s0001/c1800/0000/0001/5044/1810", "hlsp_tasoc_tess_ffi_tic00150441810-s0001-cam4-ccd2-c1800_tess_v05_ens-lc.fits"),
        ("cdips/s0014/cam1_ccd1", "hlsp_cdips_tess_ffi_gaiatwo0002030897830235411200-s0014-cam1-ccd1_tess_v01_llc.fits"),
        ("tars/sec_55_cam_1_ccd_3", "hlsp_tars_tess_ffi_s0055-0000000051791910_tess_v01_lc.fits"),
        ("tica/s0035/cam1-ccd1", "hlsp_tica_tess_ffi_s0035-o1-00149185-cam1-ccd1_tess_v01_img.fits"),
        ("tess-data-alerts", "hlsp_tess-data-alerts_tess_phot_00261136679-s01_tess_v1_lc.fits"),
        ("somebody/new", "a-name+that=nobody~knows.fits"),
    ],
)  # fmt: skip
def test_products_of_others_lie_in_the_folders_of_their_uris(folder: str, name: str) -> None:
    assert key_of(f"mast:HLSP/{folder}/{name}") == f"mast/hlsp/{folder}/{name}"


@pytest.mark.parametrize("gaia", ["1014525155680624640", "2078199232749616512"])
def test_both_rules_for_tglc_s_folders_agree_where_they_are_known_to(gaia: str) -> None:
    uri = names.uri(names.parse(f"hlsp_tglc_tess_ffi_gaiaid-{gaia}-s0001-cam2-ccd1_tess_v1_llc.fits"))
    groups = ("00" + gaia)[:16]
    assert f"/{groups[:4]}/{groups[4:8]}/{groups[8:12]}/{groups[12:]}/" in str(key_of(uri))


@pytest.mark.parametrize(
    "uri",
    [
        product("tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits"),  # several sectors
        product("tess2018206045859-s0001-0000000150428135-0120-s_lc.fits.gz"),
        product("tess2018206045859-s0001-smrow-1-1-a-0120-s_col.fits"),
        product("tess2018206190142-s0001-s0001_dvr-tcestats.csv"),
        product("tesscurl_sector_1_lc.sh"),
        product("tess2018143152421_dvr.xsd"),
        product("hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc.fits"),  # its folder is missing
        product("unknown.fits"),
        product(""),
        product("../tess2018206045859-s0001-0000000150428135-0120-s_lc.fits"),
        product(r"a\tess2018206045859-s0001-0000000150428135-0120-s_lc.fits"),
        "mast:HLSP/hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc.fits",
        "mast:HLSP/qlp/../../tess/public/x.fits",
        "mast:HLSP/qlp//x.fits",
        "mast:HLSP/qlp/x y.fits",
        "mast:HLSP/qlp/s0001/",
        "mast:HLSP/",
        "mast:HST/product/x.fits",
        "mast:TESS",
        "tesscut:tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits",
        "https://archive.stsci.edu/hlsps/qlp/s0001/x.fits",
        "",
    ],
)
def test_what_a_uri_does_not_tell_is_not_guessed(uri: str) -> None:
    assert key_of(uri) is None
    assert not locate(uri, Settings())


def test_an_address_is_that_of_the_bucket_and_its_etag_is_a_checksum() -> None:
    (request,) = locate("mast:HLSP/somebody/new/a+b=c.fits", Settings())
    assert request.url == f"{BUCKET}/mast/hlsp/somebody/new/a%2Bb%3Dc.fits"
    assert request.etag_is_md5
    assert not request.headers


def test_another_server_than_the_archive_has_the_bucket_too() -> None:
    (request,) = locate("mast:HLSP/qlp/s0001/x.fits", Settings())
    assert (
        at_server(request.url, Settings(server="http://127.0.0.1:8000"))
        == "http://127.0.0.1:8000/mast/hlsp/qlp/s0001/x.fits"
    )


def test_no_text_gives_a_key_outside_of_the_bucket_s_folders() -> None:
    pieces = (
        "mast:",
        "HLSP/",
        "TESS/product/",
        "..",
        "/",
        "qlp",
        "x.fits",
        "?",
        "#",
        "%2e",
        "\\",
        "\n",
        "é",
        ".",
        "-s0001-",
        "s0001",
    )
    for number, chance in attempts(300, 20_000):
        uri = "".join(chance.choices(pieces, k=chance.randrange(1, 9)))
        key = key_of(uri)
        if key is not None:
            assert key.startswith(("tess/public/", "mast/hlsp/")), (number, uri)
            assert not {"", ".", ".."} & set(key.split("/")), (number, uri)
            assert key.isascii() and key.isprintable(), (number, uri)


@pytest.mark.real
def test_real_paths_of_full_frame_images_are_the_keys_of_their_names(real: Path) -> None:
    seen = 0
    for file in sorted((real / "ffi-lists").glob("s*-spoc-*.csv.gz")):
        with gzip.open(file, "rt") as lines:
            for row in csv.DictReader(lines):
                path = next(value for value in row.values() if value and value.endswith("_ffic.fits"))
                assert key_of(product(path.rpartition("/")[2])) == f"tess/public/{path.removeprefix('/')}"
                seen += 1
    assert seen > 3000
