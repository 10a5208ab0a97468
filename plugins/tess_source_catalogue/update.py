"""The update of the catalogue: lists are asked for, fetched if they are new or have changed, checked, parsed and kept, one by one."""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from tess_source import disk
from tess_source.clock import is_recent, now
from tess_source.display.records import RecordTuple
from tess_source.display.visible import logger
from tess_source.download.lists import ABSENT, FAILED, NEW, UNCHANGED, ListAnswer, Lists
from tess_source.download.progress import Progress
from tess_source.errors import DownloadError, bare_reason
from tess_source.hooks.records import Source
from tess_source.settings import OnProgress
from tess_source.threads import in_order
from tess_source.workers import Workers, workers_of
from tess_source_catalogue import bucket
from tess_source_catalogue.building import ListJob, ListOutcome, Room, built, built_by_worker
from tess_source_catalogue.choosing import LAST, WantedList, links_of, newest_in, wanted_lists
from tess_source_catalogue.declared import note_of
from tess_source_catalogue.folder import CatalogueFolder, Key, ListFacts, ListFile
from tess_source_catalogue.portal import FRESH, SCHEME, PortalRows
from tess_source_catalogue.updated import Updated
from tess_source_catalogue.view import refresh

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["ListOutcome", "Update", "Updated"]

log: logging.Logger = logger(__name__)

GAP = 3
"""Sectors in a row of which a source has no list: it has none of later ones either."""
WAVE = 8
"""Sectors that are asked for at a time while nothing tells which is about the last one."""
AT_ONCE = 48 << 20
"""Bytes of lists that are parsed at the same time; a larger list is parsed alone."""
MANY = 24
"""Lists from which on processes are worth their start."""


Steps: TypeAlias = Generator[ListJob, ListOutcome, ListOutcome]
"""The questions for one list. It yields what is to be built, and is sent what became of it."""


