"""Tables of TOIs of any year: columns are found by name, numbers keep their digits, and what is no such table is named."""

from __future__ import annotations

import csv
import gzip
import io
import logging
import re
from pathlib import Path

import pytest
from astropy.table import QTable
from fuzz import altered, attempts
from toi_case import HEADERS, KEYS, PREAMBLE, ROWS, table, toi

from tess_source.errors import LoadError
from tess_source_stars.toi.columns import columns_of_header
from tess_source_stars.toi.reading import date_of, read_tois, tois_of_bytes
from tess_source_stars.toi.table import Tois


@pytest.mark.parametrize("year", HEADERS)
def test_headers_of_all_years_mean_the_same(year: str) -> None:
    (row, *_) = tois_of_bytes(table(year=year), "a table")
    wanted = {
        "toi": "700.01", "tic": 150428135, "disposition": "CP", "period": 16.051098, "period_err": 1e-5, "epoch": 2000.123456,
        "epoch_err": 0.0005, "duration": 2.5, "duration_err": 0.1, "depth": 1000.0, "depth_err": 20.0, "planet_radius": 2.1, "tmag": 10.5,
        "sectors": "1-2,27", "comments": "TOI-700 c, in the middle", "alerted": "2019-05-07",
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    "data",
    [
        table(bom=False),
        table(end="\n"),
        table(before=()),
        table(before=("# TESS Object of Interest", "# File Created: 2020-10-26", "# TIC 1 to TIC 9")),
        table(delimiter="|"),
        table(delimiter="\t", quoted=False),
        table(delimiter="|", quoted=False),
        table() + b"\r\n\r\n",
        table().rstrip(),
        table(delimiter="\t").decode("utf-8-sig").encode("utf-16"),
    ],
    ids=[
        "no BOM",
        "LF",
        "no preamble",
        "comments",
        "bars",
        "tabs",
        "bare bars",
        "blank lines at the end",
        "no end",
        "UTF-16",
    ],
)
def test_a_table_is_read_however_it_is_written(data: bytes) -> None:
    found = tois_of_bytes(data, "a table")
    assert found["toi"].to_list() == [row["toi"] for row in ROWS]
    assert found["comments"].to_list()[3] == 'EB; "V-shaped"'


@pytest.mark.parametrize(
    ("header", "places"),
    [
        (
            "Planet Name,Master priority,Depth (mmag),Depth (mmag) err,TOI,RA,TIC ID,Epoch (BJD),Depth (ppm)",
            {"planet": 0, "toi": 4, "tic": 6, "epoch": 7, "depth": 8},
        ),
        (
            "TIC,Full TOI ID,Orbital Epoch Value,Epoch Uncertainty,Orbital Period (days) Value,Orbital Period Uncertainty,"
            "Transit Duration (hours) Value,Transit Duration (hours) Uncertainty,TIC Right Ascension,Updated",
            {"tic": 0, "toi": 1, "epoch": 2, "epoch_err": 3, "period": 4, "period_err": 5, "duration": 6, "duration_err": 7, "updated": 9},
        ),
        (
            "tic_id,toi_id,Disposition,RA,Dec,Tmag,Tmag Err,Epoc,Epoc Err,Period,Period Err,Duration,Duration Err,R_s,R_p,R_p Err",
            {"tic": 0, "toi": 1, "tess_disposition": 2, "tmag": 5, "epoch": 7, "epoch_err": 8, "period": 9, "period_err": 10,
             "duration": 11, "duration_err": 12, "planet_radius": 14, "planet_radius_err": 15},
        ),
        (
            "TIC ID,CTOI,Initial Community Disposition,Transit Epoch (BJD) err,Transit Epoch (BJD),Depth ppm Error,Duration (hrs) Error",
            {"tic": 0, "ctoi": 1, "tess_disposition": 2, "epoch_err": 3, "epoch": 4, "depth_err": 5, "duration_err": 6},
        ),
        (
            "TIC ID,CTOI,Midpoint (BJD),Midpoint err,Stellar Radius (R_Sun),Radius (R_Earth),Radius (R_Earth) Error",
            {"tic": 0, "ctoi": 1, "epoch": 2, "epoch_err": 3, "planet_radius": 5, "planet_radius_err": 6},
        ),
        (
            "Disposition,TESS Disposition,TIC ID,TOI,Duration (days),Depth (%),Epoch (MJD),Planet Radius (R_Jup),Radius,Radius (R_Sun)",
            {"tess_disposition": 1, "tic": 2, "toi": 3},
        ),
    ],
    ids=["mixed", "MIT 2026", "alerts of 2018", "CTOIs 2023", "CTOIs 2019", "other units"],
)  # fmt: skip
def test_columns_are_found_by_name_and_unit_and_unknown_ones_are_passed_over(
    header: str, places: dict[str, int]
) -> None:
    assert columns_of_header(header.split(",")) == places


