"""The environment and the config file: what they say about each setting, and where its value comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tess_source.errors import QueryError, UnknownNameError, bare_reason
from tess_source.logins import check_server, taken_out
from tess_source.paths import checked_layout, user_path
from tess_source.units import is_whole, seconds

__all__ = [
    "ARGUMENT",
    "DEFAULT",
    "SETTINGS",
    "Choice",
    "Setting",
    "choice",
    "chosen",
    "config_file",
    "faults",
    "leaving_out",
]

ARGUMENT, DEFAULT = "argument", "default"
"""Where a value comes from that was given, and one that nothing else says."""
CONFIG = "TESS_SOURCE_CONFIG"
FILE = "file"
"""What `faults` calls the config file, if it is at fault as a whole."""
_left_out: set[str] = set()
"""What is not used at the moment: see `leaving_out`."""


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
    check: Callable[[Any], object] = lambda value: None
    """Raises a `QueryError` if a value of the environment or the file makes no sense."""
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

    def path(self, value: str | Path) -> Path:
        """Return a value as an absolute path. A relative one in the config file is taken from the folder of that file."""
        file = config_file()
        return ((file.parent if self.origin == str(file) else Path()) / cache_path(value)).absolute()


def cache_path(path: str | Path) -> Path:
    """Return the path of a cache folder that a user gave, as `user_path` does."""
    return user_path(path, "the cache folder must be one. Files can go to an object store: give it as root= or --to")


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
        return 0  # which is refused


def _at_least_one(number: int) -> None:
    if not is_whole(number, 1):
        raise QueryError("give a whole number of at least 1")


def _seconds_above_0(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise QueryError("give a number of seconds above 0")
    return number


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _names(text: str) -> None:
    if not all(name.strip() for name in text.split(",")):
        raise QueryError("give a name, or several with commas")


def _files(text: str) -> list[str]:
    return [path for path in text.split(os.pathsep) if path]


SETTINGS: Mapping[str, Setting] = {
    "server": Setting(None, "address in place of MAST's", check=lambda text: check_server(taken_out(text)[0])),
    "archive": Setting(None, "archives that are asked: all but stand-ins, if not set", check=_names),
    "prefer": Setting("archive", "where files come from first"),
    "jobs": Setting(8, "files fetched at the same time", _whole, (int,), _at_least_one),
    "processes": Setting(1, "processes that fetch and verify many files", _whole, (int,), _at_least_one),
    "layout": Setting("mast", "paths of files below the folder", check=checked_layout),
    "cache": Setting(None, "the cache folder", check=cache_path),
    "max_age": Setting(None, "most age of a kept answer", str, (str, int, float), seconds),
    "plugins": Setting((), "files that are used as plugins", _files, (list,)),
    "without": Setting((), "installed plugins that are left out", _words, (list,)),
    "offline": Setting(False, "whether to open no connection", _yes_or_no, ()),
    "insecure_redirects": Setting(False, "whether to follow redirects from https to http", _yes_or_no, ()),
    "token": Setting(None, "MAST token for exclusive data", str, (), secret=True, variable="MAST_API_TOKEN"),
    "longest_wait": Setting(None, "for tests: most seconds to wait for an answer", _seconds_above_0, ()),
}
"""Name, which is that of the argument of `Session` if it has one → what is known of the setting. The variable of ``server`` is
``TESS_SOURCE_SERVER``."""


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
    if name in _left_out:
        return Choice(known.default, DEFAULT)
    if text := os.environ.get(variable, "").strip():
        return Choice(_sound(name, text, known.read, f"{variable}={text!r}", variable), variable)
    if known.types and FILE not in _left_out and (value := _in_file(name)) is not None:
        file = f"the config file {str(config_file())!r}"
        return Choice(
            _sound(name, value, lambda as_is: as_is, f"{name} = {value!r} in {file}", file), str(config_file())
        )
    return Choice(known.default, DEFAULT)


def _sound(name: str, given: Any, read: Callable[[Any], Any], place: str, place_of_secret: str) -> Any:
    """Return a value as it is read, after its check. A server is not shown, since a password may be in it."""
    try:
        value = read(given)
        SETTINGS[name].check(value)
    except QueryError as error:
        raise QueryError(f"{place_of_secret if name == 'server' else place}: {error}") from error
    return value


def faults() -> dict[str, str]:
    """Return what makes no sense in the environment and the config file: setting, or `FILE` → message. What is left out counts too."""
    found: dict[str, str] = {}
    before = {*_left_out}
    _left_out.clear()
    try:
        for name in (FILE, *SETTINGS):
            try:
                _known_values() if name == FILE else choice(name)
            except QueryError as error:
                found[name] = str(error)
                _left_out.update({name} & {FILE})  # it is at fault once, not for each setting
    finally:
        _left_out.clear()
        _left_out.update(before)
    return found


@contextmanager
def leaving_out(names: Iterable[str]) -> Iterator[None]:
    """Use the defaults of settings for a while, whatever the environment and the config file say; of `FILE`, no setting of the file.

    It is for what must work with wrong settings too, such as ``tess-source doctor``.

    Parameters
    ----------
    names : iterable of str
        As `faults` gives them.
    """
    new = {*names} - _left_out
    _left_out.update(new)
    try:
        yield
    finally:
        _left_out.difference_update(new)


def config_file() -> Path:
    """Return the path of the config file, which need not exist: ``TESS_SOURCE_CONFIG``, or the system's place for such files."""
    if given := os.environ.get(CONFIG):
        return user_path(given)
    from platformdirs import user_config_dir

    return Path(user_config_dir("tess-source", appauthor=False)) / "config.toml"


def _in_file(name: str) -> Any:
    """Return a value of the config file, or None."""
    value = _known_values().get(name)
    if value is None or value == "":
        return None
    fits = isinstance(value, SETTINGS[name].types) and not isinstance(value, bool)
    if not fits or (isinstance(value, list) and not all(isinstance(one, str) and one for one in value)):
        place = f"{name} = {value!r} in the config file {str(config_file())!r}"
        raise QueryError(f"{place}: give {_WANTED[SETTINGS[name].types]}")
    return value


_WANTED = {
    (str,): 'a text, as "…"',
    (int,): "a whole number",
    (str, int, float): 'seconds, or a text such as "12h"',
    (list,): 'a list of texts, as ["…", "…"]',
}
"""Types → what would be right, for errors."""


def _known_values() -> Mapping[str, Any]:
    """Return what the config file says, after a check of its names."""
    file = config_file()
    values = _values(file)
    allowed = [one for one, known in SETTINGS.items() if known.types]
    for key in values:
        if key not in allowed:
            raise UnknownNameError(f"setting in {str(file)!r}", key, allowed)
    return values


def _values(file: Path) -> Mapping[str, Any]:
    try:
        return _parsed(file.read_text(encoding="utf-8-sig"))  # some editors write a BOM
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
