"""One job of one side in a fresh process, timed; the archive counts its requests."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.archive import Archive
from bench.jobs import JOBS, Question
from bench.sides import SIDES

FORGOTTEN = (
    "TESS_SOURCE_SERVER",
    "TESS_SOURCE_WITHOUT",
    "MAST_API_TOKEN",
    "LIGHTKURVE_CACHE_DIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
)
"""What the person who measures may have set, and what would change a side's defaults."""


@dataclass(frozen=True)
class Measured:
    """One step of one side in one round."""

    side: str
    step: str
    seconds: float
    """Wall time."""
    cpu: float
    """CPU time of the client's process [s]."""
    requests: Counter[str]
    """HTTP method → number of requests that the archive got."""
    result: tuple[str, ...]
    """What came of it, sorted."""


class JobError(RuntimeError):
    """A side failed at its job."""


def run(side: str, job: str, question: Question, scratch: Path, archive: Archive) -> list[Measured]:
    """Run a job in a fresh process and wait for it.

    Parameters
    ----------
    side : str
        Key of `SIDES`.
    job : str
        Key of `JOBS`.
    question : Question
    scratch : Path
        An empty folder for what it fetches; its sibling ``home`` serves as home directory, with default settings.
    archive : Archive
        Counts the requests.

    Raises
    ------
    JobError
        With the traceback, if the job fails.
    """
    context = get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, side, job, question, scratch), name=f"bench-{side}")
    process.start()
    theirs.close()
    measured: list[Measured] = []
    try:
        while (message := pipe.recv())[0] != "done":
            if message[0] == "failed":
                raise JobError(f"{side}, {job}:\n{message[1]}")
            if message[0] == "ready":
                os.sync()  # what others wrote before must not be waited for in the next step
                archive.clear()
                pipe.send("go")
            else:
                _, step, seconds, cpu = message
                requests = archive.requests()  # before the check, which may ask more
                pipe.send("counted")
                measured.append(Measured(side, step, seconds, cpu, requests, pipe.recv()))
    except EOFError as error:
        raise JobError(f"{side}, {job}: its process ended early") from error
    finally:
        pipe.close()
        process.join(10.0)
        if process.is_alive():
            process.terminate()
    return measured


def _work(pipe: Connection, side: str, job: str, question: Question, scratch: Path) -> None:
    """Do the job and report; what the side prints goes to a file."""
    _settle(scratch)

    def clock(step: str, work: Callable[[], Any], check: Callable[[Any], Sequence[str]]) -> None:
        pipe.send(("ready",))
        pipe.recv()
        cpu, start = time.process_time(), time.perf_counter()
        answer = work()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        pipe.send(("measured", step, seconds, cpu))
        pipe.recv()
        pipe.send(tuple(sorted(check(answer))))

    try:
        JOBS[job](SIDES[side](), question, scratch, clock)
    except BaseException:
        pipe.send(("failed", traceback.format_exc()))
        raise
    pipe.send(("done",))


def _settle(scratch: Path) -> None:
    """Give the process a home with default settings, no proxy for this machine, and a file to print to."""
    for name in FORGOTTEN:
        os.environ.pop(name, None)
    sys.dont_write_bytecode = (
        False  # installed packages are compiled, and so must a source tree be: the first round does it
    )
    home = scratch.parent / "home"
    home.mkdir(exist_ok=True)
    os.environ.update(HOME=str(home), NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    printed = (scratch.parent / "printed.log").open("a")
    sys.stdout.flush()
    os.dup2(printed.fileno(), 1)
    os.dup2(printed.fileno(), 2)
