"""The table of DV sets: what was searched, with which sectors, what there is of it, what is missing, and what supersedes it.

`sets_of` makes it from a search, and makes sectors exact from files that are here or fetched; `table_of` from products alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tess_source._lazy import pl
from tess_source.errors import UnknownNameError
from tess_source.names.sectors import sectors_of_text, texts_of_sectors
from tess_source.tables.among import among
from tess_source.tables.listing import Links, Products
from tess_source.tables.rows import Rows
from tess_source_dv.sets.choice import CHOICES, widest
from tess_source_dv.sets.columns import COLUMNS, described
from tess_source_dv.sets.exact_sectors import learn
from tess_source_dv.sets.links import KINDS as LINKS
from tess_source_dv.sets.links import link, observed
from tess_source_dv.sets.lost import lost
from tess_source_dv.sets.members import KINDS, all_products, members, sets_among
from tess_source_dv.sets.superseded import REASONS, superseded
from tess_source_dv.sets.used import EXACT, candidates, known, used

if TYPE_CHECKING:
    from tess_source.tables.found import Found
    from tess_source_dv.read.tces import TCEs

__all__ = ["Sets", "sets_of", "table_of"]

WHOLE = tuple(kind for kind in KINDS if kind != "dvs")
"""Products of which every set has one; of `dvs` it has one per TCE."""


class Sets(Rows):
    """DV sets, one per row; newest run first within each target.

    `sectors` are those that the run used if `state` is ``exact``; `source` names where they come from: the name of a search of one sector,
    the report, the time series, or the archive's target list. If `state` is ``bounded``, they are those that it may have used: the sectors
    observed within the range. ``unknown``: no data are listed that were observed in the range.

    `tces` counts the TCEs: those in the report where it was read, else the summaries (``dvs``); null without either. `members` are the
    products listed, `missing` those that a set should have. `superseded_by` and `supersedes` are keys of sets, the latter with blanks
    between them; `reason` says why, and begins with "probably" where sectors are only bounded.

    `lost` holds what the superseding set does not have: numbers of TCEs with their periods, if the reports of both were read and compared
    by ephemeris ("nothing": it has them all); else how many TCEs fewer it has; null if nothing is known, and for current sets.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "set": "String", "pipeline": "String", "tic": "Int64", "first_sector": "Int32", "last_sector": "Int32", "run": "Int32",
        "sectors": "String", "sector_count": "Int32", "state": "String", "source": "String", "tces": "Int32", "members": "String",
        "missing": "String", "superseded_by": "String", "supersedes": "String", "reason": "String", "lost": "String",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = (
        "set", "sectors", "state", "tces", "superseded_by", "reason", "lost", "missing", "members",
    )  # fmt: skip
    whole: ClassVar[Sequence[str]] = ("set",)
    noun = "DV set"
    __slots__ = ()

    @property
    def current(self) -> Sets:
        """Those that no other set supersedes, not even probably."""
        return self.choose("current")

    def choose(self, which: str) -> Sets:
        """Choose among the sets.

        Parameters
        ----------
        which : str
            ``"current"``: not superseded. ``"widest"``: of each target (and pipeline) the set with most sectors, of equals the one with the
            higher run. ``"all"``.

        Returns
        -------
        Sets
            Those sets.

        Raises
        ------
        UnknownNameError
            For another word.
        """
        if which not in CHOICES:
            raise UnknownNameError("choice of DV sets", which, CHOICES)
        if which == "all":
            return self
        if which == "current":
            return self.where(pl.col("superseded_by").is_null())
        return self.where(pl.col("set").is_in(among(widest(self._frame.with_columns(order=_run_order())))))

    def exactly(self) -> pl.DataFrame:
        """Return the sectors of these sets as far as they are exact and not said by the name, as `tess_source_dv.sets.used.known` does."""
        rows = self._frame.filter((pl.col("state") == EXACT) & (pl.col("source") != "name"))
        told = rows.select("set", "sectors", "source").iter_rows()
        return known((key, sectors_of_text(words), source) for key, words, source in told)

    def relate(self, found: Found) -> Found:
        """Return the search with links and columns made from these sets.

        Parameters
        ----------
        found : Found
            The search that the sets are of.

        Returns
        -------
        Found
            With the same products. ``dv-of`` links of sets whose sectors are exact are so as well.
        """
        whole = all_products(found)
        ours = link(whole, self.exactly()) or Links.empty()
        others = found.links.where(~pl.col("kind").is_in(LINKS))
        added = described(whole, ours).to_polars().select("uri", *(column.name for column in COLUMNS))
        frame = found.products.to_polars().drop([column.name for column in COLUMNS], strict=False)
        products = Products(frame.join(added.unique("uri").rechunk(), on="uri", how="left", maintain_order="left"))
        return found.replace(products=products, links=Links.stack([ours, others]))


def _run_order() -> pl.Expr:
    """Return an expression for the order of runs: the larger, the later."""
    version = pl.col("set").str.extract(r"/v?0*(\d+)$").cast(pl.Int32, strict=False)
    return pl.coalesce("run", version, 0)


