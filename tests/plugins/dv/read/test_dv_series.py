"""DV time series become lightkurve light curves that know their own TCE; values are those that astropy reads."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_files import content
from sizes import STRESS, size

from tess_source import Session, hookimpl, names
from tess_source.errors import (
    DamagedFileError,
    LoadError,
    NoReaderError,
    PluginError,
    QueryError,
    UnknownNameError,
)
from tess_source.tables.items import Entry, Item, Items
from tess_source.tables.listing import Products
from tess_source.tables.plan import Manifest, Plan
from tess_source_dv.read import into_lightkurve as reader
from tess_source_dv.read import read_dvt as opening
from tess_source_dv.read.curves import DVLightCurve, DVTimeSeries
from tess_source_dv.read.light_curves import light_curves_of
from tess_source_dv.read.read_dvt import read_dvt, read_tce
from tess_source_dv.read.series import read_statistics
from tess_source_sample.server import SampleArchive

NEWER = "tess2018263124740-s0003-s0003-0000000012862099-00405_dvt.fits"
OLDER = "tess2018267104341-s0003-s0003-0000000012862099-00126_dvt.fits"
KELT9 = "tess2019199201929-s0014-s0014-0000000016740101-00745_dvt.fits"
KELT9_RANGE = "tess2019199201929-s0014-s0016-0000000016740101-00253_dvt.fits"
TOI3505 = "tess2019199201929-s0014-s0086-0000000390988385-00971_dvt.fits"
LIGHT_CURVE = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"

Here = Callable[..., Path]
Change = Callable[[fits.HDUList], object]

real_files = pytest.mark.parametrize("filename", [NEWER, OLDER])


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Write a simulated file, changed where a test wants it."""

    def put(filename: str, change: Change | None = None, *, under: str = "", data: bytes | None = None) -> Path:
        path = tmp_path / (under or filename)
        path.write_bytes(content(filename) if data is None else data)
        if change is not None:
            with fits.open(io.BytesIO(path.read_bytes())) as hdus:
                change(hdus)
                hdus.writeto(path, overwrite=True, output_verify="ignore")
        return path

    return put


def used(table: Any) -> Any:
    """Rows with a time and with a value of the searched light curve, found independently."""
    return (table["TIME"] > 0) & np.isfinite(table["LC_INIT"])


def in_and_out(folded: Any, duration: Any) -> tuple[float, float]:
    """Mean flux in the middle half of the transit, and far from it."""
    hours = np.abs(folded.phase.to_value("h"))
    inside, outside = hours < duration.to_value("h") / 4, hours > duration.to_value("h")
    return float(np.nanmean(folded.flux.value[inside])), float(np.nanmean(folded.flux.value[outside]))


# -- the real files of WASP-44 --


@pytest.mark.real
@real_files
def test_every_value_of_a_real_file_is_that_which_astropy_reads(real: Path, filename: str) -> None:
    (curve,) = read_dvt(real / "dvt" / filename)
    with fits.open(real / "dvt" / filename) as hdus:
        table, rows = hdus["TCE_1"].data, used(hdus["TCE_1"].data)
        np.testing.assert_array_equal(curve.time.value, table["TIME"][rows])
        for name in table.names[1:]:
            np.testing.assert_array_equal(np.asarray(curve[name.lower()]), table[name][rows])
        np.testing.assert_array_equal(curve["quality"], hdus["Statistics"].data["QUALITY"][rows])
        np.testing.assert_array_equal(curve.flux.value, table["LC_DETREND"][rows])
        np.testing.assert_array_equal(curve.flux_err.value, table["LC_INIT_ERR"][rows])
    assert (curve.time.format, curve.time.scale) == ("btjd", "tdb")
    assert len(curve.remove_nans()) == len(curve)


@pytest.mark.real
def test_the_gaps_of_real_files_are_left_out(real: Path) -> None:
    lengths = {name: len(read_dvt(real / "dvt" / name)[0]) for name in (NEWER, OLDER)}
    assert lengths == {NEWER: 19692 - 6724, OLDER: 14592 - 1141}


