"""Lists of targets in files are read in whatever form they come, or refused with the line that is wrong."""

from __future__ import annotations

import gzip
import io
import json
import re
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from astropy.table import MaskedColumn, Table
from fuzz import altered, attempts

from tess_source.errors import QueryError
from tess_source.targets.lists import expand, read_targets
from tess_source.targets.parse import parse_targets
from tess_source.targets.target import Gap, ObservationKey, Target

OBS_ID = "tess2018206045859-s0001-0000000025155310-0120-s"


def tics(targets: Any) -> list[int | None]:
    return [target.tic for target in parse_targets(targets) if isinstance(target, Target)]


def means(targets: Any) -> list[Any]:
    """Give what targets mean: a TIC id, a name, a place, or an observation."""
    return [
        (target.tic or (target.ra, target.dec)) if isinstance(target, Target) else target
        for target in parse_targets(targets)
    ]


def written(folder: Path, content: str | bytes, name: str = "list.txt") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.txt", "# my stars\nTIC 1\n\n 2  # a comment\n"),
        ("list.csv", "\ufeffname,TIC ID\na,1\nb,2\n"),
        ("list.csv", "# a comment\ntarget\nTIC 1\n2\n"),
        (
            "list.ecsv",
            "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: tic, datatype: int64}\n# - {name: x, datatype: int64}\ntic x\n1 5\n2 6\n",
        ),
    ],
)
def test_a_file_of_targets_is_read(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    assert tics(read_targets(file)) == [1, 2]
    assert tics(expand(["7", f"@{file}"])) == [7, 1, 2]


def test_an_ecsv_that_astropy_wrote_is_read(tmp_path: Path) -> None:
    Table({"star": ["a b", "c"], "ticid": [1, 2]}).write(tmp_path / "x.ecsv")
    assert tics(read_targets(tmp_path / "x.ecsv")) == [1, 2]


@pytest.mark.parametrize(("content", "problem"), [("", "holds no targets"), ("a,b\n1,2\n", "no column of targets")])
def test_a_file_without_targets_is_refused_by_name(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "stars.csv"
    file.write_text(content)
    with pytest.raises(QueryError, match=f"stars.csv.*{problem}"):
        read_targets(file)
    with pytest.raises(QueryError, match=r"none\.txt.*No such file"):
        read_targets(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("tic,name\n16740101,\n,KELT-9\n", [16740101, "KELT-9"]),
        ("name,tic\nKELT-9,\npi Men,261136679\n", ["KELT-9", 261136679]),
        ("name,ra,dec\n,307.86,39.94\nKELT-9,,\n", [(307.86, 39.94), "KELT-9"]),
        ("tic,target_name,obs_id\n,TESS FFI,tess-s0055-1-1\n", [ObservationKey("obs_id", "tess-s0055-1-1")]),
        ("ID\n16740101\n", [16740101]),
        ("ID,ra,dec,Tmag\n390988385,297.04,18.69,10.9\n", [390988385]),
        ("ID,name\n1,KELT-9\n", ["KELT-9"]),
        ("tid,toi\n16740101,1.01\n", [16740101]),
        ("TIC ID,TOI\n16740101.0,1.01\n", [16740101]),
        ("ra,dec\n307.86,-39.94\n", [(307.86, -39.94)]),
        ("RA (deg),Dec. (deg)\n307.86,39.94\n", [(307.86, 39.94)]),
        ("RA_ICRS;DE_ICRS\n307.86;39.94\n", [(307.86, 39.94)]),
        ("s_ra\ts_dec\n307.86\t39.94\n", [(307.86, 39.94)]),
        ("obs_id\n" + OBS_ID, [ObservationKey("obs_id", OBS_ID)]),
        ("obsid\n27438495\n", [ObservationKey("obsid", "27438495")]),
        ("tic sector\n5 1\n6 2\n", [5, 6]),
        ("# tic sector\n5 1\n6 2\n", [5, 6]),
        ("# tic,ra,dec\n5,1,2\n", [5]),
        ("tic|ra\n5|1\n", [5]),
        (",tic\n0,16740101\n1,25155310\n", [16740101, 25155310]),
        ('"TIC ID","Comments"\n"5","a, b\nc"\n"6",""\n', [5, 6]),
        ("This file was made by X\n\n\"TIC ID\",\"TOI\",\"x\"\n\"5\",\"1\",\"2\"\n", [5]),
        ("#VizieR\nTIC\tRAJ2000\tDEJ2000\n\tdeg\tdeg\n----\t----\t----\n5\t1.0\t2.0\n", [5]),
        ('#VizieR\nName|n|RAJ2000\n | |"h:m:s"\n---------|-|-------\nHD 105923|c|12 11 38.1\n', ["HD 105923"]),
        ("TIC ID\n5\n6\n", [5, 6]),
    ],
)  # fmt: skip
def test_a_table_gives_the_best_column_that_is_not_empty(tmp_path: Path, content: str, meant: list[Any]) -> None:
    for name in ("list.csv", "list.txt"):
        assert means(read_targets(written(tmp_path, content, name))) == meant


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("16740101,257486953,261136679", [16740101, 257486953, 261136679]),
        ("16740101 257486953 261136679\n", [16740101, 257486953, 261136679]),
        ("KELT-9, pi Men, WASP-126\n", ["KELT-9", "pi Men", "WASP-126"]),
        ("['KELT-9', 'pi Men']", ["KELT-9", "pi Men"]),
        ("TIC 1,\nTIC 2,\n", [1, 2]),
        ("16740101,257486953\n261136679,25155310\n", [16740101, 257486953, 261136679, 25155310]),
        ("307.86, 39.94\n84.29 -80.47\n307.86+39.94\n", [(307.86, 39.94), (84.29, -80.47), (307.86, 39.94)]),
        ("1.674010100000000000e+07\n2.515531000000000000e+07\n", [16740101, 25155310]),
        ('"TIC 5"\n\'KELT-9\'\n', [5, "KELT-9"]),
        ("55 Cnc\nHD 1234\nGaia DR2 1824561377891719424\nK2-18\n", ["55 Cnc", "HD 1234", "Gaia DR2 1824561377891719424", "K2-18"]),
        ("KELT-9\nname\nTIC 1\n", ["KELT-9", "name", 1]),
        (OBS_ID + "\n", [ObservationKey("obs_id", OBS_ID)]),
    ],
)  # fmt: skip
def test_lines_are_targets_and_a_single_line_may_be_a_list(tmp_path: Path, content: str, meant: list[Any]) -> None:
    assert means(read_targets(written(tmp_path, content))) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ([16740101, "KELT-9", 7.0], [16740101, "KELT-9", 7]),
        ([{"tic": 16740101}, {"name": "KELT-9"}, {"ra": 1.5, "dec": 2}], [16740101, "KELT-9", (1.5, 2.0)]),
        ({"tic": [1, 2], "x": [3, 4]}, [1, 2]),
        ({"tic": {"0": 1, "1": 2}}, [1, 2]),
        ({"0": {"tic": 1}, "1": {"tic": 2}}, [1, 2]),
        ({"columns": ["tic"], "index": [0], "data": [[5]]}, [5]),
        ({"status": "COMPLETE", "fields": [{"name": "ID"}], "data": [{"ID": 10000732589}]}, [10000732589]),
        ({"targets": ["KELT-9", "pi Men"]}, ["KELT-9", "pi Men"]),
        ([[307.86, 39.94], [1, 2.5]], [(307.86, 39.94), (1.0, 2.5)]),
        ({"tic": 5}, [5]),
    ],
)
def test_json_is_read_in_rows_and_in_columns(tmp_path: Path, value: Any, meant: list[Any]) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1)):
        assert means(read_targets(written(tmp_path, text, "list.json"))) == meant


