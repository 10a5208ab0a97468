"""The sectors that saw a star, and why one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Lookup
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Query


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare session.sectors and session.refresh_sectors."""
    from tess_source_sectors.accessors import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source sectors``."""
    from tess_source_sectors.commands import sectors

    return (sectors,)


@hookimpl
def tess_lookups() -> Sequence[Lookup]:
    """Declare chip: the camera and the CCD of products."""
    from tess_source_sectors.chip import LOOKUPS

    return LOOKUPS


@hookimpl
def tess_reasons(query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
    """Say why stars have no observations: where they lie in each sector."""
    from tess_source_sectors.reasons import reasons

    return reasons(query, observations, settings)