@pytest.mark.real
@pytest.mark.filterwarnings("ignore:.*cadences will be ignored due to the quality mask.*")
@pytest.mark.parametrize("bitmask", ["default", "hard", "hardest"])
def test_what_lightkurve_would_flag_the_real_runs_have_left_out_already(real: Path, bitmask: str) -> None:
    path = real / "dvt" / NEWER
    assert len(read_tce(path, quality_bitmask=bitmask)) == len(read_tce(path))


@pytest.mark.real
@real_files
def test_the_ephemeris_is_that_of_the_header_to_the_last_digit(real: Path, filename: str) -> None:
    (curve,) = read_dvt(real / "dvt" / filename)
    header = fits.getheader(real / "dvt" / filename, "TCE_1")
    assert curve.period == header["TPERIOD"] * units.day
    assert (curve.epoch_time.value, curve.epoch_time.format) == (header["TEPOCH"], "btjd")
    assert curve.duration == header["TDUR"] * units.hour
    assert curve.depth.to_value("ppm") == header["TDEPTH"]
    assert (curve.tce, curve.run, curve.used_sectors) == (1, names.parse(filename).run, (3,))
    assert curve.dv_set == f"SPOC/12862099/s0003-s0003/{curve.run:05d}"
    assert curve.time_bin == 120 * units.s
    for card in ("MAXMES", "NTRANS", "TSNR", "CONVRGE", "TELAPSE"):
        assert curve.meta[card] == header[card]
    assert (curve.meta["TEFF"], curve.meta["TICID"], curve.sector, curve.label) == (
        fits.getval(real / "dvt" / filename, "TEFF"), 12862099, 3, "TIC 12862099",
    )  # fmt: skip


@pytest.mark.real
@real_files
def test_a_real_tce_folds_on_itself_with_the_transit_at_phase_zero(real: Path, filename: str) -> None:
    (curve,) = read_dvt(real / "dvt" / filename)
    folded = curve.fold()
    inside, outside = in_and_out(folded, curve.duration)
    assert -inside == pytest.approx(curve.depth.to_value(""), rel=0.1)
    assert abs(outside) < 0.03 * -inside
    model = curve.select_flux("model_init").fold()
    lowest = model.phase[np.argmin(model.flux)]
    assert abs(lowest.to_value("h")) < 0.1
    assert folded.phase.to_value("d").min() >= -curve.period.value / 2


@pytest.mark.real
def test_the_models_depth_is_the_headers(real: Path) -> None:
    """The fit is at its deepest in mid-transit, limb darkening included: TDEPTH is that depth."""
    curve = read_tce(real / "dvt" / NEWER, flux_column="MODEL_INIT")
    assert -curve.flux.value.min() == pytest.approx(curve.depth.to_value(""), rel=0.01)


@pytest.mark.real
def test_statistics_have_the_light_curve_that_was_searched(real: Path) -> None:
    curve = read_tce(real / "dvt" / OLDER)
    statistics = curve.statistics()
    table = fits.getdata(real / "dvt" / OLDER, "Statistics")
    assert len(statistics) == 14592
    assert len(statistics.colnames) == 38 + 2  # flux and flux_err besides
    np.testing.assert_array_equal(statistics.flux.value, table["PDCSAP_FLUX"])
    np.testing.assert_array_equal(statistics["ses_norm_15_0"].value, table["SES_NORM_15_0"])
    assert statistics.flux.unit == statistics.flux_err.unit == units.Unit("electron / s")
    assert set(curve["cadenceno"]) <= set(statistics["cadenceno"])


@pytest.mark.real
def test_runs_of_one_star_stitch_around_one(real: Path) -> None:
    lightkurve = pytest.importorskip("lightkurve")
    both = lightkurve.LightCurveCollection([read_tce(real / "dvt" / name) for name in (NEWER, OLDER)])
    stitched = both.stitch()
    assert np.median(stitched.flux.value) == pytest.approx(1, abs=1e-3)
    assert np.std(stitched.flux.value) < 0.01
    assert stitched.used_sectors == (3,)


# -- simulated files: several TCEs, several sectors, 600 s --


def test_there_is_one_light_curve_per_tce_in_order(here: Here) -> None:
    opened = read_dvt(here(KELT9))
    assert isinstance(opened, DVTimeSeries)
    assert [curve.tce for curve in opened] == [1, 2]
    assert opened[0].period != opened[1].period
    assert {curve.dv_set for curve in opened} == {"SPOC/16740101/s0014-s0014/00745"}
    assert "TCE 2 of SPOC/16740101/s0014-s0014/00745" in repr(opened)
    assert opened[1] in list(opened[1:])


