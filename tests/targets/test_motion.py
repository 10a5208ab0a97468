"""Stars that move: what has a proper motion and an epoch is taken to J2000, where the TIC and the archive have it."""

from __future__ import annotations

import warnings
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time
from erfa import ErfaWarning  # type: ignore[import-untyped]

from tess_source.errors import QueryError
from tess_source.targets.motion import at_epoch
from tess_source.targets.parse import parse_targets
from tess_source.targets.target import Target

BARNARD = {"ra": 269.448502, "dec": 4.739420, "pmra": -801.551, "pmdec": 10362.394, "ref_epoch": 2016.0}
"""Gaia DR3's place of Barnard's star, at its own epoch [deg, mas/yr, yr]."""
IN_J2000 = SkyCoord(269.452076, 4.693365, unit="deg")
"""Simbad's place of it in J2000."""


def moving(**changed: Any) -> SkyCoord:
    words = {
        "pm_ra_cosdec": BARNARD["pmra"] * u.mas / u.yr,
        "pm_dec": BARNARD["pmdec"] * u.mas / u.yr,
        "obstime": Time("J2016"),
        **changed,
    }
    given = {name: value for name, value in words.items() if value is not None}
    return SkyCoord(BARNARD["ra"] * u.deg, BARNARD["dec"] * u.deg, **given)


