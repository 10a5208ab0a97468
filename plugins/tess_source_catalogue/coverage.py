"""What the catalogue has of what is asked: nothing is answered in part without being said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.hooks.records import Source
from tess_source.names.sectors import text_of_sectors
from tess_source.names.vocabulary import FFI_ERAS, FILES
from tess_source.targets.target import Query
from tess_source.wording import keyword
from tess_source_catalogue.criteria import Criteria, criteria_of, exact_values, meets
from tess_source_catalogue.declared import sources_of_files
from tess_source_catalogue.folder import CatalogueFolder, ListFile, PresentLists
from tess_source_catalogue.lacking import (
    known_in_words,
    label,
    missing_in_words,
    nameless_in_words,
    sectors_in_words,
    updates_in_words,
)  # fmt: skip
from tess_source_filters import exptime, whole, words

__all__ = ["IDENTITIES", "Coverage"]

SEVERAL = "multi-"
"""Begin of the names of sources whose lists are about several sectors: which of them there are, no sector tells."""
IDENTITIES = frozenset({"obs_id", "obsid", "dataurl"})
"""Columns whose value is of one observation, whatever its pipeline."""
BY_GAIA = ("TGLC",)
"""Pipelines whose files are named by Gaia ids: only their target lists tell the TIC ids."""
_KEPT_TIMES = {one.name: one.keep for one in exptime.FILTERS}


class Coverage:
    """The lists of files that the catalogue has.

    Parameters
    ----------
    lists : PresentLists
        As `tess_source_catalogue.folder.CatalogueFolder.lists` gives it.
    """

    def __init__(self, lists: PresentLists) -> None:
        self.lists: PresentLists = lists
        self.sources: Mapping[str, Source] = sources_of_files(lists)
        """Name → source of lists of files, of those that there can be."""
        self._last: tuple[Query, _Asked] | None = None

    @classmethod
    def of(cls, folder: CatalogueFolder) -> Coverage:
        """Return what a catalogue has."""
        return _coverage(folder.lists())

    @cached_property
    def has(self) -> frozenset[tuple[str, int]]:
        """The lists of files about one sector: source and sector."""
        return frozenset((name, first) for name, first, last in self.lists if first == last and name in self.sources)

    @cached_property
    def newest(self) -> int:
        """The newest sector with files; 0 without any."""
        return max((sector for _, sector in self.has), default=0)

    def pipelines(self, query: Query) -> list[str]:
        """Return the pipelines that are meant where none is named: those that have all sectors and kinds that are named, else all."""
        asked = self._asked(query)
        had = {self.sources[name].pipeline for name, _ in self.has}
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
        asked = self._asked(query)
        if asked.unlisted:
            raise QueryError(
                f"the catalogue has no {asked.unlisted}: its lists are of {known_in_words(self.sources)}; ",
                keyword("archive", "mast"),
                " has more",
            )
        if asked.later:
            raise QueryError(
                f"the catalogue ends with sector {self.newest}: `tess-source catalogue update` brings what the archive has, or ask ",
                keyword("archive", "mast"),
            )
        if missing := self._missing(asked.needed, asked, every=bool(asked.kinds)):
            raise QueryError(
                f"the catalogue lacks {missing_in_words(missing, self.sources)}; {updates_in_words(missing, self.sources)}, or ask ",
                keyword("archive", "mast"),
            )
        if nameless := self._nameless(asked):
            raise QueryError(*nameless_in_words(nameless))

    def covers(self, query: Query) -> bool:
        """Return whether it has all that a question without targets may mean, up to its newest sector."""
        if not self.has:
            return False
        asked = self._asked(query)
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
        asked = self._asked(query)
        wanted = set(asked.needed["pipeline"].unique())
        if sectors is None:
            sectors = asked.sectors or None
        return [
            file
            for (name, first, last), file in self.lists.items()
            if (name not in self.sources or self.sources[name].pipeline in wanted)
            and (sectors is None or (last in sectors if first == last else any(first <= n <= last for n in sectors)))
        ]

    def parts(self, query: Query) -> set[tuple[str, int]]:
        """Return the pipelines and sectors that a question means and that there are."""
        return self._parts(self._asked(query))

    def in_words(self, query: Query) -> str:
        """Return what it has of the pipelines that a question means, e.g. ``"SPOC lc, tp of sectors 1-26"``."""
        wanted = set(self._asked(query).needed["pipeline"].unique())
        said: dict[tuple[str, str], list[str]] = {}
        for name, source in self.sources.items():
            sectors = [sector for one, sector in self.has if one == name]
            if sectors and source.pipeline in wanted:
                said.setdefault((source.pipeline, text_of_sectors(sectors)), []).append(label(source))
        parts = [
            f"{pipeline} {', '.join(labels)} of {sectors_in_words(sectors)}"
            for (pipeline, sectors), labels in said.items()
        ]
        ends = {
            last
            for name, _, last in self.lists
            if name.startswith(SEVERAL) and name in self.sources and "SPOC" in wanted
        }
        parts += [f"SPOC dv of several sectors that end with {sectors_in_words(text_of_sectors(ends))}"] if ends else []
        return "; ".join(parts) or "no files of what is asked"

    def _asked(self, query: Query) -> _Asked:
        """Return what a question names; several hooks ask about the same one."""
        last = self._last
        if last is None or last[0] is not query:
            self._last = last = (query, _Asked.of(query, self))
        return last[1]

    def _parts(self, asked: _Asked) -> set[tuple[str, int]]:
        needed = asked.needed.select("source", "pipeline", "last_sector").unique()
        return {(pipeline, sector) for name, pipeline, sector in needed.iter_rows() if (name, sector) in self.has}

    def _nameless(self, asked: _Asked) -> set[tuple[str, int]]:
        """Return the pipelines and sectors in which stars are asked for by their TIC ids, and nothing tells these."""
        if not asked.stars or not any(self.sources[name].pipeline in BY_GAIA for name, _ in self.has):
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
            pipeline = self.sources[name].pipeline
            others = {one for one in pairs if one in self.has and self.sources[one[0]].pipeline == pipeline}
            if gone and (alone := gone - {sector for _, sector in others}):
                left[name] = alone
            elif not gone and not others:
                left[name] = gone
        return left


@lru_cache(maxsize=8)
def _coverage(lists: PresentLists) -> Coverage:
    return Coverage(lists)


@dataclass(frozen=True)
class _Asked:
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
    later: bool
    """Whether it names sectors without an end, which all come after the newest one."""
    needed: pl.DataFrame
    """Specimens of the files that it may mean."""

    @classmethod
    def of(cls, query: Query, coverage: Coverage) -> _Asked:
        criteria = criteria_of(query)
        kind, pipeline = (_words(query.filters.get(name)) for name in ("kind", "pipeline"))
        sector = query.filters.get("sector")
        numbers = [*(exact_values(criteria, "sequence_number") or ()), *(_numbers(sector) or ())]
        everything = _specimens(
            coverage.lists, max([coverage.newest, *(int(one) for one in numbers if int(one) <= whole.MOST_SECTORS)])
        )
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
        if isinstance(time := query.filters.get("exptime"), exptime.Exptimes):
            needed = needed.filter(_KEPT_TIMES["exptime"](needed, time))  # type: ignore[arg-type]
        named = "sequence_number" in criteria or isinstance(sector, whole.Wholes)
        names = [*(exact_values(criteria, "provenance_name") or ()), *(pipeline.wanted if pipeline else ())]
        return cls(
            sectors=frozenset(needed["last_sector"].to_list()) if named else frozenset(),
            pipelines="provenance_name" in criteria or pipeline is not None,
            kinds=bool(kind and kind.wanted),
            identity=any(name.lower() in IDENTITIES for name in criteria),
            stars="tic" in query.filters
            or "target_name" in criteria
            or any(one.tic is not None for one in query.targets),
            unlisted=_unlisted(coverage.sources, names, kind.wanted if kind else (), what, criteria),
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


def _unlisted(
    sources: Mapping[str, Source], names: Iterable[str], kinds: Iterable[str], what: pl.DataFrame, criteria: Criteria
) -> str:
    """Return in words what is named that no list has."""
    pipelines = {source.pipeline.lower() for source in sources.values()}
    listed = {kind for source in sources.values() for kind in source.kinds}
    unknown = [f"files by {name}" for name in dict.fromkeys(names) if name.lower() not in pipelines]
    unknown += [f"{kind} files" for kind in kinds if kind not in listed]
    if not unknown and not what.height:
        told = [f"{name}={', '.join(map(str, values))}" for name, values in criteria.items() if name in what.columns]
        unknown = [f"files with {' and '.join(told)}" if told else "such files"]
    return " and no ".join(unknown)


@lru_cache(maxsize=8)
def _specimens(lists: PresentLists, newest: int) -> pl.DataFrame:
    """Return a file of each kind of each list that there can be up to a sector."""
    times = {(row.pipeline, row.kind): row.exptime for row in FILES}
    kinds = [
        {
            "source": name,
            "pipeline": source.pipeline,
            "kind": kind,
            "since": source.since,
            "time": _time(times, source.pipeline, kind),
        }
        for name, source in sources_of_files(lists).items()
        for kind in source.kinds
    ]
    schema: dict[str, Any] = {
        "source": pl.String,
        "pipeline": pl.String,
        "kind": pl.String,
        "since": pl.Int32,
        "time": pl.Float64,
    }
    sectors = pl.DataFrame({"last_sector": pl.int_range(1, newest + 1, dtype=pl.Int32, eager=True)})
    frame = pl.DataFrame(kinds, schema=schema).join(sectors, how="cross")
    return frame.with_columns(
        exptime=pl.coalesce("time", _era()),
        first_sector=pl.when(pl.col("source").str.starts_with(SEVERAL))
        .then(pl.lit(1, pl.Int32))
        .otherwise("last_sector"),
        published=pl.col("last_sector") >= pl.col("since"),
        provenance_name="pipeline",
        sequence_number=pl.col("last_sector").cast(pl.Int64),
        obs_collection=pl.when(pl.col("pipeline") == "SPOC").then(pl.lit("TESS")).otherwise(pl.lit("HLSP")),
        project=pl.lit("TESS"),
        dataproduct_type=pl.lit("timeseries"),
    ).with_columns(t_exptime="exptime")


def _time(times: Mapping[tuple[str, str], Any], pipeline: str, kind: str) -> float | None:
    """Return the exposure time of a kind of file [s]; None for those made from full-frame images."""
    time = times.get((pipeline, kind))
    return float(time) if isinstance(time, int | float) else None


def _era() -> pl.Expr:
    """Return the exposure time of full-frame images [s]."""
    time = pl.lit(float(FFI_ERAS[-1][1]))
    for last, seconds in reversed(FFI_ERAS[:-1]):
        time = pl.when(pl.col("last_sector") <= last).then(float(seconds)).otherwise(time)
    return time