def test_json_lines_are_read_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert means(read_targets(written(tmp_path, '{"tic": 1}\n\n{"tic": null, "name": "KELT-9"}\n'))) == [1, "KELT-9"]
    with pytest.raises(QueryError, match="no JSON: line 3"):
        read_targets(written(tmp_path, '{"tic": 1}\n\n{"tic": \n'))
    with pytest.raises(QueryError, match="does not say which of its values"):
        read_targets(written(tmp_path, '[[16740101, "a"]]'))
    with pytest.raises(QueryError, match="no JSON: line 1"):
        read_targets(written(tmp_path, '{"a":' * 100_000))


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("tic,name\n16740101,\n,\n", "line 3"),
        ("tic,name\n16740101,\nnan,N/A\n", "line 3"),
        ("nan\nTIC 1\n", "line 1"),
        ('{"tic": 1}\n{"tic": null}\n', "line 2"),
        ('[{"tic": 1}, {"x": 1}]', "row 2"),
        ('[1, null]', "row 2"),
        ("ra,dec\n1.5,\n2.5,3\n", "line 2"),
    ],
)  # fmt: skip
def test_a_row_without_a_target_is_an_error_that_says_where_or_is_counted(
    tmp_path: Path, content: str, where: str
) -> None:
    file = written(tmp_path, content)
    with pytest.raises(QueryError, match=rf"list\.txt': 1 of 2 rows has no target \({where}\).*missing='skip'"):
        read_targets(file)
    assert len(read_targets(file, missing="skip")) == 1
    assert [gap.where for gap in expand([f"@{file}"], "skip") if isinstance(gap, Gap)] == [f"{where} of '{file}'"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("16740101,14\n257486953,15\n", "several values in line 1 and no header"),
        ("16740101 14\n257486953 15\n", "several values in line 1 and no header"),
        ("KELT-9,1.5\nWASP-126,2.5\n", "several values in line 1 and no header"),
        ("16740101 14\n", "several values in line 1"),
        ("tic,name\n,\n,\n", "2 of 2 rows have no target"),
        ("tic,name\n", "holds no targets"),
        ("ID,ra,dec\n1,307.86,39.94\n2,3,4\n", "column 'ID' counts the rows"),
        ("name tic\npi Men 5\n", "3 words for 2 columns in line 2"),
    ],
)
def test_a_list_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(QueryError, match=problem):
        read_targets(written(tmp_path, content))


