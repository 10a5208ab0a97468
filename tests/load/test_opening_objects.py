"""Files in object stores are opened like files of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from s3 import S3Server

from tess_source import Entry, Session, hookimpl
from tess_source.errors import OfflineError, QueryError
from tess_source.load.local import manifest_of
from tess_source.object_store.copies import write_place
from tess_source.object_store.path import ObjectPath
from tess_source.tables.loaded import Deferred

NAMES = ("s0014/a.fits", "s0014/.hidden.fits", "s0015/b.fits", "s0015/deep/c.fits", "s0015/notes.md", "top.fits")


def fits(name: str) -> bytes:
    """Return a whole FITS file that tells a name."""
    said = {"SIMPLE": "T", "BITPIX": "8", "NAXIS": "1", "NAXIS1": "2880"}
    cards = [*(f"{keyword:8}= {value:>20}" for keyword, value in said.items()), f"OBJECT  = '{name}'", "END"]
    return "".join(f"{card:80}" for card in cards).ljust(2880).encode() + bytes(2880)


def name_in(path: Path) -> str:
    return path.read_bytes().split(b"'")[1].decode()


class Reader:
    """Reads names, at once or later, and keeps where it read them."""

    def __init__(self, *, later: bool = False) -> None:
        self.later, self.paths = later, list[Path]()

    @hookimpl
    def tess_load(self, entry: Entry, options: Any) -> object:
        assert entry.path is not None
        self.paths.append(entry.path)
        return Deferred("texts", entry.path, partial(name_in, entry.path)) if self.later else name_in(entry.path)

    @hookimpl
    def tess_collect(self, objects: Sequence[object]) -> Any:
        return {"texts": list(objects)}


@pytest.fixture
def data(bucket: ObjectPath) -> ObjectPath:
    for name in NAMES:
        write_place(bucket / "data" / name, fits(name))
    return bucket / "data"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def session_of(reader: Reader, **words: Any) -> Session:
    return Session(discover=False, plugins=[reader], progress=False, **words)


def keys(*given: str) -> list[str]:
    manifest = manifest_of(list(given), session_of(Reader()))
    return [str(entry.object).partition("/data/")[2] for entry in manifest]


def test_a_prefix_stands_for_the_files_below_it(data: ObjectPath) -> None:
    assert keys(str(data)) == ["s0014/a.fits", "s0015/b.fits", "s0015/deep/c.fits", "top.fits"]
    assert keys(f"{data}/s0015/") == ["s0015/b.fits", "s0015/deep/c.fits"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.fits", ["top.fits"]), ("*/*.fits", ["s0014/a.fits", "s0015/b.fits"]), ("s001[4]/*", ["s0014/a.fits"]),
        ("**/*.fits", ["s0014/a.fits", "s0015/b.fits", "s0015/deep/c.fits", "top.fits"]), ("s0015/**/c.fits", ["s0015/deep/c.fits"]),
        ("**/b.fits", ["s0015/b.fits"]), ("s0014/.*.fits", ["s0014/.hidden.fits"]),
        ("s0015/**", ["s0015/b.fits", "s0015/deep/c.fits", "s0015/notes.md"]),
    ],
)  # fmt: skip
def test_a_pattern_stands_for_what_fits(data: ObjectPath, pattern: str, found: list[str]) -> None:
    assert keys(f"{data}/{pattern}") == found


def test_each_object_is_opened_once_in_the_order_given(data: ObjectPath, temporary: Path) -> None:
    reader = Reader()
    session = session_of(reader)
    top = str(data / "top.fits")
    assert list(session.open([top, str(data / "s0014"), top])) == ["top.fits", "s0014/a.fits"]
    assert list(session.open(data / "top.fits")) == ["top.fits"]
    assert {path.name for path in reader.paths} == {"top.fits", "a.fits"}
    assert not list(temporary.iterdir())


def test_an_entry_tells_its_place_size_and_etag(data: ObjectPath) -> None:
    manifest = manifest_of(str(data / "top.fits"), session_of(Reader()))
    assert (manifest[0].path, manifest[0].place, manifest[0].bytes) == (None, data / "top.fits", 5760)
    assert manifest[0].object_etag
    assert manifest.to_polars()["local_path"].to_list() == [f"{data}/top.fits"]
    assert manifest.to_table()["Local Path"][0] == f"{data}/top.fits"


def test_what_is_opened_later_is_copied_when_it_is_used(data: ObjectPath, temporary: Path) -> None:
    reader = Reader(later=True)
    group: Any = session_of(reader).open(f"{data}/s0015")
    assert not list(temporary.iterdir())
    assert list(group) == ["s0015/b.fits", "s0015/deep/c.fits"]
    assert not list(temporary.iterdir())
    assert not any(path.exists() for path in reader.paths)


def test_files_are_opened_one_by_one(data: ObjectPath) -> None:
    manifest = manifest_of(str(data), session_of(Reader()))
    assert [opened.value for opened in manifest.map(len)] == [12, 12, 17, 8]
    assert list(manifest.iter_load())[-1] == "top.fits"


def test_an_object_that_is_gone_is_the_error_of_its_file(data: ObjectPath, s3: S3Server) -> None:
    manifest = manifest_of(str(data), session_of(Reader()))
    s3.backend.delete_object(data.bucket, "data/top.fits")
    loaded = manifest.read()
    assert len(loaded["texts"]) == 3
    assert {name: str(error) for name, error in loaded.failed.items()} == {
        f"{data}/top.fits": f"{data}/top.fits: there is no such object, or no such bucket"
    }


def test_an_object_with_other_bytes_than_were_downloaded_is_not_opened(data: ObjectPath) -> None:
    manifest = manifest_of(str(data / "top.fits"), session_of(Reader()))
    write_place(data / "top.fits", fits("top.fits") + bytes(2880))
    ((name, error),) = manifest.read().failed.items()
    assert (name, type(error).__name__) == (f"{data}/top.fits", "DamagedFileError")
    assert "top.fits is damaged: it has more than the 5,760 bytes" in str(error)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("s3://a/x.fits", "s3://b/x.fits"), "several buckets"), (("s3://a/x.fits", "x.fits"), "some of these files are on this machine"),
        (("s3://a/x.fits?y",), "is followed by"), (("https://a/x.fits",), "no scheme of an object store"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_together_is_refused(given: tuple[str, ...], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        session_of(Reader()).open(given)


@pytest.mark.parametrize("name", ["none", "none/*.fits", "s0015/notes.m*z"])
def test_a_prefix_without_files_is_an_error_that_names_it(data: ObjectPath, name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no object.*s3://"):
        session_of(Reader()).open(f"{data}/{name}")


def test_offline_no_object_store_is_asked(data: ObjectPath, s3: S3Server) -> None:
    before = len(s3.requests)
    offline = session_of(Reader(), offline=True)
    for place in (str(data), [str(data / "top.fits")], data):
        with pytest.raises(OfflineError, match="it is in an object store"):
            offline.open(place)
    with pytest.raises(OfflineError):
        offline.load_plan(f"{data}/lock.ecsv")
    assert len(s3.requests) == before
