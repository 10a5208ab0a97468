"""A MAST token goes to MAST's own hosts over https and to nobody else, and is never shown."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from mast_case import KELT9, no_pauses, session_at

import tess_source_mast
from tess_source import Session
from tess_source.errors import ServiceError
from tess_source.settings import Settings
from tess_source_mast import tokens
from tess_source_mast.files import locate
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

SECRET = "a1b2c3-very-secret"
URI = "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
COOKIE = {"Cookie": f"mast_token={SECRET}"}


@pytest.fixture(autouse=True)
def empty_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep away from the keyring of whoever runs the tests."""
    keyring(monkeypatch, lambda service, user: None)
    yield
    tokens._token_of_keyring.cache_clear()


def keyring(monkeypatch: pytest.MonkeyPatch, get: Any) -> None:
    tokens._token_of_keyring.cache_clear()
    import keyring.errors

    errors = keyring.errors
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get, errors=errors))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


@pytest.mark.parametrize(
    "url",
    ["https://mast.stsci.edu/api/v0/invoke", "https://auth.mast.stsci.edu/token", "https://MAST.stsci.edu:443/x"],
)
def test_it_goes_to_masts_own_hosts(url: str) -> None:
    assert tokens.cookie(url, Settings(token=SECRET)) == COOKIE


@pytest.mark.parametrize(
    "url",
    [
        "http://mast.stsci.edu/api/v0/invoke",
        "https://mast.stsci.edu.example.org/",
        "https://example.org/mast.stsci.edu",
        "https://mast.stsci.edu@example.org/",
        "https://mast.stsci.edu:8443/",
        "https://mastresolver.stsci.edu/Santa-war/query",
        "https://stpubdata.s3.us-east-1.amazonaws.com/tess/public",
        "http://127.0.0.1:8000/api/v0/invoke",
        "https://localhost/api/v0/invoke",
    ],
)
def test_it_goes_nowhere_else(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAST_API_TOKEN", SECRET)
    assert tokens.cookie(url, Settings(token=SECRET)) == {}


def test_it_is_looked_for_where_astroquery_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://mast.stsci.edu/"
    assert tokens.cookie(url, Settings()) == {}
    stored = {("astroquery:mast.stsci.edu.token", "masttoken"): "from-keyring"}
    keyring(monkeypatch, lambda service, user: stored.get((service, user)))
    assert tokens.cookie(url, Settings()) == {"Cookie": "mast_token=from-keyring"}
    monkeypatch.setenv("MAST_API_TOKEN", "from-environment")
    assert tokens.cookie(url, Settings()) == {"Cookie": "mast_token=from-environment"}
    assert tokens.cookie(url, Settings(token=SECRET)) == COOKIE


def test_the_keyring_is_not_asked_for_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    keyring(monkeypatch, lambda service, user: asked.append(service))
    locate(URI, Settings(server="http://127.0.0.1:1"))
    assert asked == []
    locate(URI, Settings())
    locate(URI, Settings())
    assert len(asked) == 1


def test_a_keyring_that_fails_is_no_token(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from keyring.errors import NoKeyringError

    def fail(service: str, user: str) -> str:
        raise NoKeyringError(SECRET)

    keyring(monkeypatch, fail)
    with caplog.at_level(logging.DEBUG):
        assert tokens.cookie("https://mast.stsci.edu/", Settings()) == {}
    assert "NoKeyringError" in caplog.text
    assert SECRET not in caplog.text


def test_files_of_mast_are_fetched_with_it_and_others_are_not() -> None:
    assert locate(URI, Settings(token=SECRET)).headers == COOKIE
    assert locate(URI, Settings(token=SECRET, server="http://127.0.0.1:1")).headers == {}


def test_it_is_never_shown() -> None:
    settings = Settings(token=SECRET)
    session = Session(token=SECRET, discover=False, plugins=[tess_source_mast])
    for thing in (settings, locate(URI, settings), session, session.settings, session.registry):
        assert SECRET not in f"{thing!r} {thing}"


def test_it_is_not_sent_to_another_server(fresh_archive: SampleArchive) -> None:
    session_at(fresh_archive, token=SECRET).search("KELT-9")
    assert len(fresh_archive.requests) >= 4
    assert all("cookie" not in request.headers for request in fresh_archive.requests)


@pytest.fixture
def trusted(fresh_archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> SampleArchive:
    """Let the archive's first port pass for MAST itself; its second, the mirror, does not."""
    no_pauses(monkeypatch)
    monkeypatch.setattr(tokens, "is_mast", lambda url: url.startswith(f"{fresh_archive.url}/"))
    return fresh_archive


def test_it_is_sent_as_astroquery_sends_it(trusted: SampleArchive) -> None:
    session_at(trusted, token=SECRET).search(KELT9)
    assert {request.headers.get("cookie") for request in trusted.requests} == {f"mast_token={SECRET}"}


@pytest.mark.parametrize("kind", ["redirect", "redirect-loop"])
def test_it_does_not_follow_a_redirect(trusted: SampleArchive, kind: str) -> None:
    trusted.faults.add(Fault(kind, match="Mast.Caom.Filtered", times=1))
    session_at(trusted, token=SECRET).count(KELT9)
    sent = [request.headers.get("cookie") for request in trusted.requests if request.service]
    assert sent == [f"mast_token={SECRET}", None]


@pytest.mark.parametrize(
    "fault", [Fault("status", times=None), Fault("status", status=401, times=None), Fault("reset", times=None)]
)
def test_failures_do_not_show_it(trusted: SampleArchive, fault: Fault, caplog: pytest.LogCaptureFixture) -> None:
    trusted.faults.add(fault)
    with caplog.at_level(logging.DEBUG), pytest.raises(ServiceError) as caught:
        session_at(trusted, token=SECRET).search(KELT9)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in shown + caplog.text
    assert caplog.records
