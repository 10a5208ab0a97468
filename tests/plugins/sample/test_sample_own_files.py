"""Files and rows of one's own in a sample archive: served as they are, and listed in every way."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import polars as pl
import pytest
from astropy.table import Table
from fuzz import altered, attempts

from tess_source import Session, names
from tess_source.cli.program import main
from tess_source.errors import QueryError, TableError, TessSourceError
from tess_source_sample.columns import OBSERVATIONS
from tess_source_sample.server import SampleArchive

LC = "tess2018206045859-s0001-0000000000000777-0120-s_lc.fits"
OBS_ID = LC.removesuffix("_lc.fits")


@pytest.fixture
def archive() -> SampleArchive:
    """An archive that does not listen."""
    return SampleArchive()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A light curve of a pipeline of one's own, with the archive's name."""
    made = SampleArchive()
    made.add(777, 1, np.ones(5))
    path = tmp_path / LC
    path.write_bytes(made.store.get(LC, made.catalogue.files[f"mast:TESS/product/{LC}"]["size"]).body)
    return path


# -- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.real
def test_every_real_file_with_its_name_is_served_as_it_is_and_listed_with_what_its_header_says(
    archive: SampleArchive, real: Path
) -> None:
    paths = [
        path for folder in ("lc", "dvt", "dvr-xml", "pdf", "hlsp", "cbv") for path in sorted((real / folder).iterdir())
    ]
    added = 0
    for path in paths:
        if names.parse(path.name).kind == "other":
            with pytest.raises(QueryError, match="is no name of a TESS product: give the file such a name as"):
                archive.add_file(path)
            continue
        uri = archive.add_file(path)
        made = archive.catalogue.own(uri)
        assert made and made.body == path.read_bytes(), path.name
        row = archive.catalogue.files[uri]
        observation = archive.catalogue.by_obsid[row["obsID"]]
        assert row["size"] == len(made.body)
        assert row in archive.catalogue.products[observation["obsid"]]
        assert names.parse_obs_id(observation["obs_id"]).kind != "other", path.name
        assert observation["s_region"] and observation["t_min"] < observation["t_max"]
        added += 1
    assert added > 30
    tess = archive.catalogue.of_targets(["218795833"])  # its name says a number of Gaia, its header the TIC
    assert [(row["provenance_name"], row["sequence_number"], row["t_exptime"]) for row in tess] == [("TGLC", 8, 1800)]


@pytest.mark.real
def test_files_with_other_names_and_damaged_ones_are_served_under_a_uri(archive: SampleArchive, real: Path) -> None:
    for number, path in enumerate(sorted([*real.glob("lc/test-*"), *real.glob("tp/*")]), 1):
        kind = "lc" if "lc" in path.name else "tp"
        name = f"tess2018206045859-s0001-{number:016d}-0120-s_{kind}.fits" + (".gz" if path.suffix == ".gz" else "")
        uri = archive.add_file(path, uri=f"mast:TESS/product/{name}", ra=10.0, dec=-60.0)
        made = archive.catalogue.own(uri)
        assert made and made.body == path.read_bytes()
        (row,) = archive.catalogue.of_targets([str(number)])
        assert (row["s_ra"], row["s_dec"], row["sequence_number"]) == (10.0, -60.0, 1)


def test_it_is_found_and_sent_byte_by_byte_under_all_addresses(
    fresh_archive: SampleArchive, own: Path, tmp_path: Path
) -> None:
    own.write_bytes(own.read_bytes()[:-1] + b"!")
    uri = fresh_archive.add_file(own)
    own_bytes = own.read_bytes()
    own.unlink()
    session = Session(fresh_archive.url, cache=tmp_path / "cache")
    found = session.search("TIC 777")
    assert found.to_polars()["filename"].to_list() == [LC]
    key = fresh_archive.bucket.objects.key(uri)
    assert fresh_archive.bucket.look_up(uri)["path"] == f"/{key}"
    for address in (f"/api/v0.1/Download/file?uri={uri}", f"/{key}", f"/stpubdata/{key}"):
        with urlopen(fresh_archive.url + address) as answer:
            assert answer.read() == own_bytes, address


