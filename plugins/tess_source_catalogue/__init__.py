"""The catalogue: the lists that archives publish, on your own disk, which answer as an archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl
from tess_source.hooks.records import Source
from tess_source_catalogue import sources

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor


@hookimpl
def tess_sources() -> Sequence[Source]:
    """Declare the lists of MAST and of the TESS Science Office."""
    return sources.SOURCES


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare session.catalogue."""
    from tess_source_catalogue.accessors import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source catalogue``."""
    from tess_source_catalogue.commands import catalogue

    return (catalogue,)
