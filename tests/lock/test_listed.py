"""A folder of downloads is compared with what a copy of the archive lists: complete, other bytes, missing, or not listed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from fuzz import altered, attempts
from toys import DVT_SINGLE, LC, TP, fits

from tess_source import Copy, Plan, Products, Session, Settings, hookimpl, names
from tess_source._lazy import pl
from tess_source.errors import QueryError, ServiceError, TessSourceError, UnknownNameError
from tess_source.lock.listed import UNCOMPARED, verify_copied, verify_folder

OTHER = LC.replace("16740101", "25155310")
QLP = "hlsp_qlp_tess_ffi_s0014-0000000016740101_tess_v01_llc.fits"


class Bucket:
    """A copy that lists what it has: URI → bytes, or size and ETag."""

    def __init__(self) -> None:
        self.has: dict[str, tuple[int, str | None]] = {}
        self.asked: list[str] = []
        self.error: Exception | None = None

    def put(self, name: str, data: bytes, etag: str | None = "") -> None:
        own = hashlib.md5(data).hexdigest() if etag == "" else etag
        self.has[f"mast:TESS/product/{name}"] = (len(data), own)

    @hookimpl
    def tess_copies(self) -> tuple[Copy, ...]:
        def locate(uri: str, settings: Settings) -> tuple[()]:
            return ()

        return (
            Copy("bucket", "mast", locate, "a bucket", listing=self.listing, siblings=self.siblings),
            Copy("whole", "mast", locate, "only whole sectors", siblings=self.siblings),
            Copy("single", "mast", locate, "only single files", listing=self.listing),
            Copy("mute", "mast", locate, "tells nothing"),
        )

    def listing(self, uris: Sequence[str], settings: Settings) -> pl.DataFrame:
        self.asked.append("listing")
        if self.error:
            raise self.error
        rows = [(*self.has.get(uri, (None, None)), None) for uri in uris]
        return pl.DataFrame(rows, schema={"size": pl.Int64, "etag": pl.String, "modified": pl.Datetime}, orient="row")

    def siblings(self, uris: Sequence[str], settings: Settings) -> pl.DataFrame:
        self.asked.append("siblings")
        if self.error:
            raise self.error
        rows = [(uri, *what) for uri, what in self.has.items()]
        return pl.DataFrame(rows, schema={"uri": pl.String, "size": pl.Int64, "etag": pl.String}, orient="row")


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def session(bucket: Bucket, tmp_path: Path) -> Session:
    return Session(discover=False, plugins=[bucket], cache=tmp_path / "cache")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (place := tmp_path / "bulk").mkdir()
    return place


def states(folder: Path, session: Session, copy: str = "bucket", **options: bool) -> dict[str, str]:
    found = verify_folder(folder, copy, session=session, **options)
    return dict(zip(found["path"], found["state"], strict=True))


def test_the_listing_tells_complete_missing_and_other_bytes(bucket: Bucket, session: Session, folder: Path) -> None:
    for number, name in enumerate([LC, OTHER, LC.replace("16740101", "16740109")]):
        bucket.put(name, fits(5760, number))
    (folder / LC).write_bytes(fits(5760, 0))
    (folder / OTHER).write_bytes(fits(5760, 9))
    found = verify_folder(folder, "bucket", session=session)
    assert states(folder, session) == {
        LC: "complete",
        OTHER: "different",
        LC.replace("16740101", "16740109"): "missing",
    }
    assert not found.ok
    assert found.summary() == "1 complete, 1 missing, 1 different"
    (folder / OTHER).write_bytes(fits(2880))
    found = verify_folder(folder, "bucket", session=session)
    assert "it has 2,880 bytes, the listing says 5,760" in found["reason"].to_list()


def test_only_what_the_folder_has_of_a_sector_should_be_there(bucket: Bucket, session: Session, folder: Path) -> None:
    third = LC.replace("16740101", "16740109")
    for name in (LC, OTHER, third, TP, DVT_SINGLE, LC.replace("s0014", "s0015")):
        bucket.put(name, fits(2880))
    for name in (LC, OTHER):
        (folder / name).write_bytes(fits(2880))
    assert states(folder, session) == {LC: "complete", OTHER: "complete", third: "missing"}
    assert states(folder, session, present_only=True) == {LC: "complete", OTHER: "complete"}
    assert bucket.asked == ["siblings", "listing"]


@pytest.mark.parametrize("more", [[], [TP, DVT_SINGLE, LC.replace("s0014", "s0015"), QLP]])
def test_nobody_misses_other_stars_in_the_folder_of_one(
    bucket: Bucket, session: Session, folder: Path, more: list[str]
) -> None:
    for name in (LC, *more, OTHER):
        uri = names.uri(names.parse(name))
        bucket.has[uri] = (2880, hashlib.md5(fits(2880)).hexdigest())
    for name in (LC, *more):
        (folder / name).write_bytes(fits(2880))
    assert states(folder, session) == dict.fromkeys((LC, *more), "complete")


def test_files_of_no_star_are_a_bulk_download(bucket: Bucket, session: Session, folder: Path) -> None:
    image = "tess2018206192942-s0001-1-1-0120-s_ffic.fits"
    other = image.replace("206192942", "206195942")
    for name in (image, other):
        bucket.put(name, fits(2880))
    (folder / image).write_bytes(fits(2880))
    assert states(folder, session)[other] == "missing"


@pytest.mark.parametrize("place", ["", "mastDownload/TESS/o", "TESS/o/deep", "s0014"])
def test_files_are_told_by_their_names_in_any_layout(
    bucket: Bucket, session: Session, folder: Path, place: str
) -> None:
    bucket.put(LC, fits(2880))
    (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / place / LC).write_bytes(fits(2880))
    assert states(folder, session) == {f"{place}/{LC}".strip("/"): "complete"}


def test_two_files_of_one_name_are_both_compared(bucket: Bucket, session: Session, folder: Path) -> None:
    bucket.put(LC, fits(2880))
    for place, data in (("a", fits(2880)), ("b", fits(5760))):
        (folder / place).mkdir()
        (folder / place / LC).write_bytes(data)
    assert states(folder, session) == {f"a/{LC}": "complete", f"b/{LC}": "different"}


def test_sizes_alone_read_nothing(bucket: Bucket, session: Session, folder: Path) -> None:
    bucket.put(LC, fits(5760, 1))
    (folder / LC).write_bytes(fits(5760, 2))
    assert states(folder, session) == {LC: "different"}
    assert states(folder, session, sizes_only=True) == {LC: "complete"}


def test_files_that_the_copy_does_not_list_are_extra_and_say_why(
    bucket: Bucket, session: Session, folder: Path
) -> None:
    bucket.put(OTHER, fits(2880))
    (folder / OTHER).write_bytes(fits(2880))
    (folder / QLP).write_bytes(fits(2880))
    (folder / "notes.txt").write_text("mine")
    (folder / f"{LC}.part").write_bytes(b"half")
    found = verify_folder(folder, "bucket", session=session)
    assert {row["path"]: row["reason"] for row in found if row["state"] == "extra"} == {
        QLP: "'bucket' does not list it", "notes.txt": "its name tells no place in the archive",
    }  # fmt: skip
    assert found.ok


def test_a_product_with_the_name_of_another_processing_is_named(bucket: Bucket, session: Session, folder: Path) -> None:
    old = LC.replace("215352", "215353")
    bucket.put(LC, fits(2880))
    (folder / old).write_bytes(fits(2880))
    found = {row["path"]: (row["state"], row["reason"]) for row in verify_folder(folder, "bucket", session=session)}
    assert found[LC] == ("missing", f"the same product, with the name of another processing: {old}")
    assert found[old][0] == "extra"
    assert LC in found[old][1]


def test_an_etag_that_is_no_sum_leaves_the_size(bucket: Bucket, session: Session, folder: Path) -> None:
    for name, etag in ((LC, None), (OTHER, f"{'0' * 32}-9999")):
        bucket.put(name, fits(5760), etag)
        (folder / name).write_bytes(fits(5760))
    found = verify_folder(folder, "bucket", session=session)
    assert set(zip(found["state"], found["reason"], strict=True)) == {("complete", UNCOMPARED)}


def test_of_a_file_in_parts_of_unusual_size_its_own_structure_tells(
    bucket: Bucket, session: Session, folder: Path
) -> None:
    data = fits(5760, 1)
    bucket.put(LC, data, f"{hashlib.md5(hashlib.md5(data).digest()).hexdigest()}-1")
    for name in (OTHER, TP):
        bucket.put(name, data, f"{'0' * 32}-2")
    for name, own in ((LC, data), (OTHER, data), (TP, b"x" * 5760)):
        (folder / name).write_bytes(own)
    found = {row["path"]: (row["state"], row["reason"]) for row in verify_folder(folder, "bucket", session=session)}
    assert found[LC] == ("complete", "")
    assert found[OTHER] == ("complete", UNCOMPARED)
    assert found[TP][0] == "damaged"


def test_copies_with_one_way_of_listing_do_what_they_can(bucket: Bucket, session: Session, folder: Path) -> None:
    third = LC.replace("16740101", "16740109")
    for name in (LC, OTHER, third):
        bucket.put(name, fits(2880))
    for name in (LC, OTHER):
        (folder / name).write_bytes(fits(2880))
    both = {LC: "complete", OTHER: "complete"}
    assert states(folder, session, "single") == both
    assert states(folder, session, "whole") == both | {third: "missing"}
    assert states(folder, session, "whole", present_only=True) == both
    with pytest.raises(UnknownNameError, match="bucket"):
        states(folder, session, "mute")


def test_what_is_no_folder_of_downloads_is_an_error(session: Session, folder: Path) -> None:
    with pytest.raises(QueryError, match=r"no file in .*bulk.* has a name that tells where it is"):
        states(folder, session)
    with pytest.raises(NotADirectoryError):
        states(folder / "none", session)


def test_a_listing_that_fails_is_an_error_and_never_a_folder_of_missing_files(
    bucket: Bucket, session: Session, folder: Path
) -> None:
    (folder / LC).write_bytes(fits(2880))
    bucket.error = ServiceError("listing", "503 SlowDown")
    for options in ({}, {"present_only": True}):
        with pytest.raises(ServiceError, match="SlowDown"):
            states(folder, session, **options)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything can be read here")
def test_a_file_that_cannot_be_read_costs_no_other(bucket: Bucket, session: Session, folder: Path) -> None:
    for name in (LC, OTHER):
        bucket.put(name, fits(2880))
        (folder / name).write_bytes(fits(2880))
    (folder / LC).chmod(0)
    assert states(folder, session) == {LC: "missing", OTHER: "complete"}


def test_a_link_out_of_the_folder_is_not_read(bucket: Bucket, session: Session, folder: Path, tmp_path: Path) -> None:
    bucket.put(LC, fits(2880))
    (tmp_path / "secret").write_bytes(fits(2880))
    (folder / LC).symlink_to(tmp_path / "secret")
    assert states(folder, session) == {LC: "missing"}


def test_a_file_with_other_bytes_is_read_again_before_it_counts_as_here(
    bucket: Bucket, session: Session, folder: Path
) -> None:
    from tess_source.cache.verified import Known

    bucket.put(LC, fits(5760, 1))
    (folder / LC).write_bytes(fits(5760, 2))
    stat = (folder / LC).stat()
    session.store.index_of(folder).add([Known(LC, stat.st_size, stat.st_mtime_ns, "0" * 64, "", 1.0)])
    states(folder, session)
    assert session.store.index_of(folder).entries[LC].size == -1


def test_the_files_of_a_lock_are_compared_without_its_sums(bucket: Bucket, session: Session, folder: Path) -> None:
    for name in (LC, OTHER, TP):
        bucket.put(name, fits(2880))
    (folder / LC).write_bytes(fits(2880))
    (folder / OTHER).write_bytes(fits(2880, 0) + b"!")
    (folder / QLP).write_bytes(b"mine")
    uris = [f"mast:TESS/product/{name}" for name in (LC, OTHER, TP, DVT_SINGLE)]
    lock = Plan.of(Products.of([{"uri": uri} for uri in uris]), folder, "flat", session=session)
    found = verify_copied(lock, "bucket", session=session)
    assert dict(zip(found["path"], found["state"], strict=True)) == {
        LC: "complete", OTHER: "different", TP: "missing", DVT_SINGLE: "missing",
    }  # fmt: skip


def test_whatever_lies_in_a_folder_gets_a_state(bucket: Bucket, session: Session, folder: Path) -> None:
    data = fits(2880)
    bucket.put(LC, data)
    (folder / LC).write_bytes(data)
    for number, chance in attempts(40):
        name = altered(LC.encode(), chance).decode("utf-8", "surrogateescape").replace("/", "_").replace("\0", "_")
        if name.encode("utf-8", "surrogateescape")[:200] and name not in {".", ".."}:
            (folder / f"{name[:180]}").write_bytes(altered(data, chance) if number % 2 else data)
    (folder / LC).write_bytes(data)
    try:
        found = verify_folder(folder, "bucket", session=session)
    except TessSourceError as error:
        raise AssertionError(f"{error}") from error
    assert set(found["state"].unique()) <= {"complete", "different", "damaged", "missing", "extra"}
    assert (LC, "complete") in set(zip(found["path"], found["state"], strict=True))
