"""Sectors as text, and back."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tess_source.names.sectors import runs_of_sectors, sectors_of_text, text_of_sectors, texts_of_sectors

SECTORS = st.sets(st.integers(1, 150))


@settings(deadline=None)
@given(SECTORS)
def test_sectors_are_read_back_from_their_text(sectors: set[int]) -> None:
    text = text_of_sectors(sectors)
    assert sectors_of_text(text) == tuple(sorted(sectors))
    back: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        back |= set(range(int(first), int(last or first) + 1))
    assert back == sectors


def test_order_and_repetition_do_not_count() -> None:
    assert text_of_sectors([5, 3, 1, 2, 2]) == "1-3,5"
    assert runs_of_sectors([5, 3, 1, 2, 2]) == [(1, 3), (5, 5)]
    assert text_of_sectors([]) == ""


def test_a_column_is_written_row_by_row_and_null_stays_null() -> None:
    column = pl.Series([[2, 5, 8, 9, 10], None, [], [7]], dtype=pl.List(pl.Int32))
    assert texts_of_sectors(column).to_list() == ["2,5,8-10", None, "", "7"]


@pytest.mark.parametrize("text", ["a", "1;2", "1-b", "²", "-5"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        sectors_of_text(text)


@pytest.mark.parametrize("text", ["1-10000", "9" * 5000, "1-999999999999"])
def test_ranges_of_more_sectors_than_names_can_hold_are_refused_before_they_are_made(text: str) -> None:
    with pytest.raises(ValueError, match="more than 4 digits"):
        sectors_of_text(text)
