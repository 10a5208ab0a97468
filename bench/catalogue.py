"""The catalogue of the whole mission: building it, asking it, and how its cost grows. ``python -m bench.catalogue``.

The sample archive makes the lists of a mission in a folder: scripts, target lists and tables of TCEs of the real size and form. A server
in a process of its own serves them on 127.0.0.1. Each size is built and asked in fresh processes, whose memory is their own.
astroquery's one query stands beside where it can do the job: it asks a portal with 20,000 made-up stars in sector 57.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.archive import Archive

if TYPE_CHECKING:
    from tess_source import Session

__all__ = ["GOALS", "Aim", "as_markdown", "growth", "main", "measure"]

KINDS = ("lc", "fast-lc", "dv")
MANY = 10_000
"""Stars of the long question."""
REPEATS = 5
"""Stars, places and sectors of which the median is taken."""
STARS = 25
"""Stars of the question about one star."""

Figures = dict[str, float]


@dataclass(frozen=True)
class Aim:
    """One line of the table."""

    what: str
    key: str
    """In the figures."""
    most: float
    unit: str
    beside: str = ""
    """Figure of astroquery for the same."""


GOALS = (
    Aim("build from local lists", "build", 60, "s"),
    Aim("memory of the build", "build memory", 1000, "MB"),
    Aim("update of one sector", "update", 2, "s"),
    Aim("one star, in a running process", "one", 0.05, "s", "astroquery one"),
    Aim("one star, as a command", "command", 0.7, "s"),
    Aim("everything of a star, in a running process", "whole", 0.05, "s"),
    Aim(f"observations of {MANY:,} stars", "many", 0.5, "s"),
    Aim(f"light curves of {MANY:,} stars, with DV links", "many found", 0.5, "s"),
    Aim("cone of 1 degree", "cone", 0.3, "s", "astroquery cone"),
    Aim("a sector's observations", "sector", 0.1, "s", "astroquery sector"),
    Aim("a sector's light curves, with DV links", "found", 1, "s"),
    Aim("everything, with DV links", "everything", 15, "s"),
    Aim("memory of everything", "everything memory", 3000, "MB"),
    Aim("on disk", "disk", 120, "MB"),
)


def memory() -> float:
    """Most memory that this process had so far [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def timed(job: Callable[[], Any]) -> float:
    """Return the wall time of a job [s]."""
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


# -- in processes of their own ---------------------------------------------------------------------------------------


def build(server: str, store: Path, sectors: int) -> Figures:
    """Build the catalogue of the first sectors."""
    session = _session(server, store)
    updated = []
    seconds = timed(
        lambda: updated.append(session.catalogue().update(range(1, sectors + 1), kind=KINDS, progress=False))
    )
    if updated[0].failed:
        raise SystemExit(f"lists failed: {updated[0].failed[:3]}")
    return {"build": seconds, "build memory": memory(), "disk": _size(store)}


def update(server: str, store: Path, sectors: int) -> Figures:
    """Update the last sector, whose script has changed meanwhile."""
    session = _session(server, store)
    return {"update": timed(lambda: session.catalogue().update(sectors, kind=KINDS, progress=False))}


def ask(server: str, store: Path, sectors: int) -> Figures:
    """Ask all questions but the largest."""
    from tess_source_catalogue.folder import TICK
    from tess_source_catalogue.reading import Catalogue

    session = _session(server, store, archive="catalogue")
    catalogue = Catalogue.of(session.settings)
    time.sleep(TICK / 1e9)  # so long after an update, all is looked at anew for each question
    stars = catalogue.targets(sectors=[1], exptime=120)
    tics = stars["tic"].unique(maintain_order=True).to_list()
    places = stars.select("ra", "dec").rows()[:REPEATS]
    session.search(tics[0], kind="lc")  # the imports of a first question
    figures = {
        "one": median(timed(partial(session.search, tic, kind="lc")) for tic in tics[1 : STARS + 1]),
        "whole": median(timed(partial(session.search, tic)) for tic in tics[1 : STARS + 1]),
        "cone": median(
            timed(lambda place=place: session._found_observations(f"{place[0]} {place[1]}", radius="1 deg", words={}))
            for place in places
        ),
        "sector": median(timed(lambda n=n: catalogue.observations(sectors=[n])) for n in range(1, REPEATS + 1)),
        "found": median(timed(lambda n=n: session.search(sector=n, kind="lc")) for n in range(1, REPEATS + 1)),
        "many": timed(lambda: session._found_observations(tics[:MANY], words={})),
        "many found": timed(lambda: session.search(tics[:MANY], kind="lc")),
    }
    command = [sys.executable, "-m", "tess_source", "--server", server, "--cache", str(store), "--archive", "catalogue"]
    run = partial(subprocess.run, [*command, "search", f"TIC {tics[7]}"], check=True, capture_output=True)
    return figures | {"command": median(timed(run) for _ in range(REPEATS))}


def everything(server: str, store: Path, sectors: int) -> Figures:
    """Find everything, with the links of the data-validation sets."""
    del sectors
    session = _session(server, store, archive="catalogue")
    found: list[Any] = []
    seconds = timed(lambda: found.append(session.search(kind=["lc", "fast-lc", "dvt"], large=True)))
    seconds += timed(lambda: len(found[0].links))
    return {"everything": seconds, "everything memory": memory(), "rows": len(found[0])}


def peer(server: str, store: Path, sectors: int) -> Figures:
    """Ask astroquery for one star, a cone, and a sector."""
    del store, sectors
    from astropy.coordinates import SkyCoord

    from bench.sides import astroquery_at
    from tess_source_sample.facts import SYNTHETIC_TIC, star

    whole = partial(astroquery_at(server).query_criteria, obs_collection="TESS", provenance_name="SPOC")
    whole(target_name=str(SYNTHETIC_TIC))  # loads the configuration of columns
    stars = [star(SYNTHETIC_TIC + n) for n in range(REPEATS)]
    places = [SkyCoord(one.ra, one.dec, unit="deg") for one in stars]
    return {
        "astroquery one": median(timed(partial(whole, target_name=str(one.tic))) for one in stars),
        "astroquery cone": median(timed(partial(whole, coordinates=place, radius="1 deg")) for place in places),
        "astroquery sector": timed(partial(whole, sequence_number=57)),
    }


JOBS: dict[str, Callable[[str, Path, int], Figures]] = {
    "build": build, "update": update, "ask": ask, "everything": everything, "peer": peer,
}  # fmt: skip


def _session(server: str, store: Path, **more: Any) -> Session:
    from tess_source import Session

    return Session(server=server, cache=store, **more)


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


# -- from outside ----------------------------------------------------------------------------------------------------


def measure(mission: Path, store: Path, sectors: int, jobs: Sequence[str]) -> Figures:
    """Build and ask a catalogue of so many sectors.

    Parameters
    ----------
    mission : pathlib.Path
        Folder of lists.
    store : pathlib.Path
        An empty folder.
    sectors : int
        The first so many.
    jobs : sequence of str
        Keys of `JOBS`.

    Returns
    -------
    dict
        Seconds and megabytes.
    """
    figures: Figures = {}
    # One server for all: a catalogue is that of its server.
    with Archive(0.0, 0, mission) as archive:
        for job in jobs:
            with _shorter(mission, sectors) if job == "update" else nullcontext():
                figures |= _in_process(job, archive.holdings.url, store, sectors)
    return figures


def _in_process(job: str, server: str, store: Path, sectors: int) -> Figures:
    """Return the figures of a job in a process of its own; none, with a message, if it fails."""
    command = [sys.executable, "-m", "bench.catalogue", "--job", job, server, str(store), str(sectors)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"{job} of {sectors} sectors failed", file=sys.stderr)
        return {}
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def beside(scratch: Path, targets: int) -> Figures:
    """Return astroquery's figures, from a portal with so many stars in a sector."""
    with Archive(0.0, targets) as archive:
        return _in_process("peer", archive.holdings.url, scratch, 1)


@contextmanager
def _shorter(mission: Path, sector: int) -> Iterator[None]:
    """Leave the last light curve out of a script for a while, as if it were another day."""
    script = mission / f"missions/tess/download_scripts/sector/tesscurl_sector_{sector}_lc.sh"
    whole = script.read_text()
    script.write_text(whole.rstrip("\n").rpartition("\n")[0] + "\n")
    try:
        yield
    finally:
        script.write_text(whole)


def growth(mission: Path, scratch: Path, sizes: Sequence[int], jobs: Sequence[str]) -> Iterator[tuple[int, Figures]]:
    """Yield the figures of each number of sectors."""
    for sectors in sizes:
        with tempfile.TemporaryDirectory(dir=scratch) as store:
            yield sectors, measure(mission, Path(store), sectors, jobs)


def as_markdown(rows: Sequence[tuple[int, Figures]], main_size: int) -> str:
    """Write the table of goals for one size, and that of the growth."""
    figures = dict(rows).get(main_size, {})
    goals = [f"| {main_size} sectors | tess-source | astroquery | goal | |", "|---|---|---|---|---|"]
    for goal in GOALS:
        value = figures.get(goal.key)
        verdict = "not measured" if value is None else "reached" if value <= goal.most else "**missed**"
        cells = (goal.what, _written(value, goal.unit), _written(figures.get(goal.beside), goal.unit))
        goals.append(f"| {' | '.join(cells)} | {goal.most:g} {goal.unit} | {verdict} |")
    grown = ["| " + " | ".join(["", *(f"{sectors} sectors" for sectors, _ in rows)]) + " |"]
    grown.append("|---" * (len(rows) + 1) + "|")
    for goal in GOALS:
        cells = [goal.what, *(_written(found.get(goal.key), goal.unit) for _, found in rows)]
        grown.append(f"| {' | '.join(cells)} |")
    return "\n".join([*goals, "", *grown])


def _written(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser("python -m bench.catalogue", description=__doc__)
    parser.add_argument("--sectors", type=int, nargs="+", default=[10, 50, 108, 300], help="sizes (%(default)s)")
    parser.add_argument("--targets", type=int, default=20_000, help="targets per sector (%(default)s)")
    parser.add_argument("--only", choices=JOBS, action="append", help="one part; may be repeated. Questions need build")
    parser.add_argument("--mission", type=Path, metavar="DIR", help="keep the lists there, and use them again")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="where all else is kept, and removed again")
    parser.add_argument("--job", nargs=4, metavar=("JOB", "SERVER", "STORE", "SECTORS"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.job:
        job, server, store, sectors = options.job
        print(json.dumps(JOBS[job](server, Path(store), int(sectors))))
        return 0
    with tempfile.TemporaryDirectory(prefix="tess-source-bench-", dir=options.scratch) as scratch:
        mission = options.mission or Path(scratch) / "mission"
        _make_lists(mission, max(options.sectors), options.targets)
        jobs = options.only or list(JOBS)
        rows = list(growth(mission, Path(scratch), options.sectors, [job for job in jobs if job != "peer"]))
        peers = beside(Path(scratch), options.targets) if "peer" in jobs else {}
    main_size = 108 if 108 in options.sectors else max(options.sectors)
    print(as_markdown([(sectors, figures | peers) for sectors, figures in rows], main_size))
    return 0


def _make_lists(mission: Path, sectors: int, targets: int) -> None:
    """Make the lists, unless they are there from another time."""
    from tess_source_sample.mission import MissionSize, generate

    if mission.is_dir():
        return
    began = time.perf_counter()
    share = targets / MissionSize.targets
    parts = {name: max(1, round(getattr(MissionSize, name) * share)) for name in ("fast", "searched", "searched_often")}
    size = MissionSize(sectors=sectors, targets=targets, contributed_sectors=(), kinds=KINDS, **parts)
    made = generate(mission, size)
    seconds = time.perf_counter() - began
    print(
        f"{made.light_curves:,} light curves and {made.dv_sets:,} DV sets in {made.files:,} lists, "
        f"{made.size / 1e6:,.0f} MB, made in {seconds:.0f} s",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
