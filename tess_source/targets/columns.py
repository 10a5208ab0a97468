"""Columns of tables and fields of rows that hold targets, found by their names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

from tess_source.errors import QueryError
from tess_source.names.vocabulary import FFI_TARGETS
from tess_source.targets.motion import Moved, at_epoch
from tess_source.targets.sky import place_of
from tess_source.targets.target import Gap, ObservationKey
from tess_source.targets.texts import is_blank

__all__ = ["IDS", "TARGET_COLUMNS", "Columns", "is_missing", "is_null", "plain_column"]

IDS = ("tic", "ticid", "ticnumber", "ticno", "tessinputcatalogid", "tid")
NAMES = (
    "target", "targetname", "name", "objectname", "object", "starname", "hostname", "mainid", "planetname", "plname",
    "targetid",
)  # fmt: skip
OBSERVATIONS = ("obsid",)
"""Both obs_id, the name of an observation, and obsid, the archive's number of it."""
PLACES = (
    ("ra", "dec"), ("ra", "de"), ("ra", "decl"), ("sra", "sdec"), ("radeg", "decdeg"), ("radeg", "dedeg"), ("raicrs", "deicrs"),
    ("raicrs", "decicrs"), ("raj2000", "dej2000"), ("raj2000", "decj2000"), ("ra2000", "dec2000"), ("ra2000", "de2000"),
    ("rad", "decd"), ("raepoch2000", "decepoch2000"), ("rastr", "decstr"), ("rahms", "decdms"), ("alpha", "delta"),
    ("rightascension", "declination"), ("ticrightascension", "ticdeclination"), ("targetra", "targetdec"), ("raobj", "decobj"),
)  # fmt: skip
MOTIONS = tuple(
    (*motion, epoch)
    for motion in (("pmra", "pmdec"), ("pmra", "pmde"), ("pmracosdec", "pmdec"))
    for epoch in ("refepoch", "obstime")
)
"""Proper motions [mas/yr] with the epoch of the place [yr], as in Gaia's tables, or as astropy calls them. A column `epoch` is more often
that of a transit."""
EARLIEST, LATEST = 1800.0, 2200.0
"""Years that the epoch of a place may be."""
TOIS = ("toi", "fulltoiid", "toiid")
"""Numbers of TESS objects of interest, such as 700.01: used only if there is no other column of targets."""
CATALOGUE_ID = "id"
"""The TIC's own column of ids. In other tables it may be anything, so it is used only if there is no other column of targets."""

TARGET_COLUMNS = (*IDS, *NAMES, CATALOGUE_ID)
"""Names of columns with targets, best first; case, units in brackets and all but letters and digits do not count."""


def plain_column(name: object) -> str:
    """Return the name of a column in the form that is compared with `TARGET_COLUMNS`."""
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[].*?[)\]]", "", str(name))).lower()


def is_missing(value: Any) -> bool:
    """Return whether a cell is empty: None, NaN, NaT, pandas' NA, masked, or a text that says so."""
    return is_blank(value) if isinstance(value, str) else is_null(value)


def is_null(value: Any) -> bool:
    """Return whether a value stands for none: None, NaN, NaT, pandas' NA, a null of pyarrow, or masked."""
    kind = type(value).__name__
    if value is None or kind in {"NAType", "NaTType", "MaskedConstant", "NullScalar"}:
        return True
    if kind in {"datetime64", "timedelta64"}:
        return str(value) == "NaT"
    is_row = bool(getattr(getattr(value, "dtype", None), "names", None))
    if getattr(value, "shape", None) == () and not is_row and bool(getattr(value, "mask", False)):
        return True
    return isinstance(value, Real | Decimal) and math.isnan(value)


