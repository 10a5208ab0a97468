"""An empty cone says how far the nearest observed star is, and what radius would find it."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mast_case import KELT9, PLACE, portal_requests, session_at
from sizes import size

import tess_source_filters
from tess_source import Observations, Query, Session, StandIn, Target, hookimpl
from tess_source_sample.server import SampleArchive

RA, DEC = PLACE


class Stars:
    """An archive of stars at places; it answers cones exactly, and remembers the radii that it was asked about."""

    def __init__(self, stars: Sequence[tuple[int, float, float]], *, failing: bool = False) -> None:
        self.stars, self.failing = stars, failing
        self.radii: list[float | None] = []

    @hookimpl
    def tess_query(self, query: Query) -> Observations | None:
        self.radii += [target.radius for target in query.targets]
        if self.failing and (query.targets[0].radius or 0) > 3:
            raise ConnectionError("it is down")
        rows = [
            {"obs_id": f"{tic}", "target_name": str(tic), "observation": str(tic), "s_ra": ra, "s_dec": dec}
            for tic, ra, dec in self.stars
            if any(_apart(target, ra, dec) <= (target.radius or 3.0) for target in query.targets)
        ]
        return Observations.of(rows) if rows else Observations.empty()

    @hookimpl
    def tess_list(self) -> None:
        return None

    @hookimpl
    def tess_resolve(self, target: str) -> Target | None:
        return Target(target, ra=10.0, dec=0.0, resolver="HERE")


class Copy(Stars):
    """The same, in place of another archive."""

    @hookimpl
    def tess_stand_ins(self) -> tuple[StandIn, ...]:
        return (StandIn("stars", local=True),)


def _apart(target: Target, ra: float, dec: float) -> float:
    assert target.ra is not None
    assert target.dec is not None
    return math.hypot((target.ra - ra) * math.cos(math.radians(dec)), target.dec - dec) * 3600


def session_of(archive: Stars, **words: Any) -> Session:
    session = Session(discover=False, **words)
    session.registry.register(archive, "stars", version="1")
    return session


@pytest.mark.parametrize(
    ("stars", "reason", "radii"),
    [
        (
            [(1, 10.0, 19.6 / 3600), (2, 10.0, 40 / 3600)],
            "TIC 1, 19.6 arcsec away: a radius of 20 arcsec finds it",
            [3, 60],
        ),
        ([(1, 10.0, -100.5 / 3600)], "TIC 1, 100.5 arcsec away: a radius of 101 arcsec finds it", [3, 60, 600]),
        ([(1, 10.0, 301 / 3600)], "TIC 1, 301.0 arcsec away: a radius of 302 arcsec finds it", [3, 60, 600]),
        ([(1, 10.0, 3601 / 3600)], "no star within 1 deg has observations", [3, 60, 600, 3600]),
    ],
)
def test_the_nearest_star_is_named_with_a_radius_that_finds_it(
    stars: list[tuple[int, float, float]], reason: str, radii: list[float]
) -> None:
    archive = Stars(stars)
    found = session_of(archive).search((10.0, 0.0))
    assert archive.radii == radii
    assert reason in found.explain()
    if "radius" in reason:
        radius = float(reason.split("radius of ")[1].split(maxsplit=1)[0])
        assert len(session_of(archive).search((10.0, 0.0), radius=radius).observations) == 1


def test_a_name_whose_resolver_is_off_is_told_so() -> None:
    found = session_of(Stars([(1, 10.0, 19.6 / 3600)])).search("Some Star")
    assert found.record is not None
    ((place, reason),) = found.record["reasons"].items()
    assert place == "Some Star (10.000000 +0.000000, HERE)"
    assert reason.endswith("TIC 1, 19.6 arcsec away: a radius of 20 arcsec finds it")


def test_only_the_empty_cones_of_several_are_looked_around() -> None:
    archive = Stars([(1, 10.0, 0.0), (2, 50.0, 30 / 3600)])
    found = session_of(archive).search([(10.0, 0.0), (50.0, 0.0)])
    assert archive.radii == [3, 3, 60]
    assert "TIC 2, 30.0 arcsec away" in found.explain()
    assert "TIC 1," not in found.explain()


@pytest.mark.parametrize("arcsec", [8.5, 60.0, 1799.5, 14.0, 59.99, 60.01, 599.9, 600.0, 600.1][: size(3, 9)])
def test_the_radius_that_is_named_finds_the_star_at_the_archive(archive: SampleArchive, arcsec: float) -> None:
    session = session_at(archive)
    found = session.search((RA, DEC + arcsec / 3600))
    radius = float(found.explain().split("a radius of ")[1].split(maxsplit=1)[0])
    assert arcsec <= radius <= arcsec + 1.1
    again = session.search((RA, DEC + arcsec / 3600), radius=radius)
    assert again.observations["tic"].unique().to_list() == [KELT9]


def test_a_cone_is_not_looked_at_again_but_wider() -> None:
    archive = Stars([(1, 10.0, 1500 / 3600)])
    assert "TIC 1, 1500.0 arcsec away" in session_of(archive).search((10.0, 0.0), radius=700).explain()
    assert archive.radii == [700, 3600]
    archive.radii.clear()
    assert "no star within 2 deg has observations" in session_of(archive).search((10.0, 5.0), radius="1 deg").explain()
    assert archive.radii == [3600, 7200]


def test_a_place_counts_as_empty_although_another_target_has_a_star_just_outside_of_its_cone() -> None:
    stars = Stars([(1, 10.0, 9 / 3600)])
    found = session_of(stars).search([(10.0, 0.0), (10.0, 8.0 / 3600)])
    assert "TIC 1, 9.0 arcsec away: a radius of 10 arcsec finds it" in found.explain()


@pytest.mark.parametrize(
    ("sector", "reason"),
    [
        (15, f"the nearest star with such observations is TIC {KELT9}, 14.0 arcsec away: a radius of 15 arcsec finds it"),
        (1, "a radius of 15 arcsec finds it, but the filters drop all observations within 1 arcmin"),
    ],
)  # fmt: skip
def test_filters_count_too(archive: SampleArchive, sector: int, reason: str) -> None:
    session = session_at(archive)
    session.register(tess_source_filters)
    assert reason in session.search((RA, DEC + 14 / 3600), sector=sector).explain()


def test_many_empty_cones_cost_few_questions() -> None:
    archive = Stars([])
    session_of(archive).search([(float(ra), 0.5) for ra in range(20)])
    assert len(archive.radii) == 20 + 3 * 3


def test_a_failure_to_find_it_is_no_failure_of_the_search(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        found = session_of(Stars([], failing=True)).search((10.0, 0.0))
    assert "nearest" not in found.explain()
    assert "it is not known which star is nearest: it is down" in caplog.text


def test_offline_a_stand_in_tells_it_and_no_other_archive_is_asked(tmp_path: Path) -> None:
    archive, copy = Stars([]), Copy([(1, 10.0, 19.6 / 3600)])
    session = session_of(archive, cache=tmp_path, offline=True)
    session.registry.register(copy, "copy", version="1")
    assert "TIC 1, 19.6 arcsec away" in session.search((10.0, 0.0)).explain()
    assert archive.radii == []


def test_mast_is_asked_one_more_question_only_if_nothing_was_there(archive: SampleArchive) -> None:
    session = session_at(archive)
    session.search((RA, DEC))
    full = len(portal_requests(archive))
    archive.clear()
    found = session.search((RA, DEC + 14 / 3600))
    assert len(portal_requests(archive)) == full  # in place of the products: the wider cone
    assert f"TIC {KELT9}, 14.0 arcsec away: a radius of 15 arcsec finds it" in found.explain()
