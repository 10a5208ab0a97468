"""The sample archive's files: simulated, the same at every run, and otherwise like the real ones."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source import names
from tess_source_sample import facts
from tess_source_sample.files import eras, make, model, natural_size, spoc
from tess_source_sample.files import fits as writer

KELT9_LC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
KELT9_TP = "tess2019226182529-s0015-0000000016740101-0151-s_tp.fits"
KELT9_FAST = "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits"
KELT9_DVT = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits"
PIMEN_LC = "tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
L98_LC = "tess2018319095959-s0005-0000000307210830-0125-s_lc.fits"
L98_XML = "tess2018206190142-s0001-s0013-0000000307210830-00226_dvr.xml"
TOI3505_DVT = "tess2019199201929-s0014-s0086-0000000390988385-00971_dvt.fits"
WASP44_DVT = "tess2018263124740-s0003-s0003-0000000012862099-00405_dvt.fits"
QLP_OLD = "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits"
QLP_NEW = "hlsp_qlp_tess_ffi_s0081-0000000390988385_tess_v01_llc.fits"
QLP_TEXT = "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.txt"
TASOC = "hlsp_tasoc_tess_ffi_tic00141914082-s0001-cam4-ccd2-c1800_tess_v05_cbv-lc.fits"
ELEANOR = "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000141914082_tess_v1.0_lc.fits"
TESS_SPOC = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits"
TESS_SPOC_TP = "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_tp.fits"
FFI = "tess2018206192942-s0001-1-1-0120-s_ffic.fits"

REAL_SIZES = {
    KELT9_LC: 1964160,
    "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits": 1906560,
    PIMEN_LC: 2039040,
    L98_LC: 1923840,
    "tess2018263035959-s0003-0000000012862099-0123-s_lc.fits": 1998720,
    KELT9_FAST: 11998080,
    KELT9_TP: 54210240,
    "tess2022273165103-s0057-0000000118004375-0245-s_tp.fits": 50742720,
    KELT9_DVT: 4760640,
    "tess2019227203528-s0015-s0015-0000000016740101-00245_dvt.fits": 4619520,
    "tess2019199201929-s0014-s0019-0000000016740101-00323_dvt.fits": 27763200,
    WASP44_DVT: 3968640,
    "tess2018267104341-s0003-s0003-0000000012862099-00126_dvt.fits": 2949120,
    "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.pdf": 28483483,
    "tess2019199201929-s0014-s0014-0000000016740101-01-00240_dvs.pdf": 1107114,
    "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml": 265611,
    "tess2022190092448-s0054-s0054-0000000390988385-00645_dvr.xml": 119424,
    L98_XML: 1595489,
    QLP_OLD: 80640,
    QLP_NEW: 673920,
    QLP_TEXT: 57710,
    TASOC: 164160,
    ELEANOR: 106560,
    TESS_SPOC: 164160,
    TESS_SPOC_TP: 3925440,
}
"""Sizes of real files in bytes, from MAST's product lists."""

EVERY_KIND = (KELT9_LC, KELT9_FAST, KELT9_DVT, TOI3505_DVT, L98_XML, QLP_OLD, QLP_TEXT, TASOC, ELEANOR, FFI)


@pytest.fixture(scope="module")
def lightkurve() -> ModuleType:
    with warnings.catch_warnings():  # it warns at import of what it could do with more packages
        warnings.simplefilter("ignore")
        import lightkurve
    return lightkurve


def opened(content: bytes) -> fits.HDUList:
    hdus = fits.open(BytesIO(content))
    hdus.verify("exception")
    return hdus


def saved(folder: Path, filename: str, size: int | None = None) -> Path:
    path = folder / filename
    path.write_bytes(make(filename, size))
    return path


# -- Size, repetition, speed of import


@pytest.mark.parametrize(("filename", "size"), REAL_SIZES.items(), ids=lambda value: str(value)[-30:])
def test_a_file_has_the_size_of_the_real_one(filename: str, size: int) -> None:
    assert len(make(filename, size)) == size


