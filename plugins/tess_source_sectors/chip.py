"""The look-up ``chip``: the camera and the CCD that products were made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import names
from tess_source._lazy import pl
from tess_source.hooks.records import Lookup
from tess_source.tables.rows import with_schema

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations, Products

__all__ = ["LOOKUPS", "chips_of_products"]

FIELDS = {"camera": "Int32", "ccd": "Int32"}


def chips_of_products(products: Products, observations: Observations, settings: Settings) -> pl.DataFrame:
    """Return `camera` and `ccd` of products of one sector, one row per product.

    A file name that says them comes first, then the target lists of the catalogue, then where the star lies. They are null for products
    of several sectors, where the position of the star is not known, and where it lies on the CCDs of two cameras. No connection is opened.
    """
    files = _with_places(products, observations)
    by_name = names.columns(products["filename"].cast(pl.String)).select(*FIELDS)
    listed = _listed(files, settings)
    placed = _placed(files, settings)
    return pl.DataFrame({name: by_name[name].fill_null(listed[name]).fill_null(placed[name]) for name in FIELDS})


def _with_places(products: Products, observations: Observations) -> pl.DataFrame:
    """Return `tic`, `sector` (null for several), `spoc`, `ra`, `dec` of products, the last two from the observations that list them."""
    seen = with_schema(observations.to_polars(), {"s_ra": "Float64", "s_dec": "Float64"})
    key = pl.coalesce("observation", "obs_id")
    places = seen.select("archive", key=key, ra="s_ra", dec="s_dec").drop_nulls(["key", "ra", "dec"])
    one_sector = pl.when(pl.col("first_sector") == pl.col("last_sector")).then("last_sector")
    files = products.to_polars().select("archive", "tic", key=key, sector=one_sector, spoc=pl.col("pipeline") == "SPOC")
    return files.join(places.unique(["archive", "key"]), on=["archive", "key"], how="left", maintain_order="left")


def _listed(files: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return `camera` and `ccd` of SPOC's products from the target lists, one row per product."""
    from tess_source_sectors.planned import target_lists

    tics = files.filter("spoc")["tic"].drop_nulls().unique().to_list()
    planned = target_lists(settings, tics).rows.select("tic", "sector", *FIELDS).unique(["tic", "sector"])
    rows = files.with_columns(tic=pl.when("spoc").then("tic"))
    return rows.join(planned, on=["tic", "sector"], how="left", maintain_order="left").select(*FIELDS)


def _placed(files: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return `camera` and `ccd` of products by where their star lies, if it is on one CCD only, one row per product."""
    from tess_source_sectors.known import known_sectors

    stars = files.select("ra", "dec").drop_nulls().unique(maintain_order=True)
    chips = known_sectors(settings).of(files["sector"].drop_nulls().unique().to_list())
    seen = chips.seeing(stars["ra"].to_numpy(), stars["dec"].to_numpy()).filter(pl.col("margin") >= 0)
    one = seen.filter(pl.len().over("place", "sector") == 1)
    places = stars.with_columns(place=pl.int_range(pl.len())).join(one, on="place")
    keys = ["ra", "dec", "sector"]
    return files.join(places.select(*keys, *FIELDS), on=keys, how="left", maintain_order="left").select(*FIELDS)


LOOKUPS = (
    Lookup(
        "chip",
        {"camera": "camera that saw the star, 1 to 4", "ccd": "CCD of the camera, 1 to 4"},
        chips_of_products,
        "Add the camera and the CCD of products, by the position of the star.",
    ),
)
