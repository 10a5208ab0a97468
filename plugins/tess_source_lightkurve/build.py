"""Builder of a TessLightCurve from the rows of a table, with only public names of lightkurve and astropy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, whole
from tess_source.files.fits_table import fill
from tess_source_lightkurve.cards import Unsupported
from tess_source_lightkurve.plain import COLUMN, STRUCTURE, Plain
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from astropy.time import Time
    from lightkurve import TessLightCurve
    from numpy.typing import NDArray

__all__ = ["CurveOptions", "Look", "Recipe", "build"]

TWINS = {"centroid_col": "mom_centr1", "centroid_row": "mom_centr2"}
"""Columns that lightkurve repeats under another name, besides the flux and its error."""
REQUIRED = ("flux", "flux_err")
"""Columns that every light curve has, besides the time; the constructor copies them."""
NAMESAKES = {"LABEL": "OBJECT", "MISSION": "TELESCOP", "RA": "RA_OBJ", "DEC": "DEC_OBJ"}
"""Entries of lightkurve's meta that repeat a card of the primary header."""


@dataclass(frozen=True)
class CurveOptions:
    """Arguments of the user, with what they leave to the pipeline."""

    flux_column: str
    error_column: str
    quality_bitmask: str | int | None


@dataclass(frozen=True)
class Look:
    """Unit and format of a column in lightkurve."""

    unit: Any
    format: str | None
    masked: bool
    """Whether missing values are masked."""
    meta: bool
    """Whether the column has its own meta."""


@dataclass(frozen=True)
class Recipe:
    """Instructions to build light curves of one kind."""

    looks: Mapping[str, Look]
    """Columns in order."""
    author: Any
    """AUTHOR in its meta, which lightkurve tells by the path, and some releases do not tell."""
    ordered: bool
    """Whether to tell the index that times are sorted. Otherwise astropy sorts them, which takes a quarter of the time. astropy documents
    an engine that is ready for its indices, but not for the method that adds an index to a table."""


def build(plain: Plain, recipe: Recipe, asked: CurveOptions, good: NDArray[np.bool_]) -> TessLightCurve:
    """Build a light curve.

    Parameters
    ----------
    plain : Plain
        Contents of the file.
    recipe : Recipe
        Instructions.
    asked : CurveOptions
        Arguments of the user.
    good : array of bool, shape (n,)
        Mask of the rows to keep, among those with a time.

    Raises
    ------
    Unsupported
        If no row is left, or a column is missing.
    """
    keep = plain.timed.copy()
    keep[plain.timed] = good
    if not (count := int(np.count_nonzero(keep))):
        raise Unsupported("no cadence is left")
    twins = {"flux": asked.flux_column, "flux_err": asked.error_column, **TWINS}
    sources = {name: twins.get(name, name) for name in recipe.looks if name != "time"}
    if missing := set(sources.values()) - (set(plain.table.dtype.names or ()) - {"time"}):
        raise Unsupported(f"no column {min(missing)!r}")
    values = {source: np.empty(count, plain.table.dtype[source]) for source in sources.values()}
    times = np.empty(count)  # in native byte order, with which astropy computes faster
    fill({**values, "time": times}, plain.table, keep)
    own = {
        name: values[source] if name in REQUIRED or name == source else values[source].copy()
        for name, source in sources.items()
    }
    columns = {name: _column(own[name], recipe.looks[name]) for name in sources}
    time = _time(times, plain, recipe.ordered)
    required = {name: columns.pop(name) for name in REQUIRED}
    curve = lightkurve().TessLightCurve(time=time, **required, meta=_meta(plain, recipe, asked, good), copy=False)
    for name, column in columns.items():  # `add_column` would take as long as all the rest
        column.info.name, column.info.parent_table = name, curve
        curve.columns[name] = column
    for name in sources:  # not earlier: astropy would copy these values whenever it moves a column
        info, look = curve.columns[name].info, recipe.looks[name]
        if info.format != look.format:
            info.format = look.format
        if look.meta:
            info.meta = {}
    curve.primary_key = ("time",)
    return curve


def _column(values: NDArray[Any], look: Look) -> Any:
    whole("astropy")
    from astropy.table import Column, MaskedColumn
    from astropy.units import Quantity
    from astropy.utils.masked import Masked

    if look.unit is None:
        return MaskedColumn(values, mask=np.isnan(values), copy=False) if look.masked else Column(values, copy=False)
    column = Quantity(values, look.unit, dtype=values.dtype, copy=False)
    return Masked(column, np.isnan(values)) if look.masked else column


def _time(values: NDArray[np.float64], plain: Plain, ordered: bool) -> Time:
    """Return BTJD times, with an index if they are sorted."""
    whole("astropy")
    from astropy.table import Column, QTable, SortedArray, Table
    from astropy.time import Time

    time = Time(values, scale=str(plain.header.values.get("TIMESYS")).lower(), format="btjd")
    if not ordered or not (values[1:] > values[:-1]).all():
        return time
    table = QTable([time], names=["time"], copy=False)
    order = Column(np.arange(len(time)))
    table.add_index("time", engine=SortedArray(Table([time], names=["time"], copy=False), order))
    return table["time"]


def _meta(plain: Plain, recipe: Recipe, asked: CurveOptions, good: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the cards of the table, overridden by those of the primary header, and the entries that lightkurve adds."""
    whole("astropy")
    from astropy.io.fits import Card

    undefined = Card.fromstring("NOTHING =").value
    primary = plain.primary.values
    namesakes = NAMESAKES | ({"MISSION": "MISSION"} if "MISSION" in primary else {})
    own = {
        key: undefined if value is None else value
        for key, value in plain.header.values.items()
        if key not in STRUCTURE and not key.startswith(COLUMN)
    }
    remarks = {"COMMENT": _comments(str(primary["COMMENT"]))} if "COMMENT" in primary else {}
    return {
        **own,
        **primary,
        **remarks,
        **{key: primary.get(source) for key, source in namesakes.items()},
        "FILENAME": plain.path,
        "FLUX_ORIGIN": asked.flux_column,
        "AUTHOR": recipe.author,
        "TARGETID": primary.get("TICID"),
        "QUALITY_BITMASK": asked.quality_bitmask,
        "QUALITY_MASK": good,
        **plain.maker.meta,
    }


def _comments(text: str) -> Any:
    """Return the lines of COMMENT cards as the object that astropy makes of them."""
    whole("astropy")
    from astropy.io.fits import Card, Header

    return Header([Card.fromstring(f"COMMENT {line}") for line in text.split("\n")])["COMMENT"]