@pytest.mark.parametrize("filename", EVERY_KIND)
def test_the_natural_size_is_known_without_making_the_file(filename: str) -> None:
    assert len(make(filename)) == natural_size(filename)


@pytest.mark.parametrize("filename", [KELT9_LC, KELT9_TP, KELT9_FAST, KELT9_DVT, WASP44_DVT])
def test_rows_and_pixels_alone_give_the_real_size(filename: str) -> None:
    assert natural_size(filename) == REAL_SIZES[filename]


@settings(max_examples=size(10, 250), deadline=None)
@given(blocks=st.integers(12, 3000))
def test_a_light_curve_can_have_any_whole_number_of_blocks(blocks: int) -> None:
    content = make(KELT9_LC, blocks * writer.BLOCK)
    assert len(content) == blocks * writer.BLOCK
    assert len(opened(content)["LIGHTCURVE"].data) > 0


@settings(max_examples=size(10, 250), deadline=None)
@given(size=st.integers(2_000, 400_000))
def test_a_pdf_can_have_any_size(size: int) -> None:
    name = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvm.pdf"
    assert len(make(name, size)) == size


@pytest.mark.parametrize("filename", [KELT9_LC, KELT9_TP, KELT9_DVT, L98_XML, QLP_TEXT, ELEANOR, FFI])
def test_a_size_that_is_too_small_is_refused_with_the_least(filename: str) -> None:
    with pytest.raises(ValueError, match=r"cannot have 100 bytes.*needs (at least )?\d+"):
        make(filename, 100)


def test_fits_of_broken_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="whole blocks of 2880"):
        make(KELT9_LC, 1964161)


@pytest.mark.parametrize("filename", EVERY_KIND)
def test_a_file_is_the_same_at_every_run(filename: str) -> None:
    assert make(filename) == make(filename)


