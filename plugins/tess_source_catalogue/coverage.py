"""What the catalogue has of what is asked: nothing is answered in part without being said."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, wraps
from typing import Any, ClassVar, TypeVar

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.names.sectors import text_of_sectors
from tess_source.targets.target import Query
from tess_source.wording import Wording, keyword
from tess_source_catalogue.criteria import Criteria, criteria_of, exact_values, meets
from tess_source_catalogue.folder import CatalogueFolder, ListFile, PresentLists
from tess_source_catalogue.lacking import (
    OF_FILES,
    known_in_words,
    label,
    missing_in_words,
    nameless_in_words,
    sectors_in_words,
    updates_in_words,
)  # fmt: skip
from tess_source_catalogue.specimens import SEVERAL, specimens
from tess_source_filters import exptime, whole, words

__all__ = ["IDENTITIES", "Coverage"]

IDENTITIES = frozenset({"obs_id", "obsid", "dataurl"})
"""Columns whose value is of one observation, whatever its pipeline."""
BY_GAIA = ("TGLC",)
"""Pipelines whose files are named by Gaia ids: only their target lists tell the TIC ids."""
MOST_QUESTIONS = 100
"""Questions of which it is remembered what they name. Questions about other stars are the same question here."""
T = TypeVar("T")
_KEPT_TIMES = {one.name: one.keep for one in exptime.FILTERS}


def _once(method: Callable[[Coverage, _Asked], T]) -> Callable[[Coverage, Query], T]:
    """Return a method of a question that is computed once for all that name the same."""

    @wraps(method)
    def remembered(self: Coverage, query: Query) -> T:
        asked = self._asked(query)
        if method not in asked.known:
            asked.known[method] = method(self, asked)
        known: T = asked.known[method]
        return known

    return remembered


class Coverage:
    """The lists of files that the catalogue has.

    Parameters
    ----------
    lists : PresentLists
        As `tess_source_catalogue.folder.CatalogueFolder.lists` gives it.
    """

    def __init__(self, lists: PresentLists) -> None:
        self.lists: PresentLists = lists
        self._known: dict[tuple[object, ...], _Asked] = {}

    @classmethod
    def of(cls, folder: CatalogueFolder) -> Coverage:
        """Return what a catalogue has."""
        return _coverage(folder.lists())

    @cached_property
    def has(self) -> frozenset[tuple[str, int]]:
        """The lists of files about one sector: source and sector."""
        return frozenset((name, first) for name, first, last in self.lists if first == last and name in OF_FILES)

    @cached_property
    def newest(self) -> int:
        """The newest sector with files; 0 without any."""
        return max((sector for _, sector in self.has), default=0)

    @_once
    def pipelines(self, asked: _Asked) -> list[str]:
        """Return the pipelines that are meant where none is named: those that have all sectors and kinds that are named, else all."""
        had = {OF_FILES[name].pipeline for name, _ in self.has}
        needed = asked.needed.filter(pl.col("pipeline").is_in(sorted(had))).partition_by("pipeline", as_dict=True)
        meant = {one for (one,) in needed}
        here = {one for (one,), own in needed.items() if not self._missing(own, asked, every=bool(asked.kinds))}
        here -= {pipeline for pipeline, _ in self._nameless(asked)}
        return sorted(here or meant or had)

    def check(self, query: Query) -> None:
        """Check that the catalogue has what is asked.

        Raises
        ------
        QueryError
            If it lacks a sector, a pipeline or a kind that is named, or the TIC ids of files. The message says what, and which update would
            bring it.
        """
        if not self.has:
            raise QueryError("the catalogue is empty: `tess-source catalogue update` makes it")
        if problem := self._problem(query):
            raise QueryError(*problem)

    @_once
    def _problem(self, asked: _Asked) -> list[str | Wording]:
        """Return the parts of the message about what it lacks; none if there is nothing."""
        mast = keyword("archive", "mast")
        if asked.unlisted:
            return [f"the catalogue has no {asked.unlisted}: its lists are of {known_in_words()}; ", mast, " has more"]
        if asked.later:
            update = "`tess-source catalogue update` brings what the archive has"
            return [f"the catalogue ends with sector {self.newest}: {update}, or ask ", mast]
        if missing := self._missing(asked.needed, asked, every=bool(asked.kinds)):
            return [f"the catalogue lacks {missing_in_words(missing)}; {updates_in_words(missing)}, or ask ", mast]
        nameless = self._nameless(asked)
        return nameless_in_words(nameless) if nameless else []

    @_once
    def covers(self, asked: _Asked) -> bool:
        """Return whether it has all that a question without targets may mean, up to its newest sector."""
        if not self.has:
            return False
        named = bool(asked.pipelines) or asked.identity
        needed = asked.needed if named else asked.needed.filter(pl.col("pipeline") == "SPOC")
        if asked.unlisted or asked.later or not needed.height or self._nameless(asked):
            return False
        return not self._missing(needed, asked, every=True, sectors=True)

    def used(self, query: Query, sectors: Collection[int] | None = None) -> list[ListFile]:
        """Return the lists from which a question is answered.

        Parameters
        ----------
        query : Query
        sectors : collection of int, optional
            Sectors of the answer; None: all that the question means.
        """
        asked, wanted = self._asked(query), self._pipelines_needed(query)
        if sectors is None:
            sectors = asked.sectors or None
        return [
            file
            for (name, first, last), file in self.lists.items()
            if (name not in OF_FILES or OF_FILES[name].pipeline in wanted)
            and (sectors is None or (last in sectors if first == last else any(first <= n <= last for n in sectors)))
        ]

    @_once
    def parts(self, asked: _Asked) -> set[tuple[str, int]]:
        """Return the pipelines and sectors that a question means and that there are."""
        return self._parts(asked)

    @_once
    def _pipelines_needed(self, asked: _Asked) -> set[str]:
        """Return the pipelines that a question means."""
        return set(asked.needed["pipeline"].unique())

    @_once
    def in_words(self, asked: _Asked) -> str:
        """Return what it has of the pipelines that a question means, e.g. ``"SPOC lc, tp of sectors 1-26"``."""
        wanted = set(asked.needed["pipeline"].unique())
        said: dict[tuple[str, str], list[str]] = {}
        for name, source in OF_FILES.items():
            sectors = [sector for one, sector in self.has if one == name]
            if sectors and source.pipeline in wanted:
                said.setdefault((source.pipeline, text_of_sectors(sectors)), []).append(label(source))
        parts = [
            f"{pipeline} {', '.join(labels)} of {sectors_in_words(sectors)}"
            for (pipeline, sectors), labels in said.items()
        ]
        ends = {
            last for name, _, last in self.lists if name.startswith(SEVERAL) and name in OF_FILES and "SPOC" in wanted
        }
        parts += [f"SPOC dv of several sectors that end with {sectors_in_words(text_of_sectors(ends))}"] if ends else []
        return "; ".join(parts) or "no files of what is asked"

    def _asked(self, query: Query) -> _Asked:
        """Return what a question names, which several hooks ask, and of which there is little to tell about any star."""
        criteria, filters = criteria_of(query), {name: query.filters.get(name) for name in _Asked.FILTERS}
        columns = specimens(1).columns
        told = tuple((name, *values) for name, values in criteria.items() if name in columns)
        stars = (
            "tic" in query.filters
            or "target_name" in criteria
            or any(target.tic is not None for target in query.targets)
        )
        key = (told, frozenset(criteria), *filters.values(), stars)
        if (found := self._known.get(key)) is None:
            if len(self._known) >= MOST_QUESTIONS:
                self._known.clear()
            self._known[key] = found = _Asked.of(criteria, filters, self, stars=stars)
        return found

    def _parts(self, asked: _Asked) -> set[tuple[str, int]]:
        needed = asked.needed.select("source", "pipeline", "last_sector").unique()
        return {(pipeline, sector) for name, pipeline, sector in needed.iter_rows() if (name, sector) in self.has}

    def _nameless(self, asked: _Asked) -> set[tuple[str, int]]:
        """Return the pipelines and sectors in which stars are asked for by their TIC ids, and nothing tells these."""
        if not asked.stars or not any(OF_FILES[name].pipeline in BY_GAIA for name, _ in self.has):
            return set()
        return {
            (pipeline, sector)
            for pipeline, sector in self._parts(asked)
            if pipeline in BY_GAIA and (f"{pipeline.lower()}-targets", sector, sector) not in self.lists
        }

    def _missing(
        self, needed: pl.DataFrame, asked: _Asked, *, every: bool, sectors: bool = False
    ) -> dict[str, set[int]]:
        """Return the lists that are needed and missing: name of a source → sectors, none of them if any sector would do.

        Parameters
        ----------
        needed : polars.DataFrame
            Specimens.
        asked : _Asked
        every : bool
            Whether each kind of file is needed, or one of them is enough.
        sectors : bool
            Whether all sectors are needed, although none is named.
        """
        by_sector = bool(asked.sectors) or sectors
        pairs = set(needed.select("source", "last_sector").iter_rows())
        missing: dict[str, set[int]] = {}
        for name in dict.fromkeys(needed["source"]):
            wanted = {sector for one, sector in pairs if one == name}
            if name.startswith(SEVERAL):
                if every and not any(one == name for one, _, _ in self.lists):
                    missing[name] = set()
            elif not by_sector:
                if not any((name, sector) in self.has for sector in wanted):
                    missing[name] = set()
            elif gone := {sector for sector in wanted if (name, sector) not in self.has}:
                missing[name] = gone
        return missing if every else self._without_others(missing, pairs)

    def _without_others(self, missing: dict[str, set[int]], pairs: set[tuple[str, int]]) -> dict[str, set[int]]:
        """Return what is missing where no other list of the same pipeline stands in for it."""
        left: dict[str, set[int]] = {}
        for name, gone in missing.items():
            pipeline = OF_FILES[name].pipeline
            others = {one for one in pairs if one in self.has and OF_FILES[one[0]].pipeline == pipeline}
            if gone and (alone := gone - {sector for _, sector in others}):
                left[name] = alone
            elif not gone and not others:
                left[name] = gone
        return left


@lru_cache(maxsize=8)
def _coverage(lists: PresentLists) -> Coverage:
    return Coverage(lists)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a question names, and the lists that it needs."""

    FILTERS: ClassVar[Sequence[str]] = ("kind", "pipeline", "sector", "exptime")
    """Filters that count."""

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
    later: bool
    """Whether it names sectors without an end, which all come after the newest one."""
    needed: pl.DataFrame
    """Specimens of the files that it may mean."""
    known: dict[object, Any] = field(default_factory=dict)
    """What was computed of it: see `_once`."""

    @classmethod
    def of(cls, criteria: Criteria, filters: Mapping[str, Any], coverage: Coverage, *, stars: bool) -> _Asked:
        kind, pipeline = (_words(filters[name]) for name in ("kind", "pipeline"))
        sector = filters["sector"]
        numbers = [*(exact_values(criteria, "sequence_number") or ()), *(_numbers(sector) or ())]
        everything = specimens(max([coverage.newest, *(int(one) for one in numbers if int(one) <= whole.MOST_SECTORS)]))
        what = everything.filter(
            meets(
                everything,
                {name: values for name, values in criteria.items() if name not in {"sequence_number", "t_exptime"}},
            )
        )
        for column, said in (("kind", kind), ("pipeline", pipeline)):
            what = what.filter(said.mask(pl.col(column))) if said else what
        when = meets(
            everything, {name: criteria[name] for name in ("sequence_number", "t_exptime") if name in criteria}
        )
        needed = what.filter(when)
        if isinstance(sector, whole.Wholes):
            needed = needed.filter(sector.meets(pl.col("first_sector"), pl.col("last_sector")))
        if isinstance(time := filters["exptime"], exptime.Exptimes):
            needed = needed.filter(_KEPT_TIMES["exptime"](needed, time))  # type: ignore[arg-type]
        named = "sequence_number" in criteria or isinstance(sector, whole.Wholes)
        names = [*(exact_values(criteria, "provenance_name") or ()), *(pipeline.wanted if pipeline else ())]
        return cls(
            sectors=frozenset(needed["last_sector"].to_list()) if named else frozenset(),
            pipelines="provenance_name" in criteria or pipeline is not None,
            kinds=bool(kind and kind.wanted),
            identity=any(name.lower() in IDENTITIES for name in criteria),
            stars=stars,
            unlisted=_unlisted(names, kind.wanted if kind else (), what, criteria),
            later=_is_later(criteria, sector, int(everything["last_sector"].max() or 0)),  # type: ignore[arg-type]
            needed=needed.filter("published"),
        )


