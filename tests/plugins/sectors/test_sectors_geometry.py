"""Which CCDs see a place: polygons of unit vectors, at the poles and at right ascension 0 too, held against a slow reckoning."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import size

from tess_source_sectors import chips as chips_module
from tess_source_sectors.chips import Chips, bundled, bundled_dates
from tess_source_sectors.geometry import edge_normals, image_around, science_within, sines_of_margins, unit_vectors

PI_MEN = (84.291188, -80.46912)
SECTORS = [1, 4, 8, 11, 12, 13, 27, 28, 31, 34, 38, 39, 61, 62, 64, 65, 66, 67, 68, 88, 89, 93, 94, 95]
"""Of pi Men, as tess-point gives them too."""


def square(ra: float, dec: float, half: float = 6.0) -> Chips:
    """One CCD of about this size [deg] around a place."""
    middle = unit_vectors(ra, dec)
    east = np.array([-math.sin(math.radians(ra)), math.cos(math.radians(ra)), 0.0])
    north = np.cross(middle, east)
    side = math.tan(math.radians(half))
    corners = [middle + side * (x * east + y * north) for x, y in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
    one = np.array([1], dtype=np.int32)
    return Chips.of(one, one, one, science_within(np.array([corners])))


def degrees(vector: np.ndarray) -> tuple[float, float]:
    """Right ascension and declination of a direction."""
    x, y, z = vector
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def beside(ra: float, dec: float, east: float, north: float) -> tuple[float, float]:
    """The place that lies some degrees from another, along two great circles."""
    place, middle = unit_vectors(ra, dec), math.radians(ra)
    along = np.array([-math.sin(middle), math.cos(middle), 0.0])
    there = place + math.tan(math.radians(east)) * along + math.tan(math.radians(north)) * np.cross(place, along)
    x, y, z = there / np.linalg.norm(there)
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.asin(z))


@pytest.mark.parametrize(
    "place", [(0.0, 0.0), (359.9, 20.0), (0.0, 90.0), (123.0, -90.0), (200.0, 87.0), (180.0, -45.0)]
)
def test_the_poles_and_right_ascension_0_are_places_like_others(place: tuple[float, float]) -> None:
    chip = square(*place)
    inside = [place, beside(*place, 4, 4), beside(*place, -4, 4), beside(*place, 5.4, 0), beside(*place, 0, -5.4)]
    outside = [beside(*place, 7, 0), beside(*place, 0, 7), beside(*place, -7, -7), ((place[0] + 180) % 360, -place[1])]
    seen = chip.seeing(*np.array(inside + outside).T)
    assert seen.filter(seen["margin"] >= 0)["place"].to_list() == list(range(len(inside)))


def test_one_place_may_be_written_with_any_turn_of_right_ascension() -> None:
    margins = bundled().seeing([PI_MEN[0], PI_MEN[0] + 360, PI_MEN[0] - 720], [PI_MEN[1]] * 3)["margin"].to_numpy()
    assert np.allclose(np.split(margins, 3)[0], np.split(margins, 3)[1])
    assert np.allclose(np.split(margins, 3)[0], np.split(margins, 3)[2])


def test_a_place_on_the_edge_is_inside_and_one_beside_it_is_not() -> None:
    chips = bundled().of_sectors([1])
    corners, normals = chips.corners[0], chips.science[0]
    middle = corners[0] + corners[1]
    for away, is_inside in ((1e-6, True), (-1e-6, False)):
        x, y, z = middle / np.linalg.norm(middle) + away * normals[0]
        seen = chips.seeing([math.degrees(math.atan2(y, x))], [math.degrees(math.asin(z / math.hypot(x, y, z)))])
        assert bool((seen["margin"] >= 0).any()) == is_inside
        assert seen["margin"].abs().min() == pytest.approx(math.degrees(1e-6) * 60, rel=1e-3)


def test_pi_men_is_on_silicon_in_24_sectors_and_on_the_unexposed_edge_of_sector_35() -> None:
    seen = bundled().seeing(*map(np.atleast_1d, PI_MEN))
    assert seen.filter(seen["margin"] >= 0)["sector"].to_list() == SECTORS
    edge = seen.filter(seen["margin"] < 0)
    assert edge.select("sector", "camera", "ccd").rows() == [(35, 4, 4)]
    assert -12 < edge["margin"][0] < -4  # column 2115 of 2136, whose science pixels end at 2092: 23 pixels of 21 arcsec


def test_every_ccd_sees_its_own_middle_and_all_of_its_science_pixels_are_part_of_the_image() -> None:
    chips = bundled()
    assert len(chips) == 108 * 16
    assert (np.einsum("pij,pj->pi", chips.science, chips.middle) > 0.05).all()
    assert (np.einsum("pij,pj->pi", chips.image, chips.middle) > 0.05).all()
    shrunk = 0.999 * chips.corners + 0.001 * chips.middle[:, None]
    assert (np.einsum("pij,pcj->pic", chips.image, shrunk) > 0).all()


def test_places_are_looked_for_in_parts_and_none_is_lost_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chips_module, "AT_ONCE", 50)
    count = 103
    seen = bundled().of_sectors([1, 2]).seeing(np.full(count, 315.0), np.full(count, -40.0))
    assert seen["place"].unique(maintain_order=True).to_list() == list(range(count))
    assert bundled().seeing([], []).shape == (0, 5)


@pytest.mark.parametrize("radius", [0.0, 2.0, 170.0])
def test_many_places_are_seen_by_the_same_ccds_as_few(radius: float, monkeypatch: pytest.MonkeyPatch) -> None:
    generator, count = np.random.default_rng(5), 200
    ra, dec = generator.uniform(0, 360, count), np.degrees(np.arcsin(generator.uniform(-1, 1, count)))
    ra[:3], dec[1:3] = [math.nan, 0, 0], [90, -90]
    circles = generator.uniform(0, radius, count)
    some = bundled().of_sectors([1, 14, 56])
    few = some.seeing(ra, dec, circles)
    monkeypatch.setattr(chips_module, "FEW", 0)
    many = some.seeing(ra, dec, circles)
    assert few.height > 20
    assert many.drop("margin").equals(few.drop("margin"))
    np.testing.assert_allclose(many["margin"], few["margin"], atol=1e-6)


def test_a_place_that_is_not_known_is_seen_by_none() -> None:
    assert bundled().seeing([math.nan, PI_MEN[0]], [0.0, PI_MEN[1]])["place"].unique().to_list() == [1]


def test_the_science_pixels_of_a_footprint_lie_within_it_where_they_should() -> None:
    middle, corner = unit_vectors(10.0, 0.0), 6.0
    chip = square(10.0, 0.0, corner)
    scale = 2 * math.tan(math.radians(corner)) / 2135
    left, right = (math.degrees(math.atan((column - 2135 / 2) * scale)) for column in (43.5, 2091.5))
    for east, is_inside in ((left - 0.002, False), (left + 0.002, True), (right - 0.002, True), (right + 0.002, False)):
        seen = chip.seeing(*np.array([beside(10.0, 0.0, east, 0.0)]).T)
        assert bool((seen["margin"] >= 0).any()) == is_inside
    assert chip.middle[0] @ middle > 0.9999


def test_of_two_sets_of_ccds_the_first_has_precedence() -> None:
    ours, theirs = bundled().of_sectors([1, 3]), bundled().of_sectors([3, 2])
    both = ours.and_others(theirs)
    assert [int(sector) for sector in both.sector] == [1] * 16 + [2] * 16 + [3] * 16
    assert np.array_equal(both.corners[32:], ours.corners[16:])


def test_the_dates_of_all_sectors_follow_each_other() -> None:
    rows = bundled_dates()
    assert rows["sector"].to_list() == list(range(1, 109))
    known = rows.drop_nulls("start")
    assert known["start"].is_sorted() and len(known) > 100
    both = rows.drop_nulls()
    assert (both["start"] < both["end"]).all()
    assert rows["cadence"].to_list() == [1800] * 26 + [600] * 29 + [200] * 53


# -- against a slow reckoning, which follows the definition another way: by the angles under which the corners are seen


def is_within(ra: float, dec: float, corners: list[tuple[float, float]]) -> bool:
    """Whether a polygon winds round a place: the position angles from the place to its corners, one after the other, make a full turn."""
    angles = []
    for there_ra, there_dec in corners:
        east = math.radians(there_ra - ra)
        here, there = math.radians(dec), math.radians(there_dec)
        x = math.cos(here) * math.sin(there) - math.sin(here) * math.cos(there) * math.cos(east)
        angles.append(math.atan2(math.sin(east) * math.cos(there), x))
    turns = [(b - a + math.pi) % (2 * math.pi) - math.pi for a, b in zip(angles, [*angles[1:], angles[0]], strict=True)]
    return abs(sum(turns)) > math.pi


def test_any_place_near_an_edge_is_inside_where_the_corners_turn_round_it() -> None:
    """Sides bend outwards by up to 2.5 arcmin, and those towards the middle of the camera inwards by 0.1."""
    generator, wrong = np.random.default_rng(8), []
    for number in generator.integers(0, 1728, size(30, 1000)):
        chip = bundled().where(np.array([number]))
        along, away = generator.uniform(0, 1, (16, 1)), np.radians(generator.uniform(-0.4, 0.4, (16, 1)) / 60)
        corners = chip.corners[0]
        places = (1 - along) * corners + along * np.roll(corners, -1, axis=0) + away * chip.science[0]
        places_on_sky = [degrees(place) for place in places]
        seen = chip.seeing(*np.array(places_on_sky).T).filter(pl.col("margin") >= 0)["place"].to_list()
        within = [n for n, place in enumerate(places_on_sky) if is_within(*place, [degrees(one) for one in corners])]
        wrong += [] if seen == within else [int(number)]
    assert wrong == []


@given(ra=st.floats(0, 360), dec=st.floats(-90, 90))
def test_no_place_is_seen_by_two_ccds_of_one_camera_and_the_search_loses_none(ra: float, dec: float) -> None:
    chips = bundled()
    seen = chips.seeing([ra], [dec])
    inside = seen.filter(seen["margin"] > 0.02)
    assert len(inside.unique(["sector", "camera"])) == len(inside)
    stars = np.broadcast_to(unit_vectors(ra, dec), (len(chips), 3))
    sines = sines_of_margins(chips.science, chips.bent, stars)
    assert sorted(chips.sector[sines >= 0]) == seen.filter(seen["margin"] >= 0)["sector"].to_list()


def test_the_image_grows_by_44_columns_at_each_side_and_30_rows_at_the_top() -> None:
    chips = bundled().of_sectors([14])
    grown = image_around(chips.corners)
    pixel = 21 / 3600
    apart = np.degrees(np.arccos(np.clip(np.einsum("pij,pij->pi", grown, chips.corners), -1, 1))) / pixel
    assert np.allclose(apart[:, [0, 4]], 44, atol=3)
    assert np.allclose(apart[:, [8, 12]], math.hypot(44, 30), atol=4)
    assert np.allclose(apart[:, 10], 30, atol=3)
    assert np.allclose(apart[:, 2], 0, atol=1e-6)
    normals = edge_normals(chips.corners)
    assert np.allclose(np.linalg.norm(normals, axis=-1), 1)
