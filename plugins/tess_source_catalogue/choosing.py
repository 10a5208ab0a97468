"""What an update is about: the sources that are meant, their sectors, and the addresses of their lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from numbers import Integral
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from tess_source.errors import PluginError, QueryError, UnknownNameError
from tess_source.hooks.records import Source
from tess_source.names import KINDS
from tess_source.names.sectors import SPECIAL, sectors_of_text
from tess_source.settings import checked_names
from tess_source.wording import keyword
from tess_source_catalogue.folder import Key

__all__ = [
    "PIPELINES",
    "WantedList",
    "checked_sectors",
    "links_of",
    "matching",
    "newest_in",
    "sources_of",
    "wanted_lists",
]

PIPELINES = ("SPOC",)
"""Pipelines whose lists are fetched unless others are named."""
LAST = SPECIAL - 1
"""Largest number that a sector can have."""

_SECTOR = re.compile(r"s(\d{4})(?!\d)")
_RANGE = re.compile(r"s(\d{4})-s(\d{4})")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WantedList:
    """One list that is wanted."""

    source: Source
    first: int
    """First sector."""
    last: int
    """Last sector."""
    addresses: tuple[str, ...]
    """Where it may lie, the likeliest first."""

    @property
    def key(self) -> Key:
        """Source, first and last sector."""
        return self.source.name, self.first, self.last


def checked_sectors(sectors: Any) -> tuple[int, ...] | None:
    """Return sectors in ascending order, after a check; None stays None.

    Parameters
    ----------
    sectors : int or iterable of int or str or None
        A text is like ``"1-26,56"``.

    Raises
    ------
    QueryError
        If they are not sectors.
    """
    if sectors is None:
        return None
    wrong = QueryError(keyword("sector", sectors), f": give sectors from 1 to {LAST}, e.g. 14 or '1-26,56'")
    if isinstance(sectors, bytes | Mapping):
        raise wrong
    try:
        given = sectors_of_text(sectors.replace(" ", "")) if isinstance(sectors, str) else sectors
        numbers = [given] if isinstance(given, Integral) else list(given)
    except (TypeError, ValueError) as error:
        raise wrong from error
    sound = all(isinstance(one, Integral) and not isinstance(one, bool) for one in numbers)
    if not numbers or not sound or not all(1 <= int(one) <= LAST for one in numbers):
        raise wrong
    return tuple(sorted({int(one) for one in numbers}))


def sources_of(
    sources: Mapping[str, Source],
    pipelines: str | Iterable[str] | None = None,
    kinds: str | Iterable[str] | None = None,
    named: str | Iterable[str] | None = None,
) -> list[Source]:
    """Return the sources that are meant. Case does not matter.

    Parameters
    ----------
    sources : mapping
        Name → all sources that plugins declare.
    pipelines : str or iterable of str, optional
        Pipelines of which lists are wanted; `PIPELINES` if neither they nor sources are named.
    kinds : str or iterable of str, optional
        Kinds of files of which lists are wanted; ``dv`` stands for all of the data validation. Lists that are not about files, such as
        target lists, are wanted in any case.
    named : str or iterable of str, optional
        Names of sources: then no others are meant. Optional ones are meant only so.

    Raises
    ------
    UnknownNameError
        If there is no such pipeline, kind or source.
    QueryError
        If no source has lists of a kind.
    """
    names, chosen = (_small(_words(what, given)) for what, given in (("source", named), ("kind", kinds)))
    asked = _words("pipeline", pipelines) or (None if names else PIPELINES)
    every = sorted({source.pipeline for source in sources.values()})
    by_case = {pipeline.upper(): pipeline for pipeline in every}
    for pipeline in asked or ():
        if every and pipeline.upper() not in by_case:
            raise UnknownNameError("pipeline", pipeline, every)
    for name in names or ():
        if name not in sources:
            raise UnknownNameError("source", name, sources)
    for kind in chosen or ():
        listed = {kind for source in sources.values() for kind in source.kinds}
        listed |= {"dv"} if _is_dv(listed) else set()
        if kind not in listed and kind != "dv" and kind not in KINDS:
            raise UnknownNameError("kind", kind, sorted(listed))
        if kind not in listed:
            raise QueryError(f"no source has lists of {kind!r} files; there are lists of {', '.join(sorted(listed))}")
    return [
        source
        for source in sources.values()
        if (source.name in names if names is not None else not source.optional)
        and (asked is None or source.pipeline.upper() in {pipeline.upper() for pipeline in asked})
        and (chosen is None or source.gives != "files" or _is_of(source, chosen))
    ]


def _small(words: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(word.lower() for word in words)


def _words(what: str, given: str | Iterable[str] | None) -> tuple[str, ...] | None:
    names = checked_names(what, given)
    if names is None:
        return None
    words = tuple(word.strip() for name in names for word in name.split(",") if word.strip())
    if not words:
        raise QueryError(keyword(what, given), ": give a name, or several")
    return words


def _is_of(source: Source, kinds: Iterable[str]) -> bool:
    return any(kind in source.kinds or (kind == "dv" and _is_dv(source.kinds)) for kind in kinds)


def _is_dv(kinds: Iterable[str]) -> bool:
    return any(kind.startswith("dv") for kind in kinds)


def matching(keys: Mapping[Key, T], sectors: Iterable[int] | None, sources: Iterable[str] | None) -> dict[Key, T]:
    """Return the lists of some sources and sectors. A list about several sectors counts as one of its last sector, as in an update."""
    names = None if sources is None else set(sources)
    numbers = None if sectors is None else set(sectors)
    return {
        key: value
        for key, value in keys.items()
        if (names is None or key[0] in names) and (numbers is None or key[2] in numbers)
    }


# -- addresses --


def wanted_lists(
    source: Source, sectors: Iterable[int], links: Sequence[str], call: Callable[..., Any]
) -> Iterator[WantedList]:
    """Yield the lists of a source for sectors. Addresses of lists about the same sectors are several places of one list.

    Parameters
    ----------
    source : Source
    sectors : iterable of int
    links : sequence of str
        The links of its index.
    call : callable
        Calls a function of the plugin with arguments.

    Raises
    ------
    PluginError
        If what the source gives is no list.
    """
    for sector in sectors:
        if sector < source.since:
            continue
        places: dict[tuple[int, int], list[str]] = {}
        addresses = call(source.locate, sector, links)
        if isinstance(addresses, str) or not isinstance(addresses, Iterable):
            wrong = f"{addresses!r:.80}"
            raise PluginError(
                f"source {source.name!r}: locate({sector}, links) gave {wrong}, which is no list of addresses"
            )
        for address in addresses:
            places.setdefault(_sectors_in(address, sector), []).append(address)
        for (first, last), addresses in places.items():
            yield WantedList(source, first, last, tuple(addresses))


def _sectors_in(address: str, sector: int) -> tuple[int, int]:
    """Return the first and last sector of a list, by the last range in its address, ``s0001-s0013``."""
    ranges = _RANGE.findall(address)
    first, last = map(int, ranges[-1]) if ranges else (sector, sector)
    return (first, last) if 0 < first <= last else (sector, sector)


class _Links(HTMLParser):
    """The places to which a page has links, in order, without repetitions."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self._base = address

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the place of a link."""
        place = dict(attrs).get("href")
        if tag == "a" and place:
            try:
                address = urljoin(self._base, place.strip())
                sound = urlsplit(address).scheme in {"http", "https", "file"}
            except ValueError:  # such as http://[
                return
            if sound:
                self.found[address] = None


def newest_in(links: Iterable[str]) -> int:
    """Return the newest sector that links name, as in ``s0001-s0013``; 0 if they name none."""
    return max((int(number) for link in links for number in _SECTOR.findall(link) if int(number) <= LAST), default=0)


def links_of(page: bytes, address: str) -> tuple[str, ...]:
    """Return the addresses to which a page of HTML has links.

    Parameters
    ----------
    page : bytes
    address : str
        Of the page.
    """
    reader = _Links(address)
    reader.feed(page.decode("utf-8", "replace"))
    return tuple(reader.found)
