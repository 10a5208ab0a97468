"""The lists that the sample archive publishes beside its portal: they say the same as its rows."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pytest

from tess_source import names
from tess_source_sample import facts, holdings
from tess_source_sample.contents import Contents, Row
from tess_source_sample.faults import Fault
from tess_source_sample.lists import published
from tess_source_sample.sectors import stamps
from tess_source_sample.server import SampleArchive

SCRIPTS = "/missions/tess/download_scripts"
LC1 = f"{SCRIPTS}/sector/tesscurl_sector_1_lc.sh"
TCE_PAGE = "/tess/bulk_downloads/bulk_downloads_tce.html"
TARGETS = "/public/target_lists/2m/all_targets_S{:03d}_v1.csv"


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


def ask(url: str, path: str, **headers: str) -> Answer:
    """Send one request that takes no packed answer unless it says so."""
    parts = urlsplit(url)
    with closing(HTTPConnection(str(parts.hostname), parts.port, timeout=20)) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents()


def text_at(contents: Contents, path: str) -> str:
    document = published(contents, path)
    assert document is not None, path
    return document.text


def uris_at(contents: Contents, path: str) -> list[str]:
    """Return the files of a script by the rule that fits the lines of all."""
    lines = text_at(contents, path).splitlines()
    assert lines[0] == "#!/bin/sh"
    return [re.findall(r"uri=(mast:[^'\"\s]+)", line)[0] for line in lines[1:]]


def rows_of(contents: Contents, pipeline: str) -> Iterator[tuple[Row, Row]]:
    """Yield all observations of a pipeline with each of their products."""
    for row in contents.observations:
        if row["provenance_name"] == pipeline:
            yield from ((row, product) for product in contents.products[row["obsid"]])


def script_of(product: Row) -> str:
    """Return the path of the script that lists a file of the mission."""
    name, group = names.parse(product["productFilename"]), product["productSubGroupDescription"].lower()
    kind = "dv" if group.startswith("dv") else group
    if name.first_sector != name.last_sector:
        return f"{SCRIPTS}/multisector/tesscurl_multisector_s{name.first_sector:04d}-s{name.last_sector:04d}_{kind}.sh"
    return f"{SCRIPTS}/sector/tesscurl_sector_{name.first_sector}_{kind}.sh"


# -- scripts and the portal ----------------------------------------------------------------------------------------


def test_every_file_of_the_mission_is_in_its_script_and_every_script_is_of_the_portal(contents: Contents) -> None:
    expected: dict[str, set[str]] = {}
    for _, product in rows_of(contents, "SPOC"):
        expected.setdefault(script_of(product), set()).add(product["dataURI"])
    assert len(expected) > 60
    for path, uris in expected.items():
        found = uris_at(contents, path)
        assert len(found) == len(set(found))
        assert set(found) == uris, path


@pytest.mark.parametrize(
    ("pipeline", "path", "kinds"),
    [
        ("QLP", "/hlsps/qlp/download_scripts/hlsp_qlp_tess_ffi_s{:04d}_tess_v01_llc-fits.sh", ("_llc.fits",)),
        ("TGLC", "/hlsps/tglc/download_scripts/hlsp_tglc_tess_ffi_s{:04d}_tess_v1_llc.sh", ("_llc.fits",)),
        *(
            (
                "TESS-SPOC",
                f"/hlsps/tess-spoc/download_scripts/hlsp_tess-spoc_tess_phot_s{{:04d}}_tess_v1_dl-{k}.sh",
                (f"_{k}.fits",),
            )
            for k in ("lc", "tp")
        ),
    ],
)
def test_contributed_files_are_in_their_scripts(
    contents: Contents, pipeline: str, path: str, kinds: tuple[str, ...]
) -> None:
    expected: dict[int, set[str]] = {}
    for row, product in rows_of(contents, pipeline):
        if product["productFilename"].endswith(kinds):
            expected.setdefault(row["sequence_number"], set()).add(product["dataURI"])
    assert expected
    for sector, uris in expected.items():
        assert set(uris_at(contents, path.format(sector))) == uris


def test_validation_of_tess_spoc_is_in_its_script(contents: Contents) -> None:
    uris = {
        product["dataURI"] for _, product in rows_of(contents, "TESS-SPOC") if "-s0056-s0069_" in product["dataURI"]
    }
    path = "/hlsps/tess-spoc/download_scripts/hlsp_tess-spoc_tess_phot_s0056-s0069_tess_v1_dl-dv.sh"
    assert set(uris_at(contents, path)) == uris and len(uris) == 5


def test_the_lines_of_the_pipelines_have_three_shapes(contents: Contents) -> None:
    first = {
        "spoc": LC1,
        "qlp": "/hlsps/qlp/download_scripts/hlsp_qlp_tess_ffi_s0001_tess_v01_llc-fits.sh",
        "tess-spoc": "/hlsps/tess-spoc/download_scripts/hlsp_tess-spoc_tess_phot_s0001_tess_v1_dl-lc.sh",
    }
    words = {name: text_at(contents, path).splitlines()[1].split() for name, path in first.items()}
    assert words["spoc"][:5] == ["curl", "-C", "-", "-L", "-o"]
    assert words["qlp"][4].startswith("'s0001/")
    assert words["tess-spoc"][6].startswith("'s0001/target/")


def test_what_leaves_the_portal_leaves_the_script(contents: Contents) -> None:
    fewer = Contents()
    fewer.observations[:] = [row for row in fewer.observations if row["target_name"] != "25132999"]
    assert [uri for uri in uris_at(contents, LC1) if "25132999" in uri]
    assert not [uri for uri in uris_at(fewer, LC1) if "25132999" in uri]


# -- target lists, tables, pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("exptime", [120, 20])
def test_every_observed_target_is_on_the_list_of_its_sector(contents: Contents, exptime: int) -> None:
    seen = {
        (row["sequence_number"], int(row["target_name"]))
        for row in contents.observations
        if row["t_exptime"] == exptime and row["provenance_name"] == "SPOC" and row["dataURL"].endswith("lc.fits")
    }
    path = TARGETS if exptime == 120 else "/public/target_lists/20s/all_targets_20s_S{:03d}_v1.csv"
    listed = {
        (sector, int(line.split(",")[0]))
        for sector in {sector for sector, _ in seen}
        for line in text_at(contents, path.format(sector)).splitlines()
        if line[0].isdigit()
    }
    planned = {(p.sector, p.tic) for p in holdings.PLANNED} if exptime == 120 else set()
    assert seen
    assert listed - planned == seen


def test_early_lists_begin_with_comments_and_a_coming_sector_has_a_list_but_no_script(contents: Contents) -> None:
    assert text_at(contents, TARGETS.format(14)).splitlines()[5] == "TICID,Camera,CCD,Tmag,RA,Dec"
    assert text_at(contents, TARGETS.format(89)).splitlines()[0] == "TICID,Camera,CCD,Tmag,RA,Dec"
    assert published(contents, f"{SCRIPTS}/sector/tesscurl_sector_89_lc.sh") is None
    assert published(contents, TARGETS.format(90)) is None


def test_the_lists_of_pipelines_have_their_header_in_a_comment(contents: Contents) -> None:
    heads = {
        pipeline: text_at(contents, f"/hlsps/{pipeline}/target_lists/s0001.csv").splitlines()[0]
        for pipeline in ("qlp", "tess-spoc", "tglc")
    }
    assert heads == {"qlp": "#TIC_ID,RA,DEC", "tess-spoc": "#TIC_ID,RA,DEC", "tglc": "#GAIADR3_ID,TIC_ID,RA,DEC"}
    assert text_at(contents, "/hlsps/tglc/target_lists/s0001.csv").count(",25132999,") == 2


def test_the_page_links_to_every_table_of_the_runs_and_each_table_is_there(contents: Contents) -> None:
    page = text_at(contents, TCE_PAGE)
    tables = page.split("<table>")
    links = re.findall(r'href="([^"]+)"', page)
    ends = {(run.first, run.last) for run in facts.RUNS}
    assert len(links) == len(set(links)) == len(ends)
    assert all("-s0082_" in link or "-s0081_" in link for link in re.findall(r'href="([^"]+)"', tables[5])[:2])
    assert "s0014-s0086" in tables[6]
    for link in links:
        rows = list(csv.DictReader(line for line in text_at(contents, link).splitlines() if line[0] != "#"))
        found = re.search(r"-s(\d{4})-s(\d{4})_", link)
        assert found
        runs = [run for run in facts.RUNS if (run.first, run.last) == (int(found[1]), int(found[2]))]
        latest = {run.tic: run for run in sorted(runs, key=lambda run: run.run)}
        assert {row["tceid"] for row in rows} == {
            f"{run.tic:011d}-{n:02d}" for run in latest.values() for n in range(1, run.tces + 1)
        }


def test_a_page_lists_the_scripts_that_there_are(contents: Contents) -> None:
    page = text_at(contents, "/tess/bulk_downloads/bulk_downloads_ffi-tp-lc-dv.html")
    links = re.findall(r'href="([^"]+)"', page)
    assert LC1 in links
    assert all(published(contents, link) for link in links)


def test_footprints_are_those_of_the_portal(contents: Contents) -> None:
    path = "/tess/public/footprints/tess_ffi_footprint_cache.json"
    table = json.loads(text_at(contents, path))
    assert table["obs_id"] == [row["obs_id"] for row in contents.observations if row["target_name"] == "TESS FFI"]
    assert set(map(len, table.values())) == {len(holdings.IMAGES)}
    assert published(contents, f"/stpubdata{path}") == published(contents, path)


def toi_rows(contents: Contents) -> list[dict[str, str]]:
    return list(csv.DictReader(text_at(contents, "/tess/download_toi.php").splitlines()[2:]))


def test_candidates_are_those_of_the_archives_stars_and_of_one_that_it_does_not_have(contents: Contents) -> None:
    rows = toi_rows(contents)
    by_tic: dict[int, list[str]] = {}
    for row in rows:
        by_tic.setdefault(int(row["TIC ID"]), []).append(row["TOI"])
    assert by_tic[307210830] == ["175.01", "175.02", "175.03"]
    assert by_tic[390988385] == ["3505.01"]
    assert {150428135} == by_tic.keys() - set(contents.targets)
    for row in rows:
        if row["TOI"] in {"144.01", "1150.01", "3505.01"}:
            (planet,) = facts.star(int(row["TIC ID"])).planets
            assert float(row["Transit Epoch (BJD)"]) - 2457000 == pytest.approx(planet.epoch, abs=1e-5)
            assert float(row["Period (days)"]) == pytest.approx(planet.period)
    assert {row["TFOPWG Disposition"] for row in rows} == {"KP", "CP", "", "FP", "APC"}


def test_a_candidate_of_the_community_says_what_became_of_it(contents: Contents) -> None:
    rows = list(csv.DictReader(text_at(contents, "/tess/download_ctoi.php").splitlines()))
    assert {row["CTOI"]: row["Promoted to TOI"] for row in rows} == {"390988385.01": "3505.01", "25132999.01": ""}


# -- as real ones ----------------------------------------------------------------------------------------------------


@pytest.mark.real
def test_scripts_and_lists_have_the_lines_of_real_ones(contents: Contents, real: Path) -> None:
    script = gzip.decompress((real / "scripts/tesscurl_sector_1_lc.sh.gz").read_bytes()).decode().splitlines()
    assert set(text_at(contents, LC1).splitlines()) <= set(script)
    targets = gzip.decompress((real / "target-lists/all_targets_S001_v1.csv.gz").read_bytes()).decode().splitlines()
    ours = text_at(contents, TARGETS.format(1)).splitlines()
    known = {"25132999", "38877693", "44577667", "149251611"}
    assert [line for line in ours if line.split(",")[0] in known] == [
        line for line in targets if line.split(",")[0] in known
    ]
    dv = (real / "scripts/tesscurl_sector_1_dv.sh").read_text().splitlines()
    assert set(text_at(contents, f"{SCRIPTS}/sector/tesscurl_sector_1_dv.sh").splitlines()) <= set(dv)


@pytest.mark.real
def test_tables_have_the_head_and_the_columns_of_real_ones(contents: Contents, real: Path) -> None:
    name = "tess2018206190142-s0001-s0001_dvr-tcestats.csv"
    theirs = (real / "scripts" / name).read_text().splitlines()
    ours = text_at(contents, f"/missions/tess/catalogs/tce/{name}").splitlines()
    assert [line for n, line in enumerate(ours[:7]) if n != 4] == [line for n, line in enumerate(theirs[:7]) if n != 4]
    mine, real_one = (
        next(row for row in csv.DictReader(lines[6:]) if row["ticid"] == "261136679") for lines in (ours, theirs)
    )
    for column in ("tceid", "tce_plnt_num", "sectors", "tce_sectors", "tce_limbdark_mod"):
        assert mine[column] == real_one[column]
    for column, wrong in (("tce_period", 0.01), ("tce_time0bt", 0.05), ("tce_duration", 0.5), ("tce_depth", 50.0)):
        assert float(mine[column]) == pytest.approx(float(real_one[column]), abs=wrong)
        assert bool(re.search(r"E-?[1-9]\d*$|\.\d", mine[column]))


@pytest.mark.real
def test_tables_of_candidates_have_the_form_of_real_ones(contents: Contents, real: Path) -> None:
    theirs = (real / "toi/exofop_download_toi_2024-09-30_first200.csv").read_bytes().decode().split("\r\n")
    ours = text_at(contents, "/tess/download_toi.php").split("\r\n")
    assert ours[0].split(" on ")[0] == theirs[0].split(" on ")[0]
    assert ours[1:3] == theirs[1:3]
    assert len(next(csv.reader([ours[3]]))) == 61
    ctoi = (real / "toi/exofop_ctoi_first150.csv").read_text().splitlines()
    assert text_at(contents, "/tess/download_ctoi.php").splitlines()[0] == ctoi[0]


@pytest.mark.real
def test_every_target_lies_on_the_science_pixels_of_its_listed_chip(contents: Contents, real: Path) -> None:
    raw = gzip.decompress((real / "footprints/science_polygons_s0001-s0108.csv.gz").read_bytes())
    table = np.loadtxt(io.BytesIO(raw), delimiter=",", skiprows=1)
    chips = {tuple(map(int, row[:3])): row[3:].reshape(16, 2) for row in table}
    outside = set()
    for sector in [s.sector for s in facts.SECTORS] + [89]:
        document = published(contents, TARGETS.format(sector))
        for line in document.text.splitlines() if document else ():
            if line[0].isdigit():
                tic, camera, ccd, _, ra, dec = (float(word) for word in line.split(","))
                if not inside(ra, dec, chips[sector, int(camera), int(ccd)]):
                    outside.add((sector, int(tic)))
    assert outside == {(1, 149251611)}  # one of five in the real list


def inside(ra: float, dec: float, corners: np.ndarray) -> bool:
    def vectors(places: np.ndarray) -> np.ndarray:
        a, d = np.radians(places[..., 0]), np.radians(places[..., 1])
        return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], -1)

    corner = vectors(corners)
    edges = np.cross(corner, np.roll(corner, -1, axis=0))
    return bool(((edges @ vectors(np.array([ra, dec]))) * np.sign(edges @ corner.mean(axis=0)) >= 0).all())


@pytest.mark.real
def test_the_stamps_of_sectors_are_the_real_ones(real: Path) -> None:
    with (real / "tables/sectors.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["timestamp_prefix"]]
    assert len(rows) == 106
    for row in rows:
        ours = stamps(int(row["sector"]))
        if ours.sector in {
            6,
            57,
        }:  # the table has the first processing of 6 (a second apart), and of 57 the data validation's
            continue
        assert (f"tess{ours.prefix}", ours.scid) == (row["timestamp_prefix"], row["scid"])
        assert f"tess{ours.dv_timestamp}" == row["dv_timestamp"] or not row["dv_timestamp"]


def test_the_stamps_agree_with_the_sectors_that_have_data() -> None:
    for sector in facts.SECTORS:
        ours = stamps(sector.sector)
        assert (ours.prefix, ours.scid, ours.dv_timestamp) == (sector.prefix, sector.scid, sector.dv_timestamp)
        assert ours.start == pytest.approx(sector.start, abs=1 / 86400)
    assert stamps(107).prefix > stamps(106).prefix


# -- over HTTP -------------------------------------------------------------------------------------------------------


def test_a_list_comes_with_a_tag_and_a_date_and_not_twice(archive: SampleArchive) -> None:
    whole = ask(archive.url, LC1)
    assert whole.status == 200
    assert whole.body.startswith(b"#!/bin/sh\n")
    tag, day = whole.headers["ETag"], whole.headers["Last-Modified"]
    for known in ({"If_None_Match": tag}, {"If_None_Match": f'"other", W/{tag}'}, {"If_Modified_Since": day}):
        answer = ask(archive.url, LC1, **known)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
    for stale in (
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": day},
        {"If_Modified_Since": "Mon, 01 Jan 2018 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert ask(archive.url, LC1, **stale).body == whole.body


def test_a_list_is_packed_for_who_takes_that(archive: SampleArchive) -> None:
    plain, packed = ask(archive.url, LC1), ask(archive.url, LC1, Accept_Encoding="deflate, gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = ask(archive.url, LC1, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert again.status == 304
    part = ask(archive.url, LC1, Accept_Encoding="gzip", Range="bytes=2-8")
    assert (part.status, part.body) == (206, b"/bin/sh")


def test_what_is_not_there_is_a_page(archive: SampleArchive) -> None:
    for path in (
        f"{SCRIPTS}/sector/tesscurl_sector_89_lc.sh",
        TARGETS.format(300),
        "/hlsps/qlp/target_lists/s0099.csv",
    ):
        answer = ask(archive.url, path)
        assert answer.status == 404
        assert answer.body.startswith(b"<html>")


def test_lists_fail_in_all_ways(archive: SampleArchive) -> None:
    def failed(kind: str, **options: object) -> Answer:
        archive.faults.clear()
        archive.faults.add(Fault(kind, match="tesscurl", **options))  # type: ignore[arg-type]
        return ask(archive.url, LC1, If_None_Match=tag)

    honest = ask(archive.url, LC1)
    tag = honest.headers["ETag"]
    assert failed("html").body.startswith(b"<html>")
    assert failed("status").status == 503
    assert failed("ignore-conditions").body == honest.body
    changed = failed("changed")
    assert changed.body == honest.body[: honest.body.rstrip().rindex(b"\n") + 1]
    assert changed.headers["ETag"] != tag
    assert changed.headers["Last-Modified"] != honest.headers["Last-Modified"]


def test_a_product_that_is_known_is_not_sent_again(archive: SampleArchive) -> None:
    path = "/api/v0.1/Download/file?uri=mast:TESS/product/tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml"
    tag = ask(archive.url, path).headers["ETag"]
    assert ask(archive.url, path, If_None_Match=tag).status == 304
