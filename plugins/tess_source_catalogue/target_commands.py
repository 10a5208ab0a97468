"""``tess-source targets``: the stars on the target lists.

What does the work is imported when the command runs: every session reads this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tess_source.cli.asking import TakesTargets, radius_of
from tess_source.cli.printing import NOTHING, format_option, note, print_rows
from tess_source.display import text

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["targets"]


@click.command(cls=TakesTargets)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--sector", metavar="SECTORS", help="Sectors, e.g. 14-16,40; their lists are fetched if they are not here yet."
)
@click.option(
    "--exptime",
    "--cadence",
    default="120",
    show_default=True,
    metavar="SECONDS",
    help="Lists of 2-min (120) or 20-s targets (20).",
)
@click.option("--radius", metavar="ANGLE", help="Cone around names and coordinates, in arcsec or e.g. '2 arcmin'.")
@click.option("--tmag", metavar="MAG", help="TESS magnitudes, e.g. '<10' or 8..10.")
@click.option(
    "--pipeline",
    "--author",
    default="SPOC",
    show_default=True,
    metavar="PIPELINE",
    help="QLP, TESS-SPOC or TGLC: the stars of its files, with positions alone.",
)
@format_option
@click.pass_obj
def targets(
    session: Session, targets: tuple[str, ...], sector: str | None, exptime: str, radius: str | None, tmag: str | None,
    pipeline: str, form: str,
) -> None:  # fmt: skip
    """Show the stars on the target lists, a row per star and sector.

    Rows have camera, CCD, magnitude and position.

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin; without one, all stars. A target list is a
    plan: whether there are data, `tess-source search` tells.
    """
    from tess_source.targets.lists import expand
    from tess_source.targets.words import joined
    from tess_source_catalogue.targets import targets_of

    whom = list(expand(joined(targets))) if targets else None
    found = targets_of(
        session, whom, sector=sector, exptime=exptime, radius=radius_of(radius), tmag=tmag, pipeline=pipeline
    )
    print_rows(found, form, found.columns, looks=found.looks)
    note(text.number(len(found), "target"))
    if not len(found):
        raise click.exceptions.Exit(NOTHING)
