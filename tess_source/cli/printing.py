"""Printing for commands, rows on stdout and messages on stderr, and the program's exit codes."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import escaped, visible
from tess_source.tables.convert import to_astropy
from tess_source.tables.interrupted import Interrupted
from tess_source.tables.plan import Manifest, Plan
from tess_source.tables.reasons import Reasons
from tess_source.tables.rows import Rows

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

__all__ = [
    "FORMATS", "INTERRUPTED", "NOTHING", "SOME_FAILED", "USAGE", "download", "failures", "format_option", "note", "print_rows",
    "render", "say", "show",
]  # fmt: skip

SOME_FAILED, USAGE, NOTHING, INTERRUPTED = 1, 2, 3, 130
"""Exit codes."""
Looks: TypeAlias = Mapping[str, text.NumberLook]
NO_LOOKS: Looks = MappingProxyType({})


def render(
    frame: pl.DataFrame, form: str, columns: Sequence[str] | None = None, whole: Sequence[str] = (), looks: Looks = NO_LOOKS
) -> str:  # fmt: skip
    """Return rows as text.

    Parameters
    ----------
    frame : polars.DataFrame
    form : str
        One of `FORMATS`.
    columns : sequence of str, optional
        Columns of the format ``table``; the other formats have all columns.
    whole : sequence of str
        Columns that are neither left out nor cut on a narrow terminal.
    looks : mapping
        Column → how its numbers are shown in the format ``table``; the other formats have all digits, and ``ecsv`` the units.

    Returns
    -------
    str
        With a line feed at the end, unless it is empty.
    """
    return FORMATS[form](frame, columns or frame.columns, whole, looks)


def _table(frame: pl.DataFrame, columns: Sequence[str], whole: Sequence[str], looks: Looks) -> str:
    width = None if sys.stdout.isatty() else 0
    said = "--format csv shows all"
    shown = text.table(frame, columns, rows=None, width=width, whole=whole, elsewhere=said, looks=looks)
    return f"{shown}\n" if frame.height else ""


def _csv(frame: pl.DataFrame, *_of_table: object) -> str:
    return frame.write_csv()


def _json(frame: pl.DataFrame, *_of_table: object) -> str:
    return _json_text(frame.to_dicts(), indent=1) + "\n"


def _jsonl(frame: pl.DataFrame, *_of_table: object) -> str:
    return "".join(_json_text(row) + "\n" for row in frame.iter_rows(named=True))


def _json_text(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON whose own escapes stand for all characters that `visible` escapes: the value is the same."""
    written = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    return "\n".join(escaped(line, lambda one: json.dumps(one)[1:-1]) for line in written.split("\n"))


def _ecsv(frame: pl.DataFrame, _columns: Sequence[str], _whole: Sequence[str], looks: Looks) -> str:
    return _ecsv_text(to_astropy(frame, looks))


def _ecsv_text(table: AstropyTable) -> str:
    out = io.StringIO()
    table.write(out, format="ascii.ecsv")
    return out.getvalue()


FORMATS: dict[str, Callable[[pl.DataFrame, Sequence[str], Sequence[str], Looks], str]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "ecsv": _ecsv,
}
"""Name → writer."""

Command = TypeVar("Command", bound=Callable[..., Any] | click.Command)

_format = click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True, help="How to print rows."
)


def format_option(command: Command) -> Command:
    """Add the option ``--format`` to a command, which gets its value as `form`, the argument of `print_rows`.

    Parameters
    ----------
    command : click.Command
        The command, or the function that becomes one.

    Returns
    -------
    click.Command
        The same.
    """
    return _format(command)


def show(text: str) -> None:
    """Print a text on stdout, without a line feed at its end: as it is to a file or pipe, and `visible` on a terminal."""
    shown = visible(text) if sys.stdout.isatty() else text
    click.echo(shown, nl=False, color=True)  # without color=True, click takes colours out of it


def say(message: str) -> None:
    """Print a message on stderr, as `tess_source.display.visible` shows it.

    Parameters
    ----------
    message : str
        One or several lines.
    """
    click.echo(visible(message), err=True)


def note(message: str) -> None:
    """Print a message on stderr that is not an error: it is left out with ``--quiet``.

    Parameters
    ----------
    message : str
        One or several lines.
    """
    if logging.getLogger("tess_source").isEnabledFor(logging.WARNING):
        say(message)


def print_rows(
    rows: pl.DataFrame | Rows, form: str, columns: Sequence[str] | None = None, whole: Sequence[str] = (), looks: Looks = NO_LOOKS
) -> None:  # fmt: skip
    """Print rows on stdout.

    Parameters
    ----------
    rows : polars.DataFrame or Rows
        The rows. A table of ours gives units to its columns, where the form has them.
    form : str
        ``table``, ``csv``, ``json``, ``jsonl`` or another word of ``--format``.
    columns : sequence of str, optional
        The columns of a ``table``; all if None.
    whole : sequence of str
        Columns of these that are neither left out nor cut on a narrow terminal.
    looks : mapping
        Column → how its numbers are shown in a ``table``.
    """
    if isinstance(rows, Rows) and form == "ecsv":
        show(_ecsv_text(rows.to_table()))
        return
    frame = rows.to_polars() if isinstance(rows, Rows) else rows
    show(render(frame, form, columns, whole, looks))


def failures(manifest: Manifest) -> Iterator[str]:
    """Yield why files were not fetched: a line per reason."""
    return Reasons(manifest.errors).lines("fetched", len(manifest))


def download(plan: Plan, jobs: int | None = None) -> Manifest:
    """Fetch the files of a plan. On an interruption, print on stderr what is done and how to go on.

    Parameters
    ----------
    plan : Plan
        The files.
    jobs : int, optional
        Files fetched at the same time; the session's setting if None.

    Returns
    -------
    Manifest
        What happened to every file.
    """
    try:
        return plan.download(jobs=jobs)
    except Interrupted as stop:
        say(f"{stop.manifest.summary()}\nrun the same command again to go on")
        raise
