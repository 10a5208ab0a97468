"""Numbers of numpy do wherever numbers go, on the whole way from a target to loaded files."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tess_source import Session
from tess_source.like_lightkurve.functions import search_lightcurve
from tess_source.search.select import checked_value
from tess_source.tables.plan import Manifest
from tess_source.targets.recorded import plain
from tess_source.units import count_of_bytes, seconds
from tess_source_sample.server import SampleArchive

KELT9 = np.int64(16740101)


@pytest.fixture(scope="module")
def session(shared_archive: SampleArchive) -> Session:
    return Session(shared_archive.url, jobs=np.int64(2), timeout=np.float32(60))


@pytest.fixture(scope="module")
def manifest(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    found = session.search(KELT9, kind="lc", sector=np.array([14.0, 15.0]), exptime=np.float32(120), limit=np.int16(2))
    return found.plan(tmp_path_factory.mktemp("files")).download(jobs=np.uint8(1))


def test_a_lock_is_the_same_for_numbers_of_numpy_and_of_python(session: Session, tmp_path: Path) -> None:
    numpys = session.search(
        np.float64(KELT9), sector=np.int64(14), exptime=np.float32(120), sequence_number=np.int32(14)
    )
    pythons = session.search(int(KELT9), sector=14, exptime=120.0, sequence_number=14)
    moments = [found.record.pop("time") for found in (numpys, pythons) if isinstance(found.record, dict)]
    assert len(moments) == 2  # a second may have passed
    assert numpys.explain() == pythons.explain()
    numpys.plan(tmp_path).save(tmp_path / "lock.ecsv")
    assert "np." not in (tmp_path / "lock.ecsv").read_text()
    assert len(session.load_plan(tmp_path / "lock.ecsv")) == len(numpys.products)


@pytest.mark.parametrize("name", ["tmag", "teff", "mass", "logg", "distance", "contamination"])
def test_a_filter_takes_numbers_of_lower_or_higher_precision_as_they_were_written(session: Session, name: str) -> None:
    numbers = (
        np.float32(9.4),
        np.float16(9.4),
        np.longdouble("9.4"),
        np.array(9.4, "f4"),
        Decimal("9.4"),
        Fraction("9.4"),
    )
    columns = (np.array([9.4], ">f4"), pd.Series([9.4], dtype="float32"), pl.Series([9.4], dtype=pl.Float32))
    for value in (*numbers, *columns, [np.float32(9.4)], np.ma.array([9.4], dtype="f4")):
        assert str(checked_value(session.registry, name, value)) == "9.4", repr(value)
    for limits in ((None, np.float32(9.4)), (None, Decimal("9.4")), slice(None, np.longdouble("9.4"))):
        assert str(checked_value(session.registry, name, limits)) == "<=9.4"


def test_criteria_and_records_have_the_numbers_that_were_written(session: Session) -> None:
    assert plain({"t": np.array([[0.1]], "f4")}["t"]) == [[0.1]]
    asked = session.search(KELT9, t_exptime=np.array([119.9, 120.1], "f4")).query.criteria
    assert asked == {"t_exptime": [119.9, 120.1]}


def test_files_are_fetched_and_opened(manifest: Manifest) -> None:
    assert not len(manifest.failed)
    assert len(list(manifest.iter_load(quality_bitmask=np.int32(175), workers=None))) == len(manifest) == 2
    assert [arrays.tic for arrays in manifest.iter_arrays(quality_bitmask=np.int16(175))] == [16740101] * 2


def test_a_bitmask_of_numpy_leaves_out_the_same_cadences(manifest: Manifest) -> None:
    numpys, pythons = manifest.load(quality_bitmask=np.int32(175)), manifest.load(quality_bitmask=175)
    assert [len(curve) for curve in numpys] == [len(curve) for curve in pythons]


def test_a_data_set_takes_numbers_of_numpy(manifest: Manifest, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    manifest.to_parquet(tmp_path / "set", shards=np.int64(1), seed=np.int64(3), fractions=np.array([0.5, 0.25, 0.25]))
    assert list((tmp_path / "set").glob("*.parquet"))


def test_rows_are_picked_by_numpys_numbers(session: Session) -> None:
    table = search_lightcurve(
        np.float64(KELT9), sector=np.array([14, 15]), exptime=np.int64(120), limit=np.int64(2), session=session
    )
    assert len(table) == 2
    assert len(table[np.int64(1)]) == 1
    found = table.found
    assert found.products[np.int64(0)] == found.products[0]
    assert found.products[: np.int64(1)] == found.products[:1]


def test_lengths_of_time_and_sizes_are_numbers_of_numpy_too() -> None:
    assert (seconds(np.float32(1.5)), seconds(np.int64(3))) == (1.5, 3.0)
    assert (count_of_bytes(np.int64(3)), count_of_bytes(np.float32(2.5))) == (3, 2)


def test_arrays_of_no_dimensions_and_decimals_of_a_database_are_numbers_too(session: Session) -> None:
    made = Session(jobs=np.array(2), timeout=Decimal(60), max_age=np.array(100), discover=False)
    assert (made.settings.jobs, made.settings.timeout, made.settings.max_age) == (2, 60.0, 100.0)
    numpys = session.search(KELT9, sector=Decimal(14), exptime=np.array(120), limit=Decimal(2))
    plain = session.search(KELT9, sector=14, exptime=120, limit=2)
    assert numpys.drops == plain.drops
    assert numpys.query.criteria == plain.query.criteria
    assert numpys.products["uri"].to_list() == plain.products["uri"].to_list()
    assert session.count("307.86 39.94", radius=Decimal(5)) == session.count("307.86 39.94", radius=5)
