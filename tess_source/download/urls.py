"""Where files can be fetched, for other programs than this one: nothing is fetched here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tess_source.display import text
from tess_source.display.records import Records
from tess_source.download.addresses import Addresses
from tess_source.errors import DownloadError
from tess_source.hooks.records import Request
from tess_source.hooks.registry import Registry
from tess_source.settings import Settings
from tess_source.tables.found import Found
from tess_source.tables.plan import Plan
from tess_source.tables.planning import mirrors_of

__all__ = ["first_requests", "urls_of"]


def first_requests(
    files: Found | Plan, registry: Registry, settings: Settings, prefer: str | None = None
) -> list[Request | str]:
    """Return the first address of each file, or why it has none.

    Parameters
    ----------
    files : Found or Plan
        Its products, or its items.
    registry : Registry
        The plugins that know addresses.
    settings : Settings
    prefer : str, optional
        See `tess_source.session.Session`; the setting if None.

    Raises
    ------
    QueryError
        If there is no such word for `prefer`.
    """
    settings = settings if prefer is None else replace(settings, prefer=prefer)
    addresses = Addresses(registry.transports, registry.copies, settings)
    uris_of_files = list(_uris_of(files))
    addresses.look_up(uri for uris in uris_of_files for uri in uris)
    return [_first_request(uris, addresses) for uris in uris_of_files]


def _uris_of(files: Found | Plan) -> Iterator[tuple[str, ...]]:
    """Yield the URIs of each file: its own, then those of the same bytes elsewhere."""
    if isinstance(files, Plan):
        yield from ((item.uri, *item.mirrors) for item in files)
    else:
        own = files.products["uri"].fill_null("")
        yield from ((uri, *mirrors.split()) for uri, mirrors in zip(own, mirrors_of(own, files.links), strict=True))


def _first_request(uris: Sequence[str], addresses: Addresses) -> Request | str:
    requests = (request for uri in uris for request in addresses.of(uri))
    return next(requests, None) or addresses.why_none(uris[0])


def urls_of(requests: Sequence[Request | str]) -> list[str]:
    """Return the URLs of addresses.

    Raises
    ------
    DownloadError
        If a file has no address; the message says how many, and why the first one has none.
    """
    if problems := [one for one in requests if isinstance(one, str)]:
        raise DownloadError(
            f"{len(problems):,} of {text.number(len(requests), 'file')} without an address: {problems[0]}"
        )
    return Records((one.url for one in requests if isinstance(one, Request)), "URL")
