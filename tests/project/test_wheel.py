"""The wheel, made from the sdist, works where nothing of this checkout is at hand."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from places import ROOT
from scratch import run, scratch
from sizes import STRESS

PACKAGES = ["tess_source", *sorted(path.name for path in (ROOT / "plugins").glob("tess_source_*"))]


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of an environment that has our dependencies, and tess-source from the wheel alone."""
    return scratch(tmp_path_factory.mktemp("elsewhere"), wheel=wheel, extras=["lightkurve", "pictures"])


def test_the_wheel_holds_all_packages_their_types_and_nothing_else(wheel: Path) -> None:
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
    assert {"mkdocs.yml", "hatch_build.py", ".ci/run", ".github/workflows/ci.yml"} <= names
    assert "plugins/tess_source_sectors/data/science_polygons.csv.gz" in names


def test_the_installed_program_is_that_of_the_wheel_and_runs_the_main_job(elsewhere: Path, tmp_path: Path) -> None:
    where = f"import json, sys; sys.stdout.write(json.dumps([__import__(name).__file__ for name in {PACKAGES!r}]))"
    files = json.loads(run(elsewhere, "-c", where, cwd=tmp_path).stdout)
    assert all(Path(file).is_relative_to(elsewhere.parent.parent) for file in files)
    listed = run(elsewhere, "-m", "tess_source", "plugins", "--format", "json", cwd=tmp_path).stdout
    states = {plugin["name"]: plugin["state"] for plugin in json.loads(listed)}
    plugins = {package.removeprefix("tess_source_") for package in PACKAGES[1:]} - {"testing"}  # a plugin of pytest
    assert states == dict.fromkeys(plugins, "ready")
    if not STRESS:  # test_bare.py runs its program without optional libraries; make demo runs the demo
        return
    told = run(elsewhere, "-m", "tess_source", "demo", "--to", "out", cwd=tmp_path).stdout
    assert "2 fetched" in told
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "mastDownload",
        "kelt9.ecsv",
        "kelt9.png",
        "kelt9-runs.png",
    }
