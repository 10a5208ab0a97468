"""Strange numbers in one file neither stop a picture nor fill the memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from fits_fuzz import few_rows
from sample_files import content

from tess_source.errors import LoadError
from tess_source_dv.read.tces import read_tces
from tess_source_pictures.folded import fold_series
from tess_source_pictures.gather import _relative_curve
from tess_source_pictures.transits import Validated, ephemerides


def opened(time: Any, flux: Any, **meta: Any) -> Any:
    return SimpleNamespace(time=SimpleNamespace(btjd=np.array(time)), flux=np.array(flux), meta=meta)


DVT = "tess2018263124740-s0003-s0003-0000000012862099-00405_dvt.fits"
REPORT = "tess2019199201929-s0014-s0055-0000000016740101-00652_dvr.xml"
ITEM = SimpleNamespace(first_sector=None, exptime=120.0, pipeline="SPOC", filename="x_lc.fits")


def test_times_that_cannot_be_are_left_out() -> None:
    curve = _relative_curve(
        opened([1e200, 3000.0, np.nan, 2999.0, -np.inf], [1.0, 2.0, 1.0, 2.0, 1.0], SECTOR=14), ITEM
    )
    assert curve.time.tolist() == [2999.0, 3000.0]
    assert curve.sector == 14


@pytest.mark.parametrize(
    ("name", "value"), [("period", 1e-300), ("period", -1.0), ("period", 0.0), ("epoch", 1e300), ("duration", -1.0)]
)
def test_transits_that_cannot_be_are_not_marked(tmp_path: Path, name: str, value: float) -> None:
    (path := tmp_path / REPORT).write_bytes(content(REPORT))
    whole = read_tces([path])
    assert ephemerides(Validated([], tces=whole))  # type: ignore[arg-type]
    strange = type(whole)(whole.to_polars().with_columns(pl.lit(value).alias(name)))
    assert not ephemerides(Validated([], tces=strange))  # type: ignore[arg-type]


def test_a_time_series_without_its_model_is_an_error_of_that_file(tmp_path: Path) -> None:
    (path := tmp_path / DVT).write_bytes(few_rows(DVT))
    events = ephemerides(Validated([], tces=read_tces([path])))  # type: ignore[arg-type]
    assert fold_series(path, events)
    path.write_bytes(few_rows(DVT).replace(b"'MODEL_INIT'", b"'MODEL_ELSE'"))
    with pytest.raises(LoadError, match=f"{DVT} cannot be read: KeyError"):
        fold_series(path, events)
