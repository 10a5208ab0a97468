"""Which sectors a DV run really used: the range in its name is only where it searched.

Three sources write them as text of 0 and 1, and differ in what the first character stands for:

=======================  =====================  ======================================================
source                   first character        end
=======================  =====================  ======================================================
`sectorsObserved` (XML)  sector 0, never used   after the last sector used
`SECTORS` (DVT)          sector 0, never used   after the last sector used
target list of MAST      first of the range     last of the range
`tce_sectors` (CSV)      sector 0, never used   cut at 80 characters: nothing on sectors from 80 on
=======================  =====================  ======================================================

All of it was seen in real files; the reports, time series and target list at hand agree with each other when read so.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from tess_source._lazy import pl
from tess_source.errors import DamagedFileError, LoadError

__all__ = [
    "TCESTATS_LENGTH",
    "in_words",
    "read_target_list",
    "sectors_from_words",
    "sectors_in_words",
    "sectors_of_bits",
    "sectors_of_file",
    "sectors_of_tcestats",
]

TCESTATS_LENGTH = 80
"""Characters after which MAST's TCE statistics cut their column `tce_sectors`; so its last sector is 79."""
MOST_BYTES = 2**28
"""Of a target list, unpacked; a real one of 40,681 targets has 4 MB."""
_LINE = r"^\s*(?<tic>\d{1,16})\s+(?<bits>[01]+)\s+(?<made_tce>[01])\s+(?<completed_dv>[01])\s*$"


def sectors_of_bits(bits: str, origin: int) -> tuple[int, ...]:
    """Read sectors from a text of 0 and 1.

    Parameters
    ----------
    bits : str
        One character a sector, from the left.
    origin : int
        Sector of the first character: 0 for XML, DVT and TCE statistics, the first sector of the range for a target list.

    Returns
    -------
    tuple of int
        Sectors, ascending.

    Raises
    ------
    ValueError
        If there is another character than 0 and 1, or sector 0 is among them.

    Examples
    --------
    >>> sectors_of_bits("001001", 0)
    (2, 5)
    >>> sectors_of_bits("001001", 14)
    (16, 19)
    """
    if bits.strip("01"):
        raise ValueError(f"{bits!r} should hold 0 and 1 only")
    found = tuple(sector for sector, bit in enumerate(bits, origin) if bit == "1")
    if found and found[0] < 1:
        raise ValueError(
            f"{bits!r} marks sector {found[0]}, which does not exist: does it begin with another sector than {origin}?"
        )
    return found


def sectors_of_tcestats(bits: str, last_sector: int) -> tuple[tuple[int, ...], bool]:
    """Read `tce_sectors` of MAST's TCE statistics.

    Parameters
    ----------
    bits : str
        The text of 0 and 1, as it stands.
    last_sector : int
        Last sector of the search.

    Returns
    -------
    sectors : tuple of int
        Those that are written down.
    complete : bool
        Whether these are all. False if the text was cut before the end of the search: then more sectors may have been used.
    """
    return sectors_of_bits(bits, 0), last_sector < TCESTATS_LENGTH or len(bits) > last_sector


def sectors_in_words(sectors: Iterable[int]) -> str:
    """Write sectors in short, as the filter `sector` understands them.

    Examples
    --------
    >>> sectors_in_words((2, 5, 8, 9, 10, 11, 12))
    '2,5,8-12'
    """
    runs: list[list[int]] = []
    for sector in sorted(set(sectors)):
        if runs and sector == runs[-1][-1] + 1:
            runs[-1].append(sector)
        else:
            runs.append([sector])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def sectors_from_words(text: str) -> tuple[int, ...]:
    """Read what `sectors_in_words` wrote.

    Examples
    --------
    >>> sectors_from_words("2,5,8-12")
    (2, 5, 8, 9, 10, 11, 12)
    """
    found: list[int] = []
    for word in filter(None, text.split(",")):
        first, _, last = word.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


def in_words(sectors: pl.Series) -> pl.Series:
    """Write a whole column of lists of sectors as `sectors_in_words` does; null stays null."""
    said = sectors.cast(pl.List(pl.String)).list.join(",")
    patterns = said.drop_nulls().unique()  # few: stars of one field share theirs
    words = [sectors_in_words(sectors_from_words(pattern)) for pattern in patterns]
    return said.replace_strict(patterns, pl.Series(words, dtype=pl.String), default=None, return_dtype=pl.String)


