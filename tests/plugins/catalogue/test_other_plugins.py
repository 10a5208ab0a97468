"""Sources that another plugin declares: their lists are kept, shown, searched and named in the lock like the built-in ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lists import FOLDER, ByName, Lists, catalogue_of
from serving import Server, serving

import tess_source_catalogue
import tess_source_filters
from tess_source import Session
from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.hooks.records import Source
from tess_source_catalogue.session_catalogue import SessionCatalogue
from tess_source_catalogue.targets import targets_of

NAME = "mast:HLSP/tars/sec_1_cam_1_ccd_3/hlsp_tars_tess_ffi_s0001-{:016d}_tess_v01_lc.fits"
QLP = "mast:HLSP/qlp/s0001/0000/0000/0000/0005/hlsp_qlp_tess_ffi_s0001-0000000000000005_tess_v01_llc.fits"


def addresses(path: Path, address: str) -> pl.DataFrame:
    return pl.DataFrame({"uri": path.read_text().splitlines()[1:]})


def tars(name: str, parse: object = addresses, gives: str = "files") -> Source:
    kinds = ("lc",) if gives == "files" else ()
    return Source(
        name, "TARS", "TARS", lambda sector, links: [f"{FOLDER}/{name}_{sector}"], parse, (), gives, kinds  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    for one in serving():
        one.acts = ByName()
        one.files["/lists/tars-lc_1"] = "\n".join(["#", NAME.format(5), NAME.format(6), QLP, "weird", ""]).encode()
        one.files["/lists/tars-targets_1"] = b"tic,ra,dec,tmag,camera,ccd\n5,10,20,9,1,3\n6,11,20.5,12.1,1,3\n"
        yield one


SOURCES = tars("tars-lc"), tars("tars-targets", lambda path, address: pl.read_csv(path), "targets")


def test_its_files_are_found_with_what_its_targets_say_also_without_the_plugin(server: Server, tmp_path: Path) -> None:
    done = catalogue_of(server, tmp_path, *SOURCES).update(1, pipeline="tars", progress=False)
    assert [(one.source, one.state, one.rows, one.strange) for one in done.outcomes] == [
        ("tars-lc", "new", 2, 2),
        ("tars-targets", "new", 2, 0),
    ]
    session = Session(server.url, cache=tmp_path, discover=False, plugins=[tess_source_catalogue, tess_source_filters])
    found = session.search(sector=1, pipeline="TARS", kind="lc", tmag=(0, 10), archive="catalogue")
    (row,) = found.products.to_polars().rows(named=True)
    assert (row["uri"], row["tic"], row["tmag"], row["camera"], row["ra"]) == (NAME.format(5), 5, 9.0, 1, 10.0)
    found.plan(tmp_path / "files").save(tmp_path / "lock.ecsv")
    assert "tars-lc s0001" in (tmp_path / "lock.ecsv").read_text()
    strange = SessionCatalogue(session).strange()
    assert sorted(strange["uri"]) == [QLP, "weird"]


def test_a_star_is_not_absent_where_the_files_of_another_plugin_are_named_by_gaia_ids(
    server: Server, tmp_path: Path
) -> None:
    name = "hlsp_cdips_tess_ffi_gaiatwo0000005251439018325216-0001-cam4-ccd1_tess_v01_llc.fits"
    server.files["/lists/cdips-lc_1"] = f"#\nmast:HLSP/cdips/s0001/cam4_ccd1/{name}\n".encode()
    source = replace(tars("cdips-lc"), pipeline="CDIPS")
    catalogue_of(server, tmp_path, source).update(1, pipeline="CDIPS", progress=False)
    session = Session(server.url, cache=tmp_path, discover=False, plugins=[tess_source_catalogue, tess_source_filters])
    assert len(session.search(sector=1, pipeline="CDIPS", archive="catalogue")) == 1
    with pytest.raises(QueryError, match="the TIC ids of the files of CDIPS in sector 1 are not known: ask archive="):
        session.search("TIC 5", sector=1, pipeline="CDIPS", archive="catalogue")


def test_the_stars_on_its_lists_are_targets_also_without_the_plugin(server: Server, tmp_path: Path) -> None:
    words = {"cache": tmp_path, "discover": False}
    ours = Session(server.url, plugins=[tess_source_catalogue, tess_source_filters, Lists(*SOURCES)], **words)  # type: ignore[arg-type]
    assert targets_of(ours, sector=1, pipeline="tars", tmag="<10")["tic"].to_list() == [5]
    others = Session(server.url, plugins=[tess_source_catalogue, tess_source_filters], **words)  # type: ignore[arg-type]
    rows = targets_of(others, sector=1, pipeline="TARS").to_polars()
    assert rows.select("tic", "camera", "tmag", "exptime").rows() == [(5, 1, 9.0, None), (6, 1, 12.1, None)]
    with pytest.raises(QueryError, match="no plugin here declares the source 'tars-targets'"):
        targets_of(others, sector=2, pipeline="TARS")
    assert SessionCatalogue(others).rm(pipeline="TARS") == 1


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (tars("tars-lc", lambda path, address: pl.DataFrame({"filename": ["x"]})), "needs a column 'uri'"),
        (tars("tars-lc", lambda path, address: pl.DataFrame({"uri": [1]})), "needs a column 'uri' of texts"),
        (tars("tars-targets", lambda path, address: pl.DataFrame({"id": [1]}), "targets"), "needs a column 'tic'"),
        (tars("tars-lc", lambda path, address: pl.DataFrame({"tic": [1]}), "targets"), "'tars-targets', not 'tars-lc'"),
        (tars("tars-lc", lambda path, address: None), "AttributeError"),
    ],
)
def test_what_is_not_what_its_source_says_that_it_gives_is_refused(
    server: Server, tmp_path: Path, source: Source, problem: str
) -> None:
    (failed,) = catalogue_of(server, tmp_path, source).update(1, pipeline="TARS", progress=False).failed
    assert problem in failed.problem and f"/lists/{source.name}_1" in failed.problem
