"""The wheel, made from the sdist, works where nothing of this checkout is at hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from places import ROOT

PACKAGES = ["tess_source", *sorted(path.name for path in (ROOT / "plugins").glob("tess_source_*"))]


def run(*words: str | Path, cwd: Path) -> str:
    """Run a command without this checkout on the path; give its stdout."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TESS_SOURCE", "PYTEST"))}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the sdist, and the wheel that was built from it."""
    source = tmp_path_factory.mktemp("source") / "tess-source"
    ignored = shutil.ignore_patterns(
        ".venv", ".git", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache", "site"
    )
    shutil.copytree(ROOT, source, ignore=ignored)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=out)
    return out


@pytest.fixture(scope="module")
def elsewhere(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of an environment that has our dependencies, and tess-source from the wheel alone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (wheel,) = built.glob("*.whl")
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        site,
        wheel,
        cwd=folder,
    )
    return folder / "bin" / "python"


def test_the_wheel_holds_all_packages_their_types_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert top == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert {"tess_source_pictures/page.html", "tess_source_pictures/page.css"} <= set(names)
    assert {"tess_source/lock/fetch.py.txt", "tess_source/lock/fetch.sh", "tess_source_arrays/card.md.txt"} <= set(
        names
    )
    data = {"tess_source_sectors/data/science_polygons.csv.gz", "tess_source_sectors/data/sectors.csv"}
    assert data <= set(names)
    for file in ("LICENSE", "NOTICE"):  # the latter names what is derived from the work of others
        assert any(name.endswith(f"licenses/{file}") for name in names)


def test_the_sdist_holds_what_is_needed_to_test_it(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tests/conftest.py", "Makefile", "constraints.txt", "README.md", "NOTICE", "docs/names.md"} <= names
    assert "plugins/tess_source_sectors/data/science_polygons.csv.gz" in names


def test_the_installed_program_is_that_of_the_wheel_and_runs_the_main_job(elsewhere: Path, tmp_path: Path) -> None:
    where = f"import json, sys; sys.stdout.write(json.dumps([__import__(name).__file__ for name in {PACKAGES!r}]))"
    files = json.loads(run(elsewhere, "-c", where, cwd=tmp_path))
    assert all(Path(file).is_relative_to(elsewhere.parent.parent) for file in files)
    listed = run(elsewhere, "-m", "tess_source", "plugins", "--format", "json", cwd=tmp_path)
    states = {plugin["name"]: plugin["state"] for plugin in json.loads(listed)}
    plugins = {package.removeprefix("tess_source_") for package in PACKAGES[1:]} - {"testing"}  # a plugin of pytest
    assert states == dict.fromkeys(plugins, "ready")
    told = run(elsewhere, "-m", "tess_source", "demo", "--to", "out", cwd=tmp_path)
    assert "2 fetched" in told
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "mastDownload",
        "kelt9.ecsv",
        "kelt9.png",
        "kelt9-runs.png",
    }
