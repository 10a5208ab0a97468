"""Reader of the cards of a FITS header, without a FITS library: the one place that reads keywords, values and sizes.

A light curve needs ten of two hundred cards, so a card is read only when it is used.
The grammar is that of the FITS Standard 4.0, section 4, with text that continues in CONTINUE cards (section 4.2.1.2), and the HIERARCH
convention. Other cards are read as astropy reads them, where that is clear, and have no value otherwise.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from operator import itemgetter
from typing import Any, NoReturn

from tess_source.errors import DamagedFileError

__all__ = ["BLOCK", "CARD", "END", "MISSING", "Header", "Value", "end_of", "whole_number"]

BLOCK, CARD, KEYWORD = 2880, 80, 8
"""Bytes of a FITS block, of a header card, and of the keyword that a card begins with (sections 3.1 and 4.1)."""
END = b"END" + b" " * (CARD - 3)
INDICATOR, CONTINUE, HIERARCH, COMMENT = "= ", "CONTINUE", "HIERARCH", "COMMENT"
VALUE = KEYWORD + len(INDICATOR)
"""Where the value of a card begins, in most cards."""

Value = str | bool | int | float | complex | None
MISSING: Any = object()
"""Marks a missing keyword: a keyword that is there may have no value."""
UNREADABLE: Any = object()
"""Marks a value that is there but breaks the rules."""

COMMENTARY = (b"COMMENT ", b"HISTORY ", b" " * KEYWORD, b"END     ")
"""Keywords whose cards never have a value."""
STANDARD_KEYWORD = re.compile(r"(?!COMMENT |HISTORY |CONTINUE|END )[A-Z0-9_-]++ *+")
STANDARD = re.compile(
    r" *+(?!'' *+/.*')(?:'(?P<text>[ -&(-~]*+(?:''(?! */)[ -&(-~]*+)*+)'"
    r"|(?P<number>[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[ED][+-]?\d++)?)"
    r"|(?P<logical>[TF]))? *+(?:/[ -~]*+)?"
)
"""Text behind the value indicator, as in the standard. Two forms that astropy reads differently are left out: a doubled quote before a
slash, and an empty text with a quote in its comment; astropy ends the text there."""
FLOAT = r"(?:\.\d+|\d+(?:\.\d*)?) *(?:[DEde] *[+-]? *\d+)?"
NUMBER = re.compile(rf"([+-]? *\d+)|[+-]? *{FLOAT}")
COMPLEX = re.compile(rf"\( *([+-]? *{FLOAT}) *, *([+-]? *{FLOAT}) *\)")
"""Further forms of numbers that astropy reads: exponents in both cases, blanks within."""
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
"""Numbers that are not finite, as programs write them outside of the standard; astropy refuses them."""
POWERS = str.maketrans("Dd", "EE", " ")
LARGEST, DIGITS = 2**63 - 1, 19
"""The largest number of 64 bits, and its digits. Python refuses to read or write numbers of very many digits."""
MOST_AXES = 999
"""Most axes of an array (section 4.4.1.1)."""
SAMPLES = (8, 16, 32, 64, -32, -64)
"""Values of BITPIX (section 4.4.1.1)."""
LONGEST_TEXT = 1 << 16
"""Most letters of a text that goes on in further cards; the longest of real headers has some hundred."""
RECORD = re.compile(r"[A-Za-z_][\w.]*: +[+-]?[.\d]")
"""A text that astropy splits into a longer keyword and a number, which is Paper IV's convention for distortions."""


def end_of(data: bytes, start: int = 0) -> int:
    """Return where the card END begins, a whole number of cards behind `start`; -1 if there is none."""
    end = data.find(END, start)
    while end >= 0 and (end - start) % CARD:
        end = data.find(END, end + 1)
    return end


