"""The columns of a table of TOIs: what each is, its unit, and under which names tables of different years have it.

ExoFOP changed its headers several times ("Epoch (BJD)", "Transit Epoch (BJD)"; "Period (days) err", "Period error"), and the releases of
MIT and NASA's Exoplanet Archive have others. So a column is found by what its name says, never by its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["COLUMNS", "ToiColumn", "columns_of_header", "is_header"]


@dataclass(frozen=True, slots=True)
class ToiColumn:
    """One column."""

    name: str
    doc: str
    dtype: str = "Float64"
    """Name of the polars type."""
    unit: str = ""
    """In astropy's generic format; "1e-06" is ppm, in the only spelling that astropy reads by itself."""
    names: tuple[str, ...] = ()
    """Names in tables, as `_plain_name` writes them, without the unit, or with it where the name needs one."""
    scale: str = ""
    """What may stand behind the name: spellings of the unit, or of the time scale. A column in another unit is another column."""

    def place_in(self, header: Sequence[str]) -> int | None:
        """Return the place of this column in a header of names, as `_plain_name` writes them; None if it is not there.

        Of several that mean it, that which comes first in `names`.
        """
        bare = [re.sub(rf" (?:{self.scale})(?= err$|$)", "", name) if self.scale else name for name in header]
        ways = ((name, names) for name in self.names for names in (bare, header))
        return next((names.index(name) for name, names in ways if name in names), None)


DAYS, TIMES = "d|days?", "(?:bjd|btjd|tjd)(?: tdb)?"


def _measured(name: str, doc: str, unit: str, scale: str, *names: str) -> tuple[ToiColumn, ToiColumn]:
    """Return a column and that of its uncertainty, whose name has "err" or the like at its end."""
    wrong = tuple(f"{one} err" for one in names) + tuple(f"{one}err1" for one in names if one.startswith("pl "))
    return (
        ToiColumn(name, doc, unit=unit, names=names, scale=scale),
        ToiColumn(f"{name}_err", "its uncertainty", unit=unit, names=wrong, scale=scale),
    )


def _text(name: str, doc: str, *names: str) -> ToiColumn:
    return ToiColumn(name, doc, "String", names=names)


COLUMNS: tuple[ToiColumn, ...] = (
    _text("toi", 'number of the TOI, e.g. "700.01"', "toi", "full toi id", "toi id", "toidisplay"),
    ToiColumn("tic", "TIC number of the star", "Int64", names=("tic id", "tic", "ticid", "tid")),
    _text("planet", 'name of the planet, e.g. "TOI-700 b"; only in newer tables', "planet name"),
    _text("disposition", 'what follow-up (TFOPWG) says: "CP" confirmed, "KP" known before, "PC" candidate, "APC" ambiguous candidate, "FP" '
          'false positive, "FA" false alarm; null: nothing yet', "tfopwg disposition", "exofop disposition", "tfopwg disp"),
    _text("tess_disposition", "what the TESS project says, in the same words", "tess disposition", "toi disposition", "user disposition",
          "initial community disposition", "tess disp", "disposition"),
    *_measured("period", "orbital period; null for a single transit", "d", DAYS, "period", "orbital period", "transit period", "pl orbper"),
    *_measured("epoch", "mid-time of a transit, BTJD (BJD - 2457000, TDB)", "d", TIMES,
               "epoch", "transit epoch", "orbital epoch", "epoc", "midpoint", "pl tranmid"),
    *_measured("duration", "duration of the transit", "h", "h|hrs?|hours?", "duration", "transit duration", "pl trandurh"),
    *_measured("depth", "depth in ppm", "1e-06", "ppm", "depth", "transit depth", "pl trandep"),
    *_measured("planet_radius", "radius of the planet", "earthRad", "r ?earth|earth radii",
               "planet radius", "radius r earth", "r p", "pl rade"),
    ToiColumn("tmag", "TESS magnitude of the star", unit="mag", names=("tess mag", "tmag", "st tmag")),
    _text("sectors", 'sectors of its data, e.g. "1-3,27"; as the table has it if that is no list of sectors', "sectors", "sector"),
    _text("comments", "public comment", "comments", "comment", "public comment", "notes"),
    _text("ctoi", "number of the community TOI that it was before", "ctoi", "previous ctoi", "ctoi alias"),
    _text("alerted", "when it was alerted", "date toi alerted", "alerted", "toi created"),
    _text("updated", "when the TESS project updated it", "date toi updated", "date toi edited", "edited", "updated"),
    _text("source", 'table that it is from, e.g. "ExoFOP of 2026-11-27"'),
    _text("modified", "when ExoFOP's entry was modified", "date modified", "ctoi lastmod", "rowupdate"),
)  # fmt: skip
"""All columns, in order."""

_ERROR = re.compile(r" (?:err|error|uncertainty|unc|sigma)$")
_NOISE = re.compile(r"\b(?:value|utc|by tess project|by exofop tess)\b")
"""What some years have in the name, and others have not."""


def _plain_name(name: str) -> str:
    """Return the name of a column in plain words, e.g. ``"epoch bjd err"`` for ``"Epoch (BJD) err"``."""
    spelled = name.lower().replace("magnitude", "mag").replace("%", " percent ")
    words = re.sub(r"[^a-z0-9]+", " ", spelled).strip()
    bare = " ".join(_NOISE.sub(" ", _ERROR.sub("", words)).split())
    return f"{bare} err" if _ERROR.search(words) else bare


def columns_of_header(header: Sequence[str]) -> dict[str, int]:
    """Return where the columns of a table are: our name → place in the row."""
    plain = [_plain_name(name) for name in header]
    places = {column.name: column.place_in(plain) for column in COLUMNS}
    return {name: at for name, at in places.items() if at is not None}


def is_header(cells: Sequence[str]) -> bool:
    """Return whether a line is a header of columns: it names TIC numbers and TOIs, or community TOIs."""
    found = columns_of_header(cells)
    return "tic" in found and bool({"toi", "ctoi"} & found.keys())
