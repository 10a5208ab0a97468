"""No connections but to this machine: each way out is refused at once, by an error that says what to do."""

from __future__ import annotations

import asyncio
import http.server
import os
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import urllib3
from their_tests import TheirTests

import tess_source
from tess_source.errors import BlockedConnectionError
from tess_source_testing import SampleArchive, no_connections, sample_archive
from tess_source_testing.environment import PROXIES
from tess_source_testing.ports import listening

pytest_plugins = ["pytester"]

OUTSIDE = ("192.0.2.1", 80)
"""An address for documentation, which nobody has (RFC 5737)."""
OUTSIDE_6 = ("2001:db8::1", 80, 0, 0)


def by_socket(address: tuple[object, ...], kind: int = socket.SOCK_STREAM, how: str = "connect") -> None:
    with socket.socket(socket.AF_INET6 if len(address) > 2 else socket.AF_INET, kind) as sock:
        sock.settimeout(0.1)
        getattr(sock, how)(address)


def by_datagram(*words: object, how: str = "sendto") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        getattr(sock, how)(*words)


async def by_asyncio(host: str) -> None:
    await asyncio.open_connection(host, 80)


WAYS_OUT: dict[str, Callable[[], object]] = {
    "a name": lambda: socket.getaddrinfo("example.org", 443),
    "a name as bytes": lambda: socket.getaddrinfo(b"example.org", 443),
    "a name by keyword": lambda: socket.getaddrinfo(host="example.org", port=443),
    "a name of old": lambda: socket.gethostbyname("example.org"),
    "a name with aliases": lambda: socket.gethostbyname_ex("example.org"),
    "the name of an address": lambda: socket.gethostbyaddr(OUTSIDE[0]),
    "a name that begins like this machine's": lambda: socket.getaddrinfo("localhost.example.org", 443),
    "an address": lambda: by_socket(OUTSIDE),
    "an address, without an exception": lambda: by_socket(OUTSIDE, how="connect_ex"),
    "an address of a service in a cloud": lambda: by_socket(("169.254.169.254", 80)),
    "an address in a network like one's own": lambda: by_socket(("10.255.255.1", 80)),
    "an address of IPv6": lambda: by_socket(OUTSIDE_6),
    "an address of IPv4 in IPv6": lambda: by_socket(("::ffff:192.0.2.1", 80, 0, 0)),
    "UDP": lambda: by_datagram(b"x", OUTSIDE),
    "UDP with flags": lambda: by_datagram(b"x", 0, OUTSIDE),
    "UDP of several buffers": lambda: by_datagram([b"x"], [], 0, OUTSIDE, how="sendmsg"),
    "UDP that is connected": lambda: by_socket(OUTSIDE, socket.SOCK_DGRAM),
    "create_connection": lambda: socket.create_connection(OUTSIDE, 0.1),
    "urllib": lambda: urllib.request.urlopen("http://example.org", timeout=0.1),
    "urllib3": lambda: urllib3.request("GET", "http://example.org"),
    "requests": lambda: requests.get("https://example.org", timeout=0.1),
    "requests to an address": lambda: requests.get("http://192.0.2.1", timeout=0.1),
    "asyncio": lambda: asyncio.run(by_asyncio("example.org")),
    "asyncio to an address": lambda: asyncio.run(by_asyncio(OUTSIDE[0])),
    "another thread": lambda: ThreadPoolExecutor(1).submit(by_socket, OUTSIDE).result(),
    "tess_source": lambda: tess_source.count(16740101),
    "tess_source with a name": lambda: tess_source.count("TOI-1234"),
    "files of tess_source": lambda: tess_source.download(
        "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
    ),
}


@pytest.fixture
def others_guard_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away pytest-recording's guard, which refuses the same; ours of the whole run is there twice then."""
    import _socket

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, getattr(_socket.socket, name))


