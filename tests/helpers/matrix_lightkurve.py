"""The fast reader of light curves against other releases of lightkurve and astropy.

    python tests/helpers/matrix_lightkurve.py                      # all pairs below
    python tests/helpers/matrix_lightkurve.py --to FOLDER 2.5.1    # one release of lightkurve, environments kept in FOLDER

For each pair an environment is made, and ``tests/plugins/lightkurve/test_lightkurve_fast.py`` is run in it;
the script's exit code is the number
of pairs that failed. Not part of ``make test``: it downloads some hundred megabytes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from places import ROOT

TESTS = "tests/plugins/lightkurve/test_lightkurve_fast.py"
OTHERS = (
    "pluggy",
    "polars",
    "click",
    "rich",
    "platformdirs",
    "urllib3",
    "pandas",
    "pytest",
    "pytest-recording",
    "hypothesis",
)
PAIRS = {
    "2.4.2": ("astropy==8.0.2",),
    "2.5.0": ("astropy==7.2.3",),
    "2.5.1": ("astropy==8.0.2",),
    "2.6.0": ("astropy==7.0.2", "numpy<2.4"),  # astropy 7.0 calls what numpy 2.4 took away
}
"""Release of lightkurve → what it is tried with; the newest of everything is what ``make test`` runs on."""


def main() -> int:
    """Run the pairs that were asked for; give the number of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", help=f"of lightkurve: {', '.join(PAIRS)}")
    parser.add_argument("--to", type=Path, help="where to make the environments, and keep them")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.to or Path(temporary)
        failed = [release for release in asked.releases or PAIRS if not run(release, folder / f"lightkurve-{release}")]
    print(f"failed: {', '.join(failed) or 'none'}")
    return len(failed)


def run(release: str, folder: Path) -> bool:
    """Make an environment if it is not there, and run the tests in it."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        wanted = [f"lightkurve=={release}", *PAIRS.get(release, ()), *OTHERS]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "plugins", "tests"))
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    shown = "import lightkurve, astropy, numpy; print(*(f'{m.__name__} {m.__version__}' for m in (lightkurve, astropy, numpy)))"
    subprocess.run([python, "-W", "ignore", "-c", shown], check=True)
    print(f"lightkurve {release}: {'passed' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
