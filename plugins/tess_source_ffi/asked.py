"""What a question asks of this archive: kinds, pipelines, sectors, CCDs and times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any

from tess_source import names
from tess_source._lazy import pl
from tess_source.errors import QueryError, UnknownNameError
from tess_source.names.sectors import LAST_SECTOR, SPECIAL
from tess_source.settings import Settings
from tess_source.targets.target import Query
from tess_source.wording import keyword
from tess_source_ffi.times import Times
from tess_source_filters.whole import Wholes
from tess_source_filters.words import Words
from tess_source_sectors.known import known_sectors

__all__ = ["KINDS", "Asked"]

KINDS: Mapping[str, tuple[str, ...]] = {
    "ffi": ("SPOC", "TICA"), "ffir": ("SPOC",), "cbv": ("SPOC",), "fast-cbv": ("SPOC",), "cube": ("TESScut", "TICA"),
}  # fmt: skip
"""Kinds of files that belong to a CCD → who makes them."""
PIPELINES = ("SPOC", "TESScut", "TICA")
USUAL = ("SPOC", "TESScut")
"""Pipelines that are meant if none is named."""
MARGIN = 7200.0
"""Images may be taken so long before and after the known dates of a sector [s]."""
CRITERIA = ("sequence_number", "provenance_name", "dataproduct_type", "obs_id")
"""Columns of MAST's observations by which this archive can choose."""


@dataclass(frozen=True)
class Asked:
    """What is asked for."""

    kinds: frozenset[str]
    """As in `KINDS`."""
    pipelines: frozenset[str]
    """Of `PIPELINES`."""
    sectors: tuple[int, ...] | None
    """None: any."""
    cameras: frozenset[int]
    ccds: frozenset[int]
    times: Times | None
    chips: frozenset[tuple[int, int, int]] | None
    """Sector, camera and CCD of observations that were asked for by their names; None if none were."""

    @classmethod
    def of(cls, query: Query, settings: Settings) -> Asked:
        """Return what a query asks for.

        Raises
        ------
        UnknownNameError
            For a criterion by which this archive cannot choose.
        QueryError
            If neither a target nor a sector nor a time is given.
        """
        given = {name.lower(): value for name, value in query.criteria.items() if value is not None}
        if unknown := [name for name in given if name not in CRITERIA]:
            raise UnknownNameError("criterion of full-frame images", unknown[0], CRITERIA)
        filters = query.filters
        kinds = frozenset(kind for kind in KINDS if _is_wanted(kind, filters.get("kind")))
        chips, of_chips = _chips(given.get("obs_id"))
        usual = USUAL if chips is None else of_chips
        named = given.get("provenance_name", (query.defaults or {}).get("provenance_name", usual))
        among = {str(name).lower() for name in _many(named)}
        pipelines = frozenset(
            name for name in PIPELINES
            if name.lower() in among and _is_wanted(name, filters.get("pipeline")) and name in of_chips
        )  # fmt: skip
        times = filters.get("time")
        sectors = _sectors(given.get("sequence_number"), filters.get("sector"), settings)
        if chips is not None:
            sectors = tuple(sorted({chip[0] for chip in chips if sectors is None or chip[0] in sectors}))
        if times is not None:
            sectors = _sectors_then(times, sectors, settings)
        if sectors is None and not query.targets:
            raise QueryError(
                "full-frame images and files of a CCD are found by sector, time or place: give ", keyword("sector", 56), " or ",
                keyword("time", "2022-09-02"), ", or a target",
            )  # fmt: skip
        cameras, ccds = (_numbers(filters.get(name)) for name in ("camera", "ccd"))
        return cls(kinds, pipelines, sectors, cameras, ccds, times, chips)


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


def _is_wanted(word: str, words: Any) -> bool:
    """Return whether words of a filter keep a word; None keeps all."""
    if not isinstance(words, Words):
        return True
    lower = [{one.lower() for one in some} for some in (words.wanted, words.unwanted)]
    return (not lower[0] or word.lower() in lower[0]) and word.lower() not in lower[1]


def _chips(obs_ids: Any) -> tuple[frozenset[tuple[int, int, int]] | None, Iterable[str]]:
    """Return sector, camera and CCD of observations of images, by their names, and whose they are; None without names."""
    if obs_ids is None:
        return None, PIPELINES
    read = [name for name in map(names.parse_obs_id, map(str, _many(obs_ids))) if name.tic is None]
    chips = {(name.first_sector, name.camera, name.ccd): name.pipeline for name in read if name.ccd is not None}
    whole = {
        (sector, camera, ccd): pipeline
        for (sector, camera, ccd), pipeline in chips.items()
        if sector and camera and ccd
    }
    makers = {*whole.values()}
    return frozenset(whole), [name for name in PIPELINES if name in makers or (name in USUAL and "SPOC" in makers)]


def _numbers(value: Any) -> frozenset[int]:
    """Return the numbers of cameras or CCDs that a filter keeps; all four without a filter."""
    spans = value.spans if isinstance(value, Wholes) else ()
    kept = {
        n
        for n in range(1, 5)
        for part in spans
        if (part.least or 0) <= n <= (4 if part.greatest is None else part.greatest)
    }
    return frozenset(kept if spans else range(1, 5))


def _sectors(criterion: Any, value: Any, settings: Settings) -> tuple[int, ...] | None:
    """Return the sectors that are named. Special pointings are among them only if they are named alone, not by a range."""
    if criterion is not None:
        try:
            criterion = Wholes.of(_many(criterion))
        except QueryError as error:
            raise QueryError(keyword("sequence_number", criterion), f": {error}") from error
    asked = [one for one in (criterion, value) if isinstance(one, Wholes)]
    if not asked:
        return None
    return tuple(sorted(set.intersection(*({*_sectors_of(one, settings)} for one in asked))))


def _sectors_of(wholes: Wholes, settings: Settings) -> Iterable[int]:
    """Yield the sectors of whole numbers; raise a QueryError for one by itself that is none."""
    known = known_sectors(settings).sectors
    for part in wholes.spans:
        if part.single:
            sector = int(part.least or 0)
            if not 1 <= sector <= LAST_SECTOR:
                raise QueryError(
                    keyword("sector", sector), f": there are sectors from 1; names hold {LAST_SECTOR} at most"
                )
            yield sector
            continue
        last = known[-1] if part.greatest is None else min(int(part.greatest), SPECIAL - 1)
        yield from range(max(1, int(part.least or 0)), last + 1)


def _sectors_then(times: Times, sectors: tuple[int, ...] | None, settings: Settings) -> tuple[int, ...]:
    """Return those of some sectors, or of all, that were observed at some times; a sector of unknown dates stays."""
    known = known_sectors(settings)
    rows = known.dates.sort("sector").with_columns(  # unknown dates lie between those of the neighbours
        start=pl.coalesce("start", pl.col("end").forward_fill()),
        end=pl.coalesce("end", pl.col("start").backward_fill()),
    )
    dates = {
        row["sector"]: (_seconds(row["start"], -inf) - MARGIN, _seconds(row["end"], inf) + MARGIN)
        for row in rows.to_dicts()
    }
    among = known.sectors if sectors is None else sectors
    return tuple(one for one in among if one not in dates or times.meets(*dates[one]))


def _seconds(text: str | None, otherwise: float) -> float:
    return otherwise if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
