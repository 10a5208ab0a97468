"""How one try to transfer a file fails, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tess_source.errors import DownloadError

__all__ = [
    "FEW",
    "MANY",
    "AbsentError",
    "AgainError",
    "ChangedError",
    "DamagedError",
    "PageError",
    "UnchangedError",
    "UnreachableError",
    "reason_of",
    "without_secrets",
]


FEW, MANY = 2, 10
"""Files in a row that fail before their host is given up."""


class AgainError(DownloadError):
    """A failure that may be temporary.

    Parameters
    ----------
    problem : str
    pause : float, optional
        Seconds that the server asked to wait.
    strain : bool
        Whether it is a sign that the archive has too many requests.
    everybody : bool
        Whether the pause holds for all files of this host.
    files : int
        Files in a row that may fail so before the host is given up: `FEW` if it cannot be reached or wants no requests, `MANY` if the
        reason may lie in the file, 0 if it does. See `tess_source.download.hosts`.
    """

    def __init__(
        self, problem: str, pause: float | None = None, *, strain: bool = False, everybody: bool = False, files: int = 0
    ) -> None:
        self.pause: float | None = pause
        self.strain: bool = strain
        self.everybody: bool = everybody
        self.files: int = files
        super().__init__(problem)


class UnreachableError(AgainError):
    """There was no connection to the host, or to the proxy."""


class AbsentError(DownloadError):
    """There is no such file."""


class ChangedError(DownloadError):
    """The file is there, in another state than was told with the question. It was only looked at."""


class UnchangedError(DownloadError):
    """The file is still in the state that was told with the question, so it does not come again."""


class PageError(AgainError):
    """The server sent a page or a message in place of a file."""

    def __init__(self, page: str) -> None:
        super().__init__(f"what came is not the file but {page}", files=MANY)


class DamagedError(AgainError):
    """All bytes arrived, and they are wrong."""


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return a message without secrets, e.g. one that cites a header that cannot be sent."""
    words = {word for secret in secrets for word in re.split(r"[\s=;,]+", secret) if len(word) >= 4}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "***")
    return text


def reason_of(error: BaseException) -> str:
    """Return what went wrong, in words, without urllib3's connection object and the queries of addresses, which may hold a signature."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if inner := next((one for one in error.args if isinstance(one, OSError) and one.strerror), None):
        return str(inner.strerror)
    message = str(error) or type(error).__name__
    if message.startswith(("HTTPConnection", "HTTPSConnection", "<")) and ": " in message:
        message = message.split(": ", 1)[1]
    return re.sub(r"\?[^\s'\")]+", "?…", message)
