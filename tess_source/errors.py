"""The exceptions of tess-source, each also a builtin exception, so that you can catch them without importing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from tess_source.display.visible import visible_line
from tess_source.synonyms import absent, misspelt_same, same_as
from tess_source.wording import Wording, in_program

__all__ = [
    "BlockedConnectionError",
    "BlockedDatagramError",
    "DamagedFileError",
    "DownloadError",
    "ForkedError",
    "LargeAnswerError",
    "LoadError",
    "LockError",
    "MissingExtraError",
    "NetworkError",
    "NoColumnError",
    "NoObjectError",
    "NoReaderError",
    "NoSessionError",
    "ObjectConflictError",
    "ObjectStoreError",
    "OfflineError",
    "PluginConflictError",
    "PluginError",
    "QueryError",
    "ResolverError",
    "ServiceError",
    "TableError",
    "TessSourceError",
    "UnknownNameError",
    "UnsafePathError",
    "WorkersError",
    "bare_reason",
    "did_you_mean",
    "ending",
    "nearest",
    "type_and_text",
]


class TessSourceError(Exception):
    """Base of all exceptions that tess-source raises.

    Its arguments are the message: text, and parts that the program words differently (`tess_source.wording.keyword`), put together without
    spaces. It is shown on one line, with control characters as escapes, since it may cite texts from elsewhere.
    """

    def __str__(self) -> str:
        return visible_line(self._message(str))

    @property
    def in_program(self) -> str:
        """The message as the program shows it: with options where Python has keyword arguments."""
        own = type(self).__str__ is TessSourceError.__str__
        return visible_line(self._message(in_program)) if own else str(self)

    def _message(self, worded: Callable[[object], str]) -> str:
        """Return the message, in which parts of several wordings are put into text by `worded`; it may hold texts from elsewhere."""
        if all(isinstance(part, str | Wording | TessSourceError) for part in self.args):
            return "".join(map(worded, self.args))
        return super().__str__()


class QueryError(TessSourceError, ValueError):
    """An argument or question that makes no sense; the message says what would be right."""


class LargeAnswerError(QueryError):
    """More observations or bytes than are fetched without being told so; the message says how many, and that ``large=True`` goes on."""


class UnknownNameError(QueryError, LookupError):
    """An unknown name, e.g. of a filter, a column or a table.

    Parameters
    ----------
    what : str
        The sort of name, e.g. ``"filter"``.
    name : str
        The unknown name.
    choices : iterable of str or Wording
        The known names.
    """

    def __init__(self, what: str, name: str, choices: Iterable[str | Wording]) -> None:
        known = tuple(dict.fromkeys(choices))
        self.what: str = what
        self.name: str = name
        self.choices: tuple[str, ...] = tuple(map(str, known))
        super().__init__(what, name, known)

    def _message(self, worded: Callable[[object], str]) -> str:
        start = f"unknown {self.what} {self.name!r}; "
        words = {str(choice): worded(choice) for choice in self.args[2]}
        if close := nearest(self.name, words):
            return f"{start}did you mean {' or '.join(repr(words[name]) for name in close)}?"
        if why := absent(self.name):
            return f"{start}{why}"
        return f"{start}known are: {', '.join(sorted(words.values())[:40]) or 'none'}"


class ResolverError(TessSourceError, LookupError):
    """A name that no resolver knows."""


class ServiceError(TessSourceError, ConnectionError):
    """A failure of an archive service, as opposed to an empty answer.

    Parameters
    ----------
    service : str
        The service, e.g. ``"Mast.Caom.Products"``.
    problem : str
        What happened.
    status : int, optional
        The HTTP code, if there was one.
    advice : str, optional
        What to do about it.
    """

    def __init__(self, service: str, problem: str, status: int | None = None, advice: str = "") -> None:
        self.service: str = service
        self.problem: str = problem
        self.status: int | None = status
        self.advice: str = advice
        super().__init__(service, problem, status, advice)

    def _message(self, worded: Callable[[object], str]) -> str:
        code = f" (HTTP {self.status})" if self.status is not None else ""
        return f"{self.service}: {self.problem}{code}{'. ' + self.advice if self.advice else ''}"


class NetworkError(ServiceError):
    """A failure on the way to an archive, not of the archive: a proxy, a name that is unknown, a certificate, no network.

    Its parameters are those of `ServiceError`. The message does not begin with the service, which is not to blame.
    """

    def _message(self, worded: Callable[[object], str]) -> str:
        return f"{self.problem}{'. ' + self.advice if self.advice else ''}"


class OfflineError(TessSourceError, ConnectionError):
    """Something that is not in the cache folder, while no connection may be opened.

    Parameters
    ----------
    missing : str
        What is missing; empty for what is never in the cache folder, and then the reason is all that is said.
    reason : str or TessSourceError, optional
        Why it cannot be there.
    """

    def __init__(self, missing: str, reason: str | TessSourceError = "") -> None:
        self.missing: str = missing
        self.reason: str = str(reason)
        super().__init__(missing, reason)

    def _message(self, worded: Callable[[object], str]) -> str:
        if not self.missing:
            return f"offline: {worded(self.args[1])}"
        why = f" ({worded(self.args[1])})" if self.reason else ""
        return f"offline, and not in the cache folder: {self.missing}{why}; ask for it once with a connection"


class BlockedConnectionError(TessSourceError, RuntimeError):
    """A connection that a test tried to open to another machine, where that is not allowed; see `tess_source_testing.no_connections`.

    It is no `OSError`, so that nobody takes it for a failure of the network, and tries again.
    """


class BlockedDatagramError(BlockedConnectionError, OSError):
    """The same for UDP, by which libraries look for this machine's own address, and do without if it is an `OSError`."""


