"""What is left of an answer when only some of its products are: links are followed by what they join, not by what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from tess_source import Found, Links, Observations, Products, Query


def test_links_of_a_key_to_files_are_followed_whatever_they_are_called() -> None:
    links = [
        {"kind": "member-of", "subject": "x:one.fits", "object": "night 7"},
        {"kind": "calibrated-by", "subject": "night 7", "object": "x:flat.fits"},
        {"kind": "member-of", "subject": "x:two.fits", "object": "night 8"},
        {"kind": "calibrated-by", "subject": "night 8", "object": "x:dark.fits"},
        {"kind": "follows", "subject": "x:one.fits", "object": "x:two.fits"},
        {"kind": "mirror", "subject": "x:flat.fits", "object": "y:flat.fits"},
    ]
    one = Products.of([{"uri": "x:one.fits", "obs_id": "a"}])
    found = Found(one, Observations.empty(), Links.of(links), Query((), {}))
    left = found.narrowed().links
    assert [(row["kind"], row["object"]) for row in left] == [
        ("member-of", "night 7"),
        ("calibrated-by", "x:flat.fits"),
        ("follows", "x:two.fits"),
    ]


def left_of(observations: list[dict[str, Any]], products: list[dict[str, Any]]) -> list[str]:
    """Give the titles of the observations that are left with some products."""
    found = Found(Products.of(products), Observations.of(observations), Links.empty(), Query((), {}))
    return found.narrowed().observations["title"].to_list()


def observed(title: str, key: str | None, obs_id: str = "same", archive: str = "sky") -> dict[str, Any]:
    return {"title": title, "observation": key, "obs_id": obs_id, "archive": archive}


def file(key: str | None, obs_id: str = "same", archive: str = "sky") -> dict[str, Any]:
    return {"uri": "x:1", "observation": key, "obs_id": obs_id, "archive": archive}


def test_products_belong_to_the_observation_with_the_archives_own_key() -> None:
    two = [observed("one", "1"), observed("two", "2")]
    assert left_of(two, [file("2")]) == ["two"]
    assert left_of(two, [file("2", obs_id="another")]) == ["two"]
    assert left_of(two, [file("3")]) == []


def test_the_keys_of_two_archives_are_not_mixed() -> None:
    two = [observed("one", "1"), observed("other", "1", archive="sea")]
    assert left_of(two, [file("1", archive="sea")]) == ["other"]


@pytest.mark.parametrize(("theirs", "ours"), [(None, "1"), ("1", None), (None, None)])
def test_where_one_table_has_no_key_the_name_of_the_observation_tells(theirs: str | None, ours: str | None) -> None:
    two = [observed("one", theirs, "a"), observed("two", theirs, "b")]
    assert left_of(two, [file(ours, "b")]) == ["two"]


def test_tables_from_elsewhere_need_no_key() -> None:
    rows = [{"title": "one", "obs_id": "a"}, {"title": "two", "obs_id": "b"}]
    assert left_of(rows, [{"uri": "x:1", "obs_id": "a"}, {"uri": "x:2", "obs_id": "a"}]) == ["one"]
