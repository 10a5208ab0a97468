"""The sample archive's bucket answers as S3 does, also to the clients that others use; it has most of what the portal lists."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from peers import astroquery_at
from test_sample_server import ask

from tess_source import Session
from tess_source.lock import verify_folder
from tess_source_sample.bucket import MOST_SUMMED, PART
from tess_source_sample.contents import Contents
from tess_source_sample.faults import Fault
from tess_source_sample.files import make
from tess_source_sample.objects import Objects, key_of
from tess_source_sample.server import SampleArchive

FOLDER = "tess/public/tid/s0055/0000/0000/1674/0101/"
LC = "tess2022217014003-s0055-0000000016740101-0242-s_lc.fits"
KEY = f"{FOLDER}{LC}"
FAST = "tess/public/tid/s0075/0000/0000/1674/0101/tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
SEVERAL = "mast:TESS/product/tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits"
TASOC = "mast:HLSP/tasoc/s0001/c0120/0000/0001/4191/4082/hlsp_tasoc_tess_tpf_tic00141914082-s0001-cam4-ccd2-c0120_tess_v05_cbv-lc.fits"
S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def listed(archive: SampleArchive, **question: object) -> ET.Element:
    """Return the listing for a question."""
    query = "&".join(f"{name.replace('_', '-')}={quote(str(value), safe='')}" for name, value in question.items())
    answer = ask(archive.url, f"/?list-type=2&{query}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/xml"
    return ET.fromstring(answer.body.decode())


def said(listing: ET.Element, name: str) -> str | None:
    return listing.findtext(f"{S3}{name}")


def names(listing: ET.Element) -> list[str]:
    """Return the keys, and the folders behind them."""
    paths = (f"{S3}Contents/{S3}Key", f"{S3}CommonPrefixes/{S3}Prefix")
    return [str(element.text) for path in paths for element in listing.findall(path)]


def test_an_object_has_two_addresses_and_the_bytes_of_the_archive(archive: SampleArchive) -> None:
    for path in (f"/{KEY}", f"/stpubdata/{KEY}"):
        answer = ask(archive.url, path)
        assert (
            answer.body
            == make(LC, len(answer.body))
            == ask(archive.url, f"/api/v0.1/Download/file?uri=mast:TESS/product/{LC}").body
        )
        assert answer.headers["ETag"] == f'"{hashlib.md5(answer.body, usedforsecurity=False).hexdigest()}"'
        assert {"x-amz-request-id", "x-amz-id-2", "last-modified", "accept-ranges"} <= {
            name.lower() for name in answer.headers
        }
    assert {request.uri for request in archive.requests} == {f"mast:TESS/product/{LC}"}


def test_ranges_and_conditions_are_those_of_http(archive: SampleArchive) -> None:
    whole = ask(archive.url, f"/{KEY}")
    part = ask(archive.url, f"/{KEY}", Range="bytes=100-199")
    assert (part.status, part.body) == (206, whole.body[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.body)}"
    assert ask(archive.url, f"/{KEY}", Range=f"bytes={len(whole.body)}-").status == 416
    assert ask(archive.url, f"/{KEY}", If_None_Match=whole.headers["ETag"]).status == 304
    assert ask(archive.url, f"/{KEY}", "HEAD").headers["Content-Length"] == str(len(whole.body))


def test_large_objects_were_stored_in_parts(archive: SampleArchive) -> None:
    body = ask(archive.url, f"/{FAST}").body
    assert PART < len(body) <= MOST_SUMMED
    sums = [hashlib.md5(body[at : at + PART], usedforsecurity=False).digest() for at in range(0, len(body), PART)]
    assert archive.bucket.etag(FAST) == f"{hashlib.md5(b''.join(sums), usedforsecurity=False).hexdigest()}-{len(sums)}"
    assert re.fullmatch(r"[0-9a-f]{32}-4", archive.bucket.etag(KEY.replace("_lc", "_tp")))


def test_no_listing_says_that_a_healthy_image_has_other_bytes(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, cache=tmp_path / "cache")
    session.search(kind=["ffi", "cbv"], sector=1, camera=1, ccd=1).download(tmp_path / "data")
    found = verify_folder(tmp_path / "data", session=session, present_only=True)
    assert found["state"].to_list() == ["complete"] * 7


@pytest.mark.parametrize("key", [f"{KEY}x", "tess/public/", "mast/hlsp/x", "tess/public/tid/s0999/x.fits"])
def test_a_missing_object_is_404_in_xml(archive: SampleArchive, key: str) -> None:
    answer = ask(archive.url, f"/{key}")
    assert answer.status == 404
    error = ET.fromstring(answer.body.decode())
    assert (error.tag, error.findtext("Code"), error.findtext("Key")) == ("Error", "NoSuchKey", key)
    assert ask(archive.url, f"/{key}", "HEAD").body == b""


def test_too_many_requests_are_503_in_xml(archive: SampleArchive) -> None:
    archive.faults.add(Fault.parse(f"slow-down:match={FOLDER}"))
    answer = ask(archive.url, f"/{KEY}")
    assert (answer.status, ET.fromstring(answer.body.decode()).findtext("Code")) == (503, "SlowDown")
    assert ask(archive.url, f"/{KEY}").status == 200


def test_another_version_has_another_etag(archive: SampleArchive) -> None:
    first = ask(archive.url, f"/{KEY}")
    archive.faults.add(Fault("changed"))
    second = ask(archive.url, f"/{KEY}")
    assert (
        second.headers["ETag"]
        == f'"{hashlib.md5(second.body, usedforsecurity=False).hexdigest()}"'
        != first.headers["ETag"]
    )


def test_the_archive_redirects_to_the_bucket_what_that_has() -> None:
    with SampleArchive(redirect=True) as archive:
        away = ask(archive.url, f"/api/v0.1/Download/file?uri=mast:TESS/product/{LC}")
        assert (away.status, away.headers["Location"]) == (302, f"{archive.mirror}/stpubdata/{KEY}")
        assert ask(archive.url, f"/api/v0.1/Download/file?uri={TASOC}").status == 200


# -- listings --------------------------------------------------------------------------------------------------------------------


def test_a_listing_has_the_elements_of_s3_in_their_order(archive: SampleArchive) -> None:
    listing = listed(archive, prefix=FOLDER, max_keys=2)
    assert [element.tag.removeprefix(S3) for element in listing] == [
        *("Name", "Prefix", "NextContinuationToken", "KeyCount", "MaxKeys", "IsTruncated", "Contents", "Contents"),
    ]  # fmt: skip
    assert [element.tag.removeprefix(S3) for element in listing[-1]] == [
        "Key",
        "LastModified",
        "ETag",
        "Size",
        "StorageClass",
    ]
    assert (said(listing, "KeyCount"), said(listing, "MaxKeys"), said(listing, "IsTruncated")) == ("2", "2", "true")


def test_a_listing_says_what_the_object_says(archive: SampleArchive) -> None:
    (first,) = listed(archive, prefix=KEY).findall(f"{S3}Contents")
    head = ask(archive.url, f"/{KEY}", "HEAD").headers
    assert (first.findtext(f"{S3}ETag"), first.findtext(f"{S3}Size")) == (head["ETag"], head["Content-Length"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z", str(first.findtext(f"{S3}LastModified")))


@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_pages_follow_each_other_without_loss(archive: SampleArchive, delimiter: str, most: int) -> None:
    prefix = "mast/hlsp/qlp/s0"
    whole = names(listed(archive, prefix=prefix, delimiter=delimiter))
    assert len(whole) > 3
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = listed(archive, prefix=prefix, delimiter=delimiter, max_keys=most, **token)
        found += names(page)
        if said(page, "IsTruncated") == "false":
            break
        token = {"continuation_token": str(said(page, "NextContinuationToken"))}
    assert found == whole == sorted(whole)


def test_folders_stand_for_all_below_them(archive: SampleArchive) -> None:
    assert names(listed(archive, prefix="mast/hlsp/", delimiter="/")) == [
        "mast/hlsp/qlp/",
        "mast/hlsp/tess-spoc/",
        "mast/hlsp/tglc/",
    ]
    assert names(listed(archive, delimiter="/")) == ["mast/", "tess/"]


def test_a_listing_can_start_behind_a_key(archive: SampleArchive) -> None:
    whole = names(listed(archive, prefix=FOLDER))
    assert names(listed(archive, prefix=FOLDER, start_after=whole[1])) == whole[2:]
    assert names(listed(archive, prefix=FOLDER, start_after="a")) == whole
    assert names(listed(archive, prefix=FOLDER, start_after="z")) == []


def test_a_wrong_token_is_refused(archive: SampleArchive) -> None:
    answer = ask(archive.url, "/?list-type=2&continuation-token=x")
    assert (answer.status, ET.fromstring(answer.body.decode()).findtext("Code")) == (400, "InvalidArgument")


# -- what it has -----------------------------------------------------------------------------------------------------------------


def test_some_pipelines_are_at_the_archive_alone_but_mast_knows_their_paths(archive: SampleArchive) -> None:
    bucket, portal = archive.bucket, archive.catalogue
    missing = {
        portal.by_obsid[row["obsID"]]["provenance_name"]
        for uri, row in portal.files.items()
        if bucket.objects.key(uri) is None
    }
    assert {"TASOC", "GSFC-ELEANOR-LITE"} <= missing
    assert "SPOC" not in missing
    path = bucket.look_up(TASOC)["path"]
    assert path == f"/hlsp_local/public/hlsp/{TASOC.removeprefix('mast:HLSP/')}"
    assert bucket.look_up("mast:TESS/product/x.fits") == {"status_code": 404, "path": None}


def test_every_object_has_the_size_that_the_portal_lists(archive: SampleArchive) -> None:
    for key, stored in archive.bucket.objects.items():
        row = archive.catalogue.files.get(stored.uri)
        assert row is None or row["size"] == stored.size
        assert archive.bucket.objects.key(stored.uri) == key


def test_the_bucket_has_the_files_of_made_up_targets_too() -> None:
    contents = Contents(extra=3)
    objects = Objects(contents)
    made_up = [uri for uri in contents.files if uri not in contents.files.held]
    assert len(objects) == len(Objects(Contents())) + len(made_up) == len(list(objects))
    assert list(objects) == sorted(objects)
    for uri in made_up:
        key = objects.key(uri)
        assert key is not None
        assert key in [*objects]
        assert (objects[key].uri, key) == (uri, key_of(uri))
        assert objects[key].size == contents.files[uri]["size"]
        assert f"x{key}" not in objects
    assert objects.key(made_up[0].replace("9000000000", "9000000003")) is None


# -- clients of others -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(shared_archive: SampleArchive) -> Any:
    """Amazon's own client, without credentials, at the sample archive."""
    session = pytest.importorskip("botocore.session")
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}, proxies={})
    return session.get_session().create_client(
        "s3", region_name="us-east-1", endpoint_url=shared_archive.url, config=config
    )


