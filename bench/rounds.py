"""Rounds: every side does every job once a round, in an order that is reversed from round to round."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from bench.archive import Archive, Holdings
from bench.jobs import Question
from bench.sides import SIDES
from bench.worker import Measured, run

__all__ = ["DIFFERENT", "ONLY", "Bench", "DifferentError", "Sizes"]

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


class DifferentError(RuntimeError):
    """The sides did not get the same: times cannot be compared."""


def measure(sizes: Sizes, jobs: tuple[str, ...], scratch: Path, say: Callable[[str], None]) -> Bench:
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

    Raises
    ------
    DifferentError
        If a side's result differs from the others', or bytes from what the archive serves.
    """
    with Archive(sizes.latency, sizes.held) as archive:
        question, served, total = _question(archive, sizes)
        for job in jobs:
            for side in WORK[job]:
                say(f"not measured, so that nothing is started for the first time: {job}, {side}")
                _one(side, job, _small(question), scratch, archive)
        rounds = []
        for number in range(sizes.rounds):
            measured: list[Measured] = []
            for job in jobs:
                for side in WORK[job][:: -1 if number % 2 else 1]:
                    say(f"round {number + 1} of {sizes.rounds}: {job}, {side}")
                    measured += _one(side, job, question, scratch, archive)
            _compare(measured, question, served)
            rounds.append(tuple(measured))
    return Bench(sizes, total, tuple(rounds))


def _question(archive: Archive, sizes: Sizes) -> tuple[Question, tuple[str, ...], int]:
    """Choose targets and files; give also what the files must be, and their size in bytes."""
    held: Holdings = archive.holdings
    first, one, *rest = held.targets
    spare = next(uri for tic, uri, _ in held.light_curves if tic == first)
    files = [row for row in held.light_curves if row[0] in set(rest)][: sizes.files]
    uris = tuple(uri for _, uri, _ in files)
    sums = archive.make((spare, *uris))
    served = tuple(sorted(f"{name} {sums[name]}" for name in (uri.rpartition("/")[2] for uri in uris)))
    owners = tuple(dict.fromkeys(tic for tic, _, _ in files))
    question = Question(held.url, first, one, tuple(rest[: sizes.targets]), spare, owners, uris)
    return question, served, sum(size for _, _, size in files)


def _small(question: Question) -> Question:
    """Give the same job at its smallest."""
    return Question(
        question.url,
        question.first,
        question.one,
        question.many[:1],
        question.spare,
        question.owners[:1],
        question.files[:1],
    )


def _one(side: str, job: str, question: Question, scratch: Path, archive: Archive) -> list[Measured]:
    folder = scratch / "fetched"
    folder.mkdir()
    try:
        return run(side, job, question, folder, archive)
    finally:
        shutil.rmtree(folder)


def _compare(measured: list[Measured], question: Question, served: tuple[str, ...]) -> None:
    """Check that all sides have the same light curves in their answers, and all files, byte by byte."""
    truth = {
        "download": served,
        "cached": served,
        "load": tuple(sorted((f"{len(question.files)} opened", *served))),
    }
    truth["load again"] = truth["load"]
    for entry in measured:
        expected = truth.setdefault(entry.step, entry.result)
        if entry.result != expected or not entry.result:
            (other, own) = next(
                pair for pair in zip_longest(expected, entry.result) if pair[0] != pair[1] or not expected
            )
            raise DifferentError(f"{entry.side}, {entry.step}: got {own!r}, not {other!r}")
