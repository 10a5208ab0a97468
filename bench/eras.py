"""Opening light curves of every era by SPOC, TESS-SPOC and QLP: `lightkurve.read` against tess-source. ``python -m bench.eras``.

The sample archive makes the files, with headers as real ones of that sector and pipeline have them. Every file is opened by both
sides first, and the objects are compared. Then both open all files of a kind in turn, in an order that is reversed every round.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.loading import LIGHTKURVE, OURS, by_lightkurve, by_load, check_equal, spread_of, timed
from bench.nine_faults import write_table

__all__ = ["KINDS", "Kind", "Row", "as_markdown", "measure", "run"]

GOALS = {"SPOC": 7.0, "TESS-SPOC": 7.0, "QLP": 5.0}
"""Pipeline → least ratio of lightkurve's CPU time to ours."""
BEGIN, END = "<!-- eras -->", "<!-- /eras -->"


@dataclass(frozen=True)
class Kind:
    """Light curves of one pipeline in one sector."""

    sector: int
    pipeline: str

    def names(self, files: int) -> list[str]:
        """Return the names of light curves of made-up stars."""
        from tess_source_sample import facts

        entry, tics = facts.sector(self.sector), range(facts.SYNTHETIC_TIC, facts.SYNTHETIC_TIC + files)
        if self.pipeline == "TESS-SPOC":
            return [f"hlsp_tess-spoc_tess_phot_{tic:016d}-s{entry.sector:04d}_tess_v1_lc.fits" for tic in tics]
        if self.pipeline == "QLP":
            return [f"hlsp_qlp_tess_ffi_s{entry.sector:04d}-{tic:016d}_tess_v01_llc.fits" for tic in tics]
        return [f"tess{entry.prefix}-s{entry.sector:04d}-{tic:016d}-{entry.scid}-s_lc.fits" for tic in tics]

    def write(self, folder: Path, files: int) -> list[Path]:
        """Make the files, and return their paths."""
        from tess_source_sample.files import make

        paths = [folder / name for name in self.names(files)]
        for path in paths:
            path.write_bytes(make(path.name))
        return paths


KINDS = tuple(Kind(sector, pipeline) for pipeline in GOALS for sector in (1, 27, 56, 88))


@dataclass
class Row:
    """What was measured of one kind."""

    kind: Kind
    size: int
    """Bytes of a file."""
    fast: bool
    """Whether tess-source made every object itself; else lightkurve made it."""
    theirs: list[float] = field(default_factory=list)
    """CPU time of `lightkurve.read` per file [ms], one value per round."""
    ours: list[float] = field(default_factory=list)
    """CPU time of `load` per file [ms], one value per round."""

    @property
    def ratios(self) -> list[float]:
        """How many times less CPU time tess-source takes, round by round."""
        return [theirs / ours for theirs, ours in zip(self.theirs, self.ours, strict=True)]

    @property
    def reached(self) -> bool:
        """Whether the goal is reached, and by tess-source's own way."""
        return self.fast and median(self.ratios) >= GOALS[self.kind.pipeline]


def run(rounds: int = 5, files: int = 10, kinds: Sequence[Kind] = KINDS) -> Iterator[Row]:
    """Yield a row per kind.

    Parameters
    ----------
    rounds : int
        How often each side opens all files of a kind.
    files : int
        Files per kind.
    kinds : sequence of Kind
        What to measure.

    Raises
    ------
    ValueError
        If tess-source and lightkurve do not give equal objects.
    """
    with tempfile.TemporaryDirectory() as folder:
        for kind in kinds:
            yield measure(kind, kind.write(Path(folder), files), rounds)


def measure(kind: Kind, paths: Sequence[Path], rounds: int) -> Row:
    """Compare what both sides make of some files, and measure both."""
    check_equal(paths)
    row = Row(kind, paths[0].stat().st_size, all(map(takes_the_fast_way, paths)))
    sides = [(row.theirs, by_lightkurve), (row.ours, by_load)]
    for number in range(rounds):
        for values, method in sides if number % 2 else reversed(sides):
            cpu, _ = timed(lambda method=method: method(paths))
            values.append(1000 * cpu / len(paths))
    return row


def takes_the_fast_way(path: Path) -> bool:
    """Return whether tess-source itself makes the object, once it has learnt the kind of file."""
    from tess_source_lightkurve.spoc import Unsupported, read_light_curve

    try:
        read_light_curve(path)
    except Unsupported:
        return False
    return True


def as_markdown(rows: Sequence[Row]) -> str:
    """Write the table of the page."""
    lines = [
        "| sector | pipeline | size | `lightkurve.read` [ms] | `load` [ms] | times faster | made by | goal |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        reached = "reached" if row.reached else "**missed**"
        cells = (
            *(str(row.kind.sector), row.kind.pipeline, f"{row.size / 1e6:.2f} MB"),
            *(spread_of(row.theirs, 1), spread_of(row.ours, 1), spread_of(row.ratios, 1)),
            *("tess-source" if row.fast else "**lightkurve**", f"{GOALS[row.kind.pipeline]:g}: {reached}"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write it into the page if asked."""
    parser = argparse.ArgumentParser("python -m bench.eras", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=10, help="files per kind (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page, between its marks")
    options = parser.parse_args(arguments)
    rows = list(run(options.rounds, options.files))
    table = as_markdown(rows)
    print(f"CPU time per file in ms, {options.files} files of each kind: median (range) over {options.rounds} rounds")
    print(f"{LIGHTKURVE} against {OURS}; all objects equal\n\n{table}")
    if options.write:
        write_table(options.write, table, BEGIN, END)
    return 0


if __name__ == "__main__":
    sys.exit(main())
