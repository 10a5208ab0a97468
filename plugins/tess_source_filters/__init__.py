"""Ways of choosing products by what they are; each group of filters lies beside this file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tess_source import Accessor, Filter
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Query


@hookimpl
def tess_filters() -> tuple[Filter, ...]:
    """Declare filters by words, whole numbers, exposure time, conditions, the star and its place, and choices."""
    from . import choices, exptime, sky, where, whole, words

    return (*words.FILTERS, *whole.FILTERS, *exptime.FILTERS, *where.FILTERS, *sky.FILTERS, *choices.FILTERS)


@hookimpl
def tess_accessors() -> tuple[Accessor, ...]:
    """Declare found.one_per_sector."""
    from .choices import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_reasons(query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
    """Tell that a pipeline has no files of a sector, if its files are of all sectors of a star."""
    from .whole import reasons

    return reasons(query)
