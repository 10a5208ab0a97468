"""Every TESS name in real answers, scripts and files is understood, and says what the files and answers say."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sizes import size

from tess_source import names

pytestmark = pytest.mark.real

NAME_COLUMNS = ("productFilename", "product_filename", "dataURI", "data_uri", "dataURL", "file_path")
NO_NAMES = {"", "--", "...", "TESScut"}
"""What a table has in such a column where there is no name; TESScut's rows name the service."""

RENAMED = re.compile(r"test-(lc|tpf)-tess-pimen[-_].*\.fits|tess25155310-s01-first-cadences\.fits\.gz")
"""Files of lightkurve's tests, under names of their own."""
OURS = re.compile(r"(?!tess\d|hlsp_).*\.(json|csv|txt)(\.gz)?|astrocut_.*\.zip")
"""Tables and lists that were compiled from several answers, and those of MIT, astrocut and astroquery, which the archive does not hold; and
TESScut's answers: these names were never the archive's."""
HUBBLE = "/hst/public/"
"""astroquery's recorded answers have files of Hubble among those of TESS."""


def rows(table: Path) -> Iterator[dict[str, str]]:
    """Rows of a table, without the line of data types that some have below their header."""
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not any(re.fullmatch(r"str\d+|int64", value or "") for value in row.values()):
                yield row


def column(real: Path, wanted: tuple[str, ...]) -> list[str]:
    found = []
    for table in sorted((real / "tables").glob("*.csv")):
        for row in rows(table):
            found += [row[name] for name in wanted if row.get(name, "") not in NO_NAMES]
    return found


def text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")


def strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from strings(branch)


