"""Reader of lists of targets in files: one target per line, or a table with a column of targets."""

from __future__ import annotations

import codecs
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tess_source._lazy import pl, whole
from tess_source.errors import DamagedFileError, LoadError, QueryError, bare_reason, type_and_text
from tess_source.paths import user_path
from tess_source.targets.formats import ListedRow, rows_of_text
from tess_source.targets.parse import check_missing, gaps_in_words
from tess_source.targets.tabular import rows_of_table
from tess_source.targets.target import Gap
from tess_source.wording import keyword

__all__ = ["expand", "read_targets"]


def expand(words: Iterable[str], missing: str = "raise") -> Iterator[Any]:
    """Yield targets, with ``@file`` and ``-`` (standard input) replaced by their contents.

    Parameters
    ----------
    words : iterable of str
        Targets as on a command line.
    missing : str
        As in `read_targets`; with ``"skip"``, rows without a target come as a `Gap`, so that they can be counted.

    Yields
    ------
    object
        Targets, as `tess_source.targets.parse.parse_targets` takes them.

    Raises
    ------
    QueryError
        If a file cannot be read, or holds no targets; the message names it.
    """
    for word in words:
        if word == "-":
            yield from _checked(rows_of_text(sys.stdin.read(), "standard input"), "standard input", missing)
        elif word.startswith("@"):
            yield from _targets_of_file(word[1:], missing)
        else:
            yield word


def read_targets(path: str | Path, *, missing: str = "raise") -> list[Any]:
    """Read targets from a file.

    Parameters
    ----------
    path : str or Path
        A table with a column called tic, ticid, TIC ID, tid, ID, target, name or the like, with ra and dec, with obs_id or obsid, or
        with TOI: CSV (with commas, semicolons, tabs or blanks, and lines before its header), ECSV, JSON, JSON lines, FITS, VOTable,
        Parquet, a table of IPAC, or a machine-readable table of a journal. Where one column is empty the next is used. Else text with
        one target per line, or with one line of targets and commas; blank lines and text behind a ``#`` are skipped. Any of these may be
        compressed with gzip.
    missing : str
        ``"raise"``: rows without a target are an error. ``"skip"``: they are passed over.

    Returns
    -------
    list of object
        Targets, as `tess_source.targets.parse.parse_targets` takes them.

    Raises
    ------
    QueryError
        If the file cannot be read, or holds no targets, or rows have none; the message names the lines.
    """
    return [target for target in _targets_of_file(path, missing) if not isinstance(target, Gap)]


def _targets_of_file(path: str | Path, missing: str) -> list[Any]:
    from tess_source.files.gzipped import GZIP, unpacked

    file, where = user_path(path), repr(str(path))
    try:
        content = file.read_bytes()
        content = unpacked([content]) if content.startswith(GZIP) else content
        if (table := _binary_table(content)) is not None:
            return _checked(_rows_of(table, where), where, missing)
        text = _text(content)
    except (OSError, LoadError, UnicodeDecodeError) as error:
        raise QueryError(f"the list of targets {where} cannot be read: {bare_reason(error)}") from error
    suffixes = [suffix.lower() for suffix in file.suffixes]
    return _checked(rows_of_text(text, where, is_table=bool({".csv", ".ecsv", ".tsv"} & set(suffixes))), where, missing)


def _text(content: bytes) -> str:
    """Return the text of a file: UTF-8, what begins with the mark of another Unicode, or else what Windows writes in western Europe.

    Raises
    ------
    OSError
        If it is no text.
    """
    marks = {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise OSError("it is neither text nor FITS, VOTable or Parquet; save a spreadsheet as CSV")
    return text


def _rows_of(table: Any, where: str) -> Iterator[ListedRow]:
    for number, target in enumerate(rows_of_table(table, f"the list of targets {where}") or (), 1):
        yield ListedRow(f"row {number}", target)


def _checked(rows: Iterable[ListedRow], where: str, missing: str) -> list[Any]:
    """Return the targets of rows, with gaps that say where they are.

    Raises
    ------
    QueryError
        If there are no targets, or if there are gaps that are not to be skipped.
    """
    check_missing(missing)
    found = list(rows)
    gaps = [row.where for row in found if isinstance(row.target, Gap)]
    if gaps and missing == "raise":
        raise QueryError(
            f"{where}: {gaps_in_words(gaps, len(found))}; ", keyword("missing", "skip"), " passes over such rows"
        )
    if len(gaps) == len(found):
        raise QueryError(f"{where} holds no targets")
    return [Gap(f"{row.where} of {where}") if isinstance(row.target, Gap) else row.target for row in found]


def _check_tables(content: bytes) -> None:
    """Check that the tables of a FITS file have the sizes that their headers say: astropy makes arrays of any size."""
    from tess_source.files.fits_headers import read_headers
    from tess_source.files.fits_sizes import check_sizes
    from tess_source.files.fits_table import FitsTable

    def read(start: int, count: int) -> bytes:
        return content[start : start + count]

    primary, *others = headers = read_headers(read, len(content))
    check_sizes(headers, read)
    for header in others:
        if header.get("XTENSION") == "BINTABLE":
            FitsTable(primary, header, memoryview(content))


def _binary_table(content: bytes) -> Any:
    """Return the table of a FITS, VOTable or Parquet file; None if it is none.

    Raises
    ------
    DamagedFileError
        If it is one, but cannot be read.
    """
    starts = {
        "parquet": content.startswith(b"PAR1"),
        "fits": content.startswith(b"SIMPLE  ="),
        "votable": b"<VOTABLE" in content[:2000],
    }
    kind = next((kind for kind, is_kind in starts.items() if is_kind), None)
    if kind is None:
        return None
    if kind == "fits":
        _check_tables(content)
    whole("astropy")
    from astropy.table import Table

    stream = io.BytesIO(content)
    try:
        return pl.read_parquet(stream) if kind == "parquet" else Table.read(stream, format=kind)
    except (Exception, pl.exceptions.PanicException) as error:
        raise DamagedFileError(f"it is no whole {kind} file: {type_and_text(error)[:200]}") from error
