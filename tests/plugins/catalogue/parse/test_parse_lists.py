"""Target lists, TCE tables and the portal's rows."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from fuzz import altered, attempts

from tess_source.tables.listing import Observations
from tess_source_catalogue.parse.portal import read_observations
from tess_source_catalogue.parse.scripts import read_script
from tess_source_catalogue.parse.targets import read_hlsp_targets, read_targets
from tess_source_catalogue.parse.tces import read_tces
from tess_source_catalogue.stored import strange_names, unscaled, without_strange

COMMENTS = "#\n# Full target list for orbit 9, sector 1\n# Created Thu Aug 16 19:30:55 EDT 2018 \n#\n"
HEADER = "TICID,Camera,CCD,Tmag,RA,Dec\n"
ROWS = "8196058,1,2,8.18,311.3688,-38.0655\n8195886,4,1,,0.0001,89.9999\n"
TCES = "#Mission = TESS\ntceid,ticid,tce_plnt_num,sectors,tce_period,tce_period_err,tce_depth\n"


def written(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        COMMENTS + HEADER + ROWS,
        HEADER + ROWS,
        "\ufeff" + HEADER + ROWS,
        (HEADER + ROWS).replace("\n", "\r\n"),
        (COMMENTS + HEADER + ROWS).replace(",", "\t"),
        (HEADER + ROWS).replace(",", " , "),
        "# " + HEADER + ROWS,
        HEADER.upper() + ROWS.replace("8196058", "8196058.0") + "\n\n# end\n",
        HEADER + ROWS.replace("8195886,", '"8195886",'),
        gzip.compress((HEADER + ROWS).encode(), mtime=0),
        (HEADER + ROWS).replace(",", ";"),
        (HEADER + ROWS).replace(",", " | "),
        (HEADER + ROWS.replace(",,", ",nan,")).replace(",", "  "),
        COMMENTS + (HEADER + ROWS).replace(",", "\t"),
        "tic_id,cam,ccd,TESSmag,RA [deg],Dec [deg]\n" + ROWS,
        '"TIC ID","Camera","CCD","Tmag","RA","Dec"\n' + ROWS,
        "Dec,RA,Note,Tmag,CCD,Camera,TICID\n-38.0655,311.3688,x,8.18,2,1,8196058\n89.9999,0.0001,,--,1,4,8195886\n",
        HEADER + "8.196058E+06,1.0,2.,+8.18,3.113688e2,-3.80655E1\n8195886,4,1,-999,1e-4,8.99999e+01",
        HEADER + ROWS + HEADER + ROWS,
        "\n\n" + COMMENTS + "\n" + HEADER + "\n" + ROWS.replace("\n", "  \n\n"),
    ],
)
def test_target_lists_of_all_layouts_give_the_same_rows(content: str | bytes, tmp_path: Path) -> None:
    rows = unscaled(read_targets(written(tmp_path, content), ""))
    assert rows.rows(named=True) == [
        {"tic": 8195886, "camera": 4, "ccd": 1, "tmag": None, "ra": 0.0001, "dec": 89.9999},
        {"tic": 8196058, "camera": 1, "ccd": 2, "tmag": 8.18, "ra": 311.3688, "dec": -38.0655},
    ]


def test_a_column_may_be_absent(tmp_path: Path) -> None:
    rows = read_targets(written(tmp_path, "TICID,Camera,CCD,RA,Dec\n5,2,1,10,20\n"), "")
    assert rows.columns == ["tic", "camera", "ccd", "ra", "dec"]


def test_a_star_on_two_cameras_has_two_rows(tmp_path: Path) -> None:
    rows = read_targets(written(tmp_path, HEADER + "5,2,1,9,1,1\n5,1,4,9,1,1\n5,1,4,9,1,1\n"), "")
    assert rows.select("tic", "camera", "ccd").rows() == [(5, 1, 4), (5, 2, 1)]


def test_right_ascensions_are_those_from_0_to_360(tmp_path: Path) -> None:
    rows = read_targets(
        written(tmp_path, HEADER + "5,2,1,9,-10,1\n6,2,1,9,360,1\n7,2,1,9,359.9999,1\n8,2,1,9,400,1\n"), ""
    )
    assert unscaled(rows)["ra"].to_list() == [350, 0, 359.9999, 40]


@pytest.mark.parametrize(
    "nothing", ["nan", "NaN", "null", "None", "N/A", "", "--", "masked", "-999.0", "-9999", "<NA>", "\\N"]
)
def test_words_for_nothing_are_no_values(nothing: str, tmp_path: Path) -> None:
    assert read_targets(written(tmp_path, HEADER + f"5,2,1,{nothing},1,1\n"), "")["tmag"].to_list() == [None]
    path = written(tmp_path, f"#GAIADR3_ID,TIC_ID,RA,DEC\n6399196263939178880,{nothing},1,1\n")
    assert read_hlsp_targets(path, "")["tic"].to_list() == [None]


def test_a_list_of_several_sectors_keeps_the_sector_of_each_row(tmp_path: Path) -> None:
    content = "TICID,Camera,CCD,Tmag,RA,Dec,sector\n5,1,1,9,1,1,28\n5,2,1,9,1,1,27\n"
    rows = read_targets(written(tmp_path, content), "")
    assert rows.select("tic", "sector", "camera").rows() == [(5, 27, 2), (5, 28, 1)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<!DOCTYPE html><title>TICID,Camera,CCD,Tmag,RA,Dec</title>", "is a page"),
        ("", "has no header with ticid"),
        (ROWS, "has no header with ticid"),
        (HEADER, "has no rows"),
        (HEADER + "12,1,1,9.5,10", "another number of columns"),
        (HEADER + '"12,1,1,9.5",10,20\n', "another number of columns"),
        (HEADER + "abc,1,1,9.5,10,20\n", "'abc' as tic"),
        (HEADER + ",1,1,9.5,10,20\n", "rows without tic"),
        (HEADER + "1.5,1,1,9.5,10,20\n", "'1.5' as tic"),
        (HEADER + "12,5,1,9.5,10,20\n", "5 as camera"),
        (HEADER + "12,1,0,9.5,10,20\n", "0 as ccd"),
        (HEADER + "12,1,1,bright,10,20\n", "'bright' as tmag"),
        (HEADER + "12,1,1,9.5,10,-91\n", "-91.0 as dec"),
        (HEADER + "12,1,1,9.5,inf,20\n", "inf as ra"),
        (HEADER + "-12,1,1,9.5,10,20\n", "-12 as tic"),
        (HEADER + "99999999999999999999,1,1,9.5,10,20\n", "as tic, which is no number"),
        (HEADER + ROWS + "x\n" * 3, "(3 of 5 rows are wrong)"),
    ],
)
def test_what_is_no_target_list_is_refused_with_the_reason(content: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"list\.csv") as caught:
        read_targets(written(tmp_path, content), "")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        *("12,1,1,9.5,10", "12,1,1,9.5,10,20,30", "abc,1,1,9.5,10,20", ",1,1,9.5,10,20", "1.5,1,1,9.5,10,20", "0,1,1,9.5,10,20"),
        *("12,5,1,9.5,10,20", "12,1,0,9.5,10,20", "12,1,1,bright,10,20", "12,1,1,9.5,10,-91", "12,1,1,9.5,inf,20", "oops"),
        *('"12,1,1,9.5,10,20', '"12,1,1",9.5,10,20', '12,1,1,9.5,10,20"""', "12,1,1,99,10,20", "99999999999999999999,1,1,9,1,2"),
    ],
)  # fmt: skip
def test_one_row_that_cannot_be_costs_only_itself(row: str, tmp_path: Path) -> None:
    rows = read_targets(written(tmp_path, f"{HEADER}{ROWS}{row}\n7,1,1,9,1,1\n"), "")
    assert strange_names(rows) == [row]
    assert without_strange(rows)["tic"].to_list() == [7, 8195886, 8196058]
    assert "strange" not in without_strange(rows).columns


