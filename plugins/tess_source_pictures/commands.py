"""``tess-source plot`` and ``tess-source show``.

What does the work is imported when a command runs: every session reads this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tess_source.cli.asking import Asking
from tess_source.cli.printing import NOTHING, SOME_FAILED, note
from tess_source.cli.user_path import UserPath
from tess_source_dv.draw.figure import PictureFile
from tess_source_pictures.gather import curves_file, has_curves
from tess_source_pictures.html import page_file

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source.tables.found import Found

__all__ = ["plot", "show"]


class CurvesFile(PictureFile):
    """An option's value that names a picture of light curves to be written."""

    check: Callable[[str | Path | None], Path | None] = staticmethod(curves_file)


class PageFile(PictureFile):
    """An option's value that names a page to be written."""

    check: Callable[[str | Path | None], Path | None] = staticmethod(page_file)


_root = click.option(
    "--to",
    "root",
    type=UserPath(file_okay=False),
    show_default="the cache folder",
    help="Folder for the light curves and reports; what is there is not fetched again.",
)


@click.command(cls=Asking, needs_target=True)
@_root
@click.option(
    "--picture", "file", metavar="FILE", required=True, type=CurvesFile(), help="The picture: svg, png or pdf."
)
@click.option("--no-transits", "plain", is_flag=True, help="Mark no transits, and fetch no report for them.")
@click.pass_obj
def plot(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], root: str | None, file: str, plain: bool
) -> None:
    """Draw the light curves of a target by sector, with transits.

    The transits are those that data validation found.

    TARGET is a TIC id, a name, or "ra dec" in degrees; one star. Filters choose among its light curves.
    """
    from tess_source_pictures.plot import drawn

    found, light = _found_and_selected(session, asked, filters)
    if not has_curves(light):
        _exit_with_nothing(f"{light.explain()}\nno light curve to be drawn")
    _, failed = drawn(found, file, root, light=light, transits=not plain)
    note(f"drawn: {file}")
    _exit_if_failed(failed)


@click.command(cls=Asking, needs_target=True)
@_root
@click.option(
    "--html", "file", metavar="FILE", required=True, type=PageFile(), help="The page to be written, e.g. star.html."
)
@click.option(
    "--series", is_flag=True, help="Fetch the time series of the data validation to fold it (often 50 MB or more)."
)
@click.pass_obj
def show(
    session: Session, /, asked: Mapping[str, Any], filters: Mapping[str, Any], root: str | None, file: str, series: bool
) -> None:
    """Write a page about a target: light curves, TCEs, links.

    The page is one file, and shows each TCE folded.

    TARGET is a TIC id, a name, or "ra dec" in degrees; one star. Filters choose among its light curves.
    """
    from tess_source_pictures.page import written

    found, light = _found_and_selected(session, asked, filters)
    if filters and not has_curves(light):
        _exit_with_nothing(f"{light.explain()}\nno light curve to be shown")
    failed = written(found, file, root, light=light, series=series)
    note(f"written: {file}")
    _exit_if_failed(failed)


def _found_and_selected(session: Session, asked: Mapping[str, Any], filters: Mapping[str, Any]) -> tuple[Found, Found]:
    """Return the search for the target, and what the filters leave of it."""
    found = session.search(**asked)
    light = found.select(**filters) if filters else found
    if not len(found.products):
        _exit_with_nothing(light.explain())
    return found, light


def _exit_with_nothing(why: str) -> NoReturn:
    note(why)
    raise click.exceptions.Exit(NOTHING)


def _exit_if_failed(failed: Mapping[str, str]) -> None:
    """Exit with the code for failed files if there are any; warnings have named them."""
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)
