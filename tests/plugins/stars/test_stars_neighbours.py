"""Is the dip on this star? The stars of the TIC around a target, with separation and difference in magnitude."""

from __future__ import annotations

import astropy.units as u
import pytest
from tic_case import BY_PLACE, DWARF, FAINT, FAR, NOT_THERE, TWIN, TicService, session_at

from tess_source_stars.stars import NEIGHBOURS, Stars


def test_neighbours_come_nearest_first_with_the_target_marked(service: TicService) -> None:
    stars = session_at(service).stars(DWARF, neighbours="1 arcmin")
    assert type(stars) is Stars
    assert stars["tic"].to_list() == [DWARF, TWIN, FAINT]
    assert stars["is_target"].to_list() == [True, False, False]
    assert stars["separation"].to_list() == [0.0, pytest.approx(0.0145, abs=1e-3), pytest.approx(20.0)]
    assert stars["tmag_difference"].to_list() == [0.0, pytest.approx(0.1), 5.0]
    assert stars["flux_ratio"].to_list() == [1.0, pytest.approx(10**-0.04), pytest.approx(0.01)]
    assert stars["disposition"].to_list() == [None, "DUPLICATE", None]
    assert stars.to_table()["separation"].unit == u.arcsec


def test_each_target_has_its_own_neighbours_and_costs_one_question(service: TicService) -> None:
    stars = session_at(service).stars([FAR, DWARF, NOT_THERE], neighbours=60 * u.arcsec)
    assert stars.to_polars().select("neighbour_of", "tic").rows() == [
        (FAR, FAR),
        (DWARF, DWARF),
        (DWARF, TWIN),
        (DWARF, FAINT),
    ]
    asked = [question["params"] for question in service.asked_of_tic if question["service"] == BY_PLACE]
    assert sorted(one["ra"] for one in asked) == [84.291198, 311.289719]
    assert {one["radius"] for one in asked} == {60 / 3600}


def test_the_same_star_can_be_near_several_targets(service: TicService) -> None:
    stars = session_at(service).stars([DWARF, FAINT], neighbours=25)
    assert stars.to_polars().select("neighbour_of", "tic").rows() == [
        (DWARF, DWARF), (DWARF, TWIN), (DWARF, FAINT), (FAINT, FAINT), (FAINT, TWIN), (FAINT, DWARF),
    ]  # fmt: skip
    assert stars.where(stars["neighbour_of"] == FAINT)["tmag_difference"].to_list() == [0.0, pytest.approx(-4.9), -5.0]


def test_a_magnitude_that_is_not_known_leaves_differences_null(service: TicService) -> None:
    service.sky[DWARF]["Tmag"] = None
    stars = session_at(service).stars(DWARF, neighbours=60)
    assert stars["tmag_difference"].null_count() == stars["flux_ratio"].null_count() == 3


def test_without_neighbours_to_look_for_the_columns_are_there_all_the_same(service: TicService) -> None:
    stars = session_at(service).stars(NOT_THERE, neighbours=60)
    assert len(stars) == 0
    assert {**NEIGHBOURS}.keys() <= {*stars.columns}
    assert {**stars.to_polars().schema} == {**session_at(service).stars(DWARF, neighbours=60).to_polars().schema}


def test_an_answer_has_them_too(service: TicService) -> None:
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    found = session_at(service).search(16740101, kind="lc")
    assert found.stars(neighbours="30 arcsec")["neighbour_of"].unique().to_list() == [16740101]
