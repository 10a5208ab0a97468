"""Reader of tables of TOIs: ExoFOP's of any year, as CSV or with bars, MIT's releases, NASA's table, and lists of community TOIs.

Nothing is dropped in silence: a warning tells of rows that are left out, cells that are no values, and columns that are missing.
"""

from __future__ import annotations

import codecs
import csv
import logging
import re
from collections.abc import Iterator, Sequence
from datetime import date
from email.utils import parsedate
from pathlib import Path
from typing import Any, Literal

from tess_source._lazy import pl
from tess_source.display import text as words
from tess_source.display.visible import logger
from tess_source.errors import LoadError
from tess_source.files.gzipped import GZIP, unpacked
from tess_source.names.sectors import sectors_of_text, text_of_sectors
from tess_source.paths import user_path
from tess_source.tables.rows import polars_schema
from tess_source.targets.texts import NO_VALUES
from tess_source_stars.toi.columns import COLUMNS, columns_of_header, is_header
from tess_source_stars.toi.table import BTJD, Tois

__all__ = ["date_of", "read_tois", "tois_of_bytes"]

log: logging.Logger = logger(__name__)

PREAMBLE = 100
"""Lines among which the header is looked for, beside those that begin with #."""
DELIMITERS = (",", "|", "\t", ";")
LINES = 20
"""Most lines of one row."""
MAIN = ("disposition", "period", "epoch", "duration")
"""Columns without which a table is of little use."""
_NUMBER = re.compile(r"\s*(?:C?TOI[\s_-]*)?\d{1,16}\.\d{1,2}0*\s*", re.IGNORECASE)
_TIC = re.compile(r"\s*(?:TIC\s*)?0*([1-9]\d{0,15})(?:\.0*)?\s*", re.IGNORECASE)
_SECTORS = re.compile(r"[\s,;]+")
FULL, LONGEST = 2_400_000.0, 20_000.0
"""A time from the first on is a full Julian date; one below the second is BTJD (of the years 1960 to 2069). Between, it is neither."""


def read_tois(path: str | Path) -> Tois:
    """Read a table of TOIs from a file.

    Parameters
    ----------
    path : str or Path
        E.g. ``download_toi.php`` of ExoFOP as CSV, or a TOI release of MIT; plain or compressed by gzip.

    Returns
    -------
    Tois
        In the order of the file. Rows that cannot be read are left out, and values that cannot be read are null; a warning says how
        many, and which the first are.

    Raises
    ------
    LoadError
        If it is no table of TOIs; the message says what it is instead.
    DamagedFileError
        If its compression is damaged.
    OSError
        If it cannot be read.
    """
    file = user_path(path)
    data = file.read_bytes()
    return tois_of_bytes(unpacked([data]) if data.startswith(GZIP) else data, file.name)


def date_of(data: bytes) -> str | None:
    """Return the day on which a table was made, as the lines before its header tell, e.g. ``"2024-09-30"``."""
    start = data[:4000].decode("utf-8-sig", errors="replace")
    if match := re.search(r"\b\w{3} \w{3} +\d+ [\d:]{8} \d{4}", start):
        day = parsedate(match[0])
        try:
            return date(*day[:3]).isoformat() if day else None
        except ValueError:
            return None
    match = re.search(r"^#\s*(?:File Created:|Generated on)\s*(\d{4}-\d\d-\d\d)", start, re.MULTILINE)
    return match[1] if match else None


