"""Rounds: every side does every job once a round, in an order that is reversed from round to round."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from bench.archive import Archive, Holdings
from bench.jobs import Question
from bench.sides import SIDES
from bench.worker import Measured, run

__all__ = ["DIFFERENT", "ONLY", "WORK", "Bench", "DifferentError", "Sizes", "compare", "measure"]

WORK: dict[str, tuple[str, ...]] = {
    "search": tuple(SIDES),
    "files": ("tess-source", "astroquery"),
    "load": ("tess-source", "lightkurve"),
}
"""Job → sides that do it: what lightkurve downloads it opens too, and astroquery opens nothing."""

ONLY = {
    "search": ("search",),
    "download": ("files",),
    "cached": ("files",),
    "load": ("load",),
}
"""Word of ``--only`` → jobs."""

DIFFERENT = 3
"""Exit code when the sides did not get the same."""


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    targets: int = 100
    """Targets of the search for many."""
    files: int = 100
    """Light curves fetched."""
    rounds: int = 3
    latency: float = 0.05
    """Seconds that every request waits for its answer."""

    @property
    def held(self) -> int:
        """Made-up targets that the archive needs: one to begin with, one alone, and the many, two light curves each."""
        return 2 + max(self.targets, -(-self.files // 2))


@dataclass(frozen=True)
class Bench:
    """What was measured."""

    sizes: Sizes
    bytes: int
    """Size of all files fetched [byte]."""
    rounds: tuple[tuple[Measured, ...], ...]
    load: tuple[float, ...]
    """Load average over the last minute, before the first round and after each."""


class DifferentError(RuntimeError):
    """The sides did not get the same: times cannot be compared."""


def measure(
    sizes: Sizes,
    jobs: tuple[str, ...],
    scratch: Path,
    say: Callable[[str], None],
    *,
    warm_up: bool = True,
    sides: Collection[str] = SIDES,
) -> Bench:
    """Measure.

    Parameters
    ----------
    sizes : Sizes
    jobs : tuple of str
        Keys of `WORK`.
    scratch : Path
        A folder for what is fetched; it is emptied after each job.
    say : callable
        Is told what is going on.
    warm_up : bool
        Whether there is a small round before the first, which is not measured: it fills the disk's cache, and what
        packages write when they start for the first time.
    sides : collection of str
        Keys of `SIDES`: those that are measured.

    Raises
    ------
    DifferentError
        If a side's result differs from the others', or bytes from what the archive serves.
    """
    with Archive(sizes.latency, sizes.held) as archive:
        question = _question(archive.holdings, sizes)
        truth = _truth(question, archive.holdings, archive.make((question.spare, *question.files)))
        if warm_up:
            _warm_up(jobs, sides, _small(question), scratch, archive, say)
        rounds = []
        busy = [os.getloadavg()[0]]
        for number in range(sizes.rounds):
            measured: list[Measured] = []
            for job in jobs:
                for side in _doing(job, sides)[:: -1 if number % 2 else 1]:
                    say(f"round {number + 1} of {sizes.rounds}: {job}, {side}")
                    measured += _one(side, job, question, scratch, archive)
            compare(measured, truth)
            rounds.append(tuple(measured))
            busy.append(os.getloadavg()[0])
        total = sum(size for _, uri, size in archive.holdings.light_curves if uri in question.files)
    return Bench(sizes, total, tuple(rounds), tuple(busy))


def _question(held: Holdings, sizes: Sizes) -> Question:
    """Choose targets and files."""
    first, one, *rest = held.targets
    spare = next(uri for tic, uri, _ in held.light_curves if tic == first)
    files = [(tic, uri) for tic, uri, _ in held.light_curves if tic in set(rest)][: sizes.files]
    owners = tuple(dict.fromkeys(tic for tic, _ in files))
    return Question(held.url, first, one, tuple(rest[: sizes.targets]), spare, owners, tuple(uri for _, uri in files))


def _small(question: Question) -> Question:
    """Give the same question at its smallest."""
    return replace(question, many=question.many[:1], owners=question.owners[:1], files=question.files[:1])


def _doing(job: str, sides: Collection[str]) -> list[str]:
    return [side for side in WORK[job] if side in sides]


def _warm_up(
    jobs: Sequence[str],
    sides: Collection[str],
    question: Question,
    scratch: Path,
    archive: Archive,
    say: Callable[[str], None],
) -> None:
    for job in jobs:
        for side in _doing(job, sides):
            say(f"not measured: {job}, {side}")
            _one(side, job, question, scratch, archive)


def _one(side: str, job: str, question: Question, scratch: Path, archive: Archive) -> list[Measured]:
    folder = scratch / "fetched"
    folder.mkdir()
    try:
        return run(side, job, question, folder, archive)
    finally:
        shutil.rmtree(folder)


def _truth(question: Question, held: Holdings, sums: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Say what must come of each step: light curves that are listed, or name and sha256 of files."""

    def listed(*tics: int) -> tuple[str, ...]:
        return tuple(sorted(uri for tic, uri, _ in held.light_curves if tic in tics))

    files = tuple(f"{name} {sums[name]}" for name in sorted(uri.rpartition("/")[2] for uri in question.files))
    opened = (f"{len(files)} opened", *files)
    return {
        "first": listed(question.first),
        "one": listed(question.one),
        "many": listed(*question.many),
        "download": files,
        "cached": files,
        "load": opened,
        "load again": opened,
    }


def compare(measured: Sequence[Measured], truth: Mapping[str, Sequence[str]]) -> None:
    """Check that every side has what there is: all light curves in its answer, all files byte by byte.

    Raises
    ------
    DifferentError
        Naming the first difference.
    """
    for entry in measured:
        for own, true in zip_longest(entry.result, truth[entry.step]):
            if own != true:
                raise DifferentError(f"{entry.side}, {entry.step}: got {own!r}, not {true!r}")
