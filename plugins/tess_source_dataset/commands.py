"""``tess-source dataset``: build, verify and info.

What does the work is imported when a command runs: every session reads this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from tess_source._lazy import pl
from tess_source.cli.asking import Asking
from tess_source.cli.printing import NOTHING, SOME_FAILED, format_option, note, print_rows, say
from tess_source.cli.user_path import UserPath, UserPlace

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_dataset.data_set import DataSet
    from tess_source_dataset.information import DataSetInfo

__all__ = ["dataset"]

_place = click.argument("place", type=UserPlace(file_okay=False), metavar="PLACE")


def _data_set_of(session: Session, place: str) -> DataSet:
    from tess_source_dataset.data_set import DataSet

    return DataSet(session, place)


@click.group()
def dataset() -> None:
    """Build data sets of light curves for training models."""


def _numbers(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """Return the value of an option as numbers."""
    try:
        return None if value is None else tuple(map(float, value.split(",")))
    except ValueError:
        raise click.BadParameter(f"{value!r} are no numbers with commas, e.g. 0.8,0.1,0.1") from None


@dataset.command(cls=Asking)
@click.option(
    "--to",
    "place",
    required=True,
    type=UserPlace(file_okay=False),
    help="Folder, or place such as s3://bucket/curves, of the data set.",
)
@click.option("--columns", metavar="NAMES", help="Columns of the light curves; by default time,pdcsap_flux,quality.")
@click.option(
    "--quality",
    metavar="BITMASK",
    help="Leave out cadences with these bits: none, default, hard, hardest, or a number.",
)
@click.option("--dtype", "dtypes", multiple=True, metavar="COLUMN=TYPE", help="Convert a column, e.g. time=float32.")
@click.option("--shard-size", type=click.IntRange(1), metavar="N", help="Most light curves in a file; by default 1000.")
@click.option(
    "--fractions", callback=_numbers, metavar="F,F,F", help="Fractions of the stars for training, validation, test."
)
@click.option("--seed", type=int, metavar="N", help="Number of the split; by default 0.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Files fetched at the same time by all workers.")
@click.option("--keep-files", is_flag=True, help="Keep the FITS files in the cache folder.")
@click.option("--temporary", type=UserPath(file_okay=False), help="Folder for the FITS files of the shards at work.")
@click.option("--dry-run", is_flag=True, help="Only show the shards, and how much would be fetched.")
@format_option
@click.pass_obj
def build(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, place: str, columns: str | None,
    quality: str | None, dtypes: tuple[str, ...], jobs: int | None,
    keep_files: bool, temporary: str | None, dry_run: bool, **options: Any,
) -> None:  # fmt: skip
    """Search, download, verify and convert light curves: Parquet files with a split by star.

    The FITS files are not kept. Run the same command again to go on after an interruption, and to try files again that failed.

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Without a target, everything that meets
    the filters and criteria.
    """
    from tess_source_dataset.building import shards_in_words
    from tess_source_dataset.planning import EmptyDataSetError

    given = {
        "columns": columns and [name.strip() for name in columns.split(",")],
        "quality_bitmask": int(quality) if quality and quality.isdecimal() else quality,
        "dtypes": _dtypes(dtypes),
        **options,
    }
    recipe = {name: value for name, value in given.items() if value is not None}
    question = {name: value for name, value in {**asked, **filters}.items() if name != "refresh"}
    ours = _data_set_of(session, place)
    try:
        if dry_run:
            table = ours.shards(**question, **recipe)
            print_rows(table, form, table.columns, whole=("shard",))
            note(shards_in_words(table, session.settings.processes))
            return
        info = ours.build(
            **question,
            **recipe,
            jobs=jobs,
            keep_files=keep_files,
            temporary=temporary,
        )
    except EmptyDataSetError as error:
        say(str(error))
        raise click.exceptions.Exit(NOTHING) from error
    _print_info(info, form)
    for line in info.failures():
        say(line)
    note(info.summary())
    if info.missing:
        raise click.exceptions.Exit(SOME_FAILED)


def _dtypes(words: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [word.partition("=") for word in words]
    if wrong := next((word for word, (_, equals, _) in zip(words, pairs, strict=True) if not equals), None):
        raise click.BadParameter(f"{wrong!r} is not COLUMN=TYPE, e.g. time=float32", param_hint="--dtype")
    return {name: dtype for name, _, dtype in pairs} or None


@dataset.command()
@_place
@click.option("--all", "everything", is_flag=True, help="Also list the files that are whole.")
@format_option
@click.pass_obj
def verify(session: Session, place: str, everything: bool, form: str) -> None:
    """Read every byte of a data set: sums, checksums, rows, locks, and the split.

    Exit code 1 if a file is damaged, missing, or not of the data set. The next build makes damaged and missing shards again.
    """
    found = _data_set_of(session, place).verify()
    print_rows(found.table if everything else found.problems, form, found.table.columns, whole=("file",))
    note(found.summary())
    if not found.ok:
        raise click.exceptions.Exit(SOME_FAILED)


@dataset.command()
@_place
@format_option
@click.pass_obj
def info(session: Session, place: str, form: str) -> None:
    """Show what a data set holds, how it was made, and what is missing. Exit code 1 if it is not complete, or files are missing."""
    found = _data_set_of(session, place).info()
    _print_info(found, form)
    for line in found.failures():
        say(line)
    note(found.summary())
    if found.missing or not found.complete:
        raise click.exceptions.Exit(SOME_FAILED)


def _print_info(found: DataSetInfo, form: str) -> None:
    """Print what a data set holds: a line per property."""
    values = {
        **found.to_dict(),
        "left_out": {pipeline or "?": str(files) for pipeline, files in found.left_out.items()},
    }
    rows = [{"property": name, "value": _shown(value)} for name, value in values.items() if name != "missing"]
    print_rows(pl.DataFrame(rows), form, ["property", "value"], whole=("property", "value"))


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_shown(one)}" for name, one in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
