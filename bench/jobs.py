"""The jobs: what a fresh process does for one side, and which parts of it are measured."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.sides import Side

__all__ = ["JOBS", "Job", "Question"]


REPEATS = 5
"""How often a warm search is timed in one process: it takes a fraction of a second, and other work on the machine disturbs it."""


@dataclass(frozen=True)
class Question:
    """What is asked of every side."""

    url: str
    """Base URL of the archive."""
    first: int
    """TIC of the target that is searched first of all, or used to warm up."""
    one: int
    """TIC of the single target."""
    many: tuple[int, ...]
    """TICs of the many targets."""
    spare: str
    """URI of a light curve of `first`, fetched to warm up."""
    owners: tuple[int, ...]
    """TICs of the targets whose files are fetched."""
    files: tuple[str, ...]
    """URIs to fetch."""


class Clock(Protocol):
    """Measures one step: `work` is timed, `check` afterwards says what came of it, so that sides can be compared."""

    def __call__(self, step: str, work: Callable[[], Any], check: Callable[[Any], Sequence[str]]) -> None:
        """Run and time a step."""


Job = Callable[[Side, Question, Path, Clock], None]


def search(side: Side, question: Question, folder: Path, clock: Clock) -> None:
    """From a cold start to the first answer, then one more target, then many."""

    def cold() -> Any:
        side.start(question.url)
        return side.search([question.first])

    clock("first", cold, side.light_curves)
    for step, tics in (("one", [question.one]), ("many", question.many)):
        for _ in range(1 if side.remembers else REPEATS):
            clock(step, functools.partial(side.search, tics), side.light_curves)


def files(side: Side, question: Question, folder: Path, clock: Clock) -> None:
    """Download, and the same again."""
    chosen = _warm(side, question, folder, side.fetch)
    clock("download", lambda: side.fetch(chosen, folder / "files"), lambda _: _sums(folder / "files"))
    clock("cached", lambda: side.fetch(chosen, folder / "files"), lambda _: _sums(folder / "files"))


def load(side: Side, question: Question, folder: Path, clock: Clock) -> None:
    """Download and open, and the same again."""
    chosen = _warm(side, question, folder, side.load)

    def check(opened: int) -> Sequence[str]:
        return [f"{opened} opened", *_sums(folder / "files")]

    clock("load", lambda: side.load(chosen, folder / "files"), check)
    clock("load again", lambda: side.load(chosen, folder / "files"), check)


JOBS: dict[str, Job] = {"search": search, "files": files, "load": load}


def _warm(side: Side, question: Question, folder: Path, work: Callable[[Any, Path], object]) -> Any:
    """Import all that is needed by fetching one other file, then look up those that will be fetched."""
    side.start(question.url)
    work(side.choose([question.first], [question.spare]), folder / "spare")
    return side.choose(question.owners, question.files)


def _sums(folder: Path) -> list[str]:
    """Give name and sha256 of every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in found]
