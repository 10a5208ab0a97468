"""``tess-source sectors`` as it is typed, the look-up of cameras and CCDs, and the pictures that show sectors without a target."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest
from mast_case import TOI3505
from program_run import Program

from tess_source import Session
from tess_source.errors import QueryError
from tess_source.tables.listing import Links, Observations, Products
from tess_source_dv.draw.coverage import SEEN, plot_coverage
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive
from tess_source_sectors.chip import chips_of_products
from tess_source_sectors.silicon import sectors_on_silicon

PI_MEN = 261136679
LC = "tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"


def test_a_star_is_shown_sector_by_sector_with_a_line_that_sums_it_up(program: Program) -> None:
    ran = program("sectors", str(TOI3505))
    assert ran.code == 0
    assert "on silicon, no 2-min file" in ran.out and "delivered" in ran.out
    assert f"TIC {TOI3505}: a light curve in sectors 54, 81; on silicon in sectors 14, 41" in ran.err


def test_all_columns_are_in_the_other_formats(program: Program) -> None:
    rows = list(
        csv.DictReader(io.StringIO(program("sectors", "84.291188 -80.46912", "--no-products", "--format", "csv").out))
    )
    assert len(rows) == 25
    assert [row["sector"] for row in rows if row["state"] == "on the unexposed edge"] == ["35"]
    assert rows[0]["why"].startswith("on the science pixels of a CCD")


def test_where_the_archive_fails_it_is_said_how_to_ask_without_it(program: Program, archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", match="Caom", status=400))
    ran = program("sectors", "TIC 1234567")
    assert "HTTP 400" in ran.err
    assert "\\r" not in ran.err
    assert "--no-products) answers from positions alone" in ran.err


def test_a_negative_declination_is_no_option(program: Program) -> None:
    assert program("sectors", "84.291188", "-80.46912", "--no-products").code == 0


def test_a_list_of_targets_keeps_its_order(program: Program, tmp_path: Path) -> None:
    (tmp_path / "stars.txt").write_text("84.291188 -80.46912\n# none\n297.043467 18.698906\n")
    ran = program("sectors", f"@{tmp_path / 'stars.txt'}", "--no-products", "--sector", "14", "--format", "csv")
    assert [(row["target"], row["state"]) for row in csv.DictReader(io.StringIO(ran.out))] == [
        ("0", "not on silicon"), ("1", "on silicon"),
    ]  # fmt: skip


def test_a_star_on_no_ccd_is_an_answer_with_the_code_for_nothing(program: Program) -> None:
    ran = program("sectors", "84.291188 -80.46912", "--no-products", "--sector", "2")
    assert ran.code == 3
    assert "not on silicon in sector 2" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give a target, or --refresh"),
        (("1", "--sector", "x"), "no sectors"),
        (("1", "--sector", "8.."), "is written '>=8'"),
    ],
)
def test_what_cannot_be_asked_is_said(program: Program, words: tuple[str, ...], said: str) -> None:
    ran = program("sectors", *words)
    assert ran.code == 2
    assert said in ran.err


def test_of_many_stars_the_first_are_said_and_the_number_of_the_others(program: Program, tmp_path: Path) -> None:
    (tmp_path / "stars.txt").write_text("".join(f"84.{number} -80.4\n" for number in range(23)))
    ran = program("sectors", f"@{tmp_path / 'stars.txt'}", "--no-products", "--sector", "1")
    assert ran.err.splitlines()[-2:] == ["target 19: on silicon in sector 1", "and 3 more"]


def test_a_star_that_is_given_twice_is_summed_up_once_and_the_way_to_its_lists_is_said(program: Program) -> None:
    said = program("sectors", str(TOI3505), f"TIC {TOI3505}").err.splitlines()
    assert sum(line.startswith(f"TIC {TOI3505}: ") for line in said) == 1
    assert said[-1] == "`tess-source catalogue update --source targets --sector 14,41` fetches the target lists"


@pytest.mark.parametrize("radius", ["30", "0.5 arcmin"])
def test_a_radius_is_in_arcsec_unless_it_has_a_unit(program: Program, radius: str) -> None:
    words = ("84.291188 -80.46912", "--sector", "1", "--format", "csv", "--radius", radius)
    (row,) = csv.DictReader(io.StringIO(program("sectors", *words).out))
    assert row["tic"] == str(PI_MEN)


def test_refresh_alone_fetches_the_footprints_of_new_sectors(program: Program) -> None:
    ran = program("sectors", "--refresh")
    assert (ran.code, ran.out) == (0, "")
    assert "the archive's footprints have sector" in ran.err


def test_pixels_without_tess_point_say_how_to_get_it(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tess_stars2px", None)
    ran = program("sectors", "84.291188 -80.46912", "--no-products", "--pixels")
    assert ran.code == 2
    assert "--pixels needs tess-point: pip install 'tess-source[tess-point]'" in ran.err


# -- the look-up of cameras and CCDs --


def test_the_filters_camera_and_ccd_work_with_the_portal(archive: SampleArchive) -> None:
    session = Session(archive.url)
    found = session.search(TOI3505, camera=2, ccd=3)
    assert set(found.products["last_sector"]) == {81}
    assert set(session.search(TOI3505, chip=True, kind="lc", sector=54).products["ccd"]) == {4}


def looked_up(
    *names: str, place: tuple[float, float] | None = (84.291188, -80.46912)
) -> list[tuple[int | None, int | None]]:
    rows = [{"uri": f"mast:TESS/product/{name}", "archive": "mast", "observation": "1"} for name in names]
    products = Products.of(rows) if rows else Products.empty()
    seen = [{"obs_id": "x", "observation": "1", "archive": "mast", "target_name": "1", "sequence_number": 1, "t_exptime": 120.0,
             "provenance_name": "SPOC", **dict(zip(("s_ra", "s_dec"), place, strict=True))}] if place else []  # fmt: skip
    observations = Observations.of(seen) if seen else Observations.empty()
    rows = chips_of_products(products, observations, Session(discover=False, offline=True).settings)
    return rows.select("camera", "ccd").rows()


def test_the_chip_of_a_product_comes_from_its_name_or_else_from_the_place_of_its_star() -> None:
    tasoc = "hlsp_tasoc_tess_ffi_tic00390988385-s0014-cam1-ccd3-c1800_tess_v06_cbv-lc.fits"
    assert looked_up(LC, tasoc) == [(4, 2), (1, 3)]


def test_the_chip_is_not_known_of_several_sectors_without_a_place_on_the_edge_and_in_sectors_that_are_not_known() -> (
    None
):
    several = "tess2018206190142-s0001-s0006-0000000261136679-00123_dvt.fits"
    edge, later = LC.replace("s0001", "s0035"), LC.replace("s0001", "s0999")
    assert looked_up(several, edge, later, LC) == [(None, None), (None, None), (None, None), (4, 2)]
    assert looked_up(LC, place=None) == [(None, None)]
    assert looked_up() == []


# -- pictures --


def test_the_picture_shows_sectors_without_a_target_and_those_of_other_pipelines(archive: SampleArchive) -> None:
    found = Session(archive.url).search(TOI3505)
    assert sectors_on_silicon(found, TOI3505) == [14, 41, 54, 81]
    (axes,) = plot_coverage(found).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[:5] == [SEEN, "120 s", "QLP", "TASOC", "TESS-SPOC"]
    low, high = axes.get_xlim()
    assert low <= 14 and high >= 86
    shown = {round(patch.get_x() + 0.42) for patch in axes.patches if abs(patch.get_y() + 0.34) < 0.01}
    assert shown == {14, 41, 54, 81}


def test_a_star_with_products_of_other_pipelines_alone_has_a_picture(archive: SampleArchive) -> None:
    found = Session(archive.url).search(TOI3505)
    others = found.replace(
        products=found.products.where(found.products["pipeline"] != "SPOC"),
        observations=found.observations.where(found.observations["pipeline"] != "SPOC"),
        links=Links.empty(),
    )
    (axes,) = plot_coverage(others).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [SEEN, "QLP", "TASOC", "TESS-SPOC"]
    assert "sectors observed; no data validation" in {text.get_text() for text in axes.figure.texts}
    assert axes.figure.legends == []


def test_a_star_without_any_data_has_a_picture_of_the_sectors_on_silicon_if_its_place_is_known(
    archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(archive.url, cache=tmp_path)
    nothing = session.search(TOI3505).replace(
        products=Products.empty(), observations=Observations.empty(), links=Links.empty()
    )
    with pytest.raises(QueryError, match="nothing to draw"):
        plot_coverage(nothing)
    session.stars(TOI3505)
    (axes,) = plot_coverage(nothing).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [SEEN]
    assert "neither light curves nor data validation" in {text.get_text() for text in axes.figure.texts}


def test_a_search_that_does_not_say_where_its_star_lies_has_no_row_of_sectors_on_silicon() -> None:
    found = Session(discover=False).found([{"uri": f"mast:TESS/product/{LC}"}])
    assert sectors_on_silicon(found, PI_MEN) == []
    (axes,) = plot_coverage(found).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["120 s"]


# -- with the target lists of the catalogue --


def test_with_the_target_list_of_a_sector_it_is_known_that_a_star_was_no_target(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path))
    assert program("catalogue", "update", "--sector", "14", "--kind", "lc").code == 0
    ran = program("sectors", str(TOI3505), "--format", "csv")
    states = {row["sector"]: row["state"] for row in csv.DictReader(io.StringIO(ran.out))}
    assert states["14"] == "on silicon, FFI only"
    assert states["41"] == "on silicon, no 2-min file"
    assert "on silicon in sector 14 (FFI only: no 2-min target)" in ran.err
    assert "--source targets --sector 41` fetches the target lists" in ran.err
    Session(cache=tmp_path).catalogue().folder.note_absent("targets", {41: 1.0}, ())
    assert "fetches the target lists" not in program("sectors", str(TOI3505)).err, "the archive has none"
