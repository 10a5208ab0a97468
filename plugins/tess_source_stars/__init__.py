"""What a star is: the TESS Input Catalog, and the objects of interest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Filter, Lookup


@hookimpl
def tess_lookups() -> Sequence[Lookup]:
    """Declare the columns that the TESS Input Catalog fills."""
    from .lookup import STARS

    return (STARS,)


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare teff, star_radius, mass, logg, distance, contamination, pm."""
    from .filters import FILTERS

    return FILTERS


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare found.stars and session.stars."""
    from .accessors import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source stars``."""
    from .commands import stars

    return (stars,)