def test_a_multi_sector_run_has_bins_of_600_s_and_no_sector_but_those_it_used(here: Here) -> None:
    path = here(TOI3505)
    (curve,) = read_dvt(path)
    assert "SECTOR" not in fits.getheader(path)
    assert curve.time_bin == 600 * units.s
    assert curve.used_sectors == (54, 81)
    assert (curve.meta["FIRST_SECTOR"], curve.meta["LAST_SECTOR"], curve.run) == (14, 86, 971)
    assert not hasattr(curve, "sector")
    table = fits.getdata(path, "TCE_1")
    assert len(curve) == used(table).sum() < len(table) / 10
    inside, outside = in_and_out(curve.fold(), curve.duration)
    assert -inside == pytest.approx(curve.depth.to_value(""), rel=0.15)
    assert abs(outside) < 0.05 * -inside


def test_an_early_multi_sector_run_keeps_120_s(here: Here) -> None:
    curves = read_dvt(here(KELT9_RANGE))
    assert [(curve.time_bin.to_value("s"), curve.used_sectors) for curve in curves] == [(120, (14, 15))] * 2


def test_the_time_bin_is_what_the_times_say_whatever_the_header_says(here: Here) -> None:
    def claim(hdus: fits.HDUList) -> None:
        hdus["TCE_1"].header["TIMEDEL"] = 120 / 86400

    assert read_tce(here(TOI3505, claim)).time_bin == 600 * units.s


def test_columns_have_units_and_relative_flux_has_none(here: Here) -> None:
    curve = read_tce(here(KELT9), 1)
    assert curve["timecorr"].unit == curve["phase"].unit == units.day
    for name in (
        "flux",
        "flux_err",
        "lc_init",
        "lc_init_err",
        "lc_white",
        "lc_detrend",
        "model_init",
        "model_white",
    ):
        assert curve[name].unit == units.dimensionless_unscaled
        assert curve[name].dtype == np.dtype("=f4")
    assert curve["cadenceno"].dtype.kind == curve["quality"].dtype.kind == "i"


@pytest.mark.parametrize("flux", ["LC_INIT", "lc_white", "Lc_Detrend", "MODEL_INIT", "model_white"])
def test_any_flux_of_a_tce_can_be_chosen(here: Here, flux: str) -> None:
    path = here(KELT9)
    curve = read_tce(path, 1, flux_column=flux)
    table = fits.getdata(path, "TCE_1")
    np.testing.assert_array_equal(curve.flux.value, table[flux.upper()][used(table)])
    assert curve.flux_origin == flux.lower()
    assert np.isfinite(curve.flux_err.value).any() == flux.lower().startswith(("lc_init", "lc_detrend"))


def test_the_searched_light_curve_itself_can_be_folded_on_a_tce(here: Here) -> None:
    path = here(KELT9)
    curve = read_tce(path, 1, flux_column="pdcsap_flux")
    np.testing.assert_array_equal(
        curve.flux.value, fits.getdata(path, "Statistics")["PDCSAP_FLUX"][used(fits.getdata(path, "TCE_1"))]
    )
    assert curve.flux.unit == curve.flux_err.unit == units.Unit("electron / s")
    inside, outside = in_and_out(curve.fold(), curve.duration)
    assert 1 - inside / outside == pytest.approx(curve.depth.to_value(""), rel=0.2)


@pytest.mark.parametrize("flux", ["lc_detrended", "sap_flux", "time", "cadenceno"])
def test_a_flux_that_there_is_not_is_refused_with_those_that_there_are(here: Here, flux: str) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean.*lc_detrend|pdcsap_flux|lc_init"):
        read_dvt(here(KELT9), flux_column=flux)


def test_rows_without_a_time_are_left_out_whether_nan_or_zero(here: Here) -> None:
    def forget(hdus: fits.HDUList) -> None:
        rows = np.flatnonzero(used(hdus["TCE_1"].data))
        for name in ("TCE_1", "TCE_2", "Statistics"):
            hdus[name].data["TIME"][rows[:5]] = np.nan
            hdus[name].data["TIME"][rows[5:12]] = 0

    whole, holey = read_dvt(here(KELT9)), read_dvt(here(KELT9, forget))
    assert [len(a) - len(b) for a, b in zip(whole, holey, strict=True)] == [12, 12]
    assert len(read_statistics(here(KELT9))) - len(read_statistics(here(KELT9, forget))) == 12
    assert holey[0].time_bin == whole[0].time_bin


