"""Stitching puts together what belongs together, says what does not, and remembers where every cadence is from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source import Session
from tess_source.errors import LoadError, QueryError
from tess_source_lightkurve.stitch import stitch
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

KELT9, HD29980 = 16740101, 141914082

# lightkurve says so at every first import.
pytestmark = pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*")


@pytest.fixture(scope="module")
def load(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Download and open light curves of a star."""
    folder = tmp_path_factory.mktemp("curves")

    def opened(star: int, **filters: Any) -> Any:
        return (
            Session(shared_archive.url)
            .search(star)
            .select(kind=["lc", "fast-lc"], **filters)
            .plan(folder)
            .download()
            .load()
        )

    return opened


@pytest.fixture(scope="module")
def curves(load: Callable[..., Any]) -> Any:
    return load(KELT9, sector=[14, 15, 41], exptime=120)


def small(sector: int = 1, *, step: float = 120.0, unit: str = "electron / s", rows: int = 5, **meta: Any) -> Any:
    """Make a little light curve whose flux counts from 2."""
    import lightkurve
    from astropy import units

    own = {
        "SECTOR": sector,
        "AUTHOR": "SPOC",
        "TARGETID": 1,
        "FLUX_ORIGIN": "pdcsap_flux",
        "FILENAME": f"/there/{sector}.fits",
    }
    time, flux = sector * 27 + np.arange(rows) * step / 86400, np.arange(2.0, 2.0 + rows) * units.Unit(unit)
    return lightkurve.LightCurve(time=time, flux=flux, flux_err=flux / 100, meta={**own, **meta})


# -- as lightkurve does --


def test_the_light_curve_is_the_one_that_lightkurve_stitches(curves: Any) -> None:
    whole, theirs = stitch(curves), curves.stitch()
    assert type(whole) is type(theirs)
    assert whole.colnames == [*theirs.colnames, "sector", "pipeline", "file"]
    for name in theirs.colnames:
        one, other = (np.ma.asarray(getattr(curve[name], "value", curve[name])) for curve in (whole, theirs))
        np.testing.assert_array_equal(one.filled(0), other.filled(0), err_msg=name)
        assert getattr(whole[name], "unit", None) == getattr(theirs[name], "unit", None)
        assert whole[name].dtype == theirs[name].dtype if name != "time" else True
    assert whole.meta["NORMALIZED"] is True


def test_a_corrector_goes_through_to_every_light_curve(curves: Any) -> None:
    def corrected(curve: Any) -> Any:
        return curve.remove_nans().flatten(window_length=101)

    whole = stitch(curves, corrected)
    assert np.array_equal(whole.flux.value, curves.stitch(corrected).flux.value)
    assert set(whole["sector"]) == {14, 15, 41}


def test_flux_stays_as_it_is_if_it_shall_not_be_normalised(curves: Any) -> None:
    whole = stitch(curves, normalize=False)
    assert str(whole.flux.unit) == "electron / s"
    assert whole.flux.value[0] == curves[0].flux.value[0]


# -- where each cadence is from --


def test_every_cadence_keeps_its_sector_pipeline_and_file(curves: Any) -> None:
    whole = stitch(curves)
    assert whole.meta["SECTORS"] == [14, 15, 41]
    assert whole.meta["PIPELINES"] == ["SPOC"]
    assert [name[:25] for name in whole.meta["FILES"]] == [
        "tess2019198215352-s0014-0", "tess2019226182529-s0015-0", "tess2021204101404-s0041-0",
    ]  # fmt: skip
    for number, (sector, curve) in enumerate(zip((14, 15, 41), curves, strict=True)):
        part = whole[whole["sector"] == sector]
        assert len(part) == len(curve)
        assert set(part["file"]) == {number}
        assert np.array_equal(part["cadenceno"], curve["cadenceno"])
        assert np.array_equal(part["quality"], curve["quality"])


def test_that_takes_five_bytes_a_cadence_and_survives_what_is_done_to_light_curves(curves: Any) -> None:
    whole = stitch(curves)
    assert sum(whole[name].dtype.itemsize for name in ("sector", "pipeline", "file")) == 5
    clean = whole.remove_nans().flatten()
    assert set(clean["sector"]) == {14, 15, 41}
    binned = np.ma.masked_invalid(clean.bin(time_bin_size=0.5)["sector"])
    assert set(binned.compressed()) == {14, 15, 41}
    assert set(clean.fold(period=1.48)["file"]) == {0, 1, 2}
    assert clean.to_pandas()["sector"].dtype == "int16"


