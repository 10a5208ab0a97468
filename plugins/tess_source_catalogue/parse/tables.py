"""Reads tables of text whose header may be a comment, as those of the target lists."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.parse.text import check_no_page, lines, parts

__all__ = ["check_rows", "numbers", "read_table"]

NOTHING = ("nan", "null", "none", "n/a")
"""What programs write in place of a number that they do not have, in small letters."""


def read_table(path: Path, aliases: Mapping[str, Sequence[str]], needed: Sequence[str]) -> pl.DataFrame:
    """Read the columns of a table, as text, under our names.

    The header is the first line that names all columns that are needed, a comment or not. Columns may be separated by commas, tabs, or
    white space.

    Parameters
    ----------
    path : Path
        The table, plain or compressed by gzip.
    aliases : dict
        Our name of a column → the names that it has in such tables, in small letters.
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
    body = body.filter((body.str.strip_chars() != "") & ~body.str.starts_with("#"))
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
    plain = [
        pl.col(name).str.replace(r"\.0+$", "") if kind.startswith("Int") else pl.col(name)
        for name, kind in known.items()
    ]
    found = rows.with_columns(
        column.cast(getattr(pl, kind), strict=False).alias(name)
        for column, (name, kind) in zip(plain, known.items(), strict=True)
    )
    for name, kind in known.items():
        bad = rows[name].filter(rows[name].is_not_null() & found[name].is_null())
        bad = bad.filter(~bad.str.to_lowercase().is_in(NOTHING))
        if len(bad):
            raise ValueError(f"{filename} has {bad[0][:40]!r} as {name}, which is no number")
        if kind.startswith("Float") and found[name].is_infinite().any():
            raise ValueError(f"{filename} has an infinite {name}")
    return found.with_columns(pl.col(name).fill_nan(None) for name, kind in known.items() if kind.startswith("Float"))


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
    for place, line in enumerate(text.head(200).to_list()):
        words = line.lstrip("# \t")
        separator = "," if "," in words else "\t" if "\t" in words else " "
        header = [
            name.strip().strip('"').lower() for name in (words.split() if separator == " " else words.split(separator))
        ]
        if all(set(aliases[name]) & set(header) for name in needed):
            return place, header, separator
    wanted = " and ".join(aliases[name][0] for name in needed)
    raise ValueError(f"{filename} has no header with {wanted}: it is no such table")


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
    places = {
        ours: next((header.index(name) for name in theirs if name in header), None) for ours, theirs in aliases.items()
    }
    known = {ours: rows.columns[place] for ours, place in places.items() if place is not None}
    return rows.select(pl.col(theirs).str.strip_chars().replace("", None).alias(ours) for ours, theirs in known.items())
