"""Updates of the catalogue: what is fetched, kept, refused and told; and that a list that fails costs only itself."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fuzz import altered, attempts
from lists import HASTE, ByName, catalogue_of, conditional, fill, listed, rows_of, source
from serving import Handler, Server, chunked, etag, page, serving, status, truncated
from sizes import size

from tess_source._lazy import pl
from tess_source.download.failures import FEW
from tess_source.download.lists import Lists
from tess_source.download.transfer import Task, Transfers
from tess_source.errors import DownloadError, OfflineError, PluginError, QueryError, UnknownNameError
from tess_source_catalogue import building
from tess_source_catalogue.commands import _print_strange
from tess_source_catalogue.folder import CatalogueFolder, ListFile
from tess_source_catalogue.parse.targets import read_targets
from tess_source_catalogue.session_catalogue import SessionCatalogue


@pytest.fixture
def server() -> Iterator[Server]:
    for one in serving():
        fill(one)
        yield one


@pytest.fixture
def catalogue(server: Server, tmp_path: Path) -> SessionCatalogue:
    return catalogue_of(server, tmp_path)


def paths(server: Server) -> list[str]:
    """Give the lists that were asked for, and forget them."""
    asked = [path for path, _ in server.requests]
    server.requests.clear()
    return asked


def states(catalogue: SessionCatalogue, *sector: object, **words: object) -> dict[tuple[str, int], str]:
    done = catalogue.update(*sector, progress=False, **words)  # type: ignore[arg-type]
    return {(one.source, one.last): one.state for one in done.outcomes}


# -- what is asked for --


def test_all_sectors_come_until_three_in_a_row_are_missing(server: Server, catalogue: SessionCatalogue) -> None:
    fill(server, (1, 2, 3, 6, 14))
    assert {last for name, last in states(catalogue) if name == "lc"} == {1, 2, 3, 6}
    assert "/lists/lc_14.sh" not in paths(server)


def test_a_sector_that_was_missing_comes_when_it_is_there(server: Server, catalogue: SessionCatalogue) -> None:
    catalogue.update(progress=False)
    assert ("lc", 4) in catalogue.folder.lists().absent
    fill(server, (4,))
    assert states(catalogue)["lc", 4] == "new"
    assert {("lc", 4), ("lc", 5)} & {*catalogue.folder.lists().absent} == {("lc", 5)}
    catalogue.rm(source="lc")
    assert not [source for source, _ in catalogue.folder.lists().absent if source == "lc"]


def test_one_sector_touches_one_sector(server: Server, catalogue: SessionCatalogue) -> None:
    catalogue.update(progress=False)
    lists = [path for path in catalogue.folder.root.rglob("s0*.*") if "s0002-" not in path.name]
    before = {path: path.stat().st_mtime_ns for path in lists}
    paths(server)
    server.files["/lists/lc_2.sh"] = listed(5)
    assert states(catalogue, 2) == {("lc", 2): "new", ("targets", 2): "unchanged", ("multi-dv", 2): "unchanged"}
    assert {path for path in paths(server) if "_" in path} == {"/lists/lc_2.sh", "/lists/targets_2.sh"}
    assert {path: path.stat().st_mtime_ns for path in lists} == before


def test_lists_about_several_sectors_are_found_by_the_links_of_a_page(catalogue: SessionCatalogue) -> None:
    catalogue.update(2, kind="dv", progress=False)
    assert rows_of(catalogue)["multi-dv", 1, 2] == [7]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({}, {"lc", "targets", "multi-dv"}),
        ({"pipeline": "qlp"}, {"qlp"}),
        ({"pipeline": ["SPOC,QLP"]}, {"lc", "targets", "multi-dv", "qlp"}),
        ({"kind": "lc"}, {"lc", "targets"}),
        ({"kind": "dv"}, {"targets", "multi-dv"}),
        ({"kind": "dvt"}, {"targets", "multi-dv"}),
        ({"kind": "LC, dv", "pipeline": "Spoc,qlp"}, {"lc", "targets", "multi-dv", "qlp"}),
        ({"source": ["LC", "Qlp"], "pipeline": "QLP"}, {"qlp"}),
        ({"source": "qlp"}, {"qlp"}),
        ({"source": "lc,targets"}, {"lc", "targets"}),
    ],
)
def test_pipelines_kinds_and_sources_choose(
    catalogue: SessionCatalogue, words: dict[str, str], names: set[str]
) -> None:
    assert {name for name, _ in states(catalogue, "1-2", **words)} == names


def test_an_optional_source_is_used_only_if_it_is_named(server: Server, tmp_path: Path) -> None:
    catalogue = catalogue_of(server, tmp_path, source("lc"), source("qlp", optional=True))
    assert set(states(catalogue, 1)) == {("lc", 1)}
    assert set(states(catalogue, 1, source="qlp")) == {("qlp", 1)}


def test_a_source_is_not_asked_for_sectors_before_its_first(server: Server, tmp_path: Path) -> None:
    catalogue = catalogue_of(server, tmp_path, source("lc", since=3))
    assert set(states(catalogue, [1, 2, 3])) == {("lc", 3)}
    assert paths(server) == ["/lists/lc_3.sh"]


@pytest.mark.parametrize("sector", [0, -1, 1751, "1-x", "", "5-1", [], [1.5], True, {}, "1751", b"1", None.__class__])
def test_what_is_no_sector_is_refused_before_anything_is_asked(
    server: Server, catalogue: SessionCatalogue, sector: object
) -> None:
    with pytest.raises(QueryError, match="give sectors from 1 to 999"):
        catalogue.update(sector)  # type: ignore[arg-type]
    assert not server.requests


@pytest.mark.parametrize(
    ("words", "known"),
    [({"pipeline": "TICA"}, "SPOC"), ({"kind": "lightcurve"}, "lc"), ({"source": "portals"}, "targets")],
)
def test_unknown_words_are_refused_with_the_known_ones(
    catalogue: SessionCatalogue, words: dict[str, str], known: str
) -> None:
    with pytest.raises(UnknownNameError, match=known):
        catalogue.update(1, **words)  # type: ignore[arg-type]


def test_a_choice_without_any_source_is_an_error(server: Server, tmp_path: Path) -> None:
    catalogue = catalogue_of(server, tmp_path, source("lc"))
    with pytest.raises(QueryError, match=r"no source has lists of 'tp' files; there are lists of lc$"):
        catalogue.update(1, kind="lc,tp")


def test_a_cache_folder_that_cannot_be_written_is_told_before_anything_is_asked(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DownloadError, match=r"file.*catalogue cannot be written: .*; choose another cache folder"):
        catalogue_of(server, tmp_path / "file").update(1)
    assert not server.requests


def test_nothing_is_fetched_offline(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match=r"^offline: the archive's lists are fetched, .* only with a connection$"):
        catalogue_of(server, tmp_path, offline=True).update(1)
    assert not server.requests


# -- updates again --


def test_what_has_not_changed_is_neither_fetched_nor_parsed(
    server: Server, catalogue: SessionCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.update(1, progress=False)
    kept = catalogue.folder.lists()
    monkeypatch.setattr(type(catalogue.folder), "keep", None)
    assert set(states(catalogue, 1).values()) == {"unchanged"}
    assert catalogue.folder.lists() == kept
    assert all(headers.get("If-None-Match") for path, headers in server.requests[-2:])


DATE = "Tue, 03 Feb 2026 10:00:00 GMT"


def marked(handler: Handler, body: bytes, tag: str, date: str) -> None:
    """Answer as a server that marks its lists with a tag, a date, both or neither."""
    marks = {"ETag": tag.format(etag(body).strip('"')), "Last_Modified": date}
    marks = {name: value for name, value in marks.items() if value}
    known = handler.headers.get("If-None-Match", "") == marks.get("ETag") if tag else False
    dated = not tag and date and handler.headers.get("If-Modified-Since") == date
    handler.answer(*((b"", 304) if known or dated else (body,)), **marks)  # type: ignore[arg-type]


@pytest.mark.parametrize(("tag", "date"), [('"{}"', ""), ('W/"{}"', ""), ("", DATE), ("", ""), ('W/"{}"', DATE)])
def test_whatever_marks_a_server_gives_only_a_change_is_new(
    server: Server, catalogue: SessionCatalogue, tag: str, date: str
) -> None:
    server.acts["/lists/lc_1.sh"] = [lambda handler, body: marked(handler, body, tag, date)]
    told = [states(catalogue, 1, source="lc")["lc", 1] for _ in range(2)]
    assert told == ["new", "unchanged"]
    server.files["/lists/lc_1.sh"] = listed(99)
    date = "Tue, 03 Mar 2026 10:00:00 GMT" if date else ""
    assert states(catalogue, 1, source="lc")["lc", 1] == "new"
    assert rows_of(catalogue)["lc", 1, 1] == [99]


def test_the_same_bytes_under_another_tag_are_unchanged(server: Server, catalogue: SessionCatalogue) -> None:
    server.acts["/lists/lc_1.sh"] = [lambda handler, body: handler.answer(body)]
    assert states(catalogue, 1)["lc", 1] == "new"
    assert states(catalogue, 1)["lc", 1] == "unchanged"


def test_a_changed_list_takes_the_place_of_the_older_one(server: Server, catalogue: SessionCatalogue) -> None:
    catalogue.update(1, progress=False)
    server.files["/lists/lc_1.sh"] = listed(99)
    assert states(catalogue, 1)["lc", 1] == "new"
    assert rows_of(catalogue)["lc", 1, 1] == [99]


@pytest.mark.parametrize("loss", ["facts", "cut"])
def test_a_file_that_is_not_whole_any_more_is_fetched_again(
    server: Server, catalogue: SessionCatalogue, loss: str
) -> None:
    catalogue.update(1, progress=False)
    file = catalogue.folder.lists()["lc", 1, 1]
    if loss == "facts":
        catalogue.folder.forget(file)
    else:
        file.path.write_bytes(file.path.read_bytes()[:-1])
    assert states(catalogue, 1)["lc", 1] == "new"
    assert rows_of(catalogue)["lc", 1, 1] == [10, 11]


def test_sectors_that_are_named_and_not_there_yet_are_told(server: Server, catalogue: SessionCatalogue) -> None:
    done = catalogue.update("2-4,9", progress=False)
    assert done.absent == (4, 9)
    assert done.summary().endswith("0 failed; not yet at the archive: any list of sectors 4,9")
    assert catalogue.update(progress=False).absent == ()


def test_a_list_that_is_gone_stays_in_the_catalogue(server: Server, catalogue: SessionCatalogue) -> None:
    catalogue.update(1, progress=False)
    server.files.pop("/lists/lc_1.sh")
    assert ("lc", 1) not in states(catalogue, 1)
    assert ("lc", 1, 1) in catalogue.folder.lists()


def test_of_several_places_of_a_list_the_first_that_has_it_counts(server: Server, tmp_path: Path) -> None:
    def places(sector: int, links: object) -> list[str]:
        return [f"https://there/none/lc_{sector}.sh", f"https://there/lists/lc_{sector}.sh"]

    catalogue = catalogue_of(server, tmp_path, source("lc", locate=places))
    assert states(catalogue, "1-9") == dict.fromkeys([("lc", 1), ("lc", 2), ("lc", 3)], "new")
    assert set(states(catalogue, "1-3").values()) == {"unchanged"}


# -- what goes wrong --


def html_in_text(handler: Handler, body: bytes) -> None:
    handler.answer(b"<html><body>Sorry</body></html>", Content_Type="text/html")


WRONG = {
    "page": (page, "HTML page"),
    "page by its type": (html_in_text, "HTML page"),
    "cut": (truncated, "broke after"),
    "refused": (status(403), "403"),
    "down": (status(503), "503"),
    "another list": (lambda handler, body: handler.answer(b"TICID,Camera\n1,2\n"), "begins with 'TICID,Camera"),
    "damaged": (lambda handler, body: handler.answer(listed("damaged")), "it is damaged"),
    "empty": (lambda handler, body: handler.answer(b""), "empty"),
    "no gzip, though it says so": (lambda handler, body: handler.answer(body, Content_Encoding="gzip"), "the type .gz"),
    "login": (lambda handler, body: handler.answer(b"\xef\xbb\xbf\r\n <html>Log in</html>"), "HTML page"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_list_that_fails_costs_only_itself_and_names_its_address(
    server: Server, catalogue: SessionCatalogue, kind: str
) -> None:
    act, words = WRONG[kind]
    catalogue.update("1-2", progress=False)
    server.acts["/lists/lc_1.sh"] = [act]  # type: ignore[list-item]
    server.files["/lists/lc_1.sh"] = listed(*range(1000))
    server.files["/lists/lc_2.sh"] = listed(98)
    done = catalogue.update("1-2", progress=False)
    (failed,) = done.failed
    assert (failed.source, failed.last, failed.rows) == ("lc", 1, 2)
    assert failed.problem.startswith("https://archive.stsci.edu/lists/lc_1.sh: ")
    assert words in failed.problem
    assert rows_of(catalogue)["lc", 1, 1] == [10, 11]
    assert rows_of(catalogue)["lc", 2, 2] == [98]


def test_a_list_without_rows_does_not_replace_one_with_rows(server: Server, catalogue: SessionCatalogue) -> None:
    catalogue.update(1, progress=False)
    server.files["/lists/lc_1.sh"] = listed("not understood")
    (failed,) = catalogue.update(1, progress=False).failed
    assert "the 2 rows that it had before are kept" in failed.problem
    assert rows_of(catalogue)["lc", 1, 1] == [10, 11]


def test_a_list_of_which_no_name_is_understood_is_no_list_without_files(
    server: Server, catalogue: SessionCatalogue
) -> None:
    server.files["/lists/lc_1.sh"] = listed("name0", "name1")
    (failed,) = catalogue.update(1, progress=False).failed
    assert "none of its 2 names is understood as one of SPOC, such as 'name0'" in failed.problem
    assert ("lc", 1, 1) not in catalogue.folder.lists()


def test_names_that_are_not_understood_are_counted_and_shown(server: Server, catalogue: SessionCatalogue) -> None:
    server.files["/lists/lc_1.sh"] = listed(3, *(f"name{number}" for number in range(9)))
    done = catalogue.update(1, progress=False)
    (lc,) = (one for one in done.outcomes if one.source == "lc")
    assert (lc.state, lc.rows, lc.strange) == ("new", 1, 9)
    row = catalogue.status().where(pl.col("source") == "lc")[0]
    assert (row["rows"], row["strange"]) == (1, 9)
    assert "name0; name1" in row["strange_names"]


def test_rows_of_a_table_that_are_not_understood_are_counted_shown_and_not_kept(server: Server, tmp_path: Path) -> None:
    catalogue = catalogue_of(server, tmp_path, source("targets", gives="targets", kinds=(), parse=read_targets))
    server.files["/lists/targets_1.sh"] = b"#!\nTICID,Camera,CCD,Tmag,RA,Dec\n5,1,1,9,1,1\n6,5,1,9,1,1\n7,1,1,9,1,1\n"
    (one,) = catalogue.update(1, progress=False).outcomes
    assert (one.state, one.rows, one.strange) == ("new", 2, 1)
    assert rows_of(catalogue) == {("targets", 1, 1): [5, 7]}
    assert catalogue.status()[0]["strange_names"] == "6,5,1,9,1,1"
    assert catalogue.strange().rows() == [("targets", 1, 1, "6,5,1,9,1,1")]
    assert (catalogue.verify()["state"] == "whole").all()


def test_all_rows_that_are_not_understood_can_be_had_up_to_a_bound(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = catalogue_of(server, tmp_path, source("targets", gives="targets", kinds=(), parse=read_targets))
    wrong = [f"{number},5,1,9,1,1" for number in range(1, 9)]
    sound = [f"{number},1,1,9,1,1" for number in range(1, 9)]
    body = "\n".join(["#!", "TICID,Camera,CCD,Tmag,RA,Dec", *wrong, *sound]).encode()
    for bound, told in ((1000, "8 entries not understood\n"), (7, "the texts of 1 more rows are not kept")):
        server.files["/lists/targets_1.sh"] = body + b"\n" * bound  # another state of it
        monkeypatch.setattr(building, "MOST_STRANGE", bound)
        catalogue.update(1, progress=False)
        assert catalogue.strange()["uri"].to_list() == wrong[:bound]
        assert catalogue.status()[0]["strange_names"] == "; ".join(wrong[: building.FEW])
        _print_strange(catalogue, "csv")
        printed = capsys.readouterr()
        assert len(printed.out.splitlines()) == 1 + min(8, bound)
        assert told in printed.err


@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize("place", ["list", "facts", "rows"])
def test_a_full_disk_ends_the_update_and_what_is_kept_stays(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, jobs: int
) -> None:
    fill(server, range(1, 13), ["lc"])
    catalogue = catalogue_of(server, tmp_path, source("lc"), jobs=jobs)
    room = iter(range(3))  # what threads take turns at

    def used_up(*_: object) -> None:
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    owner, name = {"list": (Lists, "_new"), "facts": (CatalogueFolder, "note"), "rows": (CatalogueFolder, "keep")}[
        place
    ]
    real = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *arguments: (used_up(), real(*arguments))[1])
    with pytest.raises(DownloadError, match="No space left on device; the update ends here") as caught:
        catalogue.update("1-12", progress=False)
    assert caught.value.errno == errno.ENOSPC
    assert "https://archive.stsci.edu/lists/lc_" in str(caught.value)
    kept = {one.last for one in catalogue.folder.lists().values()}
    assert len(kept) == 3 if jobs == 1 else len(kept) <= 3, "threads may be stopped before they have kept a list"
    assert len(paths(server)) <= 3 + 3 * jobs, "the rest is not asked for"
    monkeypatch.undo()
    again = {one.last: one.state for one in catalogue.update("1-12", progress=False).outcomes}
    assert {sector: again[sector] for sector in kept} == dict.fromkeys(kept, "unchanged")
    assert set(again) == {*range(1, 13)} and set(again.values()) <= {"new", "unchanged"}


def test_a_page_of_links_that_fails_costs_only_its_sources(server: Server, catalogue: SessionCatalogue) -> None:
    server.acts["/lists/index.html"] = [status(500)]
    done = catalogue.update(1, progress=False)
    (failed,) = done.failed
    assert (failed.source, "index.html" in failed.problem) == ("multi-dv", True)
    assert ("lc", 1, 1) in catalogue.folder.lists()


@pytest.mark.parametrize("page", [b"<html><a href='/login'>Log in</a></html>", b"<html>Down for maintenance</html>"])
def test_a_page_without_links_to_lists_is_a_failure(server: Server, catalogue: SessionCatalogue, page: bytes) -> None:
    server.files["/lists/index.html"] = page
    (failed,) = catalogue.update(1, progress=False).failed
    assert failed.source == "multi-dv"
    assert failed.problem == "https://archive.stsci.edu/lists/index.html: the page has no links to lists"


@pytest.mark.parametrize(
    "page",
    [
        b"<A HREF='s0001-s0002.sh'>x</A>",
        b'<table><tr><td>a</td></tr></table><TABLE><TD><a class=x href = "/lists/s0001-s0002.sh">x</a></TABLE>',
        b'<a href="https://archive.stsci.edu/lists/s0001-s0002.sh"><b>x</a>',
        b'<a href="../lists/s0001-s0002.sh"><a href="http://[">bad</a><a>none</a>',
        b"\xef\xbb\xbf<!DOCTYPE html>\r\n<a\r\nhref=s0001-s0002.sh>x</a>",
    ],
)
def test_links_of_a_page_are_found_however_they_are_written(
    server: Server, catalogue: SessionCatalogue, page: bytes
) -> None:
    server.files["/lists/index.html"] = page
    assert states(catalogue, 2, kind="dv")["multi-dv", 2] == "new"


def test_a_mistake_in_a_plugin_costs_only_its_lists(server: Server, tmp_path: Path) -> None:
    def mistaken(path: Path, address: str) -> pl.DataFrame:
        raise KeyError("tic")

    catalogue = catalogue_of(server, tmp_path, source("lc"), source("targets", parse=mistaken))
    assert states(catalogue, 1) == {("lc", 1): "new", ("targets", 1): "failed"}


@pytest.mark.parametrize("addresses", [None, "https://archive.stsci.edu/lc_1.sh", 5])
def test_a_source_that_locates_no_list_of_addresses_is_named(server: Server, tmp_path: Path, addresses: object) -> None:
    catalogue = catalogue_of(server, tmp_path, source("lc", locate=lambda sector, links: addresses))
    with pytest.raises(PluginError, match=r"source 'lc': locate\(1, links\) gave .* which is no list of addresses"):
        catalogue.update(1, progress=False)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "returns a polars DataFrame, not NoneType"),
        ([1], "returns a polars DataFrame, not list"),
        (pl.DataFrame({"address": ["a"]}), "needs a column 'uri'"),
        (pl.DataFrame({"uri": ["a.fits", None]}), "no address in 1 of 2 rows"),
    ],
    ids=["none", "list", "column", "null"],
)
def test_what_a_source_may_not_give_is_said(server: Server, tmp_path: Path, rows: object, said: str) -> None:
    catalogue = catalogue_of(server, tmp_path, source("lc", parse=lambda path, address: rows))
    (failed,) = catalogue.update(1, progress=False).failed
    assert said in failed.problem


def test_an_archive_that_is_down_ends_the_update(server: Server, catalogue: SessionCatalogue) -> None:
    server.acts = ByName.fromkeys(server.files, [status(500)])
    done = catalogue.update(progress=False)
    assert done.failed
    assert not done.count("new")


def test_without_a_connection_an_update_ends_soon_says_so_once_and_keeps_what_is_here(
    server: Server, catalogue: SessionCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.update("1-3", progress=False)
    here, tries = catalogue.folder.lists(), []
    receive = Transfers.receive

    def noted(self: Transfers, task: Task) -> None:
        tries.append(task)
        receive(self, task)

    monkeypatch.setattr(Transfers, "receive", noted)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        settings = replace(
            catalogue.session.settings,
            server=f"http://127.0.0.1:{nobody.getsockname()[1]}",
            jobs=1,
            patience=replace(HASTE, longest=60.0),
        )
        monkeypatch.setattr(catalogue.session, "settings", settings)
        monkeypatch.setattr(CatalogueFolder, "of", lambda _: catalogue.folder)
        done = catalogue.update("1-3", progress=False)
    assert len(tries) == FEW * HASTE.tries
    assert len(done.failed) == 7 and {one.state for one in done.outcomes} == {"failed"}
    (said,) = done.failures()
    assert said.startswith("lc, targets of sectors 1-3; multi-dv: no connection, since 127.0.0.1:"), said
    assert said.endswith("(7 lists, such as https://archive.stsci.edu/lists/lc_1.sh)")
    assert repr(done).count("no connection") == 1 and "7 failed (their older rows are kept)" in done.summary()
    assert done.by_source().filter(source="multi-dv")["failed"].to_list() == ["all"]
    assert catalogue.folder.lists() == here


def test_a_chunked_list_comes_whole(server: Server, catalogue: SessionCatalogue) -> None:
    server.acts["/lists/lc_1.sh"] = [chunked]
    assert states(catalogue, 1)["lc", 1] == "new"


# -- ends and neighbours --


def test_ctrl_c_leaves_what_is_done_and_no_temporary_files(
    server: Server, catalogue: SessionCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.update(1, progress=False)
    keep = type(catalogue.folder).keep

    def interrupted(*arguments: object) -> ListFile:
        if arguments[2] == 3:
            raise KeyboardInterrupt
        return keep(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(catalogue.folder), "keep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        catalogue.update("1-3", progress=False)
    assert ("lc", 1, 1) in catalogue.folder.lists()
    assert all(len(tics) == 2 for key, tics in rows_of(catalogue).items() if key[0] != "multi-dv")


def test_two_updates_at_once_do_not_hurt_each_other(server: Server, tmp_path: Path) -> None:
    problems: list[BaseException] = []

    def update() -> None:
        try:
            assert not catalogue_of(server, tmp_path).update("1-3", progress=False).failed
        except BaseException as error:  # noqa: BLE001  it is shown below
            problems.append(error)

    for state in range(size(1, 10)):
        for sector in (1, 2, 3):
            server.files[f"/lists/lc_{sector}.sh"] = listed(state, 10 + state)
        threads = [threading.Thread(target=update) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = rows_of(catalogue_of(server, tmp_path))
        assert [rows["lc", sector, sector] for sector in (1, 2, 3)] == [[state, 10 + state]] * 3
    assert problems == []
    assert len(list((catalogue_of(server, tmp_path).folder.root / "lc").glob("*.parquet"))) == 3


def test_whatever_comes_is_kept_whole_or_told(server: Server, catalogue: SessionCatalogue) -> None:
    body, bad = listed(*range(100, 130)), []
    server.acts["/lists/lc_1.sh"] = [lambda handler, _: conditional(handler, bad[-1])]
    for number, chance in attempts(6):
        bad.append(altered(body, chance) or b"x")
        done = catalogue.update(1, kind="lc", source="lc", progress=False)
        (lc,) = done.outcomes or [None]
        assert lc is None or lc.state in {"new", "unchanged", "failed"}, number
        assert lc is None or lc.state != "failed" or lc.problem, number
