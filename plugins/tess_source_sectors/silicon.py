"""The sectors in which a star of an answer lies on silicon, for pictures and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source_sectors.chips import bundled
from tess_source_sectors.holdings import places_in
from tess_source_sectors.known import known_sectors
from tess_source_sectors.planned import target_lists
from tess_source_sectors.positions import filled, remembered

if TYPE_CHECKING:
    from tess_source.tables.found import Found

__all__ = ["sectors_on_silicon"]


def sectors_on_silicon(found: Found, tic: int) -> list[int]:
    """Return the sectors in which a star lies on the science pixels of a CCD, ascending; none if it is not known where it lies.

    Its place comes from the answer, or else from the target lists of the catalogue or the remembered part of the TESS Input Catalog. No
    connection is opened.
    """
    place, settings = places_in(found.observations).filter(tic=tic), getattr(found.session, "settings", None)
    if not len(place) and settings is not None:
        star = pl.DataFrame(
            {"tic": [tic], "ra": [None], "dec": [None]}, schema={"tic": pl.Int64, "ra": pl.Float64, "dec": pl.Float64}
        )
        place = filled(filled(star, target_lists(settings, [tic]).rows), remembered(settings)).drop_nulls()
    if not len(place):
        return []
    chips = bundled() if settings is None else known_sectors(settings).chips
    seen = chips.seeing(place["ra"].to_numpy(), place["dec"].to_numpy())
    return seen.filter(pl.col("margin") >= 0)["sector"].unique().sort().to_list()
