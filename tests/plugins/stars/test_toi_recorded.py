"""What ExoFOP answers, played from recordings: only what is true of the real table too is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

import tess_source_stars
from tess_source import Session
from tess_source_stars.toi import kept

pytestmark = pytest.mark.vcr


def test_the_table_of_tois_tells_which_star_and_which_planets(
    recorded: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path))
    kept._known.clear()
    recorded.register(tess_source_stars)
    tois = recorded.tois("TOI 175")  # type: ignore[attr-defined]
    assert {"175.01", "175.02", "175.03"} <= set(tois["toi"])
    assert set(tois["tic"]) == {307210830}
    periods = dict(tois.to_polars().select("toi", "period").rows())
    assert periods["175.01"] == pytest.approx(3.6907, abs=1e-3)
    assert periods["175.03"] == pytest.approx(2.2531, abs=1e-3)
    assert all(1000 < epoch < 10_000 for epoch in tois["epoch"])
    assert set(tois["disposition"]) <= {"CP", "KP", "PC"}