def test_flagged_cadences_can_be_left_out_as_well(here: Here) -> None:
    path = here(KELT9)
    quality = read_tce(path, 1)["quality"]
    assert (quality != 0).any()
    assert len(read_tce(path, 1, quality_bitmask="hardest")) == (quality == 0).sum()


# -- folding --


def test_arguments_of_fold_mean_what_they_mean_in_lightkurve(here: Here) -> None:
    import lightkurve

    curve = read_tce(here(KELT9), 1)
    plain = lightkurve.TessLightCurve(curve)
    period, epoch = curve.period, curve.epoch_time
    for given_ in (
        {"period": 2.5},
        {"period": period, "epoch_time": epoch},
        {"period": period, "epoch_time": epoch.value, "normalize_phase": True},
    ):
        np.testing.assert_array_equal(curve.fold(**given_).time.value, plain.fold(**given_).time.value)
    np.testing.assert_array_equal(curve.fold().time.value, plain.fold(period, epoch).time.value)
    later = epoch + 0.3 * units.day
    np.testing.assert_array_equal(curve.fold(epoch_time=later).time.value, plain.fold(period, later).time.value)
    assert (curve.fold().period, curve.fold().epoch_time) == (period, epoch)


SURVIVORS: Mapping[str, Callable[[DVLightCurve], Any]] = {
    "a slice": lambda curve: curve[100:900],
    "a mask": lambda curve: curve[curve["quality"] == 0],
    "remove_nans": lambda curve: curve.remove_nans(),
    "copy": lambda curve: curve.copy(),
    "deepcopy": copy.deepcopy,
    "pickle": lambda curve: pickle.loads(pickle.dumps(curve)),  # noqa: S301  our own bytes
    "select_flux": lambda curve: curve.select_flux("lc_init"),
    "normalize": lambda curve: curve.normalize(),
    "truncate": lambda curve: curve.truncate(curve.time.value[10], curve.time.value[-10]),
    "bin": lambda curve: curve.bin(0.02),
    "append": lambda curve: curve[:100].append(curve[200:300]),
    "arithmetic": lambda curve: (curve + 1) * 2,
}


@pytest.mark.parametrize("way", SURVIVORS)
def test_a_light_curve_made_of_one_still_knows_its_tce(here: Here, way: str) -> None:
    curve = read_tce(here(KELT9), 2)
    made = SURVIVORS[way](curve)
    assert type(made) is DVLightCurve
    assert (made.tce, made.used_sectors, made.dv_set) == (2, (14,), curve.dv_set)
    folded = made.fold()
    assert (folded.period, folded.epoch_time, folded.depth) == (curve.period, curve.epoch_time, curve.depth)


def test_a_file_of_curves_survives_pickling_and_slicing(here: Here) -> None:
    opened = read_dvt(here(KELT9))
    again = pickle.loads(pickle.dumps(opened))  # noqa: S301  our own bytes
    assert isinstance(again, DVTimeSeries)
    assert [curve.tce for curve in again] == [1, 2]
    np.testing.assert_array_equal(again[1].flux.value, opened[1].flux.value)
    assert [curve.tce for curve in opened[1:]] == [2]


def test_a_failed_fit_has_no_ephemeris_and_says_so(here: Here) -> None:
    def fail(hdus: fits.HDUList) -> None:
        hdus["TCE_2"].header.update({"TPERIOD": -1.0, "TEPOCH": 0.0, "TDUR": -1.0, "TDEPTH": 0.0})

    good, failed = read_dvt(here(KELT9, fail))
    assert good.period is not None
    assert (failed.period, failed.epoch_time, failed.duration, failed.depth) == (None,) * 4
    with pytest.raises(QueryError, match=r"TCE 2 of SPOC/16740101/s0014-s0014/00745 gave no ephemeris"):
        failed.fold()
    assert failed.fold(good.period, good.epoch_time).period == good.period


