"""Versions of Python: what older ones are told, and that all places name the same ones."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from places import ROOT
from scratch import run

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OLD = "import sys; sys.version_info = (3, 10, 13, 'final', 0); sys.argv[0] = {!r}; import {}"


def old_pythons() -> list[Path]:
    """Return an interpreter of Python 3.10, if it is installed beside the one that runs this, as pyenv does."""
    beside = Path(sys.base_prefix).parent
    return [found for found in beside.glob("3.10*/bin/python") if found.is_file()][:1]


@pytest.mark.parametrize("program", ["-m", "/opt/bin/tess-source", "C:\\env\\tess-source.exe"])
def test_under_an_older_python_the_program_says_what_it_needs_on_one_line(program: str, tmp_path: Path) -> None:
    code = OLD.format(program, "tess_source")
    done = run(sys.executable, "-c", code, cwd=ROOT, fails=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tess-source needs Python 3.11 or newer, this is 3.10.13\n"


@pytest.mark.parametrize("module", ["tess_source", "tess_source.errors"])
def test_an_import_under_an_older_python_is_an_import_error_that_says_so(module: str) -> None:
    done = run(sys.executable, "-c", OLD.format("script.py", module), cwd=ROOT, fails=True)
    assert done.stderr.endswith("\nImportError: tess-source needs Python 3.11 or newer, this is 3.10.13\n")


@pytest.mark.skipif(not old_pythons(), reason="no Python 3.10 is installed beside this one")
def test_a_checkout_under_python_3_10_says_what_it_needs() -> None:
    done = run(*old_pythons(), "-m", "tess_source", "search", "TIC 1", cwd=ROOT, fails=True)
    assert re.fullmatch(r"tess-source needs Python 3\.11 or newer, this is 3\.10\.\d+\n", done.stderr)


@pytest.mark.skipif(not old_pythons(), reason="no Python 3.10 is installed beside this one")
def test_pip_of_python_3_10_refuses_the_wheel(wheel: Path, tmp_path: Path) -> None:
    pip = ["-m", "pip", "install", "--no-index", "--no-deps", "--target", tmp_path / "site", wheel]
    done = run(*old_pythons(), *pip, cwd=tmp_path, fails=True)
    assert "requires a different Python: 3.10" in done.stderr and ">=3.11" in done.stderr


def test_make_under_an_older_python_says_what_it_needs(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c \"import sys; sys.version_info = (3, 10, 13, 'final', 0); $2\"\n"
    )
    old.chmod(0o755)
    done = run("make", f"PYTHON={old}", f"VENV={tmp_path / 'env'}", "demo", cwd=ROOT, fails=True)
    assert "tess-source needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "env").exists()
