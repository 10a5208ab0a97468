"""Listing full-frame images of one CCD of sector 56: ``python -m bench.images``.

The portal is not compared: it lists such products in minutes, if at all, and the sample archive does not imitate that.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.archive import Archive
from tess_source import Session

__all__ = ["main"]

SECTOR, IMAGES = 56, 11_775
"""As many images as each CCD of the sector really has."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a line per question."""
    parser = argparse.ArgumentParser("python -m bench.images", description="listing full-frame images of a CCD")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds a request (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often (%(default)s)")
    options = parser.parse_args(arguments)
    chip = {"kind": "ffi", "sector": SECTOR, "camera": 2, "ccd": 3}
    questions = {
        "one CCD": (chip, IMAGES),
        "one CCD, one day": ({**chip, "time": "2022-09-12"}, None),
        "one CCD, by the script of the sector": (chip, IMAGES),
    }
    with Archive(options.latency, 0, images={SECTOR: IMAGES}) as archive, tempfile.TemporaryDirectory() as folder:
        for number, (name, (words, count)) in enumerate(questions.items()):
            prefer = "archive-only" if "script" in name else None
            taken = []
            for turn in range(
                options.rounds + 1
            ):  # the first one is not measured: libraries are imported, and lists made
                session = Session(archive.holdings.url, cache=Path(folder) / f"{number}-{turn}", prefer=prefer)
                archive.clear()
                start = time.perf_counter()
                found = session.search(**words)
                taken.append(time.perf_counter() - start)
                if count is not None and len(found) != count:
                    print(f"{name}: {len(found):,} images, not {count:,}", file=sys.stderr)
                    return 1
            requests = sum(archive.requests().values())
            print(f"{name}: {len(found):,} images, {requests} requests, {statistics.median(taken[1:]):.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
