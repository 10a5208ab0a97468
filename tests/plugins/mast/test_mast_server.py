"""With another server, nothing but that server is asked: portal, name resolver and files."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mast_case import KELT9, session_at

import tess_source_mast
from tess_source import Session
from tess_source.errors import ServiceError
from tess_source.settings import Settings, at_server
from tess_source_mast import hosts
from tess_source_mast.files import locate
from tess_source_sample.server import SampleArchive

ADDRESSES = (hosts.INVOKE, hosts.COLUMNS, hosts.DOWNLOAD, hosts.RESOLVER)


@pytest.fixture
def hosts_asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Note each host that a name is looked up for, on the way to a connection."""
    seen: set[str] = set()
    real = socket.getaddrinfo

    def noted(host: Any, *others: Any, **named: Any) -> Any:
        seen.add(str(host))
        return real(host, *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return seen


def test_nothing_but_the_server_is_asked(fresh_archive: SampleArchive, hosts_asked: set[str], tmp_path: Path) -> None:
    session = session_at(fresh_archive)
    found = session.search("KELT-9", sequence_number=14)
    session.fields("products")
    manifest = session.download(found.products[:1], tmp_path)
    assert manifest[0].ok
    assert hosts_asked == {"127.0.0.1"}
    assert {request.path for request in fresh_archive.requests} == {urlsplit(address).path for address in ADDRESSES}


def test_a_server_may_have_a_path_of_its_own() -> None:
    base = Settings(server="https://example.org/mirrors/mast")
    assert at_server(hosts.RESOLVER, base) == "https://example.org/mirrors/mast/Santa-war/query"
    assert (
        locate("mast:a b.fits", base).url
        == "https://example.org/mirrors/mast/api/v0.1/Download/file?uri=mast:a%20b.fits"
    )


def test_without_a_server_each_address_is_asked_at_its_real_host() -> None:
    real = Settings(server=None)
    assert [at_server(address, real) for address in ADDRESSES] == list(ADDRESSES)
    assert locate("mast:x.fits", real).url == "https://mast.stsci.edu/api/v0.1/Download/file?uri=mast:x.fits"


def test_a_path_that_the_server_does_not_have_is_a_failure_that_names_it(fresh_archive: SampleArchive) -> None:
    session = Session(f"{fresh_archive.url}/elsewhere", discover=False, plugins=[tess_source_mast])
    with pytest.raises(ServiceError, match=r"HTTP 404.*/elsewhere"):
        session.search(KELT9)
