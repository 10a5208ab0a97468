"""The suite with other releases of libraries than those in ``constraints.txt``, each in an environment of its own.

    python tests/helpers/matrix.py                              # what `make stress` runs: astroquery and polars
    python tests/helpers/matrix.py astroquery-pre -- -n 4       # one environment, with words for pytest
    python tests/helpers/matrix.py --to FOLDER lightkurve-2.5.1 # environments are made in FOLDER, and kept there

The exit code is the number of environments in which tests failed. Without a network, an environment that is not there yet is skipped, and
said to be.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from places import ROOT

READER = ("tests/plugins/lightkurve/test_lightkurve_fast.py",)
ALL = ("tests", "--ignore=tests/project")
"""All but the tests of the project itself: docs, types, packages."""
UNREACHED = re.compile(
    "NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|Name or service not known|Network is unreachable|"
    "Temporary failure in name resolution|Connection refused|from versions: none"
)
"""What pip says where it reaches no package index."""


@dataclass(frozen=True)
class Environment:
    """Releases to try, and the tests to run with them; everything else is as in ``constraints.txt``."""

    wanted: tuple[str, ...]
    """For pip: what is named here is not constrained."""
    tests: tuple[str, ...] = ALL
    stress: bool = True
    """Whether ``make stress`` runs it."""


ENVIRONMENTS = {
    # the oldest astroquery and the newest polars are those of constraints.txt, which the suite itself runs with
    "astroquery-pre": Environment(("--pre", "astroquery>=0.4.12.dev0")),
    "polars-oldest": Environment(("polars==1.20.0",)),
    "astroquery-newest": Environment(("astroquery",), stress=False),
    "polars-newest": Environment(("polars",), stress=False),
    "lightkurve-2.4.2": Environment(("lightkurve==2.4.2",), READER, stress=False),
    "lightkurve-2.5.0": Environment(("lightkurve==2.5.0", "astropy==7.2.3"), READER, stress=False),
    "lightkurve-2.5.1": Environment(("lightkurve==2.5.1",), READER, stress=False),
    # astropy 7.0 calls what numpy 2.4 took away
    "lightkurve-2.6.0": Environment(("lightkurve==2.6.0", "astropy==7.0.2", "numpy<2.4"), READER, stress=False),
}


def main() -> int:
    """Run the environments that were asked for; return the number of those that failed."""
    names, folder, words = asked_for(sys.argv[1:])
    results = {name: tried(ENVIRONMENTS[name], folder / name, words) for name in names}
    for name, result in results.items():
        print(f"{name}: {result}")
    return sum(result.startswith("FAILED") for result in results.values())


def asked_for(argv: Sequence[str]) -> tuple[list[str], Path, list[str]]:
    """Return the names of environments, the folder that they are made in, and the words for pytest, which stand behind ``--``."""
    end = argv.index("--") if "--" in argv else len(argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--to", type=Path, default=ROOT / ".matrix", help="where to make the environments")
    asked = parser.parse_args(argv[:end])
    if unknown := set(asked.names) - set(ENVIRONMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(ENVIRONMENTS)}")
    names = asked.names or [name for name, environment in ENVIRONMENTS.items() if environment.stress]
    return names, asked.to, list(argv[end + 1 :])


def tried(environment: Environment, folder: Path, words: Sequence[str]) -> str:
    """Make an environment if it is not there, run the tests in it, and return in words what came out."""
    python, ready = folder / "bin" / "python", folder / "ready"
    wanted = "\n".join(constrained(environment))
    if not ready.exists() or ready.read_text() != wanted:
        if problem := made(environment, folder, python):
            return problem
        ready.write_text(wanted)
    print(f"== {folder.name}: {' '.join(environment.wanted)}", flush=True)
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, *environment.tests], cwd=ROOT, check=False
    )
    return "passed" if done.returncode == 0 else f"FAILED: pytest's exit code is {done.returncode}"


def made(environment: Environment, folder: Path, python: Path) -> str:
    """Make an environment; return why that failed, or an empty text."""
    print(f"== {folder.name}: setting up", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(constrained(environment)))
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", constraints]
    done = subprocess.run(
        [*pip, "--editable", ".[test]", *environment.wanted], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip()
    if UNREACHED.search(said):
        return "skipped: no package index is reached from here, so nothing can be installed"
    return f"FAILED: it cannot be installed: {said.splitlines()[-1] if said else f'pip gave {done.returncode}'}"


def constrained(environment: Environment) -> list[str]:
    """Return the lines of ``constraints.txt`` without the packages whose release is chosen, and what comes with these."""
    chosen = [re.split(r"[=<>]", word)[0] for word in environment.wanted if not word.startswith("-")]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if "==" in line and not line.startswith(tuple(chosen))]


if __name__ == "__main__":
    sys.exit(main())
