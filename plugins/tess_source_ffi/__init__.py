"""Full-frame images: found by listings, never by the archive's product list, and opened as images with their coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl
from tess_source.hooks.records import Field, Filter, Service, StandIn

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.items import Entry
    from tess_source.tables.listing import Observations, Products
    from tess_source.targets.target import Query


@hookimpl
def tess_stand_ins() -> Sequence[StandIn]:
    """Declare the kinds of images and of files that belong to a CCD."""
    from tess_source_ffi.asked import KINDS

    return (StandIn("mast", "full-frame images and other files of a CCD, by listings", kinds=tuple(KINDS)),)


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare the filter by the time of an image."""
    from tess_source_ffi.filters import FILTERS

    return FILTERS


@hookimpl
def tess_defaults(query: Query, settings: Settings) -> Mapping[str, Any] | None:
    """Add the pipelines that are meant, unless the query names some."""
    from tess_source_ffi import archive

    return archive.defaults(query, settings)


@hookimpl
def tess_query(query: Query, settings: Settings) -> Observations | None:
    """Find the CCDs of sectors, or those that saw a place."""
    from tess_source_ffi import archive

    return archive.find(query, settings)


@hookimpl
def tess_fields(what: str, settings: Settings) -> Sequence[Field] | None:
    """Describe the columns of images."""
    from tess_source_ffi.rows import FIELDS

    return FIELDS.get(what)


@hookimpl
def tess_count(query: Query, settings: Settings) -> int | None:
    """Count the CCDs."""
    from tess_source_ffi import archive

    return len(archive.find(query, settings))


@hookimpl
def tess_list(observations: Observations, query: Query, settings: Settings) -> Products | None:
    """List files by the bucket's folders, or by the archive's scripts."""
    from tess_source_ffi import archive

    return archive.list_products(observations, query, settings)


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a full-frame image, or basis vectors; None for anything else."""
    from tess_source_ffi.load import load

    return load(entry, options)


@hookimpl
def tess_collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Return ``"basis vectors"``, if there are any."""
    from tess_source_ffi.basis_vectors import collect

    return collect(objects)


@hookimpl
def tess_services() -> Sequence[Service]:
    """Declare where the lists of images are."""
    from tess_source_ffi.places import SERVICES

    return SERVICES