def tois_of_bytes(data: bytes, name: str) -> Tois:
    """Return the TOIs of a table. `name` is that of the file or service, for messages; see `read_tois`.

    Raises
    ------
    LoadError
        If it is no table of TOIs.
    """
    lines = _text(data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start, delimiter, header = _header(lines, name)
    places = columns_of_header(header)
    good: list[Sequence[str]] = []
    bad: list[str] = []
    for number, row in _rows(lines, start, delimiter, len(header)):
        if _is_row(row, places, len(header)):
            good.append(row)
        else:
            bad.append(f"line {number}")
    if bad and not good:
        raise LoadError(
            f"{name} is no table of TOIs that can be read: none of its {len(bad):,} rows has a TIC id and a TOI"
        )
    if bad:
        count, verb = words.number(len(bad), "row"), "is" if len(bad) == 1 else "are"
        log.warning("%s: %s cannot be read, and %s left out (%s)", name, count, verb, words.first(bad, words.FEW))
    known = {*places, *(["disposition"] if "tess_disposition" in places else [])}
    if absent := [column for column in MAIN if column not in known]:
        log.warning("%s: no column is recognised as %s: there it is null", name, ", ".join(absent))
    made = date_of(data)
    source = f"{name} of {made}" if made else name
    return Tois(_frame(good, places, name)).with_columns(source=pl.lit(source))


def _text(data: bytes) -> str:
    """Return bytes as text: in UTF-8, in UTF-16 with its mark, or, in lines that are none, in the characters of Windows."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what spreadsheets call Unicode
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\n".join(map(_text_of_line, data.removeprefix(codecs.BOM_UTF8).split(b"\n")))
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _text_of_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _row(lines: Sequence[str], delimiter: str, width: int) -> tuple[list[str], int]:
    """Return the cells of the first row of lines, and how many lines it takes: a quoted comment may go on over a few.

    A quote without its other half does not swallow other rows: then it is the first line alone. Empty cells beyond the width are left out.
    """
    if lines[0].count('"') % 2:
        row, taken = _cells(lines, delimiter)
        if taken > 1 and len(row) == width and "".join(lines[:taken]).count('"') % 2 == 0:
            return row, taken
    ways = (_cells(lines[:1], delimiter, quoting)[0] for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE))
    rows = [row[:width] if not any(row[width:]) else row for row in ways]
    return next((row for row in rows if len(row) == width), rows[0]), 1


def _cells(lines: Sequence[str], delimiter: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> tuple[list[str], int]:
    """Return the cells of the first row of lines, and how many lines it takes; none if it cannot be read."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, quoting=quoting)
    try:
        return next(reader, []), reader.line_num
    except csv.Error:
        return [], 1


def _header(lines: Sequence[str], name: str) -> tuple[int, str, list[str]]:
    """Return the number of lines before the rows, what stands between cells, and the names of columns.

    Raises
    ------
    LoadError
        If there is no header of TOIs.
    """
    notes = 0
    for number, line in enumerate(lines, 1):
        notes += line.startswith("#")
        if number - notes > PREAMBLE:
            break
        delimiter = max(DELIMITERS, key=line.count)
        if is_header(cells := _cells([line.lstrip("# ")], delimiter)[0]):
            return number, delimiter, cells
    raise LoadError(f"{name} is no table of TOIs: {_what_it_is(lines)}")


def _what_it_is(lines: Sequence[str]) -> str:
    """Return in words what a text is that is no table of TOIs."""
    text = "\n".join(lines[:500]).strip()
    if not text:
        return "it is empty"
    if text[0] == "<" and "<html" not in text.lower():
        return "it is XML, and not lines with columns"
    if text[0] == "<":
        title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", text, re.IGNORECASE | re.DOTALL)
        return "it is a page of HTML" + (f", titled {' '.join(title[1].split())[:80]!r}" if title else "")
    if text[0] in "{[":
        return "it is JSON, and not lines with columns"
    first = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
    return f"none of its first lines names a column of TIC ids and one of TOIs; it begins with {first[:80]!r}"


def _rows(lines: Sequence[str], start: int, delimiter: str, width: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header, with the numbers of their first lines."""
    at = start
    while at < len(lines):
        number, taken = at + 1, 1
        if lines[at].strip():
            row, taken = _row(lines[at : at + LINES], delimiter, width)
            yield number, row
        at += taken


def _is_row(row: Sequence[str], places: dict[str, int], width: int) -> bool:
    """Return whether a row has as many cells as the header, a TIC id, and the number of a TOI or community TOI."""
    keys = [row[places[name]] for name in ("toi", "ctoi") if name in places] if len(row) == width else []
    return any(map(_NUMBER.fullmatch, keys)) and bool(_TIC.fullmatch(row[places["tic"]]))


def _frame(rows: Sequence[Sequence[str]], places: dict[str, int], name: str) -> Any:
    """Return the columns of rows. A cell that is no value where one belongs is null, and a warning tells of it."""
    cells = {
        column.name: pl.Series([row[places[column.name]].strip() for row in rows], dtype=pl.String)
        if column.name in places
        else pl.repeat(None, len(rows), dtype=pl.String, eager=True)
        for column in COLUMNS
    }
    numbers = [column.name for column in COLUMNS if column.dtype == "Float64"]
    positive = ["period", "duration", "planet_radius", *(column for column in numbers if column.endswith("_err"))]
    given = pl.DataFrame(cells).with_columns(
        pl.when(pl.all().str.to_lowercase().is_in(NO_VALUES)).then(None).otherwise(pl.all()).name.keep()
    )
    zero = pl.col("epoch", *positive).cast(pl.Float64, strict=False).eq_missing(0.0)
    given = given.with_columns(pl.when(zero).then(None).otherwise(pl.col("epoch", *positive)).name.keep())
    frame = given.with_columns(
        pl.col(numbers).cast(pl.Float64, strict=False),
        pl.col("tic").str.extract(r"(\d+)").cast(pl.Int64),
        *(_candidate(column) for column in ("toi", "ctoi")),
        *(pl.col(column).str.to_uppercase() for column in ("disposition", "tess_disposition")),
        pl.col("sectors").map_elements(_sectors_in_words, return_dtype=pl.String),
    )
    frame = frame.with_columns(pl.when(pl.col(numbers).is_finite()).then(pl.col(numbers)))
    frame = frame.with_columns(_epoch(pl.col("epoch")), pl.when(pl.col(positive) > 0).then(pl.col(positive)))
    _tell_lost(given, frame, name)
    return frame.select([pl.col(column).cast(kind) for column, kind in polars_schema(Tois).items()])


def _tell_lost(given: Any, frame: Any, name: str) -> None:
    """Warn of cells that are given, and null in the frame, and of TOIs and community TOIs that stand in more than one row."""
    for column in frame.columns:
        lost = given[column].filter(given[column].is_not_null() & frame[column].is_null())
        if len(lost):
            what = words.number(len(lost), "value")
            log.warning(
                "%s: %s of %s cannot be read, and %s null: %r",
                name,
                what,
                column,
                "is" if len(lost) == 1 else "are",
                lost[0],
            )
    for column, what in (("toi", "TOI"), ("ctoi", "community TOI")):
        given_ones = frame[column].drop_nulls()
        repeated = given_ones.filter(given_ones.is_duplicated()).unique(maintain_order=True)
        if len(repeated):
            log.warning(
                "%s: %s in more than one row: %s",
                name,
                words.number(len(repeated), what),
                words.first(repeated.to_list(), words.FEW),
            )


def _candidate(name: str) -> Any:
    """Return numbers of TOIs with both digits behind the point: programs that take them for numbers write 700.1 for 700.10."""
    return pl.col(name).str.extract(r"0*(\d+\.\d{1,2})").str.replace(r"\.(\d)$", ".${1}0")


def _epoch(days: Any) -> Any:
    """Return times as BTJD, of full Julian dates and of BTJD; null for 0, which stands for "not known".

    They are rounded to what a Julian date in one number can tell (40 us).
    """
    return (
        pl.when(days >= FULL).then((days - BTJD).round(9)).when((days != 0) & (days.abs() < LONGEST)).then(days)
    ).alias("epoch")


def _sectors_in_words(text: str) -> str:
    """Return a list of sectors in our spelling, e.g. ``"1-3,27"``; the text itself if it is none, such as one that ExoFOP has cut."""
    try:
        return text_of_sectors(sectors_of_text(",".join(_SECTORS.split(text.strip(" ,;[]"))))) or text
    except ValueError:
        return text
