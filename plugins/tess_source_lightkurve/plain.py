"""A SPOC light curve in memory, straight from the bytes of its file: two headers and the rows of one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source_lightkurve.cards import Header, Unsupported, read_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COLUMN", "STRUCTURE", "Plain", "choose", "read_plain"]

DTYPES = {"D": ">f8", "E": ">f4", "J": ">i4"}
"""FITS code of a column → numpy's, both big-endian (FITS Standard 4.0, section 7.3.3)."""
COLUMN = ("TTYPE", "TFORM", "TUNIT", "TDISP")
"""Keywords about columns that are understood."""
STRUCTURE = frozenset({"XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS"})
"""Keywords that say where bytes are."""
SPECIAL = frozenset(
    {
        "TNULL#",
        "TSCAL#",
        "TZERO#",
        "TDIM#",
        "TBCOL#",
        "TCTYP#",
        "TCUNI#",
        "TCRPX#",
        "TCRVL#",
        "TCDLT#",
        "TRPOS#",
    }
    | {"THEAP", "ZIMAGE", "ZTABLE"}
)
"""Keywords that change what a table means; SPOC's light curves have none."""
DECISIVE = ("TELESCOP", "ORIGIN", "TIMESYS", "BJDREFI", "BJDREFF", "TIMEUNIT")
"""Keywords on whose values readers decide."""


@dataclass(frozen=True)
class Plain:
    """What is in the file."""

    path: str
    primary: Header
    header: Header
    table: NDArray[np.void]
    """All rows; columns named in lower case, big-endian as in the file."""
    timed: NDArray[np.bool_]
    """Which rows have a time."""
    masked: frozenset[str]
    """Columns with NaN in any row of the file."""

    @property
    def kind(self) -> object:
        """All that may decide how a file is read: no value of a column, nor of a card but those on which readers decide."""
        columns = tuple(card for key, card in self.header.cards.items() if key.startswith(COLUMN))
        decisive = tuple(header.cards.get(key) for header in (self.primary, self.header) for key in DECISIVE)
        author = "tess-spoc" in self.path  # lightkurve tells it by the word in the path
        return (
            columns,
            decisive,
            author,
            self.primary.shape,
            self.header.shape,
            bool(self.timed.all()),
            self.masked,
        )


def read_plain(path: Path) -> Plain:
    """Read a file as SPOC writes its light curves.

    Raises
    ------
    Unsupported
        If it is another file, compressed, cut in what is needed, or has anything that SPOC's light curves have not.
    OSError
        If the file cannot be read.
    """
    import numpy as np

    data = path.read_bytes()
    if not data.startswith(b"SIMPLE  ="):
        raise Unsupported("not FITS, or compressed")
    primary = read_header(data, 0)
    _check_maker(primary)
    header = read_header(data, primary.end)
    dtype = _dtype(header)
    count = header.integer("NAXIS2")
    if header.end + count * dtype.itemsize > len(data):
        raise Unsupported("cut in the table")
    table = np.frombuffer(data, dtype, count, header.end)
    timed = ~np.isnan(table["time"])
    if not timed.any() or np.isinf(table["time"]).any():
        raise Unsupported("no times, or such without end")
    floats = [name for name in dtype.names or () if dtype[name].kind == "f" and name != "time"]
    parts = (choose(table, ~timed), table)  # rows without a time are few, and most columns are NaN there
    masked = frozenset(name for name in floats if any(np.isnan(part[name]).any() for part in parts))
    return Plain(str(path), primary, header, table, timed, masked)


def choose(table: NDArray[np.void], keep: NDArray[Any]) -> NDArray[np.void]:
    """Copy some rows as lumps of bytes: numpy itself would go field by field, and take ten times as long."""
    lumps: NDArray[np.void] = table.view(f"V{table.dtype.itemsize}")[keep].view(table.dtype)
    return lumps


def _check_maker(primary: Header) -> None:
    values = primary.values
    if values.get("TELESCOP") != "TESS" or values.get("NAXIS") != 0:
        raise Unsupported("not a light curve of TESS")
    if "LightCurveExporterPipelineModule" not in str(values.get("CREATOR")):
        raise Unsupported("not by SPOC")


def _dtype(header: Header) -> np.dtype[np.void]:
    import numpy as np

    values = header.values
    if found := SPECIAL & header.shape:
        raise Unsupported(f"{', '.join(sorted(found))} in its header")
    if (values.get("XTENSION"), values.get("PCOUNT"), values.get("GCOUNT")) != ("BINTABLE", 0, 1):
        raise Unsupported("not a plain table")
    fields = []
    for number in range(1, header.integer("TFIELDS") + 1):
        name, code = values.get(f"TTYPE{number}"), values.get(f"TFORM{number}")
        if not isinstance(name, str) or code not in DTYPES:
            raise Unsupported(f"column {number}: {name!r} of type {code!r}")
        fields.append((name.lower(), DTYPES[str(code)]))
    try:
        dtype = np.dtype(fields)
    except ValueError as error:
        raise Unsupported("two columns of one name") from error
    if not {"time", "quality"} <= set(dtype.names or ()) or dtype.itemsize != header.integer("NAXIS1"):
        raise Unsupported("columns missing")
    return dtype
