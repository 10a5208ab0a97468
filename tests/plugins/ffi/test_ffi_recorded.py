"""Full-frame images by the bucket's listing, played from a recording: only what is true of the real bucket too is asserted."""

from __future__ import annotations

import pytest

import tess_source_ffi
import tess_source_filters
from tess_source import Session

pytestmark = pytest.mark.vcr


def test_the_first_images_of_sector_1_lie_in_the_folder_of_their_day(recorded: Session) -> None:
    recorded.register(tess_source_ffi)
    recorded.register(tess_source_filters)
    found = recorded.search(kind="ffi", sector=1, camera=1, ccd=1, time="2018-07-25", archive="ffi")
    assert found.products["filename"][0] == "tess2018206192942-s0001-1-1-0120-s_ffic.fits"
    assert found.products["start"].to_list()[:2] == ["2018-07-25T19:29:42", "2018-07-25T19:59:42"]
    assert (found.products["size"] > 0).all()
