"""The workflow of public CI, which is not run here, is in step with what is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from places import ROOT

FILE = ROOT / ".github" / "workflows" / "ci.yml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMMAND = re.compile(r"\bmake [^|&>\n]*\b(?:test|lint)\b")
"""What decides in .ci/run, however it is run there."""


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    """The one job of the workflow."""
    jobs: dict[str, Any] = yaml.safe_load(FILE.read_text())["jobs"]
    (job,) = jobs.values()
    return dict(job)


def supported() -> list[str]:
    """Return the versions of Python that the package says it supports."""
    found = (re.fullmatch(r"Programming Language :: Python :: (\d+\.\d+)", name) for name in PROJECT["classifiers"])
    return [match[1] for match in found if match]


def commands_of_ci() -> set[str]:
    """Return the commands of .ci/run."""
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    return {command for line in lines if not line.startswith("#") for command in COMMAND.findall(line)}


def test_it_runs_the_commands_of_ci_and_none_else_to_test(job: dict[str, Any]) -> None:
    told = [step["run"] for step in job["steps"] if step.get("name") in {"Tests", "Linters"}]
    assert set(told) == commands_of_ci()
    assert len(told) == 2
    assert all("if" not in step for step in job["steps"] if step.get("run") in told)


def test_it_tries_every_supported_python_on_linux_macos_and_windows(job: dict[str, Any]) -> None:
    matrix = job["strategy"]["matrix"]
    assert set(matrix) == {"os", "python"}
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert matrix["python"] == supported()
    assert job["strategy"]["fail-fast"] is False


def test_supported_pythons_begin_with_the_oldest_that_may_install_it() -> None:
    assert PROJECT["requires-python"] == f">={supported()[0]}"


def test_packages_are_cached_by_what_names_their_versions(job: dict[str, Any]) -> None:
    (setup,) = (step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@"))
    assert setup["python-version"] == "${{ matrix.python }}"
    assert setup["cache-dependency-path"].split() == ["pyproject.toml", "constraints.txt"]


def test_it_may_only_read_and_says_that_it_was_not_run() -> None:
    text = FILE.read_text()
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert "has not been run" in text.partition("\nname:")[0]


def test_actions_are_of_a_named_version(job: dict[str, Any]) -> None:
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)
