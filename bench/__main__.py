"""``python -m bench``: measure, and print. Words of ``--only`` beside its own are measurements that stand alone."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import as_json, as_text
from bench.rounds import DIFFERENT, ONLY, WORK, DifferentError, Sizes, measure
from bench.sides import SIDES

STEPS = {
    "search": ("first", "one", "many"),
    "download": ("download",),
    "cached": ("cached",),
    "load": ("load", "load again"),
}
"""Word of ``--only`` → steps that are shown."""
USUAL = ("search", "download", "cached")
"""What is measured unless something else is asked for."""
ALONE = {
    "downloads": "500 files of 2 MB, 2,000 of 100 kB, against curl, aria2c and astroquery",
    "loading": "opening light curves, against lightkurve.read",
    "eras": "opening light curves of sectors 1 to 88 by SPOC, TESS-SPOC and QLP, against lightkurve.read",
    "limits": "CPU time per downloaded file, loaded file and listed product, and what it takes at least",
    "arrays": "arrays, Arrow and Parquet of light curves, against lightkurve.read",
    "dv_links": "linking data-validation products of the whole mission: time and memory",
    "catalogue": "building the catalogue of the whole mission and asking it, beside astroquery",
    "cloud": "requests and bytes of 100 files from the cloud copy, beside astroquery",
    "cutouts": "20 cut-outs of full-frame images, against lightkurve and astroquery",
    "images": "listing the 11,775 full-frame images of a CCD",
    "object_stores": "uploads, reads and listings by obstore, beside s3fs",
    "scaling": "2,000 files of 2 MB by 1, 2 and 4 processes of dask, against threads, to a folder and to S3",
    "scheduler": "what a batch costs dask's scheduler, with 2 to 200 workers",
    "projection": "2 million files on 10 to 1,000 workers, computed from the two before",
    "nine_faults": "what clients make of nine faults of a server",
}
"""Module of this package → what it measures, in a process of its own and with options of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for; give the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.all and options.only:
        parser.error("--all is every part, --only some of them: give one of the two")
    alone = [word for word in options.only or () if word in ALONE]
    if alone and len(alone) < len(options.only):
        parser.error(f"{', '.join(alone)}: stands alone, and cannot be measured together with the others")
    given = [
        name
        for name in vars(options)
        if name not in {"only", "rest"} and vars(options)[name] != parser.get_default(name)
    ]
    if alone and given:
        parser.error(f"{alone[0]} has options of its own, which go behind --; not {', '.join(given)}")
    if options.rest and len(alone) != 1:
        parser.error(f"options behind -- are for one of {', '.join(ALONE)}")
    if alone:
        return max(abs(_alone(word, options.rest)) for word in alone)
    words = options.only or (STEPS if options.all else USUAL)
    wanted = {job for word in words for job in ONLY[word]}
    jobs = tuple(job for job in WORK if job in wanted)
    steps = [step for word in words for step in STEPS[word]]
    sizes = Sizes(options.targets, options.files, options.rounds, options.latency)
    sides = [*SIDES][:1] + (options.against or [*SIDES][1:])
    start = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - start:4.0f} s  {what}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="tess-source-bench-", dir=options.scratch) as scratch:
        try:
            bench = measure(sizes, jobs, Path(scratch), say, warm_up=options.warm_up, sides=sides)
        except DifferentError as error:
            print(f"the sides did not get the same: {error}", file=sys.stderr)
            return DIFFERENT
    print(as_text(bench, steps))
    if options.json:
        options.json.write_text(json.dumps(as_json(bench, steps), indent=1) + "\n")
    if options.all:
        return max(_titled(word) for word in ALONE)
    if not options.only:
        print(f"\nmore with --all, or each with --only: load, {', '.join(ALONE)}")
    return 0


def _alone(word: str, rest: Sequence[str]) -> int:
    """Run a module of this package, with what stood behind ``--``."""
    return subprocess.run([sys.executable, "-m", f"bench.{word}", *rest], check=False).returncode


def _titled(word: str) -> int:
    print(f"\n{word}: {ALONE[word]}\n", flush=True)
    return abs(_alone(word, []))


def _parser() -> argparse.ArgumentParser:
    plain = Sizes()
    listed = "\n".join(f"  {word:12} {what}" for word, what in ALONE.items())
    parser = argparse.ArgumentParser(
        "python -m bench",
        description="tess-source beside astroquery and lightkurve, on the sample archive.",
        epilog=f"measurements that stand alone; their options, --help among them, go behind --:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--targets", type=_many, default=plain.targets, help="targets of the search (%(default)s)")
    parser.add_argument("--files", type=_many, default=plain.files, help="light curves of 2 MB (%(default)s)")
    parser.add_argument("--rounds", type=_many, default=plain.rounds, help="how often (%(default)s)")
    parser.add_argument("--latency", type=float, default=plain.latency, help="seconds a request (%(default)s)")
    parser.add_argument("--only", action="append", choices=[*STEPS, *ALONE], help="one part; may be repeated")
    parser.add_argument(
        "--against", action="append", choices=[*SIDES][1:], help="one other side, not all; may be repeated"
    )
    parser.add_argument("--all", action="store_true", help="every part, also those that stand alone: 15 minutes or so")
    parser.add_argument("--no-warm-up", dest="warm_up", action="store_false", help="leave out the unmeasured round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single measurement too")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="where files are fetched to, and removed again")
    parser.add_argument("rest", nargs="*", metavar="-- OPTIONS", help="for a measurement that stands alone")
    return parser


def _many(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a whole number of at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
