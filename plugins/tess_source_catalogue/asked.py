"""What a question to the catalogue names, and the lists of files that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tess_source._lazy import pl
from tess_source.hooks.records import Source
from tess_source.names.sectors import SPECIAL
from tess_source.targets.target import Query
from tess_source_catalogue.criteria import Criteria, criteria_of, exact_values, meets
from tess_source_catalogue.declared import sources_of_files
from tess_source_catalogue.folder import PresentLists
from tess_source_catalogue.sources import DV
from tess_source_catalogue.specimens import specimens
from tess_source_filters import exptime, whole, words

__all__ = ["AskedLists", "names_observations"]

_IDENTITIES = frozenset({"obs_id", "obsid", "dataurl"})
"""Columns whose value is of one observation, whatever its pipeline."""
_TIMES = ("sequence_number", "t_exptime")
"""Criteria by which lists are chosen within those of a pipeline and kind."""
_KEPT_TIMES = {one.name: one.keep for one in exptime.FILTERS}


@dataclass(frozen=True, eq=False)
class AskedLists:
    """What a question names, and the lists that it needs."""

    sectors: frozenset[int]
    """Sectors that are named; empty: none is."""
    pipelines: bool
    """Whether pipelines are named."""
    kinds: bool
    """Whether kinds of files are named."""
    identity: bool
    """Whether it names an observation."""
    stars: bool
    """Whether it names stars by their TIC ids."""
    unlisted: str
    """What is named that no list has, in words; empty if there is nothing."""
    unlisted_several: tuple[str, ...]
    """Pipelines of which data validation of several sectors is meant, and no list has it."""
    later: bool
    """Whether it names sectors without an end, which all come after the newest one."""
    needed: pl.DataFrame
    """Specimens of the files that it may mean."""
    known: dict[object, Any] = field(default_factory=dict)
    """What methods of `tess_source_catalogue.coverage.Coverage` found about it, by method."""

    @cached_property
    def pipelines_needed(self) -> frozenset[str]:
        """The pipelines of these files."""
        return frozenset(self.needed["pipeline"].unique())

    @classmethod
    def key(cls, query: Query, lists: PresentLists) -> tuple[object, ...]:
        """Return what decides which lists a question names: the same for the same question about other stars."""
        criteria, columns = criteria_of(query), specimens(lists, 1).columns
        told = tuple((name, *values) for name, values in criteria.items() if name in columns)
        filters = (query.filters.get(name) for name in ("kind", "pipeline", "sector", "exptime"))
        return told, frozenset(criteria), _names_stars(query, criteria), names_observations(criteria), *filters

    @classmethod
    def of(cls, query: Query, newest: int, lists: PresentLists) -> AskedLists:
        """Return what a question names, given the newest sector and the lists of the catalogue."""
        criteria = criteria_of(query)
        kind, pipeline = (_words(query.filters.get(name)) for name in ("kind", "pipeline"))
        sector = query.filters.get("sector")
        numbers = [*(exact_values(criteria, "sequence_number") or ()), *(_numbers(sector) or ())]
        everything = specimens(lists, max([newest, *(int(one) for one in numbers if int(one) < SPECIAL)]))
        what = everything.filter(
            meets(
                everything,
                {name: values for name, values in criteria.items() if name not in _TIMES},
            )
        )
        for column, said in (("kind", kind), ("pipeline", pipeline)):
            what = what.filter(said.mask(pl.col(column))) if said else what
        when = meets(everything, {name: criteria[name] for name in _TIMES if name in criteria})
        needed = what.filter(when)
        if isinstance(sector, whole.Wholes):
            needed = needed.filter(sector.meets(pl.col("first_sector"), pl.col("last_sector")))
        if isinstance(time := query.filters.get("exptime"), exptime.Exptimes):
            needed = needed.filter(_KEPT_TIMES["exptime"](needed, time))  # type: ignore[arg-type]
        named = "sequence_number" in criteria or isinstance(sector, whole.Wholes)
        published = needed.filter("published")
        # of what begins after the newest sector, the lists are missing: it is not that there are none
        needed = published if named or published.height else needed
        names = [*(exact_values(criteria, "provenance_name") or ()), *(pipeline.wanted if pipeline else ())]
        return cls(
            sectors=frozenset(needed["last_sector"].to_list()) if named else frozenset(),
            pipelines="provenance_name" in criteria or pipeline is not None,
            kinds=bool(kind and kind.wanted),
            identity=names_observations(criteria),
            stars=_names_stars(query, criteria),
            unlisted=_unlisted(sources_of_files(lists), names, kind.wanted if kind else (), everything, criteria),
            unlisted_several=_unlisted_several(what) if kind and kind.wanted else (),
            later=_is_later(criteria, sector, int(everything["last_sector"].max() or 0)),  # type: ignore[arg-type]
            needed=needed,
        )


def names_observations(criteria: Criteria) -> bool:
    """Return whether criteria name observations, whatever their pipeline. A pattern such as ``*s0014*`` names none."""
    return any(name.lower() in _IDENTITIES and exact_values(criteria, name) is not None for name in criteria)


def _names_stars(query: Query, criteria: Criteria) -> bool:
    named = "tic" in query.filters or "target_name" in criteria
    return named or any(target.tic is not None for target in query.targets)


def _words(value: Any) -> words.Words | None:
    return value if isinstance(value, words.Words) else None


def _numbers(value: Any) -> list[int] | None:
    return value.numbers(whole.MOST_SECTORS) if isinstance(value, whole.Wholes) else None


def _is_later(criteria: Criteria, sector: Any, newest: int) -> bool:
    """Return whether sectors are meant, and all of them come after the newest one. Those that are named one by one do not."""
    if isinstance(sector, whole.Wholes):
        return newest < (sector.spans[0].least or 0) < SPECIAL
    named = {name: values for name, values in criteria.items() if name == "sequence_number"}
    if not named or exact_values(named, "sequence_number") is not None:
        return False
    numbers = pl.DataFrame({"sequence_number": pl.int_range(1, SPECIAL, dtype=pl.Int64, eager=True)})
    meant = numbers.filter(meets(numbers, named))["sequence_number"]
    return len(meant) > 0 and not (meant <= newest).any()


def _unlisted_several(what: pl.DataFrame) -> tuple[str, ...]:
    """Return the pipelines of which there are lists of data validation of single sectors alone."""
    validation = what.filter(pl.col("kind").is_in(DV))
    return tuple(sorted({*validation["pipeline"]} - {*validation.filter("several")["pipeline"]}))


def _unlisted(
    sources: Mapping[str, Source],
    names: Iterable[str],
    kinds: Iterable[str],
    everything: pl.DataFrame,
    criteria: Criteria,
) -> str:
    """Return in words what is named that no list has. What only excludes each other is none of it."""
    pipelines = {source.pipeline.lower() for source in sources.values()}
    listed = {kind for source in sources.values() for kind in source.kinds}
    unknown = [f"files by {name}" for name in dict.fromkeys(names) if name.lower() not in pipelines]
    unknown += [f"{kind} files" for kind in kinds if kind not in listed]
    if not unknown:
        told = {name: values for name, values in criteria.items() if name in everything.columns and name not in _TIMES}
        unknown = [
            f"files with {name}={', '.join(map(str, values))}"
            for name, values in told.items()
            if everything.filter(meets(everything, {name: values})).is_empty()
        ]
    return " and no ".join(unknown)
