"""Headers of a DV time series (`dvt.fits`), without its data: tens of megabytes are stepped over."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from tess_source.errors import DamagedFileError, LoadError

__all__ = ["Cards", "headers"]

BLOCK, CARD = 2880, 80
"""Bytes of a FITS block, and of a header card (FITS Standard 4.0, sections 3.1 and 4.1)."""
MOST_HDUS = 1000
"""Real files have three to about a dozen."""
_STRING = re.compile(r"\s*'((?:[^']|'')*)'\s*(?:/|$)")
_WHOLE = re.compile(r"[+-]?\d{1,19}")

Cards = Mapping[str, Any]
"""Keyword → value; None where a card has no value."""


def headers(path: Path | str) -> tuple[Cards, list[Cards]]:
    """Read the primary header and those of the TCEs.

    Parameters
    ----------
    path : Path or str
        A DVT file, not compressed.

    Returns
    -------
    primary : mapping
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
    path = Path(path)
    with path.open("rb") as file:
        found = _walk(file, path.name)
    primary, tces = (
        found[0],
        [cards for cards in found[1:] if str(cards.get("EXTNAME", "")).startswith("TCE_")],
    )
    if "TICID" not in primary or "NUMTCES" not in primary:
        raise LoadError(f"{path.name} is healthy, but no DV time series: it says nothing of TICID or NUMTCES")
    if len(tces) != primary["NUMTCES"]:
        raise DamagedFileError(f"{path.name} is damaged: it has {len(tces)} of its {primary['NUMTCES']} TCEs")
    return primary, tces


def _walk(file: BinaryIO, filename: str) -> list[Cards]:
    """Go from header to header."""
    length, position = file.seek(0, os.SEEK_END), 0
    if not _peek(file, 0).startswith(b"SIMPLE  ="):
        page = ", but an HTML page" if _peek(file, 0).lstrip()[:1] == b"<" else ""
        raise DamagedFileError(f"{filename} is damaged: it is {'empty' if not length else f'not FITS{page}'}")
    found: list[Cards] = []
    while position < length and (not found or _peek(file, position).startswith(b"XTENSION")):
        if len(found) == MOST_HDUS:
            raise LoadError(f"{filename} has more than {MOST_HDUS} HDUs, which no DV time series has")
        cards = _cards(file, position, filename, len(found))
        position = file.tell() + math.ceil(_data_bytes(cards, filename) / BLOCK) * BLOCK
        if position > length:
            missing = f"{position - length:,} of {position:,} bytes are missing"
            raise DamagedFileError(f"{filename} is damaged: it is cut in the data of HDU {len(found)}: {missing}")
        found.append(cards)
    return found


def _peek(file: BinaryIO, position: int) -> bytes:
    file.seek(position)
    return file.read(9)


def _cards(file: BinaryIO, position: int, filename: str, number: int) -> Cards:
    """Read one header; not by astropy, which repairs with a warning what here is damage."""
    file.seek(position)
    cards: dict[str, Any] = {}
    while "END" not in cards:
        block = file.read(BLOCK)
        if len(block) < BLOCK or not block.isascii():
            raise DamagedFileError(f"{filename} is damaged: it is cut or broken in the header of HDU {number}")
        for start in range(0, BLOCK, CARD):
            card = block[start : start + CARD].decode("ascii")
            key = card[:8].rstrip()
            if key == "END" or card[8:10] == "= ":
                try:
                    cards.setdefault(key, _value(card[10:]))
                except ValueError as error:
                    broken = f"a card in the header of HDU {number} is {card.rstrip()!r}"
                    raise DamagedFileError(f"{filename} is damaged: {broken}") from error
    return cards


def _value(text: str) -> Any:
    """Value of a card, None if there is none (FITS Standard 4.0, section 4.2)."""
    if text.lstrip().startswith("'"):
        found = _STRING.match(text)
        if found is None:
            raise ValueError("a text that does not end")
        return found[1].rstrip().replace("''", "'")
    word = text.partition("/")[0].strip()
    if word in {"", "T", "F"}:
        return word == "T" if word else None
    return int(word) if _WHOLE.fullmatch(word) else float(word.replace("D", "E"))


def _data_bytes(cards: Cards, filename: str) -> int:
    """Size of an HDU's data: |BITPIX| / 8 x GCOUNT x (PCOUNT + NAXIS1 x ... x NAXISm) (FITS Standard 4.0, section 4.4.1.2)."""
    try:
        axes = [int(cards[f"NAXIS{axis}"]) for axis in range(1, int(cards["NAXIS"]) + 1)]
        elements = int(cards.get("PCOUNT", 0)) + math.prod(axes) if axes else 0
        return abs(int(cards["BITPIX"])) // 8 * int(cards.get("GCOUNT", 1)) * elements
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{filename} is damaged: a header does not say how large its data are") from error
