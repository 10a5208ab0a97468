"""Columns, links and masks of observations on a sample table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tess_source._lazy import pl
from tess_source.hooks.records import Column
from tess_source.tables.listing import Links, Observations, Products
from tess_source_testing.checks.findings import Called, Findings
from tess_source_testing.checks.orders import emptied, fresh, half_null, orders

__all__ = ["check_column", "check_links", "check_relates"]

STATES = ("exact", "bounded", "unknown", None)


def check_column(findings: Findings, record: Column, products: Products, links: Links) -> None:
    """Check that a column has one value per row, of one type, whatever the order and number of the rows."""
    where = f"column {record.name!r}"
    right = "compute must return a polars expression or series, with one value per row"

    def computed(table: Products) -> Called:
        held = fresh(table)
        outcome = findings.call(lambda: _values_of(table, record, held, links))
        if not held.to_polars().equals(table.to_polars()) or held.columns != table.columns:
            findings.problem(where, "compute changes the table that it gets; return the values alone")
        return outcome

    first = computed(products)
    if not findings.works(where, first, right):
        return
    again = computed(products)
    if not again.ok or not again.value.equals(first.value):
        findings.problem(
            where, "compute gives other values the second time; it must depend on nothing but the table and the links"
        )
        return
    for what, table in (("a table without rows", emptied(products)), ("a table with nulls", half_null(products))):
        other = computed(table)
        if findings.works(f"{where}, {what}", other, right) and other.value.dtype not in (first.value.dtype, pl.Null):
            said = f"its type is {other.value.dtype}, and {first.value.dtype} for the sample; cast it to one type"
            findings.problem(f"{where}, {what}", said)
    for order, table in orders(products):
        other = computed(table)
        if not other.ok or not other.value.equals(first.value[order]):
            findings.problem(
                where,
                "compute gives other values if the rows come in another order; return each row's value in its place",
            )
            return


def _values_of(table: Products, record: Column, held: Products, links: Links) -> pl.Series:
    """Return the values of a column, one per row."""
    values = record.compute(held, links)
    if not isinstance(values, pl.Expr | pl.Series):
        raise TypeError(f"it returned {type(values).__name__}")
    return table.with_columns(**{record.name: values})[record.name]


def check_links(findings: Findings, function: Callable[..., Any], products: Products) -> Links:
    """Check the links of a sample, and return them."""
    where = "tess_link"

    def linked(table: Products) -> Called:
        return findings.call(lambda: None if (made := function(products=fresh(table))) is None else Links.of(made))

    first = linked(products)
    if not findings.works(
        where, first, "return Links, e.g. Links.of([{'subject': …, 'kind': …, 'object': …}]), or None"
    ):
        return Links.empty()
    links = first.value if first.value is not None else Links.empty()
    _check_rows(findings, where, links, products)
    for what, table in (("a table with nulls", half_null(products)), ("one product", products[:1])):
        findings.works(f"{where}, {what}", linked(table), "columns may have nulls, and products may be few")
    for _, table in orders(products):
        other = linked(table)
        if not other.ok or _rows(other.value) != _rows(links):
            findings.problem(
                where,
                "gives other links if the products come in another order; look at URIs, not at places in the table",
            )
            break
    return links


def _rows(links: Links | None) -> set[tuple[Any, ...]]:
    return set() if links is None else set(links.to_polars().select("subject", "kind", "object", "state").rows())


def _check_rows(findings: Findings, where: str, links: Links, products: Products) -> None:
    star = dict(products.to_polars().select("uri", "tic").rows())
    keys = {
        end for row in links for end in (row["subject"], row["object"]) if {row["subject"], row["object"]} & {*star}
    }
    for row in links:
        ends = [row["subject"], row["object"]]
        if not all(ends) or not row["kind"]:
            findings.problem(where, f"the link {row} lacks a subject, a kind or an object; give all three")
        elif not any(end in keys for end in ends):
            made = "a URI of the table, as it stands in the column 'uri', or a key of yours that another link relates to one"
            findings.problem(where, f"neither {ends[0]!r} nor {ends[1]!r} is a product; one of them must be {made}")
        elif all(end in star for end in ends) and star[ends[0]] != star[ends[1]]:
            findings.problem(
                where, f"links products of TIC {star[ends[0]]} and TIC {star[ends[1]]}; links stay within one star"
            )
        elif row["state"] not in STATES:
            findings.problem(where, f"the state {row['state']!r} is unknown; give 'exact', 'bounded' or 'unknown'")
        else:
            continue
        return  # one such link tells it


def check_relates(findings: Findings, function: Callable[..., Any], observations: Observations) -> None:
    """Check the mask of the observations that a plugin needs."""

    def masked(table: Observations) -> Called:
        return findings.call(
            lambda: table.mask(made) if (made := function(observations=fresh(table))) is not None else None
        )

    right = "return a polars expression, one boolean per observation, or None"
    first = masked(observations)
    if not findings.works("tess_relates", first, right) or first.value is None:
        return
    findings.works("tess_relates, a table without rows", masked(emptied(observations)), right)
    mask = first.value.to_list()
    for order, table in orders(observations):
        other = masked(table)
        if not other.ok or other.value is None or other.value.to_list() != [mask[row] for row in order]:
            findings.problem(
                "tess_relates", "names other observations if the rows come in another order; compute it from each row"
            )
            return
