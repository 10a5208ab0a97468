"""What tests of cut-outs share: a session at the sample archive, which is asked as often as tests like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tess_source import Session
from tess_source.settings import Patience
from tess_source_sample.server import SampleArchive
from tess_source_tesscut import service


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the service's limits and the pauses before another try, which take seconds."""
    monkeypatch.setattr(service, "PER_SECOND", 0.0)
    monkeypatch.setattr(Patience, "pause", lambda *_: 0.0)


@pytest.fixture
def session(archive: SampleArchive, tmp_path: Path) -> Session:
    return Session(archive.url, cache=tmp_path / "cache")
