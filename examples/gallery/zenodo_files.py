"""A transport and a citation: files of a record at Zenodo by their URI, ``zenodo:1234567/curve.fits``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from tess_source import Citation, Request, Settings, Transport, hookimpl
from tess_source.errors import QueryError

URI = re.compile(r"zenodo:(?P<record>\d+)/(?P<file>[^/]+)")


def locate(uri: str, settings: Settings) -> Request:
    """Return the address of a file, whatever server answers in MAST's place. Zenodo allows 60 requests per minute."""
    if not (parts := URI.fullmatch(uri)):
        raise QueryError(f"{uri!r} is not like 'zenodo:1234567/curve.fits'")
    return Request(
        f"https://zenodo.org/records/{parts['record']}/files/{quote(parts['file'])}", per_second=1, as_is=True
    )


@hookimpl
def tess_transports() -> Sequence[Transport]:
    """Declare the scheme."""
    return (Transport("zenodo", locate, "files of records at Zenodo"),)


@hookimpl
def tess_citations() -> Sequence[Citation]:
    """Declare how papers cite our files, whose pipeline is OURS."""
    return (Citation("OURS", None, "Light curves of our survey, Zenodo", "10.5281/zenodo.1234567"),)
