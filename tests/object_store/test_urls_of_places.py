"""Which texts are places in object stores, which are paths of this machine, and which are neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz import attempts

from tess_source.errors import TessSourceError
from tess_source.object_store.path import ObjectPath, user_root
from tess_source.paths import user_path

SECRET = "wJalrXUt/K7MDENG+bPx"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("s3://bucket", "s3://bucket"), ("S3://bucket/x/", "s3://bucket/x"), ("s3://bucket//x", "s3://bucket/x"), ("gs://b/x", "gs://b/x"),
        ("az://b", "az://b"), ("s3://bucket/a b", "s3://bucket/a b"), ("s3://bucket/%20", "s3://bucket/%20"), ("s3://bucket/a@b", "s3://bucket/a@b"),
    ],
)  # fmt: skip
def test_a_url_of_an_object_store_is_a_place(given: str, meant: str) -> None:
    assert str(user_root(given)) == meant
    assert user_root(user_root(given)) == ObjectPath.of(meant)


@pytest.mark.parametrize("given", ["C:\\x", "C:/x", "C://x", "data", "a/s3://b", "./s3:/b", "/s3:/b"])
def test_a_path_is_none_also_one_of_windows(given: str) -> None:
    place = user_root(given)
    assert isinstance(place, Path)
    assert user_root(place) == place


def test_a_folder_that_is_named_like_a_scheme_can_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert user_root("./s3:/bucket") == tmp_path / "s3:" / "bucket"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("s3://", "names no bucket; give e.g. s3://bucket/prefix"), ("s3:///x", "names no bucket"),
        ("s3://b:80/x", "cannot be the name of a bucket"),
        ("s3:// b/x", "cannot be the name of a bucket"), ("s3://ü/x", "cannot be the name of a bucket"),
        ("s3://b/../x", "cannot be the name"),

        ("s3:/bucket/x", "two slashes, 's3://bucket/x'"), ("s3:bucket", "two slashes, 's3://bucket'"),
        (Path("s3://b/x"), "two slashes, 's3://b/x'"),
        ("file:///data", "give the path itself"), ("https://host/x", "'https' is no scheme of an object store; give s3://, gs://, az://"),

        ("s3a://b/x", "'s3a' is no scheme"), ("  s3://b/x", "is no scheme"), ("s3://b/x?sig=1", "is followed by '?'"),
        ("s3://b/x#1", "is followed by"),
        ("http:/x", "two slashes"),
    ],
)  # fmt: skip
def test_what_is_neither_is_an_error_that_says_what_would_be_right(given: str | Path, said: str) -> None:
    with pytest.raises(TessSourceError) as caught:
        user_root(given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "given", ["s3://bucket/x", "S3://b", "gs://b", "https://host/x", "s3a://b/x", "s3:/b", "file:///x"]
)
def test_an_address_is_refused_where_a_path_of_this_machine_is_needed(given: str) -> None:
    with pytest.raises(TessSourceError, match=r"a path of this machine is needed|two slashes|give the path itself"):
        user_path(given)


@pytest.mark.parametrize(
    "given",
    [
        f"s3://AKIAX:{SECRET}@bucket/x", f"s3://AKIAX:{SECRET.replace('/', '')}@bucket", f"s3://b/x?X-Amz-Signature={SECRET}",
        f"https://u:{SECRET}@host/x", f"s3:/AKIAX:{SECRET}@b/x", f"s3://AKIAX:{SECRET}@b/x?q={SECRET}#{SECRET}", f"file://u:{SECRET}@h/x",
    ],
)  # fmt: skip
def test_no_key_in_a_url_is_repeated(given: str) -> None:
    for made in (user_root, user_path):
        with pytest.raises(TessSourceError) as caught:
            made(given)
        assert not any(part in str(caught.value) for part in (SECRET, "wJalr", "K7MDENG", "AKIAX"))


def test_any_text_is_a_place_a_path_or_an_error_of_ours() -> None:
    parts = [
        "s3:",
        "S3://",
        "gs://",
        "//",
        "/",
        "bucket",
        "@",
        ":",
        "?",
        "#",
        "..",
        "~",
        " ",
        "\n",
        "\0",
        "ü",
        "%2F",
        "file:",
        "C:\\",
        "*",
        "",
    ]
    raw = []
    for number, chance in attempts(200, 5000):
        text = "".join(chance.choice(parts) for _ in range(chance.randint(0, 7)))
        try:
            place = user_root(text)
            assert user_root(place) == place
        except TessSourceError:
            continue
        except Exception as error:  # noqa: BLE001  what the test looks for
            raw.append((number, text, error))
    assert not raw
