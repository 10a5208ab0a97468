"""Reader of the first table of a FITS file into numpy arrays in native byte order.

astropy spends most of its time on headers and column objects. Here the rows are one structured array over the bytes of the file, and
columns are copied from it once.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.disk import opened
from tess_source.errors import DamagedFileError, LoadError, NoColumnError
from tess_source.files.cards import Header
from tess_source.files.fits_headers import read_headers
from tess_source.files.fits_sizes import BITS, FORM, MOST_COLUMNS
from tess_source.files.fits_stream import FitsWalk
from tess_source.files.gzipped import GZIP, unpacked

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    Allocate = Callable[[tuple[int, ...], DTypeLike], NDArray[Any]]

__all__ = ["CODES", "FitsTable", "TableField", "TableReader", "choose", "fill"]

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
"""Code → the TZERO that means unsigned numbers (table 19)."""
MOST_AXES = 16
"""Most axes of a cell that get a shape; numpy has 32 or 64."""
ABOUT_COLUMNS = (b"TTYPE", b"TFORM", b"TDIM", b"TSCAL", b"TZERO")
IN_CACHE = 1 << 19
"""Bytes of a table whose columns are copied at a time: as many as stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class TableField:
    """Type and scaling of the numbers in a column."""

    code: str
    repeat: int
    scale: float = 1.0
    zero: float = 0.0


class TableReader:
    """Reader of one file after the other into the same memory, which grows to the size of the largest."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def read(self, path: Path, *, verify: bool = False, digest: bool = False) -> FitsTable:
        """Read a whole file; the table is valid until the next one is read.

        Parameters
        ----------
        path : Path
            A FITS file, plain or compressed by gzip.
        verify : bool
            Whether to check also the sums in the file (CHECKSUM, DATASUM), not only that all bytes are there.
        digest : bool
            Whether to compute the file's sha256.

        Raises
        ------
        DamagedFileError
            If it is not a whole FITS file.
        LoadError
            If it has no table.
        OSError
            If it cannot be read.
        """
        with opened(path, links=True) as file:
            size = self._read_into_buffer(file)
        data = memoryview(self._buffer)[:size]
        sha256 = hashlib.sha256(data).hexdigest() if digest else None
        if data[:2] == GZIP:
            data = memoryview(unpacked([data]))
        if verify:
            walk = FitsWalk()
            walk.feed(data)
            walk.finish()
        return FitsTable.of(data, sha256)

    def _read_into_buffer(self, file: Any) -> int:
        """Read a whole file into the buffer, or a new one if it is too small: arrays may still use the old one."""
        expected = os.fstat(file.fileno()).st_size
        if len(self._buffer) <= expected:
            self._buffer = bytearray(expected + 1)
        size = 0
        while count := file.readinto(memoryview(self._buffer)[size:]):
            size += count
        return size


class FitsTable:
    """The columns of a table in memory.

    Parameters
    ----------
    primary, header : Header
        Headers of the file and of the table.
    data : memoryview
        The bytes of the file.
    sha256 : str, optional
        sha256 of the file on disk.

    Attributes
    ----------
    fields : mapping
        Name of a column in lower case → type and scaling of its numbers.
    table : structured array, shape (rows,)
        The rows as they are in the file, without the columns that numpy cannot represent.

    Raises
    ------
    DamagedFileError
        If the table does not fit into the file, or its columns not into the table.
    LoadError
        If numpy has no type for its rows.
    """

    __slots__ = ("fields", "header", "primary", "sha256", "table")

    def __init__(self, primary: Header, header: Header, data: memoryview, sha256: str | None = None) -> None:
        self.primary: Header = primary
        self.header: Header = header
        self.sha256: str | None = sha256
        width, rows = header.count("NAXIS1"), header.count("NAXIS2")
        if header.end + rows * width > len(data):
            raise DamagedFileError("it is cut in its table")
        if rows and not width:
            raise DamagedFileError(f"the {rows:,} rows of its table have no bytes")
        columns = header.count("TFIELDS", most=MOST_COLUMNS)
        fields, dtype = _fields_and_dtype(width, columns, tuple(header.cards(*ABOUT_COLUMNS)))
        self.fields: Mapping[str, TableField] = fields
        self.table: NDArray[np.void] = np.ndarray(rows, dtype, data, header.end)

    @classmethod
    def of(cls, data: memoryview, sha256: str | None = None) -> FitsTable:
        """Return the first table of a file in memory.

        Raises
        ------
        DamagedFileError
            If it is not a whole FITS file.
        LoadError
            If it has no table.
        """
        headers = read_headers(lambda start, count: bytes(data[start : start + count]), len(data))
        for header in headers:
            if header.get("XTENSION") == "BINTABLE":
                return cls(headers[0], header, data, sha256)
        if not any(header.data_bytes for header in headers):  # cut behind the primary header, or empty
            raise DamagedFileError("it holds headers, but no data")
        raise LoadError("it holds no table")

    def column(self, name: str) -> NDArray[Any]:
        """Return a copy of a column; see `columns`."""
        return self.columns([name])[name]

    def columns(
        self, names: Sequence[str], keep: NDArray[np.bool_] | None = None, allocate: Allocate | None = None
    ) -> dict[str, NDArray[Any]]:
        """Return copies of some columns in native byte order.

        Parameters
        ----------
        names : sequence of str
            Names of columns, in upper or lower case.
        keep : array of bool, shape (rows,), optional
            Which rows to take; else all.
        allocate : callable, optional
            Returns an array of a shape and type; `numpy.empty` if not given.

        Returns
        -------
        dict of str to numpy.ndarray
            By the names as you gave them. Shape (rows,), or (rows, ...) if a cell holds more than one number. Floats are as in the
            file: NaN if missing.

        Raises
        ------
        NoColumnError
            If there is no such column.
        LoadError
            If numpy cannot represent its type.
        """
        fields = {name: self._field(name) for name in names}
        count = len(self.table) if keep is None else int(np.count_nonzero(keep))
        copies = {}
        for name in names:
            dtype = self.table.dtype[name.lower()]
            copies[name] = (allocate or np.empty)((count, *dtype.shape), dtype.base.newbyteorder("="))
        fill(copies, self.table, keep)
        return {name: _scaled(copy, fields[name]) for name, copy in copies.items()}

    def _field(self, name: str) -> TableField:
        field = self.fields.get(name.lower())
        if field is None:
            raise NoColumnError(name, self.fields)
        if field.code not in CODES:
            raise LoadError(f"its column {name!r} holds bits or arrays of varying length, which are not read")
        return field


def fill(copies: Mapping[str, NDArray[Any]], table: NDArray[np.void], keep: NDArray[np.bool_] | None = None) -> None:
    """Copy columns into arrays, as many rows at a time as stay in the processor's cache.

    Parameters
    ----------
    copies : mapping
        Name of a column, in upper or lower case → array to fill, with one element per row to take.
    table : structured array, shape (rows,)
        Table with column names in lower case.
    keep : array of bool, shape (rows,), optional
        Which rows to take; else all.
    """
    at, step = 0, max(1, IN_CACHE // max(1, table.itemsize))
    for start in range(0, len(table), step):
        rows = table[start : start + step]
        rows = rows if keep is None else choose(rows, keep[start : start + step])
        for name, copy in copies.items():
            copy[at : at + len(rows)] = rows[name.lower()]
        at += len(rows)


def choose(table: NDArray[np.void], keep: NDArray[Any]) -> NDArray[np.void]:
    """Copy some rows, each as one piece of bytes: numpy itself would copy field by field, and take ten times as long."""
    lumps: NDArray[np.void] = table.view(f"V{table.dtype.itemsize}")[keep].view(table.dtype)
    return lumps


def _scaled(values: NDArray[Any], field: TableField) -> NDArray[Any]:
    """Return values with letters turned into booleans, and TSCAL and TZERO applied (section 7.3.2); SPOC's light curves have neither."""
    if field.code == "L":
        return np.asarray(values == b"T")
    if field.code == "A" or (field.scale, field.zero) == (1.0, 0.0):
        return values
    if field.scale == 1.0 and field.zero == UNSIGNED.get(field.code):
        unsigned: NDArray[Any] = values.view(f"u{values.itemsize}") ^ (1 << 8 * values.itemsize - 1)
        return unsigned.astype(f"u{values.itemsize}", copy=False)
    with np.errstate(all="ignore"):  # a scale may be any number
        scaled: NDArray[Any] = values * field.scale + field.zero
    return scaled


