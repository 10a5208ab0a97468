"""``tess-source stars``: what the TESS Input Catalog knows of targets, and which stars are near them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from tess_source.cli.asking import Asking
from tess_source.cli.printing import NOTHING, format_option, note, print_rows

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["stars"]


@click.command(cls=Asking, needs_target=True, only_targets=True)
@click.option(
    "--neighbours",
    metavar="ANGLE",
    help="Show the TIC's stars within this angle of each, in arcsec or e.g. '1 arcmin'.",
)
@format_option
@click.pass_obj
def stars(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], neighbours: str | None, form: str
) -> None:
    """Show what the TESS Input Catalog (TIC) knows of stars.

    TARGET is a TIC id, a name, "ra dec" in degrees, @file with a list of these, or - for stdin. Values are remembered in the cache folder,
    and do not expire: --refresh asks for them again.
    """
    from tess_source_stars.stars import stars_of_targets

    found = stars_of_targets(session, neighbours=_number_or_text(neighbours), **asked)
    print_rows(found.to_polars(), form, [name for name in found.shown if name in found.columns], found.whole)
    note(found.summary())
    if not found["version"].drop_nulls().len():
        raise click.exceptions.Exit(NOTHING)


def _number_or_text(angle: str | None) -> float | str | None:
    try:
        return None if angle is None else float(angle)
    except ValueError:
        return angle
