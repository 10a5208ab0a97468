"""``tess-source tois``. What does the work is imported when the command runs: every session reads this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tess_source.cli.asking import TakesTargets, radius_of
from tess_source.cli.printing import NOTHING, format_option, note, print_rows
from tess_source.targets.lists import expand
from tess_source.targets.parse import MISSING
from tess_source.targets.words import joined

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["tois"]


@click.command(cls=TakesTargets)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--toi", metavar="TOI", help="Which TOIs: 700, 700.01, dispositions such as PC or CP,KP, or several.")
@click.option("--radius", metavar="ANGLE", help="Cone around names and coordinates, in arcsec or e.g. '2 arcmin'.")
@click.option("--missing", type=click.Choice(MISSING), help="What to do with rows of a list that have no target.")
@click.option("--refresh", is_flag=True, help="Ask ExoFOP, even if the kept table is of today.")
@format_option
@click.pass_obj
def tois(
    session: Session, /, targets: tuple[str, ...], toi: str | None, radius: str | None, missing: str | None, refresh: bool, form: str
) -> None:  # fmt: skip
    """List TESS objects of interest (TOIs): period, depth and more.

    Rows also have star, disposition and epoch.

    TARGET is a TIC id, a TOI, a name, "ra dec" in degrees, @file with a list of these, or - for stdin; without one, all TOIs are
    listed. They are from ExoFOP's table, which is asked for once a day.
    """
    from tess_source_stars.toi.accessors import session_tois

    missing = missing or MISSING[0]
    found = session_tois(
        session, list(expand(joined(targets), missing)) if targets else None, toi=toi, radius=radius_of(radius), refresh=refresh,
        missing=missing,
    )  # fmt: skip
    print_rows(found.to_polars(), form, found.shown, found.whole, found.looks)
    if not len(found):
        note("no TOI")
        raise click.exceptions.Exit(NOTHING)
    note(f"{len(found):,} TOI{'' if len(found) == 1 else 's'}, {found['source'][0]}")
