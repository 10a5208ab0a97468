"""Why files could not be opened: told once a reason, however many files share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from tess_source.errors import NoColumnError, did_you_mean

__all__ = ["Reasons"]

MOST_NAMES = 3
"""So many of the files that share a reason are named."""
MOST_REASONS = 10
"""An error message gives so many reasons."""


class Reasons:
    """Files by the reason why they could not be opened.

    Parameters
    ----------
    failed : mapping, optional
        Path or URI → what went wrong.
    """

    def __init__(self, failed: Mapping[str, object] | None = None) -> None:
        self._files: dict[str, list[tuple[str, object]]] = {}
        for file, error in (failed or {}).items():
            self.add(file, error)

    def add(self, file: str, error: object) -> bool:
        """Take note of one more, and say whether it is the first for its reason."""
        name = PurePath(file).name
        reason = str(error).removeprefix(f"{name}: ").replace(name, "it")
        if isinstance(error, NoColumnError):  # whatever columns each of them has
            reason = error.lack
        self._files.setdefault(reason, []).append((file, error))
        return len(self._files[reason]) == 1

    def lines(self, verb: str, of: int) -> Iterator[str]:
        """Give a line for each reason, e.g. ``"3 of 9 files were not read: …"``.

        Parameters
        ----------
        verb : str
            What was not done with them.
        of : int
            How many files there were in all.
        """
        for reason, files in self._files.items():
            if len(files) == 1:
                yield f"{files[0][0]} was not {verb}: {files[0][1]}"
            else:
                yield f"{len(files):,} of {of:,} files were not {verb}: {_shared(reason, files)} ({_named(files)})"

    def repeated(self, verb: str) -> Iterator[str]:
        """Give a line for each reason that more than one file had, where the first was told when it came."""
        for reason, files in self._files.items():
            if more := files[1:]:
                were = "files were" if len(more) > 1 else "file was"
                yield f"{len(more):,} more {were} not {verb}: {_shared(reason, files)} ({_named(more)})"

    def __bool__(self) -> bool:
        return bool(self._files)

    def __str__(self) -> str:
        told = [
            f"{files[0][0]}: {files[0][1]}"
            if len(files) == 1
            else f"{len(files):,} files: {_shared(reason, files)} ({_named(files)})"
            for reason, files in self._files.items()
        ]
        more = [f"and {len(told) - MOST_REASONS:,} more reasons"] if len(told) > MOST_REASONS else []
        return "; ".join(told[:MOST_REASONS] + more)


def _shared(reason: str, files: Sequence[tuple[str, object]]) -> str:
    """Say a reason of several files; of a column that they lack, with the columns that all of them have."""
    errors = [error for _, error in files if isinstance(error, NoColumnError)]
    if not errors:
        return reason
    every = [name for name in errors[0].columns if all(name in error.columns for error in errors)]
    known = dict.fromkeys(name for error in errors for name in error.columns)
    return f"{reason}, but {', '.join(every) or 'other columns'}{did_you_mean(errors[0].name, known)}"


def _named(files: Sequence[tuple[str, object]]) -> str:
    names = ", ".join(PurePath(file).name for file, _ in files[:MOST_NAMES])
    return f"{names} and {len(files) - MOST_NAMES:,} more" if len(files) > MOST_NAMES else names
