"""Reader of a target that is written as text: a TIC id, a place, the obs_id of an observation, or a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from tess_source import names
from tess_source.errors import QueryError
from tess_source.targets.motion import MOVED
from tess_source.targets.sky import checked_place, is_like_place, place_of
from tess_source.targets.target import DEFAULT_RADIUS, ObservationKey, Target
from tess_source.wording import Wording

__all__ = ["EXACT", "EXAMPLES", "NO_VALUES", "cleaned", "is_blank", "is_like_tic", "targets_of_text", "tic_target"]

EXAMPLES = (
    'give a TIC id (16740101 or "TIC 16740101"), a name ("KELT-9"), "ra dec" in degrees, a SkyCoord, or a list of these'
)
EXACT = 2**53
"""Whole numbers below this are exact in a Python float."""
MOST_DIGITS = 16
"""Digits of a TIC id in TESS file names. The largest ids so far have 11."""

_BLANKS = frozenset({"", "nan", "<na>", "na", "n/a", "#n/a", "nat", "none", "null", "--", "---", "masked"})
"""What tables write where there is no value, in lower case."""
NO_VALUES = _BLANKS | {"-", "\\n", "-999", "-999.0", "-9999", "-9999.0"}
"""What tables write in columns of numbers where there is no value, in lower case."""
_PREFIX = r"(?:tic(?:[\s_]*id)?(?:\s+|[_#-]|\s*[:=]\s*)?)?"
_TIC = re.compile(_PREFIX + r"0*(\d+)(?:\.0*)?", re.IGNORECASE)
_FLOAT_TIC = re.compile(_PREFIX + r"(\d+(?:\.\d*)?)e\+?(\d+)", re.IGNORECASE)
_THOUSANDS = re.compile(_PREFIX + r"[1-9]\d{0,2}(?:,\d{3})+", re.IGNORECASE)
_QUOTED = re.compile(r"=?([\"'])(.*)\1")
"""As in Python or in a shell, or as spreadsheets keep a number from being changed."""
_LIST = re.compile(r"[(\[](.*)[)\]]")
_CANDIDATE = re.compile(r"tic[\s_-]*0*([1-9]\d*)\.\d\d?", re.IGNORECASE)
"""As the community names candidates: the number of the star, and that of the candidate."""
_LIKE_TIC = re.compile(r"tic(?:[\s_\d+-].*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|-\d+)(?:e[+-]?\d+)?|-\d+", re.IGNORECASE)
_TOI = re.compile(r"[1-9]\d{2,4}\.\d\d?")
_OBS_ID = re.compile(r"(?:tess\d{13}-|tess-s\d{4}-|hlsp_)\S+")
_FILE = re.compile(r"(?:[a-z]+:|/)\S*|\S+\.(?:fits|xml|pdf|gz|sh|csv|txt)", re.IGNORECASE)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_KEPT = dict.fromkeys(map(ord, "º´″‴"))
"""Marks of angles that would be changed into others by the normal form."""


def cleaned(text: str) -> str:
    """Return a text as it would be typed: with plain dashes, digits and blanks, and without invisible characters."""
    text = text.translate(_DASHES).translate(_INVISIBLE)
    plain = "".join(char if ord(char) in _KEPT else unicodedata.normalize("NFKC", char) for char in text)
    plain = " ".join(plain.split())
    return match[2].strip() if (match := _QUOTED.fullmatch(plain)) is not None else plain


def is_like_tic(text: str) -> bool:
    """Return whether a text is a whole number, with or without TIC before it."""
    return _TIC.fullmatch(cleaned(text)) is not None


def is_blank(text: str) -> bool:
    """Return whether a text is what tables write where there is no value, e.g. ``"nan"``, ``"N/A"`` or nothing."""
    return text.strip().lower() in _BLANKS


def targets_of_text(text: str, radius: float | None = None) -> Iterator[Target | ObservationKey | str]:
    """Yield the target that a text means, or the stars if it is a list of TIC ids.

    Parameters
    ----------
    text : str
        Not blank.
    radius : float, optional
        Radius of cones [arcsec].

    Yields
    ------
    Target or ObservationKey or str
        A str is a name that still has to be resolved.

    Raises
    ------
    QueryError
        If it is not a target; the message says what is.
    """
    text = cleaned(text).rstrip(" ,;").removesuffix(MOVED) or text
    if _THOUSANDS.fullmatch(text):
        raise QueryError(
            f"{text!r} may be one TIC id or several: write an id without commas, and a blank behind the commas of a list"
        )
    if ids := _tic_ids(text):
        yield from (tic_target(int(tic), word) for word, tic in ids)
    elif (match := _FLOAT_TIC.fullmatch(text)) is not None:
        yield _float_target(text, match[1], int(match[2]))
    elif _LIKE_TIC.fullmatch(text):
        star = f"; the star of this candidate is 'TIC {match[1]}'" if (match := _CANDIDATE.fullmatch(text)) else ""
        raise QueryError(f"{text!r} is not a TIC id: these are positive whole numbers, as in 'TIC 16740101'{star}")
    elif text.startswith("@"):
        raise QueryError(
            f"{text!r} is no target: a list in a file ",
            Wording(f"is read by tess_source.targets.read_targets({text[1:]!r})", "cannot be part of another list"),
        )
    elif _NUMBER.fullmatch(text):
        toi = f"; a TOI is written as 'TOI {text}'" if _TOI.fullmatch(text) else ""
        raise QueryError(
            f"{text!r} is one number with a fraction or a sign: neither a TIC id nor coordinates, which are two (in quotes, if there is a "
            f"blank between them){toi}"
        )
    elif (place := place_of(text)) is not None:
        ra, dec = checked_place(*place, text)
        yield Target(text=text, ra=ra, dec=dec, radius=DEFAULT_RADIUS if radius is None else radius)
    elif is_like_place(text):
        raise QueryError(
            f"{text!r} cannot be read as coordinates: give right ascension and declination, e.g. '307.8598 39.9388' in degrees or "
            "'20:31:26.4 +39:56:20'"
        )
    else:
        yield _observation(text) or text


def _tic_ids(text: str) -> list[tuple[str, str]]:
    """Return the words that are TIC ids, each with its digits, if all are; what may be coordinates is none."""
    if (match := _TIC.fullmatch(text)) is not None:
        return [(text, match[1])]
    bare = match[1] if (match := _LIST.fullmatch(text)) is not None else text
    listed = [word.strip(" '\"") for word in bare.split(";" if ";" in bare else ",") if word.strip()]
    words = bare.split() if len(listed) == 1 else listed
    found = [(word, match[1]) for word in words if (match := _TIC.fullmatch(word)) is not None]
    if not found or len(found) < len(words) or "." in text:
        return []
    if len(listed) == 1 and not all(re.fullmatch(r"[1-9]\d{3,}", word) for word in words):
        return []  # such as an id and a sector
    return found if len(listed) > 2 or not words[0].isdigit() or int(words[0]) > 360 else []


def tic_target(number: int, text: str) -> Target:
    """Return the star with a TIC id.

    Raises
    ------
    QueryError
        If a number cannot be a TIC id.
    """
    if len(str(number)) > MOST_DIGITS and number > 0:
        gaia = (
            f"; it looks like a Gaia source id: give the star's TIC id, or e.g. 'Gaia DR3 {number}' for the archive's name resolver"
            if number < 2**63
            else ""
        )
        raise QueryError(
            f"{text!r} is not a TIC id: it has {len(str(number))} digits, and TIC ids have at most 11 so far{gaia}"
        )
    if number <= 0:
        raise QueryError(f"{text!r} is not a TIC id: these are positive whole numbers")
    return Target(text=text.strip(), tic=number)


def _float_target(text: str, digits: str, power: int) -> Target:
    value = Decimal(f"{digits}e{min(power, 400)}")
    if value != value.to_integral_value():
        raise QueryError(f"{text!r} is not a TIC id: these are whole numbers")
    if value >= EXACT:
        raise QueryError(f"{text!r} is not a TIC id: such a number has lost digits; keep ids as text or as integers")
    written = len(digits.replace(".", "").lstrip("0"))
    if written <= min(6, power):  # what spreadsheets and "%g" keep of a longer number
        raise QueryError(
            f"{text!r} may have been rounded to {written} digit{'s' * (written > 1)}, and be another star: give all digits of the TIC id"
        )
    return tic_target(int(value), text)


def _observation(text: str) -> ObservationKey | None:
    """Return the observation with this obs_id, or None if it is none.

    Raises
    ------
    QueryError
        If it is the name of a file.
    """
    if names.parse_obs_id(text).kind != "other":
        return ObservationKey("obs_id", text)
    if names.parse(text).kind != "other" or (_FILE.fullmatch(text) and "tess" in text.lower()):
        raise QueryError(
            f"{text!r} is a file, not a target: give the star, or the obs_id of the observation; name='{text.rpartition('/')[2]}' chooses "
            "among the products of a search"
        )
    return ObservationKey("obs_id", text) if _OBS_ID.fullmatch(text) else None
