"""The README beside a data set: what it tells the reader to run, runs, whatever the columns."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from arrays_case import KELT_9, QLP, SECTOR_1, WASP_44, content, manifest_of, small
from astropy.io import fits

TASOC = "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits"
ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits"


def example_in(folder: Path) -> str:
    found = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def run_example(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pl.DataFrame:
    """Run the example in the folder of the data set, with nothing imported before."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(example_in(folder), names)
    train = names["train"]
    assert isinstance(train, pl.DataFrame)
    return train


@pytest.mark.parametrize(
    ("files", "columns", "shown"),
    [
        ((KELT_9[0], WASP_44), None, ["time", "pdcsap_flux"]),
        ((KELT_9[0], WASP_44), ("time", "pdcsap_flux"), ["time", "pdcsap_flux"]),
        ((KELT_9[0],), ("TIME", "SAP_FLUX", "SAP_FLUX_ERR"), ["time", "sap_flux"]),
        ((KELT_9[0],), ("sap_flux_err", "sap_flux"), ["sap_flux"]),
        ((KELT_9[0],), ("time", "quality"), ["time"]),
        ((KELT_9[0],), ("quality", "cadenceno", "mom_centr1"), ["quality", "cadenceno"]),
        ((KELT_9[0],), ("quality",), ["quality"]),
        ((SECTOR_1, QLP), ("time", "sap_flux"), ["time", "sap_flux"]),
        ((QLP,), ("time", "kspsap_flux", "kspsap_flux_err"), ["time", "kspsap_flux"]),
        ((TASOC,), ("time", "flux_corr", "pixel_quality"), ["time", "flux_corr"]),
        ((ELEANOR,), ("time", "corr_flux", "ffiindex"), ["time", "corr_flux"]),
    ],
    ids=str,
)
def test_the_example_runs_for_any_columns(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: tuple[str, ...],
    columns: tuple[str, ...] | None,
    shown: list[str],
) -> None:
    manifest = manifest_of(tmp_path / "fits", {name: first_rows(name) for name in files})
    written = manifest.to_parquet(tmp_path / "set", shards=2, columns=columns, fractions=(1, 0, 0))
    train = run_example(written.path, monkeypatch)
    assert train.columns == ["tic", *shown]
    assert len(train) == len(files)
    assert all(len(values) for values in train[shown[0]])


def test_the_example_runs_where_a_name_has_quotes_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = 'flux "a"\\b'
    manifest = manifest_of(tmp_path / "fits", {KELT_9[0]: made(odd, "E")})
    written = manifest.to_parquet(tmp_path / "set", shards=1, columns=(odd,), fractions=(1, 0, 0))
    assert run_example(written.path, monkeypatch).columns == ["tic", odd]


@pytest.mark.parametrize(
    ("first", "second", "problems"),
    [("D", "E", []), ("E", "D", ["its column 'flux' is float64, not float32: choose its type by dtypes="])],
)
def test_all_files_of_a_data_set_have_the_same_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str, problems: list[str]
) -> None:
    """Readers of many Parquet files refuse a column of two types. Stars are sorted by their TIC ids."""
    manifest = manifest_of(tmp_path / "fits", {WASP_44: made("FLUX", first), KELT_9[0]: made("FLUX", second)})
    written = manifest.to_parquet(tmp_path / "set", shards=2, columns=("flux",), fractions=(1, 0, 0))
    assert [str(error) for error in written.failed.values()] == problems
    assert len(run_example(written.path, monkeypatch)) == written.rows == 2 - len(problems)


def first_rows(name: str) -> bytes:
    """A file of the sample archive, small if it has no more than SPOC's extensions."""
    return small(name) if name.startswith("tess") else content(name)


def made(column: str, form: str) -> bytes:
    out = io.BytesIO()
    table = fits.BinTableHDU.from_columns([fits.Column(column, form, array=np.arange(5.0))])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return out.getvalue()