def test_meta_tells_only_what_is_true_of_all(curves: Any) -> None:
    meta = stitch(curves).meta
    assert (meta["TARGETID"], meta["AUTHOR"], meta["FLUX_ORIGIN"]) == (KELT9, "SPOC", "pdcsap_flux")
    assert not {"SECTOR", "FILENAME", "QUALITY_MASK", "TSTART"} & set(meta)


def test_the_light_curves_themselves_are_left_alone(curves: Any) -> None:
    before = [(curve.colnames, curve.flux[0], dict(curve.meta)["SECTOR"]) for curve in curves]
    stitch(curves, normalize=False)
    stitch(curves, lambda curve: curve)
    assert [(curve.colnames, curve.flux[0], dict(curve.meta)["SECTOR"]) for curve in curves] == before


def test_order_of_the_light_curves_does_not_matter(curves: Any) -> None:
    whole, turned = stitch(curves), stitch(curves[::-1])
    assert np.array_equal(whole.time.value, turned.time.value)
    assert np.array_equal(whole["file"], turned["file"])
    assert whole.meta["FILES"] == turned.meta["FILES"]


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 6), st.sampled_from([20.0, 120.0])), min_size=1, max_size=5)
)
@settings(max_examples=size(10, 250), deadline=None)
def test_nothing_is_lost_and_all_is_in_order(parts: list[tuple[int, int, float]]) -> None:
    made = [small(sector, rows=rows, step=step, FILENAME=f"{n}.fits") for n, (sector, rows, step) in enumerate(parts)]
    whole = stitch(made, normalize=False, allow_mixed=True)
    assert (np.diff(whole.time.value) >= 0).all()
    for number, name in enumerate(whole.meta["FILES"]):
        sector, rows, _ = parts[int(name.split(".")[0])]
        part = whole[whole["file"] == number]
        assert part.flux.value.tolist() == np.arange(2.0, 2.0 + rows).tolist()
        assert set(part["sector"]) == {sector}


# -- what does not belong together --


def test_a_mixture_is_refused_by_name(load: Callable[..., Any]) -> None:
    with pytest.raises(QueryError) as refused:
        stitch(load(HD29980))
    for words in (
        "5 pipelines (GSFC-ELEANOR-LITE, QLP, SPOC, TASOC, TESS-SPOC)",
        "2 cadences (120 s, 1800 s)",
        "3 units of flux (electron / s, ppm, relative)",
        "sector 1 more than once",
        "allow_mixed=True",
    ):
        assert words in str(refused.value)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"AUTHOR": "QLP"}, r"2 pipelines \(QLP, SPOC\)"),
        ({"step": 20.0}, r"2 cadences \(20 s, 120 s\)"),
        ({"unit": "ppm"}, r"2 units of flux \(electron / s, ppm\)"),
        ({"FLUX_ORIGIN": "sap_flux"}, r"2 flux columns \(pdcsap_flux, sap_flux\)"),
        ({"TARGETID": 2}, r"2 stars \(1, 2\)"),
        ({"sector": 1}, "sector 1 more than once"),
    ],
)
def test_one_difference_is_enough(odd: dict[str, Any], words: str) -> None:
    other = small(**{"sector": 2, **odd})
    with pytest.raises(QueryError, match=f"do not belong together: {words}. Choose"):
        stitch([small(1), other])
    assert len(stitch([small(1), other], allow_mixed=True)) == 10


