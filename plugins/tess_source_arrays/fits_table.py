"""The first table of a FITS file as numpy arrays in this machine's byte order, straight from the bytes of the file.

astropy spends most of its time on headers and column objects: here a column is a stride through the rows, and is copied once.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.errors import DamagedFileError, LoadError
from tess_source.fitswalk import FitsWalk
from tess_source_arrays.cards import Header, read_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FitsTable", "Reader"]

CODES = {
    "A": "S",
    "L": "S1",
    "B": "u1",
    "I": ">i2",
    "J": ">i4",
    "K": ">i8",
    "E": ">f4",
    "D": ">f8",
    "C": ">c8",
    "M": ">c16",
}
"""FITS code of a column → numpy's (FITS Standard 4.0, table 18); bits and arrays of varying length are not read."""
UNSIGNED = {"I": 2.0**15, "J": 2.0**31, "K": 2.0**63}
"""Codes whose TZERO of this means unsigned numbers (table 19)."""
WIDTHS = {"X": 1 / 8, "L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "E": 4, "K": 8, "D": 8, "C": 8, "P": 8, "M": 16, "Q": 16}
"""Bytes of an element."""
COUNTED = ("LightCurveExporter", "TargetPixelExporter")
"""SPOC's writers (CREATOR) whose NEXTEND is right; that of its data-validation time series is one too large."""
FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])(.*)")
ABOUT_COLUMNS = ("TTYPE", "TFORM", "TDIM", "TSCAL", "TZERO")
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Field:
    """Where a column lies in a row, and how its numbers are to be understood."""

    offset: int
    code: str
    repeat: int
    shape: tuple[int, ...]
    """Of one cell; () for one number."""
    scale: float = 1.0
    zero: float = 0.0


