"""Files that a user names to be written: whether they can be, before anything is done, and in whose name it fails."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["check_place", "write"]


def check_place(file: Path) -> None:
    """Look whether a file can be written, its folders be made; nothing is.

    Raises
    ------
    OSError
        If it cannot, or if it is a folder; it names the file.
    """
    with _named(file):
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        above = file.absolute().parents
        folder = next(
            (folder for folder in above if folder.exists() or folder.is_symlink()), file.parent
        )  # a drive may be missing
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{folder}: it is no folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{folder} cannot be written to")


def write(file: Path, data: bytes) -> None:
    """Write a file, as a whole or not at all; folders that are missing are made.

    Raises
    ------
    OSError
        If it cannot be written; it names the file.
    """
    from tess_source.tables.plan import write_whole

    with _named(file):
        write_whole(file, data)


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Say of which file an error is: the one that the user named, not one on the way to it."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, f"cannot be written: {error.strerror or error}", str(file)) from error
