"""Runs of pytest in this process, over tests as users write them."""

from __future__ import annotations

import pytest
from their_tests import TheirTests

import tess_source
from tess_source_testing import sample_archive


@pytest.fixture(scope="session", autouse=True)
def libraries_are_there() -> None:
    """Import what the runs use: pytester takes away what a run has imported, and numpy cannot be imported twice."""
    with sample_archive():
        assert not tess_source.search(16740101, sector=14, kind="lc").download(progress=False).failed
    import tess_source_testing.fault_texts
    import tess_source_testing.vcr  # noqa: F401


@pytest.fixture
def run(pytester: pytest.Pytester) -> TheirTests:
    return TheirTests(pytester)
