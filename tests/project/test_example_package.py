"""The package of the example, installed as anybody installs it, beside an installed tess-source: its own tests pass."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from places import ROOT
from scratch import install, run, scratch

EXAMPLE = ROOT / "examples" / "tess_source_proposal"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the example, built from a copy."""
    from hatchling.build import build_wheel

    folder = tmp_path_factory.mktemp("example")
    source, before = shutil.copytree(EXAMPLE, folder / "source"), Path.cwd()
    os.chdir(source)  # as PEP 517 wants it
    try:
        return folder / build_wheel(str(folder))
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def python(wheel: Path, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with tess-source, what it requires, pytest, and the example."""
    made = scratch(tmp_path_factory.mktemp("env") / "env", wheel=wheel, also=["pytest"])
    install(made, package)
    return made


def test_its_own_tests_pass_without_a_network_and_without_optional_libraries(python: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path, https_proxy="http://127.0.0.1:9")
    assert "passed" in said.stdout and "skipped" not in said.stdout


def test_it_is_found_as_a_plugin_and_says_its_types(python: Path, package: Path, tmp_path: Path) -> None:
    said = run(python, "-m", "tess_source", "plugins", "--format", "json", cwd=tmp_path)
    row = {row["name"]: row for row in json.loads(said.stdout)}["proposal"]
    assert (row["origin"], row["state"], row["hooks"]) == ("tess-source-proposal", "ready", "tess_filters")
    site = next(python.parent.parent.rglob("tess_source_proposal"))
    assert (site / "py.typed").is_file()


def test_its_ci_file_runs_what_the_project_declares() -> None:
    jobs = yaml.safe_load((EXAMPLE / ".github" / "workflows" / "test.yml").read_text())["jobs"]
    commands = [step["run"] for step in jobs["test"]["steps"] if "run" in step]
    assert commands == [
        "python -m pip install -e '.[test,lint]'",
        "python -m pytest",
        "python -m mypy",
        "python -m pyright",
    ]
