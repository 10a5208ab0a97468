"""Archives are chosen by name; one that stands in for another answers only when it is named, or offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import toys

import tess_source
from tess_source import Observations, Products, Query, Session, StandIn, hookimpl
from tess_source.errors import LockError, OfflineError, QueryError, UnknownNameError
from tess_source.lock import refresh


class Institute:
    """An archive of its own: one light curve of every star."""

    def __init__(self, name: str = "institute") -> None:
        self.name, self.asked = name, 0

    @hookimpl
    def tess_query(self, query: Query) -> Observations:
        self.asked += 1
        tics = [target.tic for target in query.targets]
        return Observations.of(
            [{"archive": self.name, "obs_id": f"{self.name}-{tic}", "target_name": str(tic)} for tic in tics]
        )

    @hookimpl
    def tess_count(self, query: Query) -> int:
        return len(query.targets)

    @hookimpl
    def tess_list(self, observations: Observations) -> Products | None:
        ours = [row for row in observations if row["archive"] == self.name]
        rows = [{"archive": self.name, "obs_id": row["obs_id"], "uri": f"lab:{row['obs_id']}.fits"} for row in ours]
        return Products.of(rows) if rows else None


class Copy(Institute):
    """A copy of the toy archive."""

    @hookimpl
    def tess_stand_ins(self) -> tuple[StandIn, ...]:
        return (StandIn("toy", "a copy on this machine"),)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session(discover=False, cache=tmp_path)
    for name, plugin in (("toy", toys.Archive()), ("institute", Institute()), ("copy", Copy("copy"))):
        session.registry.register(plugin, name, version="1")
    return session


def archives(found: Any) -> set[str]:
    return set(found.products["archive"])


def test_all_but_stand_ins_are_asked_so_that_no_row_comes_twice(session: Session) -> None:
    found = session.search(16740101)
    assert archives(found) == {"mast", "institute"}
    assert found.query.archives == ("toy", "institute")
    assert found.record is not None
    assert found.record["archives"] == ["toy", "institute"]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("institute", {"institute"}),
        (["copy"], {"copy"}),
        (("toy", "institute"), {"mast", "institute"}),
        ("toy", {"mast"}),
    ],
    ids=["one", "a stand-in", "two", "the toy"],
)
def test_archives_are_asked_by_name(session: Session, named: Any, expected: set[str]) -> None:
    assert archives(session.search(16740101, archive=named)) == expected
    assert archives(tess_source.search(16740101, archive=named, session=session)) == expected


def test_a_session_may_name_them_once(tmp_path: Path) -> None:
    session = Session(discover=False, cache=tmp_path, archive="institute")
    session.registry.register(toys.Archive(), "toy", version="1")
    session.registry.register(Institute(), "institute", version="1")
    assert archives(session.search(16740101)) == {"institute"}
    assert archives(session.search(16740101, archive="toy")) == {"mast"}


def test_counts_and_steps_ask_the_same_archives(session: Session) -> None:
    assert session.count(16740101) == len(toys.FILES) + 1
    assert session.count(16740101, archive="copy") == 1
    seen = tess_source.observations(16740101, archive="copy", session=session)
    assert set(seen["archive"]) == {"copy"}


@pytest.mark.parametrize("wrong", ["instute", ["toy", "nowhere"]])
def test_an_unknown_archive_is_an_error_that_names_the_nearest(session: Session, wrong: Any) -> None:
    with pytest.raises(
        UnknownNameError, match=r"unknown archive '(instute'; did you mean 'institute'|nowhere'; known are)"
    ):
        session.search(16740101, archive=wrong)


@pytest.mark.parametrize("wrong", [[], "", 3, [None]])
def test_what_is_no_name_is_refused(session: Session, wrong: Any) -> None:
    with pytest.raises((QueryError, TypeError)):
        session.search(16740101, archive=wrong)


def test_a_stand_in_is_not_asked_beside_its_original(session: Session) -> None:
    with pytest.raises(QueryError, match="archive 'copy' has the rows of 'toy', and no row is to come twice"):
        session.search(16740101, archive=["copy", "toy"])


def test_products_are_listed_by_the_archives_that_the_rows_are_from(session: Session) -> None:
    seen = tess_source.observations(16740101, archive="copy", session=session)
    assert set(tess_source.products(seen, session=session)["archive"]) == {"copy"}
    assert len(tess_source.products(seen, archive="institute", session=session)) == 0


def test_answers_of_other_archives_are_other_answers(session: Session) -> None:
    assert session.search(16740101, archive="institute").from_store is None
    assert session.search(16740101, archive="toy").from_store is None
    assert session.search(16740101, archive="institute").from_store


def test_offline_a_stand_in_answers_what_the_cache_does_not_know(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    offline = Session(discover=False, cache=session.settings.cache, offline=True)
    for name in session.registry.ready:
        offline.registry.register(session.registry.manager.get_plugin(name), name, version="1")
    found = offline.search(5)
    assert archives(found) == {"copy"}
    assert found.query.archives == ("copy",)
    assert "answered by copy" in caplog.text
    offline.unregister("copy")
    with pytest.raises(OfflineError, match="TIC 6"):
        offline.search(6)


def test_a_lock_is_asked_again_at_the_archives_that_it_was_made_with(session: Session, tmp_path: Path) -> None:
    lock = session.search(16740101, archive="institute").plan(tmp_path)
    today, changes = refresh(lock, session)
    assert (today.items, len(changes)) == (lock.items, 0)
    session.unregister("institute")
    with pytest.raises(LockError, match="an archive that is not here: unknown archive 'institute'"):
        refresh(lock, session)


class OnThisMachine(Copy):
    """A copy that answers from this machine alone, and has everything."""

    @hookimpl
    def tess_stand_ins(self) -> tuple[StandIn, ...]:
        return (
            StandIn(
                "toy", "a copy on this machine", lambda query, settings: "sequence_number" in query.criteria, local=True
            ),
        )

    @hookimpl
    def tess_query(self, query: Query) -> Observations:
        self.asked += 1
        return Observations.of([{"archive": self.name, "obs_id": f"{self.name}-1", "target_name": "1"}])


@pytest.fixture
def local(session: Session) -> OnThisMachine:
    session.unregister("copy")
    here = OnThisMachine("here")
    session.registry.register(here, "here", version="1")
    return here


def test_answers_from_this_machine_are_not_kept(session: Session, local: OnThisMachine) -> None:
    assert session.search(16740101, archive="here").from_store is None
    assert session.search(16740101, archive="here").from_store is None
    assert local.asked == 2
    assert session.search(16740101, archive=["here", "institute"]).from_store is None
    assert session.search(16740101, archive=["here", "institute"]).from_store is None


def test_what_answers_from_this_machine_may_be_asked_for_everything_and_others_not(
    session: Session, local: OnThisMachine
) -> None:
    assert archives(session.search(archive="here")) == {"here"}
    with pytest.raises(QueryError, match="nothing was asked for"):
        session.search()


def test_questions_without_targets_go_to_a_stand_in_that_covers_them_unless_an_archive_is_named(
    session: Session, local: OnThisMachine
) -> None:
    session.unregister("institute")
    assert session.search(sequence_number=14).query.archives == ("here",)
    assert session.search(sequence_number=14, archive="toy").query.archives == ("toy",)
    assert session.search(sequence_number=14, refresh=True).query.archives == ("toy",)
    assert session.search(provenance_name="SPOC").query.archives == ("toy",)
