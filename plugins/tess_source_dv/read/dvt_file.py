"""A DV time series file (``_dvt.fits``): is it one, is it whole, what do its headers say, and its columns with units."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tess_source import names
from tess_source._lazy import np, whole
from tess_source.display.visible import logger
from tess_source.errors import DamagedFileError, LoadError, NoReaderError
from tess_source.files.cards import Header, Value, whole_number
from tess_source.files.whole import fault, headers_of, opened_plain
from tess_source.paths import user_path
from tess_source.tables.file_errors import errors_of_file
from tess_source_dv.keys import set_key
from tess_source_dv.sector_bits import sectors_of_bits

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU, HDUList
    from astropy.io.fits import Header as AstropyHeader
    from numpy.typing import NDArray

    from tess_source.names import Name

__all__ = ["OpenedDVT", "Table", "headers", "is_dvt", "opened"]

log: logging.Logger = logger(__name__)

STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|NEXTEND|PCOUNT|GCOUNT|TFIELDS|T(TYPE|FORM|UNIT|DISP|NULL|DIM)\d+|"
    r"INHERIT|EXTVER|CHECKSUM|DATASUM|COMMENT|HISTORY|"
)
"""Cards about the layout of the file, which mean nothing in ``meta``."""
UNITS = {
    "BJD - 2457000, days": "d",
    "days": "d",
    "e-/s": "electron / s",
    "dimensionless": "",
    "proportion": "",
    "sigma": "electron / s",  # of PDCSAP_FLUX_ERR alone: one sigma, in the flux's own unit
}
"""TUNIT as these files have it → as astropy has it."""


def is_dvt(primary: AstropyHeader) -> bool:
    """Check whether a primary header is that of a DV time series."""
    return "dvtimeseries" in str(primary.get("CREATOR", "")).lower() or "NUMTCES" in primary


def headers(path: Path | str) -> tuple[Mapping[str, Value], list[Mapping[str, Value]]]:
    """Read the primary header and those of the TCEs, without the data: tens of megabytes are stepped over.

    Parameters
    ----------
    path : Path or str
        A DVT file, plain or compressed by gzip.

    Returns
    -------
    primary : mapping
        Keyword → value; None where a card has no value.
    tces : list of mapping
        Of the extensions TCE_1, TCE_2, ..., in this order.

    Raises
    ------
    DamagedFileError
        If bytes are missing, or it is no FITS file.
    LoadError
        If it is a healthy FITS file, but no DVT file.
    OSError
        If there is no such file, or it cannot be read.
    """
    path = user_path(path)
    try:
        with opened_plain(path) as file:
            primary, *found = headers_of(file)
    except DamagedFileError as error:
        raise DamagedFileError(f"{path.name} is damaged: {error}") from error
    for header in (primary, *found):
        _check_legible(header, path.name)
    tces = [header for header in found if str(header.get("EXTNAME", "")).startswith("TCE_")]
    if "TICID" not in primary or "NUMTCES" not in primary:
        raise LoadError(f"{path.name} is healthy, but no DV time series: it says nothing of TICID or NUMTCES")
    if len(tces) != primary["NUMTCES"]:
        raise DamagedFileError(f"{path.name} is damaged: it has {len(tces)} of its {primary['NUMTCES']} TCEs")
    return primary, list(tces)


def _check_legible(header: Header, filename: str) -> None:
    """Check that every value is text or a number: any other would look like a blank one."""
    for key in header.unreadable():
        raise DamagedFileError(f"{filename} is damaged: a card in a header is {header.card(key).rstrip()!r}")


@contextmanager
def opened(source: str | Path | HDUList) -> Iterator[OpenedDVT]:
    """Open a file that is a whole DV time series; all is read into memory, and the file is closed afterwards.

    Raises
    ------
    DamagedFileError
        If bytes or tables are missing.
    NoReaderError
        If it is another file.
    LoadError
        If its bytes are there, but make no sense: also for whatever else is raised while it is open.
    OSError
        If there is no such file, or it cannot be read.
    """
    whole("astropy")
    from astropy.io import fits

    if isinstance(source, fits.HDUList):
        name = cast("HDUList", source).filename()  # for a file in memory astropy makes one up
        path = Path(name).absolute() if name and Path(name).is_file() else None
        with errors_of_file(path or "this HDU list"):
            yield _checked_dvt(OpenedDVT(source, str(path) if path else None))
        return
    path = user_path(source).absolute()
    _check_kind(path)
    with errors_of_file(path), fits.open(path, memmap=False) as hdus:
        yield _checked_dvt(OpenedDVT(hdus, str(path)))


def _check_kind(path: Path) -> None:
    """Check that a file is a whole DV time series, before astropy reads it."""
    kind = names.parse(path.name).kind
    if kind not in {"dvt", "other"} or not (kind == "dvt" or re.search(r"\.fits?(\.gz)?$", path.name.lower())):
        path.stat()  # raises if it is not there, which is the better complaint
        raise NoReaderError(
            f"{path.name} is no DV time series, but {'of another kind' if kind == 'other' else names.KINDS[kind]!r}"
        )
    if problem := fault(path):
        raise DamagedFileError(f"{path.name} is damaged: {problem}; fetch it again")


def _checked_dvt(dvt: OpenedDVT) -> OpenedDVT:
    if not is_dvt(dvt.hdus[0].header):
        creator = dvt.hdus[0].header.get("CREATOR", "an unknown program")
        raise NoReaderError(f"{dvt.filename} is no DV time series: it was written by {creator}")
    tables = sum(hdu.name.startswith("TCE_") for hdu in dvt.hdus)
    missing = [f"TCE_{n}" for n in range(1, min(dvt.tces, tables + 1) + 1) if f"TCE_{n}" not in dvt.hdus]
    missing += ["Statistics"] if "STATISTICS" not in dvt.hdus else []
    if missing:
        raise DamagedFileError(f"{dvt.filename} is damaged: it has no {', '.join(missing)}; fetch it again")
    if dvt.tces != tables:
        raise DamagedFileError(f"{dvt.filename} is damaged: it has {tables} TCEs, not {dvt.tces}; fetch it again")
    return dvt


class Table:
    """One extension: its columns by name in lower case, and its header.

    Parameters
    ----------
    hdu : astropy.io.fits.BinTableHDU
        The extension.
    """

    def __init__(self, hdu: BinTableHDU) -> None:
        self.header: Mapping[str, Any] = hdu.header
        self._data = hdu.data
        self.columns: dict[str, str | None] = {column.name.lower(): column.unit for column in hdu.columns}
        """Name → TUNIT."""
        self._taken: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        return len(self._data)

    def raw(self, name: str) -> NDArray[Any]:
        """Return a column in the machine's byte order."""
        values = self._taken.get(name.lower())
        values = np.asarray(self._data[name]) if values is None else values
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def take(self, other: Table, *wanted: str | None) -> None:
        """Take columns of another table with the same rows, as far as it has them."""
        for name in wanted:
            if name and name.lower() in other.columns:
                self.columns[name.lower()] = other.columns[name.lower()]
                self._taken[name.lower()] = other.raw(name)

    def values(self) -> dict[str, Any]:
        """Return the columns: floating-point numbers as quantities, times in days and integers as arrays."""
        whole("astropy")
        from astropy import units

        found: dict[str, Any] = {}
        for name, unit in self.columns.items():
            values = self.raw(name)
            if values.dtype.kind == "f" and name != "time":
                said = (unit or "").strip()
                found[name] = units.Quantity(
                    values,
                    units.Unit(UNITS.get(said, said), parse_strict="silent"),
                    copy=False,
                    dtype=values.dtype,
                )
            else:
                found[name] = values
        return found


