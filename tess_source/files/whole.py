"""A quick check that all bytes of a FITS file are there, which reads no data.

lightkurve calls every file that it cannot read "corrupt", also whole ones of other pipelines, and reads some that are cut (if the part that
it needs comes first). This check tells the two apart before anything is read. `tess_source.files.verify` reads all of the file, computes
its sums, and also checks what lies behind the last HDU; that was done when the file was downloaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from tess_source.disk import opened
from tess_source.errors import DamagedFileError
from tess_source.files.cards import Header
from tess_source.files.fits_headers import read_headers
from tess_source.files.fits_sizes import check_sizes
from tess_source.files.gzipped import GZIP, unpacked

__all__ = ["fault", "headers_of", "opened_plain"]

CHUNK = 1 << 20
"""Bytes read at a time from a file that is unpacked."""


@contextmanager
def opened_plain(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; a file that is compressed by gzip is decompressed into memory.

    Raises
    ------
    DamagedFileError
        If its compressed bytes are not whole, or unpack to more than the limit of `tess_source.files.gzipped`.
    OSError
        If the file cannot be read.
    """
    with opened(path, links=True) as file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        yield BytesIO(unpacked(iter(lambda: file.read(CHUNK), b""))) if packed else file


def headers_of(file: BinaryIO) -> list[Header]:
    """Read the headers of an opened FITS file; see `tess_source.files.fits_headers.read_headers`."""
    return read_headers(_reader_of(file), file.seek(0, os.SEEK_END))


def fault(path: Path) -> str | None:
    """Return what is wrong with a file that is not a whole FITS file.

    Parameters
    ----------
    path : Path
        A FITS file, plain or compressed by gzip.

    Returns
    -------
    str or None
        What is wrong; None if every HDU has all its bytes, and the sizes in the headers can be believed.

    Raises
    ------
    OSError
        If the file cannot be read at all.
    """
    try:
        with opened_plain(path) as file:
            headers = headers_of(file)
            check_sizes(headers, _reader_of(file))
    except DamagedFileError as error:
        return str(error)
    return None if any(header.data_bytes for header in headers) else "it holds headers, but no data"


def _reader_of(file: BinaryIO) -> Callable[[int, int], bytes]:
    """Return a function that reads some bytes at a position, or as many as there are."""

    def read(start: int, count: int) -> bytes:
        file.seek(start)
        return file.read(count) or b""

    return read
