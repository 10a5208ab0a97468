"""``tess-source sectors``: the sectors that saw stars, and why one is missing.

What does the work is imported when the command runs: every session reads this module.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from tess_source.cli.asking import TakesTargets, radius_of
from tess_source.cli.printing import NOTHING, format_option, note, print_rows
from tess_source.names.sectors import text_of_sectors
from tess_source.targets.lists import expand
from tess_source.targets.parse import MISSING
from tess_source.targets.words import joined

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_sectors.table import SeenSectors

__all__ = ["sectors"]

FEW = 20
"""Most stars that are said in a line of their own."""


@click.command(cls=TakesTargets)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--sector", metavar="SECTORS", help="Only these, e.g. 1-13,40: each of them is shown, and why it is missing."
)
@click.option(
    "--products/--no-products",
    default=None,
    help="Ask the archive for what there is; by default for up to 100 targets.",
)
@click.option(
    "--pixels/--no-pixels",
    default=None,
    help="Pixels and sectors to come, from tess-point; by default where it is installed.",
)
@click.option("--radius", metavar="ANGLE", help="How far from a place its star may be, in arcsec or e.g. '2 arcmin'.")
@click.option("--missing", type=click.Choice(MISSING), help="What to do with rows of a list that have no target.")
@click.option(
    "--refresh",
    is_flag=True,
    help="Fetch where new sectors lie, and ask the archive even if there is a kept answer.",
)
@click.option("--yes", "large", is_flag=True, help="Go on even if the archive has more than 50,000 observations.")
@format_option
@click.pass_obj
def sectors(
    session: Session, /, targets: tuple[str, ...], sector: str | None, products: bool | None, pixels: bool | None,
    radius: str | None, missing: str | None, refresh: bool, large: bool, form: str,
) -> None:  # fmt: skip
    """Show the sectors that saw a star, and why one is missing.

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Without one, --refresh alone fetches where
    the CCDs of new sectors lie.
    """
    if not targets and not refresh:
        raise click.UsageError("give a target, or --refresh")
    from tess_source.names.sectors import SPECIAL
    from tess_source_sectors.known import known_sectors
    from tess_source_sectors.planned import absent_lists
    from tess_source_sectors.states import NO_FILE
    from tess_source_sectors.words import lines

    if refresh:
        from tess_source_sectors.footprints import refresh as fetch

        there = [one for one in fetch(session.settings) if one < SPECIAL]
        note(f"the archive's footprints have sector{'s' if len(there) != 1 else ''} {text_of_sectors(there)}")
    if not targets:
        return
    missing = missing or MISSING[0]
    rows: SeenSectors = session.sectors(
        list(expand(joined(targets), missing)), sector=sector, products=products, pixels=pixels, radius=radius_of(radius), refresh=refresh,
        missing=missing, large=large,
    )  # fmt: skip
    print_rows(rows.to_polars(), form, [name for name in rows.shown if name in rows.columns], rows.whole)
    for line in islice(lines(rows.to_polars(), f"sectors {sector or known_sectors(session.settings)}"), FEW):
        note(line)
    nameless = rows.where(rows["tic"].is_null())["target"]
    if (more := rows["tic"].drop_nulls().n_unique() + nameless.n_unique() - FEW) > 0:
        note(f"and {more:,} more")
    if open_ones := {*rows.where(rows["state"] == NO_FILE)["sector"].drop_nulls()} - absent_lists(session.settings):
        update = f"tess-source catalogue update --source targets --sector {text_of_sectors(sorted(open_ones))}"
        note(f"`{update}` fetches the target lists")
    if not len(rows.where(rows["camera"].is_not_null())):
        raise click.exceptions.Exit(NOTHING)
