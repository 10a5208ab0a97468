"""A whole mission's worth of lists as files: scripts, target lists, tables of TCEs, and those of high-level science products.

Stars, searches and ephemerides are made up and always the same; names, time stamps and forms are those of the real lists. Files lie in a
folder by the paths of the server, so that ``SampleArchive(mission=folder)`` serves them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tess_source._lazy import np, pl
from tess_source_sample.lists import tables
from tess_source_sample.lists.document import DOWNLOAD
from tess_source_sample.lists.pages import SCRIPTS, TABLES, table_index
from tess_source_sample.lists.targets import COMMENTED, HEADER, comments
from tess_source_sample.sectors import stamps

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEARCHES = (
    *((1, last) for last in (2, 3, 6, 9, 13, 36, 39, 46, 65, 69, 92, 96)),
    (2, 72),
    *((14, last) for last in (16, 19, 23, 26, 41, 50, 55, 60, 78, 86)),
    *((42, 43), (42, 46)),
)
"""First and last sector of every multi-sector search up to 2026."""

REPROCESSED = 13
"""Sectors up to this one were searched twice: two runs for each star."""

_FIRST_20S = 27
_CREATED = date(2026, 9, 1)


@dataclass(frozen=True)
class MissionSize:
    """How much of a mission is made; as it stands, the real one of 2026."""

    sectors: int = 108
    targets: int = 20_000
    """2-min targets per sector."""
    fast: int = 2_000
    """20-s targets per sector, from sector 27 on."""
    searched: int = 1_500
    """Stars with data validation per sector."""
    searched_often: int = 4_740
    """Stars with data validation per multi-sector search."""
    contributed: int = 20_000
    """Stars per sector and pipeline of high-level science products."""
    contributed_sectors: Sequence[int] = (1, 56)
    kinds: Sequence[str] = ("lc", "fast-lc", "dv")
    """Kinds of scripts."""

    @property
    def searches(self) -> list[tuple[int, int]]:
        """First and last sector of every search."""
        single = [(sector, sector) for sector in range(1, self.sectors + 1)]
        return single + [ends for ends in SEARCHES if ends[1] <= self.sectors]


SMALL = MissionSize(
    sectors=3, targets=50, fast=5, searched=6, searched_often=8, contributed=20, contributed_sectors=(1,)
)
"""Enough for a test."""


class MissionFiles(NamedTuple):
    """What was written."""

    files: int
    size: int
    """Bytes."""
    light_curves: int
    dv_sets: int


class _Lists:
    """The stars of a made-up mission, and its lists."""

    def __init__(self, size: MissionSize) -> None:
        self.size = size
        self._random = np.random.default_rng(12)

    @cached_property
    def stars(self) -> pl.DataFrame:
        """All stars: some have numbers beyond 32 bits."""
        draw, count = self._random, max(200, 30 * self.size.targets)
        numbers = draw.choice(2_000_000_000, count, replace=False) + 1
        numbers[draw.random(count) < 0.005] += 10_000_000_000
        return pl.DataFrame(
            {
                "tic": numbers,
                "ra": draw.uniform(0, 360, count).round(4),
                "dec": np.degrees(np.arcsin(draw.uniform(-1, 1, count))).round(4),
                "tmag": np.minimum(16.0, 6 + draw.gamma(4.0, 1.5, count)).round(2),
                "rank": draw.random(count),
            }
        )

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """Whether a star is a target of a sector, of shape (stars, sectors + 1); column 0 is empty."""
        seen = np.zeros((len(self.stars), self.size.sectors + 1), bool)
        ra, dec, rank = (self.stars[name].to_numpy() for name in ("ra", "dec", "rank"))
        for sector in range(1, self.size.sectors + 1):
            half = (dec < 0) if (sector - 1) // 13 % 2 == 0 else (dec > 0)
            away = np.abs((ra - 27.7 * sector + 180) % 360 - 180)
            # The same stars come again where they can be seen, but not all of them.
            wish = rank + 0.2 * np.random.default_rng(sector).random(len(rank)) + np.where(half & (away < 60), 0, 10)
            seen[np.argpartition(wish, self.size.targets - 1)[: self.size.targets], sector] = True
        return seen

    def targets(self, sector: int) -> pl.DataFrame:
        """Return the targets of a sector, by TIC."""
        rows = self.stars.filter(pl.Series(self.seen[:, sector])).sort("tic")
        chip = (pl.col("ra") * 10).cast(pl.Int64)
        return rows.with_columns((1 + chip % 4).alias("camera"), (1 + chip // 4 % 4).alias("ccd"))

    def fast_targets(self, sector: int) -> pl.DataFrame:
        """Return the 20-s targets of a sector: the brightest."""
        return self.targets(sector).top_k(self.size.fast, by="tmag", reverse=True).sort("tic")

    def sets(self, first: int, last: int) -> pl.DataFrame:
        """Return the data validation sets of a search: a row per star and run, with its number of TCEs."""
        draw = np.random.default_rng(1000 * first + last)
        stars = np.flatnonzero(self.seen[:, first] | self.seen[:, last])
        wanted = self.size.searched if first == last else self.size.searched_often
        chosen = np.sort(draw.choice(stars, min(wanted, len(stars)), replace=False))
        bits = np.where(self.seen[chosen, : last + 1], b"1", b"0").astype("S1")
        bits[:, :first] = b"0"
        frame = pl.DataFrame(
            {
                "tic": self.stars["tic"].gather(chosen),
                "tces": np.minimum(draw.geometric(0.8, len(chosen)), 6),
                "period": draw.uniform(0.5, 13, len(chosen)),
                "phase": draw.random(len(chosen)),
                "depth": draw.gamma(2.0, 1000, len(chosen)),
                "bits": np.ascontiguousarray(bits).view(f"S{last + 1}").ravel().astype(str),
            }
        )
        runs = [99 + 9 * last + first % 9]
        if first == last <= REPROCESSED:
            runs.append(360 + 4 * first)
        return pl.concat([frame.with_columns(pl.lit(run).alias("run")) for run in runs])


def _tic(width: int = 16) -> pl.Expr:
    return pl.col("tic").cast(pl.String).str.zfill(width)


def _folders(number: pl.Expr) -> pl.Expr:
    return pl.concat_str([number.str.slice(at, 4) for at in (0, 4, 8, 12)], separator="/")


def _text(frame: pl.DataFrame, line: pl.Expr) -> str:
    return "\n".join(frame.select(line).to_series().to_list()) + "\n"


def _script(names: pl.Series, seed: int) -> str:
    names = names.sample(fraction=1, shuffle=True, seed=seed)
    name = pl.col("name")
    parts = [pl.lit("curl -C - -L -o "), name, pl.lit(f" {DOWNLOAD}mast:TESS/product/"), name]
    return "#!/bin/sh\n" + _text(names.alias("name").to_frame(), pl.concat_str(parts))


def _curve_names(frame: pl.DataFrame, sector: int, kind: str) -> pl.Series:
    stamp = stamps(sector)
    fast = "a_fast-" if kind.startswith("fast-") else "s_"
    end = f"-{stamp.scid}-{fast}{kind.removeprefix('fast-')}.fits"
    parts = [pl.lit(f"tess{stamp.prefix}-s{sector:04d}-"), _tic(), pl.lit(end)]
    return frame.select(pl.concat_str(parts)).to_series()


def _dv_names(sets: pl.DataFrame, first: int, last: int) -> pl.Series:
    start = pl.lit(f"tess{stamps(first).dv_timestamp}-s{first:04d}-s{last:04d}-")
    run = pl.col("run").cast(pl.String).str.zfill(5)
    whole = [
        sets.select(pl.concat_str([start, _tic(), pl.lit("-"), run, pl.lit(end)])).to_series()
        for end in ("_dvr.pdf", "_dvr.xml", "_dvm.pdf", "_dvt.fits")
    ]
    tce = pl.col("tce").cast(pl.String).str.zfill(2)
    reports = _tces(sets).select(pl.concat_str([start, _tic(), pl.lit("-"), tce, pl.lit("-"), run, pl.lit("_dvs.pdf")]))
    return pl.concat([*whole, reports.to_series()])


def _tces(sets: pl.DataFrame) -> pl.DataFrame:
    """Return a row per TCE, numbered from 1."""
    return sets.with_columns(pl.int_ranges(1, pl.col("tces") + 1).alias("tce")).explode("tce")


def _tce_table(sets: pl.DataFrame, first: int, last: int) -> str:
    latest = _tces(sets.filter(pl.col("run") == pl.col("run").max())).sort("tic", "tce")
    period = (pl.col("period") * pl.col("tce")).round(9)
    epoch = (stamps(first).start + pl.col("phase") * period).round(6)
    values: dict[str, pl.Expr] = {
        "tceid": pl.concat_str([_tic(11), pl.lit("-"), pl.col("tce").cast(pl.String).str.zfill(2)]),
        "ticid": pl.col("tic"),
        "tce_plnt_num": pl.col("tce"),
        "tce_period": period,
        "tcet_period": period,
        "tce_time0bt": epoch,
        "tcet_time0bt": epoch,
        "tce_time0": epoch + tables.BJD_OF_BTJD_0,
        "tcet_time0": epoch + tables.BJD_OF_BTJD_0,
        "tce_depth": pl.col("depth").round(3),
        "tcet_depth": pl.col("depth").round(3),
        "tce_duration": (1 + period / 6).round(5),
        "tcet_duration": (1 + period / 6).round(5),
        "tce_max_mult_ev": (7.1 + pl.col("depth") / 100).round(5),
        "tce_model_snr": (7.5 + pl.col("depth") / 95).round(5),
        "tce_sectors": pl.col("bits"),
    }
    fixed = {"sectors": tables.sectors_cell(first, last), "lastUpdate": _CREATED.isoformat()}
    row = tables.filled(fixed)
    cells = [
        values[name].cast(pl.String) if name in values else pl.lit(row[n]) for n, name in enumerate(tables.COLUMNS)
    ]
    head = tables.head(stamps(first).dv_timestamp, first, last, _CREATED)
    return head + _text(latest, pl.concat_str(cells, separator=","))


def _target_list(frame: pl.DataFrame, sector: int) -> str:
    columns = [pl.col(name).cast(pl.String) for name in ("tic", "camera", "ccd", "tmag", "ra", "dec")]
    head = comments(sector) if sector < COMMENTED else ()
    return "\n".join((*head, HEADER)) + "\n" + _text(frame, pl.concat_str(columns, separator=","))


def _contributed(frame: pl.DataFrame, sector: int) -> Iterator[tuple[str, str]]:
    """Yield path and text of the lists and scripts of QLP, TESS-SPOC and TGLC."""
    s = f"s{sector:04d}"
    gaia = (4_000_000_000_000_000_000 + pl.col("tic") * 16).cast(pl.String)
    chip = pl.concat_str([pl.lit("cam"), pl.col("camera"), pl.lit("-ccd"), pl.col("ccd")])
    qlp = [_folders(_tic()), pl.lit(f"/hlsp_qlp_tess_ffi_{s}-"), _tic(), pl.lit("_tess_v01_llc.fits")]
    spoc = [pl.lit("target/"), _folders(_tic()), pl.lit("/hlsp_tess-spoc_tess_phot_"), _tic(), pl.lit(f"-{s}_tess_v1_")]
    name = [pl.lit("hlsp_tglc_tess_ffi_gaiaid-"), gaia, pl.lit(f"-{s}-"), chip, pl.lit("_tess_v1_llc.fits")]
    tglc = [chip, pl.lit("/"), _folders(pl.lit("00") + gaia), pl.lit("/"), *name]
    place = [pl.col(column).cast(pl.String) for column in ("tic", "ra", "dec")]
    scripts = {
        f"qlp/download_scripts/hlsp_qlp_tess_ffi_{s}_tess_v01_llc-fits.sh": (qlp, "qlp", "", "'"),
        **{
            f"tess-spoc/download_scripts/hlsp_tess-spoc_tess_phot_{s}_tess_v1_dl-{kind}.sh": (
                *([*spoc, pl.lit(f"{kind}.fits")], "tess-spoc", "-C - ", ""),
            )
            for kind in ("lc", "tp")
        },
        f"tglc/download_scripts/hlsp_tglc_tess_ffi_{s}_tess_v1_llc.sh": (tglc, "tglc", "", "'"),
    }
    for path, (parts, pipeline, resume, quote) in scripts.items():
        start = pl.lit(f"curl -f --create-dirs {resume}--output '{s}/")
        middle = pl.lit(f"' {quote}{DOWNLOAD}mast:HLSP/{pipeline}/{s}/")
        yield path, "#!/bin/sh\n" + _text(frame, pl.concat_str([start, *parts, middle, *parts, pl.lit(quote)]))
    for pipeline, header, words in (
        ("qlp", "#TIC_ID,RA,DEC", place),
        ("tess-spoc", "#TIC_ID,RA,DEC", place),
        ("tglc", "#GAIADR3_ID,TIC_ID,RA,DEC", [gaia, *place]),
    ):
        yield f"{pipeline}/target_lists/{s}.csv", f"{header}\n" + _text(frame, pl.concat_str(words, separator=","))


def generate(
    folder: Path, size: MissionSize | None = None, progress: Callable[[str], None] | None = None
) -> MissionFiles:
    """Write the lists of a mission.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; it is made. Files that lie there are overwritten.
    size : MissionSize, optional
        How much; the whole mission if it is not given.
    progress : callable, optional
        Told the path of each file.

    Returns
    -------
    MissionFiles
        Number and size of the files, and what they list.
    """
    size = size or MissionSize()
    lists = _Lists(size)
    files = written = curves = sets = 0
    for path, text, light_curves, dv_sets in _all_lists(lists):
        place = folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        place.write_bytes(data)
        files, written, curves, sets = files + 1, written + len(data), curves + light_curves, sets + dv_sets
        if progress:
            progress(path)
    return MissionFiles(files, written, curves, sets)


def _all_lists(lists: _Lists) -> Iterator[tuple[str, str, int, int]]:
    """Yield path and text of every list, with the light curves and data validation sets in it."""
    size = lists.size
    for sector in range(1, size.sectors + 1):
        frame = lists.targets(sector)
        yield f"/public/target_lists/2m/all_targets_S{sector:03d}_v1.csv", _target_list(frame, sector), 0, 0
        yield from _curve_scripts(frame, sector, [kind for kind in ("lc", "tp") if kind in size.kinds])
        if sector >= _FIRST_20S:
            fast = lists.fast_targets(sector)
            yield f"/public/target_lists/20s/all_targets_20s_S{sector:03d}_v1.csv", _target_list(fast, sector), 0, 0
            yield from _curve_scripts(fast, sector, [kind for kind in ("fast-lc", "fast-tp") if kind in size.kinds])
        if sector in size.contributed_sectors:
            for path, text in _contributed(frame.head(size.contributed), sector):
                yield f"/hlsps/{path}", text, 0, 0
    if "dv" in size.kinds:
        for first, last in size.searches:
            sets = lists.sets(first, last)
            range_ = f"sector_{first}" if first == last else f"multisector_s{first:04d}-s{last:04d}"
            yield f"{SCRIPTS}/sector/tesscurl_{range_}_dv.sh", _script(_dv_names(sets, first, last), last), 0, len(sets)
            yield f"{TABLES}/{tables.table_name(first, last)}", _tce_table(sets, first, last), 0, 0
        page = table_index(size.searches, 0.0)
        yield "/tess/bulk_downloads/bulk_downloads_tce.html", page.text, 0, 0


def _curve_scripts(frame: pl.DataFrame, sector: int, kinds: Sequence[str]) -> Iterator[tuple[str, str, int, int]]:
    for kind in kinds:
        text = _script(_curve_names(frame, sector, kind), sector)
        count = len(frame) if kind.endswith("lc") else 0
        yield f"{SCRIPTS}/sector/tesscurl_sector_{sector}_{kind}.sh", text, count, 0
