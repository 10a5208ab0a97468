"""The sources: where their lists lie."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tess_source import names
from tess_source.download.lists import NEW, ListAnswer
from tess_source.names import KINDS
from tess_source_catalogue.building import ListJob, built
from tess_source_catalogue.declared import note_of
from tess_source_catalogue.folder import ListFacts
from tess_source_catalogue.sources import SOURCES

BY_NAME = {source.name: source for source in SOURCES}
TABLES = [
    "https://archive.stsci.edu/missions/tess/catalogs/tce/tess2018206190142-s0001-s0036_dvr-tcestats.csv",
    "https://archive.stsci.edu/missions/tess/catalogs/tce/tess2021066093107-s0036-s0036_dvr-tcestats.csv",
    "https://archive.stsci.edu/missions/tess/catalogs/tce/readme.txt",
]


@pytest.mark.parametrize(
    ("name", "sector", "address"),
    [
        ("lc", 7, "https://archive.stsci.edu/missions/tess/download_scripts/sector/tesscurl_sector_7_lc.sh"),
        ("targets", 7, "https://tess.mit.edu/public/target_lists/2m/all_targets_S007_v1.csv"),
        ("fast-targets", 107, "https://tess.mit.edu/public/target_lists/20s/all_targets_20s_S107_v1.csv"),
        ("qlp-targets", 7, "https://archive.stsci.edu/hlsps/qlp/target_lists/s0007.csv"),
        ("multi-dv", 36, "https://archive.stsci.edu/missions/tess/download_scripts/sector/tesscurl_multisector_s0001-s0036_dv.sh"),
        ("tce", 36, TABLES[1]),
        ("multi-tce", 36, TABLES[0]),
    ],
)  # fmt: skip
def test_addresses_have_the_number_of_the_sector_as_each_archive_pads_it(name: str, sector: int, address: str) -> None:
    assert BY_NAME[name].locate(sector, TABLES)[0] == address


def test_target_lists_may_be_tables_or_text() -> None:
    for name in ("targets", "fast-targets"):
        assert {address[-4:] for address in BY_NAME[name].locate(107, ())} == {".csv", ".txt"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("targets", "RA,Dec,Tmag,TICID,Camera,CCD\n1.5,2.5,9.5,7,1,2\n"),
        ("tglc-targets", "DEC,RA,GAIADR3_ID,TIC_ID\n1.5,2.5,99,7\n"),
        ("tce", "planet_number,ticid,orbitalPeriodDays\n1,7,3.5\n"),
    ],
)
def test_tables_may_have_their_columns_in_any_order(name: str, text: str, tmp_path: Path) -> None:
    source, file = BY_NAME[name], tmp_path / "list.csv"
    file.write_text(text)
    answer = ListAnswer("https://there/list.csv", NEW, file)
    job = ListJob(tmp_path, (name, 1, 1), source.parse, tuple(source.first), note_of(source), answer, ListFacts(), 1.0)
    done = built(job)
    assert (done.state, done.rows, done.problem) == (NEW, 1, "")


def test_the_search_of_tess_spoc_over_several_sectors_comes_with_its_last_sector() -> None:
    single, several = BY_NAME["tess-spoc-dv"].locate(69, ())
    assert single.endswith("/hlsp_tess-spoc_tess_phot_s0069_tess_v1_dl-dv.sh")
    assert several.endswith("/hlsp_tess-spoc_tess_phot_s0056-s0069_tess_v1_dl-dv.sh")
    assert len(BY_NAME["tess-spoc-dv"].locate(68, ())) == 1


def test_a_sector_without_a_search_has_no_table_and_no_script_of_one() -> None:
    for name in ("tce", "multi-tce", "multi-dv"):
        assert list(BY_NAME[name].locate(35, TABLES)) == []


def test_names_of_scripts_say_the_pipeline_and_the_sector_of_their_source() -> None:
    for source in SOURCES:
        if source.gives == "files":
            for address in source.locate(36, TABLES):
                script = names.parse(urlsplit(address).path)
                assert (script.kind, script.pipeline, script.last_sector) == ("script", source.pipeline, 36)


def test_records_are_consistent() -> None:
    assert len(BY_NAME) == len(SOURCES)
    for source in SOURCES:
        assert set(source.kinds) <= set(KINDS) and bool(source.kinds) == (source.gives == "files")
        assert source.gives in {"files", "targets", "tces", "observations", "sizes"}


@pytest.mark.real
def test_the_links_of_the_archives_page_give_all_tables_and_scripts_of_searches(real: Path) -> None:
    known = set((real / "scripts" / "mast_tce_and_dv_script_urls.txt").read_text().split())
    links = sorted(address for address in known if address.endswith("tcestats.csv"))
    tables = {
        address
        for sector in range(1, 200)
        for name in ("tce", "multi-tce")
        for address in BY_NAME[name].locate(sector, links)
    }
    assert tables == set(links) and len(tables) == 130
    scripts = {address for sector in range(1, 200) for address in BY_NAME["multi-dv"].locate(sector, links)}
    assert {address for address in known if "multisector" in address} <= scripts
    single = {address for sector in range(1, 200) for address in BY_NAME["dv"].locate(sector, ())}
    assert {address for address in known if "tesscurl_sector" in address and address.endswith("_dv.sh")} <= single