def test_whitened_flux_is_not_taken_for_relative_flux(here: Here) -> None:
    import lightkurve

    with pytest.warns(lightkurve.LightkurveWarning):
        read_tce(here(KELT9), 1, flux_column="lc_white").normalize()


def test_normalizing_twice_changes_nothing(here: Here) -> None:
    once = read_tce(here(KELT9), 1).normalize()
    np.testing.assert_allclose(once.normalize().flux.value, once.flux.value, rtol=1e-6)
    assert np.median(once.flux.value) == pytest.approx(1)
    assert once.normalize(unit="ppm").flux.unit == units.Unit("ppm")


# -- what the run was --


@pytest.mark.parametrize("filename", [NEWER, KELT9, TOI3505])
def test_the_key_is_that_of_the_sets(filename: str) -> None:
    from tess_source_dv.keys import set_key
    from tess_source_dv.sets.members import members

    row = members(Products.of([{"uri": f"mast:TESS/product/{filename}"}])).row(0, named=True)
    assert set_key(names.parse(filename)) == row["set"]


def test_the_key_of_a_tess_spoc_set_has_the_version_in_place_of_a_run() -> None:
    from tess_source_dv.keys import set_key

    name = names.parse("hlsp_tess-spoc_tess_phot_0000000012345678-s0036-s0036_tess_v1_dvt.fits")
    assert set_key(name) == "TESS-SPOC/12345678/s0036-s0036/v1"


def test_a_renamed_file_still_tells_of_its_run(here: Here) -> None:
    curve = read_tce(here(TOI3505, under="mine.fits"))
    assert curve.dv_set == "SPOC/390988385/s0014-s0086/00971"
    assert curve.used_sectors == (54, 81)


@pytest.mark.parametrize(("filename", "sectors"), [(TOI3505, None), (KELT9, (14,))])
def test_without_its_card_only_a_single_sector_is_known(
    here: Here, filename: str, sectors: tuple[int, ...] | None
) -> None:
    curve = read_tce(here(filename, lambda hdus: hdus[0].header.remove("SECTORS")), 1)
    assert curve.used_sectors == sectors


# -- files that cannot be read --


@pytest.mark.filterwarnings("error")
@settings(max_examples=size(15, 250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, 4_760_639))
def test_a_file_cut_anywhere_is_damaged_and_named(tmp_path: Path, length: int) -> None:
    path = tmp_path / KELT9
    path.write_bytes(content(KELT9)[:length])
    with pytest.raises(DamagedFileError, match=KELT9):
        read_dvt(path)


@pytest.mark.parametrize(("gone", "named"), [("STATISTICS", "Statistics"), ("TCE_2", "TCE_2")])
def test_a_file_cut_between_tables_is_damaged_too(here: Here, gone: str, named: str) -> None:
    path = here(KELT9, lambda hdus: hdus.pop(hdus.index_of(gone)))
    with pytest.raises(DamagedFileError, match=rf"{KELT9} is damaged: 1 of its 3 extensions are missing at the end"):
        read_dvt(path)
    with fits.open(path) as hdus, pytest.raises(DamagedFileError, match=rf"{KELT9} is damaged: it has no {named}"):
        read_dvt(hdus)


def test_an_error_page_in_place_of_a_file_is_recognised(here: Here) -> None:
    with pytest.raises(DamagedFileError, match="HTML page"):
        read_dvt(here(KELT9, data=b"<html><body>503 Service Unavailable</body></html>"))


def test_tables_of_different_lengths_are_no_whole_file(here: Here) -> None:
    def shorten(hdus: fits.HDUList) -> None:
        hdus["TCE_1"].data = hdus["TCE_1"].data[:-10]

    with pytest.raises(DamagedFileError, match="different lengths"):
        read_dvt(here(KELT9, shorten))


