"""A process that was forked after polars was imported says so at once where polars would wait for ever; a spawned one works."""

from __future__ import annotations

import os
import subprocess
import sys

import forked
import pytest
from places import HELPERS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

LONGEST = 180
"""Seconds after which a process is taken to hang."""


def printed(*words: str) -> list[str]:
    """Run one of `forked`'s functions in a fresh process, and give the lines that it and its children print."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(HELPERS / "forked.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, env=environment, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_what_needs_a_table_is_an_error_in_a_fork_that_says_to_spawn() -> None:
    assert printed("inherited") == [f"{use}: spawn" for use in forked.USES]


def test_names_are_read_and_written_one_by_one_in_a_fork() -> None:
    assert printed("single_names") == ["done"]
    assert printed("pool_of_names") == ["['lc']"]


def test_a_fork_before_polars_is_imported_works_and_its_own_fork_is_told() -> None:
    assert printed("before_polars") == ["1", "spawn", "done"]


def test_a_pool_of_forks_gives_the_error_and_a_pool_of_spawned_processes_the_result() -> None:
    assert printed("pool", "fork") == ["spawn"]
    assert printed("pool", "spawn") == ["[1]"]
