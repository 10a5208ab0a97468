"""Nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from places import HELPERS
from sizes import size

from tess_source_sample.server import SampleArchive

HEAVY = (
    "polars",
    "numpy",
    "astropy",
    "astroquery",
    "lightkurve",
    "pandas",
    "requests",
    "urllib3",
    "rich",
    "matplotlib",
    "scipy",
)
LATE = (
    "tess_source.download.lists", "tess_source.files.fits_table", "tess_source.lock.check",
    "tess_source_arrays.arrays", "tess_source_mast.observations",
)  # fmt: skip
"""Modules of ours that read files, download, or ask, with all that they import."""


HELP = f"""
import contextlib, io, sys
from tess_source.cli.program import main
for words in (["--version"], ["--help"], ["search", "--help"], ["get", "--help"], ["sample", "--help"]):
    with contextlib.redirect_stdout(io.StringIO()) as told:
        try: main(words)
        except SystemExit as stop: assert not stop.code
    assert told.getvalue()
assert not set(sys.modules) & set({LATE!r}), set(sys.modules) & set({LATE!r})
"""


def imported(*steps: str) -> set[str]:
    """Run code in a fresh interpreter, and say which heavy packages it had imported at the end; before that, none may be there."""
    report = f"sorted(set({HEAVY!r}) & set(sys.modules))"
    so_far = f"\nassert not {report}, {report}\n".join(steps)
    code = f"import sys\n{so_far}\nprint(*{report}, file=sys.__stderr__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.splitlines()[-1].split())  # what stands above it was logged


def test_neither_the_package_nor_a_session_with_its_plugins_nor_the_programs_help_imports_anything_heavy() -> None:
    assert imported("import tess_source", "tess_source.Session()", HELP) == set()


def test_what_is_imported_too_early_is_seen() -> None:
    with pytest.raises(AssertionError, match=r"\['urllib3'\]"):
        imported("import urllib3", "pass")


def test_a_search_does_not_import_lightkurve_or_pandas() -> None:
    code = "import toys, tess_source; tess_source.Session(discover=False, plugins=[toys.Archive()]).search(16740101)"
    assert not imported(f"import sys; sys.path.insert(0, {str(HELPERS)!r}); {code}") & {
        "lightkurve",
        "pandas",
        "matplotlib",
        "scipy",
    }


@pytest.mark.parametrize("target", ["'KELT-9'", "(84.29, -80.47)", "16740101", "[16740101, 307210830]"][: size(1, 4)])
def test_a_search_of_mast_imports_nothing_but_tables_and_http(shared_archive: SampleArchive, target: str) -> None:
    """Importing astropy and astroquery takes twice as long as all else that the first search of a process does."""
    code = f"import tess_source; tess_source.Session(server={shared_archive.url!r}).search({target}, refresh=True)"
    assert imported(code) <= {"polars", "requests", "urllib3"}