def test_a_file_takes_the_place_of_the_simulated_one(archive: SampleArchive, own: Path) -> None:
    archive.add(777, 1, np.ones(9))
    uri = f"mast:TESS/product/{LC}"
    row = archive.catalogue.files[uri]
    key = archive.bucket.objects.key(uri)
    before = archive.bucket.etag(key)
    count = len(archive.catalogue.observations)
    archive.add_file(own)
    assert archive.catalogue.files[uri] == row | {"size": own.stat().st_size}
    assert archive.bucket.etag(key) != before
    assert len(archive.catalogue.observations) == count
    assert [row["productFilename"][-7:] for row in archive.catalogue.products[row["obsID"]]] == ["lc.fits", "tp.fits"]


def test_what_is_said_counts_before_name_and_header(archive: SampleArchive, own: Path) -> None:
    uri = archive.add_file(own, obs_id="my-own-1", star=5, sector=2, exptime=60, ra=1.5, dec=2.5)
    assert uri == f"mast:TESS/product/{LC}"
    (row,) = archive.catalogue.of_targets(["5"])
    said = ("obs_id", "sequence_number", "t_exptime", "s_ra", "s_dec")
    assert [row[name] for name in said] == ["my-own-1", 2, 60, 1.5, 2.5]


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("my.fits", {}, "my.fits is no name of a TESS product: give the file such a name as tess2018"),
        ("my.fits", {"obs_id": "mine"}, "says of which star"),
        ("my.fits", {"obs_id": "mine", "star": 5}, "says of which sector"),
        ("my.fits", {"obs_id": "mine", "star": 5, "sector": 999}, "is of sector 999: the mission has 1 to 108"),
        ("tess2018206190142-s0001-s0001_dvr-tcestats.csv", {}, "has no known place at the archive"),
        (LC, {"uri": "https://x.org/y.fits"}, "uri is 'https://x.org/y.fits': it is such as"),
        (LC, {"uri": "mast:"}, "uri is 'mast:'"),
    ],
)
def test_a_file_of_which_too_little_is_known_is_an_error(
    archive: SampleArchive, tmp_path: Path, name: str, said: dict[str, Any], message: str
) -> None:
    (tmp_path / name).write_bytes(b"nothing")
    before = list(archive.catalogue.observations), dict(archive.catalogue.files)
    with pytest.raises(QueryError, match=message):
        archive.add_file(tmp_path / name, **said)
    assert (list(archive.catalogue.observations), dict(archive.catalogue.files)) == before


def test_a_file_that_is_not_there_is_an_os_error(archive: SampleArchive, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        archive.add_file(tmp_path / LC)


def test_a_uri_of_another_observation_cannot_be_taken(archive: SampleArchive, own: Path) -> None:
    archive.add_file(own)
    with pytest.raises(QueryError, match=f"belongs to the observation {OBS_ID}"):
        archive.add_file(own, obs_id="mine")


def test_no_header_breaks_the_archive(own: Path, tmp_path: Path) -> None:
    good, raw = own.read_bytes(), []
    for number, chance in attempts(40):
        archive = SampleArchive()
        data = altered(good[:5760], chance) + good[5760:]
        path = tmp_path / (LC if chance.random() < 0.5 else f"{LC}.gz")
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        try:
            archive.add_file(path)
        except TessSourceError:
            continue
        except Exception as error:  # noqa: BLE001 - what is listed here is the failure
            raw.append((number, error))
    assert not raw


# -- rows ----------------------------------------------------------------------------------------------------------

ROW: dict[str, Any] = {
    "obs_collection": "TESS",
    "provenance_name": "SPOC",
    "project": "TESS",
    "dataproduct_type": "timeseries",
    "target_name": "777",
    "obs_id": OBS_ID,
    "s_ra": 10.5,
    "s_dec": -60.0,
    "t_exptime": 120.0,
    "sequence_number": 1,
    "dataURL": f"mast:TESS/product/{LC}",
}


@pytest.mark.real
@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("kelt9_tic16740101_observations_33cols.csv", 12),
        ("tic141914082_s1_observation_33cols.csv", 1),
        ("beginner_search_ffi_and_lc_observations_3rows.csv", 3),
    ],
)
def test_real_tables_of_observations_are_taken(archive: SampleArchive, real: Path, table: str, rows: int) -> None:
    before = {row["obs_id"]: row for row in archive.catalogue.observations}
    assert archive.add_rows(real / "tables" / table) == rows
    for row in archive.catalogue.observations:
        assert list(row) == [column.name for column in OBSERVATIONS]
        there = before.get(row["obs_id"])
        if there:  # ours were made after the real ones: what is given says the same, in the same types
            assert all(
                row[name] == there[name] or row[name] is None for name in ("obsid", "s_ra", "t_exptime", "dataURL")
            )
            assert type(row["obsid"]) is int and type(row["t_exptime"]) is type(there["t_exptime"])


