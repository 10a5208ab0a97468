"""``session.sectors``: one row per star, sector and CCD, and why there is no more."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy.coordinates import SkyCoord
from mast_case import KELT9, TOI3505

from tess_source import Session
from tess_source.display import text
from tess_source.errors import LargeAnswerError, MissingExtraError, OfflineError, QueryError
from tess_source.tables.listing import Observations
from tess_source.tables.rows import with_schema
from tess_source.targets.target import Query, Target
from tess_source_sample.server import SampleArchive
from tess_source_sectors import pixels, states
from tess_source_sectors.answer import rows_of
from tess_source_sectors.holdings import HELD
from tess_source_sectors.planned import COLUMNS, TargetLists
from tess_source_sectors.reasons import reasons
from tess_source_sectors.table import SeenSectors

PI_MEN, PLACE = 261136679, (84.291188, -80.46912)
SETTINGS = Session(discover=False, offline=True).settings
LATE = (297.043467, 18.698906)
"""Of TOI-3505, which is on silicon in sectors 14, 41, 54 and 81."""


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return Session(archive.url)


@pytest.fixture
def alone() -> Session:
    """A session that can ask nobody."""
    return Session(offline=True)


def states_of(rows: SeenSectors) -> dict[int, str]:
    return dict(rows.to_polars().select("sector", "state").iter_rows())


def test_a_star_has_a_row_for_each_sector_that_says_what_there_is(session: Session) -> None:
    rows = session.sectors(TOI3505)
    assert rows.to_polars().select("target", "tic", "sector", "camera", "ccd", "cadence").rows() == [
        (0, TOI3505, 14, 1, 3, 1800),
        (0, TOI3505, 41, 1, 3, 600),
        (0, TOI3505, 54, 2, 4, 600),
        (0, TOI3505, 81, 2, 3, 200),
    ]
    assert states_of(rows) == {14: states.NO_FILE, 41: states.NO_FILE, 54: states.DELIVERED, 81: states.DELIVERED}
    assert rows.to_polars().select("lc", "fast_lc", "hlsp", "dv").rows() == [
        (False, False, "QLP, TASOC", False),
        (False, False, "QLP", False),
        (True, False, "QLP, TESS-SPOC", True),
        (True, False, "QLP, TESS-SPOC", True),
    ]
    assert rows["start"].to_list()[0] == "2019-07-18T20:19:29"
    assert "no target list is here" in rows["why"][0]
    assert "QLP, TASOC" in rows["why"][0]


def test_a_sector_that_was_asked_for_has_a_row_where_the_star_is_on_no_ccd(session: Session) -> None:
    rows = session.sectors([PI_MEN, TOI3505], sector="1-2,35,200")
    assert rows.to_polars().select("target", "sector", "state").rows() == [
        (0, 1, states.DELIVERED), (0, 2, states.OFF), (0, 35, states.EDGE), (0, 200, states.UNKNOWN_SECTOR),
        (1, 1, states.OFF), (1, 2, states.OFF), (1, 35, states.OFF), (1, 200, states.UNKNOWN_SECTOR),
    ]  # fmt: skip
    assert "7.6′ outside the science pixels" in rows["why"][2]
    told = rows.to_polars().select("lc", "fast_lc", "hlsp", "dv")
    assert told.rows() == [(True, False, "", True), *[(False, False, "", False)] * 7]


@pytest.mark.parametrize(
    "sector",
    [
        35, "35", " 35 ", [35], range(35, 36), np.array([35]), pl.Series([35]), np.int64(35), 35.0, (35,), {35}, ["35"], slice(35, 36),
        "35..35", iter([35]),
    ],
)  # fmt: skip
def test_sectors_may_be_written_in_many_ways(alone: Session, sector: object) -> None:
    rows = alone.sectors(PLACE, sector=sector, products=False)  # type: ignore[arg-type]
    assert states_of(rows) == {35: states.EDGE}


def test_a_narrow_table_keeps_what_it_is_about(alone: Session) -> None:
    rows = alone.sectors([PLACE, "10 -20"], sector="30-35", products=False)
    table = text.table(rows.to_polars(), rows.shown, None, 45, whole=rows.whole)
    assert "sector  camera  ccd  state" in table


def test_sectors_without_an_end_go_to_the_last_one_that_is_known(alone: Session) -> None:
    assert list(states_of(alone.sectors(PLACE, sector=">=105", products=False))) == [105, 106, 107, 108]


@pytest.mark.parametrize(
    "sector", ["", "x", 0, -1, [], "1-x", True, None.__class__, "12345", 10**12, "14 41", [True], 14.5, "1-99999"]
)
def test_what_is_no_sector_is_an_error_that_says_what_is(alone: Session, sector: object) -> None:
    with pytest.raises(QueryError, match=r"are no sectors.*give e.g. 14"):
        alone.sectors(PLACE, sector=sector, products=False)  # type: ignore[arg-type]


def test_a_name_is_taken_for_the_star_that_it_means(session: Session) -> None:
    rows = session.sectors("KELT-9")
    assert set(rows["tic"]) == {KELT9}
    assert states_of(rows)[14] == states.DELIVERED


def test_targets_keep_their_positions_also_where_they_repeat_or_are_missing(alone: Session) -> None:
    given = pl.DataFrame({"ra": [PLACE[0], None, LATE[0], PLACE[0]], "dec": [PLACE[1], None, LATE[1], PLACE[1]]})
    rows = alone.sectors(given, products=False, missing="skip")
    assert rows["target"].unique(maintain_order=True).to_list() == [0, 2, 3]
    assert rows.where(rows["target"] == 0)["sector"].to_list() == rows.where(rows["target"] == 3)["sector"].to_list()
    with pytest.raises(QueryError, match="row 2"):
        alone.sectors(given, products=False)


def test_an_observation_is_no_star(alone: Session) -> None:
    with pytest.raises(QueryError, match="not a star or a place"):
        alone.sectors("tess2019198215352-s0014-0000000016740101-0150-s")


def test_a_star_on_no_ccd_at_all_is_said_and_not_dropped(alone: Session) -> None:
    rows = alone.sectors([(63.58, 20.99), PLACE], products=False, sector=None)
    unseen = alone.sectors((204.0, 16.3), sector="1-22", products=False)
    assert set(unseen["state"]) == {states.OFF} and len(unseen) == 22
    assert set(rows["target"]) == {0, 1}


def test_a_star_whose_place_is_not_known_is_said_and_not_dropped(
    alone: Session, caplog: pytest.LogCaptureFixture
) -> None:
    rows = alone.sectors([5, PLACE], products=False)
    assert rows[0]["state"] == states.NO_POSITION and rows[0]["tic"] == 5
    assert len(rows) == 26
    assert "it is not known where 1 star lies: 5" in caplog.text


def test_offline_without_a_kept_answer_the_places_alone_answer_unless_products_are_wanted(
    alone: Session, caplog: pytest.LogCaptureFixture
) -> None:
    rows = alone.sectors(PLACE)
    assert set(rows["state"]) == {states.SILICON, states.EDGE}
    assert rows["lc"].null_count() == len(rows)
    assert "from positions alone" in caplog.text
    with pytest.raises(OfflineError):
        alone.sectors(PLACE, products=True)


def test_many_places_are_answered_from_geometry_alone(archive: SampleArchive) -> None:
    generator = np.random.default_rng(1)
    places = SkyCoord(generator.uniform(0, 360, 300), np.degrees(np.arcsin(generator.uniform(-1, 1, 300))), unit="deg")
    rows = Session(archive.url).sectors(places)
    assert rows["target"].unique().to_list() == list(range(300))
    assert archive.requests == []
    assert rows.columns == list(SeenSectors.schema)
    assert len(rows.to_table()) == len(rows.to_pandas()) == len(rows)


@pytest.mark.parametrize(
    ("method", "option", "right"),
    [
        ("sectors", "products", "True or False, or None"), ("sectors", "pixels", "True or False, or None"),
        ("sectors", "refresh", "True or False"),
        ("sectors", "large", "True or False"), ("stars", "refresh", "True or False"), ("tois", "refresh", "True or False"),
        ("search", "refresh", "True or False"), ("search", "large", "True or False"), ("search", "wildcards", "True or False"),
    ],
)  # fmt: skip
def test_an_option_that_is_neither_true_nor_false_is_an_error(
    alone: Session, method: str, option: str, right: str
) -> None:
    with pytest.raises(QueryError, match=f"^{option}='no': give {right}$"):
        getattr(alone, method)(5, **{option: "no"})


def test_no_targets_are_an_error(alone: Session) -> None:
    with pytest.raises(QueryError, match="no target"):
        alone.sectors([])


# -- with target lists --


def target_lists(tic: int, listed: list[tuple[int, int, int]], sectors: set[int]) -> TargetLists:
    """The lists of some sectors, which have a star in (sector, camera, ccd)."""
    rows = [{"tic": tic, "sector": sector, "camera": camera, "ccd": ccd} for sector, camera, ccd in listed]
    return TargetLists(with_schema(pl.DataFrame(rows), COLUMNS), frozenset(sectors))


def at_archive(tic: int, light: dict[int, bool]) -> pl.DataFrame:
    """What the archive has of a star: sector → whether there is a light curve."""
    rows = [
        {"tic": tic, "sector": sector, "lc": lc, "fast_lc": False, "hlsp": "", "dv": False}
        for sector, lc in light.items()
    ]
    return with_schema(pl.DataFrame(rows), HELD)


def answer(
    listed: list[tuple[int, int, int]], sectors: set[int], light: dict[int, bool] | None
) -> dict[int, tuple[str, int | None]]:
    """The state and camera of each sector of TOI-3505, with target lists of some sectors, and light curves at the archive."""
    stars = pl.DataFrame({"target": [0], "tic": [TOI3505], "ra": [LATE[0]], "dec": [LATE[1]]})
    there = None if light is None else at_archive(TOI3505, light)
    found = rows_of(SETTINGS, stars, there, target_lists(TOI3505, listed, sectors))
    return {row["sector"]: (row["state"], row["camera"]) for row in found}


def test_the_target_lists_tell_a_target_that_is_not_delivered_from_a_star_that_was_none() -> None:
    found = answer([(41, 1, 3), (54, 2, 4)], {41, 54, 81}, {54: True})
    assert found == {
        14: (states.NO_FILE, 1),  # no list: not guessed
        41: (states.NOT_DELIVERED, 1),
        54: (states.DELIVERED, 2),
        81: (states.FFI_ONLY, 2),
    }


def test_a_target_is_one_also_if_the_archive_was_not_asked() -> None:
    assert answer([(41, 1, 3)], {41}, None)[41] == (states.LISTED, 1)


def test_a_target_or_a_file_is_there_although_its_position_lies_elsewhere() -> None:
    found = answer([(2, 3, 1)], {2}, {3: True})
    assert found[2] == (states.NOT_DELIVERED, 3)
    assert found[3] == (states.DELIVERED, None)


def test_products_of_other_pipelines_show_that_a_star_was_on_silicon_whatever_its_position_says() -> None:
    star = pl.DataFrame({"target": [0], "tic": [TOI3505], "ra": [LATE[0]], "dec": [LATE[1]]})
    rows = [
        {"tic": TOI3505, "sector": sector, "lc": False, "fast_lc": False, "hlsp": "QLP", "dv": False}
        for sector in (2, 14, 110)
    ]
    found = rows_of(SETTINGS, star, with_schema(pl.DataFrame(rows), HELD), wanted=[2, 3, 14, 110])
    assert states_of(found) == {2: states.NO_FILE, 3: states.OFF, 14: states.NO_FILE, 110: states.NO_FILE}
    assert "by its position it would not be on silicon; products of QLP" in found["why"][0]


@pytest.mark.parametrize(
    ("light", "listed", "state"),
    [({120: True}, False, states.DELIVERED), ({}, True, states.NOT_DELIVERED), ({}, False, states.FUTURE)],
)
def test_a_sector_that_only_tess_point_knows_is_to_come_unless_there_is_more_of_it(
    light: dict[int, bool], listed: bool, state: str
) -> None:
    star = pl.DataFrame({"target": [0], "tic": [TOI3505], "ra": [LATE[0]], "dec": [LATE[1]]})
    seen = {"sector": 120, "camera": 1, "ccd": 3, "column": 50.5, "row": 60.5, "ahead": True}
    ahead = star.with_columns(pl.lit(value).alias(name) for name, value in seen.items())
    ahead = ahead.cast({"sector": pl.Int32, "camera": pl.Int32, "ccd": pl.Int32})
    lists = target_lists(TOI3505, [(120, 1, 3)] if listed else [], {120})
    found = rows_of(SETTINGS, star, at_archive(TOI3505, light), lists, [120], ahead)
    assert found.to_polars().select("state", "camera", "column").rows() == [(state, 1, 50.5)]


def test_of_two_cameras_only_the_one_on_the_list_has_the_light_curve() -> None:
    star = pl.DataFrame({"target": [0], "tic": [7], **_between_cameras()})
    seen = rows_of(SETTINGS, star, wanted=[1]).to_polars()
    (first, _), (second, ccd) = seen.select("camera", "ccd").rows()
    assert first != second
    found = rows_of(SETTINGS, star, at_archive(7, {1: True}), target_lists(7, [(1, second, ccd)], {1}), wanted=[1])
    assert found.to_polars().select("camera", "state", "lc").rows() == [
        (first, states.FFI_ONLY, False), (second, states.DELIVERED, True),
    ]  # fmt: skip


@pytest.mark.parametrize("wanted", [None, [1, 2, 120]])
def test_many_stars_are_answered_in_parts_with_the_same_result(
    wanted: list[int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stars = pl.DataFrame(
        {
            "target": range(5),
            "tic": range(7, 12),
            "ra": [84.3, None, 0.0, 297.0, 10.0],
            "dec": [-80.5, None, 0.0, 18.7, 10.0],
        }
    )
    ahead = stars[[0, 3]].with_columns(sector=pl.lit(120, pl.Int32), camera=1, ccd=2, column=1.0, row=2.0, ahead=True)
    ahead = ahead.cast({"camera": pl.Int32, "ccd": pl.Int32})
    whole = rows_of(SETTINGS, stars, wanted=wanted, ahead=ahead)
    monkeypatch.setattr("tess_source_sectors.answer.PART", 2)
    assert rows_of(SETTINGS, stars, wanted=wanted, ahead=ahead) == whole
    assert (whole["sector"] == 120).sum() == (5 if wanted else 2)
    assert len(rows_of(SETTINGS, stars[:0])) == 0


def _between_cameras() -> dict[str, list[float]]:
    """A place that two cameras saw in sector 1."""
    from tess_source_sectors.chips import bundled

    generator = np.random.default_rng(3)
    ra, dec = generator.uniform(0, 360, 60_000), np.degrees(np.arcsin(generator.uniform(-1, 0.3, 60_000)))
    seen = bundled().of_sectors([1]).seeing(ra, dec).filter(pl.col("margin") > 0)
    place = seen.filter(pl.len().over("place") > 1)["place"][0]
    return {"ra": [ra[place]], "dec": [dec[place]]}


# -- tess-point --


def test_without_tess_point_pixels_are_an_error_only_if_they_are_wanted(
    alone: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tess_stars2px", None)
    assert alone.sectors(PLACE, products=False)["column"].null_count() == 25
    with pytest.raises(MissingExtraError, match=r"^pixels needs tess-point: pip install 'tess-source\[tess-point\]'$"):
        alone.sectors(PLACE, products=False, pixels=True)


def test_tess_point_gives_pixels_and_sectors_to_come(alone: Session) -> None:
    pytest.importorskip("tess_stars2px", reason="the optional package tess-point is not installed")
    rows = alone.sectors([PLACE, (297.0, 18.7), (10.0, 10.0)], products=False, pixels=True).to_polars()
    seen = rows.filter((pl.col("target") == 0) & (pl.col("margin") >= 0))
    assert seen["column"].null_count() == seen["row"].null_count() == 0
    assert seen.filter(sector=1).select("column", "row").row(0) == pytest.approx((1632.3, 259.8), abs=2)
    ahead = rows.filter(state=states.FUTURE)
    assert len(ahead) and (ahead["sector"] > 108).all() and (ahead["sector"] < 1000).all()
    assert ahead["camera"].null_count() == ahead["column"].null_count() == 0


def test_tess_point_is_not_imported_unless_it_is_used(alone: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_found", lambda _: pytest.fail("it was used"))
    alone.sectors(PLACE, products=False, pixels=False)
    alone.sectors([PLACE] * 101, products=False)


def test_a_stub_of_tess_point_adds_the_sectors_that_only_it_knows(
    alone: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stub has the signature and the answers of tess-point 0.9.5; the module itself asks for it as it does there."""

    def entry(
        starIDs: Any, starRas: Any, starDecs: Any, trySector: Any = None, scInfo: Any = None, fpgParmFileList: Any = None,  # noqa: N803
        combinedFits: bool = False, noCollateral: bool = False, aberrate: bool = False, sectorOverrideFile: Any = None,  # noqa: N803
    ) -> tuple[Any, ...]:  # fmt: skip
        assert scInfo == "pointings"
        assert list(zip(starIDs, starRas, starDecs, strict=True)) == [(0, *PLACE)]
        number, sector = np.array([0, 0, 0, -1]), np.array([1, 120, 1751, -1])
        camera, ccd = np.array([4, 1, 1, -1]), np.array([2, 3, 3, -1])
        column, row = np.array([1632.3, 50.5, 9.0, -1.0]), np.array([259.8, 60.5, 9.0, -1.0])
        return number, column, row, sector, camera, ccd, column, row, scInfo

    stub = ModuleType("tess_stars2px")
    stub.tess_stars2px_function_entry = entry  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tess_stars2px", stub)
    monkeypatch.setattr(pixels, "_pointings", lambda: "pointings")
    rows = alone.sectors(PLACE, products=False).to_polars()
    assert rows.filter(sector=1).select("column", "row").row(0) == (1632.3, 259.8)
    assert rows.filter(pl.col("sector") > 108).select("sector", "camera", "ccd", "column", "state", "start").rows() == [
        (120, 1, 3, 50.5, states.FUTURE, None),
    ]  # fmt: skip


