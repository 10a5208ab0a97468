"""Environments in which only some libraries are installed: linked from those at hand, so that making one takes a second and no network."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from places import ROOT

__all__ = ["closure", "install", "run", "scratch"]


def scratch(folder: Path, *, wheel: Path | None = None, extras: Iterable[str] = (), also: Iterable[str] = ()) -> Path:
    """Make a virtual environment with tess-source, what it requires, and no other library.

    Parameters
    ----------
    folder : Path
        Where to make it.
    wheel : Path, optional
        The wheel of tess-source; see the fixture ``wheel``. None: tess-source is not installed, only what it requires.
    extras : iterable of str
        Extras of tess-source, e.g. ``"lightkurve"``.
    also : iterable of str
        Further requirements, e.g. ``"pytest"``.

    Returns
    -------
    Path
        The interpreter of the environment.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If something that is required is not installed here.
    """
    venv.create(folder, symlinks=True)
    site = site_of(folder)
    for distribution in closure(extras, also):
        _link(distribution, site)
    python = folder / "bin" / "python"
    if wheel is not None:
        install(python, wheel)
    return python


def closure(extras: Iterable[str] = (), also: Iterable[str] = ()) -> list[importlib.metadata.Distribution]:
    """Return the installed distributions that tess-source requires here, and those that these require, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = [*project["dependencies"], *(f"{project['name']}[{extra}]" for extra in extras), *also]
    found: dict[str, importlib.metadata.Distribution] = {}
    done: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in ours]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name == project["name"]:
            options = project["optional-dependencies"]
            waiting += [Requirement(text) for extra in requirement.extras for text in options[extra]]
            continue
        distribution = found.setdefault(name, importlib.metadata.distribution(requirement.name))
        for extra in {"", *requirement.extras} - {known for of, known in done if of == name}:
            done.add((name, extra))
            waiting += _required(distribution, extra)
    return [found[name] for name in sorted(found)]


def _required(distribution: importlib.metadata.Distribution, extra: str) -> Iterator[Requirement]:
    for text in distribution.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _link(distribution: importlib.metadata.Distribution, site: Path) -> None:
    """Link what a distribution has installed: whole packages, but for those that several distributions share."""
    files = [line.split(",")[0].split("/") for line in (distribution.read_text("RECORD") or "").splitlines()]
    whole = {parts[0] for parts in files if len(parts) == 1 or parts[1] == "__init__.py" or "." in parts[0]}
    for name in {"/".join(parts[: 1 if parts[0] in whole else 2]) for parts in files}:
        if not name.startswith(("..", "/", "__pycache__")) and not (site / name).exists():
            (site / name).parent.mkdir(exist_ok=True)
            (site / name).symlink_to(Path(str(distribution.locate_file(name))))


def install(python: Path, wheel: Path) -> None:
    """Link what is in a wheel into an environment, without what it requires, and make its programs."""
    site = site_of(python.parent.parent)
    for part in _unpacked(wheel).iterdir():
        (site / part.name).symlink_to(part)
    for entry in _programs(wheel, site):
        program = python.parent / entry.name
        program.write_text(
            f"#!{python}\nimport sys\nfrom {entry.module} import {entry.attr}\nsys.exit({entry.attr}())\n"
        )
        program.chmod(0o755)


@cache
def _unpacked(wheel: Path) -> Path:
    """Unpack a wheel once for all environments, whose interpreters then compile each file once."""
    folder = wheel.with_suffix(".unpacked")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def _programs(wheel: Path, site: Path) -> Iterable[importlib.metadata.EntryPoint]:
    name, version = wheel.name.split("-")[:2]
    info = importlib.metadata.PathDistribution(site / f"{name}-{version}.dist-info")
    return info.entry_points.select(group="console_scripts")


def site_of(folder: Path) -> Path:
    """Return the folder of an environment that libraries are in."""
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))


def run(*words: str | Path, cwd: Path, fails: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without this checkout on the path, and without settings of the person who runs the tests.

    Parameters
    ----------
    *words : str or Path
    cwd : Path
    fails : bool
        Whether it is to fail.
    **environment : str
        Variables to set.
    """
    forgotten = ("PYTHON", "TESS_SOURCE", "PYTEST")
    env = {key: value for key, value in os.environ.items() if not key.startswith(forgotten)} | environment
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done
