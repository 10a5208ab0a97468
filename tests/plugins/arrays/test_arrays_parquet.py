"""Light curves as Arrow tables and Parquet data sets: the numbers of the files, where they come from, and what is missing."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from arrays_case import (
    FAST,
    KELT_9,
    PIXELS,
    QLP,
    SECTOR_1,
    TESS_SPOC,
    TOI_3505,
    WASP_44,
    content,
    cut_one,
    manifest_of,
    small,
)
from astropy.io import fits
from places import DOCS

from tess_source.disk import temporary_beside
from tess_source.errors import LoadError, MissingExtraError, QueryError
from tess_source.functions import load_plan
from tess_source.lock.check import verify_lock
from tess_source.tables.plan import Manifest
from tess_source_arrays import shard
from tess_source_arrays.arrow import ALL
from tess_source_arrays.parquet import DataSetExistsError
from tess_source_arrays.schema import ABOUT, COLUMNS, SPLIT
from tess_source_arrays.split import split

SPOC = KELT_9[0]
STARS = (*KELT_9, WASP_44, TOI_3505, SECTOR_1)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return manifest_of(tmp_path / "fits", {name: small(name) for name in STARS})


# -- Arrow --


def test_a_row_holds_the_columns_and_the_header_of_a_file(manifest: Manifest) -> None:
    table = manifest.to_arrow()
    assert table.column_names == [one.name for one in (*ABOUT, *COLUMNS)]
    for row, entry in zip(table.to_pylist(), manifest, strict=True):
        with fits.open(entry.path) as hdus:
            about, header = hdus[0].header, hdus[1].header
            assert (row["tic"], row["sector"], row["camera"]) == (about["TICID"], about["SECTOR"], about["CAMERA"])
            assert row["teff"] == np.float32(about["TEFF"])
            assert row["crowdsap"] == np.float32(header["CROWDSAP"])
            assert (row["data_rel"], row["procver"]) == (about["DATA_REL"], about["PROCVER"])
            assert (row["uri"], row["exptime"], row["cadences"]) == (entry.item.uri, 120.0, 60)
            for name in ALL:
                np.testing.assert_array_equal(np.array(row[name]), hdus[1].data[name])


@pytest.mark.real
def test_what_qlp_does_not_know_is_null(real: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in real.glob("hlsp/*qlp*s0002*.fits")}
    (row,) = manifest_of(tmp_path, files).to_arrow(("time",)).to_pylist()
    assert [row[name] for name in ("teff", "logg", "radius", "mh")] == [6900.0, None, None, None]


def test_fields_tell_their_units(manifest: Manifest) -> None:
    schema = manifest.to_arrow(("time", "pdcsap_flux")).schema
    assert schema.field("time").metadata[b"unit"] == b"BTJD"
    assert schema.field("tmag").metadata == {b"unit": b"mag", b"description": b"TESS magnitude (TESSMAG)"}


def test_the_unit_of_a_flux_is_not_told_where_it_is_not_spocs(tmp_path: Path) -> None:
    """QLP's fluxes are relative."""
    files = {SECTOR_1: small(SECTOR_1), QLP: small(QLP)}
    both = manifest_of(tmp_path / "fits", files).to_arrow(("time", "sap_flux")).schema
    assert b"unit" not in both.field("sap_flux").metadata
    assert both.field("time").metadata[b"unit"] == b"BTJD"
    written = manifest_of(tmp_path / "fits", {QLP: files[QLP]}).to_parquet(
        tmp_path / "set", shards=1, columns=("time", "sap_flux")
    )
    assert b"unit" not in pq.read_schema(written.files[0]).field("sap_flux").metadata
    assert "| `sap_flux` | list of float32 |  | flux in the aperture |" in (written.path / "README.md").read_text()
    first = manifest_of(tmp_path / "fits", {SECTOR_1: files[SECTOR_1]}).to_arrow(("sap_flux",)).schema
    assert first.field("sap_flux").metadata[b"unit"] == b"electron/s"


def test_the_columns_described_are_those_of_spocs_files_with_their_types() -> None:
    for filename in (KELT_9[0], FAST):
        with fits.open(io.BytesIO(content(filename))) as hdus:
            types = {column.name.lower(): column.dtype.newbyteorder("=").name for column in hdus[1].columns}
        assert types == {series.name: series.type for series in COLUMNS}