class Reader:
    """Reads one file after the other into the same memory, which grows to the largest of them."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def read(self, path: Path, *, verify: bool = False, digest: bool = False) -> FitsTable:
        """Read a file, whole; the table is good until the next one is read.

        Parameters
        ----------
        path : Path
            A FITS file, plain or compressed by gzip.
        verify : bool
            Check the sums that the file carries (CHECKSUM, DATASUM) too, not only that all bytes are there.
        digest : bool
            Sum the file by sha256.

        Raises
        ------
        DamagedFileError
            If it is not a whole FITS file.
        LoadError
            If it has no table.
        OSError
            If it cannot be read.
        """
        with path.open("rb", buffering=0) as file:
            size = _fill(file, self._buffer)
        data, count = self._buffer, size
        sha256 = hashlib.sha256(memoryview(data)[:size]).hexdigest() if digest else None
        if bytes(memoryview(data)[: min(size, 2)]) == GZIP:
            data = bytearray(_unpacked(memoryview(data)[:size]))
            count = len(data)
        if verify:
            walk = FitsWalk()
            walk.feed(memoryview(data)[:count])
            walk.finish()
        primary, header = _headers(data, count)
        if header.end + header.integer("NAXIS1") * header.integer("NAXIS2") > count:
            raise DamagedFileError("it is cut in its table")
        return FitsTable(primary, header, data, sha256)


def _fill(file: Any, buffer: bytearray) -> int:
    """Read a whole file into a buffer, which is made larger if need be."""
    expected = os.fstat(file.fileno()).st_size
    if len(buffer) <= expected:
        buffer.extend(bytes(expected + 1 - len(buffer)))
    size = 0
    while count := file.readinto(memoryview(buffer)[size:]):
        size += count
    return size


def _unpacked(data: memoryview) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedFileError(f"its compressed bytes are not whole ({error})") from error


def _headers(data: bytearray, count: int) -> tuple[Header, Header]:
    """Walk from header to header to the end; give the first, and that of the first table."""
    if not count:
        raise DamagedFileError("it is empty")
    if not data.startswith(b"SIMPLE  ="):
        page = bytes(data[:count]).lstrip()[:1] == b"<"
        raise DamagedFileError(f"it is not FITS{', but an HTML page' if page else ''}")
    headers = [read_header(data, 0, count)]
    while (position := headers[-1].next) < count and data.startswith(b"XTENSION"[: count - position], position):
        headers.append(read_header(data, position, count))
    if position > count:
        missing = position - count
        raise DamagedFileError(f"it is cut in the data of HDU {len(headers) - 1}: {missing:,} bytes are missing")
    primary = headers[0]
    wanted = primary.integer("NEXTEND", 0) if any(name in str(primary.get("CREATOR")) for name in COUNTED) else 0
    if len(headers) - 1 < wanted:
        raise DamagedFileError(f"{wanted - len(headers) + 1} of its {wanted} extensions are missing at the end")
    for header in headers:
        if header.get("XTENSION") == "BINTABLE":
            return primary, header
    raise LoadError("it holds no table")


class FitsTable:
    """Columns of the first table of a file.

    Attributes
    ----------
    primary, header : Header
        Of the file, and of the table.
    rows : int
        Number of rows.
    sha256 : str or None
        Of the file as it lies on disk, if that was asked for.
    """

    __slots__ = ("_data", "_width", "fields", "header", "primary", "rows", "sha256")

    def __init__(self, primary: Header, header: Header, data: bytearray, sha256: str | None) -> None:
        self.primary, self.header, self.sha256, self._data = primary, header, sha256, data
        self.rows, self._width = header.integer("NAXIS2"), header.integer("NAXIS1")
        numbers = range(1, header.integer("TFIELDS") + 1)
        self.fields = _layout(tuple(tuple(header.card(f"{key}{n}") for key in ABOUT_COLUMNS) for n in numbers))
        """Name of a column in lower case → where it is."""
        if self.fields and max(field.offset + _width(field) for field in self.fields.values()) > self._width:
            raise DamagedFileError("the columns of its table are wider than the rows")

    def column(self, name: str) -> NDArray[Any]:
        """Give a copy of a column in native byte order.

        Parameters
        ----------
        name : str
            In any case.

        Returns
        -------
        numpy.ndarray
            Shape (rows,), or (rows, ...) if a cell holds more than one number. Floats are as in the file: NaN where there is none.

        Raises
        ------
        LoadError
            If there is no such column, or it is of a kind that numpy has no array for.
        """
        import numpy as np

        field = self.fields.get(name.lower())
        if field is None:
            raise LoadError(f"it has no column {name!r}, but {', '.join(self.fields)}")
        if field.code not in CODES:
            raise LoadError(f"its column {name!r} holds bits or arrays of varying length, which are not read")
        text = field.code == "A"
        dtype, shape = np.dtype(f"S{field.repeat}" if text else CODES[field.code]), () if text else field.shape
        strides = (self._width, *_inner(shape, dtype.itemsize))
        view = np.ndarray((self.rows, *shape), dtype, self._data, self.header.end + field.offset, strides)
        if field.code == "L":
            return np.asarray(view == b"T")
        return _scaled(view.astype(dtype.newbyteorder("=")), field)


def _inner(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """Strides within a cell, whose last axis varies fastest [byte]."""
    strides: tuple[int, ...] = ()
    for length in reversed(shape):
        strides = (size, *strides)
        size *= length
    return strides


def _scaled(values: NDArray[Any], field: Field) -> NDArray[Any]:
    """Apply TSCAL and TZERO (section 7.3.2), which light curves by SPOC do not have."""
    if (field.scale, field.zero) == (1.0, 0.0):
        return values
    if field.scale == 1.0 and field.zero == UNSIGNED.get(field.code):
        unsigned: NDArray[Any] = values.view(f"u{values.itemsize}") ^ (1 << 8 * values.itemsize - 1)
        return unsigned.astype(f"u{values.itemsize}", copy=False)
    scaled: NDArray[Any] = values * field.scale + field.zero
    return scaled


def _width(field: Field) -> int:
    return math.ceil(field.repeat * WIDTHS[field.code])


@lru_cache(maxsize=64)
def _layout(cards: tuple[tuple[bytes, ...], ...]) -> Mapping[str, Field]:
    """Lay out the columns of a row; the same for all files of a kind, so done once."""
    fields: dict[str, Field] = {}
    offset = 0
    for number, about in enumerate(cards, 1):
        said = Header(b"".join(about))
        name, form, dim, scale, zero = (said.get(f"{key}{number}") for key in ABOUT_COLUMNS)
        match = FORM.fullmatch(str(form).strip())
        if match is None:
            raise DamagedFileError(f"column {number} of its table is of no known type: {form!r}")
        repeat = int(match[1] or 1)
        field = Field(offset, match[2], repeat, _shape(dim, repeat), _number(scale, 1.0), _number(zero, 0.0))
        fields.setdefault(str(name or f"col{number}").strip().lower(), field)
        offset += _width(field)
    return fields


def _shape(dim: Any, repeat: int) -> tuple[int, ...]:
    """Turn ``(fastest, ..., slowest)`` around (section 7.3.2, TDIMn)."""
    axes = [int(word) for word in re.findall(r"\d+", str(dim or ""))]
    if axes and math.prod(axes) == repeat:
        return tuple(reversed(axes))
    return () if repeat == 1 else (repeat,)


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
