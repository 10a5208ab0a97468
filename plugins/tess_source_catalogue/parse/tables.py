"""Reads tables of text whose header may be a comment, as those of the target lists."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.parse.text import check_no_page, lines, parts

__all__ = ["check_rows", "numbers", "read_table"]

NOTHING = ("nan", "null", "none", "n/a", "masked", "-", "--", "-999", "-999.0")
"""What programs write in place of a number that they do not have, in small letters."""
SEPARATORS = (",", "\t", ";", "|", " ")
"""What may stand between columns. Blanks also stand beside the others, so they come last."""
EXACT = 2**53
"""Whole numbers up to this one are exact as floating-point numbers."""


def read_table(path: Path, aliases: Mapping[str, Sequence[str]], needed: Sequence[str]) -> pl.DataFrame:
    """Read the columns of a table, as text, under our names.

    The header is the first line that names all columns that are needed, a comment or not; of names, only letters and digits count. Columns
    may be separated by commas, tabs, semicolons, bars, or white space.

    Parameters
    ----------
    path : Path
        The table, plain or compressed by gzip.
    aliases : dict
        Our name of a column → the names that it has in such tables.
    needed : sequence of str
        Our names of columns without which it is no such table.

    Returns
    -------
    polars.DataFrame
        Columns that the table has, in the order of `aliases`. Empty values are null.

    Raises
    ------
    ValueError
        If it has no such header, no rows, or rows with another number of columns.
    OSError
        If it cannot be read.
    """
    text = pl.concat([lines(part) for part in parts(path)] or [pl.Series("line", [], dtype=pl.String)]).str.strip_chars(
        " "
    )
    check_no_page(text, path.name)
    place, header, separator = _header(text, aliases, needed, path.name)
    body = text.slice(place + 1)
    body = body.filter((body.str.strip_chars() != "") & ~body.str.starts_with("#") & (body != text[place]))
    if not len(body):
        raise ValueError(f"{path.name} has no rows")
    return _columns(_split(body, separator, len(header), path.name), header, aliases)


def numbers(rows: pl.DataFrame, types: Mapping[str, str], filename: str) -> pl.DataFrame:
    """Return rows with columns of numbers, null where there is no text, or one of `NOTHING`.

    Raises
    ------
    ValueError
        If a text is no number, or no whole one where that is required.
    """
    known = {name: kind for name, kind in types.items() if name in rows.columns}
    given = rows.with_columns(_given(rows[name]) for name in known)
    found = given.with_columns(_number(given[name], kind) for name, kind in known.items())
    for name in known:
        bad = given[name].filter(given[name].is_not_null() & found[name].is_null())
        if len(bad):
            raise ValueError(f"{filename} has {bad[0][:40]!r} as {name}, which is no number")
    return found.with_columns(pl.col(name).fill_nan(None) for name, kind in known.items() if kind.startswith("Float"))


def _given(text: pl.Series) -> pl.Series:
    """Return texts without those that stand for nothing."""
    return text.set(text.str.to_lowercase().is_in(NOTHING).fill_null(value=False), None)


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


def check_rows(rows: pl.DataFrame, sound: Mapping[str, pl.Expr], filename: str) -> None:
    """Check that values are possible: column → mask of those that are, where null means unknown.

    Raises
    ------
    ValueError
        If one is not; it is named.
    """
    for name, mask in sound.items():
        if name in rows.columns:
            bad = rows.filter(~mask.fill_null(value=True))
            if len(bad):
                raise ValueError(f"{filename} has {bad[name][0]} as {name}, which cannot be")


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


def _split(body: pl.Series, separator: str, width: int, filename: str) -> pl.DataFrame:
    if separator == " ":
        body, separator = body.str.replace_all(r"\s+", "\t"), "\t"
    counts = body.str.count_matches(re.escape(separator)) + 1
    quoted = body.str.contains('"', literal=True)
    wrong = body.filter((counts != width) & ~quoted)
    if len(wrong):
        raise ValueError(f"{filename} has rows with another number of columns than its header has: {wrong[0][:80]!r}")
    data = io.BytesIO("\n".join(body.to_list()).encode())
    try:
        rows = pl.read_csv(data, has_header=False, separator=separator, infer_schema_length=0)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{filename} cannot be read as a table: {error}") from error
    if rows.width != width:  # commas between quotes
        raise ValueError(f"{filename} has {rows.width} columns, and its header has {width}")
    return rows


def _columns(rows: pl.DataFrame, header: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    plain = {ours: [_plain(name) for name in theirs] for ours, theirs in aliases.items()}
    places = {
        ours: next((header.index(name) for name in theirs if name in header), None) for ours, theirs in plain.items()
    }
    known = {ours: rows.columns[place] for ours, place in places.items() if place is not None}
    return rows.select(pl.col(theirs).str.strip_chars().replace("", None).alias(ours) for ours, theirs in known.items())
