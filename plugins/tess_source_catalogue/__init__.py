"""The catalogue: the lists that archives publish, on your own disk, which answer as an archive.

An update goes through these modules::

    commands, session_catalogue   what the user names
    choosing                      sources, sectors and addresses that are meant
    update                        asks for the lists and fetches them
    building                      parses a list (parse/), checks it, keeps it in its stored form (stored)
    folder                        one file per list
    view                          lists put together (compose), as they are read, in volumes (volumes)

A search, ``session.search(tics, archive="catalogue")``, through these::

    archive.find                  the question: targets, criteria, filters
    coverage.check                whether the lists that it needs are here
    reading.Catalogue             which volumes may have rows
    found_rows.find_rows          rows of observations: from the view, or else from the lists
    tables.observation_rows       with what bundles of files tell (bundles), the table of observations
    archive.list_products         then their files: Catalogue.products, of the rows that were found (answered), tables.product_rows
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl
from tess_source.hooks.records import Accessor, Field, Service, Source, StandIn

if TYPE_CHECKING:
    import click

    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations, Products
    from tess_source.targets.target import Query


@hookimpl
def tess_sources() -> Sequence[Source]:
    """Declare the lists of MAST and of the TESS Science Office."""
    from tess_source_catalogue import sources

    return sources.SOURCES


@hookimpl
def tess_stand_ins() -> Sequence[StandIn]:
    """Declare that the catalogue repeats MAST's rows."""

    def covers(query: Query, settings: Settings) -> bool:
        from tess_source_catalogue import archive

        return archive.covers(query, settings)

    return (StandIn("mast", "the lists that MAST publishes, on this machine", covers, local=True),)


@hookimpl
def tess_defaults(query: Query, settings: Settings) -> Mapping[str, Any] | None:
    """Add the pipelines that the catalogue has, unless the query names some."""
    from tess_source_catalogue import archive

    return archive.defaults(query, settings)


@hookimpl
def tess_query(query: Query, settings: Settings) -> Observations | None:
    """Find observations in the lists."""
    from tess_source_catalogue import archive

    return archive.find(query, settings)


@hookimpl
def tess_pages(query: Query, settings: Settings, take: Callable[[Observations], object]) -> bool | None:
    """Find observations of all stars in the lists, some sectors at a time."""
    from tess_source_catalogue import archive

    return archive.give_pages(query, settings, take)


@hookimpl
def tess_count(query: Query, settings: Settings) -> int | None:
    """Count observations in the lists."""
    from tess_source_catalogue import archive

    return len(archive.find(query, settings))


@hookimpl
def tess_list(observations: Observations, query: Query, settings: Settings) -> Products | None:
    """List files by the names in the scripts."""
    from tess_source_catalogue import archive

    return archive.list_products(observations, query, settings)


@hookimpl
def tess_fields(what: str, settings: Settings) -> Sequence[Field] | None:
    """Describe the columns, with units and the lists that give them."""
    from tess_source_catalogue import fields

    return fields.describe(what)


@hookimpl
def tess_provenance(query: Query, observations: Observations, settings: Settings) -> Mapping[str, Any] | None:
    """Name the lists that an answer is made of."""
    from tess_source_catalogue import archive

    return archive.provenance(query, observations, settings)


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare session.catalogue and session.targets."""
    from tess_source_catalogue import accessors, targets

    return (*accessors.ACCESSORS, *targets.ACCESSORS)


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source catalogue`` and ``tess-source targets``."""
    from tess_source_catalogue.commands import catalogue
    from tess_source_catalogue.target_commands import targets

    return catalogue, targets


@hookimpl
def tess_services() -> Sequence[Service]:
    """Declare the sites with lists."""
    from tess_source_catalogue import sources

    return sources.SERVICES