def test_a_file_without_tces_gives_none_and_says_so(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    def empty(hdus: fits.HDUList) -> None:
        del hdus["TCE_1"], hdus["TCE_2"]
        hdus[0].header["NUMTCES"] = 0

    opened = read_dvt(here(KELT9, empty))
    assert len(opened) == 0
    assert f"{KELT9} holds no TCE" in caplog.text
    with pytest.raises(LoadError, match="no file"):
        opened.statistics()
    with pytest.raises(LoadError, match="has 0 TCEs"):
        read_tce(here(KELT9, empty))


def test_other_files_are_not_read(here: Here) -> None:
    light_curve = here(LIGHT_CURVE)
    with pytest.raises(NoReaderError, match=LIGHT_CURVE):
        read_dvt(light_curve)
    disguised = here(LIGHT_CURVE, under=KELT9)
    with pytest.raises(NoReaderError, match="LightCurveExporter"):
        read_dvt(disguised)
    with pytest.raises(NoReaderError, match=r"notes\.txt"):
        read_dvt(here(KELT9, under="notes.txt", data=b"period: 2.4 d"))
    report = KELT9.replace("dvt.fits", "dvr.xml")
    with pytest.raises(NoReaderError, match="all results, for programs"):
        read_dvt(here(report))


def test_a_file_that_is_not_there_is_just_that(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_dvt(tmp_path / KELT9)
    with pytest.raises(FileNotFoundError):
        read_dvt(tmp_path / LIGHT_CURVE)


def test_one_of_several_tces_must_be_named(here: Here) -> None:
    path = here(KELT9)
    assert DVLightCurve.read(path, tce=2).tce == 2
    for wrong in (None, 0, 3):
        with pytest.raises(LoadError, match="has 2 TCEs"):
            read_tce(path, wrong)


def test_an_opened_file_can_be_read_and_stays_open(here: Here) -> None:
    with fits.open(here(KELT9), memmap=False) as hdus:
        assert len(read_dvt(hdus)) == 2
        assert hdus["TCE_2"].data is not None
    with fits.open(io.BytesIO(content(KELT9))) as hdus:
        nameless = read_dvt(hdus)[0]
    assert nameless.dv_set == "SPOC/16740101/s0014-s0014/00745"
    with pytest.raises(LoadError, match="statistics are not at hand"):
        nameless.statistics()


def test_statistics_of_a_file_that_is_gone_are_an_error(here: Here) -> None:
    path = here(KELT9)
    curve = read_tce(path, 1)
    assert len(curve.statistics()) == 19336
    path.unlink()
    with pytest.raises(FileNotFoundError):
        curve.statistics()


# -- in a manifest --


class Opens:
    """What the plugin's hooks do with these functions."""

    @hookimpl
    def tess_load(self, entry: Entry, options: Mapping[str, Any]) -> object | None:
        return opening.load(entry, options)

    @hookimpl
    def tess_collect(self, objects: Sequence[object]) -> Mapping[str, object] | None:
        return opening.collect(objects)


def entry_of(path: Path) -> Entry:
    name = names.parse(path.name)
    item = Item(f"mast:TESS/product/{path.name}", path.name, kind=name.kind, pipeline=name.pipeline)
    return Entry(item, "here", path=path, bytes=path.stat().st_size)


def test_a_manifest_opens_all_tces_of_all_files_into_one_collection(here: Here) -> None:
    import lightkurve

    import tess_source_lightkurve

    session = Session(discover=False, plugins=[Opens(), tess_source_lightkurve])
    entries = tuple(entry_of(here(name)) for name in (KELT9, LIGHT_CURVE, TOI3505))
    loaded = Manifest(
        Plan(Items.of([{"uri": e.item.uri, "path": e.item.path} for e in entries]), Path(), {}, session),
        entries,
    ).read()
    curves = loaded["dv time series"]
    assert type(curves) is lightkurve.LightCurveCollection
    assert [(curve.targetid, curve.tce) for curve in curves] == [(16740101, 1), (16740101, 2), (390988385, 1)]
    assert [type(curve) for curve in loaded["light curves"]] == [lightkurve.TessLightCurve]
    assert not loaded.failed


def test_nothing_but_dv_time_series_is_opened_or_collected(here: Here) -> None:
    assert opening.load(entry_of(here(LIGHT_CURVE)), {}) is None
    assert opening.collect([object(), DVLightCurve]) is None


def test_options_reach_the_reader_and_wrong_ones_are_named(here: Here) -> None:
    entry = entry_of(here(KELT9))
    opened = opening.load(entry, {"flux_column": "model_init"})
    assert isinstance(opened, DVTimeSeries)
    assert opened[0].flux_origin == "model_init"
    with pytest.raises(QueryError, match="did you mean 'flux_column'"):
        opening.load(entry, {"flux_colum": "lc_init"})
    with pytest.raises(LoadError, match="the reader of DV time series takes no argument 'targetid'"):
        opening.load(entry, {"targetid": 1})


# -- lightkurve's own reader --


@pytest.fixture
def taught() -> Iterator[Any]:
    import lightkurve

    reader.register()
    yield lightkurve
    reader.unregister()


def test_lightkurve_reads_dv_time_series_once_taught(here: Here, taught: Any) -> None:
    path = here(KELT9)
    opened = taught.read(str(path))
    assert [curve.tce for curve in opened] == [1, 2]
    assert opened[0].fold().period == opened[0].period
    assert taught.read(path, flux_column="model_init")[0].flux_origin == "model_init"
    one = taught.TessLightCurve.read(path, format="dvt", tce=2)
    assert (type(one), one.meta["TCE"]) == (taught.TessLightCurve, 2)


def test_lightkurve_says_what_is_wrong_with_a_file(here: Here, taught: Any) -> None:
    path = here(KELT9, lambda hdus: hdus.pop(-1))
    with pytest.raises(Exception, match=rf"DamagedFileError: {KELT9} is damaged: 1 of its 3 extensions"):
        taught.read(path)


def test_all_else_that_lightkurve_reads_and_writes_is_as_before(here: Here, tmp_path: Path) -> None:
    import lightkurve

    path = str(here(LIGHT_CURVE))
    before = lightkurve.read(path)
    reader.register()
    reader.register()  # twice does no harm
    try:
        after = lightkurve.read(path)
        lightkurve.LightCurve({"time": after.time[:10], "flux": after.flux[:10]}).write(tmp_path / "lc.ecsv")
        again = lightkurve.LightCurve.read(tmp_path / "lc.ecsv", format="ascii.ecsv", time_column="time")
    finally:
        reader.unregister()
    assert type(before) is type(after)
    assert before.colnames == after.colnames
    np.testing.assert_array_equal(before.flux.value, after.flux.value)
    assert len(again) == 10


def test_a_light_curve_can_be_written_as_text_with_all_it_knows(here: Here, tmp_path: Path) -> None:
    from astropy.table import QTable

    curve = read_tce(here(KELT9), 1)
    curve[:10].write(tmp_path / "tce.ecsv")
    again = QTable.read(tmp_path / "tce.ecsv")
    assert again.meta["PERIOD"] == curve.period
    assert again.meta["EPOCH_TIME"] == curve.epoch_time
    assert again.meta["USED_SECTORS"] == (14,)


def test_unregistering_leaves_lightkurve_as_it_was(here: Here) -> None:
    import lightkurve

    names_before, detect = set(dir(lightkurve)), lightkurve.read.__globals__["detect_filetype"]
    reader.register()
    reader.unregister()
    reader.unregister()
    assert set(dir(lightkurve)) == names_before
    assert lightkurve.read.__globals__["detect_filetype"] is detect
    with pytest.raises(lightkurve.LightkurveError, match="Not recognized"):
        lightkurve.read(str(here(KELT9)))


def test_a_lightkurve_that_works_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import lightkurve

    untouched = lightkurve.read.__globals__["detect_filetype"]

    def another_way(path: Any, **_: Any) -> None:
        raise ValueError("no such file type")

    another_way.__globals__["detect_filetype"] = untouched
    try:
        monkeypatch.setattr(lightkurve, "read", another_way)
        with pytest.raises(PluginError, match="read_dvt can"):
            reader.register()
        assert another_way.__globals__["detect_filetype"] is untouched
    finally:
        del another_way.__globals__["detect_filetype"]
    with pytest.raises(PluginError, match=lightkurve.__version__):
        reader.register()
    assert not hasattr(lightkurve, reader.FILETYPE)


def fresh(code: str, *arguments: str) -> str:
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return run.stdout


@pytest.mark.skipif(
    not STRESS, reason="imports all libraries in one more process; the tests above show the same in this one"
)
def test_one_module_registers_by_being_imported_and_no_other_does(here: Here) -> None:
    code = """
import sys, warnings
warnings.simplefilter("ignore")
import tess_source, lightkurve
from tess_source_dv.read.read_dvt import read_dvt
import tess_source_dv.read.into_lightkurve
read_dvt(sys.argv[1])
try: lightkurve.read(sys.argv[1])
except lightkurve.LightkurveError: print("before: refused", "tess_source_dv.lightkurve" in sys.modules)
import tess_source_dv.lightkurve
print("after:", len(lightkurve.read(sys.argv[1])), "light curves")
"""
    assert fresh(code, str(here(KELT9))).splitlines() == ["before: refused False", "after: 2 light curves"]


def test_the_functions_import_nothing_heavy_before_they_are_called() -> None:
    heavy = "{'numpy', 'polars', 'astropy', 'lightkurve', 'matplotlib'}"
    code = f"import sys, tess_source_dv.read.read_dvt, tess_source_dv.read.light_curves; print(sorted({heavy} & set(sys.modules)))"
    assert fresh(code) == "[]\n"


# -- from a TCE to its light curves --


@pytest.fixture
def found(archive: SampleArchive) -> Any:
    """All of TOI-3505: light curves of sectors 54 and 81, by several pipelines, and full-frame ones of others."""
    import tess_source_dv
    import tess_source_lightkurve
    import tess_source_mast

    plugins = [tess_source_mast, tess_source_dv, tess_source_lightkurve]
    return Session(archive.url, discover=False, plugins=plugins).search(390988385)


def test_a_tce_leads_to_the_light_curves_of_the_sectors_it_used_and_no_others(found: Any, here: Here) -> None:
    tce = read_tce(here(TOI3505))
    mine = light_curves_of(found, tce)
    rows = mine.products.to_polars().select("kind", "pipeline", "first_sector", "last_sector").rows()
    assert rows == [("lc", "SPOC", 54, 54), ("lc", "SPOC", 81, 81)]
    assert mine.drops[-1].dropped == len(found) - 2
    assert "TCE 1 of SPOC/390988385/s0014-s0086/00971" in mine.explain()


def test_a_single_sector_set_leads_to_its_sector_by_key_and_by_product(found: Any) -> None:
    key = "SPOC/390988385/s0081-s0081/00910"
    report = "mast:TESS/product/tess2024197010539-s0081-s0081-0000000390988385-00910_dvr.xml"
    for told in (key, report):
        assert light_curves_of(found, told).products["first_sector"].to_list() == [81]


def test_a_set_that_there_is_not_is_refused_with_those_that_there_are(found: Any) -> None:
    with pytest.raises(UnknownNameError, match="SPOC/390988385/s0014-s0086/00971"):
        light_curves_of(found, "SPOC/390988385/s0014-s0086/00972")
    with pytest.raises(UnknownNameError, match="fast-lc"):
        light_curves_of(found, "SPOC/390988385/s0014-s0086/00971", kind="slow-lc")


def test_light_curves_stitched_in_two_words(found: Any, here: Here, tmp_path: Path) -> None:
    tce = read_tce(here(TOI3505))
    stitched = tce.light_curves(found, tmp_path).stitch()
    assert len(stitched) > 36_000
    assert stitched.time.value.max() - stitched.time.value.min() > 700
    folded = stitched.fold(tce.period, tce.epoch_time)
    inside, outside = in_and_out(folded, tce.duration)
    assert outside - inside == pytest.approx(tce.depth.to_value(""), rel=0.15)


def test_options_of_lightkurves_reader_are_passed_on(found: Any, here: Here, tmp_path: Path) -> None:
    curves = read_tce(here(TOI3505)).light_curves(found, tmp_path, flux_column="sap_flux")
    assert [curve.flux_origin for curve in curves] == ["sap_flux"] * 2


def test_fewer_light_curves_than_the_tce_was_found_in_are_an_error(
    found: Any, here: Here, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tce = read_tce(here(TOI3505))
    import polars as pl

    less = found.replace(products=found.products.where(pl.col("first_sector") != 81))
    with caplog.at_level(logging.WARNING):
        assert len(light_curves_of(less, tce)) == 1
    assert "no lc of sector 81" in caplog.text
    with pytest.raises(LoadError, match="light curve of sector 81 is missing"):
        tce.light_curves(less, tmp_path)


def test_a_tce_whose_sectors_are_not_known_is_not_guessed_at(found: Any, here: Here) -> None:
    tce = read_tce(here(TOI3505, lambda hdus: hdus[0].header.remove("SECTORS")))
    with pytest.raises(QueryError, match="does not say which sectors"):
        light_curves_of(found, tce)
