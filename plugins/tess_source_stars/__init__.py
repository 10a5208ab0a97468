"""What a star is: the TESS Input Catalog, and the objects of interest."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Filter, Lookup, Service
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Query, Target


@hookimpl(tryfirst=True)
def tess_resolve(target: str, settings: Settings) -> Target | None:
    """Look up TOIs in ExoFOP's table."""
    from tess_source_stars.toi.resolving import resolve

    return resolve(target, settings)


@hookimpl(specname="tess_resolve", wrapper=True)
def tess_resolve_unknown(target: str, settings: Settings) -> Generator[None, Target | None, Target | None]:
    """Say what is known of a TOI that no resolver knows."""
    from tess_source_stars.toi.resolving import check_known

    return check_known(target, settings, (yield))


@hookimpl
def tess_recall(target: str, settings: Settings) -> Target | None:
    """Look up TOIs in the kept table."""
    from tess_source_stars.toi.resolving import recall

    return recall(target, settings)


@hookimpl
def tess_reasons(query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
    """Say which TOIs and which values in the TIC a star has, if they are none of those that were wanted."""
    from tess_source_stars import filters
    from tess_source_stars.toi import filtering

    tois, values = filtering.reasons(query, settings), filters.reasons(query, settings)
    return {star: "; ".join(one[star] for one in (tois, values) if star in one) for star in {**tois, **values}} or None


@hookimpl
def tess_lookups() -> Sequence[Lookup]:
    """Declare the columns that the TESS Input Catalog and the table of TOIs fill."""
    from tess_source_stars.lookup import STARS
    from tess_source_stars.toi.filtering import LOOKUPS

    return (STARS, *LOOKUPS)


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare teff, star_radius, mass, logg, distance, contamination, pm; toi."""
    from tess_source_stars import filters
    from tess_source_stars.toi.filtering import FILTERS

    return (*filters.FILTERS, *FILTERS)


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare found.stars, session.stars; session.tois, found.tois."""
    from tess_source_stars import accessors
    from tess_source_stars.toi.accessors import ACCESSORS

    return (*accessors.ACCESSORS, *ACCESSORS)


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source stars`` and ``tess-source tois``."""
    from tess_source_stars.commands import stars
    from tess_source_stars.toi.commands import tois

    return (stars, tois)


@hookimpl
def tess_services() -> Sequence[Service]:
    """Declare the TESS Input Catalog, and ExoFOP."""
    from tess_source_stars.services import SERVICES

    return SERVICES
