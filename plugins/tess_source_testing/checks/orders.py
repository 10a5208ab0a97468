"""A table in other orders, in part, empty, and with nulls: a pure function of a table does not mind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypeVar

from tess_source._lazy import pl
from tess_source.tables.rows import Rows

__all__ = ["emptied", "fresh", "half_null", "orders", "part"]

R = TypeVar("R", bound=Rows)
KEYS = {"archive", "obs_id", "observation", "uri", "filename"}
"""Columns that always have a value."""


def fresh(table: R) -> R:
    """Return a table of its own columns: what is done to it in place is not done to the original."""
    return type(table)(table.to_polars().clone())


def orders(table: R, seed: int = 0) -> Iterator[tuple[list[int], R]]:
    """Yield the table backwards, and in two other orders: the numbers of the rows, and the table."""
    numbers = list(range(len(table)))
    chance = random.Random(seed)
    for order in (numbers[::-1], chance.sample(numbers, len(numbers)), chance.sample(numbers, len(numbers))):
        yield order, type(table)(table.to_polars()[order])


def part(table: R) -> tuple[list[int], R]:
    """Return every third row."""
    numbers = list(range(0, len(table), 3))
    return numbers, type(table)(table.to_polars()[numbers])


def emptied(table: R) -> R:
    """Return the table without rows."""
    return type(table)(table.to_polars().clear())


def half_null(table: R) -> R:
    """Return the table with nulls in every second row, wherever a table may have them."""
    frame = table.to_polars()
    odd = pl.int_range(pl.len()) % 2 == 1
    return type(table)(
        frame.with_columns(pl.when(~odd).then(pl.col(name)).alias(name) for name in frame.columns if name not in KEYS)
    )
