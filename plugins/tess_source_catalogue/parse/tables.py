"""Reads tables of text whose header may be a comment, as those of the target lists."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tess_source._lazy import pl
from tess_source.targets.texts import NO_VALUES
from tess_source_catalogue.parse.text import check_no_page, lines, parts

__all__ = ["Layout", "read_rows"]

SEPARATORS = (",", "\t", ";", "|", " ")
"""What may stand between columns. Blanks also stand beside the others, so they come last."""
UNIT = "\x1f"
"""What separates columns once quotes are gone."""
EXACT = 2**53
"""Whole numbers up to this one are exact as floating-point numbers."""


@dataclass(frozen=True)
class Layout:
    """The columns of tables of one sort, under our names."""

    aliases: Mapping[str, Sequence[str]]
    """Our name of a column → the names that it has in such tables. Of names, only letters and digits count."""
    needed: Sequence[str]
    """Columns without which it is no such table."""
    types: Mapping[str, str]
    """Types of columns of numbers."""
    sound: Mapping[str, pl.Expr]
    """Column → mask of the rows in which it is possible; a null counts as possible. Masks may use all columns of `types`."""


def read_rows(path: Path, layout: Layout) -> tuple[pl.DataFrame, pl.Series]:
    """Read the columns of a table.

    The header is the first line that names all columns that are needed, a comment or not. Columns may be separated by commas, tabs,
    semicolons, bars, or white space.

    Parameters
    ----------
    path : Path
        The table, plain or compressed by gzip.
    layout : Layout

    Returns
    -------
    rows : polars.DataFrame
        Columns that the table has, in the order of the aliases. Empty values are null, and so are numbers that are one of `NO_VALUES`.
    strange : polars.Series of str
        Texts of the rows that are left out: they have another number of columns than the header, or a value that cannot be.

    Raises
    ------
    ValueError
        If it has no such header, no rows, or more rows that are left out than others.
    OSError
        If it cannot be read.
    """
    header, separator, body = _header_and_body(path, layout)
    fields, separator = _unquoted(body, separator)
    fit = fields.str.count_matches(separator, literal=True) + 1 == len(header)
    told = _columns(_split(fields.filter(fit), separator, len(header)), header, layout.aliases)
    told = told.with_columns(_given(told[name]) for name in layout.types if name in told.columns)
    found = _numbers(told, layout.types)
    misfits = body.filter(~fit)
    reason = f"rows with another number of columns than its header has: {misfits[0][:80]!r}" if len(misfits) else ""
    bad = pl.repeat(value=False, n=told.height, dtype=pl.Boolean, eager=True)
    for mask, why in _faults(told, found, layout):
        bad, reason = bad | mask, reason or why
    strange = pl.concat([misfits, body.filter(fit).filter(bad)])
    if 2 * len(strange) > len(body):
        raise ValueError(f"{path.name} has {reason} ({len(strange):,} of {len(body):,} rows are wrong)")
    return found.select(told.columns).filter(~bad), strange


def _header_and_body(path: Path, layout: Layout) -> tuple[list[str], str, pl.Series]:
    """Return the names of the columns, what separates them, and the rows."""
    text = pl.concat([lines(part) for part in parts(path)] or [pl.Series("line", [], dtype=pl.String)]).str.strip_chars(
        " "
    )
    check_no_page(text, path.name)
    place, header, separator = _header(text, layout.aliases, layout.needed, path.name)
    body = text.slice(place + 1)
    body = body.filter((body.str.strip_chars() != "") & ~body.str.starts_with("#") & (body != text[place]))
    if not len(body):
        raise ValueError(f"{path.name} has no rows")
    return header, separator, body


def _faults(told: pl.DataFrame, found: pl.DataFrame, layout: Layout) -> Iterator[tuple[pl.Series, str]]:
    """Yield masks of rows that cannot be, and what is wrong with the first of each."""
    for name in (name for name in layout.types if name in told.columns):
        mask = told[name].is_not_null() & found[name].is_null()
        if mask.any():
            yield mask, f"{told[name].filter(mask)[0][:40]!r} as {name}, which is no number"
    for name, sound in layout.sound.items():
        mask = ~found.select(sound.fill_null(value=True)).to_series()
        if mask.any():
            value = found[name].filter(mask)[0]
            yield mask, f"rows without {name}" if value is None else f"{value} as {name}, which cannot be"


def _numbers(told: pl.DataFrame, types: Mapping[str, str]) -> pl.DataFrame:
    """Return rows with all columns of numbers, null where there is no number."""
    numbers = {
        name: _number(told[name], kind)
        if name in told.columns
        else pl.repeat(None, told.height, dtype=getattr(pl, kind), eager=True)
        for name, kind in types.items()
    }
    return told.with_columns(
        column.fill_nan(None) if column.dtype.is_float() else column
        for column in (column.alias(name) for name, column in numbers.items())
    )


def _given(text: pl.Series) -> pl.Series:
    """Return texts without those that stand for nothing."""
    return text.set(text.str.to_lowercase().is_in(NO_VALUES).fill_null(value=False), None)


def _number(text: pl.Series, kind: str) -> pl.Series:
    """Return texts as numbers of a type, null where they are none. Whole numbers may be written as ``38846515.0`` or ``3.8846515e7``."""
    if kind.startswith("Float"):
        return text.cast(pl.Float64, strict=False)
    whole = text.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
    if whole.null_count() > text.null_count():
        number = text.cast(pl.Float64, strict=False)
        number = number.set(~((number == number.round()) & (number.abs() < EXACT)).fill_null(value=False), None)
        whole = whole.zip_with(whole.is_not_null(), number.cast(pl.Int64))
    return whole.cast(getattr(pl, kind), strict=False)


def _header(
    text: pl.Series, aliases: Mapping[str, Sequence[str]], needed: Sequence[str], filename: str
) -> tuple[int, list[str], str]:
    """Return the place of the header, its names, and what separates columns."""
    known = {name: {_plain(alias) for alias in aliases[name]} for name in needed}
    for place, line in enumerate(text.head(200).to_list()):
        words = line.lstrip("# \t")
        for separator in SEPARATORS:
            header = [_plain(name) for name in (words.split() if separator == " " else words.split(separator))]
            if all(known[name] & set(header) for name in needed):
                return place, header, separator
    wanted = " and ".join(aliases[name][0] for name in needed)
    raise ValueError(f"{filename} has no header with {wanted}: it is no such table")


def _plain(name: str) -> str:
    """Return the letters and digits of a column's name: ``TIC_ID``, ``"TIC ID"`` and ``ticid`` are the same."""
    return re.sub("[^a-z0-9]", "", name.lower())


