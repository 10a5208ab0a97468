"""Messages about files that could not be opened, one per reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from tess_source.display import text
from tess_source.errors import DamagedFileError, LoadError, MissingExtraError, NoColumnError, did_you_mean

__all__ = ["Reasons"]

MOST_REASONS = 10
"""Most reasons in an error message."""


_COUNT = re.compile(r"\d[\d,]{3,}")
"""A number of bytes or rows, which differs from file to file; an HTTP code is shorter."""


class Reasons:
    """Files that could not be opened, by reason.

    Parameters
    ----------
    failed : mapping, optional
        Path or URI → error.
    """

    def __init__(self, failed: Mapping[str, object] | None = None) -> None:
        self._files: dict[str, list[tuple[str, object]]] = {}
        for file, error in (failed or {}).items():
            self.add(file, error)

    def add(self, file: str, error: object) -> bool:
        """Add a file, and return whether it is the first with its reason."""
        reason = _COUNT.sub("…", _reason_of(file, error))
        self._files.setdefault(reason, []).append((file, error))
        return len(self._files[reason]) == 1

    def lines(self, verb: str, of: int) -> Iterator[str]:
        """Yield a line per reason, e.g. ``"3 of 9 files were not read: …"``.

        Parameters
        ----------
        verb : str
            What could not be done with the files, e.g. ``"opened"``.
        of : int
            Number of files in all.
        """
        return self.said(f"was not {verb}", f"of {of:,} files were not {verb}")

    def said(self, one: str, several: str) -> Iterator[str]:
        """Yield a line per reason, e.g. ``"3 files tell nothing: …"``.

        Parameters
        ----------
        one, several : str
            What is said of one file, after its name, and of several, after their number.
        """
        for files in self._files.values():
            if len(files) == 1:
                yield f"{files[0][0]} {one}: {_message_of(files[0][1])}"
            else:
                yield f"{len(files):,} {several}: {_reason_in_words(files)} ({_names_of_files(files)})"

    def repeated(self, verb: str) -> Iterator[str]:
        """Yield a line per reason of more than one file. The first file of each was reported before."""
        for files in self._files.values():
            if more := files[1:]:
                were = "files were" if len(more) > 1 else "file was"
                yield f"{len(more):,} more {were} not {verb}: {_reason_in_words(files)} ({_names_of_files(more)})"

    def error(self, what: str, hint: str = "") -> Exception:
        """Return the error that says all reasons.

        Parameters
        ----------
        what : str
            What could not be done, e.g. ``"nothing could be opened"``.
        hint : str
            What is said in the end.

        Returns
        -------
        Exception
            A `MissingExtraError` as it is, if a library is missing for all files; a `DamagedFileError` if all are damaged; else a
            `LoadError`.
        """
        errors = [error for files in self._files.values() for _, error in files]
        if len(self._files) == 1 and isinstance(errors[0], MissingExtraError):
            return errors[0]
        damaged = bool(errors) and all(isinstance(error, DamagedFileError) for error in errors)
        return (DamagedFileError if damaged else LoadError)(f"{what}: {self if self else 'no file is there'}{hint}")

    def __bool__(self) -> bool:
        return bool(self._files)

    def __str__(self) -> str:
        told = [
            f"{files[0][0]}: {_message_of(files[0][1])}"
            if len(files) == 1
            else f"{len(files):,} files: {_reason_in_words(files)} ({_names_of_files(files)})"
            for files in self._files.values()
        ]
        more = [f"and {len(told) - MOST_REASONS:,} more reasons"] if len(told) > MOST_REASONS else []
        return "; ".join(told[:MOST_REASONS] + more)


def _reason_of(file: str, error: object) -> str:
    """Return why a file could not be opened, without its name, and whatever columns it has."""
    name = PurePath(file).name
    if isinstance(error, NoColumnError):
        return error.lack
    return _message_of(error).removeprefix(f"{name}: ").replace(name, "each")


def _message_of(error: object) -> str:
    """Return the message of an error; that of the system without its number and the path, which is said anyway."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
    return str(error)


def _reason_in_words(files: Sequence[tuple[str, object]]) -> str:
    """Return a reason of several files in words. For a missing column, it names the columns that all files have."""
    errors = [error for _, error in files if isinstance(error, NoColumnError)]
    reason, *others = dict.fromkeys(_reason_of(*file) for file in files)
    if not errors:
        return f"e.g. {reason}" if others else reason
    every = [name for name in errors[0].columns if all(name in error.columns for error in errors)]
    known = dict.fromkeys(name for error in errors for name in error.columns)
    return f"{reason}, but {', '.join(every) or 'other columns'}{did_you_mean(errors[0].name, known)}"


def _names_of_files(files: Sequence[tuple[str, object]]) -> str:
    return text.first((PurePath(file).name for file, _ in files), text.FEW)