@pytest.mark.parametrize(
    ("given", "epoch"),
    [("2459000.123456", 2000.123456), ("2000.123456", 2000.123456), ("2454368.25", -2631.75), ("0.0", None), ("", None), ("59000.5", None),
     ("nan", None), ("1e400", None), ("soon", None)],
)  # fmt: skip
def test_full_julian_dates_become_btjd_and_btjd_stays(given: str, epoch: float | None) -> None:
    assert tois_of_bytes(table([toi("1.01", 5, epoch=given)]), "a table")["epoch"].to_list() == [epoch]


def test_a_compressed_table_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "toi.csv.gz"
    path.write_bytes(gzip.compress(table()))
    assert read_tois(path)["toi"].to_list() == [row["toi"] for row in ROWS]


@pytest.mark.parametrize("given", ["-999", "-999.0", "masked", "\\N"])
def test_what_programs_write_for_not_known_is_null(given: str, caplog: pytest.LogCaptureFixture) -> None:
    (row,) = tois_of_bytes(table([toi("1.01", 5, radius=given, tmag=given)]), "a table")
    assert (row["planet_radius"], row["tmag"], caplog.text) == (None, None, "")


def test_a_zero_that_stands_for_not_known_is_null() -> None:
    (row,) = tois_of_bytes(table([toi("1.01", 5, period="0", period_err="0", duration="0.0")]), "a table")
    assert (row["period"], row["period_err"], row["duration"]) == (None, None, None)


@pytest.mark.parametrize(
    ("given", "sectors"),
    [
        ("1,2,27", "1-2,27"),
        ("17 21 24 25", "17,21,24-25"),
        ("1, 2", "1-2"),
        ("", None),
        ("S1", "S1"),
        ("[28, 68]", "28,68"),
        ("1,2,13368,56", "1,2,13368,56"),
        ("1-3,5", "1-3,5"),
    ],
)
def test_sectors_are_in_one_spelling_or_as_they_stand_if_they_are_no_list(given: str, sectors: str | None) -> None:
    assert tois_of_bytes(table([toi("1.01", 5, sectors=given)]), "a table")["sectors"].to_list() == [sectors]


def test_a_number_that_lost_its_last_zero_is_the_tenth_candidate() -> None:
    assert tois_of_bytes(table([toi("1233.1", 5)]), "a table")["toi"].to_list() == ["1233.10"]


def test_values_and_columns_that_cannot_be_read_are_null_and_told(caplog: pytest.LogCaptureFixture) -> None:
    rows = [
        toi("1.01", 5, period="1.234.567", epoch="59000.5", depth="1,000"), toi("2.01", 6, period="nan", depth="N/A", duration="--"),
        toi("2.01", 6, period="-1"),
    ]  # fmt: skip
    found = tois_of_bytes(table(rows), "a table")
    assert found["period"].to_list() == [None, None, None]
    assert (found["depth"].to_list(), found["duration"].to_list()) == ([None, None, 1000.0], [2.5, None, 2.5])
    assert "2 values of period cannot be read, and are null: '1.234.567'" in caplog.text
    assert "1 value of epoch cannot be read, and is null: '59000.5'" in caplog.text
    assert "1 value of depth cannot be read, and is null: '1,000'" in caplog.text
    assert "1 TOI in more than one row: 2.01" in caplog.text
    assert "duration" not in caplog.text
    assert tois_of_bytes(b"TIC ID,TOI,Period (days)\n5,1.01,3.5\n", "a list")["period"].to_list() == [3.5]
    assert "a list: no column is recognised as disposition, epoch, duration: there it is null" in caplog.text


def test_community_tois_in_more_than_one_row_are_told(caplog: pytest.LogCaptureFixture) -> None:
    tois_of_bytes(b"TIC,CTOI\n5,5.01\n5,5.01\n6,6.01\n", "a list")
    assert "a list: 1 community TOI in more than one row: 5.01" in caplog.text


def test_a_row_needs_the_number_of_a_toi_or_of_a_community_toi(caplog: pytest.LogCaptureFixture) -> None:
    found = tois_of_bytes(b"TIC,CTOI,TOI\n5,5.01,\n6,,700.0200\n7,,\n8,8.01,9.1,,\n", "a list")
    assert found.to_polars().select("tic", "toi", "ctoi").rows() == [
        (5, None, "5.01"),
        (6, "700.02", None),
        (8, "9.10", "8.01"),
    ]
    assert "a list: 1 row cannot be read, and is left out (line 4)" in caplog.text


