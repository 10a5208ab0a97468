"""A made-up mission's lists as files: they hang together, and the sample archive serves them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.request import urlopen

import pytest

from tess_source import names
from tess_source_sample.mission import SEARCHES, SMALL, MissionFiles, MissionSize, generate
from tess_source_sample.sectors import stamps
from tess_source_sample.server import SampleArchive

SCRIPTS = "missions/tess/download_scripts"
TABLES = "missions/tess/catalogs/tce"


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MissionFiles]:
    folder = tmp_path_factory.mktemp("mission")
    return folder, generate(folder, SMALL)


def listed(path: Path) -> list[names.Name]:
    lines = path.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    return [names.parse(re.findall(r"uri=mast:[^'\s]+/([^/'\s]+)", line)[0]) for line in lines[1:]]


def test_every_target_has_its_light_curve_and_no_other_star_has(mission: tuple[Path, MissionFiles]) -> None:
    folder, files = mission
    assert files.light_curves == 150
    for sector in (1, 2, 3):
        rows = list(
            csv.DictReader(
                (folder / f"public/target_lists/2m/all_targets_S{sector:03d}_v1.csv").read_text().splitlines()[5:]
            )
        )
        curves = listed(folder / f"{SCRIPTS}/sector/tesscurl_sector_{sector}_lc.sh")
        assert len(rows) == len(curves) == 50
        assert {int(row["TICID"]) for row in rows} == {curve.tic for curve in curves}
        assert {(curve.timestamp, curve.first_sector, curve.kind) for curve in curves} == {
            (stamps(sector).prefix, sector, "lc")
        }
        assert [int(row["TICID"]) for row in rows] == sorted(int(row["TICID"]) for row in rows)


def test_stars_come_again_in_later_sectors(mission: tuple[Path, MissionFiles]) -> None:
    folder, _ = mission
    seen = [{c.tic for c in listed(folder / f"{SCRIPTS}/sector/tesscurl_sector_{sector}_lc.sh")} for sector in (1, 2)]
    assert 10 < len(seen[0] & seen[1]) < 50


def test_every_search_has_a_script_and_a_table_with_the_same_events(mission: tuple[Path, MissionFiles]) -> None:
    folder, files = mission
    page = (folder / "tess/bulk_downloads/bulk_downloads_tce.html").read_text()
    links = re.findall(r'href="/([^"]+)"', page)
    assert len(links) == 5
    sets = set()
    for link in links:
        lines = (folder / link).read_text().splitlines()
        rows = list(csv.DictReader(lines[6:]))
        assert all(None not in row and None not in row.values() for row in rows)
        name = names.parse(link.rpartition("/")[2])
        first, last = int(name.first_sector or 0), int(name.last_sector or 0)
        script = f"sector/tesscurl_sector_{first}_dv.sh"
        if first < last:
            script = f"sector/tesscurl_multisector_s{first:04d}-s{last:04d}_dv.sh"
        found = listed(folder / SCRIPTS / script)
        sets |= {(f.tic, first, last, f.run) for f in found}
        events = {f"{f.tic:011d}-{int(f.tce or 0):02d}" for f in found if f.kind == "dvs"}
        assert {row["tceid"] for row in rows} == events
        for kind in ("dvt", "dvr-xml", "dvr-pdf", "dvm"):
            assert {f.tic for f in found if f.kind == kind} == {int(row["ticid"]) for row in rows}
        for row in rows:
            assert row["tce_sectors"][0] == "0"
            assert "1" in row["tce_sectors"][first : last + 1]
    assert len(sets) == files.dv_sets


def test_products_of_pipelines_are_those_of_listed_stars(mission: tuple[Path, MissionFiles]) -> None:
    folder, _ = mission
    for pipeline, script in (
        ("qlp", "hlsp_qlp_tess_ffi_s0001_tess_v01_llc-fits.sh"),
        ("tess-spoc", "hlsp_tess-spoc_tess_phot_s0001_tess_v1_dl-lc.sh"),
        ("tglc", "hlsp_tglc_tess_ffi_s0001_tess_v1_llc.sh"),
    ):
        files = listed(folder / f"hlsps/{pipeline}/download_scripts/{script}")
        head, *rows = (folder / f"hlsps/{pipeline}/target_lists/s0001.csv").read_text().splitlines()
        assert head.endswith("TIC_ID,RA,DEC")
        assert len(files) == len(rows) == 20
        assert {f.pipeline for f in files} == {pipeline.upper()}
        assert {str(f.gaia or f.tic) for f in files} == {row.split(",")[0] for row in rows}


def test_a_mission_is_the_same_at_every_run(mission: tuple[Path, MissionFiles], tmp_path: Path) -> None:
    folder, files = mission
    assert generate(tmp_path, SMALL) == files
    for path in tmp_path.rglob("*.*"):
        assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes()


def test_the_archive_serves_a_mission_in_place_of_its_own_lists(mission: tuple[Path, MissionFiles]) -> None:
    folder, _ = mission
    script = f"{SCRIPTS}/sector/tesscurl_sector_3_lc.sh"
    with SampleArchive(mission=folder) as archive:
        with urlopen(f"{archive.url}/{script}") as answer:
            assert answer.read() == (folder / script).read_bytes()
            assert answer.headers["ETag"]
        with pytest.raises(OSError, match="404"):
            urlopen(f"{archive.url}/{SCRIPTS}/sector/tesscurl_sector_14_lc.sh")
        with pytest.raises(OSError, match="404"):
            urlopen(f"{archive.url}/../{folder.name}/{script}")


def test_the_whole_mission_has_the_size_of_the_real_one() -> None:
    size = MissionSize()
    assert size.sectors * size.targets + 82 * size.fast == 2_324_000
    assert len(SEARCHES) == len(set(SEARCHES)) == 25
    assert (size.sectors + 13) * size.searched + len(SEARCHES) * size.searched_often == 300_000


@pytest.mark.real
def test_the_searches_are_the_real_ones(real: Path) -> None:
    text = (real / "scripts/mast_tce_and_dv_script_urls.txt").read_text()
    assert {(int(a), int(b)) for a, b in re.findall(r"multisector_s(\d+)-s(\d+)_dv", text)} == set(SEARCHES)
