"""Cut-outs of full-frame images, made on request by the TESScut service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl
from tess_source.hooks.records import Citation, Field, Filter, Service, StandIn, Transport

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations, Products
    from tess_source.targets.target import Query


@hookimpl
def tess_stand_ins() -> Sequence[StandIn]:
    """Declare that cut-outs come from TESScut."""
    return (
        StandIn(
            "mast", "cut-outs of full-frame images, made on request", kinds=("cutout",), words={"size": "cutout_size"}
        ),
    )


@hookimpl
def tess_defaults(query: Query, settings: Settings) -> Mapping[str, Any] | None:
    """Add nothing: a question for cut-outs is about targets alone."""
    return None


@hookimpl
def tess_query(query: Query, settings: Settings) -> Observations | None:
    """Ask which CCDs saw the targets."""
    from tess_source_tesscut import archive

    return archive.find(query, settings)


@hookimpl
def tess_count(query: Query, settings: Settings) -> int | None:
    """Count the CCDs that saw the targets."""
    from tess_source_tesscut import archive

    return len(archive.find(query, settings))


@hookimpl
def tess_list(observations: Observations, query: Query, settings: Settings) -> Products | None:
    """Name a cut-out around each target on each CCD."""
    from tess_source_tesscut import archive

    return archive.list_products(observations, query)


@hookimpl
def tess_fields(what: str, settings: Settings) -> Sequence[Field] | None:
    """Describe the columns, with units."""
    from tess_source_tesscut import fields

    return fields.describe(what)


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare the size of cut-outs."""
    from tess_source_tesscut import sizes

    return (sizes.SIZE,)


@hookimpl
def tess_transports() -> Sequence[Transport]:
    """Declare where cut-outs are made."""
    from tess_source_tesscut import service

    return (Transport("tesscut", service.locate, "cut-outs of full-frame images, made by TESScut at MAST"),)


@hookimpl
def tess_citations() -> Sequence[Citation]:
    """Declare how the images are cited, and the software that cuts them."""
    title = "TESS Calibrated Full-Frame Images: All Sectors, STScI/MAST"
    others = "TESScut asks papers to cite its software too: Brasseur et al. 2019, Astrocut, ascl:1905.007"
    return (Citation("TESScut", "cutout", title, "10.17909/0cp4-2j79", others=others),)


@hookimpl
def tess_services() -> Sequence[Service]:
    """Declare the service that makes cut-outs."""
    from tess_source_tesscut import service

    return (Service("TESScut", f"{service.BASE}/sector?ra=107.27&dec=-70.0&radius=0.0", "cut-outs", begins="{"),)