def test_characters_of_windows_are_read_and_line_ends_of_old_macs() -> None:
    data = table([toi("1.01", 5, comment="Kov\u00e1cs"), toi("2.01", 6, comment="caf\u00e9")], end="\r")
    mixed = data.replace("caf\u00e9".encode(), b"caf\xe9").replace(b"\r", b"\n")
    for one in (data, mixed):
        assert tois_of_bytes(one, "a table")["comments"].to_list() == ["Kov\u00e1cs", "caf\u00e9"]


def test_a_preamble_of_notes_may_be_long() -> None:
    notes = ["# This file was produced by the NASA Exoplanet Archive", "# Sat Oct  4 07:29:48 2025"]
    data = table(year="NASA", before=[*notes, *(f"# COLUMN c{number}: column, toi" for number in range(300))])
    assert len(tois_of_bytes(data, "NASA")) == len(ROWS)
    assert date_of(data) == "2025-10-04"


def test_rows_that_cannot_be_read_are_counted_and_the_others_are_there(caplog: pytest.LogCaptureFixture) -> None:
    lines = table().split(b"\r\n")
    lines[4] = lines[4].replace(b"150428135", b"unknown")  # no TIC id
    lines[5] = lines[5][:40]  # cut, in a quoted cell
    lines[6] += b',"one too many"'
    with caplog.at_level(logging.WARNING):
        found = tois_of_bytes(b"\r\n".join(lines), "exofop.csv")
    assert found["toi"].to_list() == ["700.01", "3505.01", "175.01"]
    assert "exofop.csv: 3 rows cannot be read, and are left out (line 5, line 6, line 7)" in caplog.text


@pytest.mark.parametrize("last", [False, True])
def test_a_comment_of_several_lines_is_one_cell(last: bool, caplog: pytest.LogCaptureFixture) -> None:
    comment = 'first\nsecond, "third"'
    if last:
        cells = comment.replace('"', '""')
        header = "TIC ID,TOI,Epoch,Period,Duration,Disposition,Comments"
        data = f'{header}\n5,1.01,,,,,"{cells}"\n6,2.01,,,,,\n'.encode()
    else:
        data = table([toi("1.01", 5, comment=comment), toi("2.01", 6)])
    found = tois_of_bytes(data, "a table")
    assert found["comments"].to_list() == [comment, None]
    assert not caplog.text


def test_a_quote_without_its_other_half_swallows_no_row(caplog: pytest.LogCaptureFixture) -> None:
    data = b'TIC ID,TOI,TESS Disposition,Comments\n5,1.01,PC,"open\n6,2.01,PC,\n7,3.01,PC,"EB"\n8,4.01,PC,\n'
    assert tois_of_bytes(data, "a table")["toi"].to_list() == ["1.01", "2.01", "3.01", "4.01"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"<!DOCTYPE html><html><head><title>Site\n down</title></head></html>",
            "it is a page of HTML, titled 'Site down'",
        ),
        (b"", "it is empty"),
        (b'{"msg": "no"}', "it is JSON"),
        (b'<?xml version="1.0"?><VOTABLE/>', "it is XML"),
        (b"TIC ID,PATHOS ID,Cluster\n1,2,3\n", "it begins with 'TIC ID,PATHOS ID,Cluster'"),
        (b"\x89PNG\r\n\x1a\n\0\0", "it begins with"),
        (table([toi("none", 5), toi("x", 6)]), "none of its 2 rows has a TIC id and a TOI"),
    ],
    ids=["HTML", "empty", "JSON", "XML", "other columns", "a picture", "no row"],
)
def test_what_is_no_table_of_tois_is_named(data: bytes, said: str) -> None:
    with pytest.raises(LoadError, match="the answer is no table of TOIs") as caught:
        tois_of_bytes(data, "the answer")
    assert said in str(caught.value)


def test_a_table_without_rows_is_empty() -> None:
    assert len(tois_of_bytes(table([]), "a table")) == 0


def test_a_table_says_of_what_day_it_is() -> None:
    assert date_of(table()) == "2024-09-30"
    assert date_of(b"# TESS Object of Interest\n# File Created: 2020-10-26\n") == "2020-10-26"
    assert date_of(b"# toi-catalog\n# Generated on 2026-01-12\n") == "2026-01-12"
    assert date_of(table(before=())) is None
    assert date_of(PREAMBLE.replace("Sep 30", "Sep 31").encode()) is None


def test_an_astropy_table_has_units_and_times() -> None:
    made = tois_of_bytes(table(), "a table").to_table()
    assert [str(made[name].unit) for name in ("period", "duration", "planet_radius")] == ["d", "h", "earthRad"]
    assert made["epoch"][0].jd == pytest.approx(2459000.123456, abs=1e-9)
    assert made["epoch"].scale == "tdb"
    assert "TFOPWG" in made["disposition"].info.description


