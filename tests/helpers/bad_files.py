"""Files that are odd on purpose: FITS with cards that cannot be, XML that means harm, gzip of any contents."""

from __future__ import annotations

import gzip
import math
import random
import zlib

from fuzz import altered

from tess_source_sample.files import make

LC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
BLOCK, CARD = 2880, 80

KEYS = (
    "SIMPLE XTENSION BITPIX NAXIS NAXIS1 NAXIS2 NAXIS3 PCOUNT GCOUNT TFIELDS THEAP GROUPS TTYPE1 TTYPE2 TFORM1 TFORM2 TFORM4 TDIM1 TDIM4 "
    "TSCAL1 TZERO1 TSCAL4 TZERO4 DATA_REL PROCVER DATE CREATOR ORIGIN NEXTEND NUMTCES VERSION LITE PCORIGIN EXTNAME CHECKSUM DATASUM TICID "
    "SECTOR CAMERA CCD EXPOSURE NUM_FRM FRAMETIM INT_TIME READTIME TIMEDEL EXPTIME TELESCOP"
)
VALUES = (
    "9" * 25, "-" + "9" * 25, "9" * 68, "'" + "9" * 60 + "'", "1E999", "-1E999", "1E308", "5E-324", "NaN", "T", "F", "", "0", "-1", "1",
    "2", "7", "8", "16", "-64", "999", "1000", "2147483648",
    "4294967296", "1000000000", "9223372036854775807", "9223372036854775808", "1.5",
    "(1, 2)", "''", "'x'", "'\t'", "'\x1b[31m'", "'#,\"'", "'1PE(5)'", "'1QD'", "'999999999999E'", "'0A'", "'0E'", "'8X'",
    "'9999999999999X'", "'E'", "'D'", "'1L'", "'M'", "'3J'", "'(0)'", "'(" + "1," * 30 + "1)'", "'LightCurveExporter'",
    "'DvTimeSeriesExporter'", "'TASOC/Aarhus'",
)  # fmt: skip
"""What stands behind the ``=`` of a card."""


def curve() -> bytes:
    """Return a whole light curve of few cadences."""
    return make(LC, 43_200)


def with_cards(data: bytes, *cards: str, hdu: int = 0) -> bytes:
    """Return a FITS file of which one header has other cards, in place of those with the same keywords, and no sums."""
    starts = [at for at in range(0, len(data), BLOCK) if data[at : at + 8] in (b"SIMPLE  ", b"XTENSION")]
    start = end = starts[min(hdu, len(starts) - 1)]
    while data[end : end + CARD] != b"END".ljust(CARD):
        end += CARD
    lines = [card.encode("latin-1").ljust(CARD)[:CARD] for card in cards]
    replaced = {line[:8] for line in lines} | {b"CHECKSUM", b"DATASUM "}
    kept = [card for at in range(start, end, CARD) if (card := data[at : at + CARD])[:8] not in replaced]
    lines.sort(key=lambda line: line[:8] not in {b"SIMPLE  ", b"XTENSION"})  # such a card stands first
    first = lines[:1] if data[start : start + 8] in replaced else []
    header = b"".join([*first, *kept, *lines[len(first) :], b"END".ljust(CARD)])
    rest = data[start + math.ceil((end + CARD - start) / BLOCK) * BLOCK :]
    return data[:start] + header.ljust(math.ceil(len(header) / BLOCK) * BLOCK) + rest


def odd_fits(data: bytes, chance: random.Random) -> bytes:
    """Return a FITS file with cards that cannot be, or with changed bytes."""
    if chance.random() < 0.3:
        return altered(data, chance)
    cards = [f"{chance.choice(KEYS.split()):8}= {chance.choice(VALUES)}" for _ in range(chance.choice((1, 1, 2, 4)))]
    if chance.random() < 0.1:
        key = chance.choice(("DATA_REL", "PROCVER", "DATASUM ", "TFORM1  ", "TDIM4   ", "NEXTEND "))
        cards = [f"{key:8}= '{'9' * 60}&'", *[f"CONTINUE  '{'9' * 60}&'"] * chance.choice((1, 100, 3000))]
    return with_cards(data, *cards, hdu=chance.randrange(3))


def odd_gzip(data: bytes, chance: random.Random) -> bytes:
    """Return compressed bytes: of changed bytes, changed themselves, in several members, with zeros or noise between."""
    match chance.randrange(5):
        case 0:
            return gzip.compress(odd_fits(data, chance), 1)
        case 1:
            return altered(gzip.compress(data, 1), chance)
        case 2:
            at = chance.randrange(len(data))
            return (
                gzip.compress(data[:at], 1)
                + bytes(chance.randrange(9))
                + gzip.compress(data[at:], 1)
                + chance.randbytes(2)
            )
        case 3:
            return gzip.compress(b"") * chance.randrange(2000) + gzip.compress(data, 1)
        case _:
            return chance.choice((zlib.compress(data), b"\x1f\x8b" + chance.randbytes(50), gzip.compress(data, 1)[:20]))


ENCODINGS = (
    "UTF-9", "utf-7", "utf-8", "UTF-16", "utf-16-le", "utf-32", "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape",
    "rot13", "base64", "zlib", "hex", "mbcs", "shift_jis", "gb18030", "cp037", "windows-1252", "palmos", "x" * 5000, "", "utf-8\0",
    "\x1b[31m", "../../etc/passwd", "os", "é",
)  # fmt: skip
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
PROLOGUES = (
    f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><a/>',
    '<!DOCTYPE a SYSTEM "x.dtd"><a>&nbsp;</a>',
    "<!DOCTYPE a [<!ATTLIST a b CDATA 'x'>]><a/>",
    "<!DOCTYPE html><a/>", "<a>" * 100, "<a>" * 30_000, "<a b='" + "x" * 200_000, "<!--" + "x" * 200_000, "<a " + "b" * 100_000 + "='1'/>",
    "<a b='1' b='2'/>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>\0</a>", "<x:a/>", "<?xml version='9.9'?><a/>", " <?xml version='1.0'?><a/>",
    "<?xml version='1.0'", "<a xmlns='" + "u" * 9000 + "'/>", "<![CDATA[", "<a><![CDATA[]]></a>",
)  # fmt: skip

ODD_NUMBERS = (
    b"9" * 25, b"9" * 5000, b"1e999", b"NaN", b"-1", b"", "²".encode(), "９".encode(), b"01" * 9000, b"1_0",
)  # fmt: skip


def odd_xml(data: bytes, chance: random.Random) -> bytes:
    """Return XML in an odd encoding, behind an odd beginning, with odd numbers, or with changed bytes."""
    match chance.randrange(5):
        case 0:
            said = f'<?xml version="1.0" encoding="{chance.choice(ENCODINGS)}"?>'.encode()
            return said + data.partition(b"?>")[2]
        case 1:
            text = chance.choice(PROLOGUES) + data.decode()
            codecs = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7")
            return text.encode(chance.choice(codecs))
        case 2:
            words = data.split(b'"')
            number = chance.randrange(1, len(words), 2)
            words[number] = chance.choice(ODD_NUMBERS)
            return b'"'.join(words)
        case _:
            return altered(data, chance)
