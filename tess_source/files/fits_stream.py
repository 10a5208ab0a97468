"""Verification of a FITS file while it arrives: that every HDU is whole, its sums, and the data release of the file.

It needs no FITS library and keeps only a header and a block, so that a download is checked without reading it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from tess_source._lazy import np
from tess_source.errors import DamagedFileError
from tess_source.files.cards import BLOCK, CARD, Header, end_of, whole_number
from tess_source.files.extensions import check_extensions
from tess_source.files.fits_headers import LONGEST_HEADER, MOST_BLOCKS

__all__ = ["FitsWalk", "Release"]

ONES = 0xFFFFFFFF
SUM_CARD = int.from_bytes(b"CHECKSUM= ", "big")
"""Keyword and value indicator of the card with the sum."""


@dataclass(frozen=True, slots=True)
class Release:
    """The processing that a file comes from: most files that SPOC processes again keep their names, and often their sizes."""

    data_rel: int | None = None
    """Number of the data release (``DATA_REL``)."""
    procver: str | None = None
    """Version of the pipeline (``PROCVER``)."""
    date: str | None = None
    """Day on which the file was written (``DATE``, UTC)."""

    @property
    def known(self) -> bool:
        """Whether the header has any of these."""
        return self != Release()

    def __str__(self) -> str:
        said = {"DATA_REL": self.data_rel, "PROCVER": self.procver, "DATE": self.date}
        return ", ".join(f"{name} {value}" for name, value in said.items() if value is not None) or "unknown release"


class FitsWalk:
    """Check a FITS file in pieces of any size; an error is raised as soon as it is seen.

    Raises
    ------
    DamagedFileError
        In `feed` and `finish`; the message says what is wrong with "it", the file.
    """

    def __init__(self) -> None:
        self.release: Release | None = None
        """Known once the primary header is complete."""
        self._rest = b""
        self._hdu = 0
        self._blocks: list[bytes] = []  # of a header that is not complete
        self._headers = 0  # blocks of all headers
        self._header = Header(b"")
        self._first: list[Header] = []  # of the primary and the first extension
        self._data_left = 0
        self._data = 0
        self._in_data = self._summed = False
        self._header_sum = self._data_sum = 0

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        whole = b"".join((self._rest, data)) if self._rest else data
        view = memoryview(whole)
        end = len(view) // BLOCK * BLOCK
        position = 0
        while position < end:
            position += self._check_part(view[position:end])
        self._rest = bytes(view[end:])
        if not self._first and not self._blocks and not b"SIMPLE  =".startswith(self._rest[:9]):
            raise DamagedFileError("it is not a FITS file")

    def finish(self) -> None:
        """Check the end of the file, after the last bytes."""
        name = f"HDU {self._hdu}"
        if self._in_data:
            raise DamagedFileError(
                f"it is cut in the data of {name}: {self._data_left - len(self._rest):,} bytes are missing"
            )
        if self._blocks or not self._first:
            raise DamagedFileError(
                f"it is cut in the header of {name}" if self._blocks or self._rest else "it is empty"
            )
        if self._rest:
            starts = b"XTENSION".startswith(self._rest[:8])
            raise DamagedFileError(
                f"it is cut in the header of {name}" if starts else f"{len(self._rest):,} bytes lie behind its last HDU"
            )
        self._check_complete()

    def _check_part(self, view: memoryview) -> int:
        """Check a part of some whole blocks, and return its number of bytes."""
        if not self._in_data:
            self._header_block(bytes(view[:BLOCK]))
            return BLOCK
        part = view[: self._data_left]
        if self._summed:
            self._data_sum = add(self._data_sum, part)
        self._data_left -= len(part)
        if not self._data_left:
            self._close()
        return len(part)

    def _header_block(self, block: bytes) -> None:
        start = b"XTENSION" if self._hdu else b"SIMPLE  ="
        if not self._blocks and not block.startswith(start):
            behind = f"something that is no HDU lies behind HDU {self._hdu - 1}"
            raise DamagedFileError(behind if self._hdu else "it is not a FITS file")
        if not block.isascii():
            raise DamagedFileError(f"the header of HDU {self._hdu} holds bytes that are no text")
        self._header_sum = add(self._header_sum, block)
        end = end_of(block)
        self._headers += 1
        self._blocks.append(block if end < 0 else block[:end])
        if end >= 0:
            self._header = Header(b"".join(self._blocks), hdu=self._hdu)
            self._blocks = []
            self._open()
        elif len(self._blocks) > LONGEST_HEADER:
            raise DamagedFileError(f"the header of HDU {self._hdu} has no end")
        if self._headers > MOST_BLOCKS:
            raise DamagedFileError(f"its headers have more than {MOST_BLOCKS:,} blocks, as no file of TESS does")

    def _open(self) -> None:
        """Begin the data, now that the header is complete."""
        if not self._first:
            self.release = _release_of(self._header)
        if len(self._first) < 2:
            self._first.append(self._header)
        self._summed = _has_sums(self._header, self._first[0])
        size = self._header.data_bytes
        self._data += size
        self._data_left = -(-size // BLOCK) * BLOCK
        self._in_data = self._data_left > 0
        if not self._in_data:
            self._close()

    def _close(self) -> None:
        """Check the sums of an HDU that is complete, and wait for the next."""
        if self._summed:
            _check_sums(self._header, self._header_sum, self._data_sum)
        self._hdu += 1
        self._in_data = False
        self._header_sum = self._data_sum = 0

    def _check_complete(self) -> None:
        """Check that no whole HDUs are missing at the end."""
        if not self._data:
            raise DamagedFileError("it holds headers, but no data")
        check_extensions(self._first, self._hdu - 1)


def add(total: int, data: bytes | memoryview) -> int:
    """Add bytes to a ones'-complement sum of 32-bit big-endian words (FITS Standard 4.0, appendix J).

    Parameters
    ----------
    total : int
        The sum so far, 0 to 0xFFFFFFFF.
    data : bytes-like
        Its length is a multiple of four.
    """
    total += int(np.add.reduce(np.frombuffer(data, dtype=">u4"), dtype=np.uint64))
    while total > ONES:
        total = (total & ONES) + (total >> 32)
    return total


def _has_sums(header: Header, primary: Header) -> bool:
    """Return whether an HDU has sums that must hold.

    Some writers leave wrong ones in intact files. The tables of cut-outs by astrocut are summed before their numbers get the types of their
    columns (seen in version 0.10.0). The package eleanor copies the primary header of a cut-out, with the sums.

    Raises
    ------
    DamagedFileError
        If the card with the sum is there, but a bit of its keyword is flipped.
    """
    if _text_of(primary, "CREATOR") == "astrocut" and (header.get("XTENSION") == "BINTABLE" or "PCORIGIN" in primary):
        return False
    if "CHECKSUM" in header:
        return True
    for card in header.cards(b""):
        if (int.from_bytes(card[:10].encode("latin-1"), "big") ^ SUM_CARD).bit_count() == 1:
            raise DamagedFileError(f"the card CHECKSUM of HDU {header.hdu} is damaged: {card[:10]!r}")
    return "DATASUM" in header


def _check_sums(header: Header, header_sum: int, data_sum: int) -> None:
    """Check CHECKSUM, with which the sum of the whole HDU is all ones, and DATASUM, the sum of the data alone.

    SPOC writes CHECKSUM without DATASUM. astropy 8.0 reads that as a DATASUM of 0, and so fails on intact files.
    """
    stated = _text_of(header, "DATASUM")
    total = whole_number(stated)
    same_data = total is not None and total % ONES == data_sum % ONES
    empty = header.get("CHECKSUM", "") == "" or "'" not in header.card("CHECKSUM")
    same_hdu = empty or (header_sum + data_sum) % ONES == 0
    if same_hdu and (same_data or not stated):
        return
    name = f" ({said})" if (said := _text_of(header, "EXTNAME")) else ""
    hdu, sums = f"HDU {header.hdu}{name}", "summed when it was written (CHECKSUM)"
    if not same_data:
        raise DamagedFileError(f"the bytes of {hdu} are not those that were {sums}")
    raise DamagedFileError(
        f"the header of {hdu} is not the one that was {sums}, but its data are (DATASUM); "
        "if the file is the same each time you fetch it, its header was edited"
    )


def _text_of(header: Header, key: str) -> str:
    """Return a value as text. An invalid value is returned as it is written, so that a damaged sum does not count as missing."""
    value = header.get(key)
    return (header.field(key) if value is None else str(value)).strip()


def _release_of(header: Header) -> Release:
    procver, date = (
        said if said.isprintable() and len(said) <= CARD else None
        for said in (_text_of(header, "PROCVER"), _text_of(header, "DATE"))
    )
    return Release(whole_number(_text_of(header, "DATA_REL")), procver or None, date or None)