def places(targets: Any) -> SkyCoord:
    found = list(parse_targets(targets))
    assert all(isinstance(target, Target) for target in found)
    return SkyCoord([t.ra for t in found], [t.dec for t in found], unit="deg")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "given",
    [
        moving(),
        moving().galactic,
        moving(distance=1.83 * u.pc),
        moving(distance=1.83 * u.pc, radial_velocity=-110 * u.km / u.s),
        moving(distance=np.nan * u.pc, radial_velocity=np.nan * u.km / u.s),
        moving().reshape((1, 1)),
        [moving(), moving()],
        {"coord": moving()},
        BARNARD,
        [BARNARD, BARNARD],
        {**BARNARD, "ref_epoch": "J2016.0"},
        {**BARNARD, "ref_epoch": Time("J2016")},
        {"ra": 269.448502, "dec": 4.73942, "pm_ra_cosdec": -801.551, "pm_dec": 10362.394, "obstime": 2016.0},
        {**BARNARD, "ra": "17:57:47.64048", "dec": "+04:44:21.912"},
        pd.DataFrame([BARNARD]),
        Table(rows=[BARNARD]),
        QTable({"ra": [269.448502] * u.deg, "dec": [4.73942] * u.deg, "pmra": [-0.801551] * u.arcsec / u.yr,
                "pmdec": [10.362394] * u.arcsec / u.yr, "ref_epoch": [2016.0] * u.yr}),
        QTable({"place": moving().reshape((1,))}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_has_a_motion_and_an_epoch_is_moved_to_j2000(given: Any) -> None:
    assert places(given).separation(IN_J2000).max() < 0.5 * u.arcsec


@pytest.mark.parametrize(
    "given",
    [
        moving(obstime=None),
        moving(pm_ra_cosdec=None, pm_dec=None),
        moving(pm_ra_cosdec=np.nan * u.mas / u.yr),
        moving(pm_ra_cosdec=None, pm_dec=None, radial_velocity=-110 * u.km / u.s, distance=1.83 * u.pc),
        {**BARNARD, "pmra": None},
        {**BARNARD, "ref_epoch": ""},
        {name: value for name, value in BARNARD.items() if name != "ref_epoch"},
        {**{name: value for name, value in BARNARD.items() if name != "ref_epoch"}, "Epoch (BJD)": 2457700.5},
        Table({**{name: [value] for name, value in BARNARD.items()}, "pmdec": MaskedColumn([1.0], mask=[True])}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_lacks_a_motion_or_an_epoch_stays(given: Any) -> None:
    assert places(given).separation(moving()).max() < 0.01 * u.arcsec


def test_each_star_of_an_array_moves_by_its_own_motion_and_epoch() -> None:
    stars = SkyCoord(
        [10.0, 20.0, 30.0] * u.deg, [-60.0, 0.0, 89.9] * u.deg, pm_ra_cosdec=[1000.0, np.nan, 3000.0] * u.mas / u.yr,
        pm_dec=[0.0, 0.0, -3000.0] * u.mas / u.yr, obstime=Time([2016.0, 2016.0, 1991.25], format="jyear"),
    )  # fmt: skip
    moved = places(stars)
    assert moved.separation(stars).arcsec == pytest.approx([16.0, 0.0, 3 * 2**0.5 * 8.75], abs=1e-3)


def test_the_place_is_that_of_astropy() -> None:
    rng = np.random.default_rng(1)
    count = 200
    ra, dec = rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    pmra, pmdec = rng.normal(0, 5000, (2, count))
    epoch = rng.uniform(1950, 2050, count)
    stars = SkyCoord(
        ra * u.deg, dec * u.deg, pm_ra_cosdec=pmra * u.mas / u.yr, pm_dec=pmdec * u.mas / u.yr,
        obstime=Time(epoch, format="jyear", scale="tdb"),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ErfaWarning)  # it has no distances, and says so
        judge = stars.apply_space_motion(new_obstime=Time("J2000", scale="tdb"))
    ours = SkyCoord(*at_epoch(ra, dec, pmra, pmdec, epoch), unit="deg")
    assert ours.separation(judge).arcsec.max() < 0.02


def test_a_place_that_was_moved_says_so() -> None:
    texts = [
        target.text
        for given in (moving(), BARNARD, moving(obstime=None))
        for target in parse_targets(given)
        if isinstance(target, Target)
    ]
    assert texts == ["269.452076 +4.693365 (moved to J2000)"] * 2 + ["269.448502 +4.739420"]
    assert places(texts[0]).separation(places(BARNARD)).max() < 0.01 * u.arcsec


@pytest.mark.parametrize(("frame", "epoch"), [("icrs", "J1991.25"), ("galactic", "J2016"), ("fk4", "J2026.9")])
def test_a_star_that_comes_nearer_is_where_astropy_has_it(frame: str, epoch: str) -> None:
    star = moving(distance=1.8282 * u.pc, radial_velocity=-110.47 * u.km / u.s, obstime=Time(epoch))
    judge = star.apply_space_motion(new_obstime=Time("J2000"))
    assert places(star.transform_to(frame)).separation(judge).max() < 0.01 * u.arcsec


def test_stars_whose_distance_or_radial_velocity_is_not_known_move_with_the_others() -> None:
    lost = [1.0, np.nan, 1.0, np.nan] * u.one
    stars = SkyCoord(
        [10.0] * 4 * u.deg, [0.0] * 4 * u.deg, pm_ra_cosdec=[1000.0] * 4 * u.mas / u.yr, pm_dec=[0.0] * 4 * u.mas / u.yr,
        distance=10 * u.pc * lost, radial_velocity=[np.nan, np.nan, 5.0, 5.0] * u.km / u.s, obstime=Time("J2016"),
    )  # fmt: skip
    for given in (stars, SkyCoord(stars.spherical, frame="galactic", obstime=Time("J2016"))):
        still = SkyCoord(given.spherical.lon, given.spherical.lat, frame=given.name).icrs
        assert places(given).separation(still).arcsec == pytest.approx([16.0] * 4, abs=1e-2)


def test_an_epoch_that_is_no_year_is_an_error() -> None:
    with pytest.raises(QueryError, match=r"column 'ref_epoch' has 57388.0, which is no year: give .* Julian years"):
        list(parse_targets({**BARNARD, "ref_epoch": 57388.0}))
    with pytest.raises(QueryError, match="column 'pmra' has 'fast', which is no number in mas / yr"):
        list(parse_targets({**BARNARD, "pmra": "fast"}))


def test_a_list_in_a_file_moves_its_stars_too(tmp_path: Any) -> None:
    from tess_source.targets.lists import read_targets

    (tmp_path / "gaia.csv").write_text(f"{','.join(BARNARD)}\n{','.join(map(str, BARNARD.values()))}\n")
    assert places(list(read_targets(tmp_path / "gaia.csv"))).separation(IN_J2000).max() < 0.5 * u.arcsec
