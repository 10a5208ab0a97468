"""The columns of the archive's answers: name, type, unit and help, as its ``columnsconfig`` gives them.

The observation columns and their help are those that MAST printed for ``get_metadata("observations")``; of the
product columns only names and types have been seen, and their help is worded here.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class AnswerColumn(NamedTuple):
    """One column of an answer and its entry in the column configuration."""

    name: str
    text: str
    datatype: str
    """VOTable type of the column configuration; not always the type that the answer declares."""
    unit: str = ""
    description: str = ""
    example: str = ""
    separator: str = ""

    @property
    def field_type(self) -> str:
        """Type in the answer's ``fields``: identifiers are called strings although their values are integers."""
        if self.name.lower() in {"obsid", "objid", "objid1", "parent_obsid"}:
            return "string"
        types = {
            "char": "string",
            "string": "string",
            "double": "float",
            "float": "float",
            "boolean": "boolean",
        }
        return types.get(self.datatype, "int")

    @property
    def config(self) -> dict[str, Any]:
        """The entry of the column configuration, with the keys that clients read."""
        entry: dict[str, Any] = {"text": self.text, "vot.datatype": self.datatype, "vot.name": self.name}
        if self.datatype == "boolean":
            entry = {"text": self.text, "type": "boolean", "vot.name": self.name}
        optional = {
            "unit": self.unit,
            "vot.description": self.description,
            "example": self.example,
            "separator": self.separator,
        }
        return entry | {key: value for key, value in optional.items() if value}


_DECIMAL = "May be displayed in the Portal as hh:mm:ss.sss, but should be searched as decimal"
_MJD = "May be displayed in the Portal as YYY-MM-DD HH:MM, but should be searched as MJD"
_CLASSES = "Ex. COMET;COMET BEING ORBITED BY THE ROSETTA SPACECRAFT;SOLAR SYSTEM"
_PRODUCT_TYPES = (
    "Valid values: IMAGE, SPECTRUM, SED, TIMESERIES, VISIBILITY, EVENTLIST, CUBE, CATALOG, ENGINEERING, NULL"
)
_LEVELS = "0 = raw, 1 = uncalibrated, 2 = calibrated, 3 = science product, 4 = contributed science product"
_RIGHTS = "valid values: public,exclusive_access,restricted"
_MOVING = (
    "If True, observation contains a moving target, "
    "if False or absent observation may or may not contain a moving target"
)
_REGION = "Will be ICRS circle or polygon. E.g. CIRCLE ICRS 17.71740689 -58.40043015 0.625"
_JPEG = "https://archive.stsci.edu/hst/previews/N4QF/N4QF18090.jpg"
_AWAY = "Angular separation between searched coordinates and center of obsevation"

OBSERVATIONS: tuple[AnswerColumn, ...] = tuple(
    AnswerColumn(*row)
    for row in (
        (
            "intentType",
            "Observation Type",
            "char",
            "",
            "Whether observation is for science or calibration.",
            "Valid values: science, calibration",
        ),
        ("obs_collection", "Mission", "char", "", "Collection", "E.g. SWIFT, PS1, HST, IUE", ";"),
        (
            "provenance_name",
            "Provenance Name",
            "char",
            "",
            "Provenance name, or source of data",
            "E.g. TASOC, CALSTIS, PS1",
        ),
        ("instrument_name", "Instrument", "char", "", "Instrument Name", "E.g. WFPC2/WFC, UVOT, STIS/CCD"),
        ("project", "Project", "char", "", "Processing project", "E.g. HST, HLA, EUVE, hlsp_legus", ";"),
        ("filters", "Filters", "char", "", "Instrument filters", "F469N, NUV, FUV, LOW DISP, MIRROR", ";"),
        ("wavelength_region", "Waveband", "char", "", "Energy Band", "EUV, XRAY, OPTICAL", ";"),
        ("target_name", "Target Name", "char", "", "Target Name", "Ex. COMET-67P-CHURYUMOV-GER-UPDATE"),
        ("target_classification", "Target Classification", "char", "", "Type of target", _CLASSES, ";"),
        (
            "obs_id",
            "Observation ID",
            "char",
            "",
            "Observation identifier, given by mission",
            "U24Z0101T, N4QF18030",
        ),
        ("s_ra", "RA", "double", "deg", "Observation Right Ascension", _DECIMAL),
        ("s_dec", "Dec", "double", "deg", "Observation Declination", _DECIMAL),
        ("dataproduct_type", "Product Type", "char", "", "Type of product", _PRODUCT_TYPES),
        (
            "proposal_pi",
            "Principal Investigator",
            "char",
            "",
            "Principal investigator's last name",
            "Chander, Chu, Malkin",
        ),
        ("calib_level", "Calibration Level", "int", "", "Calibration level", _LEVELS),
        ("t_min", "Start Time", "double", "MJD", "Observation start datetime", _MJD),
        ("t_max", "End Time", "double", "MJD", "Observation end datetime", _MJD),
        ("t_exptime", "Exposure Length", "double", "sec", "Exposure time"),
        ("em_min", "Min. Wavelength", "double", "nm", "Minimum Wavelength"),
        ("em_max", "Max. Wavelength", "double", "nm", "Maximum Wavelength"),
        (
            "obs_title",
            "Observation Title",
            "char",
            "",
            "Observation description from proposal",
            "Age-dating Star Clusters in M101",
        ),
        ("t_obs_release", "Release Date", "double", "MJD", "Dataset release date", _MJD),
        ("proposal_id", "Proposal ID", "char", "", "Proposal ID", "E.g. EGCJC, 11360, 9401"),
        (
            "proposal_type",
            "Proposal Type",
            "char",
            "",
            "Type of telescope proposal",
            "Eg. 3PI, GO, GO/DD, HLA, GII, AIS",
        ),
        (
            "sequence_number",
            "Sequence Number",
            "int",
            "",
            "Sequence number, e.g. Kepler quarter or TESS sector",
        ),
        ("s_region", "s_region", "char", "ICRS Shape", "STC/S Footprint", _REGION),
        ("jpegURL", "jpegURL", "char", "", "Preview Image URL", _JPEG),
        ("dataURL", "Data URL", "string", "", "Data URL"),
        ("dataRights", "Data Rights", "string", "", "Data Rights", _RIGHTS),
        ("mtFlag", "Moving Target", "boolean", "", "Moving Target Flag", _MOVING),
        (
            "srcDen",
            "Number of Catalog Objects",
            "float",
            "",
            "Number of cataloged objects found in observation",
        ),
        (
            "obsid",
            "Product Group ID",
            "long",
            "",
            "Database identifier for obs_id",
            "Long integer, e.g. 2007590987",
        ),
        (
            "objID",
            "Object ID",
            "long",
            "",
            "Plane ID of observation at given calibration level",
            "Long integer, e.g. 2012969445",
        ),
    )
)
"""The 33 columns of an observation, in the order of an answer of 2025."""

