"""What bundles say of observations and of their files: made once per state of the lists, whatever stars are asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from tess_source._lazy import pl
from tess_source.tables.listing import KIND_ORDER
from tess_source_catalogue.columns import collection
from tess_source_catalogue.cut import CutTexts, chosen
from tess_source_catalogue.patterns import FEW, Texts
from tess_source_catalogue.view import bundles_of

__all__ = ["KEYS", "Bundles", "count_of", "numbered", "stacked"]

KEYS = ("kind", "first_sector", "last_sector", "pipeline")
"""What tells observations of a star apart, except for a few."""
_RANKS = {kind: rank for rank, kind in enumerate(KIND_ORDER)}
MRP = "Minimum Recommended Products"
DESCRIPTIONS: Mapping[str, tuple[str, str, str, str | None]] = {
    "lc": ("LC", "Light curves", "SCIENCE", MRP),
    "tp": ("TP", "Target pixel files", "SCIENCE", MRP),
    "fast-lc": ("FAST-LC", "Light curves", "SCIENCE", MRP),
    "fast-tp": ("FAST-TP", "Target pixel files", "SCIENCE", MRP),
    "dvt": ("DVT", "Data validation time series", "SCIENCE", MRP),
    "dvm": ("DVM", "Data validation mini report", "INFO", MRP),
    "dvs": ("DVS", "TCE summary report", "INFO", MRP),
    "dvr-pdf": ("DVR", "full data validation report", "INFO", None),
    "dvr-xml": ("DVR", "full data validation report (xml)", "INFO", None),
}
"""Kind of SPOC's files → ``productSubGroupDescription``, ``description``, ``productType`` and ``productGroupDescription`` at MAST."""
OF_SPOC = {"instrument_name": "Photometer", "wavelength_region": "Optical", "em_min": 600.0, "em_max": 1000.0}
"""Columns of observations of SPOC's."""
MOST_KINDS = 8
"""Sets of kinds of which files are remembered."""


