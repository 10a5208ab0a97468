"""Small files in the cache folder, written whole or not at all; a failure to write one is logged, never raised.

A record is one line of JSON with a check of its own, so that a changed bit never becomes another sum or another place on the sky.
"""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tess_source.disk import opened, write_whole
from tess_source.display.visible import logger
from tess_source.errors import bare_reason

__all__ = ["as_line", "keep", "kept_bytes", "kept_file", "record_in"]

log: logging.Logger = logger(__name__)

MOST_BYTES = 1 << 30
"""Size above which a file is not one that was kept here [byte]: the largest answers have some ten megabytes."""
CHECKED_FROM = len('{"check":"00000000')
"""Number of bytes in front of what is checked."""
_as_json = json.JSONEncoder(separators=(",", ":")).encode  # made once: an index has many lines
_from_json = json.JSONDecoder().raw_decode

_warned: set[Path] = set()
_warning = threading.Lock()


def keep(path: Path, data: bytes, folder: Path) -> bool:
    """Write a file if possible. If not, log the reason, at level INFO once per cache folder.

    Parameters
    ----------
    path : Path
        The file. It is replaced as a whole or not at all.
    data : bytes
    folder : Path
        The cache folder, for the message.

    Returns
    -------
    bool
        Whether it was written.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        with _warning:
            first = folder not in _warned
            _warned.add(folder)
        log.log(
            logging.INFO if first else logging.DEBUG,
            "nothing new is remembered: the cache folder %s cannot be written (%s)",
            *(folder, bare_reason(error)),
        )
        return False
    return True


def kept_bytes(path: Path) -> bytes:
    """Return the bytes of a file that was kept. The errors are those of `kept_file`."""
    with kept_file(path) as file:
        return file.read()


@contextmanager
def kept_file(path: Path) -> Iterator[io.FileIO]:
    """Open a file that was kept.

    Raises
    ------
    OSError
        If it cannot be read, is not a plain file (a pipe would be waited for), or is far too large.
    """
    with opened(path, links=True) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise OSError(errno.EFBIG, f"it has {size:,} bytes, more than was ever kept")
        yield file


def as_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON, with the CRC-32 of its text in front, which finds every change of up to 32 bits in a row.

    Parameters
    ----------
    record : mapping
        Texts, numbers, lists and mappings; at least one of them.
    """
    rest = f'",{_as_json(record)[1:]}'
    return f'{{"check":"{zlib.crc32(rest.encode()):08x}{rest}'


def record_in(line: bytes) -> Any:
    """Return the record of a line that `as_line` made.

    Raises
    ------
    ValueError
        If a byte of it is not as it was written, or it has no check.
    """
    if line[:CHECKED_FROM] != b'{"check":"%08x' % zlib.crc32(line[CHECKED_FROM:]):
        raise ValueError("it is not as it was written: its check does not fit")
    return _from_json(str(line, "ascii"))[0]