def sets_of(
    found: Found,
    exact: bool = False,
    root: str | Path | None = None,
    files: Iterable[str | Path] = (),
    which: str = "all",
) -> Sets:
    """Return the DV sets of a search: see `tess_source_dv.accessors.dv`."""
    if which not in CHOICES:
        raise UnknownNameError("choice of DV sets", which, CHOICES)
    learned = learn(found, exact=exact, root=root, files=files)
    return table_of(all_products(found), learned.sectors, learned.tces).choose(which)


def table_of(products: Products, exactly: pl.DataFrame | None = None, tces: TCEs | None = None) -> Sets:
    """Make the table of the sets among products.

    Parameters
    ----------
    products : Products
        DV products, and the light curves or pixels that they may rest on.
    exactly : polars.DataFrame, optional
        As `tess_source_dv.sets.used.known` gives it.
    tces : TCEs, optional
        From reports that were read.

    Returns
    -------
    Sets
    """
    dv = members(products)
    if dv.is_empty():
        return Sets.empty()
    sets = sets_among(dv)
    usage = used(sets, candidates(sets, observed(products)), known() if exactly is None else exactly)
    frame = sets.join(usage, on="id", maintain_order="left").join(
        _member_texts(dv, tces), on="set", how="left", maintain_order="left"
    )
    frame = frame.with_columns(
        sectors=texts_of_sectors(frame["sectors"]), sector_count=pl.col("sectors").list.len().cast(pl.Int32)
    )
    frame = _with_superseding(frame, superseded(sets, usage))
    frame = frame.with_columns(lost=lost(frame.select("set", "superseded_by", "tces"), tces))
    newest = ["tic", "pipeline", "order", "last_sector", "first_sector"]
    frame = frame.sort(newest, descending=[False, False, True, True, False], nulls_last=True, maintain_order=True)
    return Sets(frame.select(list(Sets.schema)))


def _member_texts(dv: pl.DataFrame, tces: TCEs | None) -> pl.DataFrame:
    """Return the members of each set, and those that are missing: columns `set`, `tces`, `members`, `missing`."""
    summaries = (pl.col("kind") == "dvs") & pl.col("tce").is_not_null()
    frame = dv.group_by("set", maintain_order=True).agg(
        *((pl.col("kind") == kind).any().alias(kind) for kind in WHOLE),
        dvs=pl.col("tce").filter(summaries).unique().sort(),
    )
    reports = _tce_counts(tces)
    frame = frame.join(reports, on="set", how="left", maintain_order="left")
    listed = pl.col("dvs").list.max()
    frame = frame.with_columns(tces=pl.coalesce("reported", listed).cast(pl.Int32), dvs_count=pl.col("dvs").list.len())
    absent = pl.int_ranges(1, pl.max_horizontal("tces", listed).fill_null(0) + 1).cast(pl.List(pl.Int32))
    absent = absent.list.set_difference(pl.col("dvs").cast(pl.List(pl.Int32))).list.sort()
    numbers = pl.when(absent.list.len() > 0).then(pl.format("dvs {}", absent.cast(pl.List(pl.String)).list.join(",")))
    no_dvs = pl.when((pl.col("dvs_count") == 0) & pl.col("tces").is_null()).then(pl.lit("dvs"))
    here = [pl.when(kind).then(pl.lit(kind)) for kind in WHOLE]
    gone = [pl.when(~pl.col(kind)).then(pl.lit(kind)) for kind in WHOLE]
    counted = pl.when(pl.col("dvs_count") > 0).then(pl.format("dvs:{}", "dvs_count"))
    missing = pl.concat_str([*gone, numbers, no_dvs], separator=" ", ignore_nulls=True)
    return frame.select(
        "set",
        "tces",
        members=pl.concat_str([*here, counted], separator=" ", ignore_nulls=True),
        missing=pl.when(missing != "").then(missing),
    )


def _tce_counts(tces: TCEs | None) -> pl.DataFrame:
    if tces is None or not len(tces):
        return pl.DataFrame(schema={"set": pl.String, "reported": pl.Int32})
    frame = tces.to_polars().drop_nulls("set").group_by("set").agg(reported=pl.col("tce").n_unique().cast(pl.Int32))
    return frame.rechunk()


def _with_superseding(frame: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the keys of the sets that supersede and are superseded."""
    keys = frame["set"]
    first = pairs.unique("id", keep="first", maintain_order=True).select(
        "id", superseded_by=pl.Series(keys).gather(pairs.unique("id", keep="first", maintain_order=True)["by"]),
        reason=pl.col("why").replace_strict(REASONS, return_dtype=pl.String),
    )  # fmt: skip
    older = pairs.select(id="by", older=keys.gather(pairs["id"])).group_by("id", maintain_order=True)
    return frame.join(first, on="id", how="left", maintain_order="left").join(
        older.agg(supersedes=pl.col("older").str.join(" ")), on="id", how="left", maintain_order="left"
    )