def whole_number(value: object) -> int | None:
    """Return a value that is a whole number, also if it is written as text, as TGLC does.

    Returns
    -------
    int or None
        None for anything else, and for numbers that do not fit in 64 bits: no keyword of TESS means one, and no table can hold it.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) <= DIGITS:
        value = int(value)
    return value if type(value) is int and abs(value) <= LARGEST else None


class Header(Mapping[str, Value]):
    """Keyword → value, for cards that have the value indicator ``= ``.

    Of two cards with the same keyword the first counts. Values are text, bool, int, float or complex. A value is None if the card has none,
    or if it cannot be read (see `unreadable`). HIERARCH cards are found by the text between that word and ``=``, in upper case.

    Parameters
    ----------
    text : bytes
        Cards of 80 bytes, without END.
    end : int
        Where the data begin in the file [byte].
    hdu : int
        Number of the HDU, for messages.

    Attributes
    ----------
    end : int
        Where the data begin in the file [byte].
    hdu : int
        Number of the HDU.
    """

    __slots__ = ("_long", "_text", "_where", "end", "hdu")

    def __init__(self, text: bytes, end: int = 0, hdu: int = 0) -> None:
        self._text = text.decode("latin-1")
        self.end: int = end
        self.hdu: int = hdu
        keywords = struct.unpack(f"{KEYWORD}s{CARD - KEYWORD}x" * (len(text) // CARD), text)
        places = range(0, len(text), CARD)
        self._where: dict[bytes, int] = dict(zip(keywords, places, strict=True))
        if len(self._where) < len(keywords):
            first = dict(zip(reversed(keywords), reversed(places), strict=True))
            self._where = dict(sorted(first.items(), key=itemgetter(1)))
        for key in COMMENTARY:
            self._where.pop(key, None)
        self._long: dict[str, tuple[int, int]] | None = None if HIERARCH.encode() in self._where else {}

    # -- values --

    def __getitem__(self, key: str) -> Value:
        value = self.get(key, MISSING)
        if value is MISSING:
            raise KeyError(key)
        return value  # type: ignore[no-any-return]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions())

    def __len__(self) -> int:
        return len(self._positions())

    def __repr__(self) -> str:
        return f"Header({self.read()!r})"

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a keyword, if it is there."""
        at = self._where.get(key.encode("latin-1", "replace").ljust(KEYWORD))
        if at is not None and self._text.startswith(INDICATOR, at + KEYWORD):
            value = self._value(at, at + VALUE)
        elif self._long is not None and not self._long:
            return default
        else:
            found = self._find(key)
            value = default if found is None else self._value(*found)
        return None if value is UNREADABLE else value

    def read(self) -> dict[str, Value]:
        """Return all values, in the order of the cards."""
        return {key: None if value is UNREADABLE else value for key, value in self._items()}

    def read_standard(self, *, comments: bool = False) -> dict[str, Value]:
        """Return all values, if every card has a value and is written so that all readers read it alike.

        Parameters
        ----------
        comments : bool
            Whether there may be COMMENT cards. Their text is then returned under ``COMMENT``, one line of 72 characters per card.

        Raises
        ------
        ValueError
            If a card is not written as the standard has it, is a HIERARCH, COMMENT or HISTORY card, or repeats a keyword.
        """
        found: dict[str, Value] = {}
        remarks: list[str] = []
        places, text = [*self._starts(), len(self._text)], self._text
        for at, stop in pairwise(places):
            value = UNREADABLE
            if comments and _is_comment(text[at:stop]):
                remarks.append(text[at + KEYWORD : stop])
                found[COMMENT] = "\n".join(remarks)
                continue
            if text.startswith(INDICATOR, at + KEYWORD) and STANDARD_KEYWORD.fullmatch(text, at, at + KEYWORD):
                value = self._standard(at, stop)
            if value is UNREADABLE:
                raise ValueError(f"a card is not plain: {text[at : at + 30]!r}")
            found[text[at : at + KEYWORD].rstrip(" ")] = value
        if len(found) < len(places) - 1 - max(0, len(remarks) - 1):
            raise ValueError("a keyword is there twice")
        return found

    def unreadable(self) -> list[str]:
        """Return the keywords whose cards have an invalid value."""
        return [key for key, value in self._items() if value is UNREADABLE]

    def field(self, key: str) -> str:
        """Return the text of a card's value as it is written; an empty text if the card is missing."""
        at, start = self._find(key) or (-CARD, 0)
        return self._text[start : at + CARD].partition("/")[0].strip(" ")

    def integer(self, key: str, default: int | None = None) -> int:
        """Return a whole number that the structure of the file depends on.

        Raises
        ------
        DamagedFileError
            If it is not a whole number, or if it is missing and has no default.
        """
        value = self.get(key, default)
        if type(value) is not int or abs(value) > LARGEST:
            self._raise_unsized(key, value)
        return value

    def count(self, key: str, default: int | None = None, most: int = LARGEST) -> int:
        """Return a number of things that the structure of the file depends on, from 0 to `most`.

        Raises
        ------
        DamagedFileError
            If it is not such a number, or if it is missing and has no default.
        """
        value = self.integer(key, default)
        return value if 0 <= value <= most else self._raise_unsized(key, value)

    def _raise_unsized(self, key: str, value: object) -> NoReturn:
        what = f"is {repr(value)[:40]}" if key in self else "is missing"
        raise DamagedFileError(f"the header of HDU {self.hdu} does not say how large its data are: {key} {what}")

    # -- cards --

    def card(self, key: str) -> str:
        """Return a card of 80 characters, with the CONTINUE cards that follow it; an empty text if it is missing."""
        found = self._find(key)
        return "" if found is None else self._card(found[0])

    def cards(self, *starts: bytes) -> list[str]:
        """Return the cards whose keywords start with one of `starts`, in order; at most one per keyword."""
        return [self._card(at) for key, at in self._where.items() if key.startswith(starts)]

    # -- sizes --

    @property
    def data_bytes(self) -> int:
        """Size of the data that follow: |BITPIX| / 8 x GCOUNT x (PCOUNT + NAXIS1 x ... x NAXISm) (section 4.4.1.2)."""
        axes = [self.count(f"NAXIS{axis}") for axis in range(1, self.count("NAXIS", most=MOST_AXES) + 1)]
        if not axes:
            return 0
        if (bits := self.integer("BITPIX")) not in SAMPLES:
            self._raise_unsized("BITPIX", bits)
        if axes[0] == 0 and self.get("GROUPS") is True:  # random groups, section 6
            axes = axes[1:]
        size = abs(bits) // 8 * self.count("GCOUNT", 1) * (self.count("PCOUNT", 0) + math.prod(axes))
        if size > LARGEST:
            raise DamagedFileError(f"the header of HDU {self.hdu} says that its data have more bytes than any file")
        return size

    @property
    def padded_bytes(self) -> int:
        """Size of the data with the padding of their last block."""
        return -(-self.data_bytes // BLOCK) * BLOCK

    # -- positions --

    def _find(self, key: str) -> tuple[int, int] | None:
        """Return where a card and its value begin."""
        at = self._where.get(key.encode("latin-1", "replace").ljust(KEYWORD))
        if at is not None and self._text.startswith(INDICATOR, at + KEYWORD):
            return at, at + VALUE
        return self._hierarch_positions().get(key.upper())

    def _hierarch_positions(self) -> dict[str, tuple[int, int]]:
        """Return where the HIERARCH cards and their values begin."""
        if self._long is None:
            self._long, text = {}, self._text
            for at in range(0, len(text), CARD):
                sign = text.find("=", at, at + CARD) if text.startswith(f"{HIERARCH} ", at) else -1
                if sign >= 0:
                    key = text[at + KEYWORD + 1 : sign].strip(" ").upper()
                    self._long.setdefault(key, (at, sign + 1))
        return self._long

    def _positions(self) -> dict[str, tuple[int, int]]:
        """Return where all cards with a value and their values begin, in order."""
        text = self._text
        found = {
            text[at : at + KEYWORD].rstrip(" "): (at, at + VALUE)
            for at in self._where.values()
            if text.startswith(INDICATOR, at + KEYWORD)
        }
        if long := self._hierarch_positions():
            found = dict(sorted({**long, **found}.items(), key=itemgetter(1)))
        return found

    def _starts(self) -> Iterable[int]:
        """Return where cards begin; CONTINUE cards belong to the card before."""
        starts = range(0, len(self._text), CARD)
        if CONTINUE.encode() not in self._where:
            return starts
        return [at for at in starts if not at or not self._text.startswith(CONTINUE, at)]

    def _card(self, at: int) -> str:
        stop = at + CARD
        while self._text.startswith(CONTINUE, stop):
            stop += CARD
        return self._text[at:stop]

    # -- values of cards --

    def _items(self) -> Iterator[tuple[str, Any]]:
        return ((key, self._value(at, start)) for key, (at, start) in self._positions().items())

    def _value(self, at: int, start: int) -> Any:
        """Read the value of a card (section 4.2)."""
        found = STANDARD.fullmatch(self._text, start, at + CARD)
        if found is not None:
            text: str | None = found["text"]
            if text is None:
                return _standard_value(found)
            return self._continued(text, at) if "&" in text or "'" in text else text.rstrip(" ")
        field = self._text[start : at + CARD].strip(" ")
        if not field.startswith("'"):
            return _other_number(field)
        text = _quoted(field)
        return UNREADABLE if text is None else self._continued(text, at)

    def _continued(self, text: str, at: int) -> Any:
        """Return the text of the card at a position, with the text of its CONTINUE cards."""
        text = text.rstrip(" ")
        while text.endswith("&") and self._text.startswith(f"{CONTINUE} ", at := at + CARD):
            more = _quoted(self._text[at + KEYWORD : at + CARD].strip(" "))
            if more is None or len(text) > LONGEST_TEXT:
                return UNREADABLE
            text = text[:-1] + more.rstrip(" ")
        return text.replace("''", "'").rstrip(" ")

    def _standard(self, at: int, stop: int) -> Any:
        """Read the value of a card and its CONTINUE cards, if all readers read it alike."""
        found = STANDARD.fullmatch(self._text, at + VALUE, at + CARD)
        if found is None or stop - at > LONGEST_TEXT:
            return UNREADABLE
        if (text := found["text"]) is None:
            return _standard_value(found) if stop == at + CARD else UNREADABLE
        for start in range(at + CARD, stop, CARD):
            goes_on = text.endswith("&") and self._text.startswith(f"{CONTINUE}  ", start)
            more = STANDARD.fullmatch(self._text, start + VALUE, start + CARD)
            if not goes_on or more is None or more["text"] is None:
                return UNREADABLE
            text = text[:-1] + more["text"]
        if stop > at + CARD and (not text or text.rstrip(" ").endswith("&") or re.search(r"'' */", text)):
            return UNREADABLE
        if ": " in text and RECORD.match(text):
            return UNREADABLE
        return text.replace("''", "'").rstrip(" ")


def _is_comment(card: str) -> bool:
    """Return whether a card is a COMMENT that all readers read alike: one card of plain text, without a value indicator."""
    plain = len(card) == CARD and card.isascii() and card.isprintable()
    return plain and card[:KEYWORD].rstrip(" ") == COMMENT and not card.startswith(INDICATOR, KEYWORD)


def _quoted(field: str) -> str | None:
    """Return the text between quotes, with doubled quotes as they are; None if no quote ends it.

    A quote ends a text if only a comment follows. astropy may split a doubled quote in two, so a single one may be part of the text. If
    no quote ends a text in which they are doubled, they are not.
    """
    for doubled in (2, 1):
        at = field.find("'", 1) if field.startswith("'") else -1
        while at >= 0:
            rest = field[at + 1 :].lstrip(" ")
            if not rest or rest[0] == "/":
                return field[1:at]
            at = field.find("'", at + (doubled if field[at + 1] == "'" else 1))
    return None


def _standard_value(found: re.Match[str]) -> Value:
    """Return a number, a boolean or None, written as in the standard."""
    word = found["number"]
    if word is None:
        return None if found["logical"] is None else found["logical"] == "T"
    if word.isdecimal():
        return int(word)
    if "." not in word and word[1:].isdecimal():
        return int(word)
    return float(word.replace("D", "E") if "D" in word else word)


def _other_number(field: str) -> Any:
    """Return a number written in another way than in the standard."""
    word = field.partition("/")[0].rstrip(" ")
    if found := NUMBER.fullmatch(word):
        plain = word.translate(POWERS)
        return int(plain) if found[1] else float(plain)
    if found := COMPLEX.fullmatch(word):
        return complex(*(float(part.translate(POWERS)) for part in found.groups()))
    if NOT_FINITE.fullmatch(word):
        return float(word)
    return UNREADABLE if word else None