class BundleFiles(NamedTuple):
    """The files of bundles."""

    said: pl.DataFrame
    """Columns that products have from their file: one row per file."""
    rank: pl.Series
    """Place of each file in about the order in which products of one star are shown."""
    of_bundles: pl.Series
    """The files of each bundle: a list of their numbers, empty or null without any."""
    uris: Texts
    is_data: pl.Series
    """Whether the URI of each file is the address of its observation's data."""
    names: Texts
    """Of their filenames."""
    head: int | None
    """Number of characters of each URI before the filename, if it is the same for all."""

    def texts(self, numbers: pl.Series, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        """Return URIs and filenames of rows of files with these numbers. The end of a text takes neither time nor memory.

        If rows have the addresses of their observations' data, as `dataURL`, URIs that are the same are taken from there.
        """
        if len(numbers) > FEW and "dataURL" in rows.columns:
            uris = chosen(
                self.is_data[numbers], rows["dataURL"], lambda own: self.uris.of(numbers.filter(own), rows.filter(own))
            )
        else:
            uris = self.uris.of(numbers, rows)
        return uris, self.names.of(numbers, rows) if self.head is None else uris.str.slice(self.head)


class Bundles:
    """Bundles, numbered from 0.

    Parameters
    ----------
    frame : polars.DataFrame
        A row per bundle and file: `tess_source_catalogue.compose.BUNDLE_COLUMNS`, sorted by bundle.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._files: dict[frozenset[str] | None, BundleFiles] = {}

    @cached_property
    def _firsts(self) -> pl.DataFrame:
        """A row per bundle, at the place of its number."""
        return self.frame.unique("bundle", keep="first", maintain_order=True).rechunk()

    @cached_property
    def said(self) -> pl.DataFrame:
        """Columns that observations have from their bundle: one row per bundle."""
        spoc = pl.col("pipeline") == "SPOC"
        return self._firsts.select(
            "pipeline", "first_sector", "last_sector", "exptime", kind="of", obs_collection=collection(),
            sequence_number=pl.col("last_sector").cast(pl.Int64),
            **{name: pl.when(spoc).then(pl.lit(value)) for name, value in OF_SPOC.items()},
        )  # fmt: skip

    @cached_property
    def rank(self) -> pl.Series:
        """Place of each bundle in about the order in which observations of one star are shown."""
        return _ranks(self._firsts.with_columns(kind="of"))

    @cached_property
    def sorts(self) -> pl.DataFrame:
        """Each combination of `KEYS` with a number, `sort`: a few, and numbers are compared faster than texts."""
        return self.said.select(KEYS).drop_nulls().unique(maintain_order=True).with_row_index("sort")

    @cached_property
    def sort(self) -> pl.Series:
        """The number of each bundle's `KEYS`; null where one of them is not known."""
        return self.said.join(self.sorts, on=KEYS, how="left", maintain_order="left")["sort"].rechunk()

    @cached_property
    def obs_ids(self) -> CutTexts:
        """The obs_ids of observations, most of which stand in the addresses of their data."""
        return CutTexts(self._firsts["obs_id"], self._firsts["data"])

    @cached_property
    def addresses(self) -> Texts:
        """The addresses of observations' data."""
        return Texts(self._firsts["data"])

    def files(self, kinds: Collection[str] | None = None) -> BundleFiles:
        """Return the files, of these kinds only if they are given."""
        wanted = None if kinds is None else frozenset(kinds)
        files = self._files.get(wanted)
        if files is None:
            if len(self._files) >= MOST_KINDS:
                self._files.clear()
            files = self._files[wanted] = self._files_of(wanted)
        return files

    def _files_of(self, kinds: frozenset[str] | None) -> BundleFiles:
        frame = self.frame if kinds is None else self.frame.filter(pl.col("kind").is_in(sorted(kinds)))
        frame = frame.rechunk().with_row_index("file")
        numbers = frame.group_by("bundle").agg("file")
        lists = self._firsts.select("bundle").join(numbers, on="bundle", how="left", maintain_order="left")["file"]
        said = frame.select(
            "kind", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce", **_descriptions(), obs_collection=collection()
        )  # fmt: skip
        patterns = frame["pattern"]
        heads = patterns.str.extract(r"^(.*/)").fill_null("").unique()
        head = len(heads[0]) if len(heads) == 1 and "{" not in heads[0] else None
        names = Texts(patterns.str.extract(r"([^/]*)$"))
        return BundleFiles(
            said, _ranks(frame), lists.rechunk(), Texts(patterns), frame["pattern"] == frame["data"], names, head
        )


@lru_cache(maxsize=16)
def stacked(paths: tuple[Path, ...]) -> Bundles:
    """Return the bundles of volumes of the view, one behind the other. Paths are those of their rows; their names say their state."""
    return Bundles(numbered([bundles_of(path) for path in paths]))


def numbered(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return bundles one behind the other, numbered anew."""
    parts = [part for part in parts if part.height]
    if not parts:
        return pl.DataFrame()
    counts = [count_of(part) for part in parts]
    begins = [sum(counts[:place]) for place in range(len(counts))]
    return pl.concat(
        part.with_columns(pl.col("bundle") + begin) for part, begin in zip(parts, begins, strict=True)
    ).rechunk()


def count_of(bundles: pl.DataFrame) -> int:
    """Return the number of bundles."""
    return int(bundles["bundle"][-1]) + 1 if bundles.height else 0


def _ranks(sorts: pl.DataFrame) -> pl.Series:
    """Return the place of each row in about the order in which tables are shown."""
    keys = {
        "last_sector": False,
        "first_sector": True,
        "exptime": True,
        "obs_id": False,
        "kind": False,
        "run": False,
        "tce": False,
        "pattern": False,
    }
    kinds = pl.col("kind").replace_strict(_RANKS, default=len(_RANKS), return_dtype=pl.Int32)
    order = sorts.with_columns(kinds).select(pl.arg_sort_by(*keys, descending=[*keys.values()], nulls_last=True))
    return order.to_series().arg_sort().cast(pl.UInt32)


def _descriptions() -> dict[str, pl.Expr]:
    """Return how the portal describes files: of SPOC's, what was seen of all; of others, their collection only."""
    names = ("productSubGroupDescription", "description", "productType", "productGroupDescription")
    return {
        name: pl.when(pl.col("pipeline") == "SPOC").then(
            pl.col("kind").replace_strict(
                {kind: values[place] for kind, values in DESCRIPTIONS.items()}, default=None, return_dtype=pl.String
            )
        )
        for place, name in enumerate(names)
    }
