"""What the catalogue has of what is asked. What it lacks is told, so that no part of an answer passes for the whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property, lru_cache, wraps
from typing import TypeVar

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.hooks.records import Source
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source.targets.target import Query
from tess_source.wording import Wording, keyword
from tess_source_catalogue.asked import AskedLists
from tess_source_catalogue.declared import sources_in, sources_of_files
from tess_source_catalogue.folder import CatalogueFolder, ListFile, PresentLists
from tess_source_catalogue.lacking import (
    absent_in_words,
    known_in_words,
    label,
    missing_in_words,
    nameless_in_words,
    several_in_words,
    updates_in_words,
)  # fmt: skip
from tess_source_filters.choices import BY_GAIA

__all__ = ["Coverage"]

MOST_QUESTIONS = 100
"""Number of questions of which it is remembered what they name. The same question about other stars counts once."""
T = TypeVar("T")


def _once(method: Callable[[Coverage, AskedLists], T]) -> Callable[[Coverage, Query], T]:
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
        self.sources: Mapping[str, Source] = sources_of_files(lists)
        """Name → source of lists of files, of those that there can be."""
        self._known: dict[tuple[object, ...], AskedLists] = {}

    @classmethod
    def of(cls, folder: CatalogueFolder) -> Coverage:
        """Return what a catalogue has."""
        return _coverage(folder.lists())

    @cached_property
    def has(self) -> frozenset[tuple[str, int]]:
        """The lists of files about one sector: source and sector."""
        return frozenset((name, first) for name, first, last in self.lists if first == last and name in self.sources)

    @cached_property
    def _known_parts(self) -> frozenset[tuple[str, int]]:
        """The pipelines and sectors of which there is any list of files."""
        return frozenset((self.sources[name].pipeline, sector) for name, sector in self.has)

    @cached_property
    def is_empty(self) -> bool:
        """Whether there is no list of files, of one sector or of several."""
        return not any(name in self.sources for name, _, _ in self.lists)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of files of which there can be lists."""
        return frozenset(kind for source in self.sources.values() for kind in source.kinds)

    @cached_property
    def newest(self) -> int:
        """The newest sector with files; 0 without any."""
        return max((sector for _, sector in self.has), default=0)

    @_once
    def pipelines(self, asked: AskedLists) -> list[str]:
        """Return the pipelines that are meant where none is named: those that have all sectors and kinds that are named, else all."""
        had = {self.sources[name].pipeline for name, _ in self.has}
        needed = asked.needed.filter(pl.col("pipeline").is_in(sorted(had))).partition_by("pipeline", as_dict=True)
        meant = {one for (one,) in needed}
        here = {one for (one,), own in needed.items() if not self._missing(own, asked, every=bool(asked.kinds))}
        here &= {pipeline for pipeline, _ in self._parts(asked)}
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
        if self.is_empty:
            raise QueryError("the catalogue is empty: `tess-source catalogue update` makes it")
        if problem := self._problem(query):
            raise QueryError(*problem)

    @_once
    def _problem(self, asked: AskedLists) -> list[str | Wording]:
        """Return the parts of the message about what it lacks; none if there is nothing."""
        return next(self._problems(asked), [])

    def _problems(self, asked: AskedLists) -> Iterator[list[str | Wording]]:
        """Yield what is wrong with a question, in parts of a message: the first is the one to tell."""
        mast, update = keyword("archive", "mast"), "`tess-source catalogue update`"
        if asked.unlisted:
            known = known_in_words(self.sources)
            yield [f"the catalogue has no {asked.unlisted}: its lists are of {known}; ", mast, " has more"]
        if asked.later:
            yield [f"the catalogue ends with sector {self.newest}: {update} brings what the archive has, or ask ", mast]
        if missing := self._missing(asked.needed, asked, every=bool(asked.kinds)):
            lacking, updates = (words(missing, self.sources) for words in (missing_in_words, updates_in_words))
            yield [f"the catalogue lacks {lacking}; {updates}, or ask ", mast]
        if nameless := self._nameless(asked):
            yield nameless_in_words(nameless, sources_in(self.lists))
        if self._is_any_here(asked):
            return
        if asked.unlisted_several:
            several = several_in_words(asked.unlisted_several)
            yield [f"no list has {several}, so the catalogue cannot tell; ask ", mast]
        if absent := self._absent(asked):
            yield [f"{absent_in_words(absent, self.sources)}: {update} asks again, or ask ", mast]

    @_once
    def covers(self, asked: AskedLists) -> bool:
        """Return whether it has all that a question without targets may mean, up to its newest sector."""
        if not self.has:
            return False
        named = bool(asked.pipelines) or asked.identity
        needed = asked.needed if named else asked.needed.filter(pl.col("pipeline") == "SPOC")
        if asked.unlisted or asked.later or not needed.height or self._nameless(asked):
            return False
        if (named and asked.unlisted_several) or not self._is_any_here(asked):
            return False
        return not self._missing(needed, asked, every=True, sectors=True)

    @_once
    def lacks(self, asked: AskedLists) -> str:
        """Return which lists are missing of pipelines and sectors of which others are here, and what brings them; empty if none is.

        The answer has the files of those others, so it would pass for the whole.
        """
        needed = asked.needed.filter(pl.col("published") & ~pl.col("several"))
        missing: dict[str, set[int]] = {}
        for name, pipeline, sector in needed.select("source", "pipeline", "last_sector").unique().iter_rows():
            if (pipeline, sector) in self._known_parts and not self._is_told((name, sector)):
                missing.setdefault(name, set()).add(sector)
        if not missing:
            return ""
        ordered = {name: missing[name] for name in self.sources if name in missing}
        lacking, updates = (words(ordered, self.sources) for words in (missing_in_words, updates_in_words))
        return f"the catalogue lacks {lacking}, so the answer is without these: {updates}"

    def used(self, query: Query, sectors: Collection[int] | None = None) -> list[ListFile]:
        """Return the lists from which a question is answered.

        Parameters
        ----------
        query : Query
        sectors : collection of int, optional
            Sectors of the answer; None: all that the question means.
        """
        asked = self._asked(query)
        if sectors is None:
            sectors = asked.sectors or None
        return [
            file
            for (name, first, last), file in self.lists.items()
            if (name not in self.sources or self.sources[name].pipeline in asked.pipelines_needed)
            and (sectors is None or (last in sectors if first == last else any(first <= n <= last for n in sectors)))
        ]

    @_once
    def parts(self, asked: AskedLists) -> set[tuple[str, int]]:
        """Return the pipelines and sectors that a question means and that there are."""
        return self._parts(asked)

    @_once
    def in_words(self, asked: AskedLists) -> str:
        """Return what it has of the pipelines that a question means, e.g. ``"SPOC lc, tp of sectors 1-26"``."""
        wanted = asked.pipelines_needed
        said: dict[tuple[str, str], list[str]] = {}
        for name, source in self.sources.items():
            sectors = [sector for one, sector in self.has if one == name]
            if sectors and source.pipeline in wanted:
                said.setdefault((source.pipeline, text_of_sectors(sectors)), []).append(label(source))
        parts = [
            f"{pipeline} {', '.join(labels)} of {sectors_in_words(sectors)}"
            for (pipeline, sectors), labels in said.items()
        ]
        ends: dict[str, set[int]] = {}
        for name, first, last in self.lists:
            if first != last and name in self.sources and self.sources[name].pipeline in wanted:
                ends.setdefault(self.sources[name].pipeline, set()).add(last)
        parts += [
            f"{pipeline} dv of several sectors that end with {sectors_in_words(text_of_sectors(lasts))}"
            for pipeline, lasts in ends.items()
        ]
        parts = parts or ["no files of what is asked"]
        parts += [absent_in_words(absent, self.sources)] if asked.sectors and (absent := self._absent(asked)) else []
        other = "other " if {*asked.unlisted_several} & {*ends} else ""
        parts += [f"no {other}list has {several}"] if (several := several_in_words(asked.unlisted_several)) else []
        return "; ".join(parts)

    def _asked(self, query: Query) -> AskedLists:
        """Return what a question names, which several hooks ask, and of which there is little to tell about any star."""
        key = AskedLists.key(query, self.lists)
        if (found := self._known.get(key)) is None:
            if len(self._known) >= MOST_QUESTIONS:
                self._known.clear()
            self._known[key] = found = AskedLists.of(query, self.newest, self.lists)
        return found

    def _is_told(self, key: tuple[str, int]) -> bool:
        """Return whether it has the list of a source about a sector, or knows that the archive had none."""
        return key in self.has or key in self.lists.absent

    def _absent(self, asked: AskedLists) -> dict[tuple[str, int], float]:
        """Return the lists that would be needed and that the archive did not have: source and sector → when it was asked."""
        needed = set(asked.needed.select("source", "last_sector").iter_rows())
        return {key: time for key, time in self.lists.absent.items() if key in needed}

    def _is_any_here(self, asked: AskedLists) -> bool:
        """Return whether any list is here that a question needs."""
        needed = {*asked.needed["source"].unique()}
        return bool(self._parts(asked)) or any(
            name in needed
            and first != last
            and (not asked.sectors or any(first <= sector <= last for sector in asked.sectors))
            for name, first, last in self.lists
        )

    def _parts(self, asked: AskedLists) -> set[tuple[str, int]]:
        needed = asked.needed.select("source", "pipeline", "last_sector").unique()
        return {(pipeline, sector) for name, pipeline, sector in needed.iter_rows() if (name, sector) in self.has}

    def _nameless(self, asked: AskedLists) -> set[tuple[str, int]]:
        """Return the pipelines and sectors in which stars are asked for by their TIC ids, and no target list tells these."""
        if not asked.stars or not any(self.sources[name].pipeline in BY_GAIA for name, _ in self.has):
            return set()
        return {
            (pipeline, sector)
            for pipeline, sector in self._parts(asked)
            if pipeline in BY_GAIA and (f"{pipeline.lower()}-targets", sector, sector) not in self.lists
        }

    def _missing(
        self, needed: pl.DataFrame, asked: AskedLists, *, every: bool, sectors: bool = False
    ) -> dict[str, set[int]]:
        """Return the lists that are needed and missing: name of a source → sectors, none of them if any sector would do.

        Parameters
        ----------
        needed : polars.DataFrame
            Specimens.
        asked : AskedLists
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
            if self.sources[name].several:
                if every and not any(one == name for one, _, _ in self.lists):
                    missing[name] = set()
            elif not by_sector:
                if not any(self._is_told((name, sector)) for sector in wanted):
                    missing[name] = set()
            elif gone := {one for one in wanted if not self._is_told((name, one))}:
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
