"""A sample archive in place of MAST, for all that this process and those that it starts ask meanwhile."""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from tess_source.errors import QueryError
from tess_source.paths import user_path
from tess_source.patience import environment_patience
from tess_source.session import Session, existing_default_session, in_use, set_default_session
from tess_source.settings import Settings
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive
from tess_source_testing.environment import OURS, PROXIES, environment
from tess_source_testing.offline import no_connections
from tess_source_testing.ports import is_gone, listening

__all__ = ["LONGEST_WAIT", "anew", "forget_servers", "mast_itself", "sample_archive"]

LONGEST_WAIT = 20.0
"""Seconds that are waited at most for an archive on this machine."""
CONNECTIONS = ("refused", "allowed")
WAIT = "TESS_SOURCE_LONGEST_WAIT"

_defaults: list[Session | None] = []
"""The default session before each block, innermost last; during the block it asks the archive, too."""


@contextmanager
def sample_archive(
    *,
    connections: str = "refused",
    cache: str | os.PathLike[str] | None = None,
    longest_wait: float = LONGEST_WAIT,
    **options: Any,
) -> Iterator[SampleArchive]:
    """Put a sample archive in place of MAST, while the block lasts.

    It listens on a free port of 127.0.0.1. ``tess_source.search`` and its like ask it, and so do sessions that are made meanwhile, those
    that ask MAST otherwise, the program, and processes that are started. The plugins that you have registered stay registered. The person's
    settings, their token, proxies and cache folder are not used. At the end all is as it was before: the environment, the settings of
    sessions, and the default session with its plugins.

    Parameters
    ----------
    connections : str
        ``"refused"``: connections to other machines are an error, see `no_connections`. ``"allowed"``: they are not.
    cache : str or Path, optional
        The cache folder. By default a new one, which is removed at the end.
    longest_wait : float
        Most seconds that are waited for an answer, and for the next bytes of a file; a hundredth of it between two tries.
    **options
        Passed to `SampleArchive`, e.g. ``extra=1000``, ``redirect=True``, ``faults=[…]``.

    Yields
    ------
    SampleArchive
        With ``url``, ``requests``, ``faults``.

    Raises
    ------
    QueryError
        If `connections` is another word.
    OSError
        If the port that was asked for is taken.

    Examples
    --------
    >>> import tess_source
    >>> from tess_source_testing import sample_archive
    >>> with sample_archive() as archive:
    ...     print(len(tess_source.search(16740101, sector=14, kind="lc")))
    1
    """
    if connections not in CONNECTIONS:
        raise QueryError(f"connections={connections!r}: give one of {' and '.join(map(repr, CONNECTIONS))}")
    with ExitStack() as stack:
        archive = stack.enter_context(SampleArchive(**options))
        stack.enter_context(listening(archive.url, archive.mirror))
        if connections == "refused":
            stack.enter_context(no_connections())
        others = {**dict.fromkeys(PROXIES), WAIT: f"{longest_wait:g}"}
        stack.enter_context(_own_settings(archive.url, cache, others))
        yield archive


@contextmanager
def mast_itself(*, cache: str | os.PathLike[str] | None = None) -> Iterator[None]:
    """Ask MAST itself, while the block lasts, as a person without any settings would: for tests that are recorded, or that may reach it.

    As in `sample_archive`, settings, token and cache folder of the person are not used, nothing is remembered of servers, and at the end
    all is as it was before. Proxies are used.

    Parameters
    ----------
    cache : str or Path, optional
        The cache folder. By default a new one, which is removed at the end.

    Yields
    ------
    None
    """
    with _own_settings(None, cache, {}):
        yield


@contextmanager
def _own_settings(
    url: str | None, cache: str | os.PathLike[str] | None, others: Mapping[str, str | None]
) -> Iterator[None]:
    """Let all settings be those of a person who has none, with the server at an address in place of MAST; None: MAST."""
    with TemporaryDirectory(prefix="tess-source-", ignore_cleanup_errors=True) as folder:
        config = Path(folder, "config.toml")
        config.touch()
        settings = {
            **dict.fromkeys(name for name in os.environ if name.startswith(OURS)),
            "TESS_SOURCE_SERVER": url,
            "TESS_SOURCE_CACHE": str(user_path(cache).absolute() if cache else Path(folder, "cache")),
            "TESS_SOURCE_CONFIG": str(config),
            **others,
        }
        forget_servers()  # an archive before this one may have had its port
        try:
            with environment(settings), _sessions_at(url):
                yield
        finally:
            forget_servers()


@contextmanager
def _sessions_at(url: str | None) -> Iterator[None]:
    """Let sessions of MAST, and those of archives that are gone, ask the server at an address; the default session too, as a copy."""
    before = existing_default_session()
    moved = [session for session in list(in_use.values()) if _asks_mast(session.settings)]
    were = [session.settings for session in moved]
    try:
        for session in moved:
            session.settings = _at(session.settings, url)
        _defaults.append(before)
        set_default_session(_copied(before, url))
        yield
    finally:
        _defaults.pop()
        for session, settings in zip(moved, were, strict=True):
            session.settings = settings
        set_default_session(before)


def _asks_mast(settings: Settings) -> bool:
    server = urlsplit(settings.server or "")
    return settings.server is None or (server.hostname == "127.0.0.1" and is_gone(server.port))


def _copied(session: Session | None, url: str | None) -> Session | None:
    """Return another session with the same plugins, which asks the server at an address; None: one is made at the first use."""
    copied = copy.deepcopy(session)
    if copied is not None:
        copied.settings = _at(copied.settings, url)
    return copied


def _at(settings: Settings, url: str | None) -> Settings:
    """Return settings without what is the person's: their cache folder, their token."""
    return replace(settings, server=url, login=None, token=None, cache=None, patience=environment_patience())


def anew(archive: SampleArchive, faults: Iterable[Fault] = (), longest_wait: float = LONGEST_WAIT) -> None:
    """Begin another test with the archive of the innermost block: no requests so far, these faults, and a default session as at first."""
    archive.clear()
    archive.faults.clear()
    for fault in faults:
        archive.faults.add(fault)
    os.environ[WAIT] = f"{longest_wait:g}"
    set_default_session(_copied(_defaults[-1], archive.url))
    for session in list(in_use.values()):
        if session.settings.server == archive.url:
            session.settings = replace(session.settings, patience=environment_patience())


def forget_servers() -> None:
    """Forget what this process remembers of servers, which it knows by their address."""
    if "tess_source_mast.portal" in sys.modules:
        from tess_source_mast.portal import forget_portals

        forget_portals()
