"""Typical sizes of files, for those whose size no archive has told: a plan of them can still say about how large it is."""

from __future__ import annotations

from collections.abc import Mapping

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import LargeAnswerError
from tess_source.wording import keyword

__all__ = ["LARGE", "about", "check_amount", "in_words", "known_and_typical_bytes", "typical_sizes"]

TYPICAL: Mapping[tuple[str, str, float], int] = {
    ("SPOC", "lc", 120): 2_000_000,
    ("SPOC", "tp", 120): 47_000_000,
    ("SPOC", "fast-lc", 20): 11_600_000,
    ("SPOC", "fast-tp", 20): 280_000_000,
    ("SPOC", "dvt", 120): 4_700_000,
    ("SPOC", "dvr-xml", 120): 250_000,
    ("SPOC", "dvr-pdf", 120): 30_000_000,
    ("SPOC", "dvm", 120): 7_500_000,
    ("SPOC", "dvs", 120): 1_100_000,
    ("QLP", "lc", 1800): 80_640,
    ("QLP", "lc", 600): 215_000,
    ("QLP", "lc", 200): 674_000,
    ("TESS-SPOC", "lc", 1800): 164_000,
    ("TESS-SPOC", "lc", 600): 409_000,
    ("TESS-SPOC", "lc", 200): 1_180_000,
    ("TESS-SPOC", "tp", 1800): 3_900_000,
    ("TESS-SPOC", "tp", 600): 11_000_000,
    ("TESS-SPOC", "tp", 200): 32_000_000,
    ("TGLC", "lc", 1800): 57_600,
    ("TGLC", "lc", 600): 165_000,
    ("TGLC", "lc", 200): 500_000,
    **{("SPOC", "ffi", exptime): 35_550_000 for exptime in (1800, 600, 200)},
    **{("SPOC", "ffir", exptime): 17_800_000 for exptime in (1800, 600, 200)},
    **{("TICA", "ffi", exptime): 17_780_000 for exptime in (1800, 600, 200)},
    ("TESScut", "cube", 1800): 45_600_000_000,
    ("TESScut", "cube", 600): 119_000_000_000,
    ("TESScut", "cube", 200): 418_000_000_000,
    ("TICA", "cube", 600): 60_000_000_000,
    ("TICA", "cube", 200): 209_000_000_000,
}
"""Pipeline, kind and exposure time [s] → bytes of such a file of one sector of usual length: the middle of real product lists. Images
and cubes follow from their 2136 × 2078 pixels of 4 bytes, an uncertainty for each in calibrated images and in SPOC's cubes."""
IMAGES = ("ffi", "ffir")
"""Kinds whose files do not grow with the length of a sector: each is of one exposure."""
LARGE = 10**12
"""A plan of more bytes is made only if that was asked for: 1 TB, or about 28,000 calibrated full-frame images."""
DOCUMENTS = ("dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Kinds whose files do not either: they grow with what was found."""
LENGTHS = {6: 0.83, 78: 0.69, 97: 2.07, 98: 2.17}
"""Sectors that are much shorter or longer than others, which have 24 to 29 days: their length [26.4 days]."""
SEVERAL = {"dvt": 5, "dvr-xml": 3}
"""Kinds whose files about several sectors are larger by a factor. The sectors that were used are not known from the name."""


def typical_sizes(frame: pl.DataFrame) -> pl.Series:
    """Return the typical size of each file [byte], null where it is not known.

    Parameters
    ----------
    frame : polars.DataFrame
        Products or items, with `pipeline`, `kind`, `exptime` [s], `first_sector` and `last_sector`.
    """
    rows = [(*key, size) for key, size in TYPICAL.items()]
    table = pl.DataFrame(rows, schema=["pipeline", "kind", "exptime", "typical"], orient="row").cast(
        {"exptime": pl.Float64}
    )
    wanted = frame.select(
        "pipeline", "kind", pl.col("exptime").cast(pl.Float64), "first_sector", "last_sector"
    ).rechunk()
    several = pl.col("first_sector") < pl.col("last_sector")
    factor = (
        pl.when(several)
        .then(pl.col("kind").replace_strict(SEVERAL, default=1, return_dtype=pl.Float64))
        .when(pl.col("kind").is_in([*IMAGES, *DOCUMENTS]))
        .then(pl.lit(1.0))
        .otherwise(pl.col("last_sector").replace_strict(LENGTHS, default=1, return_dtype=pl.Float64))
    )
    joined = wanted.join(table, on=["pipeline", "kind", "exptime"], how="left", maintain_order="left")
    return joined.select((pl.col("typical") * factor).round().cast(pl.Int64)).to_series()


def known_and_typical_bytes(frame: pl.DataFrame) -> tuple[int, int]:
    """Return how large the files of known size are together, and about how large the others are, as far as that is known [byte].

    Parameters
    ----------
    frame : polars.DataFrame
        As for `about`.
    """
    known, unknown = _known_and_unknown(frame)
    return int(known["size"].sum()), int(typical_sizes(unknown).sum())


def _known_and_unknown(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the files of known and of unknown size."""
    is_known = (frame["size"] >= 0).fill_null(value=False)  # some archives give -1 for a size that they do not know
    return frame.filter(is_known), frame.filter(~is_known)


def about(frame: pl.DataFrame) -> str:
    """Return in words how large the files of unknown size are together, e.g. ``"about 1.2 GB"``; empty if that is not known.

    If it is known of some of them only, it is ``"more than about 1.2 GB"``.

    Parameters
    ----------
    frame : polars.DataFrame
        As for `typical_sizes`, with `size`.
    """
    _, unknown = _known_and_unknown(frame)
    sizes = typical_sizes(unknown) if unknown.height else pl.Series(dtype=pl.Int64)
    if len(sizes) == sizes.null_count():
        return ""
    return f"{'more than ' if sizes.null_count() else ''}about {text.size(float(sizes.sum()))}"


def in_words(frame: pl.DataFrame) -> str:
    """Return in words how large files are together, e.g. ``"2.0 MB"``, ``"2.0 MB, unknown, about 1.2 GB"`` or ``"unknown size"``.

    Parameters
    ----------
    frame : polars.DataFrame
        As for `about`.
    """
    known, unknown = _known_and_unknown(frame)
    parts = [text.size(float(known["size"].sum()))] if known.height or not unknown.height else []
    if unknown.height:
        roughly = about(unknown)
        parts.append(
            f"unknown, {roughly}" if roughly else f"{unknown.height:,} of unknown size" if parts else "unknown size"
        )
    return ", ".join(parts)


def check_amount(frame: pl.DataFrame, *, large: bool) -> None:
    """Check that files are not very large together, or that it was said that they may be.

    Parameters
    ----------
    frame : polars.DataFrame
        As for `about`, with `uri`. A file that it has twice counts once.
    large : bool
        Whether they may be.

    Raises
    ------
    LargeAnswerError
        If they have more than `LARGE` bytes, as far as their sizes are known or can be estimated; the message says how many files and
        bytes they are, and what to do.
    """
    if large:
        return
    files = frame.unique("uri")
    known, estimated = known_and_typical_bytes(files)
    if (count := known + estimated) <= LARGE:
        return
    roughly = "about " if estimated else ""
    are = "is" if files.height == 1 else "are"
    fewer: list[object] = ["choose fewer, e.g. by ", keyword("sector")]
    if files["kind"].is_in(IMAGES).any():
        fewer += [", ", keyword("camera"), ", ", keyword("ccd"), " or ", keyword("time")]
        fewer += ["; the pixels around a star alone are ", keyword("kind", "cutout")]
    raise LargeAnswerError(
        f"{text.number(files.height, 'file')} of {roughly}{text.size(count)} {are} more than {text.size(LARGE)}: ",
        *fewer,
        "; or give ",
        keyword("large", True, option="--yes"),
        " to fetch them all",
    )
