"""What an installation by pip costs: packages, bytes and seconds of tess-source alone and with each extra.

    python tests/helpers/installs.py                     # builds the wheel; one line per extra
    python tests/helpers/installs.py --no-cache pictures # downloads everything anew; one extra

Each is installed into a new environment, which is removed before the next is made.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

from places import ROOT
from scratch import site_of

__all__ = ["Installed", "for_users", "install"]

FOR_DEVELOPERS = ("test", "lint", "docs")


@dataclass(frozen=True)
class Installed:
    """What pip installed."""

    packages: tuple[str, ...]
    """Names, tess-source included, pip not."""
    bytes: int
    """Of all files, compiled ones included, pip's not."""
    seconds: float
    python: Path


def for_users() -> list[str]:
    """Return the extras that users install, and "" for none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return ["", *(extra for extra in project["optional-dependencies"] if extra not in FOR_DEVELOPERS)]


def install(folder: Path, wheel: Path, extra: str = "", *words: str) -> Installed:
    """Install a wheel by pip, in the versions of ``constraints.txt``.

    Parameters
    ----------
    folder : Path
        Where to make the environment.
    wheel : Path
    extra : str
        E.g. ``"lightkurve"``.
    *words : str
        Further words for pip.

    Raises
    ------
    subprocess.CalledProcessError
        If pip fails.
    """
    venv.create(folder, with_pip=True, symlinks=True)
    python, site = folder / "bin" / "python", site_of(folder)
    before = _bytes(site)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    what = f"{wheel}[{extra}]" if extra else str(wheel)
    start = time.monotonic()
    subprocess.run([*pip, "install", "--quiet", *words, "-c", ROOT / "constraints.txt", what], check=True, cwd=folder)
    seconds = time.monotonic() - start
    listed = subprocess.run([*pip, "list", "--format", "json"], check=True, cwd=folder, capture_output=True).stdout
    names = tuple(row["name"] for row in json.loads(listed) if row["name"] not in {"pip", "setuptools"})
    return Installed(names, _bytes(site) - before, seconds, python)


def _bytes(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())


def main() -> None:
    """Print a line per extra."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extras", nargs="*", help=f"of {', '.join(for_users()[1:])}; '' for none")
    parser.add_argument("--no-cache", action="store_true", help="download everything anew")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as dist:
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, ROOT],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (wheel,) = Path(dist).glob("*.whl")
        for extra in asked.extras or for_users():
            with tempfile.TemporaryDirectory() as folder:
                done = install(Path(folder) / "env", wheel, extra, *(["--no-cache-dir"] if asked.no_cache else []))
            print(
                f"{extra or '(none)':12} {len(done.packages):4} packages {done.bytes / 1e6:6.0f} MB {done.seconds:5.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
