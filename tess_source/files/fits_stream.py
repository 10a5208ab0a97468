"""Verification of a FITS file while it arrives: that every HDU is whole, its sums, and the data release of the file.

It needs no FITS library and keeps only a header and a block, so that a download is checked without reading it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from tess_source._lazy import np
from tess_source.errors import DamagedFileError
from tess_source.files.cards import BLOCK, Header, end_of
from tess_source.files.fits_headers import COUNTED, LONGEST_HEADER

__all__ = ["FitsWalk", "Release"]

ONES = 0xFFFFFFFF
SUMS_NOT_KEPT = ("astrocut",)
"""Writers (CREATOR) whose sums are wrong in their own intact files: seen in the pixels of cut-outs by astrocut 0.10.0."""


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
        self._header = Header(b"")
        self._primary: Header | None = None
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
        if self._primary is None and not self._blocks and not b"SIMPLE  =".startswith(self._rest[:9]):
            raise DamagedFileError("it is not a FITS file")

    def finish(self) -> None:
        """Check the end of the file, after the last bytes."""
        name = f"HDU {self._hdu}"
        if self._in_data:
            raise DamagedFileError(
                f"it is cut in the data of {name}: {self._data_left - len(self._rest):,} bytes are missing"
            )
        if self._blocks or self._primary is None:
            raise DamagedFileError(
                f"it is cut in the header of {name}" if self._blocks or self._rest else "it is empty"
            )
        if self._rest:
            starts = b"XTENSION".startswith(self._rest[:8])
            raise DamagedFileError(
                f"it is cut in the header of {name}" if starts else f"{len(self._rest):,} bytes lie behind its last HDU"
            )
        self._check_complete(self._primary)

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
            problem = (
                f"something that is no HDU lies behind HDU {self._hdu - 1}" if self._hdu else "it is not a FITS file"
            )
            raise DamagedFileError(problem)
        if not block.isascii():
            raise DamagedFileError(f"the header of HDU {self._hdu} holds bytes that are no text")
        self._header_sum = add(self._header_sum, block)
        end = end_of(block)
        self._blocks.append(block if end < 0 else block[:end])
        if end >= 0:
            self._header = Header(b"".join(self._blocks), hdu=self._hdu)
            self._blocks = []
            self._open()
        elif len(self._blocks) > LONGEST_HEADER:
            raise DamagedFileError(f"the header of HDU {self._hdu} has no end")

    def _open(self) -> None:
        """Begin the data, now that the header is complete."""
        if self._primary is None:
            self._primary = self._header
            self.release = _release_of(self._header)
        creator = _text_of(self._header, "CREATOR") or _text_of(self._primary, "CREATOR")
        has_sums = any(_text_of(self._header, key) for key in ("CHECKSUM", "DATASUM"))
        self._summed = has_sums and creator not in SUMS_NOT_KEPT
        self._data += self._header.data_bytes
        self._data_left = self._header.padded_bytes
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

    def _check_complete(self, primary: Header) -> None:
        """Check that no whole HDUs are missing at the end."""
        if not self._data:
            raise DamagedFileError("it holds headers, but no data")
        creator, wanted = _text_of(primary, "CREATOR"), 0
        if any(name in creator for name in COUNTED):
            wanted = _int_of(primary, "NEXTEND") or 0
        elif "DvTimeSeriesExporter" in creator and "NUMTCES" in primary:
            wanted = (_int_of(primary, "NUMTCES") or 0) + 1  # one table per TCE, and the statistics
        if self._hdu - 1 < wanted:
            raise DamagedFileError(f"{wanted - self._hdu + 1} of its {wanted} extensions are missing at the end")


def add(total: int, data: bytes | memoryview) -> int:
    """Add bytes to a ones'-complement sum of 32-bit big-endian words (FITS Standard 4.0, appendix J).

    Parameters
    ----------
    total : int
        The sum so far, 0 to 0xFFFFFFFF.
    data : bytes-like
        Its length is a multiple of four.
    """
    total += int(np.frombuffer(data, dtype=">u4").sum(dtype=np.uint64))
    while total > ONES:
        total = (total & ONES) + (total >> 32)
    return total


def _check_sums(header: Header, header_sum: int, data_sum: int) -> None:
    """Check CHECKSUM, with which the sum of the whole HDU is all ones, and DATASUM, the sum of the data alone.

    SPOC writes CHECKSUM without DATASUM. astropy 8.0 reads that as a DATASUM of 0, and so fails on intact files. If a file has both and one
    of them is right, the data are intact: archives do edit headers without summing again.
    """
    verdicts = []
    if _text_of(header, "CHECKSUM"):
        verdicts.append((header_sum + data_sum) % ONES == 0)
    if (stated := _int_of(header, "DATASUM")) is not None:
        verdicts.append(stated % ONES == data_sum % ONES)
    if verdicts and not any(verdicts):
        name = f" ({said})" if (said := _text_of(header, "EXTNAME")) else ""
        raise DamagedFileError(
            f"the bytes of HDU {header.hdu}{name} are not those that were summed when it was written (CHECKSUM)"
        )


def _text_of(header: Header, key: str) -> str:
    """Return a value as text. An invalid value is returned as it is written, so that a damaged sum does not count as missing."""
    value = header.get(key)
    return (header.field(key) if value is None else str(value)).strip()


def _int_of(header: Header, key: str) -> int | None:
    """Return a whole number, also if it is written as text."""
    said = _text_of(header, key)
    return int(said) if said.isdecimal() else None


def _release_of(header: Header) -> Release:
    procver, date = (
        said if said.isprintable() else "" for said in (_text_of(header, "PROCVER"), _text_of(header, "DATE"))
    )
    return Release(_int_of(header, "DATA_REL"), procver or None, date or None)