@pytest.mark.usefixtures("others_guard_away")
@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_leads_out(way: str, caplog: pytest.LogCaptureFixture) -> None:
    with (
        no_connections(),
        pytest.raises(BlockedConnectionError, match=r"another machine.*use the fixture tess_archive") as caught,
    ):
        WAYS_OUT[way]()
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, OSError) is way.startswith("UDP")
    assert "again" not in caplog.text


@pytest.fixture
def server() -> Iterator[int]:
    """A server on this machine, which answers all with 501."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as running:
        running.RequestHandlerClass.log_message = lambda *words: None  # type: ignore[method-assign]
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running.server_address[1]
        running.shutdown()
        thread.join()


@pytest.mark.usefixtures("others_guard_away")
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "LOCALHOST", "127.0.0.1 by asyncio", "a name of this machine"]
)
def test_this_machine_can_be_reached(server: int, host: str) -> None:
    with no_connections():
        if host == "a name of this machine":
            socket.getaddrinfo(socket.gethostname(), server)
        elif host.endswith("asyncio"):
            asyncio.run(reached(server))
        else:
            socket.create_connection((host, server), 5).close()
        first, second = socket.socketpair()
        first.close()
        second.close()


async def reached(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()


def test_a_proxy_on_this_machine_leads_nowhere(server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{server}")
    before = dict(os.environ)
    with no_connections():
        for ask in (
            lambda: requests.get("http://example.org"),
            lambda: tess_source.count(16740101),
            lambda: urllib.request.urlopen("http://example.org"),
        ):
            with pytest.raises(BlockedConnectionError):
                ask()
    assert dict(os.environ) == before


def test_blocks_can_be_nested_and_leave_nothing() -> None:
    names = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
    before = [getattr(socket, name) for name in names], dict(vars(socket.socket))
    with no_connections():
        with no_connections():
            pass
        with pytest.raises(BlockedConnectionError):
            socket.getaddrinfo("example.org", 443)
    assert ([getattr(socket, name) for name in names], dict(vars(socket.socket))) == before


def test_another_guard_around_ours_stays_when_ours_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    block = no_connections()
    block.__enter__()
    ours = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words: asked.append(words) or ours(*words))
    block.__exit__(None, None, None)
    assert socket.getaddrinfo("127.0.0.1", 1)
    assert asked


def test_an_archive_that_is_gone_is_named() -> None:
    with sample_archive():
        found = tess_source.search(16740101, sector=14, kind="lc")
    with no_connections(), pytest.raises(BlockedConnectionError, match="was a sample archive, which has been stopped"):
        found.download(progress=False)


def test_a_server_that_got_the_port_of_an_archive_that_is_gone_is_reached() -> None:
    with SampleArchive() as archive:
        port = int(archive.url.rpartition(":")[2])
        with listening(archive.url):
            pass
        with no_connections():
            socket.create_connection(("127.0.0.1", port)).close()


def test_the_fixture_blocks_for_one_test(run: TheirTests) -> None:
    tests = """
def test_one(tess_offline):
    with pytest.raises(RuntimeError, match="use the fixture tess_archive"):
        theirs.light_curves()

def test_archive_too(tess_offline, tess_archive):
    assert len(theirs.light_curves()) == 1

@pytest.mark.usefixtures("tess_offline")
class TestClass:
    def test_one(self):
        with pytest.raises(RuntimeError, match="another machine"):
            theirs.light_curves()
"""
    run(tests).assert_outcomes(passed=3)


def test_what_asks_mast_beside_the_sample_archive_is_told_how_to_ask_that() -> None:
    def ask() -> None:
        socket.create_connection(("mast.stsci.edu", 443))

    with sample_archive():
        with pytest.raises(BlockedConnectionError, match=r"use_in_lightkurve\(\).*astroquery_at\(tess_archive.url\)"):
            ask()
        with pytest.raises(BlockedConnectionError, match="use the fixture tess_archive"):
            socket.create_connection(("example.org", 443))
    with no_connections(), pytest.raises(BlockedConnectionError, match="use the fixture tess_archive"):
        ask()