@pytest.mark.parametrize(
    "form",
    ["fits", "votable", "ascii.ecsv", "ascii.csv", "ascii.tab", "ascii.commented_header", "ascii.basic", "ascii.rdb"],
)
def test_what_astropy_writes_is_read(tmp_path: Path, form: str) -> None:
    table = Table({"TIC": MaskedColumn([5, 6], mask=[False, True]), "name": ["a", "KELT-9"]})
    table.write(tmp_path / "list.dat", format=form)
    assert means(read_targets(tmp_path / "list.dat")) == [5, "KELT-9"]


@pytest.mark.parametrize("orient", ["records", "columns", "index", "split", "table"])
def test_what_pandas_writes_is_read(tmp_path: Path, orient: Any) -> None:
    frame = pd.DataFrame({"tic": [5, None], "name": ["a", "pi Men"]})
    frame.to_json(tmp_path / "list.json", orient=orient)
    assert means(read_targets(tmp_path / "list.json")) == [5, "pi Men"]
    frame.to_csv(tmp_path / "list.csv.gz", sep=";")
    assert means(read_targets(tmp_path / "list.csv.gz")) == [5, "pi Men"]


def test_what_polars_writes_is_read(tmp_path: Path) -> None:
    frame, file = pl.DataFrame({"tic": [5, None], "name": ["a", "pi Men"]}), tmp_path / "list.dat"
    for write in (frame.write_parquet, frame.write_json, frame.write_ndjson, frame.write_csv):
        write(file)  # type: ignore[operator]
        assert means(read_targets(file)) == [5, "pi Men"]


