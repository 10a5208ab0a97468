"""The footprints of full-frame images, played from a recording: only what is true of the real list too is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

import tess_source_sectors
from tess_source import Session

pytestmark = pytest.mark.vcr


def test_the_footprints_tell_where_a_ccd_lay(
    recorded: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path))
    recorded.register(tess_source_sectors)
    assert 55 in recorded.refresh_sectors()
    here = recorded.sectors("325.935 11.775", sector=55, products=False)
    assert here.to_polars().select("camera", "ccd").rows() == [(1, 1)]
