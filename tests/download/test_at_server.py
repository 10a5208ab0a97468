"""With another server, every address is asked there: server + the path on its real host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from serving import Server, content

from tess_source import Plan, Products, Request, Session, Transport, hookimpl
from tess_source.settings import Settings, at_server

SERVER = "http://127.0.0.1:8000/mirror"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://mast.stsci.edu/api/v0/invoke", f"{SERVER}/api/v0/invoke"),
        ("https://example.org/data/x.fits?y=1", f"{SERVER}/data/x.fits?y=1"),
        ("http://user@example.org:81/data/a%20b", f"{SERVER}/data/a%20b"),
        ("https://example.org", f"{SERVER}/"),
        ("https://example.org/a#fragment", f"{SERVER}/a"),
        (f"{SERVER}/data/x.fits", f"{SERVER}/data/x.fits"),
        ("http://127.0.0.1:8000/other/x.fits", f"{SERVER}/other/x.fits"),
        ("file:///data/x.fits", "file:///data/x.fits"),
    ],
)
def test_an_address_becomes_server_and_path(url: str, asked: str) -> None:
    assert at_server(url, Settings(server=SERVER)) == asked
    assert at_server(url, Settings(server=f"{SERVER}/")) == asked
    assert at_server(url, Settings(server=None)) == url


class Foreign:
    """Has files on a host that does not exist, and a secret for it."""

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("foreign", self.locate),)

    def locate(self, uri: str, settings: Any) -> tuple[Request, ...]:
        name = uri.partition(":")[2]
        headers = {"Authorization": "Bearer very-secret", "X-Secret": "very-secret"}
        return tuple(
            Request(f"https://{host}/data/{name}?y=1", headers) for host in ("gone.example.org", "example.org")
        )


def test_the_file_of_a_foreign_host_is_asked_of_the_server_alone_and_without_the_secret(
    server: Server, tmp_path: Path
) -> None:
    server.files["/data/x.fits?y=1"] = content(1)
    session = Session(server.url, discover=False, plugins=[Foreign()])
    rows = Products.of([{"uri": "foreign:x.fits", "obs_id": "o"}])
    manifest = Plan.of(rows, tmp_path, "flat", session=session).download()
    assert manifest[0].ok
    assert [path for path, _ in server.requests] == ["/data/x.fits?y=1"]
    assert "very-secret" not in repr(server.requests)


def test_headers_for_the_server_itself_reach_it(server: Server, tmp_path: Path) -> None:
    class Own(Foreign):
        def locate(self, uri: str, settings: Any) -> tuple[Request, ...]:
            return (Request(f"{settings.server}/own.fits", {"X-Secret": "for-the-server"}),)

    server.files["/own.fits"] = content(1)
    session = Session(server.url, discover=False, plugins=[Own()])
    rows = Products.of([{"uri": "foreign:own.fits", "obs_id": "o"}])
    assert Plan.of(rows, tmp_path, "flat", session=session).download()[0].ok
    [(_, headers)] = server.requests
    assert headers["X-Secret"] == "for-the-server"
