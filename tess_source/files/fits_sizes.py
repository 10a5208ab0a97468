"""Sizes that a file tells, checked against its bytes before a FITS library takes memory for them.

A library believes a header: one damaged card, such as ``TFIELDS`` or the type of a column, can make it take gigabytes for a small file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from tess_source._lazy import np
from tess_source.errors import DamagedFileError
from tess_source.files.cards import Header
from tess_source.files.gzipped import most_of

__all__ = ["BITS", "FORM", "MOST_COLUMNS", "check_sizes"]

MOST_COLUMNS = 999
"""Most columns of a table (sections 7.2.1 and 7.3.1)."""
FORM = re.compile(r"(\d{0,18})([LXBIJKAEDCMPQ])(.*)", re.IGNORECASE)
"""A type in a binary table: repeat count, code, and further characters (table 18)."""
TEXT_FORM = re.compile(r"[AIFED](\d{1,18})(?:\.\d+)?", re.IGNORECASE)
"""A type in a table of text: code and width (table 15)."""
BITS = dict(zip("XLBAIJEKDCPMQ", (1, 8, 8, 8, 16, 32, 32, 64, 64, 64, 64, 128, 128), strict=True))
"""Code → bits of an element."""
DESCRIPTORS = {"P": ">i4", "Q": ">i8"}
"""Code → type of the two numbers that say how long an array of varying length is, and where it lies (section 7.3.5)."""
Read = Callable[[int, int], bytes]


def check_sizes(headers: Sequence[Header], read: Read) -> None:
    """Check that a library can believe the headers of a file whose HDUs have all their bytes.

    Parameters
    ----------
    headers : sequence of Header
        Of all HDUs, as `tess_source.files.fits_headers.read_headers` gives them.
    read : callable
        Takes a position and a number of bytes, and returns these. It is asked only for tables with arrays of varying length.

    Raises
    ------
    DamagedFileError
        If a size cannot be; the message names the HDU.
    """
    for header in headers:
        if header.integer("GCOUNT", 1) < 1:
            raise _wrong(header, "GCOUNT is less than 1")
        if (kind := header.get("XTENSION")) in {"BINTABLE", "A3DTABLE", "TABLE"}:
            _check_table(header, read, of_text=kind == "TABLE")


def _check_table(header: Header, read: Read, *, of_text: bool) -> None:
    if (header.integer("BITPIX"), header.integer("NAXIS"), header.integer("GCOUNT", 1)) != (8, 2, 1):
        raise _wrong(header, "a table has BITPIX 8, NAXIS 2 and GCOUNT 1")
    room, rows, count = (header.integer(key) for key in ("NAXIS1", "NAXIS2", "TFIELDS"))
    if min(room, rows) < 0 or (rows and not room):
        raise _wrong(header, f"its table has {rows:,} rows of {room:,} bytes")
    if not 0 <= count <= MOST_COLUMNS:
        raise _wrong(header, f"its table has {count:,} columns, of at most {MOST_COLUMNS}")
    cards = tuple(header.cards(b"TFORM", b"TBCOL"))
    width, text, varying = _widths_and_varying(count, cards, header.hdu, of_text=of_text)
    # narrower columns than rows would make astropy read every row but the first from a wrong place
    if width > room or (width < room and not of_text):
        raise _wrong(header, f"the columns of its table take {width:,} bytes, its rows have {room:,}")
    if text * rows > most_of(room * rows):
        raise _wrong(header, "the columns of its table overlap")
    if varying and rows:
        _check_heap(header, read(header.end, room * rows), varying)
    if header.get("ZIMAGE") is True:
        _check_compressed_image(header)


@lru_cache(maxsize=64)
def _widths_and_varying(
    count: int, cards: tuple[str, ...], hdu: int, *, of_text: bool
) -> tuple[int, int, Mapping[int, int]]:
    """Return the bytes of a row, those of its columns of text together, and where arrays of varying length are described.

    The last is a mapping of columns to bytes in the row. It is cached, since all files of a kind have the same.
    """
    header = Header("".join(cards).encode("latin-1"), hdu=hdu)
    varying: dict[int, int] = {}
    width = text = 0
    for number in range(1, count + 1):
        match = _form_of(header, number, TEXT_FORM if of_text else FORM)
        if of_text:
            text += (letters := int(match[1]))
            width = max(width, header.integer(f"TBCOL{number}") - 1 + letters)
            continue
        code, repeat, start = match[2].upper(), int(match[1] or 1), width
        width += math.ceil(repeat * BITS[code] / 8)
        if code in DESCRIPTORS and repeat:
            varying[number] = start
    return width, text, varying


def _form_of(header: Header, number: int, pattern: re.Pattern[str]) -> re.Match[str]:
    form = str(header.get(f"TFORM{number}")).strip()
    if (match := pattern.fullmatch(form)) is None:
        raise _wrong(header, f"column {number} is of no known type: {form[:40]!r}")
    return match


def _check_heap(header: Header, table: bytes, varying: Mapping[int, int]) -> None:
    """Check that the arrays of varying length lie behind the table, and take no more memory together than what is there may take.

    Arrays may share their bytes, and the place of one without elements means nothing.
    """
    width, rows = header.integer("NAXIS1"), header.integer("NAXIS2")
    heap = rows * width + header.integer("PCOUNT", 0) - header.integer("THEAP", rows * width)
    total = 0.0
    for number, start in varying.items():
        form = _form_of(header, number, FORM)
        element, kind = BITS.get(form[3][:1].upper(), 0), np.dtype(DESCRIPTORS[form[2].upper()])
        if int(form[1] or 1) != 1 or not element:
            raise _wrong(header, f"column {number} is of no known type: {form[0][:40]!r}")
        told = np.ndarray((rows, 2), kind, table, start, (width, kind.itemsize))
        told = told[told[:, 0] != 0].astype(np.float64)
        lengths, places = told[:, 0] * element / 8, told[:, 1]
        total += lengths.sum()
        if told.size and (told.min() < 0 or (places + lengths).max() > heap or total > most_of(heap)):
            problem = f"the arrays of column {number} are longer than the {max(heap, 0):,} bytes behind its table"
            raise _wrong(header, problem)


def _check_compressed_image(header: Header) -> None:
    axes = [header.integer(f"ZNAXIS{axis}") for axis in range(1, header.integer("ZNAXIS") + 1)]
    size = abs(header.integer("ZBITPIX")) // 8 * math.prod(axes)
    if min(axes, default=0) < 0 or size > most_of(header.data_bytes):
        raise _wrong(header, f"its image is larger than anything that {header.data_bytes:,} packed bytes can hold")


def _wrong(header: Header, problem: str) -> DamagedFileError:
    return DamagedFileError(f"the header of HDU {header.hdu} cannot be right: {problem}")
