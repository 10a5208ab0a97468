"""TOIs as targets: which star "TOI 700.01", "TOI-700" and "TOI-700 d" mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tess_source._lazy import pl
from tess_source.clock import age_of, ago
from tess_source.display import text as words
from tess_source.errors import ResolverError
from tess_source.settings import Settings
from tess_source.targets.target import Target
from tess_source.targets.texts import cleaned
from tess_source_stars.toi.kept import KnownTois, kept_tois, known_tois

__all__ = ["ToiName", "check_known", "not_known", "recall", "resolve"]

_TOI = re.compile(
    r"\(?toi[\s_:#-]*0*(?P<number>[1-9]\d{0,6})(?:\.(?P<candidate>\d{0,2}))?(?:[\s_-]*(?-i:A))?(?:[\s_-]*(?-i:[b-i]))?\)?", re.IGNORECASE
)  # fmt: skip
"""A number, with or without that of the candidate, the A of the main star, or the letter of a planet: other capital letters are
companions, which are other stars."""
_CTOI = re.compile(r"ctoi[\s_:#-]*(?:tic[\s_-]*)?0*(?P<tic>[1-9]\d{0,15})(?:\.\d{1,2})?", re.IGNORECASE)
_LIKE_TOI = re.compile(r"\W*c?toi(?:\W|_|\d).*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ToiName:
    """The number of a TOI."""

    number: int
    """Of the star, e.g. 700."""
    candidate: str = ""
    """Of the candidate, e.g. ``"01"``; empty: all of the star."""

    @classmethod
    def of(cls, text: str) -> ToiName | None:
        """Read a name such as ``"TOI 700.01"``, ``"TOI-700"``, ``"toi700"``, ``"TOI-700 d"``; None if it is none."""
        match = _TOI.fullmatch(cleaned(text))
        if match is None:
            return None
        candidate = f"{match['candidate'] or ''}0"[:2].ljust(2, "0")
        return cls(int(match["number"]), "" if candidate == "00" else candidate)

    def __str__(self) -> str:
        return f"TOI {self.number}{'.' + self.candidate if self.candidate else ''}"

    def mask(self) -> pl.Expr:
        """Return the mask of this TOI, or of all TOIs of this star, in a table with a column `toi`."""
        return pl.col("toi") == str(self)[4:] if self.candidate else pl.col("toi").str.starts_with(f"{self.number}.")


def resolve(name: str, settings: Settings) -> Target | None:
    """Return the star of a TOI, through ExoFOP's table; None if it is no TOI, or one that the table does not have.

    Raises
    ------
    ResolverError
        If the star has other TOIs, but not this one.
    OfflineError, ServiceError
        If there is no table to look into.
    """
    if (star := _star_of_ctoi(name)) is not None:
        return star
    toi = ToiName.of(name)
    return None if toi is None else _star(name, toi, known_tois(settings))


def recall(name: str, settings: Settings) -> Target | None:
    """Return the star of a TOI as `resolve` does, from the kept table alone; None if none is kept."""
    if (star := _star_of_ctoi(name)) is not None:
        return star
    toi = ToiName.of(name)
    if toi is None or (known := kept_tois(settings)) is None:
        return None
    if (star := _star(name, toi, known)) is None:
        raise not_known(toi, known)
    return star


def check_known(name: str, settings: Settings, found: Target | None) -> Target | None:
    """Return what all resolvers found.

    Raises
    ------
    ResolverError
        If they found nothing, and the name is that of a TOI, or looks like one.
    """
    if found is None and (toi := ToiName.of(name)) is not None:
        raise not_known(toi, known_tois(settings))
    if found is None and _LIKE_TOI.fullmatch(name):
        right = "TOIs are written as 'TOI 700', 'TOI 700.01' or 'TOI-700 d', those of the community as 'CTOI 17361.01'"
        raise ResolverError(f"no resolver knows {name!r}; {right}")
    return found


def not_known(toi: ToiName, known: KnownTois) -> ResolverError:
    """Return the error for a TOI that a table does not have. It names the others of its star, or those nearest to it."""
    of_number = known.tois.where(ToiName(toi.number).mask())["toi"]
    if len(of_number):
        there = words.first([f"TOI {one}" for one in of_number.sort()])
        return ResolverError(f"{toi} is not in the table of {known.said}, which has {there} of this star")
    numbers: list[int] = known.tois["toi"].str.extract(r"^(\d+)").cast(pl.Int64).drop_nulls().unique().to_list()
    near = sorted(sorted(numbers, key=lambda one: abs(one - toi.number))[:2])
    nearest = f"; the nearest are TOI {words.first(near, separator=' and TOI ')}" if near else ""
    last = f", which goes up to TOI {max(numbers)}" if numbers else ", which is empty"
    return ResolverError(
        f"{toi} is not in the table of {known.said} (asked for {ago(age_of(known.time))}){last}{nearest}"
    )


def _star_of_ctoi(name: str) -> Target | None:
    """Return the star of a community TOI, whose number is that of the star; None if it is none."""
    match = _CTOI.fullmatch(cleaned(name))
    return None if match is None else Target(text=name, tic=int(match["tic"]), resolver="its CTOI number")


def _star(name: str, toi: ToiName, known: KnownTois) -> Target | None:
    """Return the star of a TOI; None if the table has no TOI of this number.

    Raises
    ------
    ResolverError
        If the star has other TOIs only, or TOIs of this number are of several stars.
    """
    of_number = known.tois.where(ToiName(toi.number).mask())
    ours = of_number.where(toi.mask())
    stars = ours["tic"].unique().sort().to_list()
    if not len(of_number):
        return None
    if not stars:
        raise not_known(toi, known)
    if len(stars) > 1:
        said = words.first([f"TOI {row['toi']} is TIC {row['tic']}" for row in ours])
        raise ResolverError(f"{toi} is more than one star in the table of {known.said}: {said}")
    return Target(text=name, tic=stars[0], resolver=known.said)
