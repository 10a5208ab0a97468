"""A prefix of a bucket as a folder: few requests, and keys of other programs that are no paths."""

from __future__ import annotations

import copy

import pytest
from s3 import Answer, S3Server, reset
from sizes import size

from tess_source.errors import NoObjectError, ObjectConflictError, ObjectStoreError, UnsafePathError
from tess_source.object_store import folder as module
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_bytes


@pytest.fixture
def folder(bucket: ObjectPath) -> ObjectFolder:
    """A prefix with three objects, beside another whose name begins alike."""
    for path in ("a.fits", "s0001/b.fits", "s0001/c d+é.fits"):
        upload_bytes(path.encode(), bucket / "p" / path)
    upload_bytes(b"no", bucket / "p2" / "a.fits")
    return ObjectFolder(bucket / "p")


def test_objects_are_listed_below_the_prefix_only(folder: ObjectFolder) -> None:
    assert sorted(folder.list()) == ["a.fits", "s0001/b.fits", "s0001/c d+é.fits"]
    assert sorted(folder.list("s0001")) == ["s0001/b.fits", "s0001/c d+é.fits"]
    assert list(folder.list("nothing")) == []


def test_a_whole_bucket_is_a_folder_too(folder: ObjectFolder) -> None:
    assert sorted(ObjectFolder(ObjectPath("s3", folder.root.bucket)).list("p2")) == ["p2/a.fits"]


def test_an_object_has_size_time_and_etag(folder: ObjectFolder) -> None:
    found = folder.exists("a.fits")
    assert found is not None
    assert (found.size, found.is_link, len(found.etag)) == (6, False, 34)
    assert folder.exists("b.fits") is None
    assert folder.exists("../p2/a.fits") is None


def test_an_object_is_read_in_pieces(folder: ObjectFolder) -> None:
    with folder.open("s0001/c d+é.fits") as file:
        assert file.read(3) == b"s00"
        assert file.read() == "01/c d+é.fits".encode()
    assert folder.place("a.fits") == folder.root / "a.fits"


def test_an_object_is_removed(folder: ObjectFolder) -> None:
    folder.remove("a.fits")
    folder.remove("a.fits")
    assert folder.exists("a.fits") is None
    with pytest.raises(NoObjectError, match="there is no such object"):
        folder.open("a.fits")


def test_no_path_leads_out(folder: ObjectFolder) -> None:
    for path in ("../p2/a.fits", "/a.fits", "a/../../x", ""):
        with pytest.raises(UnsafePathError):
            folder.open(path)
        with pytest.raises(UnsafePathError):
            folder.remove(path)


def test_names_are_looked_up_by_pages_of_1000_objects(bucket: ObjectPath, s3: S3Server) -> None:
    """All in one, since a bucket must be filled for it."""
    first = s3.backend.put_object(bucket.bucket, "p/a0000", b"x")
    for number in range(1, 1050):
        other = copy.copy(first)
        other.name = f"p/a{number:04d}"
        s3.backend.buckets[bucket.bucket].keys[other.name] = other
    s3.backend.put_object(bucket.bucket, "p/ab", b"x")

    def found(*names: str) -> tuple[list[str], int]:
        folder = ObjectFolder(bucket / "p")
        s3.requests.clear()
        folder.look(names)
        asked = len(s3.requests)
        there = [name for name in names if folder.exists(name)]
        assert len(s3.requests) == asked == s3.count("GET"), "an object is asked for that a listing told of"
        return there, asked

    every = [f"a{number:04d}" for number in range(0, 2000, 2)]
    there, asked = found(*every)
    assert there == [name for name in every if int(name[1:]) < 1050]
    assert asked <= module.WIDTH + 2
    few = ("a0001", "a1049", "a1050", "nothing", "../x")
    assert found(*few) == (["a0001", "a1049"], 4)
    behind_a_page_of_names_that_begin_alike = ("ab", "ac")
    assert found(*behind_a_page_of_names_that_begin_alike)[0] == ["ab"]
    assert found() == ([], 0)


def test_keys_of_others_that_are_no_paths_do_not_hide_ours(folder: ObjectFolder, s3: S3Server) -> None:
    for key in ("p/s0001//x", "p/./y", "p/s0001/"):
        s3.backend.put_object(folder.root.bucket, key, b"")
    folder.look(["a.fits", "s0001/b.fits", "z"])
    assert folder.exists("a.fits")
    assert folder.exists("s0001/b.fits")
    assert not folder.exists("z")
    with pytest.raises(ObjectStoreError, match="it holds an object whose key is no path"):
        list(folder.list())


def test_an_object_that_is_replaced_after_it_was_seen_is_not_read_as_the_old_one(folder: ObjectFolder) -> None:
    folder.look(["a.fits"])
    upload_bytes(b"another", folder.root / "a.fits")
    with pytest.raises(ObjectConflictError, match="somebody else has written"):
        folder.open("a.fits")


def test_a_listing_that_fails_is_an_error_never_an_empty_folder(folder: ObjectFolder, s3: S3Server) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"))
    for look in (lambda: list(folder.list()), lambda: folder.look(["a"]), lambda: folder.exists("a.fits")):
        with pytest.raises(ObjectStoreError, match="access is denied"):
            look()


def test_a_read_whose_connection_breaks_is_tried_again(folder: ObjectFolder, s3: S3Server) -> None:
    s3.faults.append(lambda environ: s3.faults.clear() or reset(environ))
    with folder.open("a.fits") as file:
        assert file.read() == b"a.fits"


ODD = [
    "a b", "a+b", "e\u0301", "%41", "%2F", "a%", "a&b=c", "a#b", "a;b", "a'b", "a,b", "a@b", "[a]", "{a}", "`a`",
    "~a", "=a", "日本", "\U0001f600", "a\u200bb", "..a", ".a", "a..b", "-", "a", "x" * 200,
]  # fmt: skip


@pytest.mark.parametrize("below", ["", "r é+%25/&"], ids=["in the bucket", "below a prefix"])
def test_an_odd_name_is_the_same_in_every_question(bucket: ObjectPath, s3: S3Server, below: str) -> None:
    root = bucket / below if below else bucket
    odd = ODD[size(below != "", 0) :: size(2, 1)]  # each name in one of the two, in stress in both
    for name in odd:
        upload_bytes(name.encode(), root / name)
        for names in ([name], [name, "zzz"]):
            looked = ObjectFolder(root)
            looked.look(names)
            assert looked.exists(name) == ObjectFolder(root).exists(name) is not None, name
            with looked.open(name) as file:
                assert file.read() == name.encode()
    assert {key.removeprefix(f"{below}/") for key in s3.objects(bucket.bucket)} == set(odd)
    assert set(ObjectFolder(root).list()) == set(odd)


def test_a_path_with_needless_parts_is_the_plain_one(bucket: ObjectPath) -> None:
    upload_bytes(b"x", bucket / "a//b")
    folder = ObjectFolder(bucket)
    folder.look(["a//b", "a/./b"])
    assert folder.exists("a/b") == folder.exists("a//b") == folder.exists("a/./b") is not None


def test_a_name_that_is_no_text_is_not_there_and_cannot_be_uploaded(bucket: ObjectPath) -> None:
    folder = ObjectFolder(bucket)
    folder.look(["a\udc80", "b"])
    assert folder.exists("a\udc80") is None
    with pytest.raises(ObjectStoreError, match="its key is no text that can be sent"):
        upload_bytes(b"x", bucket / "a\udc80")
