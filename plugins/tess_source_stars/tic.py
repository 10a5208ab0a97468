"""The TESS Input Catalog (TIC) as a session knows it: remembered values first, then the archive's service, in batches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from tess_source._lazy import pl
from tess_source.clock import SKEW, age_of, ago, this_moment
from tess_source.display import activity, text
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, QueryError
from tess_source.settings import Settings, is_offline, max_age
from tess_source.units import check_flags
from tess_source_mast.batches import MOST_AT_A_TIME, batches, in_parallel
from tess_source_stars.columns import SCHEMA
from tess_source_stars.remembered import Remembered
from tess_source_stars.service import MOST_IDS, Cone, rows_of_ids, rows_within

__all__ = ["MOST_CONES", "MOST_RADIUS", "MOST_STARS", "Tic"]

log: logging.Logger = logger(__name__)

MOST_STARS = 500_000
"""Stars that are asked for in one call, in 500 questions."""
MOST_CONES = 5_000
"""Cones that are asked for in one call, a question for each."""
MOST_RADIUS = 1800.0
"""Radius of a cone [arcsec]: towards the Milky Way's centre, the TIC has 100,000 stars in such a cone."""
AT_ONCE = 2 * MOST_AT_A_TIME
"""Questions after which what came may be remembered, so that a process that is killed loses little."""
GROWTH = 8
"""The file is written anew once an eighth has been added, so that it is not written hundreds of times when it is large."""
WHOLE_TIC = "the whole TIC is at https://archive.stsci.edu/missions/tess/catalogs/tic_v82/"

T = TypeVar("T")


