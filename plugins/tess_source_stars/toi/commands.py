"""``tess-source tois``. What does the work is imported when the command runs: every session reads this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tess_source.cli.asking import TakesTargets
from tess_source.cli.printing import NOTHING, format_option, note, print_rows
from tess_source.targets.lists import expand
from tess_source.targets.words import joined

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["tois"]


@click.command(cls=TakesTargets)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--toi", metavar="TOI", help="Which TOIs: 700, 700.01, dispositions such as PC or CP,KP, or several.")
@click.option("--refresh", is_flag=True, help="Ask ExoFOP, even if the kept table is of today.")
@format_option
@click.pass_obj
def tois(session: Session, /, targets: tuple[str, ...], toi: str | None, refresh: bool, form: str) -> None:
    """List TESS objects of interest (TOIs): period, depth and more.

    Rows also have star, disposition and epoch.

    TARGET is a TIC id, a TOI, @file with a list of these, or - for stdin; without one, all TOIs are listed. They are from ExoFOP's table,
    which is asked for once a day.
    """
    from tess_source_stars.toi.accessors import session_tois

    found = session_tois(session, list(expand(joined(targets))) or None, toi=toi, refresh=refresh)
    print_rows(found.to_polars(), form, found.shown, looks=found.looks)
    if not len(found):
        note("no TOI")
        raise click.exceptions.Exit(NOTHING)
    note(f"{len(found):,} TOI{'' if len(found) == 1 else 's'}, {found['source'][0]}")
