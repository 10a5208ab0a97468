"""The files of a plan, made of products, and a plan in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tess_source import paths
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import TableError
from tess_source.files.etags import ETAG
from tess_source.tables.accessors import KnowsSchemes
from tess_source.tables.items import Items, completed
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.placing import SHA256, paths_and_problems
from tess_source.tables.typical_sizes import about

__all__ = [
    "check_parts",
    "mirrors_of",
    "plan_in_words",
    "planned",
    "unfetchable",
]


def check_parts(items: object, record: object, session: object) -> None:
    """Check the parts of a plan, which may be made by hand.

    Raises
    ------
    TableError
        If one is of another type; the message says what would be right.
    """
    if not isinstance(items, Items):
        raise TableError(f"items={type(items).__name__}: give Items; Plan.of(products, root) makes a plan of products")
    if not isinstance(record, Mapping):
        raise TableError(f"record={type(record).__name__}: give a mapping, which may be empty")
    if not (session is None or hasattr(session, "iter_download")):
        raise TableError(f"session={type(session).__name__}: give a Session, or None")


def planned(
    products: Products, layout: str, *, links: Links | None = None, observations: Observations | None = None
) -> Items:
    """Return the items of products with their paths. A product that must not be written stays in the table, with the reason.

    Parameters
    ----------
    products : Products
    layout : str
        See `tess_source.paths.relative_path`.
    links : Links, optional
        Links of kind ``mirror`` name other URIs of a file.
    observations : Observations, optional
        Observations of the products. Their ``t_obs_release``, if they have it, is kept with each file.

    Raises
    ------
    QueryError
        If the layout is not valid.
    TableError
        If the products are no `Products`.
    """
    if not isinstance(products, Products):
        raise TableError(
            f"{type(products).__name__} is not Products; session.plan takes tables of any kind, or give Products.of(table)"
        )
    frame = products.unique().to_polars()
    paths.checked_layout(layout)
    placed, problems = paths_and_problems(frame, layout)
    frame = frame.with_columns(
        path=placed,
        problem=problems,
        sha256=_sums(frame, "sha256", SHA256),
        etag=_sums(frame, "etag", ETAG),
        size=pl.when(pl.col("size") >= 0).then("size"),  # some archives give -1 for a size that they do not know
        mirrors=mirrors_of(frame["uri"], links),
    )
    keys = ["path", "uri"] if problems.count() else ["path"]  # files that can be written have a path each
    return Items(completed(_with_release(frame, observations)).sort(keys))


def _sums(frame: pl.DataFrame, name: str, form: str) -> pl.Expr:
    """Return a column of sums that an archive may give, without what is none."""
    if name not in frame.columns:
        return pl.lit(None, pl.String)
    digest = pl.col(name).cast(pl.String)
    return pl.when(digest.str.contains(f"^{form}$")).then(digest)


def _with_release(frame: pl.DataFrame, observations: Observations | None) -> pl.DataFrame:
    """Return the frame with the time at which the archive released the observation of each file."""
    if observations is None or "t_obs_release" not in observations.columns or "t_obs_release" in frame.columns:
        return frame
    if not observations["t_obs_release"].count():
        return frame.with_columns(t_obs_release=pl.lit(None, pl.Float64))
    dates = observations.to_polars().select("archive", "obs_id", pl.col("t_obs_release").cast(pl.Float64, strict=False))
    return frame.join(
        dates.unique(["archive", "obs_id"], keep="first", maintain_order=True), on=["archive", "obs_id"], how="left"
    )


def mirrors_of(uris: pl.Series, links: Links | None) -> pl.Series:
    """Return the URIs of the same bytes elsewhere, by links of kind ``mirror``: per file a text with blanks between them."""
    if links is None or not len(mirrors := links.where(pl.col("kind") == "mirror")):
        return pl.repeat("", len(uris), dtype=pl.String, eager=True)
    texts = mirrors.to_polars().group_by("subject", maintain_order=True).agg(pl.col("object").str.join(" "))
    return uris.replace_strict(texts["subject"], texts["object"], default="", return_dtype=pl.String)


def unfetchable(items: Items, registry: KnowsSchemes | None) -> list[str]:
    """Return the URI scheme of each file that no plugin fetches, to report it before the download.

    Parameters
    ----------
    items : Items
        The files.
    registry : Registry, optional
        The plugins; None, or one that fetches on its own, may know what to do.
    """
    if registry is None or registry.implements("tess_download"):
        return []
    known = registry.schemes
    rows = items.to_polars().select("uri", "mirrors")
    is_known = (pl.col("uri").str.starts_with(f"{scheme}:") for scheme in known)
    doubtful = rows.filter(~pl.any_horizontal(pl.col("uri") == "", *is_known)).with_columns(
        scheme=pl.col("uri").str.extract("^([^:]*)")
    )
    schemes = set(known)
    return [
        scheme
        for _, mirrors, scheme in doubtful.iter_rows()
        if schemes.isdisjoint(mirror.partition(":")[0] for mirror in mirrors.split())
    ]


def plan_in_words(items: Items, lacking: Sequence[str]) -> list[str]:
    """Return the number and size of the files of a plan, and how many cannot be fetched, in words.

    Parameters
    ----------
    items : Items
        The files.
    lacking : sequence of str
        Scheme of each file that no plugin fetches.
    """
    unknown, known = items["size"].null_count(), float(items["size"].sum() or 0)
    parts = [text.number(len(items), "file")]
    parts += [text.size(known)] if unknown < len(items) or not len(items) else []
    if unknown:
        parts.append(", ".join(filter(None, [f"{unknown:,} of unknown size", about(items.to_polars())])))
    parts += [f"{refused:,} cannot be written"] if (refused := items["problem"].count()) else []
    if lacking:
        parts.append(f"{len(lacking):,} that no plugin fetches ({', '.join(sorted(set(lacking)))})")
    return parts
