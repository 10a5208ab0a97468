"""The readers of data-validation files raise errors of ours alone, whatever the bytes are."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from fits_fuzz import altered_fits, few_rows, with_card
from fuzz import STRANGE, altered, attempts
from sample_files import content, entry_of

import tess_source_dv
from tess_source import Session
from tess_source.errors import DamagedFileError, LoadError, NoColumnError, TessSourceError
from tess_source.load.loading import read
from tess_source_dv.read.read_dvt import read_dvt, read_tce
from tess_source_dv.read.series import read_statistics
from tess_source_dv.read.tces import read_tces
from tess_source_dv.sets.exact_sectors import sectors_of_file

DVT = "tess2018263124740-s0003-s0003-0000000012862099-00405_dvt.fits"
WIDE = "tess2019199201929-s0014-s0055-0000000016740101-00652_dvt.fits"
REPORT = WIDE.replace("dvt.fits", "dvr.xml")
READERS: Mapping[str, Callable[[Path], Any]] = {
    "read_dvt": read_dvt,
    "read_tce": lambda path: read_tce(path, 1, flux_column="pdcsap_flux", quality_bitmask="default"),
    "read_statistics": read_statistics,
    "read_tces": lambda path: read_tces([path]).to_polars(),
    "sectors_of_file": sectors_of_file,
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Warnings of astropy about damaged headers are no errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def raw_errors(path: Path, names: tuple[str, ...] = tuple(READERS)) -> Iterator[str]:
    """Yield what the readers raise that is no error of ours, nor of the system."""
    for name in names:
        try:
            READERS[name](path)
        except (TessSourceError, OSError):
            continue
        except Exception as error:  # noqa: BLE001  the very thing that must not happen
            yield f"{name}: {type(error).__name__}: {error}"


def test_one_change_in_a_time_series_raises_errors_of_ours_alone(tmp_path: Path) -> None:
    raw = []
    for number, chance in attempts(6):
        filename = chance.choice((DVT, WIDE))
        (path := tmp_path / filename).write_bytes(altered_fits(few_rows(filename, 80), chance))
        raw += [(number, problem) for problem in raw_errors(path)]
    assert not raw


@pytest.mark.real
def test_one_change_in_a_real_time_series_raises_errors_of_ours_alone(tmp_path: Path, real: Path) -> None:
    raw, data = [], (real / "dvt" / DVT).read_bytes()
    for number, chance in attempts(3, 300):
        (path := tmp_path / DVT).write_bytes(altered_fits(data, chance))
        raw += [(number, problem) for problem in raw_errors(path)]
    assert not raw


def test_one_change_in_a_report_raises_errors_of_ours_alone(tmp_path: Path) -> None:
    raw, whole = [], content(REPORT)
    for number, chance in attempts(12):
        data = altered(whole, chance)
        if chance.random() < 0.5:  # another value of an attribute
            parts = whole.split(b'"')
            value = str(chance.choice(STRANGE)).encode("utf-8", "replace")
            parts[chance.randrange(1, len(parts), 2)] = value.translate(None, b'"<&\0\x1b')
            data = b'"'.join(parts)
        (path := tmp_path / REPORT).write_bytes(data)
        raw += [(number, problem) for problem in raw_errors(path, ("read_tces", "sectors_of_file"))]
    assert not raw


@pytest.mark.parametrize("filename", [DVT, "renamed.fits"])
@pytest.mark.parametrize(
    "keyword", ["TICID", "NUMTCES", "SECTOR", "TEFF", "RADIUS", "BJDREFI", "EXTNAME", "TPERIOD", "NTRANS", "TFORM2"]
)
@pytest.mark.parametrize("value", ["9" * 25, "NaN", "'text'", "1E999", "T", "(1, 2)", ""])
def test_a_strange_value_raises_errors_of_ours_alone(tmp_path: Path, filename: str, keyword: str, value: str) -> None:
    (path := tmp_path / filename).write_bytes(with_card(few_rows(DVT, 20), keyword, value))
    assert not list(raw_errors(path, ("read_tces", "sectors_of_file")))


def test_the_good_file_beside_a_damaged_one_is_read(tmp_path: Path) -> None:
    session = Session(discover=False, plugins=[tess_source_dv])
    (good := tmp_path / WIDE).write_bytes(few_rows(WIDE))
    for keyword, value, error in (
        ("TUNIT2", "3", LoadError),
        ("TTYPE4", "3", LoadError),
        ("TTYPE8", "'LC_OTHER'", NoColumnError),
    ):
        (path := tmp_path / DVT).write_bytes(with_card(few_rows(DVT), keyword, value))
        loaded = read(session.registry, [entry_of(path), entry_of(good)], {})
        assert [type(found) for found in loaded.failed.values()] in ([error], [DamagedFileError])
        assert len(loaded["dv time series"])


@pytest.mark.parametrize(
    "value", ["1E12", "2147483647", "9223372036854775807", "9" * 25, "0", "-5", "2", "1.9", "T", "NaN", "'x'"]
)
@pytest.mark.parametrize("creator", ["'DvTimeSeriesExporter'", "'other'"])
def test_a_number_of_tces_that_is_not_that_of_the_tables_is_damage(tmp_path: Path, value: str, creator: str) -> None:
    data = with_card(with_card(few_rows(DVT, 20), "NUMTCES", value), "CREATOR", creator)
    (path := tmp_path / DVT).write_bytes(data)
    with pytest.raises(LoadError):
        read_dvt(path)
    with pytest.raises(LoadError), fits.open(path) as hdus:
        read_dvt(hdus)