def _words(value: Any) -> words.Words | None:
    return value if isinstance(value, words.Words) else None


def _numbers(value: Any) -> list[int] | None:
    return value.numbers(whole.MOST_SECTORS) if isinstance(value, whole.Wholes) else None


def _is_later(criteria: Criteria, sector: Any, newest: int) -> bool:
    """Return whether sectors are meant, and all of them come after the newest one. Those that are named one by one do not."""
    if isinstance(sector, whole.Wholes):
        return newest < (sector.spans[0].least or 0) < whole.MOST_SECTORS
    named = {name: values for name, values in criteria.items() if name == "sequence_number"}
    if not named or exact_values(named, "sequence_number") is not None:
        return False
    numbers = pl.DataFrame({"sequence_number": pl.int_range(1, whole.MOST_SECTORS, dtype=pl.Int64, eager=True)})
    meant = numbers.filter(meets(numbers, named))["sequence_number"]
    return len(meant) > 0 and not (meant <= newest).any()


def _unlisted(names: Iterable[str], kinds: Iterable[str], what: pl.DataFrame, criteria: Criteria) -> str:
    """Return in words what is named that no list has."""
    pipelines = {source.pipeline.lower() for source in OF_FILES.values()}
    listed = {kind for source in OF_FILES.values() for kind in source.kinds}
    unknown = [f"files by {name}" for name in dict.fromkeys(names) if name.lower() not in pipelines]
    unknown += [f"{kind} files" for kind in kinds if kind not in listed]
    if not unknown and not what.height:
        told = [f"{name}={', '.join(map(str, values))}" for name, values in criteria.items() if name in what.columns]
        unknown = [f"files with {' and '.join(told)}" if told else "such files"]
    return " and no ".join(unknown)
