"""TCEs as a table: what the files say, to the last digit, and nothing where they only seem to say something."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable
from astropy.time import Time

from tess_source.errors import DamagedFileError, LoadError
from tess_source_dv.read.report import read_report
from tess_source_dv.read.tce_columns import COLUMNS
from tess_source_dv.read.tces import TCEs, read_dvt_headers, read_tces, tces_of_report
from tess_source_sample.files import make

made = cache(make)  # the time series takes a quarter of a second
STEM = "tess2018206190142-s0001-s0006-0000000307210830-00196"
FITTED = {
    "period": "orbitalPeriodDays", "epoch": "transitEpochBtjd", "duration": "transitDurationHours", "depth": "transitDepthPpm",
    "ingress": "transitIngressTimeHours", "planet_radius": "planetRadiusEarthRadii", "impact": "minImpactParameter",
    "radius_ratio": "ratioPlanetRadiusToStarRadius", "distance_ratio": "ratioSemiMajorAxisToStarRadius",
    "inclination": "inclinationDegrees", "semi_major_axis": "semiMajorAxisAu", "equilibrium_temperature": "equilibriumTempKelvin",
    "insolation": "effectiveStellarFlux",
}  # fmt: skip
FOUND = {
    "mes": "maxMultipleEventSigma", "ses": "maxSingleEventSigma", "robust_statistic": "robustStatistic",
    "transits": "observedTransitCount", "transits_expected": "expectedTransitCount", "search_epoch": "epochTjd",
    "pulse_duration": "trialTransitPulseDurationInHours", "search_period": "orbitalPeriodInDays",
}  # fmt: skip
FIT = {"snr": "modelFitSnr", "chi_square": "modelChiSquare", "degrees_of_freedom": "modelDegreesOfFreedom"}
STAR = {
    "teff": "effectiveTemp", "logg": "log10SurfaceGravity", "metallicity": "log10Metallicity", "star_radius": "radius",
    "star_density": "stellarDensity", "tessmag": "tessMag", "ra": "raDegrees", "dec": "decDegrees", "pmra": "pmRa", "pmdec": "pmDec",
}  # fmt: skip
CARDS = {
    "period": "TPERIOD", "epoch": "TEPOCH", "depth": "TDEPTH", "snr": "TSNR", "duration": "TDUR", "ingress": "INDUR",
    "impact": "IMPACT", "inclination": "INCLIN", "distance_ratio": "DRRATIO", "radius_ratio": "RADRATIO",
    "planet_radius": "PRADIUS", "mes": "MAXMES", "ses": "MAXSES", "transits": "NTRANS", "converged": "CONVRGE",
    "data_start": "TSTART", "data_stop": "TSTOP",
}  # fmt: skip
STAR_CARDS = {
    "teff": "TEFF", "logg": "LOGG", "metallicity": "MH", "star_radius": "RADIUS", "tessmag": "TESSMAG", "ra": "RA_OBJ",
    "dec": "DEC_OBJ", "pmra": "PMRA", "pmdec": "PMDEC",
}  # fmt: skip


def xml(fit: str = "", parameters: str = "", candidate: str = "", number: str = "1") -> bytes:
    return f"""<dvTargetResults ticId="42" sectorsObserved="01"><planetResults planetNumber="{number}">
        <allTransitsFit {fit}><modelParameters>{parameters}</modelParameters></allTransitsFit>
        <planetCandidate {candidate}/></planetResults></dvTargetResults>""".encode()


def parameter(name: str, value: str, uncertainty: str) -> str:
    return f'<modelParameter name="{name}" value="{value}" uncertainty="{uncertainty}"/>'


def row(**said: str) -> dict[str, Any]:
    return tces_of_report(read_report(xml(**said)))[0]


# Sentinels

FAILED = 'fullConvergence="false" modelChiSquare="-1.0" modelDegreesOfFreedom="-1.0" modelFitSnr="-1.0"'
GOOD = 'fullConvergence="true" modelChiSquare="5.5" modelDegreesOfFreedom="4.0" modelFitSnr="10.25"'


def test_a_fit_that_failed_has_no_snr_and_no_uncertainties() -> None:
    # values as MAST's TCE statistics of s0001-s0009 have them for TIC 471013582, TCE 3
    fitted = parameter("orbitalPeriodDays", "53.5764", "-1.0") + parameter("transitDepthPpm", "214359.0", "297.714")
    found = row(fit=FAILED, parameters=fitted, candidate='observedTransitCount="0"')
    assert found["converged"] is False
    assert found["snr"] is found["chi_square"] is found["degrees_of_freedom"] is None
    assert (found["period"], found["period_err"]) == (53.5764, None), "the period of the search stays"
    assert (found["depth"], found["depth_err"]) == (214359.0, None), "and what the fit began with"
    assert found["transits"] is None


@pytest.mark.parametrize("value", ["0", "0.0", "-1", "-1.0"])
@pytest.mark.parametrize("uncertainty", ["0.0", "-1.0"])
def test_zero_and_minus_one_of_a_failed_fit_are_null(value: str, uncertainty: str) -> None:
    found = row(fit=FAILED, parameters="".join(parameter(name, value, uncertainty) for name in FITTED.values()))
    assert {found[name] for name in FITTED} | {found[f"{name}_err"] for name in FITTED} == {None}


def test_zero_of_a_good_fit_is_zero() -> None:
    found = row(fit=GOOD, parameters=parameter("minImpactParameter", "0.0", "0.5"))
    assert (found["impact"], found["impact_err"]) == (0.0, 0.5)


def test_a_parameter_that_a_good_fit_does_not_have_is_null() -> None:
    found = row(fit=GOOD, parameters=parameter("minImpactParameter", "0.0", "-1.0"))
    assert (found["impact"], found["impact_err"]) == (None, None)


def test_an_uncertainty_of_minus_one_is_null_and_its_value_stays() -> None:
    found = row(fit=GOOD, parameters=parameter("orbitalPeriodDays", "15.0764", "-1.0"))
    assert (found["period"], found["period_err"]) == (15.0764, None)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", ""])
def test_what_is_no_number_in_numbers_clothes_is_null(text: str) -> None:
    # float() reads "Infinity" and "NaN" as XML Schema spells them, though it spells "INF"
    found = row(fit=GOOD, parameters=parameter("orbitalPeriodDays", text, text), candidate=f'epochTjd="{text}"')
    assert found["period"] is found["period_err"] is found["search_epoch"] is None


@pytest.mark.parametrize(
    ("fit", "converged"),
    [
        (GOOD, True),
        (GOOD.replace("true", "1"), True),
        (GOOD.replace("true", "false"), False),
        (FAILED, False),
        (FAILED.replace("false", "true"), False),
        ('modelChiSquare="5.5"', None),
        ("", False),
    ],
    ids=["good", "as-1", "not-quite", "failed", "contradictory", "unsaid", "no-fit"],
)
def test_a_fit_converged_if_it_says_so_and_there_was_one(fit: str, converged: bool | None) -> None:
    assert row(fit=fit)["converged"] is converged


def test_a_suspected_eclipsing_binary_says_so() -> None:
    assert row(candidate='suspectedEclipsingBinary="true"')["suspected_eclipsing_binary"] is True
    assert row(candidate='suspectedEclipsingBinary="false"')["suspected_eclipsing_binary"] is False
    assert row()["suspected_eclipsing_binary"] is None


@pytest.mark.parametrize(
    "said",
    [
        {"candidate": 'epochTjd="soon"'},
        {"fit": 'modelFitSnr="high"'},
        {"parameters": parameter("orbitalPeriodDays", "?", "1")},
    ],
)
def test_text_where_a_number_belongs_is_damage(said: dict[str, str]) -> None:
    with pytest.raises(DamagedFileError, match=r"r\.xml is damaged.*TCE 1 has '.+' where a number belongs"):
        tces_of_report(read_report(xml(**said), "r.xml"))


def test_a_report_without_tces_is_an_empty_table() -> None:
    tces = tces_of_report(read_report(b'<dvTargetResults ticId="42"/>'))
    assert len(tces) == 0
    assert isinstance(tces, TCEs)
    assert len(tces.to_table()) == 0


# As tables


@pytest.fixture
def both(tmp_path: Path) -> TCEs:
    """The TCEs of one run of the sample archive, from the report and from the time series."""
    for ending in ("_dvr.xml", "_dvt.fits"):
        (tmp_path / f"{STEM}{ending}").write_bytes(made(STEM + ending))
    return read_tces(sorted(tmp_path.iterdir()))


def test_an_astropy_table_has_units_and_times(both: TCEs) -> None:
    table = both.to_table()
    assert isinstance(table, QTable)
    assert isinstance(table["epoch"], Time)
    assert table["period"].unit == u.day
    assert table["duration"].to_value(u.day)[0] == pytest.approx(both["duration"][0] / 24)
    assert table["depth"].to_value(u.percent)[0] == pytest.approx(both["depth"][0] / 1e4)
    assert table["planet_radius"].unit == u.R_earth
    assert table["star_radius"].unit == u.R_sun
    assert table["pmra"].unit == u.mas / u.yr
    assert all(table[column.name].info.description for column in COLUMNS)


def test_times_are_barycentric_and_keep_every_digit(both: TCEs) -> None:
    epochs = both.to_table()["epoch"]
    assert epochs.scale == "tdb"
    assert ((epochs - Time(2457000, format="jd", scale="tdb")).jd == both["epoch"].to_numpy()).all()


def test_nulls_are_masked_not_numbers(both: TCEs) -> None:
    table = both.to_table()
    of_dvt = both["source"].to_numpy() == "dvt"
    assert (table["period_err"].mask == of_dvt).all()
    assert not np.ma.is_masked(table["period"])
    none = tces_of_report(read_report(xml(fit=FAILED))).to_table()
    assert none["epoch"].mask.all()
    assert none["snr"].mask.all()


def test_a_saved_table_comes_back_the_same(both: TCEs, tmp_path: Path) -> None:
    table = both.to_table()
    table.write(tmp_path / "tces.ecsv")
    back = QTable.read(tmp_path / "tces.ecsv")
    assert back.colnames == table.colnames
    assert (back["period"] == table["period"]).all()
    assert (back["depth"] == table["depth"]).all()
    assert abs(back["epoch"] - table["epoch"]).max() < 40 * u.us


def test_pandas_and_polars_have_plain_numbers(both: TCEs) -> None:
    assert both.to_polars()["epoch"].dtype == pl.Float64
    assert both.to_pandas()["period"].tolist() == both["period"].to_list()
    assert both.to_pandas()["period_err"].isna().tolist() == [source == "dvt" for source in both["source"]]


def test_it_is_a_table_like_the_others(both: TCEs) -> None:
    assert repr(both).startswith("6 TCEs\n")
    assert len(both.where(pl.col("source") == "dvt")) == 3
    assert TCEs.of(both.to_pandas()).to_polars().equals(both.to_polars())
    assert both.sort()["tce"].to_list() == [1, 1, 2, 2, 3, 3]


# Time series


def test_the_report_and_the_time_series_of_a_run_agree(both: TCEs) -> None:
    reported, series = (both.where(pl.col("source") == source) for source in ("dvr-xml", "dvt"))
    same = ["set", "tce", "tic", "first_sector", "last_sector", "run", "sectors", "transits", "converged"]
    assert reported.to_polars().select(same).equals(series.to_polars().select(same))
    for name in (*CARDS, *STAR_CARDS):
        if name not in {"ses", "converged", "data_start", "data_stop", "metallicity"}:
            assert reported[name].to_list() == pytest.approx(series[name].to_list(), rel=1e-7), name


@pytest.fixture
def series(tmp_path: Path) -> Path:
    path = tmp_path / f"{STEM}_dvt.fits"
    path.write_bytes(made(path.name))
    return path


def test_a_fit_that_failed_is_blank_in_a_time_series(series: Path) -> None:
    blank = dict.fromkeys(("TDEPTH", "TSNR", "INDUR", "IMPACT", "INCLIN", "DRRATIO", "RADRATIO", "PRADIUS", "CONVRGE"))
    with fits.open(series, mode="update", memmap=False) as hdus:
        hdus["TCE_2"].header.update(blank)
    found = read_dvt_headers(series)
    assert found["converged"].to_list() == [True, False, True]
    assert found["depth"].is_null().to_list() == [False, True, False]
    assert found["period"].null_count() == 0


@pytest.mark.parametrize(("key", "name"), [("TSNR", "snr"), ("MAXMES", "mes"), ("NTRANS", "transits")])
@pytest.mark.parametrize("value", [-1, 0])
def test_sentinels_of_a_time_series_are_null(series: Path, key: str, name: str, value: int) -> None:
    with fits.open(series, mode="update", memmap=False) as hdus:
        hdus["TCE_1"].header[key] = value
    assert read_dvt_headers(series)[name].is_null().to_list() == [True, False, False]


def test_a_time_series_that_is_cut_is_damaged(series: Path) -> None:
    whole = series.read_bytes()
    with fits.open(series, memmap=False) as hdus:
        ends = [hdus.fileinfo(number)["datLoc"] + hdus.fileinfo(number)["datSpan"] for number in range(len(hdus))]
    for length in (0, 5, 2880, 4000, ends[0], ends[0] + 100, ends[1] - 1, ends[1], ends[2], ends[-1] - 1):
        series.write_bytes(whole[:length])
        with pytest.raises(DamagedFileError, match=series.name):
            read_dvt_headers(series)


def test_one_wrong_byte_in_a_header_gives_tces_or_an_error_with_a_name(series: Path) -> None:
    whole, refused = series.read_bytes(), 0
    for position in range(0, whole.index(b"TCE_2"), 397):
        for byte in b"\x00\xff'T9 ":
            with series.open("r+b") as file:
                file.seek(position)
                file.write(bytes([byte]))
            try:
                read_dvt_headers(series)
            except LoadError as error:
                assert series.name in str(error)
                refused += 1
            with series.open("r+b") as file:
                file.seek(position)
                file.write(whole[position : position + 1])
        if position > 20_000:
            break
    assert refused > 0


def test_a_number_that_is_no_number_is_null(series: Path) -> None:
    content = series.read_bytes()
    at = content.index(b"TPERIOD = ") + 10
    series.write_bytes(content[:at] + b"NaN".rjust(20) + content[at + 20 :])
    assert read_dvt_headers(series)["period"].is_null().to_list() == [True, False, False]


@pytest.mark.parametrize("content", [b"<html>502</html>", b"\x1f\x8b\x08\x00", b"SIMPLE  = nonsense" * 500])
def test_what_is_no_fits_is_damaged(series: Path, content: bytes) -> None:
    series.write_bytes(content)
    with pytest.raises(DamagedFileError, match=series.name):
        read_dvt_headers(series)


@pytest.mark.parametrize(
    ("hdu", "key", "value", "error", "problem"),
    [
        ("PRIMARY", "TICID", 43, LoadError, "of TIC 43, not of TIC 307210830"),
        ("PRIMARY", "NUMTCES", 4, DamagedFileError, "1 of its 5 extensions"),
        ("PRIMARY", "NUMTCES", 2, DamagedFileError, "3 of its 2 TCEs"),
        ("PRIMARY", "SECTORS", "2 and 5", DamagedFileError, "SECTORS"),
        ("TCE_1", "BJDREFI", 2454833, LoadError, "not from 2457000"),
        ("TCE_1", "TPERIOD", "long", DamagedFileError, "TPERIOD is 'long'"),
        ("TCE_1", "NTRANS", 2.5, DamagedFileError, "NTRANS is 2.5"),
        ("TCE_1", "CONVRGE", "yes", DamagedFileError, "CONVRGE is 'yes'"),
        ("TCE_1", "NTRANS", 10**15, DamagedFileError, "numbers that cannot be"),
    ],
)
def test_a_time_series_that_cannot_be_true_is_refused(
    series: Path, hdu: str, key: str, value: Any, error: type[Exception], problem: str
) -> None:
    with fits.open(series, mode="update", memmap=False) as hdus:
        hdus[hdu].header[key] = value
    with pytest.raises(error, match=rf"{series.name}.*{problem}"):
        read_dvt_headers(series)


def test_a_light_curve_is_no_time_series(tmp_path: Path) -> None:
    path = tmp_path / "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
    path.write_bytes(made(path.name))
    with pytest.raises(LoadError, match=f"{path.name} is healthy, but no DV time series"):
        read_dvt_headers(path)


def test_a_renamed_time_series_is_read_without_its_run(series: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "mine.fits"
    shutil.copy(series, renamed)
    found = read_dvt_headers(renamed)
    assert found["set"].to_list() == [None] * 3
    assert found["sectors"].to_list() == ["2,5"] * 3


def test_files_of_another_kind_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"a\.pdf is neither"):
        read_tces([tmp_path / "a.pdf"])


def test_no_files_are_no_tces() -> None:
    assert len(read_tces([])) == 0


# Real


def naive(element: ET.Element | None, key: str) -> float | None:
    text = None if element is None else element.get(key)
    return None if text is None else float(text)


@pytest.mark.real
def test_every_value_of_every_real_report_is_there_to_the_last_digit(real: Path) -> None:
    """Against another reading of the same files: ElementTree, by path, with nothing in common with ours."""
    dv = {"dv": "http://www.nasa.gov/2018/TESS/DV"}
    compared = 0
    for path in sorted((real / "dvr-xml").glob("*.xml")):
        table, root = read_tces([path]), ET.parse(path).getroot()
        planets = root.findall("dv:planetResults", dv)
        assert len(table) == len(planets)
        for planet in planets:
            (row,) = table.where(pl.col("tce") == int(planet.attrib["planetNumber"]))
            wanted: dict[str, Any] = {"tic": int(root.attrib["ticId"])}
            for ours, theirs in FITTED.items():
                found = planet.find(f"dv:allTransitsFit/dv:modelParameters/dv:modelParameter[@name='{theirs}']", dv)
                wanted |= {ours: naive(found, "value"), f"{ours}_err": naive(found, "uncertainty")}
            for names, place in ((FOUND, "dv:planetCandidate"), (FIT, "dv:allTransitsFit")):
                wanted |= {ours: naive(planet.find(place, dv), theirs) for ours, theirs in names.items()}
            for ours, theirs in STAR.items():
                found = root.find(f"dv:{theirs}", dv)
                assert found is not None
                wanted |= {
                    ours: naive(found, "value"),
                    f"{ours}_err": naive(found, "uncertainty"),
                    f"{ours}_provenance": found.get("provenance"),
                }
            assert {key: row[key] for key in wanted} == wanted
            assert None not in wanted.values()
            assert row["converged"] == (planet.find("dv:allTransitsFit[@fullConvergence='true']", dv) is not None)
            binary = planet.find("dv:planetCandidate[@suspectedEclipsingBinary='true']", dv)
            assert row["suspected_eclipsing_binary"] == (binary is not None)
            compared += len(wanted)
    assert compared >= 31 * len(wanted)


@pytest.mark.real
def test_a_real_fit_converged_just_where_it_has_a_chi_square_and_an_snr(real: Path) -> None:
    found = read_tces((real / "dvr-xml").glob("*.xml"))
    assert found["converged"].to_list() == (found["chi_square"].is_not_null() & (found["snr"] > 0)).to_list()
    for path in (real / "scripts").glob("*tcestats.csv"):
        stats = pl.read_csv(path, comment_prefix="#", columns=["tce_full_conv", "tce_model_snr", "tce_model_chisq"])
        assert (stats["tce_full_conv"] == (stats["tce_model_snr"] != -1)).all()
        assert (stats["tce_full_conv"] == (stats["tce_model_chisq"] != -1)).all()


@pytest.mark.real
def test_real_time_series_say_what_astropy_reads_in_their_headers(real: Path) -> None:
    paths = sorted((real / "dvt").glob("*.fits"))
    assert paths
    for path in paths:
        (row,) = read_dvt_headers(path)
        primary, header = (fits.getheader(path, extension) for extension in (0, "TCE_1"))
        assert {ours: row[ours] for ours in CARDS} == {ours: header[key] for ours, key in CARDS.items()}
        wanted = {ours: primary[key] for ours, key in STAR_CARDS.items()}
        assert {ours: row[ours] for ours in STAR_CARDS if ours != "metallicity"} == {
            ours: value for ours, value in wanted.items() if ours != "metallicity"
        }
        assert row["metallicity"] is None, "the card MH is blank"
        assert row["set"] == f"SPOC/12862099/s0003-s0003/{path.name[-14:-9]}"
        assert row["sectors"] == "3"


@pytest.mark.real
def test_the_report_agrees_with_the_headers_of_the_time_series_of_the_same_real_run(real: Path) -> None:
    """exo.MAST gives the header of TCE_1 in the DVT of s0014-s0086; its single-precision numbers have nine digits."""
    header = json.loads((real / "mast-json" / "toi3505_s0014-s0086_tce1_info.json").read_text())["DV Data Header"]
    (row,) = read_tces((real / "dvr-xml").glob("*s0014-s0086*"))
    for ours, key in CARDS.items():
        if ours not in {"epoch", "converged", "data_start", "data_stop"}:
            assert row[ours] == pytest.approx(header[key], rel=1e-7), key
    assert (header["TEPOCH"] - row["epoch"]) * 86400 == pytest.approx(1.979, abs=0.001), "two seconds, not explained"
