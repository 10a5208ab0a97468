"""Writing of files, whole or not at all, and a check beforehand that a file can be written."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tess_source.errors import bare_reason

__all__ = ["check_place", "temporary_beside", "write", "write_whole"]


def check_place(file: Path) -> None:
    """Check that a file can be written and its folders can be made. Nothing is made.

    Raises
    ------
    OSError
        If not, or if it is a folder. The error names the file.
    """
    with _naming_file(file):
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        above = file.absolute().parents
        folder = next(
            (folder for folder in above if folder.exists() or folder.is_symlink()), file.parent
        )  # a drive may be missing
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{folder}: it is not a folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{folder} cannot be written to")


def write(file: Path, data: bytes) -> None:
    """Write a file that a user named, whole or not at all. Missing folders are made.

    Raises
    ------
    OSError
        If it cannot be written. The error names the file.
    """
    with _naming_file(file):
        write_whole(file, data)


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that a reader finds either the old file or the new file, never half of it.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = temporary_beside(path)
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """Return a hidden, unique name beside a file, for data that are renamed to the file once they are complete."""
    return path.with_name(f".{path.name[:80]}.{uuid.uuid4().hex}.part")


@contextmanager
def _naming_file(file: Path) -> Iterator[None]:
    """Change errors so that they name the file that the user named, not a temporary file or a folder above it."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, f"cannot be written: {bare_reason(error)}", str(file)) from error
