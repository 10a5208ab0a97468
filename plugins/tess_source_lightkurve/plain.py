"""Reader of light curves by SPOC and QLP directly from the bytes of a file: two headers and the rows of one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source._lazy import np
from tess_source.errors import LoadError
from tess_source.files.fits_table import FitsTable, choose
from tess_source.files.whole import headers_of, opened_plain
from tess_source_lightkurve.cards import Cards, Unsupported
from tess_source_lightkurve.makers import Maker, maker_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COLUMN", "STRUCTURE", "Plain", "read_plain"]

NUMBERS = frozenset("BIJKED")
"""Codes of integers and floats (FITS Standard 4.0, table 18); SPOC's and QLP's light curves have J, E and D."""
COLUMN = ("TTYPE", "TFORM", "TUNIT", "TDISP")
"""Supported keywords of columns."""
STRUCTURE = frozenset({"XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS"})
"""Keywords of the structure of a table."""
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
"""Keywords that change the meaning of a table; the light curves of SPOC and QLP have none of them."""
DECISIVE = ("TELESCOP", "ORIGIN", "TIMESYS", "BJDREFI", "BJDREFF", "TIMEUNIT")
"""Keywords whose values affect how a file is read."""
PATH_WORDS = ("tess-spoc", "hlsp_k2varcat")
"""Words by which lightkurve tells author and type of a file, wherever they stand in its path."""


@dataclass(frozen=True)
class Plain:
    """Contents of a file."""

    path: str
    maker: Maker
    primary: Cards
    header: Cards
    table: NDArray[np.void]
    """All rows; columns named in lower case, big-endian as in the file."""
    timed: NDArray[np.bool_]
    """Mask of the rows with a time."""
    masked: frozenset[str]
    """Columns with NaN in any row of the file."""

    @property
    def kind(self) -> object:
        """Everything that may affect how a file is read: no values of columns, and only the values of decisive keywords."""
        columns = tuple((key, value) for key, value in self.header.values.items() if key.startswith(COLUMN))
        decisive = tuple(header.values.get(key) for header in (self.primary, self.header) for key in DECISIVE)
        author = tuple(word in self.path for word in PATH_WORDS)
        return (
            self.maker.filetype,
            columns,
            decisive,
            author,
            self.primary.shape,
            self.header.shape,
            bool(self.timed.all()),
            self.masked,
        )


def read_plain(path: Path) -> Plain:
    """Return the contents of a light curve as SPOC or QLP writes it.

    Raises
    ------
    Unsupported
        If it is another file, cut, or has anything that their light curves do not have.
    OSError
        If the file cannot be read.
    """
    try:
        with opened_plain(path) as file:
            headers = headers_of(file)
            primary = Cards(headers[0], comments=True)
            maker = maker_of(primary)  # before anything is read: other files may be large
            if len(headers) < 2:
                raise Unsupported("no table")
            file.seek(0)
            found = FitsTable(headers[0], headers[1], memoryview(file.read()))
    except LoadError as error:
        raise Unsupported(str(error)) from error
    header = Cards(found.header)
    _check_columns(found, header)
    table = found.table
    timed = ~np.isnan(table["time"])
    if not timed.any() or np.isinf(table["time"]).any():
        raise Unsupported("no times, or such without end")
    floats = [name for name in table.dtype.names or () if table.dtype[name].kind == "f" and name != "time"]
    parts = (choose(table, ~timed), table)  # rows without a time are few, and most columns are NaN there
    masked = frozenset(name for name in floats if any(np.isnan(part[name]).any() for part in parts))
    return Plain(str(path), maker, primary, header, table, timed, masked)


def _check_columns(found: FitsTable, header: Cards) -> None:
    values = header.values
    if special := SPECIAL & header.shape:
        raise Unsupported(f"{', '.join(sorted(special))} in its header")
    if (values.get("XTENSION"), values.get("PCOUNT"), values.get("GCOUNT")) != ("BINTABLE", 0, 1):
        raise Unsupported("not a plain table")
    count = found.header.integer("TFIELDS")
    for number in range(1, count + 1):
        name, form = values.get(f"TTYPE{number}"), values.get(f"TFORM{number}")
        if not isinstance(name, str) or not isinstance(form, str) or form.removeprefix("1") not in NUMBERS:
            raise Unsupported(f"column {number}: {name!r} of type {form!r}")
    if len(found.fields) < count:
        raise Unsupported("two columns of one name")
    if "time" in found.fields and found.fields["time"].code != "D":
        raise Unsupported("times that are not of double precision")
    sizes = [dtype.itemsize for dtype, *_ in (found.table.dtype.fields or {}).values()]
    if not {"time", "quality"} <= set(found.fields) or found.table.itemsize != sum(sizes):
        raise Unsupported("columns missing")
