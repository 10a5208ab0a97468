"""Files on this machine, under any name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from sample_files import content

import tess_source_arrays
from tess_source import Session
from tess_source.load.local import manifest_of

FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
SLOW = "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits"
IMAGES = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits"
NEW_NAMES = {
    "mine.fits": (FAST, 20.0),
    "hlsp_tess-data-alerts_tess_phot_00307210845-s01_tess_v1_lc.fits": (SLOW, 120.0),
    "a.fits": (IMAGES, 1800.0),
    SLOW: (SLOW, 120.0),
}


@pytest.fixture
def places(tmp_path: Path) -> list[Path]:
    for name, (source, _) in NEW_NAMES.items():
        (tmp_path / name).write_bytes(content(source))
    (tmp_path / "notes.txt").write_text("mine")
    return [tmp_path / name for name in (*NEW_NAMES, "notes.txt")]


def test_the_exposure_time_that_no_name_tells_is_that_of_the_header(places: list[Path]) -> None:
    manifest = manifest_of(places, Session(discover=False, plugins=[tess_source_arrays]))
    expected = {**{name: time for name, (_, time) in NEW_NAMES.items()}, "notes.txt": None}
    assert {entry.item.filename: entry.item.exptime for entry in manifest} == expected
    assert dict(manifest.to_polars().select("filename", "exptime").iter_rows()) == expected
    assert dict(manifest.lock().items.to_polars().select("filename", "exptime").iter_rows()) == expected


def test_tables_of_light_curves_have_it(places: list[Path], tmp_path: Path) -> None:
    manifest = manifest_of(places[:-1], Session(discover=False, plugins=[tess_source_arrays]))
    table = manifest.to_arrow(["time"])
    assert table.column("exptime").to_pylist() == [time for _, time in NEW_NAMES.values()]
    manifest.to_parquet(tmp_path / "set.parquet", columns=["time"])
    assert sorted(pl.read_parquet(tmp_path / "set.parquet")["exptime"]) == [20.0, 120.0, 120.0, 1800.0]
