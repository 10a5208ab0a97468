"""What the bucket has, by its own listing: names, exact sizes and ETags, a thousand per request."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from tess_source._lazy import pl
from tess_source.errors import ServiceError
from tess_source.settings import Settings
from tess_source_cloud.asking import content_of, each
from tess_source_cloud.keys import BUCKET
from tess_source_cloud.page import Held, ListingPage, NoListingError, parse

if TYPE_CHECKING:
    from tess_source.download.lists import Lists

__all__ = ["list_folders", "list_objects", "list_wanted"]

T = TypeVar("T")
SERVICE = "the listing of s3://stpubdata"


def list_objects(prefix: str | Sequence[str], settings: Settings) -> pl.DataFrame:
    """Return the objects whose keys begin with a prefix.

    Parameters
    ----------
    prefix : str or sequence of str
        E.g. ``"tess/public/ffi/s0056/2022/245/2-3/"``. Several are listed at the same time, and their objects put together.
    settings : Settings

    Returns
    -------
    polars.DataFrame
        `key` (str), `size` [bytes], `etag` (str, without quotation marks), `modified` (UTC); by prefix in the given order, then by key. It
        has no rows if there are no such objects.

    Raises
    ------
    ServiceError
        If a page does not come, or is not a listing: an answer is never empty or short because something failed.
    OfflineError
        If no connection may be opened.
    """
    prefixes = [prefix] if isinstance(prefix, str) else list(prefix)
    return _together(_objects_of, prefixes, settings)


def list_folders(prefix: str, settings: Settings) -> list[str]:
    """Return the folders directly below a prefix.

    Parameters
    ----------
    prefix : str
        E.g. ``"tess/public/tid/"``.
    settings : Settings

    Returns
    -------
    list of str
        Ascending, each from the top of the bucket and with a slash at its end, e.g. ``"tess/public/tid/s0001/"``.

    Raises
    ------
    ServiceError, OfflineError
        As by `list_objects`.
    """
    from tess_source.download.lists import Lists

    with Lists(settings) as lists:
        return [folder for page in _pages(lists, prefix, "/") for folder in page.folders]


def list_wanted(wanted: Sequence[tuple[str, Sequence[str]]], settings: Settings) -> pl.DataFrame:
    """Return the objects with some keys, if there are any, by those pages of a listing in which they can stand.

    It takes no more requests than there are keys, nor than the whole listing has pages.

    Parameters
    ----------
    wanted : sequence of (str, sequence of str)
        A prefix, and keys that begin with it, ascending.
    settings : Settings

    Returns
    -------
    polars.DataFrame
        As by `list_objects`.

    Raises
    ------
    ServiceError, OfflineError
        As by `list_objects`.
    """
    return _together(_wanted_of, wanted, settings)


def _together(objects_of: Callable[[Lists, T], list[Held]], questions: Sequence[T], settings: Settings) -> pl.DataFrame:
    """Return the objects that all questions give."""
    from tess_source.download.lists import Lists

    schema = {"key": pl.String(), "size": pl.Int64(), "etag": pl.String(), "modified": pl.Datetime("ms", "UTC")}
    if not questions:
        return pl.DataFrame(schema=schema)
    with Lists(settings) as lists:
        found = list(chain.from_iterable(each(partial(objects_of, lists), questions, settings.jobs)))
    return pl.DataFrame(found, schema=schema, orient="row")


def _objects_of(lists: Lists, prefix: str) -> list[Held]:
    return [held for page in _pages(lists, prefix) for held in page.objects]


def _wanted_of(lists: Lists, wanted: tuple[str, Sequence[str]]) -> list[Held]:
    prefix, keys = wanted
    found: list[Held] = []
    at = 0
    while at < len(keys):
        page = _page(lists, {"list-type": "2", "prefix": prefix, "start-after": keys[at][:-1]})
        after = bisect_right(keys, page.last) if page.token else len(keys)
        if after <= at:
            raise ServiceError(SERVICE, f"it ends with {page.last!r}, before {keys[at]!r}, and does not go on")
        asked = set(keys[at:after])
        found += [held for held in page.objects if held.key in asked]
        at = after
    return found


def _pages(lists: Lists, prefix: str, delimiter: str = "") -> Iterator[ListingPage]:
    """Yield all pages of a listing."""
    question = {"list-type": "2", "prefix": prefix, **({"delimiter": delimiter} if delimiter else {})}
    token, last = "", ""
    while True:
        page = _page(lists, {**question, **({"continuation-token": token} if token else {})})
        if last and page.first <= last and (page.first or page.token == token):
            raise ServiceError(SERVICE, f"it does not go on: {page.first!r} follows {last!r}")
        yield page
        if not page.token:
            return
        token, last = page.token, page.last or last


def _page(lists: Lists, question: Mapping[str, str]) -> ListingPage:
    address = f"{BUCKET}/?{urlencode(question)}"
    content = content_of(lists, address, SERVICE)
    try:
        return parse(content, question["prefix"])
    except NoListingError as error:
        raise ServiceError(SERVICE, f"what came from {address} is no page of it: {error}") from error
