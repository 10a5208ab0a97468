"""Programme numbers: what users may write, and which products they mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tess_source.errors import QueryError

if TYPE_CHECKING:
    import polars as pl

    from tess_source import Products

_NUMBER = re.compile(r"[A-Z]+[0-9]+")


def check(value: Any) -> tuple[str, ...]:
    """Read one programme number or a collection of them; text may hold several, with commas.

    Raises
    ------
    ValueError, TypeError
        The core turns these into an error that names the filter and the value.
    """
    found: set[str] = set()
    for item in [value] if isinstance(value, str) else value:
        if not isinstance(item, str):
            raise TypeError("give programme numbers as text, e.g. 'G06062'")
        found |= {word.strip().upper() for word in item.split(",")}
    if wrong := sorted(word for word in found if not _NUMBER.fullmatch(word)):
        raise ValueError(f"{wrong[0]!r} is not a programme number such as 'G06062'")
    if not found:
        raise ValueError("an empty list would keep nothing")
    return tuple(sorted(found))


def keep(products: Products, value: tuple[str, ...]) -> pl.Expr:
    """Tell which products have one of these among the programmes in MAST's ``proposal_id``, e.g. ``G022197_G022053``."""
    import polars as pl

    if "proposal_id" not in products.columns:
        if len(products):
            raise QueryError("these products have no column 'proposal_id'")
        return pl.lit(False)
    return pl.col("proposal_id").str.contains(rf"(?:^|_)(?:{'|'.join(value)})(?:_|$)")
