"""Where the cache folder is, and how long answers are believed: argument, environment, config file; read when it is used."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tess_source.errors import QueryError, UnknownNameError
from tess_source.units import count_of_bytes, seconds

if TYPE_CHECKING:
    from tess_source.hooks.records import Settings

__all__ = [
    "MAX_AGE",
    "OWN_FOLDER",
    "cache_folder",
    "config_file",
    "count_of_bytes",
    "is_explicit",
    "is_offline",
    "max_age",
    "seconds",
    "store_root",
]

MAX_AGE = 24 * 3600.0
"""Seconds that an answer of an archive is believed, unless something else is asked for."""
OWN_FOLDER = ".tess-source"
"""What tess-source writes for itself into the cache folder; all else there is shared with astroquery and lightkurve."""
NAMES = ("cache", "max_age")
"""What the config file may hold."""


def config_file() -> Path:
    """Give the path of the config file, which need not exist: ``TESS_SOURCE_CONFIG``, else where the system keeps such files."""
    if given := os.environ.get("TESS_SOURCE_CONFIG"):
        return Path(given).expanduser()
    from platformdirs import user_config_dir

    return Path(user_config_dir("tess-source", appauthor=False)) / "config.toml"


def cache_folder(given: str | Path | None = None) -> Path:
    """Give the cache folder, which need not exist.

    Parameters
    ----------
    given : str or Path, optional
        An argument; it comes before ``TESS_SOURCE_CACHE``, that before ``cache`` in the config file, that before the system's own
        place for caches.

    Returns
    -------
    Path
        An absolute path. A relative one in the config file is taken from the folder of that file.

    Raises
    ------
    QueryError
        If the config file cannot be understood.
    """
    if chosen := given or os.environ.get("TESS_SOURCE_CACHE"):
        return Path(chosen).expanduser().absolute()
    if configured := _configured("cache"):
        if not isinstance(configured, str):
            raise QueryError(f"'cache' in {str(config_file())!r} is a folder; {configured!r} is not")
        return (config_file().parent / Path(configured).expanduser()).absolute()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("tess-source", appauthor=False)).absolute()


def is_explicit(given: str | Path | None = None) -> bool:
    """Tell whether somebody chose the cache folder for this run: by argument or ``TESS_SOURCE_CACHE``."""
    return bool(given or os.environ.get("TESS_SOURCE_CACHE"))


def store_root(settings: Settings) -> Path:
    """Give the folder of a session's store: the cache folder, or, for another server than the archive's own, one of its own in it.

    Files and answers of two servers never lie together: a sample archive has true names and simulated bytes.
    """
    folder = cache_folder(settings.cache)
    if not settings.server:
        return folder
    parts = urlsplit(settings.server)
    readable = re.sub(r"[^A-Za-z0-9.-]+", "_", f"{parts.netloc.rpartition('@')[2]}{parts.path}").strip("._")[:60]
    digest = hashlib.sha256(settings.server.rstrip("/").encode()).hexdigest()[:8]
    return folder / OWN_FOLDER / "servers" / f"{readable}-{digest}"


def max_age(given: float | None = None) -> float:
    """Give how old an answer may be [s]: an argument, else ``TESS_SOURCE_MAX_AGE``, ``max_age`` in the config file, or a day."""
    if given is not None:
        return given
    configured = os.environ.get("TESS_SOURCE_MAX_AGE") or _configured("max_age")
    return MAX_AGE if configured is None else seconds(configured)


def is_offline(given: bool | None = None) -> bool:
    """Tell whether no connection may be opened: an argument, else ``TESS_SOURCE_OFFLINE``."""
    if given is not None:
        return given
    word = os.environ.get("TESS_SOURCE_OFFLINE", "").strip().lower()
    if word in {"", "0", "false", "no", "off"}:
        return False
    if word in {"1", "true", "yes", "on"}:
        return True
    raise QueryError(f"TESS_SOURCE_OFFLINE={word!r}: give 1 or 0")


def _configured(name: str) -> Any:
    """Give a value of the config file, or None."""
    file = config_file()
    import tomllib

    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise QueryError(f"the config file {str(file)!r} cannot be read: {reason}") from error
    for key in values:
        if key not in NAMES:
            raise UnknownNameError(f"setting in {str(file)!r}", key, NAMES)
    return values.get(name)