@pytest.mark.real
def test_real_products_come_with_their_observations(archive: SampleArchive, real: Path) -> None:
    tables = real / "tables"
    archive.add_rows(
        tables / "kelt9_tic16740101_observations_33cols.csv",
        products=tables / "kelt9_tic16740101_products_first20of96_20cols.csv",
    )
    products = archive.catalogue.products[27438495]
    assert {row["obs_id"] for row in products} == {"tess2019198215352-s0014-0000000016740101-0150-s"}
    assert all(type(row["size"]) is int and row["obsID"] == 27438495 for row in products)


@pytest.mark.parametrize("form", ["csv", "ecsv", "polars", "pandas", "astropy", "mappings"])
def test_a_table_may_have_any_form(archive: SampleArchive, tmp_path: Path, form: str) -> None:
    rows = [
        ROW,
        {**ROW, "obs_id": "tess2018206045859-s0001-0000000000000778-0120-s", "target_name": "778", "dataURL": None},
    ]
    frame = pl.DataFrame(rows)
    path = tmp_path / f"rows.{form}"
    match form:
        case "csv":
            frame.write_csv(path)
        case "ecsv":
            Table(rows=[{k: v or "--" for k, v in row.items()} for row in rows]).write(path, format="ascii.ecsv")
    pandas = pytest.importorskip("pandas") if form == "pandas" else None
    tables = {
        "polars": frame,
        "pandas": pandas and pandas.DataFrame(rows),
        "astropy": Table(rows=[{k: v or "--" for k, v in row.items()} for row in rows]),
        "mappings": iter(rows),
    }
    assert archive.add_rows(tables.get(form, path)) == 2
    first, second = (archive.catalogue.of_targets([name])[0] for name in ("777", "778"))
    assert (first["s_ra"], first["t_exptime"], first["jpegURL"], second["dataURL"]) == (10.5, 120, None, None)
    assert [row["productFilename"] for row in archive.catalogue.products[first["obsid"]]] == [
        LC,
        LC.replace("lc", "tp"),
    ]
    assert archive.catalogue.products[second["obsid"]] == []


def test_the_files_behind_rows_are_simulated_and_found_by_place(fresh_archive: SampleArchive, tmp_path: Path) -> None:
    fresh_archive.add_rows([ROW])
    session = Session(fresh_archive.url, cache=tmp_path / "cache")
    assert len(session.search((10.5, -60.0), radius=0.001, kind="lc")) == 1
    manifest = session.search("TIC 777", kind="lc").download(tmp_path)
    assert not manifest.failed


def test_products_of_a_search_bring_its_run(archive: SampleArchive) -> None:
    stem = "tess2018206190142-s0001-s0002-0000000000000777"
    search = {**ROW, "obs_id": stem, "dataURL": f"mast:TESS/product/{stem}-00500_dvt.fits", "sequence_number": 2}
    files = [f"{stem}-00500_dvt.fits", *(f"{stem}-{tce:02d}-00500_dvs.pdf" for tce in (1, 2))]
    archive.add_rows([ROW, search], products=[{"obs_id": stem, "productFilename": name} for name in files])
    row = archive.catalogue.files[f"mast:TESS/product/{files[0]}"]
    assert len(archive.store.get(files[0], row["size"]).body) == row["size"] > 0
    assert archive.catalogue.known.run(777, 1, 2, 500).tces == 2


