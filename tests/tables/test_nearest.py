"""Each name is taken to mean the star of the answer that is nearest to it, whatever else is in the answer."""

from __future__ import annotations

from typing import Any

import pytest

from tess_source import Observations, Target
from tess_source.tables.nearest import Taken, several_taken, stars_taken, taken_in_words

ROWS = [
    {"obs_id": "a", "tic": 1, "s_ra": 10.0, "s_dec": 20.0},
    {"obs_id": "b", "tic": 1, "s_ra": 10.0, "s_dec": 20.0},
    {"obs_id": "c", "tic": 2, "s_ra": 10.0, "s_dec": 20.0 + 2 / 3600},
    {"obs_id": "d", "tic": 3, "s_ra": 359.9999, "s_dec": -89.0},
    {"obs_id": "e", "tic": None, "s_ra": 10.0, "s_dec": 20.0},
]


def name(text: str, ra: float, dec: float, **more: Any) -> Target:
    return Target(text, ra=ra, dec=dec, resolver="TOY", **more)


def taken(*targets: Target) -> dict[str, int]:
    return {star.target.text: star.tic for star in stars_taken(targets, Observations.of(ROWS))}


def test_every_name_has_its_own_star() -> None:
    assert taken(name("one", 10.0, 20.0), name("two", 10.0, 20.0 + 2 / 3600), Target("3", tic=3)) == {
        "one": 1,
        "two": 2,
    }


def test_two_names_may_mean_the_same_star() -> None:
    assert taken(name("one", 10.0, 20.0), name("alias", 10.0, 20.0 - 0.5 / 3600)) == {"one": 1, "alias": 1}


def test_right_ascension_may_pass_zero_and_count_little_at_the_pole() -> None:
    assert taken(name("polar", 0.0001, -89.0)) == {"polar": 3}


@pytest.mark.parametrize(
    "target",
    [
        name("far", 50.0, 20.0),
        name("a minute off", 10.0, 20.0 + 1 / 60),
        name("a cone", 10.0, 20.0, radius=30.0),
        Target("1", tic=1),
        Target("a place that is not known"),
    ],
    ids=str,
)
def test_a_name_without_a_star_near_it_and_what_is_no_name_mean_none(target: Target) -> None:
    assert taken(target) == {}


def test_the_distance_is_in_arcsec() -> None:
    (star,) = stars_taken([name("off", 10.0, 20.0 - 1 / 3600)], Observations.of(ROWS))
    assert star.away == pytest.approx(1.0, abs=1e-6)
    assert star.record() == {"target": "off", "tic": 1, "arcsec": 1.0}
    assert str(star) == "using TIC 1, 1.0 arcsec from the coordinates of TOY"


def test_without_coordinates_only_a_single_name_can_be_told() -> None:
    bare = Observations.of([{"obs_id": "a", "tic": 2}, {"obs_id": "b", "tic": 1}])
    one, two = name("one", 10.0, 20.0), name("two", 11.0, 20.0)
    assert stars_taken([one], bare) == []
    assert taken_in_words([], [one], bare) == "one: using TIC 1, TIC 2"
    assert taken_in_words([], [one, two], bare) == ""
    assert taken_in_words([], [one], Observations.empty()) == ""


def test_many_names_are_counted_with_a_few_examples() -> None:
    many = [Taken(name(f"n{number}", 10.0, 20.0), number, 0.0) for number in range(1000)]
    assert several_taken(many) == (
        "1,000 names: using the star nearest to the coordinates of each: n0 TIC 0, n1 TIC 1, n2 TIC 2 and 997 more"
    )
    assert several_taken(many[:2]).count("using TIC") == 2