def test_a_file_that_cannot_be_read_is_named_in_the_table(manifest: Manifest, caplog: pytest.LogCaptureFixture) -> None:
    uri = cut_one(manifest, 1)
    table = manifest.to_arrow()
    assert table["sector"].to_pylist() == [14, 41, 3, 54, 1]
    assert list(json.loads(table.schema.metadata[b"tess_source.missing"])) == [uri]
    assert "it is cut" in caplog.text


def test_light_curves_of_other_pipelines_take_part_with_the_columns_they_have(tmp_path: Path) -> None:
    mixed = manifest_of(tmp_path, {QLP: small(QLP), KELT_9[0]: small(KELT_9[0]), TESS_SPOC: small(TESS_SPOC)})
    assert mixed.to_arrow(("TIME", "cadenceno", "sap_flux")).num_rows == 3
    table = mixed.to_arrow()
    assert table.num_rows == 2
    assert "no column" in table.schema.metadata[b"tess_source.missing"].decode()
    own = mixed.to_arrow(("time", "kspsap_flux"))
    assert (own.num_rows, own.schema.field("kspsap_flux").type) == (1, pa.list_(pa.float32()))


def test_a_type_that_would_lose_digits_is_refused_unless_it_was_asked_for(tmp_path: Path) -> None:
    wide = manifest_of(tmp_path, {KELT_9[0]: small(KELT_9[0])})
    path = wide[0].path
    assert path is not None
    with fits.open(path, mode="update") as hdus:
        columns = [
            fits.Column(c.name, "D" if c.name == "SAP_FLUX" else c.format, array=hdus[1].data[c.name])
            for c in hdus[1].columns
        ]
        hdus[1] = fits.BinTableHDU.from_columns(columns)
    with pytest.raises(LoadError, match="'sap_flux' is float64, not float32: choose its type by dtypes="):
        wide.to_arrow(("time", "sap_flux"))
    assert wide.to_arrow(("sap_flux",), dtypes={"sap_flux": "f4"}).num_rows == 1


def test_a_column_that_no_file_has_is_told_once(manifest: Manifest, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        LoadError, match=r"nothing could be read: 6 files: it has no column 'nope', but time, "
    ) as caught:
        manifest.to_arrow(("time", "nope"))
    assert len(str(caught.value)) < 800
    assert not caplog.records


def test_of_files_by_several_pipelines_the_columns_that_all_have_are_told(tmp_path: Path) -> None:
    mixed = manifest_of(tmp_path / "fits", {SPOC: small(SPOC), QLP: small(QLP)})
    with pytest.raises(
        LoadError,
        match=r"read: 2 files: it has no column 'kspsap', but time, cadenceno, .*; did you mean 'kspsap_flux'",
    ):
        mixed.to_arrow(("time", "kspsap"))


def test_a_column_that_some_files_lack_is_told_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mixed = manifest_of(tmp_path / "fits", {SPOC: small(SPOC), QLP: small(QLP), f"again/{QLP}": small(QLP)})
    for ask in (mixed.to_arrow, lambda columns: mixed.to_parquet(tmp_path / "x", columns=columns, shards=2)):
        caplog.clear()
        ask(columns=("time", "pdcsap_flux"))
        (told,) = (record.getMessage() for record in caplog.records)
        assert told.startswith("2 of 3 files were not read: it has no column 'pdcsap_flux', but time, cadenceno")
        assert "columns=" not in told


@pytest.mark.parametrize("filename", [QLP, PIXELS])
def test_files_that_have_not_the_default_columns_are_told_to_name_others(
    tmp_path: Path, filename: str, caplog: pytest.LogCaptureFixture
) -> None:
    if filename == PIXELS:
        with pytest.raises(LoadError, match=r"it has no column 'sap_flux'.* \(without columns= all twenty"):
            manifest_of(tmp_path, {filename: content(filename)}).to_arrow()
    mixed = manifest_of(tmp_path, {filename: content(filename), SPOC: small(SPOC)})
    assert mixed.to_arrow().num_rows == 1
    assert "columns=('time', 'sap_flux')" in caplog.text


