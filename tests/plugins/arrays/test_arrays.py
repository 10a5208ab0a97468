"""Columns of light curves as numpy arrays: the numbers of astropy and lightkurve, and one bad file does not stop the others."""

from __future__ import annotations

import gzip
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arrays_case import FAST, KELT_9, QLP, SECTOR_1, TESS_SPOC, manifest_of, small
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_files import content
from sizes import size

from tess_source import Accessor, Session, hookimpl
from tess_source.errors import DamagedFileError, LoadError, PluginConflictError, PluginError, QueryError
from tess_source.files.fits_table import TableReader
from tess_source.tables.plan import Manifest
from tess_source_arrays.arrow import ALL

SPOC = KELT_9[0]


def only(manifest: Manifest, *args: Any, **options: Any) -> Any:
    (arrays,) = manifest.iter_arrays(*args, **options)
    return arrays


def table_bytes(*columns: fits.Column, header: fits.Header | None = None) -> bytes:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(list(columns), header=header)]).writeto(
        out, checksum=True
    )
    return out.getvalue()


# -- the numbers --


@pytest.mark.parametrize("filename", [SPOC, SECTOR_1, TESS_SPOC, QLP])
def test_every_column_is_astropys_in_native_byte_order(tmp_path: Path, filename: str) -> None:
    manifest = manifest_of(tmp_path, {filename: small(filename)})
    with fits.open(io.BytesIO(small(filename))) as hdus:
        names = hdus[1].columns.names
        arrays = only(manifest, names)
        for name in names:
            assert arrays[name].dtype.isnative
            assert arrays[name].dtype == hdus[1].data[name].dtype.newbyteorder("=")
            np.testing.assert_array_equal(arrays[name], hdus[1].data[name])
        for key in ("TICID", "SECTOR", "TELESCOP", "NAXIS2", "TTYPE1"):
            expected = hdus[1].header.get(key, hdus[0].header.get(key))
            assert arrays.header.get(key) == expected


def test_light_curves_of_20_s_are_read_as_those_of_120_s(tmp_path: Path) -> None:
    arrays = only(manifest_of(tmp_path, {FAST: content(FAST)}))
    assert len(arrays) > 100_000
    assert np.median(np.diff(arrays["time"][np.isfinite(arrays["time"])])) == pytest.approx(20 / 86400, rel=1e-3)


def test_without_a_bitmask_every_row_is_there(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {SPOC: content(SPOC)})
    assert len(only(manifest)) == fits.getheader(manifest[0].path, 1)["NAXIS2"]
    assert np.isnan(only(manifest)["time"]).any()


def test_columns_are_named_in_lower_case_and_taken_in_any(tmp_path: Path) -> None:
    arrays = only(manifest_of(tmp_path, {SPOC: small(SPOC)}), ["TIME", "PDCSAP_FLUX"], dtypes={"Time": "f4"})
    assert list(arrays.columns) == ["time", "pdcsap_flux"]
    assert arrays["pdcsap_flux"] is arrays["PDCSAP_FLUX"]
    assert arrays["TIME"].dtype == np.float32
    with pytest.raises(
        KeyError, match=r"column 'sap_flux' was not asked for; there are time, pdcsap_flux; did you mean"
    ):
        arrays["sap_flux"]


