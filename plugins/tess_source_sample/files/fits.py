"""FITS as SPOC writes it: header cards, tables, and a CHECKSUM without DATASUM, straight into one buffer of bytes.

The format is that of the FITS Standard 4.0 (https://fits.gsfc.nasa.gov/fits_standard.html); the checksum is in its
appendix J. Headers are written as templates in the standard's own notation, ``KEYWORD = value / comment``, with
``{name:.8f}`` where a value goes; a line ``COLUMNS`` stands for the cards of a table's columns.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 2880
"""Bytes of a FITS block: every header and every data part is a whole number of them."""

CARD = 80
"""Characters of a header card."""

FORMS = {
    "D": (">f8", "64-bit floating point"),
    "E": (">f4", "32-bit floating point"),
    "J": (">i4", "signed 32-bit integer"),
    "I": (">i2", "signed 16-bit integer"),
    "K": (">i8", "signed 64-bit integer"),
    "A": ("S1", "character"),
    "L": ("S1", "logical"),
}
"""TFORM letter to numpy type and to SPOC's comment."""

TABLE_START = """
XTENSION= 'BINTABLE' / marks the beginning of a new HDU
BITPIX  = 8 / array data type
NAXIS   = 2 / number of array dimensions
NAXIS1  = {width} / length of first array dimension
NAXIS2  = {rows} / length of second array dimension
PCOUNT  = 0 / group parameter count (not used)
GCOUNT  = 1 / group count (not used)
TFIELDS = {fields} / number of table fields
"""

IMAGE_START = """
XTENSION= 'IMAGE' / marks the beginning of a new HDU
BITPIX  = {bitpix} / array data type
NAXIS   = 2 / number of array dimensions
NAXIS1  = {naxis1} / length of first array dimension
NAXIS2  = {naxis2} / length of second array dimension
PCOUNT  = 0 / group parameter count (not used)
GCOUNT  = 1 / group count (not used)
"""


_LONGEST = 68  # characters of a string value that fit on one card


class _Fields(Formatter):
    """Fills templates in: a value of None leaves the keyword undefined, and a writer has formats of its own."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return the text of one value."""
        if value is None:
            return ""
        if format_spec == "double":
            return self._writer.double(value)
        if format_spec == "single":
            return self._writer.single(value)
        return format(value, format_spec)


@dataclass(frozen=True, slots=True)
class Writer:
    """How a program lays out header cards and writes numbers.

    Templates say ``{name:double}`` or ``{name:single}`` for a number of that precision in the writer's own form.
    """

    continued: bool = False
    """Whether the comment of a string goes on in CONTINUE cards, and decimals are rounded, as SPOC does since 2023."""
    table_start: str = TABLE_START
    image_start: str = IMAGE_START

    def cards(self, template: str, values: Mapping[str, object]) -> list[str]:
        """Return the cards of a header template, filled in; a value of None leaves the keyword undefined.

        Raises
        ------
        KeyError
            If the template names a value that is not given.
        """
        lines = _Fields(self).vformat(template, (), values).strip().splitlines()
        return [part for line in lines for part in self.card(line)]

    def card(self, line: str) -> list[str]:
        """Return the 80-character cards of one template line; more than one where a string or comment is continued."""
        key, equals, rest = line.partition("=")
        if not equals or key.startswith("COMMENT"):
            return [line[:CARD].ljust(CARD)]
        value, slash, comment = rest.partition(" / ")
        value, tail, start = value.strip(), f" / {comment}" if slash else "", f"{key.strip():<8}= "
        if not value.startswith("'"):
            aligned = f"{start}{value.rjust(20)}{tail}"
            shown = f"{start}{value}{tail}" if self.continued and len(aligned) > CARD else aligned
            return [shown[:CARD].ljust(CARD)]
        return [text[:CARD].ljust(CARD) for text in self._string(start, value[1:-1], tail)]

    def _string(self, start: str, text: str, tail: str) -> list[str]:
        """Return the cards of a string, uncut and unpadded."""
        part = _LONGEST - 1  # a continued string needs room for its "&"
        if len(text) > (part if self.continued and tail else _LONGEST):
            return [f"{start}'{text[:part]}&'", *self._string("CONTINUE  ", text[part:], tail)]
        plain = f"{start}'{text}'" if start.startswith("CONTINUE") else f"{start}'{text:<8}'"
        aligned = plain.ljust(30) + tail if tail else plain
        if not self.continued or len(aligned) <= CARD:
            return [aligned]
        if len(plain + tail) <= CARD:
            return [plain + tail]
        open_string = f"{plain[:-1]}&'"
        if len(open_string) + len(" / ") >= CARD:  # no room for any comment
            return [open_string, *_comment_cards(tail.removeprefix(" / "))]
        first = open_string + tail
        return [first[:CARD], *_comment_cards(first[CARD:])]

    def double(self, value: float) -> str:
        """Return a 64-bit number: as short as reads back the same or, where too long for its column, rounded."""
        text = repr(float(value))
        if not self.continued:
            return text if len(text) <= 20 else f"{value:.15f}"
        return text if len(text.partition(".")[2]) <= 16 else f"{value:.16f}".rstrip("0")

    def single(self, value: float) -> str:
        """Return a 32-bit number: exactly or, since 2023, with seven decimals at most."""
        (exact,) = struct.unpack("f", struct.pack("f", value))
        if not self.continued:
            return self.double(exact)
        text = f"{exact:.7f}".rstrip("0")
        return "0.E0" if text == "0." else text + "0" * text.endswith(".")


