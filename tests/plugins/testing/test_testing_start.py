"""Who does not use the fixtures does not notice them: nothing heavy at the start of pytest, no fixture of itself, no warning."""

from __future__ import annotations

import subprocess
import sys

import pytest
from places import ROOT
from their_tests import TheirTests

pytest_plugins = ["pytester"]

HEAVY = {
    "polars", "numpy", "astropy", "astroquery", "requests", "urllib3", "lightkurve", "rich", "click", "vcr", "tess_source",
    "tess_source_sample", "tess_source_mast",
}  # fmt: skip
PLUGIN = "tess_source_testing.pytest_plugin"


def test_the_start_of_pytest_imports_nothing_heavy() -> None:
    code = f"import pytest, sys; before = {{*sys.modules}}; import {PLUGIN}; print(*sorted({{*sys.modules}} - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["tess_source_testing", PLUGIN]


def test_tests_that_use_none_of_it_import_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""
import sys

def test_one(request):
    assert not {HEAVY!r} & {{*sys.modules}}
    assert "tess_source_testing" in sys.modules
    assert not [name for name in request.fixturenames if name.startswith("tess")]
""")
    words = (
        "-p",
        "no:cacheprovider",
        "-p",
        "no:recording",
        "-p",
        "no:hypothesispytest",
        "-W",
        "error",
        "--strict-markers",
    )
    pytester.runpytest_subprocess(*words).assert_outcomes(passed=1)


def test_the_plugin_can_be_switched_off(run: TheirTests) -> None:
    result = run("def test_one(tess_archive): pass", "-p", "no:tess_source")
    result.assert_outcomes(errors=1)
    assert "fixture 'tess_archive' not found" in result.stdout.str()


def test_pytest_shows_fixtures_marker_and_option_with_what_they_do(run: TheirTests) -> None:
    fixtures = run("", "--fixtures").stdout.str()
    for name in ("tess_archive", "tess_session", "tess_offline", "tess_vcr_config"):
        assert f"{name} " in fixtures or f"{name}\n" in fixtures
    assert '@pytest.mark.tess_faults(*texts, match="")' in run("", "--markers").stdout.str()
    assert "tess_archive_scope" in run("", "--help").stdout.str()


def test_asynchronous_tests_have_the_archive_too(run: TheirTests) -> None:
    tests = """
import asyncio

def test_one(tess_archive):
    async def ask():
        return await asyncio.to_thread(theirs.light_curves)
    assert len(asyncio.run(ask())) == 1
"""
    run(tests).assert_outcomes(passed=1)
