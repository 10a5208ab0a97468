"""The methods ``found.stars()`` and ``session.stars(targets)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from astropy.units import Quantity

    from tess_source.session import Session
    from tess_source.tables.found import Found
    from tess_source_stars.stars import Stars

__all__ = ["ACCESSORS"]


def stars(found: Found, neighbours: float | Quantity | str | None = None, refresh: bool = False) -> Stars:
    """Return what the TESS Input Catalog knows of the stars: see `tess_source_stars.stars.stars_of_found`."""
    from tess_source_stars.stars import stars_of_found

    return stars_of_found(found, neighbours=neighbours, refresh=refresh)


def session_stars(
    session: Session,
    targets: Any,
    neighbours: float | Quantity | str | None = None,
    radius: float | Quantity | str | None = None,
    refresh: bool = False,
    missing: str = "raise",
) -> Stars:
    """Return what the TESS Input Catalog knows of targets: see `tess_source_stars.stars.stars_of_targets`."""
    from tess_source_stars.stars import stars_of_targets

    return stars_of_targets(session, targets, neighbours=neighbours, radius=radius, refresh=refresh, missing=missing)


ACCESSORS = (
    Accessor("stars", stars, "what the TIC knows of the stars, or of their neighbours on the sky"),
    Accessor("stars", session_stars, "what the TIC knows of targets, or of their neighbours on the sky", of="session"),
)
