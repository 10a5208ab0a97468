"""The settings of a session, from arguments, environment variables or the config file.

The cache folder and the most age of answers are looked up when they are used.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from tess_source import config
from tess_source.errors import OfflineError, QueryError
from tess_source.logins import Login, check_server, taken_out
from tess_source.object_store.path import ObjectPath, Root
from tess_source.paths import checked_layout
from tess_source.patience import Patience, environment_patience
from tess_source.units import count_of_bytes, is_whole, plain_number, seconds
from tess_source.wording import keyword

__all__ = [
    "ARCHIVE",
    "MAX_AGE",
    "ONLY",
    "OWN_FOLDER",
    "ExecutorLike",
    "Patience",
    "Settings",
    "cache_folder",
    "check_server",
    "count_of_bytes",
    "is_explicit",
    "is_offline",
    "max_age",
    "preference",
    "seconds",
    "store_root",
]

MAX_AGE = 24 * 3600.0
"""Default of the most age of an archive's answer [s]: a day."""
OWN_FOLDER = ".tess-source"
"""Subfolder of the cache folder for tess-source's own files; all else there is shared with astroquery and lightkurve."""
MOST_PROCESSES = 256
"""Processes at most: a slip of the keyboard should not start a million."""
ARCHIVE, ONLY = "archive", "-only"
"""The word that prefers an archive's own addresses to those of copies, and the ending of words that leave out all others."""

ExecutorLike: TypeAlias = Any
"""Who works in this process's place: see `tess_source.workers.workers_of`."""
OnProgress: TypeAlias = bool | Callable[[int, int], object] | None
"""How to show progress. True: a bar. False: nothing. None: a bar in a notebook, or if stderr is a terminal. A function: called with
(files done, bytes done)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a session, passed to every hook that may open a connection."""

    server: str | None = field(default_factory=lambda: config.chosen("server"))
    """Base URL in place of the archive's own, e.g. that of a sample archive; from the environment or the config file if not given.
    A user name and password in it (``https://user:password@host``) are taken out of it, into `login`."""
    token: str | None = field(default=None, repr=False)
    """Secret for exclusive data, sent to the archive's own hosts over https only; never shown, saved or logged."""
    timeout: float = 600.0
    """Most seconds for one question to an archive in all."""
    jobs: int = field(default_factory=lambda: checked_jobs(None))
    """Files fetched at the same time; 1: in the calling thread."""
    processes: int = field(default_factory=lambda: checked_processes(None))
    """Processes of this machine that do what is much work, such as to fetch many files, unless an `executor` is given: see
    `Settings.workers`. 1: threads of this process."""
    layout: str = field(default_factory=lambda: layout_of(None))
    """Where files lie below a folder, if a plan does not say: see `Found.plan`."""
    progress: OnProgress = None
    """True: show a bar while files are fetched. None: show one in a notebook, and if stderr is a terminal. There, a search that takes
    more than two seconds also says what it is doing. False: show nothing. A function is called with (files done, bytes done) instead."""
    patience: Patience = field(default_factory=environment_patience, repr=False)
    """Tries, pauses and limits of each file; see `tess_source.patience.longest_wait`."""
    cache: str | Path | None = None
    """The cache folder, if it was given: see `tess_source.settings.cache_folder`."""
    max_age: float | None = None
    """Most age of an answer [s], if it was given: see `tess_source.settings.max_age`."""
    offline: bool | None = None
    """Whether no connection may be opened, if that was given: see `tess_source.settings.is_offline`."""
    archive: tuple[str, ...] | None = field(default_factory=lambda: archives_of(None))
    """Names of the archives that are asked; from the environment or the config file if not given. None: all but stand-ins."""
    insecure_redirects: bool = field(default_factory=lambda: config.chosen("insecure_redirects"))
    """Whether redirects from https to http are followed. Read from ``TESS_SOURCE_INSECURE_REDIRECTS`` if not given."""
    prefer: str | None = None
    """Which addresses of a file are tried first, if that was given: see `tess_source.settings.preference`."""
    login: Login | None = field(default=None, repr=False)
    """User name and password of the server, sent to this server only; never shown, saved or logged."""

    executor: ExecutorLike = field(default=None, repr=False, compare=False)
    """Who works in place of this process: see `tess_source.workers.workers_of`. It does not travel to other processes, nor is it saved."""

    @classmethod
    def of(
        cls,
        server: str | None,
        *,
        archive: str | Iterable[str] | None,
        token: str | None,
        timeout: float,
        jobs: int | None,
        processes: int | None = None,
        layout: str | None = None,
        cache: str | Path | None,
        max_age: float | str | timedelta | None,
        offline: bool | None,
        insecure_redirects: bool | None = None,
        prefer: str | None = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
    ) -> Settings:
        """Return settings of the arguments of `tess_source.session.Session`, after a check.

        Raises
        ------
        QueryError
            If an argument makes no sense.
        """
        insecure = _checked_flag("insecure_redirects", insecure_redirects)
        settings = cls(
            server=config.chosen("server", server or None), token=token, timeout=checked_seconds("timeout", timeout),
            jobs=checked_jobs(jobs), processes=checked_processes(processes), layout=layout_of(layout), cache=cache,
            max_age=None if max_age is None else seconds(max_age),
            offline=_checked_flag("offline", offline), archive=archives_of(archive), prefer=prefer, progress=progress,
            executor=executor, insecure_redirects=config.chosen("insecure_redirects", insecure),
        )  # fmt: skip
        check_server(settings.server)
        return settings

    def __getstate__(self) -> list[Any]:
        return [None if one.name == "executor" else getattr(self, one.name) for one in fields(self)]

    def __post_init__(self) -> None:
        server, login = taken_out((self.server or "").rstrip("/"))
        login = login or (self.login if self.login and self.login.headers(server) else None)
        object.__setattr__(self, "server", server.rstrip("/") or None)
        object.__setattr__(self, "login", login)
        if self.cache:
            object.__setattr__(self, "cache", config.cache_path(self.cache))

    def workers(self, executor: ExecutorLike = None, *, many: bool = True) -> ExecutorLike:
        """Return who does some work: an argument if one is given, else the session's executor, else its processes if there is much to do.

        Parameters
        ----------
        executor : object, optional
            The argument of the function that was called.
        many : bool
            Whether the work is worth the start of processes, about a second each.

        Returns
        -------
        object
            For `tess_source.workers.workers_of`. None: this process.
        """
        for given in (executor, self.executor):
            if given is not None:
                return given
        return self.processes if many and self.processes > 1 else None

    def alone(self) -> Settings:
        """Return settings for a worker, which does everything itself."""
        return replace(self, executor=None, processes=1)

    @property
    def server_name(self) -> str:
        """``MAST``, or the address of another server."""
        return self.server or "MAST"

    def authorization(self, url: str) -> dict[str, str]:
        """Return the header with the server's user name and password; empty if there are none, or the address is of another host."""
        return self.login.headers(url) if self.login else {}


