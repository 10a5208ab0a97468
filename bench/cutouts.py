"""Twenty cut-outs of full-frame images: tess-source beside lightkurve and astroquery. ``python -m bench.cutouts``.

Each side works in a fresh process, as its own documentation shows: tess-source asks for all places at once, the others place by place.
Before anything is measured, the sample archive makes all cut-outs once, and keeps them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.archive import Archive
from bench.sides import astroquery_at

__all__ = ["SIDES", "Cut", "as_text", "main", "measure"]

SECTOR, SIDE = 55, 5
"""The sector of which the sample archive's portal lists an image, as lightkurve needs it; and the side of a cut-out [pixel]."""


@dataclass(frozen=True)
class Cut:
    """What one side did."""

    side: str
    seconds: float
    """Wall time, without imports."""
    requests: int
    bytes: int
    """Of the files."""
    sums: tuple[str, ...]
    """sha256 of the files' fluxes, sorted."""


def places(count: int) -> Any:
    """Return places on one CCD."""
    from astropy.coordinates import SkyCoord

    return SkyCoord([[325.0 + number / 20, 11.0 + number / 20] for number in range(count)], unit="deg")


def by_tess_source(url: str, count: int, folder: Path) -> Callable[[], object]:
    """Search all places at once, download, open."""
    from tess_source import Session
    from tess_source_lightkurve.readers import lightkurve

    lightkurve()
    session = Session(url)
    where = places(count)
    return lambda: session.search(where, kind="cutout", sector=SECTOR, size=SIDE).plan(folder).download().load()


def by_lightkurve(url: str, count: int, folder: Path) -> Callable[[], object]:
    """Search, download and open place by place."""
    import lightkurve

    astroquery_at(url)
    folder.mkdir(exist_ok=True)

    def cut(place: Any) -> object:
        return lightkurve.search_tesscut(place, sector=SECTOR).download_all(cutout_size=SIDE, download_dir=str(folder))

    return lambda: [cut(place) for place in places(count)]


def by_astroquery(url: str, count: int, folder: Path) -> Callable[[], object]:
    """Download place by place, of the sector that is known; it opens nothing."""
    astroquery_at(url)
    from astroquery.mast import TesscutClass

    tesscut = TesscutClass()
    words = {"size": SIDE, "sector": SECTOR, "path": str(folder)}
    return lambda: [tesscut.download_cutouts(coordinates=place, **words) for place in places(count)]


SIDES: dict[str, Callable[[str, int, Path], Callable[[], object]]] = {
    "tess-source": by_tess_source, "lightkurve": by_lightkurve, "astroquery": by_astroquery,
}  # fmt: skip


def measure(count: int, latency: float) -> list[Cut]:
    """Measure all sides, each in a process of its own.

    Raises
    ------
    RuntimeError
        If they did not get the same.
    """
    with Archive(latency, 1) as archive, tempfile.TemporaryDirectory(prefix="tess-source-bench-") as scratch:
        url = archive.holdings.url
        _in_process("astroquery", url, count, Path(scratch) / "made")
        found = []
        for side in SIDES:
            archive.clear()
            seconds, size, sums = _in_process(side, url, count, Path(scratch) / side)
            found.append(Cut(side, seconds, archive.requests().total(), size, sums))
    if len({cut.sums for cut in found}) != 1 or len(found[0].sums) != count:
        raise RuntimeError("the sides did not get the same")
    return found


def _in_process(side: str, url: str, count: int, folder: Path) -> tuple[float, int, tuple[str, ...]]:
    words = [
        sys.executable,
        "-m",
        "bench.cutouts",
        "--side",
        side,
        "--url",
        url,
        "--cuts",
        str(count),
        "--folder",
        str(folder),
    ]
    said = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return said["seconds"], said["bytes"], tuple(said["sums"])


def _do(side: str, url: str, count: int, folder: Path) -> None:
    """Do the work of one side, and print what came of it."""
    from astropy.io import fits

    job = SIDES[side](url, count, folder)
    began = time.perf_counter()
    job()
    seconds = time.perf_counter() - began
    files = sorted(folder.rglob("*_astrocut.fits"))
    sums = sorted(hashlib.sha256(fits.getdata(file, 1)["FLUX"].tobytes()).hexdigest() for file in files)
    print(json.dumps({"seconds": seconds, "bytes": sum(file.stat().st_size for file in files), "sums": sums}))


def as_text(found: Sequence[Cut], latency: float) -> str:
    """Return what was measured as a table."""
    first = found[0]
    lines = [
        f"{len(first.sums)} cut-outs of {SIDE} x {SIDE} pixels, {first.bytes / 1e6:.1f} MB, {latency * 1000:.0f} ms per request",
        f"{'':12}{'requests':>10}{'wall time [s]':>15}{'times as long':>15}",
    ]
    rows = (f"{cut.side:12}{cut.requests:10}{cut.seconds:15.2f}{cut.seconds / first.seconds:15.1f}" for cut in found)
    return "\n".join([*lines, *rows, "the service allows 5 requests per second: the others do not keep to it"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for; give the exit code."""
    parser = argparse.ArgumentParser("python -m bench.cutouts", description=__doc__)
    parser.add_argument("--cuts", type=int, default=20, help="cut-outs (%(default)s)")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds a request (%(default)s)")
    parser.add_argument("--side", choices=[*SIDES], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.side:
        _do(options.side, options.url, options.cuts, options.folder)
        return 0
    print(as_text(measure(options.cuts, options.latency), options.latency))
    return 0


if __name__ == "__main__":
    sys.exit(main())