def test_a_row_that_cannot_be_costs_only_itself_in_lists_of_high_level_products_and_tables_of_tces(
    tmp_path: Path,
) -> None:
    listed = read_hlsp_targets(written(tmp_path, "#GAIADR3_ID,TIC_ID,RA,DEC\n5,,1,2\n6,x,1,2\n,-1,3,4\n7,8,1,2\n"), "")
    assert (strange_names(listed), without_strange(listed)["gaia"].to_list()) == (["6,x,1,2", ",-1,3,4"], [5, 7])
    tces = read_tces(written(tmp_path, "ticid,tce_plnt_num,tce_period\n7,1,2.5\n7,x,2\n,1,2\n8,1,\n9,2,-\n"), "")
    assert (strange_names(tces), without_strange(tces).rows()) == (
        ["7,x,2", ",1,2"],
        [(7, 1, 2.5), (8, 1, None), (9, 2, None)],
    )


def test_tables_of_tces_of_2018_and_2019_have_other_names_of_columns(tmp_path: Path) -> None:
    header = (
        "tceid,ticid,planetNumber,planetCandidateCount,orbitalPeriodDays,orbitalPeriodDays_err,planetRadiusEarthRadii,"
        "planetRadiusEarthRadii_err,transitDepthPpm,transitDepthPpm_err,transitDurationHours,transitEpochBtjd,transitEpochBtjd_err,mes"
    )
    comments = "#Search =  tess2018206190142\n#Sectors = S0001-S0001\n#\n"
    content = f"{comments}{header}\n00000000012-01,12,1,2,3.5,-1,8.9,-1,3334.11,0,13.2,1330.82,0.007,9\n"
    (row,) = read_tces(written(tmp_path, content), "").rows(named=True)
    assert row == {
        "tic": 12,
        "tce": 1,
        "period": 3.5,
        "period_err": None,
        "epoch": 1330.82,
        "epoch_err": 0.007,
        "duration": 13.2,
        "depth": 3334.11,
        "depth_err": 0.0,
        "radius": 8.9,
        "radius_err": None,
    }


