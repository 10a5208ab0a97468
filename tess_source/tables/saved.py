"""Reader and writer of saved plans: ECSV, astropy's text table, with one line per file, sorted, which ``Table.read`` reads too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tess_source.errors import LockError, TableError, UnknownNameError
from tess_source.tables import ecsv
from tess_source.tables.items import FIELDS, Items, completed
from tess_source.tables.planning import problems_of_paths

__all__ = ["FORMAT", "as_text", "read_saved"]

FORMAT = "tess-source plan 1"
"""Format in the header of a saved plan; the number grows when an older reader could misunderstand the plan."""


def as_text(items: Items, record: Mapping[str, Any]) -> str:
    """Return the text of a saved plan."""
    return ecsv.write(items.to_polars(), {"format": FORMAT, **record, "files": len(items)})


def read_saved(path: Path) -> tuple[Items, dict[str, Any]]:
    """Read a plan that was saved.

    Parameters
    ----------
    path : Path

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
        frame, record = ecsv.read(path)
        if (found := record.pop("format", None)) == FORMAT:
            _check_columns(frame.columns)
        items = Items(completed(frame))
    except FileNotFoundError:
        raise
    except (ValueError, TypeError, TableError, KeyError, UnknownNameError) as error:
        raise LockError(f"{str(path)!r} is not a plan of tess-source: {error}") from error
    if found != FORMAT:
        raise LockError(f"{str(path)!r} is not a plan that this version reads: its format is {found!r}, not {FORMAT!r}")
    if (files := record.pop("files", len(items))) != len(items):
        raise LockError(
            f"{str(path)!r} is not whole: it has {len(items):,} of the {files:,} lines that its header tells of"
        )
    return Items(items.to_polars().with_columns(problem=problems_of_paths(items))), record


def _check_columns(names: Sequence[str]) -> None:
    """Check that the columns are those of a plan: a sha256 under a misspelt name would not be compared."""
    for name in names:
        if name not in FIELDS:
            raise UnknownNameError("column", name, FIELDS)
    if "sha256" not in names:
        raise TableError("it has no column 'sha256'")