def test_a_place_where_it_cannot_go_is_told_before_anything_is_read(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for path, shards, told in (
        ("file", 2, "exists and is not an empty folder"),
        ("folder", None, "is a folder: name a file, or give shards="),
        ("file/x.parquet", None, "is a file, not a folder"),
        ("file/deeper/x", 2, "is a file, not a folder"),
    ):
        with pytest.raises(DataSetExistsError, match=told):
            manifest.to_parquet(tmp_path / path, shards=shards)
    with pytest.raises(QueryError, match="path=5: give the path"):
        manifest.to_parquet(5)
    with pytest.raises(QueryError, match="seed='x': give a whole number"):
        manifest.to_parquet(tmp_path / "y.parquet", seed="x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "fits", "folder"]


def test_nothing_readable_is_an_error(manifest: Manifest, tmp_path: Path) -> None:
    for number in range(len(manifest)):
        cut_one(manifest, number)
    for ask in (
        manifest.to_arrow,
        lambda: manifest.to_parquet(tmp_path / "x.parquet"),
        lambda: manifest.to_parquet(tmp_path / "x", shards=2),
    ):
        with pytest.raises(LoadError, match=r"nothing could be read: .*it is cut"):
            ask()
    assert [path.name for path in tmp_path.iterdir()] == ["fits"]


def test_without_pyarrow_the_extra_is_named(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for ask in (manifest.to_arrow, lambda: manifest.to_parquet(tmp_path / "x.parquet")):
        with pytest.raises(MissingExtraError, match=r"pip install 'tess-source\[arrow\]'"):
            ask()
    assert [arrays.ok for arrays in manifest.iter_arrays()] == [True] * 6


@pytest.mark.parametrize("columns", [("time", "sector"), ("split",), ("TIC", "time")])
def test_columns_must_not_bear_names_that_are_taken(manifest: Manifest, columns: tuple[str, ...]) -> None:
    with pytest.raises(QueryError, match="another column"):
        manifest.to_arrow(columns)


# -- Parquet --


def test_one_file_holds_the_numbers_of_all_and_where_they_come_from(manifest: Manifest, tmp_path: Path) -> None:
    written = manifest.to_parquet(tmp_path / "out" / "curves.parquet")
    rows = pl.read_parquet(written.path)
    assert (written.rows, len(rows), written.failed) == (6, 6, {})
    by_uri = {row["uri"]: row for row in rows.iter_rows(named=True)}
    for arrays in manifest.iter_arrays(ALL):
        row = by_uri[arrays.entry.item.uri]
        for name in ALL:
            np.testing.assert_array_equal(np.array(row[name]), arrays[name])
        assert row["sha256"] == manifest.lock().items.to_polars().filter(uri=row["uri"])["sha256"].item()
    lock = tmp_path / "lock.ecsv"
    lock.write_bytes(pq.read_metadata(written.path).metadata[b"tess_source.lock"])
    told = ("uri", "size", "sha256", "data_rel", "procver", "date")
    assert (
        load_plan(lock)
        .items.to_polars()
        .select(told)
        .sort("uri")
        .equals(manifest.lock().items.to_polars().select(told).sort("uri"))
    )
    assert verify_lock(load_plan(lock), tmp_path / "fits").ok


def test_columns_are_stored_as_documented(manifest: Manifest, tmp_path: Path) -> None:
    path = manifest.to_parquet(tmp_path / "x.parquet").path
    group = pq.ParquetFile(path).metadata.row_group(0)
    for number in range(group.num_columns):
        column = group.column(number)
        assert column.compression == "ZSTD"
        assert not column.has_dictionary_page
        assert ("BYTE_STREAM_SPLIT" in column.encodings) == (column.path_in_schema.split(".")[0] in ALL)


def test_a_light_curve_takes_less_than_half_of_its_fits_file(tmp_path: Path) -> None:
    whole = manifest_of(tmp_path / "fits", {KELT_9[0]: content(KELT_9[0])})
    assert whole.to_parquet(tmp_path / "x.parquet").bytes < 0.4 * whole[0].bytes


def test_a_data_set_of_several_files_brings_its_lock_and_a_readme(manifest: Manifest, tmp_path: Path) -> None:
    uri = cut_one(manifest, 3)
    written = manifest.to_parquet(tmp_path / "set", shards=3, columns=("time", "pdcsap_flux"))
    assert sorted(path.name for path in written.path.iterdir()) == [
        "README.md", "lock.ecsv", *(f"part-0000{n}-of-00003.parquet" for n in range(3)),
    ]  # fmt: skip
    assert pl.scan_parquet(written.path / "*.parquet").select(pl.len()).collect().item() == written.rows == 5
    lock = load_plan(written.path / "lock.ecsv")
    assert {item.uri for item in lock} == {entry.item.uri for entry in manifest} - {uri}
    assert verify_lock(lock, tmp_path / "fits").counts()["complete"] == 5
    parts = [pq.read_metadata(path).metadata for path in written.files]
    assert [u for part in parts for u in json.loads(part[b"tess_source.missing"])] == [uri] == list(written.failed)
    readme = (written.path / "README.md").read_text()
    assert f"- `{uri}`: it is cut" in readme
    assert "5 light curves of 3 stars" in readme
    assert "| `pdcsap_flux` | list of float32 | electron/s |" in readme
    assert "sap_bkg" not in readme
    assert "10.17909/t9-nmc8-f686" in readme


def test_no_star_is_on_two_sides_and_rows_are_sorted_by_side(manifest: Manifest, tmp_path: Path) -> None:
    written = manifest.to_parquet(tmp_path / "x.parquet", fractions=(0.5, 0.25, 0.25), seed=7)
    rows = pl.read_parquet(written.path, columns=["tic", "sector", "split"])
    assert rows["split"].to_list() == ["train"] * 3 + ["validation"] * 2 + ["test"]
    assert rows["split"].to_list() == split(rows["tic"].to_numpy(), (0.5, 0.25, 0.25), 7).tolist()
    assert written.splits == {"train": 3, "validation": 2, "test": 1}
    groups = pq.ParquetFile(written.path)
    assert [
        len(set(groups.read_row_group(n, ["split"])["split"].to_pylist())) for n in range(groups.num_row_groups)
    ] == [1, 1, 1]


def test_a_star_that_only_the_header_names_is_split_and_sorted_as_any_other(tmp_path: Path) -> None:
    """TGLC names files by Gaia id, and writes TICID as text; the package eleanor writes TIC_ID."""
    stars: dict[str, int | str] = {f"star{number}.fits": number for number in (5, 40, 300, 2, 77, 9)}
    files = {}
    for name, tic in stars.items():
        primary = fits.PrimaryHDU()
        primary.header.update({"TICID": str(tic)} if int(tic) % 2 else {"TIC_ID": tic}, SECTOR=1)
        out = io.BytesIO()
        table = fits.BinTableHDU.from_columns([fits.Column("TIME", "D", array=np.arange(4.0))])
        fits.HDUList([primary, table]).writeto(out)
        files[name] = out.getvalue()
    manifest = manifest_of(tmp_path / "fits", files)
    assert [arrays.tic for arrays in manifest.iter_arrays(["time"])] == list(stars.values())
    fractions = (0.4, 0.3, 0.3)
    written = manifest.to_parquet(tmp_path / "set", shards=2, columns=("time",), fractions=fractions)
    rows = pl.read_parquet(written.path / "*.parquet")
    sides = split(rows["tic"].to_numpy(), fractions).tolist()
    assert rows["split"].to_list() == sides
    order = ["train", "validation", "test"]
    assert sides == sorted(sides, key=order.index)
    assert rows["tic"].to_list() == [
        tic for side in order for tic in sorted(rows["tic"]) if split(tic, fractions) == side
    ]
    assert sum(written.splits.values()) == written.rows == 6


@pytest.mark.real
def test_real_files_named_by_a_gaia_id_have_their_tic_id(real: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in sorted(real.glob("hlsp/*tglc*.fits"))}
    found = [arrays.tic for arrays in manifest_of(tmp_path, files).iter_arrays(["time"])]
    assert found == [218795833, 389023759]


@pytest.mark.parametrize("shards", [None, 2])
def test_the_same_files_give_the_same_bytes_in_whatever_order(
    manifest: Manifest, tmp_path: Path, shards: int | None
) -> None:
    turned = replace(manifest, entries=manifest.entries[::-1])
    one, two = tmp_path / "a" / "set", tmp_path / "b" / "set"
    manifest.to_parquet(one, shards=shards)
    turned.to_parquet(two, shards=shards)
    for path in [one] if shards is None else sorted(one.iterdir()):
        assert path.read_bytes() == (two / path.name if shards else two).read_bytes()


def test_more_shards_than_light_curves_are_not_made(manifest: Manifest, tmp_path: Path) -> None:
    assert len(manifest.to_parquet(tmp_path / "set", shards=50).files) == 6


def test_few_light_curves_are_in_memory_at_a_time(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "MOST_BYTES", 80_000)
    path = manifest.to_parquet(tmp_path / "x.parquet", fractions=(1, 0, 0)).path
    groups = pq.ParquetFile(path).metadata
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [2, 2, 2]


def test_a_folder_that_holds_something_is_left_alone(manifest: Manifest, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.tex").write_text("mine")
    with pytest.raises(DataSetExistsError):
        manifest.to_parquet(tmp_path / "set", shards=1)
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("shards", [None, 2])
def test_a_writer_that_fails_leaves_what_was_there(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: int | None
) -> None:
    target = tmp_path / "set"
    if shards is None:
        target.write_bytes(b"before")
    monkeypatch.setattr(
        "tess_source_arrays.shard._ParquetFile.tell", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(OSError, match="disk full"):
        manifest.to_parquet(target, shards=shards)
    assert target.read_bytes() == b"before" if shards is None else not target.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == (["fits", "set"] if shards is None else ["fits"])


def test_bytes_that_are_not_the_manifests_are_refused(manifest: Manifest, tmp_path: Path) -> None:
    entries = list(manifest)
    entries[0] = replace(entries[0], sha256="0" * 64)
    written = replace(manifest, entries=tuple(entries)).to_parquet(tmp_path / "x.parquet")
    assert "its bytes are others than the manifest says" in str(written.failed[entries[0].item.uri])
    assert written.rows == 5


def test_what_was_written_is_told_in_a_line(
    manifest: Manifest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    cut_one(manifest, 0)
    assert repr(manifest.to_parquet(tmp_path / "x.parquet")).startswith("Written(5 light curves (")


@pytest.mark.parametrize("options", [{"shards": 0}, {"shards": True}, {"fractions": (1, 1, 1)}, {"columns": ()}])
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    manifest: Manifest, tmp_path: Path, options: dict[str, Any]
) -> None:
    with pytest.raises(QueryError):
        manifest.to_parquet(tmp_path / "x", **options)
    assert not (tmp_path / "x").exists()


def test_the_docs_show_the_schema_as_it_is() -> None:
    from tess_source_arrays.schema import markdown

    page = DOCS / "machine-learning.md"
    assert markdown() in page.read_text()
    assert SPLIT.name in page.read_text()


@pytest.mark.real
def test_real_light_curves_take_three_quarters_of_a_megabyte(real: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in (real / "lc").glob("tess*_lc.fits")}
    written = manifest_of(tmp_path / "fits", files).to_parquet(tmp_path / "x.parquet")
    assert written.rows == len(files)
    assert written.bytes / written.rows < 0.4 * sum(map(len, files.values())) / len(files)


@pytest.mark.parametrize("shards", [None, 2])
def test_what_a_killed_writer_left_is_removed_by_the_next(
    manifest: Manifest, tmp_path: Path, shards: int | None
) -> None:
    path = tmp_path / "set"
    ended = temporary_beside(path).name.replace(f"-{os.getpid()}-", "-4194305-")  # more than Linux ever counts to
    (tmp_path / ended).mkdir()
    (tmp_path / ended / "0").write_bytes(b"PAR1")
    (tmp_path / ended.replace("set", "file")).write_bytes(b"PAR1")
    living = temporary_beside(path)
    living.mkdir()
    manifest.to_parquet(path, shards=shards)
    assert {found.name for found in tmp_path.iterdir()} == {"fits", "set", living.name}