@lru_cache(maxsize=64)
def _fields_and_dtype(
    width: int, count: int, cards: tuple[str, ...]
) -> tuple[Mapping[str, TableField], np.dtype[np.void]]:
    """Return the fields and the numpy type of a row. It is cached, since all files of a kind have the same."""
    said = Header("".join(cards).encode("latin-1"))
    fields: dict[str, TableField] = {}
    places: dict[str, tuple[Any, int]] = {}
    offset = 0
    for number in range(1, count + 1):
        name, form, dim, scale, zero = (said.get(f"{key.decode()}{number}") for key in ABOUT_COLUMNS)
        match = FORM.fullmatch(str(form).strip())
        if match is None:
            raise DamagedFileError(f"column {number} of its table is of no known type: {repr(form)[:40]}")
        code, repeat = match[2].upper(), int(match[1] or 1)
        key = str(name or "").strip().lower() or f"col{number}"
        if key not in fields:
            fields[key] = TableField(code, repeat, _float_or(scale, 1.0), _float_or(zero, 0.0))
            if code == "A":
                places[key] = (f"S{repeat}", offset)
            elif code in CODES:
                places[key] = ((CODES[code], _shape(dim, repeat)), offset)
        offset += -(-repeat * BITS[code] // 8)
        if offset > width:
            raise DamagedFileError("the columns of its table are wider than the rows")
    if offset < width:  # a column of a wrong type: those behind it would be read from wrong places
        raise DamagedFileError("the columns of its table are narrower than the rows")
    formats, offsets = ([place[part] for place in places.values()] for part in (0, 1))
    try:
        return fields, np.dtype({"names": [*places], "formats": formats, "offsets": offsets, "itemsize": width})
    except (ValueError, OverflowError) as error:  # e.g. rows of more than 2 GiB
        raise LoadError(f"numpy has no type for the rows of its table: {error}") from error


def _shape(dim: Any, repeat: int) -> tuple[int, ...]:
    """Return the shape of a cell: ``(fastest, ..., slowest)`` in reverse order (section 7.3.2, TDIMn)."""
    axes = [int(word) for word in re.findall(r"\d{1,18}", str(dim or ""))]
    if 0 < len(axes) <= MOST_AXES and math.prod(axes) == repeat:
        return tuple(reversed(axes))
    return () if repeat == 1 else (repeat,)


def _float_or(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else default
