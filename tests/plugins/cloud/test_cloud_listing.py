"""The bucket's listing: all pages in order, and never an empty or short answer because something failed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from fuzz import altered, attempts

from tess_source.errors import OfflineError, ServiceError
from tess_source.settings import Patience, Settings
from tess_source_cloud.listing import list_folders, list_objects, list_wanted
from tess_source_cloud.page import LARGEST, NoListingError, parse
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

SECTOR = "tess/public/tid/s0001/"
FOLDER = "tess/public/tid/s0055/0000/0000/1674/0101/"
HURRY = Patience(tries=2, first=0.001, longest=0.01)
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def at(archive: SampleArchive, jobs: int = 4) -> Settings:
    return Settings(server=archive.url, jobs=jobs, patience=HURRY)


@pytest.fixture
def short_pages(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> SampleArchive:
    """The sample archive with three names per page."""
    monkeypatch.setattr(archive.bucket, "most", 3)
    return archive


def item(key: str = "a/b.fits", size: str = "5", etag: str = "&quot;0123456789abcdef0123456789abcdef&quot;") -> str:
    date = "<LastModified>2024-10-03T00:00:00.000Z</LastModified>"
    return f"<Contents><Key>{key}</Key>{date}<ETag>{etag}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"


def page(*items: str, more: str = "<IsTruncated>false</IsTruncated>", count: int | None = None) -> bytes:
    said = f"<Name>stpubdata</Name><Prefix></Prefix><KeyCount>{len(items) if count is None else count}</KeyCount>{more}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult {NAMESPACE}>{said}{"".join(items)}</ListBucketResult>'.encode()


# -- one page --------------------------------------------------------------------------------------------------------------------


def test_a_page_has_keys_exact_sizes_etags_without_quotation_marks_and_dates() -> None:
    checksum = "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType></Contents>"
    found = parse(
        page(
            item().replace("</Contents>", checksum),
            item("a/c&amp;d.fits", "9000000000", "0123456789abcdef0123456789abcdef-2"),
        )
    )
    assert found.objects == (
        ("a/b.fits", 5, "0123456789abcdef0123456789abcdef", datetime(2024, 10, 3, tzinfo=UTC)),
        ("a/c&d.fits", 9_000_000_000, "0123456789abcdef0123456789abcdef-2", datetime(2024, 10, 3, tzinfo=UTC)),
    )
    assert (found.folders, found.token) == ((), "")


def test_folders_stand_beside_objects_and_count() -> None:
    found = parse(page(item("a/b"), "<CommonPrefixes><Prefix>a/a/</Prefix></CommonPrefixes>"), "a/")
    assert (found.folders, found.first, found.last) == (("a/a/",), "a/a/", "a/b")


def test_an_empty_folder_is_an_empty_page() -> None:
    assert parse(page()).objects == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is cut"),
        (b"<html><body>maintenance</body></html>", "an XML file of 'html'"),
        (b"{}", "not well-formed"),
        (page(item())[:-30], "it is cut"),
        (page(item(), item("a/c"), count=3), "it says that it has 3 keys, and has 2"),
        (page(item(), more="<IsTruncated>true</IsTruncated>"), "where the listing goes on"),
        (page(item(), more=""), "where the listing goes on"),
        (page(item(), more="<IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken>"), "where the listing"),
        (page(item("a/c"), item("a/b")), "ascending"),
        (page(item("a/b"), item("a/b")), "ascending"),
        (page(item("b/b")), "does not begin with 'a/'"),
        (page(item(size="-5")), "of size '-5'"),
        (page(item(size="five")), "of size 'five'"),
        (page(item(size="9" * 30)), "of size"),
        (page(item(etag="")), "the ETag ''"),
        (page(item().replace("2024-10-03T00:00:00.000Z", "yesterday")), "no date"),
        (page(item().replace("000Z", "000")), "without a time zone"),
        (b'<!DOCTYPE a [<!ENTITY b "cc">]>' + page(item()).partition(b"?>\n")[2], "declares an entity"),
        (
            b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
            "the store's error AccessDenied: Access Denied",
        ),
        (b" " * (LARGEST + 1), "more than any page"),
    ],
)  # fmt: skip
def test_what_is_not_a_whole_page_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(NoListingError, match=problem):
        parse(content, "a/")


def test_no_change_of_a_page_raises_anything_else(archive: SampleArchive) -> None:
    keys = [f"tess/public/tid/s0001/{number:04d}/x.fits" for number in range(12)]
    whole = page(*(item(key, str(number)) for number, key in enumerate(keys)))
    raw: list[tuple[int, Exception]] = []
    for number, chance in attempts(150, 20_000):
        try:
            parse(altered(whole, chance), "tess/")
        except NoListingError:
            continue
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raw.append((number, error))
    assert not raw


# -- listings --------------------------------------------------------------------------------------------------------------------


def test_a_listing_has_the_portal_s_sizes_and_the_objects_own_etags(archive: SampleArchive) -> None:
    found = list_objects(FOLDER, at(archive))
    assert found.schema == {"key": pl.String, "size": pl.Int64, "etag": pl.String, "modified": pl.Datetime("ms", "UTC")}
    assert found["key"].is_sorted()
    sizes = {row["productFilename"]: row["size"] for row in archive.catalogue.files.values()}
    assert len(found) > 5
    assert {key.rpartition("/")[2]: size for key, size in found.select("key", "size").rows()}.items() <= sizes.items()


def test_pages_are_put_together_in_order(short_pages: SampleArchive) -> None:
    found = list_objects(SECTOR, at(short_pages))
    assert len(short_pages.requests) == -(-len(found) // 3) > 3
    assert found["key"].to_list() == [key for key in short_pages.bucket.objects if key.startswith(SECTOR)]


def test_several_prefixes_are_listed_in_the_order_given(short_pages: SampleArchive) -> None:
    one, other = list_objects(FOLDER, at(short_pages)), list_objects("mast/hlsp/tglc/", at(short_pages))
    for jobs in (1, 4):
        assert list_objects(["mast/hlsp/tglc/", FOLDER], at(short_pages, jobs)).equals(pl.concat([other, one]))


def test_folders_are_listed_over_pages(short_pages: SampleArchive) -> None:
    assert list_folders("mast/hlsp/", at(short_pages)) == ["mast/hlsp/qlp/", "mast/hlsp/tess-spoc/", "mast/hlsp/tglc/"]
    sectors = list_folders("tess/public/tid/", at(short_pages))
    assert sectors == sorted(sectors)
    assert {SECTOR, "tess/public/tid/s0082/"} < set(sectors)
    assert len(sectors) > 9


def test_what_is_not_there_is_an_empty_table(archive: SampleArchive) -> None:
    assert list_objects("tess/public/tid/s0999/", at(archive)).is_empty()
    assert list_objects([], at(archive)).columns == ["key", "size", "etag", "modified"]
    assert list_folders("nothing/", at(archive)) == []


def test_wanted_objects_take_no_more_pages_than_there_are_of_them(short_pages: SampleArchive) -> None:
    keys = [key for key in short_pages.bucket.objects if key.startswith(SECTOR)]
    whole = list_objects(SECTOR, at(short_pages))
    for wanted, most in (
        (keys, -(-len(keys) // 2)),
        (keys[4:5], 1),
        ([keys[0], keys[-1]], 2),
        ([f"{keys[3]}x", keys[5]], 2),
    ):
        short_pages.clear()
        found = list_wanted([(SECTOR, wanted)], at(short_pages))
        assert found.equals(whole.filter(pl.col("key").is_in(wanted)))
        assert len(short_pages.requests) <= most


@pytest.mark.parametrize(
    "fault",
    [
        Fault("slow-down"), Fault("status", status=500), Fault("truncate"), Fault("reset"), Fault("html"),
        Fault("slow-down", after=2), Fault("truncate", after=1),
    ],
    ids=lambda fault: f"{fault.kind} after {fault.after}",
)  # fmt: skip
def test_a_passing_failure_is_tried_again(short_pages: SampleArchive, fault: Fault) -> None:
    whole = [key for key in short_pages.bucket.objects if key.startswith(SECTOR)]
    short_pages.faults.add(fault)
    assert list_objects(SECTOR, at(short_pages))["key"].to_list() == whole
    assert short_pages.faults.struck == 1


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault("slow-down", times=None, after=1), r"503 .*\(SlowDown\)"),
        (Fault("status", status=403, times=None), "403"),
        (Fault("status", status=404, times=None, after=1), "404"),
        (Fault("html", times=None), "HTML page"),
        (Fault("bad-json", times=None, after=1), "is no page of it"),
        (Fault("empty", times=None), "is no page of it"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_lasting_failure_is_an_error_and_no_short_answer(
    short_pages: SampleArchive, fault: Fault, problem: str
) -> None:
    short_pages.faults.add(fault)
    for ask in (lambda: list_objects(SECTOR, at(short_pages)), lambda: list_objects([FOLDER, SECTOR], at(short_pages))):
        with pytest.raises(ServiceError, match=problem) as caught:
            ask()
        assert "the listing of s3://stpubdata" in str(caught.value)


def test_a_listing_that_does_not_go_on_is_an_error(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = archive.bucket
    monkeypatch.setattr(bucket, "_page", lambda prefix, delimiter, after, most: ([next(iter(bucket.objects))], True))
    first = next(iter(bucket.objects))
    for ask in (lambda: list_objects("", at(archive)), lambda: list_wanted([("", [f"{first}z"])], at(archive))):
        with pytest.raises(ServiceError, match="go on"):
            ask()


def test_offline_nothing_is_listed(tmp_path: Path) -> None:
    with pytest.raises(OfflineError):
        list_objects(SECTOR, Settings(offline=True))
