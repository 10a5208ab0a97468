"""CPU time per downloaded file, loaded file and listed product, and what the machine needs for it at least. ``python -m bench.limits``.

The limit of a line is the sum of the parts that nobody can leave out who does the same work: receiving bytes, sums, copies, compression.
Each part and each line of ours is measured once per round, in an order that is reversed from round to round. CPU time is that of this
process, its threads and the programs that it runs, not that of the server.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import hashlib
import io
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import nginx
from bench.archive import Archive
from bench.arrays import FEW, manifest_of
from bench.downloads import Work, curl, file_of, names, ours
from bench.loading import by_lightkurve, by_load, spread_of, write
from bench.nine_faults import write_table
from bench.static import Static

__all__ = ["Cost", "as_markdown", "main", "run"]

BEGIN, END = "<!-- limits -->", "<!-- /limits -->"
TARGETS = 100
DOWNLOADS = (Work("l", "2 MB", 60, 694, 0.0), Work("s", "100 kB", 300, 35, 0.0))
JOBS = 16


@dataclass
class Cost:
    """The CPU time of one thing, or of one of its parts."""

    name: str
    run: Callable[[], object]
    count: int
    """Files or products per run."""
    parts: tuple[str, ...] = ()
    """Names of the parts without which it cannot be done; none for a part."""
    cpu: list[float] = field(default_factory=list)
    """CPU time per file or product [ms], one value per round."""


def run(rounds: int, files: int) -> list[Cost]:
    """Measure.

    Parameters
    ----------
    rounds : int
    files : int
        Light curves to load.

    Returns
    -------
    list of Cost
        Parts and what is made of them.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tess-source-bench-")))
        costs = [*_of_downloads(stack, folder), *_of_products(stack, folder), *_of_loading(folder, files)]
        for cost in costs:  # imports, connections, caches
            cost.run()
        for number in range(rounds):
            for cost in costs if number % 2 else reversed(costs):
                gc.collect()
                start = _cpu()
                cost.run()
                cost.cpu.append(1000 * (_cpu() - start) / cost.count)
    return costs


