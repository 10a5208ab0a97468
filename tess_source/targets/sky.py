"""Reader of places on the sky that are written as text, in degrees or sexagesimal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tess_source.errors import QueryError

__all__ = ["checked_place", "is_like_place", "place_of"]

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_DEG = r"\s*(?:degrees?|deg|d)"
_SIGN = r"(?P<sign>[+-]?)\s*"


def _sexagesimal(first: str, second: str, third: str) -> str:
    """Return the expression for degrees or hours with minutes and, perhaps, seconds, with these marks."""
    return rf"{_SIGN}(?P<whole>\d{{1,3}}){first}(?P<minutes>{_NUMBER})(?:{second}(?P<seconds>{_NUMBER})?{third})?"


_HOUR = r"\s*(?:hourangle|hours?|hr|h)"
_MINUTE, _SECOND = r"\s*(?:minutes?|arcmin|min|m|')\s*", r"\s*(?:seconds?|arcsec|sec|s|\"|'')?"
_IN_HOURS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_SIGN}(?P<whole>{_NUMBER}){_HOUR}",
        _sexagesimal(rf"{_HOUR}\s*", _MINUTE, _SECOND),
        _sexagesimal(r"\s*:\s*", r"\s*:\s*", r"\s*h"),
        _sexagesimal(r"\s*:\s*", r"\s*:\s*", ""),
        _sexagesimal(r"\s+", r"\s+", ""),
    )
)
_IN_DEGREES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_SIGN}(?P<whole>{_NUMBER}(?:e[+-]?\d+)?)(?:{_DEG})?",
        _sexagesimal(rf"{_DEG}\s*", _MINUTE, _SECOND),
        _sexagesimal(r"\s*:\s*", r"\s*:\s*", r"\s*d"),
    )
)
_UNMARKED = _IN_HOURS[3:]
"""Numbers without letters: hours in right ascension, degrees in declination."""
_HEMISPHERE = re.compile(r"(.*?)\s*([NS])", re.DOTALL)

_EAST = re.compile(r"(.*?)\s*E", re.DOTALL)
_FRAME = r"[([]?(?:icrs|j2000(?:\.0)?)[)\]]?"
_FRAMED = re.compile(rf"(?:{_FRAME}[\s,;:]+)?(.*?)(?:[\s,;]*{_FRAME})?", re.IGNORECASE)
"""A place may say that it is in ICRS, or for J2000, which is the same to some milliarcseconds."""
_RA, _DEC = r"(?:r\.?a\.?|α|right ascension)", r"(?:dec(?:l|lination)?\.?|de|δ)"
_LABELLED = re.compile(rf"\s*{_RA}\s*[=:]?\s*(.*?)[\s,;]*(?<![a-z]){_DEC}\s*[=:]?\s*([+-]?[\s\d.].*)", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*[(\[](.*)[)\]]\s*")
_LIKE_PLACE = re.compile(r"[+-]?\s*\.?\d[\d\s.,;:/+\-hmsd'\"]*")
_MARKS = str.maketrans(
    {"°": "d", "º": "d", "˚": "d", "′": "'", "’": "'", "‘": "'", "´": "'", "″": '"', "”": '"', "“": '"'}
)


def is_like_place(text: str) -> bool:
    """Return whether a text has nothing but numbers and the marks of angles, so that it is no name."""
    return _LIKE_PLACE.fullmatch(_marked(text)) is not None


def place_of(text: str) -> tuple[float, float] | None:
    """Return the place that a text means, or None.

    Parameters
    ----------
    text : str
        Right ascension and declination with blanks, a comma or a sign between them. Each is a number [deg], or sexagesimal with colons,
        blanks, or the letters and marks of hours, degrees, minutes and seconds. Right ascension is in hours if it is sexagesimal,
        unless its letter is d.

    Returns
    -------
    tuple of float or None
        Right ascension and declination [deg], not checked for their range.

    Raises
    ------
    QueryError
        If the text may be read in two ways, or minutes or seconds are above 60.
    """
    text = _marked(text)
    if (match := _BRACKETS.fullmatch(text)) is not None:
        text = match[1]
    if (match := _FRAMED.fullmatch(text.strip())) is not None:
        text = match[1]
    found: dict[tuple[float, float], tuple[str, str]] = {}
    for one, two in _halves(text.strip()):
        ra, dec = _right_ascension(one), _declination(two)
        if ra is not None and dec is not None:
            found[ra, dec] = (one.strip(), two.strip())
    if len(found) > 1 and "." not in text:  # whole numbers without a sign: as astropy, half of them each
        found = {place: halves for place, halves in found.items() if len(halves[0].split()) == len(halves[1].split())}
    if len(found) > 1:
        ways = " or ".join(f"{one!r} and {two!r}" for one, two in found.values())
        raise QueryError(f"{text.strip()!r} may be read as {ways}: write a sign or a comma before the declination")
    return next(iter(found), None)


def checked_place(ra: float, dec: float, text: str) -> tuple[float, float]:
    """Return a place after a check, with right ascension from 0 to 360 degrees.

    Raises
    ------
    QueryError
        If it is not on the sky. Right ascension may also be counted from -180 degrees.
    """
    if not (-180 <= ra <= 360 and -90 <= dec <= 90):
        swapped = "; right ascension comes first" if -90 <= ra <= 90 and 90 < dec <= 360 else ""
        raise QueryError(
            f"{text!r} is not a place on the sky: right ascension is 0 to 360 degrees (0 to 24 hours) or, counted from -180, negative; "
            f"declination is -90 to 90 degrees{swapped}"
        )
    return (ra + 360 if ra < 0 else ra), dec


def _marked(text: str) -> str:
    """Return a text with plain letters for the marks of angles, and with its decimals behind the number: 26s.35 is 26.35s."""
    return re.sub(r"([hmsd'\"])\.(\d+)", r".\2\1", text.translate(_MARKS))


def _halves(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to divide a text into right ascension and declination: where the labels, the comma or the sign are, if any."""
    if (match := _LABELLED.fullmatch(text)) is not None:
        yield match[1], match[2]
    elif len(parts := re.split(r"[,;/]", text)) > 1:
        if len(parts) == 2:
            yield parts[0], parts[1]
    elif (sign := re.search(r"(?<=[^\sEe+-])\s*[+-]", text)) is not None:
        yield text[: sign.start()], text[sign.start() :]
    else:
        yield from ((text[: gap.start()], text[gap.end() :]) for gap in re.finditer(r"\s+", text))


