"""The ETag of an object store is the MD5 of a file, checked while its bytes arrive; that of a file in parts is only recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from astropy.table import Table
from fuzz import altered, attempts
from serving import WHOLE, Act, Handler, Server, content, redirect, send, serving

from tess_source import Manifest, Plan, Products, Request, Session, Transport, hookimpl, load_plan
from tess_source.errors import LockError
from tess_source.files.etags import content_tag, is_of_object_store, md5_of
from tess_source.settings import Patience

HASTE = Patience(tries=2, first=0.001, longest=0.01, connect=30.0, read=30.0, look=0.01)
PARTS = f"{'0123456789abcdef' * 2}-3"
S3 = {"Server": "AmazonS3", "x_amz_request_id": "4A2B"}


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture
def other() -> Iterator[Server]:
    """Serve as another host."""
    yield from serving()


def fetched(
    server: Server, root: Path, *acts: Act, is_store: bool = True, etag: str | None = None, name: str = "a.fits"
) -> Manifest:
    """Fetch one file from an address that is known to be one of an object store, or not."""

    class Lab:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            where = Request(f"{server.url}/{name}", etag_is_md5=is_store)
            return (Transport("lab", lambda uri, settings: where),)

    server.files[f"/{name}"] = content(1)
    server.acts[f"/{name}"] = [*acts] or [send]
    session = Session(discover=False, plugins=[Lab()])
    session.settings = replace(session.settings, patience=HASTE, progress=False)
    row = {"uri": f"lab:{name}", "obs_id": "o", **({"etag": etag} if etag else {})}
    return Plan.of(Products.of([row]), root, "flat", session=session).download()


def says(tag: str, **headers: str) -> Act:
    """Send the file with this ETag."""
    return lambda handler, body: handler.answer(body, ETag=tag, **headers)


# -- how they are read --


@pytest.mark.parametrize(
    ("etag", "tag", "sum_"),
    [
        (f'"{"0a" * 16}"', "0a" * 16, "0a" * 16),
        ("0A" * 16, "0a" * 16, "0a" * 16),
        (f'"{PARTS}"', PARTS, None),
        (f'"{"0a" * 16}-1"', f"{'0a' * 16}-1", None),
        (f'"{"0a" * 16}-0"', "", None),
        (f'W/"{"0a" * 16}"', "", None),
        (f'"{"0a" * 16}-gzip"', "", None),
        (f'"{"0a" * 15}"', "", None),
        (f'"{"0g" * 16}"', "", None),
        ('"5f3e-61a2b3c4d5e6f"', "", None),
        ("", "", None),
        (None, "", None),
    ],
)
def test_an_etag_of_an_object_store_is_told_by_its_form(etag: str | None, tag: str, sum_: str | None) -> None:
    assert content_tag(etag) == tag
    assert md5_of(etag) == sum_


@pytest.mark.parametrize(
    ("headers", "known", "expected"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"Server": "nginx"}, False, False),
        ({"Server": "AmazonS3"}, False, True),
        ({"x-amz-request-id": "1"}, False, True),
        ({"x-amz-id-2": "1"}, False, True),
        ({"Server": "AmazonS3", "x-amz-server-side-encryption": "AES256"}, False, True),
        ({"Server": "AmazonS3", "x-amz-server-side-encryption": "aws:kms"}, True, False),
        ({"Server": "AmazonS3", "x-amz-server-side-encryption": "aws:kms:dsse"}, True, False),
        ({"x-amz-id-2": "1", "x-amz-server-side-encryption-customer-algorithm": "AES256"}, True, False),
    ],
)
def test_an_object_store_is_known_by_its_address_or_its_headers(
    headers: dict[str, str], known: bool, expected: bool
) -> None:
    assert is_of_object_store(headers, known=known) is expected


# -- while the bytes arrive --


@pytest.mark.parametrize(("is_store", "headers"), [(True, {}), (False, S3)], ids=["known", "by its headers"])
def test_a_file_with_its_md5_is_whole_and_its_etag_is_recorded(
    server: Server, tmp_path: Path, is_store: bool, headers: dict[str, str]
) -> None:
    (entry,) = fetched(server, tmp_path, says(f'"{md5(content(1))}"', **headers), is_store=is_store)
    assert entry.ok
    assert entry.etag == md5(content(1))


@pytest.mark.parametrize(("is_store", "headers"), [(True, {}), (False, S3)], ids=["known", "by its headers"])
def test_a_file_with_another_md5_is_not_kept(
    server: Server, tmp_path: Path, is_store: bool, headers: dict[str, str]
) -> None:
    (entry,) = fetched(server, tmp_path, says(f'"{md5(b"another")}"', **headers), is_store=is_store)
    assert f"MD5 {md5(content(1))}, not {md5(b'another')}" in entry.error
    assert "the same bytes came twice" in entry.error
    assert not list(tmp_path.rglob("*.fits*"))


def test_a_flipped_byte_that_nothing_else_would_find_is_found_and_mended(server: Server, tmp_path: Path) -> None:
    def flipped(handler: Handler, body: bytes) -> None:
        handler.answer(body[:-1] + bytes([body[-1] ^ 1]), ETag=f'"{md5(body)}"')

    (entry,) = fetched(server, tmp_path, flipped, says(f'"{md5(content(1))}"'), name="a.txt")
    assert entry.ok
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("tag", "is_store", "headers", "recorded"),
    [
        (f'"{PARTS}"', True, {}, PARTS),
        (f'"{PARTS}"', False, {}, None),
        (f'"{md5(b"x")}"', False, {}, None),
        (f'W/"{md5(b"x")}"', True, {}, None),
        (f'"{md5(b"x")}"', True, {"x_amz_server_side_encryption": "aws:kms"}, None),
        ('"abc"', True, {}, None),
    ],
    ids=["parts", "parts, no store", "no store", "weak", "encrypted", "other form"],
)
def test_what_is_no_md5_is_not_checked(
    server: Server, tmp_path: Path, tag: str, is_store: bool, headers: dict[str, str], recorded: str | None
) -> None:
    (entry,) = fetched(server, tmp_path, says(tag, **headers), is_store=is_store)
    assert entry.ok
    assert entry.etag == recorded


def test_where_a_redirect_of_the_archive_leads_counts(server: Server, other: Server, tmp_path: Path) -> None:
    other.files["/b"] = content(1)
    other.acts["/b"] = [says(f'"{md5(content(1))}"', **S3)]
    (entry,) = fetched(server, tmp_path / "a", redirect(f"{other.url}/b"), is_store=False)
    assert (entry.etag, entry.via) == (md5(content(1)), f"{server.url}/a.fits")
    other.acts["/b"] = [says(f'"{md5(b"another")}"', **S3)]
    (entry,) = fetched(server, tmp_path / "b", redirect(f"{other.url}/b"), is_store=False)
    assert "MD5" in entry.error


def half(handler: Handler, body: bytes) -> None:
    """Send half of a file, and then what is left of it."""
    tag = f'"{md5(body)}"'
    if handler.headers.get("If-Range") == tag:
        where = f"bytes {WHOLE // 2}-{len(body) - 1}/{len(body)}"
        handler.answer(body[WHOLE // 2 :], 206, ETag=tag, Content_Range=where)
    else:
        handler.answer(body[: WHOLE // 2], length=len(body), ETag=tag)
        handler.close_connection = True


def test_the_md5_of_a_file_that_is_continued_is_that_of_all_its_bytes(server: Server, tmp_path: Path) -> None:
    (entry,) = fetched(server, tmp_path, half)
    assert entry.ok
    assert [headers.get("Range") for _, headers in server.requests] == [None, f"bytes={WHOLE // 2}-"]

    def with_a_flaw(handler: Handler, body: bytes) -> None:
        spoiled = body[: WHOLE // 2] + bytes([body[WHOLE // 2] ^ 1]) + body[WHOLE // 2 + 1 :]
        tag = f'"{md5(body)}"'
        if "Range" in handler.headers:
            where = f"bytes {WHOLE // 2}-{len(body) - 1}/{len(body)}"
            handler.answer(spoiled[WHOLE // 2 :], 206, ETag=tag, Content_Range=where)
        else:
            half(handler, body)

    (entry,) = fetched(server, tmp_path / "b", with_a_flaw, name="b.txt")
    assert "MD5" in entry.error


# -- as the archive's list says --


def test_the_md5_of_a_listing_is_checked_wherever_the_file_comes_from(server: Server, tmp_path: Path) -> None:
    (entry,) = fetched(server, tmp_path / "a", says('"abc"'), is_store=False, etag=md5(content(1)).upper())
    assert entry.ok
    assert entry.item.etag == md5(content(1))
    (entry,) = fetched(server, tmp_path / "b", says('"abc"'), is_store=False, etag=md5(b"another"))
    assert f"not {md5(b'another')}" in entry.error


def test_another_version_is_refused_before_its_bytes_come(server: Server, tmp_path: Path) -> None:
    (entry,) = fetched(server, tmp_path, says(f'"{md5(content(1))}"'), etag=md5(b"another"))
    assert f"the server has another version: its MD5 is {md5(content(1))}" in entry.error
    assert len(server.requests) == 1


def test_an_etag_of_parts_in_a_listing_and_what_is_no_etag_are_not_checked(server: Server, tmp_path: Path) -> None:
    (entry,) = fetched(server, tmp_path / "a", says('"abc"'), is_store=False, etag=PARTS)
    assert (entry.ok, entry.item.etag) == (True, PARTS)
    (entry,) = fetched(server, tmp_path / "b", says('"abc"'), is_store=False, etag="5f3e-61a2b3c4d5e6f")
    assert (entry.ok, entry.item.etag) == (True, None)


def test_a_file_that_is_here_with_another_md5_is_fetched_again(server: Server, tmp_path: Path) -> None:
    fetched(server, tmp_path, says(f'"{md5(content(1))}"'))
    assert fetched(server, tmp_path, etag=md5(content(1)))[0].status == "here"
    assert "MD5" in fetched(server, tmp_path, etag=md5(b"x"))[0].error


def test_a_file_that_was_never_verified_is_read_for_its_md5(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_bytes(content(1))
    (entry,) = fetched(server, tmp_path, etag=md5(content(1)))
    assert (entry.status, entry.etag) == ("here", md5(content(1)))
    (tmp_path / "a.fits").write_bytes(content(2))
    (entry,) = fetched(server, tmp_path, etag=md5(content(1)))
    assert (entry.status, entry.sha256) == ("fetched", hashlib.sha256(content(1)).hexdigest())


# -- in locks --


def test_a_lock_keeps_them_also_of_files_that_were_here_before(server: Server, tmp_path: Path) -> None:
    act = says(f'"{md5(content(1))}"')
    first, second = fetched(server, tmp_path / "data", act), fetched(server, tmp_path / "data", act)
    assert second[0].status == "here"
    assert first.lock().to_text().splitlines()[-1] == second.lock().to_text().splitlines()[-1]
    path = second.lock().save(tmp_path / "lock.ecsv")
    assert [item.etag for item in load_plan(path)] == [md5(content(1))]
    assert Table.read(path, format="ascii.ecsv")["etag"].tolist() == [md5(content(1))]


def test_a_lock_without_any_has_no_such_column(server: Server, tmp_path: Path) -> None:
    written = fetched(server, tmp_path, says('"abc"'), is_store=False).lock().to_text()
    assert "etag" not in written


def test_a_lock_with_what_is_no_etag_is_refused(server: Server, tmp_path: Path) -> None:
    tag = md5(content(1))
    written = fetched(server, tmp_path / "data", says(f'"{tag}"')).lock().to_text()
    for word in ("x", "0" * 31, "0" * 33, f"{'0' * 32}-", f"{'0' * 32}-0"):
        (tmp_path / "lock.ecsv").write_text(written.replace(tag, word))
        with pytest.raises(LockError, match="in its column 'etag' is no ETag"):
            load_plan(tmp_path / "lock.ecsv")


# -- by chance --


def test_no_etag_makes_a_download_raise_or_a_wrong_file_pass(server: Server, tmp_path: Path) -> None:
    """Whatever a store says, the file is whole with its true MD5 or none, or it failed for another MD5."""
    true = md5(content(1))
    said = {
        number: altered(f'"{true}"'.encode(), chance).decode("latin-1").translate({10: None, 13: None})
        for number, chance in attempts(30)
    }

    class Store:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            return (Transport("lab", lambda uri, _: Request(f"{server.url}/{uri[4:]}", etag_is_md5=True)),)

    server.files = {f"/{number}.fits": content(1) for number in said}
    server.acts = {f"/{number}.fits": [says(tag)] for number, tag in said.items()}
    session = Session(discover=False, plugins=[Store()], jobs=4)
    session.settings = replace(session.settings, patience=HASTE, progress=False)
    products = Products.of([{"uri": f"lab:{number}.fits", "obs_id": "o"} for number in said])
    for entry in Plan.of(products, tmp_path, "flat", session=session).download():
        tag = said[int(entry.item.path.partition(".")[0])]
        assert entry.ok if md5_of(tag) in {None, true} else f"not {md5_of(tag)}" in entry.error, tag
        assert entry.etag in {None, content_tag(tag)}, tag