def not_understood(texts: list[str]) -> list[str]:
    """Names of kind "other", and names that are read but written differently."""
    kinds = names.columns(pl.Series(texts, dtype=pl.String))["kind"]
    lost = [found for found, kind in zip(texts, kinds, strict=True) if kind == "other"]
    rest = sorted(set(texts) - set(lost))
    for found in rest[:: size(max(1, len(rest) // 4000), 1)]:  # the columns have read them all
        name = names.parse(found)
        if names.format(name) != found.rpartition("/")[2]:
            lost.append(found)
        if found.startswith("mast:") and names.uri(name) != found:
            lost.append(found)
    return sorted(lost)


def test_every_file_name_and_uri_in_the_tables_is_understood(real: Path) -> None:
    found = column(real, NAME_COLUMNS)
    assert len(found) > 6000
    assert not_understood(found) == []


def test_every_obs_id_in_the_tables_is_understood(real: Path) -> None:
    found = column(real, ("obs_id",))
    assert len(found) > 5800
    kinds = names.obs_id_columns(pl.Series(found))["kind"]
    assert set(kinds) == {"target", "fast", "dv", "ffi"}
    assert [obs_id for obs_id in set(found) if names.format_obs_id(names.parse_obs_id(obs_id)) != obs_id] == []


def test_every_name_in_the_bulk_scripts_is_understood(real: Path) -> None:
    scripts = [*(real / "scripts").glob("tesscurl_*.sh"), *(real / "scripts").glob("tesscurl_*.sh.gz")]
    lines = [line.split() for script in scripts for line in text(script).splitlines() if line.startswith("curl")]
    found = [word for words in lines for word in (words[words.index("-o") + 1], words[-1])]
    assert len(found) > 30_000
    assert not_understood(found) == []


def test_every_address_of_a_table_or_script_is_understood(real: Path) -> None:
    found = text(real / "scripts" / "mast_tce_and_dv_script_urls.txt").split()
    found = [address for address in found if not address.endswith(".html")]
    assert len(found) > 100
    assert not_understood(found) == []
    assert set(names.columns(pl.Series(found))["kind"]) == {"script", "tcestats"}


def test_every_name_in_raw_answers_is_understood(real: Path) -> None:
    found = [
        value
        for answer in (real / "mast-json").glob("*.json")
        for value in strings(json.loads(answer.read_text(encoding="utf-8")))
        if re.search(r"\.(fits|pdf|xml)(\.gz)?$", value) and not value.startswith(HUBBLE)
    ]
    assert len(found) > 10
    assert not_understood(found) == []


def test_every_file_that_bears_the_archives_name_is_understood(real: Path) -> None:
    found = [path.name for path in real.glob("*/*") if not (RENAMED.fullmatch(path.name) or OURS.fullmatch(path.name))]
    assert len(found) > 30
    assert not_understood(found) == []
    renamed = [path.name for path in real.glob("*/*") if RENAMED.fullmatch(path.name)]
    assert {names.parse(name).kind for name in renamed} <= {"other"}


def test_the_columns_agree_with_every_single_name(real: Path) -> None:
    found = sorted(set(column(real, NAME_COLUMNS)))
    frame = names.columns(pl.Series(found))
    assert frame.rows() == [tuple(getattr(name, field) for field in frame.columns) for name in map(names.parse, found)]


def test_the_obs_id_of_a_file_follows_from_its_name(real: Path) -> None:
    index = list(rows(real / "tables" / "observed_files_index.csv"))
    assert index
    for row in index:
        name = names.parse(row["file_path"])
        changes: dict[str, Any] = {"kind": "target"} if name.kind == "lc" else {"kind": "dv", "run": None}
        assert names.format_obs_id(replace(name, **changes)) == row["obs_id"]


def test_names_say_what_their_observations_say(real: Path) -> None:
    tables = ("kelt9_tic16740101_observations_33cols.csv", "tic141914082_s1_observation_33cols.csv")
    observations = [row for table in tables for row in rows(real / "tables" / table)]
    assert len(observations) == 13
    for row in observations:
        by_id, by_url = names.parse_obs_id(row["obs_id"]), names.parse(row["dataURL"])
        for name in (by_id, by_url):
            assert name.pipeline == row["provenance_name"]
            assert name.exptime == float(row["t_exptime"])
            assert str(name.tic) == row["target_name"]
            assert name.last_sector == int(row["sequence_number"])


def test_names_say_who_made_the_light_curve_and_at_what_exposure_time(real: Path) -> None:
    light_curves = list(rows(real / "tables" / "toi3505_light_curve_search.csv"))
    assert {row["author"] for row in light_curves} == {"SPOC", "TESS-SPOC", "QLP", "TASOC"}
    for row in light_curves:
        name = names.parse(row["productFilename"])
        assert (name.kind, name.pipeline) == ("lc", row["author"])
        assert (name.exptime, name.last_sector) == (float(row["exptime"]), int(row["sequence_number"]))
        assert str(name.tic) == row["target_name"]


def test_the_full_frame_images_of_every_sector_have_the_listed_exposure_time(real: Path) -> None:
    listed = {int(row["sector"]): row["ffi_cadence_s"] for row in rows(real / "tables" / "sectors.csv")}
    assert len(listed) > 100
    assert {sector: names.ffi_exptime(sector) for sector in listed} == {
        sector: float(seconds) for sector, seconds in listed.items()
    }


def test_names_say_what_the_headers_of_their_files_say(real: Path) -> None:
    from astropy.io import fits

    checked = 0
    for path in sorted(real.glob("*/*.fits")):
        name = names.parse(path.name)
        if name.kind == "other":
            continue
        header = fits.getheader(path)
        if name.pipeline == "TGLC":  # its files are named by Gaia's number of the star
            assert name.tic is None, path.name
            assert f"gaiaid-{header['GAIADR3']}-" in path.name
        else:
            assert header.get("TICID", header.get("TIC_ID")) == name.tic, path.name
        if "SECTOR" in header:  # a multi-sector time series has SECTORS instead
            assert header["SECTOR"] == name.first_sector, path.name
        if name.camera is not None:
            if name.kind == "cbv":  # its extensions say it
                header = fits.getheader(path, 1)
            assert (header["CAMERA"], header["CCD"]) == (name.camera, name.ccd), path.name
        checked += 1
    assert checked >= 20


def test_names_say_what_the_xml_reports_say(real: Path) -> None:
    reports = sorted((real / "dvr-xml").glob("*.xml"))
    assert reports
    for path in reports:
        name = names.parse(path.name)
        root = text(path)[:3000]
        tic, bits = re.search(r'ticId="(\d+)"', root), re.search(r'sectorsObserved="([01]+)"', root)
        assert tic, path.name
        assert bits, path.name
        observed = [sector for sector, bit in enumerate(bits[1]) if bit == "1"]
        assert int(tic[1]) == name.tic
        assert name.first_sector is not None
        assert name.last_sector is not None
        assert name.first_sector <= min(observed) <= max(observed) <= name.last_sector


def test_every_obs_id_of_full_frame_images_is_understood(real: Path) -> None:
    found = [
        obs_id
        for file in ("tess_ffi_footprint_cache.json.gz", "tica_ffi_footprint_cache_part.json")
        for obs_id in json.loads(text(real / "footprints" / file))["obs_id"]
    ]
    assert len(found) > 1300
    frame = names.obs_id_columns(pl.Series(found))
    assert set(frame.select("kind", "pipeline").rows()) == {("ffi", "SPOC"), ("hlsp", "TICA")}
    assert frame.select("first_sector", "camera", "ccd", "exptime").null_count().row(0) == (0, 0, 0, 0)
    assert [obs_id for obs_id in found if names.format_obs_id(names.parse_obs_id(obs_id)) != obs_id] == []


def test_every_listed_full_frame_image_is_understood_and_its_own_obs_id_too(real: Path) -> None:
    lists = sorted((real / "ffi-lists").glob("s*.csv.gz"))
    found = [row["path"] for file in lists for row in csv.DictReader(text(file).splitlines())]
    assert len(found) > 4000
    assert not_understood(found) == []
    single = [path.rpartition("/")[2].removesuffix("_ffic.fits") for path in found if path.endswith("_ffic.fits")]
    assert set(names.obs_id_columns(pl.Series(single))["kind"]) == {"ffi"}
    name = names.parse_obs_id(single[0])
    assert names.format_obs_id(name) == single[0]
    assert names.format(name) == f"{single[0]}_ffic.fits"


def test_every_name_in_an_answer_of_tesscut_is_understood(real: Path) -> None:
    import zipfile

    found = [name for file in (real / "tesscut").glob("*.zip") for name in zipfile.ZipFile(file).namelist()]
    assert found
    assert {names.parse(name).kind for name in found} == {"cutout"}