def test_a_table_is_saved_as_fits_once_its_radii_are_in_a_unit_that_fits_has(tmp_path: Path) -> None:
    made = tois_of_bytes(table(), "a table").to_table()
    for name in ("planet_radius", "planet_radius_err"):
        made[name] = made[name].to("solRad")
    made.write(tmp_path / "tois.fits")
    again = QTable.read(tmp_path / "tois.fits", astropy_native=True)
    assert again["planet_radius"].to_value("solRad") == pytest.approx(
        made["planet_radius"].to_value("solRad"), nan_ok=True
    )
    assert str(again["depth"].unit) == "1e-06"
    assert again["epoch"][0].jd == pytest.approx(made["epoch"][0].jd, abs=1e-9)


@pytest.mark.real
def test_the_real_tables_are_read(real: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = real / "toi"
    exofop = read_tois(folder / "exofop_download_toi_2024-09-30_first200.csv")
    (wasp46,) = exofop.where(exofop["toi"] == "101.01")
    assert (wasp46["tic"], wasp46["disposition"], wasp46["sectors"]) == (231663901, "KP", "1,27,67")
    assert (wasp46["period"], wasp46["epoch"], wasp46["source"]) == (
        1.4303699496507, 1326.009117, "exofop_download_toi_2024-09-30_first200.csv of 2024-09-30",
    )  # fmt: skip
    mit = read_tois(folder / "tev_toi_release_2020_first100.txt")
    (qatar,) = mit.where(mit["toi"] == "1465.01")
    assert (qatar["epoch"], qatar["sectors"], qatar["disposition"]) == (1766.006734, "17,21,24-25", "KP")
    community = read_tois(folder / "exofop_ctoi_first150.csv")
    assert (community["ctoi"][0], community["epoch"][0], community["depth"][0]) == ("17361.01", 1596.9598, 10036.0)
    assert (len(exofop), len(mit), len(community)) == (200, 100, 150)
    with pytest.raises(LoadError, match="no table of TOIs"):
        read_tois(folder / "pathos_candidates.csv")
    assert not caplog.text


COMMENTS = ("", "EB, blended", 'a "V" shape', "first\nsecond", '5" off; |low|', "\tcaf\u00e9", "TIC ID, TOI", "# 3")


def test_a_table_of_any_order_and_style_gives_all_its_rows_or_tells_of_them(caplog: pytest.LogCaptureFixture) -> None:
    for number, chance in attempts(30, 2000):
        caplog.clear()
        year, wrong = chance.choice([*HEADERS]), chance.randrange(4)
        rows = [
            toi(f"{1000 + at}.01", at + 1, comment=chance.choice(COMMENTS))
            for at in range(wrong + chance.randrange(1, 6))
        ]
        bad = set(chance.sample(range(len(rows)), wrong))
        order = chance.sample(range(len(KEYS)), len(KEYS))
        out = io.StringIO(newline="")
        out.write(chance.choice(("", "# made by hand\n", f"{PREAMBLE}\r\n\r\n")))
        writer = csv.writer(
            out, delimiter=chance.choice(",|\t;"), quoting=chance.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)),
            lineterminator=chance.choice(("\r\n", "\n")),
        )  # fmt: skip
        writer.writerow([*(HEADERS[year][at] for at in order), "Imaging Observations"])
        for at, row in enumerate(rows):
            cells = {**row, "tic": "?"} if at in bad else row
            writer.writerow([*(cells[KEYS[column]] for column in order), "0"])
        found = tois_of_bytes(out.getvalue().encode(chance.choice(("utf-8", "utf-8-sig", "cp1252"))), "a table")
        good = [row for at, row in enumerate(rows) if at not in bad]
        told = re.search(r"(\d+) rows? cannot be read", caplog.text)
        assert int(told[1] if told else 0) == wrong, f"{number}: {out.getvalue()}"
        wanted = [(row["toi"], row["comment"].strip() or None, 5.25, 2000.123456, 2.5) for row in good]
        shown = found.to_polars().select("toi", "comments", "period", "epoch", "duration").rows()
        assert shown == wanted, f"{number}: {out.getvalue()}"


def test_a_damaged_table_is_read_in_part_or_refused_by_an_error_of_ours() -> None:
    whole = [table(), table(year="MIT", delimiter="|", quoted=False), table(year="2020", end="\n", bom=False)]
    strange: list[str] = []
    for number, chance in attempts(60, 3000):
        data = chance.choice(whole)
        for _ in range(chance.choice((1, 1, 3))):
            data = altered(data, chance)
        try:
            found = tois_of_bytes(data, "a table")
        except LoadError:
            continue
        except Exception as error:  # noqa: BLE001
            strange.append(f"{number}: {type(error).__name__}: {error}")
            continue
        if not (isinstance(found, Tois) and found["toi"].null_count() == found["tic"].null_count() == 0):
            strange.append(f"{number}: rows without TOI or TIC")
    assert not strange
