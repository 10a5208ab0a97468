"""``tess-source plot`` and ``tess-source show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tess_source.cli import NOTHING

if TYPE_CHECKING:
    from tess_source.found import Found
    from tess_source.session import Session

__all__ = ["plot", "show"]

PICTURES = (".svg", ".png", ".pdf")


def _shared(command: Any) -> Any:
    """Add what both commands take."""
    for option in (
        click.option(
            "--root", type=click.Path(file_okay=False), show_default="the cache folder",
            help="Folder for the light curves and reports; what is there is not fetched again.",
        ),
        click.option("--sector", metavar="14-16,40", help="Only light curves of these sectors."),
        click.option("--radius", metavar="ANGLE", help="Cone around names and coordinates, in arcsec or e.g. '2 arcmin'."),
        click.argument("target"),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@_shared
@click.option(
    "--to",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False),
    help="The picture: svg, png or pdf.",
)
@click.option("--no-transits", "plain", is_flag=True, help="Mark no transits, and fetch no report for them.")
@click.pass_obj
def plot(
    session: Session,
    /,
    target: str,
    radius: str | None,
    sector: str | None,
    root: str | None,
    file: str,
    plain: bool,
) -> None:
    """Draw the light curves of a target by sector, with the transits of the data validation marked."""
    if not file.lower().endswith(PICTURES):
        raise click.BadParameter(f"pictures are {', '.join(PICTURES)}", param_hint="--to")
    found = _found(session, target, radius, sector)
    found.plot(file, root, transits=not plain)
    click.echo(f"drawn: {file}", err=True)


@click.command()
@_shared
@click.option(
    "--html",
    "file",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False),
    help="The page to be written.",
)
@click.option(
    "--series",
    is_flag=True,
    help="Fetch the time series of the data validation to fold it (often 50 MB or more).",
)
@click.pass_obj
def show(
    session: Session,
    /,
    target: str,
    radius: str | None,
    sector: str | None,
    root: str | None,
    file: str,
    series: bool,
) -> None:
    """Write one self-contained page about a target: light curves, TCEs, folded views, links."""
    found = _found(session, target, radius, sector)
    found.show_html(file, root, series=series)
    click.echo(f"written: {file}", err=True)


def _found(session: Session, target: str, radius: str | None, sector: str | None) -> Found:
    """Search; where there is nothing to draw, say why and leave with the exit code for it."""
    from tess_source_pictures.gather import without_other_sectors

    found = session.search(target, radius=_radius(radius))
    if sector is not None:
        found = without_other_sectors(found, sector)
    if not len(found.products):
        click.echo(found.explain(), err=True)
        raise click.exceptions.Exit(NOTHING)
    return found


def _radius(text: str | None) -> float | str | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return text
