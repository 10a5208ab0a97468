"""The catalogue's columns in words: what users may ask for, with units, and the lists that give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tess_source.hooks.records import Field

__all__ = ["CONFIGURATION", "OBSERVED", "CatalogueColumn", "describe"]


@dataclass(frozen=True, slots=True)
class CatalogueColumn:
    """A column of the catalogue's observations or products."""

    name: str
    type: str
    description: str
    unit: str = ""
    source: str = "names"
    """The lists that give it: ``names`` (names of files), ``targets`` (target lists) or ``portal`` (the portal's rows)."""


_OBSERVED = (
    ("obs_id", "char", "name of the observation"),
    ("target_name", "char", "TIC id"),
    ("obs_collection", "char", "TESS; HLSP for products that others made"),
    ("provenance_name", "char", "pipeline"),
    ("project", "char", "TESS"),
    ("instrument_name", "char", "Photometer"),
    ("filters", "char", "TESS"),
    ("wavelength_region", "char", "Optical"),
    ("intentType", "char", "science"),
    ("dataproduct_type", "char", "timeseries"),
    ("sequence_number", "int", "sector; of a search over several, the last"),
    ("t_exptime", "double", "exposure time", "s"),
    ("em_min", "double", "shortest wavelength", "nm"),
    ("em_max", "double", "longest wavelength", "nm"),
    ("s_ra", "double", "right ascension, ICRS", "deg", "targets"),
    ("s_dec", "double", "declination, ICRS", "deg", "targets"),
    ("tmag", "double", "TESS magnitude", "mag", "targets"),
    ("camera", "int", "camera", "", "targets"),
    ("ccd", "int", "CCD", "", "targets"),
    ("dataURL", "char", "address of the light curve, or of another file of the observation"),
    ("obsid", "long", "the portal's number of the observation", "", "portal"),
    ("objID", "long", "the portal's number of its plane", "", "portal"),
    ("t_min", "double", "start, as MJD", "d", "portal"),
    ("t_max", "double", "end, as MJD", "d", "portal"),
    ("t_obs_release", "double", "date of release, as MJD", "d", "portal"),
    ("proposal_id", "char", "Guest Investigator programmes", "", "portal"),
    ("proposal_pi", "char", "principal investigator", "", "portal"),
    ("proposal_type", "char", "type of proposal", "", "portal"),
    ("obs_title", "char", "title", "", "portal"),
    ("target_classification", "char", "type of target", "", "portal"),
    ("s_region", "char", "footprint, ICRS", "", "portal"),
    ("jpegURL", "char", "address of a preview", "", "portal"),
    ("calib_level", "int", "calibration level", "", "portal"),
    ("dataRights", "char", "public or exclusive", "", "portal"),
    ("mtFlag", "boolean", "moving target", "", "portal"),
    ("srcDen", "double", "number of catalogue objects", "", "portal"),
)
OBSERVED: Mapping[str, CatalogueColumn] = {row[0]: CatalogueColumn(*row) for row in _OBSERVED}
"""Columns of observations that can be criteria."""
_LISTED = tuple(
    CatalogueColumn(*row)
    for row in (
        ("obs_id", "char", "name of the observation"),
        ("dataURI", "char", "address of the file"),
        ("productFilename", "char", "name of the file"),
        ("productSubGroupDescription", "char", "kind of file in the portal's word, where it is certain"),
        ("size", "long", "size of the file: null, since no list has it", "bytes"),
        ("tmag", "double", "TESS magnitude of the star", "mag", "targets"),
        ("camera", "int", "camera", "", "targets"),
        ("ccd", "int", "CCD", "", "targets"),
        ("ra", "double", "right ascension of the star, ICRS", "deg", "targets"),
        ("dec", "double", "declination of the star, ICRS", "deg", "targets"),
    )
)
CONFIGURATION = {name: {"vot.datatype": column.type} for name, column in OBSERVED.items()}
"""Columns that can be criteria, in the form of the portal's configuration."""
_SOURCES = {
    "names": "from the names in the scripts",
    "targets": "from the target lists",
    "portal": "from the portal's rows",
}


def describe(what: str) -> tuple[Field, ...] | None:
    """Return the columns of a table, ``"observations"`` or ``"products"``; None for another table."""
    columns = {"observations": tuple(OBSERVED.values()), "products": _LISTED}.get(what)
    return None if columns is None else tuple(map(_field, columns))


def _field(column: CatalogueColumn) -> Field:
    types = {"char": "string", "double": "float", "boolean": "boolean"}
    said = f"{column.description}; {_SOURCES[column.source]}"
    return Field(column.name, type=types.get(column.type, "integer"), unit=column.unit, description=said)
