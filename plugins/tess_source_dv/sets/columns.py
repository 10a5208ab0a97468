"""Columns of products that the plugin adds once they are linked: their set, its sectors, and whether it is superseded.

All of them are null for whatever is no product of a data-validation run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeAlias

from tess_source._lazy import pl
from tess_source.hooks.records import Column
from tess_source.names.sectors import texts_of_sectors
from tess_source.tables.listing import Links
from tess_source_dv.sets import few
from tess_source_dv.sets.links import link
from tess_source_dv.sets.members import KINDS

if TYPE_CHECKING:
    from tess_source.tables.listing import Products

__all__ = ["COLUMNS", "described"]

FEW = 10_000
"""Fewer keys are looked up with those that are null among them."""


def described(products: Products, links: Links | None = None) -> Products:
    """Return products with all these columns, made from the links, or from the names if no links are given."""
    if links is None:
        links = link(products) or Links.empty()
    for column in COLUMNS:
        products = products.with_columns(**{column.name: column.compute(products, links)})
    return products


Compute: TypeAlias = "Callable[[Products, Links], pl.Series]"


def _or_of_few(few_values: Callable[[Products, Links], few.Texts]) -> Callable[[Compute], Compute]:
    """Return a decorator: values of a few products are computed by a function of `tess_source_dv.sets.few`."""

    def decorator(of_many: Compute) -> Compute:
        @wraps(of_many)
        def compute(products: Products, links: Links) -> pl.Series:
            if len(links) and few.are_few(products, links):
                return pl.Series(few_values(products, links), dtype=pl.String)
            return of_many(products, links)

        return compute

    return decorator


@_or_of_few(few.set_keys)
def _set_keys(products: Products, links: Links) -> pl.Series:
    if not len(links):
        return _nothing(products)
    uris = products.to_polars().select(pl.when(pl.col("kind").is_in(KINDS)).then("uri")).to_series()
    return _values_by_key(uris, _of_kind(links, "dv-set", key="subject", value="object"))


@_or_of_few(few.sector_texts)
def _sector_texts(products: Products, links: Links) -> pl.Series:
    """Return the sectors of each set as text: the sector of a single-sector search, else those of the linked data."""
    sets, frame = _known_set_keys(products, links), products.to_polars()
    if not sets.count():
        return _nothing(products)
    of = _of_kind(links, "dv-of", key="object", value="subject")
    sectors = _values_by_key(of["key"], _table(frame["uri"], frame["first_sector"]))
    found = _table(of["value"], sectors).unique().drop_nulls().group_by("key").agg(pl.col("value").sort())
    listed = _values_by_key(sets, _table(found["key"], texts_of_sectors(found["value"])))
    single = pl.when(sets.is_not_null() & (pl.col("first_sector") == pl.col("last_sector"))).then(
        pl.col("first_sector").cast(pl.String)
    )
    return frame.select(pl.coalesce(single, listed)).to_series()


@_or_of_few(few.states)
def _states(products: Products, links: Links) -> pl.Series:
    sets, frame = _known_set_keys(products, links), products.to_polars()
    if not sets.count():
        return _nothing(products)
    told = _values_by_key(sets, _of_kind(links, "dv-of", key="subject", value="state"))
    single = pl.when(pl.col("first_sector") == pl.col("last_sector")).then(pl.lit("exact")).otherwise(pl.lit("unknown"))
    return frame.select(pl.when(sets.is_not_null()).then(pl.coalesce(told, single))).to_series()


@_or_of_few(few.superseding_keys)
def _superseding_keys(products: Products, links: Links) -> pl.Series:
    sets = _known_set_keys(products, links)
    if not sets.count():
        return _nothing(products)
    return _values_by_key(sets, _of_kind(links, "supersedes", key="object", value="subject"))


@_or_of_few(few.superseded_keys)
def _superseded_keys(products: Products, links: Links) -> pl.Series:
    sets = _known_set_keys(products, links)
    if not sets.count():
        return _nothing(products)
    runs = _of_kind(links, "supersedes", key="subject", value="object").rechunk()
    if runs.is_empty():
        return _nothing(products)
    older = runs.group_by("key", maintain_order=True).agg(pl.col("value").str.join(" "))
    return _values_by_key(sets, older)


def _of_kind(links: Links, kind: str, *, key: str, value: str) -> pl.DataFrame:
    """Return two columns of the links of one kind as `key` and `value`."""
    frame = links.to_polars()
    of = frame[[key, value]].filter(frame["kind"] == kind)
    of.columns = ["key", "value"]
    return of


def _table(keys: pl.Series, values: pl.Series) -> pl.DataFrame:
    return pl.DataFrame([keys.alias("key"), values.alias("value")])


def _nothing(products: Products) -> pl.Series:
    """Return the column of products of which none belongs to a set: it takes no time."""
    return pl.Series([None], dtype=pl.String).new_from_index(0, len(products))


def _known_set_keys(products: Products, links: Links) -> pl.Series:
    return products["dv_set"] if "dv_set" in products.columns else _set_keys(products, links)


def _values_by_key(keys: pl.Series, table: pl.DataFrame) -> pl.Series:
    """Return the `value` of each key, the first of several; null where there is none.

    Keys that are null, those of most products, take no time.
    """
    if table.is_empty():
        return pl.Series([None], dtype=table["value"].dtype).new_from_index(0, len(keys))
    if len(keys) < FEW or not keys.null_count():
        return _joined(keys, table)
    known = keys.is_not_null()
    return _joined(keys.filter(known), table).gather(pl.select(pl.when(known).then(known.cum_sum() - 1)).to_series())


def _joined(keys: pl.Series, table: pl.DataFrame) -> pl.Series:
    """Return the `value` of each key, as `_values_by_key` does."""
    frame = keys.alias("key").to_frame().rechunk()
    found = frame.join(table.rechunk(), on="key", how="left", maintain_order="left")
    if len(found) > len(frame):  # a key has several values
        first = table.unique("key", keep="first", maintain_order=True).rechunk()
        found = frame.join(first, on="key", how="left", maintain_order="left")
    return found["value"]


COLUMNS = (
    Column("dv_set", _set_keys, "key of the data-validation set that a product belongs to"),
    Column(
        "dv_sectors",
        _sector_texts,
        'sectors that the set used (dv_state "exact"), or may have used ("bounded"), e.g. "14,15,41"',
    ),
    Column("dv_state", _states, "how sure dv_sectors is: exact, bounded or unknown"),
    Column("superseded_by", _superseding_keys, "key of the set that supersedes this product's; null: it is current"),
    Column("supersedes", _superseded_keys, "keys of the sets that this product's supersedes, with blanks between them"),
)
"""In the order in which they are computed; each may use those before it."""
