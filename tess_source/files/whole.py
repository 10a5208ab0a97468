"""A quick check that all bytes of a FITS file are there, which reads no data.

lightkurve calls every file that it cannot read "corrupt", also whole ones of other pipelines, and reads some that are cut (if the part that
it needs comes first). This check tells the two apart before anything is read. `tess_source.files.verify` reads all of the file, computes
its sums, and also checks what lies behind the last HDU; that was done when the file was downloaded.
"""

from __future__ import annotations

import gzip
import os
import zlib
from io import BytesIO
from pathlib import Path

from tess_source.errors import DamagedFileError
from tess_source.files.fits_headers import read_headers

__all__ = ["fault"]


def fault(path: Path) -> str | None:
    """Return what is wrong with a file that is not a whole FITS file.

    Parameters
    ----------
    path : Path
        A FITS file, plain or compressed by gzip.

    Returns
    -------
    str or None
        What is wrong; None if every HDU has all its bytes.

    Raises
    ------
    OSError
        If the file cannot be read at all.
    """
    with path.open("rb", buffering=0) as plain:
        file = BytesIO() if plain.read(2) == b"\x1f\x8b" else plain
        plain.seek(0)

        def read(start: int, count: int) -> bytes:
            file.seek(start)
            return file.read(count) or b""

        try:
            if isinstance(file, BytesIO):
                file.write(gzip.decompress(plain.read()))
            headers = read_headers(read, file.seek(0, os.SEEK_END))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return f"its compressed bytes are not whole ({error})"
        except DamagedFileError as error:
            return str(error)
    return None if any(header.data_bytes for header in headers) else "it holds headers, but no data"
