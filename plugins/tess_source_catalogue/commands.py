"""``tess-source catalogue``: update, status, verify and rm.

What does the work is imported when a command runs: every session reads this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tess_source._lazy import pl
from tess_source.cli.printing import NOTHING, SOME_FAILED, format_option, note, print_rows, say
from tess_source.cli.user_path import UserPlace
from tess_source.display import text

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_catalogue.session_catalogue import SessionCatalogue

__all__ = ["catalogue"]

SHOWN = ("source", "first_sector", "last_sector", "state", "rows", "date", "fetched", "strange")

_sector = click.option("--sector", metavar="SECTORS", help="Only these sectors, e.g. 14 or 1-26,56.")
_pipeline = click.option(
    "--pipeline",
    "--author",
    multiple=True,
    metavar="PIPELINE",
    help="Of these pipelines, e.g. SPOC,QLP; may be repeated.",
)
_source = click.option(
    "--source", multiple=True, metavar="SOURCE", help="Only these sources, e.g. targets or portal; may be repeated."
)


def _catalogue_of(session: Session) -> SessionCatalogue:
    from tess_source_catalogue.session_catalogue import SessionCatalogue

    return SessionCatalogue(session)


def _words(given: tuple[str, ...]) -> tuple[str, ...] | None:
    return given or None


@click.group()
def catalogue() -> None:
    """Keep the lists of the whole mission, for searches offline."""


@catalogue.command()
@_sector
@_pipeline
@click.option(
    "--kind", multiple=True, metavar="KIND", help="Lists of these kinds of files: lc, tp, fast-lc, fast-tp, dv."
)
@_source
@click.option("--all", "everything", is_flag=True, help="Show each list, also those that have not changed.")
@click.option(
    "--to",
    "target",
    type=UserPlace(file_okay=False),
    help="Then copy the lists to a place for other machines, e.g. s3://bucket/catalogue.",
)
@click.option(
    "--from", "origin", type=UserPlace(file_okay=False), help="Take the lists from such a place, not from the archive."
)
@format_option
@click.pass_obj
def update(
    session: Session, sector: str | None, pipeline: tuple[str, ...], kind: tuple[str, ...], source: tuple[str, ...],
    everything: bool, target: str | None, origin: str | None, form: str,
) -> None:  # fmt: skip
    """Fetch lists that are new or have changed. Without --sector, all sectors there are.

    The pipeline is SPOC unless you name others. Exit code 1 if a list failed; the others are kept.
    """
    if origin and kind:
        raise click.UsageError("--from takes lists by --sector, --pipeline and --source, not by --kind")
    ours, pipelines, sources = _catalogue_of(session), _words(pipeline), _words(source)
    if origin:
        done = ours.load(origin, sector, pipeline=pipelines, source=sources)
    else:
        done = ours.update(sector, pipeline=pipelines, kind=_words(kind), source=sources)
    frame = done.to_polars().drop("problem") if everything and form == "table" else done.to_polars()
    if everything or form != "table":
        print_rows(frame, form, frame.columns)
    elif done.count("unchanged") < len(done.outcomes):
        shown = done.by_source()
        print_rows(shown, form, shown.columns)
    for failure in done.failures():
        say(failure)
    strange = sum(one.strange for one in done.outcomes)
    if strange:
        note(f"{text.number(strange, 'entry')} not understood: see tess-source catalogue status --strange")
    note(f"{done.summary()}; in {ours.folder.root}")
    saved = ours.save(target) if target else None
    if saved is not None:
        for failure in saved.failures():
            say(failure)
        note(f"{saved.summary()}; in {target}")
    if done.failed or (saved is not None and saved.failed):
        raise click.exceptions.Exit(SOME_FAILED)
    if not done.outcomes:
        raise click.exceptions.Exit(NOTHING)


@catalogue.command()
@click.option("--check", is_flag=True, help="Ask the archive which lists have changed.")
@click.option("--latest", is_flag=True, help="Print the newest sector with light curves, and nothing else.")
@click.option("--all", "everything", is_flag=True, help="Show each list, with its rows and dates.")
@click.option("--strange", is_flag=True, help="Print all names and rows that are not understood, and nothing else.")
@format_option
@click.pass_obj
def status(session: Session, check: bool, latest: bool, everything: bool, strange: bool, form: str) -> None:
    """Show what the catalogue holds, and what is missing.

    A table has a row per source; with --all, and in the other formats, a row per list.
    """
    from tess_source_catalogue.lacking import failures_in_words

    ours = _catalogue_of(session)
    if latest:
        _print_latest(ours, form)
        return
    if strange:
        _print_strange(ours, form)
        return
    states = ours.status(check=check)
    frame = states.to_polars()
    if everything or form != "table":
        print_rows(frame, form, SHOWN)
    elif len(states):
        shown = states.by_source()
        print_rows(shown, form, shown.columns)
    _note_strange(frame)
    unknown = frame.filter(pl.col("state") == "unknown").select("source", "last_sector", "problem")
    for reason in failures_in_words(unknown.iter_rows()):
        say(reason)
    note(f"{states.summary()}; in {ours.folder.root}")
    if not states.here.height:
        raise click.exceptions.Exit(NOTHING)


def _print_latest(ours: SessionCatalogue, form: str) -> None:
    from tess_source_catalogue.status import latest_sector

    sector, asked = latest_sector(ours.session, ours.folder, ours.session.registry.sources)
    if sector is not None:
        click.echo(str(sector)) if form == "table" else print_rows(
            pl.DataFrame({"sector": [sector]}), form, ("sector",)
        )
    if not asked:
        which = "the newest one in the catalogue" if sector is not None else "the catalogue has no light curves"
        note(f"{which}; the archive was not asked")
    if sector is None:
        raise click.exceptions.Exit(NOTHING)


def _print_strange(ours: SessionCatalogue, form: str) -> None:
    rows = ours.strange()
    if rows.height or form != "table":
        print_rows(rows, form, rows.columns, ("uri",))
    there = max(rows.height, int(ours.status()["strange"].sum()))
    more = f"; the texts of {there - rows.height:,} more rows are not kept" if there > rows.height else ""
    note(f"{text.number(there, 'entry')} not understood{more}")


def _note_strange(frame: pl.DataFrame) -> None:
    for row in frame.filter(pl.col("strange") > 0).iter_rows(named=True):
        sectors = text_of(row["first_sector"], row["last_sector"])
        note(
            f"{row['source']} {sectors}: {text.number(row['strange'], 'entry')} not understood, such as {row['strange_names']}"
        )


def text_of(first: int, last: int) -> str:
    """Return one sector, or a range of them."""
    return f"S{first}" if first == last else f"S{first}-S{last}"


@catalogue.command()
@click.option("--all", "everything", is_flag=True, help="Also list the files that are whole.")
@format_option
@click.pass_obj
def verify(session: Session, everything: bool, form: str) -> None:
    """Read every file of the catalogue through. Exit code 1 if one is damaged; the next update fetches it again."""
    ours = _catalogue_of(session)
    frame = ours.verify()
    damaged = frame.filter(pl.col("state") == "damaged")
    print_rows(frame if everything or form != "table" else damaged, form, frame.columns)
    whole = frame.height - damaged.height
    note(f"{text.number(frame.height, 'list')}: {whole:,} whole, {damaged.height:,} damaged; in {ours.folder.root}")
    if damaged.height:
        sectors = ",".join(str(sector) for sector in damaged["last_sector"].unique().sort())
        names = ",".join(damaged["source"].unique().sort())
        note(f"fetch the damaged ones again: tess-source catalogue update --source {names} --sector {sectors}")
        raise click.exceptions.Exit(SOME_FAILED)


@catalogue.command()
@_sector
@_pipeline
@_source
@click.option("--all", "everything", is_flag=True, help="Remove the whole catalogue.")
@click.pass_obj
def rm(
    session: Session, sector: str | None, pipeline: tuple[str, ...], source: tuple[str, ...], everything: bool
) -> None:
    """Remove lists, by sectors, pipelines and sources.

    A list is removed if it matches all that are given.
    """
    if not (everything or sector or pipeline or source):
        raise click.UsageError("choose what to remove: --sector, --pipeline, --source or --all")
    ours = _catalogue_of(session)
    count = ours.rm(sector, pipeline=_words(pipeline), source=_words(source))
    note(f"{text.number(count, 'list')} removed; in {ours.folder.root}")
    if not count:
        raise click.exceptions.Exit(NOTHING)
