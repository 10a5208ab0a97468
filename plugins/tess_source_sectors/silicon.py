"""The sectors in which a star of an answer lies on silicon, for pictures and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source_sectors.chips import bundled
from tess_source_sectors.holdings import places_in
from tess_source_sectors.known import known_sectors

if TYPE_CHECKING:
    from tess_source.tables.found import Found

__all__ = ["sectors_on_silicon"]


def sectors_on_silicon(found: Found, tic: int) -> list[int]:
    """Return the sectors in which a star lies on the science pixels of a CCD, ascending; none if the answer does not say where it lies.

    No connection is opened.
    """
    place = places_in(found.observations).filter(tic=tic)
    if not len(place):
        return []
    settings = getattr(found.session, "settings", None)
    chips = bundled() if settings is None else known_sectors(settings).chips
    seen = chips.seeing(place["ra"].to_numpy(), place["dec"].to_numpy())
    return seen.filter(pl.col("margin") >= 0)["sector"].unique().sort().to_list()
