"""Ways of choosing products by what they are; each group of filters lies beside this file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    from tess_source import Accessor, Filter


@hookimpl
def tess_filters() -> tuple[Filter, ...]:
    """Declare kind, pipeline, name; sector, run, tce, tic; exptime; size, where; latest, shortest, one_per_sector, limit."""
    from . import choices, exptime, where, whole, words

    return (*words.FILTERS, *whole.FILTERS, *exptime.FILTERS, *where.FILTERS, *choices.FILTERS)


@hookimpl
def tess_accessors() -> tuple[Accessor, ...]:
    """Declare found.one_per_sector."""
    from .choices import ACCESSORS

    return ACCESSORS
