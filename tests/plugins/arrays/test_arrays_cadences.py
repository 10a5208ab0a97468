"""`quality_bitmask` keeps exactly the cadences that `load` keeps of the same file, whatever the pipeline.

That is what lightkurve's reader keeps, but for TGLC and TASOC, of which it does not know all flags.
"""

from __future__ import annotations

import io
import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arrays_case import KELT_9, manifest_of
from astropy.io import fits
from sample_files import content, entry_of
from sizes import size

import tess_source_lightkurve
from tess_source.errors import LoadError, QueryError
from tess_source.files.quality import BITMASKS
from tess_source_lightkurve.readers import lightkurve

SPOC = KELT_9[0]
MASKS = ["none", "default", "hard", "hardest", 0, 1, 175, 4096, 17087, 2**17, np.int16(128)]
REAL = {"lc/*.fits": size(2, 6), "hlsp/*.fits": size(3, 6), "tp/*.fits*": size(3, 6)}
"""Real files → of how many bitmasks each is read with; those in lc are all of one pipeline."""


def theirs(path: Path, bitmask: Any) -> Any:
    """Return the times that `load` keeps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve: Any = tess_source_lightkurve.tess_load(entry_of(path), {"quality_bitmask": bitmask})
    return curve.time.value


def ours(path: Path, bitmask: Any, time: str = "time") -> Any:
    """Return the times that we keep."""
    manifest = manifest_of(path.parent, {path.name: path.read_bytes()})
    (arrays,) = manifest.iter_arrays([time], quality_bitmask=bitmask)
    return arrays[time]


def test_the_words_are_lightkurves() -> None:
    assert lightkurve().utils.TessQualityFlags.OPTIONS == BITMASKS


@pytest.mark.real
@pytest.mark.parametrize(("pattern", "count"), REAL.items())
def test_of_every_real_file_the_same_cadences_are_kept(real: Path, tmp_path: Path, pattern: str, count: int) -> None:
    files = [path for path in sorted(real.glob(pattern)) if "corrupted" not in path.name]
    assert files
    bitmasks = itertools.cycle(("none", "default", "hard", "hardest", 175, 2**17))
    for path in files:
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        for bitmask in itertools.islice(bitmasks, count):
            np.testing.assert_array_equal(ours(copy, bitmask), theirs(copy, bitmask), err_msg=f"{path.name} {bitmask}")


@pytest.mark.real
@pytest.mark.parametrize(
    ("pattern", "bitmask", "count"),
    [
        ("hlsp/*tasoc*", "none", 1282),
        ("hlsp/*tasoc*", "default", 1267),
        ("hlsp/*tasoc*", "hardest", 1267),
        ("hlsp/*tglc*s0001*", "hardest", 1267),
        ("hlsp/*tglc*s0008*", "none", 968),
        ("hlsp/*tglc*s0008*", "default", 839),
        ("hlsp/*tglc*s0008*", 17087, 953),
        ("hlsp/*tglc*s0008*", "hardest", 839),
    ],
)
def test_numbers_of_cadences_of_real_files(real: Path, tmp_path: Path, pattern: str, bitmask: Any, count: int) -> None:
    path = next(real.glob(pattern))
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    assert len(ours(copy, bitmask)) == count


@pytest.mark.parametrize("bitmask", ["none", "default", "hard", "hardest", 175])
def test_the_other_columns_have_the_same_cadences(tmp_path: Path, bitmask: str | int) -> None:
    manifest = manifest_of(tmp_path, {SPOC: content(SPOC)})
    (arrays,) = manifest.iter_arrays(quality_bitmask=bitmask)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curve = lightkurve().read(str(manifest[0].path), quality_bitmask=bitmask)
    np.testing.assert_array_equal(arrays["time"], curve.time.value)
    np.testing.assert_array_equal(arrays["quality"], curve["quality"])
    np.testing.assert_array_equal(arrays["pdcsap_flux"], np.ma.filled(curve["pdcsap_flux"].value, np.nan))


# -- made-up files of each pipeline, with every bit and cadences without a time --

FLAGS = np.array([0, 0, *(1 << bit for bit in range(15)), 1 << 16, 1 << 17, 1 << 18, 1 << 29, 1 << 30], "i4")
TIMES = np.array([np.nan, *np.arange(1.0, len(FLAGS))])


def made(path: Path, cards: dict[str, Any], flags: dict[str, tuple[str, Any]], *more: str, time: str = "TIME") -> Path:
    """Write a light curve with these cards in its primary header, columns of flags, and further columns."""
    columns = [fits.Column(time, "D", array=TIMES)]
    columns += [fits.Column(name, form, array=values) for name, (form, values) in flags.items()]
    columns += [fits.Column(name, "E", array=np.ones(len(TIMES))) for name in more]
    table = fits.BinTableHDU.from_columns(columns, name="LIGHTCURVE")
    table.header["BJDREFI"] = 2457000
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(cards)), table]).writeto(out)
    path.write_bytes(out.getvalue() + bytes_of_extensions())
    return path


def bytes_of_extensions() -> bytes:
    """Extensions behind the table, as many as any pipeline has."""
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(np.zeros((2, 2), "f4")) for _ in range(3))]).writeto(out)
    return out.getvalue()[2880:]


QUALITY = {"QUALITY": ("J", FLAGS)}
QLP = {"ORIGIN": "MIT/QLP", "NEXTEND": 1}
PIPELINES: dict[str, tuple[dict[str, Any], dict[str, tuple[str, Any]], tuple[str, ...]]] = {
    "qlp s55": (QLP | {"SECTOR": 55}, QUALITY, ("SAP_FLUX", "KSPSAP_FLUX_ERR")),
    "qlp s56": (QLP | {"SECTOR": 56}, QUALITY, ("SAP_FLUX", "DET_FLUX_ERR")),
    "qlp, no sector": (QLP, QUALITY, ("SAP_FLUX", "KSPSAP_FLUX_ERR")),
    "eleanor": (
        {"LITE": True, "PCORIGIN": "MAST"},
        QUALITY,
        ("CORR_FLUX", "RAW_FLUX", "FLUX_ERR", "FLUX_BKG", "X_CENTROID", "Y_CENTROID", "FFIINDEX"),
    ),
    "eleanor, full": (
        {"LITE": False, "PCORIGIN": "MAST"},
        QUALITY,
        ("CORR_FLUX", "RAW_FLUX", "FLUX_ERR", "FLUX_BKG", "X_CENTROID", "Y_CENTROID", "FFIINDEX"),
    ),
    "tasoc": (
        {"ORIGIN": "TASOC/Aarhus"},
        {"PIXEL_QUALITY": ("J", FLAGS), "QUALITY": ("J", np.arange(len(FLAGS)) % 11)},
        ("FLUX_CORR", "FLUX_RAW"),
    ),
    "tasoc, without the flags of pixels": (
        {"ORIGIN": "TASOC/Aarhus"},
        {"QUALITY": ("J", np.arange(len(FLAGS)) % 11)},
        ("FLUX_CORR", "FLUX_RAW"),
    ),
    "tglc": (
        {"ORIGIN": "UCSB/TGLC", "TICID": "1"},
        {"TESS_flags": ("J", FLAGS), "TGLC_flags": ("I", FLAGS[::-1] & 1)},
        ("cal_psf_flux", "psf_flux", "cadence_num"),
    ),
    "pathos": (
        {},
        {"DQUALITY": ("J", FLAGS)},
        ("PSF_FLUX_RAW", "PSF_FLUX_COR", "AP4_FLUX_RAW", "AP4_FLUX_COR", "SKY_LOCAL"),
    ),
    "spoc": (
        {"TELESCOP": "TESS", "ORIGIN": "NASA/Ames", "CREATOR": "1 LightCurveExporter"},
        QUALITY,
        ("PDCSAP_FLUX", "PDCSAP_FLUX_ERR"),
    ),
}


@pytest.mark.parametrize(("number", "pipeline"), list(enumerate(PIPELINES)))
def test_of_every_pipeline_the_same_cadences_are_kept(tmp_path: Path, number: int, pipeline: str) -> None:
    cards, flags, more = PIPELINES[pipeline]
    path = made(tmp_path / "x.fits", cards, flags, *more)
    step = size(3, 1)  # every third of the bitmasks, in turn
    for bitmask in MASKS[number % step :: step]:
        np.testing.assert_array_equal(ours(path, bitmask), theirs(path, bitmask), err_msg=str(bitmask))


@pytest.mark.parametrize("bitmask", ["default", 175])
def test_cdips_has_letters_for_flags(tmp_path: Path, bitmask: Any) -> None:
    letters = np.array((["G", "X", "0", "G"] * len(FLAGS))[: len(FLAGS)])
    path = made(tmp_path / "x.fits", {"ORIGIN": "cdips"}, {"IRQ1": ("1A", letters)}, "IRM1", "IRE1", time="TMID_BJD")
    np.testing.assert_array_equal(ours(path, bitmask), theirs(path, bitmask))
    assert 0 < len(ours(path, bitmask, "tmid_bjd")) < len(FLAGS) - 1


# -- what cannot be --


@pytest.mark.parametrize("bitmask", [2**31, 2**62])
def test_bits_that_no_flag_has_remove_nothing(tmp_path: Path, bitmask: int) -> None:
    path = made(tmp_path / "x.fits", {}, QUALITY)
    assert len(ours(path, bitmask)) == np.isfinite(TIMES).sum()


@pytest.mark.parametrize("bitmask", [2**63, 1.5, True, b"hard", "HARD"])
def test_what_is_no_bitmask_is_refused(tmp_path: Path, bitmask: Any) -> None:
    with pytest.raises(QueryError, match="give a whole number of at most 63 bits, None, or 'none', 'default'"):
        ours(made(tmp_path / "x.fits", {}, QUALITY), bitmask)


def test_flags_that_are_no_numbers_are_an_error_of_that_file_alone(tmp_path: Path) -> None:
    files = {
        "a.fits": made(tmp_path / "a.fits", {}, {"QUALITY": ("3A", ["abc"] * len(FLAGS))}).read_bytes(),
        "b.fits": made(tmp_path / "b.fits", {}, {"FLAGS": ("J", FLAGS)}).read_bytes(),
        "c.fits": made(tmp_path / "c.fits", {}, QUALITY).read_bytes(),
    }
    found = list(manifest_of(tmp_path, files).iter_arrays(["time"], quality_bitmask="default"))
    assert [one.ok for one in found] == [False, False, True]
    assert "does not hold one number per cadence" in str(found[0].error)
    assert "no column 'quality'" in str(found[1].error)
    assert isinstance(found[0].error, LoadError)
