"""How files are fetched: one URI may have several addresses, may come packed, and need not come over HTTP."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fuzz import altered, attempts
from serving import Server, content, send, status

import tess_source
from tess_source import Manifest, Plan, Products, Request, Session, Settings, Transport, hookimpl
from tess_source.settings import at_server

Located = Request | Sequence[Request]


class Lab:
    """Fetches ``lab:`` URIs as a test says."""

    def __init__(self, locate: Callable[[str], Located]) -> None:
        self.where = locate

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("lab", self.locate),)

    def locate(self, uri: str, settings: Settings) -> Located:
        return self.where(uri.partition(":")[2])


def fetch(tmp_path: Path, locate: Callable[[str], Located], **row: Any) -> Manifest:
    session = Session(discover=False, plugins=[Lab(locate)])
    products = Products.of([{"uri": "lab:a.fits", "obs_id": "o", **row}])
    return session.download(Plan.of(products, tmp_path / "data", "flat"))


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return out.getvalue()


# -- several addresses --


def test_addresses_are_tried_in_their_order(server: Server, tmp_path: Path) -> None:
    server.acts["/first"] = [status(404)]
    server.files["/second"] = server.files["/third"] = content(1)
    manifest = fetch(
        tmp_path, lambda name: [Request(f"{server.url}/{where}") for where in ("first", "second", "third")]
    )
    assert manifest[0].status == "fetched"
    assert manifest[0].via == f"{server.url}/second"
    assert [path for path, _ in server.requests] == ["/first", "/second"]


def test_if_all_addresses_fail_each_reason_is_told(server: Server, tmp_path: Path) -> None:
    server.acts = {"/first": [status(404)], "/second": [status(410)]}
    manifest = fetch(tmp_path, lambda name: [Request(f"{server.url}/first"), Request(f"{server.url}/second")])
    assert manifest[0].error == "the server answered 404 Not Found; the server answered 410 Gone"


def test_no_address_at_all_is_an_error(tmp_path: Path) -> None:
    manifest = fetch(tmp_path, lambda name: [])
    assert manifest[0].error == "its plugin gives no address for 'lab:a.fits'"


# -- packed --


def test_a_zip_with_one_file_is_unpacked_and_verified(server: Server, tmp_path: Path) -> None:
    server.files["/cut.zip"] = packed(**{"inner.fits": content(1)})
    manifest = fetch(tmp_path, lambda name: Request(f"{server.url}/cut.zip", unpack="zip"))
    [entry] = manifest
    assert entry.status == "fetched"
    assert entry.path is not None
    assert entry.path.read_bytes() == content(1)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["a.fits"]
    assert entry.bytes == len(content(1))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (packed(), "a zip file with 0 files in it, one is expected"),
        (packed(**{"a.fits": content(1), "b.fits": content(2)}), "a zip file with 2 files in it"),
        (b'{"msg": "no sectors found"}', "the server sent no file, but a message: no sectors found"),
        (b'["nothing"]', "the server sent no file, but a message: ['nothing']"),
        (b"{neither JSON nor zip", "not a whole zip file"),
        (packed(**{"a.fits": content(1)[:-3000]}), "what the zip file holds is not the file"),
        (packed(**{"a.fits": b"<html><body>Sorry</body></html>"}), "what the zip file holds is not the file"),
        (packed(**{"a.fits": content(1)})[:-40], "not a whole zip file"),
    ],
    ids=["empty", "two", "a message", "another message", "no zip", "cut inside", "a page inside", "cut"],
)
def test_a_zip_that_does_not_hold_the_file_is_an_error_and_nothing_is_left(
    server: Server, tmp_path: Path, body: bytes, said: str
) -> None:
    server.files["/cut.zip"] = body
    manifest = fetch(tmp_path, lambda name: Request(f"{server.url}/cut.zip", unpack="zip"))
    assert said in manifest[0].error
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_of_several_files_in_a_zip_the_one_whose_name_begins_so_is_taken(server: Server, tmp_path: Path) -> None:
    server.files["/cut.zip"] = packed(**{"s1-1-2_a.fits": content(1), "below/s1-2-3_a.fits": content(2)})
    [entry] = fetch(tmp_path, lambda name: Request(f"{server.url}/cut.zip", unpack="zip", member="s1-2-3"))
    assert entry.path is not None
    assert entry.path.read_bytes() == content(2)
    [entry] = fetch(tmp_path / "no", lambda name: Request(f"{server.url}/cut.zip", unpack="zip", member="s1-4-4"))
    assert entry.error.endswith("a zip file with 2 files in it, 0 of which begin with 's1-4-4', one is expected")


def test_a_damaged_zip_is_fetched_again(server: Server, tmp_path: Path) -> None:
    whole = packed(**{"inner.fits": content(1)})
    server.files["/cut.zip"] = whole
    server.acts["/cut.zip"] = [lambda handler, _: send(handler, whole[:-40]), send]
    [entry] = fetch(tmp_path, lambda name: Request(f"{server.url}/cut.zip", unpack="zip"))
    assert entry.status == "fetched", entry.error
    assert len(server.requests) == 2


def test_whatever_is_wrong_with_a_zip_is_the_error_of_its_file(tmp_path: Path) -> None:
    whole = packed(**{"s1-1-2_a.fits": content(1), "s1-2-3_a.fits": content(2)})
    source, raw = tmp_path / "cut.zip", []
    where = Request(source.as_uri(), unpack="zip", member="s1-2-3")
    for number, chance in attempts(8):
        source.write_bytes(altered(whole, chance))
        try:
            [entry] = fetch(tmp_path / str(number), lambda name: where)
            assert entry.ok == (entry.path is not None and entry.path.read_bytes() == content(2)), entry.error
            assert entry.ok or (entry.error and not re.search(r"\w+Error", entry.error)), entry.error
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raw.append((number, repr(error)))
    assert raw == []


def test_a_page_in_place_of_a_zip_is_told(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(tess_source.settings.Patience, "pause", lambda *_: 0.0)
    server.files["/cut.zip"] = b"<html><body>Sorry</body></html>"
    manifest = fetch(tmp_path, lambda name: Request(f"{server.url}/cut.zip", unpack="zip"))
    assert "HTML page" in manifest[0].error


def test_the_size_that_a_plan_knows_is_that_of_the_unpacked_file(server: Server, tmp_path: Path) -> None:
    server.files["/cut.zip"] = packed(**{"inner.fits": content(1)})
    where = Request(f"{server.url}/cut.zip", unpack="zip")
    assert fetch(tmp_path, lambda name: where, size=len(content(1)))[0].status == "fetched"
    wrong = fetch(tmp_path / "other", lambda name: where, size=5)
    assert f"holds a file of {len(content(1)):,} bytes, 5 are expected" in wrong[0].error


def test_an_unknown_way_of_packing_is_told(server: Server, tmp_path: Path) -> None:
    manifest = fetch(tmp_path, lambda name: Request(f"{server.url}/a.7z", unpack="7z"))
    assert manifest[0].error == "unpack='7z' is not known; 'zip' is"


# -- not over HTTP --


def test_files_of_this_machine_are_fetched_by_their_uri(tmp_path: Path) -> None:
    source = tmp_path / "here is" / "a.fits"
    source.parent.mkdir()
    source.write_bytes(content(1))
    plan = Plan.of(Products.of([{"uri": source.as_uri(), "obs_id": "o"}]), tmp_path / "data", "flat")
    [entry] = Session(discover=False).download(plan)
    assert (entry.status, entry.via) == ("fetched", source.as_uri())
    assert entry.path is not None
    assert entry.path.read_bytes() == content(1)
    assert Session(discover=False).download(plan)[0].status == "here"


def test_a_transport_may_give_an_address_of_this_machine(tmp_path: Path) -> None:
    source = tmp_path / "a.fits"
    source.write_bytes(content(1))
    assert fetch(tmp_path, lambda name: Request(source.as_uri()))[0].status == "fetched"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///nowhere/at/all.fits", "there is no file '/nowhere/at/all.fits'"),
        ("file:///tmp", "there is no file '/tmp'"),
        ("file://elsewhere/a.fits", "a file of another machine, 'elsewhere'"),
        ("ftp://127.0.0.1/a.fits", "'ftp' addresses cannot be fetched; http, https and file can"),
        ("nonsense", "addresses cannot be fetched"),
    ],
)
def test_an_address_that_cannot_be_fetched_is_told_at_once(tmp_path: Path, url: str, said: str) -> None:
    assert said in fetch(tmp_path, lambda name: Request(url))[0].error


def test_a_damaged_file_of_this_machine_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tess_source.settings.Patience, "pause", lambda *_: 0.0)
    source = tmp_path / "a.fits"
    source.write_bytes(content(1)[:-100])
    assert "not the file" in fetch(tmp_path, lambda name: Request(source.as_uri()))[0].error
    assert not list((tmp_path / "data").iterdir())


def test_two_plugins_cannot_claim_files_of_this_machine() -> None:
    class Files:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            return (Transport("file", lambda uri, settings: Request(uri)),)

    with pytest.raises(
        tess_source.errors.PluginConflictError, match="'tess-source' and 'Files' both declare the scheme 'file'"
    ):
        Session(discover=False, plugins=[Files()])


# -- another server --


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:TESS/a.fits",
            "/api/v0.1/Download/file?uri=mast:TESS/a.fits",
        ),
        ("https://stpubdata.s3.us-east-1.amazonaws.com/tess/public/a.fits", "/tess/public/a.fits"),
        ("http://example.org", "/"),
        ("https://user:secret@example.org:8443/a%20b?x=1#part", "/a%20b?x=1"),
    ],
)
def test_with_a_server_every_address_becomes_the_server_and_the_path(url: str, expected: str) -> None:
    settings = Settings(server="http://127.0.0.1:8000/mirror")
    assert at_server(url, settings) == f"http://127.0.0.1:8000/mirror{expected}"
    assert at_server(at_server(url, settings), settings) == at_server(url, settings)
    assert at_server(url, Settings(server=None)) == url


def test_what_is_no_http_address_stays_as_it_is() -> None:
    settings = Settings(server="http://127.0.0.1:8000")
    assert at_server("file:///a/b.fits", settings) == "file:///a/b.fits"


def test_with_a_server_no_other_host_is_asked_whatever_a_plugin_says(server: Server, tmp_path: Path) -> None:
    server.files["/data/a.fits?v=2"] = content(1)
    session = Session(
        server.url, discover=False, plugins=[Lab(lambda name: Request("https://example.org/data/a.fits?v=2"))]
    )
    plan = Plan.of(Products.of([{"uri": "lab:a.fits", "obs_id": "o"}]), tmp_path, "flat")
    assert session.download(plan)[0].via == f"{server.url}/data/a.fits?v=2"