def sectors_of_file(path: Path | str) -> tuple[int, ...] | None:
    """Read the sectors that a run used from one of its files.

    Parameters
    ----------
    path : Path or str
        A DV report (``.xml``) or time series (``.fits``).

    Returns
    -------
    tuple of int or None
        None if the file does not say; the headers of later time series of several sectors do not.

    Raises
    ------
    DamagedFileError, LoadError, OSError
        As `tess_source_dv.read.report.read_report` and `tess_source_dv.read.dvt_file.headers`; LoadError for a file of another kind.
    """
    path = Path(path)
    if path.suffix.lower() == ".xml":
        from tess_source_dv.read.report import read_report

        return read_report(path).sectors or None
    if path.suffix.lower() in {".fits", ".fit"}:
        from tess_source_dv.read.dvt_file import headers

        bits = headers(path)[0].get("SECTORS")
        try:
            return (sectors_of_bits(str(bits).strip(), 0) or None) if bits is not None else None
        except ValueError as error:
            raise DamagedFileError(f"{path.name} is damaged: SECTORS: {error}") from error
    raise LoadError(f"{path.name} is neither a DV report (.xml) nor a DV time series (.fits)")


def read_target_list(path: Path | str) -> pl.DataFrame:
    """Read MAST's target list of a search over several sectors: who was searched, with data of which sectors, and what came of it.

    A target that is not in the list was not searched. These are ``tess_multisector_14_86_drn122_targetinfo_v01.txt`` and its like from
    https://archive.stsci.edu/missions/tess/catalogs/targetinfo/ .

    Parameters
    ----------
    path : Path or str
        The text, plain or compressed by gzip.

    Returns
    -------
    polars.DataFrame, shape (n, 6)
        `tic` (Int64), `first_sector`, `last_sector` of the search (Int32), `sectors` (list of Int32) with data of the target that went into
        the search, `made_tce`, `completed_dv` (Boolean); in the order of the file.

    Raises
    ------
    DamagedFileError
        If it is cut, or no target list.
    LoadError
        If it is larger than any target list.
    OSError
        If there is no such file, or it cannot be read.
    """
    path = Path(path)
    text = _text(path)
    first, last = (_header(text, key, path.name) for key in ("minSector", "maxSector"))
    lines = pl.Series("line", text.splitlines(), dtype=pl.String)
    lines = lines.filter(~lines.str.contains(r"^\s*(#|$)"))
    said = lines.str.extract_groups(_LINE).struct.unnest()
    bad = lines.filter(said["tic"].is_null() | (said["bits"].str.len_bytes() != last - first + 1))
    if len(bad):
        raise DamagedFileError(f"{path.name} is damaged or no target list: {len(bad):,} lines like {bad[0][:120]!r}")
    patterns = said["bits"].unique()  # few: targets of one field share theirs
    sectors = pl.Series("sectors", [sectors_of_bits(bits, first) for bits in patterns], dtype=pl.List(pl.Int32))
    return said.join(pl.DataFrame([patterns, sectors]), on="bits", maintain_order="left").select(
        pl.col("tic").cast(pl.Int64),
        pl.lit(first, pl.Int32).alias("first_sector"),
        pl.lit(last, pl.Int32).alias("last_sector"),
        "sectors",
        pl.col("made_tce") == "1",
        pl.col("completed_dv") == "1",
    )


def _text(path: Path) -> str:
    """Read a text, plain or compressed, but never more than `MOST_BYTES`."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            content = (gzip.GzipFile(fileobj=file) if compressed else file).read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise LoadError(f"{path.name} has more than {MOST_BYTES:,} bytes, which no target list has")
            return content.decode("ascii")
        except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
            raise DamagedFileError(f"{path.name} is damaged or no target list: {error}") from error


def _header(text: str, key: str, filename: str) -> int:
    found = re.search(rf"^# ?{key}: *(\d+)", text, re.MULTILINE)
    if found is None:
        raise DamagedFileError(f"{filename} is damaged or no target list: its head does not say {key}")
    return int(found[1])
