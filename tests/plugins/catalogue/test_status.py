"""What the catalogue tells about itself: what it holds, what is missing, damaged or has changed; and the removal of lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from lists import catalogue_of, fill, listed, multi, rows_of, source
from serving import Server, serving, status

from tess_source._lazy import pl
from tess_source.errors import DownloadError, OfflineError
from tess_source_catalogue.by_source import ListStates
from tess_source_catalogue.session_catalogue import SessionCatalogue


@pytest.fixture
def server() -> Iterator[Server]:
    for one in serving():
        fill(one)
        yield one


@pytest.fixture
def catalogue(server: Server, tmp_path: Path) -> SessionCatalogue:
    """A catalogue of two sectors."""
    made = catalogue_of(server, tmp_path)
    made.update("1-2", progress=False)
    server.requests.clear()
    return made


def row(states: ListStates, name: str, sector: int) -> dict[str, Any]:
    (found,) = states.where((pl.col("source") == name) & (pl.col("last_sector") == sector))
    return found


def test_each_list_is_told_with_its_rows_and_dates(server: Server, catalogue: SessionCatalogue) -> None:
    lc = row(catalogue.status(), "lc", 2)
    assert (lc["pipeline"], lc["state"], lc["rows"], lc["strange"]) == ("SPOC", "here", 2, 0)
    assert lc["date"] == "2026-02-03T10:00:00+00:00"
    assert lc["fetched"] == lc["checked"]
    assert lc["address"].endswith("/lists/lc_2.sh")
    assert not server.requests


def test_an_empty_catalogue_has_an_empty_status(server: Server, tmp_path: Path) -> None:
    status = catalogue_of(server, tmp_path).status()
    assert (len(status), repr(status)) == (0, "the catalogue is empty: `tess-source catalogue update` makes it")


def test_a_list_that_the_others_of_its_pipeline_have_is_missing(server: Server, catalogue: SessionCatalogue) -> None:
    fill(server, (3,), ("targets",))
    server.files.pop("/lists/lc_3.sh")
    catalogue.update(3, source="targets", progress=False)
    assert row(catalogue.status(), "lc", 3)["state"] == "missing"
    missing = catalogue.status().where(pl.col("state") == "missing")
    assert missing.to_polars().select("source", "last_sector").rows() == [("lc", 3)]


def test_a_list_that_the_archive_did_not_have_is_not_yet_there_until_it_is(
    server: Server, catalogue: SessionCatalogue
) -> None:
    fill(server, (3,), ("targets",))
    lc = server.files.pop("/lists/lc_3.sh")
    updated = catalogue.update(3, pipeline=("SPOC", "QLP"), progress=False)
    assert ("lc", 3) in updated.not_yet
    assert re.search("not yet at the archive: .*lc of sector 3", updated.summary())
    told = row(catalogue.status(), "lc", 3)
    assert (told["state"], told["rows"], told["checked"][:2]) == ("not yet", None, "20")
    assert catalogue.status().by_source().filter(source="lc")["not yet"].to_list() == ["3"]
    server.files["/lists/lc_3.sh"] = lc
    assert catalogue.update(3, progress=False).not_yet == ()
    assert row(catalogue.status(), "lc", 3)["state"] == "here"


def test_tables_by_links_are_told_too_but_not_searches_over_several_sectors(server: Server, tmp_path: Path) -> None:
    def tables(sector: int, links: Sequence[str]) -> list[str]:
        return [link for link in links if link.endswith(f"tce_{sector}.sh")]

    index = "https://archive.stsci.edu/lists/index.html"
    server.files["/lists/index.html"] += b'<a href="tce_1.sh"></a>'
    fill_one = source("tce", gives="tces", kinds=(), locate=tables, index=index)
    server.files["/lists/tce_1.sh"] = listed(1)
    made = catalogue_of(server, tmp_path, source("lc"), fill_one, source("multi-dv", locate=multi, index=index))
    made.update("1-3", progress=False)
    told = made.status().to_polars().filter(source="tce").select("last_sector", "state").rows()
    assert told == [(1, "here"), (2, "not yet"), (3, "not yet")]


def test_the_status_is_shown_with_a_row_per_source_and_its_sectors_as_ranges(
    server: Server, catalogue: SessionCatalogue
) -> None:
    fill(server, (3,), ("targets",))
    server.files.pop("/lists/lc_3.sh")
    server.files["/lists/lc_1.sh"] = listed(3, "name")
    updated = catalogue.update("1-3", progress=False)
    assert updated.summary().startswith(f"{len(updated.outcomes)} lists: ")
    assert len(repr(updated).splitlines()) == 2 + updated.by_source().height
    status = catalogue.status()
    (lc,) = status.by_source().filter(pl.col("source") == "lc").to_dicts()
    assert (lc["here"], lc["not yet"], lc["rows"], lc["strange"], lc["date"]) == ("1-2", "3", 3, 1, "2026-02-03")
    assert status.by_source().columns[-1] == "pipeline", "a narrow terminal leaves out the last columns"
    assert repr(status).splitlines()[0] == status.summary()
    assert "1 not yet" in status.summary()
    assert "parquet" not in repr(status) + status._repr_html_()
    assert "here" not in catalogue.status(check=True).by_source().columns


def test_a_check_asks_what_has_changed_and_fetches_nothing(server: Server, catalogue: SessionCatalogue) -> None:
    server.files["/lists/lc_1.sh"] = listed(5)
    server.files.pop("/lists/lc_2.sh")
    server.acts["/lists/targets_1.sh"] = [status(403)]
    before = rows_of(catalogue)
    frame = catalogue.status(check=True)
    told = {key: row(frame, *key)["state"] for key in (("lc", 1), ("lc", 2), ("targets", 1), ("targets", 2))}
    assert told == {("lc", 1): "changed", ("lc", 2): "gone", ("targets", 1): "unknown", ("targets", 2): "current"}
    assert "403" in row(frame, "targets", 1)["problem"]
    assert rows_of(catalogue) == before


def test_a_check_needs_a_connection(server: Server, catalogue: SessionCatalogue, tmp_path: Path) -> None:
    with pytest.raises(OfflineError):
        catalogue_of(server, tmp_path, offline=True).status(check=True)


def test_the_newest_sector_is_that_of_the_archive(server: Server, catalogue: SessionCatalogue) -> None:
    fill(server, (3, 5))
    assert catalogue.latest() == 5


def test_offline_the_newest_sector_is_that_of_the_catalogue(
    server: Server, catalogue: SessionCatalogue, tmp_path: Path
) -> None:
    assert catalogue_of(server, tmp_path, offline=True).latest() == 2


def test_of_nothing_there_is_no_newest_sector(server: Server, tmp_path: Path) -> None:
    server.files.clear()
    assert catalogue_of(server, tmp_path).latest() is None


def test_an_archive_that_fails_does_not_tell_an_older_sector(server: Server, catalogue: SessionCatalogue) -> None:
    server.acts["/lists/lc_3.sh"] = [status(500)]
    with pytest.raises(DownloadError, match="lc_3"):
        catalogue.latest()


@pytest.mark.parametrize("damage", ["flip", "cut", "noise", "facts"])
def test_a_damaged_file_is_named_and_the_next_update_repairs_it(
    server: Server, catalogue: SessionCatalogue, damage: str
) -> None:
    before = rows_of(catalogue)
    file = catalogue.folder.lists()["lc", 1, 1]
    data = bytearray(file.path.read_bytes())
    data[len(data) // 2] ^= 1
    if damage == "facts":
        catalogue.folder.forget(file)
    else:
        file.path.write_bytes({"flip": bytes(data), "cut": bytes(data[:-20]), "noise": b"noise"}[damage])
    frame = catalogue.verify()
    (bad,) = frame.filter(pl.col("state") == "damaged").to_dicts()
    assert bad["path"] == f"lc/{file.path.name}"
    assert bad["reason"]
    catalogue.update(1, progress=False)
    assert set(catalogue.verify()["state"]) == {"whole"}
    assert rows_of(catalogue) == before


def test_lists_are_removed_by_sector_pipeline_and_source(server: Server, catalogue: SessionCatalogue) -> None:
    catalogue.update("1-2", pipeline="QLP", progress=False)
    assert catalogue.rm(1, source="lc") == 1
    assert ("lc", 1, 1) not in catalogue.folder.lists()
    assert catalogue.rm(pipeline="QLP") == 2
    assert {name for name, _, _ in catalogue.folder.lists()} == {"lc", "targets", "multi-dv"}
    assert catalogue.rm(2) == 3
    assert catalogue.rm() == 1
    assert not catalogue.folder.root.exists()
    assert catalogue.rm() == 0


def test_lists_of_a_plugin_that_is_gone_can_still_be_shown_and_removed(
    server: Server, catalogue: SessionCatalogue, tmp_path: Path
) -> None:
    other = catalogue_of(server, tmp_path, source("qlp", "QLP"))
    assert row(other.status(), "lc", 1)["pipeline"] is None
    assert other.rm() == 5