DISTANCE = AnswerColumn("distance", 'Distance (")', "float", "arcsec", _AWAY)
OBJID1 = AnswerColumn("objID1", "Object ID1", "long")

PRODUCTS: tuple[AnswerColumn, ...] = tuple(
    AnswerColumn(*row)
    for row in (
        ("obsID", "Product Group ID", "long", "", "Database identifier for obs_id", "Long integer"),
        ("obs_collection", "Mission", "char", "", "Collection", "E.g. SWIFT, PS1, HST, IUE"),
        ("dataproduct_type", "Product Type", "char", "", "Type of product", "E.g. timeseries, image"),
        ("obs_id", "Observation ID", "char", "", "Observation identifier, given by mission"),
        ("description", "Description", "char", "", "Description of the file", "E.g. Light curves"),
        ("type", "Observation Type", "char", "", "Simple (S) or composite (C, D) observation", "S, C, D"),
        (
            "dataURI",
            "Data URI",
            "char",
            "",
            "Address of the file in the archive",
            "E.g. mast:TESS/product/NAME",
        ),
        (
            "productType",
            "Product Type",
            "char",
            "",
            "Purpose of the file",
            "SCIENCE, CALIBRATION, INFO, PREVIEW, AUXILIARY, THUMBNAIL",
        ),
        (
            "productGroupDescription",
            "Product Group",
            "char",
            "",
            "What the file is recommended for",
            "Minimum Recommended Products",
        ),
        (
            "productSubGroupDescription",
            "Product Subgroup",
            "char",
            "",
            "Kind of file",
            "E.g. LC, TP, DVT, FLT",
        ),
        ("productDocumentationURL", "Documentation", "char", "", "Address of its documentation"),
        ("project", "Project", "char", "", "Processing project", "E.g. SPOC, HST"),
        ("prvversion", "Version", "char", "", "Version of the processing software"),
        ("proposal_id", "Proposal ID", "char", "", "Proposal ID", "E.g. G022197"),
        ("productFilename", "Filename", "char", "", "Name of the file"),
        ("size", "File Size", "long", "bytes", "Size of the file"),
        (
            "parent_obsid",
            "Parent Product Group ID",
            "long",
            "",
            "obsid of the observation that was asked for",
        ),
        ("dataRights", "Data Rights", "char", "", "Data Rights", _RIGHTS),
        ("calib_level", "Calibration Level", "int", "", "Calibration level", _LEVELS),
        ("filters", "Filters", "char", "", "Instrument filters", "E.g. TESS"),
    )
)
"""The 20 columns of a product, in the order of an answer of 2025."""

SELECTED = {"name": "_selected_", "type": "boolean"}


def configuration(config_id: str) -> dict[str, Any]:
    """Return the answer of ``columnsconfig``.

    Parameters
    ----------
    config_id : str
        Name of a service, as ``Mast.Caom.Cone``.

    Returns
    -------
    dict
        Column name to its properties; empty, as the archive answers, for a name that it does not know.
    """
    selected = {"_selected_": {"text": "selected", "add": True, "type": "boolean", "hidden": True}}
    if config_id == "Mast.Caom.Products":
        return selected | {column.name: column.config for column in PRODUCTS}
    if config_id in {"Mast.Caom.Cone", "Mast.Caom.Filtered", "Mast.Caom.Filtered.Position"}:
        columns = selected | {column.name: column.config for column in (*OBSERVATIONS, DISTANCE)}
        return columns | {OBJID1.name: {"text": OBJID1.text, "remove": True}}
    return {}
