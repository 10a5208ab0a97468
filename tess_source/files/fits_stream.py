"""A walk through a FITS file while it arrives: whether every HDU is whole, its sums, and which release the file is of.

It needs no FITS library and holds no more than a block, so that a download is checked without being read again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tess_source._lazy import np
from tess_source.errors import DamagedFileError

__all__ = ["BLOCK", "FitsWalk", "Release"]

BLOCK, CARD = 2880, 80
"""Bytes of a FITS block, and of a header card (FITS Standard 4.0, sections 3.1 and 4.1)."""
LONGEST_HEADER = 1000
"""Blocks; those of TESS have fewer than ten."""
ONES = 0xFFFFFFFF
KEYS = frozenset(
    {"SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS", "EXTNAME", "CHECKSUM", "DATASUM",
     "ORIGIN", "CREATOR", "NEXTEND", "NUMTCES", "DATA_REL", "PROCVER", "DATE"}
)  # fmt: skip
SUMS_NOT_KEPT = ("astrocut",)
"""Writers (CREATOR) whose sums do not hold in their own intact files: seen in the pixels of cut-outs by astrocut 0.10.0."""
COUNTED = ("LightCurveExporter", "TargetPixelExporter")
"""SPOC's writers whose NEXTEND is right. That of its data-validation time series is one too large; there, NUMTCES tells."""


@dataclass(frozen=True, slots=True)
class Release:
    """Which processing a file comes from: SPOC keeps name and size of a file when it processes a sector again."""

    data_rel: int | None = None
    """Number of the data release (``DATA_REL``)."""
    procver: str | None = None
    """Version of the pipeline (``PROCVER``)."""
    date: str | None = None
    """Day on which the file was written (``DATE``, UTC)."""

    @property
    def known(self) -> bool:
        """Whether the header says anything about it."""
        return self != Release()

    def __str__(self) -> str:
        said = {"DATA_REL": self.data_rel, "PROCVER": self.procver, "DATE": self.date}
        return ", ".join(f"{name} {value}" for name, value in said.items() if value is not None) or "unknown release"


class FitsWalk:
    """Take a FITS file in pieces of any size; whatever is wrong is raised as soon as it is seen.

    Raises
    ------
    DamagedFileError
        By `feed` and `finish`; the message says what is wrong with "it", the file.
    """

    def __init__(self) -> None:
        self.release: Release | None = None
        """Known once the primary header is complete."""
        self._rest = b""
        self._hdu = 0
        self._header: dict[str, str] = {}
        self._primary: Mapping[str, str] = {}
        self._blocks = 0
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
            position += self._take(view[position:end])
        self._rest = bytes(view[end:])
        if not self._primary and not self._blocks and not b"SIMPLE  =".startswith(self._rest[:9]):
            raise DamagedFileError("it is not a FITS file")

    def finish(self) -> None:
        """Say that no more bytes come."""
        name = f"HDU {self._hdu}"
        if self._in_data:
            raise DamagedFileError(
                f"it is cut in the data of {name}: {self._data_left - len(self._rest):,} bytes are missing"
            )
        if self._blocks or not self._primary:
            raise DamagedFileError(
                f"it is cut in the header of {name}" if self._blocks or self._rest else "it is empty"
            )
        if self._rest:
            starts = b"XTENSION".startswith(self._rest[:8])
            raise DamagedFileError(
                f"it is cut in the header of {name}" if starts else f"{len(self._rest):,} bytes lie behind its last HDU"
            )
        self._all_there()

    def _take(self, view: memoryview) -> int:
        """Work off part of some whole blocks, and say how many bytes."""
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

    def _has_sums(self) -> bool:
        creator = self._header.get("CREATOR") or self._primary.get("CREATOR", "")
        return (
            any(self._header.get(key, "").strip() for key in ("CHECKSUM", "DATASUM")) and creator not in SUMS_NOT_KEPT
        )

    def _header_block(self, block: bytes) -> None:
        start = b"XTENSION" if self._hdu else b"SIMPLE  ="
        if not self._blocks and not block.startswith(start):
            problem = (
                f"something that is no HDU lies behind HDU {self._hdu - 1}" if self._hdu else "it is not a FITS file"
            )
            raise DamagedFileError(problem)
        if not block.isascii():
            raise DamagedFileError(f"the header of HDU {self._hdu} holds bytes that are no text")
        self._blocks += 1
        self._header_sum = add(self._header_sum, block)
        ended = False
        for key, value in _cards(block):
            ended = ended or key == "END"
            self._header.setdefault(key, value)
        if ended:
            self._open()
        elif self._blocks > LONGEST_HEADER:
            raise DamagedFileError(f"the header of HDU {self._hdu} has no end")

    def _open(self) -> None:
        """Begin the data, now that the header is complete."""
        if not self._primary:
            self._primary = self._header
            self.release = _release(self._header)
        self._summed = self._has_sums()
        size = _data_bytes(self._header, self._hdu)
        self._data += size
        self._data_left = math.ceil(size / BLOCK) * BLOCK
        self._in_data = self._data_left > 0
        if not self._in_data:
            self._close()

    def _close(self) -> None:
        """Check the sums of an HDU that is complete, and wait for the next."""
        if self._summed:
            _check_sums(self._header, self._hdu, self._header_sum, self._data_sum)
        self._hdu += 1
        self._header, self._blocks, self._in_data = {}, 0, False
        self._header_sum = self._data_sum = 0

    def _all_there(self) -> None:
        """Look for whole HDUs that are missing at the end."""
        if not self._data:
            raise DamagedFileError("it holds headers, but no data")
        creator = self._primary.get("CREATOR", "")
        wanted = 0
        if any(name in creator for name in COUNTED):
            wanted = _number(self._primary.get("NEXTEND", ""))
        elif "DvTimeSeriesExporter" in creator and "NUMTCES" in self._primary:
            wanted = _number(self._primary["NUMTCES"]) + 1  # one table a TCE, and the statistics
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


