"""The method that every session has: ``session.sectors(targets)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source_sectors.table import SeenSectors

__all__ = ["ACCESSORS"]


def sectors(
    session: Session,
    targets: Any,
    *,
    sector: int | str | Iterable[int] | None = None,
    radius: float | Quantity | str | None = None,
    products: bool | None = None,
    pixels: bool | None = None,
    refresh: bool = False,
    missing: str = "raise",
) -> SeenSectors:
    """Return the sectors that saw stars, and why one is missing: see `tess_source_sectors.answer.sectors_of`."""
    from tess_source_sectors.answer import sectors_of

    return sectors_of(
        session,
        targets,
        sector=sector,
        radius=radius,
        products=products,
        pixels=pixels,
        refresh=refresh,
        missing=missing,
    )


def refresh_sectors(session: Session) -> list[int]:
    """Fetch where the CCDs of new sectors lie: see `tess_source_sectors.footprints.refresh`."""
    from tess_source_sectors.footprints import refresh

    return refresh(session.settings)


ACCESSORS = (
    Accessor("sectors", sectors, "the sectors that saw stars, and why one is missing", of="session"),
    Accessor("refresh_sectors", refresh_sectors, "fetches where the CCDs of new sectors lie", of="session"),
)
