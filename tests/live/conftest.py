"""Lines that are asked of the real services: only when they are asked for by ``-m live``, once each, with a report in the end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mast_contract.all_lines import LINES
from mast_contract.asking import Asking
from mast_contract.outcome import Outcome, settled
from mast_contract.report import exit_code, report

REPORT = "live-report.md"
RUN = pytest.StashKey[tuple[list[Outcome], str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave live tests out, unless ``-m`` names them."""
    if "live" not in config.getoption("-m").split():
        gone = [item for item in items if item.get_closest_marker("live")]
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]
    elif hasattr(config, "workerinput"):
        raise pytest.UsageError("services are asked by one process only: leave out -n")


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> dict[str, Outcome]:
    """What became of each line that was selected. ``TESS_SOURCE_LIVE_SERVER`` puts another server in the place of all."""
    callspecs = [getattr(item, "callspec", None) for item in request.session.items if item.get_closest_marker("live")]
    names = {callspec.params["name"] for callspec in callspecs if callspec is not None}
    asking = Asking(os.environ.get("TESS_SOURCE_LIVE_SERVER"))
    start = time.monotonic()
    found = settled([LINES[name] for name in LINES if name in names], asking)
    in_order = [found[name] for name in LINES if name in found]
    request.config.stash[RUN] = in_order, report(in_order, asking, time.monotonic() - start)
    return found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Tell by the exit code what became of the lines, unless something else went wrong."""
    if RUN in session.config.stash and exitstatus in {0, 1}:
        failed = exit_code(session.config.stash[RUN][0])
        session.exitstatus = failed if failed or not exitstatus else exitstatus


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """Print the report after all else, and write it to a file."""
    yield
    if RUN in config.stash:
        text = config.stash[RUN][1]
        (Path(config.invocation_params.dir) / REPORT).write_text(text, encoding="utf-8")
        terminalreporter.ensure_newline()
        terminalreporter.write(f"\n{text}\nThis report is in {REPORT}: paste it into an issue.\n")
