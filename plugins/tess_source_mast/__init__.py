"""MAST, the archive of the TESS mission: names, observations, products, and the ``mast:`` scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl
from tess_source.hooks.records import Citation, Field, Service, Transport
from tess_source.settings import Settings

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations, Products
    from tess_source.targets.target import Query, Target


@hookimpl
def tess_resolve(target: str, settings: Settings) -> Target | None:
    """Ask the archive's name resolver."""
    from tess_source_mast import resolver

    return resolver.resolve(target, settings)


@hookimpl
def tess_defaults(query: Query, settings: Settings) -> Mapping[str, Any] | None:
    """Add TESS, and time series only, unless the query excludes them."""
    from tess_source_mast import defaults

    return defaults.defaults(query.criteria)


@hookimpl
def tess_query(query: Query, settings: Settings) -> Observations | None:
    """Ask the portal for observations."""
    from tess_source_mast import observations

    return observations.find(query, settings)


@hookimpl
def tess_pages(query: Query, settings: Settings, take: Callable[[Observations], object]) -> bool | None:
    """Ask the portal for observations, page by page."""
    from tess_source_mast import observations

    return observations.give_pages(query, settings, take)


@hookimpl
def tess_count(query: Query, settings: Settings) -> int | None:
    """Ask the portal how many observations there are."""
    from tess_source_mast import observations

    return observations.count(query, settings)


@hookimpl
def tess_list(observations: Observations, query: Query, settings: Settings) -> Products | None:
    """Ask the portal for the products of its observations."""
    from tess_source_mast import products

    return products.list_products(observations, settings, large=query.large)


@hookimpl
def tess_fields(what: str, settings: Settings) -> Sequence[Field] | None:
    """Return the portal's own help on its columns."""
    from tess_source_mast import fields

    return fields.describe(what, settings)


@hookimpl
def tess_transports() -> Sequence[Transport]:
    """Declare where ``mast:`` files are."""
    from tess_source_mast import files

    return (Transport("mast", files.locate, "files of the MAST archive, over https"),)


@hookimpl
def tess_citations() -> Sequence[Citation]:
    """Declare the DOIs of MAST's data sets."""
    from tess_source_mast import citations

    return citations.CITATIONS


@hookimpl
def tess_services() -> Sequence[Service]:
    """Declare the portal, the resolver and the downloads."""
    from tess_source_mast import services

    return services.SERVICES
