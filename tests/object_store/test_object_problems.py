"""What object stores say, in words: each failure is an error of ours that names the place, and no key is ever shown."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from fuzz import altered, attempts
from s3 import KEYS, SECRET, Answer, S3Server

from tess_source.errors import NoObjectError, ObjectConflictError, ObjectStoreError, QueryError, TessSourceError
from tess_source.object_store import store
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.problems import asked
from tess_source.object_store.upload import upload_bytes


@pytest.fixture(autouse=True)
def one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(store.RETRIES, "max_retries", 0)
    monkeypatch.setattr(store, "USUAL", 0.5)
    store._opened.cache_clear()


def failure(
    place: ObjectPath, ask: Callable[[ObjectPath], Any] = lambda place: upload_bytes(b"x", place)
) -> TessSourceError:
    """The error of a request, which shows no key, neither by itself nor in a traceback."""
    with pytest.raises(TessSourceError) as caught:
        ask(place)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not [key for key in (SECRET, KEYS["AWS_ACCESS_KEY_ID"], "Authorization", "Debug source") if key in shown]
    return caught.value


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("403 Forbidden", "SignatureDoesNotMatch"), ": your secret key does not belong to your access key. See AWS_"),
        (Answer("403 Forbidden", "InvalidAccessKeyId"), ": the store does not know your access key. See AWS_"),
        (Answer("403 Forbidden", "RequestTimeTooSkewed"), ": the clock of this machine is wrong"),
        (Answer("403 Forbidden"), ": access is denied to your keys"),
        (Answer("400 Bad Request", "SomethingNew"), "/a: the store refuses the request (HTTP 400). Keys may have expired"),
        (Answer("501 Not Implemented", "NotImplemented"), ": the store cannot do what was asked. It must know conditional"),
        (Answer("502 Bad Gateway"), "/a: its server fails (HTTP 502)"),
        (Answer("307 Temporary Redirect"), ": the bucket lies in another region. Set AWS_REGION"),
    ],
    ids=lambda value: f"{value.status} {value.code}" if isinstance(value, Answer) else "",
)  # fmt: skip
def test_an_answer_is_told_in_words(bucket: ObjectPath, s3: S3Server, answer: Answer, said: str) -> None:
    s3.fail(answer)
    error = failure(bucket / "a")
    assert str(error).startswith(f"s3://{bucket.bucket}{said}")
    assert isinstance(error, ObjectStoreError)
    assert error.lasting is not said.startswith("/a")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "/a: the store cannot be reached. See AWS_ENDPOINT_URL"),
        ("AWS_ENDPOINT_URL", "http://no-such-host.invalid", ": the name of the store's host is unknown. See AWS_ENDPOINT_URL"),
        ("AWS_ALLOW_HTTP", "false", ": http:// addresses are not used: keys and data could be read on the way. AWS_ALLOW_HTTP=true"),
    ],
)  # fmt: skip
def test_a_store_that_is_not_reached_is_told_in_words(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    assert str(failure(bucket / "a")).startswith(f"s3://{bucket.bucket}{said}")


@pytest.mark.parametrize(
    "url", ["nonsense", "http://[::", "ftp://host", "http://", f"http://me:{SECRET}@host", "http://h:x"]
)
def test_an_address_that_is_none_is_named_by_its_variable_only(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    error = failure(bucket)
    assert str(error) == "AWS_ENDPOINT_URL is no address of a store: give e.g. https://s3.example.org"
    assert isinstance(error, QueryError)


def test_missing_keys_are_told(bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.delenv(key)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    assert "no keys were found. See AWS_ACCESS_KEY_ID" in str(failure(bucket / "a"))


def test_a_store_that_does_not_answer_is_given_up(
    bucket: ObjectPath, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "USUAL", 0.05)
    s3.faults.append(lambda environ: environ["wsgi.input"].read(2))  # more than came
    assert "the store did not answer in time" in str(failure(bucket / "a"))


def test_errors_go_through_pickle_as_they_are(bucket: ObjectPath) -> None:
    for kind in (ObjectStoreError, NoObjectError, ObjectConflictError):
        error = kind(str(bucket), "problem", "Advice", lasting=True)
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (str(again), again.place, again.lasting, type(again)) == (str(error), str(bucket), True, kind)


def test_a_panic_of_obstore_is_an_error_of_ours(bucket: ObjectPath) -> None:
    panic = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})

    def panics(*_: Any) -> None:
        raise panic(SECRET)

    assert "the store failed (PanicException)" in str(failure(bucket, lambda place: asked(place, panics)))


ASKED: tuple[Callable[[ObjectFolder], Any], ...] = (
    lambda folder: list(folder.listed()),
    lambda folder: folder.look(["a.fits", "b"]),
    lambda folder: folder.exists("c"),
    lambda folder: folder.verified_sum("a.fits"),
    lambda folder: folder.open("a.fits").read(),
)


def test_answers_that_make_no_sense_are_errors_of_ours(bucket: ObjectPath, s3: S3Server) -> None:
    """Listings with any change, and any headers of an object."""
    upload_bytes(b"x", bucket / "p" / "a.fits")
    with urlopen(f"{s3.url}/{bucket.bucket}?list-type=2&prefix=p%2F") as response:
        listing = response.read()
    raw = []
    for number, chance in attempts(25):
        s3.faults.clear()
        words = ("", "-1", "9" * 30, "Sat, 32 Nov", '"', "\x7f", "W/1", "Thu, 01 Jan 1970 00:00:00 GMT")
        headers = tuple(
            (name, chance.choice(words)) for name in ("Last-Modified", "ETag", "x-amz-meta-tess-source-sha256")
        )
        s3.fail(Answer("200 OK", headers=headers, body=altered(listing, chance)))
        folder = ObjectFolder(bucket / "p")
        for ask in ASKED:
            try:
                ask(folder)
            except TessSourceError:
                pass
            except Exception as error:  # noqa: BLE001  these are what is looked for
                raw.append((number, repr(error)[:300]))
    assert raw == []


def test_pauses_between_tries_are_short() -> None:
    assert store.RETRIES["retry_timeout"] <= timedelta(minutes=5), "keys and signatures are those of the first try"