@dataclass(frozen=True)
class Columns:
    """The columns of a table that tell the target of a row."""

    cells: tuple[str, ...]
    """Columns with a TIC id or a name, best first."""
    observations: tuple[str, ...]
    place: tuple[str, str] | None
    catalogue: str | None
    """The column ID, if it may be the TIC's."""
    toi: str | None = None
    """The column of TOIs, if there is no other column."""
    motion: tuple[str, ...] | None = None
    """Proper motions and the epoch of the place: where a row has them all, its place is moved to J2000."""

    @classmethod
    def among(cls, names: Iterable[object]) -> Columns | None:
        """Return the columns among some names that hold targets; None if there are none."""
        given: dict[str, str] = {}
        for name in map(str, names):
            given.setdefault(plain_column(name), name)
        cells = tuple(given[name] for name in (*IDS, *NAMES) if name in given)
        keys = tuple(name for name in map(str, names) if plain_column(name) in OBSERVATIONS)
        place = next(((given[ra], given[dec]) for ra, dec in PLACES if ra in given and dec in given), None)
        catalogue = None if cells else given.get(CATALOGUE_ID)
        motion = next((tuple(map(given.__getitem__, names)) for names in MOTIONS if given.keys() >= {*names}), None)
        if cells or keys or place or catalogue:
            return cls(cells, keys, place, catalogue, motion=motion)
        toi = next((given[name] for name in TOIS if name in given), None)
        return cls((), (), None, None, toi) if toi else None

    @classmethod
    def of(cls, names: Iterable[object], what: str) -> Columns:
        """Return the columns that hold targets.

        Raises
        ------
        QueryError
            If there are none; the message names `what`, and the columns that it has.
        """
        names = list(names)
        if (found := cls.among(names)) is not None:
            return found
        have = ", ".join(map(str, names)) or "none"
        renamed = any(re.fullmatch(r"_\d+", str(name)) for name in names)
        raise QueryError(
            f"{what} has no column of targets (tic, ticid, tid, ID, target, name, TOI, ra and dec, obs_id or obsid); it has {have}"
            + ("; pandas' itertuples renames columns with blanks: use to_dict('records')" if renamed else "")
        )

    @property
    def used(self) -> tuple[str, ...]:
        """All of these columns."""
        catalogue = [self.catalogue] if self.catalogue else ()
        tois = [self.toi] if self.toi else ()
        return (*self.cells, *self.observations, *(self.place or ()), *catalogue, *tois, *(self.motion or ()))

    def target(self, row: Mapping[str, Any], where: str = "") -> Any:
        """Return what a row has for a target: the cell of the best column that is not empty, a pair, an `ObservationKey` or a `Gap`."""
        cell = row.__getitem__
        for name in self.cells:
            if not is_missing(value := cell(name)) and not (isinstance(value, str) and value in FFI_TARGETS):
                return value
        for name in self.observations:
            if not is_missing(value := cell(name)):
                column = "obsid" if "_" not in name.strip("_") and name.lower() == "obsid" else "obs_id"
                return ObservationKey(column, _whole_text(value))
        if self.catalogue is not None and not is_missing(value := cell(self.catalogue)):
            return value
        if self.place is not None and not any(map(is_missing, pair := tuple(map(cell, self.place)))):
            return self._at_epoch(self._place(pair), row)
        if self.toi is not None and not is_missing(value := cell(self.toi)):
            number = str(value).strip()
            return f"TOI {number}" if number[:1].isdecimal() else number
        return Gap(where)

    def check_ids(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Check that a column ID beside coordinates holds more than the numbers of the rows.

        Raises
        ------
        QueryError
            If it counts from 0 or 1.
        """
        if self.catalogue is None or self.place is None:
            return
        ids = [str(row[self.catalogue]).strip() for row in rows]
        if ids and ids in ([*map(str, range(len(ids)))], [*map(str, range(1, len(ids) + 1))]):
            raise QueryError(
                f"column {self.catalogue!r} counts the rows, and so may not hold TIC ids: leave it out to use {self.place[0]!r} and "
                f"{self.place[1]!r}, or call it tic"
            )

    def _place(self, pair: tuple[Any, Any]) -> Any:
        assert self.place is not None
        if re.search(r"[(\[]\s*h", self.place[0], re.IGNORECASE) and _is_number(pair[0]):
            raise QueryError(f"column {self.place[0]!r} is in hours: give right ascension in degrees, or sexagesimal")
        if all(isinstance(part, Real) for part in pair):
            return tuple(map(float, pair))
        if any(hasattr(part, "to_value") for part in pair):
            return self._degrees(pair)
        return ", ".join(
            re.sub(r"^([+-]?\d+),(\d+)$", r"\1.\2", str(part).strip()) for part in pair
        )  # with a comma for the point

    def _at_epoch(self, place: Any, row: Mapping[str, Any]) -> Any:
        """Return a place in J2000 if the row has its proper motion and epoch; else the place as it is."""
        if self.motion is None or any(is_missing(row[name]) for name in self.motion):
            return place
        degrees = place_of(place) if isinstance(place, str) else place
        units = ("mas / yr", "mas / yr", "yr")
        values = [_in_unit(name, row[name], unit) for name, unit in zip(self.motion, units, strict=True)]
        if not EARLIEST <= values[2] <= LATEST:
            raise QueryError(
                f"column {self.motion[2]!r} has {row[self.motion[2]]}, which is no year: give the epoch of the place in Julian years, "
                "e.g. 2016.0"
            )
        return place if degrees is None else Moved(map(float, at_epoch(*degrees, *values)))

    def _degrees(self, pair: tuple[Any, Any]) -> tuple[float, ...]:
        assert self.place is not None
        found = []
        for name, part in zip(self.place, pair, strict=True):
            try:
                found.append(float(part.to_value("deg") if hasattr(part, "to_value") else part))
            except (TypeError, ValueError) as error:
                raise QueryError(f"column {name!r} is in {part.unit}, which is no unit of angles: {part}") from error
        return tuple(found)


def _in_unit(name: str, value: Any, unit: str) -> float:
    """Return a cell as a number in a unit; a number without a unit is in it already, and a time of astropy is its Julian year.

    Raises
    ------
    QueryError
        If it is no such number.
    """
    try:
        if hasattr(value, "jyear"):
            return float(value.jyear)
        return float(value.to_value(unit) if hasattr(value, "to_value") else str(value).strip().removeprefix("J"))
    except (TypeError, ValueError) as error:
        raise QueryError(f"column {name!r} has {str(value)!r}, which is no number in {unit}") from error


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def _whole_text(value: Any) -> str:
    """Return a key as text: columns with gaps hold whole numbers as floats."""
    text = str(value).strip()
    return str(int(float(text))) if re.fullmatch(r"\d+\.0*", text) else text
