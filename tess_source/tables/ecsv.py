"""Fast reader and writer of ECSV, astropy's text table, with the same bytes as astropy's own in a tenth of the time."""

from __future__ import annotations

import codecs
import re
import warnings
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from tess_source._lazy import pl, whole
from tess_source.tables.convert import to_astropy, to_frame
from tess_source.tables.ecsv_header import read_header
from tess_source.tables.rows import thrifty

__all__ = ["line_of", "parse", "pieces", "write"]

ROWS = 50_000
"""Rows that are written together."""
BYTES = 1 << 24
"""Bytes of a file that are read together, about."""


def write(frame: pl.DataFrame, meta: Mapping[str, Any]) -> str:
    """Return a table as text.

    Parameters
    ----------
    frame : polars.DataFrame
        Texts, numbers and booleans; lists are left to astropy's own writer, which is slower.
    meta : mapping
        The header: plain dicts, lists, texts and numbers.

    Returns
    -------
    str
        The same text as that of ``Table.write(format="ascii.ecsv")``.
    """
    return "".join(pieces(frame, meta))


def pieces(frame: pl.DataFrame, meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text that `write` returns piece by piece, so that a file of 1 GB needs no more memory than its table."""
    plain = not any(kind.is_nested() for kind in frame.dtypes)
    table = to_astropy(frame.clear() if plain else frame)  # the header is astropy's in any case
    table.meta = dict(meta)
    out = StringIO()
    table.write(out, format="ascii.ecsv")
    yield out.getvalue()
    if plain:
        yield from map(_lines_of_rows, frame.iter_slices(ROWS))


def _lines_of_rows(frame: pl.DataFrame) -> str:
    """Return the lines: as in astropy, a missing value is an empty text, and a number is written by Python's repr."""
    exact = [_reprs(frame[name]) for name, kind in frame.schema.items() if kind.is_float() or kind == pl.Boolean]
    return frame.with_columns(exact).write_csv(
        include_header=False, separator=" ", null_value='""', quote_style="necessary"
    )


def _reprs(column: pl.Series) -> pl.Series:
    values = [None if value is None else repr(value) for value in column.to_list()]
    return pl.Series(column.name, values, dtype=pl.String)


def parse(data: bytes) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return a table and its header.

    Parameters
    ----------
    data : bytes
        The content of a file.

    Returns
    -------
    frame : polars.DataFrame
        Empty texts are null, as in astropy.
    meta : dict
        The header.

    Raises
    ------
    ValueError
        If it is not ECSV, or a line has too few or too many values. The message names the line, if possible.
    """
    lines, names, begin = _header_names_and_begin(data)
    header = read_header(lines)
    kinds: dict[str, Any] = {column["name"]: _polars_dtype(column) for column in header["datatype"]}
    is_plain = header.get("delimiter", " ") == " " and all(kinds.values()) and len(kinds) == len(header["datatype"])
    if is_plain and list(kinds) == names.split(" "):
        return _frame_of(data, begin, kinds), header["meta"]
    return _by_astropy(data, header), header["meta"]


def _by_astropy(data: bytes, header: Mapping[str, Any]) -> pl.DataFrame:
    """Return a table with another separator, or with values of other kinds."""
    if "__serialized_columns__" in header["meta"]:
        raise ValueError(
            "it has columns of astropy's own classes ('__serialized_columns__'); plain ones would be right"
        )
    whole("astropy")
    from astropy.table import Table

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return to_frame(Table.read(data.decode().splitlines(), format="ascii.ecsv"))
    except (Exception, pl.exceptions.PanicException) as error:  # astropy raises any, for headers of wrong types
        raise ValueError(str(error)) from error


def line_of(data: bytes, row: int) -> int:
    """Return the number of the line, from 1, that holds a row, from 0, of a table; the last line if polars counts more rows than lines."""
    lines = enumerate(data.splitlines(), 1)
    places = [number for number, line in lines if not line.startswith(b"#")]  # a blank line is a row
    return places[min(row + 1, len(places) - 1)]  # the first is the line of names


def _header_names_and_begin(data: bytes) -> tuple[list[str], str, int]:
    """Return the lines of a file's header, the line of names, and where the rest begins."""
    position = 0
    header: list[str] = []
    while data.startswith(b"#", position):
        end = data.find(b"\n", position) + 1 or len(data)
        header.append(_decoded(data[position:end], len(header) + 1))
        position = end
    if not header or not re.fullmatch(r"# %ECSV \d+\.\d+(\.\d+)?\s*", header[0]):
        raise ValueError(f"it does not start with '# %ECSV 1.0'{_what_it_is(data)}")
    end = data.find(b"\n", position) + 1 or len(data)
    return header, _decoded(data[position:end], len(header) + 1), end


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"line {number} is not UTF-8: {error.reason}") from error