def _check_sums(header: Mapping[str, str], hdu: int, header_sum: int, data_sum: int) -> None:
    """Compare with CHECKSUM, which makes the sum of the whole HDU all ones, and with DATASUM, the sum of the data alone.

    SPOC writes CHECKSUM without DATASUM, which astropy 8.0 takes for a DATASUM of 0 and so fails on intact files. Where both
    stand and one of them holds, the data are as they were summed: archives do edit headers without summing again.
    """
    verdicts = []
    if header.get("CHECKSUM", "").strip():
        verdicts.append((header_sum + data_sum) % ONES == 0)
    if (stated := header.get("DATASUM", "").strip()).isdecimal():
        verdicts.append(int(stated) % ONES == data_sum % ONES)
    if verdicts and not any(verdicts):
        name = f" ({header['EXTNAME']})" if header.get("EXTNAME") else ""
        raise DamagedFileError(
            f"the bytes of HDU {hdu}{name} are not those that were summed when it was written (CHECKSUM)"
        )


def _cards(block: bytes) -> Iterator[tuple[str, str]]:
    """Give the cards that matter here, and END."""
    text = block.decode("ascii")
    for start in range(0, BLOCK, CARD):
        key = text[start : start + 8].rstrip()
        if key == "END" and not text[start + 8 : start + CARD].strip():
            yield key, ""
            return
        if (key in KEYS or key.startswith("NAXIS")) and text[start + 8 : start + 10] == "= ":
            yield key, _value(text[start + 10 : start + CARD])


def _value(field: str) -> str:
    """Read the value of a card: text in quotes, where '' is a quote, or what stands before the comment."""
    field = field.strip()
    if not field.startswith("'"):
        return field.partition("/")[0].strip()
    text, end = "", 1
    while (close := field.find("'", end)) >= 0:
        text += field[end:close]
        if field[close : close + 2] != "''":
            return text.rstrip()
        text, end = text + "'", close + 2
    return text.rstrip()


def _data_bytes(header: Mapping[str, str], hdu: int) -> int:
    """Size of an HDU's data: |BITPIX| / 8 x GCOUNT x (PCOUNT + NAXIS1 x ... x NAXISm) (FITS Standard 4.0, section 4.4.1.2)."""
    try:
        axes = [int(header[f"NAXIS{axis}"]) for axis in range(1, int(header["NAXIS"]) + 1)]
        if not axes:
            return 0
        if header.get("GROUPS") == "T" and axes[0] == 0:  # random groups, section 6
            axes = axes[1:]
        elements = int(header.get("PCOUNT", 0)) + math.prod(axes)
        size = abs(int(header["BITPIX"])) // 8 * int(header.get("GCOUNT", 1)) * elements
    except (KeyError, ValueError) as error:
        raise DamagedFileError(f"the header of HDU {hdu} does not say how large its data are ({error})") from error
    if size < 0:
        raise DamagedFileError(f"the header of HDU {hdu} says that its data have {size:,} bytes")
    return size


def _number(value: str) -> int:
    return int(value) if value.isdecimal() else 0


def _release(header: Mapping[str, str]) -> Release:
    number, procver, date = (header.get(key, "") for key in ("DATA_REL", "PROCVER", "DATE"))
    return Release(int(number) if number.isdecimal() else None, _printable(procver), _printable(date))


def _printable(value: str) -> str | None:
    return value if value and value.isprintable() else None