def test_a_column_that_was_not_asked_for_is_known_as_our_error_too(tmp_path: Path) -> None:
    with pytest.raises(QueryError) as caught:
        only(manifest_of(tmp_path, {SPOC: small(SPOC)}))["foo"]
    assert "column 'foo' was not asked for; there are time, pdcsap_flux, quality" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"quality_bitmask": "hrad"}, "did you mean 'hard'"),
        ({"dtypes": {"time": "flot32"}}, "'flot32' for 'time' is no type of numpy's.*did you mean 'float32'"),
        ({"dtypes": {"tiem": "f4"}}, "not asked for: tiem; .*did you mean 'time'"),
        ({"dtypes": "float32"}, "give a mapping"),
    ],
    ids=str,
)
def test_arguments_are_checked_before_a_file_is_opened(tmp_path: Path, words: dict[str, Any], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        manifest_of(tmp_path, {SPOC: b""}).iter_arrays(**words)


def test_types_are_converted_on_request(tmp_path: Path) -> None:
    arrays = only(manifest_of(tmp_path, {SPOC: small(SPOC)}), dtypes={"time": "float32", "quality": ">i8"})
    assert [arrays[name].dtype for name in ("time", "quality")] == [np.float32, np.int64]
    assert arrays["quality"].dtype.isnative


def test_scaled_unsigned_logical_and_vector_columns_are_understood(tmp_path: Path) -> None:
    columns = [
        fits.Column("U", "J", bzero=2**31, array=np.array([0, 1, 2**32 - 1], np.uint32)),
        fits.Column("S", "I", array=np.array([0, 1, -2])),
        fits.Column("B", "L", array=np.array([True, False, True])),
        fits.Column("V", "6E", dim="(2,3)", array=np.arange(18, dtype="f4").reshape(3, 3, 2)),
        fits.Column("W", "2D", array=np.arange(6.0).reshape(3, 2)),
        fits.Column("T", "5A", array=np.array(["one", "two", "three"])),
    ]
    later = fits.Header({"XSCAL2": 0.5, "XZERO2": 10.0})  # astropy would scale the numbers while it writes them
    data = table_bytes(*columns, header=later).replace(b"XSCAL2", b"TSCAL2").replace(b"XZERO2", b"TZERO2")
    manifest = manifest_of(tmp_path, {SPOC: data})
    arrays = only(manifest, tuple("USBVWT"))
    with fits.open(manifest[0].path) as hdus:
        for name in "USBVW":
            np.testing.assert_array_equal(arrays[name], hdus[1].data[name], err_msg=name)
    assert arrays["U"].dtype == np.uint32
    assert arrays["S"].tolist() == [10.0, 10.5, 9.0]
    assert arrays["T"].tolist() == [b"one", b"two", b"three"]


def test_arrays_of_varying_length_are_refused_by_name(tmp_path: Path) -> None:
    varying = fits.Column("V", "PJ()", array=np.array([np.arange(2), np.arange(3)], dtype=object))
    with pytest.raises(LoadError, match="varying length"):
        only(manifest_of(tmp_path, {SPOC: table_bytes(varying)}), ["v"])["v"]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    arrays = only(manifest_of(tmp_path, {SPOC: gzip.compress(small(SPOC))}))
    assert len(arrays) == 60


@pytest.mark.real
def test_real_light_curves_are_astropys(real: Path) -> None:
    reader = TableReader()
    for path in sorted((real / "lc").glob("tess*_lc.fits")):
        table = reader.read(path, verify=True)
        with fits.open(path) as hdus:
            for name in ALL:
                np.testing.assert_array_equal(table.column(name), hdus[1].data[name])
            for key, value in hdus[0].header.items():
                assert isinstance(value, fits.card.Undefined) or table.primary.get(key) == value or not key, key


@pytest.mark.real
def test_real_text_that_goes_on_in_another_card_is_read_whole(real: Path, tmp_path: Path) -> None:
    paths = [next(real.glob("lc/tess2025*-s0088-*_lc.fits")), next(real.glob("hlsp/hlsp_tess-spoc*-s0068_*.fits"))]
    manifest = manifest_of(tmp_path, {path.name: path.read_bytes() for path in paths})
    for path, arrays in zip(paths, manifest.iter_arrays(), strict=True):
        with fits.open(path) as hdus:
            assert arrays.header["CREATOR"] == hdus[0].header["CREATOR"]
            assert arrays.header["TUNIT1"] == hdus[1].header["TUNIT1"] == "BJD - 2457000, days"
        assert str(arrays.header["CREATOR"]).endswith(" LightCurveExporterPipelineModule")


@pytest.mark.real
def test_real_light_curves_of_other_pipelines_are_read_by_the_names_they_have(real: Path) -> None:
    reader = TableReader()
    for path in sorted((real / "hlsp").glob("*lc.fits")):
        table = reader.read(path)
        with fits.open(path) as hdus:
            names = [column.name for column in hdus[1].columns if not column.format.startswith(("P", "Q"))]
            for name in names:
                np.testing.assert_array_equal(table.column(name), hdus[1].data[name])


# -- what goes wrong --


def test_one_bad_file_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    data = content(SPOC)
    files = {
        SPOC: data[: len(data) // 2],
        KELT_9[1]: None,
        KELT_9[2]: b"<html>",
        SECTOR_1: small(SECTOR_1),
        QLP: small(QLP),
    }
    cut, absent, page, fine, other = manifest_of(tmp_path, files).iter_arrays()
    assert fine.ok
    assert len(fine) == 60
    assert isinstance(cut.error, DamagedFileError)
    assert "bytes are missing" in str(cut.error)
    assert isinstance(absent.error, FileNotFoundError)
    assert "asleep" in str(absent.error)
    assert "HTML" in str(page.error)
    assert "it has no column 'pdcsap_flux', but time, cadenceno, sap_flux" in str(other.error)
    assert (cut.tic, cut.sector, len(cut), cut.ok) == (16740101, 14, 0, False)
    with pytest.raises(LoadError, match="was not read: it is cut") as caught:
        cut["time"]
    assert caught.value.__cause__ is cut.error


def test_bad_files_are_passed_over_with_a_warning_if_that_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = manifest_of(tmp_path, {SPOC: small(SPOC)[:9000], SECTOR_1: small(SECTOR_1)})
    assert [arrays.tic for arrays in manifest.iter_arrays(errors="skip")] == [141914082]
    assert f"{SPOC} was not read: it is cut" in caplog.text


def test_files_without_a_column_are_passed_over_with_two_lines_at_most(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = {f"{folder}/{QLP}": small(QLP) for folder in "abcd"}
    manifest = manifest_of(tmp_path, {**files, SPOC: small(SPOC)})
    assert [one.tic for one in manifest.iter_arrays(errors="skip")] == [16740101]
    first, rest = (record.getMessage() for record in caplog.records)
    assert f"{QLP} was not read: it has no column 'pdcsap_flux'" in first
    assert rest.startswith("3 more files were not read: it has no column 'pdcsap_flux'")


def test_a_flipped_bit_is_seen_when_sums_are_checked(tmp_path: Path) -> None:
    data = bytearray(content(SPOC))
    data[len(data) // 2] ^= 1
    manifest = manifest_of(tmp_path, {SPOC: bytes(data), SECTOR_1: content(SECTOR_1)})
    assert [arrays.ok for arrays in manifest.iter_arrays(verify=True)] == [False, True]


@settings(max_examples=size(10, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_is_never_taken_for_whole(tmp_path: Path, cut: float) -> None:
    data = small(SPOC)
    manifest = manifest_of(tmp_path, {SECTOR_1: content(SECTOR_1), SPOC: data[: int(cut * len(data))], KELT_9[1]: data})
    before, arrays, after = manifest.iter_arrays()
    assert before.ok
    assert after.ok
    assert isinstance(arrays.error, LoadError)


@settings(max_examples=size(10, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(0, 2 * 2880), value=st.integers(0, 255))
def test_a_header_with_any_byte_changed_gives_arrays_or_an_error_of_ours(
    tmp_path: Path, where: int, value: int
) -> None:
    data = bytearray(small(SPOC))
    start = data.find(b"XTENSION")
    data[start + where] = value
    arrays = only(manifest_of(tmp_path, {SPOC: bytes(data)}))
    assert arrays.ok or isinstance(arrays.error, LoadError)


def test_a_table_said_to_be_longer_than_the_file_does_not_show_the_file_before(tmp_path: Path) -> None:
    data = small(SPOC).replace(b"NAXIS2  =                   60", b"NAXIS2  =               600000", 1)
    _, arrays = manifest_of(tmp_path, {SECTOR_1: content(SECTOR_1), SPOC: data}).iter_arrays()
    assert isinstance(arrays.error, DamagedFileError)


@pytest.mark.parametrize(
    "options",
    [
        {"columns": "time"}, {"columns": ()}, {"columns": ("time", "TIME")}, {"columns": (1,)}, {"quality_bitmask": "defualt"},
        {"quality_bitmask": True}, {"dtypes": {"flux": "f4"}}, {"dtypes": {"time": "U3"}}, {"errors": "raise"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_anything_is_read(tmp_path: Path, options: dict[str, Any]) -> None:
    manifest = manifest_of(tmp_path, {SPOC: b""})
    with pytest.raises(QueryError):
        manifest.iter_arrays(**options)


def test_a_float_does_not_become_an_integer_in_silence(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot become int32"):
        only(manifest_of(tmp_path, {SPOC: small(SPOC)}), dtypes={"time": "int32"})["time"]


# -- manifests have these methods --


def test_manifests_have_the_methods_that_plugins_declare(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {SPOC: small(SPOC)})
    assert {"iter_arrays", "to_arrow", "to_parquet", "load"} <= set(dir(manifest))
    assert "columns" in (manifest.iter_arrays.__doc__ or "")
    with pytest.raises(
        AttributeError, match="'Manifest' has no attribute 'to_arow', and no plugin adds one; did you mean 'to_arrow'"
    ):
        manifest.to_arow()
    bare = Manifest(manifest.plan.to(tmp_path), manifest.entries)
    object.__setattr__(bare.plan, "session", Session(discover=False))
    with pytest.raises(AttributeError, match=r"'Manifest' has no attribute 'to_arrow', and no plugin adds one$"):
        bare.to_arrow()
    object.__setattr__(bare.plan, "session", None)
    assert pickle.loads(pickle.dumps(bare)).entries == bare.entries  # noqa: S301


def test_what_a_search_found_does_not_have_the_methods_of_manifests() -> None:
    import tess_source_arrays
    from tess_source.tables.found import Found
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.targets.target import Query

    session = Session(discover=False, plugins=[tess_source_arrays])
    found = Found(Products.empty(), Observations.empty(), Links.empty(), Query(()), session=session)
    assert not hasattr(found, "to_arrow")


@pytest.mark.parametrize(
    ("name", "of", "error"),
    [("to_arrow", "plan", PluginError), ("load", "manifest", PluginConflictError), ("plan", "manifest", PluginConflictError)],
)  # fmt: skip
def test_an_accessor_must_be_of_something_and_hide_nothing(name: str, of: str, error: type[Exception]) -> None:
    class Eager:
        @hookimpl
        def tess_accessors(self) -> tuple[Accessor, ...]:
            return (Accessor(name, len, "", of=of),)

    with pytest.raises(error):
        Session(discover=False).register(Eager())


def test_an_exposure_time_that_neither_name_nor_observation_tells_is_that_of_the_header(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, {"mine.fits": small(TESS_SPOC), SPOC: small(SPOC)})
    assert [arrays.entry.item.exptime for arrays in manifest.iter_arrays()] == [None, 120.0]
    assert [arrays.exptime for arrays in manifest.iter_arrays()] == [1800.0, 120.0]
    assert manifest.to_arrow(["time"]).column("exptime").to_pylist() == [1800.0, 120.0]


def test_a_file_that_ends_behind_a_header_without_data_is_damaged(tmp_path: Path) -> None:
    alone = fits.PrimaryHDU().header.tostring().encode()
    (arrays,) = manifest_of(tmp_path, {"hlsp_x.fits": alone}).iter_arrays()
    assert isinstance(arrays.error, DamagedFileError)
    assert "it holds headers, but no data" in str(arrays.error)


@pytest.mark.real
def test_the_star_of_a_real_file_is_known_although_its_header_has_the_number_as_text(
    real: Path, tmp_path: Path
) -> None:
    tglc = next(real.glob("hlsp/hlsp_tglc_*s0001*.fits"))
    (arrays,) = manifest_of(tmp_path, {tglc.name: tglc.read_bytes()}).iter_arrays(["time"])
    assert (arrays.entry.item.tic, type(arrays.tic), arrays.exptime) == (None, int, 1800.0)
