"""``tess-source plot`` and ``tess-source show``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from tess_source.commands import NOTHING, Asking, say
from tess_source_dv.figure import PictureFile

if TYPE_CHECKING:
    from tess_source.found import Found
    from tess_source.session import Session

__all__ = ["plot", "show"]

_root = click.option(
    "--root",
    type=click.Path(file_okay=False),
    show_default="the cache folder",
    help="Folder for the light curves and reports; what is there is not fetched again.",
)


@click.command(cls=Asking, needs_target=True)
@_root
@click.option("--to", "file", metavar="FILE", required=True, type=PictureFile(), help="The picture: svg, png or pdf.")
@click.option("--no-transits", "plain", is_flag=True, help="Mark no transits, and fetch no report for them.")
@click.pass_obj
def plot(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], root: str | None, file: str, plain: bool
) -> None:
    """Draw the light curves of a target by sector, with the transits of the data validation marked.

    TARGET is a TIC id, a name, or "ra dec" in degrees; one star. Filters choose among its light curves.
    """
    _found(session, asked, filters).plot(file, root, transits=not plain)
    say(f"drawn: {file}")


@click.command(cls=Asking, needs_target=True)
@_root
@click.option(
    "--html", "file", metavar="FILE", required=True, type=click.Path(dir_okay=False), help="The page to be written."
)
@click.option(
    "--series", is_flag=True, help="Fetch the time series of the data validation to fold it (often 50 MB or more)."
)
@click.pass_obj
def show(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], root: str | None, file: str, series: bool
) -> None:
    """Write one self-contained page about a target: light curves, TCEs, folded views, links.

    TARGET is a TIC id, a name, or "ra dec" in degrees; one star. Filters choose among its light curves.
    """
    _found(session, asked, filters).show_html(file, root, series=series)
    say(f"written: {file}")


def _found(session: Session, asked: Mapping[str, Any], filters: Mapping[str, Any]) -> Found:
    """Search; where there is nothing to draw, say why and leave with the exit code for it."""
    from tess_source_pictures.gather import without_other_curves

    found = session.search(**asked)
    if filters:
        found = without_other_curves(found, filters)
    if not len(found.products):
        say(found.explain())
        raise click.exceptions.Exit(NOTHING)
    return found
