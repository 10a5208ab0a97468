"""Targets from the words of a shell, which divides "TIC 16740101" and "84.29 -80.47" at their blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tess_source.errors import QueryError
from tess_source.targets.sky import place_of
from tess_source.targets.texts import cleaned

__all__ = ["joined"]

_ANGLE = re.compile(
    r"[(\[]?[+-]?\.?\d[\d.,;:eE+\-hmsdg'\"°′″º]*[)\]]?|[,;+-]|deg|(?:ra|dec)[=:]?[+-]?[\d.:]*,?", re.IGNORECASE
)
_WHOLE = re.compile(r"\d+(?:\.0*)?")
_TOI = re.compile(r"c?toi[ _-]?\d+(?:\.\d{1,2})?(?: (?-i:[A-Z]))?(?: (?-i:[b-i]))?(?= |$)", re.IGNORECASE)
"""A TOI, or one of the community: its number, the letters of a star and of a planet may be words of their own."""
MOST_WORDS = 8
"""Words of one place: hours, minutes, seconds, degrees, minutes, seconds, and two between or before them."""


def joined(words: Sequence[str]) -> list[str]:
    """Return words of a shell with those that make one target together in one text.

    Parameters
    ----------
    words : sequence of str
        ``["TIC", "16740101"]`` is one star, ``["84.29", "-80.47"]`` one place; whole numbers without a sign are TIC ids.

    Returns
    -------
    list of str
    """
    found, at = [], 0
    while at < len(words):
        count = _count_of_words(words[at:])
        found.append(" ".join(word.strip() for word in words[at : at + count]))
        at += count
    return found


def _count_of_words(words: Sequence[str]) -> int:
    """Return how many of the next words make one target."""
    if len(words) > 1 and words[0].strip().lower() == "tic" and _WHOLE.fullmatch(words[1].strip()):
        return 2
    if match := _TOI.match(" ".join(word.strip() for word in words[:4])):
        return match[0].count(" ") + 1
    angles = 0
    while angles < min(len(words), MOST_WORDS) and _ANGLE.fullmatch(cleaned(words[angles])):
        angles += 1
    return next((count for count in range(angles, 1, -1) if _is_place(words[:count])), 1)


def _is_place(words: Sequence[str]) -> bool:
    """Return whether words are one place, and not TIC ids."""
    text = cleaned(" ".join(words))
    if all(word.strip(" ,;").isdecimal() for word in words):
        return False
    try:
        place = place_of(text)
    except QueryError:  # it may be read in two ways
        return False
    return place is not None and abs(place[0]) <= 360 and abs(place[1]) <= 90