class _Question:
    """The question for one list, as far as it has come."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._ended: ListOutcome | None = None
        self.job: ListJob | None = None
        """What is to be built next; None: the question has ended."""
        self._go(steps.__next__)

    def answer(self, outcome: ListOutcome) -> None:
        """Say what became of the job."""
        self._go(functools.partial(self._steps.send, outcome))

    def _go(self, step: Callable[[], ListJob]) -> None:
        try:
            self.job = step()
        except StopIteration as end:
            self.job, self._ended = None, end.value

    @property
    def ended(self) -> ListOutcome:
        """What became of the list."""
        assert self._ended is not None
        return self._ended


@dataclass
class Update:
    """One update.

    Parameters
    ----------
    session : Session
        Its plugins declare the sources; its settings say how they are fetched.
    sources : sequence of Source
        What to fetch.
    sectors : sequence of int, optional
        None: all sectors there are.
    progress : bool or callable, optional
        See `tess_source.settings.Settings`.
    executor : object, optional
        Who parses and keeps lists: see `tess_source.workers.workers_of`. This process fetches them, with its limits of connections.
    """

    session: Session
    sources: Sequence[Source]
    sectors: Sequence[int] | None = None
    progress: OnProgress = None
    executor: Any = None
    folder: CatalogueFolder = field(init=False)
    _known: Mapping[Key, ListFile] = field(init=False)

    def __post_init__(self) -> None:
        self.folder = CatalogueFolder.of(self.session.settings)
        self._room = Room(AT_ONCE)
        self._portal = PortalRows(self.session)
        self._links: dict[str, Sequence[str]] = {}

    def run(self) -> Updated:
        """Ask for all lists.

        Returns
        -------
        Updated
            Failures of single lists too: they cost only themselves.

        Raises
        ------
        OfflineError
            If no connection may be opened.
        DownloadError
            If the disk is full, or the cache folder cannot be written to. What was kept until then stays.
        KeyboardInterrupt
            On Ctrl-C. What was kept until then stays.
        """
        try:
            self.folder.root.mkdir(parents=True, exist_ok=True)
            disk.check_place(self.folder.root / "lists")
        except OSError as error:
            raise DownloadError(
                error.errno,
                f"{self.folder.root} cannot be written: {bare_reason(error)}; choose another cache folder",
            ) from error
        self.folder.tidy()
        self._known = self.folder.lists()
        found: list[ListOutcome] = []
        with (
            Progress(self.progress, 1, 0) as bar,
            Lists(self.session.settings, self.folder.root, bar) as lists,
            workers_of(executor := self._executor()) as workers,
        ):
            found += self._read_indexes(lists)
            for wave in self._waves(found):
                bar.expect_files(len(wave))
                with closing(self._outcomes(lists, wave, None if executor is None else workers)) as outcomes:
                    for outcome in outcomes:
                        found.append(outcome)
                        if outcome.full:
                            raise DownloadError(
                                errno.ENOSPC, f"{outcome.problem}; the update ends here, and the next one goes on"
                            )
        gone = self._absent(found)
        self._note_absent(found, gone)
        try:
            refresh(self.folder)
        except OSError as error:  # what is derived from the lists only saves time
            log.warning("the catalogue is up to date, but reads more slowly: %s", error)
        kept = [one for one in found if one.state != ABSENT]
        absent: set[int] = set() if self.sectors is None else {one.last for one in found} - {one.last for one in kept}
        ordered = sorted(kept, key=lambda one: (one.source, one.first, one.last))
        pipeline = {source.name: source.pipeline for source in self.sources}
        there = {(pipeline[one.source], one.last) for one in kept}
        not_yet = {(name, sector) for name, sector in gone if (pipeline[name], sector) in there}
        return Updated(RecordTuple(ordered, "list"), tuple(sorted(absent)), tuple(sorted(not_yet)))

    def _absent(self, found: Sequence[ListOutcome]) -> set[tuple[str, int]]:
        """Return the sources and sectors of which the archive has no list: it says so, or its index has no link to one."""
        # Of a sector's own list and one of several that ends with it, the former counts: it comes last.
        by_first = sorted(found, key=lambda one: one.first)
        told = {(one.source, one.last): one.state for one in by_first}
        of_one = {one.source for one in found if one.first == one.last} | {
            name for name, *ends in self._known if ends[0] == ends[1]
        }
        sectors = self.sectors or range(1, max((last for _, last in told), default=0) + 1)
        indexed = [one for one in self.sources if one.index in self._links and one.name in of_one]
        unlinked = {(one.name, sector) for one in indexed for sector in sectors if sector >= one.since} - {*told}
        return {key for key, state in told.items() if state == ABSENT} | unlinked

    def _note_absent(self, found: Sequence[ListOutcome], absent: set[tuple[str, int]]) -> None:
        """Note of which sectors the archive has no list: what is asked of them is answered without."""
        time = now()
        for source in self.sources:
            gone = {sector: time for name, sector in absent if name == source.name}
            here = {one.last for one in found if one.source == source.name and one.state in {NEW, UNCHANGED}}
            self.folder.note_absent(source.name, gone, here - {*gone})

    # -- what to ask for --

    def _read_indexes(self, lists: Lists) -> list[ListOutcome]:
        """Fetch the pages with links to lists. Return the failures, which cost the lists of their sources."""
        failures = []
        for index in dict.fromkeys(source.index for source in self.sources if source.index):
            answer, problem = lists.fetch(index, page=True), ""
            sources = [source for source in self.sources if source.index == index]
            if answer.state == NEW:
                links = links_of(answer.path.read_bytes(), index)
                if self._has_lists(sources, links):
                    self._links[index] = links
                    continue
                problem = f"{index}: the page has no links to lists"
            failures += [
                ListOutcome(source.name, 0, 0, FAILED, problem=problem or answer.problem) for source in sources
            ]
        return failures

    def _has_lists(self, sources: Sequence[Source], links: Sequence[str]) -> bool:
        """Return whether links lead to any list: a page of another kind, such as that of a login, has none."""
        wanted = (self._wanted(source, range(1, LAST + 1), links) for source in sources)
        return any(next(iter(lists), None) is not None for lists in wanted)

    def _waves(self, found: list[ListOutcome]) -> Iterator[Sequence[WantedList]]:
        """Yield lists to ask for at a time. `found` grows meanwhile: it tells of which sources there is no more."""
        reachable = [source for source in self.sources if not source.index or source.index in self._links]
        if self.sectors is not None:
            yield [wanted for source in reachable for wanted in self._wanted(source, self.sectors)]
            return
        newest = self._newest()
        yield [wanted for source in reachable for wanted in self._wanted(source, range(1, newest + 1))]
        going = {source.name: source for source in reachable if not source.index}
        size = GAP if newest else WAVE
        for first in range(newest + 1, LAST + 2 - size, size):
            sectors = range(first, first + size)
            yield [wanted for source in going.values() for wanted in self._wanted(source, sectors)]
            states = {(one.source, one.last): one.state for one in found}
            going = {name: source for name, source in going.items() if _goes_on(source, sectors, states)}
            if not going:
                return

    def _newest(self) -> int:
        """Return the newest sector of which the catalogue has a list, or an index has a link; 0 if there is none."""
        linked = (newest_in(links) for links in self._links.values())
        return max(*linked, *(last for _, _, last in self._known), 0, 0)

    def _wanted(self, source: Source, sectors: Iterable[int], links: Sequence[str] = ()) -> Iterator[WantedList]:
        def call(function: Any, *arguments: Any) -> Any:
            return self.session.registry.blame("source", source.name, function, *arguments)

        return wanted_lists(source, sectors, links or self._links.get(source.index, ()), call)

    # -- one list --

    def _executor(self) -> Any:
        """Return who builds lists; None: this process, in the threads that fetch them."""
        many = self.sectors is None or len(self.sectors) * len(self.sources) >= MANY
        return self.session.settings.workers(self.executor, many=many)

    def _outcomes(
        self, lists: Lists, wave: Sequence[WantedList], workers: Workers | None
    ) -> Generator[ListOutcome, None, None]:
        def begun(wanted: WantedList) -> _Question:
            question = _Question(self._steps(lists, wanted))
            if workers is None:
                self._go_on(question)
            return question

        jobs = self.session.settings.jobs
        # one at a time is in this thread, for recorded tests and debuggers
        questions = map(begun, wave) if jobs == 1 else in_order(begun, wave, jobs)
        if workers is None:
            return (question.ended for question in questions)
        return self._by_workers(workers, questions)

    def _by_workers(self, workers: Workers, questions: Iterator[_Question]) -> Generator[ListOutcome, None, None]:
        """Yield outcomes of lists that workers build while others are fetched."""
        under_way: list[_Question] = []
        ended: list[_Question] = []

        def jobs() -> Iterator[ListJob]:
            for question in questions:
                (ended if question.job is None else under_way).append(question)
                if question.job is not None:
                    yield question.job

        for number, result in workers.results(built_by_worker, jobs(), name="catalogue"):
            question = under_way[number]
            if isinstance(result, ListOutcome):
                question.answer(result)
            else:
                log.info("a list is parsed by this process: %s", result or "a worker does not see the cache folder")
            self._go_on(question)  # what no worker could do; and other addresses of a list that was wrong
            yield question.ended
        yield from (question.ended for question in ended)

    def _go_on(self, question: _Question) -> None:
        """Do the rest of a question in this thread."""
        while (job := question.job) is not None:
            with self._room.taken(job.answer.size):
                blame = functools.partial(self.session.registry.blame, "source", job.key[0])
                question.answer(built(job, blame))

    def _steps(self, lists: Lists, wanted: WantedList) -> Steps:
        """Ask for one list at its addresses, until one has it. What was fetched is given away to be built."""
        file = self._known.get(wanted.key)
        known = self.folder.facts(file) if file is not None and self.folder.is_whole(file) else ListFacts()
        problem, full = "", False
        for address in wanted.addresses:
            marks = known if known.address == address else ListFacts()
            if address.startswith(SCHEME) and is_recent(marks.checked, FRESH):
                return ListOutcome(*wanted.key, UNCHANGED, known.rows, known.strange)
            answer = self._answer(lists, address, marks)
            try:
                if answer.state == FAILED:
                    problem, full = problem or answer.problem, full or answer.full
                elif answer.state != ABSENT:
                    if file is not None and (answer.state == UNCHANGED or answer.sha256 == known.sha256):
                        return self._unchanged(wanted, file, known, answer)
                    source, root = wanted.source, self.folder.root
                    job = ListJob(
                        root, wanted.key, source.parse, tuple(source.first), note_of(source), answer, known, now()
                    )
                    outcome = yield job
                    if outcome.state != FAILED:
                        return outcome
                    problem, full = problem or outcome.problem, full or outcome.full
            except OSError as error:
                problem, full = problem or f"{address}: {bare_reason(error)}", full or disk.is_full(error)
            finally:
                if answer.state == NEW:
                    answer.path.unlink(missing_ok=True)
        state = FAILED if problem else ABSENT
        return ListOutcome(*wanted.key, state, known.rows, known.strange, problem, full)

    def _answer(self, lists: Lists, address: str, known: ListFacts) -> ListAnswer:
        if address.startswith(SCHEME):
            return self._portal.fetch(address, lists)
        if address.startswith(bucket.SCHEME):
            return bucket.fetch(address, lists, self.session.settings)
        return lists.fetch(address, etag=known.etag, modified=known.modified)

    def _unchanged(self, wanted: WantedList, file: ListFile, known: ListFacts, answer: ListAnswer) -> ListOutcome:
        """Note that the rows of a list are still the same."""
        self.folder.note(
            file, replace(known, address=answer.address, etag=answer.etag, modified=answer.modified, checked=now())
        )
        return ListOutcome(*wanted.key, UNCHANGED, known.rows, known.strange)


def _goes_on(source: Source, sectors: Sequence[int], states: Mapping[tuple[str, int], str]) -> bool:
    """Return whether later sectors are to be asked for, too: something came, and the last few sectors are not all absent."""
    wave = [states.get((source.name, sector), ABSENT) for sector in sectors]
    if sectors[-1] < source.since + GAP:
        return True
    return any(state in {NEW, UNCHANGED} for state in wave) and any(state != ABSENT for state in wave[-GAP:])