def _cpu() -> float:
    """Return the CPU time of this process and of the programs that it ran [s]."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


# -- downloads --


def _of_downloads(stack: ExitStack, folder: Path) -> Iterator[Cost]:
    bodies = {work.name: file_of(work.blocks) for work in DOWNLOADS}
    url = stack.enter_context(nginx.serving(bodies, 0.0) if nginx.can_serve(0.0) else Static(bodies))
    for work in DOWNLOADS:
        body, size = bodies[work.name], work.words
        kept = folder / f"kept-{work.name}"
        _fill(kept, work, body)

        def fetched(by: Callable[..., None], work: Work = work) -> None:
            with tempfile.TemporaryDirectory(dir=folder) as root:
                by(url, work, Path(root), JOBS)

        def copied(kept: Path = kept) -> None:
            with tempfile.TemporaryDirectory(dir=folder) as root:
                subprocess.run(["cp", "-r", str(kept), root], check=True)

        def written_files(work: Work = work, body: bytes = body) -> None:
            with tempfile.TemporaryDirectory(dir=folder) as root:
                _fill(Path(root) / "files", work, body)

        many = range(work.count)
        yield Cost(f"{size}: receive", lambda work=work: _receive(url, work), work.count)
        yield Cost(f"{size}: SHA-256", lambda body=body, many=many: [hashlib.sha256(body) for _ in many], work.count)
        yield Cost(f"{size}: FITS sums", lambda body=body, many=many: [_fits_sum(body) for _ in many], work.count)
        yield Cost(f"{size}: write", written_files, work.count)
        yield Cost(f"`cp`, {size}", copied, work.count)
        yield Cost(f"`curl --parallel`, {size}", lambda fetched=fetched: fetched(curl), work.count)
        parts = tuple(f"{size}: {part}" for part in ("receive", "SHA-256", "FITS sums", "write"))
        yield Cost(f"file of {size}, downloaded, verified, flushed", lambda f=fetched: f(ours), work.count, parts)


def _fill(folder: Path, work: Work, body: bytes) -> None:
    folder.mkdir()
    for name in names(work):
        (folder / name).write_bytes(body)


def _receive(url: str, work: Work) -> None:
    """Receive all files over one connection, and keep nothing."""
    host, port = url.removeprefix("http://").split(":")
    buffer = bytearray(1 << 20)
    with socket.create_connection((host, int(port))) as connection:
        for name in names(work):
            connection.sendall(f"GET /{name} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            count = connection.recv_into(buffer)
            left = work.blocks * 2880 + buffer.index(b"\r\n\r\n") + 4 - count
            while left:
                left -= connection.recv_into(buffer)


def _fits_sum(data: Any) -> int:
    import numpy as np

    count = len(data) // 4 * 4
    return int(np.frombuffer(data, ">u4", count // 4).sum(dtype=np.uint64))


# -- products --


def _of_products(stack: ExitStack, folder: Path) -> Iterator[Cost]:
    import polars as pl

    from tess_source import Session

    archive = stack.enter_context(Archive(0.0, TARGETS))
    targets = list(archive.holdings.targets)
    session = Session(server=archive.holdings.url, cache=folder / "cache")
    rows = session.search(targets).products.to_polars()
    theirs = rows.select(name for name in rows.columns if name not in {"run", "tce"}).rows(named=True)
    text = json.dumps({"data": theirs}, default=str)
    yield Cost("product: parse JSON", lambda: json.loads(text), len(rows))
    yield Cost("product: polars table", lambda: pl.DataFrame(theirs, infer_schema_length=None), len(rows))
    parts = ("product: parse JSON", "product: polars table")
    yield Cost(f"product, listed by a search for {TARGETS} stars", lambda: session.search(targets), len(rows), parts)


# -- loading --


def _of_loading(folder: Path, files: int) -> Iterator[Cost]:
    from tess_source.files.fits_table import TableReader
    from tess_source_arrays.arrow import ALL

    (folder / "curves").mkdir()
    paths = write(folder / "curves", files)
    packed = folder / "packed"
    packed.mkdir()
    for path in paths:
        (packed / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    manifest, of_packed = manifest_of(paths), manifest_of(sorted(packed.iterdir()))
    bodies = [path.read_bytes() for path in paths]
    zipped = [path.read_bytes() for path in sorted(packed.iterdir())]
    table = TableReader().read(paths[0]).table
    buffer = bytearray(max(map(len, bodies)) + 1)

    def read() -> None:
        for path in paths:
            with path.open("rb", buffering=0) as file:
                file.readinto(buffer)

    def copy(columns: Sequence[str]) -> None:
        for _ in paths:
            _ = [table[name].astype(table[name].dtype.newbyteorder("=")) for name in columns]

    yield Cost("read", read, files)
    yield Cost("SHA-256", lambda: [hashlib.sha256(body) for body in bodies], files)
    yield Cost("FITS sums", lambda: [_fits_sum(body) for body in bodies], files)
    yield Cost("gunzip", lambda: [zlib.decompress(body, 31) for body in zipped], files)
    for count, columns in ((3, FEW), (20, ALL)):
        arrow = manifest.to_arrow(columns)
        yield Cost(f"copy {count} columns", lambda columns=columns: copy(columns), files)
        yield Cost(f"compress {count} columns", lambda arrow=arrow, columns=columns: _compress(arrow, columns), files)
    yield Cost("`lightkurve.read`", lambda: [curve and None for curve in by_lightkurve(paths)], files)
    yield Cost(
        "light curve as lightkurve object", lambda: [None for _ in by_load(paths)], files, ("read", "copy 20 columns")
    )
    for count, columns in ((3, FEW), (20, ALL)):
        parts = ("read", f"copy {count} columns")
        yield Cost(
            f"light curve as {count} arrays",
            lambda columns=columns: [None for _ in manifest.iter_arrays(columns)],
            files,
            parts,
        )
    yield Cost(
        "the same from `.fits.gz`, 3 arrays", lambda: [None for _ in of_packed.iter_arrays(FEW)], files,
        ("gunzip", "copy 3 columns"),
    )  # fmt: skip
    for count, columns in ((3, FEW), (20, ALL)):
        parts = ("read", "SHA-256", "FITS sums", f"copy {count} columns", f"compress {count} columns")
        place = folder / f"{count}.parquet"
        yield Cost(
            f"light curve to Parquet, {count} columns, verified",
            lambda columns=columns, place=place: manifest.to_parquet(place, columns=columns), files, parts,
        )  # fmt: skip


def _compress(table: Any, columns: Sequence[str]) -> None:
    """Write the columns alone as Parquet into memory, encoded as `to_parquet` does."""
    import pyarrow.parquet as pq

    pq.write_table(
        table.select(columns), io.BytesIO(), compression="zstd", use_dictionary=False, row_group_size=15,
        write_statistics=False, column_encoding={f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in columns},
    )  # fmt: skip


# -- the table --


def as_markdown(costs: Sequence[Cost]) -> str:
    """Write the table of the page: each thing, its limit, and of which parts the limit is made."""
    by_name: Mapping[str, Cost] = {cost.name: cost for cost in costs}
    parts = {part for cost in costs for part in cost.parts}
    lines = ["| one … | CPU [ms] | limit [ms] | × limit | what the limit is made of [ms] |", "|---|---|---|---|---|"]
    for cost in costs:
        if cost.name in parts:
            continue
        own = [by_name[part] for part in cost.parts]
        limits = [sum(values) for values in zip(*(part.cpu for part in own), strict=True)]
        ratios = [a / b for a, b in zip(cost.cpu, limits, strict=True)] if own else []
        made_of = ", ".join(f"{part.name.rpartition(': ')[2]} {median(part.cpu):.2g}" for part in own)
        limit, ratio = (f"{median(limits):.2g}", spread_of(ratios, 1)) if own else ("", "")
        lines.append(f"| {cost.name} | {spread_of(cost.cpu, 2)} | {limit} | {ratio} | {made_of} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write it into the page if asked."""
    parser = argparse.ArgumentParser("python -m bench.limits", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=60, help="light curves to load (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page, between its marks")
    options = parser.parse_args(arguments)
    if shutil.which("curl") is None:
        print("curl is not installed", file=sys.stderr)
        return 1
    table = as_markdown(run(options.rounds, options.files))
    print(
        f"CPU time in ms: median (range) over {options.rounds} rounds; load average {os.getloadavg()[0]:.1f}\n\n{table}"
    )
    if options.write:
        write_table(options.write, table, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main())