def test_utf_16_and_gzip_are_read(tmp_path: Path) -> None:
    assert means(read_targets(written(tmp_path, "TIC 1\nKELT\u20139\n".encode("utf-16")))) == [1, "KELT-9"]
    assert means(read_targets(written(tmp_path, gzip.compress(b"tic\n1\n"), "list.csv.gz"))) == [1]


def test_a_compressed_list_that_is_damaged_is_named(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress("".join(f"{number * number}\n" for number in range(3000)).encode()))
    packed[300] ^= 0x55
    for content in (packed, packed[:300]):
        with pytest.raises(QueryError, match=r"list\.csv\.gz' cannot be read: its compressed bytes are (damaged|cut)"):
            read_targets(written(tmp_path, bytes(content), "list.csv.gz"))


def test_standard_input_is_read_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("tic,name\n1,\n,KELT-9\n"))
    assert list(expand(["-", "7"])) == ["1", "KELT-9", "7"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "rows", "first"),
    [
        ("toi/exofop_download_toi_2024-09-30_first200.csv", 200, 231663901),
        ("toi/exofop_ctoi_first150.csv", 150, 17361),
        ("toi/pathos_candidates.csv", 43, 394126269),
        ("toi/tev_toi_release_2020_first100.txt", 100, 176860064),
        ("tic/tic.json", 7, 10000732589),
        ("tic/tic_v8_cone_toi3505_first80.csv", 80, 390988385),
        ("target-lists/all_targets_S001_v1.csv.gz", 15899, 8195886),
        ("target-lists/all_targets_S014_v1.csv.gz", 20000, 7582594),
        ("target-lists/targets_20s_S027_tess-atl.csv", 1000, 2527981),
        ("target-lists/targets_20s_S056_tess-atl.csv", 2272, 10551067),
        ("scripts/tess2018206190142-s0001-s0009_dvr-tcestats.csv", 6, 40719527),
        ("tables/kelt9_tic16740101_observations_33cols.csv", 12, 16740101),
    ],
)
def test_the_lists_that_people_have_are_lists_of_targets(real: Path, file: str, rows: int, first: int) -> None:
    found = tics(read_targets(real / file))
    assert (len(found), found[0]) == (rows, first)


IPAC = """\\ made by a database
|  tic |     ra |   dec | name |
|  int | double |double | char |
     5   307.86   39.94  a # b
  null   307.86   39.94  c d
"""
JOURNAL = """Title: Stars
Table: Some stars
================================================================================
Byte-by-byte Description of file: t1_mrt.txt
--------------------------------------------------------------------------------
   Bytes Format Units     Label     Explanations
--------------------------------------------------------------------------------
   1-  9 I9     ---       TIC       ? TIC id
  11- 12 I2     h         RAh       Hour of right ascension
  14- 15 I2     min       RAm       Minute of right ascension
  17- 20 F4.1   s         RAs       Second of right ascension
      22 A1     ---       DE-       Sign of declination
  23- 24 I2     deg       DEd       Degree of declination
  26- 27 I2     arcmin    DEm       Arcminute of declination
  29- 30 I2     arcsec    DEs       Arcsecond of declination
--------------------------------------------------------------------------------
Note (1): a note
--------------------------------------------------------------------------------
        5 20 30 00.0 -39 30 00
          20 30 00.0 -39 30 00
"""