def test_the_header_of_an_hlsp_list_is_a_comment(tmp_path: Path) -> None:
    rows = unscaled(read_hlsp_targets(written(tmp_path, "#TIC_ID,RA,DEC\n7,10.123456789,-5\n3,1,2\n"), ""))
    assert rows.rows() == [(3, 1.0, 2.0), (7, 10.123456789, -5.0)]


def test_a_list_by_gaia_ids_may_have_stars_without_a_tic_id(tmp_path: Path) -> None:
    content = "#GAIADR3_ID,Tmag,TIC_ID,RA,DEC\n6399196263939178880,12.5,25,10.5,-5\n123,13.5,,1,2\n124,13.5,-1,1,2\n"
    rows = unscaled(read_hlsp_targets(written(tmp_path, content), ""))
    assert rows.rows() == [(None, 123, 1.0, 2.0), (None, 124, 1.0, 2.0), (25, 6399196263939178880, 10.5, -5.0)]


def test_errors_of_minus_one_mean_that_a_tce_has_none(tmp_path: Path) -> None:
    content = TCES + "x-02,7,2,s0001,3.5,-1.0,100\nx-01,7,1,s0001,1.5,0.1,\n"
    rows = read_tces(written(tmp_path, content), "")
    assert rows.select("tic", "tce", "period", "period_err", "depth").rows() == [
        (7, 1, 1.5, 0.1, None),
        (7, 2, 3.5, None, 100.0),
    ]


@pytest.mark.parametrize("columns", ["ticid,tce_plnt_num,tce_period", "#TICID,TCE_PLNT_NUM,tce_period,new_column"])
def test_tables_of_tces_of_any_era_are_read(columns: str, tmp_path: Path) -> None:
    more = ",1" * (columns.count(",") - 2)
    rows = read_tces(written(tmp_path, f"#Mission = TESS\r\n{columns}\r\n7,1.0,2.5E0{more}\r\n"), "")
    assert rows.rows() == [(7, 1, 2.5)]


def test_masks_of_many_sectors_stay_and_infinite_values_are_null(tmp_path: Path) -> None:
    mask = "01" * 60
    content = f"ticid,tce_plnt_num,tce_sectors,tce_period,tce_depth\n7,1,{mask},Infinity,-Infinity\n"
    assert read_tces(written(tmp_path, content), "").rows() == [(7, 1, mask, None, None)]


