"""Pictures of a target: its light curves by sector, and a page of its own that needs neither network nor program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare found.plot, found.show_html."""
    from tess_source_pictures.accessors import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source plot`` and ``tess-source show``."""
    from tess_source_pictures.commands import plot, show

    return plot, show