_OTHERS = {
    b"\x1f\x8b": "; it is gzip data: unpack it",
    codecs.BOM_UTF8: "; it has a byte order mark in front: save it as UTF-8 without one",
    codecs.BOM_UTF16_LE: "; it is UTF-16: save it as UTF-8",
    codecs.BOM_UTF16_BE: "; it is UTF-16: save it as UTF-8",
}
"""First bytes of files that are not ECSV → what would be right."""


def _what_it_is(data: bytes) -> str:
    return next((words for start, words in _OTHERS.items() if data.startswith(start)), "")


def _frame_of(data: bytes, begin: int, kinds: dict[str, Any]) -> pl.DataFrame:
    """Return the rows, read piece by piece: their texts and numbers take several times the memory of the table."""
    frames = [pl.DataFrame(schema=kinds)]
    for body in _bodies(data, begin):
        row = sum(frame.height for frame in frames)
        frames.append(_typed(data, _frame_of_texts(data, body, kinds, row), kinds, row))
    return thrifty(pl.concat(frames))


def _bodies(data: bytes, begin: int) -> Iterator[bytes]:
    """Yield the lines from a place on, some at a time. A text in quotes, which may have line ends, is in one piece."""
    while begin < len(data):
        end = begin
        odd = 0
        while end < len(data) and (odd or end == begin):
            start, end = end, data.find(b"\n", end if odd else end + BYTES) + 1 or len(data)
            odd ^= data.count(b'"', start, end) % 2
        yield data[begin:end]
        begin = end


def _frame_of_texts(data: bytes, body: bytes, kinds: Mapping[str, Any], row: int) -> pl.DataFrame:
    """Return lines as a table of texts. They begin with this row, from 0, of the whole."""
    names = list(kinds)
    if not row and not body.strip():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=" ",
            comment_prefix="#",
            infer_schema=False,
            new_columns=names,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError as error:
        problem = str(error).partition("\n")[0]
        raise ValueError(f"its lines cannot be read, each should have {len(names)} values: {problem}") from error
    if frame.width != len(names):
        raise ValueError(f"its lines have {frame.width} values, not {len(names)}")
    if frame.height and any(frame.null_count().row(0)):  # a missing value is "", so null means: no value at all
        gaps = frame.select(pl.any_horizontal(pl.all().is_null())).to_series().arg_true()
        raise ValueError(f"line {line_of(data, row + gaps[0])} has too few values: {len(names)} would be right")
    return frame


def _typed(data: bytes, texts: pl.DataFrame, kinds: dict[str, Any], row: int) -> pl.DataFrame:
    """Return texts as the numbers that the header declares; an empty text is a missing value."""
    known = [pl.when(pl.col(name).str.len_bytes() > 0).then(pl.col(name)).alias(name) for name in texts.columns]
    try:
        return texts.select(known).select(pl.col(name).cast(kind) for name, kind in kinds.items())
    except pl.exceptions.PolarsError as error:
        raise ValueError(_misfit(data, texts.select(known), kinds, row)) from error


def _misfit(data: bytes, texts: pl.DataFrame, kinds: Mapping[str, Any], row: int) -> str:
    """Return a message about the first value that does not fit its column's type."""
    for name, kind in kinds.items():
        bad = (texts[name].is_not_null() & texts[name].cast(kind, strict=False).is_null()).arg_true()
        if len(bad):
            what = f"whole number of type {kind}" if kind.is_integer() else "number"
            value = texts[name][bad[0]][:60]
            return f"line {line_of(data, row + bad[0])}: the value {value!r} in its column {name!r} is no {what}"
    return "a value is not of its column's type"


def _polars_dtype(column: Mapping[str, Any]) -> Any:
    """Return polars' type for a column of texts or numbers; None for others."""
    words = re.fullmatch(r"(string|u?int(?:8|16|32|64)|float(?:32|64))", column["datatype"])
    if not words or column.get("subtype"):
        return None
    name = words[0].capitalize()
    return getattr(pl, name.replace("Uint", "UInt"))