@pytest.mark.filterwarnings("ignore:.*excluded from stitching:lightkurve.utils.LightkurveWarning")
def test_a_mixture_is_stitched_on_demand_and_can_be_taken_apart(
    load: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    mixture = load(HD29980, pipeline=["SPOC", "QLP", "GSFC-ELEANOR-LITE"])
    for curve in mixture:
        curve["flux_bkg"] = curve.flux
    whole = stitch(mixture, allow_mixed=True)
    assert (np.diff(whole.time.value) >= 0).all()
    assert len(whole) == sum(map(len, mixture))
    number = whole.meta["PIPELINES"].index("QLP")
    (qlp,) = [curve for curve in mixture if curve.meta["AUTHOR"] == "QLP"]
    assert np.array_equal(whole[whole["pipeline"] == number]["cadenceno"], qlp["cadenceno"])
    assert "left out, because their units differ: flux_bkg" in caplog.text
    with pytest.raises(QueryError, match="only be put together if it is normalised"):
        stitch(mixture, allow_mixed=True, normalize=False)


def test_light_curves_of_different_pipelines_fit_once_one_is_chosen_for_each_sector(load: Callable[..., Any]) -> None:
    chosen = load(KELT9, one_per_sector=True)
    assert stitch(chosen).meta["SECTORS"] == [14, 15, 41, 55, 75, 82]


def test_what_is_no_light_curve_is_refused() -> None:
    with pytest.raises(TypeError, match="not int"):
        stitch([1])
    with pytest.raises(QueryError, match="no light curves"):
        stitch([])


def test_a_light_curve_that_knows_nothing_of_itself_can_be_stitched() -> None:
    import lightkurve

    whole = stitch([lightkurve.LightCurve(time=[1.0, 2.0], flux=[1.0, 1.0])])
    assert (whole.meta["SECTORS"], whole.meta["PIPELINES"], whole.meta["FILES"]) == ([-1], ["unknown"], ["unknown"])


# -- a manifest --


def test_a_manifest_is_loaded_and_stitched(
    archive: SampleArchive, curves: Any, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    archive.faults.add(Fault("status", status=404, match="s0041", times=99))
    found = Session(archive.url).search(KELT9).select(kind="lc", sector=[14, 41])
    manifest = found.plan(tmp_path).download()
    archive.faults.clear()
    assert stitch(manifest).meta["SECTORS"] == [14]
    assert "s0041" in caplog.text
    with pytest.raises(LoadError, match="none of the 1 files"):
        stitch(_only_failed(manifest))


def _only_failed(manifest: Any) -> Any:
    from dataclasses import replace

    return replace(manifest, entries=tuple(entry for entry in manifest if not entry.ok))


# -- what has no median to be divided by --


def zero_centred(unit: str, **meta: Any) -> Any:
    curve = small(unit=unit, **meta)
    curve.flux = curve.flux - curve.flux[2]
    return curve


@pytest.mark.parametrize("unit", ["mag", "dex"])
def test_magnitudes_are_not_divided_by_their_median(unit: str) -> None:
    magnitudes = small(unit=unit, AUTHOR="CDIPS", FLUX_ORIGIN="irm1")
    with pytest.raises(
        QueryError, match=rf"flux in {unit} cannot be divided.*\(irm1 of CDIPS\): .*flux_column=, e.g. 'ifl1'"
    ):
        stitch([magnitudes])
    assert str(stitch([magnitudes], normalize=False).flux.unit) == unit
    assert len(stitch([magnitudes], lambda curve: curve)) == 5


@pytest.mark.parametrize("unit", ["ppm", "ppt", "percent"])
def test_a_difference_from_the_median_is_not_divided_by_it(unit: str) -> None:
    with pytest.raises(QueryError, match=r"around zero is a difference .* e.g. 'flux_raw', .* or give normalize=False"):
        stitch([zero_centred(unit, AUTHOR="TASOC", FLUX_ORIGIN="flux_corr")])


@pytest.mark.parametrize("unit", ["ppm", "ppt", "percent"])
def test_a_relative_flux_in_parts_per_million_of_its_median_is_stitched(unit: str) -> None:
    curve = small().normalize(unit=unit)
    assert np.nanmedian(stitch([curve]).flux.value) == pytest.approx(1)


def test_a_mixture_with_ppm_names_the_unit_also_if_mixtures_are_allowed() -> None:
    with pytest.raises(QueryError, match="flux in ppm"):
        stitch([small(), zero_centred("ppm", SECTOR=2)], allow_mixed=True)


def test_light_curves_of_any_unit_are_each_divided_by_their_median() -> None:
    whole = stitch([small(1), small(2, unit=""), small(3, unit="adu")], allow_mixed=True)
    for sector in (1, 2, 3):
        assert np.median(whole.flux.value[whole["sector"] == sector]) == pytest.approx(1)


def test_two_stars_of_gaia_with_one_tic_id_are_two_stars() -> None:
    one, other = (small(sector, AUTHOR="TGLC", GAIADR3=1000 + sector) for sector in (1, 2))
    with pytest.raises(QueryError, match=r"2 stars of Gaia DR3 \(1001, 1002\)"):
        stitch([one, other])