class OpenedDVT:
    """An opened DV time series.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        The file.
    path : str, optional
        Where it is.
    """

    def __init__(self, hdus: HDUList, path: str | None) -> None:
        self.hdus: Any = hdus
        self.path: str | None = path
        self.filename: str = Path(path).name if path else "this HDU list"

    @property
    def tces(self) -> int:
        """Number of TCEs: by the header or, if it does not say, by the tables. A DamagedFileError if that is no number."""
        told = self.hdus[0].header.get("NUMTCES", sum(hdu.name.startswith("TCE_") for hdu in self.hdus))
        if (number := whole_number(told)) is None:
            raise DamagedFileError(f"{self.filename} is damaged: NUMTCES is {told!r}; fetch it again")
        return number

    def tce(self, number: int) -> Table:
        """Return the table of a TCE."""
        return Table(self.hdus[f"TCE_{number}"])

    def statistics(self) -> Table:
        """Return the table of the search's statistics."""
        return Table(self.hdus["STATISTICS"])

    @property
    def name(self) -> Name:
        """What is known of the run: from the file's name or, if it was renamed, from that of the report in the header."""
        own = names.parse(self.filename)
        return own if own.kind == "dvt" else names.parse(str(self.hdus[0].header.get("RESFILE", "")))

    def meta(self, table: Table) -> dict[str, Any]:
        """Return the cards of the primary header and of a table's, what lightkurve adds to them, and what the run is."""
        primary = self.hdus[0].header
        meta = {**_card_values(primary), **_card_values(table.header)}
        name = self.name
        meta |= {"LABEL": meta.get("OBJECT"), "MISSION": meta.get("TELESCOP"), "TARGETID": meta.get("TICID")}
        meta |= {"RA": meta.get("RA_OBJ"), "DEC": meta.get("DEC_OBJ"), "FILENAME": self.path}
        meta |= {"AUTHOR": name.pipeline, "RUN": name.run, "DV_SET": set_key(name)}
        meta |= {"FIRST_SECTOR": name.first_sector, "LAST_SECTOR": name.last_sector}
        return meta | {"USED_SECTORS": used_sectors(primary, name)}


def used_sectors(primary: Mapping[str, Any], name: Name) -> tuple[int, ...] | None:
    """Return the sectors that a run used for a target; None if neither header nor name says.

    SECTORS is a text of 0 and 1 whose index is the sector. Without it, a search of a single sector tells by itself.
    """
    try:
        if found := sectors_of_bits(str(primary.get("SECTORS", "")).strip(), 0):
            return found
    except ValueError as error:
        log.warning("SECTORS of %s cannot be read: %s", primary.get("OBJECT"), error)
    single = primary.get("SECTOR")
    if isinstance(single, int) and {name.first_sector, name.last_sector} <= {None, single}:
        return (single,)
    if name.first_sector is not None and name.first_sector == name.last_sector:
        return (name.first_sector,)
    return None


def _card_values(header: Mapping[str, Any]) -> dict[str, Any]:
    whole("astropy")
    from astropy.io.fits import Undefined

    return {
        key: None if isinstance(value, Undefined) else value
        for key, value in header.items()
        if not STRUCTURE.fullmatch(key)
    }
