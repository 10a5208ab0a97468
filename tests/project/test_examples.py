"""Examples that take files from an archive do so here from the sample archive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from places import ROOT

from tess_source.session import set_default_session
from tess_source_sample.server import SampleArchive

EXAMPLES = ROOT / "examples"


def test_the_tiny_model_tells_transits_of_a_star_that_it_never_saw(
    archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TESS_SOURCE_SERVER", archive.url)
    set_default_session(None)
    import tiny_model

    scores = tiny_model.main(tmp_path / "model")
    set_default_session(None)
    sys.modules.pop("tiny_model")
    assert set(scores) == {"train", "validation", "test"}
    assert min(scores.values()) > 0.9