# -- reasons --


def test_a_catalogue_tells_nothing_of_sectors_whose_lists_it_lacks(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, cache=tmp_path, archive="catalogue")
    session.catalogue().update(14, source="lc,targets")
    rows = session.sectors(KELT9).to_polars().select("sector", "state", "lc", "fast_lc", "hlsp", "dv").rows()
    assert rows[:3] == [
        (14, states.DELIVERED, True, False, None, None),
        (15, states.SILICON, None, False, None, None),
        (41, states.SILICON, None, None, None, None),
    ]


def test_reasons_say_that_there_is_no_file_only_where_all_files_were_asked_for(
    archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(archive.url, cache=tmp_path)
    session.catalogue().update([14, 15], source="targets")
    found = session.search(KELT9, archive="mast", t_exptime=[1000, 2000])
    assert found.record is not None
    said = found.record["reasons"][f"TIC {KELT9}"]
    assert said.startswith("a 2-min target in sectors 14-15; on silicon in sectors")
    assert "not" not in said


def test_an_empty_answer_says_where_the_place_lies_in_each_sector(session: Session) -> None:
    found = session.search("84.5 -80.6")
    assert "on silicon in sectors 1, 4, 8, 11-13" in found.explain()
    assert "no target list is here" in found.explain()


def test_an_empty_answer_asks_the_tic_where_its_stars_lie(fresh_archive: SampleArchive, tmp_path: Path) -> None:
    fresh_archive.catalogue.observations[:] = []
    session = Session(fresh_archive.url, cache=tmp_path)
    said = "TIC 16740101: on silicon in sectors 14-15, 41"
    assert said in session.search([KELT9, 5]).explain()


@pytest.mark.parametrize("targets", [[5], [5, 6], [5, PI_MEN]])
def test_that_stars_are_not_in_the_tic_is_said_once(
    session: Session, targets: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    rows = session.sectors(targets)
    assert rows.where(pl.col("tic") < 10)["state"].unique().to_list() == [states.NO_POSITION]
    assert sum("not in the TIC" in message for message in caplog.messages) == 1


def test_a_star_whose_place_is_not_known_gets_no_reason_and_no_request(archive: SampleArchive) -> None:
    session = Session(archive.url)
    found = session.search([5, TOI3505])
    assert not (found.record or {}).get("reasons")
    before = len(archive.requests)
    assert "TIC 5" in found.explain()
    assert len(archive.requests) == before


def test_a_place_on_the_edge_has_a_reason_of_its_own_and_a_star_without_a_place_has_none() -> None:
    targets = (Target("a", ra=PLACE[0], dec=PLACE[1], radius=3.0), Target("TIC 5", tic=5))
    said = reasons(Query(targets), Observations.empty(), SETTINGS)
    assert said is not None and set(said) == {"a"}
    assert said["a"].endswith("; on the unexposed edge of S35 camera 4 CCD 4")
    assert reasons(Query(targets[1:]), Observations.empty(), SETTINGS) is None


def test_what_several_say_of_one_place_stands_in_one_line(session: Session) -> None:
    said = session.search("84.5 -80.6").explain()
    assert "488 arcsec finds it; on silicon in sectors 1, 4" in said


# -- refreshing --


def with_sector_109(archive: SampleArchive) -> None:
    """Let the archive have footprints of a sector that this package does not know: those of sector 1."""
    for chip in _footprints_of_sector_1():
        archive.catalogue.observations.append(chip)


def _footprints_of_sector_1() -> list[dict[str, object]]:
    from tess_source_sectors.chips import bundled
    from tess_source_sectors.geometry import image_around

    chips, rows = bundled().of_sectors([1]), []
    around = image_around(chips.corners)[:, [0, 12, 8, 4]]
    for camera, ccd, corners in zip(chips.camera, chips.ccd, around, strict=True):
        ra, dec = np.degrees(np.arctan2(corners[:, 1], corners[:, 0])) % 360, np.degrees(np.arcsin(corners[:, 2]))
        words = " ".join(f"{a:.6f} {d:.6f}" for a, d in zip([*ra, ra[0]], [*dec, dec[0]], strict=True))
        rows.append({"obs_id": f"tess-s0109-{camera}-{ccd}", "t_min": 61300.0, "t_max": 61327.5, "s_region": f"POLYGON {words}",
                     "target_name": "TESS FFI", "sequence_number": 109, "t_obs_release": 61330.0})  # fmt: skip
    return rows


def test_new_sectors_come_from_the_archives_footprints_without_their_unexposed_edges(
    fresh_archive: SampleArchive, tmp_path: Path
) -> None:
    with_sector_109(fresh_archive)
    session = Session(fresh_archive.url, cache=tmp_path)
    assert 109 not in states_of(session.sectors(PLACE, products=False))
    assert session.refresh_sectors()[-1] == 109
    rows = session.sectors(PLACE, products=False).to_polars()
    first, new = rows.filter(sector=1), rows.filter(sector=109)
    assert new.select("camera", "ccd", "state", "start", "end", "cadence").row(0) == (
        4, 2, states.SILICON, "2026-09-17T00:00:00", "2026-10-14T12:00:00", 200,
    )  # fmt: skip
    assert abs(new["margin"][0] - first["margin"][0]) < 3
    before = len(fresh_archive.requests)
    assert session.refresh_sectors()[-1] == 109
    assert len(fresh_archive.requests) == before + 1  # unchanged, so nothing is sent again
    assert 109 in states_of(Session(fresh_archive.url, cache=tmp_path, offline=True).sectors(PLACE, products=False))


def test_a_sector_that_the_archive_has_in_part_does_not_say_where_a_star_is_not(
    fresh_archive: SampleArchive, tmp_path: Path
) -> None:
    from tess_source_sectors.chips import bundled

    fresh_archive.catalogue.observations += _footprints_of_sector_1()[:-1]
    session = Session(fresh_archive.url, cache=tmp_path)
    session.refresh_sectors()
    x, y, z = bundled().of_sectors([1]).middle[-1]
    on_the_last_ccd = float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arcsin(z)))
    rows = session.sectors([PLACE, on_the_last_ccd], sector=109, products=False)
    assert rows["state"].to_list() == [states.SILICON, states.UNKNOWN_SECTOR]


