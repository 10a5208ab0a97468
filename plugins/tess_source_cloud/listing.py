"""What the bucket has, by its own listing: names, exact sizes and ETags, a thousand per request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TypeVar
from urllib.parse import urlencode

from tess_source._lazy import pl
from tess_source.download.lists import NEW, Lists
from tess_source.errors import ServiceError
from tess_source.settings import Settings
from tess_source.threads import in_order
from tess_source_cloud.keys import BUCKET
from tess_source_cloud.page import Held, ListingPage, NoListingError, parse

__all__ = ["SERVICE", "list_folders", "list_objects"]

SERVICE = "listing of s3://stpubdata"
T = TypeVar("T")
R = TypeVar("R")


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
    with Lists(settings) as lists:
        pages = _in_order(partial(_objects_of, lists), prefixes, settings.jobs)
        return _table(list(chain.from_iterable(pages)))


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
    with Lists(settings) as lists:
        return [folder for page in _pages(lists, prefix, "/") for folder in page.folders]


def _table(objects: Sequence[Held]) -> pl.DataFrame:
    schema = {"key": pl.String(), "size": pl.Int64(), "etag": pl.String(), "modified": pl.Datetime("ms", "UTC")}
    return pl.DataFrame(objects, schema=schema, orient="row")


def _in_order(function: Callable[[T], R], items: Sequence[T], most: int) -> Iterator[R]:
    """Yield results in the order of items: in threads if there may be several, else in the calling one."""
    return map(function, items) if most == 1 or len(items) < 2 else in_order(function, items, most)


def _objects_of(lists: Lists, prefix: str) -> list[Held]:
    return [held for page in _pages(lists, prefix) for held in page.objects]


def _pages(lists: Lists, prefix: str, delimiter: str = "") -> Iterator[ListingPage]:
    """Yield all pages of a listing."""
    question = {"list-type": "2", "prefix": prefix, **({"delimiter": delimiter} if delimiter else {})}
    token, last = "", ""
    while True:
        more = {"continuation-token": token} if token else {}
        page = _page(lists, f"{BUCKET}/?{urlencode(question | more)}", prefix)
        if last and page.first <= last and (page.first or page.token == token):
            raise ServiceError(SERVICE, f"it does not go on: {page.first!r} follows {last!r}")
        yield page
        if not page.token:
            return
        token, last = page.token, page.last or last


def _page(lists: Lists, address: str, prefix: str) -> ListingPage:
    answer = lists.fetch(address)
    if answer.state != NEW:
        raise ServiceError(SERVICE, answer.problem)
    try:
        return parse(answer.path.read_bytes(), prefix)
    except NoListingError as error:
        raise ServiceError(SERVICE, f"what came from {address} is no page of it: {error}") from error
    finally:
        answer.path.unlink(missing_ok=True)
