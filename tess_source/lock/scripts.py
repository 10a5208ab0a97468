"""Scripts, in Python or for curl, that fetch the files of a lock without tess-source, e.g. for the readers of a paper."""

from __future__ import annotations

import json
import re
import shlex
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING

from tess_source.display.visible import visible_line
from tess_source.download.addresses import Addresses
from tess_source.errors import LockError

if TYPE_CHECKING:
    from tess_source.hooks.records import Copy, Transport
    from tess_source.settings import Settings
    from tess_source.tables.items import Item
    from tess_source.tables.plan import Plan

__all__ = ["LANGUAGES", "script"]

_SHA256 = re.compile(r"[0-9a-f]{64}")


def script(
    plan: Plan,
    transports: Mapping[str, Transport],
    settings: Settings,
    language: str = "python",
    copies: Mapping[str, Copy] | None = None,
) -> str:
    """Return a program that fetches and checks the files of a lock without tess-source.

    Parameters
    ----------
    plan : Plan
        A lock.
    transports : mapping
        URI scheme → how to fetch it. Only addresses are taken from it, never a token.
    settings : Settings
        Of the session; only its server counts.
    language : str
        ``"python"`` (3.8 or newer, only its standard library) or ``"curl"`` (a POSIX shell with curl and sha256sum or shasum).
    copies : mapping, optional
        Name → copy of an archive's files: further addresses.

    Returns
    -------
    str
        The program's text; plain ASCII.

    Raises
    ------
    LockError
        If a file of the lock cannot be fetched, or has an unsafe path or an invalid sum.
    """
    write = LANGUAGES.get(language)
    if write is None:
        raise LockError(f"there is no {language!r} script; there are {', '.join(LANGUAGES)}")
    addresses = Addresses(transports, copies or {}, settings)
    items = list(plan)
    addresses.look_up(uri for item in items for uri in (item.uri, *item.mirrors))
    files = [(item, _addresses(item, addresses)) for item in items]
    return write(list(_lines_of_origin(plan)), files)


def _addresses(item: Item, addresses: Addresses) -> list[str]:
    """Return all addresses of a file, best first."""
    if item.problem is not None:
        raise LockError(f"{item.uri or item.filename!r} cannot be in a script: {item.problem}")
    if item.sha256 is not None and not _SHA256.fullmatch(item.sha256):
        raise LockError(f"{item.uri!r} has an invalid sha256: {item.sha256!r}")
    urls = [request.url for uri in addresses.uris_of(item) for request in addresses.of(uri)]
    if not urls:
        raise LockError(f"no plugin knows where {item.uri!r} is")
    if wrong := [url for url in urls if not (url.startswith(("https://", "http://")) and url.isprintable())]:
        raise LockError(f"{wrong[0]!r} is not an address that a script can fetch")
    return urls


def _lines_of_origin(plan: Plan) -> Iterator[str]:
    """Yield comment lines about the origin of the list. `_comment` escapes them, since they may hold text from an archive."""
    record = plan.record
    versions = record.get("versions", {})
    yield f"{len(plan):,} files of {record.get('server', 'an archive')}, as it answered {record.get('time', 'at an unknown time')};"
    yield f"written by tess-source {versions.get('tess-source', '')}".rstrip() + "; needs nothing of it."
    without = sum(item.sha256 is None for item in plan)
    if without:
        yield f"{without:,} of them were not fetched when this was written: they have no sha256, and only their size is checked."


def _comment(line: str) -> str:
    return "# " + json.dumps(visible_line(line))[1:-1]


class _Script(string.Template):
    """A template of a program whose placeholders are comments in Python and in a shell, e.g. ``#@files``, so that it runs as it is."""

    delimiter = "#@"


def _filled(name: str, **lines: Iterable[str]) -> str:
    """Return a script of this folder with its placeholders filled in."""
    text = resources.files("tess_source.lock").joinpath(name).read_text("ascii")
    return _Script(text).substitute({place: "\n".join(given) for place, given in lines.items()})


# -- Python --


def _python(about: list[str], files: list[tuple[Item, list[str]]]) -> str:
    lines = [f"    ({i.path!a}, {i.size!r}, {i.sha256!r}, [{', '.join(map(ascii, urls))}])," for i, urls in files]
    return _filled("fetch.py.txt", about=map(_comment, about), files=lines)


# -- curl --


def _curl(about: list[str], files: list[tuple[Item, list[str]]]) -> str:
    calls = []
    for item, urls in files:
        words = [item.path, "-" if item.size is None else str(item.size), item.sha256 or "-", *urls]
        calls.append("get " + " ".join(map(_shell_quoted, words)))
    return _filled("fetch.sh", about=map(_comment, about), calls=calls)


def _shell_quoted(word: str) -> str:
    """Return a word quoted for any POSIX shell. Bytes of other than ASCII characters are written with printf."""
    if word.isascii():
        return shlex.quote(word)
    octal = "".join(f"\\{byte:03o}" for byte in word.encode())
    return f"\"$(printf '{octal}')\""


LANGUAGES: dict[str, Callable[[list[str], list[tuple[Item, list[str]]]], str]] = {"python": _python, "curl": _curl}
"""Name → writer."""
