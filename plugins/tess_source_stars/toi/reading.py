"""Reader of tables of TOIs: ExoFOP's of any year, as CSV or with bars, MIT's releases, and lists of community TOIs."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tess_source._lazy import pl
from tess_source.display import text as words
from tess_source.display.visible import logger
from tess_source.errors import LoadError
from tess_source.names.sectors import sectors_of_text, text_of_sectors
from tess_source.paths import user_path
from tess_source.tables.rows import polars_schema
from tess_source_stars.toi.columns import COLUMNS, columns_of_header, is_header
from tess_source_stars.toi.table import BTJD, Tois

__all__ = ["date_of", "read_tois", "tois_of_bytes"]

log: logging.Logger = logger(__name__)

PREAMBLE = 100
"""Lines among which the header is looked for."""
DELIMITERS = (",", "|", "\t", ";")
LINES = 20
"""Most lines of one row."""
_NUMBER = re.compile(r"\s*(?:C?TOI[\s_-]*)?\d{1,16}\.\d{1,2}\s*", re.IGNORECASE)
_TIC = re.compile(r"\s*(?:TIC\s*)?0*([1-9]\d{0,15})(?:\.0*)?\s*", re.IGNORECASE)
_SECTORS = re.compile(r"[\s,;]+")
FULL, LONGEST = 2_400_000.0, 20_000.0
"""A time from the first on is a full Julian date; one below the second is BTJD (of the years 1960 to 2069). Between, it is neither."""


def read_tois(path: str | Path) -> Tois:
    """Read a table of TOIs from a file.

    Parameters
    ----------
    path : str or Path
        E.g. ``download_toi.php`` of ExoFOP as CSV, or a TOI release of MIT.

    Returns
    -------
    Tois
        In the order of the file. Rows that cannot be read are left out; a warning says how many, and which the first are.

    Raises
    ------
    LoadError
        If it is no table of TOIs; the message says what it is instead.
    OSError
        If it cannot be read.
    """
    file = user_path(path)
    return tois_of_bytes(file.read_bytes(), file.name)


def date_of(data: bytes) -> str | None:
    """Return the day on which a table was made, as the lines before its header tell, e.g. ``"2024-09-30"``."""
    start = data[:4000].decode("utf-8-sig", errors="replace")
    if match := re.search(r"\bon \w{3} (\w{3} +\d+) [\d:]{8} (\d{4})", start):
        try:
            return datetime.strptime(f"{match[1]} {match[2]}", "%b %d %Y").date().isoformat()
        except ValueError:
            return None
    match = re.search(r"^#\s*File Created:\s*(\d{4}-\d\d-\d\d)", start, re.MULTILINE)
    return match[1] if match else None


def tois_of_bytes(data: bytes, name: str) -> Tois:
    """Return the TOIs of a table. `name` is that of the file or service, for messages; see `read_tois`.

    Raises
    ------
    LoadError
        If it is no table of TOIs.
    """
    text = data.decode("utf-8-sig", errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    lines = text.replace("\r\n", "\n").split("\n")
    start, reader, header = _header(lines, name)
    places = columns_of_header(header)
    good: list[Sequence[str]] = []
    bad: list[str] = []
    for number, row in _rows(lines, start, reader, len(header)):
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
    made = date_of(data)
    source = f"{name} of {made}" if made else name
    return Tois(_frame(good, places)).with_columns(source=pl.lit(source))


@dataclass(frozen=True)
class _Cells:
    """How the cells of a line are written."""

    delimiter: str
    quoted: bool

    def of(self, line: str) -> list[str]:
        """Return the cells of a line; none if it cannot be read."""
        source = io.StringIO(line, newline="")
        try:
            if self.quoted:
                return next(csv.reader(source, delimiter=self.delimiter), [])
            return next(csv.reader(source, delimiter=self.delimiter, quoting=csv.QUOTE_NONE), [])
        except csv.Error:
            return []


def _header(lines: Sequence[str], name: str) -> tuple[int, _Cells, list[str]]:
    """Return the number of lines before the rows, how cells are written, and the names of columns.

    Raises
    ------
    LoadError
        If there is no header of TOIs.
    """
    for number, line in enumerate(lines[:PREAMBLE], 1):
        delimiter = max(DELIMITERS, key=line.count)
        reader = _Cells(delimiter, delimiter != "|" or '"' in line)
        if is_header(cells := reader.of(line.lstrip("# "))):
            return number, reader, cells
    raise LoadError(f"{name} is no table of TOIs: {_what_it_is(lines)}")


def _what_it_is(lines: Sequence[str]) -> str:
    """Return in words what a text is that is no table of TOIs."""
    text = "\n".join(lines[:500]).strip()
    if not text:
        return "it is empty"
    if text[0] == "<":
        title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", text, re.IGNORECASE | re.DOTALL)
        return "it is a page of HTML" + (f", titled {' '.join(title[1].split())[:80]!r}" if title else "")
    if text[0] in "{[":
        return "it is JSON, and not lines with columns"
    first = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
    return f"none of its first lines names a column of TIC ids and one of TOIs; it begins with {first[:80]!r}"


def _rows(lines: Sequence[str], start: int, reader: _Cells, width: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header, with the numbers of their lines. A quoted comment may go on over a few lines.

    Each line is read on its own, so that a quote without its other half does not swallow the rest of the table.
    """
    at = start
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if not line.strip():
            continue
        row = reader.of(line)
        if reader.quoted and len(row) < width and line.count('"') % 2:
            for more in range(1, LINES):
                longer = reader.of("\n".join(lines[number - 1 : number + more]))
                if len(longer) == width:
                    row, at = longer, number + more
                    break
        yield number, row