def _comment_cards(comment: str) -> list[str]:
    """Return the CONTINUE cards that the rest of a comment needs."""
    width = CARD - len("CONTINUE  '' /")
    head, rest = comment[:width], comment[width:]
    return [f"CONTINUE  '&' /{head[:-1]}", *_comment_cards(head[-1:] + rest)] if rest else [f"CONTINUE  '' /{head}"]


ASTROPY = Writer(
    table_start="""
XTENSION= 'BINTABLE' / binary table extension
BITPIX  = 8 / array data type
NAXIS   = 2 / number of array dimensions
NAXIS1  = {width} / length of dimension 1
NAXIS2  = {rows} / length of dimension 2
PCOUNT  = 0 / number of group parameters
GCOUNT  = 1 / number of groups
TFIELDS = {fields} / number of table fields
""",
    image_start="""
XTENSION= 'IMAGE' / Image extension
BITPIX  = {bitpix} / array data type
NAXIS   = 2 / number of array dimensions
NAXIS1  = {naxis1}
NAXIS2  = {naxis2}
PCOUNT  = 0 / number of parameters
GCOUNT  = 1 / number of groups
""",
)
"""What most makers of high-level science products write with."""


def padded(size: int) -> int:
    """Return `size` rounded up to whole blocks, in bytes."""
    return -(-size // BLOCK) * BLOCK


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a binary table."""

    name: str
    """TTYPE."""
    form: str
    """TFORM: a repeat count (or none) and a letter of `FORMS`."""
    unit: str = ""
    """TUNIT; no card where empty."""
    disp: str = ""
    """TDISP; no card where empty."""
    title: str = ""
    """What SPOC's comment of TTYPE says after "column title: ". With no title the cards have no comments."""
    note: str = ""
    """What SPOC's comment of TUNIT says after "column units: "."""
    null: str = ""
    """TNULL; no card where empty."""
    dim: str = ""
    """TDIM; no card where empty."""

    def cards(self, n: int, writer: Writer) -> list[str]:
        """Return the cards of column number `n`, counted from 1."""
        values = (
            ("TTYPE", f"'{self.name}'", f"column title: {self.title}"),
            ("TFORM", f"'{self.form}'", f"column format: {FORMS[self.form[-1]][1]}"),
            ("TUNIT", f"'{self.unit}'" if self.unit else "", f"column units: {self.note}"),
            ("TNULL", self.null, "column null value"),
            ("TDISP", f"'{self.disp}'" if self.disp else "", "column display format"),
            ("TDIM", f"'{self.dim}'" if self.dim else "", "column dimensions"),
        )
        lines = (f"{key}{n} = {value}{f' / {note}' if self.title else ''}" for key, value, note in values if value)
        return [part for line in lines for part in writer.card(line)]

    @property
    def type(self) -> tuple[str, str] | tuple[str, str, tuple[int]]:
        """The field of the numpy type of a row."""
        kind = FORMS[self.form[-1]][0]
        return (self.name, kind, (int(self.form[:-1]),)) if self.form[:-1] else (self.name, kind)


def row_bytes(columns: Iterable[TableColumn]) -> int:
    """Return the length of a table row in bytes: NAXIS1."""
    widths = {"D": 8, "E": 4, "J": 4, "I": 2, "K": 8, "A": 1, "L": 1}
    return sum(widths[column.form[-1]] * int(column.form[:-1] or 1) for column in columns)


@dataclass(frozen=True, slots=True)
class HDU:
    """One header with its data: known size, and a way to fill it in."""

    cards: list[str]
    """Header cards without END. A CHECKSUM card among them is computed when the file is written."""
    data_bytes: int = 0
    """Length of the data in bytes, without the padding to whole blocks."""
    fill: Callable[[NDArray[np.uint8]], None] | None = None
    """Writes the data into the buffer that it is given."""
    blank_blocks: int = field(default=0, kw_only=True)
    """Extra blocks of blank cards, to reach a wanted size."""

    @property
    def header_bytes(self) -> int:
        """Length of the header in bytes."""
        return padded((len(self.cards) + 1) * CARD) + self.blank_blocks * BLOCK

    @property
    def size(self) -> int:
        """Length of the whole HDU in bytes."""
        return self.header_bytes + padded(self.data_bytes)


def table(
    columns: Sequence[TableColumn],
    rows: int,
    template: str,
    values: Mapping[str, object],
    fill: Callable[[NDArray[Any]], None],
    writer: Writer = ASTROPY,
) -> HDU:
    """Return a binary table HDU; `fill` gets a structured array of shape (rows,) to write into.

    The cards of the columns stand where the template has its line ``COLUMNS`` or, without one, first.
    """
    width = row_bytes(columns)
    start = writer.cards(writer.table_start, {"width": width, "rows": rows, "fields": len(columns)})
    column_cards = [part for n, column in enumerate(columns, start=1) for part in column.cards(n, writer)]
    before, marker, after = template.partition("COLUMNS\n")
    parts = (before, after) if marker else ("", template)
    first, last = (writer.cards(part, values) for part in parts)

    def write(buffer: NDArray[np.uint8]) -> None:
        fill(buffer.view(np.dtype([column.type for column in columns])))

    return HDU([*start, *first, *column_cards, *last], width * rows, write if rows else None)


def image(
    shape: tuple[int, int],
    bitpix: int,
    template: str,
    values: Mapping[str, object],
    data: Callable[[], NDArray[Any]],
    writer: Writer = ASTROPY,
) -> HDU:
    """Return an image extension of `shape` (rows, columns); `data` makes the array when the file is written."""
    start = writer.cards(writer.image_start, {"bitpix": bitpix, "naxis1": shape[1], "naxis2": shape[0]})
    kind = {32: ">i4", -32: ">f4", -64: ">f8"}[bitpix]

    def write(buffer: NDArray[np.uint8]) -> None:
        buffer.view(kind)[:] = data().ravel()

    return HDU(start + writer.cards(template, values), abs(bitpix) // 8 * shape[0] * shape[1], write)


def file_size(hdus: Iterable[HDU]) -> int:
    """Return the length in bytes of the file that these HDUs make."""
    return sum(hdu.size for hdu in hdus)


def write(hdus: Sequence[HDU]) -> bytes:
    """Return the file: headers, data, and the checksums of those HDUs that have a CHECKSUM card."""
    content = bytearray(file_size(hdus))
    buffer = np.frombuffer(content, dtype=np.uint8)
    at = 0
    for hdu in hdus:
        end = hdu.header_bytes - CARD if hdu.blank_blocks else len(hdu.cards) * CARD
        header = ("".join(hdu.cards).ljust(end) + "END").ljust(hdu.header_bytes).encode("ascii")
        content[at : at + len(header)] = header
        if hdu.fill is not None:
            start = at + len(header)
            hdu.fill(buffer[start : start + hdu.data_bytes])
        _seal(content, at, hdu)
        at += hdu.size
    return bytes(content)


def _seal(content: bytearray, at: int, hdu: HDU) -> None:
    """Write the values of DATASUM and CHECKSUM, if the header has those cards, so that the HDU sums to 0xFFFFFFFF."""
    places = {text[:8].strip(): at + n * CARD + 11 for n, text in enumerate(hdu.cards)}
    whole = memoryview(content)[at : at + hdu.size]
    if place := places.get("DATASUM"):
        text = f"{ones_sum(whole[hdu.header_bytes :]):<10}"
        content[place : place + 12] = f"{text[:8]}{text[8:].strip()}'".ljust(12).encode("ascii")
    if place := places.get("CHECKSUM"):
        content[place : place + 16] = b"0" * 16
        content[place : place + 16] = encode(ones_sum(whole)).encode("ascii")


def ones_sum(data: bytes | bytearray | memoryview) -> int:
    """Return the 32-bit ones'-complement sum of whole big-endian words (FITS Standard 4.0, appendix J)."""
    total = int(np.frombuffer(data, dtype=">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def encode(total: int) -> str:
    """Return the 16 letters and digits that bring an HDU of this sum to 0xFFFFFFFF (same appendix)."""
    letters = [""] * 16
    for place, byte in enumerate((0xFFFFFFFF ^ total).to_bytes(4)):
        quarter, rest = divmod(byte, 4)
        codes = [quarter + 48 + rest, quarter + 48, quarter + 48, quarter + 48]
        while any(58 <= code <= 64 or 91 <= code <= 96 for code in codes):  # punctuation: move pairs apart
            for one, other in ((0, 1), (2, 3)):
                if any(58 <= codes[i] <= 64 or 91 <= codes[i] <= 96 for i in (one, other)):
                    codes[one] += 1
                    codes[other] -= 1
        for i, code in enumerate(codes):
            letters[4 * i + place] = chr(code)
    return letters[15] + "".join(letters[:15])  # the value starts at byte 11 of its card: one before a whole word
