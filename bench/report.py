"""What was measured as a text table and as JSON, and whether the goals were reached."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from statistics import median
from typing import Any

from bench.rounds import Bench, Sizes
from bench.sides import SIDES
from bench.worker import Measured

__all__ = ["as_json", "as_text"]

OWN = next(iter(SIDES))
PACKAGES = ("tess-source", "astroquery", "lightkurve", "astropy", "polars", "urllib3", "requests", "numpy")
HOW = {
    ("astroquery", "many"): "astroquery, one batch",
    ("lightkurve", "many"): "lightkurve, loop",
    ("astroquery", "download"): "astroquery download_products",
    ("astroquery", "cached"): "astroquery download_products",
    ("lightkurve", "load"): "lightkurve download_all",
    ("lightkurve", "load again"): "lightkurve download_all",
}


@dataclass(frozen=True)
class Goal:
    """What is to be reached with default sizes."""

    words: str
    step: str
    against: str | None
    """The other side; None: a bound on the number of requests."""
    bound: float
    """Least ratio of its time to ours; or most requests."""
    cpu: bool = False
    """Whether CPU time is compared, which holds on a busy machine too; else wall time."""


GOALS = (
    Goal("first search of a process, against astroquery's", "first", "astroquery", 1.0),
    Goal("first search of a process, CPU time, against astroquery's", "first", "astroquery", 1.0, cpu=True),
    Goal("100 targets, against lightkurve's loop", "many", "lightkurve", 20.0),
    Goal("100 targets, against one astroquery batch", "many", "astroquery", 1.0),
    Goal("100 targets, CPU time, against one astroquery batch", "many", "astroquery", 1.0, cpu=True),
    Goal("100 files, against astroquery's download_products", "download", "astroquery", 8.0),
    Goal("cached, requests", "cached", None, 0),
)


def as_text(bench: Bench, steps: Sequence[str]) -> str:
    """Write a table a step, and the goals."""
    parts = ["\n".join(_head(bench))]
    parts += ["\n".join(_table(bench, step)) for step in _steps(bench) if step in steps]
    parts.append("\n".join(_goals(bench, steps)))
    return "\n\n".join(filter(None, parts))


def as_json(bench: Bench, steps: Sequence[str]) -> dict[str, Any]:
    """Give all single measurements in plain values."""
    return {
        "machine": _machine(),
        "load": list(bench.load),
        "versions": _versions(),
        "sizes": asdict(bench.sizes) | {"bytes": bench.bytes},
        "measured": [
            {
                "round": number,
                "side": entry.side,
                "step": entry.step,
                "seconds": round(entry.seconds, 4),
                "cpu": round(entry.cpu, 4),
                "requests": dict(entry.requests),
            }
            for number, entries in enumerate(bench.rounds, 1)
            for entry in entries
            if entry.step in steps
        ],
        "goals": [
            {"goal": goal.words, "bound": goal.bound, "measured": _reached(bench, goal)}
            for goal in _measured_goals(bench, steps)
        ],
    }


def _title(step: str, bench: Bench) -> str:
    sizes = bench.sizes
    files = f"{sizes.files} files of {bench.bytes / sizes.files / 1e6:.1f} MB"
    return {
        "first": "1 target, first search of a new process: imports and column descriptions included",
        "one": "1 target, search and list",
        "many": f"{sizes.targets} targets, search and list",
        "download": f"{files}, download",
        "cached": f"{files}, the same again (cached)",
        "load": f"{files}, download and open as lightkurve objects",
        "load again": f"{files}, the same again (cached)",
    }[step]


def _head(bench: Bench) -> Iterator[str]:
    sizes = bench.sizes
    yield (
        f"On the sample archive, which runs in a process of its own: {sizes.latency * 1000:g} ms latency per request, "
        f"{sizes.rounds} rounds, sides interleaved, order reversed every round."
    )
    yield "Median and range of all measurements; the ratio is that of the medians of each round. All sides with their default settings."
    load = ", ".join(f"{value:.1f}" for value in bench.load)
    yield f"Machine: {_machine()}; load average before and after each round: {load}"
    yield "Versions: " + ", ".join(f"{name} {number}" for name, number in _versions().items())


def _steps(bench: Bench) -> list[str]:
    return list(dict.fromkeys(entry.step for entry in bench.rounds[0]))


def _table(bench: Bench, step: str) -> Iterator[str]:
    yield _title(step, bench)
    line = "  {:30}{:>24}{:>26}{:>10}   {}"
    yield line.format("", "requests", "wall time [s]", "CPU [s]", f"{OWN} is faster by").rstrip()
    for side in SIDES:
        if not (entries := _entries(bench, side, step)):
            continue
        times = _spread([entry.seconds for entry in entries])
        cpu = f"{median(entry.cpu for entry in entries):.3f}"
        ratio = "" if side == OWN else _spread(_ratios(bench, side, step), 1) + " times"
        yield line.format(
            HOW.get((side, step), side), _requests([e.requests for e in entries]), times, cpu, ratio
        ).rstrip()


def _entries(bench: Bench, side: str, step: str) -> list[Measured]:
    return [entry for entries in bench.rounds for entry in entries if (entry.side, entry.step) == (side, step)]


def _ratios(bench: Bench, side: str, step: str, *, cpu: bool = False) -> list[float]:
    """Give how many times longer another side took, round by round: by the medians, where a step was repeated."""

    def seconds(entries: Sequence[Measured], of: str) -> float:
        return median(
            entry.cpu if cpu else entry.seconds for entry in entries if (entry.side, entry.step) == (of, step)
        )

    return [seconds(entries, side) / seconds(entries, OWN) for entries in bench.rounds]


def _spread(values: Sequence[float], digits: int = 3) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def _requests(rounds: Sequence[Counter[str]]) -> str:
    totals = sorted({count.total() for count in rounds})
    shown = "-".join(map(str, dict.fromkeys((totals[0], totals[-1]))))
    kinds = ", ".join(f"{number} {method}" for method, number in sorted(rounds[0].items()))
    return f"{shown} ({kinds})" if kinds else shown


def _goals(bench: Bench, steps: Sequence[str]) -> Iterator[str]:
    plain = Sizes()
    if (bench.sizes.targets, bench.sizes.files, bench.sizes.latency) != (plain.targets, plain.files, plain.latency):
        yield "Goals are set for the default sizes, and not judged here."
        return
    for goal in _measured_goals(bench, steps):
        value = _reached(bench, goal)
        good = value <= goal.bound if goal.against is None else value >= goal.bound
        asked = f"at most {goal.bound:g}" if goal.against is None else f"at least {goal.bound:g} times as fast"
        yield f"{'reached' if good else 'MISSED'}: {goal.words}: {value:.4g} ({asked})"


def _measured_goals(bench: Bench, steps: Sequence[str]) -> list[Goal]:
    """Give the goals of which both sides were measured."""
    measured = {(entry.side, entry.step) for entry in bench.rounds[0]}
    return [
        goal
        for goal in GOALS
        if goal.step in steps and {(OWN, goal.step), (goal.against or OWN, goal.step)} <= measured
    ]


def _reached(bench: Bench, goal: Goal) -> float:
    if goal.against is None:
        return float(max(entry.requests.total() for entry in _entries(bench, OWN, goal.step)))
    return median(_ratios(bench, goal.against, goal.step, cpu=goal.cpu))


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}
