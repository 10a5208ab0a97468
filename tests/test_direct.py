"""Files that are opened straight from their addresses: verified as in a download, and not kept."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from other_process import HASTE
from serving import Server, serving, status
from toys import FromServer, fits

from tess_source import Entry, Found, Products, Session, hookimpl
from tess_source.direct import MOST_BYTES, MOST_FILES
from tess_source.errors import LoadError, QueryError


class Curves(list[bytes]):
    """What is collected: it can be referred to weakly, as a collection of lightkurve."""


class ReadsBytes:
    """Opens a file as its bytes, and notes where it was."""

    def __init__(self) -> None:
        self.paths: list[Path] = []

    @hookimpl
    def tess_load(self, entry: Entry, options: Mapping[str, Any]) -> object:
        assert entry.path is not None
        self.paths.append(entry.path)
        return entry.path.read_bytes() + bytes(options.get("end", b""))

    @hookimpl
    def tess_collect(self, objects: Sequence[object]) -> Mapping[str, object]:
        return {"curves": Curves(one for one in objects if isinstance(one, bytes))}


class ListsBytes(ReadsBytes):
    """The same, collected in a plain list."""

    @hookimpl
    def tess_collect(self, objects: Sequence[object]) -> Mapping[str, object]:
        return {"curves": [*objects]}


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder of temporary files."""
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def session_of(server: Server, tmp_path: Path, reader: ReadsBytes) -> Session:
    session = Session(server.url, discover=False, plugins=[FromServer(), reader], cache=tmp_path / "cache")
    session.settings = replace(session.settings, patience=HASTE)
    return session


@pytest.fixture
def reader() -> ReadsBytes:
    return ReadsBytes()


@pytest.fixture
def session(server: Server, tmp_path: Path, reader: ReadsBytes, temporary: Path) -> Session:
    server.files |= {"/a.fits": fits(5760, 1), "/b.fits": fits(5760, 2)}
    return session_of(server, tmp_path, reader)


def found_in(session: Session, names: str) -> Found:
    """Return files that have a place in the cache folder."""
    return session.found(Products.of([{"uri": f"toy:x/{name}.fits", "obs_id": "o"} for name in names]))


def kept(folder: Path) -> list[str]:
    """Return the files and empty folders that were left."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if not (path.is_dir() and any(path.iterdir()))
    )


def test_files_are_opened_in_the_order_of_the_products_and_no_file_is_kept(
    session: Session, tmp_path: Path, temporary: Path
) -> None:
    found = session.found(["toy:x/a.fits", "toy:x/b.fits"])
    assert [*found.load(end=b"!")] == [fits(5760, 1) + b"!", fits(5760, 2) + b"!"]
    gc.collect()
    assert kept(temporary) == []
    assert kept(tmp_path / "cache") == []


def test_the_bytes_are_there_as_long_as_what_was_opened(session: Session, reader: ReadsBytes, temporary: Path) -> None:
    opened = session.load(["toy:x/a.fits"])
    assert reader.paths[0].read_bytes() == fits(5760, 1)  # as pixel files and images are read only when they are used
    assert reader.paths[0].is_relative_to(temporary)
    del opened
    gc.collect()
    assert kept(temporary) == []


def test_a_plain_list_holds_what_was_read_so_nothing_is_left(
    server: Server, session: Session, tmp_path: Path, temporary: Path
) -> None:
    opened = session_of(server, tmp_path, ListsBytes()).load(["toy:x/a.fits"])
    assert [*opened] == [fits(5760, 1)]
    assert kept(temporary) == []


def test_files_that_are_here_are_opened_where_they_are(
    server: Server, session: Session, reader: ReadsBytes, tmp_path: Path
) -> None:
    found = found_in(session, "ab")
    session.download(found_in(session, "a"))
    session.download(["toy:x/b.fits"], tmp_path / "mine", layout="flat")
    server.requests.clear()
    assert [*found.load()] == [fits(5760, 1), fits(5760, 2)]
    assert [path for path, _ in server.requests] == ["/b.fits"]
    assert reader.paths[0].is_relative_to(tmp_path / "cache")
    server.requests.clear()
    plan = found.plan(tmp_path / "mine", layout="flat")
    assert [*session.load(plan)] == [fits(5760, 1), fits(5760, 2)]
    assert reader.paths[-1] == tmp_path / "mine" / "b.fits"
    assert server.requests == []


def test_bytes_are_verified_as_in_a_download(server: Server, session: Session) -> None:
    server.files["/b.fits"] = fits(5760, 2)[:-100]
    opened = session.load(["toy:x/a.fits", "toy:x/b.fits"])
    assert [*opened] == [fits(5760, 1)]
    with pytest.raises(LoadError, match=r"nothing could be opened: .*b\.fits"):
        session.load(["toy:x/b.fits"])


def test_a_file_that_does_not_come_costs_no_other(
    server: Server, session: Session, caplog: pytest.LogCaptureFixture, temporary: Path
) -> None:
    server.acts["/a.fits"] = [status(404)] * 9
    assert [*session.load(["toy:x/a.fits", "toy:x/b.fits"])] == [fits(5760, 2)]
    assert "not fetched" in caplog.text
    gc.collect()
    assert kept(temporary) == []


def test_offline_only_files_that_are_here_are_opened(
    server: Server, session: Session, tmp_path: Path, reader: ReadsBytes
) -> None:
    session.download(found_in(session, "a"))
    server.requests.clear()
    offline = Session(
        server.url, discover=False, plugins=[FromServer(), reader], cache=tmp_path / "cache", offline=True
    )
    assert [*offline.load(found_in(offline, "a"))] == [fits(5760, 1)]
    with pytest.raises(LoadError, match="offline, and it is not here"):
        offline.load(["toy:x/b.fits"])
    assert server.requests == []


def test_many_or_large_files_are_refused_before_anything_is_fetched(server: Server, session: Session) -> None:
    many = [f"toy:x/{number}.fits" for number in range(MOST_FILES + 1)]
    with pytest.raises(
        QueryError,
        match=r"201 files .*too many to open without keeping them.* 200 files and 1\.0 GB.*download\(\)\.load\(\)",
    ):
        session.load(many)
    large = Products.of([{"uri": f"toy:{name}.fits", "size": MOST_BYTES // 2 + 1} for name in "ab"])
    with pytest.raises(QueryError, match=r"2 files \(1\.0 GB\)"):
        session.found(large).load()
    typical = {
        "uri": "toy:x.fits",
        "kind": "fast-tp",
        "pipeline": "SPOC",
        "exptime": 20.0,
        "first_sector": 30,
        "last_sector": 30,
    }
    unknown = Products.of([{**typical, "uri": f"toy:{name}"} for name in "abcd"])
    with pytest.raises(QueryError, match=r"4 files \(1\.1 GB\)"):
        session.found(unknown).load()
    assert server.requests == []


def test_an_option_that_no_reader_takes_leaves_nothing_behind(session: Session, temporary: Path) -> None:
    with pytest.raises(LoadError, match="cannot convert"):
        session.load(["toy:x/a.fits"], end=object())
    gc.collect()
    assert kept(temporary) == []
