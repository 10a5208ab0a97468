"""A star's side of the split follows from its TIC id alone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import QueryError
from tess_source_arrays.split import SIDES, split

tics = st.lists(st.integers(0, 2**40), min_size=1, max_size=30)
seeds = st.integers(-(2**31), 2**31)


def test_some_stars_are_where_they_have_always_been() -> None:
    stars = [16740101, 25155310, 261136679, 307210830, 390988385, 12862099]
    assert split(stars).tolist() == ["train", "train", "validation", "test", "train", "test"]
    assert split(stars, (0.5, 0.25, 0.25), 7).tolist() == ["train", "train", "train", "train", "validation", "test"]


@given(tic=st.integers(0, 2**40), seed=seeds)
def test_the_side_is_found_by_the_documented_method(tic: int, seed: int) -> None:
    digest = hashlib.blake2b(str(tic).encode(), digest_size=8, key=str(seed).encode()).digest()
    place = int.from_bytes(digest, "big") / 2**64
    if min(abs(place - 0.8), abs(place - 0.9)) > 1e-9:
        assert split(tic, seed=seed) == ("train" if place < 0.8 else "validation" if place < 0.9 else "test")


@given(stars=tics, seed=seeds)
def test_a_star_has_one_side_whatever_stands_beside_it(stars: list[int], seed: int) -> None:
    together = split(np.array(stars), seed=seed)
    assert together.tolist() == [split(star, seed=seed) for star in stars]
    assert split(np.array(stars[::-1]), seed=seed).tolist() == together.tolist()[::-1]
    assert set(together) <= set(SIDES)


@given(stars=tics, train=st.floats(0.1, 0.5), more=st.floats(0, 0.3))
def test_no_star_leaves_training_when_training_grows(stars: list[int], train: float, more: float) -> None:
    def training(part: float) -> set[int]:
        sides = split(stars, (part, (1 - part) / 2, (1 - part) / 2))
        return {star for star, side in zip(stars, sides, strict=True) if side == "train"}

    assert training(train) <= training(train + more)


@given(
    seed=st.integers(0, 1000),
    fractions=st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.4, 0.0)]),
)
def test_sides_have_the_asked_sizes(seed: int, fractions: tuple[float, float, float]) -> None:
    sides = split(np.arange(2000), fractions, seed)
    for side, part in zip(SIDES, fractions, strict=True):
        allowed = 6 * np.sqrt(part * (1 - part) / 2000)  # six standard deviations of a binomial
        assert abs(np.mean(sides == side) - part) <= allowed


def test_the_answer_has_the_shape_of_the_question() -> None:
    assert isinstance(split(16740101), str)
    assert split([[1, 2], [3, 4]]).shape == (2, 2)
    assert split([]).tolist() == []
    assert split([], seed=3).dtype == split([1]).dtype


@pytest.mark.parametrize(
    ("tic", "fractions"),
    [(1, (0.8, 0.1)), (1, (0.8, 0.1, 0.2)), (1, (1.2, -0.1, -0.1)), (-1, (0.8, 0.1, 0.1)), ("1", (0.8, 0.1, 0.1)), (1.5, (0.8, 0.1, 0.1))],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(tic: object, fractions: tuple[float, ...]) -> None:
    with pytest.raises(QueryError):
        split(tic, fractions)  # type: ignore[call-overload]


@pytest.mark.parametrize("seed", ["x", 1.5, None, True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(QueryError, match=f"seed={seed!r}: give a whole number"):
        split(1, seed=seed)  # type: ignore[call-overload]
