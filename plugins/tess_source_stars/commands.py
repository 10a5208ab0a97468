"""``tess-source stars``: what the TESS Input Catalog knows of targets, and which stars are near them."""

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

__all__ = ["stars"]


@click.command(cls=TakesTargets)
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--radius", metavar="ANGLE", help="Cone around names and coordinates, in arcsec or e.g. '2 arcmin'.")
@click.option(
    "--neighbours",
    metavar="ANGLE",
    help="Show the TIC's stars within this angle of each, in arcsec or e.g. '1 arcmin'.",
)
@click.option("--missing", type=click.Choice(MISSING), help="What to do with rows of a list that have no target.")
@click.option("--refresh", is_flag=True, help="Ask for the values again, even if they are remembered.")
@format_option
@click.pass_obj
def stars(
    session: Session, /, targets: tuple[str, ...], radius: str | None, neighbours: str | None, missing: str | None,
    refresh: bool, form: str,
) -> None:  # fmt: skip
    """Show what the TESS Input Catalog (TIC) knows of stars.

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Values are remembered in the cache folder,
    and do not expire: --refresh asks for them again.
    """
    from tess_source_stars.stars import stars_of_targets

    missing = missing or MISSING[0]
    given = list(expand(joined(targets), missing))
    near, cone = radius_of(neighbours), radius_of(radius)
    found = stars_of_targets(session, given, neighbours=near, radius=cone, refresh=refresh, missing=missing)
    print_rows(found, form, [name for name in found.shown if name in found.columns], found.whole, found.looks)
    note(found.summary())
    if not found["version"].drop_nulls().len():
        raise click.exceptions.Exit(NOTHING)
