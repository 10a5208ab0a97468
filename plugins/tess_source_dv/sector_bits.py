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

from tess_source.names.sectors import LAST_SECTOR

__all__ = [
    "TCESTATS_LENGTH",
    "sectors_of_bits",
    "sectors_of_tcestats",
]

TCESTATS_LENGTH = 80
"""Characters after which MAST's TCE statistics cut their column `tce_sectors`; so its last sector is 79."""


def sectors_of_bits(bits: str, origin: int) -> tuple[int, ...]:
    """Read sectors from a text of 0 and 1.

    Parameters
    ----------
    bits : str
        One character per sector, from the left.
    origin : int
        Sector of the first character: 0 for XML, DVT and TCE statistics, the first sector of the range for a target list.

    Returns
    -------
    tuple of int
        Sectors, ascending.

    Raises
    ------
    ValueError
        If there is another character than 0 and 1, or sector 0 is among them, or there are more characters than sectors can be.

    Examples
    --------
    >>> sectors_of_bits("001001", 0)
    (2, 5)
    >>> sectors_of_bits("001001", 14)
    (16, 19)
    """
    if bits.strip("01"):
        raise ValueError(f"{bits[:120]!r} should hold 0 and 1 only")
    if len(bits) > LAST_SECTOR:
        raise ValueError(f"it has {len(bits):,} characters, but there are no more than {LAST_SECTOR:,} sectors")
    found = tuple(sector for sector, bit in enumerate(bits, origin) if bit == "1")
    if found and found[0] < 1:
        raise ValueError(
            f"{bits[:120]!r} marks sector {found[0]}, which does not exist: does it begin with another sector than {origin}?"
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
