"""The stars that names are taken to mean: of all stars in an answer, the nearest to each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.tables.listing import Observations
from tess_source.targets.target import Target

__all__ = [
    "Around",
    "Taken",
    "around",
    "neighbours_in_words",
    "separation",
    "several_taken",
    "stars_taken",
    "taken_in_words",
]

REACH = 10.0
"""Greatest distance of a star that a name can mean [arcsec]. The archive finds what overlaps a cone of
`tess_source.targets.target.DEFAULT_RADIUS`, and an observation has a radius of 5 arcsec."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The star that a name is taken to mean."""

    target: Target
    tic: int
    away: float
    """From the place that the name was resolved to [arcsec]."""

    def __str__(self) -> str:
        return f"using TIC {self.tic}, {self.away:.1f} arcsec from the coordinates of {self.target.resolver or 'the target'}"

    def record(self) -> dict[str, Any]:
        """Return it in plain values."""
        return {"target": self.target.text, "tic": self.tic, "arcsec": round(self.away, 3)}


@dataclass(frozen=True, slots=True)
class Around:
    """The rows of an archive around a place, and the star that the place is taken to mean, if it is a name's."""

    rows: pl.DataFrame
    """With `separation` [arcsec]: from the place to the coordinates of the observation."""
    taken: Taken | None = None
    others: tuple[tuple[int, float], ...] = ()
    """The other stars there: TIC ids and distances [arcsec]."""


def around(rows: pl.DataFrame, target: Target) -> Around:
    """Return the rows around a place; of a name without a radius, those of the nearest TIC id only.

    Rows without a TIC id, full-frame images that were asked for, are kept: they hold the place.

    Parameters
    ----------
    rows : polars.DataFrame
        An archive's rows around the place, with its columns `target_name`, `s_ra` and `s_dec` [deg].
    target : Target
    """
    if target.ra is None or target.dec is None or not {"s_ra", "s_dec"} <= set(rows.columns):
        return Around(rows)
    rows = rows.with_columns(separation=separation(target.ra, target.dec))
    if target.radius is not None or not rows.height or "target_name" not in rows.columns:
        return Around(rows)
    tic = pl.col("target_name").str.extract(r"^0*(\d+)$").cast(pl.Int64, strict=False)
    stars = rows.select(tic.alias("tic"), "separation").drop_nulls()
    stars = stars.group_by("tic").agg(pl.col("separation").min()).sort("separation", "tic")
    if not stars.height:
        return Around(rows)
    (nearest, away), *others = stars.rows()
    return Around(rows.filter((tic == nearest) | tic.is_null()), Taken(target, nearest, away), tuple(others))


def neighbours_in_words(parts: Sequence[Around]) -> list[str]:
    """Return which stars names are taken to mean, and which other stars are near them: a line each, if there are any."""
    taken = [part.taken for part in parts if part.taken]
    crowded = [
        f"{part.taken.target.text}: near it also {text.first([f'TIC {tic} at {away:.1f} arcsec' for tic, away in part.others])}"
        for part in parts
        if part.taken and part.others
    ]
    near = f"{text.first(crowded, text.FEW, '; ')} (give a radius for all)" if crowded else ""
    return [line for line in (several_taken(taken) if taken else "", near) if line]


def stars_taken(targets: Iterable[Target], observations: Observations) -> list[Taken]:
    """Return the star that each name is taken to mean, of all names for which there is one.

    Of a name without a radius, archives give the observations of its nearest star only. Stars of other targets may be in the same answer.

    Parameters
    ----------
    targets : iterable of Target
    observations : Observations
        With columns `s_ra` and `s_dec` [deg]; without them, it is not known which star is near.
    """
    frame, found = observations.to_polars(), []
    names = [target for target in targets if target.tic is None and target.radius is None]
    if not names or not {"s_ra", "s_dec"} <= set(frame.columns):
        return []
    stars = frame.select("tic", "s_ra", "s_dec").drop_nulls().unique().sort("s_dec", "tic")
    for target in names:
        if target.ra is None or target.dec is None:
            continue
        apart = separation(target.ra, target.dec)
        begin, end = (stars["s_dec"].search_sorted(target.dec + sign * REACH / 3600) for sign in (-1, 1))
        near = stars[int(begin) : int(end) + 1].select("tic", away=apart).filter(pl.col("away") <= REACH)
        if near.height:
            found.append(Taken(target, *near.sort("away", "tic").row(0)))
    return found


def separation(right_ascension: float, declination: float, *, ra: str = "s_ra", dec: str = "s_dec") -> pl.Expr:
    """Return the angle between a place [deg] and that in two columns [arcsec], by the haversine formula."""
    here_ra, here_dec = pl.lit(right_ascension).radians(), pl.lit(declination).radians()
    there_ra, there_dec = pl.col(ra).radians(), pl.col(dec).radians()
    square = ((there_dec - here_dec) / 2).sin().pow(2) + here_dec.cos() * there_dec.cos() * (
        (there_ra - here_ra) / 2
    ).sin().pow(2)
    return 2 * square.sqrt().clip(0, 1).arcsin().degrees() * 3600


def taken_in_words(taken: Sequence[Taken], targets: Sequence[Target], observations: Observations) -> str:
    """Return which stars the names among targets are taken to mean.

    If it is not known which star is near, it is told for a single name only, which means all stars of the answer.
    """
    if not taken and len(targets) == 1 and targets[0].tic is None and targets[0].radius is None:
        tics = observations["tic"].drop_nulls().unique().sort()
        return f"{targets[0].text}: using {text.first([f'TIC {tic}' for tic in tics])}" if len(tics) else ""
    return several_taken(taken)


def several_taken(taken: Sequence[Taken]) -> str:
    """Return which stars names are taken to mean; many names are counted, with a few examples."""
    if len(taken) <= text.FEW:
        return "; ".join(f"{star.target.text}: {star}" for star in taken)
    shown = text.first([f"{star.target.text} TIC {star.tic}" for star in taken], text.FEW)
    return f"{len(taken):,} names: using the star nearest to the coordinates of each: {shown}"
