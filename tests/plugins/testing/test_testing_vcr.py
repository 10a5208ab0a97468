"""A recording that is made from the sample archive is played when the archive is gone: under MAST's own name, by pytest-recording."""

from __future__ import annotations

from their_tests import TheirTests

pytest_plugins = ["pytester"]

CONFTEST = """
import pytest

@pytest.fixture(scope="module")
def vcr_config(tess_vcr_config):
    return tess_vcr_config
"""
TESTS = """
@pytest.mark.vcr
def test_one():
    found = theirs.light_curves()
    assert len(found) == 1
    assert not found.download(folder(), jobs=1).failed

def folder():
    import tempfile
    return tempfile.mkdtemp(dir=".")
"""
RECORDED = """
from tess_source_testing import sample_archive

@pytest.fixture(scope="module", autouse=True)
def archive():
    with sample_archive(connections="allowed") as archive:
        yield archive
"""
PLAYED = """
from tess_source_testing import mast_itself

@pytest.fixture(autouse=True)
def mast(tess_offline):
    with mast_itself():
        yield
"""


def test_what_was_recorded_is_played_without_the_archive_and_nothing_else(run: TheirTests) -> None:
    run(TESTS, "--record-mode=rewrite", conftest=CONFTEST + RECORDED).assert_outcomes(passed=1)
    (cassette,) = run.pytester.path.rglob("*.yaml")
    text = cassette.read_text()
    assert "uri: https://mast.stsci.edu/api/v0/invoke" in text
    assert "127.0.0.1" not in text
    assert "cacheBreaker" not in text
    run(TESTS, conftest=CONFTEST + PLAYED).assert_outcomes(passed=1)
    result = run(TESTS.replace("len(found) == 1", "tess_source.count(25155310)"), conftest=CONFTEST + PLAYED)
    result.assert_outcomes(failed=1)
    assert "CannotOverwriteExistingCassette" in result.stdout.str()