def test_amazon_s_client_lists_and_fetches(client: Any, archive: SampleArchive) -> None:
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket="stpubdata", Prefix=FOLDER, PaginationConfig={"PageSize": 2}
    )
    found = {item["Key"]: item for page in pages for item in page["Contents"]}
    assert list(found) == [key for key in archive.bucket.objects if key.startswith(FOLDER)]
    got = client.get_object(Bucket="stpubdata", Key=KEY, Range="bytes=0-79")
    assert got["Body"].read().startswith(b"SIMPLE  =")
    assert got["ETag"] == found[KEY]["ETag"]
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket="stpubdata", Key=f"{KEY}x")


@pytest.fixture
def cloud(client: Any, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Point astroquery and its cloud access, whose boto3 is Amazon's client, to the sample archive."""
    import botocore

    boto3 = ModuleType("boto3")
    boto3.client = lambda *_, **__: client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    monkeypatch.setattr(botocore, "client", sys.modules["botocore.client"], raising=False)
    with astroquery_at(archive.url) as observations:
        observations.enable_cloud_dataset()
        yield observations


def test_astroquery_finds_files_in_the_bucket(cloud: Any, archive: SampleArchive) -> None:
    uris = [f"mast:TESS/product/{LC}", SEVERAL]
    found = cloud.get_cloud_uris(uris)
    assert found == [f"s3://stpubdata/{archive.bucket.objects.key(uri)}" for uri in uris]
    assert [request.method for request in archive.requests] == ["GET", "HEAD", "HEAD"]