@pytest.mark.parametrize(
    ("content", "meant"),
    [
        ("ra;dec\n307,86;39,94\n", [(307.86, 39.94)]),
        ("tic,ra,dec\n,deg,deg\n5,307.86,39.94\n", [5]),
        ("| tic | name |\n|-----|:----:|\n| 5 | KELT-9 |\n", [5]),
        ("tic,tic\n5,6\n", [5]),
        ('tic,x\n="16740101",1\n', [16740101]),
        ("TIC No.,x\n5,1\n", [5]),
        ("RA_hms,Dec_dms\n20:30:00,+39:30:00\n", [(307.5, 39.5)]),
        ("[16740101, 257486953,]", [16740101, 257486953]),
        ("[\n'TIC 5',\n'KELT-9',\n]\n", [5, "KELT-9"]),
        ("[{'tic': 5}, {'tic': None, 'name': 'KELT-9'}]", [5, "KELT-9"]),
        ("[(307.86, 39.94), (1, 2.5)]", [(307.86, 39.94), (1.0, 2.5)]),
        ("[307.86, 39.94]", [(307.86, 39.94)]),
        ('{"metadata": [{"name": "ID"}, {"name": "ra"}], "data": [[5, 1.5]]}', [5]),
        ('{"fields": [{"name": "ID"}], "data": [[5]]}', [5]),
        ('{"info": [{"name": "ID"}, {"name": "ra"}], "data": [[5, 1.5]]}', [5]),
        (IPAC, [5, "c d"]),
        ("| tic |\n|-----|\n| 5 |\n", [5]),
        (JOURNAL, [5, (307.5, -39.5)]),
        ("tic,name\n5,\u00e9toile\n".encode("latin-1"), [5]),
        (b"name\nKELT\x969\n", ["KELT-9"]),
        ("tic\n5\n".encode("utf-32"), [5]),
    ],
    ids=repr,
)
def test_lists_from_spreadsheets_databases_and_python_are_read(
    tmp_path: Path, content: str | bytes, meant: list[Any]
) -> None:
    assert means(read_targets(written(tmp_path, content))) == meant


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04\x14\x00", b"\x93NUMPY\x01\x00", "tic\n5\n".encode("utf-16-le"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
)
def test_a_file_that_is_no_text_is_not_a_list_of_strange_names(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(QueryError, match="it is neither text nor FITS, VOTable or Parquet; save a spreadsheet as CSV"):
        read_targets(written(tmp_path, content))


def test_a_number_with_commas_is_not_three_stars(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="'16,740,101' may be one TIC id or several"):
        means(read_targets(written(tmp_path, 'tic,name\n"16,740,101",KELT-9\n')))


def test_a_file_without_a_column_of_targets_is_named(tmp_path: Path) -> None:
    pl.DataFrame({"vic": [1]}).write_parquet(file := tmp_path / "list.parquet")
    with pytest.raises(QueryError, match=rf"{re.escape(repr(str(file)))} has no column of targets .*; it has vic"):
        read_targets(file)


@pytest.mark.parametrize("form", ["parquet", "fits", "votable", "json", "jsonl"])
def test_a_damaged_list_is_read_or_refused_by_name(tmp_path: Path, form: str) -> None:
    table, file = Table({"tic": [1, 2, 3], "note": ["a", "b", "c"]}), tmp_path / f"list.{form}"
    match form:
        case "parquet":
            pl.DataFrame({"tic": [1, 2, 3], "note": ["a", None, "c"]}).write_parquet(file)
        case "fits" | "votable":
            table.write(file, format=form)
        case _:
            file.write_text('{"tic": 1}\n' * (3 if form == "jsonl" else 1))
    data, raw = file.read_bytes(), []
    for number, chance in attempts(12):
        file.write_bytes(altered(data, chance))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # astropy warns of what it mends
                read_targets(file)
        except QueryError as error:
            assert repr(str(file)) in str(error)
        except Exception as error:  # noqa: BLE001  what is counted here
            raw.append((number, repr(error)))
    assert raw == []


@pytest.mark.parametrize("content", ["[" * 100_000, '{"tic": 1}\n{"tic":' + "[" * 100_000, "[" + "9" * 5000 + "]"])
def test_json_that_python_cannot_read_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(QueryError):
        read_targets(written(tmp_path, content, "list.json"))