class Tic:
    """The TIC as a session knows it.

    Parameters
    ----------
    settings : Settings
    refresh : bool
        Whether to ask the archive, even for what is remembered.
    """

    def __init__(self, settings: Settings, *, refresh: bool = False) -> None:
        check_flags(refresh=refresh)
        self._settings, self._refresh = settings, refresh
        self._offline = is_offline(settings.offline)
        if refresh and self._offline:
            raise QueryError("values cannot be refreshed offline")

    @cached_property
    def _remembered(self) -> Remembered:
        return Remembered(self._settings)

    def stars(self, tics: Sequence[int], *, quiet: bool = False) -> pl.DataFrame:
        """Return the values of stars.

        Parameters
        ----------
        tics : sequence of int
            TIC ids.
        quiet : bool
            Whether you have been told of the stars before, so that nothing is logged.

        Returns
        -------
        polars.DataFrame
            With the columns of `SCHEMA`; one row per star, each once, in the order given. A star that the TIC does not have has
            nulls, and is logged.

        Raises
        ------
        OfflineError
            If values are missing, and no connection may be opened.
        QueryError
            If there are more than `MOST_STARS`.
        ServiceError
            If the archive fails.
        """
        wanted = pl.DataFrame({"tic": pl.Series([*dict.fromkeys(tics)], dtype=pl.Int64)})
        unknown = wanted.join(self._lasting(), on="tic", how="anti", maintain_order="left")
        missing = (wanted if self._refresh else unknown)["tic"].to_list()
        if missing:
            self._check(f"the TIC's values of {_tics(missing)}", len(missing), MOST_STARS, "star")
            self._ask(rows_of_ids, list(batches(missing, MOST_IDS)))
        found = wanted.join(self._remembered.stars, on="tic", how="left", maintain_order="left").select(*SCHEMA)
        if not quiet:
            self._log(found, len(missing))
        return found

    def around(self, cones: Sequence[Cone]) -> list[pl.DataFrame]:
        """Return the TIC's stars within cones.

        Returns
        -------
        list of polars.DataFrame
            For each cone, the columns of `SCHEMA` and `separation` from its centre [arcsec], nearest first.

        Raises
        ------
        OfflineError, QueryError, ServiceError
            As `stars`; also if a radius is greater than `MOST_RADIUS`.
        """
        if wide := [cone.radius for cone in cones if cone.radius > MOST_RADIUS]:
            most = f"give at most {MOST_RADIUS:g} arcsec; {WHOLE_TIC}"
            raise QueryError(f"a cone of {wide[0]:g} arcsec may have 100,000 stars of the TIC: {most}")
        unique = list(dict.fromkeys(cones))
        missing = unique if self._refresh else [cone for cone in unique if not self._covers(cone)]
        if missing:
            told = text.first([f"{cone.ra:.5f} {cone.dec:+.5f}" for cone in missing], text.FEW)
            self._check(f"the TIC's stars around {told}", len(missing), MOST_CONES, "cone")
            self._ask(rows_within, missing)
        return [self._remembered.within(cone) for cone in cones]

    def _lasting(self) -> pl.DataFrame:
        """Return the remembered stars that need not be asked for again.

        That the TIC does not have a star is asked again after a while, as an archive in trouble may answer without a row.
        """
        stars = self._remembered.stars
        if self._offline:
            return stars
        gone = pl.col("version").is_null()
        old = [time for time in stars.filter(gone)["asked"].unique() if not self._is_young(time)]
        return stars.filter(~(gone & pl.col("asked").is_in(old)))

    def _covers(self, cone: Cone) -> bool:
        """Return whether a cone need not be asked for again; one without a star, only for a while."""
        around = self._remembered.around(cone)
        return any(
            self._offline or one["stars"] or self._is_young(one["asked"]) for one in around.iter_rows(named=True)
        )

    def _is_young(self, asked: str) -> bool:
        return -SKEW <= age_of(asked) <= max_age(self._settings.max_age)

    def _check(self, what: str, count: int, most: int, noun: str) -> None:
        """Check that the archive may be asked, and for so much."""
        if self._offline:
            raise OfflineError(what, self._remembered.problem)
        if count > most:
            raise QueryError(f"{text.number(count, noun)} in one call: at most {most:,} are asked for; {WHOLE_TIC}")

    def _ask(self, ask: Callable[[T, Settings, threading.Event], pl.DataFrame], items: Sequence[T]) -> None:
        """Ask a question about each item, some at a time, and remember the answers, also those before a failure.

        A long run shows how far it is.
        """
        if len(items) > AT_ONCE:
            log.warning(
                "asking the TIC %s; what came is remembered if you interrupt it", text.number(len(items), "question")
            )
        activity.step("asking the TIC")
        came: list[tuple[T, pl.DataFrame]] = []

        def answered(item: T, stop: threading.Event) -> None:
            came.append((item, ask(item, self._settings, stop)))

        try:
            for number, group in enumerate(batches(items, AT_ONCE)):
                activity.part(number * AT_ONCE, len(items), "questions")
                in_parallel(answered, group, min(MOST_AT_A_TIME, self._settings.jobs))
                if GROWTH * sum(rows.height for _, rows in came) >= self._remembered.stars.height:
                    self._remember(came)
                    came.clear()
        finally:
            self._remember(came)

    def _remember(self, came: Sequence[tuple[T, pl.DataFrame]]) -> None:
        """Remember answers about cones or about ids."""
        came = [*came]  # after a failure, others may still come
        if came:
            cones = [(item, rows.height) for item, rows in came if isinstance(item, Cone)]
            self._remembered.keep(pl.concat(rows for _, rows in came), _rows_of_cones(cones) if cones else None)

    def _log(self, found: pl.DataFrame, asked: int) -> None:
        """Log what you should know of the stars: which the TIC does not have, which are no stars of their own, and how old this is."""
        gone = found.filter(pl.col("version").is_null())["tic"].to_list()
        if gone:
            log.warning("not in the TIC: %s", _tics(gone))
        if (odd := found.filter(pl.col("disposition").is_not_null())).height:
            said = [f"TIC {row['tic']} {_disposition(row)}" for row in odd.head(text.FEW).iter_rows(named=True)]
            log.warning(
                "marked in the TIC as no stars of their own: %s",
                text.first([*said, *range(odd.height - len(said))], len(said)),
            )
        if found.height > asked:
            oldest = str(found["asked"].min())
            log.info("from the cache folder: %s, %s", text.number(found.height - asked, "star"), ago(age_of(oldest)))


def _disposition(row: Mapping[str, Any]) -> str:
    """Return the disposition of a star in words, e.g. ``DUPLICATE of TIC 5``."""
    other = row["duplicate_of"]
    return f"{row['disposition']}{'' if other is None else f' of TIC {other}'}"


def _rows_of_cones(cones: Sequence[tuple[Cone, int]]) -> pl.DataFrame:
    """Return cones that were asked for, each with the number of its stars, as they are remembered."""
    now = this_moment()
    rows = [
        {"ra": float(cone.ra), "dec": float(cone.dec), "radius": float(cone.radius), "asked": now, "stars": stars}
        for cone, stars in cones
    ]
    return pl.DataFrame(rows)


def _tics(tics: Sequence[int]) -> str:
    """Return TIC ids in words, many with their number."""
    told = text.first([f"TIC {tic}" for tic in tics], text.FEW)
    return told if len(tics) <= text.FEW else f"{len(tics):,} stars: {told}"
