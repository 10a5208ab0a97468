"""The addresses of a file, best first: those that its transport gives, and those in copies of its archive."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from tess_source.display.visible import logger
from tess_source.errors import PluginError, QueryError, ending, type_and_text
from tess_source.hooks.records import Copy, Request, Transport
from tess_source.logins import taken_out
from tess_source.settings import ARCHIVE, ONLY, Patience, Settings, at_server, is_offline, preference
from tess_source.tables.items import Item
from tess_source.wording import keyword

__all__ = ["Addresses", "preferred", "request_at_server", "scheme_of", "words_of"]

log: logging.Logger = logger(__name__)

Located: TypeAlias = Request | Sequence[Request]
Answer = TypeVar("Answer")


class Addresses:
    """The addresses of all URIs of a run, in the order of ``prefer=``.

    URIs whose scheme has no such copy, e.g. those of files that a service makes, have the addresses of their transport whatever is
    preferred.

    Parameters
    ----------
    transports : mapping
        URI scheme → how to fetch it.
    copies : mapping
        Name → copy of an archive's files.
    settings : Settings

    Raises
    ------
    QueryError
        If what is preferred is none of the words that there are.
    """

    def __init__(self, transports: Mapping[str, Transport], copies: Mapping[str, Copy], settings: Settings) -> None:
        self.prefer: str = preferred(copies, settings)
        """What is preferred: one of `words_of`."""
        self._transports, self._copies, self._settings = transports, copies, settings
        self.schemes: tuple[str, ...] = tuple({**transports, **{copy.scheme: copy for copy in copies.values()}})
        """The schemes of URIs that may have addresses."""
        self._name = self.prefer.removesuffix(ONLY)
        self._alone = self._name != self.prefer
        self._looked_up: dict[str, Sequence[Request]] = {}
        self._problem = ""

    def uris_of(self, item: Item) -> tuple[str, ...]:
        """Return the URIs of an item and of its mirrors that may have addresses."""
        return tuple(uri for uri in (item.uri, *item.mirrors) if scheme_of(uri) in self.schemes)

    def of(self, uri: str) -> tuple[Request, ...]:
        """Return the addresses of a URI, best first, each once; none if nobody knows one.

        With another server than the archive's, all are there, without headers made for other hosts. A user name and password in an address
        become a header, for its own host only.

        Raises
        ------
        PluginError
            If a plugin would end the program.
        Exception
            What a plugin raises, if no other has an address.
        """
        found: dict[str, Request] = {}
        errors: list[Exception] = []
        for who, locate in self._locators(uri):
            try:
                requests = _located(who, locate, uri, self._settings)
            except Exception as error:  # noqa: BLE001  a mistake in one plugin must not cost the addresses of the others
                errors.append(error)
                continue
            for request in requests:
                there = request_at_server(request, self._settings)
                found.setdefault(there.url, there)
        if errors and not found:
            raise errors[0]
        for left_out in errors:
            log.info("%s: an address is left out: %s", uri, type_and_text(left_out))
        return tuple(found.values())

    def look_up(self, uris: Iterable[str]) -> None:
        """Ask the preferred copy for addresses of URIs that do not tell where they are in it, once per URI.

        Nobody is asked if the archive is preferred, or offline. If the copy does not answer, only its own addresses are missing, so it is
        not waited for long unless it is the only one that may have any.
        """
        copy = self._copies.get(self._name)
        if copy is None or copy.look_up is None or is_offline(self._settings.offline):
            return
        unknown = [uri for uri in dict.fromkeys(uris) if self._is_unknown(uri, copy)]
        if not unknown:
            return
        self._looked_up |= dict.fromkeys(unknown, ())
        settings = self._settings
        if not self._alone:
            settings = replace(settings, patience=_hasty(settings.patience))
        try:
            ask = functools.partial(copy.look_up, unknown, settings)
            self._looked_up |= _answer(copy.name, ask)
        except Exception as error:  # noqa: BLE001  files may have other addresses; if one has none, its entry says why
            self._problem = type_and_text(error)
            log.info("%s cannot be asked for %d addresses: %s", copy.name, len(unknown), self._problem)

    def is_limited(self, uri: str) -> bool:
        """Return whether an address of a URI is at a service that allows a user only so many requests."""
        try:
            return any(request.per_second or request.at_once for request in self.of(uri))
        except Exception:  # noqa: BLE001  its entry says why, where it is fetched
            return False

    def why_none(self, uri: str) -> str:
        """Return why a URI has no address, in words."""
        if not self._alone or scheme_of(uri) not in self._schemes_of_copy():
            return f"its plugin gives no address for {uri!r}"
        problem = f" ({self._problem})" if self._problem and uri in self._looked_up else ""
        return f"prefer={self.prefer!r}, and {self._name!r} has no address for {uri!r}{problem}"

    def _is_unknown(self, uri: str, copy: Copy) -> bool:
        if scheme_of(uri) != copy.scheme or uri in self._looked_up:
            return False
        try:
            return not _located(copy.name, copy.locate, uri, self._settings)
        except Exception:  # noqa: BLE001  `of` tells it where it matters
            return False

    def _schemes_of_copy(self) -> set[str]:
        return {copy.scheme for name, copy in self._copies.items() if self._name in {name, ARCHIVE}}

    def _locators(self, uri: str) -> list[tuple[str, Callable[[str, Settings], Located]]]:
        """Return who may know addresses of a URI, in the order of preference, by scheme or by the name of the copy."""
        scheme = scheme_of(uri)
        copies = {name: copy for name, copy in self._copies.items() if copy.scheme == scheme}
        names = [*([ARCHIVE] if scheme in self._transports else []), *copies]
        if self._alone and scheme in self._schemes_of_copy():
            names = [name for name in names if name == self._name]

        def locator(name: str) -> tuple[str, Callable[[str, Settings], Located]]:
            if name == ARCHIVE:
                return scheme, self._transports[scheme].locate
            if name == self._name and uri in self._looked_up:
                return name, lambda uri, _settings: self._looked_up[uri]
            return name, copies[name].locate

        return [locator(name) for name in sorted(names, key=lambda name: name != self._name)]


def words_of(copies: Mapping[str, Copy]) -> tuple[str, ...]:
    """Return the words that ``prefer=`` may be: each of ``archive`` and the names of copies, alone and with ``-only``."""
    return tuple(word for name in (ARCHIVE, *copies) for word in (name, f"{name}{ONLY}"))


def preferred(copies: Mapping[str, Copy], settings: Settings) -> str:
    """Return what is preferred, one of `words_of`.

    Raises
    ------
    QueryError
        If it is none of them.
    """
    word = preference(settings.prefer)
    if word not in (words := words_of(copies)):
        where = "" if settings.prefer else ", as TESS_SOURCE_PREFER or the config file says"
        raise QueryError(keyword("prefer", word), f"{where}: give one of {', '.join(words)}")
    return str(word)


def request_at_server(request: Request, settings: Settings) -> Request:
    """Return the request that is actually made: see `tess_source.settings.at_server`."""
    there = request.url if request.as_is else at_server(request.url, settings)
    url, login = taken_out(there)
    own = login.headers(url) if login else settings.authorization(url)
    return replace(request, url=url, headers={**own, **(request.headers if there == request.url else {})})


def scheme_of(uri: str) -> str:
    """Return the scheme of a URI: the text before the colon."""
    return uri.partition(":")[0]


def _hasty(patience: Patience) -> Patience:
    """Return the patience with a service that can be done without: one quick try."""
    return replace(patience, tries=1, connect=patience.quick, read=patience.quick, over=patience.quick)


def _located(who: str, locate: Callable[[str, Settings], Located], uri: str, settings: Settings) -> tuple[Request, ...]:
    located = _answer(who, lambda: locate(uri, settings))
    requests = (located,) if isinstance(located, Request) else tuple(located)
    if odd := [request for request in requests if not isinstance(request, Request)]:
        raise PluginError(f"the plugin of {who} gives {odd[0]!r} for {uri!r}, which is not a Request")
    return requests


def _answer(who: str, ask: Callable[[], Answer]) -> Answer:
    """Return what a plugin answers. It cannot end the program."""
    try:
        return ask()
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginError(f"the plugin of {who}: addresses {ending(error)}") from error
