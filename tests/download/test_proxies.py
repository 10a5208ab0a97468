"""Questions and downloads choose the same proxy, by curl's rules, and tell it the same user and password."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64encode
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from sizes import size

from tess_source.download import proxies
from tess_source.download.http import Pools
from tess_source.download.route import proxy_of
from tess_source.errors import NetworkError
from tess_source_mast.wire import _Adapter, _proxies_of

SECRET = "sEcr3t"
WEB, TLS = "http://host.org/x", "https://host.org/x"
P, Q = "http://proxy:1", "http://other:2"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with an environment that names no proxy."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def of_questions(url: str) -> tuple[str | None, dict[str, str]]:
    """Return the proxy that a question goes to, without its user, and what it is sent."""
    chosen = _proxies_of(url)
    if not chosen:
        return None, {}
    assert list(chosen) == [urlsplit(url).scheme]
    manager = _Adapter().proxy_manager_for(*chosen.values())
    return str(manager.proxy._replace(auth=None)), dict(manager.proxy_headers)


def of_downloads(url: str) -> tuple[str | None, dict[str, str]]:
    """Return the proxy that a download goes to, and what it is sent."""
    manager: Any = Pools(1)._manager(url)
    return (str(manager.proxy), dict(manager.proxy_headers)) if manager.proxy else (None, {})


def of_both(url: str) -> tuple[str | None, dict[str, str]]:
    asked = of_questions(url)
    assert of_downloads(url) == asked
    return asked


@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        ({}, WEB, None),
        ({"http_proxy": P}, WEB, P),
        ({"http_proxy": P}, TLS, None),
        ({"HTTP_PROXY": P}, WEB, None),
        ({"HTTP_PROXY": P, "ALL_PROXY": Q}, WEB, Q),
        ({"https_proxy": P}, TLS, P),
        ({"HTTPS_PROXY": P}, TLS, P),
        ({"https_proxy": P, "HTTPS_PROXY": Q}, TLS, P),
        ({"https_proxy": "", "HTTPS_PROXY": Q}, TLS, Q),
        ({"https_proxy": " ", "all_proxy": Q}, TLS, Q),
        ({"all_proxy": P, "ALL_PROXY": Q}, WEB, P),
        ({"all_proxy": P, "https_proxy": Q}, TLS, Q),
        ({"all_proxy": ""}, WEB, None),
        ({"http_proxy": "proxy:1"}, WEB, P),
        ({"http_proxy": " proxy:1/ "}, WEB, P),
        ({"http_proxy": "http://proxy:1/path"}, WEB, P),
        ({"http_proxy": "HTTP://proxy:1"}, WEB, P),
        ({"http_proxy": "[::1]:1"}, WEB, "http://[::1]:1"),
        ({"https_proxy": "https://proxy:1"}, TLS, "https://proxy:1"),
        ({"http_proxy": P, "no_proxy": "host.org"}, WEB, None),
        ({"http_proxy": P, "NO_PROXY": "host.org"}, WEB, None),
        ({"http_proxy": P, "no_proxy": "", "NO_PROXY": "host.org"}, WEB, None),
        ({"http_proxy": P, "no_proxy": "x", "NO_PROXY": "host.org"}, WEB, P),
    ],
)
def test_a_proxy_is_named_by_the_variables_that_curl_reads(
    environment: dict[str, str], url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert of_both(url) == (expected, {})


@pytest.mark.parametrize(
    ("no_proxy", "direct", "by_proxy"),
    [
        ("*", "host.org 127.0.0.1 [::1]", ""),
        ("*,x", "", "host.org"),
        ("host.org", "host.org HOST.org a.host.org host.org. host.org:81", "ahost.org org host.org.uk 127.0.0.1"),
        (".host.org", "host.org a.host.org", "ahost.org"),
        ("host.org.", "host.org", "org"),
        ("HOST.ORG", "host.org", "org"),
        ("*.host.org", "", "a.host.org host.org"),
        ("x, host.org\ty", "host.org x y", "z"),
        ("x host.org", "host.org x", "z"),
        (",, ,", "", "host.org"),
        ("127.0.0.1", "127.0.0.1 127.0.0.1:81", "127.0.0.2 1.127.0.0.1.org"),
        ("127.0.0.0/8", "127.0.0.1 127.9.9.9", "128.0.0.1 host.org"),
        ("10.1.2.3/16", "10.1.9.9", "10.2.0.1"),
        ("127", "", "127.0.0.1"),
        ("0.0.1", "", "127.0.0.1"),
        ("::1", "[::1] [0:0::1]", "[::2] 127.0.0.1"),
        ("[::1]", "[::1]", "[::2]"),
        ("fe80::/10", "[fe80::1] [FE80::2] [fe80::1%25eth0]", "[fec0::1]"),
        ("host.org:81", "host.org:81 a.host.org:81", "host.org host.org:82"),
        ("host.org:80", "host.org host.org:80", "host.org:81"),
        ("127.0.0.1:81", "127.0.0.1:81", "127.0.0.1:82"),
        ("[::1]:81", "[::1]:81", "[::1]"),
        ("a/b, :, [, /8, host:x", "", "host.org 127.0.0.1 [::1]"),
    ],
)
def test_hosts_without_a_proxy_are_those_of_curl(
    no_proxy: str, direct: str, by_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", P)
    monkeypatch.setenv("no_proxy", no_proxy)
    assert {host: of_both(f"http://{host}/x")[0] for host in direct.split()} == dict.fromkeys(direct.split())
    assert {host: of_both(f"http://{host}/x")[0] for host in by_proxy.split()} == dict.fromkeys(by_proxy.split(), P)


@pytest.mark.parametrize("scheme", ["", "http://", "https://"])
@pytest.mark.parametrize(
    ("user", "sent"),
    [
        (f"me:{SECRET}", f"me:{SECRET}"), ("me", "me:"), ("me:", "me:"), (f":{SECRET}", f":{SECRET}"), (f"me:a@{SECRET}", f"me:a@{SECRET}"),
        (f"me:a:{SECRET}", f"me:a:{SECRET}"), (f"m%40e:%2F%3A{SECRET}%23", f"m@e:/:{SECRET}#"), (f"me:€{SECRET}", f"me:€{SECRET}"),
        (f"me:%E2%82%AC{SECRET}", f"me:€{SECRET}"), (f"me:%FF{SECRET}", b"me:\xff" + SECRET.encode()), ("", None), (":", None),
    ],
)  # fmt: skip
def test_the_user_of_a_proxy_is_told_to_it_as_curl_does(
    scheme: str, user: str, sent: str | bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"{scheme}{user}@proxy:1")
    proxy, headers = of_both(TLS)
    assert proxy == f"{scheme or 'http://'}proxy:1"
    plain = sent.encode() if isinstance(sent, str) else sent
    assert headers == ({} if plain is None else {"Proxy-Authorization": f"Basic {b64encode(plain).decode()}"})


@pytest.mark.parametrize("user", ["", "me:pw@", "m%40e:p%2Fw@", "me@"])
def test_the_user_of_a_socks_proxy_is_given_as_it_is_meant(user: str) -> None:
    proxy = proxies.normal(f"SOCKS5H://{user}proxy:1")
    assert proxy is not None
    assert proxy.startswith("socks5h://")
    name, _, password = unquote_to_bytes(user.rstrip("@")).decode().partition(":")
    assert proxies.user_and_password(proxy) == ((name, password) if name else (None, None))


@pytest.mark.parametrize(
    "wrong",
    [
        "me:{}@:x",
        "htp://me:{}@x:1",
        "ftp://x",
        "http://me:{}@x:99999",
        "http://",
        "http://me:{}@",
        "me:{}/@x:1",
        "http://me:{}@[::1",
        "x:0",
    ],
)
def test_a_proxy_that_is_no_address_is_refused_on_both_sides_without_its_password(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", wrong.format(SECRET))
    for side in (of_questions, of_downloads):
        with pytest.raises(NetworkError, match="ALL_PROXY is not the address of a proxy") as caught:
            side(TLS)
        assert SECRET not in str(caught.value) + repr(caught.value)


def test_the_settings_of_the_system_hold_where_no_variable_names_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_system_proxies", lambda: {"http": P})
    monkeypatch.setattr(proxies, "_system_bypass", lambda host: host == "intranet")
    assert (of_both(WEB)[0], of_both(TLS)[0], of_both("http://intranet/")[0]) == (P, None, None)
    monkeypatch.setenv("ALL_PROXY", Q)
    assert of_both(WEB)[0] == Q


HOSTS = ("127.0.0.1", "localhost", "a.localhost")
LISTS = (
    "*", "127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "localhost", ".localhost", "host", "LOCALHOST", "localhost.", "x,localhost",
    "x localhost", "x , localhost", "127", "0.0.1", "*,x", "*.localhost", "a.localhost", "127.0.0.1/32", "",
)  # fmt: skip


@pytest.mark.skipif(shutil.which("curl") is None, reason="the program curl is not here")
def test_curl_itself_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    cases = [(host, listed) for listed in LISTS for host in HOSTS]
    for host, listed in cases[:: size(5, 1)]:
        environment = {"http_proxy": "127.0.0.1:2", "no_proxy": listed}
        command = ["curl", "-q", "-v", "-s", "--max-time", "2", f"http://{host}:9/"]
        told = subprocess.run(command, env={**clean, **environment}, capture_output=True, text=True, check=False).stderr
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert (proxy_of(f"http://{host}:9/") is not None) is ("127.0.0.1:2" in told), (host, listed)