def _is_row(row: Sequence[str], places: dict[str, int], width: int) -> bool:
    """Return whether a row has as many cells as the header, a TIC id, and the number of a TOI or community TOI."""
    key = places["toi" if "toi" in places else "ctoi"]
    return len(row) == width and bool(_TIC.fullmatch(row[places["tic"]]) and _NUMBER.fullmatch(row[key]))


def _frame(rows: Sequence[Sequence[str]], places: dict[str, int]) -> Any:
    """Return the columns of rows. A cell that is no number where one belongs is null."""
    made = {
        column.name: pl.Series([row[places[column.name]].strip() for row in rows], dtype=pl.String)
        if column.name in places
        else pl.repeat(None, len(rows), dtype=pl.String, eager=True)
        for column in COLUMNS
    }
    frame = pl.DataFrame(made).with_columns(pl.all().replace("", None))
    numbers = [column.name for column in COLUMNS if column.dtype == "Float64"]
    frame = frame.with_columns(
        pl.col(numbers).cast(pl.Float64, strict=False),
        pl.col("tic").str.extract(r"(\d+)").cast(pl.Int64),
        *(_candidate(name) for name in ("toi", "ctoi")),
        *(pl.col(name).str.to_uppercase() for name in ("disposition", "tess_disposition")),
        pl.col("sectors").map_elements(_sectors_in_words, return_dtype=pl.String),
    )
    frame = frame.with_columns(pl.when(pl.col(numbers).is_finite()).then(pl.col(numbers)))
    frame = frame.with_columns(
        _epoch(pl.col("epoch")),
        *(_positive(name) for name in ("period", "duration")),
        *map(_positive, _errors(numbers)),
    )
    return frame.select([pl.col(name).cast(kind) for name, kind in polars_schema(Tois).items()])


def _candidate(name: str) -> Any:
    """Return numbers of TOIs with both digits behind the point: programs that take them for numbers write 700.1 for 700.10."""
    return pl.col(name).str.extract(r"0*(\d+\.\d{1,2})").str.replace(r"\.(\d)$", ".${1}0")


def _errors(numbers: Sequence[str]) -> list[str]:
    return [name for name in numbers if name.endswith("_err")]


def _positive(name: str) -> Any:
    """Return a column in which 0 and what lies below, which stand for "not known", are null."""
    return pl.when(pl.col(name) > 0).then(pl.col(name)).alias(name)


def _epoch(days: Any) -> Any:
    """Return times as BTJD, of full Julian dates and of BTJD; null for 0, which stands for "not known".

    They are rounded to what a Julian date in one number can tell (40 us).
    """
    return (
        pl.when(days >= FULL).then((days - BTJD).round(9)).when((days != 0) & (days.abs() < LONGEST)).then(days)
    ).alias("epoch")


def _sectors_in_words(text: str) -> str | None:
    """Return a list of sectors in our spelling, e.g. ``"1-3,27"``; None if it is none."""
    try:
        return text_of_sectors(sectors_of_text(",".join(_SECTORS.split(text.strip(" ,;[]"))))) or None
    except ValueError:
        return None
