"""``python -m bench.projection``: how long 2 million files take on 10 to 1,000 workers, computed from what was measured and from limits.

What was measured is read from the tables of ``docs/scaling.md``; ``--write`` puts what is computed beside them.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bench import scaling, scheduler
from bench.nine_faults import written
from tess_source import Plan, Products
from tess_source.cache.keep import as_line
from tess_source.tables.entry_rows import outcomes_of
from tess_source.tables.items import FETCHED, Entry

__all__ = ["HOURS", "SIZES", "Costs", "as_markdown", "costs_on", "sizes"]

HOURS = "<!-- hours -->", "<!-- /hours -->"
SIZES = "<!-- sizes -->", "<!-- /sizes -->"
FILES, BYTES = 2_000_000, 2_000_000
BATCH, SHARD = 50, 2000
"""Files per task: of a download, whose entries return to the calling process, and of a data set, whose tasks return one line per shard."""
WORKERS = (10, 50, 200, 1000)
MAST_CONNECTIONS = 8
"""To MAST in all, however many workers there are."""
MAST_RATES = 1e9 / 507, 1e9 / 73
"""Bytes per second of one connection to MAST, as others measured: 1 GB in 507 s from Colab, and in 73 s from TIKE."""
CLOUD_CONNECTIONS = 16
"""To a bucket, per worker."""
CLOUD_SECONDS = 0.02 + BYTES / 50e6
"""Seconds per file on one connection within the region, assumed: 20 ms, and 50 MB/s."""
CORES_RATE = 500 / 1.97
"""Files per second that two cores fetch and verify without latency: docs/benchmarks.md."""
NETWORK_RATE = 5e9 / 8 / BYTES
"""Files per second through a network of 5 Gbit/s, assumed."""
PREFIX_RATE = 5500
"""GET requests per second and prefix that S3 promises."""
SECTORS = 106
"""Prefixes, if the files of all sectors are mixed: each sector has its own."""
MOST = 10**8
CATALOGUE = 76e6 / 2.6e6
"""Bytes of the catalogue per product: docs/benchmarks.md, 76 MB of 2.3 million light curves and 0.3 million sets."""


@dataclass(frozen=True)
class Costs:
    """What was measured."""

    batch: float
    """CPU time per batch of scheduler, worker and client together [s]."""
    file: float
    """CPU time per file of the calling process, in which the scheduler runs [s]."""


def _cells(page: str, marks: tuple[str, str]) -> Iterator[list[str]]:
    table = page.partition(marks[0])[2].partition(marks[1])[0].strip().splitlines()
    return ([cell.strip() for cell in line.strip("|").split("|")] for line in table[2:])


def costs_on(page: str) -> Costs:
    """Return what the tables of a page say: the most of all numbers of workers."""
    batch = max(float(row[2]) for row in _cells(page, (scheduler.BEGIN, scheduler.END)))
    rows = _cells(page, (scaling.BEGIN, scaling.END))
    file = max(float(row[6]) for row in rows if row[0] == "folder" and row[1].startswith("dask"))
    return Costs(batch / 1e3, file / 1e3)


def limits(workers: int, prefixes: int, task: int, costs: Costs) -> dict[str, float]:
    """Return the files per second that each part allows, of a download from the cloud with so many files per task."""
    found = {
        "connections": workers * CLOUD_CONNECTIONS / CLOUD_SECONDS,
        "cores of the workers": workers * CORES_RATE,
        "network": workers * NETWORK_RATE,
        "S3": prefixes * PREFIX_RATE,
        "scheduler": task / costs.batch,
    }
    return found | ({"calling process": 1 / costs.file} if task == BATCH else {})


def as_markdown(costs: Costs) -> str:
    """Write the table of hours."""
    head = (
        "| from | files per task | workers | hours | requests per second | GB/s | load of the scheduler | limited by |"
    )
    out = [head, "|---|---|---|---|---|---|---|---|"]
    for words, mast in zip(("MAST, slow connections", "MAST, fast connections"), MAST_RATES, strict=True):
        rate = MAST_CONNECTIONS * mast / BYTES
        out.append(_line(words, BATCH, f"{WORKERS[0]} to {WORKERS[-1]:,}", rate, "MAST", costs))
    for task in (BATCH, SHARD):
        for words, prefixes in (
            ("the cloud, one sector at a time", 1),
            (f"the cloud, {SECTORS} sectors mixed", SECTORS),
        ):
            for workers in WORKERS:
                allowed = limits(workers, prefixes, task, costs)
                who = min(allowed, key=lambda name: allowed[name])
                out.append(_line(words, task, f"{workers:,}", allowed[who], who, costs))
    return "\n".join(out)


def _line(words: str, task: int, workers: str, rate: float, who: str, costs: Costs) -> str:
    hours, load = FILES / rate / 3600, rate / task * costs.batch
    return f"| {words} | {task:,} | {workers} | {hours:.2g} | {rate:,.0f} | {rate * BYTES / 1e9:.3g} | {load:.1%} | {who} |"


def sizes() -> dict[str, float]:
    """Return the bytes per product of what the client keeps, of a plan of light curves."""
    names = [f"tess2018206045859-s0001-{number:016}-0120-s" for number in range(1000)]
    rows = [
        {"uri": f"mast:TESS/product/{n}_lc.fits", "filename": f"{n}_lc.fits", "obs_id": n, "kind": "lc", "pipeline": "SPOC",
         "archive": "mast", "tic": number, "first_sector": 1, "last_sector": 1, "exptime": 120.0, "size": BYTES, "sha256": "0" * 64}
        for number, n in enumerate(names)
    ]  # fmt: skip
    plan = Plan.of(Products.of(pl.DataFrame(rows)), "data")
    entries = [
        Entry(item, FETCHED, bytes=BYTES, sha256="0" * 64, via=f"https://mast.stsci.edu/{item.uri}") for item in plan
    ]
    known = {
        "path": "",
        "size": BYTES,
        "mtime_ns": 10**18,
        "sha256": "0" * 64,
        "uri": "",
        "verified": 1.8e9,
        "etag": "",
    }
    lines = [as_line({**known, "path": item.path, "uri": item.uri}) for item in plan]
    count = len(names)
    return {
        "catalogue, on disk": CATALOGUE,
        "plan, in memory": plan.items.to_polars().rechunk().estimated_size() / count,
        "manifest, in memory": outcomes_of(entries).estimated_size() / count,
        "lock, on disk": len(plan.to_text()) / count,
        "index of verified files, on disk": sum(map(len, lines)) / count,
    }


def sizes_as_markdown(costs: Costs) -> str:
    """Write the table of sizes."""
    out = ["| | bytes per product | 2 million | 100 million |", "|---|---|---|---|"]
    out += [
        f"| {w} | {per:.0f} | {per * FILES / 1e9:.2g} GB | {per * MOST / 1e9:.3g} GB |" for w, per in sizes().items()
    ]
    few, many = (math.ceil(count / BATCH) for count in (FILES, MOST))
    out.append(f"| batches | | {few:,} | {many:,} |")
    out.append(
        f"| CPU time of the scheduler | | {few * costs.batch / 3600:.2g} h | {many * costs.batch / 3600:.2g} h |"
    )
    return "\n".join(
        [
            *out,
            f"| requests of one sector at a time | | {FILES / PREFIX_RATE / 3600:.2g} h | {MOST / PREFIX_RATE / 3600:.2g} h |",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute the tables from those on a page."""
    parser = argparse.ArgumentParser("python -m bench.projection", description=__doc__)
    parser.add_argument(
        "--page", type=Path, default=Path("docs/scaling.md"), help="with what was measured (%(default)s)"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into the page, between their marks")
    options = parser.parse_args(arguments)
    page = options.page.read_text(encoding="utf-8")
    costs = costs_on(page)
    hours, needed = as_markdown(costs), sizes_as_markdown(costs)
    print(f"{hours}\n\n{needed}")
    if options.write:
        page = written(written(page, hours, *HOURS), needed, *SIZES)
        options.page.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