def test_sectors_that_the_archive_takes_from_its_list_stay_known(
    fresh_archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with_sector_109(fresh_archive)
    session = Session(fresh_archive.url, cache=tmp_path)
    before = session.refresh_sectors()
    rows = fresh_archive.catalogue.observations
    rows[:] = [row for row in rows if "tess-s0109" not in row["obs_id"]]
    fresh_archive.catalogue.observations.append(dict(_footprints_of_sector_1()[0], obs_id="tess-s0110-1-1"))
    assert session.refresh_sectors() == [*before, 110]
    assert "do not have sectors 109 any more" in caplog.text
    assert states_of(session.sectors(PLACE, sector=109, products=False)) == {109: states.SILICON}


def test_a_kept_file_that_is_damaged_is_not_used_and_said(
    fresh_archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from tess_source_sectors.footprints import kept_file

    with_sector_109(fresh_archive)
    session = Session(fresh_archive.url, cache=tmp_path)
    session.refresh_sectors()
    file = kept_file(session.settings)
    file.write_text(json.dumps({"footprints": [[1]]}))
    assert 109 not in states_of(session.sectors(PLACE, products=False))
    assert "are not used" in caplog.text
    assert session.refresh_sectors()[-1] == 109
    assert 109 in states_of(session.sectors(PLACE, products=False))


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"sector": 1}, "TIC 390988385: not on silicon in sector 1"),
        ({"sector": [1, 14], "kind": "lc", "pipeline": "SPOC"}, "TIC 390988385: on silicon in sector 14"),
        (
            {"sector": [14, 54], "kind": "tp", "pipeline": "TASOC"},
            "TIC 390988385: a light curve in sector 54; on silicon",
        ),
        ({"sector": ["1-3", "14-16"], "kind": "tp"}, "TIC 390988385: on silicon in sector 14 ("),
        ({"sector": "<14"}, "TIC 390988385: not on silicon in sectors 1-13"),
        ({"sector": 54, "exptime": 20}, "TIC 390988385: a light curve in sector 54 (none at 20 s)"),
        ({"exptime": 20}, "TIC 390988385: a light curve in sectors 54, 81 (none at 20 s)"),
        ({"kind": "fast-lc"}, "TIC 390988385: a light curve in sectors 54, 81 (none at 20 s)"),
    ],
)
def test_an_answer_of_which_a_filter_by_sector_leaves_nothing_says_why(
    session: Session, filters: dict[str, Any], said: str
) -> None:
    found = session.search("TIC 390988385", **filters)
    assert not len(found)
    assert said in found.explain()
    assert said in repr(found)


def test_nothing_is_said_of_sectors_that_were_not_asked_for(session: Session) -> None:
    assert "silicon" not in session.search("TIC 390988385", kind="fast-tp").explain()
    assert "silicon" not in session.search("TIC 390988385", kind="lc", pipeline="CDIPS").explain()
    assert "silicon" not in session.search("TIC 390988385", sector=10**12).explain()
    assert "sector 14" not in session.search("TIC 390988385", sector=1).explain()


def test_more_observations_than_a_page_are_refused_and_large_goes_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source_mast.guard.MOST_ROWS", 5)
    with pytest.raises(LargeAnswerError, match="large=True"):
        session.sectors(KELT9)
    assert len(session.sectors(KELT9, large=True))
    assert len(session.sectors(KELT9, products=False))
