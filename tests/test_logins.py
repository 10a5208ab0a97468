"""The password in an address of a server is sent to that server, for questions and for files, and stands nowhere else."""

from __future__ import annotations

import base64
import http.server
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from program_run import Program

import tess_source_mast
from tess_source import Session
from tess_source.download.addresses import Addresses
from tess_source.errors import QueryError, ServiceError
from tess_source.hooks.records import Request, Transport
from tess_source.lock.citation import cite
from tess_source.lock.scripts import LANGUAGES, script
from tess_source.logins import basic, taken_out, without_user
from tess_source.settings import Settings, at_server, check_server, store_root
from tess_source_mast import deadline, portal
from tess_source_mast.wire import Wire
from tess_source_sample.server import SampleArchive

SECRET = "sEcr3t"
LC14 = {"sector": 14, "kind": "lc"}


def header(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    ("given", "address", "user"),
    [
        ("http://me:pw@host", "http://host", "me:pw"),
        ("HTTP://me:pw@Host:8000/x", "HTTP://Host:8000/x", "me:pw"),
        ("https://me@host/", "https://host/", "me:"),
        ("https://:pw@host", "https://host", ":pw"),
        ("https://me:a@b:c@host", "https://host", "me:a@b:c"),
        ("https://m%40e:%3A%2F%E2%82%AC@host", "https://host", "m@e::/€"),
        ("https://me:a[b@host", "https://host", "me:a[b"),
        ("http://me:pw@[::1]:8000/a@b", "http://[::1]:8000/a@b", "me:pw"),
        ("http://@host", "http://host", None),
        ("http://:@host", "http://host", None),
        ("http://host/a@b", "http://host/a@b", None),
        ("http://host?a@b", "http://host?a@b", None),
        ("file://me:pw@host/x", "file://me:pw@host/x", None),
        ("mast:TESS/a@b", "mast:TESS/a@b", None),
    ],
)
def test_user_and_password_are_taken_out_of_an_address(given: str, address: str, user: str | None) -> None:
    bare, login = taken_out(given)
    assert bare == address
    assert (login and login.headers(bare)) == (user and {"Authorization": header(user)})
    assert "pw" not in repr(login)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://host/x", True), ("https://HOST:443/x", True), ("https://host:444/x", False), ("http://host/x", False),
        ("https://host.evil.org/x", False), ("https://evil.org/https://host", False), ("https://host@evil.org/", False),
        ("https://[", False),
    ],
)  # fmt: skip
def test_they_are_sent_to_their_own_host_only(url: str, sent: bool) -> None:
    settings = Settings(f"https://me:{SECRET}@host")
    assert bool(settings.authorization(url)) is sent


def test_settings_hold_them_apart_and_show_neither() -> None:
    settings = Settings(f"https://me:{SECRET}@host/path")
    assert (settings.server, settings.server_name) == ("https://host/path",) * 2
    assert SECRET not in repr(settings) + str(settings.login)
    assert at_server("https://mast.stsci.edu/x", settings) == "https://host/path/x"
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301  our own
    assert store_root(settings).name == store_root(Settings("https://host/path")).name


def test_another_server_does_not_inherit_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESS_SOURCE_SERVER", f"https://me:{SECRET}@host")
    given = Settings()
    assert given.authorization("https://host/x")
    other = replace(given, server="https://other")
    assert (other.login, Settings("https://other").login, replace(given, server=None).login) == (None, None, None)
    assert replace(given, jobs=2).login == given.login


