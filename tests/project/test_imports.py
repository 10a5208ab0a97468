"""Nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from places import HELPERS

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


def imported(code: str) -> set[str]:
    """Run code in a fresh interpreter and say which heavy packages it imported."""
    report = f"{code}\nimport sys\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.__stderr__)"
    run = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_import_tess_source_imports_nothing_heavy() -> None:
    assert imported("import tess_source") == set()


def test_what_lightkurve_has_and_we_have_not_is_told_without_importing_it() -> None:
    code = """
import tess_source
for name in ("read", "search_tesscut", "LightCurve"):
    try:
        getattr(tess_source, name)
    except AttributeError as error:
        assert f"lightkurve has it: import lightkurve, and lightkurve.{name} is there" in str(error), error
assert not hasattr(tess_source, "nothing_of_the_kind")
"""
    assert imported(code) == set()


@pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*")
def test_the_names_that_are_said_to_be_lightkurves_are_all_that_it_has() -> None:
    import lightkurve

    import tess_source

    public = {
        name
        for name, value in vars(lightkurve).items()
        if callable(value)
        and not name.startswith("_")
        and str(getattr(value, "__module__", "")).startswith("lightkurve")
    }
    named = tess_source._LIGHTKURVES
    assert {name for name in named if not hasattr(lightkurve, name)} == set()
    ours = {"search_lightcurve", "search_targetpixelfile"}
    inner = {"Conf", "TimeFromEpoch"}
    assert {name for name in public - named if name[0].isupper() or name.startswith("search")} <= ours | inner


def test_a_session_and_its_plugins_import_nothing_heavy() -> None:
    assert imported("import tess_source; tess_source.Session()") == set()


@pytest.mark.parametrize(
    "words", [["--help"], ["search", "--help"], ["get", "--help"], ["--version"], ["sample", "--help"]]
)
def test_the_programs_help_imports_nothing_heavy(words: list[str]) -> None:
    code = f"from tess_source.cli.program import main\ntry: main({words!r})\nexcept SystemExit as stop: assert not stop.code"
    assert imported(code) == set()


def test_a_search_does_not_import_lightkurve_or_pandas() -> None:
    code = "import toys, tess_source; tess_source.Session(discover=False, plugins=[toys.Archive()]).search(16740101)"
    assert not imported(f"import sys; sys.path.insert(0, {str(HELPERS)!r}); {code}") & {
        "lightkurve",
        "pandas",
        "matplotlib",
        "scipy",
    }
