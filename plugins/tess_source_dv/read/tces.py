"""The table of threshold crossing events (TCEs): one row per TCE of a run, from DV reports and from the headers of DV time series.

Numbers are those of the file, to the last digit. What only looks like a number is null:

- A fit that never was has chi-square -1 (so the Kepler pipeline, SPOC's ancestor, tells it when it writes time series: class
  ``DvTceMetadata``; and so do MAST's TCE statistics: ``tce_full_conv`` is false exactly where chi-square and SNR are -1). Its SNR and
  chi-square are null, so are all its uncertainties, and parameters that are 0 or -1. Parameters of another value stay: they are what the
  search found (period, epoch, and the pulse's duration) or starting values (the others; the time series leaves these out). `converged` is
  false.
- `converged` is what ``fullConvergence`` or ``CONVRGE`` says, but never true where the chi-square is -1 or the card blank.
- A parameter 0 with an uncertainty of -1 is the pipeline's way to say "not there" (``retrieve_model_parameter``). An uncertainty of -1 is
  null.
- A TCE cannot rest on no transit: counts of 0 (seen for suspected eclipsing binaries, which are not fitted) are null.
- Uncertainties of 0 of the star are as in the file: given as exact, or not given; the file does not tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tess_source import names
from tess_source._lazy import np, pl, whole
from tess_source.display.text import NumberLook
from tess_source.errors import DamagedFileError, LoadError
from tess_source.names.sectors import text_of_sectors
from tess_source.paths import user_path
from tess_source.tables.rows import Rows
from tess_source_dv.keys import set_key
from tess_source_dv.read.dvt_file import headers
from tess_source_dv.read.report import Event, Report, read_report
from tess_source_dv.read.tce_columns import COLUMNS, FIT, LOOKS, PUBLISHED, STAR, TceColumn
from tess_source_dv.sector_bits import sectors_of_bits

if TYPE_CHECKING:
    from astropy.table import QTable
    from astropy.time import Time

__all__ = ["TCEs", "read_dvt_headers", "read_tces", "tces_of_report"]

BTJD = 2457000.0
"""BTJD = BJD - 2457000 (SDPDD, EXP-TESS-ARC-ICD-0014, section 2)."""
NOT_THERE = (0.0, -1.0)
"""What stands where a number is missing."""
STATISTICS = frozenset({"snr", "mes", "ses", "transits"})
"""Of the headers; none of them is 0 for a TCE."""
TRUE, FALSE = ("true", "1"), ("false", "0")
"""How XML Schema spells booleans."""


class TCEs(Rows):
    """Threshold crossing events, one per row; the columns are described in `tess_source_dv.read.tce_columns`."""

    schema: ClassVar[Mapping[str, str]] = {column.name: column.dtype for column in COLUMNS}
    shown: ClassVar[Sequence[str]] = (
        *("tic", "first_sector", "last_sector", "run", "tce", "period", "epoch", "depth", "mes", "snr", "transits"),
        *("duration", "planet_radius", "converged", "suspected_eclipsing_binary"),
        *("exofop_toi", "disposition"),
    )  # fmt: skip
    looks: ClassVar[Mapping[str, NumberLook]] = LOOKS
    noun = "TCE"
    __slots__ = ()

    def to_table(self) -> QTable:
        """Return an astropy table with units, and `epoch` as time.

        Returns
        -------
        astropy.table.QTable
            Quantities where there is a unit; depths in parts per million have the unit 1e-06. `epoch` is an astropy Time (format "jd",
            scale "tdb", barycentric): ``(t["epoch"] - Time(2457000, format="jd", scale="tdb")).jd`` is BTJD again, to the last digit.
            Saved as ECSV it keeps the digits of a Julian date (40 us). `search_epoch`, `data_start` and `data_stop` stay days since
            JD 2457000. Nulls are masked. Descriptions are in ``info``. FITS has no unit for Earth radii: convert them before you save the
            table as FITS.
        """
        whole("astropy")
        from astropy.table import QTable

        table = super().to_table()
        for column in (one for one in (*COLUMNS, *PUBLISHED) if one.name in self.columns):
            table[column.name].info.description = column.doc
            if column.unit:
                table[column.name].info.unit = column.unit
        made = QTable(table)
        made["epoch"] = _epoch_times(self)
        made["epoch"].info.description = "mid-time of the first transit (TDB, barycentric)"
        return made

    def sort(self) -> TCEs:
        """Return the rows sorted by target, run (older first), sectors, and number."""
        keys = ["pipeline", "tic", "run", "last_sector", "first_sector", "set", "tce", "source"]
        return TCEs(self._frame.sort(keys, nulls_last=True, maintain_order=True))


def _epoch_times(tces: TCEs) -> Time:
    """Return the epochs as times in two doubles, so that no digit is lost."""
    whole("astropy")
    from astropy.time import Time

    epochs = tces["epoch"]
    missing = epochs.is_null().to_numpy()
    days = epochs.fill_null(0.0).to_numpy()
    return Time(
        np.full(len(days), BTJD),
        np.ma.array(days, mask=missing) if missing.any() else days,
        format="jd",
        scale="tdb",
    )


def read_tces(paths: Iterable[Path | str]) -> TCEs:
    """Read the TCEs of DV reports (``.xml``) and DV time series (``.fits``).

    Parameters
    ----------
    paths : iterable of Path or str

    Returns
    -------
    TCEs
        In the order of the files. A TCE of which both files were given stands there twice: `source` tells them apart.

    Raises
    ------
    LoadError, OSError
        As `tess_source_dv.read.report.read_report` and `read_dvt_headers`; also for a file of another kind.
    """
    parts = []
    for path in map(user_path, paths):
        if path.suffix.lower() == ".xml":
            parts.append(tces_of_report(read_report(path)))
        elif path.suffix.lower() in {".fits", ".fit"}:
            parts.append(read_dvt_headers(path))
        else:
            raise LoadError(f"{path.name} is neither a DV report (.xml) nor a DV time series (.fits)")
    return TCEs.stack(parts)


def _table_of_rows(rows: Iterable[Mapping[str, Any]]) -> TCEs:
    types: dict[str, Any] = {column.name: getattr(pl, column.dtype) for column in COLUMNS}
    rows = list(rows)
    try:
        return TCEs(pl.DataFrame(rows, schema=types))
    except (OverflowError, TypeError, pl.exceptions.PolarsError) as error:
        raise DamagedFileError(f"{rows[0]['filename']} is damaged: it has numbers that cannot be ({error})") from error


def tces_of_report(report: Report) -> TCEs:
    """Return the TCEs of a DV report as a table.

    Parameters
    ----------
    report : Report

    Returns
    -------
    TCEs
        By number.

    Raises
    ------
    DamagedFileError
        If there is text where a number belongs.
    """
    key = {
        "source": "dvr-xml",
        "sectors": text_of_sectors(report.sectors) or None,
        **{
            name: getattr(report, name)
            for name in ("filename", "pipeline", "tic", "first_sector", "last_sector", "run", "set")
        },
        **{name: getattr(report, name) for name in ("first_cadence", "last_cadence")},
    }
    for column in STAR:
        if column.xml[0] == "star" and (said := report.star.get(column.name)):
            key |= {
                column.name: said.value,
                f"{column.name}_err": said.uncertainty,
                f"{column.name}_provenance": said.provenance,
            }
    return _table_of_rows(
        {**key, "tce": event.number, **_ReportedTCE(report.filename, event).values()} for event in report.events
    )


class _ReportedTCE:
    """The values of the columns for one TCE of a report."""

    def __init__(self, filename: str, event: Event) -> None:
        self.filename, self.event = filename, event
        chi_square = self._number(event.fit.get("modelChiSquare"))
        self.failed = chi_square is None or chi_square == -1

    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column in COLUMNS:
            where, name = column.xml
            if where == "parameter":
                found[column.name], found[f"{column.name}_err"] = self._parameter(name)
            elif where in {"planet", "candidate", "fit"}:
                found[column.name] = self._attribute(getattr(self.event, where).get(name), column, where)
        return found | {"converged": False} if self.failed else found

    def _parameter(self, name: str) -> tuple[float | None, float | None]:
        said = self.event.parameters.get(name, {})
        value, error = self._number(said.get("value")), self._number(said.get("uncertainty"))
        unknown = error is not None and error < 0
        if value in NOT_THERE and (unknown or self.failed):
            value = None
        return value, None if unknown or self.failed else error

    def _attribute(self, text: str | None, column: TceColumn, where: str) -> Any:
        if column.dtype == "String":
            return text
        if column.dtype == "Boolean":
            return True if text in TRUE else False if text in FALSE else None
        number = self._number(text)
        if number == -1 or (number == 0 and (self.failed or where == "candidate")):
            return None
        return int(number) if column.dtype == "Int32" and number is not None else number

    def _number(self, text: str | None) -> float | None:
        try:
            number = float(text) if text else None
        except ValueError as error:
            problem = f"TCE {self.event.number} has {text[:40]!r} where a number belongs" if text else ""
            raise DamagedFileError(f"{self.filename} is damaged or no DV report: {problem}") from error
        return number if number is not None and math.isfinite(number) else None


def read_dvt_headers(path: Path | str) -> TCEs:
    """Return the TCEs of a DV time series as a table, from its headers.

    Parameters
    ----------
    path : Path or str
        A ``dvt.fits``; its data are not read.

    Returns
    -------
    TCEs
        With `source` "dvt". Uncertainties, expected transits, provenances and what the search found are not in the headers: null. `epoch`
        need not be that of the report: in the one run whose two are at hand (TIC 390988385, s0014-s0086) it is later by 1.98 s.

    Raises
    ------
    DamagedFileError
        If bytes or TCEs are missing, or it is no FITS file.
    LoadError
        If it is healthy, but no DV time series; or of another target than its name says; or of times that are not BTJD.
    OSError
        If there is no such file, or it cannot be read.
    """
    path = user_path(path)
    name, (primary, found) = names.parse(path.name), headers(path)
    tic = primary["TICID"]
    if type(tic) is not int:
        raise DamagedFileError(f"{path.name} is damaged: TICID is {tic!r}")
    if name.tic is not None and name.tic != tic:
        raise LoadError(f"{path.name} is a time series of TIC {tic}, not of TIC {name.tic} as its name says")
    try:
        sectors = sectors_of_bits(str(primary.get("SECTORS") or "").strip(), 0)
    except ValueError as error:
        raise DamagedFileError(f"{path.name} is damaged: SECTORS: {error}") from error
    key: dict[str, Any] = {
        "source": "dvt", "filename": path.name, "tic": tic, "set": set_key(name), "sectors": text_of_sectors(sectors) or None,
    }  # fmt: skip
    if key["set"]:
        key |= {said: getattr(name, said) for said in ("pipeline", "first_sector", "last_sector", "run")}
    key |= {column.name: _card_value(primary, column, path.name) for column in STAR if column.dvt}
    return _table_of_rows({**key, **_tce_values(cards, path.name)} for cards in found)


def _tce_values(cards: Mapping[str, Any], filename: str) -> dict[str, Any]:
    parts = [cards.get("BJDREFI") or 0, cards.get("BJDREFF") or 0]
    if not all(isinstance(part, int | float) for part in parts):
        raise DamagedFileError(f"{filename} is damaged: BJDREFI and BJDREFF are {parts[0]!r} and {parts[1]!r}")
    if (origin := sum(parts)) != BTJD:
        raise LoadError(f"{filename} counts days from BJD {origin}, not from {BTJD:.0f} (BTJD)")
    number = str(cards["EXTNAME"]).removeprefix("TCE_")
    if not number.isdecimal():
        raise DamagedFileError(f"{filename} is damaged: it has an extension {cards['EXTNAME']!r}")
    ours = [column for column in COLUMNS if column.dvt and column not in STAR]
    found = {column.name: _card_value(cards, column, filename) for column in ours}
    failed = found["converged"] is None
    if failed:  # then all but the search's own results is blank, or should be
        found |= {column.name: None for column in FIT if found.get(column.name) in NOT_THERE}
    return {**found, "tce": int(number), "converged": not failed and found["converged"]}


def _card_value(cards: Mapping[str, Any], column: TceColumn, filename: str) -> Any:
    """Return the value of a card; None if it is blank or a placeholder."""
    value = cards.get(column.dvt)
    if value is None:
        return None
    wanted: tuple[type, ...] = {"Boolean": (bool,), "Float64": (int, float), "Int32": (int,)}[column.dtype]
    if not isinstance(value, wanted) or (column.dtype != "Boolean" and isinstance(value, bool)):
        raise DamagedFileError(f"{filename} is damaged: {column.dvt} is {value!r}")
    if (column.name in STATISTICS and value in NOT_THERE) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return float(value) if isinstance(value, (int, float)) and column.dtype == "Float64" else value
