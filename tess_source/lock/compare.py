"""Comparison of two locks, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from tess_source import names
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.tables.plan import Plan
from tess_source.tables.rows import Rows, polars_schema

__all__ = ["Changes", "diff", "unsummed"]

VERSIONS = ("data_rel", "procver", "date", "prvversion", "t_obs_release")
"""Columns that differ between processings or releases of a file."""


class Changes(Rows):
    """The differences between two locks, one row per file."""

    schema: ClassVar[Mapping[str, str]] = {
        "change": "String", "path": "String", "reason": "String", "size_before": "Int64", "size_after": "Int64", "uri": "String",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = ("change", "path", "reason")
    noun = "change"
    __slots__ = ()

    def summary(self) -> str:
        """Return one line about the differences."""
        return text.counts(self["change"]) if len(self) else "nothing differs"


def diff(before: Plan, after: Plan) -> Changes:
    """Compare two locks, file by file.

    Parameters
    ----------
    before, after : Plan

    Returns
    -------
    Changes
        ``new``, ``gone``, ``reprocessed`` (version or release differ), ``changed`` (size, sha256, path or name differ); sorted by path. A
        value that only one of the two has is not a difference. A file whose name was changed by a reprocessing is ``changed``, see
        `tess_source.names.same_product`; its path and URI are those before.
    """
    left, right = (_files(plan) for plan in (before, after))
    renamed = _renamed(left, right)
    right = right.join(renamed, on="uri", how="left", maintain_order="left").with_columns(
        new_uri="uri", uri=pl.coalesce("old_uri", "uri")
    )
    both = left.join(right, on="uri", how="full", suffix="_after", coalesce=True)
    rows = both.filter(_is_different([*VERSIONS, "size", "sha256", "path"]))
    changes = [_row_of_change(row) for row in rows.sort(pl.coalesce("path", "path_after"), "uri").iter_rows(named=True)]
    return Changes(pl.DataFrame(changes, schema=polars_schema(Changes), orient="row"))


def _files(plan: Plan) -> pl.DataFrame:
    return plan.items.to_polars().filter(pl.col("uri").is_first_distinct())


def _renamed(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return the URIs of files that have another name in the second lock: columns `uri` (there) and `old_uri`."""
    gone, new = left.join(right, on="uri", how="anti"), right.join(left, on="uri", how="anti")
    files = pl.concat([part.select("uri", side=pl.lit(side)) for side, part in (("old_uri", gone), ("uri", new))])
    files = files.with_columns(product=names.product_numbers(files["uri"]), name=pl.col("uri").str.extract("([^/]*)$"))
    files = files.sort("product", "uri").with_columns(place=pl.int_range(pl.len()).over("product", "side"))
    old, today = (files.filter(pl.col("side") == side) for side in ("old_uri", "uri"))
    pairs = today.join(old, on=["product", "place"], suffix="_old").filter(pl.col("name") != pl.col("name_old"))
    return pairs.select("uri", old_uri="uri_old")


def unsummed(before: Plan, after: Plan) -> int:
    """Return the number of files whose sha256 only one of two locks has, so that their bytes are not compared.

    Parameters
    ----------
    before, after : Plan
        Two locks.
    """
    left, right = (plan.items.to_polars().select("uri", "sha256").unique("uri") for plan in (before, after))
    both = left.join(right, on="uri", suffix="_after")
    return both.filter(pl.col("sha256").is_null() != pl.col("sha256_after").is_null()).height


def _is_different(columns: list[str]) -> pl.Expr:
    one_sided = pl.col("kind").is_null() | pl.col("kind_after").is_null()
    unlike = [(pl.col(name) != pl.col(f"{name}_after")).fill_null(value=False) for name in columns]
    return pl.any_horizontal(one_sided, *unlike)


def _row_of_change(row: Mapping[str, Any]) -> tuple[Any, ...]:
    path = row["path"] or row["path_after"]
    sizes = (row["size"], row["size_after"], row["uri"])
    if row["kind"] is None or row["kind_after"] is None:
        return ("new" if row["kind"] is None else "gone", path, "", *sizes)
    renamed = [f"renamed to {row['new_uri'].rpartition('/')[2]}"] if row["new_uri"] != row["uri"] else []
    versions, contents, paths = (list(_differences(row, of)) for of in (VERSIONS, ("size", "sha256"), ("path",)))
    reason = "; ".join([*renamed, *versions, *contents, *([] if renamed else paths)])
    return ("reprocessed" if versions and not renamed else "changed", path, reason, *sizes)


def _differences(row: Mapping[str, Any], of: tuple[str, ...]) -> Iterator[str]:
    for name in of:
        before, after = row[name], row[f"{name}_after"]
        if before is not None and after is not None and before != after:
            shown = [value[:12] if name == "sha256" else text.cell(value) for value in (before, after)]
            yield f"{name} {shown[0]} -> {shown[1]}"
