"""Reader of lists of targets in files: one target per line, or a table with a column of targets."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tess_source.errors import QueryError
from tess_source.paths import user_path
from tess_source.targets.parse import TARGET_COLUMNS, plain_column

__all__ = ["expand", "read_targets"]


def expand(words: Iterable[str]) -> Iterator[str]:
    """Yield targets, with ``@file`` and ``-`` (standard input) replaced by their contents.

    Parameters
    ----------
    words : iterable of str
        Targets as on a command line.

    Yields
    ------
    str
        Targets.

    Raises
    ------
    QueryError
        If a file cannot be read, or holds no targets; the message names it.
    """
    for word in words:
        if word == "-":
            yield from _targets_of_text(sys.stdin.read(), "standard input", "")
        elif word.startswith("@"):
            yield from read_targets(word[1:])
        else:
            yield word


def read_targets(path: str | Path) -> list[str]:
    """Read targets from a file.

    Parameters
    ----------
    path : str or Path
        ``.csv`` and ``.ecsv``: a table with a column called tic, ticid, TIC ID, target or name. Anything else: one target per line;
        blank lines and text behind a ``#`` are skipped.

    Returns
    -------
    list of str

    Raises
    ------
    QueryError
        If the file cannot be read, or holds no targets.
    """
    file = user_path(path)
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise QueryError(f"the list of targets {str(path)!r} cannot be read: {reason}") from error
    return _targets_of_text(content, repr(str(path)), file.suffix.lower())


def _targets_of_text(content: str, where: str, suffix: str) -> list[str]:
    lines = [line for line in content.splitlines() if line.strip()]
    if not lines:
        found = []
    elif lines[0].lstrip().startswith("{"):
        found = [_target_of_json(line, where) for line in lines]
    elif suffix in {".csv", ".ecsv"} or lines[0].startswith("# %ECSV") or _is_header(lines[0]):
        found = _targets_of_table(lines, where)
    else:
        found = [line.split("#", 1)[0].strip() for line in lines]
    found = [target for target in found if target]
    if not found:
        raise QueryError(f"{where} holds no targets")
    return found


def _is_header(line: str) -> bool:
    """Return whether a line is the header of a table with targets, e.g. printed by ``search --format csv``."""
    return any(plain_column(name) in TARGET_COLUMNS for name in re.split(r"[,;\t]", line))


def _target_of_json(line: str, where: str) -> str:
    try:
        row = json.loads(line)
        names = {plain_column(name): name for name in row}
        return str(row[next(names[name] for name in TARGET_COLUMNS if name in names)])
    except (ValueError, TypeError, StopIteration) as error:
        raise QueryError(f"{where} has a line that is no JSON object with a target: {line[:60]}") from error


def _targets_of_table(lines: list[str], where: str) -> list[str]:
    rows = [line for line in lines if not line.startswith("#")]
    header = rows[0] if rows else ""
    delimiter = max(",;\t ", key=header.count) if not header.count(",") else ","
    table = csv.DictReader(io.StringIO("\n".join(rows)), delimiter=delimiter, skipinitialspace=True)
    names = {plain_column(name): name for name in table.fieldnames or ()}
    column = next((names[name] for name in TARGET_COLUMNS if name in names), None)
    if column is None:
        have = ", ".join(table.fieldnames or ()) or "none"
        raise QueryError(f"{where} has no column of targets ({', '.join(TARGET_COLUMNS)}); its columns are {have}")
    return [(row[column] or "").strip() for row in table]
