"""FITS files with one change in a header, or anywhere: what a flipped bit, a bad writer or malice makes of them."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from functools import cache

from astropy.io import fits
from fuzz import altered, flipped
from sample_files import content

from tess_source.files.cards import CARD, end_of
from tess_source.files.whole import headers_of

VALUES = (
    "T", "-1", "0", "1E999", "NaN", "-1E300", "'x'", "''", "9" * 25, "-" + "9" * 40, "'1PE(5)'", "'1QD'", "'999999999E'", "1.5", "(1, 2)",
    "2147483648", "99999", "'D'", "'L'", "'1X'", "'2D'", "'A'", "'(2,3)'", "'(100000,100000)'", "16", "-32", "'COMPRESSED_IMAGE'",
    "'\\x1b[31m'", "20,000", "1E10", "",
)  # fmt: skip
"""What may stand in a card in place of the right value."""


def with_card(data: bytes, keyword: str, value: str, which: int = 0) -> bytes:
    """Return a file in which a card has another value."""
    at = -CARD
    for _ in range(which + 1):
        at = data.index(f"{keyword:8}=".encode(), at + CARD)
    return data[:at] + f"{keyword:8}= {value:>20}".encode().ljust(CARD)[:CARD] + data[at + CARD :]


def with_cards(data: bytes, keyword: str, value: str) -> bytes:
    """Return a file in which a card has another value in every header."""
    for which in range(data.count(f"{keyword:8}=".encode())):
        data = with_card(data, keyword, value, which)
    return data


def altered_fits(data: bytes, chance: random.Random) -> bytes:
    """Return a file of which a bit of a header is flipped, a card has another value or place, or anything else was changed."""
    start, stop = chance.choice(_headers_in(data))
    cards = range(start, stop, CARD)
    match chance.choices(("bit", "value", "place", "any"), (8, 9, 2, 1))[0]:
        case "bit":
            return data[:start] + flipped(data[start:stop], chance) + data[stop:]
        case "value":
            at = chance.choice(cards)
            card = data[at : at + 8] + f"= {chance.choice(VALUES):>20}".encode()
            return data[:at] + card.ljust(CARD)[:CARD] + data[at + CARD :]
        case "place":
            changed, (one, other) = bytearray(data), chance.choices(cards, k=2)
            changed[one : one + CARD], changed[other : other + CARD] = (
                data[other : other + CARD],
                data[one : one + CARD],
            )
            return bytes(changed)
        case _:
            return altered(data, chance)


@cache
def _headers_in(data: bytes) -> Sequence[tuple[int, int]]:
    """Return where the cards of each header begin and end, without END."""
    places, start = [], 0
    for header in headers_of(io.BytesIO(data)):
        places.append((start, start + end_of(data[start : header.end])))
        start = header.end + header.padded_bytes
    return places


@cache
def few_rows(filename: str, rows: int = 60) -> bytes:
    """Return a file of the sample archive with the first rows of each table."""
    with fits.open(io.BytesIO(content(filename))) as hdus:
        for number, hdu in enumerate(hdus):
            if isinstance(hdu, fits.BinTableHDU):
                hdus[number] = fits.BinTableHDU(hdu.data[:rows].copy(), header=hdu.header)
        out = io.BytesIO()
        hdus.writeto(out, checksum=True)
    return out.getvalue()
