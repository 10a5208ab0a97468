"""The portal's services of the TESS Input Catalog: by criteria, in a cone, and both.

The declared types of some columns lie as in recorded answers: ``ID``, ``objID`` and ``duplicate_id`` are called strings and come as
integers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tess_source_sample.columns import SELECTED, AnswerColumn
from tess_source_sample.contents import Contents
from tess_source_sample.envelope import Json, RequestError, envelope, fields_of, matching, real_number, selected_columns
from tess_source_sample.facts import Star
from tess_source_sample.rows import Row
from tess_source_sample.tic_entries import NEIGHBOURS, neighbour_entry, separation, star_entry

_NAMES = """
ID version HIP TYC UCAC TWOMASS SDSS ALLWISE GAIA APASS KIC objType typeSrc ra dec POSflag pmRA e_pmRA pmDEC e_pmDEC PMflag plx e_plx
PARflag gallong gallat eclong eclat Bmag e_Bmag Vmag e_Vmag umag e_umag gmag e_gmag rmag e_rmag imag e_imag zmag e_zmag Jmag e_Jmag
Hmag e_Hmag Kmag e_Kmag TWOMflag prox w1mag e_w1mag w2mag e_w2mag w3mag e_w3mag w4mag e_w4mag GAIAmag e_GAIAmag Tmag e_Tmag TESSflag
SPFlag Teff e_Teff logg e_logg MH e_MH rad e_rad mass e_mass rho e_rho lumclass lum e_lum d e_d ebv e_ebv numcont contratio disposition
duplicate_id priority eneg_EBV epos_EBV EBVflag eneg_Mass epos_Mass eneg_Rad epos_Rad eneg_rho epos_rho eneg_logg epos_logg eneg_lum
epos_lum eneg_dist epos_dist distflag eneg_Teff epos_Teff TeffFlag gaiabp e_gaiabp gaiarp e_gaiarp gaiaqflag starchareFlag VmagFlag
BmagFlag splists e_RA e_Dec RA_orig Dec_orig e_RA_orig e_Dec_orig raddflag wdflag objID
"""
_TEXT_NAMES = """
ID version TYC UCAC TWOMASS SDSS ALLWISE GAIA APASS objType typeSrc POSflag PMflag PARflag TWOMflag TESSflag SPFlag lumclass
disposition duplicate_id EBVflag distflag TeffFlag starchareFlag VmagFlag BmagFlag splists objID
"""
_TEXTS = set(_TEXT_NAMES.split())
_COUNTS = {"HIP", "KIC", "numcont", "gaiaqflag", "raddflag", "wdflag"}
_UNITS = {
    **dict.fromkeys(("ra", "dec", "gallong", "gallat", "eclong", "eclat", "RA_orig", "Dec_orig"), "deg"),
    "pmRA": "mas/yr",
    "pmDEC": "mas/yr",
    "plx": "mas",
    "Teff": "K",
    "logg": "cgs",
    "MH": "dex",
    "d": "parsec",
    "rad": "solRad",
    "mass": "solMass",
    "rho": "solar",
    "lum": "solLum",
}


def _column(name: str) -> AnswerColumn:
    datatype = "string" if name in _TEXTS else "int" if name in _COUNTS else "double"
    return AnswerColumn(name, name, datatype, _UNITS.get(name, ""))


COLUMNS: tuple[AnswerColumn, ...] = tuple(_column(name) for name in _NAMES.split())
"""The 125 columns of version 8 and their declared types."""
DISTANCE = AnswerColumn("dstArcSec", "Distance", "double", "arcsec")

_NULLS: Row = {column.name: None for column in COLUMNS}


def entries(contents: Contents, more: Iterable[Star] = ()) -> list[Row]:
    """Return all entries: the stars that were observed, others near them, and what `more` there is of those made up in bulk."""
    stars = [_NULLS | star_entry(star) for star in (*contents.stars(), *more)]
    return stars + [_NULLS | neighbour_entry(entry) for entry in NEIGHBOURS]


def _within(rows: list[Row], params: Json) -> list[Row]:
    """Return the entries within the radius, nearest first."""
    ra, dec, radius = _place(params)
    found = [row | {DISTANCE.name: separation(row, ra, dec)} for row in rows]
    return sorted((row for row in found if row[DISTANCE.name] <= radius * 3600), key=lambda row: row[DISTANCE.name])


def _place(params: Json) -> tuple[float, float, float]:
    """Return right ascension, declination and radius of a request, in degrees."""
    if "ra" not in params or "dec" not in params:
        raise RequestError("A cone search needs ra and dec")
    ra, dec, radius = (real_number(params.get(name, 0.2)) for name in ("ra", "dec", "radius"))
    return ra, dec, radius


def _near(contents: Contents, params: Json) -> list[Row]:
    """Return the entries near the place of a request, and others."""
    return entries(contents, contents.crowd.near(*_place(params)))


def _cone(contents: Contents, params: Json, request: Json) -> Json:
    rows = [row | {"_selected_": None} for row in _within(_near(contents, params), params)]
    return envelope(rows, [*fields_of((*COLUMNS, DISTANCE)), SELECTED], request)


def _filtered(contents: Contents, params: Json, request: Json) -> Json:
    filters = params.get("filters")
    rows = matching(entries(contents, _asked(contents, filters)), filters, COLUMNS)
    return selected_columns(rows, COLUMNS, _joined(params), request)


def _asked(contents: Contents, filters: object) -> Iterator[Star]:
    """Yield the stars of the crowd: those whose numbers are asked for, all if none are."""
    tics: Iterable[int] = contents.crowd.targets
    for entry in filters if isinstance(filters, list) else ():
        if entry.get("paramName") == "ID" and entry.get("values"):
            numbers = {str(value) for value in entry["values"]}
            tics = (int(number) for number in numbers if number.isdigit() and int(number) in contents.crowd.targets)
    return map(contents.known.star, tics)


def _filtered_position(contents: Contents, params: Json, request: Json) -> Json:
    rows = _within(matching(_near(contents, params), params.get("filters"), COLUMNS), params)
    return selected_columns(rows, (*COLUMNS, DISTANCE), _joined(params), request)


def _joined(params: Json) -> Json:
    """Return the parameters with ``columns`` as text: it may be a list of names here."""
    columns = params.get("columns", "*")
    return params | {"columns": ",".join(map(str, columns)) if isinstance(columns, list) else columns}


def _histograms(contents: Contents, params: Json, request: Json) -> Json:
    """Return which columns are numbers and which are words, in the form from which astroquery learns it."""
    del params
    if request.get("format") != "extjs":
        raise RequestError("Mast.Catalogs.All.Tic is answered in the format extjs only")
    rows = entries(contents)
    numbers = {name: [row[name] for row in rows if row[name] is not None] for name in _NUMBERS}
    ranges = {
        name: {"hist": {"hist": []}, "min": min(values), "max": max(values), "type": "numeric"}
        for name, values in numbers.items()
        if values
    }
    words = {name: _facet([row[name] for row in rows]) for name in _WORDS}
    properties = {"discreteHistogram": words, "continuousHistogram": ranges}
    table = {"name": "Table", "ExtendedProperties": properties, "Columns": [], "Fields": [], "Rows": []}
    return {"status": "COMPLETE", "msg": "", "data": {"name": "NewDataSet", "Tables": [table]}}


def _facet(words: list[str | None]) -> Json:
    entries = {word or "": {"count": count, "key": word or ""} for word, count in Counter(words).items()}
    return {"hist": list(entries.values()), **entries}


_NUMBERS = [column.name for column in COLUMNS if column.datatype == "double" or column.name == "numcont"]
_WORDS = ("objType", "lumclass", "disposition")

SERVICES: dict[str, Callable[[Contents, Json, Json], Json]] = {
    "mast.catalogs.tic.cone": _cone,
    "mast.catalogs.filtered.tic.rows": _filtered,
    "mast.catalogs.filtered.tic.position.rows": _filtered_position,
    "mast.catalogs.all.tic": _histograms,
}
"""By name in lower case: clients write TIC and Tic."""


def configuration(config_id: str) -> dict[str, Any]:
    """Return the column configuration of a TIC service, empty for others.

    It does not say which columns are numbers: that is learned from the histograms of ``Mast.Catalogs.All.Tic``.
    """
    if config_id.lower() not in {*SERVICES, "mast.catalogs.tess.cone"}:
        return {}
    selected = {"_selected_": {"text": "selected", "add": True, "type": "boolean", "hidden": True}}
    units = {c.name: {"text": c.text} | ({"vot.unit": c.unit} if c.unit else {}) for c in COLUMNS}
    return selected | units
