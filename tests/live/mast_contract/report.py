"""The report of a run, to be pasted into an issue; and the exit code."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median

from mast_contract.asking import Asking
from mast_contract.line import SERVICES
from mast_contract.outcome import DOWN, HOLDS, OTHERWISE, Outcome
from tess_source import __version__
from tess_source.doctor.finding import shareable_text

__all__ = ["EXIT_DOWN", "EXIT_OTHERWISE", "exit_code", "report"]

EXIT_OTHERWISE, EXIT_DOWN = 1, 6
"""Exit codes; pytest itself uses 1 for "tests failed", and 2 to 5."""
LIBRARIES = ("astroquery", "urllib3", "polars", "astropy")


def exit_code(outcomes: Collection[Outcome]) -> int:
    """Return 0 if all lines hold, 1 if one is otherwise, and 6 if none is, but a service is down."""
    states = {outcome.state for outcome in outcomes}
    return EXIT_OTHERWISE if OTHERWISE in states else EXIT_DOWN if DOWN in states else 0


def report(outcomes: Collection[Outcome], asking: Asking, seconds: float) -> str:
    """Return the report as Markdown. It has no secrets, and no paths of this machine."""
    of = {state: [one for one in outcomes if one.state == state] for state in (OTHERWISE, DOWN, HOLDS)}
    counts = ", ".join(f"{len(found)} {state if state != HOLDS else 'hold'}" for state, found in of.items())
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    parts = [
        f"## tess-source and the services that it asks: {counts}",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; tess-source {__version__}, {versions}, Python {platform.python_version()}, "
        f"{platform.system()}. {_elsewhere(asking)}{asking.requests.total()} requests, {asking.bytes.total() / 1e6:.1f} MB, "
        f"{seconds:.0f} s.",
        "",
        *_table(("service", "lines", "requests", "kB", "median answer"), _services(outcomes, asking)),
    ]
    if of[OTHERWISE]:
        columns = ("is otherwise", "expected", "came", "what depends on it")
        parts += _table(
            columns, ((one.line.name, one.expected, one.came, one.line.needed_for) for one in of[OTHERWISE])
        )
    if of[DOWN]:
        columns = ("service down", "service", "why", "what depends on it")
        parts += _table(
            columns, ((one.line.name, one.line.service, one.remark, one.line.needed_for) for one in of[DOWN])
        )
    if of[HOLDS]:
        parts += _table(
            ("holds", "s", "remark"), ((one.line.name, f"{one.seconds:.1f}", one.remark) for one in of[HOLDS])
        )
    return "\n".join(parts)


def _elsewhere(asking: Asking) -> str:
    return f"All asked of {shareable_text(asking.server)}. " if asking.server else ""


def _services(outcomes: Collection[Outcome], asking: Asking) -> Iterator[Sequence[str]]:
    for service, host in SERVICES.items():
        states = [one.state for one in outcomes if one.line.service == service]
        if states:
            said = ", ".join(f"{states.count(state)} {state}" for state in (HOLDS, OTHERWISE, DOWN) if state in states)
            times = asking.times[host]
            fast = f"{median(times):.2f} s" if times else "none"
            yield f"{service} ({host})", said, str(asking.requests[host]), f"{asking.bytes[host] / 1000:.0f}", fast


def _table(columns: Sequence[str], rows: Iterator[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in (columns, ["---"] * len(columns))]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return [*lines, ""]


def _cell(text: str) -> str:
    return shareable_text(text).replace("|", "\\|").replace("<", "&lt;")
