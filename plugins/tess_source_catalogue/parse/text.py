"""The text of a list, a part at a time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from tess_source._lazy import pl
from tess_source.files.gzipped import GZIP

__all__ = ["check_no_page", "lines", "parts"]

PART = 2**24
"""Bytes that are read at a time: the script of a million stars has 370 MB."""


def parts(path: Path) -> Iterator[bytes]:
    """Yield the content of a file, plain or compressed by gzip, in parts of whole lines.

    Raises
    ------
    ValueError
        If its compression is damaged.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        compressed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if compressed else file
        try:
            while part := stream.read(PART):
                yield part + stream.readline(PART)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path.name} is damaged: {error}") from error


def lines(part: bytes) -> pl.Series:
    """Return the lines of a text. Bytes that are no text are replaced."""
    text = part.decode("utf-8-sig", "replace").replace("\r", "\n")
    return pl.Series("line", [text], dtype=pl.String).str.split("\n").explode()


def check_no_page(text: pl.Series, filename: str) -> None:
    """Raise ValueError if lines are those of a page of HTML or XML, which servers send in place of a list."""
    first = text.head(20).str.strip_chars()
    first = first.filter(first != "")
    if len(first) and first[0][0] == "<":
        raise ValueError(f"{filename} is a page, not a list: it begins with {first[0][:60]!r}")
