"""Pictures as files: which kinds there are, and figures that no state of matplotlib's own knows of."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tess_source.cli.user_path import UserPath
from tess_source.disk import check_place, write
from tess_source.display.visible import visible_line
from tess_source.errors import QueryError
from tess_source.extras import check, needed
from tess_source.paths import user_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PICTURES", "PictureFile", "drawn_text", "new_figure", "picture_file", "save"]

PICTURES = (".svg", ".png", ".pdf")
"""How the names of pictures end."""
EXTRA = ("pictures", "drawing")
"""The extra that brings matplotlib, and what needs it."""


def picture_file(path: str | Path | None) -> Path | None:
    """Return the path of a picture after checking it; None if no picture is to be written.

    Raises
    ------
    QueryError
        If another kind of file is wanted.
    OSError
        If it cannot be written.
    MissingExtraError
        If matplotlib is not installed, with which it is drawn.
    """
    file = None if path is None else user_path(path)
    if file is not None and file.suffix.lower() not in PICTURES:
        raise QueryError(f"{file.name}: pictures are {', '.join(PICTURES)}")
    if file is not None:
        check_place(file)
    check("matplotlib", *EXTRA)
    return file


def new_figure(width: float, height: float) -> Figure:
    """Make a figure [inch] that pyplot does not know of, so that nothing need be closed.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    needed("matplotlib.figure", *EXTRA)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def drawn_text(text: str) -> str:
    """Return a text from elsewhere as a figure draws it: dollar signs are no formulas, and control characters are escapes."""
    return visible_line(text).replace("$", r"\$")


def save(figure: Figure, file: Path | None) -> Figure:
    """Write a figure to a file, if one is named; return the figure."""
    if file is not None:
        from matplotlib import rc_context

        drawn = io.BytesIO()
        with rc_context(
            {"pdf.fonttype": 42}
        ):  # TrueType, which journals ask for and programs can edit; it can only be said so
            figure.savefig(drawn, format=file.suffix[1:].lower(), dpi=150)
        write(file, drawn.getvalue())
    return figure


class PictureFile(UserPath):
    """An option's value that names a picture to be written."""

    check: Callable[[str | Path | None], Path | None] = staticmethod(picture_file)
    """Refuses other kinds of files, and those that cannot be written."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the file before anything is fetched."""
        try:
            self.check(value)
        except QueryError as error:
            self.fail(error.in_program, param, ctx)
        except OSError as error:
            self.fail(f"{error.filename} {error.strerror}", param, ctx)
        return super().convert(value, param, ctx)