def test_a_file_that_cannot_be_simulated_is_listed_and_not_found(fresh_archive: SampleArchive) -> None:
    fresh_archive.add_rows([ROW], products=[{"obs_id": OBS_ID, "productFilename": "strange.bin", "size": 5}])
    with pytest.raises(HTTPError, match="404"):
        urlopen(f"{fresh_archive.url}/api/v0.1/Download/file?uri=mast:TESS/product/strange.bin")


@pytest.mark.parametrize(
    ("rows", "products", "message"),
    [
        ([{**ROW, "colour": "red"}], None, "unknown column of observations 'colour'"),
        ([{**ROW, "s_ra": "north"}], None, "s_ra is 'north' in row 1 of the observations: it must be a float"),
        ([{**ROW, "sequence_number": 1.5}], None, "sequence_number is 1.5 in row 1"),
        ([{**ROW, "mtFlag": "perhaps"}], None, "it must be a boolean"),
        ([{**ROW, "obs_id": None}], None, "row 1 of the observations has no obs_id"),
        ([ROW, ROW], None, "an obs_id is twice"),
        (
            [{**ROW, "obsid": 27438495}],
            None,
            "obsid 27438495 in row 1 of the observations is that of tess2019198215352",
        ),
        ([ROW], [{"obs_id": "other", "productFilename": LC}], "row 1 of the products is of"),
        ([ROW], [{"obs_id": OBS_ID}], "neither productFilename nor dataURI"),
        (5, None, "int is no table"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error_and_nothing_is_added(
    archive: SampleArchive, rows: Any, products: Any, message: str
) -> None:
    before = list(archive.catalogue.observations), dict(archive.catalogue.files)
    with pytest.raises(TessSourceError, match=message):
        archive.add_rows(rows, products)
    assert (list(archive.catalogue.observations), dict(archive.catalogue.files)) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("obs_id,s_ra\nx\n", "row 1 of t.csv has 1 cells, the header has 2"),
        ("# %ECSV 1.0\n{", "as ECSV"),
    ],
)
def test_a_file_that_is_no_table_is_an_error(archive: SampleArchive, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(TableError, match=message):
        archive.add_rows(tmp_path / "t.csv")


def test_no_table_breaks_the_archive(tmp_path: Path) -> None:
    frame = pl.DataFrame([ROW, {**ROW, "obs_id": "x", "dataURL": f"mast:TESS/product/{LC}"}])
    good, raw = frame.write_csv().encode(), []
    for number, chance in attempts(40):
        archive = SampleArchive()
        (tmp_path / "t.csv").write_bytes(altered(good, chance))
        try:
            archive.add_rows(tmp_path / "t.csv")
        except TessSourceError:
            continue
        except Exception as error:  # noqa: BLE001 - what is listed here is the failure
            raw.append((number, error))
    assert not raw


def test_the_program_serves_files_and_tables(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "rows.csv"
    pl.DataFrame([{**ROW, "obs_id": "mine", "target_name": "778", "dataURL": None}]).write_csv(table)
    seen: list[SampleArchive] = []

    def start(archive: SampleArchive) -> SampleArchive:
        seen.append(archive)
        raise KeyboardInterrupt

    monkeypatch.setattr(SampleArchive, "start", start)
    with pytest.raises(SystemExit):
        main(["sample", "serve", "--add", str(own), "--rows", str(table), "--extra", "20000"])
    (archive,) = seen
    assert archive.catalogue.has(777) and archive.catalogue.has(778)
    assert len(archive.catalogue.targets) > 20_000
    (tmp_path / "my.fits").write_bytes(b"")
    with pytest.raises(SystemExit, match=r"[1-9]"):
        main(["sample", "serve", "--add", str(tmp_path / "my.fits")])
    assert "is no name of a TESS product" in capsys.readouterr().err
