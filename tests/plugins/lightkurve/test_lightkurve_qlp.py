"""The short way to QLP's light curves ends where lightkurve's long one does, for the columns of early and of late sectors."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from fuzz import altered, attempts, flipped
from same_curves import assert_equal_curves
from sample_files import content, entry_of

# fixtures
from test_lightkurve_fast import alone, assert_loads_as_lightkurve_reads, nothing_learnt, put  # noqa: F401

import tess_source_lightkurve as plugin
from tess_source.errors import NoColumnError, TessSourceError
from tess_source.tables.file_errors import errors_of_file
from tess_source_lightkurve import spoc
from tess_source_lightkurve.readers import lightkurve
from tess_source_lightkurve.spoc import Unsupported, read_light_curve

EARLY = "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits"
LATE = "hlsp_qlp_tess_ffi_s0081-0000000390988385_tess_v01_llc.fits"
FLUXES = {
    EARLY: ["sap_flux", "kspsap_flux", "kspsap_flux_sml", "kspsap_flux_lag", "sap_bkg"],
    LATE: ["sap_flux", "det_flux", "det_flux_sml", "det_flux_lag", "sys_rm_flux", "sap_bkg"],
}

lk = lightkurve()


def changed(filename: str, change: Callable[[fits.HDUList], Any]) -> bytes:
    """Return the first rows of a light curve, changed."""
    with fits.open(io.BytesIO(content(filename))) as hdus:
        hdus[1] = fits.BinTableHDU(hdus[1].data[:40].copy(), header=hdus[1].header)
        change(hdus)
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("filename", "flux_column"), [(filename, column) for filename, columns in FLUXES.items() for column in columns]
)
def test_every_column_can_be_the_flux(
    tmp_path: Path,
    alone: Callable[..., Any],  # noqa: F811
    filename: str,
    flux_column: str,
) -> None:
    path = put(tmp_path, filename)
    assert_equal_curves(alone(path, flux_column=flux_column), lk.read(str(path), flux_column=flux_column))


@pytest.mark.parametrize("quality_bitmask", ["none", "default", "hard", "hardest", 175, None, np.int16(128)], ids=str)
def test_every_mask_keeps_what_lightkurve_keeps(
    tmp_path: Path,
    alone: Callable[..., Any],  # noqa: F811
    quality_bitmask: Any,
) -> None:
    flags = np.array([0, 0, 0, *(1 << bit for bit in range(15)), 1 << 29, 1 << 30], "i4")
    for filename in FLUXES:
        data = changed(filename, lambda hdus: hdus[1].data["QUALITY"].__setitem__(slice(0, len(flags)), flags))
        path = put(tmp_path, filename, data)
        options = {"quality_bitmask": quality_bitmask}
        assert_equal_curves(alone(path, **options), lk.read(str(path), **options))


CHANGES: dict[str, Callable[[fits.HDUList], Any]] = {
    "as real ones, without a comment": lambda hdus: hdus[0].header.remove("COMMENT"),
    "two comments": lambda hdus: hdus[0].header.add_comment("and one more, it's"),
    "gaps in the flux": lambda hdus: hdus[1].data["SAP_FLUX"].__setitem__([3, 9], np.nan),
    "gaps in another column": lambda hdus: hdus[1].data["SAP_X"].__setitem__([3, 9], np.nan),
    "no time": lambda hdus: hdus[1].data["TIME"].__setitem__([3, 9], np.nan),
    "no sector": lambda hdus: hdus[0].header.remove("SECTOR"),
    "other times": lambda hdus: hdus[1].data["TIME"].__setitem__(slice(None), np.arange(40)[::-1] + 1500.0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_may_differ_from_file_to_file_is_as_lightkurve_reads_it(
    tmp_path: Path,
    alone: Callable[..., Any],  # noqa: F811
    change: Callable[[fits.HDUList], Any],
) -> None:
    path = put(tmp_path, EARLY, changed(EARLY, change))
    assert_equal_curves(alone(path), lk.read(str(path)))


def test_comments_are_those_of_the_file_and_not_of_the_first_of_its_kind(
    tmp_path: Path,
    alone: Callable[..., Any],  # noqa: F811
) -> None:
    for text in ("one", "  another   ", "it's / not"):
        path = put(tmp_path, EARLY, changed(EARLY, lambda hdus, text=text: hdus[0].header.add_comment(text)))
        curve, expected = alone(path), lk.read(str(path))
        assert_equal_curves(curve, expected)
        assert str(curve.meta["COMMENT"]) == str(expected.meta["COMMENT"])


def test_the_object_can_be_used_as_lightkurves(tmp_path: Path, alone: Callable[..., Any]) -> None:  # noqa: F811
    path = put(tmp_path, EARLY)
    ours, theirs = alone(path), lk.read(str(path))
    pairs = [
        (pickle.loads(pickle.dumps(ours)), theirs),  # noqa: S301
        (copy.deepcopy(ours), theirs),
        (ours[5:20], theirs[5:20]),
        (ours.remove_nans(), theirs.remove_nans()),
    ]
    for one, other in pairs:
        assert one.colnames == other.colnames
        np.testing.assert_array_equal(one.flux.value, other.flux.value)
        np.testing.assert_array_equal(one.time.value, other.time.value)


def test_files_of_early_and_late_sectors_are_of_two_kinds(tmp_path: Path) -> None:
    for filename in (EARLY, LATE, EARLY, LATE):
        read_light_curve(put(tmp_path, filename))
    assert len(spoc._learnt) == 2
    assert None not in spoc._learnt.values()


@pytest.mark.parametrize(
    "change",
    [
        lambda hdus: hdus[0].header.__setitem__("SECTOR", "one"),
        lambda hdus: hdus[0].header.__setitem__("SECTOR", 1.0),
        lambda hdus: hdus[0].header.__setitem__("ORIGIN", "somebody else"),
        lambda hdus: hdus[0].header.add_history("was here"),
        lambda hdus: hdus[1].header.add_comment("was here"),
    ],
    ids=["sector in words", "sector with a point", "not by QLP", "history", "a comment in the table"],
)
def test_what_is_not_plain_is_left_to_lightkurve(tmp_path: Path, change: Callable[[fits.HDUList], Any]) -> None:
    path = put(tmp_path, EARLY, changed(EARLY, change))
    with pytest.raises(Unsupported):
        read_light_curve(path)


@pytest.mark.parametrize(
    "options", [{"flux_err_column": "sap_bkg_err"}, {"flux_column": "sap_x"}, {"quality_bitmask": 4096}], ids=str
)
def test_arguments_out_of_the_common_give_what_they_give_with_lightkurve(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    assert_loads_as_lightkurve_reads(put(tmp_path, EARLY, changed(EARLY, lambda hdus: None)), options)


def test_a_column_of_the_other_sectors_is_not_called_damage(tmp_path: Path) -> None:
    path = put(tmp_path, LATE)
    for _ in range(2):
        with pytest.raises(NoColumnError, match="no column 'kspsap_flux' for the flux"):
            plugin.tess_load(entry_of(path), {"flux_column": "kspsap_flux"})
        plugin.tess_load(entry_of(path), {})


@pytest.mark.real
@pytest.mark.parametrize("flux_column", FLUXES[EARLY])
@pytest.mark.parametrize("quality_bitmask", ["none", "hardest"])
def test_the_real_light_curve_equals_lightkurves(
    real: Path,
    alone: Callable[..., Any],  # noqa: F811
    quality_bitmask: str,
    flux_column: str,
) -> None:
    (path,) = real.glob("hlsp/hlsp_qlp_*s0002*.fits")
    options = {"quality_bitmask": quality_bitmask, "flux_column": flux_column}
    assert_equal_curves(alone(path, **options), lk.read(str(path), **options))


@pytest.mark.filterwarnings(
    "ignore::astropy.utils.exceptions.AstropyUserWarning", "ignore::UserWarning", "ignore::RuntimeWarning"
)
@pytest.mark.parametrize("filename", ["hlsp_qlp", "hlsp_tglc", "hlsp_tasoc", "hlsp_gsfc"])
@pytest.mark.real
def test_damaged_files_of_every_pipeline_fail_with_our_errors_alone(real: Path, tmp_path: Path, filename: str) -> None:
    data = min(real.glob(f"hlsp/{filename}*"), key=lambda path: path.stat().st_size).read_bytes()
    raw = []
    for number, chance in attempts(4):
        path = tmp_path / f"{filename}_{number}.fits"
        path.write_bytes((altered if number % 2 else flipped)(data, chance))
        try:
            with errors_of_file(path):  # as the core does
                plugin.tess_load(entry_of(path, kind="lc"), {})
        except (TessSourceError, OSError):
            pass
        except Exception as error:  # noqa: BLE001
            raw.append((number, error))
        path.unlink()
    assert not raw