def _right_ascension(text: str) -> float | None:
    if (match := _EAST.fullmatch(text)) is not None:
        text = match[1]
    hours = _angle(text, _IN_HOURS)
    return _angle(text, _IN_DEGREES) if hours is None else hours * 15


def _declination(text: str) -> float | None:
    angle = _angle(text, (*_IN_DEGREES, *_UNMARKED))
    if angle is None and (hemisphere := _HEMISPHERE.fullmatch(text)) is not None:  # after seconds: their S is no south
        angle = _angle(hemisphere[1], (*_IN_DEGREES, *_UNMARKED))
        return -angle if angle is not None and hemisphere[2] == "S" else angle
    return angle


def _angle(text: str, forms: tuple[re.Pattern[str], ...]) -> float | None:
    """Return an angle in the unit of its first number."""
    match = next((match for form in forms if (match := form.fullmatch(text.strip()))), None)
    if match is None:
        return None
    parts = match.groupdict()
    minutes, seconds = parts.get("minutes") or "0", parts.get("seconds") or "0"
    if parts.get("seconds") and not minutes.isdigit():
        return None
    if float(minutes) > 60 or float(seconds) > 60:
        return None
    value = float(parts["whole"]) + float(minutes) / 60 + float(seconds) / 3600
    return -value if parts["sign"] == "-" else value