def test_a_file_is_the_same_in_another_process() -> None:
    code = f"import hashlib; from tess_source_sample.files import make; print(hashlib.sha256(make({KELT9_LC!r})).hexdigest())"
    run = [sys.executable, "-c", code]
    paths = {"PYTHONPATH": ":".join(sys.path)}
    first, second = (
        subprocess.run(run, env=paths | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    )
    assert first == second


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, tess_source_sample.files as _; print([m for m in ('numpy', 'astropy', 'polars') if m in sys.modules])"
    paths = {"PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=paths, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "filename",
    [
        "readme.txt",
        "tess2018206045859-s0001-0000000000000007-0120-s_lc.fits",
        "tess2019199201929-s0014-s0014-0000000016740101-99999_dvt.fits",
        "tess2019199201929-s0014-s0014-0000000016740101-99-00240_dvs.pdf",
        "hlsp_tess-spoc_tess_phot_0000000390988385-s0054-s0054_tess_v1_dvm.pdf",
    ],
)
def test_what_the_archive_does_not_have_is_a_key_error(filename: str) -> None:
    with pytest.raises(KeyError):
        make(filename)
    with pytest.raises(KeyError):
        natural_size(filename)


# -- They say that they are simulated


@pytest.mark.parametrize(
    "filename", [KELT9_LC, KELT9_FAST, KELT9_DVT, QLP_OLD, TASOC, ELEANOR, TESS_SPOC, TESS_SPOC_TP, FFI]
)
def test_fits_says_that_it_is_simulated(filename: str) -> None:
    header = opened(make(filename))[0].header
    assert header["SIMDATA"] is True
    assert header.get("ORIGIN", "") != "NASA/Ames"
    assert "sample archive" in header.get("ORIGIN", "") + str(header.get("COMMENT", ""))


def test_xml_and_pdf_and_text_say_that_they_are_simulated() -> None:
    assert ET.fromstring(make(L98_XML)).get("simData") == "true"
    assert b"SIMULATED" in make(L98_XML.replace("dvr.xml", "dvr.pdf"))
    assert b"SIMULATED" in make(QLP_TEXT)


# -- Checksums


@pytest.mark.parametrize("filename", [KELT9_LC, KELT9_FAST, KELT9_DVT, TESS_SPOC_TP, FFI])
def test_every_hdu_with_a_checksum_sums_to_all_ones_and_none_has_a_datasum(filename: str) -> None:
    content = make(filename)
    sealed = 0
    for hdu in opened(content):
        info = hdu.fileinfo()
        part = content[info["hdrLoc"] : info["datLoc"] + info["datSpan"]]
        assert "DATASUM" not in hdu.header
        if "CHECKSUM" in hdu.header:
            sealed += 1
            assert writer.ones_sum(part) == 0xFFFFFFFF
            assert writer.ones_sum(part[:-4] + b"\x12\x34\x56\x78") != 0xFFFFFFFF
    assert sealed == {KELT9_DVT: 1}.get(filename, 3)


@given(st.integers(0, 0xFFFFFFFF))
def test_a_checksum_is_sixteen_letters_and_digits(total: int) -> None:
    text = writer.encode(total)
    assert re.fullmatch("[0-9A-Za-z]{16}", text)
    moved = text[1:] + text[0]  # back to whole words
    zeros = writer.ones_sum(b"0" * 16)
    assert (writer.ones_sum(moved.encode()) - zeros + total) % 0xFFFFFFFF == 0


# -- Like the real ones; keyword by keyword: test_sample_eras.py


@pytest.mark.real
def test_a_light_curve_says_what_the_real_one_says(real: Path) -> None:
    with fits.open(real / "lc" / PIMEN_LC) as theirs:
        ours = opened(make(PIMEN_LC))
        for one, other in zip(ours, theirs, strict=True):
            assert one.header.get("SIMDATA") is True
            assert other.header.get("SIMDATA") is False
            for key in (
                "NAXIS1",
                "NAXIS2",
                "TFIELDS",
                "TICID",
                "SECTOR",
                "CAMERA",
                "CCD",
                "PXTABLE",
                "DATA_REL",
                "NUM_FRM",
            ):
                assert one.header.get(key) == other.header.get(key), key
        assert [column.format for column in ours[1].columns] == [column.format for column in theirs[1].columns]
        assert np.array_equal(ours[1].data["CADENCENO"], theirs[1].data["CADENCENO"])
        assert abs(ours[1].header["TSTART"] - theirs[1].header["TSTART"]) < 10 / 86400
        assert abs(ours[1].header["TSTOP"] - theirs[1].header["TSTOP"]) < 10 / 86400


@pytest.mark.real
def test_times_are_those_of_the_real_light_curve_within_ten_seconds(real: Path) -> None:
    with fits.open(real / "lc" / L98_LC) as theirs:
        ours = opened(make(L98_LC))[1].data
        both = np.isfinite(ours["TIME"]) & np.isfinite(theirs[1].data["TIME"])
        assert both.mean() > 0.9
        assert np.abs(ours["TIME"] - theirs[1].data["TIME"])[both].max() < 10 / 86400
        assert np.abs(ours["TIMECORR"] - theirs[1].data["TIMECORR"])[both].max() < 10 / 86400
        for table in (ours, theirs[1].data):
            assert (table["TIMECORR"][np.isnan(table["TIME"])] == 0).all()


@pytest.mark.real
def test_a_dv_time_series_says_what_the_real_one_says(real: Path) -> None:
    with fits.open(real / "dvt" / WASP44_DVT) as theirs:
        ours = opened(make(WASP44_DVT))
        for one, other in zip(ours, theirs, strict=True):
            for key in (
                "NAXIS1",
                "NAXIS2",
                "TFIELDS",
                "NEXTEND",
                "NUMTCES",
                "SECTORS",
                "RESFILE",
                "TPERIOD",
                "TEPOCH",
                "TDUR",
            ):
                assert one.header.get(key) == other.header.get(key), key
        assert ours[1].columns.formats == theirs[1].columns.formats
        assert ours[2].columns.formats == theirs[2].columns.formats
        assert np.array_equal(ours[2].data["CADENCENO"], theirs[2].data["CADENCENO"])


def structure(root: ET.Element) -> set[tuple[str, frozenset[str]]]:
    found = set()

    def walk(element: ET.Element, path: str) -> None:
        here = f"{path}/{element.tag}"
        found.add((here, frozenset(element.attrib)))
        for child in element:
            walk(child, here)

    walk(root, "")
    return found


@pytest.mark.real
@pytest.mark.parametrize(
    "filename",
    [
        L98_XML,
        "tess2019059170935-s0009-s0009-0000000307210830-00198_dvr.xml",
        "tess2019199201929-s0014-s0086-0000000390988385-00971_dvr.xml",
    ],
)
def test_a_report_has_the_elements_and_attributes_of_the_real_one(real: Path, filename: str) -> None:
    path = real / "dvr-xml" / filename
    theirs, ours = ET.parse(path).getroot(), ET.fromstring(make(filename, path.stat().st_size))
    assert structure(ours) == structure(theirs)
    for key in ("ticId", "startCadence", "endCadence", "sectorsObserved", "planetCandidateCount", "toiId"):
        assert ours.get(key) == theirs.get(key), key
    assert (ours.get("simData"), theirs.get("simData")) == ("true", "false")


# -- What is in them


def test_a_light_curve_has_gap_dumps_and_missing_values_where_flagged() -> None:
    data = opened(make(PIMEN_LC))[1].data
    quality, missing = data["QUALITY"], np.isnan(data["TIME"])
    assert 300 < missing.sum() < 2000
    assert np.all(quality[missing] & 8)
    assert np.isnan(data["SAP_FLUX"][missing]).all()
    dumps = (quality & 32) > 0
    assert dumps.sum() > 40
    assert np.isnan(data["PDCSAP_FLUX"][dumps]).all()
    assert np.isfinite(data["PDCSAP_FLUX"][quality == 0]).all()
    assert not np.isnan(data["TIMECORR"]).any()
    assert (np.diff(data["CADENCENO"]) == 1).all()
    starts = np.flatnonzero(np.diff(dumps.astype(int)) == 1)
    assert 2.4 < np.median(np.diff(starts)) * 120 / 86400 < 3.5


def test_the_noise_is_that_of_the_header() -> None:
    hdu = opened(make("tess2018206045859-s0001-0000000141914082-0120-s_lc.fits"))[1]
    flux = hdu.data["PDCSAP_FLUX"][hdu.data["QUALITY"] == 0]
    hours = flux[: len(flux) // 30 * 30].reshape(-1, 30).mean(axis=1) / np.median(flux)
    assert hours.std() * 1e6 == pytest.approx(hdu.header["CDPP1_0"], rel=0.5)


@pytest.mark.parametrize(
    ("filename", "column", "planet"),
    [
        (KELT9_LC, "PDCSAP_FLUX", 0),
        (KELT9_FAST, "PDCSAP_FLUX", 0),
        (L98_LC, "PDCSAP_FLUX", 0),
        (QLP_NEW, "DET_FLUX", 0),
    ],
)
def test_folding_at_the_ephemeris_recovers_the_transit(filename: str, column: str, planet: int) -> None:
    hdus = opened(make(filename))
    table = hdus[1].data
    star = facts.star(hdus[0].header["TICID"])
    orbit = star.planets[planet]
    time, flux = table["TIME"].astype(float), table[column].astype(float)
    good = np.isfinite(time) & np.isfinite(flux) & (table["QUALITY"] == 0)
    away = np.abs((time - orbit.epoch + orbit.period / 2) % orbit.period - orbit.period / 2) * 24
    inside, outside = good & (away < 0.15 * orbit.duration), good & (away > 0.7 * orbit.duration)
    depth = 1 - flux[inside].mean() / np.median(flux[outside])
    assert depth * 1e6 == pytest.approx(orbit.depth, rel=0.12)
    assert inside.sum() > 20


def test_every_tce_of_a_stars_runs_is_in_its_light_curves() -> None:
    star = facts.star(16740101)
    signals = model.signals(star)
    assert len(signals) == max(run.tces for run in facts.runs(star.tic)) == 3
    seen = [
        model.simulate(model.SimulatedTarget(star, facts.sector(number), 120)) for number in (14, 15, 41, 55, 75, 82)
    ]
    time = np.concatenate([series.time for series in seen])
    flux = np.concatenate([series.pdc / np.nanmedian(series.pdc) for series in seen])
    for n, signal in enumerate(signals):
        others = model.transits(time, (*signals[:n], *signals[n + 1 :]), 120)
        away = np.abs((time - signal.epoch + signal.period / 2) % signal.period - signal.period / 2) * 24
        good = np.isfinite(flux) & (others == 0)
        inside, outside = good & (away < 0.35 * signal.duration), good & (away > signal.duration) & (away < 12)
        depth = (flux[outside].mean() - flux[inside].mean()) * 1e6
        error = flux[outside].std() * 1e6 / np.sqrt(inside.sum())
        assert depth > 5 * error, f"TCE {n + 1} is not to be seen"
        assert depth == pytest.approx(signal.depth, rel=0.03, abs=3 * error), f"TCE {n + 1}"


def test_raw_flux_drifts_and_corrected_flux_does_not() -> None:
    data = opened(make("tess2018206045859-s0001-0000000141914082-0120-s_lc.fits"))[1].data

    def drift(column: str) -> float:
        values = data[column][data["QUALITY"] == 0]
        parts = [np.median(part) for part in np.array_split(values, 20)]
        return float(np.ptp(parts) / np.median(parts))

    assert drift("SAP_FLUX") > 3 * drift("PDCSAP_FLUX")


def test_a_time_series_tells_of_the_light_curve_s_own_data() -> None:
    curve, series = opened(make(KELT9_LC))[1].data, opened(make(KELT9_DVT))["Statistics"].data
    assert np.array_equal(curve["CADENCENO"], series["CADENCENO"])
    assert np.allclose(curve["PDCSAP_FLUX"], series["PDCSAP_FLUX"], rtol=1e-5, equal_nan=True)
    assert np.array_equal(curve["QUALITY"], series["QUALITY"])
    assert np.isfinite(series["TIME"]).all()


def test_the_aperture_of_the_pixels_holds_the_light_of_the_light_curve() -> None:
    curve = opened(make(L98_LC))
    pixels = opened(make(L98_LC.replace("_lc", "_tp")))
    aperture = (pixels["APERTURE"].data & 2) > 0
    assert np.array_equal(curve["APERTURE"].data, pixels["APERTURE"].data)
    assert aperture.sum() == pixels["APERTURE"].header["NPIXSAP"]
    total = pixels["PIXELS"].data["FLUX"][:, aperture].sum(axis=1)
    sap = curve["LIGHTCURVE"].data["SAP_FLUX"]
    good = np.isfinite(sap)
    assert np.median(total[good] / sap[good]) == pytest.approx(1, abs=1e-3)
    missing = np.isnan(pixels["PIXELS"].data["TIME"])
    assert np.isnan(pixels["PIXELS"].data["FLUX"][missing]).all()
    assert (pixels["PIXELS"].data["RAW_CNTS"][missing] == -1).all()


def test_a_multi_sector_time_series_has_data_in_the_sectors_it_names_only() -> None:
    hdus = opened(make(TOI3505_DVT))
    header, data = hdus[0].header, hdus["Statistics"].data
    assert "SECTOR" not in header
    assert [n for n, bit in enumerate(header["SECTORS"]) if bit == "1"] == [54, 81]
    assert (header["NUMTCES"], header["NEXTEND"], len(hdus)) == (1, 3, 3)
    assert hdus["TCE_1"].header["TIMEDEL"] == pytest.approx(600 / 86400)
    assert (np.diff(data["CADENCENO"]) == 5).all()
    seen = data["CADENCENO"][np.isfinite(data["PDCSAP_FLUX"])]
    spans = [(entry.first_cadenceno, entry.first_cadenceno + entry.cadences) for entry in map(facts.sector, (54, 81))]
    assert all(any(low <= number < high for low, high in spans) for number in seen)
    assert all(any(low <= number < high for number in seen) for low, high in spans)
    fit = hdus["TCE_1"].data["MODEL_INIT"]
    assert -fit.min() * 1e6 == pytest.approx(hdus["TCE_1"].header["TDEPTH"], rel=0.05)


def test_phases_run_from_a_quarter_before_to_three_quarters_after_transit() -> None:
    hdu = opened(make(KELT9_DVT))["TCE_1"]
    period, epoch = hdu.header["TPERIOD"], hdu.header["TEPOCH"]
    phase = hdu.data["PHASE"]
    assert phase.min() >= -0.2501 * period
    assert phase.max() <= 0.7501 * period
    cycles = (hdu.data["TIME"] - epoch - phase) / period
    assert np.abs(cycles - np.round(cycles)).max() < 1e-5
    assert (np.abs(phase[hdu.data["MODEL_INIT"] < 0]) * 48 <= hdu.header["TDUR"] * 1.01).all()


def test_twenty_second_data_have_six_times_the_cadences() -> None:
    hdus = opened(make(KELT9_FAST))
    assert len(hdus[1].data) == 6 * facts.sector(75).cadences
    assert hdus[1].header["TIMEDEL"] == pytest.approx(20 / 86400)
    assert hdus[1].header["NUM_FRM"] == 10
    assert np.nanmedian(np.diff(hdus[1].data["TIME"])) * 86400 == pytest.approx(20, abs=0.01)


def test_cosmic_rays_fill_twenty_second_pixels_up_to_the_real_size() -> None:
    name = names.parse(KELT9_FAST.replace("fast-lc", "fast-tp"))
    hdus = spoc.target_pixels(
        name, 346152960, eras.of_name(name)
    )  # laid out, not made: that takes two seconds and 700 MB
    headers = [fits.Header.fromstring("".join(hdu.cards)) for hdu in hdus]
    assert writer.file_size(hdus) == 346152960
    assert headers[1]["NAXIS2"] == 6 * facts.sector(75).cadences
    assert headers[1]["TDIM5"] == "(11,13)"
    assert headers[3]["EXTNAME"] == "TARGET COSMIC RAY"
    assert headers[3]["NAXIS2"] > 10_000


def test_pixels_of_full_frame_images_reach_their_size_with_cosmic_rays() -> None:
    hdus = opened(make(TESS_SPOC_TP, REAL_SIZES[TESS_SPOC_TP]))
    rays = hdus["TARGET COSMIC RAY"].data
    assert hdus["APERTURE"].shape == hdus["PIXELS"].data["FLUX"].shape[1:]
    assert len(hdus["PIXELS"].data) == model.SimulatedTarget(facts.star(141914082), facts.sector(1), 1800).rows
    assert len(rays) > 0
    assert set(rays["CADENCENO"]) <= set(hdus["PIXELS"].data["CADENCENO"])


def test_a_report_is_of_its_planets() -> None:
    space = {"dv": "http://www.nasa.gov/2018/TESS/DV"}
    root = ET.fromstring(make(L98_XML))
    planets = facts.star(307210830).planets
    results = root.findall("dv:planetResults", space)
    assert len(results) == int(root.get("planetCandidateCount", 0)) == 3
    for planet, result in zip(planets, results, strict=True):
        fit = {node.get("name"): node.get("value") for node in result.find("dv:allTransitsFit", space).iter()}  # type: ignore[union-attr]
        assert float(fit["orbitalPeriodDays"]) == planet.period
        cycles = (float(fit["transitEpochBtjd"]) - planet.epoch) / planet.period
        assert cycles == pytest.approx(round(cycles), abs=1e-6)
        sectors = [int(node.get("sector", 0)) for node in result.findall("dv:differenceImageResults", space)]
        assert sectors == [2, 5, 8, 9, 10, 11, 12]


@pytest.mark.parametrize("run", facts.RUNS, ids=lambda run: f"{run.tic}-s{run.first}-s{run.last}-{run.run}")
def test_every_run_of_the_catalogue_has_a_report_of_its_natural_size(run: facts.ValidationRun) -> None:
    stem = f"tess{run.timestamp}-s{run.first:04d}-s{run.last:04d}-{run.tic:016d}-{run.run:05d}"
    content = make(f"{stem}_dvr.xml")
    assert len(content) == natural_size(f"{stem}_dvr.xml")
    assert len(ET.fromstring(content).findall("{*}planetResults")) == run.tces
    assert natural_size(f"{stem}_dvt.fits") % writer.BLOCK == 0


def test_a_pdf_is_one_page_with_true_offsets() -> None:
    content = make("tess2019199201929-s0014-s0014-0000000016740101-01-00240_dvs.pdf", 1107114)
    assert content.startswith(b"%PDF-1.")
    assert content.rstrip(b"\n").endswith(b"%%EOF")
    start = int(re.search(rb"startxref\n(\d+)\n", content)[1])  # type: ignore[index]
    assert content[start : start + 5] == b"xref\n"
    offsets = [int(found) for found in re.findall(rb"(\d{10}) 00000 n \n", content[start:])]
    assert len(offsets) == 7
    for n, offset in enumerate(offsets, start=1):
        assert content[offset:].startswith(b"%d 0 obj\n" % n)
    for length, begin in re.findall(rb"/Length (\d+) >>\nstream\n()", content):
        assert begin == b""
        assert int(length) > 0
    assert content.count(b"/Type /Page ") == 1
    for word in (b"SIMULATED", b"TIC 16740101", b"run 00240", b"TCE 1"):
        assert word in content


# -- lightkurve's readers


@pytest.mark.parametrize(
    ("filename", "author", "tic", "sector"),
    [
        (KELT9_LC, "SPOC", 16740101, 14),
        (KELT9_FAST, "SPOC", 16740101, 75),
        (TESS_SPOC, "TESS-SPOC", 141914082, 1),
        (QLP_OLD, "QLP", 141914082, 1),
        (QLP_NEW, "QLP", 390988385, 81),
        (TASOC, "TASOC", 141914082, 1),
        (ELEANOR, "GSFC-ELEANOR-LITE", 141914082, 1),
    ],
)
def test_lightkurve_reads_a_light_curve(
    lightkurve: ModuleType, tmp_path: Path, filename: str, author: str, tic: int, sector: int
) -> None:
    curve = lightkurve.read(saved(tmp_path, filename, REAL_SIZES[filename]))
    assert isinstance(curve, lightkurve.TessLightCurve)
    assert (curve.meta["AUTHOR"], int(curve.targetid), curve.sector) == (author, tic, sector)
    assert len(curve) > 1000
    assert np.isfinite(curve.flux.value).mean() > 0.9
    assert np.isfinite(curve.flux_err.value).mean() > 0.9


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # lightkurve leaves the file to the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("filename", [L98_LC.replace("_lc", "_tp"), TESS_SPOC_TP])
def test_lightkurve_reads_target_pixels(lightkurve: ModuleType, tmp_path: Path, filename: str) -> None:
    pixels = lightkurve.read(saved(tmp_path, filename))
    star = facts.star(pixels.targetid)
    assert isinstance(pixels, lightkurve.targetpixelfile.TessTargetPixelFile)
    assert pixels.pipeline_mask.sum() >= 4
    coordinates = pixels.get_coordinates(cadence=100)
    assert abs(float(coordinates[1].mean()) - star.dec) < 0.02
    curve = pixels.to_lightcurve(aperture_mask="pipeline")
    assert np.nanmedian(curve.flux.value) > 0
    pixels.hdu.close()
