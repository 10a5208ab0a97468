"""The environment and the config file: what they say about each setting, and where its value comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tess_source.errors import QueryError, UnknownNameError, bare_reason
from tess_source.paths import user_path

__all__ = ["ARGUMENT", "DEFAULT", "SETTINGS", "Choice", "Setting", "choice", "chosen", "config_file"]

ARGUMENT, DEFAULT = "argument", "default"
"""Where a value comes from that was given, and one that nothing else says."""
CONFIG = "TESS_SOURCE_CONFIG"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that the environment or the config file may have."""

    default: Any
    """What holds if neither has it."""
    said: str
    """One line for people."""
    read: Callable[[str], Any] = str
    """Reads the text of an environment variable."""
    types: tuple[type, ...] = (str,)
    """Types that the value may have in the config file; empty: it cannot be there."""
    secret: bool = False
    """Whether its value must not be shown."""
    variable: str = ""
    """The environment variable, if it is not called as the setting."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of a setting, and where it comes from."""

    value: Any
    origin: str
    """``"argument"``, the name of an environment variable, the path of the config file, or `DEFAULT`."""


def _yes_or_no(text: str) -> bool:
    word = text.strip().lower()
    if word in {"0", "false", "no", "off"}:
        return False
    if word in {"1", "true", "yes", "on"}:
        return True
    raise QueryError("give 1 or 0")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise QueryError("give a whole number of at least 1") from None


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _files(text: str) -> list[str]:
    return [path for path in text.split(os.pathsep) if path]


SETTINGS: Mapping[str, Setting] = {
    "server": Setting(None, "address in place of MAST's"),
    "prefer": Setting("archive", "where files come from first"),
    "jobs": Setting(8, "files fetched at the same time", _whole, (int,)),
    "layout": Setting("mast", "paths of files below the folder"),
    "cache": Setting(None, "the cache folder"),
    "max_age": Setting(None, "most age of a kept answer", str, (str, int, float)),
    "plugins": Setting((), "files that are used as plugins", _files, (list,)),
    "without": Setting((), "installed plugins that are left out", _words, (list,)),
    "offline": Setting(False, "whether to open no connection", _yes_or_no, ()),
    "insecure_redirects": Setting(False, "whether to follow redirects from https to http", _yes_or_no, ()),
    "token": Setting(None, "MAST token for exclusive data", str, (), secret=True, variable="MAST_API_TOKEN"),
}
"""Name, which is that of the argument of `Session` → what is known of the setting. The variable of ``server`` is ``TESS_SOURCE_SERVER``."""


def variable_of(name: str) -> str:
    """Return the name of the environment variable of a setting."""
    return SETTINGS[name].variable or f"TESS_SOURCE_{name.upper()}"


def chosen(name: str, given: Any = None) -> Any:
    """Return the value of a setting: see `choice`."""
    return choice(name, given).value


def choice(name: str, given: Any = None) -> Choice:
    """Return the value of a setting, and where it comes from: the argument, the environment, the config file, or the default.

    Parameters
    ----------
    name : str
        One of `SETTINGS`.
    given : object, optional
        The argument; None if there is none.

    Raises
    ------
    QueryError
        If a value makes no sense, or the config file cannot be read. If ``TESS_SOURCE_CONFIG`` names a file that does not exist.
    """
    known, variable = SETTINGS[name], variable_of(name)
    if given is not None:
        return Choice(given, ARGUMENT)
    if (text := os.environ.get(variable, "")).strip():
        try:
            return Choice(known.read(text), variable)
        except QueryError as error:
            raise QueryError(f"{variable}={text!r}: {error}") from error
    if known.types and (value := _in_file(name)) is not None:
        return Choice(value, str(config_file()))
    return Choice(known.default, DEFAULT)


def config_file() -> Path:
    """Return the path of the config file, which need not exist: ``TESS_SOURCE_CONFIG``, or the system's place for such files."""
    if given := os.environ.get(CONFIG):
        return user_path(given)
    from platformdirs import user_config_dir

    return Path(user_config_dir("tess-source", appauthor=False)) / "config.toml"


def _in_file(name: str) -> Any:
    """Return a value of the config file, or None."""
    file = config_file()
    values = _values(file)
    allowed = [one for one, known in SETTINGS.items() if known.types]
    for key in values:
        if key not in allowed:
            raise UnknownNameError(f"setting in {str(file)!r}", key, allowed)
    value = values.get(name)
    if value is None:
        return None
    fits = isinstance(value, SETTINGS[name].types) and not isinstance(value, bool)
    if not fits or (isinstance(value, list) and not all(isinstance(one, str) and one for one in value)):
        raise QueryError(f"{name} = {value!r} in the config file {str(file)!r}: give {_WANTED[SETTINGS[name].types]}")
    return value


_WANTED = {
    (str,): 'a text, as "…"',
    (int,): "a whole number",
    (str, int, float): 'seconds, or a text such as "12h"',
    (list,): 'a list of texts, as ["…", "…"]',
}
"""Types → what would be right, for errors."""


def _values(file: Path) -> Mapping[str, Any]:
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        if os.environ.get(CONFIG):
            raise QueryError(f"there is no config file {str(file)!r}, which {CONFIG} names") from error
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise QueryError(f"the config file {str(file)!r} cannot be read: {bare_reason(error)}") from error


@lru_cache(maxsize=4)
def _parsed(text: str) -> Mapping[str, Any]:
    """Return the values in the text of a config file, which is read for each setting, since it may change at any time."""
    import tomllib

    return tomllib.loads(text)
