"""TESScut, played from recordings: only what is true of the real service too is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

import tess_source_filters
import tess_source_lightkurve
import tess_source_tesscut
from tess_source import Session

pytestmark = pytest.mark.vcr

PLACE = "135.1408 -5.1915"
"""A place of the service's own documentation: sector 8, camera 1, CCD 1, among others."""


@pytest.fixture
def tesscut(recorded: Session) -> Session:
    for plugin in (tess_source_tesscut, tess_source_filters, tess_source_lightkurve):
        recorded.register(plugin)
    return recorded


def test_the_service_tells_which_ccds_saw_a_place(tesscut: Session) -> None:
    found = tesscut.search(PLACE, kind="cutout")
    chips = found.products.to_polars().select("first_sector", "camera", "ccd").rows()
    assert {(8, 1, 1), (88, 1, 2)} <= {*chips}
    assert len({*chips}) == len(chips)


def test_a_cut_out_is_made_unpacked_and_opened(tesscut: Session, tmp_path: Path) -> None:
    [entry] = manifest = tesscut.search(PLACE, kind="cutout", sector=8, size=1).plan(tmp_path).download()
    assert entry.status == "fetched", entry.error
    [pixels] = manifest.load(quality_bitmask="none")
    assert (pixels.sector, pixels.camera, pixels.ccd, pixels.shape[1:]) == (8, 1, 1, (1, 1))
    assert 1517 < pixels.time.value.min() < pixels.time.value.max() < 1543
    assert 500 < len(pixels) < 1300


def test_where_there_is_nothing_the_service_says_so(tesscut: Session, tmp_path: Path) -> None:
    found = tesscut.found(["tesscut:tess-s0001-1-1_135.140800_-5.191500_1x1_astrocut.fits"])
    [entry] = found.plan(tmp_path, layout="flat").download()
    assert entry.status == "failed"
    assert "but a message" in entry.error or "the server answered 4" in entry.error, "which of them is not documented"