class TableError(TessSourceError, TypeError):
    """Data that do not fit the table they were given for."""


class PluginError(TessSourceError, RuntimeError):
    """A faulty plugin; the message names it."""


class PluginConflictError(PluginError):
    """Two plugins that claim the same name; the message names both."""


class ForkedError(TessSourceError, RuntimeError):
    """Work on tables in a process that was forked, where polars would wait for ever; the message says what to do instead."""


class DownloadError(TessSourceError, OSError):
    """A file that could not be fetched."""


class UnsafePathError(DownloadError, ValueError):
    """A name from an archive that would be written outside of your folder."""


class ObjectStoreError(TessSourceError, OSError):
    """A failure of an object store, such as S3. The message names the bucket and the key, never credentials.

    Parameters
    ----------
    place : str
        The object or bucket, e.g. ``"s3://bucket/key"``.
    problem : str
        What happened.
    advice : str, optional
        What to do about it.
    lasting : bool, optional
        Whether it concerns all objects of the bucket, and another try would fail too, e.g. without permission.
    """

    def __init__(self, place: str, problem: str, advice: str = "", lasting: bool = False) -> None:
        self.place: str = place
        self.problem: str = problem
        self.advice: str = advice
        self.lasting: bool = lasting
        super().__init__(f"{place}: {problem}{'. ' + advice if advice else ''}")

    def __reduce__(self) -> tuple[type[ObjectStoreError], tuple[str, str, str, bool]]:
        return type(self), (self.place, self.problem, self.advice, self.lasting)


class NoObjectError(ObjectStoreError, FileNotFoundError):
    """An object that is not there."""


class ObjectConflictError(ObjectStoreError, FileExistsError):
    """An object that somebody else has written meanwhile; it was not replaced."""


class LockError(TessSourceError, ValueError):
    """A lock or plan file that cannot be understood."""


class MissingExtraError(TessSourceError, ImportError):
    """A library that is needed here is not installed, or cannot be imported; the message has the command that installs it."""


class LoadError(TessSourceError, ValueError):
    """A file that could not be opened."""


class WorkersError(TessSourceError, RuntimeError):
    """Workers that cannot be reached or used, or that were lost."""


class DamagedFileError(LoadError):
    """A file that is not whole, or whose bytes do not match its sums: fetch it again."""


class NoColumnError(LoadError, LookupError):
    """A file without a column that was asked for.

    Parameters
    ----------
    name : str
        The column.
    columns : iterable of str
        The columns of the file.
    use : str, optional
        What it was wanted for, e.g. ``"the flux"``.
    """

    def __init__(self, name: str, columns: Iterable[str], use: str = "") -> None:
        self.name: str = name
        self.columns: tuple[str, ...] = tuple(columns)
        self.use: str = use
        super().__init__(name, self.columns, use)

    @property
    def lack(self) -> str:
        """The missing column, in words, without the list of the others."""
        return f"it has no column {self.name!r}{f' for {self.use}' if self.use else ''}"

    def _message(self, worded: Callable[[object], str]) -> str:
        return f"{self.lack}, but {', '.join(self.columns) or 'none'}{did_you_mean(self.name, self.columns)}"


class NoReaderError(LoadError):
    """A whole file that no plugin reads."""


class NoSessionError(TessSourceError, ValueError):
    """A value that was made by hand, without the session that it needs."""


def bare_reason(error: BaseException) -> str:
    """Return what went wrong, without the number and the file of an OSError.

    Parameters
    ----------
    error : BaseException
        Any exception.
    """
    return getattr(error, "strerror", None) or str(error)


def type_and_text(error: BaseException) -> str:
    """Return the type and message of a stranger's exception, of which even the text may fail.

    Parameters
    ----------
    error : BaseException
        Any exception.
    """
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  it is the stranger's code again
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def ending(error: BaseException) -> str:
    """Return in words what a plugin did that would end the program, such as calling `sys.exit`.

    Parameters
    ----------
    error : BaseException
        What it raised.
    """
    return "called sys.exit" if isinstance(error, SystemExit) else f"raised {type_and_text(error)}"


def nearest(name: str, choices: Iterable[str], most: int = 3) -> Sequence[str]:
    """Return the choices that mean the same as a name (see `tess_source.synonyms`), or else are spelled most like it.

    Parameters
    ----------
    name : str
        A word that is not among them.
    choices : iterable of str
        The known words.
    most : int
        Most words to return.

    Returns
    -------
    sequence of str
        Best first, in the spelling of the choices.
    """
    choices = tuple(choices)
    spelling = {choice.lower(): choice for choice in choices}
    if same := [spelling[name.lower()]] if name.lower() in spelling else same_as(name, choices):
        return same[:most]
    if absent(name):
        return ()
    close = get_close_matches(name.lower(), spelling, n=most, cutoff=0.6)
    sure = get_close_matches(name.lower(), close, n=1, cutoff=0.8)
    if not sure and (same := misspelt_same(name, choices)):
        return same[:most]
    if sure:  # beside it, what is as like as any short word is by chance says nothing
        close = get_close_matches(name.lower(), close, n=most, cutoff=0.62)
    return [spelling[word] for word in close]


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return the end of a message about an unknown word: the choices that mean or are spelled like it, or why there is none.

    It is e.g. ``"; did you mean 'sector'?"``, or an empty text.

    Parameters
    ----------
    name : str
        The unknown word.
    choices : iterable of str
        The known words.
    """
    if close := nearest(name, choices):
        return f"; did you mean {' or '.join(map(repr, close))}?"
    return f"; {why}" if (why := absent(name)) else ""
