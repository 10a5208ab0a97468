"""``python -m bench``: measure, and print."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import as_json, as_text
from bench.rounds import DIFFERENT, ONLY, WORK, DifferentError, Sizes, measure

STEPS = {
    "search": ("first", "one", "many"),
    "download": ("download",),
    "cached": ("cached",),
    "load": ("load", "load again"),
}
"""Word of ``--only`` → steps that are shown."""
USUAL = ("search", "download", "cached")
"""What is measured unless something else is asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for; give the exit code."""
    options = _parser().parse_args(arguments)
    words = options.only or USUAL
    wanted = {job for word in words for job in ONLY[word]}
    jobs = tuple(job for job in WORK if job in wanted)
    steps = [step for word in words for step in STEPS[word]]
    sizes = Sizes(options.targets, options.files, options.rounds, options.latency)
    start = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - start:4.0f} s  {what}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="tess-source-bench-", dir=options.scratch) as scratch:
        try:
            bench = measure(sizes, jobs, Path(scratch), say, warm_up=options.warm_up)
        except DifferentError as error:
            print(f"the sides did not get the same: {error}", file=sys.stderr)
            return DIFFERENT
    print(as_text(bench, steps))
    if options.json:
        options.json.write_text(json.dumps(as_json(bench, steps), indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    plain = Sizes()
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("--targets", type=_many, default=plain.targets, help="targets of the search (%(default)s)")
    parser.add_argument("--files", type=_many, default=plain.files, help="light curves of 2 MB (%(default)s)")
    parser.add_argument("--rounds", type=_many, default=plain.rounds, help="how often (%(default)s)")
    parser.add_argument("--latency", type=float, default=plain.latency, help="seconds a request (%(default)s)")
    parser.add_argument("--only", action="append", choices=sorted(STEPS), help="one part; may be repeated")
    parser.add_argument("--no-warm-up", dest="warm_up", action="store_false", help="leave out the unmeasured round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single measurement too")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="where files are fetched to, and removed again")
    return parser


def _many(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a whole number of at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
