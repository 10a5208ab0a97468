"""One finding of a check-up, and how it is made fit to be shown to others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from tess_source.display.visible import visible_line

__all__ = ["OFF", "OK", "PROBLEM", "Finding", "shareable", "shareable_text"]

OK, PROBLEM, OFF = "ok", "problem", "off"
"""States: in order; to be mended; not there, or not asked, which is no fault."""
_USER = re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/?#]*@", re.IGNORECASE)
"""The user of an address in a text, to the last ``@`` before its path."""
_SECRET = re.compile(r"(?i)\b([\w-]*(?:token|secret|password|passwd|signature|api_?key)[\w-]*\s*[=:]\s*)[^\s&,;'\"]+")
SECRET_NAMES = re.compile(r"(?i)token|secret|password|passwd|api_?key|credential")
"""How the names of environment variables look that hold a secret."""
SHORTEST = 6
"""Characters of the shortest secret that is looked for in texts."""


class Finding(NamedTuple):
    """One line of a check-up."""

    state: str
    """``ok``, ``problem`` or ``off``."""
    topic: str
    """E.g. ``service``."""
    item: str
    """E.g. ``portal``."""
    value: str
    """What was found."""
    advice: str = ""
    """What to do about it."""
    needed_for: str = ""
    """Of a service: what does not work without it."""


def shareable(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings without what is nobody's business: users of addresses, secrets, and the path of your home folder."""
    homes, secrets = _homes(), _secrets()
    return [Finding(*(_without(text, homes, secrets) for text in finding)) for finding in findings]


def shareable_text(text: str) -> str:
    """Return one line of text without what is nobody's business: see `shareable`."""
    return _without(text, _homes(), _secrets())


def _without(text: str, homes: Iterable[str], secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    text = _SECRET.sub(r"\1***", _USER.sub(r"\1", text))
    for home in homes:
        text = re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text)
    return visible_line(text)


def _secrets() -> list[str]:
    """Return the values of environment variables whose names say that they are secret, and the passwords in addresses; longest first."""
    found = {value.strip() for name, value in os.environ.items() if SECRET_NAMES.search(name)}
    for user in (user for value in os.environ.values() for user in re.findall("://(.*)@", value)):
        found |= {user, user.partition(":")[2], unquote(user), unquote(user.partition(":")[2])}
    return sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True)


def _homes() -> list[str]:
    """Return the home folder as it may be written; none if it is the root of the file system."""
    try:
        home = Path.home()
    except RuntimeError:  # the system does not know it
        return []
    spelled = {str(path) for path in (home, home.resolve())} | {path.as_posix() for path in (home, home.resolve())}
    return sorted((path for path in spelled if len(path) > 1), key=len, reverse=True)