@pytest.mark.parametrize(
    "wrong",
    [
        "me:{}@host", "http:/me:{}@host", "//me:{}@host", "ftp://me:{}@host", "http://me:12/{}@host", "http://me:{}/x@host", "http://me:{}@",
        "http://me:#{}@host", "http://me:?{}@host", "http://me:{}@host:99999", "http://me:{}@[::1", "http://me:{}@ho st", "http://me:{}@host\n",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_the_password(wrong: str) -> None:
    with pytest.raises(QueryError, match="is not an address") as caught:
        Session(wrong.format(SECRET), discover=False)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    check_server(None)


# -- a server that asks for them --


@pytest.fixture
def guarded(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> SampleArchive:
    """The sample archive, on a machine where another archive is remembered."""
    monkeypatch.setattr(deadline, "PAUSE", 0.0)
    portal._portal.cache_clear()
    return archive


def everything_in(folder: Path) -> bytes:
    """Return the names and bytes of all files below a folder."""
    return b"".join(str(file).encode() + (file.read_bytes() if file.is_file() else b"") for file in folder.rglob("*"))


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_questions_and_files_are_asked_with_them_and_they_stand_nowhere(
    how: str, guarded: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tess_source")
    address = guarded.url.replace("//", f"//me:{SECRET}%40@")
    if how == "environment":
        monkeypatch.setenv("TESS_SOURCE_SERVER", address)
    session = Session(None if how == "environment" else address, cache=tmp_path / "cache")
    found = session.search("KELT-9", **LC14)
    plan = found.plan(tmp_path / "data")
    manifest = plan.download()
    lock = manifest.lock()
    lock.save(tmp_path / "lock.ecsv")
    assert manifest.ok
    assert {one.headers.get("authorization") for one in guarded.requests} == {header(f"me:{SECRET}@")}
    assert {one.path.split("/")[1] for one in guarded.requests} >= {"api", "portal", "Santa-war"}
    for language in LANGUAGES:
        (tmp_path / language).write_text(script(lock, session.registry.transports, session.settings, language))
    (tmp_path / "cite").write_text(cite(lock, session.registry.citations.values()))
    shown = repr((session, found, plan, manifest, manifest.entries, session.settings)) + found.explain() + caplog.text
    shown += json.dumps(found.record) + manifest.to_polars().write_csv() + found._repr_html_() + plan._repr_html_()
    assert guarded.url in shown
    for secret in (SECRET, header(f"me:{SECRET}@").split()[1]):
        assert secret not in shown
        assert secret.encode() not in everything_in(tmp_path)


def test_another_user_of_a_server_is_not_given_kept_answers_without_a_login(
    guarded: SampleArchive, tmp_path: Path
) -> None:
    for user in ("", f"me:{SECRET}@"):
        guarded.clear()
        Session(guarded.url.replace("//", f"//{user}"), cache=tmp_path).search(16740101, **LC14)
        assert guarded.requests


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """Answers nothing, and keeps what it is sent."""

    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_error(404)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def two_hosts() -> Iterator[tuple[str, list[str | None], list[str | None]]]:
    """A host that redirects to another one; and the headers ``Authorization`` that both were sent."""
    import threading

    first: list[str | None] = []
    second: list[str | None] = []
    elsewhere = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("There", (_Elsewhere,), {"seen": second}))

    def redirect(self: _Elsewhere) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{elsewhere.server_port}/x")
        self.send_header("Content-Length", "0")
        self.end_headers()

    kind = type("Here", (_Elsewhere,), {"seen": first, "do_GET": redirect, "do_POST": redirect})
    here = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    servers = [here, elsewhere]
    threads = [threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}) for one in servers]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{here.server_port}", first, second
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_redirect_to_another_host_does_not_take_them_along(
    two_hosts: tuple[str, list[str | None], list[str | None]], tmp_path: Path
) -> None:
    address, first, second = two_hosts
    portal._portal.cache_clear()
    session = Session(
        address.replace("//", f"//me:{SECRET}@"), discover=False, plugins=[tess_source_mast], cache=tmp_path
    )
    with pytest.raises(ServiceError) as caught:
        session.search(16740101)
    assert first == [header(f"me:{SECRET}")]
    assert second == [None]
    (entry,) = session.download("mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits", tmp_path)
    assert first == [header(f"me:{SECRET}")] * 2
    assert second == [None, None]
    assert SECRET not in str(caught.value) + entry.error


def test_a_login_of_another_program_is_not_sent(
    two_hosts: tuple[str, list[str | None], list[str | None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloads do not read ~/.netrc, so questions do not either."""
    (tmp_path / "netrc").write_text(f"default login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert not Wire("x").session.trust_env
    with pytest.raises(ServiceError):
        Session(two_hosts[0], discover=False, plugins=[tess_source_mast], cache=tmp_path).search(16740101)
    assert two_hosts[1] == [None]


def test_addresses_from_plugins_are_treated_alike() -> None:
    transport = Transport("x", lambda uri, settings: Request(f"https://me:{SECRET}@host/{uri[2:]}", {"X": "y"}))
    (made,) = Addresses({"x": transport}, {}, Settings()).of("x:file")
    assert (made.url, dict(made.headers)) == ("https://host/file", {"Authorization": header(f"me:{SECRET}"), "X": "y"})
    (there,) = Addresses({"x": transport}, {}, Settings(f"http://other:{SECRET}@127.0.0.1")).of("x:file")
    assert (there.url, dict(there.headers)) == ("http://127.0.0.1/file", {"Authorization": header(f"other:{SECRET}")})


@pytest.mark.parametrize(
    "words", [("search", "16740101"), ("search", "KELT-9"), ("fields",), ("count", "1"), ("-vv", "get", "16740101")]
)
def test_the_program_never_shows_them(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "PAUSE", 0.0)
    ran = Program(capsys)("--server", f"http://me:{SECRET}@127.0.0.1:9", "--cache", tmp_path, *words)
    assert ran.code == 1
    assert "127.0.0.1:9" in ran.err
    assert SECRET not in ran.out + ran.err
    assert SECRET.encode() not in everything_in(tmp_path)


def test_what_is_sent_is_what_curl_sends() -> None:
    assert basic("me") == header("me:")
    assert basic("a%20b:c%3Ad") == header("a b:c:d")
    assert without_user("socks5h://me:pw@[::1]:9") == "socks5h://[::1]:9"