def _unquoted(body: pl.Series, separator: str) -> tuple[pl.Series, str]:
    """Return rows without quotes around their values, and what separates these then."""
    if separator == " ":
        body, separator = body.str.replace_all(r"\s+", "\t"), "\t"
    quoted = body.str.contains('"', literal=True)
    if not quoted.any():
        return body, separator
    values = (
        next(csv.reader([line[: csv.field_size_limit()]], delimiter=separator), []) for line in body.filter(quoted)
    )
    plain = body.str.replace_all(separator, UNIT, literal=True)
    return plain.scatter(quoted.arg_true(), [UNIT.join(row) for row in values]), UNIT


def _split(fields: pl.Series, separator: str, width: int) -> pl.DataFrame:
    """Return the values of rows that have as many as there are columns."""
    if not len(fields):
        return pl.DataFrame(schema={f"column_{number}": pl.String for number in range(1, width + 1)})
    data = io.BytesIO("\n".join(fields.to_list()).encode())
    return pl.read_csv(data, has_header=False, separator=separator, infer_schema_length=0, quote_char=None)


def _columns(rows: pl.DataFrame, header: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    plain = {ours: [_plain(name) for name in theirs] for ours, theirs in aliases.items()}
    places = {
        ours: next((header.index(name) for name in theirs if name in header), None) for ours, theirs in plain.items()
    }
    known = {ours: rows.columns[place] for ours, place in places.items() if place is not None}
    return rows.select(pl.col(theirs).str.strip_chars().replace("", None).alias(ours) for ours, theirs in known.items())
