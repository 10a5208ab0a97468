"""The columns of the TESS Input Catalog (TIC) that tess-source gives: our names and the catalogue's, with units."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BY_NAME", "COLUMNS", "SCHEMA", "TicColumn"]


@dataclass(frozen=True, slots=True)
class TicColumn:
    """A column of the TIC."""

    name: str
    """Our name."""
    archive: str
    """The TIC's name."""
    help: str
    """One line about its contents, without the unit."""
    unit: str = ""
    """The unit, as astropy writes it."""
    kind: str = "Float64"
    """Its polars type."""
    error: str = ""
    """The TIC's name of the column of its error, which has the same unit; ours is `name` + ``_err``."""

    @property
    def told(self) -> str:
        """One line about its contents, with the unit."""
        return f"{self.help} [{self.unit}]" if self.unit else self.help


COLUMNS = (
    TicColumn("ra", "ra", "right ascension, J2000 at epoch 2000", "deg"),
    TicColumn("dec", "dec", "declination, J2000 at epoch 2000", "deg"),
    TicColumn("tmag", "Tmag", "magnitude in the TESS band", "mag", error="e_Tmag"),
    TicColumn("teff", "Teff", "effective temperature", "K", error="e_Teff"),
    TicColumn("radius", "rad", "radius of the star", "solRad", error="e_rad"),
    TicColumn("mass", "mass", "mass of the star", "solMass", error="e_mass"),
    TicColumn("logg", "logg", "surface gravity, log10 of cm/s2", "dex(cm / s2)", error="e_logg"),
    TicColumn("luminosity", "lum", "luminosity of the star", "solLum", error="e_lum"),
    TicColumn("metallicity", "MH", "metallicity [M/H]", "dex", error="e_MH"),
    TicColumn("distance", "d", "distance", "pc", error="e_d"),
    TicColumn("parallax", "plx", "parallax; may be negative", "mas", error="e_plx"),
    TicColumn("pmra", "pmRA", "proper motion in right ascension, with cos(dec)", "mas / yr", error="e_pmRA"),
    TicColumn("pmdec", "pmDEC", "proper motion in declination", "mas / yr", error="e_pmDEC"),
    TicColumn("contamination", "contratio", "flux of other stars in the aperture, divided by the star's own"),
    TicColumn("luminosity_class", "lumclass", "DWARF, SUBGIANT or GIANT", kind="String"),
    TicColumn("object_type", "objType", "STAR or EXTENDED", kind="String"),
    TicColumn("gaia", "GAIA", "source id in Gaia DR2, as text", kind="String"),
    TicColumn(
        "disposition",
        "disposition",
        "DUPLICATE, SPLIT or ARTIFACT, where the entry is no star of its own",
        kind="String",
    ),
    TicColumn("duplicate_of", "duplicate_id", "TIC id of the entry that this one repeats", kind="Int64"),
    TicColumn("version", "version", "version of the TIC entry, a date", kind="String"),
)
"""In the order in which tables have them."""

_ERRORS = {
    f"{column.name}_err": TicColumn(f"{column.name}_err", column.error, f"error of {column.name}", column.unit)
    for column in COLUMNS
    if column.error
}
BY_NAME: dict[str, TicColumn] = {
    one.name: one for column in COLUMNS for one in (column, *([_ERRORS[f"{column.name}_err"]] if column.error else []))
}
"""Our name → the column; errors follow their columns."""
SCHEMA: dict[str, str] = {"tic": "Int64", **{name: column.kind for name, column in BY_NAME.items()}, "asked": "String"}
"""Columns of the rows of stars, and their polars types. `asked` is the time of the archive's answer (ISO, with zone)."""
