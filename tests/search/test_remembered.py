"""A remembered answer says what the archive's own answer said: which star each name means, and how to ask again if it is too little."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from program_run import Program
from sizes import size
from sky import STARS, Sky, session_of

import tess_source
import tess_source_filters
import tess_source_mast
from tess_source import Found, Observations, Products, Query, Session, StandIn, Target, hookimpl
from tess_source.errors import QueryError
from tess_source.lock import refresh
from tess_source_sample.server import SampleArchive

KELT9, L98, PI_MEN = 16740101, 307210830, 261136679
AGAIN = "refresh=True (--refresh) asks the archive again"


def session_at(archive: SampleArchive, cache: Path, **settings: Any) -> Session:
    session = Session(archive.url, discover=False, cache=cache, plugins=[tess_source_filters], **settings)
    session.registry.register(tess_source_mast, "mast", version="1")
    return session


# -- which star a name means --


@pytest.mark.parametrize(
    ("targets", "meant"),
    [
        (["TIC 16740101", L98, "pi Men"], {"pi Men": PI_MEN}),
        (["pi Men", "KELT-9"], {"pi Men": PI_MEN, "KELT-9": KELT9}),
        (["KELT-9", KELT9], {"KELT-9": KELT9}),
        ([KELT9, (307.8598, 39.9388), "pi Men"], {"pi Men": PI_MEN}),
        ("pi Men", {"pi Men": PI_MEN}),
        (["kelt-9", "KELT-9"], {"kelt-9": KELT9, "KELT-9": KELT9}),
        ([KELT9, L98], {}),
    ],
    ids=repr,
)
def test_each_name_means_its_own_star_whether_the_answer_is_remembered_or_not(
    archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture, targets: Any, meant: dict[str, int]
) -> None:
    sessions = [
        session_at(archive, tmp_path),
        session_at(archive, tmp_path),
        session_at(archive, tmp_path, offline=True),
    ]
    for number, session in enumerate(sessions):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            found = session.search(targets)
        assert bool(found.from_store) == bool(number)
        said = "\n".join(line for line in caplog.messages if ": using" in line)
        for name, tic in meant.items():
            assert f"{name}: using TIC {tic}, 0.0 arcsec from the coordinates of" in said
            assert f"of the stars there, only the nearest: TIC {tic}, 0.0 arcsec away" in found.explain()
        assert said.count("TIC") == len(meant)
        assert found.record is not None
        assert {star["target"]: star["tic"] for star in found.record.get("nearest", ())} == meant


def test_a_star_beside_that_was_asked_for_itself_is_not_what_the_name_means(
    archive: SampleArchive, tmp_path: Path
) -> None:
    row = next(row for row in archive.catalogue.observations if row["target_name"] == str(KELT9))
    dec = row["s_dec"] + 2 / 3600
    beside = {
        "target_name": "999",
        "s_dec": dec,
        "obsid": 999,
        "obs_id": "beside",
        "s_region": f"CIRCLE {row['s_ra']} {dec} 0.0014",
    }
    archive.catalogue.observations.append({**row, **beside})
    for _ in range(2):
        found = session_at(archive, tmp_path).search(["KELT-9", 999])
        assert set(found.observations["tic"]) == {KELT9, 999}
        assert found.record is not None
        assert [(star["target"], star["tic"]) for star in found.record["nearest"]] == [("KELT-9", KELT9)]


def test_a_lock_of_several_names_is_the_same_from_memory_and_is_repeated(
    archive: SampleArchive, tmp_path: Path
) -> None:
    targets = ["TIC 16740101", L98, "pi Men"]
    one, two = (session_at(archive, tmp_path).search(targets, kind="lc").plan("data") for _ in range(2))
    assert one.to_text().replace(str(one.record["time"]), "") == two.to_text().replace(str(two.record["time"]), "")
    _, changes = refresh(two, session_at(archive, tmp_path))
    assert len(changes) == 0


def test_what_a_name_means_is_looked_up_again_for_a_count(
    archive: SampleArchive, tmp_path: Path, program: Program
) -> None:
    session = session_at(archive, tmp_path)
    looks = [
        lambda: session.count("pi Men"),
        lambda: session.count("pi Men"),
        lambda: session.count("pi Men", refresh=True),
        lambda: tess_source.count("pi Men", refresh=True, session=session),
    ]
    asked = []
    for look in looks:
        archive.clear()
        assert look() == 1
        asked.append(sum("Santa-war" in request.path for request in archive.requests))
    assert asked == [1, 0, 1, 1]
    assert program("count", "pi Men", "--refresh").out == "1\n"
    for ask in (session_at(archive, tmp_path, offline=True).count, session_at(archive, tmp_path, offline=True).search):
        with pytest.raises(QueryError, match="refresh asks the archive again, and offline nothing is asked"):
            ask(KELT9, refresh=True)


# -- what is too little --


def test_a_remembered_answer_that_leaves_nothing_tells_how_to_ask_again(archive: SampleArchive, tmp_path: Path) -> None:
    fresh = session_at(archive, tmp_path).search(KELT9)
    assert AGAIN not in fresh.select(sector=99).explain()
    kept = session_at(archive, tmp_path).search(KELT9, sector=99)
    assert kept.from_store
    assert not len(kept)
    assert AGAIN in kept.explain()
    assert AGAIN in repr(kept)
    assert AGAIN not in session_at(archive, tmp_path).search(KELT9, sector=14).explain()


def test_a_remembered_answer_without_some_stars_tells_how_to_ask_again(
    archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        found = session_at(archive, tmp_path).search([KELT9, L98, 5])
    assert found.from_store
    assert AGAIN in found.explain()
    assert f"1 of 3 TIC ids have no observations: 5 (from the cache folder; {AGAIN})" in caplog.messages
    some = session_at(archive, tmp_path).search([KELT9, L98], sector=14)
    assert "no product left for 1 TIC id" in some.explain()
    assert AGAIN in some.explain()


def test_names_at_which_there_is_no_star_are_named_too(
    archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Nowhere:
        @hookimpl(tryfirst=True)
        def tess_resolve(self, target: str) -> Target | None:
            return Target(target, ra=1.0, dec=1.0, resolver="HERE") if target.startswith("nowhere") else None

    def session() -> Session:
        made = session_at(archive, tmp_path)
        made.registry.register(Nowhere(), "nowhere", version="1")
        return made

    told = "no star with observations at 1 of 2 names: nowhere 1"
    for again in ("", f" (from the cache folder; {AGAIN})"):
        caplog.clear()
        found = session().search(["nowhere 1", "pi Men", KELT9])
        assert told in found.explain().splitlines()
        assert f"{told}{again}" in caplog.messages
        assert (AGAIN in found.explain()) == bool(again)
    count = size(100, 1000)
    many = session().search([KELT9, *(f"nowhere {number}" for number in range(count))])
    assert f"no star with observations at {count:,} of {count:,} names: nowhere 0, nowhere 1, " in many.explain()
    assert "no star with observations at" not in session().search("nowhere 1").explain()  # that is said in another way


def test_an_answer_that_was_empty_is_asked_again(tmp_path: Path) -> None:
    sky = Sky(STARS[1:])
    assert not len(session_of(sky, tmp_path).search(STARS[0]))
    sky.stars = STARS
    assert len(session_of(sky, tmp_path).search(STARS[0]))


def test_the_program_tells_how_to_ask_again(program: Program, tmp_path: Path) -> None:
    cache = ("--cache", str(tmp_path))
    program(*cache, "search", str(KELT9), "--sector", "14")
    assert AGAIN in program(*cache, "search", str(KELT9), "--kind", "lc", "--sector", "99").err
    assert "--refresh" not in program(*cache, "search", str(KELT9), "--kind", "lc", "--sector", "99", "--refresh").err


# -- an answer that was kept for narrower filters --


class Watched(Sky):
    """Remembers the filters that it was asked with."""

    def __init__(self, stars: Sequence[int] = STARS) -> None:
        super().__init__(stars)
        self.filters: list[list[str]] = []

    @hookimpl
    def tess_list(self, observations: Observations, query: Query) -> Products | None:
        self.filters.append(sorted(query.filters))
        return super().tess_list(observations)


class Copy(Watched):
    """A copy of that archive, on this machine."""

    @hookimpl
    def tess_stand_ins(self) -> tuple[StandIn, ...]:
        return (StandIn("sky", "a copy"),)


TEN_STARS = list(range(1, 11))


@pytest.fixture
def sky_with_few_listed(tmp_path: Path) -> Watched:
    """An archive whose answer about ten stars is kept, with the products of the first stars only."""
    sky = Watched(TEN_STARS)
    assert len(searched(sky, tmp_path, limit=1)) == 1
    assert searched(sky, tmp_path, limit=1).from_store
    assert sky.filters == [["limit"]]
    return sky


def searched(sky: Watched, cache: Path, *others: Watched, **words: Any) -> Found:
    session = session_of(sky, cache, offline=bool(others))
    session.register(tess_source_filters)
    for other in others:
        session.registry.register(other, "copy", version="1")
    return session.search(TEN_STARS, **words)


def test_the_answer_in_place_of_one_that_was_too_narrow_is_made_for_all_filters(
    sky_with_few_listed: Watched, tmp_path: Path
) -> None:
    sky = sky_with_few_listed
    assert len(searched(sky, tmp_path, kind="lc", limit=9)) == 9
    assert sky.filters[1:] == [[]]
    assert searched(sky, tmp_path).from_store


def test_when_asked_again_by_refresh_only_what_the_filters_need_is_listed(
    sky_with_few_listed: Watched, tmp_path: Path
) -> None:
    searched(sky_with_few_listed, tmp_path, limit=1, refresh=True)
    assert sky_with_few_listed.filters[1:] == [["limit"]]


def test_offline_a_stand_in_need_not_list_more_than_the_filters_keep(
    sky_with_few_listed: Watched, tmp_path: Path
) -> None:
    copy = Copy(TEN_STARS)
    assert len(searched(sky_with_few_listed, tmp_path, copy, kind="lc", limit=9)) == 9
    assert {*map(tuple, copy.filters)} == {("kind", "limit")}
    assert len(sky_with_few_listed.filters) == 1
