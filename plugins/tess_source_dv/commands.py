"""``tess-source dv``: the data-validation sets of targets, their TCEs, their files, and a picture.

What does the work is imported when the command runs: every session reads this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tess_source._lazy import pl
from tess_source.cli.asking import Asking
from tess_source.cli.printing import NOTHING, SOME_FAILED, format_option, note, print_rows
from tess_source.cli.user_path import UserPath
from tess_source.display import text
from tess_source.errors import QueryError
from tess_source.tables.among import among
from tess_source_dv.draw.figure import PictureFile
from tess_source_dv.sets.choice import CHOICES

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source.tables.found import Found
    from tess_source.tables.rows import Rows
    from tess_source_dv.sets.exact_sectors import Learned
    from tess_source_dv.sets.table import Sets

__all__ = ["dv"]

FILE_COLUMNS = ("dv_set", "kind", "tce", "size", "superseded_by", "filename")


@click.command(cls=Asking, needs_target=True)
@click.option("--tces", is_flag=True, help="Show the TCEs instead; the reports (XML) are fetched.")
@click.option("--history", is_flag=True, help="Show what became of each candidate through the runs instead.")
@click.option("--files", is_flag=True, help="Show the files of the sets instead.")
@click.option("--dv", "which", type=click.Choice(CHOICES), default="all", show_default=True, help="Which sets.")
@click.option(
    "--exact", is_flag=True, help="Fetch the reports of searches over several sectors, to know which were used."
)
@click.option(
    "--target-list", "lists", multiple=True, metavar="FILE", type=UserPath(exists=True, dir_okay=False),
    help="Take sectors from a target list of the archive's; may be repeated.",
)  # fmt: skip
@click.option(
    "--to",
    "root",
    show_default="the cache folder",
    type=UserPath(file_okay=False),
    help="Folder for the reports; those there are read in any case.",
)
@click.option(
    "--picture",
    "--plot",
    "plot",
    metavar="FILE",
    type=PictureFile(),
    help="Draw sectors and runs (svg, png, pdf); with several targets, one file per target.",
)
@format_option
@click.pass_obj
def dv(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], tces: bool, history: bool, files: bool,
    which: str, exact: bool, lists: tuple[str, ...], root: str | None, plot: str | None, form: str,
) -> None:  # fmt: skip
    """Show data-validation sets: sectors used, and what was found. Superseded sets are marked.

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. With filters, only sets are shown of
    which they keep a file.
    """
    from tess_source_dv.sets.exact_sectors import learn
    from tess_source_dv.sets.members import all_products, members
    from tess_source_dv.sets.table import table_of

    table = _wanted_table(tces=tces, history=history, files=files)
    found = session.search(**asked, **filters)
    reports = tces or history
    learned = learn(found, exact=exact, root=root, files=lists, reports=reports)
    every = table_of(all_products(found), learned.sectors, learned.tces)
    sets = every.choose(which)
    if filters:  # it takes all sets to know what is superseded
        sets = sets.where(sets["set"].is_in(among(members(found.products)["set"])))
    rows = _table_rows(table, found, sets, learned)
    shown = FILE_COLUMNS if table == "files" else rows.shown
    print_rows(rows.to_polars(), form, [name for name in shown if name in rows.columns], rows.whole, rows.looks)
    if plot:
        _draw_targets(found, sets, Path(plot), without_sets=not len(every))
    note(_summary(found, sets))
    if not len(sets):
        raise click.exceptions.Exit(NOTHING)
    if learned.failed and (exact or reports):
        raise click.exceptions.Exit(SOME_FAILED)


def _wanted_table(**wanted: bool) -> str:
    """Return the name of the table to print; the sets by default."""
    named = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(named) > 1:
        raise click.UsageError(f"choose one of {', '.join(f'--{name}' for name in named)}")
    return named[0] if named else "sets"


def _table_rows(table: str, found: Found, sets: Sets, learned: Learned) -> Rows:
    """Return the rows to print."""
    from tess_source_dv.candidates.matching import history
    from tess_source_dv.candidates.published import published, with_tois

    keys = among(sets["set"])
    if table == "files":
        return sets.relate(found).products.where(pl.col("dv_set").is_in(keys))
    tces = learned.tces.where(pl.col("set").is_in(keys))
    if table == "tces":
        return with_tois(tces, published(found, tces["tic"].unique().to_list()))
    return history(tces) if table == "history" else sets


def _summary(found: Found, sets: Sets) -> str:
    if not len(sets):
        why = ": where a search finds no TCE, there is none" if len(found.observations) and not found.drops else ""
        return f"{found.explain()}\nno data-validation set{why}"
    current, unsure = len(sets.current), int((sets["state"] != "exact").sum())
    said = f"{text.number(len(sets), 'DV set')}, {current:,} current"
    if unsure:
        said += f"; the sectors of {unsure:,} are those observed in range, --exact reads which were used"
    return said


def _draw_targets(found: Found, sets: Sets, path: Path, *, without_sets: bool) -> None:
    """Draw the targets that have sets, or all of them if none has any: their data, and where they were on silicon."""
    from tess_source_dv.draw.coverage import plot_coverage, tics_drawn

    tics: Sequence[int] = tics_drawn(sets, found) if without_sets else sets["tic"].unique(maintain_order=True).to_list()
    for tic in tics:
        file = path if len(tics) == 1 else path.with_stem(f"{path.stem}-{tic}")
        try:
            plot_coverage(sets, file, tic, found=found)
            note(f"drawn: {file}")
        except QueryError as error:
            note(str(error))