def test_rows_of_the_portal_lose_images_and_gain_nothing(tmp_path: Path) -> None:
    rows = [
        {
            "obs_id": "tess2018206045859-s0001-0000000261136679-0120-s",
            "obsid": "60829534",
            "t_min": 58324.8,
            "s_ra": 84.3,
            "s_dec": -80.5,
        },
        {"obs_id": "tess-s0001-1-1", "obsid": "1", "t_min": 58324.8, "s_ra": 1.0, "s_dec": 2.0},
    ]
    path = tmp_path / "portal.parquet"
    Observations.of(pl.DataFrame(rows)).to_polars().write_parquet(path)
    (row,) = read_observations(path, "portal:mast").rows(named=True)
    assert (row["tic"], row["last_sector"], row["exptime"], row["obsid"]) == (261136679, 1, 120.0, "60829534")
    assert row["t_max"] is None and row["proposal_id"] is None


def test_rows_of_the_portal_that_are_not_understood_are_strange(tmp_path: Path) -> None:
    rows = [
        {"obs_id": "tess2018206045859-s0001-0000000261136679-0120-s", "s_ra": 1.0, "s_dec": 2.0},
        {"obs_id": "something-new-of-2031", "s_ra": 1.0, "s_dec": 2.0},
    ]
    path = tmp_path / "portal.parquet"
    Observations.of(pl.DataFrame(rows)).to_polars().write_parquet(path)
    found = read_observations(path, "portal:mast")
    assert strange_names(found) == ["something-new-of-2031"]
    assert without_strange(found)["tic"].to_list() == [261136679]


def test_damaged_lists_are_read_or_refused(tmp_path: Path) -> None:
    wholes: list[tuple[Callable[[Path, str], pl.DataFrame], bytes]] = [
        (read_targets, (COMMENTS + HEADER + ROWS).encode()),
        (read_hlsp_targets, b"#GAIADR3_ID,Tmag,TIC_ID,RA,DEC\n6399196263939178880,12.5,25,10.5,-5\n123,13.5,,1,2\n"),
        (read_tces, (TCES + "x-02,7,2,s0001,3.5,-1.0,100\n").encode()),
        (read_script, b"#!/bin/sh\ncurl -o x https://mast/?uri=mast:TESS/product/x.fits\n"),
    ]
    raw, path = [], tmp_path / "damaged"
    for number, chance in attempts(60):
        read, whole = wholes[number % len(wholes)]
        path.write_bytes(altered(whole, chance))
        try:
            read(path, "")
        except ValueError as error:
            assert "damaged" in str(error)
        except Exception as error:  # noqa: BLE001
            raw.append((number, repr(error)))
    assert raw == []


@pytest.mark.real
def test_real_target_lists_have_the_rows_that_they_say(real: Path) -> None:
    counts = {}
    for path in (real / "target-lists").glob("*.csv*"):
        rows = read_targets(path, "")
        assert rows["tic"].is_unique().all() and rows.null_count().sum_horizontal().item() == 0
        assert rows.schema["ra"] == pl.Int32
        counts[path.name.split("_")[2]] = len(rows)
    assert counts == {"S001": 15_899, "S014": 20_000, "S027": 1_000, "S056": 2_272}


@pytest.mark.real
def test_a_target_list_is_a_plan_ten_targets_of_sector_1_have_no_file(real: Path) -> None:
    planned = set(read_targets(real / "target-lists" / "all_targets_S001_v1.csv.gz", "")["tic"])
    there = set(read_script(real / "scripts" / "tesscurl_sector_1_lc.sh.gz", "")["tic"])
    assert len(planned - there) == 10 and {38877693, 44577667, 149251611} <= planned - there
    assert there <= planned


@pytest.mark.real
def test_real_tables_of_tces_are_read_whatever_their_columns(real: Path) -> None:
    for path in (real / "scripts").glob("*tcestats.csv"):
        rows = read_tces(path, "")
        columns = {"ticid": pl.Int64, "tce_plnt_num": pl.Int32, "tce_period": pl.Float64, "tce_depth": pl.Float64}
        wanted = pl.read_csv(path, comment_prefix="#", columns=list(columns), schema_overrides=columns)
        wanted = wanted.sort("ticid", "tce_plnt_num")
        assert rows["tic"].to_list() == wanted["ticid"].to_list()
        assert rows["period"].to_list() == wanted["tce_period"].to_list()
        assert rows["depth"].to_list() == wanted["tce_depth"].to_list()
