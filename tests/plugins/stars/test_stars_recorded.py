"""What MAST's service of the TIC answers, played from recordings: only what is true of the real archive too is asserted."""

from __future__ import annotations

import pytest

import tess_source_filters
import tess_source_stars
from tess_source import Session

KELT9, L98_59, NO_SUCH_STAR = 16740101, 307210830, 9_999_999_999_999
pytestmark = pytest.mark.vcr


@pytest.fixture
def with_stars(recorded: Session) -> Session:
    recorded.register(tess_source_filters)
    recorded.register(tess_source_stars, "stars")
    return recorded


def test_values_of_stars_are_asked_for_by_their_ids(with_stars: Session) -> None:
    stars = with_stars.stars([L98_59, NO_SUCH_STAR, KELT9])
    assert stars["tic"].to_list() == [L98_59, NO_SUCH_STAR, KELT9]
    cool, absent, hot = stars
    assert 3300 < cool["teff"] < 3600
    assert cool["radius"] < 0.4
    assert hot["tmag"] == pytest.approx(7.5, abs=0.2)
    assert absent["version"] is None


def test_neighbours_are_asked_for_by_a_cone(with_stars: Session) -> None:
    near = with_stars.stars(KELT9, neighbours="1 arcmin")
    assert near[0]["tic"] == KELT9
    assert near[0]["is_target"]
    assert near["separation"].is_sorted()
    assert float(near["separation"].max()) <= 60  # type: ignore[arg-type]
