"""Whether all bytes of a FITS file are there: a walk from header to header that reads no data and needs no FITS library.

lightkurve calls every file that it cannot read "corrupt", healthy ones of other pipelines included, and reads some that are cut
(when what it looks at comes first). This tells the two apart before anything is read.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

__all__ = ["fault"]

BLOCK, CARD = 2880, 80
"""Bytes of a FITS block, and of a header card (FITS Standard 4.0, sections 3.1 and 4.1)."""
NEEDED = frozenset({"BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS", "NEXTEND", "CREATOR", "END"})
EXPORTERS = ("LightCurveExporter", "TargetPixelExporter")
"""SPOC's writers whose NEXTEND is right; that of its data-validation time series is one too large."""


class _CutError(Exception):
    """The bytes end, or stop to be FITS, before they should."""


def fault(path: Path) -> str | None:
    """Say why a file is not a whole FITS file.

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
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            _walk(BytesIO(gzip.decompress(file.read())) if compressed else file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            return f"its compressed bytes are not whole ({error})"
        except _CutError as error:
            return str(error)
    return None


def _walk(file: BinaryIO) -> None:
    length = file.seek(0, os.SEEK_END)
    start = _peek(file, 0, 9)
    if not length:
        raise _CutError("it is empty")
    if not b"SIMPLE  =".startswith(start):
        raise _CutError(f"it is not FITS{', but an HTML page' if start.lstrip()[:1] == b'<' else ''}")
    position = data = 0
    first: Mapping[str, str] = {}
    count = 0
    while position < length and (not count or b"XTENSION".startswith(_peek(file, position, 8))):
        header, position = _header(file, position, count)
        size = _data_bytes(header)
        position += math.ceil(size / BLOCK) * BLOCK
        if position > length:
            raise _CutError(
                f"it is cut in the data of HDU {count}: {position - length:,} of {position:,} bytes are missing"
            )
        first, data, count = first or header, data + size, count + 1
    _all_there(first, count - 1, data)


def _peek(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)


def _header(file: BinaryIO, position: int, number: int) -> tuple[Mapping[str, str], int]:
    """Read the cards that tell about size; give them with the position behind the header."""
    values: dict[str, str] = {}
    while "END" not in values:
        block = _peek(file, position, BLOCK)
        position += BLOCK
        if len(block) < BLOCK or not block.isascii():
            raise _CutError(f"it is cut in the header of HDU {number}")
        for key, value in _cards(block):
            if key in NEEDED or key.startswith("NAXIS"):
                values.setdefault(key, value)
    return values, position


def _cards(block: bytes) -> Iterator[tuple[str, str]]:
    for start in range(0, BLOCK, CARD):
        card = block[start : start + CARD].decode("ascii")
        yield card[:8].rstrip(), card[10:].partition("/")[0].strip(" '") if card[8:10] == "= " else ""


def _data_bytes(header: Mapping[str, str]) -> int:
    """Size of an HDU's data: |BITPIX| / 8 x GCOUNT x (PCOUNT + NAXIS1 x ... x NAXISm) (FITS Standard 4.0, section 4.4.1.2)."""
    try:
        axes = [int(header[f"NAXIS{axis}"]) for axis in range(1, int(header["NAXIS"]) + 1)]
        if not axes:
            return 0
        if header.get("GROUPS") == "T" and axes[0] == 0:  # random groups, section 6
            axes = axes[1:]
        elements = int(header.get("PCOUNT", 0)) + math.prod(axes)
        return abs(int(header["BITPIX"])) // 8 * int(header.get("GCOUNT", 1)) * elements
    except (KeyError, ValueError) as error:
        raise _CutError(f"a header does not say how large its data are ({error})") from error


def _all_there(first: Mapping[str, str], extensions: int, data: int) -> None:
    """Look for whole HDUs that are missing at the end."""
    if not data:
        raise _CutError("it holds headers, but no data")
    wanted = first.get("NEXTEND", "")
    if wanted.isdecimal() and extensions < int(wanted) and any(name in first.get("CREATOR", "") for name in EXPORTERS):
        raise _CutError(f"{int(wanted) - extensions} of its {wanted} extensions are missing at the end")
