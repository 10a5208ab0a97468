"""Reader and writer of saved plans: ECSV, astropy's text table, with one line per file, sorted, which ``Table.read`` reads too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import LockError, TableError, UnknownNameError
from tess_source.files.etags import ETAG
from tess_source.object_store.copies import beginning, read_bytes
from tess_source.object_store.path import ObjectPath, Root
from tess_source.tables import ecsv
from tess_source.tables.items import FIELDS, Items, completed
from tess_source.tables.placing import SHA256, problems_of_paths, with_plain_paths
from tess_source.tables.plan_record import check_record

__all__ = ["FORMAT", "read_saved", "texts_of"]

FORMAT = "tess-source plan 1"
"""Format in the header of a saved plan; the number grows when an older reader could misunderstand the plan."""
LONGEST = 1 << 16
"""Most bytes of one text."""


def texts_of(items: Items, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text of a saved plan, piece by piece.

    Its column of ETags is left out if it is empty: versions before it refuse columns that they lack.
    """
    frame = items.to_polars()
    frame = frame if frame["etag"].count() else frame.drop("etag")
    return ecsv.pieces(frame, {"format": FORMAT, **record, "files": len(items)})


def read_saved(path: Root) -> tuple[Items, dict[str, Any]]:
    """Read a plan that was saved.

    Parameters
    ----------
    path : Path or ObjectPath

    Returns
    -------
    items : Items
        The files. Their paths are checked, since the plan may come from anybody.
    record : dict

    Raises
    ------
    LockError
        If it is not a plan. The message names the file.
    FileNotFoundError
    """
    try:
        return _items_and_record(_bytes_of(path))
    except MemoryError:
        raise LockError(f"{str(path)!r} is larger than the memory of this machine") from None
    except (ValueError, TypeError, KeyError, RecursionError, pl.exceptions.PolarsError) as error:
        raise LockError(f"{str(path)!r} is not a plan of tess-source: {error}") from error


def _bytes_of(path: Root) -> bytes:
    """Return the bytes of a file, or only the first ones if it is no table: it may be huge, or a device without an end."""
    if isinstance(path, ObjectPath):
        first = beginning(path, LONGEST)
        return read_bytes(path) if first.startswith(b"#") and len(first) == LONGEST else first
    with path.open("rb") as file:
        first = file.read(LONGEST)
        if first.startswith(b"#") and file.seekable():  # in one piece, which takes half the memory
            file.seek(0)
            return file.read()
        return first + file.read() if first.startswith(b"#") else first


def _items_and_record(data: bytes) -> tuple[Items, dict[str, Any]]:
    frame, header = ecsv.parse(data)
    record = dict(header)
    if (found := record.pop("format", None)) != FORMAT:
        raise LockError(f"this version cannot read it: its format is {found!r:.80}, not {FORMAT!r}")
    check_record(record, len(data))
    _check_columns(frame.columns)
    if (files := record.pop("files", frame.height)) != frame.height:
        raise LockError(f"it is not whole: it has {frame.height:,} of the {files:,} lines that its header tells of")
    _check_whole_numbers(frame, data)
    frame = completed(frame)
    _check_values(frame, data)
    items = Items(with_plain_paths(frame))
    return Items(items.to_polars().with_columns(problem=problems_of_paths(items))), record


def _check_whole_numbers(frame: pl.DataFrame, data: bytes) -> None:
    """Check columns of whole numbers that a program saved as floats, because of their gaps."""
    for name, kind in frame.schema.items():
        if kind.is_float() and FIELDS[name].startswith("Int"):
            is_odd = pl.col(name).is_infinite() | (pl.col(name).is_not_nan() & (pl.col(name) != pl.col(name).round()))
            _check_rows(frame, data, name, is_odd, "is no whole number")


def _check_values(frame: pl.DataFrame, data: bytes) -> None:
    """Check the values that decide which bytes are right."""
    is_sum = pl.col("sha256").str.contains(f"^{SHA256}$")
    _check_rows(frame, data, "sha256", ~is_sum, "is no sha256: 64 hexadecimal digits")
    is_tag = pl.col("etag").str.contains(f"^{ETAG}$")
    _check_rows(frame, data, "etag", ~is_tag, "is no ETag of an object store: 32 hexadecimal digits, perhaps with -N")
    _check_rows(frame, data, "size", pl.col("size") < 0, "is no number of bytes")
    for name in ("uri", "path", "mirrors", "problem", "obs_id", "kind", "pipeline", "archive", "filename"):
        _check_rows(frame, data, name, pl.col(name).str.len_bytes() > LONGEST, f"is longer than {LONGEST:,} bytes")


def _check_rows(frame: pl.DataFrame, data: bytes, name: str, is_wrong: pl.Expr, problem: str) -> None:
    wrong = frame.select(is_wrong.fill_null(value=False)).to_series().arg_true()
    if len(wrong):
        value = str(frame[name][wrong[0]])[:70]
        raise LockError(f"line {ecsv.line_of(data, wrong[0])}: the value {value!r} in its column {name!r} {problem}")


def _check_columns(names: Sequence[str]) -> None:
    """Check that the columns are those of a plan: a sha256 under a misspelt name would not be compared."""
    for name in names:
        if name not in FIELDS:
            raise UnknownNameError("column", name, FIELDS)
    if "sha256" not in names:
        raise TableError("it has no column 'sha256'")
