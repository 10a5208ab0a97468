"""Basis vectors open as lightkurve's own objects, and say which sets their file has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from fits_fuzz import altered_fits
from fuzz import attempts
from image_files import CBV, saved, written
from sample_files import entry_of

import tess_source_ffi
from tess_source import Session
from tess_source.errors import DamagedFileError, LoadError, QueryError, TessSourceError
from tess_source.load.loading import open_entry
from tess_source_ffi.basis_vectors import collect
from tess_source_ffi.load import load
from tess_source_lightkurve import readers

BANDS = ("single-scale", "spike", "multiscale-band-1", "multiscale-band-2", "multiscale-band-3")


def small() -> bytes:
    """Return a file in the form of a real one, of five cadences."""
    columns = [("TIME", ">f8"), ("CADENCENO", ">i4"), ("GAP", "?"), ("VECTOR_1", ">f4"), ("VECTOR_2", ">f4")]
    rows = np.zeros(5, columns)
    rows["TIME"], rows["CADENCENO"] = 1569.43 + np.arange(5) / 720, 246223 + np.arange(5)
    cards = fits.Header({"CAMERA": 2, "CCD": 4})
    tables = [fits.BinTableHDU(rows, cards, name=f"CBV.{band}.2.4") for band in BANDS]
    return written(fits.PrimaryHDU(header=fits.Header({"TELESCOP": "TESS", "SECTOR": 10})), *tables)


@pytest.mark.real
@pytest.mark.parametrize(
    "words",
    [{}, {"cbv_type": "Spike"}, *({"cbv_type": "MultiScale", "band": band} for band in (1, 2, 3))],
    ids=["single scale", "spike", "band 1", "band 2", "band 3"],
)
def test_real_basis_vectors_are_those_of_lightkurve(real: Path, words: dict[str, Any]) -> None:
    readers.lightkurve()
    from lightkurve.correctors import TessCotrendingBasisVectors

    opened: Any = load(entry_of(real / "cbv" / CBV), words)
    with fits.open(real / "cbv" / CBV) as hdus:
        known = TessCotrendingBasisVectors.from_hdu(hdus, **{"cbv_type": "SingleScale", "band": None, **words})
    assert type(opened) is TessCotrendingBasisVectors
    assert opened.colnames == known.colnames and len(opened) == 100
    assert all(np.array_equal(opened[name].value, known[name].value, equal_nan=True) for name in known.colnames)
    assert opened.meta == known.meta
    assert (opened.sector, opened.camera, opened.ccd) == (10, 2, 4)
    assert (opened.time.format, opened.time.scale) == ("btjd", "tdb")
    assert opened.to_designmatrix().shape[0] == 100


def test_the_usual_set_is_that_of_a_single_scale(tmp_path: Path) -> None:
    opened: Any = load(entry_of(saved(tmp_path / CBV, small())), {"quality_bitmask": "hard"})
    assert opened.cbv_type == "SingleScale" and opened.cbv_indices == [1, 2]
    assert collect([opened, "another"]) == {"basis vectors": [opened]}
    assert collect(["another"]) is None


def test_basis_vectors_of_20_s_open_alike(tmp_path: Path) -> None:
    path = saved(tmp_path / CBV.replace("-s_cbv", "-a_fast-cbv"), small())
    opened: Any = load(entry_of(path), {"cbv_type": "MultiScale", "band": 2})
    assert (opened.cbv_type, opened.band) == ("MultiScale", 2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"cbv_type": "Single"}, "cbv_type='Single': give one of 'SingleScale', 'MultiScale', 'Spike'; did you mean 'SingleScale'"),
        ({"cbv_type": None}, "cbv_type=None"),
        ({"cbv_type": "MultiScale"}, "band=None: give the band"),
        ({"band": 0}, "band=0"),
        ({"band": True}, "band=True"),
    ],
    ids=["misspelt", "none", "no band", "band 0", "band True"],
)  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(tmp_path: Path, words: dict[str, Any], why: str) -> None:
    with pytest.raises(QueryError, match=why):
        load(entry_of(saved(tmp_path / CBV, small())), words)


def test_a_set_that_the_file_lacks_is_named_with_those_that_it_has(tmp_path: Path) -> None:
    with pytest.raises(
        LoadError, match="no multiscale-band-4 basis vectors; it has single-scale, spike, multiscale-band-1"
    ):
        load(entry_of(saved(tmp_path / CBV, small())), {"cbv_type": "MultiScale", "band": 4})


def test_a_cut_file_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError, match="fetch it again"):
        load(entry_of(saved(tmp_path / CBV, small()[:-2880])), {})


def test_whatever_is_wrong_with_a_file_is_an_error_of_this_file(tmp_path: Path, session: Session) -> None:
    session.register(tess_source_ffi, "ffi")
    path, data, raw = tmp_path / CBV, small(), []
    for number, chance in attempts(8):
        path.write_bytes(altered_fits(data, chance))
        try:
            open_entry(session.registry, entry_of(path), {})
        except (TessSourceError, OSError):
            pass
        except Exception as error:  # noqa: BLE001  what must not come
            raw.append((number, error))
    assert raw == []
