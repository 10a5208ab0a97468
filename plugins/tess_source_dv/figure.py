"""Pictures as files: which kinds there are, and figures that no state of matplotlib's own knows of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tess_source.errors import QueryError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PICTURES", "PictureFile", "new_figure", "picture_file", "save"]

PICTURES = (".svg", ".png", ".pdf")
"""How the names of pictures end."""


def picture_file(path: str | Path | None) -> Path | None:
    """Give the file that a picture is to be written to, None if none is.

    Raises
    ------
    QueryError
        If another kind of file is wanted.
    """
    file = None if path is None else Path(path)
    if file is not None and file.suffix.lower() not in PICTURES:
        raise QueryError(f"{file.name}: pictures are {', '.join(PICTURES)}")
    return file


def new_figure(width: float, height: float) -> Figure:
    """Make a figure [inch] that pyplot does not know of, so that nothing need be closed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, file: Path | None) -> Figure:
    """Write a figure to a file, if there is one; give the figure back."""
    if file is not None:
        figure.savefig(file, dpi=150)
    return figure


class PictureFile(click.Path):
    """An option's value that names a picture to be written."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse other kinds of files before anything is asked for."""
        try:
            picture_file(value)
        except QueryError as error:
            self.fail(str(error), param, ctx)
        return super().convert(value, param, ctx)