def layout_of(layout: str | None) -> str:
    """Return a layout after a check: the argument, that of the environment or the config file, or ``mast``.

    Raises
    ------
    QueryError
        If it is no layout.
    """
    word = config.chosen("layout", layout)
    checked_layout(word)
    return str(word)


def archives_of(names: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the names of archives: the argument, those of the environment or the config file, or None.

    Raises
    ------
    QueryError
        If they are no names.
    """
    return checked_names("archive", config.chosen("archive", names))


def checked_jobs(jobs: int | None) -> int:
    """Return a number of files to fetch at the same time, after a check: the argument, that of the environment or the config file, or 8.

    Raises
    ------
    QueryError
        If it is none.
    """
    return _checked_count("jobs", jobs)


def checked_processes(processes: int | None) -> int:
    """Return a number of processes that fetch files, after a check: the argument, that of the environment or the config file, or 1.

    Raises
    ------
    QueryError
        If it is none.
    """
    return _checked_count("processes", processes, MOST_PROCESSES)


def _checked_count(name: str, given: int | None, most: float = math.inf) -> int:
    count = config.chosen(name, given)
    number = plain_number(count)
    if not is_whole(number, 1) or number > most:
        bound = "" if most == math.inf else f", and at most {most}"
        raise QueryError(keyword(name, count), f": give a whole number of at least 1{bound}")
    return int(number)


def checked_names(what: str, names: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Return one or several names as a tuple; None stays None. A text may hold several, with commas.

    Raises
    ------
    QueryError
        If they are not names; the message has their argument's name.
    """
    if names is None:
        return None
    given = [names] if isinstance(names, str) else list(names)
    found = [part.strip() for name in given for part in (name.split(",") if isinstance(name, str) else ("",))]
    if not all(found) or not found:
        raise QueryError(keyword(what, names), ": give a name, or several")
    return tuple(dict.fromkeys(found))


def _checked_flag(name: str, flag: bool | None) -> bool | None:
    """Return an argument that is yes or no, after a check; None: as the environment says.

    Raises
    ------
    QueryError
        If it is neither True nor False nor None.
    """
    plain = plain_number(flag)
    if not (plain is None or isinstance(plain, bool)):
        raise QueryError(keyword(name, flag), ": give True, False, or None")
    return plain


def at_server(url: str, settings: Settings) -> str:
    """Return the address that is actually requested.

    With another server than the archive's own, every address of any host becomes *server + the path on its real host*. So a sample archive
    or a mirror can replace all hosts, and no other host is asked.

    Parameters
    ----------
    url : str
        An address. It stays as it is if it is not an http or https address, or lies at the server already.
    settings : Settings
    """
    parts, server = urlsplit(url), settings.server
    if not server or parts.scheme not in {"http", "https"} or f"{url}/".startswith(f"{server}/"):
        return url
    return server + urlunsplit(("", "", parts.path or "/", parts.query, ""))


def checked_seconds(name: str, value: float) -> float:
    """Return a number of seconds above 0, after a check.

    Raises
    ------
    QueryError
        If it is not such a number; the message has its argument's name.
    """
    number = plain_number(value)
    if not isinstance(number, Real) or isinstance(number, bool) or not float(number) > 0:
        raise QueryError(f"{name}={value!r}: give a number of seconds above 0")
    return float(number)


def cache_folder(given: str | Path | None = None) -> Path:
    """Return the cache folder, which need not exist.

    Parameters
    ----------
    given : str or Path, optional
        The argument. If it is None, ``TESS_SOURCE_CACHE``, ``cache`` in the config file, or the system's place for caches is used, in
        this order.

    Returns
    -------
    Path
        An absolute path. A relative one in the config file is taken from the folder of that file.

    Raises
    ------
    QueryError
        If the config file cannot be understood.
    """
    choice = config.choice("cache", given or None)
    if choice.value is None:
        from platformdirs import user_cache_dir

        return Path(user_cache_dir("tess-source", appauthor=False)).absolute()
    return choice.path(choice.value)


def is_explicit(given: str | Path | None = None) -> bool:
    """Return whether the cache folder was chosen for this run: by argument or ``TESS_SOURCE_CACHE``."""
    return bool(given or os.environ.get("TESS_SOURCE_CACHE"))


def store_root(settings: Settings) -> Path:
    """Return the folder of a session's store: the cache folder, or a separate folder in it for another server than the archive's own.

    Files and answers of two servers are kept apart: a sample archive has true names and simulated bytes.
    """
    folder = cache_folder(settings.cache)
    if not settings.server:
        return folder
    return folder / OWN_FOLDER / "servers" / _folder_of_server(settings.server)


@lru_cache(maxsize=100)
def _folder_of_server(server: str) -> str:
    parts = urlsplit(server)
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", f"{parts.netloc}{parts.path}").strip("._")[:60]
    digest = hashlib.sha256(server.encode()).hexdigest()[:8]
    return f"{readable}-{digest}"


def max_age(given: float | None = None) -> float:
    """Return the most age of an answer [s]: the argument, else ``TESS_SOURCE_MAX_AGE``, ``max_age`` in the config file, or a day."""
    age = config.chosen("max_age", given)
    return MAX_AGE if age is None else seconds(age)


def is_offline(given: bool | None = None) -> bool:
    """Return whether no connection may be opened: the argument, else ``TESS_SOURCE_OFFLINE``."""
    return bool(config.chosen("offline", given))


def checked_online(place: Root, settings: Settings) -> Root:
    """Return a place for files, after a check: offline, it must be on this machine.

    Raises
    ------
    OfflineError
        If it is in an object store, and no connection may be opened.
    """
    if isinstance(place, ObjectPath) and is_offline(settings.offline):
        raise OfflineError(str(place), "it is in an object store")
    return place


def preference(given: str | None = None) -> Any:
    """Return which addresses are tried first: the argument, ``TESS_SOURCE_PREFER``, ``prefer`` in the config file, or ``archive``.

    Raises
    ------
    QueryError
        If the config file cannot be understood.
    """
    return config.chosen("prefer", given or None)
