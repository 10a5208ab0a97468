"""How long data-validation products of the whole mission take to be linked, and how much memory: ``python -m bench.dv_links``.

Names are generated: 2,000,000 light curves of 200,000 stars in up to 106 sectors, and 300,000 DV sets of one star in six, whose searches
begin and end where the mission's did. Every set has a report and a time series; the time is for the links alone, then for the columns.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import polars as pl

SECTORS = 106
RANGES = (
    (1, 2), (1, 3), (1, 6), (1, 9), (1, 13), (1, 36), (1, 39), (1, 46), (1, 65), (1, 69), (1, 92), (1, 96), (2, 72),
    (14, 16), (14, 19), (14, 23), (14, 26), (14, 41), (14, 50), (14, 55), (14, 60), (14, 78), (14, 86), (42, 43), (42, 46),
)  # fmt: skip
"""Searches over several sectors up to August 2026."""


def names(curves: int, sets: int, stars: int) -> list[str]:
    """Make file names: stars with long series among them, and searches that hit and miss what was observed."""
    out = []
    each = curves // stars
    for star in range(stars):
        tic, step = 1000 + 7 * star, 1 + star % 9
        out += [
            f"tess2019198215352-s{1 + (star + n * step) % SECTORS:04d}-{tic:016d}-0150-s_lc.fits" for n in range(each)
        ]
    searched = stars // 6
    for n in range(sets):
        star, turn = n % searched * 6, n // searched
        tic, step = 1000 + 7 * star, 1 + star % 9
        single = 1 + (star + turn * step) % SECTORS
        first, last = (single, single) if turn % 2 else RANGES[(star + turn) % len(RANGES)]
        stem = f"tess2019199201929-s{first:04d}-s{last:04d}-{tic:016d}-{200 + last * 8 + turn:05d}"
        out += [f"{stem}_dvt.fits", f"{stem}_dvr.xml"]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=2_000_000)
    parser.add_argument("--sets", type=int, default=300_000)
    parser.add_argument("--stars", type=int, default=200_000)
    asked = parser.parse_args()

    from tess_source import Links, Products
    from tess_source_dv.sets.columns import COLUMNS
    from tess_source_dv.sets.links import link

    uris = pl.Series("uri", names(asked.curves, asked.sets, asked.stars))
    began = time.perf_counter()
    products = Products.of(("mast:TESS/product/" + uris).alias("uri").to_frame())
    report("names", began, f"{len(products):,} products")
    before = memory()
    began = time.perf_counter()
    links = link(products)
    assert isinstance(links, Links)
    report(
        "links", began, f"{len(links):,} links of {links.where(pl.col('kind') == 'dv-set')['object'].n_unique():,} sets"
    )
    began = time.perf_counter()
    for column in COLUMNS:
        products = products.with_columns(**{column.name: column.compute(products, links)})
    report("columns", began, ", ".join(column.name for column in COLUMNS))
    print(f"memory  {memory():.2f} GB at most, {before:.2f} GB of it before anything was linked")
    print(dict(links.to_polars()["kind"].value_counts().rows()))


def report(what: str, began: float, about: str) -> None:
    print(f"{what:7} {time.perf_counter() - began:.2f} s   {about}")


def memory() -> float:
    """Most memory that this process had so far [GB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


if __name__ == "__main__":
    main()
